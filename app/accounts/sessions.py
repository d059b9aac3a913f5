"""Server-side sessions: the cookie holds a random secret, the database its hash.

A session or token counts only while its person has a membership in force, so that leaving ends both at once.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.accounts.permissions import OrganisationKind, Permission, Role, permissions_of
from app.accounts.secrets import digest, new_secret
from app.problems import FORBIDDEN, NOT_FOUND, Problem

IDLE = timedelta(minutes=60)
ABSOLUTE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session or token that stands: the actor, and what only sessions have."""

    actor: Actor
    csrf_secret: bytes | None  # None for tokens: no cookie, no forgery
    language: str
    name: str


# An organisation a person can act for now: a membership in force, within a contractor's period.
_IN_FORCE = """
  m.ended_at IS NULL
    AND (o.contract_from IS NULL OR o.contract_from <= (now() AT TIME ZONE 'Asia/Tokyo')::date)
    AND (o.contract_to IS NULL OR o.contract_to >= (now() AT TIME ZONE 'Asia/Tokyo')::date)
"""

_START = f"""
INSERT INTO user_session (session_hash, person_id, organisation_id, method, csrf_secret, browser_hash, address, user_agent)
VALUES (:hash, :person, (
    SELECT o.organisation_id FROM membership m JOIN organisation o USING (organisation_id)
      JOIN person p ON p.person_id = m.person_id AND p.disabled_at IS NULL
    WHERE m.person_id = :person AND {_IN_FORCE} ORDER BY o.organisation_id = :organisation DESC NULLS LAST, m.since, o.name LIMIT 1
  ), :method, :csrf, :browser, CAST(:address AS inet), :agent)
RETURNING organisation_id
"""


def start(
    session: Session,
    person_id: UUID,
    *,
    method: str,
    address: str,
    user_agent: str,
    browser: str,
    organisation_id: UUID | None = None,
) -> str:
    """Open a session for a person, acting for the named or else their first organisation; answer the cookie's secret.

    Raises Problem (403) for somebody who no longer acts for any.
    """
    secret = new_secret()
    acts_for = session.execute(
        text(_START),
        {
            "hash": digest(secret), "person": person_id, "organisation": organisation_id, "method": method,
            "csrf": digest(new_secret()), "browser": digest(browser), "address": address, "agent": user_agent[:400],
        },
    ).scalar_one()  # fmt: skip
    if acts_for is None:
        raise Problem(
            FORBIDDEN,
            "いまはどの組織にも所属していないため、サインインできません。所属していた組織の管理者に連絡してください。",
            "You belong to no organisation now; ask the admin of the one you belonged to.",
        )
    return secret


_MEMBERSHIP = f"""
  SELECT p.person_id, p.name, p.language, o.organisation_id, o.kind, o.municipality_code,
    array_agg(m.role ORDER BY m.role) AS roles
  FROM person p JOIN membership m ON m.person_id = p.person_id
    JOIN organisation o ON o.organisation_id = m.organisation_id
  WHERE p.person_id = {{holder}}.person_id AND o.organisation_id = {{holder}}.organisation_id AND p.disabled_at IS NULL
    AND {_IN_FORCE}
  GROUP BY p.person_id, o.organisation_id
  -- Somebody who left and came back starts anew: what was opened before they joined stays closed.
  HAVING bool_or(m.since <= {{holder}}.created_at)
"""

_SESSION = f"""
WITH seen AS (
  UPDATE user_session SET last_seen_at = now()
  WHERE session_hash = :hash AND ended_at IS NULL AND last_seen_at > now() - CAST(:idle AS interval)
    AND created_at > now() - CAST(:absolute AS interval)
  RETURNING person_id, organisation_id, created_at, csrf_secret
)
SELECT a.*, seen.csrf_secret FROM seen, LATERAL ({_MEMBERSHIP.format(holder="seen")}) a
"""

