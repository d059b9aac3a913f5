"""Passkeys (WebAuthn): registering one and signing in with one. Source: W3C Web Authentication Level 3."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from sqlalchemy import text
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.accounts import audit, sign_in
from app.accounts.actor import Actor
from app.accounts.sign_in import Browser
from app.problems import NOT_FOUND, UNAUTHENTICATED, Problem

NAME = "つながる"


def registration_options(session: Session, actor: Actor, email: str, origin: str) -> tuple[str, str]:
    """What the browser needs to make a passkey, as JSON, and the challenge to remember."""
    held = session.execute(
        text("SELECT credential_id FROM passkey WHERE person_id = :person"), {"person": actor.person_id}
    ).scalars()
    options = webauthn.generate_registration_options(
        rp_id=_host(origin),
        rp_name=NAME,
        user_name=email,
        user_id=actor.person_id.bytes,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=bytes(credential)) for credential in held],
    )
    return options_to_json(options), bytes_to_base64url(options.challenge)


def keep_registration(session: Session, browser: Browser, actor: Actor, challenge: str) -> str:
    """Keep the challenge of a passkey being made; answer the state that takes it up again."""
    return sign_in.keep_state(session, browser, "passkey-new", {"person": actor.person_id, "challenge": challenge})


def take_registration(session: Session, browser: Browser, actor: Actor, state: str) -> str:
    """The challenge of the passkey this person is making. Raises Problem (401)."""
    content = sign_in.take_state(session, browser, "passkey-new", state)
    if content["person"] != str(actor.person_id):
        raise _refused()
    challenge: str = content["challenge"]
    return challenge


def register(
    session: Session, actor: Actor, credential: dict[str, Any], *, challenge: str, origin: str, name: str
) -> None:
    """Keep a passkey the browser made. Raises Problem (401) where it does not verify."""
    try:
        verified = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_host(origin),
            expected_origin=origin,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise _refused() from error
    session.execute(
        text(
            "INSERT INTO passkey (credential_id, person_id, public_key, sign_count, name)"
            " VALUES (:credential, :person, :key, :count, :name)"
        ),
        {
            "credential": verified.credential_id, "person": actor.person_id, "key": verified.credential_public_key,
            "count": verified.sign_count, "name": name,
        },
    )  # fmt: skip
    audit.record(session, "passkey.create", f"person:{actor.person_id}", after={"name": name})


def sign_in_options(session: Session, browser: Browser, origin: str, content: dict[str, Any]) -> tuple[str, str]:
    """What the browser needs to sign in with any of its passkeys, as JSON, and the state that takes it up again."""
    options = webauthn.generate_authentication_options(
        rp_id=_host(origin), user_verification=UserVerificationRequirement.REQUIRED
    )
    state = sign_in.keep_state(
        session, browser, "passkey", {**content, "challenge": bytes_to_base64url(options.challenge)}
    )
    return options_to_json(options), state


def authenticate(session: Session, credential: dict[str, Any], *, challenge: str, origin: str) -> UUID:
    """The person whose passkey signed the challenge. Raises Problem (401)."""
    try:
        held = session.execute(
            text(
                "SELECT k.credential_id, k.person_id, k.public_key, k.sign_count FROM passkey k JOIN person p"
                " USING (person_id) WHERE k.credential_id = :id AND p.disabled_at IS NULL FOR UPDATE OF k"
            ),
            {"id": base64url_to_bytes(str(credential.get("rawId", "")))},
        ).one_or_none()
        if held is None:
            raise _refused()
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_host(origin),
            expected_origin=origin,
            credential_public_key=bytes(held.public_key),
            credential_current_sign_count=held.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise _refused() from error
    session.execute(
        text("UPDATE passkey SET sign_count = :count, last_used_at = now() WHERE credential_id = :id"),
        {"count": verified.new_sign_count, "id": held.credential_id},
    )
    person_id: UUID = held.person_id
    return person_id


def list_passkeys(session: Session, person_id: UUID) -> list[dict[str, Any]]:
    """A person's passkeys: public id (base64url), name, dates."""
    rows = session.execute(
        text(
            "SELECT credential_id, name, created_at, last_used_at FROM passkey WHERE person_id = :id ORDER BY created_at"
        ),
        {"id": person_id},
    )
    return [{**row._mapping, "credential_id": bytes_to_base64url(bytes(row.credential_id))} for row in rows]


def remove(session: Session, person_id: UUID, credential_id: str) -> None:
    """Take a passkey away. Raises Problem (404)."""
    name = session.execute(
        text("DELETE FROM passkey WHERE credential_id = :id AND person_id = :person RETURNING name"),
        {"id": _bytes(credential_id), "person": person_id},
    ).scalar_one_or_none()
    if name is None:
        raise Problem(NOT_FOUND, "そのパスキーは見つかりません。", "There is no such passkey.")
    audit.record(session, "passkey.remove", f"person:{person_id}", before={"name": name})


def _bytes(credential_id: str) -> bytes:
    try:
        return base64url_to_bytes(credential_id)
    except ValueError:
        return b""


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or ""


def _refused() -> Problem:
    return Problem(
        UNAUTHENTICATED,
        "パスキーを確かめられませんでした。もう一度試すか、ほかの方法でサインインしてください。",
        "The passkey could not be verified; try again or sign in another way.",
    )
