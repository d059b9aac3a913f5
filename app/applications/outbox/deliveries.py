"""Sending events to webhooks: signed, tried again over a day, given up with the reason.

A delivery is marked as made before it is sent and the mark is committed after: while it is under way nobody else sees
it, and a worker killed before the commit leaves it as it was. What came through twice carries the same `webhook-id`.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from app.accounts.actor import Transactions
from app.applications.outbox.notices import WORKER
from app.config import Settings
from app.outbound import NotPosted, post

# Waits after the first try, the second, …: eight tries in 23 h 36 min.
WAITS = (
    timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=4),
    timedelta(hours=7), timedelta(hours=10),
)  # fmt: skip
TRIES = len(WAITS) + 1
DAY = timedelta(hours=24)
GONE = 410

# A receiver that could not be reached is left alone until it is due again, however many events wait for it: each would
# cost the worker its five seconds.
_CLAIM = """
UPDATE webhook_delivery d SET delivered_at = clock_timestamp(), attempts = attempts + 1, status = 200, failure = NULL
FROM webhook w
WHERE w.webhook_id = d.webhook_id AND d.delivery_id = (
  SELECT due.delivery_id FROM webhook_delivery due JOIN webhook h USING (webhook_id)
  WHERE due.delivered_at IS NULL AND due.given_up_at IS NULL AND due.next_at <= now() AND h.disabled_at IS NULL
    AND NOT EXISTS (
      SELECT FROM webhook_delivery waits WHERE waits.webhook_id = due.webhook_id AND waits.delivered_at IS NULL
        AND waits.given_up_at IS NULL AND waits.next_at > now() AND waits.attempts > 0 AND waits.status IS NULL)
  ORDER BY due.attempts DESC, due.created_at, due.n
  LIMIT 1 FOR NO KEY UPDATE OF due SKIP LOCKED)
RETURNING d.delivery_id, d.webhook_id, d.payload, d.attempts, w.url, w.secret
"""
_TRY_AGAIN = """
UPDATE webhook_delivery SET delivered_at = NULL, status = :status, failure = :failure,
  next_at = clock_timestamp() + CAST(:wait AS interval), given_up_at = CASE WHEN :over THEN clock_timestamp() END
WHERE delivery_id = :id
"""
_GIVE_UP = """
UPDATE webhook_delivery SET given_up_at = clock_timestamp(), failure = :failure
WHERE webhook_id = :webhook AND delivered_at IS NULL AND given_up_at IS NULL
  AND created_at <= clock_timestamp() - CAST(:older_than AS interval)
"""


def send_due_deliveries(transactions: Transactions, settings: Settings, until: float) -> int:
    """Send what is due, one after another, until nothing is or `until` (monotonic seconds) has come; how many were tried."""
    tried = 0
    while time.monotonic() < until and _send_next(transactions, settings):
        tried += 1
    return tried


def _send_next(transactions: Transactions, settings: Settings) -> bool:
    with transactions.begin(WORKER) as session:
        due = session.execute(text(_CLAIM)).one_or_none()
        if due is None:
            return False
        status, failure = send(settings, due.url, due.secret, due.delivery_id, due.payload)
        if failure is not None:
            _note_failure(session, due, status, failure)
        elif status != 200:
            session.execute(
                text("UPDATE webhook_delivery SET status = :status WHERE delivery_id = :id"),
                {"status": status, "id": due.delivery_id},
            )
    return True


def send(
    settings: Settings, url: str, secret: str, webhook_id: UUID, payload: Mapping[str, Any]
) -> tuple[int | None, str | None]:
    """Sign and send one event: the status answered (None: no answer), and why that is a failure (None: it is not)."""
    content = orjson.dumps(_with_address(settings, payload))
    try:
        status = asyncio.run(post(url, content, _signed(secret, webhook_id, content), settings.webhook_private_hosts))
    except NotPosted as reason:
        return None, f"{reason.ja} / {reason.en}"
    return status, None if 200 <= status < 300 else _said_of(status)


def _with_address(settings: Settings, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The event with the address of its case, which is known only where the service runs."""
    data = payload["data"]
    return {**payload, "data": {**data, "url": case_address(base_url(settings), data["site_id"])}}


def base_url(settings: Settings) -> str:
    """Where the service is reached, as far as it was told."""
    return (settings.public_url or "http://127.0.0.1:8000").rstrip("/")


def case_address(base: str, site_id: UUID | str) -> str:
    """Where people see a case."""
    return f"{base}/cases/{site_id}"


def _signed(secret: str, webhook_id: UUID, content: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks. The id is the same on every try, the time and signature are not."""
    now = datetime.now(UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": str(webhook_id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(str(webhook_id), now, content.decode()),
    }


def _said_of(status: int) -> str:
    if status == GONE:
        return (
            "410 が返ったので、この Webhook を止めました。 / The receiver answered 410 Gone: this webhook is disabled."
        )
    if 300 <= status < 400:
        return f"{status} が返りました。転送には従いません。最終のアドレスを登録してください。 / {status}: redirects are not followed."
    return f"{status} が返りました。受け取ったら 2xx を返してください。 / The receiver answered {status}; answer 2xx."


def _note_failure(session: Session, due: Row[Any], status: int | None, failure: str) -> None:
    is_over = due.attempts >= TRIES or status == GONE
    wait = WAITS[min(due.attempts, len(WAITS)) - 1]
    session.execute(
        text(_TRY_AGAIN),
        {"id": due.delivery_id, "status": status, "failure": failure, "wait": wait, "over": is_over},
    )
    if status == GONE:
        session.execute(
            text("UPDATE webhook SET disabled_at = clock_timestamp() WHERE webhook_id = :id"), {"id": due.webhook_id}
        )
    if is_over and (status == GONE or status is None):
        # What waited behind it for as long shares its fate: nobody is there.
        older_than = timedelta(0) if status == GONE else DAY
        session.execute(text(_GIVE_UP), {"webhook": due.webhook_id, "failure": failure, "older_than": older_than})
