"""Measurements → segment passes → cell months: one Ibis expression, the same on DuckDB, PostgreSQL and Spark.

Everything counted is an integer: a level is hundredths of a dB above the profile's floor, a day is counted from 1970-01-01
in Japan. So sums do not hang on the order of rows, parts merge exactly, and engines agree to the last digit.

* Segment pass: one phone on one day (Japan) in one segment, key `SEGMENT_PASS_KEY`; merges by addition.
* Cell month: the segment passes of a survey, carrier, quarter mesh and month, key `CELL_MONTH_KEY`; those of parts that
  share no segment pass merge by addition too (and bits by or).
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from app.coverage.profiles import Profile
from app.coverage.segments import place_column, quarter_column, segment_column, within_codes

SEGMENT_PASS_KEY = ("is_sample", "survey_id", "carrier", "segment", "device", "day")
SEGMENT_PASS_SUMS = ("n", "n_no_service", "sum_level_cdb")
CELL_MONTH_KEY = ("is_sample", "survey_id", "carrier", "technology", "quarter", "month")
GRADES = ("none", "weak", "usable", "good")
CELL_MONTH_SUMS = (
    "samples", "no_service", "segment_passes", "passes", "sum_level_cdb", "sum_level2_cdb2", "dead", "served",
    *GRADES,
)  # fmt: skip
CELL_MONTH_BITS = ("segments_south", "segments_north", "days")  # 50 squares each; the month's days
JAPAN_S = 9 * 3600
DAY_S = 86_400
EPOCH = date(1970, 1, 1)
CDB = 100  # hundredths of a dB
DAYS_TO_1968_03_01 = 671  # where cycles of four years begin; no century breaks them before 2100-03-01


@ibis.udf.agg.builtin  # type: ignore[untyped-decorator]
def bit_or(bits: int) -> int:  # type: ignore[empty-body]
    """The engine's own function by that name; Ibis's method is not there for Spark."""


def cell_months(measurements: ir.Table, profile: Profile, as_of: date | None = None) -> ir.Table:
    """Cell months of measurements in their canonical columns and `is_sample`; of those up to the day `as_of` in Japan."""
    return cell_months_of(segment_passes(measurements, profile, as_of), profile)


def segment_passes(measurements: ir.Table, profile: Profile, as_of: date | None = None) -> ir.Table:
    """Segment passes: n rows, how many without service, and the sum of their levels (no service counts 0)."""
    rows = _judged_rows(measurements, profile)
    if as_of:
        rows = rows.filter(rows.day <= (as_of - EPOCH).days)
    found = rows.group_by(SEGMENT_PASS_KEY).aggregate(
        n=rows.count(), n_no_service=rows.is_out.sum(), sum_level_cdb=rows.level_cdb.sum()
    )
    return found.mutate(
        survey_id=found.survey_id.cast("string"), **{name: found[name].cast("int64") for name in SEGMENT_PASS_SUMS}
    )


def _judged_rows(measurements: ir.Table, profile: Profile) -> ir.Table:
    t = measurements
    out = _no_service(t, profile)
    level = _level_cdb(t, profile)
    second = t["at"].epoch_seconds() + JAPAN_S
    rows = t.filter(_fit(t, profile))
    rows = rows.select(
        "is_sample",
        "survey_id",
        "carrier",
        segment=segment_column(t.lon, t.lat),
        device=t.device.fill_null(""),
        day=(second // DAY_S).cast("int64"),
        is_out=out.ifelse(1, 0).cast("int64"),
        level_cdb=out.ifelse(ibis.literal(0, "int64"), level),
    )
    return rows.filter(rows.level_cdb.notnull())


def _fit(t: ir.Table, profile: Profile) -> ir.BooleanValue:
    """Rows that say something of the profile's technology, well placed, by a phone as people carry it."""
    says = [*profile.serving("signal"), *profile.serving("none")]
    fit = t.technology.isin(says) & within_codes(t.lon, t.lat)
    fit &= t.accuracy_m.isnull() | (t.accuracy_m <= profile.max_accuracy_m)
    fit &= t.speed_kmh.isnull() | (t.speed_kmh <= profile.max_speed_kmh)
    fit &= t.external_antenna.isnull() | ~t.external_antenna
    if profile.hours_jst:
        begin, end = profile.hours_jst
        hour = (t["at"].epoch_seconds() + JAPAN_S) % DAY_S // 3600
        fit &= (hour >= begin) & (hour < end)
    return fit


def _no_service(t: ir.Table, profile: Profile) -> ir.BooleanValue:
    """The phone had none of the technology, or its test failed."""
    out = t.technology.isin(profile.serving("none"))
    if profile.speed:
        slow = (t.downlink_mbps < profile.speed.downlink_mbps) | (t.uplink_mbps < profile.speed.uplink_mbps)
        out |= slow.fill_null(False)
    return out


