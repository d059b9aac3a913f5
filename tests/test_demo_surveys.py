"""The sample surveys: invented roads on real land, a truth that is the same each time, rows that follow it."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy
import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import text

from app.accounts.actor import Transactions
from app.config import Settings
from app.coverage.aggregation import cell_months
from app.coverage.build import build
from app.coverage.engines import open_duckdb
from app.coverage.openings import station_events
from app.coverage.profiles import get_profile
from app.coverage.segments import quarter_of, segment_ids
from app.coverage.states import CellStates, judge
from app.db import make_engine, make_sessions, make_worker_engine
from app.demo.people import add_demo_people
from app.demo.sample_drives import LOWEST_DBM, Drive, phones_on
from app.demo.sample_roads import ground_of, length_m, road_network, seeded
from app.demo.sample_signal import CARRIERS, FILLED, MUNICIPALITIES, correlated, signal_of, truth_of
from app.demo.survey_builds import build_demo_coverage
from app.demo.survey_campaigns import CAMPAIGNS
from app.demo.surveys import load_demo_surveys, truth_in
from app.surveys.parquet import parquet_folder
from tests.conftest import database

Row = dict[str, Any]
Reader = psycopg.Connection[Row]
ON = date(2026, 11, 20)
COVERED_SHARE = 0.9


@pytest.mark.parametrize("code5", MUNICIPALITIES)
def test_roads_lie_on_land_and_are_the_same_each_time(code5: str) -> None:
    ground = ground_of(code5)
    roads = road_network(ground)
    assert all(ground.holds(road).all() for road in roads)
    assert 5_000 < sum(map(length_m, roads)) < 90_000
    again = road_network(ground_of(code5))
    assert all(numpy.array_equal(one, other) for one, other in zip(roads, again, strict=True))


def test_shadowing_has_its_spread_and_its_correlation() -> None:
    made = correlated(seeded("a field"), (600, 600), (25.0, 25.0), 75.0)
    assert abs(made.std() - 1) < 1e-9 and abs(made.mean()) < 1e-9
    three_on = float((made[:, 3:] * made[:, :-3]).mean())
    assert abs(three_on - numpy.exp(-1)) < 0.06


def test_the_truth_is_the_same_each_time_and_only_opened_stations_change_it() -> None:
    for code5 in FILLED:
        signal = signal_of(ground_of(code5), (), date(2026, 5, 1))
        before, after = truth_of(signal, date(2026, 4, 30)), truth_of(signal, date(2026, 5, 1))
        same = truth_of(signal_of(ground_of(code5), (), date(2026, 5, 1)), date(2026, 5, 1))
        for carrier in CARRIERS:
            assert numpy.array_equal(same.mean_dbm[carrier], after.mean_dbm[carrier])
            louder = after.mean_dbm[carrier] - before.mean_dbm[carrier]
            assert (louder >= 0).all() and (louder.max() > 20) == (carrier == "sample-a")


def test_a_phone_says_no_service_below_its_floor_and_follows_the_truth() -> None:
    signal = signal_of(ground_of("13362"))
    rows = phones_on(signal, Drive("a survey", ON, False, False))["sample-a"]
    heard = rows.filter(numpy.isin(rows["technology"], ("4g", "5g_nsa")))
    silent = rows.filter(numpy.isin(rows["technology"], ("none", "3g")))
    assert silent.num_rows and silent["rsrp_dbm"].null_count == silent.num_rows
    assert heard["rsrp_dbm"].null_count == 0 and heard["rsrp_dbm"].to_numpy().min() >= LOWEST_DBM - 0.1
    where = segment_ids(heard["lon"].to_numpy(), heard["lat"].to_numpy())
    error = heard["rsrp_dbm"].to_numpy() - signal.mean_dbm("sample-a", "4g", ON, where)
    loud = signal.mean_dbm("sample-a", "4g", ON, where) > LOWEST_DBM + 15
    assert abs(error[loud].mean()) < 5 and 3 < error[loud].std() < 7
    assert rows.equals(phones_on(signal_of(ground_of("13362")), Drive("a survey", ON, False, False))["sample-a"])


@pytest.fixture(scope="module")
def settings(server_url: str, sample_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An installation without published data, with the sample people and surveys."""
    with database(server_url, f"test_surveys_{os.getpid()}", sample_template) as url:
        folder: Path = tmp_path_factory.mktemp("surveys")
        made = Settings(
            database_url=url,
            demo_accounts_file=folder / "people.txt",
            geodata_dir=None,
            survey_folder=folder / "parquet",
        )
        add_demo_people(made, lambda _: None)
        assert load(made) is not None
        yield made


