"""Cell months: whatever the order, the batches or the engine, the same integers; rows that say nothing are left out."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.coverage.aggregation import CELL_MONTH_KEY, cell_months, cell_months_of, segment_passes
from app.coverage.engines import DuckDbEngine, open_duckdb, open_engine
from app.coverage.merging import merge_cell_months, merge_segment_passes
from app.coverage.profiles import all_profiles, get_profile
from app.coverage.segments import quarter_ids, segment_ids
from tests.coverage.made_rows import JUNE_1_S, SCHEMA, SURVEYS, drawn, row, table

PROFILE = get_profile("tmg-4g-outdoor-1")
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def duck() -> Iterator[DuckDbEngine]:
    with open_duckdb(threads=1) as engine:
        yield engine


def ordered(months: pa.Table) -> list[dict[str, Any]]:
    return months.sort_by([(name, "ascending") for name in CELL_MONTH_KEY]).to_pylist()


def computed(duck: DuckDbEngine, tables: dict[str, pa.Table], statement: str) -> pa.Table:
    """The statement over tables under their names; a statement is made once for all examples, that takes longest."""
    for name, one in tables.items():
        duck.connection.con.register(name, one)
    return duck.connection.con.execute(statement).to_arrow_table()


@cache
def months_statement(profile_id: str) -> str:
    rows = ibis.table(ibis.Schema.from_pyarrow(SCHEMA), name="rows")
    return str(ibis.to_sql(cell_months(rows, get_profile(profile_id)), dialect="duckdb"))


@cache
def passes_expression() -> ir.Table:
    return segment_passes(ibis.table(ibis.Schema.from_pyarrow(SCHEMA), name="rows"), PROFILE)


@cache
def merging_statement(parts: int) -> str:
    tables = [ibis.table(passes_expression().schema(), name=f"part_{i}") for i in range(parts)]
    return str(ibis.to_sql(cell_months_of(merge_segment_passes([*tables[1:], tables[0]]), PROFILE), dialect="duckdb"))


@cache
def months_merging_statement() -> str:
    schema = cell_months_of(passes_expression(), PROFILE).schema()
    parts = [ibis.table(schema, name=f"months_{i}") for i in range(2)]
    return str(ibis.to_sql(merge_cell_months(parts), dialect="duckdb"))


def months_of(duck: DuckDbEngine, rows: pa.Table, profile_id: str = PROFILE.id) -> list[dict[str, Any]]:
    return ordered(computed(duck, {"rows": rows}, months_statement(profile_id)))


@quick
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 400))
def test_the_order_of_rows_does_not_matter(duck: DuckDbEngine, seed: int, n: int) -> None:
    rows = drawn(n, seed, spread_deg=0.004)
    shuffled = rows.take(pa.array(np.random.default_rng(seed).permutation(n)))
    assert months_of(duck, rows) == months_of(duck, shuffled)


@quick
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(3, 400), batches=st.integers(1, 5))
def test_batches_give_what_everything_at_once_gives(duck: DuckDbEngine, seed: int, n: int, batches: int) -> None:
    rows = drawn(n, seed, spread_deg=0.002)
    batch = np.random.default_rng(seed).integers(0, batches, n)
    statement = str(ibis.to_sql(passes_expression(), dialect="duckdb"))
    parts = {
        f"part_{i}": computed(duck, {"rows": rows.filter(pa.array(batch == i))}, statement) for i in range(batches)
    }
    assert ordered(computed(duck, parts, merging_statement(batches))) == months_of(duck, rows)


@quick
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(3, 400))
def test_months_of_surveys_and_days_apart_merge_too(duck: DuckDbEngine, seed: int, n: int) -> None:
    rows = drawn(n, seed, spread_deg=0.004)
    day = (pa.compute.cast(rows["at"], pa.int64()).to_numpy() // 1_000_000 + 9 * 3600) // 86_400
    halves = [rows.filter(pa.array(day % 2 == odd)) for odd in (0, 1)]
    statement = months_statement(PROFILE.id)
    months = {f"months_{i}": computed(duck, {"rows": half}, statement) for i, half in enumerate(halves)}
    assert ordered(computed(duck, months, months_merging_statement())) == months_of(duck, rows)


def test_a_parked_car_counts_as_one_segment(duck: DuckDbEngine) -> None:
    rows = [row(0, 0, -80.0)] * 500 + [row(1, 0, -100.0), row(1, 0, -102.0)]
    (month,) = months_of(duck, table(rows))
    assert month["samples"] == 502 and month["segment_passes"] == 2 and month["passes"] == 1
    assert month["sum_level_cdb"] == 5000 + 3900  # the first is cut at threshold + 20 dB; levels are above -140
    assert month["segments_south"] == 0b11 and month["segments_north"] == 0
    assert (month["good"], month["usable"], month["weak"], month["none"]) == (1, 1, 0, 0)


def test_no_service_is_kept_at_the_floor(duck: DuckDbEngine) -> None:
    rows = [row(0, 0, None), row(0, 0, None), row(0, 0, -90.0), row(9, 9, -90.0)]
    (month,) = months_of(duck, table(rows))
    assert (month["samples"], month["no_service"], month["dead"], month["served"]) == (4, 2, 1, 1)
    assert month["sum_level_cdb"] == 1667 + 5000  # a third of -90 above the floor; and -90
    assert month["segments_north"] == 1 << 49


@pytest.mark.parametrize(
    "unfit",
    [
        {"accuracy_m": 50.5},
        {"speed_kmh": 121.0},
        {"external_antenna": True},
        {"technology": "5g_sa"},
        {"rsrp_dbm": None, "technology": "4g"},
        {"lon": 0.0, "lat": 0.0},
        {"lon": 35.8, "lat": 139.05},
    ],
)
def test_rows_that_say_nothing_are_left_out(duck: DuckDbEngine, unfit: dict[str, Any]) -> None:
    assert months_of(duck, table([row(**unfit)])) == []
    assert months_of(duck, table([row()])) == months_of(duck, table([row(), row(**unfit)]))


@pytest.mark.parametrize(
    ("profile_id", "given_", "level_cdb", "out"),
    [
        ("tmg-4g-outdoor-1", {"technology": "3g", "rsrp_dbm": None}, 0, 1),
        ("tmg-4g-outdoor-1", {"technology": "5g_nsa", "rsrp_dbm": -101.0, "nr_rsrp_dbm": -70.0}, 3900, 0),
        ("tmg-5g-outdoor-1", {"technology": "5g_nsa", "rsrp_dbm": -80.0, "nr_rsrp_dbm": -101.0}, 3900, 0),
        ("tmg-5g-outdoor-1", {"technology": "5g_sa", "rsrp_dbm": -101.0, "nr_rsrp_dbm": None}, 3900, 0),
        ("tmg-5g-outdoor-1", {"technology": "4g", "rsrp_dbm": -80.0}, 0, 1),
        ("fcc-like-4g-1", {"downlink_mbps": 5.0, "uplink_mbps": 1.0}, 5000, 0),
        ("fcc-like-4g-1", {"downlink_mbps": 4.9, "uplink_mbps": 1.0}, 0, 1),
        ("fcc-like-4g-1", {"technology": "none", "rsrp_dbm": None}, 0, 1),
    ],
)
def test_what_serves_counts_as_the_profile_says(
    duck: DuckDbEngine, profile_id: str, given_: dict[str, Any], level_cdb: int, out: int
) -> None:
    (month,) = months_of(duck, table([row(**given_)]), profile_id)
    assert (month["sum_level_cdb"], month["no_service"]) == (level_cdb, out)


def test_tests_at_night_do_not_count_for_the_fcc(duck: DuckDbEngine) -> None:
    tested = {"downlink_mbps": 50.0, "uplink_mbps": 10.0}
    at = [(JUNE_1_S + (hour - 9) * 3600) * 1_000_000 for hour in (5, 6, 21, 22)]
    (month,) = months_of(duck, table([row(at=one, **tested) for one in at]), "fcc-like-4g-1")
    assert month["samples"] == 2


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(day=st.dates(date(1970, 1, 2), date(2099, 12, 31)), second=st.integers(0, 86_399))
def test_days_and_months_are_those_of_japan(duck: DuckDbEngine, day: date, second: int) -> None:
    number = (day - date(1970, 1, 1)).days
    (month,) = months_of(duck, table([row(at=(number * 86_400 + second - 9 * 3600) * 1_000_000)]))
    assert (month["month"], month["days"]) == (day.year * 100 + day.month, 1 << (day.day - 1))
    assert month["newest"] == month["oldest"] == number


def test_rows_after_the_day_asked_for_are_left_out(duck: DuckDbEngine) -> None:
    rows = duck.arrow(table([row(at=(JUNE_1_S + n * 86_400) * 1_000_000) for n in range(5)]), "rows")
    (month,) = duck.run(cell_months(rows, PROFILE, date(2026, 6, 1) + timedelta(days=2))).to_pylist()
    assert month["samples"] == 3


def test_cells_are_whole_numbers_of_64_bits(duck: DuckDbEngine) -> None:
    rows = table([row(3, 4)])
    lon, lat = rows["lon"].to_numpy(), rows["lat"].to_numpy()
    (one,) = duck.run(segment_passes(duck.arrow(rows, "rows"), PROFILE)).to_pylist()
    assert one["segment"] == segment_ids(lon, lat)[0]
    months = duck.run(cell_months(duck.arrow(rows, "rows"), PROFILE))
    assert months.schema.field("quarter").type == pa.int64()
    assert months["quarter"].to_pylist() == quarter_ids(lon, lat).tolist()


@pytest.mark.parametrize("profile_id", list(all_profiles()))
def test_every_profile_is_computed(duck: DuckDbEngine, profile_id: str) -> None:
    profile = get_profile(profile_id)
    assert profile.id.startswith(profile_id) and profile.bounds.weak < profile.threshold_dbm + 1
    months = months_of(duck, drawn(3000, 1), profile_id)
    assert months and {month["technology"] for month in months} == {profile.technology}
    for month in months:
        assert sum(month[grade] for grade in ("none", "weak", "usable", "good")) == month["segment_passes"]
    assert {month["survey_id"] for month in months} == set(SURVEYS)


def test_an_engine_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="duckdb"), open_engine("oracle"):
        pass
    with pytest.raises(ValueError, match="connection"), open_engine("postgresql"):
        pass
    with pytest.raises(KeyError, match="tmg-4g-outdoor-1"):
        get_profile("tmg-4g-outdoor-0")
