"""Outlines of municipalities: what lies in one, and how far outside."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy
import shapely
from numpy.typing import NDArray

Floats = NDArray[numpy.float64]

M_PER_DEGREE = 111_195.0  # of a sphere of 6,371 km; a few tenths of a per cent off on the ellipsoid


@dataclass(frozen=True)
class Boundary:
    """One municipality with its outline; of a sample outline only so much is true that it lies near."""

    code5: str
    prefecture: str
    district: str | None
    name: str
    wkb: bytes
    is_sample: bool = False

    @cached_property
    def shape(self) -> shapely.Geometry:
        """The outline in degrees, prepared for many questions."""
        return prepared(shapely.from_wkb(self.wkb))

    @cached_property
    def _squeeze(self) -> Floats:
        """Metres per degree of longitude and latitude, at its middle."""
        _, south, _, north = shapely.bounds(self.shape)
        return numpy.array([math.cos(math.radians((south + north) / 2)) * M_PER_DEGREE, M_PER_DEGREE])

    @cached_property
    def _in_metres(self) -> shapely.Geometry:
        return prepared(shapely.transform(self.shape, lambda xy: xy * self._squeeze))

    def distance_m(self, lons: Floats, lats: Floats) -> Floats:
        """How far points lie outside, in m; 0 inside."""
        outside = ~shapely.intersects_xy(self.shape, lons, lats)
        distances = numpy.zeros(len(lons))
        if outside.any():
            points = shapely.points(numpy.column_stack([lons[outside], lats[outside]]) * self._squeeze)
            distances[outside] = shapely.distance(self._in_metres, points)
        return distances


def prepared(shape: shapely.Geometry) -> shapely.Geometry:
    """The same shape, ready to answer many questions fast."""
    shapely.prepare(shape)
    return shape
