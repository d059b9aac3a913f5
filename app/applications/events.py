"""Writing what happened on a site, and telling whom it concerns: in the same transaction, never changed again."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Actor, Service
from app.applications.procedure import Party
from app.applications.sites import SiteRow


def add_event(
    session: Session,
    actor: Actor | Service,
    site: SiteRow,
    action: str,
    *,
    party: Party,
    audience: str = "all",
    from_state: str | None = None,
    to_state: str | None = None,
    comment: str | None = None,
    content: Mapping[str, Any] | None = None,
) -> int:
    """Write the next event of a site and answer its number."""
    person, organisation = _names(session, actor)
    n: int = session.execute(
        text(
            "SELECT add_site_event(:site, :action, :from_state, :to_state, :party, :audience, :person, :organisation,"
            " :comment, CAST(:content AS jsonb))"
        ),
        {
            "site": site["site_id"], "action": action, "from_state": from_state, "to_state": to_state,
            "party": party.value, "audience": audience, "person": person, "organisation": organisation,
            "comment": comment, "content": orjson.dumps(dict(content or {})).decode(),
        },
    ).scalar_one()  # fmt: skip
    return n


def _names(session: Session, actor: Actor | Service) -> tuple[str | None, str | None]:
    """Names as they are now; they stay in the event when people leave or contractors change."""
    if isinstance(actor, Service):
        return None, None
    row = session.execute(
        text(
            "SELECT (SELECT name FROM person WHERE person_id = :person) AS person,"
            " (SELECT name FROM organisation WHERE organisation_id = :organisation) AS organisation"
        ),
        {"person": actor.person_id, "organisation": actor.organisation_id},
    ).one()
    return row.person, row.organisation


def payload(site: SiteRow, action: str, n: int, from_state: str | None) -> dict[str, Any]:
    """What other software is told of an event: no comments, no people."""
    return {
        "site_id": str(site["site_id"]), "site_code": site["code"], "application_id": str(site["application_id"]),
        "asset_id": site["asset_id"], "action": action, "from_state": from_state, "to_state": site["state"],
        "party": site["party"], "due_on": site["due_on"].isoformat() if site["due_on"] else None, "n": n,
    }  # fmt: skip
