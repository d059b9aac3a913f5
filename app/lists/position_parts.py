"""The parts of a row that say where it is, and the two numbers read from them before anyone knows their system."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import NamedTuple

import numpy
from numpy.typing import NDArray

from app.lists import position_rules as rules
from app.lists.coordinates import Angle, compact_dms, read_angle, read_pair
from app.lists.datums import Datum, plane_to_jgd, tokyo_to_jgd
from app.tabular.findings import Rule
from app.tabular.table import Cell, Heading, Row
from app.territory.boundaries import Floats


class Parts(NamedTuple):
    """What a row says of its place, as written; `geocode_level` already as its code, `geom` WKB in degrees."""

    number: int
    lat: Cell = None
    lon: Cell = None
    position: Cell = None
    x: Cell = None
    y: Cell = None
    address: Cell = None
    municipality: Cell = None
    municipality_code: Cell = None
    prefecture: Cell = None
    postal_code: Cell = None
    name: Cell = None
    geocode_level: str | None = None
    geom: bytes | None = None


@dataclass(frozen=True, slots=True)
class PlaceColumns:
    """The columns a list has of these; `position` holds both numbers in one cell, `x` is the northing, `y` the easting."""

    lat: Heading | None = None
    lon: Heading | None = None
    position: Heading | None = None
    x: Heading | None = None
    y: Heading | None = None
    address: Heading | None = None
    municipality: Heading | None = None
    municipality_code: Heading | None = None
    prefecture: Heading | None = None
    postal_code: Heading | None = None
    name: Heading | None = None

    def parts(self, row: Row, geocode_level: str | None = None) -> Parts:
        """Pick a row's parts."""
        cells = row.cells
        picked = {part: cells[place] for part, place in self._places() if place < len(cells)}
        return Parts(row.number, geocode_level=geocode_level, geom=row.geom, **picked)

    def letter(self, *parts: str) -> str | None:
        """The letter of the first of these parts that has a column."""
        return next((heading.letter for part in parts if (heading := getattr(self, part))), None)

    def _places(self) -> list[tuple[str, int]]:
        return [(one.name, heading.place) for one in fields(self) if (heading := getattr(self, one.name))]


class Numbers(NamedTuple):
    """Two numbers as the cells hold them (NaN for none): latitude-like, longitude-like; `part` is where they stood."""

    first: float
    second: float
    part: str = "lat"
    is_plane: bool = False
    decimals: int = 0
    rule: Rule | None = None


_NAN = float("nan")
_LONGEST_PLAIN = 24  # characters
_SHORTEST_PAIR = len("35.6,139.6")


def read_numbers(parts: Parts) -> Numbers:
    """The two numbers of a row; where there are none, the rule says why if it has anything to say."""
    lat, lon = parts.lat, parts.lon
    if type(lat) is str and type(lon) is str and _is_plain(lat) and _is_plain(lon):
        return Numbers(float(lat), float(lon), "lat", False, max(_decimals(lat), _decimals(lon)))
    found = _joined(read_angle(lat), read_angle(lon), "lat")
    if found.rule is None and found.first == found.first:
        return found
    for part, cell in (("position", parts.position), ("lat", lat), ("lon", lon)):
        if isinstance(cell, str) and len(cell) >= _SHORTEST_PAIR and (pair := read_pair(cell)):
            both = _joined(*pair, part)
            return both if both.rule is rules.DMS else both._replace(rule=both.rule or rules.PAIR)
    if parts.position is not None and found.first != found.first and found.rule is None:
        found = _joined(read_angle(parts.position), Angle(), "position")
    if (parts.x is None and parts.y is None) or found.first == found.first or found.rule is rules.NOT_A_POSITION:
        return found
    return _joined(read_angle(parts.x), read_angle(parts.y), "x")._replace(is_plane=True)


def _is_plain(cell: str) -> bool:
    """Whether a cell is a bare number, as nearly all are; told without a pattern, for speed."""
    return len(cell) <= _LONGEST_PLAIN and cell.isascii() and cell.replace(".", "", 1).isdigit()


def _decimals(cell: str) -> int:
    return len(cell.partition(".")[2])


def _joined(first: Angle, second: Angle, part: str) -> Numbers:
    rule = first.rule or second.rule
    if rule is None and first.value is not None and second.value is not None:
        return Numbers(first.value, second.value, part, False, max(first.decimals or 0, second.decimals or 0))
    if (first.axis == "lon" or second.axis == "lat") and part == "lat":
        first, second, rule = second, first, rules.SWAPPED
    a, b = first.value, second.value
    if a is not None and b is not None:
        return Numbers(a, b, part, False, max(first.decimals or 0, second.decimals or 0), rule)
    if rules.NOT_A_POSITION in (first.rule, second.rule):
        rule = rules.NOT_A_POSITION
    elif a is not None or b is not None:
        rule = rules.HALF
    return Numbers(_NAN, _NAN, part, rule=rule)


class Form(IntEnum):
    """How two numbers turned out to be written."""

    NONE = 0
    DEGREES = 1
    SWAPPED = 2
    COMPACT = 3
    POINT_LOST = 4
    PLANE = 5
    ZONE_UNKNOWN = 6
    PLACEHOLDER = 7
    OUTSIDE = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """What the numbers of a file refer to, as chosen by a person or found by the survey."""

    datum: Datum = "jgd"
    zone: int | None = None
    plane_swapped: bool = False


