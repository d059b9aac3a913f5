"""Features as rows with positions in EPSG:6668, whatever coordinate system their author used."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from app.tabular.headers import too_many_columns
from app.tabular.limits import COLUMNS, FEATURES, GEOGRAPHIC_BYTES
from app.tabular.table import Cell, Heading, Row, SheetInfo, Table, Unreadable, column_letter

BATCH = 5_000  # features in memory at a time
_TARGET = "EPSG:6668"
_LEVEL_CRS = {4326, 4612, 6668, 6697, 4019, 4979, 4937, 4947}  # degrees alike within a metre: taken as they are
_TOKYO = 4301


@dataclass(slots=True)
class Features:
    """Features of a layer: names of the attributes, and batches of (attributes, geometry)."""

    names: list[str]
    batches: Iterator[tuple[list[list[Cell]], Any]]
    crs: Any  # pyproj.CRS or None
    count: int
    notes: list[tuple[str, str]] = field(default_factory=list)


def geographic_table(form: str, sheets: tuple[SheetInfo, ...], sheet: str | None, features: Features) -> Table:
    """A table of features: rows count from 1, geometry is WKB in longitude and latitude of EPSG:6668."""
    if len(features.names) > COLUMNS:
        raise too_many_columns(len(features.names))
    headings = tuple(Heading(place, column_letter(place), name) for place, name in enumerate(features.names))
    notes = features.notes
    move = _mover(features.crs, notes)
    return Table(
        format=form,
        encoding=None,
        sheet=sheet,
        sheets=sheets,
        header_row=None,
        header_rows=0,
        headings=headings,
        rows=_rows(features, move, notes),
        row_estimate=features.count,
        crs=_crs_name(features.crs),
        notes=notes,
    )


def _rows(features: Features, move: Any, notes: list[tuple[str, str]]) -> Iterator[Row]:
    import shapely

    number, without = 0, 0
    for attributes, shapes in features.batches:
        shapes = shapely.force_2d(shapes)
        if move:
            shapes = shapely.transform(shapes, move)
        usable = _usable(shapes)
        for cells, written, good in zip(attributes, shapely.to_wkb(shapes), usable, strict=True):
            number += 1
            without += not good
            yield Row(number, tuple(cells), written if good else None)
    if without:
        notes.append((f"位置のない地物が{without:,}件あります。", f"{without:,} features have no position."))


def _usable(shapes: Any) -> Any:
    """Which geometries are there, not empty, and within the degrees of the Earth."""
    import numpy
    import shapely

    bounds = shapely.bounds(shapes)
    with numpy.errstate(invalid="ignore"):
        inside = (bounds[:, 0] >= -180) & (bounds[:, 2] <= 360) & (bounds[:, 1] >= -90) & (bounds[:, 3] <= 90)
    return ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & inside


def _mover(crs: Any, notes: list[tuple[str, str]]) -> Any:
    """A function from an array of coordinates in `crs` to EPSG:6668, or None where they are alike.

    Tokyo Datum goes by way of JGD2000: PROJ without the TKY2JGD grid knows no direct way to JGD2011 and would silently
    leave the coordinates 450 m off. "Tokyo to JGD2000 (1)" (EPSG:15483, three parameters of the 国土地理院) is good to a
    few metres, one or two in Tokyo.
    """
    if crs is None:
        return None
    from pyproj import Transformer

    geodetic = crs.geodetic_crs
    steps = []
    if crs.is_projected:
        steps.append(Transformer.from_crs(crs, geodetic, always_xy=True))
    if _is_tokyo(geodetic):
        notes.append(
            (
                "日本測地系（旧測地系）の座標を世界測地系に直しました。数メートルの差が残ることがあります。",
                "Coordinates of the Tokyo Datum were moved to JGD2011; they may be off by a few metres.",
            )
        )
        steps.append(Transformer.from_pipeline(_TOKYO_TO_JGD))
    elif geodetic.to_epsg() not in _LEVEL_CRS:
        steps.append(Transformer.from_crs(geodetic, _TARGET, always_xy=True))
    if not steps:
        return None

    def move(coordinates: Any) -> Any:
        import numpy

        x, y = coordinates[:, 0], coordinates[:, 1]
        for step in steps:
            x, y = step.transform(x, y)
        return numpy.column_stack([x, y])

    return move


# EPSG:15483 with its parameters, so that no grid, network or order of preference decides.
_TOKYO_TO_JGD = (
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=push +v_3 "
    "+step +proj=cart +ellps=bessel +step +proj=helmert +x=-146.414 +y=507.337 +z=680.507 "
    "+step +inv +proj=cart +ellps=GRS80 +step +proj=pop +v_3 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
)


def _is_tokyo(geodetic: Any) -> bool:
    return geodetic.to_epsg() == _TOKYO or "tokyo" in geodetic.name.lower() or "tokyo" in str(geodetic.datum).lower()


def _crs_name(crs: Any) -> str | None:
    if crs is None:
        return None
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.name)


def parse_crs(said: str | None) -> Any:
    """The CRS a file says it has; its own words are often not quite those of the EPSG list."""
    if not said:
        return None
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(said)
    except CRSError as error:
        raise Unreadable(
            "unknown-crs",
            "座標系が分かりません。緯度経度（世界測地系）で保存し直してください。",
            "The coordinate system is not known. Save the file in longitude and latitude (JGD2011).",
        ) from error


def plain_cell(value: Any) -> Cell:
    """A value of an attribute as a cell; lists and objects as JSON."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, bytes):
        return None
    return orjson.dumps(value, default=str).decode() if isinstance(value, (list, dict)) else str(value)


def check_size(path: Path) -> None:
    """Raises: Unreadable("too-large")."""
    if path.stat().st_size > GEOGRAPHIC_BYTES:
        raise Unreadable(
            "too-large",
            f"{GEOGRAPHIC_BYTES // 1_000_000}MBを超える地理ファイルは読めません。GeoPackageかCSVで送ってください。",
            f"Geographic files of more than {GEOGRAPHIC_BYTES // 1_000_000} MB cannot be read. Send a GeoPackage or CSV.",
        )


def too_many_features(count: int) -> Unreadable:
    """Why a layer of `count` features is not read."""
    return Unreadable(
        "too-many-features",
        f"地物が{count:,}件あります。読めるのは{FEATURES:,}件までです。分けて送ってください。",
        f"There are {count:,} features; {FEATURES:,} can be read. Send them in parts.",
    )
