"""The window played by calling its functions on a real database: for walks, races and broken transactions."""

import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Engine

from app.accounts.actor import Actor, Transactions
from app.accounts.permissions import Role
from app.applications.documents.files import ExaminedFile
from app.applications.documents.needed import missing_documents
from app.applications.documents.versions import add_document, examine_upload
from app.applications.drafts import create_application
from app.applications.schemas import ApplicationRequest, TransitionRequest
from app.applications.sites import SiteRow, get_site, procedure_of
from app.applications.submission import submit_application
from app.applications.workflow import transition
from app.assets.models import asset
from app.clock import today
from app.db import make_engine, make_sessions
from app.territory.sources import record_source
from app.versioned import publish
from tests.accounts_world import World, settings_of
from tests.applications.playing import PERMIT, PLAN, add_player, on_air, png

_numbers = itertools.count(1)
CARRIER, OTHER_CARRIER, WINDOW, OWNER, REVIEWER = (
    "carrier_member", "other_carrier_member", "window_operator", "owner_reviewer", "hinohara_reviewer",
)  # fmt: skip
# The straight way from sending to on air: who takes which step.
WAY = (
    (WINDOW, "accept"), (WINDOW, "refer"), (OWNER, "pass_first_review"), (CARRIER, "propose_survey"),
    (WINDOW, "confirm_survey"), (CARRIER, "report_survey"), (CARRIER, "open_consultation"), (OWNER, "agree"),
    (CARRIER, "apply_permit"), (OWNER, "permit"), (CARRIER, "start_construction"), (CARRIER, "report_completion"),
    (OWNER, "accept_completion"), (CARRIER, "go_on_air"),
)  # fmt: skip


def content_of(action: str, **changes: Any) -> dict[str, Any]:
    """What an action may ask for, filled in so that it can be taken today."""
    day = today()
    given: dict[str, dict[str, Any]] = {
        "request_correction": {"items": [{"target": "field:weight_kg", "text": "重さを確かめてください。"}]},
        "resubmit": {"comment": "直すところはありませんでした。"},
        "propose_survey": {"survey_dates": [day + timedelta(days=7)], "entrants": "見本 太郎"},
        "confirm_survey": {"survey_on": day + timedelta(days=7)},
        "permit": {"permit": {**PERMIT, "from_on": day, "to_on": day + timedelta(days=400)}},
        "renew": {"permit": {**PERMIT, "from_on": day, "to_on": day + timedelta(days=400)}},
        "go_on_air": {"on_air": on_air(on_air_on=day)},
        "request_modification": {"modification": {"kind": "equipment", "text": "増設します。", "bands": ["n79"]}},
        "withdraw": {"reason_code": "budget"},
    }
    reasons = ("decline", "deny", "refuse_modification", "refuse_renewal", "revoke")
    said = ("return_to_window", "ask_other_dates", "report_defect", "require_consultation", "find_defect")
    given |= {name: {"reason_code": "landscape", "comment": "支障があります。"} for name in reasons}
    given |= {name: {"comment": "お願いします。"} for name in said}
    return {**given.get(action, {}), **changes}


def request_of(action: str, **changes: Any) -> TransitionRequest:
    """An action with all it may ask for."""
    return TransitionRequest.model_validate({"action": action, **content_of(action, **changes)})


_KEPT = {
    "site": "site_id", "slot_reservation": "reservation_id", "sharing_offer": "offer_id", "review": "review_id",
    "asset_feedback": "feedback_id", "notice": "notice_id",
}  # fmt: skip


@lru_cache
def examined_png() -> tuple[ExaminedFile, bytes]:
    """A picture, looked at once."""
    return examine_upload(io.BytesIO(png()), "photo.png")


