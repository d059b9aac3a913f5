"""The sample cases: six hundred in every state, each history a walk through the procedure, all columns agreeing with it."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from app.applications.procedure import RESUME, Transition, limit_days
from app.applications.standard_procedure import REASON_CODES, STANDARD
from app.clock import TOKYO, add_business_days, add_months, business_days_between, is_business_day, today
from app.config import Settings
from app.db import make_engine, make_sessions
from app.demo.load_cases import load_demo_cases
from app.demo.people import add_demo_people
from tests.conftest import database

Row = dict[str, Any]
Reader = psycopg.Connection[Row]


def load(settings: Settings, on: date | None = None) -> list[str]:
    """Load people and cases as the command line does; what was said."""
    said: list[str] = []
    engine = make_engine(settings)
    add_demo_people(settings, lambda _: None)
    load_demo_cases(make_sessions(engine), said.append, on)
    engine.dispose()
    return said


@pytest.fixture(scope="module")
def settings(server_url: str, sample_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An installation without any folder of published data, with the sample cases."""
    with database(server_url, f"test_cases_{os.getpid()}", sample_template) as url:
        made = Settings(
            database_url=url, demo_accounts_file=tmp_path_factory.mktemp("people") / "people.txt", geodata_dir=None
        )
        load(made)
        yield made


