"""Signing in with what people know and have: password, then a time code where one is set up."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit, sessions, throttle
from app.accounts.secrets import check_password, check_totp, digest, new_secret
from app.problems import UNAUTHENTICATED, Problem

STATE_TERM = "10 minutes"


@dataclass(frozen=True, slots=True)
class Browser:
    """What is known of a browser that signs in: where it is, what it says it is, and its long-lived secret."""

    address: str
    user_agent: str
    secret: str  # of the browser cookie; binds a sign-in under way to the browser that began it


def check_first_factor(session: Session, browser: Browser, email: str, password: str) -> UUID | None:
    """The person an address and password belong to; None where they do not fit (counted, and told nobody which).

    Raises Problem (429) where guessing is held back.
    """
    email = email.strip().lower()
    throttle.check(session, email, browser.address, known_browser=_is_known(session, email, browser))
    row = session.execute(
        text("SELECT person_id, password_hash FROM person WHERE email = :email AND disabled_at IS NULL"),
        {"email": email},
    ).one_or_none()
    if not check_password(row.password_hash if row else None, password) or row is None:
        _refuse(session, browser, email, "password")
        return None
    person_id: UUID = row.person_id
    return person_id


def needs_code(session: Session, person_id: UUID) -> bool:
    """Whether the person set up a time code as second factor."""
    found: bool = session.execute(
        text("SELECT totp_secret IS NOT NULL FROM person WHERE person_id = :id"), {"id": person_id}
    ).scalar_one()
    return found


def check_second_factor(session: Session, browser: Browser, person_id: UUID, code: str) -> bool:
    """Whether a time code fits and is fresh; a used code never fits again. Raises Problem (429)."""
    person = session.execute(
        text("SELECT email, totp_secret, totp_last_step FROM person WHERE person_id = :id FOR UPDATE"),
        {"id": person_id},
    ).one()
    throttle.check(session, person.email, browser.address, known_browser=_is_known(session, person.email, browser))
    step = check_totp(person.totp_secret, code.strip(), person.totp_last_step) if person.totp_secret else None
    if step is None:
        _refuse(session, browser, person.email, "code")
        return False
    session.execute(
        text("UPDATE person SET totp_last_step = :step WHERE person_id = :id"), {"step": step, "id": person_id}
    )
    return True


def enter(
    session: Session,
    browser: Browser,
    person_id: UUID,
    method: str,
    *,
    organisation_id: UUID | None = None,
    replaces: str | None = None,
) -> str:
    """Open the session of somebody who proved who they are; answer the cookie's secret.

    The session the browser held until now (`replaces`) ends. Raises Problem (403) for somebody of no organisation.
    """
    secret = sessions.start(
        session,
        person_id,
        method=method,
        address=browser.address,
        user_agent=browser.user_agent,
        browser=browser.secret,
        organisation_id=organisation_id,
    )
    if replaces:
        sessions.end(session, replaces)
    audit.record(session, "session.begin", f"person:{person_id}", after={"method": method})
    return secret


def keep_state(session: Session, browser: Browser, kind: str, content: dict[str, Any]) -> str:
    """Keep a sign-in under way for ten minutes; answer the secret that takes it up again."""
    secret = new_secret()
    session.execute(
        text(
            "INSERT INTO sign_in_state (state_hash, browser_hash, kind, content, expires_at)"
            f" VALUES (:state, :browser, :kind, CAST(:content AS jsonb), now() + interval '{STATE_TERM}')"
        ),
        {
            "state": digest(secret), "browser": digest(browser.secret), "kind": kind,
            "content": orjson.dumps(content, default=str).decode(),
        },
    )  # fmt: skip
    session.execute(text("DELETE FROM sign_in_state WHERE expires_at < now()"))
    return secret


def take_state(session: Session, browser: Browser, kind: str, secret: str) -> dict[str, Any]:
    """The sign-in under way of this browser, which is used up by asking. Raises Problem (401)."""
    content: dict[str, Any] | None = session.execute(
        text(
            "DELETE FROM sign_in_state WHERE state_hash = :state AND browser_hash = :browser AND kind = :kind"
            " AND expires_at > now() RETURNING content"
        ),
        {"state": digest(secret), "browser": digest(browser.secret), "kind": kind},
    ).scalar_one_or_none()
    if content is None:
        raise Problem(
            UNAUTHENTICATED,
            "サインインの手続きが途切れました。もう一度はじめからサインインしてください。",
            "This sign-in is no longer under way; start again.",
        )
    return content


def _refuse(session: Session, browser: Browser, email: str, factor: str) -> None:
    throttle.note_failure(session, email, browser.address)
    audit.record(session, "session.refuse", None, after={"email": email, "factor": factor})


def _is_known(session: Session, email: str, browser: Browser) -> bool:
    """Whether this browser signed in to the account before."""
    known: bool = session.execute(
        text(
            "SELECT EXISTS (SELECT FROM user_session s JOIN person p USING (person_id)"
            " WHERE p.email = :email AND s.browser_hash = :browser)"
        ),
        {"email": email, "browser": digest(browser.secret)},
    ).scalar_one()
    return known
