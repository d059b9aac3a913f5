"""What a transition does besides changing the state: one small function for each name in the table."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from app.applications import corrections, permits, slots
from app.applications.asset_feedback import propose_corrections
from app.applications.choosing.asset_facts import refuse_retired_asset, refuse_vanished_asset
from app.applications.deadlines import closures_of, days_left, office_of
from app.applications.moves import Move, Outcome
from app.applications.reviews import offices_of, refuse_open_reviews
from app.applications.sharing_offers import answer_offer, offer_sharing, record_sharing_check
from app.problems import CONFLICT, Problem


def carry_out(move: Move) -> Outcome:
    """Every effect of the step in the order of the table. Raises Problem where one cannot be had."""
    columns: dict[str, Any] = {}
    said: dict[str, Any] = {}
    for name in move.step.effects:
        outcome = EFFECTS[name](move)
        columns |= outcome.columns
        said |= outcome.said
    return Outcome(columns, said)


def _start_clock(move: Move) -> Outcome:
    """A site that is sent lies with the contractor of the day, and its clock starts. Raises Problem (409) for a draft's."""
    state = move.session.execute(
        text("SELECT state FROM application WHERE application_id = :id"), {"id": move.site["application_id"]}
    ).scalar_one()
    if state != "submitted":
        raise Problem(
            CONFLICT, "場所ごとには送れません。申請の「送る」で、全部の場所をまとめて送ってください。",
            "A site is not sent by itself: send its application (POST …/applications/{id}/submit).",
            members={"reason": "application_is_draft"},
        )  # fmt: skip
    refuse_retired_asset(move.session, move.site["asset_id"])
    window = move.session.execute(text("SELECT window_on(:day)"), {"day": move.on}).scalar_one()
    return Outcome({"started_on": move.on, "submitted_at": datetime.now(UTC), "window_organisation_id": window})


def _keep_days(move: Move) -> Outcome:
    """Remember where the case was taken from and how many days the office had left."""
    state = move.procedure.by_state[move.site["state"]]
    closures = closures_of(move.session, office_of(move.site, state.party))
    return Outcome({"resume_state": state.code, "resume_days": days_left(move.site["due_on"], move.on, closures)})


def _route(move: Move) -> Outcome:
    """The office that answers: as the window says, else as the asset's list, bureau or municipality tells."""
    refuse_retired_asset(move.session, move.site["asset_id"])
    if move.wanted.owner_organisation_id is not None:
        offices_of(move.session, [move.wanted.owner_organisation_id], "/owner_organisation_id")
    owner = (
        move.wanted.owner_organisation_id
        or move.session.execute(
            text("SELECT office_of_asset(:asset)"), {"asset": move.site["asset_id"]}
        ).scalar_one_or_none()
    )
    columns: dict[str, Any] = {"owner_organisation_id": owner, "referred_at": datetime.now(UTC)}
    return Outcome(columns, {"without_office": owner is None})


def _asset_there(move: Move) -> Outcome:
    """Nothing is agreed to on an asset that has left the register."""
    refuse_vanished_asset(move.session, move.site["asset_id"])
    return Outcome()


def _decide(move: Move) -> Outcome:
    """The decision ends the clock for good; what is decided later, of a change, stands in the events alone."""
    wanted = move.wanted
    if move.site["decided_on"] is not None:
        return Outcome()
    return Outcome(
        {
            "decided_on": move.on, "reason_code": wanted.reason_code,
            "reason": wanted.comment if wanted.reason_code else None, "reopen_on": wanted.reopen_on,
        }
    )  # fmt: skip


def _give_reason(move: Move) -> Outcome:
    """Why a carrier gives a site up; of a change that is given up, the events tell it."""
    if move.stays_on_air:
        return Outcome()
    return Outcome({"reason_code": move.wanted.reason_code, "reason": move.wanted.comment})


EFFECTS: Mapping[str, Callable[[Move], Outcome]] = {
    "start_clock": _start_clock,
    "keep_days": _keep_days,
    "note_items": corrections.note_items,
    "check_items": corrections.check_items,
    "offer_sharing": offer_sharing,
    "answer_sharing": lambda move: answer_offer(move, accepts=True),
    "decline_offer": lambda move: answer_offer(move, accepts=False),
    "check_sharing": record_sharing_check,
    "route": _route,
    "asset_there": _asset_there,
    "reserve_slot": slots.reserve,
    "keep_reservation": slots.prolong,
    "hold_slot": slots.hold,
    "release_slot": slots.release,
    "reviews_done": refuse_open_reviews,
    "feed_back": propose_corrections,
    "decide": _decide,
    "give_reason": _give_reason,
    "write_permit": permits.write_permit,
    "tenancy": permits.write_tenancy,
    "put_station": permits.put_station,
    "amend_station": permits.amend_station,
    "station_removed": permits.take_station_off,
}
