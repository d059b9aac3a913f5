"""An organisation's webhooks and what became of their deliveries. Row-level security shows each organisation its own."""

import asyncio
import base64
import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.applications.outbox.deliveries import send
from app.applications.outbox.notices import envelope, send_all_soon
from app.config import Settings
from app.outbound import NotPosted, check_destination
from app.problems import CONFLICT, INVALID, NOT_FOUND, Problem

WEBHOOKS_AT_MOST = 10  # of one organisation: each event goes to all of them
_SHOWN = "webhook_id, url, created_at, disabled_at"
_DELIVERY = (
    "d.delivery_id, d.webhook_id, w.url, d.site_id, s.code AS site_code, d.n, d.payload->>'type' AS type, d.created_at,"
    " d.attempts, d.next_at, d.status, d.failure, d.delivered_at, d.given_up_at"
)
_FAILURES_FIRST = (
    "ORDER BY d.given_up_at IS NULL, d.delivered_at IS NOT NULL OR d.attempts = 0, d.created_at DESC, d.delivery_id"
)
_STATES = {
    "failed": "d.delivered_at IS NULL AND (d.given_up_at IS NOT NULL OR d.attempts > 0)",
    "given_up": "d.given_up_at IS NOT NULL",
    "waiting": "d.delivered_at IS NULL AND d.given_up_at IS NULL",
    "delivered": "d.delivered_at IS NOT NULL",
    "all": "true",
}


def check_url(settings: Settings, url: str) -> None:
    """Raises Problem (422) for an address that no event would be sent to, saying why."""
    try:
        asyncio.run(check_destination(url, settings.webhook_private_hosts))
    except NotPosted as reason:
        raise Problem(
            INVALID, reason.ja, reason.en, errors=[{"pointer": "/url", "ja": reason.ja, "en": reason.en}]
        ) from None


def list_webhooks(session: Session) -> list[dict[str, Any]]:
    """The organisation's webhooks, oldest first; never their secrets."""
    rows = session.execute(text(f"SELECT {_SHOWN} FROM webhook ORDER BY created_at, webhook_id"))
    return [dict(row._mapping) for row in rows]


def create_webhook(session: Session, actor: Actor, url: str) -> dict[str, Any]:
    """Register an address that was checked; the answer holds the secret, which is not shown again.

    Raises Problem (409) for more than an organisation may have, or one it has.
    """
    known = [hook["url"] for hook in list_webhooks(session)]
    if url in known:
        raise Problem(CONFLICT, "このアドレスは登録済みです。", "This address is registered already.")
    if len(known) >= WEBHOOKS_AT_MOST:
        raise Problem(
            CONFLICT,
            f"Webhook は {WEBHOOKS_AT_MOST} 件までです。使わないものを削除してください。",
            f"An organisation has {WEBHOOKS_AT_MOST} webhooks at most; delete one you do not use.",
        )
    secret = _new_secret()
    row = session.execute(
        text(
            "INSERT INTO webhook (organisation_id, url, secret, created_by) VALUES (:organisation, :url, :secret, :person)"
            f" RETURNING {_SHOWN}"
        ),
        {"organisation": actor.organisation_id, "url": url, "secret": secret, "person": actor.person_id},
    ).one()
    audit.record(session, "webhook.create", f"webhook:{row.webhook_id}", after={"url": url})
    return {**row._mapping, "secret": secret}


def _new_secret() -> str:
    """A key as Standard Webhooks writes it: 24 to 64 random bytes in base64."""
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def rotate_secret(session: Session, webhook_id: UUID) -> dict[str, Any]:
    """A new secret from now on, not shown again. Raises Problem (404)."""
    secret = _new_secret()
    row = session.execute(
        text(f"UPDATE webhook SET secret = :secret WHERE webhook_id = :id RETURNING {_SHOWN}"),
        {"secret": secret, "id": webhook_id},
    ).one_or_none()
    if row is None:
        raise _no_webhook()
    audit.record(session, "webhook.rotate", f"webhook:{webhook_id}", after={"url": row.url})
    return {**row._mapping, "secret": secret}


def delete_webhook(session: Session, webhook_id: UUID) -> None:
    """Take a webhook away, with what waits for it. Raises Problem (404)."""
    url = session.execute(
        text("DELETE FROM webhook WHERE webhook_id = :id RETURNING url"), {"id": webhook_id}
    ).scalar_one_or_none()
    if url is None:
        raise _no_webhook()
    audit.record(session, "webhook.delete", f"webhook:{webhook_id}", before={"url": url})


