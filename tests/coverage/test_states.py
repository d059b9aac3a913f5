"""States: what is shown, what is not, and what never happens."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.coverage.aggregation import cell_months
from app.coverage.engines import DuckDbEngine, open_duckdb
from app.coverage.profiles import get_profile
from app.coverage.states import REASONS, CellStates, StationEvent, is_area_covered, judge
from tests.coverage.made_rows import JUNE_1_S, SCHEMA, SURVEYS, drawn, row, table

TMG, MIC = "tmg-4g-outdoor-1", "mic-4g-half-mesh-1"
AS_OF = date(2026, 6, 30)
JUNE_1 = date(2026, 6, 1)
property_test = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Row = dict[str, Any]


@pytest.fixture(scope="module")
def duck() -> Iterator[DuckDbEngine]:
    with open_duckdb(threads=1) as engine:
        yield engine


@cache
def statement(profile_id: str) -> str:
    rows = ibis.table(ibis.Schema.from_pyarrow(SCHEMA), name="rows")
    return str(ibis.to_sql(cell_months(rows, get_profile(profile_id)), dialect="duckdb"))


def judged(
    duck: DuckDbEngine, rows: Sequence[Row] | pa.Table, profile_id: str = TMG, as_of: date = AS_OF, **given_: Any
) -> CellStates:
    duck.connection.con.register("rows", rows if isinstance(rows, pa.Table) else table(rows))
    months = duck.connection.con.sql(statement(profile_id)).to_arrow_table()
    return judge(months, get_profile(profile_id), as_of, **given_)


def told(states: CellStates) -> tuple[str, str]:
    assert len(states) == 1
    return states.state[0], states.reason[0]


def road(rsrp_dbm: float | None, segments: int = 10, each: int = 2, north: int = 0, **given_: Any) -> list[Row]:
    """A road through the whole cell from west to east."""
    return [row(east, north, rsrp_dbm, **given_) for east in range(segments) for _ in range(each)]


def on(day: date) -> int:
    return (JUNE_1_S + (day - JUNE_1).days * 86_400) * 1_000_000


def test_strong_everywhere_is_covered_with_its_evidence(duck: DuckDbEngine) -> None:
    states = judged(duck, road(-85.0), as_of=JUNE_1)
    assert told(states) == ("covered", "bound_above")
    assert (states.samples[0], states.segments[0], states.passes[0], states.days[0]) == (20, 10, 1, 1)
    assert states.mean_dbm[0] == -90 and states.sd_db[0] == 0  # cut at threshold + 20 dB
    assert states.lower_dbm[0] == pytest.approx(-90 - 3.4066 * 4, abs=0.001)
    assert (
        states.observed_share[0] == 0.1 and states.grade[0] == "good" and states.histogram[0].tolist() == [0, 0, 0, 10]
    )
    assert not states.must_resurvey[0] and states.is_public[0]


@pytest.mark.parametrize(
    ("rows", "state", "reason"),
    [
        ([], None, None),
        (road(-85.0, 2, 10), "unknown", "few_segments"),
        (road(-85.0, 4, 1), "unknown", "few_samples"),
        (road(-85.0, 3, 2), "uncertain", "between_bounds"),
        (road(-109.0), "gap", "bound_below"),
        (road(-125.0), "gap", "bound_below"),
        (road(None), "gap", "no_service"),
        (road(None, 3, 2), "gap", "no_service"),
        (road(-85.0, 6) + road(None, 4, north=1), "gap", "no_service"),
        (road(-112.0, 8) + road(None, 2, north=1), "gap", "no_service"),
        (road(-85.0, 8) + road(None, 2, north=1), "uncertain", "no_service_unsure"),
        (road(-100.0), "uncertain", "between_bounds"),
    ],
)
def test_one_pass(duck: DuckDbEngine, rows: list[Row], state: str | None, reason: str | None) -> None:
    states = judged(duck, rows)
    if state is None:
        assert len(states) == 0  # a cell without rows has no line, and so is unknown
    else:
        assert told(states) == (state, reason)


def test_every_reason_has_a_state_and_words() -> None:
    for code, (state, ja, en) in REASONS.items():
        assert state in ("covered", "gap", "uncertain", "unknown"), code
        assert ja and en
    assert REASONS["not_surveyed"].state == "unknown"


def test_real_and_sample_rows_never_mix(duck: DuckDbEngine) -> None:
    states = judged(duck, road(-85.0) + road(-125.0, is_sample=True))
    assert dict(zip(states.is_sample.tolist(), states.state, strict=True)) == {False: "covered", True: "gap"}


def test_a_survey_that_keeps_names_makes_its_cells_private(duck: DuckDbEngine) -> None:
    rows = road(-85.0) + road(-85.0, survey_id=SURVEYS[1])
    assert judged(duck, rows, private_surveys=[SURVEYS[1]]).is_public.tolist() == [False]
    assert judged(duck, rows, private_surveys=[SURVEYS[2]]).is_public.tolist() == [True]


@pytest.mark.parametrize(
    ("age_days", "state", "reason"),
    [
        (0, "covered", "bound_above"),
        (150, "covered", "bound_above"),
        (500, "uncertain", "decayed"),
        (549, "uncertain", "stale"),
    ],
)
def test_coverage_ages(duck: DuckDbEngine, age_days: int, state: str, reason: str) -> None:
    states = judged(duck, road(-90.0), as_of=JUNE_1 + timedelta(days=age_days))
    assert told(states) == (state, reason)
    assert states.must_resurvey[0] == (state == "uncertain")


def test_a_gap_does_not_age_but_asks_to_be_surveyed(duck: DuckDbEngine) -> None:
    states = judged(duck, road(-125.0), as_of=JUNE_1 + timedelta(days=800))
    assert told(states) == ("gap", "bound_below") and states.must_resurvey[0]


def test_rows_after_the_day_do_not_count(duck: DuckDbEngine) -> None:
    assert len(judged(duck, road(-85.0), as_of=JUNE_1 - timedelta(days=1))) == 0


def test_new_measurements_replace_what_is_stale(duck: DuckDbEngine) -> None:
    old, new = road(-125.0, at=on(JUNE_1 - timedelta(days=900))), road(-85.0)
    assert told(judged(duck, old + new)) == ("covered", "bound_above")
    young = road(-125.0, at=on(JUNE_1 - timedelta(days=300)))
    assert told(judged(duck, young + new))[0] == "gap"


def event(kind: Any, day: date, away_m: float = 0.0, **given_: Any) -> StationEvent:
    return StationEvent(
        **{"carrier": "docomo", "kind": kind, "on": day, "lon": 139.05156, "lat": 35.80104 + away_m / 110_950, **given_}
    )


@pytest.mark.parametrize(
    ("level", "happened", "state", "reason"),
    [
        (-125.0, event("opened", date(2026, 6, 10), 2900), "uncertain", "station_opened"),
        (-125.0, event("opened", date(2026, 6, 1), 2900), "uncertain", "station_opened"),
        (-125.0, event("opened", date(2026, 5, 31)), "gap", "bound_below"),
        (-125.0, event("opened", date(2026, 7, 1)), "gap", "bound_below"),
        (-125.0, event("opened", date(2026, 6, 10), 3300), "gap", "bound_below"),
        (-125.0, event("opened", date(2026, 6, 10), carrier="kddi"), "gap", "bound_below"),
        (-125.0, event("opened", date(2026, 6, 10), technology="5g"), "gap", "bound_below"),
        (-125.0, event("closed", date(2026, 6, 10)), "gap", "bound_below"),
        (-85.0, event("closed", date(2026, 6, 10), 2900), "uncertain", "station_closed"),
        (-85.0, event("closed", date(2026, 5, 31)), "covered", "bound_above"),
        (-85.0, event("closed", date(2026, 6, 10), 3300), "covered", "bound_above"),
        (-85.0, event("opened", date(2026, 6, 10)), "covered", "bound_above"),
    ],
)
def test_stations_that_open_or_close(
    duck: DuckDbEngine, level: float, happened: StationEvent, state: str, reason: str
) -> None:
    states = judged(duck, road(level), events=[happened])
    assert told(states) == (state, reason)
    assert states.must_resurvey[0] == (state == "uncertain")


def test_measured_anew_after_a_station_opened(duck: DuckDbEngine) -> None:
    opened = event("opened", date(2026, 6, 10))
    one_good = [row(0, 0, -85.0, at=on(date(2026, 7, 2)))]
    later = {"as_of": date(2026, 7, 30), "events": [opened]}
    assert told(judged(duck, road(-125.0) + one_good, **later)) == ("uncertain", "station_opened")
    still = road(-125.0, at=on(date(2026, 7, 2)))
    assert told(judged(duck, road(-125.0) + still, **later))[0] == "gap"
    closed = event("closed", date(2026, 6, 10))
    again = road(-85.0, at=on(date(2026, 7, 2)))
    assert told(judged(duck, road(-85.0) + again, as_of=date(2026, 7, 30), events=[closed]))[0] == "covered"


def test_a_half_mesh_needs_more_than_half_of_what_was_observed(duck: DuckDbEngine) -> None:
    half = road(-100.0, 10) + road(-120.0, 10, north=1)
    assert told(judged(duck, half, MIC)) == ("gap", "share_below")
    assert told(judged(duck, [*half, row(0, 2, -100.0)], MIC)) == ("covered", "share_above")
    assert is_area_covered(np.array([500, 501]), np.array([1000, 1000]), 0.5).tolist() == [False, True]
    assert is_area_covered(np.array([0.130, 0.1302]), np.array([0.26, 0.26]), 0.5).tolist() == [False, True]


@pytest.mark.parametrize(
    ("profile_id", "good", "bad", "state"),
    [
        ("ofcom-like-4g-1", 19, 1, "gap"),
        ("ofcom-like-4g-1", 20, 1, "covered"),
        ("fcc-like-4g-1", 9, 1, "gap"),
        ("fcc-like-4g-1", 19, 2, "covered"),
    ],
)
def test_shares(duck: DuckDbEngine, profile_id: str, good: int, bad: int, state: str) -> None:
    fast, slow = {"downlink_mbps": 30.0, "uplink_mbps": 5.0}, {"downlink_mbps": 1.0, "uplink_mbps": 5.0}
    rows = [row(n % 10, n // 10, -100.0, **fast) for n in range(good)]
    rows += [row(n, 9, -108.0, **slow) for n in range(bad)]
    assert told(judged(duck, rows, profile_id))[0] == state


samples = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.integers(0, 9),
        st.one_of(st.none(), st.floats(-130, -60, width=32)),
        st.integers(0, 600),
    ),
    min_size=4,
    max_size=60,
)
mostly_good = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.integers(0, 9),
        st.one_of(st.floats(-100, -60, width=32), st.floats(-125, -60, width=32)),
        st.integers(0, 540),
    ),
    min_size=12,
    max_size=80,
)


def rows_of(drawn_samples: list[tuple[int, int, float | None, int]]) -> list[Row]:
    return [row(e, n, level, at=on(AS_OF - timedelta(days=age))) for e, n, level, age in drawn_samples]


@settings(parent=property_test, max_examples=60)
@given(
    made=st.one_of(samples, mostly_good),
    good=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(-110, -44, width=32), st.integers(0, 800)),
        min_size=1,
        max_size=3,
    ),
)
def test_a_good_sample_never_turns_covered_into_a_gap(duck: DuckDbEngine, made: Any, good: Any) -> None:
    before = judged(duck, rows_of(made))
    for n in range(1, len(good) + 1):
        after = judged(duck, rows_of(made + good[:n]))
        assert not (before.state[0] == "covered" and after.state[0] == "gap")
        before = after


@property_test
@given(made=samples, seed=st.integers(0, 2**32 - 1))
def test_states_do_not_hang_on_the_order_of_rows_or_months(duck: DuckDbEngine, made: Any, seed: int) -> None:
    rows = table(rows_of(made))
    shuffled = rows.take(pa.array(np.random.default_rng(seed).permutation(len(rows))))
    one, other = (judged(duck, each).to_arrow().to_pydict() for each in (rows, shuffled))
    assert str(one) == str(other)  # as text, for nan is not itself


def test_only_what_was_measured_has_a_state(duck: DuckDbEngine) -> None:
    rows = drawn(20_000, 3)
    states = judged(duck, rows, as_of=date(2026, 9, 30))
    assert set(states.state) <= {"covered", "gap", "uncertain", "unknown"}
    for n in np.flatnonzero(states.state == "covered"):
        assert states.samples[n] >= 5 and states.segments[n] >= 3 and states.lower_dbm[n] >= -110
        assert states.no_service_share[n] <= 0.1
    assert (states.segments <= 100).all() and (states.samples > 0).all()
    assert all(REASONS[code].state == state for code, state in zip(states.reason, states.state, strict=True))
    assert states.to_arrow().num_rows == len(states)
