"""Sample outlines of the 62 municipalities, for a map without any published boundary: near the truth, not the truth."""

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import shapely

from app.demo.places import KM_PER_DEGREE, LonLat
from app.territory.facts import Circle, MunicipalityFacts, facts_by_code
from app.territory.ground import municipality_columns

RING_POINTS = 12  # round each circle, so that neighbours part between their edges, not between their centres
BEYOND_KM = {"ward": 1.2, "tama": 1.2, "island": 0.4}  # how far an outline reaches past the circles
GRID_DEG = 1e-5
SQUEEZE = math.cos(math.radians(35.7))  # longitude to latitude in metres, at Tokyo


def sample_outlines() -> Iterator[dict[str, Any]]:
    """Rows of the table of municipalities with invented boundaries (hex EWKB, EPSG:4326)."""
    owners: list[str] = []
    points: list[LonLat] = []
    for facts in facts_by_code().values():
        for point in _anchor_points(facts):
            owners.append(facts.code5)
            points.append(point)
    pieces = defaultdict(list)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=None))
    tree = shapely.STRtree(cells)
    for owner, point in zip(owners, points, strict=True):
        pieces[owner].append(cells[tree.query(shapely.Point(point), predicate="within")[0]])
    for facts in facts_by_code().values():
        outline = shapely.union_all(pieces[facts.code5]).intersection(_reach(facts))
        yield {**municipality_columns(facts), "geom": _ewkb(outline)}


def _anchor_points(facts: MunicipalityFacts) -> Iterator[LonLat]:
    for circle in facts.circles:
        x, y, radius = _squeezed(circle)
        yield x, y
        for nth in range(RING_POINTS):
            turn = 2 * math.pi * nth / RING_POINTS
            yield x + 0.9 * radius * math.cos(turn), y + 0.9 * radius * math.sin(turn)


def _squeezed(circle: Circle) -> tuple[float, float, float]:
    """Centre and radius where a degree is as long eastwards as northwards."""
    return circle.lon * SQUEEZE, circle.lat, circle.radius_km / KM_PER_DEGREE


def _reach(facts: MunicipalityFacts) -> shapely.Geometry:
    discs = [shapely.Point(x, y).buffer(radius) for x, y, radius in map(_squeezed, facts.circles)]
    return shapely.union_all(discs).buffer(BEYOND_KM[facts.region] / KM_PER_DEGREE, quad_segs=6)


def _ewkb(outline: shapely.Geometry) -> str:
    degrees = shapely.transform(outline, lambda xy: xy / [SQUEEZE, 1.0])
    parts = shapely.get_parts(shapely.set_precision(degrees, GRID_DEG))
    whole = shapely.MultiPolygon([part for part in parts if isinstance(part, shapely.Polygon)])
    return str(shapely.to_wkb(shapely.set_srid(whole, 4326), hex=True, include_srid=True))
