"""Two states of the same meshes held against each other: what became better, worse, or can no longer be said."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pyproj import Geod

from app.coverage.surveys_alone import Judged
from app.mesh import mesh_bounds

ABSENT = "absent"  # not driven in that survey, not there in that build
SHOWN = ("covered", "weak", "gap", "uncertain", "unknown")
_WORTH = {"gap": 0, "weak": 1, "covered": 2}  # of what can be said with confidence
DIRECTIONS = ("worse", "better", "unsure", "one_side", "same")
_EARTH = Geod(ellps="GRS80")
_SERVED_GRADES = ("weak", "usable", "good")


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two says of a mesh."""

    shown: str
    mean_dbm: float | None = None
    samples: int = 0
    road_m: float = 0.0


NOTHING = Side(ABSENT)


@dataclass(frozen=True, slots=True)
class Pair:
    """A mesh before and after; `change_db` of its mean."""

    mesh_code: str
    before: Side
    after: Side

    @property
    def direction(self) -> str:
        """worse or better where both can be said with confidence; one_side where only one measured enough."""
        return direction_of(self.before.shown, self.after.shown)

    @property
    def change_db(self) -> float | None:
        if self.before.mean_dbm is None or self.after.mean_dbm is None:
            return None
        return self.after.mean_dbm - self.before.mean_dbm


@dataclass(slots=True)
class Amount:
    """Meshes of one kind: how many, km², km of road the one and the other measured there."""

    cells: int = 0
    area_km2: float = 0.0
    before_km: float = 0.0
    after_km: float = 0.0

    def add(self, other: "Amount") -> None:
        """Add another up."""
        self.cells += other.cells
        self.area_km2 += other.area_km2
        self.before_km += other.before_km
        self.after_km += other.after_km


Matrix = dict[tuple[str, str], Amount]


def direction_of(before: str, after: str) -> str:
    """One of DIRECTIONS, for what a mesh shows as before and after."""
    if before == after:
        return "same"
    if {before, after} & {"unknown", ABSENT}:
        return "one_side"
    if before in _WORTH and after in _WORTH:
        return "worse" if _WORTH[after] < _WORTH[before] else "better"
    return "unsure"


def side_of(judged: Judged | None) -> Side:
    """A judged mesh as it is shown: what is served below the bound is weak, not a gap."""
    if judged is None:
        return NOTHING
    weak = judged.state == "gap" and judged.grade in _SERVED_GRADES
    return Side("weak" if weak else judged.state, judged.mean_dbm, judged.samples, judged.road_m)


def pair_up(before: Mapping[str, Judged], after: Mapping[str, Judged]) -> list[Pair]:
    """Every mesh either knows of: the worse first, then the better, and those alike last."""
    pairs = [Pair(mesh, side_of(before.get(mesh)), side_of(after.get(mesh))) for mesh in before.keys() | after.keys()]
    return in_order(pairs)


def in_order(pairs: Iterable[Pair]) -> list[Pair]:
    """By direction; those alike in it by the change of their mean, the greatest loss first."""
    return sorted(pairs, key=lambda pair: (DIRECTIONS.index(pair.direction), pair.change_db or 0.0, pair.mesh_code))


def add_up(pairs: Iterable[Pair]) -> Matrix:
    """Amounts by what was shown before and after."""
    matrix: Matrix = {}
    for pair in pairs:
        one = Amount(1, area_km2(pair.mesh_code), pair.before.road_m / 1000, pair.after.road_m / 1000)
        matrix.setdefault((pair.before.shown, pair.after.shown), Amount()).add(one)
    return matrix


def by_direction(matrix: Matrix) -> dict[str, Amount]:
    """Amounts by direction."""
    found = {direction: Amount() for direction in DIRECTIONS}
    for (before, after), amount in matrix.items():
        found[direction_of(before, after)].add(amount)
    return found


def area_km2(mesh_code: str) -> float:
    """Of the whole mesh, sea included; meshes of one row are equal."""
    west, south, east, north = mesh_bounds(mesh_code)
    return _area_km2(round(east - west, 9), round(south, 9), round(north, 9))


@lru_cache(maxsize=4096)
def _area_km2(width: float, south: float, north: float) -> float:
    area, _ = _EARTH.polygon_area_perimeter([0, width, width, 0], [south, south, north, north])
    return abs(area) / 1e6