def _level_cdb(t: ir.Table, profile: Profile) -> ir.IntegerValue:
    """Hundredths of a dB above the floor; null where the row has no value."""
    if profile.speed:
        tested = t.downlink_mbps.notnull() & t.uplink_mbps.notnull()
        return tested.ifelse(_cdb(profile.saturation_dbm, profile), ibis.null("int64"))
    signal = t[profile.signal]
    if profile.signal == "nr_rsrp_dbm":  # a standalone cell's level may stand in the serving cell's column
        signal = signal.notnull().ifelse(signal, (t.technology == "5g_sa").ifelse(t.rsrp_dbm, ibis.null("float32")))
    above = (signal.cast("float64") - profile.floor_dbm) * CDB + 0.5
    return signal.isnull().ifelse(ibis.null("int64"), (above > 0).ifelse(above, 0.0).floor().cast("int64"))


def _cdb(dbm: float, profile: Profile) -> int:
    return round((dbm - profile.floor_dbm) * CDB)


def cell_months_of(passes: ir.Table, profile: Profile) -> ir.Table:
    """Cell months of segment passes that are whole, merged ones."""
    in_cells = _in_cells(passes, profile)
    by_pass = _add_up(in_cells, ("is_sample", "survey_id", "carrier", "quarter", "device", "day"))
    dated = _dated(by_pass)
    dated = dated.mutate(passes=ibis.literal(1, "int64"), technology=ibis.literal(profile.technology, "string"))
    sums = {name: dated[name].sum().cast("int64") for name in CELL_MONTH_SUMS}
    bits = {name: bit_or(dated[name]).cast("int64") for name in CELL_MONTH_BITS}
    return dated.group_by(CELL_MONTH_KEY).aggregate(
        **sums, **bits, newest=dated.day.max().cast("int64"), oldest=dated.day.min().cast("int64")
    )


def _add_up(in_cells: ir.Table, key: tuple[str, ...]) -> ir.Table:
    summed = [name for name in CELL_MONTH_SUMS if name != "passes"]
    bits = [name for name in CELL_MONTH_BITS if name != "days"]
    return in_cells.group_by(key).aggregate(
        **{name: in_cells[name].sum().cast("int64") for name in summed},
        **{name: bit_or(in_cells[name]).cast("int64") for name in bits},
    )


def _in_cells(passes: ir.Table, profile: Profile) -> ir.Table:
    """Each segment pass with its mean, cut at saturation, its grade, and its square as a bit."""
    p = passes.mutate(
        mean=(passes.sum_level_cdb * 2 + passes.n) // (passes.n * 2),
        is_dead=passes.n_no_service * 2 > passes.n,
        place=place_column(passes.segment),
    )
    top = _cdb(profile.saturation_dbm, profile)
    cut = (p["mean"] < top).ifelse(p["mean"], ibis.literal(top, "int64"))
    weak, usable, good = (_cdb(x, profile) for x in (profile.bounds.weak, profile.bounds.usable, profile.bounds.good))
    is_none = p.is_dead | (p["mean"] < weak)
    return p.select(
        "is_sample", "survey_id", "carrier", "device", "day",
        quarter=quarter_column(p.segment),
        samples=p.n,
        no_service=p.n_no_service,
        segment_passes=ibis.literal(1, "int64"),
        sum_level_cdb=cut,
        sum_level2_cdb2=cut * cut,
        dead=_one(p.is_dead),
        served=_one(~p.is_dead & (p["mean"] >= _cdb(profile.threshold_dbm, profile))),
        none=_one(is_none),
        weak=_one(~is_none & (p["mean"] < usable)),
        usable=_one(~is_none & (p["mean"] >= usable) & (p["mean"] < good)),
        good=_one(~is_none & (p["mean"] >= good)),
        segments_south=_bit(p.place, 0),
        segments_north=_bit(p.place, 50),
    )  # fmt: skip


def _one(condition: ir.BooleanValue) -> ir.IntegerValue:
    return condition.ifelse(1, 0).cast("int64")


def _bit(place: ir.IntegerValue, first: int) -> ir.IntegerValue:
    """The bit of a square among fifty from `first`, 0 for a square outside."""
    inside = _one((place >= first) & (place < first + 50))  # no literal: engines would shift it as 32 bits
    return inside << ((place + (50 - first)) % 50).cast("int32")


def _dated(by_pass: ir.Table) -> ir.Table:
    """With the month as yyyymm and the day of the month as a bit; by integers, for engines' calendars differ."""
    since = by_pass.day + DAYS_TO_1968_03_01
    cycle, in_cycle = since // 1461, since % 1461
    year = (in_cycle - in_cycle // 1460) // 365
    in_year = in_cycle - year * 365
    from_march = (in_year * 5 + 2) // 153
    in_month = in_year - (from_march * 153 + 2) // 5
    months = (cycle * 4 + year) * 12 + from_march + 2  # since January 1968
    return by_pass.mutate(
        month=((months // 12 + 1968) * 100 + months % 12 + 1).cast("int64"),
        days=_one(in_month >= 0) << in_month.cast("int32"),
    )
