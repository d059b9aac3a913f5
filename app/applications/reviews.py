"""Parallel review: several offices asked at once, all, any or n of them to agree, each by its day."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.applications.events import add_event, payload
from app.applications.moves import Move, Outcome
from app.applications.outbox.notices import tell
from app.applications.procedure import Party
from app.applications.schemas import ReviewAnswer, ReviewersRequest
from app.applications.sites import SiteRow, get_site, lock_site, parties_of
from app.clock import today
from app.problems import CONFLICT, FORBIDDEN, INVALID, NOT_FOUND, Problem

_COLUMNS = "review_id, site_id, round, organisation_id, organisation_name, question, asked_at, due_on, answer, comment, answered_at"
AGREES = frozenset({"yes", "yes_with_conditions"})


def ask_reviewers(session: Session, actor: Actor, site_id: UUID, wanted: ReviewersRequest) -> SiteRow:
    """Ask offices for their opinion while the owner (or the window) has the step.

    Raises Problem: 404, 403 (not the actor's step), 409 (a round is open), 422 (not an office, a day that has passed).
    """
    site = lock_site(session, site_id)
    parties = parties_of(actor, site)
    if Party(site["party"]) not in parties:
        raise Problem(
            FORBIDDEN, "いま手続きを進める側だけが、ほかの課に意見を聞けます。", "Only whoever owes the step may ask."
        )
    if site["review_rule"] is not None:
        raise Problem(CONFLICT, "前に聞いた意見がまだそろっていません。", "A round of review is still open.")
    if wanted.due_on < today():
        raise Problem(INVALID, "回答期限には、今日より後の日を選んでください。", "Choose a day that has not passed.")
    offices = offices_of(session, wanted.organisation_ids)
    number = 1 + max((r["round"] for r in list_reviews(session, site_id)), default=0)
    for organisation_id, name in offices.items():
        session.execute(
            text(
                "INSERT INTO review (site_id, round, organisation_id, organisation_name, question, asked_by, due_on)"
                " VALUES (:site, :round, :organisation, :name, :question, :person, :due)"
            ),
            {
                "site": site_id, "round": number, "organisation": organisation_id, "name": name,
                "question": wanted.question, "person": actor.person_id, "due": wanted.due_on,
            },
        )  # fmt: skip
    rule = {"rule": wanted.rule, "needed": _needed(wanted, len(offices)), "round": number}
    session.execute(
        text(
            "UPDATE site SET review_rule = CAST(:rule AS jsonb), version = version + 1, updated_at = now(),"
            " reviewer_organisations = (SELECT array_agg(DISTINCT o) FROM unnest(reviewer_organisations || :offices) o)"
            " WHERE site_id = :site"
        ),
        {"rule": orjson.dumps(rule).decode(), "offices": list(offices), "site": site_id},
    )
    party = Party(site["party"])
    said = {**rule, "offices": list(offices.values()), "question": wanted.question, "due_on": wanted.due_on.isoformat()}
    n = add_event(session, actor, site, "ask_review", party=party, audience="inside", content=said)
    audit.record(session, "site.ask_review", f"site:{site_id}", after=said)
    asked = get_site(session, site_id)
    tell(session, site_id, n, "ask_review", ["reviewers"], payload(asked, "ask_review", n, None))
    return asked


def _needed(wanted: ReviewersRequest, offices: int) -> int:
    return {"all": offices, "any": 1}.get(wanted.rule, wanted.needed or offices)


def offices_of(session: Session, ids: Sequence[UUID], pointer: str = "/organisation_ids") -> dict[UUID, str]:
    """Names of offices. Raises Problem (422) naming every id that is none."""
    rows = session.execute(
        text(
            "SELECT organisation_id, name FROM organisation WHERE organisation_id = ANY (:ids)"
            " AND kind IN ('bureau', 'municipality', 'affiliated', 'private')"
        ),
        {"ids": list(ids)},
    )
    found = {row.organisation_id: row.name for row in rows}
    unknown = [str(each) for each in ids if each not in found]
    if unknown:
        raise Problem(
            INVALID, "登録された部署から選んでください。", "Choose among the registered offices.",
            errors=[{"pointer": pointer, "ja": each, "en": each} for each in unknown],
        )  # fmt: skip
    return found


def list_reviews(session: Session, site_id: UUID) -> list[dict[str, Any]]:
    """Every answer asked for on a site, by round."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM review WHERE site_id = :site AND cancelled_at IS NULL ORDER BY round, organisation_name"
        ),
        {"site": site_id},
    )
    return [dict(row._mapping) for row in rows]


def answer_review(session: Session, actor: Actor, site_id: UUID, wanted: ReviewAnswer) -> SiteRow:
    """Answer for one's office; once. Raises Problem: 404 (not asked), 409 (answered already)."""
    site = get_site(session, site_id)
    row = session.execute(
        text(
            "SELECT review_id, round, answer FROM review WHERE site_id = :site AND organisation_id = :organisation"
            " AND cancelled_at IS NULL ORDER BY round DESC LIMIT 1 FOR UPDATE"
        ),
        {"site": site_id, "organisation": actor.organisation_id},
    ).one_or_none()
    if row is None:
        raise Problem(
            NOT_FOUND, "この案件で意見を求められていません。", "Your office has not been asked about this case."
        )
    if row.answer is not None:
        raise Problem(CONFLICT, "この照会には、もう回答しています。", "Your office has answered already.")
    session.execute(
        text(
            "UPDATE review SET answer = :answer, comment = :comment, answered_by = :person, answered_at = now()"
            " WHERE review_id = :id"
        ),
        {"answer": wanted.answer, "comment": wanted.comment, "person": actor.person_id, "id": row.review_id},
    )
    n = add_event(
        session, actor, site, "answer_review", party=Party.OWNER, audience="inside", comment=wanted.comment,
        content={"answer": wanted.answer, "round": row.round},
    )  # fmt: skip
    audit.record(session, "site.answer_review", f"site:{site_id}", after={"answer": wanted.answer})
    tell(session, site_id, n, "answer_review", [site["party"]], payload(site, "answer_review", n, None))
    return get_site(session, site_id)


def outlook(site: SiteRow, reviews: Sequence[Mapping[str, Any]]) -> str | None:
    """How the open round stands: `waiting`, `agreed` or `refused`; None without one."""
    rule = site["review_rule"]
    if rule is None:
        return None
    answers = [review["answer"] for review in reviews if review["round"] == rule["round"]]
    agreed = sum(answer in AGREES for answer in answers)
    if agreed >= rule["needed"]:
        return "agreed"
    possible = agreed + sum(answer is None for answer in answers)
    return "waiting" if possible >= rule["needed"] else "refused"


def refuse_open_reviews(move: Move) -> Outcome:
    """A step of the owner waits for the offices it asked. Raises Problem (409) naming those that have not agreed."""
    reviews = list_reviews(move.session, move.site["site_id"])
    how = outlook(move.site, reviews)
    if how is None:
        return Outcome()
    if how == "agreed":
        return Outcome({"review_rule": None})
    current = move.site["review_rule"]["round"]
    open_offices = [r["organisation_name"] for r in reviews if r["round"] == current and r["answer"] not in AGREES]
    ja = "意見を聞いた部署の回答がそろっていません" if how == "waiting" else "意見を聞いた部署が同意していません"
    raise Problem(
        CONFLICT, f"{ja}: {'、'.join(open_offices)}", f"The offices asked have not agreed: {', '.join(open_offices)}",
        members={"reason": f"reviews_{how}", "offices": open_offices},
    )  # fmt: skip