def load(settings: Settings) -> str | None:
    """Load as the command line does; what was said."""
    said: list[str] = []
    engine = make_engine(settings)
    load_demo_surveys(make_sessions(engine), said.append, ON)
    engine.dispose()
    return said[0] if said else None


@pytest.fixture(scope="module")
def reader(settings: Settings) -> Iterator[Reader]:
    with psycopg.connect(settings.libpq_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


def test_every_survey_is_published_marked_and_loaded(reader: Reader) -> None:
    rows = reader.execute("SELECT * FROM survey ORDER BY began_on, code").fetchall()
    assert {row["survey_id"] for row in rows} == {campaign.survey_id for campaign in CAMPAIGNS}
    assert all(row["is_sample"] and row["state"] == "published" and row["organisation_id"] for row in rows)
    assert {row["carriers_public"] for row in rows} == {True, False}
    assert Counter(row["municipality_codes"][0] for row in rows) == {
        code5: 2 if code5 in FILLED else 1 for code5 in MUNICIPALITIES
    }
    files = reader.execute(
        "SELECT *, (SELECT count(*) FROM measurement m WHERE m.file_id = f.file_id) AS n FROM survey_file f"
    )
    for row in files:
        report = row["report"]
        assert row["state"] == "loaded" and row["n"] == row["rows_taken"] == report["taken"] == report["rows"]
        assert 2_000 <= row["n"] <= 15_000 and sum(report["technologies"].values()) == row["n"]
        assert len(report["preview"]) == 20 and report["preview"][0]["carrier"] in CARRIERS


def test_rows_lie_on_land_in_the_days_of_their_survey(reader: Reader) -> None:
    (found,) = reader.execute(
        "SELECT count(*) AS n, count(*) FILTER (WHERE (at AT TIME ZONE 'Asia/Tokyo')::date BETWEEN began_on AND ended_on) AS dated,"
        " count(*) FILTER (WHERE m.is_sample) AS marked FROM measurement_in_force m JOIN survey s USING (survey_id)"
    ).fetchall()
    assert found["n"] == found["dated"] == found["marked"] > 200_000


def test_reports_come_where_it_is_bad_and_claims_are_too_large(settings: Settings, reader: Reader) -> None:
    (reports,) = reader.execute(
        "SELECT count(*) AS n, count(*) FILTER (WHERE is_sample) AS marked, count(*) FILTER (WHERE trouble = 'no_service') AS silent"
        " FROM resident_report"
    ).fetchall()
    assert reports["n"] == reports["marked"] == 200 and reports["silent"] > 40
    claims = reader.execute("SELECT *, ST_IsValid(geom) AS valid FROM claimed_area").fetchall()
    assert {row["carrier"] for row in claims if row["technology"] == "4g"} == set(CARRIERS)
    assert all(row["is_sample"] and row["valid"] for row in claims) and {row["is_public"] for row in claims} == {
        True,
        False,
    }
    engine = make_engine(settings)
    with make_sessions(engine)() as session:
        truth = truth_in(session, "13308", ON)
    engine.dispose()
    assert 0.05 < float((truth.mean_dbm["sample-a"] < -110).mean()) < 0.95


def test_loading_again_changes_nothing(settings: Settings, reader: Reader) -> None:
    counted = "SELECT (SELECT count(*) FROM measurement) + (SELECT count(*) FROM survey_file) + (SELECT count(*) FROM station) AS n"
    before = reader.execute(counted).fetchone()
    assert load(settings) is None
    assert reader.execute(counted).fetchone() == before


def test_without_sample_surveys_no_coverage_is_built(own_database_url: str) -> None:
    said: list[str] = []
    build_demo_coverage(Settings(database_url=own_database_url), said.append, ON)
    assert said == []


@pytest.fixture(scope="module")
def states(settings: Settings) -> CellStates:
    """States of every cell as of the day of loading."""
    profile = get_profile("tmg-4g-outdoor-1")
    engine = make_engine(settings)
    with make_sessions(engine).begin() as session, open_duckdb() as duckdb:
        session.execute(text("SELECT set_config('app.duty', 'worker', true)"))
        ids = [campaign.survey_id for campaign in CAMPAIGNS]
        rows = duckdb.parquet(parquet_folder(settings, session, ids), [str(one) for one in ids])
        found = judge(duckdb.run(cell_months(rows, profile)), profile, ON, station_events(session))
    engine.dispose()
    return found


def test_states_are_honest(settings: Settings, reader: Reader, states: CellStates) -> None:
    """False covered ≤ 1 % on roads and ≤ 2 % of land, and of what is called a gap ≥ 99 % is one."""
    driven = reader.execute(
        "SELECT DISTINCT floor(lat * 4800 + 1e-8)::bigint * 1000000 + floor((lon - 100) * 3200 + 1e-8)::bigint AS segment"
        " FROM measurement WHERE accuracy_m <= 50"
    ).fetchall()
    roads = numpy.array([row["segment"] for row in driven])
    wrong: Counter[str] = Counter()
    engine = make_engine(settings)
    with make_sessions(engine)() as session:
        truths = [truth_in(session, code5, ON) for code5 in MUNICIPALITIES]
    engine.dispose()
    for truth in truths:
        on_road = numpy.isin(truth.segments, roads)
        for carrier in CARRIERS:
            by_area = _shares(truth.segments, truth.mean_dbm[carrier])
            by_road = _shares(truth.segments[on_road], truth.mean_dbm[carrier][on_road])
            for at in numpy.flatnonzero(states.carrier == carrier):
                cell, state = int(states.quarter[at]), states.state[at]
                if cell in by_road:
                    wrong[state] += 1
                    wrong[f"{state} road"] += by_road[cell] < COVERED_SHARE
                    wrong[f"{state} area"] += by_area[cell] < COVERED_SHARE
    print(dict(wrong))
    assert wrong["covered"] > 800 and wrong["gap"] > 300
    assert wrong["covered road"] <= 0.01 * wrong["covered"]
    assert wrong["covered area"] <= 0.02 * wrong["covered"]
    assert wrong["gap road"] >= 0.99 * wrong["gap"]


def _shares(segments: Any, mean_dbm: Any) -> dict[int, float]:
    """The share of each quarter mesh's squares that reach the threshold."""
    cells, of = numpy.unique(quarter_of(segments), return_inverse=True)
    return dict(zip(cells.tolist(), (numpy.bincount(of, mean_dbm >= -110) / numpy.bincount(of)).tolist(), strict=True))


def test_engines_build_the_same(settings: Settings, reader: Reader) -> None:
    """Cells, gaps and municipalities of the sample surveys, by DuckDB and by PostgreSQL."""
    engine, made = make_worker_engine(settings), []
    for name in ("duckdb", "postgresql"):
        said = build(Transactions(engine), settings, get_profile("tmg-4g-outdoor-1"), ON, name)
        found = [
            reader.execute(f"SELECT (to_jsonb(t) - 'build_id')::text AS row FROM {table} t ORDER BY 1").fetchall()
            for table in ("coverage_cell", "coverage_gap", "coverage_municipality", "survey_road")
        ]
        assert all(found) and said["cells"] == len(found[0])
        made.append((said["rows_read"], found))
    engine.dispose()
    assert made[0] == made[1]
