"""Old and plane coordinates to degrees: Tokyo Datum, and the 19 zones of the plane rectangular system.

Longitude, latitude throughout; JGD2000 and JGD2011 are taken as one (they part by centimetres to metres where the earth
moved in 2011, by nothing a list of sites can tell).
"""

from functools import lru_cache
from typing import Literal

import numpy
import pyproj

from app.territory.boundaries import M_PER_DEGREE, Floats

Datum = Literal["jgd", "tokyo"]
ZONES = range(1, 20)

_TOKYO, _JGD2000 = 4301, 4612
_PLANE_JGD2011, _PLANE_TOKYO = 6668, 30160  # EPSG codes of zone n are these plus n

# The zones prefectures survey in, where there is no boundary to try them by. Source: 平成14年国土交通省告示第9号.
ZONES_OF_PREFECTURE: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("42",), (1,)), "46": (2, 1), **dict.fromkeys(("40", "41", "43", "44", "45"), (2,)),
    **dict.fromkeys(("32", "34", "35"), (3,)), **dict.fromkeys(("36", "37", "38", "39"), (4,)),
    **dict.fromkeys(("28", "31", "33"), (5,)), **dict.fromkeys(("18", "24", "25", "26", "27", "29", "30"), (6,)),
    **dict.fromkeys(("16", "17", "21", "23"), (7,)), **dict.fromkeys(("15", "19", "20", "22"), (8,)),
    **dict.fromkeys(("07", "08", "09", "10", "11", "12", "14"), (9,)), "13": (9, 14, 18, 19),
    **dict.fromkeys(("02", "03", "04", "05", "06"), (10,)), "01": (12, 11, 13), "47": (15, 16, 17),
}  # fmt: skip


def tokyo_to_jgd(lons: Floats, lats: Floats) -> tuple[Floats, Floats]:
    """Degrees of the Tokyo Datum in JGD, by the three national parameters (good to about 10 m)."""
    return _moved(_to_jgd(), lons, lats)


def plane_to_jgd(northings: Floats, eastings: Floats, zone: int, datum: Datum = "jgd") -> tuple[Floats, Floats]:
    """Metres of a plane rectangular zone (X northing, Y easting) in degrees of JGD; infinite where out of reach."""
    lons, lats = _moved(_from_plane(zone, datum), eastings, northings)
    return tokyo_to_jgd(lons, lats) if datum == "tokyo" else (lons, lats)


def tokyo_offset_m(lon: float, lat: float) -> tuple[float, float]:
    """How far east and north a position in the Tokyo Datum appears when it is read as JGD, in m."""
    lons, lats = tokyo_to_jgd(numpy.array([lon]), numpy.array([lat]))
    east = (lon - float(lons[0])) * numpy.cos(numpy.radians(lat)) * M_PER_DEGREE
    return float(east), (lat - float(lats[0])) * M_PER_DEGREE


@lru_cache
def _to_jgd() -> pyproj.Transformer:
    # To JGD2000, not 2011: the latter takes a grid where one is installed, and where none is, some areas unmoved.
    return pyproj.Transformer.from_crs(_TOKYO, _JGD2000, always_xy=True)


@lru_cache
def _from_plane(zone: int, datum: Datum) -> pyproj.Transformer:
    plane, degrees = (_PLANE_TOKYO, _TOKYO) if datum == "tokyo" else (_PLANE_JGD2011, 6668)
    return pyproj.Transformer.from_crs(plane + zone, degrees, always_xy=True)


def _moved(transformer: pyproj.Transformer, xs: Floats, ys: Floats) -> tuple[Floats, Floats]:
    moved_x, moved_y = transformer.transform(xs, ys)
    return numpy.asarray(moved_x), numpy.asarray(moved_y)
