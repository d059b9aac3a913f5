"""Invented roads that follow the shape of the land: around islands near the coast, through mountains along valleys.

Positions are metres east and north of the middle of the municipality, as arrays of shape (n, 2).
"""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy
import shapely
from numpy.typing import NDArray

from app.territory.boundaries import M_PER_DEGREE, prepared
from app.territory.facts import MunicipalityFacts, facts_by_code

Floats = NDArray[numpy.float64]
Line = NDArray[numpy.float64]

STEP_M = 20.0  # between the points of a road
COAST_SHARE = 0.2  # how far a coast road lies inland, of the radius of a circle as large as the island
WIGGLES = ((2400.0, 0.055), (900.0, 0.03))  # bends of a valley road: their length in m, and their reach to its length
SPURS = {"tama": 7, "island": 3}
SPUR_M = {"tama": 2600.0, "island": 1500.0}
SPUR_STEP_M = 60.0


def seeded(name: str) -> numpy.random.Generator:
    """The random numbers of one thing: adding another moves none of them."""
    return numpy.random.default_rng(zlib.crc32(f"tsunagaru sample surveys 1:{name}".encode()))


@dataclass(frozen=True)
class Ground:
    """One municipality: its largest piece of land, in degrees, and a plane in metres about the middle of it."""

    facts: MunicipalityFacts
    outline: shapely.Polygon

    @cached_property
    def middle(self) -> tuple[float, float]:
        """Longitude and latitude in degrees."""
        west, south, east, north = self.outline.bounds
        return (west + east) / 2, (south + north) / 2

    @cached_property
    def m_per_degree(self) -> Floats:
        """Metres per degree of longitude and of latitude."""
        return numpy.array([M_PER_DEGREE * math.cos(math.radians(self.middle[1])), M_PER_DEGREE])

    @cached_property
    def land(self) -> shapely.Geometry:
        """The outline in metres, ready to answer many questions."""
        return prepared(shapely.transform(self.outline, self.metres))

    @cached_property
    def office(self) -> Floats:
        """Where the municipality's office stands, in metres."""
        place: Floats = self.metres(numpy.array([[self.facts.office_lon, self.facts.office_lat]]))[0]
        return place

    def metres(self, degrees: Floats) -> Floats:
        """Longitudes and latitudes as metres of the plane."""
        moved: Floats = (degrees - self.middle) * self.m_per_degree
        return moved

    def degrees(self, metres: Floats) -> Floats:
        """Metres of the plane as longitudes and latitudes."""
        moved: Floats = metres / self.m_per_degree + self.middle
        return moved

    def holds(self, metres: Floats) -> NDArray[numpy.bool_]:
        """Which points lie on the land."""
        inside: NDArray[numpy.bool_] = shapely.contains_xy(self.land, metres[:, 0], metres[:, 1])
        return inside


def ground_of(code5: str, boundary: shapely.Geometry | None = None) -> Ground:
    """The ground of a municipality by its boundary in degrees, or by what is known of it without any file."""
    facts = facts_by_code()[code5]
    whole = boundary if boundary is not None else _known_land(facts)
    return Ground(facts, max(shapely.get_parts(whole), key=shapely.area))


def _known_land(facts: MunicipalityFacts) -> shapely.Geometry:
    """Circles that are land, and what lies between them: near the truth."""
    squeeze = math.cos(math.radians(facts.office_lat))
    discs = [
        shapely.Point(circle.lon * squeeze, circle.lat).buffer(1000 * circle.radius_km / M_PER_DEGREE, quad_segs=12)
        for circle in facts.circles
    ]
    hull = shapely.convex_hull(shapely.union_all(discs))
    return shapely.transform(hull, lambda xy: xy / [squeeze, 1.0])


def road_network(ground: Ground) -> list[Line]:
    """The roads of a municipality: main roads first, then those that branch off them."""
    rng = seeded(f"roads {ground.facts.code5}")
    mains = [_coast_road(ground)] if ground.facts.region == "island" else list(_valley_roads(ground, rng))
    mains = [piece for main in mains for piece in _on_land(ground, main)]
    spurs = [piece for spur in _spurs(ground, mains, rng) for piece in _on_land(ground, spur)]
    return mains + spurs


def main_count(roads: list[Line], share: float = 0.72) -> int:
    """How many of the first roads make up a share of the whole length."""
    lengths = numpy.cumsum([length_m(road) for road in roads])
    return int(numpy.searchsorted(lengths, share * lengths[-1])) + 1


def length_m(road: Line) -> float:
    """The length of a road."""
    return float(numpy.hypot(*numpy.diff(road, axis=0).T).sum())