@pytest.fixture(scope="module")
def reader(settings: Settings) -> Iterator[Reader]:
    with psycopg.connect(settings.libpq_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture(scope="module")
def sites(reader: Reader) -> list[Row]:
    return reader.execute("SELECT * FROM site ORDER BY code").fetchall()


@pytest.fixture(scope="module")
def events(reader: Reader) -> dict[Any, list[Row]]:
    """Events by site, in order."""
    found: dict[Any, list[Row]] = {}
    for row in reader.execute("SELECT * FROM site_event ORDER BY site_id, n"):
        found.setdefault(row["site_id"], []).append(row)
    return found


def moves(events: list[Row]) -> list[Row]:
    return [event for event in events if event["to_state"] is not None]


def step_of(event: Row) -> Transition:
    step = STANDARD.find(event["from_state"], event["action"])
    assert step is not None, event
    return step


def test_six_hundred_cases_in_every_state_and_225_on_air(sites: list[Row]) -> None:
    states = Counter(site["state"] for site in sites)
    assert len(sites) == 600 and set(states) == set(STANDARD.by_state)
    assert states["on_air"] == 225
    assert all(site["is_sample"] for site in sites)


def test_the_stations_are_those_of_the_register(reader: Reader) -> None:
    rows = reader.execute(
        """SELECT s.station_id, s.on_air_on, s.carrier, c.on_air_on AS case_on, c.carrier_name, c.asset_id = s.asset_id AS there,
          EXISTS (SELECT FROM slot_reservation r WHERE r.site_id = c.site_id AND r.is_on_air AND r.released_at IS NULL
            AND r.until_on IS NULL) AS held
        FROM station s LEFT JOIN site c ON c.station_id = s.station_id AND c.state = 'on_air'
        WHERE s.source_id = 'sample-stations' AND s.valid_to IS NULL"""
    ).fetchall()
    assert len(rows) == 225 and all(row["there"] and row["held"] for row in rows)
    assert all(row["on_air_on"] == row["case_on"] for row in rows)
    assert all(row["carrier_name"] == f"{row['carrier']}（サンプル）" for row in rows)
    assert sum(row["case_on"] <= date(2020, 11, 30) for row in rows) == 10


def test_few_went_on_air_after_the_225(reader: Reader) -> None:
    (counts,) = reader.execute(
        "SELECT count(*) FILTER (WHERE on_air_on <= '2023-03-31') AS early, count(*) AS whole FROM site WHERE on_air_on IS NOT NULL"
    ).fetchall()
    assert counts["early"] == 225 and counts["whole"] > 250
    unknown = reader.execute(
        "SELECT code FROM site c WHERE stage = 'operation' AND NOT EXISTS"
        " (SELECT FROM ogc.stations s WHERE s.station_id = c.station_id AND s.is_sample)"
    ).fetchall()
    assert unknown == []


def test_replaying_the_events_gives_the_state(sites: list[Row], events: dict[Any, list[Row]]) -> None:
    for site in sites:
        state, kept = "draft", None
        for event in moves(events.get(site["site_id"], [])):
            step = step_of(event)
            assert event["from_state"] == state
            assert event["to_state"] == (kept if step.target == RESUME else step.target)
            assert event["party"] == step.party
            kept = state if "keep_days" in step.effects else kept
            state = event["to_state"]
        found = STANDARD.by_state[state]
        assert (site["state"], site["party"], site["stage"]) == (state, found.party, found.stage)


def test_events_are_numbered_and_happen_in_office_hours(sites: list[Row], events: dict[Any, list[Row]]) -> None:
    latest = datetime.now(TOKYO)
    for site in sites:
        told = events.get(site["site_id"], [])
        assert [event["n"] for event in told] == list(range(1, site["last_n"] + 1))
        assert [event["at"] for event in told] == sorted(event["at"] for event in told)
        for event in told:
            local = event["at"].astimezone(TOKYO)
            assert is_business_day(local.date()) and 9 <= local.hour < 18 and event["at"] < latest, (
                site["code"],
                event,
            )
        if told:
            assert site["updated_at"] == told[-1]["at"] and site["state_since"] == moves(told)[-1]["at"]
            assert told[0]["at"].astimezone(TOKYO).date() >= date(2019, 11, 8)


def closures_of(reader: Reader, site: Row, party: str) -> set[date]:
    organisation = site["owner_organisation_id"] if party == "owner" else None
    rows = reader.execute("SELECT day FROM office_closure WHERE organisation_id = %s", [organisation])
    return {row["day"] for row in rows}


def test_due_dates_are_the_clocks(reader: Reader, sites: list[Row], events: dict[Any, list[Row]]) -> None:
    for site in sites:
        due: date | None = None
        left: int | None = None
        for event in moves(events.get(site["site_id"], [])):
            step, day = step_of(event), event["at"].astimezone(TOKYO).date()
            before, state = STANDARD.by_state[event["from_state"]], STANDARD.by_state[event["to_state"]]
            if "keep_days" in step.effects:
                assert due is not None
                shut = closures_of(reader, site, before.party)
                left = business_days_between(day, due, shut) - business_days_between(due, day, shut)
            days = limit_days(state, site["plan"]["is_new_structure"])
            if step.target == RESUME:
                assert left is not None
                days = max(left, 5)
            if before.on_limit and before.on_limit == step.action:
                assert due is not None and day > due
            due = None if days is None else add_business_days(day, days, closures_of(reader, site, state.party))
            if state.limit_months:
                due = add_months(day, state.limit_months)
        assert site["due_on"] == due, site["code"]


def test_nothing_waits_for_the_service_alone(sites: list[Row]) -> None:
    for site in sites:
        if STANDARD.by_state[site["state"]].on_limit:
            assert site["due_on"] >= today(), site["code"]
        if site["state"] == "on_air":
            assert site["permit_to"] > today() + timedelta(days=180)
        if site["state"] == "renewal_due":
            assert today() <= site["permit_to"] <= today() + timedelta(days=180)


def test_inboxes_hold_overdue_and_coming_work(sites: list[Row]) -> None:
    for party in ("carrier", "window", "owner"):
        due = [site["due_on"] - today() for site in sites if site["party"] == party and site["due_on"]]
        assert any(left.days < 0 for left in due), party
        assert any(0 <= left.days <= 7 for left in due) and any(left.days > 7 for left in due)


def test_no_slot_is_given_twice(reader: Reader) -> None:
    query = "SELECT asset_id FROM asset WHERE valid_to IS NULL AND slots_free(asset_id) < 0"
    assert reader.execute(query).fetchall() == []
    twice = "SELECT site_id FROM slot_reservation GROUP BY site_id HAVING count(*) > 1"
    assert reader.execute(twice).fetchall() == []


def test_cases_that_are_referred_hold_a_slot_and_ended_ones_none(reader: Reader) -> None:
    rows = reader.execute(
        """SELECT s.code, s.state, s.stage, s.referred_at, s.shares_with, r.until_on, r.released_at, r.is_on_air, r.site_id AS kept
        FROM site s LEFT JOIN slot_reservation r USING (site_id)"""
    ).fetchall()
    for row in rows:
        if row["referred_at"] is None or row["shares_with"] is not None:
            assert row["kept"] is None, row
        elif row["stage"] == "end":
            assert row["released_at"] is not None, row
        else:
            assert row["kept"] is not None and row["released_at"] is None, row
            held = row["stage"] in ("construction", "operation", "removal")
            assert (row["until_on"] is None) == held
            assert row["is_on_air"] == (row["stage"] in ("operation", "removal"))
    assert any(row["until_on"] and row["until_on"] < today() for row in rows)


def test_no_document_is_missing(reader: Reader, sites: list[Row], events: dict[Any, list[Row]]) -> None:
    documents: dict[Any, list[Row]] = {}
    for row in reader.execute("SELECT d.*, c.content FROM document d JOIN document_content c USING (document_id)"):
        documents.setdefault(row["site_id"], []).append(row)
        assert row["byte_count"] == len(row["content"]) and row["file_name"].startswith("サンプル_")
    assert sum(map(len, documents.values())) == reader.execute("SELECT count(*) FROM document").fetchone()["count"]  # type: ignore[index]
    for site in sites:
        for event in moves(events.get(site["site_id"], [])):
            step = step_of(event)
            is_structure = site["asset"]["asset_kind"] == "structure"
            needed = set(step.documents) | set(step.structure_documents if is_structure else ())
            there = {d["document_type"] for d in documents.get(site["site_id"], []) if d["added_at"] <= event["at"]}
            assert needed <= there, (site["code"], step.action)


def test_what_an_action_asks_for_was_given(events: dict[Any, list[Row]]) -> None:
    for event in (event for told in events.values() for event in moves(told)):
        for name in step_of(event).fields:
            given = event["comment"] if name == "comment" else event["content"].get(name)
            assert given, (event["action"], name)


def test_columns_agree_with_the_state(sites: list[Row]) -> None:
    for site in sites:
        in_correction = site["state"] == "correction"
        assert (site["correction"] is not None) >= in_correction
        assert (site["resume_state"] is not None) >= (
            in_correction or site["state"] in ("road_permits", "sharing_offered")
        )
        assert (site["reason_code"] is not None) == (site["state"] in ("declined", "permit_denied", "withdrawn"))
        assert (
            (site["started_on"] is None) == (site["submitted_at"] is None) == (site["state"] in ("draft", "cancelled"))
        )
        assert (site["owner_organisation_id"] is None) == (site["referred_at"] is None)
        if site["stage"] in ("construction", "operation", "removal"):
            assert site["permit"] and site["permit_to"] == date.fromisoformat(site["permit"]["to_on"])
            assert site["decided_on"] is not None


def test_refusals_have_every_reason_and_say_it(sites: list[Row]) -> None:
    refused = [site for site in sites if site["state"] in ("declined", "permit_denied")]
    counts = Counter(site["reason_code"] for site in refused)
    assert set(counts) == set(REASON_CODES) and min(counts.values()) >= 2
    assert all(site["reason"] for site in refused)
    assert any(site["reopen_on"] for site in refused)


def test_what_else_happens_happens(reader: Reader, events: dict[Any, list[Row]]) -> None:
    actions = Counter(event["action"] for told in events.values() for event in told)
    assert set(actions) >= {t.action for t in STANDARD.transitions} - {"require_consultation"}
    twice = [told for told in events.values() if sum(e["action"] == "request_correction" for e in told) > 1]
    assert len(twice) >= 5
    for query in (
        "SELECT count(*) FROM review WHERE answer IS NULL AND due_on >= current_date",
        "SELECT count(*) FROM sharing_offer WHERE closed_at IS NULL",
        "SELECT count(*) FROM asset_feedback WHERE decided_at IS NULL",
        "SELECT count(*) FROM site_event WHERE audience = 'inside' AND action = 'comment'",
        "SELECT count(*) FROM site WHERE assigned_to IS NOT NULL",
        "SELECT count(*) FROM notice WHERE read_at IS NULL",
        "SELECT count(*) FROM asset_route",
        "SELECT count(*) FROM fee_rule WHERE is_sample",
        "SELECT count(*) FROM office_closure WHERE day > current_date",
    ):
        assert reader.execute(query).fetchone()["count"] > 0, query  # type: ignore[index]


def test_no_notice_would_be_mailed(reader: Reader) -> None:
    assert reader.execute("SELECT FROM notice WHERE mail <> 'none'").fetchall() == []
    wrong = "SELECT FROM notice n JOIN site s USING (site_id) WHERE s.party = 'carrier' AND n.organisation_id <> s.organisation_id"
    assert reader.execute(wrong).fetchall() == []


def test_applications_hold_sites_of_one_carrier_on_different_assets(reader: Reader) -> None:
    (row,) = reader.execute(
        "SELECT count(*), count(*) FILTER (WHERE state = 'draft') AS drafts FROM application"
    ).fetchall()
    assert 100 <= row["count"] <= 140 and row["drafts"] >= 3
    for wrong in (
        "SELECT FROM site GROUP BY application_id, asset_id HAVING count(*) > 1",
        "SELECT FROM site s JOIN application a USING (application_id) WHERE a.organisation_id <> s.organisation_id",
        "SELECT FROM application WHERE (state = 'submitted') <> (submitted_at IS NOT NULL) OR created_at > submitted_at",
        "SELECT FROM site JOIN application a USING (application_id) WHERE site.code NOT LIKE a.code || '-%'",
    ):
        assert reader.execute(wrong).fetchall() == []


def counted(reader: Reader) -> list[Row]:
    tables = (
        "application",
        "site",
        "site_event",
        "document",
        "review",
        "slot_reservation",
        "audit_event",
        "person",
        "station",
    )
    return reader.execute(
        " UNION ALL ".join(f"SELECT '{name}' AS name, count(*) FROM {name}" for name in tables)
    ).fetchall()


def test_loading_again_changes_nothing(settings: Settings, reader: Reader) -> None:
    before = counted(reader)
    assert load(settings) == []
    assert counted(reader) == before
    audited = reader.execute("SELECT after FROM audit_event WHERE action = 'demo.cases'").fetchall()
    assert len(audited) == 1 and audited[0]["after"]["states"]["on_air"] == 225


@pytest.mark.parametrize("on", [date(2026, 1, 5), date(2027, 8, 14)])
def test_other_days_of_loading(server_url: str, sample_template: str, tmp_path: Path, on: date) -> None:
    with database(server_url, f"test_other_day_{os.getpid()}", sample_template) as url:
        load(Settings(database_url=url, demo_accounts_file=tmp_path / "people.txt"), on)
        with psycopg.connect(url, row_factory=dict_row) as reader:
            rows = reader.execute("SELECT state, count(*) FROM site GROUP BY state").fetchall()
            (last,) = reader.execute("SELECT max(at) FROM site_event").fetchall()
    assert {row["state"] for row in rows} == set(STANDARD.by_state)
    assert sum(row["count"] for row in rows) == 600
    assert last["max"].astimezone(TOKYO).date() < on


def test_a_database_without_people_gets_no_cases(own_database_url: str) -> None:
    engine = make_engine(Settings(database_url=own_database_url))
    said: list[str] = []
    load_demo_cases(make_sessions(engine), said.append)
    engine.dispose()
    assert "入れませんでした" in said[0]


def test_people_that_are_missing_are_added_and_the_others_kept(settings: Settings, reader: Reader) -> None:
    before = settings.demo_accounts_file.read_text()
    reader.execute("UPDATE person SET email = 'moved@example.jp', is_sample = false WHERE email LIKE 'window-next@%%'")
    load(settings)
    after = settings.demo_accounts_file.read_text()
    assert after.startswith(before) and after.count("window-next@") == 2