@dataclass
class Stage:
    """A database with everybody who plays, and the functions they call."""

    url: str
    world: World
    owner: psycopg.Connection[Any]
    db: Transactions

    @cached_property
    def engine(self) -> Engine:
        """The owner's, for publishing."""
        return make_engine(settings_of(self.url))

    def actor(self, person: str) -> Actor:
        """Somebody of the world."""
        return self.world[person].actor

    def publish(self, source: str, *assets: tuple[str, int, str]) -> None:
        """A bureau's list as it now is: asset_id, slots, kind of each."""
        rows = [
            {
                "asset_id": asset_id, "asset_kind": kind, "name": f"庁舎{asset_id}", "municipality_code": "13103",
                "owner_code": "130001", "owner_name": "東京都", "property_class": "administrative", "power": "available",
                "availability": "open", "slots_total": slots, "slots_used": 0, "geom": "SRID=4326;POINT(139.755 35.655)",
            }
            for asset_id, slots, kind in assets
        ]  # fmt: skip
        described = {"source_id": source, "title_ja": "試験", "title_en": "test", "publisher": "試験", "licence": "CC0"}
        with make_sessions(self.engine).begin() as session:
            record_source(session, {**described, "credit": "試験"})
            publish(session, asset, source, rows)

    def new_asset(self, slots: int = 1, kind: str = "building") -> str:
        """An asset of the bureau nobody has asked for yet; its id."""
        asset_id = f"STAGE{next(_numbers):05d}"
        self.publish(f"stage-{asset_id}", (asset_id, slots, kind))
        return asset_id

    def apply(self, person: str, *asset_ids: str) -> list[UUID]:
        """Sites of a new application, sent."""
        actor = self.actor(person)
        with self.db.begin(actor) as session:
            wanted = ApplicationRequest.model_validate({"title": "試験", "plan": PLAN, "asset_ids": list(asset_ids)})
            made = create_application(session, actor, wanted)
            submit_application(session, actor, made["application_id"], "*")
        found = self.owner.execute(
            "SELECT site_id FROM site WHERE application_id = %s ORDER BY code", (made["application_id"],)
        )
        return [row[0] for row in found]

    def attach(self, person: str, site_id: UUID, *document_types: str) -> None:
        """Pictures as documents."""
        examined, content = examined_png()
        actor = self.actor(person)
        with self.db.begin(actor) as session:
            for name in document_types:
                add_document(session, actor, get_site(session, site_id), name, examined, content, f"{name}.png")

    def attach_needed(self, person: str, site_id: UUID, action: str) -> None:
        """What an action still asks for."""
        with self.db.begin(self.actor(person)) as session:
            site = get_site(session, site_id)
            step = procedure_of(session, site).find(site["state"], action)
            lacking = missing_documents(session, site, step) if step else []
        if lacking:
            self.attach(person, site_id, *lacking)

    def act(self, person: str, site_id: UUID, action: str, if_match: str | None = "*", **changes: Any) -> SiteRow:
        """The site after an action. Raises Problem."""
        actor = self.actor(person)
        with self.db.begin(actor) as session:
            return transition(session, actor, site_id, request_of(action, **changes), if_match)

    def go(self, site_id: UUID, until: str, carrier: str = CARRIER) -> None:
        """Along the straight way until just before an action."""
        for person, action in WAY:
            if action == until:
                break
            someone = carrier if person == CARRIER else person
            self.attach_needed(someone, site_id, action)
            self.act(someone, site_id, action)
        self.attach_needed(carrier, site_id, until)

    def fingerprint(self, *site_ids: UUID) -> str:
        """Changes with whatever is written about these sites, and only then."""
        of = "WHERE site_id = ANY (%(ids)s)"
        parts = [f"(SELECT string_agg(t::text, '' ORDER BY {key}) FROM {table} t {of})" for table, key in _KEPT.items()]
        parts.append(f"(SELECT count(*)::text FROM site_event {of})")
        mine = f"SELECT application_id FROM site {of}"
        parts.append(
            f"(SELECT string_agg(a::text, '' ORDER BY code) FROM application a WHERE application_id IN ({mine}))"
        )
        parts.append(f"(SELECT string_agg(s::text, '' ORDER BY code) FROM site s WHERE application_id IN ({mine}))")
        parts.append("(SELECT max(audit_id)::text FROM audit_event)")
        parts.append("(SELECT max(version_id)::text FROM asset)")
        parts.append("(SELECT max(version_id)::text FROM station)")
        found = self.owner.execute(
            f"SELECT md5(concat({', '.join(parts)}))".encode(), {"ids": list(site_ids)}
        ).fetchone()
        assert found is not None
        return str(found[0])

    def site(self, site_id: UUID) -> dict[str, Any]:
        """The site's row as the owner of the database reads it."""
        found = self.owner.execute("SELECT to_jsonb(s) FROM site s WHERE site_id = %s", (site_id,)).fetchone()
        assert found is not None
        row: dict[str, Any] = found[0]
        return row

    def held(self, asset_id: str) -> list[UUID]:
        """Sites that have a slot of an asset."""
        rows = self.owner.execute(
            "SELECT site_id FROM slot_reservation WHERE asset_id = %s AND released_at IS NULL ORDER BY slot",
            (asset_id,),
        )
        return [row[0] for row in rows]


@contextmanager
def staged(url: str, world: World, db: Transactions) -> Iterator[Stage]:
    """A stage on a database; whoever joins the world for it leaves it afterwards."""
    people = dict(world.people)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO asset_route (owner_code, organisation_id) VALUES ('130001', %s) ON CONFLICT DO NOTHING",
            (world.organisations["bureau"],),
        )
        # No cap on how many slots a carrier reserves: thousands of cases lie in one municipality.
        owner.execute("INSERT INTO reservation_cap (municipality_code, most) VALUES ('13103', 1000000)")
        add_player(url, world, REVIEWER, "hinohara", Role.OWNER_REVIEWER)
        stage = Stage(url, world, owner, db)
        try:
            yield stage
        finally:
            stage.engine.dispose()
            world.people.clear()
            world.people.update(people)
