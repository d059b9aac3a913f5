"""Changing how one signs in: password and time code. Each asks for the present password and ends the other sessions."""

from typing import Any

import pyotp
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit, sessions, sign_in
from app.accounts.actor import Actor
from app.accounts.passwords import check_new_password
from app.accounts.secrets import check_totp, digest, hash_password
from app.accounts.sign_in import Browser
from app.problems import FORBIDDEN, INVALID, Problem

ISSUER = "Tsunagaru"
FRESH = "15 minutes"  # since sign-in, where there is no password to ask for


def require_session(actor: Actor) -> None:
    """Raises Problem (403) for API tokens: they never change how their holder signs in."""
    if actor.via != "session":
        raise Problem(FORBIDDEN, "これはサインインした画面からだけできます。", "Only a signed-in browser may do this.")


def is_own(session: Session, browser: Browser, actor: Actor, secret: str, password: str) -> bool:
    """Whether who asks is still the person: by the present password or, without one, by having just signed in.

    A wrong password is counted as a failed sign-in. Raises Problem (429).
    """
    row = session.execute(
        text("SELECT email, password_hash FROM person WHERE person_id = :id"), {"id": actor.person_id}
    ).one()
    if row.password_hash is not None:
        return sign_in.check_first_factor(session, browser, row.email, password) == actor.person_id
    fresh: bool = session.execute(
        text(
            "SELECT EXISTS (SELECT FROM user_session WHERE session_hash = :hash AND person_id = :id"
            f" AND created_at > now() - interval '{FRESH}')"
        ),
        {"hash": digest(secret), "id": actor.person_id},
    ).scalar_one()
    return fresh


def not_own() -> Problem:
    """A 403 that says how to show who one is."""
    return Problem(
        FORBIDDEN,
        "現在のパスワードが違います。パスワードを設定していない場合は、いったんサインアウトし、サインインし直してから続けてください。",
        "The present password is wrong. If you have none, sign out, sign in again and continue.",
        errors=[{"pointer": "/present_password", "detail": "wrong"}],
    )


def read_factors(session: Session, actor: Actor) -> dict[str, Any]:
    """What a person signs in with: address, whether a password and a time code are set."""
    row = session.execute(
        text(
            "SELECT email, password_hash IS NOT NULL AS has_password, totp_secret IS NOT NULL AS has_totp FROM person"
            " WHERE person_id = :id"
        ),
        {"id": actor.person_id},
    ).one()
    return dict(row._mapping)


def change_password(session: Session, actor: Actor, secret: str, new: str) -> str:
    """Set a new password and end the person's other sessions; answer the address to tell. Raises Problem (422)."""
    person = session.execute(
        text("SELECT email, name FROM person WHERE person_id = :id"), {"id": actor.person_id}
    ).one()
    check_new_password(new, email=person.email, name=person.name)
    session.execute(
        text("UPDATE person SET password_hash = :hash WHERE person_id = :id"),
        {"hash": hash_password(new), "id": actor.person_id},
    )
    audit.record(session, "password.change", f"person:{actor.person_id}")
    sessions.end_others(session, actor.person_id, secret)
    email: str = person.email
    return email


def begin_totp(session: Session, browser: Browser, actor: Actor, secret: str | None = None) -> tuple[str, str]:
    """The state of setting a time code up, and its secret (a new one, or the one a wrong code was typed for)."""
    secret = secret or pyotp.random_base32()
    return sign_in.keep_state(session, browser, "totp", {"person": actor.person_id, "secret": secret}), secret


def take_totp(session: Session, browser: Browser, actor: Actor, state: str) -> str:
    """The secret of the time code being set up. Raises Problem (401, 403)."""
    content = sign_in.take_state(session, browser, "totp", state)
    if content["person"] != str(actor.person_id):
        raise Problem(FORBIDDEN, "ほかの人の手続きです。", "Somebody else began this.")
    secret: str = content["secret"]
    return secret


def totp_address(email: str, secret: str) -> str:
    """What an authenticator app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def confirm_totp(session: Session, actor: Actor, secret: str, totp_secret: str, code: str) -> None:
    """Set the time code up once a code fits, and end the other sessions. Raises Problem (422)."""
    step = check_totp(totp_secret, code.strip(), None)
    if step is None:
        raise Problem(
            INVALID,
            "コードが合いません。アプリに表示されている6桁の数字を入れてください。端末の時刻が合っているかも確かめてください。",
            "The code does not fit; type the six digits the app shows, and check your device's clock.",
            errors=[{"pointer": "/code", "detail": "wrong"}],
        )
    session.execute(
        text("UPDATE person SET totp_secret = :secret, totp_last_step = :step WHERE person_id = :id"),
        {"secret": totp_secret, "step": step, "id": actor.person_id},
    )
    audit.record(session, "totp.create", f"person:{actor.person_id}")
    sessions.end_others(session, actor.person_id, secret)


def remove_totp(session: Session, actor: Actor, secret: str) -> None:
    """Sign in without time codes from now on, and end the other sessions."""
    session.execute(
        text("UPDATE person SET totp_secret = NULL, totp_last_step = NULL WHERE person_id = :id"),
        {"id": actor.person_id},
    )
    audit.record(session, "totp.remove", f"person:{actor.person_id}")
    sessions.end_others(session, actor.person_id, secret)
