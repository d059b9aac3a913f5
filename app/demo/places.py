"""Where sample assets lie: inside circles that are known to be land of the right municipality."""

import math
from random import Random

from app.territory.facts import Circle, MunicipalityFacts

KM_PER_DEGREE = 111.2  # of latitude; a degree of longitude is this times cos(latitude)
DENSE_WITHIN_KM = 3.0  # of the municipality's office
NISHI_SHINJUKU = Circle(139.692, 35.691, 0.45)
DEGREE_DECIMALS = 6

LonLat = tuple[float, float]


def scatter(rng: Random, facts: MunicipalityFacts, room_m: float = 0.0) -> LonLat:
    """A point at least `room_m` inside the municipality, denser towards its office."""
    room_km = room_m / 1000
    circles = [circle for circle in facts.circles if circle.radius_km > room_km]
    weights = [_weight(circle, facts) for circle in circles]
    return inside(rng, rng.choices(circles, weights)[0], room_m)


def inside(rng: Random, circle: Circle, room_m: float = 0.0) -> LonLat:
    """A point of a circle, at least `room_m` from its edge, a little denser in the middle."""
    distance = (circle.radius_km - room_m / 1000) * rng.random() ** 0.6
    bearing = rng.random() * 2 * math.pi
    return shifted((circle.lon, circle.lat), distance * math.sin(bearing), distance * math.cos(bearing))


def shifted(origin: LonLat, east_km: float, north_km: float) -> LonLat:
    """The point so many km east and north of another."""
    lon, lat = origin
    east = east_km / (KM_PER_DEGREE * math.cos(math.radians(lat)))
    return round(lon + east, DEGREE_DECIMALS), round(lat + north_km / KM_PER_DEGREE, DEGREE_DECIMALS)


def rectangle(rng: Random, centre: LonLat, area_m2: float) -> list[LonLat]:
    """The closed counterclockwise ring of a turned rectangle of that area."""
    side_km = math.sqrt(area_m2) / 1000
    stretch, turn = rng.uniform(1.0, 1.4), rng.random() * math.pi
    half_long, half_short = side_km * stretch / 2, side_km / stretch / 2
    corners = ((-half_long, -half_short), (half_long, -half_short), (half_long, half_short), (-half_long, half_short))
    cos, sin = math.cos(turn), math.sin(turn)
    ring = [shifted(centre, x * cos - y * sin, x * sin + y * cos) for x, y in corners]
    return [*ring, ring[0]]


def _weight(circle: Circle, facts: MunicipalityFacts) -> float:
    north_km = (circle.lat - facts.office_lat) * KM_PER_DEGREE
    east_km = (circle.lon - facts.office_lon) * KM_PER_DEGREE * math.cos(math.radians(circle.lat))
    return circle.radius_km**2 / (1 + math.hypot(east_km, north_km) / DENSE_WITHIN_KM)
