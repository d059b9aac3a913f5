"""Sites as they stand: reading and locking one, its events, its procedure. Row-level security decides who sees which."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Actor, Service
from app.accounts.permissions import Permission
from app.applications.procedure import Party, Procedure, Variation, from_json, to_json, vary
from app.applications.standard_procedure import STANDARD
from app.if_match import require_match
from app.problems import NOT_FOUND, STALE, Problem

SiteRow = Mapping[str, Any]

COLUMNS = (
    "s.site_id, s.application_id, s.organisation_id, s.carrier_name, s.code, s.asset_id, s.asset, ST_X(s.geom) AS lon,"
    " ST_Y(s.geom) AS lat, s.plan, s.municipality_code, s.owner_organisation_id, s.window_organisation_id,"
    " s.reviewer_organisations, s.procedure_id, s.state, s.party, s.stage, s.resume_state, s.resume_days, s.version,"
    " s.last_n, s.created_at, s.updated_at, s.submitted_at, s.referred_at, s.state_since, s.started_on, s.due_on,"
    " s.decided_on, s.reason_code, s.reason, s.reopen_on, s.correction, s.review_rule, s.assigned_to, s.reviewer_id,"
    " s.permit, s.permit_to, s.on_air_on, s.station_id, s.shares_with, s.is_sample"
)


def get_site(session: Session, site_id: UUID) -> SiteRow:
    """A site. Raises Problem (404), the same for one that is none of the caller's."""
    return _one(session, site_id, "")


def lock_site(session: Session, site_id: UUID) -> SiteRow:
    """A site that nobody else changes until the transaction ends. Raises Problem (404)."""
    return _one(session, site_id, "FOR UPDATE OF s")


def _one(session: Session, site_id: UUID, lock: str) -> SiteRow:
    row = session.execute(text(f"SELECT {COLUMNS} FROM site s WHERE s.site_id = :id {lock}"), {"id": site_id})
    found = row.one_or_none()
    if found is None:
        raise Problem(NOT_FOUND, "その案件は見つかりません。", "There is no such case.")
    return dict(found._mapping)


def match_version(found: Mapping[str, Any], if_match: str | None) -> None:
    """Raises Problem: 428 without `If-Match`, 412 where somebody changed it since, with what it has become."""
    stale = Problem(
        STALE,
        "読み込んだあとに、ほかの人がこの案件を進めました。読み直してから、もう一度選んでください。",
        "Somebody moved this case after you read it; read it again, then choose.",
        members={"state": found["state"], "version": found["version"]},
    )
    require_match(found, if_match, stale)


def list_events(session: Session, site_id: UUID, after: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
    """What happened on a site, in order, as far as the caller may hear it."""
    rows = session.execute(
        text(
            "SELECT n, at, action, from_state, to_state, party, audience, person_id, person_name, organisation_id,"
            " organisation_name, comment, content FROM site_event WHERE site_id = :site AND n > :after ORDER BY n LIMIT :limit"
        ),
        {"site": site_id, "after": after, "limit": limit},
    )
    return [dict(row._mapping) for row in rows]


def parties_of(actor: Actor | Service, site: SiteRow) -> frozenset[Party]:
    """As which parties somebody may act on a site.

    The window stands in for an office that has no account: what is recorded tells that it did.
    """
    if isinstance(actor, Service):
        return frozenset({Party.SERVICE})
    parties = set()
    if Permission.APPLICATIONS_WRITE in actor.permissions and site["organisation_id"] == actor.organisation_id:
        parties.add(Party.CARRIER)
    if Permission.CASES_WINDOW in actor.permissions:
        parties.add(Party.WINDOW)
        if site["owner_organisation_id"] is None:
            parties.add(Party.OWNER)
    if Permission.CASES_REVIEW in actor.permissions and site["owner_organisation_id"] == actor.organisation_id:
        parties.add(Party.OWNER)
    return frozenset(parties)


def procedure_of(session: Session, site: SiteRow) -> Procedure:
    """The procedure a site began with."""
    if site["procedure_id"] == STANDARD.procedure_id:
        return STANDARD
    content = session.execute(
        text("SELECT CAST(content AS text) FROM procedure WHERE procedure_id = :id"), {"id": site["procedure_id"]}
    ).scalar_one()
    return _read(content)


@lru_cache(maxsize=256)
def _read(content: str) -> Procedure:
    return from_json(orjson.loads(content))


def procedure_in_force(session: Session, owner_organisation_id: UUID | None) -> Procedure:
    """What a case beginning now follows: the owner's own procedure, else the standard one; kept for good."""
    found = session.execute(
        text(
            "SELECT CAST(p.content AS text) FROM organisation_procedure o JOIN procedure p USING (procedure_id)"
            " WHERE o.organisation_id = :owner ORDER BY o.since DESC LIMIT 1"
        ),
        {"owner": owner_organisation_id},
    ).scalar_one_or_none()
    procedure = STANDARD if found is None else _read(found)
    keep_procedure(session, procedure)
    return procedure


def keep_procedure(session: Session, procedure: Procedure) -> None:
    """Store a procedure under the hash of what it says, once."""
    session.execute(
        text(
            "INSERT INTO procedure (procedure_id, content) VALUES (:id, CAST(:content AS jsonb)) ON CONFLICT DO NOTHING"
        ),
        {"id": procedure.procedure_id, "content": orjson.dumps(to_json(procedure)).decode()},
    )


def vary_procedure(session: Session, actor: Actor, name: str, variation: Mapping[str, Any]) -> Procedure:
    """An owner's own procedure for cases that begin from now on. Raises ValueError for what the standard does not know."""
    procedure = vary(
        STANDARD, name,
        Variation(
            variation.get("limit_days", {}), variation.get("documents", {}), variation.get("without_survey", False),
            variation.get("standard_days"),
        ),
    )  # fmt: skip
    keep_procedure(session, procedure)
    session.execute(
        text(
            "INSERT INTO organisation_procedure (organisation_id, procedure_id, variation)"
            " VALUES (:organisation, :id, CAST(:variation AS jsonb))"
        ),
        {
            "organisation": actor.organisation_id,
            "id": procedure.procedure_id,
            "variation": orjson.dumps(dict(variation)).decode(),
        },
    )
    return procedure