_TOKEN = f"""
WITH used AS (
  UPDATE api_token SET last_used_at = now()
  WHERE prefix = :prefix AND secret_hash = :hash AND revoked_at IS NULL AND expires_at > now()
  RETURNING person_id, organisation_id, created_at, scopes
)
SELECT a.*, used.scopes FROM used, LATERAL ({_MEMBERSHIP.format(holder="used")}) a
"""


def find_session(session: Session, secret: str, *, address: str, request_id: str) -> SignedIn | None:
    """The standing session of a cookie's secret, marked as seen; None if it ended, lapsed or never was."""
    row = session.execute(text(_SESSION), {"hash": digest(secret), "idle": IDLE, "absolute": ABSOLUTE}).one_or_none()
    if row is None:
        return None
    return SignedIn(_actor(row, "session", None, address, request_id), bytes(row.csrf_secret), row.language, row.name)


def find_token(session: Session, token: str, *, address: str, request_id: str) -> SignedIn | None:
    """The standing API token `prefix.secret`, marked as used."""
    prefix, _, secret = token.partition(".")
    row = session.execute(text(_TOKEN), {"prefix": prefix[:12], "hash": digest(secret)}).one_or_none()
    if row is None:
        return None
    return SignedIn(_actor(row, f"token:{prefix}", row.scopes, address, request_id), None, row.language, row.name)


def _actor(row: Any, via: str, scopes: list[str] | None, address: str, request_id: str) -> Actor:
    roles = frozenset(Role(role) for role in row.roles)
    permissions = permissions_of(roles)
    if scopes is not None:
        permissions &= frozenset(scope for scope in Permission if scope.value in scopes)
    return Actor(
        person_id=row.person_id,
        organisation_id=row.organisation_id,
        organisation_kind=OrganisationKind(row.kind),
        municipality_code=row.municipality_code,
        roles=roles,
        permissions=permissions,
        via=via,
        address=address,
        request_id=request_id,
    )


_PERSON = f"""
SELECT a.* FROM (
  SELECT m.person_id, m.organisation_id, now() AS created_at FROM membership m JOIN person p USING (person_id)
    JOIN organisation o USING (organisation_id)
  WHERE p.email = lower(:email) AND m.ended_at IS NULL AND (CAST(:name AS text) IS NULL OR o.name = :name)
  ORDER BY m.since, o.name LIMIT 1
) first, LATERAL ({_MEMBERSHIP.format(holder="first")}) a
"""


def find_actor(session: Session, email: str, organisation: str | None) -> Actor | None:
    """The person of an address acting for the named (or their first) organisation, for the command line."""
    row = session.execute(text(_PERSON), {"email": email.strip(), "name": organisation}).one_or_none()
    return None if row is None else _actor(row, "command-line", None, "", "")


_MEMBER = f"""
SELECT a.* FROM (SELECT CAST(:person AS uuid) AS person_id, CAST(:organisation AS uuid) AS organisation_id,
  now() AS created_at) asked, LATERAL ({_MEMBERSHIP.format(holder="asked")}) a
"""


def find_member(
    session: Session, person_id: UUID, organisation_id: UUID, *, address: str, request_id: str
) -> Actor | None:
    """A person acting for an organisation through a job they asked for, with the rights they have now."""
    row = session.execute(text(_MEMBER), {"person": person_id, "organisation": organisation_id}).one_or_none()
    return None if row is None else _actor(row, "job", None, address, request_id)


def end(session: Session, secret: str) -> None:
    """Sign a browser out."""
    session.execute(
        text("UPDATE user_session SET ended_at = now() WHERE session_hash = :hash AND ended_at IS NULL"),
        {"hash": digest(secret)},
    )