def along(road: Line, distances_m: Floats) -> Floats:
    """The points so many metres from the beginning of a road."""
    passed = numpy.concatenate([[0.0], numpy.cumsum(numpy.hypot(*numpy.diff(road, axis=0).T))])
    return numpy.column_stack([numpy.interp(distances_m, passed, road[:, axis]) for axis in (0, 1)])


def spread(points: Floats, first: Floats, count: int, apart_m: float = 0.0) -> Floats:
    """Up to `count` of the points, each as far as can be from `first` and from those before it."""
    chosen: list[Floats] = []
    nearest = numpy.hypot(*(points - first).T)
    while len(chosen) < count and nearest.max() > apart_m:
        chosen.append(points[int(nearest.argmax())])
        nearest = numpy.minimum(nearest, numpy.hypot(*(points - chosen[-1]).T))
    return numpy.array(chosen).reshape(-1, 2)


def _coast_road(ground: Ground) -> Line:
    """Once around, some way inland, with the corners cut."""
    inland_m = COAST_SHARE * math.sqrt(shapely.area(ground.land) / math.pi)
    inner = shapely.buffer(shapely.buffer(ground.land, -1.5 * inland_m), inland_m / 2)
    ring = max(shapely.get_parts(inner), key=shapely.area).exterior
    corners = shapely.get_coordinates(ring.simplify(inland_m / 4))[:-1]
    for _ in range(3):
        after = numpy.roll(corners, -1, axis=0)
        corners = numpy.stack([0.75 * corners + 0.25 * after, 0.25 * corners + 0.75 * after], axis=1).reshape(-1, 2)
    start = int(numpy.hypot(*(corners - ground.office).T).argmin())
    loop = numpy.roll(corners, -start, axis=0)
    return _even(numpy.vstack([loop, loop[:1]]))


def _valley_roads(ground: Ground, rng: numpy.random.Generator) -> Iterator[Line]:
    """Winding roads that join the office and the places known to be inhabited, each to the nearest one joined before."""
    circles = numpy.array([[circle.lon, circle.lat] for circle in ground.facts.circles])
    places = [place for place in ground.metres(circles) if numpy.hypot(*(place - ground.office)) > 400]
    joined = [ground.office]
    while places:
        far = [min(float(numpy.hypot(*(place - other))) for other in joined) for place in places]
        place = places.pop(int(numpy.argmin(far)))
        beginning = min(joined, key=lambda other: float(numpy.hypot(*(place - other))))
        yield _winding(beginning, place, rng)
        joined.append(place)


def _winding(beginning: Floats, end: Floats, rng: numpy.random.Generator) -> Line:
    length = float(numpy.hypot(*(end - beginning)))
    passed = numpy.linspace(0.0, 1.0, max(int(length / STEP_M), 2))
    across = numpy.array([-(end - beginning)[1], (end - beginning)[0]])
    bend = numpy.zeros(len(passed))
    for wave_m, reach in WIGGLES:
        bend += reach * numpy.sin(2 * math.pi * (passed * length / wave_m + rng.random()))
    held = numpy.sin(math.pi * passed) ** 0.5
    return _even(beginning + passed[:, None] * (end - beginning) + (bend * held)[:, None] * across)


def _spurs(ground: Ground, mains: list[Line], rng: numpy.random.Generator) -> Iterator[Line]:
    """Roads that leave a main road sideways and wander on until they would leave the land."""
    region = ground.facts.region
    forks = spread(numpy.vstack(mains)[::10], ground.office, SPURS[region], 300)
    far_m = min(SPUR_M[region], 0.7 * math.sqrt(shapely.area(ground.land) / math.pi))
    for fork in forks:
        heading = _inward(ground, fork) + rng.normal(0, 0.5)
        points = [fork]
        while len(points) * SPUR_STEP_M < far_m:
            heading += rng.normal(0, 0.22)
            points.append(points[-1] + SPUR_STEP_M * numpy.array([math.cos(heading), math.sin(heading)]))
        yield _even(numpy.array(points))


def _inward(ground: Ground, fork: Floats) -> float:
    """The heading from a fork towards the middle of an island, or towards the far side of a valley."""
    towards = numpy.array([0.0, 0.0]) - fork if ground.facts.region == "island" else fork - ground.office
    return math.atan2(towards[1], towards[0])


def _even(line: Line) -> Line:
    """The same line with a point every `STEP_M`."""
    return along(line, numpy.arange(0.0, length_m(line), STEP_M))


def _on_land(ground: Ground, line: Line) -> Iterator[Line]:
    """The pieces of a line that lie on the land, without crumbs."""
    inside = ground.holds(line)
    breaks = numpy.flatnonzero(numpy.diff(inside.astype(int))) + 1
    for piece, is_inside in zip(numpy.split(line, breaks), inside[numpy.concatenate([[0], breaks])], strict=True):
        if is_inside and len(piece) * STEP_M > 200:
            yield piece