LAT_RANGE, LON_RANGE = (20.0, 46.0), (122.0, 154.0)  # Japan with Ogasawara and its remote islands
PLACEHOLDERS = (99.0, 999.0, 9999.0, 99999.0, 999999.0, -1.0, -999.0, -9999.0)
LEAST_PLANE, MOST_PLANE = 180.0, 1_000_000.0  # m: no degrees, and no farther than a zone is used


def to_degrees(
    first: Floats, second: Floats, is_plane: NDArray[numpy.bool_], frame: Frame
) -> tuple[Floats, Floats, NDArray[numpy.int8]]:
    """Longitudes, latitudes (JGD; NaN where there are none) and the form each pair was written in."""
    forms = numpy.where(numpy.isnan(first) | numpy.isnan(second), Form.NONE, Form.OUTSIDE).astype(numpy.int8)
    lats, lons = numpy.full(len(first), _NAN), numpy.full(len(first), _NAN)
    _settle(forms, lats, lons, ~is_plane, first, second, Form.DEGREES)
    if (forms == Form.OUTSIDE).any():
        _settle(forms, lats, lons, ~is_plane, second, first, Form.SWAPPED)
        _settle_others(forms, lats, lons, first, second, is_plane)
    if frame.datum == "tokyo":
        lons, lats = tokyo_to_jgd(lons, lats)
    plane = forms == Form.PLANE
    if plane.any():
        _settle_plane(forms, lats, lons, plane, (first, second), frame)
    return lons, lats, forms


def _settle(
    forms: NDArray[numpy.int8],
    lats: Floats,
    lons: Floats,
    among: NDArray[numpy.bool_],
    new_lats: Floats,
    new_lons: Floats,
    form: Form,
) -> None:
    with numpy.errstate(invalid="ignore"):
        fits = (LAT_RANGE[0] <= new_lats) & (new_lats <= LAT_RANGE[1])
        fits &= (LON_RANGE[0] <= new_lons) & (new_lons <= LON_RANGE[1]) & among & (forms == Form.OUTSIDE)
    forms[fits], lats[fits], lons[fits] = form, new_lats[fits], new_lons[fits]


def _settle_others(
    forms: NDArray[numpy.int8],
    lats: Floats,
    lons: Floats,
    first: Floats,
    second: Floats,
    is_plane: NDArray[numpy.bool_],
) -> None:
    """Numbers that are no degrees as they stand, one by one: they are few, or the whole file is in metres."""
    for place in numpy.nonzero(forms == Form.OUTSIDE)[0].tolist():
        a, b = float(first[place]), float(second[place])
        if ((a == 0 or b == 0) if not is_plane[place] else (a == 0 and b == 0)) or (
            a in PLACEHOLDERS and b in PLACEHOLDERS
        ):
            forms[place] = Form.PLACEHOLDER
        elif not is_plane[place] and (found := _compact(a, b) or _compact(b, a)):
            lats[place], lons[place], forms[place] = found
        elif is_plane[place] or max(abs(a), abs(b)) > LEAST_PLANE:
            forms[place] = Form.PLANE if max(abs(a), abs(b)) < MOST_PLANE else Form.OUTSIDE


def _compact(lat: float, lon: float) -> tuple[float, float, Form] | None:
    """354122.5 and 1394130.1, or 35689556 and 139691711."""
    for found_lat, found_lon, form in (
        (_in_seconds(lat), _in_seconds(lon), Form.COMPACT),
        (lat / 1e6, lon / 1e6, Form.POINT_LOST),
        (lat / 1e7, lon / 1e7, Form.POINT_LOST),
    ):
        if found_lat and found_lon and _in(found_lat, LAT_RANGE) and _in(found_lon, LON_RANGE):
            return found_lat, found_lon, form
    return None


def _in_seconds(number: float) -> float | None:
    return compact_dms(number) if 200_000 <= number < 1_550_000 else None


def _in(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def _settle_plane(
    forms: NDArray[numpy.int8],
    lats: Floats,
    lons: Floats,
    plane: NDArray[numpy.bool_],
    pair: tuple[Floats, Floats],
    frame: Frame,
) -> None:
    if frame.zone is None:
        forms[plane] = Form.ZONE_UNKNOWN
        return
    northings, eastings = reversed(pair) if frame.plane_swapped else pair
    lons[plane], lats[plane] = plane_to_jgd(northings[plane], eastings[plane], frame.zone, frame.datum)
    with numpy.errstate(invalid="ignore"):
        inside = (LAT_RANGE[0] <= lats) & (lats <= LAT_RANGE[1]) & (LON_RANGE[0] <= lons) & (lons <= LON_RANGE[1])
    forms[plane & ~inside] = Form.OUTSIDE


def arrays_of(numbers: Sequence[Numbers]) -> tuple[Floats, Floats, NDArray[numpy.bool_]]:
    """The numbers of many rows, as `to_degrees` takes them."""
    return (
        numpy.array([one.first for one in numbers], dtype=float),
        numpy.array([one.second for one in numbers], dtype=float),
        numpy.array([one.is_plane for one in numbers], dtype=bool),
    )
