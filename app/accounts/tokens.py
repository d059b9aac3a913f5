"""API tokens: `prefix.secret`, shown once, limited to scopes the holder has."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.accounts.permissions import Permission
from app.accounts.secrets import digest, new_secret
from app.problems import FORBIDDEN, INVALID, NOT_FOUND, Problem

LONGEST = timedelta(days=366)


def create_token(session: Session, actor: Actor, *, name: str, scopes: list[Permission], days: int) -> dict[str, Any]:
    """Make a token of the actor's own; the answer holds the secret, this one time.

    Raises Problem: 403 for a scope the actor lacks or from a token (a token never makes another), 422 for a term.
    """
    if actor.via.startswith("token:"):
        raise Problem(
            FORBIDDEN,
            "トークンで別のトークンは作れません。サインインして作ってください。",
            "A token cannot make another; sign in.",
        )
    lacking = [scope.value for scope in scopes if scope not in actor.permissions]
    if lacking:
        raise Problem(
            FORBIDDEN,
            f"あなたにない権限は付けられません：{'、'.join(lacking)}",
            f"You do not have: {', '.join(lacking)}.",
        )
    if not 0 < days <= LONGEST.days:
        raise Problem(INVALID, f"期限は1〜{LONGEST.days}日です。", f"The term is 1 to {LONGEST.days} days.")
    prefix, secret = secrets.token_hex(6), new_secret()
    expires_at = datetime.now(UTC) + timedelta(days=days)
    session.execute(
        text(
            "INSERT INTO api_token (prefix, secret_hash, person_id, organisation_id, name, scopes, expires_at)"
            " VALUES (:prefix, :hash, :person, :organisation, :name, :scopes, :expires)"
        ),
        {
            "prefix": prefix, "hash": digest(secret), "person": actor.person_id, "organisation": actor.organisation_id,
            "name": name, "scopes": [scope.value for scope in scopes], "expires": expires_at,
        },
    )  # fmt: skip
    said = {"name": name, "scopes": [scope.value for scope in scopes], "expires_at": expires_at}
    audit.record(session, "token.create", f"token:{prefix}", after=said)
    return {"prefix": prefix, "token": f"{prefix}.{secret}", **said}


def list_tokens(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """The actor's own tokens in this organisation, newest first, without secrets."""
    rows = session.execute(
        text(
            "SELECT prefix, name, scopes, created_at, expires_at, last_used_at, revoked_at FROM api_token"
            " WHERE person_id = :person AND organisation_id = :organisation ORDER BY created_at DESC"
        ),
        {"person": actor.person_id, "organisation": actor.organisation_id},
    )
    return [dict(row._mapping) for row in rows]


def revoke_token(session: Session, prefix: str) -> None:
    """End a token the actor may see (own, or of the organisation they manage). Raises Problem (404)."""
    ended = session.execute(
        text("UPDATE api_token SET revoked_at = now() WHERE prefix = :prefix AND revoked_at IS NULL RETURNING name"),
        {"prefix": prefix},
    ).one_or_none()
    if ended is None:
        raise Problem(NOT_FOUND, "そのトークンは見つかりません。", "There is no such token.")
    audit.record(session, "token.revoke", f"token:{prefix}", before={"name": ended.name})
