"""What a case page shows: the case with what stands around it, as far as row-level security lets the viewer see."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Actor
from app.applications.answers import case_answer
from app.applications.asset_feedback import list_feedback
from app.applications.boards import side_of
from app.applications.corrections import changed_since
from app.applications.documents.versions import GENERATED, list_documents
from app.applications.handling import colleagues
from app.applications.permits import FITTING, LEGAL_BASES
from app.applications.procedure import Procedure, Transition
from app.applications.reviews import list_reviews, outlook
from app.applications.sites import SiteRow, get_site, list_events, parties_of, procedure_of
from app.applications.standard_procedure import DOCUMENT_TYPES
from app.applications.statistics.forecast import likely_days
from app.applications.workflow import available_actions
from app.clock import today

EARLIER_MOST = 20
# Which documents belong to which part of the procedure; papers the service makes stand where they arise.
DOCUMENTS_OF_STAGE: Mapping[str, tuple[str, ...]] = {
    "enquiry": ("enquiry_plan", "enquiry_letter", "correction_letter", "reply_letter"),
    "survey": ("survey_report", "photo"),
    "consultation": (
        "layout_plan", "structural_calculation", "power_plan", "rf_statement", "neighbour_explanation", "landscape_check",
        "sharing_plan",
    ),
    "permit": (
        "permit_application", "location_map", "drawings", "schedule", "pledge", "road_occupancy_permit", "road_use_permit",
        "permit_letter", "denial_letter",
    ),
    "construction": ("construction_notice", "completion_photos", "as_built_drawings"),
    "operation": ("condition_report",),
    "removal": ("restoration_photos",),
    "end": ("other",),
}  # fmt: skip
# What an action's panel asks for beyond what the table makes it ask, by the effect that uses it.
OFFERED_BY_EFFECT: Mapping[str, str] = {
    "route": "owner", "offer_sharing": "rival", "feed_back": "corrections", "tenancy": "sharing", "check_items": "mending",
    "decide": "reopen_on",
}  # fmt: skip
ASSET_SHOWN = (
    "asset_kind", "structure_kind", "facility_type", "owner_name", "bureau", "property_class", "address", "height_m",
    "roof_height_m", "roof_type", "roof_load_n_m2", "max_load_kg", "seismic", "power", "fibre", "slots_total",
    "slots_used", "availability", "restrictions", "sensitive_flags", "access_hours", "entry_lead_days", "planned_works",
    "fee_note",
)  # fmt: skip


def view_case(session: Session, actor: Actor, site_id: UUID) -> dict[str, Any]:
    """Everything a case page shows. Raises Problem (404)."""
    site = get_site(session, site_id)
    procedure, side = procedure_of(session, site), side_of(actor)
    steps = list(available_actions(procedure, site, actor))
    events = list_events(session, site_id, limit=10_000)
    parties = parties_of(actor, site)
    reviews = list_reviews(session, site_id) if side != "carrier" else []
    return {
        "site": case_answer(session, actor, site),
        "row": site,
        "side": side,
        "is_mine": site["party"] in {party.value for party in parties},
        "may_write": bool(parties) or _is_asked(site, actor),
        "actions": [panel_of(site, step) for step in steps],
        "events": events,
        "moves": [event for event in events if event["to_state"]],
        "segments": segments(procedure, site, events),
        "threads": threads(events, side),
        "documents": documents_by_stage(list_documents(session, site["application_id"], site_id)),
        "own_types": [code for code in DOCUMENT_TYPES if code not in GENERATED],
        "reviews": reviews,
        "review_outlook": outlook(site, reviews),
        "asked": _asked(reviews, actor),
        "may_ask": side != "carrier" and site["party"] in {p.value for p in parties} and site["review_rule"] is None,
        "proposed_dates": proposed_dates(events),
        "mended": _mended(session, site, events),
        "offer": open_offer(session, site_id) if side != "owner" else None,
        "likely": likely_days(session, site["owner_organisation_id"]),
        **(_inside(session, actor, site) if side != "carrier" else {}),
    }


def _inside(session: Session, actor: Actor, site: SiteRow) -> dict[str, Any]:
    """What only window and offices see."""
    return {
        "rivals": rivals(session, site["site_id"]),
        "offices": offices(session),
        "earlier": earlier_cases(session, site),
        "feedback": list_feedback(session, site["site_id"]),
        "may_confirm": actor.organisation_id in (site["owner_organisation_id"], site["window_organisation_id"]),
        "colleagues": colleagues(session, actor),
        "in_charge": site["assigned_to" if side_of(actor) == "window" else "reviewer_id"],
        "may_delegate": site["referred_at"] is not None and site["stage"] != "end" and bool(parties_of(actor, site)),
        "may_assign": side_of(actor) == "window" or site["owner_organisation_id"] == actor.organisation_id,
    }


def _is_asked(site: SiteRow, actor: Actor) -> bool:
    return actor.organisation_id in site["reviewer_organisations"]


def panel_of(site: SiteRow, step: Transition) -> dict[str, Any]:
    """An action as its panel needs it: what it asks for, and what may be added."""
    offered = [OFFERED_BY_EFFECT[effect] for effect in step.effects if effect in OFFERED_BY_EFFECT]
    if "reopen_on" in offered and "reason_code" not in step.fields:
        offered.remove("reopen_on")
    bases = FITTING.get(site["asset"].get("property_class", ""), tuple(LEGAL_BASES))
    return {"action": step.action, "fields": step.fields, "offered": offered, "bases": bases, "target": step.target}


def segments(procedure: Procedure, site: SiteRow, events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The time since sending, state by state: days, and whether the office's clock ran, stood, or does not count."""
    moves = [event for event in events if event["to_state"] and event["to_state"] != "draft"]
    found = []
    for event, following in zip(moves, [*moves[1:], None], strict=False):
        state = procedure.by_state.get(event["to_state"])
        if state is None or state.is_end:
            continue
        since = today(event["at"])
        until = today(following["at"]) if following else today()
        stopped_by = state.stopped_by.value if state.stopped_by else None
        found.append(
            {"state": state.code, "since": since, "until": until, "clock": state.clock, "stopped_by": stopped_by,
             "days": max((until - since).days, 0), "is_now": following is None}
        )  # fmt: skip
    return _placed([one for one in found if one["clock"] != "off"])


