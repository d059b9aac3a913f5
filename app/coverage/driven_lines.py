"""Lines of what one phone had for service along its way, made of a survey's rows.

A line ends where the serving technology or the municipality changes, or where the phone was silent for more than 10 s or
200 m away. The way to the next place belongs to what served before it, so that lengths add up. The municipality is the one
with most land in the quarter mesh of a place. A phone that stood leaves no line.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from app.coverage.segments import EAST, NORTH, SOUTH, WEST, quarter_ids

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

SILENT_US = 10_000_000
JUMP_M = 200
M_PER_DEGREE = 111_195  # of latitude, on a sphere: only jumps are told by it, lengths are geodesic
ELLIPSOID = Geod(ellps="WGS84")
JAPAN_US, DAY_US = 9 * 3_600_000_000, 86_400_000_000
COLUMNS = (
    "at", "file_id", "row_number", "lon", "lat", "accuracy_m", "carrier", "device", "technology", "rsrp_dbm", "nr_rsrp_dbm",
)  # fmt: skip


@dataclass(frozen=True)
class Towns:
    """Whose land quarter meshes are: ids in rising order, and for each its municipality as a place in `codes`."""

    cells: Integers
    town: Integers
    codes: list[str]

    def at(self, lon: Floats, lat: Floats) -> Integers:
        """Places in `codes` of the municipalities at points in degrees, -1 where there is none."""
        cells = np.full(len(lon), -1, dtype=np.int64)
        inside = (lat >= SOUTH) & (lat < NORTH) & (lon >= WEST) & (lon < EAST)
        cells[inside] = quarter_ids(lon[inside], lat[inside])
        found = np.full(len(lon), -1, dtype=np.int64)
        at = np.searchsorted(self.cells, cells)
        known = at < len(self.cells)
        known[known] = self.cells[at[known]] == cells[known]
        found[known] = self.town[at[known]]
        return found


@dataclass(frozen=True)
class Lines:
    """Lines in the order of phones and time: each column one value a line; `town` as in `Towns`, `mean_dbm` nan for none."""

    device: list[str]
    carrier: list[str]
    technology: list[str]
    town: Integers
    began_us: Integers
    day: Integers  # in Japan, from 1970-01-01
    samples: Integers
    mean_dbm: Floats
    length_m: Floats
    geom: NDArray[np.object_]


@dataclass(frozen=True)
class _Places:
    """Rows of every phone after the other, in the order of time."""

    phone: Integers
    at_us: Integers
    lon: Floats
    lat: Floats
    technology: Integers
    town: Integers
    signal_dbm: Floats
    device: list[str]
    carrier: list[str]
    technologies: list[str]
    of_phone: Integers  # device × carriers + carrier, by phone

    def follows(self) -> Booleans:
        """Whether the next row is the same phone's."""
        return np.append(self.phone[1:] == self.phone[:-1], False)[: len(self.phone)]


def lines_of(file: Path, towns: Towns, max_accuracy_m: float) -> Lines:
    """Lines of a survey's measurements (Parquet), rows that may be off by more than `max_accuracy_m` left out."""
    places = _places(pq.read_table(file, columns=list(COLUMNS)), towns, max_accuracy_m)
    goes_on = _goes_on(places)
    begins = _begins(places, goes_on)
    first, line = np.flatnonzero(begins), np.cumsum(begins) - 1
    used, geom, length_m = _drawn(*_points(places, goes_on, line), len(first))
    samples, mean_dbm = np.bincount(line, minlength=len(first)), _means(places.signal_dbm, line, len(first))
    first = first[used]
    device, carrier = np.divmod(places.of_phone[places.phone[first]], max(len(places.carrier), 1))
    return Lines(
        device=[places.device[one] for one in device], carrier=[places.carrier[one] for one in carrier],
        technology=[places.technologies[one] for one in places.technology[first]],
        town=places.town[first], began_us=places.at_us[first], day=(places.at_us[first] + JAPAN_US) // DAY_US,
        samples=samples[used], mean_dbm=mean_dbm[used], length_m=length_m, geom=geom,
    )  # fmt: skip


def _means(values: Floats, line: Integers, many: int) -> Floats:
    """The mean of each line's values, nan where there is none."""
    heard = ~np.isnan(values)
    counts, sums = np.bincount(line[heard], minlength=many), np.bincount(line[heard], values[heard], minlength=many)
    means: Floats = np.divide(sums, counts, out=np.full(many, np.nan), where=counts > 0)
    return means


