"""The outbox: what parties are told of an event is written in the event's own transaction and leaves later."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Service

WORKER = Service("worker")
REMINDER = "reminder"
ONE_AT_A_TIME = "window.deliver"  # the lock of jobs that send


def tell(session: Session, site_id: UUID, n: int, kind: str, parties: Sequence[str], said: Mapping[str, Any]) -> None:
    """Tell parties of event `n` of a site: notices for their people, deliveries for their webhooks, all or none of it.

    `kind` is the action taken; `said` is what other software is told (no comments, no names of people). Whoever acts in
    this transaction is not told.
    """
    told = session.execute(
        text("SELECT tell_parties(:site, :n, :kind, :parties) + post_event(:site, :n, CAST(:said AS jsonb), :parties)"),
        {
            "site": site_id,
            "n": n,
            "kind": kind,
            "parties": list(parties),
            "said": orjson.dumps(envelope(kind, said)).decode(),
        },
    ).scalar_one()
    if told:
        send_soon(session, site_id, n)


def envelope(kind: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """What a webhook is sent (Standard Webhooks: type, timestamp, data)."""
    return {"type": f"site.{kind}", "timestamp": datetime.now(UTC).isoformat(), "data": dict(said)}


def send_soon(session: Session, site_id: UUID, n: int) -> None:
    """Have the worker send what event `n` left in the outbox, once this transaction is over."""
    _defer(session, {"site_id": str(site_id), "n": n})


def send_all_soon(session: Session) -> None:
    """Have the worker look into the outbox, once this transaction is over."""
    _defer(session, {})


def _defer(session: Session, arguments: Mapping[str, Any]) -> None:
    """Such jobs run one at a time: a slow mail server or receiver holds up no other work of the worker."""
    session.execute(
        text("SELECT public.defer_job('window.deliver', CAST(:arguments AS jsonb), :one)"),
        {"one": ONE_AT_A_TIME, "arguments": orjson.dumps(arguments).decode()},
    )