def _placed(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where each stands on a line of a thousand units; what took no day still shows as a sliver."""
    weights = [max(one["days"], 0.4) for one in found]
    whole, left = sum(weights), 0.0
    for one, weight in zip(found, weights, strict=True):
        one["x"], one["width"] = round(left, 1), round(1000 * weight / whole, 1)
        left += 1000 * weight / whole
    return found


def threads(events: Sequence[Mapping[str, Any]], side: str) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """What was said, by whom it is for: everybody; inside the offices, or among the carrier's own people."""
    own = "carrier" if side == "carrier" else "inside"
    said = [event for event in events if event["comment"] and event["action"] == "comment"]
    return [(audience, [e for e in said if e["audience"] == audience]) for audience in ("all", own)]


def documents_by_stage(found: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[list[Mapping[str, Any]]]]]:
    """Stage → its types of documents, each with its versions, newest first."""
    by_type: dict[tuple[str, bool], list[Mapping[str, Any]]] = {}
    for one in found:
        by_type.setdefault((one["document_type"], one["site_id"] is None), []).append(one)
    stages = []
    for stage, types in DOCUMENTS_OF_STAGE.items():
        kept = [by_type[key] for code in types for key in ((code, False), (code, True)) if key in by_type]
        if kept:
            stages.append((stage, kept))
    return stages


def proposed_dates(events: Sequence[Mapping[str, Any]]) -> list[date]:
    """The days the carrier last proposed for the survey."""
    for event in reversed(events):
        if event["action"] == "propose_survey":
            return [date.fromisoformat(day) for day in event["content"].get("survey_dates", ())]
    return []


def _mended(session: Session, site: SiteRow, events: Sequence[Mapping[str, Any]]) -> set[str]:
    """What of a correction has been changed since it was asked for."""
    if not site["correction"]:
        return set()
    asked = [event["at"] for event in events if event["action"] == "request_correction"]
    return changed_since(session, site, asked[-1] if asked else site["state_since"])


def _asked(reviews: Sequence[Mapping[str, Any]], actor: Actor) -> Mapping[str, Any] | None:
    """What the viewer's office was asked and has not answered."""
    mine = [one for one in reviews if one["organisation_id"] == actor.organisation_id and one["answer"] is None]
    return mine[-1] if mine else None


def open_offer(session: Session, site_id: UUID) -> Mapping[str, Any] | None:
    """The open proposal to share that a site takes part in, and on which side."""
    row = session.execute(
        text(
            "SELECT with_site_id = :site AS is_holder, names_shown, asker_answer, holder_answer FROM sharing_offer"
            " WHERE (site_id = :site OR with_site_id = :site) AND closed_at IS NULL ORDER BY offered_at DESC LIMIT 1"
        ),
        {"site": site_id},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def rivals(session: Session, site_id: UUID) -> list[Mapping[str, Any]]:
    """Other running cases on the same asset."""
    rows = session.execute(
        text(
            "SELECT site_id, code, carrier_name, state, has_slot FROM rival_sites(:site) ORDER BY has_slot DESC, code"
        ),
        {"site": site_id},
    )
    return [dict(row._mapping) for row in rows]


def offices(session: Session) -> list[Mapping[str, Any]]:
    """Offices that answer for assets or can be asked for their opinion."""
    rows = session.execute(
        text(
            "SELECT organisation_id, name FROM organisation WHERE kind IN ('bureau', 'municipality', 'affiliated', 'private')"
            " ORDER BY kind, name"
        )
    )
    return [dict(row._mapping) for row in rows]


def earlier_cases(session: Session, site: SiteRow) -> list[Mapping[str, Any]]:
    """Other cases on the same asset that the viewer may see, newest first."""
    rows = session.execute(
        text(
            "SELECT site_id, code, carrier_name, state, reason_code, reason, decided_on, on_air_on, submitted_at FROM site"
            " WHERE asset_id = :asset AND site_id <> :site AND state <> 'draft' ORDER BY submitted_at DESC NULLS LAST"
            " LIMIT :most"
        ),
        {"asset": site["asset_id"], "site": site["site_id"], "most": EARLIER_MOST},
    )
    return [dict(row._mapping) for row in rows]


def last_act(session: Session, site_id: UUID) -> Mapping[str, Any] | None:
    """What was last done on a case, as far as the viewer may hear it."""
    row = session.execute(
        text(
            "SELECT at, action, to_state, party, person_name, organisation_name FROM site_event WHERE site_id = :site"
            " AND action NOT IN ('comment', 'add_document') ORDER BY n DESC LIMIT 1"
        ),
        {"site": site_id},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def suggested_days() -> list[date]:
    """Days a form may begin with: three weeks from now."""
    return [today() + timedelta(days=days) for days in (14, 21)]
