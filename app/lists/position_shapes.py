"""Shapes that come with a geographic file: points and areas, made valid."""

from typing import NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from app.lists import position_rules as rules
from app.lists.position_parts import LAT_RANGE, LON_RANGE
from app.tabular.findings import Rule

_AREAS = ("Polygon", "MultiPolygon")
_JAPAN = shapely.box(LON_RANGE[0], LAT_RANGE[0], LON_RANGE[1], LAT_RANGE[1])


class Shape(NamedTuple):
    """A row's shape: a point inside it in degrees, hex EWKB where it is more than that point, and what was said of it."""

    kind: str
    lon: float | None = None
    lat: float | None = None
    ewkb: str | None = None
    rules: tuple[Rule, ...] = ()


def read_shape(wkb: bytes, *, points_only: bool) -> Shape:
    """Read WKB in longitude, latitude; heights are dropped."""
    try:
        shape = _simplest(shapely.force_2d(shapely.from_wkb(wkb)))
    except shapely.GEOSException:
        return Shape("", rules=(rules.SHAPE_KIND,))
    if shape.is_empty:
        return Shape(shape.geom_type)
    said: tuple[Rule, ...] = ()
    if shape.geom_type in _AREAS and not shape.is_valid:
        shape, said = _areas_of(shapely.make_valid(shape)), (rules.SHAPE_BROKEN,)
    kind = shape.geom_type
    if kind not in ("Point", *_AREAS) or shape.is_empty:
        return Shape(kind, rules=(rules.SHAPE_KIND,))
    if not _JAPAN.contains(shape):
        return Shape(kind, rules=(rules.OUTSIDE_JAPAN,))
    inside = shape if isinstance(shape, shapely.Point) else shape.representative_point()
    if kind == "Point" or points_only:
        more = () if kind == "Point" else (rules.AREA_AS_POINT,)
        return Shape(kind, inside.x, inside.y, rules=said + more)
    ewkb = shapely.to_wkb(shapely.set_srid(shape, 4326), hex=True, include_srid=True)
    return Shape(kind, inside.x, inside.y, str(ewkb), said)


def _simplest(shape: BaseGeometry) -> BaseGeometry:
    """A collection of one is that one."""
    parts = shapely.get_parts(shape)
    return parts[0] if len(parts) == 1 else shape


def _areas_of(shape: BaseGeometry) -> BaseGeometry:
    """The areas among what mending left; lines and points it split off go."""
    areas = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    areas += [area for part in shapely.get_parts(shape) if part.geom_type == "MultiPolygon" for area in part.geoms]
    return areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)
