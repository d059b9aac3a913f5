"""Two carriers for one slot: the window proposes that they share; neither learns who the other is unless it so decides."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.applications.events import add_event, payload
from app.applications.moves import Move, Outcome
from app.applications.outbox.notices import tell
from app.applications.procedure import Party
from app.applications.schemas import SharingRequest
from app.applications.sharing import (
    Answer,
    Holder,
    PropertyClass,
    SharingFacts,
    SharingVerdict,
    StructureOwner,
    check_sharing,
)
from app.applications.sites import SiteRow, get_site, parties_of
from app.problems import CONFLICT, INVALID, NOT_FOUND, Problem


def offer_sharing(move: Move) -> Outcome:
    """Ask both carriers. Raises Problem (422) where no other case on the asset is named, (409) where one is being asked."""
    session, site_id = move.session, move.site["site_id"]
    rivals = session.execute(text("SELECT site_id, carrier_name, has_slot FROM rival_sites(:site)"), {"site": site_id})
    rival = next((row for row in rivals if row.site_id == move.wanted.with_site_id), None)
    if rival is None:
        raise Problem(
            INVALID,
            "共用の相手には、同じアセットの進行中の案件を選んでください。",
            "Choose a running case on the same asset.",
            errors=[{"pointer": "/with_site_id", "ja": "案件を選んでください。", "en": "Choose a case."}],
        )
    if _open_offer(session, "site_id", site_id) is not None:
        raise Problem(
            CONFLICT, "この案件の共用の打診に、まだ答えていない事業者がいます。答えを待ってください。",
            "A carrier has not yet answered what was proposed for this case; wait for the answer.",
            members={"reason": "sharing_open"},
        )  # fmt: skip
    shown = bool(move.wanted.names_shown)
    session.execute(
        text(
            "INSERT INTO sharing_offer (site_id, with_site_id, offered_by, names_shown)"
            " VALUES (:site, :other, :person, :shown)"
        ),
        {"site": site_id, "other": rival.site_id, "person": getattr(move.actor, "person_id", None), "shown": shown},
    )
    other = get_site(session, rival.site_id)
    said = {"with_carrier": move.site["carrier_name"]} if shown else {}
    n = add_event(session, move.actor, other, "ask_to_share", party=Party.WINDOW, content=said)
    tell(session, other["site_id"], n, "ask_to_share", ["carrier"], payload(other, "ask_to_share", n, None))
    return Outcome({}, {"with_carrier": rival.carrier_name} if shown else {})


def answer_offer(move: Move, *, accepts: bool) -> Outcome:
    """The carrier that asked for the slot answers; the site shares once both have agreed."""
    offer = _open_offer(move.session, "site_id", move.site["site_id"])
    if offer is None:
        return Outcome()
    _note_answer(move.session, offer, "asker_answer", accepts)
    agreed = accepts and offer["holder_answer"] is True
    return Outcome({"shares_with": offer["with_site_id"]} if agreed else {}, {"accepts": accepts})


def answer_as_holder(session: Session, actor: Actor, site_id: UUID, accepts: bool) -> SiteRow:
    """The carrier that holds the slot answers. Raises Problem: 404 (not asked), 409 (answered already)."""
    site = get_site(session, site_id)
    session.execute(text("SELECT lock_askers(:site)"), {"site": site_id})
    offer = _open_offer(session, "with_site_id", site_id)
    if offer is None or Party.CARRIER not in parties_of(actor, site):
        raise Problem(NOT_FOUND, "この案件に共用の打診はありません。", "Nobody has proposed to share this site.")
    if offer["holder_answer"] is not None:
        raise Problem(CONFLICT, "この打診には、もう答えています。", "You have answered already.")
    _note_answer(session, offer, "holder_answer", accepts)
    session.execute(text("SELECT agree_to_share(:offer)"), {"offer": offer["offer_id"]})
    n = add_event(session, actor, site, "answer_sharing", party=Party.CARRIER, content={"accepts": accepts})
    audit.record(session, "site.answer_sharing", f"site:{site_id}", after={"accepts": accepts})
    tell(session, site_id, n, "answer_sharing", ["window"], payload(site, "answer_sharing", n, None))
    return get_site(session, site_id)


def find_offer(session: Session, site_id: UUID) -> dict[str, Any] | None:
    """The open offer a site takes part in, as asker or holder."""
    return _open_offer(session, "site_id", site_id) or _open_offer(session, "with_site_id", site_id)


def _open_offer(session: Session, column: str, site_id: UUID) -> dict[str, Any] | None:
    row = session.execute(
        text(
            "SELECT offer_id, site_id, with_site_id, names_shown, asker_answer, holder_answer FROM sharing_offer"
            f" WHERE {column} = :site AND closed_at IS NULL ORDER BY offered_at DESC LIMIT 1 FOR UPDATE"
        ),
        {"site": site_id},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def _note_answer(session: Session, offer: dict[str, Any], column: str, accepts: bool) -> None:
    session.execute(
        text(
            f"UPDATE sharing_offer SET {column} = :accepts,"
            " closed_at = CASE WHEN NOT :accepts OR coalesce(:other, false) THEN now() END WHERE offer_id = :offer"
        ),
        {
            "accepts": accepts, "offer": offer["offer_id"],
            "other": offer["holder_answer" if column == "asker_answer" else "asker_answer"],
        },
    )  # fmt: skip


def record_sharing_check(move: Move) -> Outcome:
    """Whether a further tenant needs a permit of its own, and why: noted with the request."""
    wanted = move.wanted.modification
    if wanted is None or wanted.kind != "new_tenant":
        return Outcome()
    return Outcome({}, {"sharing_check": said_of(verdict_on(move.site, wanted.sharing or SharingRequest()))})


def verdict_on(site: SiteRow, said: SharingRequest) -> SharingVerdict:
    """The sharing check for what a carrier says of where a second tenant's equipment goes."""
    known = site["asset"].get("property_class")
    return check_sharing(
        SharingFacts(
            PropertyClass(known) if known in set(PropertyClass) else PropertyClass.ADMINISTRATIVE,
            Holder.CARRIER,
            StructureOwner(said.structure_owner),
            *(Answer(getattr(said, name)) for name in _CONDITIONS),
        )
    )


_CONDITIONS = ("under_holder_responsibility", "is_area_kept", "is_load_kept", "is_purpose_kept", "is_height_kept")


def said_of(verdict: SharingVerdict) -> dict[str, Any]:
    """A verdict as it stands in an event."""
    return {
        "needs_own_permit": verdict.needs_own_permit,
        "form": verdict.form.value,
        "next_ja": verdict.next_ja,
        "next_en": verdict.next_en,
        "open_questions": [{"ja": words.ja, "en": words.en} for words in verdict.open_questions],
        "reason_ja": verdict.reason_ja,
        "reason_en": verdict.reason_en,
        "source": verdict.source,
    }
