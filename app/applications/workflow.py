"""The one place where a site changes its state: check the table, carry out the effects, write state, event and notices.

Everything of a transition happens in the caller's transaction: all of it or nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor, Service
from app.applications import deadlines
from app.applications.documents.needed import missing_documents
from app.applications.effects import carry_out
from app.applications.events import add_event, payload
from app.applications.moves import Move
from app.applications.outbox.notices import tell
from app.applications.papers.issuing import ask_for_paper
from app.applications.procedure import RESUME, Party, Procedure, State, Transition
from app.applications.schemas import TransitionRequest
from app.applications.sites import SiteRow, get_site, lock_site, match_version, parties_of, procedure_of
from app.applications.standard_procedure import DOCUMENT_TYPES
from app.clock import today
from app.problems import CONFLICT, FORBIDDEN, INVALID, Problem


def transition(
    session: Session, actor: Actor | Service, site_id: UUID, wanted: TransitionRequest, if_match: str | None
) -> SiteRow:
    """Take an action on a site and answer it as it then stands.

    Raises Problem: 404 (not the actor's), 428 and 412 (`If-Match`), 403 (another party's step), 409 (not in this state,
    with `available_actions`; no slot; asset gone), 422 (documents or fields missing, each named).
    """
    site = lock_site(session, site_id)
    match_version(site, if_match)
    procedure = procedure_of(session, site)
    step = find_step(procedure, site, actor, wanted.action)
    check_fields(step, wanted)
    check_documents(session, procedure, site, step)
    return _take(Move(session, site, actor, procedure, step, wanted, today()))


def find_step(procedure: Procedure, site: SiteRow, actor: Actor | Service, action: str) -> Transition:
    """The transition the actor asks for. Raises Problem: 409 where the state does not know it, 403 where another party's."""
    parties = parties_of(actor, site)
    found = [t for t in procedure.transitions if t.action == action and site["state"] in t.source]
    mine = [t for t in found if t.party in parties]
    if mine:
        return mine[0]
    state = procedure.by_state[site["state"]]
    available = [t.action for t in procedure.actions_from(state.code, parties)]
    members = {"state": state.code, "party": state.party.value, "available_actions": available}
    if found or _never_theirs(procedure, action, parties):
        raise Problem(
            FORBIDDEN,
            f"いまは「{state.ja}」です。この操作はあなたの役割ではできません。",
            f"The case is at '{state.en}'; this action is not yours to take.",
            members=members,
        )
    raise Problem(
        CONFLICT,
        f"いまは「{state.ja}」なので、その操作はできません。できることを選び直してください。",
        f"The case is at '{state.en}', where this cannot be done; choose one of the available actions.",
        members=members,
    )


def _never_theirs(procedure: Procedure, action: str, parties: frozenset[Party]) -> bool:
    owners = {t.party for t in procedure.transitions if t.action == action}
    return bool(owners) and not owners & parties


def check_fields(step: Transition, wanted: TransitionRequest) -> None:
    """Raises Problem (422) naming every field that the action asks for and that is not given."""
    lacking = [name for name in step.fields if getattr(wanted, name) is None]
    if lacking:
        raise Problem(
            INVALID,
            f"「{step.ja}」には {'、'.join(FIELD_WORDS[name][0] for name in lacking)} が要ります。",
            f"'{step.en}' needs {', '.join(FIELD_WORDS[name][1] for name in lacking)}.",
            errors=[
                {"pointer": f"/{name}", "ja": f"{FIELD_WORDS[name][0]}を入れてください。", "en": f"Give {FIELD_WORDS[name][1]}."}
                for name in lacking
            ],
        )  # fmt: skip


FIELD_WORDS: Mapping[str, tuple[str, str]] = {
    "comment": ("理由や説明", "a comment"),
    "reason_code": ("理由の区分", "a reason code"),
    "items": ("直してほしい項目", "the items to mend"),
    "survey_dates": ("調査の候補日", "dates for the survey"),
    "entrants": ("入館する人の一覧", "who will enter"),
    "survey_on": ("調査日", "the day of the survey"),
    "permit": ("許可の内容", "what the permit says"),
    "on_air": ("運用開始の内容", "how it went on air"),
    "modification": ("変更の内容", "what is to change"),
}