def _places(rows: pa.Table, towns: Towns, max_accuracy_m: float) -> _Places:
    accuracy = rows["accuracy_m"]
    rows = rows.filter(pc.fill_null(pc.less_equal(accuracy, max_accuracy_m), True)).combine_chunks()
    device, devices = _coded(rows["device"])
    carrier, carriers = _coded(rows["carrier"])
    technology, technologies = _coded(rows["technology"])
    file, _ = _coded(rows["file_id"])
    of_phone, phone = np.unique(device * max(len(carriers), 1) + carrier, return_inverse=True)
    at_us = rows["at"].cast(pa.int64()).to_numpy()
    order = np.lexsort((rows["row_number"].to_numpy(), file, at_us, phone))
    lon, lat = (rows[axis].to_numpy()[order] for axis in ("lon", "lat"))
    return _Places(
        phone=phone[order], at_us=at_us[order], lon=lon, lat=lat, technology=technology[order], town=towns.at(lon, lat),
        signal_dbm=_signal_dbm(rows)[order], device=devices, carrier=carriers, technologies=technologies, of_phone=of_phone,
    )  # fmt: skip


def _coded(column: pa.ChunkedArray) -> tuple[Integers, list[str]]:
    """Texts as places among the distinct ones in rising order; null is the empty text."""
    encoded = pc.fill_null(column, "").combine_chunks().dictionary_encode()
    names = np.array(encoded.dictionary.to_pylist(), dtype=object)
    order = np.argsort(names)
    places = np.empty(len(names), dtype=np.int64)
    places[order] = np.arange(len(names))
    return places[encoded.indices.to_numpy()], names[order].tolist()


def _signal_dbm(rows: pa.Table) -> Floats:
    """The serving cell's level: of a standalone 5G cell its own, where that was written; nan for none."""
    own = pc.coalesce(rows["nr_rsrp_dbm"], rows["rsrp_dbm"])
    signal = pc.if_else(pc.equal(rows["technology"], "5g_sa"), own, rows["rsrp_dbm"])
    found: Floats = pc.fill_null(signal.cast(pa.float64()), float("nan")).to_numpy()
    return found


def _goes_on(places: _Places) -> Booleans:
    """Whether the phone was heard again soon and near by."""
    near = places.follows()
    at = np.flatnonzero(near)
    east = (places.lon[at + 1] - places.lon[at]) * np.cos(np.radians(places.lat[at]))
    away_m = M_PER_DEGREE * np.hypot(places.lat[at + 1] - places.lat[at], east)
    near[at] = (places.at_us[at + 1] - places.at_us[at] <= SILENT_US) & (away_m <= JUMP_M)
    return near


def _begins(places: _Places, goes_on: Booleans) -> Booleans:
    """Whether a row is the first of its line."""
    begins = np.ones(len(goes_on), dtype=bool)
    same = goes_on[:-1] & (places.technology[1:] == places.technology[:-1]) & (places.town[1:] == places.town[:-1])
    begins[1:] = ~same
    return begins


def _points(places: _Places, goes_on: Booleans, line: Integers) -> tuple[Floats, Integers]:
    """Points of shape (n, 2) and the line of each: its rows, and where the phone was next."""
    last = np.flatnonzero(np.append(line[1:] != line[:-1], True)[: len(line)] & goes_on)
    order = np.insert(np.arange(len(line)), last + 1, last + 1)
    of = np.insert(line, last + 1, line[last])
    points = np.column_stack([places.lon[order], places.lat[order]])
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (of[1:] != of[:-1]) | np.any(points[1:] != points[:-1], axis=1)
    return points[is_new], of[is_new]


def _drawn(points: Floats, of: Integers, many: int) -> tuple[Integers, NDArray[np.object_], Floats]:
    """Lines with a length, their geometries and lengths in metres."""
    together = of[1:] == of[:-1]
    before, after = points[:-1][together], points[1:][together]
    _, _, steps_m = ELLIPSOID.inv(before[:, 0], before[:, 1], after[:, 0], after[:, 1])
    length_m: Floats = np.bincount(of[1:][together], np.asarray(steps_m), minlength=many).astype(np.float64)
    used = np.flatnonzero(length_m > 0)
    place = np.full(many, -1, dtype=np.int64)
    place[used] = np.arange(len(used))
    is_used = place[of] >= 0
    geom = shapely.linestrings(points[is_used], indices=place[of[is_used]])
    return used, shapely.set_srid(np.asarray(geom, dtype=object), 4326), length_m[used]
