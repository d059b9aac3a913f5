"""Rows of one name within a few metres of each other, found while a list streams by."""

import math
from collections.abc import Sequence

import numpy
from numpy.typing import NDArray

from app.territory.boundaries import M_PER_DEGREE, Floats

WITHIN_M = 5.0
# Cells at least twice as wide as the distance asked for, anywhere in Japan: four of them hold all neighbours.
_CELL_DEG = (2 * WITHIN_M / (math.cos(math.radians(46)) * M_PER_DEGREE), 2 * WITHIN_M / M_PER_DEGREE)
_MIX = numpy.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=numpy.uint64)

Keys = NDArray[numpy.uint64]


class NearDuplicates:
    """What was seen so far: 32 bytes a row, whatever the names."""

    def __init__(self) -> None:
        self._keys: Keys = numpy.empty(0, numpy.uint64)
        self._seen = numpy.empty((0, 3))  # longitude, latitude, row number

    def find(self, names: Sequence[str], lons: Floats, lats: Floats, numbers: Sequence[int]) -> dict[int, int]:
        """Add rows; answer, by their place among these, the number of an earlier row each repeats.

        Of several rows of one name in one cell of 10 m, only the first is compared with later ones.
        """
        hashes = numpy.array([hash(name) for name in names], dtype=numpy.int64).astype(numpy.uint64)
        cells = numpy.column_stack([lons / _CELL_DEG[0], lats / _CELL_DEG[1]])
        corner = numpy.floor(cells)
        side = numpy.where(cells - corner >= 0.5, 1, -1)
        rows = numpy.column_stack([lons, lats, numpy.asarray(numbers, dtype=float)])
        self._add(_keys(hashes, corner), rows)
        found: dict[int, int] = {}
        for step in ((0, 0), (1, 0), (0, 1), (1, 1)):
            self._compare(_keys(hashes, corner + side * step), rows, found)
        return found

    def _add(self, keys: Keys, rows: Floats) -> None:
        unique, first = numpy.unique(keys, return_index=True)
        places = numpy.searchsorted(self._keys, unique)
        new = _at(self._keys, places) != unique if len(self._keys) else numpy.ones(len(unique), bool)
        self._keys = numpy.insert(self._keys, places[new], unique[new])
        self._seen = numpy.insert(self._seen, places[new], rows[first[new]], axis=0)

    def _compare(self, keys: Keys, rows: Floats, found: dict[int, int]) -> None:
        places = numpy.minimum(numpy.searchsorted(self._keys, keys), len(self._keys) - 1)
        others = self._seen[places]
        squeeze = numpy.cos(numpy.radians(rows[:, 1]))
        apart = numpy.hypot((rows[:, 0] - others[:, 0]) * squeeze, rows[:, 1] - others[:, 1]) * M_PER_DEGREE
        hit = (self._keys[places] == keys) & (others[:, 2] < rows[:, 2]) & (apart <= WITHIN_M)
        for place in numpy.nonzero(hit)[0].tolist():
            found.setdefault(place, int(others[place, 2]))


def _at(keys: Keys, places: NDArray[numpy.intp]) -> Keys:
    return keys[numpy.minimum(places, len(keys) - 1)]


def _keys(hashes: Keys, cells: Floats) -> Keys:
    """One number for a name in a cell."""
    whole = cells.astype(numpy.int64).astype(numpy.uint64)
    mixed: Keys = (hashes * _MIX[0]) ^ (whole[:, 0] * _MIX[1]) ^ (whole[:, 1] * _MIX[2])
    return mixed