def list_sessions(session: Session, person_id: UUID) -> list[dict[str, Any]]:
    """A person's sessions that stand, last used first; `id` names one without opening it."""
    rows = session.execute(
        text(
            "SELECT encode(session_hash, 'hex') AS id, method, host(address) AS address, user_agent, created_at, last_seen_at"
            " FROM user_session WHERE person_id = :person AND ended_at IS NULL AND last_seen_at > now() - CAST(:idle AS interval)"
            " AND created_at > now() - CAST(:absolute AS interval) ORDER BY last_seen_at DESC"
        ),
        {"person": person_id, "idle": IDLE, "absolute": ABSOLUTE},
    )
    return [dict(row._mapping) for row in rows]


def session_id(secret: str) -> str:
    """The id under which `list_sessions` names the session of a cookie's secret."""
    return digest(secret).hex()


def end_one(session: Session, person_id: UUID, id: str) -> None:
    """End one of a person's sessions by its id. Raises Problem (404)."""
    ended = session.execute(
        text(
            "UPDATE user_session SET ended_at = now() WHERE person_id = :person AND encode(session_hash, 'hex') = :id"
            " AND ended_at IS NULL RETURNING 1"
        ),
        {"person": person_id, "id": id},
    ).one_or_none()
    if ended is None:
        raise Problem(NOT_FOUND, "そのサインインは見つからないか、もう終わっています。", "No such session stands.")
    audit.record(session, "session.end", f"person:{person_id}", after={"sessions": 1})


def end_others(session: Session, person_id: UUID, secret: str | None) -> int:
    """End every session of a person but the one of the cookie's secret; answer how many."""
    ended: int = session.execute(
        text(
            "WITH ended AS (UPDATE user_session SET ended_at = now() WHERE person_id = :person AND ended_at IS NULL"
            " AND session_hash <> :kept RETURNING 1) SELECT count(*) FROM ended"
        ),
        {"person": person_id, "kept": digest(secret or "")},
    ).scalar_one()
    if ended:
        audit.record(session, "session.end", f"person:{person_id}", after={"sessions": ended})
    return ended


def list_acting(session: Session, person_id: UUID) -> list[dict[str, Any]]:
    """The organisations a person can act for now, with the roles held there."""
    rows = session.execute(
        text(
            "SELECT o.organisation_id, o.name, o.name_en, array_agg(m.role ORDER BY m.role) AS roles FROM membership m"
            f" JOIN organisation o USING (organisation_id) WHERE m.person_id = :person AND {_IN_FORCE}"
            " GROUP BY o.organisation_id ORDER BY min(m.since), o.name"
        ),
        {"person": person_id},
    )
    return [dict(row._mapping) for row in rows]


def act_for(session: Session, person_id: UUID, secret: str, organisation_id: UUID) -> str:
    """Let a session act for another of the person's organisations, under a new secret, which is answered.

    Raises Problem (404) for an organisation the person does not act for.
    """
    if organisation_id not in {row["organisation_id"] for row in list_acting(session, person_id)}:
        raise Problem(NOT_FOUND, "その組織には所属していません。", "You do not belong to that organisation.")
    new = new_secret()
    changed = session.execute(
        text(
            "UPDATE user_session s SET session_hash = :new, organisation_id = :organisation, csrf_secret = :csrf"
            " WHERE session_hash = :old AND person_id = :person AND ended_at IS NULL AND EXISTS (SELECT FROM membership m"
            " WHERE m.person_id = s.person_id AND m.organisation_id = :organisation AND m.since <= s.created_at) RETURNING 1"
        ),
        {
            "new": digest(new), "csrf": digest(new_secret()), "organisation": organisation_id, "old": digest(secret),
            "person": person_id,
        },
    ).one_or_none()  # fmt: skip
    if changed is None:
        raise Problem(
            FORBIDDEN,
            "サインインしたあとに加わった組織です。サインインし直すと選べます。",
            "You joined that organisation after signing in; sign in again to act for it.",
        )
    audit.record(session, "session.switch", f"person:{person_id}", after={"organisation_id": organisation_id})
    return new
