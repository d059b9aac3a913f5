"""Figures: equal to a plain recount from events, small numbers told to staff alone, no carrier and nobody named."""

import csv
import io
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from math import ceil
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from app.accounts.actor import Actor, Transactions
from app.accounts.permissions import OrganisationKind
from app.applications.deadlines import read_site_clock
from app.applications.outbox.failures import list_failures
from app.applications.procedure import Procedure, from_json
from app.applications.standard_procedure import STANDARD
from app.applications.statistics import case_facts
from app.applications.statistics.business_days import DayCounter
from app.applications.statistics.case_facts import COUNTING, FactKeeper, Facts, read_facts
from app.applications.statistics.counts import Wanted, count_figure, figure_for, public_figure
from app.applications.statistics.figures import PUBLIC_FIGURES, STAFF_FIGURES, to_csv, to_json
from app.clock import TOKYO, add_business_days, business_days_between, today
from app.config import Settings
from app.db import make_app_engine, make_engine, make_sessions
from app.demo.load_cases import load_demo_cases
from app.demo.people import DOMAIN, ORGANISATIONS, PEOPLE, add_demo_people
from app.problems import Problem
from tests.accounts_world import World, settings_of, transactions
from tests.applications.window_cases import add_case, add_webhook
from tests.conftest import database

Row = dict[str, Any]
CARRIERS = (OrganisationKind.CARRIER, OrganisationKind.SHARING)


