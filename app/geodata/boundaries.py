"""Boundaries of municipalities from a GeoPackage."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyogrio
import pyproj
import shapely

from app.geodata.damage import DamagedSource
from app.geodata.delimited import JAPAN, too_few
from app.geodata.manifest import Source
from app.territory.facts import facts_by_code
from app.territory.ground import municipality_columns


def read_boundaries(path: Path, source: Source) -> Iterator[dict[str, Any]]:
    """Rows of the table of municipalities: names of the facts table, geometry as hex EWKB, EPSG:4326.

    Raises DamagedSource where a boundary is broken, of no municipality of Tokyo, or missing.
    """
    codes, shapes = _read(path, source)
    to_4326 = pyproj.Transformer.from_crs(source.crs, 4326, always_xy=True)
    for feature, (code, shape) in enumerate(zip(codes, shapes, strict=True), start=1):
        facts = facts_by_code().get(code)
        if facts is None:
            raise _refused(path, feature, f"市区町村コード「{code}」は東京都にありません", f"{code!r} is not in Tokyo")
        if not isinstance(shape, shapely.Polygon | shapely.MultiPolygon) or not shape.is_valid:
            raise _refused(path, feature, f"{facts.name}の境界が壊れています", f"the boundary of {code} is broken")
        moved = shapely.transform(shape, to_4326.transform, interleaved=False)  # type: ignore[arg-type]  # two columns in
        if not shapely.box(*JAPAN).contains(moved):
            raise _refused(path, feature, f"{facts.name}が日本の外にあります", f"{code} lies outside Japan")
        yield {**municipality_columns(facts), "geom": _multipolygon(moved)}


def _read(path: Path, source: Source) -> tuple[list[str], list[shapely.Geometry]]:
    columns = {field: column for column, field in source.columns.items()}
    try:
        _, _, shapes, values = pyogrio.raw.read(path, layer=source.layer, columns=[columns["municipality_code"]])
        codes, geometries = [str(code) for code in values[0]], list(shapely.from_wkb(shapes))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, shapely.GEOSException, IndexError) as error:
        raise DamagedSource(
            path.name, None, "GeoPackage として読めません。取得し直してください", f"not readable ({error})"
        ) from error
    if len(set(codes)) < source.min_rows:
        raise too_few(path.name, len(set(codes)), source.min_rows)
    return codes, geometries


def _refused(path: Path, feature: int, ja: str, en: str) -> DamagedSource:
    return DamagedSource(path.name, None, f"地物 {feature}: {ja}", f"feature {feature}: {en}")


def _multipolygon(shape: shapely.Polygon | shapely.MultiPolygon) -> str:
    whole = shape if isinstance(shape, shapely.MultiPolygon) else shapely.MultiPolygon([shape])
    return str(shapely.to_wkb(shapely.set_srid(whole, 4326), hex=True, include_srid=True))
