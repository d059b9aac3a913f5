"""Geometry literals of a filter: checked, turned to longitude first, and carried into the collection's CRS.

The literal is transformed, never the column, so that the column's GiST index serves the predicate.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import shapely
import shapely.geometry
from pyproj import Transformer
from pyproj.exceptions import CRSError

from app.geo import Bbox, Crs
from app.ogc.cql2_terms import Kind, Term, refusal, shortened
from app.ogc.sql import Sql, fill
from app.problems import Problem

Projection = Callable[..., Any]  # from x and y of one CRS to those of another

# Nesting of a GeoJSON geometry's coordinates above the position.
DEPTHS = {"Point": 0, "LineString": 1, "MultiPoint": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3}
GEOGRAPHIC_SRIDS = (4326, 6668)

# Straight lines of one CRS are curves in another: a box of 60 km in plane zone IX bulges by 50 m in degrees.
STEP_M = 1_000.0  # leaves 1 cm
STEP_DEG = 0.01
MOST_STEPS = 500

SPATIAL = {
    "s_intersects": "ST_Intersects({}, {})",
    "s_disjoint": "(NOT ST_Intersects({}, {}))",
    "s_equals": "ST_Equals({}, {})",
    "s_touches": "ST_Touches({}, {})",
    "s_within": "ST_Within({}, {})",
    "s_contains": "ST_Contains({}, {})",
    "s_overlaps": "ST_Overlaps({}, {})",
    "s_crosses": "ST_Crosses({}, {})",
}


def geometry_term(literal: dict[str, Any], crs: Crs, srid: int) -> tuple[Term, int]:
    """A GeoJSON geometry or `{"bbox": [...]}` in `crs` as a constant in `srid`; and its number of vertices.

    Raises Problem (400) for a literal that is not a valid geometry there.
    """
    geometry = _read_bbox(literal["bbox"], crs) if "bbox" in literal else _read(literal, crs)
    vertices = int(shapely.get_num_coordinates(geometry))
    if crs.srid == srid:
        sql = _constant(geometry, srid)
    elif project := _projection(crs.srid, srid):
        sql = _constant(_projected(_stepped(geometry, crs.srid, srid), project, crs.srid), srid)
    else:  # an SRID of this database only
        sql = fill(f"ST_Transform({{}}, {srid})", _constant(_stepped(geometry, crs.srid, srid), crs.srid))
    return Term(sql, Kind.GEOMETRY, str(literal.get("type", "BBOX")).upper()), vertices


def _read_bbox(numbers: object, crs: Crs) -> shapely.Geometry:
    if not isinstance(numbers, list) or not all(_is_finite(number) for number in numbers):
        raise refusal(
            "BBOX には数を4つ書いてください（例 BBOX(139.69, 35.68, 139.71, 35.70)）。",
            "BBOX takes four numbers, as in BBOX(139.69, 35.68, 139.71, 35.70).",
        )
    try:
        box = Bbox.parse(",".join(repr(float(number)) for number in numbers), crs)
    except Problem as problem:
        raise refusal(problem.ja, problem.en) from None
    return shapely.union_all([_rectangle(part) for part in box.parts()])


def _rectangle(box: Bbox) -> shapely.Geometry:
    if box.west == box.east or box.south == box.north:  # a line or a point: as a polygon it would be invalid
        ends = shapely.LineString([(box.west, box.south), (box.east, box.north)])
        return shapely.Point(box.west, box.south) if shapely.length(ends) == 0 else ends
    return shapely.box(box.west, box.south, box.east, box.north)


def _read(literal: dict[str, Any], crs: Crs) -> shapely.Geometry:
    name = literal.get("type")
    if name == "GeometryCollection":
        geometry: shapely.Geometry = shapely.GeometryCollection([_read_member(part, crs) for part in _members(literal)])
    else:
        geometry = _read_member(literal, crs)
    if shapely.is_empty(geometry):
        raise refusal(f"{name} が空です。座標を書いてください。", f"The {name} is empty; write its coordinates.")
    if not shapely.is_valid(geometry):
        reason = shapely.is_valid_reason(geometry)
        raise refusal(
            f"{name} の形が正しくありません（{reason}）。辺が交わらないように頂点を直してください。",
            f"The {name} is not valid ({reason}). Mend its vertices so that its edges do not cross.",
        )
    return geometry


def _members(literal: dict[str, Any]) -> list[dict[str, Any]]:
    members = literal.get("geometries")
    if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
        raise refusal(
            "GEOMETRYCOLLECTION には図形を一つ以上書いてください。", "GEOMETRYCOLLECTION takes one geometry or more."
        )
    return members


def _read_member(literal: dict[str, Any], crs: Crs) -> shapely.Geometry:
    name = literal.get("type")
    if not isinstance(name, str) or name not in DEPTHS:
        raise refusal(
            f"「{shortened(str(name))}」という図形は使えません。使えるのは {', '.join(DEPTHS)} です。",
            f"There is no geometry {shortened(str(name))!r}. The types are {', '.join(DEPTHS)}.",
        )
    coordinates = _coordinates(literal.get("coordinates"), DEPTHS[name], name, crs)
    if name.endswith("LineString"):
        _check_lines([coordinates] if name == "LineString" else coordinates)
    if name.endswith("Polygon"):
        for rings in [coordinates] if name == "Polygon" else coordinates:
            _check_rings(rings)
    return shapely.geometry.shape({"type": name, "coordinates": coordinates})


def _coordinates(value: Any, depth: int, name: str, crs: Crs) -> Any:
    """Nested lists of (x, y), `depth` lists deep."""
    if not isinstance(value, list) or (depth and not value):
        raise _unreadable(name)
    if depth == 0:
        return _position(value, name, crs)
    return [_coordinates(part, depth - 1, name, crs) for part in value]


def _position(value: list[Any], name: str, crs: Crs) -> tuple[float, float]:
    if not 2 <= len(value) <= 4 or not all(_is_finite(number) for number in value):
        raise _unreadable(name)
    x, y = (value[1], value[0]) if crs.northing_first else (value[0], value[1])
    if crs.srid in GEOGRAPHIC_SRIDS and not (abs(x) <= 180 and abs(y) <= 90):
        first = "緯度" if crs.northing_first else "経度"
        raise refusal(
            f"座標 {value[0]:g} {value[1]:g} は地球の外です。緯度は -90〜90、経度は -180〜180 で、この CRS では{first}を先に書きます。",
            f"{value[0]:g} {value[1]:g} is not on Earth: latitudes lie in -90..90, longitudes in -180..180, and this CRS "
            f"puts {'latitude' if crs.northing_first else 'longitude'} first.",
        )
    return float(x), float(y)


def _is_finite(number: object) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)


def _check_lines(lines: list[list[tuple[float, float]]]) -> None:
    if any(len(line) < 2 for line in lines):
        raise refusal("線には点が2つ以上要ります。", "A line needs two positions or more.")


def _check_rings(rings: list[list[tuple[float, float]]]) -> None:
    for ring in rings:
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise refusal(
                "多角形の輪には点が4つ以上要り、最後の点は最初の点と同じにします（例 POLYGON((0 0, 1 0, 1 1, 0 0))）。",
                "A ring needs four positions or more, the last equal to the first: POLYGON((0 0, 1 0, 1 1, 0 0)).",
            )


def _unreadable(name: str) -> Problem:
    return refusal(
        f'{name} の座標を読めません。数の組を書いてください（例 POINT(139.69 35.69)、{{"type": "Point", "coordinates": [139.69, 35.69]}}）。',
        f"Cannot read the coordinates of the {name}; write pairs of numbers, as in POINT(139.69 35.69) or "
        f'{{"type": "Point", "coordinates": [139.69, 35.69]}}.',
    )


def _constant(geometry: shapely.Geometry, srid: int) -> Sql:
    return Sql("%s::geometry", (shapely.to_wkb(shapely.set_srid(geometry, srid), hex=True, include_srid=True),))


def _projected(geometry: shapely.Geometry, project: Projection, source: int) -> shapely.Geometry:
    moved = shapely.transform(geometry, project, interleaved=False)
    if not all(math.isfinite(number) for position in shapely.get_coordinates(moved) for number in position):
        raise refusal(
            f"座標が EPSG:{source} の使える範囲にありません。filter-crs と座標の順を確かめてください。",
            f"The coordinates lie outside the area of EPSG:{source}. Check filter-crs and the order of the axes.",
        )
    return moved


def _stepped(geometry: shapely.Geometry, source: int, target: int) -> shapely.Geometry:
    if source in GEOGRAPHIC_SRIDS and target in GEOGRAPHIC_SRIDS:
        return geometry
    step = STEP_DEG if source in GEOGRAPHIC_SRIDS else STEP_M
    return shapely.segmentize(geometry, max(step, shapely.length(geometry) / MOST_STEPS))


@lru_cache
def _projection(source: int, target: int) -> Projection | None:
    try:
        project: Projection = Transformer.from_crs(source, target, always_xy=True).transform
    except CRSError:
        return None
    return project