@pytest.fixture(scope="module")
def settings(server_url: str, sample_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The sample register with the sample people and cases."""
    with database(server_url, f"test_figures_{os.getpid()}", sample_template) as url:
        made = settings_of(url, demo_accounts_file=tmp_path_factory.mktemp("people") / "people.txt")
        engine = make_engine(made)
        add_demo_people(made, lambda _: None)
        load_demo_cases(make_sessions(engine), lambda _: None)
        engine.dispose()
        yield made


@pytest.fixture(scope="module")
def owner(settings: Settings) -> Iterator[psycopg.Connection[Row]]:
    """The database's owner, who sees everything."""
    with psycopg.connect(settings.libpq_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture(scope="module")
def facts(settings: Settings) -> Facts:
    engine = make_app_engine(settings)
    with Transactions(engine).begin(COUNTING) as session:
        found = read_facts(session)
    engine.dispose()
    return found


@pytest.fixture(scope="module")
def sites(owner: psycopg.Connection[Row]) -> list[Row]:
    """Sites that were sent, each with its events, its procedure and its owner's closures."""
    rows = owner.execute("SELECT * FROM site WHERE submitted_at IS NOT NULL").fetchall()
    events: defaultdict[Any, list[Row]] = defaultdict(list)
    for event in owner.execute("SELECT site_id, n, at, to_state, action, content FROM site_event ORDER BY site_id, n"):
        events[event["site_id"]].append(event)
    known = {row["procedure_id"]: from_json(row["content"]) for row in owner.execute("SELECT * FROM procedure")}
    closed = closures(owner)
    for row in rows:
        row["events"], row["procedure"] = events[row["site_id"]], known[row["procedure_id"]]
        row["closures"] = closed.get(row["owner_organisation_id"], frozenset())
        row["window_closures"] = closed.get(row["window_organisation_id"], frozenset())
    return rows


def closures(owner: psycopg.Connection[Row]) -> dict[Any, frozenset[date]]:
    """Days offices are closed; one more is added, on which a step surely ran."""
    office = owner.execute("SELECT owner_organisation_id FROM site WHERE state = 'on_air' LIMIT 1").fetchone()
    assert office is not None
    owner.execute(
        "INSERT INTO office_closure SELECT %s, d, '臨時' FROM generate_series(DATE '2021-06-01', '2021-06-20', '1 day') d"
        " ON CONFLICT DO NOTHING",
        (office["owner_organisation_id"],),
    )
    found: defaultdict[Any, set[date]] = defaultdict(set)
    for row in owner.execute("SELECT organisation_id, day FROM office_closure"):
        found[row["organisation_id"]].add(row["day"])
    return {key: frozenset(days) for key, days in found.items()}


# The closures are there before the facts are read.
@pytest.fixture(scope="module", autouse=True)
def closed_first(sites: list[Row], facts: Facts) -> None:
    return None


def day_of(event: Row) -> date:
    found: date = event["at"].astimezone(TOKYO).date()
    return found


def at_share(days: list[int], percent: int) -> int | None:
    return sorted(days)[ceil(len(days) * percent / 100) - 1] if days else None


def rows_by(figure_rows: Any, name: str) -> dict[Any, Row]:
    return {row[name]: row for row in figure_rows}


TERMS = [
    Wanted(),
    Wanted(date(2021, 4, 1), date(2022, 3, 31)),
    Wanted(until=date(2020, 12, 31)),
]


def of_office(wanted: Wanted, site: Row) -> bool:
    return wanted.office is None or site["owner_organisation_id"] == wanted.office


def with_office(wanted: Wanted, sites: list[Row]) -> Wanted:
    """The same term, of the office with the second most cases."""
    counted = Counter(site["owner_organisation_id"] for site in sites if site["owner_organisation_id"])
    return replace(wanted, office=counted.most_common(2)[-1][0])


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("one_office", [False, True])
def test_days_by_step_are_those_of_the_events(facts: Facts, sites: list[Row], term: Wanted, one_office: bool) -> None:
    wanted = with_office(term, sites) if one_office else term
    days: defaultdict[str, list[int]] = defaultdict(list)
    for site in sites:
        moves = [event for event in site["events"] if event["to_state"]]
        for event, following in pairwise(moves):
            if of_office(wanted, site) and wanted.holds(day_of(following)):
                party = STANDARD.by_state[event["to_state"]].party
                closed = {"owner": site["closures"], "window": site["window_closures"]}.get(party, frozenset())
                days[event["to_state"]].append(business_days_between(day_of(event), day_of(following), closed))
    found = rows_by(count_figure("steps", facts, wanted).rows, "state")
    assert set(found) == set(days) - {"draft", "on_air"}
    for state, row in found.items():
        told = (row["cases"], row["median_days"], row["low_days"], row["high_days"])
        taken = days[state]
        assert told == (len(taken), at_share(taken, 50), at_share(taken, 10), at_share(taken, 90)), state


@pytest.mark.parametrize("term", TERMS)
def test_days_by_office_are_those_of_the_case_pages(facts: Facts, sites: list[Row], term: Wanted) -> None:
    used: defaultdict[Any, list[int]] = defaultdict(list)
    stopped: defaultdict[Any, list[int]] = defaultdict(list)
    within: Counter[Any] = Counter()
    for site in sites:
        if site["started_on"] is None or site["decided_on"] is None or not term.holds(site["decided_on"]):
            continue
        procedure: Procedure = site["procedure"]
        reading = read_site_clock(site, procedure, site["events"], site["closures"])
        assert reading is not None
        office = site["owner_organisation_id"]
        used[office].append(reading.used_days)
        stopped[office].append(sum(reading.stopped_days.values()))
        within[office] += not reading.is_overdue
    found = count_figure("offices", facts, term).rows
    assert {row["office"] for row in found} == {str(office) if office else None for office in used}
    for row in found:
        office = next(key for key in used if (str(key) if key else None) == row["office"])
        days = used[office]
        told = (row["cases"], row["median_days"], row["low_days"], row["high_days"], row["stopped_days"])
        assert told == (
            len(days), at_share(days, 50), at_share(days, 10), at_share(days, 90), at_share(stopped[office], 50),
        )  # fmt: skip
        assert row["within_percent"] == round(100 * within[office] / len(days))
    assert sum(sum(days) for days in stopped.values()) > 0


def test_enquiries_are_those_sent_in_the_month(facts: Facts, sites: list[Row]) -> None:
    sent = Counter(site["started_on"].strftime("%Y-%m") for site in sites if site["started_on"])
    rows = to_json(count_figure("enquiries", facts, Wanted()))["rows"]
    assert {row["month"]: row["cases"] for row in rows if row["cases"]} == dict(sent)
    assert [row["month"] for row in rows] == sorted({row["month"] for row in rows})
    assert rows[-1]["month"] == f"{today():%Y-%m}"
    term = Wanted(date(2021, 4, 1), date(2022, 3, 31))
    assert sum(row["cases"] for row in count_figure("enquiries", facts, term).rows) == sum(
        number for month, number in sent.items() if "2021-04" <= month <= "2022-03"
    )


def test_stations_on_air_at_the_end_of_each_month(facts: Facts, sites: list[Row]) -> None:
    def on(site: Row, state: str) -> date | None:
        return min((day_of(event) for event in site["events"] if event["to_state"] == state), default=None)

    stood = [
        (min(site["on_air_on"], on(site, "on_air") or date.max), on(site, "removal"))
        for site in sites
        if site["on_air_on"]
    ]
    rows = count_figure("on-air", facts, Wanted()).rows
    for row in rows:
        following = (row["month"] + timedelta(days=32)).replace(day=1)
        standing = sum(began < following and (removed is None or removed >= following) for began, removed in stood)
        assert row["standing"] == standing, row
    plan = {f"{row['month']:%Y-%m}": row["plan"] for row in rows if row["plan"]}
    assert plan == {"2023-03": 225, "2024-03": 300}
    late = count_figure("on-air", facts, Wanted(since=date(2024, 4, 1))).rows
    assert late[0]["month"] == date(2024, 4, 1) and late[-1]["standing"] == rows[-1]["standing"]


def test_refusals_are_those_that_ended_for_the_reason(facts: Facts, sites: list[Row]) -> None:
    ended: Counter[tuple[str, str]] = Counter()
    for site in sites:
        last = [event for event in site["events"] if event["to_state"]][-1]
        if last["to_state"] in ("declined", "permit_denied", "withdrawn"):
            ended[last["content"]["reason_code"], last["to_state"]] += 1
    rows = count_figure("refusals", facts, Wanted()).rows
    told = {
        (row["reason"], state): row[state] for row in rows for state in ("declined", "permit_denied", "withdrawn")
    }  # fmt: skip
    assert {key: number for key, number in told.items() if number} == dict(ended)
    assert all(row["cases"] == row["declined"] + row["permit_denied"] + row["withdrawn"] for row in rows)


def test_what_is_open_late_and_reserved_now(facts: Facts, sites: list[Row], owner: psycopg.Connection[Row]) -> None:
    at_work = [site for site in sites if site["stage"] not in ("draft", "end")]
    late = [site for site in at_work if site["due_on"] and site["due_on"] < today()]
    rows = count_figure("open", facts, Wanted()).rows
    assert {(row["state"], row["party"]): row["cases"] for row in rows} == Counter(
        (site["state"], site["party"]) for site in at_work if site["state"] != "on_air"
    )
    assert sum(row["overdue"] for row in rows) == len(late)
    overdue = count_figure("overdue", facts, Wanted()).rows
    assert sum(row["overdue"] for row in overdue) == len(late)
    carriers = rows_by(overdue, "office")["carriers"]
    assert carriers["cases"] == sum(site["party"] == "carrier" for site in at_work)
    reserved = owner.execute(
        "SELECT * FROM slot_reservation WHERE released_at IS NULL AND coalesce(until_on, 'infinity') >= %s", (today(),)
    ).fetchall()
    told = count_figure("reservations", facts, Wanted()).rows
    assert sum(row["slots"] for row in told) == len(reserved)
    assert sum(row["on_air"] for row in told) == sum(row["is_on_air"] for row in reserved)
    soon = add_business_days(today(), 5)
    assert sum(row["ending_soon"] for row in told) == sum(
        row["until_on"] is not None and row["until_on"] <= soon and not row["is_on_air"] for row in reserved
    )


def test_days_are_counted_as_the_clock_counts_them() -> None:
    closed = {None: frozenset[date](), "office": frozenset({date(2024, 5, 7), date(2024, 5, 11)})}
    first, last = date(2024, 4, 25), date(2025, 1, 10)
    counter = DayCounter({"office": closed["office"]}, first, last)  # type: ignore[dict-item]
    days = [first + timedelta(days=n) for n in range(0, (last - first).days + 1, 3)]
    for office, closures in closed.items():
        for one in (*days, date(2024, 1, 1)):
            for other in (*days, date(2025, 6, 1)):
                expected = business_days_between(one, other, closures)
                assert counter.between(one, other, office) == expected  # type: ignore[arg-type]


def every_word(facts: Facts, reader: Actor) -> str:
    """Everything figures say, to staff and to everybody."""
    figures = [figure_for(reader, name, facts, Wanted()) for name in STAFF_FIGURES]
    figures += [public_figure(name, facts) for name in PUBLIC_FIGURES]
    return "".join(
        str(to_json(figure)) + to_csv(figure, "ja").decode() + to_csv(figure, "en").decode() for figure in figures
    )


def staff(kind: OrganisationKind = OrganisationKind.BUREAU, organisation: Any = None) -> Actor:
    empty: frozenset[Any] = frozenset()
    return Actor(organisation, organisation, kind, None, empty, empty, "test", "", "")


def test_no_carrier_nobody_and_no_case_is_named(facts: Facts, sites: list[Row]) -> None:
    said = every_word(facts, staff())
    secret = {name for kind, *names, _ in ORGANISATIONS.values() if kind in CARRIERS for name in names}
    secret |= {name for name, _ in PEOPLE.values()} | {f"{account}@{DOMAIN}" for account in PEOPLE}
    secret |= {str(site[name]) for site in sites for name in ("code", "site_id", "organisation_id", "asset_id")}
    assert [word for word in secret if word in said] == []
    assert "東京都 財務局（サンプル）" in said


def test_everybody_is_told_nothing_small_and_nothing_by_office(facts: Facts) -> None:
    months = public_figure("enquiries", facts).rows
    assert all(row["cases"] is None or row["cases"] >= 5 for row in months)
    whole = count_figure("enquiries", facts, Wanted()).rows
    small = [row["month"] for row in whole if row["cases"] < 5]
    assert small and all(rows_by(months, "month")[month]["cases"] is None for month in small)
    years = public_figure("days", facts).rows
    assert all(row["median_days"] is None for row in years if row["cases"] is None)
    assert not any("office" in row for name in PUBLIC_FIGURES for row in public_figure(name, facts).rows)


def test_the_owner_of_a_private_building_sees_its_own_office_and_nothing_small(facts: Facts, sites: list[Row]) -> None:
    mine = with_office(Wanted(), sites).office
    reader = staff(OrganisationKind.PRIVATE, mine)
    offices = figure_for(reader, "offices", facts, Wanted()).rows
    assert [row["office"] for row in offices] == [str(mine)]
    for name, about in STAFF_FIGURES.items():
        counted = about.counted
        if counted:
            rows = figure_for(reader, name, facts, Wanted()).rows
            assert all(row[counted] is None or row[counted] >= 5 for row in rows), name
    with pytest.raises(Problem):
        figure_for(reader, "steps", facts, Wanted(office=staff(organisation="other").organisation_id))


def test_sample_data_are_marked(facts: Facts) -> None:
    assert facts.is_sample and facts.opened_is_sample
    rows = list(csv.DictReader(io.StringIO(to_csv(public_figure("on-air", facts), "ja").decode("utf-8-sig"))))
    assert {row["サンプル"] for row in rows} == {"サンプル"}
    assert list(rows[0]) == ["月", "運用開始", "撤去", "運用中（月末）", "計画", "サンプル"]


async def test_who_may_read_figures(world_client: httpx.AsyncClient, world: World) -> None:
    for name in STAFF_FIGURES:
        for path in (f"/api/v1/statistics/{name}", f"/api/v1/statistics/{name}.csv"):
            assert (await world_client.get(path)).status_code == 401
            for person in ("carrier_member", "carrier_admin", "municipal_editor", "auditor"):
                assert (await world_client.get(path, headers=world[person].token)).status_code == 403, (path, person)
            for person in ("window_operator", "owner_reviewer", "planner"):
                assert (await world_client.get(path, headers=world[person].token)).status_code == 200, (path, person)
    for name in PUBLIC_FIGURES:
        answer = await world_client.get(f"/api/v1/progress/{name}")
        assert answer.status_code == 200 and answer.json()["figure"] == name
        again = await world_client.get(f"/api/v1/progress/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await world_client.get(f"/api/v1/progress/{name}.csv")).status_code == 200
    for path in ("/api/v1/statistics/nothing", "/api/v1/progress/offices"):
        answer = await world_client.get(path, headers=world["planner"].token)
        assert answer.status_code == 404, path


def test_a_carriers_own_transaction_counts_nothing(world_url: str, world: World) -> None:
    with psycopg.connect(world_url, autocommit=True) as owner:
        add_case(owner, world)
    views = ("cases", "steps", "endings", "removals", "first_on_air", "reservations", "offices")
    with transactions(world_url) as db:
        for person, least in (("carrier_admin", 0), ("planner", 1)):
            with db.begin(world[person].actor) as session:
                connection = session.connection()
                counted = [connection.exec_driver_sql(f"SELECT count(*) FROM stat.{view}").scalar() for view in views]
            assert bool(sum(number or 0 for number in counted)) == bool(least), person


def test_facts_are_kept_for_a_while_and_read_anew(
    world_url: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transactions(world_url) as db, psycopg.connect(world_url, autocommit=True) as owner:
        keeper = FactKeeper(db)
        monkeypatch.setattr(case_facts, "KEPT_TIMES", 1_000_000)
        first = keeper.facts()
        add_case(owner, world)
        assert keeper.facts() is first
        monkeypatch.setattr(case_facts, "KEPT_TIMES", 0)
        assert sum(one.cases for one in keeper.facts().open) == sum(one.cases for one in first.open) + 1


def test_the_window_learns_what_reached_nobody_without_names(world_url: str, world: World) -> None:
    with psycopg.connect(world_url, autocommit=True) as owner:
        site = add_case(owner, world)
        hook = add_webhook(owner, world, "https://hooks.carrier.example/secret-path")
        owner.execute(
            "INSERT INTO webhook_delivery (webhook_id, organisation_id, site_id, n, payload, attempts, status, failure,"
            " given_up_at) VALUES (%s, %s, %s, 1, '{}', 8, 500, '500', now())",
            (hook, world.organisations["carrier-a"], site),
        )
        owner.execute(
            "INSERT INTO notice (person_id, organisation_id, site_id, n, kind, mail, attempts, failure, given_up_at)"
            " VALUES (%s, %s, %s, 1, 'refer', 'immediate', 10, %s, now())",
            (
                world["carrier_member"].person_id, world.organisations["carrier-a"], site,
                "メールサーバーがこのメールを断りました。 / The mail server refused this mail: ('carrier@example.jp', 550)",
            ),
        )  # fmt: skip
    with transactions(world_url) as db:
        with db.begin(world["window_operator"].actor) as session:
            found = list_failures(session)
        for stranger in ("carrier_member", "owner_reviewer", "planner"):
            with db.begin(world[stranger].actor) as session:
                assert list_failures(session) == []
    assert {(row["channel"], row["party"], row["status"]) for row in found} == {
        ("mail", "carrier", None), ("webhook", "carrier", 500),
    }  # fmt: skip
    assert "example" not in str(found)
