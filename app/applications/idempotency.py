"""Answers given once and given again: a request repeated with the same key changes nothing a second time."""

import hashlib
from collections.abc import Callable
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Actor
from app.problems import INVALID, Problem

KEPT_DAYS = 30


def once(
    session: Session, actor: Actor, key: str | None, request: Any, work: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """The answer of `work`, or the one it gave to the same key before; both in the caller's transaction.

    A second request with the key waits for the first. Raises Problem (422) for a key that came with another request.
    """
    if key is None:
        return work()
    asked = hashlib.sha256(orjson.dumps(request, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()
    bound = {"organisation": actor.organisation_id, "key": key, "hash": asked}
    mine = session.execute(
        text(
            "INSERT INTO idempotency_key (organisation_id, key, request_hash) VALUES (:organisation, :key, :hash)"
            " ON CONFLICT DO NOTHING RETURNING key"
        ),
        bound,
    ).one_or_none()
    if mine is None:
        return _again(session, bound)
    answer = work()
    session.execute(
        text(
            "UPDATE idempotency_key SET answer = CAST(:answer AS jsonb) WHERE organisation_id = :organisation AND key = :key"
        ),
        {**bound, "answer": orjson.dumps(answer, default=str).decode()},
    )
    return answer


def _again(session: Session, bound: dict[str, Any]) -> dict[str, Any]:
    row = session.execute(
        text("SELECT request_hash, answer FROM idempotency_key WHERE organisation_id = :organisation AND key = :key"),
        bound,
    ).one()
    if row.request_hash != bound["hash"]:
        raise Problem(
            INVALID,
            "この Idempotency-Key は、別の内容の要求に使われています。新しいキーを付けてください。",
            "This Idempotency-Key came with another request; use a new one.",
        )
    answer: dict[str, Any] = row.answer
    return answer
