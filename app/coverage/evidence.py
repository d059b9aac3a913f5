"""What cell months say of a cell when each is given a weight: level, spread, effective number, share without service."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.coverage.aggregation import CDB, CELL_MONTH_BITS, CELL_MONTH_SUMS, EPOCH, GRADES
from app.coverage.profiles import Profile
from app.coverage.segments import Integers

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


@dataclass(frozen=True, eq=False)
class Evidence:
    """Cell months in order of their cells, and where each cell's begin. `columns` holds the integer columns."""

    columns: dict[str, Integers]
    surveys: NDArray[np.object_]
    is_sample: Booleans  # of cells, as the next two
    carriers: NDArray[np.object_]
    quarters: Integers
    starts: Integers
    cell_of: Integers  # the cell of each row

    def total(self, values: Floats | Integers) -> Floats:
        """Sums by cell, as floats."""
        return np.add.reduceat(values, self.starts).astype(np.float64) if len(self.starts) else np.zeros(0)

    def count(self, column: str, rows: Booleans | None = None) -> Integers:
        """Sums of a column by cell, of the rows asked for."""
        values = self.columns[column] if rows is None else np.where(rows, self.columns[column], 0)
        return np.add.reduceat(values, self.starts) if len(self.starts) else np.zeros(0, np.int64)

    def distinct_segments(self, rows: Booleans | None = None) -> Integers:
        """How many squares of each cell the rows saw, each once."""
        return self._bits("segments_south", rows) + self._bits("segments_north", rows)

    def _bits(self, column: str, rows: Booleans | None = None) -> Integers:
        if not len(self.starts):
            return np.zeros(0, np.int64)
        bits = self.columns[column] if rows is None else np.where(rows, self.columns[column], 0)
        return np.bitwise_count(np.bitwise_or.reduceat(bits, self.starts)).astype(np.int64)

    def days(self) -> Integers:
        """How many days of Japan each cell was measured on; of two surveys on one day, once."""
        if not len(self.starts):
            return np.zeros(0, np.int64)
        begins = np.zeros(len(self.cell_of), bool)
        begins[self.starts] = True
        begins[1:] |= self.columns["month"][1:] != self.columns["month"][:-1]
        at = np.flatnonzero(begins)
        months = np.bitwise_count(np.bitwise_or.reduceat(self.columns["days"], at)).astype(np.int64)
        return np.add.reduceat(months, np.searchsorted(at, self.starts))

    def newest(self) -> Integers:
        """The last day of each cell."""
        return np.maximum.reduceat(self.columns["newest"], self.starts) if len(self.starts) else np.zeros(0, np.int64)

    def oldest(self) -> Integers:
        """The first day of each cell."""
        return np.minimum.reduceat(self.columns["oldest"], self.starts) if len(self.starts) else np.zeros(0, np.int64)


def gather(months: pa.Table, as_of: date) -> Evidence:
    """Cell months by cell, in an order of their own whatever theirs was; those after `as_of` are left out."""
    months = months.filter(pa.compute.less_equal(months["oldest"], day_number(as_of)))
    months = months.sort_by([(name, "ascending") for name in ("is_sample", "carrier", "quarter", "month", "survey_id")])
    names = ("quarter", "month", "newest", "oldest", *CELL_MONTH_SUMS, *CELL_MONTH_BITS)
    columns = {name: months[name].to_numpy().astype(np.int64) for name in names}
    is_sample = months["is_sample"].to_numpy(zero_copy_only=False).astype(bool)
    carriers = months["carrier"].to_numpy(zero_copy_only=False).astype(object)
    begins = np.ones(len(carriers), bool)
    for values in (is_sample, carriers, columns["quarter"]):
        begins[1:] &= values[1:] == values[:-1]
    begins[1:] = ~begins[1:]
    starts = np.flatnonzero(begins)
    return Evidence(
        columns=columns,
        surveys=months["survey_id"].to_numpy(zero_copy_only=False).astype(object),
        is_sample=is_sample[starts],
        carriers=carriers[starts],
        quarters=columns["quarter"][starts],
        starts=starts,
        cell_of=np.cumsum(begins) - 1,
    )


@dataclass(frozen=True, eq=False)
class Level:
    """Of each cell, by some weights: effective number, mean (dBm), spread with the fast term (dB), share without service,
    share served, and whether it is enough to judge by. nan where there is nothing."""

    n_eff: Floats
    mean_dbm: Floats
    sd_db: Floats
    total_sd_db: Floats
    no_service_share: Floats
    served: Floats
    observed: Floats
    enough: Booleans


def level(evidence: Evidence, weights: Floats, profile: Profile) -> Level:
    """The level of each cell by weights of its months, 0 to 1; more evidence never lessens the effective number."""
    c, used = evidence.columns, weights > 0
    n = evidence.total(weights * c["segment_passes"])
    seen = np.bitwise_count(c["segments_south"]).astype(np.float64) + np.bitwise_count(c["segments_north"])
    distinct = evidence.distinct_segments(used)
    passes = evidence.count("segment_passes", used)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = evidence.total(weights * c["sum_level_cdb"]) / n
        squares = evidence.total(weights * c["sum_level2_cdb2"]) / n
        variance = np.maximum(squares - mean * mean, 0) * passes / (passes - 1)
        share = evidence.total(weights * c["dead"]) / n
    sd = np.sqrt(variance) / CDB
    return Level(
        n_eff=np.minimum(distinct, evidence.total(weights * seen)) / profile.n_eff_divisor,
        mean_dbm=mean / CDB + profile.floor_dbm,
        sd_db=sd,
        total_sd_db=np.hypot(sd, profile.fast_sd_db),
        no_service_share=share,
        served=evidence.total(weights * c["served"]),
        observed=n,
        enough=(evidence.count("samples", used) >= profile.min_samples) & (distinct >= profile.min_segments),
    )


def histogram(evidence: Evidence, rows: Booleans) -> Integers:
    """Segment passes by grade, worst first, shape (cells, 4)."""
    return np.column_stack([evidence.count(grade, rows) for grade in GRADES])
