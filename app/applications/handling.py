"""Work around a case that moves no state: comments, who is in charge, handing all cases to the next contractor."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.accounts.permissions import Permission
from app.applications.events import add_event, payload
from app.applications.outbox.notices import tell
from app.applications.procedure import Party
from app.applications.schemas import CommentRequest
from app.applications.sites import SiteRow, get_site, lock_site, match_version, parties_of
from app.problems import CONFLICT, FORBIDDEN, INVALID, Problem


def comment(session: Session, actor: Actor, site_id: UUID, wanted: CommentRequest) -> int:
    """Say something on a case; answers the event's number. Raises Problem: 404, 403 (not one's audience)."""
    site = get_site(session, site_id)
    party = acting_party(actor, site)
    if (wanted.audience == "inside") == (party is Party.CARRIER) and wanted.audience != "all":
        raise Problem(FORBIDDEN, "その宛先には書けません。", "You cannot write to that audience.")
    n = add_event(session, actor, site, "comment", party=party, audience=wanted.audience, comment=wanted.text)
    audit.record(session, "site.comment", f"site:{site_id}", after={"n": n, "audience": wanted.audience})
    everybody = {"all": ["carrier", "window", "owner"], "inside": ["window", "owner"], "carrier": ["carrier"]}
    tell(session, site_id, n, "comment", everybody[wanted.audience], payload(site, "comment", n, None))
    return n


def acting_party(actor: Actor, site: SiteRow) -> Party:
    """As which party somebody speaks: as the one that owes the step where they are, else as what they are."""
    parties = parties_of(actor, site)
    if site["party"] in {party.value for party in parties}:
        return Party(site["party"])
    return min(parties, default=Party.OWNER)  # an office asked for its opinion speaks as an office


def assign(session: Session, actor: Actor, site_id: UUID, if_match: str | None, person_id: UUID | None) -> SiteRow:
    """Put a colleague in charge, or nobody. Raises Problem: 404, 412, 428, 403, 422 (not a colleague who may act)."""
    site = lock_site(session, site_id)
    match_version(site, if_match)
    column = _column_of(actor, site)
    if person_id is not None and not _may_act(session, actor, person_id):
        raise Problem(
            INVALID, "担当には、この組織で案件を扱える人を選んでください。", "Choose a colleague who may handle cases.",
            errors=[{"pointer": "/person_id", "ja": "選び直してください。", "en": "Choose again."}],
        )  # fmt: skip
    session.execute(
        text(f"UPDATE site SET {column} = :person, version = version + 1, updated_at = now() WHERE site_id = :site"),
        {"person": person_id, "site": site_id},
    )
    said = {"person_id": str(person_id) if person_id else None, "as": column}
    n = add_event(session, actor, site, "assign", party=acting_party(actor, site), audience="inside", content=said)
    audit.record(session, "site.assign", f"site:{site_id}", before={column: str(site[column])}, after=said)
    party = "window" if column == "assigned_to" else "owner"
    tell(session, site_id, n, "assign", [party], payload(site, "assign", n, None))
    return get_site(session, site_id)


def _column_of(actor: Actor, site: SiteRow) -> str:
    if Permission.CASES_WINDOW in actor.permissions:
        return "assigned_to"
    if Permission.CASES_REVIEW in actor.permissions and site["owner_organisation_id"] == actor.organisation_id:
        return "reviewer_id"
    raise Problem(FORBIDDEN, "担当を決められるのは窓口と所管だけです。", "Window and owner decide who is in charge.")


def _may_act(session: Session, actor: Actor, person_id: UUID) -> bool:
    return any(row["person_id"] == person_id for row in colleagues(session, actor))


def colleagues(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """Who of one's own organisation may handle cases."""
    rows = session.execute(
        text(
            "SELECT DISTINCT p.person_id, p.name FROM membership m JOIN person p USING (person_id)"
            " WHERE m.organisation_id = :organisation AND m.ended_at IS NULL AND p.disabled_at IS NULL"
            " AND m.role IN ('window_operator', 'owner_reviewer') ORDER BY p.name"
        ),
        {"organisation": actor.organisation_id},
    )
    return [dict(row._mapping) for row in rows]


def delegate(session: Session, actor: Actor, site_id: UUID, if_match: str | None, office: UUID) -> None:
    """Give a case to another office: by the owner, or by the window. Raises Problem: 404, 412, 428, 403, 409, 422."""
    site = lock_site(session, site_id)
    match_version(site, if_match)
    parties = parties_of(actor, site)
    if not parties & {Party.OWNER, Party.WINDOW}:
        raise Problem(
            FORBIDDEN, "所管を変えられるのは、所管と窓口だけです。", "Only owner and window change the office."
        )
    if site["referred_at"] is None or site["stage"] == "end" or office == site["owner_organisation_id"]:
        raise Problem(CONFLICT, "いまは所管を変えられません。", "The office cannot be changed now.")
    name = session.execute(
        text(
            "SELECT name FROM organisation WHERE organisation_id = :id"
            " AND kind IN ('bureau', 'municipality', 'affiliated', 'private')"
        ),
        {"id": office},
    ).scalar_one_or_none()
    if name is None:
        raise Problem(
            INVALID, "所管には、登録された部署を選んでください。", "Choose a registered office.",
            errors=[{"pointer": "/organisation_id", "ja": "選び直してください。", "en": "Choose again."}],
        )  # fmt: skip
    said = {"organisation_id": str(office), "organisation": name}
    n = add_event(session, actor, site, "delegate", party=acting_party(actor, site), content=said)
    audit.record(
        session,
        "site.delegate",
        f"site:{site_id}",
        before={"organisation_id": str(site["owner_organisation_id"])},
        after=said,
    )
    session.execute(text("SELECT delegate_site(:site, :office)"), {"site": site_id, "office": office})
    tell(session, site_id, n, "delegate", ["carrier", "owner"], payload(site, "delegate", n, None))


def hand_over(session: Session, giver: UUID, taker: UUID) -> int:
    """Every case of one window contractor to the next, in one act; answers their number. Raises Problem (422)."""
    kinds = session.execute(
        text("SELECT count(*) FROM organisation WHERE organisation_id = ANY (:ids) AND kind = 'window'"),
        {"ids": [giver, taker]},
    ).scalar_one()
    if giver == taker or kinds != 2:
        raise Problem(
            INVALID,
            "引き継ぐ側と引き継がれる側に、別々の窓口受託者を選んでください。",
            "Choose two window contractors.",
        )
    moved: int = session.execute(
        text("SELECT hand_over_sites(:giver, :taker)"), {"giver": giver, "taker": taker}
    ).scalar_one()
    audit.record(
        session, "window.hand_over", f"organisation:{taker}", before={"organisation_id": str(giver)},
        after={"organisation_id": str(taker), "sites": moved},
    )  # fmt: skip
    return moved
