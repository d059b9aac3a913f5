"""Sites as they go over the wire and onto pages: the row with its words, its clock, and what the viewer may do."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Actor
from app.applications.deadlines import closures_of, days_left, office_of, read_site_clock
from app.applications.documents.needed import missing_by_action, needed_documents
from app.applications.procedure import Party, Procedure, Transition
from app.applications.sites import SiteRow, list_events, procedure_of
from app.applications.standard_procedure import STANDARD
from app.applications.workflow import available_actions
from app.clock import today


def site_answer(site: SiteRow, procedure: Procedure = STANDARD) -> dict[str, Any]:
    """A site for lists: words of its state, days left by the common calendar."""
    state = procedure.by_state.get(site["state"]) or STANDARD.by_state[site["state"]]
    left = days_left(site["due_on"], today())
    return {
        **site,
        "state_ja": state.ja,
        "state_en": state.en,
        "days_left": left,
        "is_overdue": left is not None and left < 0,
        "owner_name": site.get("owner_name") or site["asset"].get("bureau") or site["asset"].get("owner_name"),
        "is_shared": site["shares_with"] is not None,
    }


def case_answer(session: Session, actor: Actor, site: SiteRow) -> dict[str, Any]:
    """A site for its own page: what the viewer may do, what is missing for it, and the office's clock."""
    procedure = procedure_of(session, site)
    steps = list(available_actions(procedure, site, actor))
    closures = closures_of(session, office_of(site, Party(site["party"])) or site["owner_organisation_id"])
    answer = site_answer(site, procedure)
    answer["days_left"] = days_left(site["due_on"], today(), closures)
    answer["owner_name"] = _owner_name(session, site) or answer["owner_name"]
    return {
        **answer,
        "available_actions": [action_answer(site, step) for step in steps],
        "missing_documents": missing_by_action(session, site, steps),
        "clock": _clock(session, site, procedure),
    }


def action_answer(site: SiteRow, step: Transition) -> dict[str, Any]:
    """An action with its words and what it asks for at this site."""
    return {
        "action": step.action, "ja": step.ja, "en": step.en, "consequence_ja": step.consequence_ja,
        "consequence_en": step.consequence_en, "documents": list(needed_documents(site, step)), "fields": list(step.fields),
    }  # fmt: skip


def _owner_name(session: Session, site: SiteRow) -> str | None:
    name: str | None = session.execute(
        text("SELECT name FROM organisation WHERE organisation_id = :id"), {"id": site["owner_organisation_id"]}
    ).scalar_one_or_none()
    return name


def _clock(session: Session, site: SiteRow, procedure: Procedure) -> Mapping[str, Any] | None:
    closures = closures_of(session, site["owner_organisation_id"])
    reading = read_site_clock(site, procedure, list_events(session, site["site_id"], limit=10_000), closures)
    if reading is None:
        return None
    return {
        "allowed_days": procedure.allowed_days(bool(site["plan"].get("is_new_structure"))),
        "used_days": reading.used_days, "stopped_days": reading.stopped_days, "days_left": reading.days_left,
        "due_on": reading.due_on,
    }  # fmt: skip
