"""Two surveys held against each other: each judged as a build of it alone would, and only what both show is a change."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.actor import Service, Transactions
from app.config import Settings
from app.coverage.build import build
from app.coverage.comparing import ABSENT, DIRECTIONS, SHOWN, Pair, Side, add_up, by_direction, direction_of, pair_up
from app.coverage.municipality import latest_shares, shares_of_survey
from app.coverage.profiles import get_profile
from app.coverage.surveys_alone import judge_alone, list_measured
from app.db import make_worker_engine
from tests.conftest import database
from tests.coverage.driven import BEGUN, Drive, add_survey, lay_ground

PROFILE = get_profile("tmg-4g-outdoor-1")
FOUR = ("docomo", "kddi", "softbank", "rakuten")
GOOD, BAD = -80.0, -130.0
HOUR, LATER = timedelta(hours=1), timedelta(days=90)
WORKER = Service("command-line")
BEFORE = [
    *(Drive(carrier, 1, 0, 6, GOOD) for carrier in FOUR),
    Drive("docomo", 2, 0, 4, BAD, at=BEGUN + HOUR), Drive("docomo", 3, 0, 4, GOOD, at=BEGUN + 2 * HOUR),
    Drive("kddi", 3, 0, 4, None, "none", at=BEGUN + 2 * HOUR), *(Drive(carrier, 4, 0, 3, BAD, at=BEGUN + 3 * HOUR) for carrier in FOUR),
]  # fmt: skip
AFTER = [
    *(Drive(carrier, 1, 0, 3, GOOD, at=BEGUN + LATER) for carrier in FOUR),
    *(Drive(carrier, 1, 3, 6, BAD, at=BEGUN + LATER + HOUR) for carrier in FOUR),
    *(Drive(carrier, 4, 0, 3, GOOD, at=BEGUN + LATER + 2 * HOUR) for carrier in FOUR),
    Drive("docomo", 6, 0, 2, GOOD, at=BEGUN + LATER + 3 * HOUR),
]  # fmt: skip


@pytest.fixture(scope="module")
def surveyed(
    server_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[psycopg.Connection[Any], Transactions, Settings]]:
    with database(server_url, f"test_comparing_{os.getpid()}", migrated_template) as url:
        settings = Settings(database_url=url, survey_folder=tmp_path_factory.mktemp("surveys"))
        engine = make_worker_engine(settings)
        with psycopg.connect(url, autocommit=True) as owner:
            lay_ground(owner)
            add_survey(owner, BEFORE, code="early", municipalities=["13901"], on=BEGUN.date())
            add_survey(
                owner, AFTER, code="late", municipalities=["13901"], on=(BEGUN + LATER).date(), carriers_public=False
            )
            yield owner, Transactions(engine), settings
        engine.dispose()


@pytest.mark.parametrize("carrier", ["all", *FOUR])
@pytest.mark.parametrize("code", ["early", "late"])
def test_a_survey_alone_is_what_a_build_of_it_alone_says(surveyed: Any, code: str, carrier: str) -> None:
    owner, transactions, settings = surveyed
    other = {"early": "late", "late": "early"}[code]
    owner.execute("UPDATE survey SET state = 'withdrawn' WHERE code = %s", [other])
    try:
        [survey] = [one for one in _measured(transactions) if one.code == code]
        build(transactions, settings, PROFILE, survey.ended_on, "postgresql")
    finally:
        owner.execute("UPDATE survey SET state = 'published' WHERE code = %s", [other])
    rows = owner.execute(
        "SELECT mesh_code, state, samples, road_m, mean_dbm FROM coverage_cell JOIN coverage_build USING (build_id)"
        " WHERE as_of = %s AND level = 'quarter' AND carrier = %s AND samples > 0",
        [survey.ended_on, carrier],
    ).fetchall()
    with transactions.begin(WORKER) as session:
        alone = judge_alone(session, survey, PROFILE, carrier)
    assert {row[0]: row[1:3] for row in rows} == {mesh: (one.state, one.samples) for mesh, one in alone.items()}
    assert {row[0]: row[3] for row in rows} == pytest.approx({mesh: one.road_m for mesh, one in alone.items()})
    if carrier != "all":
        assert {row[0]: row[4] for row in rows} == pytest.approx(
            {m: one.mean_dbm for m, one in alone.items()}, abs=1e-4
        )


def _measured(transactions: Transactions) -> Any:
    with transactions.begin(WORKER) as session:
        return list_measured(session)


def test_what_changed_is_what_was_driven_otherwise(surveyed: Any) -> None:
    _, transactions, _ = surveyed
    late, early = _measured(transactions)
    with transactions.begin(WORKER) as session:
        pairs = pair_up(judge_alone(session, early, PROFILE, "all"), judge_alone(session, late, PROFILE, "all"))
    matrix = add_up(pairs)
    assert {key: amount.cells for key, amount in matrix.items()} == {
        ("covered", "gap"): 3, ("covered", "covered"): 3, ("gap", "covered"): 3, ("uncertain", ABSENT): 4,
        ("covered", ABSENT): 4, (ABSENT, "covered"): 2,
    }  # fmt: skip
    amounts = by_direction(matrix)
    assert (amounts["worse"].cells, amounts["better"].cells, amounts["one_side"].cells) == (3, 3, 10)
    assert amounts["worse"].area_km2 == pytest.approx(3 * 0.0652, rel=0.01)
    assert [pair.direction for pair in pairs][:6] == ["worse"] * 3 + ["better"] * 3
    assert amounts["one_side"].after_km > 0 < amounts["one_side"].before_km


def test_shares_are_the_lengths_of_the_roads(surveyed: Any) -> None:
    owner, transactions, settings = surveyed
    build(transactions, settings, PROFILE, date(2026, 9, 30), "postgresql")
    lengths = dict(
        owner.execute(
            "SELECT technology, sum(length_m) / 1000.0 FROM survey_road JOIN survey USING (survey_id) WHERE code = 'early'"
            " AND municipality_code = '13901' GROUP BY 1"
        ).fetchall()
    )
    with transactions.begin(Service("pages")) as session:
        table = shares_of_survey(session, False, "early")
        newest = latest_shares(session, False, False)
        assert shares_of_survey(session, False, "late", "docomo") == [], "that survey names no carrier"
        assert shares_of_survey(session, False, "early", "docomo")[0]["served"] == 100
    [row] = [row for row in table if row["municipality_code"] == "13901"]
    total = sum(lengths.values())
    assert row["km"] == pytest.approx(total, abs=0.001)
    assert row["4g"] == pytest.approx(100 * lengths["4g"] / total, abs=0.11)
    assert row["none"] == pytest.approx(100 * lengths["none"] / total, abs=0.11)
    assert (row["served"] + row["none"], row["survey"]) == (100, "early")
    assert row["samples"] == sum(len(list(drive.rows())) for drive in BEFORE)
    assert [(one["municipality_code"], one["survey"]) for one in newest] == [(None, "late"), ("13901", "late")]


sides = st.builds(Side, st.sampled_from([*SHOWN, ABSENT]), st.none() | st.floats(-140, -60))


@given(sides, sides)
def test_what_became_better_was_worse_the_other_way_round(before: Side, after: Side) -> None:
    swapped = {"worse": "better", "better": "worse"}
    there, back = Pair("5339459211", before, after), Pair("5339459211", after, before)
    assert there.direction in DIRECTIONS
    assert back.direction == swapped.get(there.direction, there.direction)
    assert (there.change_db is None) == (back.change_db is None)
    assert {"unknown", ABSENT} & {before.shown, after.shown} <= set() or there.direction in ("same", "one_side")


def test_only_what_can_be_said_of_both_is_a_change() -> None:
    assert direction_of("covered", "weak") == direction_of("weak", "gap") == "worse"
    assert direction_of("gap", "uncertain") == direction_of("uncertain", "covered") == "unsure"
    assert direction_of("covered", "unknown") == direction_of(ABSENT, "gap") == "one_side"
