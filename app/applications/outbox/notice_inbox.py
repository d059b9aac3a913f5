"""A person's own notices on screen, and how they want to be told. Row-level security shows each person theirs alone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.accounts.permissions import Permission
from app.applications.outbox.mail_texts import words_of
from app.problems import NOT_FOUND, Problem

_LIST = """
SELECT n.notice_id, n.site_id, s.code AS site_code, s.asset->>'name' AS asset_name, n.kind, s.state, s.party, s.due_on,
  n.created_at, n.read_at, n.mail, n.mailed_at, n.failure AS mail_failure, n.given_up_at IS NOT NULL AS mail_given_up
FROM notice n LEFT JOIN site s USING (site_id)
WHERE n.person_id = :person AND n.organisation_id = :organisation AND (NOT :unread OR n.read_at IS NULL)
  AND (CAST(:before AS timestamptz) IS NULL OR (n.created_at, n.notice_id) < (:before, :before_id))
ORDER BY n.created_at DESC, n.notice_id DESC LIMIT :limit
"""


def list_notices(
    session: Session,
    actor: Actor,
    *,
    unread: bool = False,
    before: datetime | None = None,
    before_id: UUID | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """What the actor was told as a member of the organisation they act for, newest first.

    `before` and `before_id` are `created_at` and `notice_id` of the last one of the page before.
    """
    rows = session.execute(
        text(_LIST),
        {
            "person": actor.person_id, "organisation": actor.organisation_id, "unread": unread, "before": before,
            "before_id": before_id or UUID(int=0), "limit": limit,
        },
    )  # fmt: skip
    return [_in_words(dict(row._mapping)) for row in rows]


def _in_words(notice: dict[str, Any]) -> dict[str, Any]:
    ja, en = words_of(notice["kind"], notice["due_on"])
    return {**notice, "title_ja": ja, "title_en": en}


def count_unread(session: Session, actor: Actor) -> int:
    """How many notices of the organisation they act for the actor has not read."""
    count: int = session.execute(
        text("SELECT count(*) FROM notice WHERE person_id = :person AND organisation_id = :organisation AND read_at IS NULL"),
        {"person": actor.person_id, "organisation": actor.organisation_id},
    ).scalar_one()  # fmt: skip
    return count


def mark_read(session: Session, actor: Actor, notice_id: UUID) -> None:
    """Note that the actor has read a notice. Raises Problem (404)."""
    found = session.execute(
        text(
            "UPDATE notice SET read_at = coalesce(read_at, now()) WHERE notice_id = :id AND person_id = :person RETURNING 1"
        ),
        {"id": notice_id, "person": actor.person_id},
    ).one_or_none()
    if found is None:
        raise Problem(NOT_FOUND, "そのお知らせは見つかりません。", "There is no such notice.")
    audit.record(session, "notice.read", f"notice:{notice_id}")


def mark_all_read(session: Session, actor: Actor) -> int:
    """Note that the actor has read all notices of the organisation they act for; how many were new."""
    rows = session.execute(
        text(
            "UPDATE notice SET read_at = now() WHERE person_id = :person AND organisation_id = :organisation"
            " AND read_at IS NULL RETURNING 1"
        ),
        {"person": actor.person_id, "organisation": actor.organisation_id},
    ).all()
    audit.record(session, "notice.read-all", f"person:{actor.person_id}", after={"notices": len(rows)})
    return len(rows)


def mail_setting(session: Session, actor: Actor) -> str:
    """How the actor is told by mail: `immediate`, `digest` or `none`; carriers at once and staff once a day by default."""
    chosen = session.execute(
        text("SELECT mail FROM notice_setting WHERE person_id = :person"), {"person": actor.person_id}
    ).scalar_one_or_none()
    default = "immediate" if Permission.APPLICATIONS_WRITE in actor.permissions else "digest"
    return str(chosen or default)


def set_mail(session: Session, actor: Actor, mail: str) -> None:
    """Choose how to be told from now on."""
    before = mail_setting(session, actor)
    session.execute(
        text(
            "INSERT INTO notice_setting (person_id, mail) VALUES (:person, :mail)"
            " ON CONFLICT (person_id) DO UPDATE SET mail = excluded.mail"
        ),
        {"person": actor.person_id, "mail": mail},
    )
    audit.record(
        session, "notice.setting", f"person:{actor.person_id}", before={"mail": before}, after={"mail": mail}
    )  # fmt: skip