def check_documents(session: Session, procedure: Procedure, site: SiteRow, step: Transition) -> None:
    """Raises Problem (422) naming every document that the action asks for and that is not there."""
    lacking = missing_documents(session, site, step)
    if lacking:
        names = [DOCUMENT_TYPES.get(name, (name, name)) for name in lacking]
        raise Problem(
            INVALID,
            f"「{step.ja}」の前に、{'、'.join(ja for ja, _ in names)}を添付してください。",
            f"Attach {', '.join(en for _, en in names)} before '{step.en}'.",
            errors=[
                {"pointer": f"/documents/{code}", "ja": f"{ja}がありません。", "en": f"{en} is missing."}
                for code, (ja, en) in zip(lacking, names, strict=True)
            ],
        )


# Said elsewhere in the event; and which other case is meant, its own carrier must not read.
_NOT_IN_EVENTS = {"action", "comment", "with_site_id"}


def _take(move: Move) -> SiteRow:
    outcome = carry_out(move)
    target = _target(move)
    columns = {**_standing(move, target, {**move.site, **outcome.columns}), **outcome.columns}
    _write(move.session, move.site["site_id"], columns)
    said = {**move.wanted.model_dump(mode="json", exclude_none=True, exclude=_NOT_IN_EVENTS), **outcome.said}
    n = add_event(
        move.session, move.actor, move.site, move.step.action, party=move.step.party, from_state=move.site["state"],
        to_state=target.code, comment=move.wanted.comment, content=said,
    )  # fmt: skip
    audit.record(
        move.session, f"site.{move.step.action}", f"site:{move.site['site_id']}",
        before={"state": move.site["state"]}, after={"state": target.code, "n": n},
    )  # fmt: skip
    ask_for_paper(move.session, move.site["site_id"], move.step.action, n)
    moved = get_site(move.session, move.site["site_id"])
    tell(
        move.session,
        moved["site_id"],
        n,
        move.step.action,
        _concerned(moved),
        payload(moved, move.step.action, n, move.site["state"]),
    )
    return moved


def _target(move: Move) -> State:
    code = move.site["resume_state"] if move.step.target == RESUME else move.step.target
    return move.procedure.by_state["on_air" if move.stays_on_air else code]


def _standing(move: Move, target: State, site: SiteRow) -> dict[str, Any]:
    """The columns that follow from being in a state; the office may be new with this step."""
    resumed = move.site["resume_days"] if move.step.target == RESUME else None
    office = deadlines.office_of(site, target.party)
    due = deadlines.due_on(
        target, move.on, is_new_structure=bool(move.site["plan"].get("is_new_structure")),
        closures=deadlines.closures_of(move.session, office), resumed_days=resumed,
    )  # fmt: skip
    columns: dict[str, Any] = {"state": target.code, "party": target.party.value, "stage": target.stage, "due_on": due}
    if move.step.target == RESUME:
        columns |= {"resume_state": None, "resume_days": None}
    return columns


def _write(session: Session, site_id: UUID, columns: Mapping[str, Any]) -> None:
    """Set the state and what goes with it: the only statement that does."""
    assigned = ", ".join(f"{name} = {_placed(name)}" for name in columns)
    session.execute(
        text(
            f"UPDATE site SET {assigned}, state_since = now(), updated_at = now(), version = version + 1 WHERE site_id = :site_id"
        ),
        {**{name: _bound(name, value) for name, value in columns.items()}, "site_id": site_id},
    )


_JSON = frozenset({"correction", "permit", "review_rule", "plan", "asset"})


def _placed(name: str) -> str:
    return f"CAST(:{name} AS jsonb)" if name in _JSON else f":{name}"


def _bound(name: str, value: Any) -> Any:
    return orjson.dumps(value).decode() if name in _JSON and value is not None else value


def _concerned(site: SiteRow) -> list[str]:
    """Whom a move concerns: the carrier always, and whoever owes the next step."""
    return sorted({Party.CARRIER.value, site["party"]} - {Party.NOBODY.value})


def available_actions(procedure: Procedure, site: SiteRow, actor: Actor) -> Sequence[Transition]:
    """What the actor may do now, as far as it makes sense at this site."""
    return [step for step in procedure.actions_from(site["state"], parties_of(actor, site)) if _makes_sense(step, site)]


def _makes_sense(step: Transition, site: SiteRow) -> bool:
    if step.action == "acknowledge_sharing":
        return site["shares_with"] is not None
    return step.action != "await_road_permits" or site["asset"].get("asset_kind") == "structure"
