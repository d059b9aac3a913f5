"""Points, boxes, tiles and coordinate reference systems: the only place that knows axis order.

Inside the service every coordinate is longitude, latitude in EPSG:4326. What a client sends or receives in another
system is turned round here.
"""

import math
from dataclasses import dataclass

from app.problems import BAD_PARAMETER, NOT_FOUND, Problem

CRS84_URI = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@dataclass(frozen=True, slots=True)
class Crs:
    """A coordinate reference system features can be asked in."""

    uri: str
    srid: int
    northing_first: bool  # the authority's axis order is latitude/northing, then longitude/easting
    decimals: int  # 1 cm or finer


def _epsg(srid: int, northing_first: bool, decimals: int) -> Crs:
    return Crs(f"http://www.opengis.net/def/crs/EPSG/0/{srid}", srid, northing_first, decimals)


# JGD2011 plane rectangular: zone IX covers mainland Tokyo and the Izu islands, XIV Ogasawara.
SUPPORTED_CRS: tuple[Crs, ...] = (
    Crs(CRS84_URI, 4326, northing_first=False, decimals=7),
    _epsg(4326, northing_first=True, decimals=7),
    _epsg(3857, northing_first=False, decimals=2),
    _epsg(6668, northing_first=True, decimals=7),
    _epsg(6677, northing_first=True, decimals=2),
    _epsg(6682, northing_first=True, decimals=2),
)
CRS84 = SUPPORTED_CRS[0]


def find_crs(text: str) -> Crs | None:
    """The supported CRS a client named by URI, safe CURIE (`[EPSG:4326]`) or `EPSG:4326`."""
    name = text.strip().strip("[]")
    for crs in SUPPORTED_CRS:
        code = crs.uri.rsplit("/", 1)[-1]
        if name in (crs.uri, f"EPSG:{code}", f"OGC:{code}"):
            return crs
    return None


@dataclass(frozen=True, slots=True)
class Bbox:
    """A box west, south, east, north in the units of a CRS; west > east crosses the antimeridian (degrees only)."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def parse(cls, text: str, crs: Crs = CRS84) -> "Bbox":
        """Read `a,b,c,d` (or six numbers with heights, which are dropped) in the CRS's own axis order.

        Raises Problem (400) with what to write instead.
        """
        numbers = [_finite(part) for part in text.split(",")]
        if len(numbers) == 6:
            numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
        if len(numbers) != 4:
            raise _bad_box(
                f"bbox は「西,南,東,北」の4つの数（高さ付きなら6つ）です。{len(numbers)} 個ありました。",
                f"bbox takes four numbers (west,south,east,north) or six with heights, not {len(numbers)}.",
            )
        a, b, c, d = numbers
        west, south, east, north = (b, a, d, c) if crs.northing_first else (a, b, c, d)
        box = cls(west, south, east, north)
        box._check(crs)
        return box

    def _check(self, crs: Crs) -> None:
        if self.south > self.north:
            raise _bad_box(
                f"bbox の南端 {self.south} が北端 {self.north} より北にあります。「西,南,東,北」の順で書いてください。",
                f"bbox: the south edge {self.south} lies north of the north edge {self.north}; the order is west,south,east,north.",
            )
        if crs.srid in (4326, 6668):
            inside = max(abs(self.south), abs(self.north)) <= 90 and max(abs(self.west), abs(self.east)) <= 180
            if not inside:
                raise _bad_box(
                    "bbox の緯度は -90〜90、経度は -180〜180 です。CRS84 では経度を先に書きます（例 139.69,35.68,139.71,35.70）。",
                    "bbox: latitudes lie in -90..90 and longitudes in -180..180; CRS84 puts longitude first (139.69,35.68,139.71,35.70).",
                )
        elif self.west > self.east:
            raise _bad_box(
                f"bbox の西端 {self.west} が東端 {self.east} より東にあります。",
                f"bbox: the west edge {self.west} lies east of the east edge {self.east}.",
            )

    def parts(self) -> tuple["Bbox", ...]:
        """One box, or two where it crosses the antimeridian."""
        if self.west <= self.east:
            return (self,)
        return Bbox(self.west, self.south, 180.0, self.north), Bbox(-180.0, self.south, self.east, self.north)


MERCATOR_RADIUS_M = 6378137.0
PLANE_REACH_M = 2e6  # m from the origin: Japan; farther out a plane rectangular system means nothing


def degrees_of_mercator(box: Bbox) -> Bbox:
    """A box in EPSG:3857 (m) as the same box in degrees, which it is exactly; cut off at the antimeridian."""
    west, east = (math.degrees(_clamped(x / MERCATOR_RADIUS_M, math.pi)) for x in (box.west, box.east))
    south, north = (
        math.degrees(math.atan(math.sinh(_clamped(y / MERCATOR_RADIUS_M, 20)))) for y in (box.south, box.north)
    )
    return Bbox(west, south, east, north)


def within_reach(box: Bbox) -> Bbox:
    """A box of a plane rectangular system (m), cut off where the system ends."""
    return Bbox(*(_clamped(edge, PLANE_REACH_M) for edge in (box.west, box.south, box.east, box.north)))


def _clamped(number: float, most: float) -> float:
    return min(max(number, -most), most)


def _finite(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        shown = text.strip()[:40]
        raise _bad_box(
            f"bbox の「{shown}」は数ではありません。半角の数字で書いてください。",
            f"bbox: {shown!r} is not a finite number.",
        )
    return number


def _bad_box(ja: str, en: str) -> Problem:
    return Problem(BAD_PARAMETER, ja, en, errors=[{"parameter": "bbox"}])


MAX_ZOOM = 22


@dataclass(frozen=True, slots=True)
class TileCoord:
    """A tile of WebMercatorQuad: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not (0 <= self.z <= MAX_ZOOM and 0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z):
            raise Problem(
                NOT_FOUND,
                f"タイル {self.z}/{self.x}/{self.y}（ズーム/列/行）は WebMercatorQuad の範囲にありません。",
                f"There is no tile {self.z}/{self.x}/{self.y} (zoom/column/row) in WebMercatorQuad.",
            )