def begin_test(session: Session, webhook_id: UUID) -> tuple[str, str]:
    """Note that a test event goes out; the address and the secret. Raises Problem (404)."""
    row = session.execute(
        text("SELECT url, secret FROM webhook WHERE webhook_id = :id"), {"id": webhook_id}
    ).one_or_none()
    if row is None:
        raise _no_webhook()
    audit.record(session, "webhook.test", f"webhook:{webhook_id}", after={"url": row.url})
    return row.url, row.secret


def send_test(settings: Settings, url: str, secret: str) -> dict[str, Any]:
    """Send an event of type `site.test` now, about no case; what came of it."""
    said = {
        "site_id": str(UUID(int=0)), "site_code": "TEST", "application_id": None, "asset_id": None, "action": "test",
        "from_state": None, "to_state": None, "party": None, "due_on": None, "n": 0,
    }  # fmt: skip
    began = datetime.now(UTC)
    status, failure = send(settings, url, secret, uuid4(), envelope("test", said))
    took_s = (datetime.now(UTC) - began).total_seconds()
    return {"delivered": failure is None, "status": status, "failure": failure, "took_s": round(took_s, 3)}


def _no_webhook() -> Problem:
    return Problem(NOT_FOUND, "その Webhook は見つかりません。", "There is no such webhook.")


def list_deliveries(
    session: Session, *, state: str = "all", webhook_id: UUID | None = None, offset: int = 0, limit: int = 100
) -> list[dict[str, Any]]:
    """Deliveries of the organisation: given up first, then those that failed so far, then the rest, newest first."""
    rows = session.execute(
        text(
            # Cases are looked up for the page alone: whether one may be seen takes a while to tell.
            f"SELECT {_DELIVERY} FROM (SELECT * FROM webhook_delivery d"
            f" WHERE {_STATES[state]} AND (CAST(:webhook AS uuid) IS NULL OR d.webhook_id = :webhook)"
            f" {_FAILURES_FIRST} LIMIT :limit OFFSET :offset) d"
            f" JOIN webhook w USING (webhook_id) LEFT JOIN site s USING (site_id) {_FAILURES_FIRST}"
        ),
        {"webhook": webhook_id, "limit": limit, "offset": offset},
    )
    return [dict(row._mapping) for row in rows]


def retry_delivery(session: Session, delivery_id: UUID) -> None:
    """Send a delivery that did not come through anew, soon and as often as at first. Raises Problem: 404, 409."""
    if _of_undelivered(session, delivery_id).disabled_at is not None:
        raise Problem(
            CONFLICT,
            "この Webhook は、受信側が 410 を返したため止まっています。登録し直してください。",
            "This webhook is disabled because the receiver answered 410 Gone; register it again.",
        )
    _change(session, delivery_id, "attempts = 0, next_at = now(), given_up_at = NULL")
    audit.record(session, "webhook.retry", f"delivery:{delivery_id}")
    send_all_soon(session)


def give_up_delivery(session: Session, delivery_id: UUID) -> None:
    """Send a delivery no more. Raises Problem: 404, 409."""
    _of_undelivered(session, delivery_id)
    _change(session, delivery_id, "given_up_at = coalesce(given_up_at, now())")
    audit.record(session, "webhook.give-up", f"delivery:{delivery_id}")


def _of_undelivered(session: Session, delivery_id: UUID) -> Row[Any]:
    found = session.execute(
        text(
            "SELECT d.delivered_at, w.disabled_at FROM webhook_delivery d JOIN webhook w USING (webhook_id)"
            " WHERE delivery_id = :id FOR NO KEY UPDATE OF d"
        ),
        {"id": delivery_id},
    ).one_or_none()
    if found is None:
        raise Problem(NOT_FOUND, "その送信は見つかりません。", "There is no such delivery.")
    if found.delivered_at is not None:
        raise Problem(CONFLICT, "すでに届いています。", "It has been delivered already.")
    return found


def _change(session: Session, delivery_id: UUID, change: str) -> None:
    session.execute(text(f"UPDATE webhook_delivery SET {change} WHERE delivery_id = :id"), {"id": delivery_id})
