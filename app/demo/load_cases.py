"""Loading the sample cases: some 600 sites in every state of the procedure, with histories, in one transaction."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.accounts import audit
from app.accounts.actor import Service, tell_database
from app.applications.choosing.asset_facts import snapshot
from app.applications.fees.known_rules import KNOWN_FEE_RULES
from app.applications.fees.rules import rule_to_json
from app.applications.sites import keep_procedure
from app.applications.standard_procedure import STANDARD
from app.clock import today
from app.db import APP_ROLE
from app.demo.applications import SampleApplication, sample_applications
from app.demo.case_notices import notices_of
from app.demo.case_people import Author, Cast, find_cast
from app.demo.case_plans import common_plan, site_plan
from app.demo.case_records import OfficeHours, Row, document_row, sample_id
from app.demo.case_tables import (
    closed_days,
    fill_documents,
    insert_rows,
    put_stations,
    read_assets,
    read_pools,
    read_stations,
)
from app.demo.case_walk import Told, Walk
from app.demo.case_words import CLOSED_DAY_NAMES
from app.demo.cases import Case, sample_cases
from app.demo.load import CREDIT, LICENCE
from app.demo.register import sample_rng
from app.demo.work_days import WorkDays
from app.territory.facts import TOKYO_CODE6, facts_by_code
from app.territory.sources import lock_loading, record_source

Say = Callable[[str], None]
LATER_STATIONS = "sample-window-stations"  # on air since the first 225
HINOHARA = "13307"
MINATO = "13103"


def load_demo_cases(sessions: sessionmaker[Session], say: Say, on: date | None = None) -> None:
    """Add the sample cases once; nothing where there are any, or where the sample register or its people are missing."""
    began = time.monotonic()
    on = on or today()
    with sessions.begin() as session:
        lock_loading(session)
        if session.execute(text("SELECT EXISTS (SELECT FROM application WHERE is_sample)")).scalar_one():
            return
        closed = closed_days(on)
        cast = find_cast(session, {key: frozenset({day}) for key, day in closed.items()})
        stations = read_stations(session)
        if cast is None or not stations:
            say("  サンプルの案件: 見本のアセットか利用者がないため、入れませんでした / no sample register or people")
            return
        tell_database(session, Service("command-line"))
        counts = _load(session, WorkDays(on), cast, stations, closed)
    say(f"  サンプルの案件 / sample cases: {counts['site']:,} 件（{time.monotonic() - began:.1f} s）")


def _load(
    session: Session, days: WorkDays, cast: Cast, stations: Sequence[Mapping[str, Any]], closed: Mapping[str, date]
) -> dict[str, int]:
    cases = sample_cases(days, stations, read_pools(session))
    assets = read_assets(session, sorted({case.asset_id for case in cases}))
    made = Made(days, cast, assets)
    for application in sample_applications(days, cases):
        made.add(application)
    rows = made.rows()
    _write(session, cast, rows, made.stations())
    _write_settings(session, cast, closed)
    counts = {table: len(found) for table, found in rows.items()}
    states = dict(Counter(row["state"] for row in rows["site"]))
    audit.record(session, "demo.cases", after={**counts, "states": states})
    return counts


class Made:
    """Applications and cases walked through, with what lies beside them."""

    def __init__(self, days: WorkDays, cast: Cast, assets: Mapping[str, Mapping[str, Any]]) -> None:
        self.days, self.cast, self.assets = days, cast, assets
        self.applications: list[Row] = []
        self.papers: list[Row] = []  # documents of whole applications
        self.told: dict[Any, Told] = {}  # by site

    def add(self, application: SampleApplication) -> None:
        """Walk every case of an application."""
        rng = sample_rng(f"application {application.code}")
        carrier = self.cast.somebody(application.carrier, rng)
        row = self._application(application, carrier)
        self.applications.append(row)
        for number, case in enumerate(application.cases, start=1):
            site = self._site(row, case, f"{application.code}-{number:03d}")
            self.told[site["site_id"]] = Walk(
                case, site, self.assets[case.asset_id], self.days, self.cast, carrier
            ).run()
        if not application.is_sent:
            return
        first = min(self.told[sample_id(f"site {case.key}")].site["submitted_at"] for case in application.cases)
        row |= {"submitted_at": first, "updated_at": first}
        paper_site = {"site_id": None, "application_id": row["application_id"]}
        self.papers.append(document_row(paper_site, "enquiry_plan", 1, first - timedelta(minutes=30), carrier))

    def _application(self, application: SampleApplication, carrier: Author) -> Row:
        rng = sample_rng(f"plan {application.code}")
        sent_on = self.days.at(application.start)
        created_at = OfficeHours(rng).next_on(self.days.at(max(application.start - rng.randint(1, 6), 0)))
        if application.start == 0:  # nobody could draft before the window opened
            created_at = datetime.combine(sent_on, created_at.timetz()).replace(hour=9, minute=0)
        plan = common_plan(rng, sent_on)
        towns = sorted({self.assets[case.asset_id]["municipality"] for case in application.cases})
        place = towns[0] + ("ほか" if len(towns) > 1 else "")
        return {
            "application_id": sample_id(f"application {application.code}"),
            "organisation_id": self.cast.ids[application.carrier], "code": application.code,
            "title": f"{place} {plan['technology'].upper()}基地局 {sent_on.year}年{sent_on.month}月", "state": application.state,
            "plan": plan, "version": 2, "created_by": carrier.person_id, "created_at": created_at,
            "updated_at": created_at, "submitted_at": None, "is_sample": True,
        }  # fmt: skip

    def _site(self, application: Row, case: Case, code: str) -> Row:
        asset = self.assets[case.asset_id]
        return {
            "site_id": sample_id(f"site {case.key}"), "application_id": application["application_id"],
            "organisation_id": self.cast.ids[case.carrier], "carrier_name": self.cast.name(case.carrier), "code": code,
            "asset_id": case.asset_id, "asset": snapshot(asset),
            "geom": f"SRID=4326;POINT({asset['lon']} {asset['lat']})",
            "plan": site_plan(sample_rng(f"plan {case.key}"), application["plan"], asset, case.station),
            "municipality_code": asset["municipality_code"], "owner_organisation_id": None, "window_organisation_id": None,
            "reviewer_organisations": [], "procedure_id": STANDARD.procedure_id, "state": "draft", "party": "carrier",
            "stage": "draft", "resume_state": None, "resume_days": None, "created_at": application["created_at"],
            "submitted_at": None, "referred_at": None, "state_since": application["created_at"], "started_on": None,
            "due_on": None, "decided_on": None, "reason_code": None, "reason": None, "reopen_on": None, "correction": None,
            "review_rule": None, "assigned_to": None, "reviewer_id": None, "permit": None, "permit_to": None,
            "on_air_on": None, "station_id": None, "shares_with": None, "is_sample": True,
        }  # fmt: skip

    def rows(self) -> dict[str, list[Row]]:
        """Rows by table, in an order in which they can be inserted."""
        self._finish()
        told = self.told.values()
        return {
            "application": self.applications,
            "site": sorted((each.site for each in told), key=lambda site: bool(site["shares_with"])),
            "site_event": [event for each in told for event in each.events],
            "document": self.papers + [document for each in told for document in each.documents],
            "review": [review for each in told for review in each.reviews],
            "slot_reservation": _with_slots([each.reservation for each in told if each.reservation is not None]),
            "sharing_offer": [offer for each in told for offer in each.offers],
            "asset_feedback": [row for each in told for row in each.feedback],
            "notice": list(notices_of(self.cast, self.days, told)),
        }

    def stations(self) -> list[Row]:
        """Stations beyond the first 225."""
        return [each.station for each in self.told.values() if each.station is not None]

    def _finish(self) -> None:
        """What cases tell each other, the tenancies, and the numbers of events in order."""
        for each in self.told.values():
            for event in each.partner_events:
                self.told[event["site_id"]].events.append(event)
            if each.site["shares_with"] and each.site["permit"] is not None:
                self._let(each)
        for each in self.told.values():
            each.events.sort(key=lambda event: event["at"])
            for event, number in zip(each.events, count(1), strict=False):
                event["n"] = number
            last_at = each.events[-1]["at"] if each.events else each.site["created_at"]
            each.site |= {"last_n": len(each.events), "version": len(each.events) + 1, "updated_at": last_at}

    def _let(self, tenant: Told) -> None:
        """A tenant's permit is its holder's."""
        holder = self.told[tenant.site["shares_with"]].site
        tenancy = {"tenancy_of": holder["code"], "to_on": holder["permit"]["to_on"]}
        tenant.site |= {"permit": tenancy, "permit_to": holder["permit_to"]}
        for event in tenant.events:
            if event["action"] == "acknowledge_sharing":
                event["content"]["tenancy_of"] = holder["code"]


def _with_slots(reservations: list[Row]) -> list[Row]:
    """Number the slots of each asset; those that were given back take the first."""
    taken: Counter[str] = Counter()
    for row in reservations:
        if row["released_at"] is None:
            taken[row["asset_id"]] += 1
            row["slot"] = taken[row["asset_id"]]
        else:
            row["slot"] = 1
    return reservations


def _write(session: Session, cast: Cast, rows: Mapping[str, list[Row]], stations: list[Row]) -> None:
    """As the application where its policies let the command line write; events, slots and notices as the owner."""
    own = ("site_event", "slot_reservation", "notice")
    session.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
    keep_procedure(session, STANDARD)
    for table, found in rows.items():
        if table not in own:
            insert_rows(session, table, found)
    fill_documents(session)
    session.execute(text("RESET ROLE"))
    for table in own:
        insert_rows(session, table, rows[table])
    record_source(
        session,
        {
            "source_id": LATER_STATIONS, "title_ja": "窓口を経た基地局（サンプル）",
            "title_en": "Base stations through the window (sample)", "publisher": CREDIT, "licence": LICENCE,
            "credit": CREDIT, "as_of": max(date.fromisoformat(row["on_air_on"]) for row in stations), "is_sample": True,
        },
    )  # fmt: skip
    put_stations(session, LATER_STATIONS, stations)


def _write_settings(session: Session, cast: Cast, closed: Mapping[str, date]) -> None:
    """Which office answers for which assets, a closed day, and what is known of fees."""
    facts = facts_by_code()
    routes = {TOKYO_CODE6: "bureau", facts[MINATO].code6: "minato", facts[HINOHARA].code6: "hinohara"}
    session.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
    insert_rows(
        session, "asset_route",
        [{"owner_code": code, "bureau": "", "organisation_id": cast.ids[key]} for code, key in routes.items()],
        skip_known=True,
    )  # fmt: skip
    insert_rows(
        session, "office_closure",
        [{"organisation_id": cast.ids[key], "day": day, "name": CLOSED_DAY_NAMES[key]} for key, day in closed.items()],
        skip_known=True,
    )  # fmt: skip
    insert_rows(session, "fee_rule", list(_fee_rules(cast)))
    session.execute(text("RESET ROLE"))


def _fee_rules(cast: Cast) -> Iterator[Row]:
    owners = {"港区": "minato", "東京都": "bureau"}
    for rule in KNOWN_FEE_RULES:
        if rule.owner_name in owners:
            yield {
                "fee_rule_id": sample_id(f"fee rule {rule.rule_id}"), "organisation_id": cast.ids[owners[rule.owner_name]],
                "content": rule_to_json(rule), "valid_from": rule.valid_from, "valid_to": rule.valid_to, "is_sample": True,
            }  # fmt: skip
