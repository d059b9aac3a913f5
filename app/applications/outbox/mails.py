"""Notices by mail: one at once for each, or one a business day with all of them; tried again for three days, then given up.

As with webhooks, a notice is marked as mailed before the mail is sent and the mark is committed after: a worker killed in
between sends it again, with the same Message-ID.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from datetime import time as time_of_day
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import structlog
from aiosmtplib import (
    SMTPConnectError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Transactions
from app.accounts.mail import send
from app.accounts.sessions import find_member
from app.applications.outbox.mail_texts import Recipient, write_digest, write_notice
from app.applications.outbox.notices import WORKER
from app.clock import TOKYO, is_business_day
from app.config import Settings

_log = structlog.get_logger()
# How long after a notice it is tried, for the first time, the second, …: ten tries in three days, for week-ends.
TRIED_AFTER = (
    timedelta(0), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=2),
    timedelta(hours=6), timedelta(hours=12), timedelta(hours=24), timedelta(hours=48), timedelta(hours=72),
)  # fmt: skip
TRIES = len(TRIED_AFTER)
_TRIES_A_DAY = 7  # of a digest: what has failed that often is tried once more on each day that has one
_CLOSING = 421  # the server ends the conversation, whatever it was about
DIGEST_AT = time_of_day(8, tzinfo=TOKYO)

NO_SERVER = (
    "メールサーバーが設定されていないため、画面だけでお知らせしました。 / No mail server is set: told on screen only."
)
LEFT = "組織を離れた人なので送りませんでした。 / Not sent: this person has left the organisation."

_WAITS = "mailed_at IS NULL AND given_up_at IS NULL"
_DUE = f"mail = 'immediate' AND {_WAITS} AND created_at + (CAST(:after AS interval[]))[attempts + 1] <= now()"
_MARK = "mailed_at = clock_timestamp(), attempts = attempts + 1, failure = NULL"
_ROW = "n.notice_id, n.person_id, n.organisation_id, n.site_id, n.kind, n.attempts"
_SITE = (
    "s.code, s.asset->>'name' AS asset_name, s.state, s.party, s.due_on, s.procedure_id, s.organisation_id AS carrier_id,"
    " s.window_organisation_id AS window_id, s.owner_organisation_id AS owner_id"
)
_CLAIM_ONE = f"""
UPDATE notice n SET {_MARK} FROM site s
WHERE s.site_id = n.site_id AND n.notice_id = (
  SELECT notice_id FROM notice WHERE {_DUE} ORDER BY created_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING {_ROW}, {_SITE}
"""
_CLAIM_DIGEST = f"""
UPDATE notice n SET {_MARK} FROM site s
WHERE s.site_id = n.site_id AND n.notice_id IN (
  SELECT notice_id FROM notice WHERE person_id = :person AND mail = 'digest' AND {_WAITS} AND created_at < :boundary
  FOR NO KEY UPDATE)
RETURNING {_ROW}, {_SITE}
"""
_DIGEST_READERS = f"""
SELECT person_id FROM notice WHERE mail = 'digest' AND {_WAITS} AND created_at < :boundary
GROUP BY person_id
HAVING CAST(:boundary AS timestamptz) + (CAST(:after AS interval[]))[least(min(attempts) + 1, {_TRIES_A_DAY})] <= :now
ORDER BY person_id
"""
# The attempt has been counted already.
_FAILED = f"""
UPDATE notice SET mailed_at = NULL, failure = :failure,
  given_up_at = CASE WHEN :over OR attempts >= {TRIES} THEN clock_timestamp() END
WHERE notice_id = ANY (:ids)
"""
# While the server is away everything due has waited in vain, not only what was tried.
_ALL_FAILED = f"""
UPDATE notice SET attempts = attempts + 1, failure = :failure,
  given_up_at = CASE WHEN attempts + 1 >= {TRIES} THEN clock_timestamp() END
WHERE notice_id IN (SELECT notice_id FROM notice WHERE {_DUE} FOR NO KEY UPDATE SKIP LOCKED)
"""

Notice = Mapping[str, Any]


def send_due_mails(transactions: Transactions, settings: Settings, until: float) -> int:
    """Send the mails that are due until none is or `until` (monotonic seconds) has come; how many were tried.

    Without a mail server they are marked so, and stay on screen.
    """
    if settings.smtp_host is None:
        return _leave_on_screen(transactions)
    tried = 0
    while time.monotonic() < until and _send_next(transactions, settings):
        tried += 1
    return tried


def _leave_on_screen(transactions: Transactions) -> int:
    with transactions.begin(WORKER) as session:
        found = session.execute(
            text(
                f"UPDATE notice SET given_up_at = clock_timestamp(), failure = :why WHERE mail <> 'none' AND {_WAITS} RETURNING 1"
            ),
            {"why": NO_SERVER},
        )
        return len(found.all())


def _send_next(transactions: Transactions, settings: Settings) -> bool:
    """Whether there was one, and the server took it or refused just that one."""
    with transactions.begin(WORKER) as session:
        claimed = session.execute(text(_CLAIM_ONE), {"after": list(TRIED_AFTER)}).one_or_none()
        if claimed is None:
            return False
        notice = dict(claimed._mapping)
        to = _address_of(session, [notice])
        if not to.organisations:
            _note_failure(session, [notice], LEFT, is_over=True)
            return True
        return _hand_over(session, settings, [notice], write_notice(settings, to, notice))


def last_digest_at(now: datetime) -> datetime:
    """The last 8:00 of a business day in Japan: what came before it is in that day's digest."""
    day = now.astimezone(TOKYO).date()
    while not is_business_day(day) or datetime.combine(day, DIGEST_AT) > now:
        day -= timedelta(days=1)
    return datetime.combine(day, DIGEST_AT)


def send_due_digests(transactions: Transactions, settings: Settings, until: float, now: datetime | None = None) -> int:
    """Send everybody who wants one the digest of the day, once; how many were tried. Nothing without a mail server."""
    if settings.smtp_host is None:
        return 0
    now = now or datetime.now(TOKYO)
    boundary = last_digest_at(now)
    bound = {"boundary": boundary, "after": list(TRIED_AFTER), "now": now}
    with transactions.begin(WORKER) as session:
        readers = session.execute(text(_DIGEST_READERS), bound).scalars().all()
    tried = 0
    for person_id in readers:
        if time.monotonic() >= until or not _send_digest(transactions, settings, person_id, boundary):
            break
        tried += 1
    return tried


def _send_digest(transactions: Transactions, settings: Settings, person_id: UUID, boundary: datetime) -> bool:
    with transactions.begin(WORKER) as session:
        mine = session.execute(
            text("SELECT pg_try_advisory_xact_lock(hashtext('digest ' || :person))"), {"person": str(person_id)}
        ).scalar_one()
        if not mine:  # another worker is about it
            return True
        found = session.execute(text(_CLAIM_DIGEST), {"person": person_id, "boundary": boundary})
        notices = [dict(row._mapping) for row in found]
        to = _address_of(session, notices)
        mine_still = [notice for notice in notices if notice["organisation_id"] in to.organisations]
        left = [notice for notice in notices if notice["organisation_id"] not in to.organisations]
        _note_failure(session, left, LEFT, is_over=True)
        if not mine_still:
            return True
        return _hand_over(session, settings, mine_still, write_digest(settings, to, mine_still, boundary))


def _address_of(session: Session, notices: Sequence[Notice]) -> Recipient:
    """Whom notices of one person go to, as far as they still act for the organisations they were told for."""
    if not notices:
        return Recipient("", "", frozenset())
    person_id = notices[0]["person_id"]
    organisations = {notice["organisation_id"] for notice in notices}
    row = session.execute(text("SELECT name, email FROM person WHERE person_id = :id"), {"id": person_id}).one()
    standing = (
        organisation
        for organisation in organisations
        if find_member(session, person_id, organisation, address="", request_id="") is not None
    )
    return Recipient(row.name, row.email, frozenset(standing))


def _hand_over(session: Session, settings: Settings, notices: Sequence[Notice], message: EmailMessage) -> bool:
    """Give a mail to the server; whether the server is there. What it does not take is tried again later."""
    try:
        asyncio.run(send(settings, message))
    except (OSError, SMTPException, ValueError) as error:
        _log.warning("mail was not sent", message_id=message["Message-ID"], reason=repr(error))
        if _is_refusal(error):
            failure = f"メールサーバーがこのメールを断りました。 / The mail server refused this mail: {error}"[:500]
            _note_failure(session, notices, failure)
            return True
        failure = f"メールサーバーにつながりません。 / The mail server cannot be reached: {error}"[:500]
        _note_failure(session, notices, failure)
        session.execute(text(_ALL_FAILED), {"after": list(TRIED_AFTER), "failure": failure})
        return False
    return True


def _is_refusal(error: Exception) -> bool:
    """Whether the server took fault with one mail; else it is not there for any."""
    if isinstance(error, SMTPConnectError) or getattr(error, "code", 0) == _CLOSING:
        return False
    return isinstance(error, SMTPRecipientsRefused | SMTPResponseException | SMTPNotSupported | ValueError)


def _note_failure(session: Session, notices: Sequence[Notice], failure: str, *, is_over: bool = False) -> None:
    session.execute(
        text(_FAILED), {"ids": [notice["notice_id"] for notice in notices], "failure": failure, "over": is_over}
    )
