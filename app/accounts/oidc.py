"""OpenID Connect sign-in (authorization code with PKCE): GビズID and municipalities' own identity providers.

What is checked, each against what was fixed beforehand: the state (this browser's, once), the issuer of the callback
(RFC 9207) and of the token, the signature by the issuer's own published keys with an allow-list of algorithms, the
audience, the expiry, the nonce. Source: OpenID Connect Core 1.0 section 3.1.3.7; RFC 9700.
"""

import secrets
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit, sign_in
from app.accounts.sign_in import Browser
from app.config import OidcProvider
from app.outbound import BadAnswer, HTTPError, ask_json
from app.problems import UNAUTHENTICATED, UNAVAILABLE, Problem

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
LEEWAY_S = 60
DISCOVERY_TERM_S = 600


def begin(session: Session, browser: Browser, provider: OidcProvider, callback: str, content: dict[str, Any]) -> str:
    """The provider's address to send the browser to; `content` (where to go afterwards, an invitation) comes back."""
    nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    state = sign_in.keep_state(
        session, browser, "oidc", {**content, "provider": provider.id, "nonce": nonce, "verifier": verifier}
    )
    question = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": callback,
        "scope": provider.scope,
        "state": state,
        "nonce": nonce,
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    return f"{discover(provider)['authorization_endpoint']}?{urlencode(question)}"


def finish(
    provider: OidcProvider, callback: str, state: Mapping[str, Any], answer: Mapping[str, str]
) -> dict[str, Any]:
    """The verified claims of the ID token a callback's code stands for. Raises Problem (401, 503)."""
    if "error" in answer:
        raise _refused("サインインは取りやめになりました。", "The sign-in was cancelled.")
    if (
        state["provider"] != provider.id
        or answer.get("iss", provider.issuer) != provider.issuer
        or "code" not in answer
    ):
        raise _refused()
    tokens = _ask(
        discover(provider)["token_endpoint"],
        {
            "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": callback,
            "code_verifier": state["verifier"],
        },
        (provider.client_id, provider.client_secret.get_secret_value()),
    )  # fmt: skip
    return verify(provider, str(tokens.get("id_token", "")), nonce=state["nonce"])


def verify(provider: OidcProvider, id_token: str, *, nonce: str) -> dict[str, Any]:
    """The claims of an ID token, if every one of them stands. Raises Problem (401)."""
    keys = KeySet.import_key_set(_ask(discover(provider)["jwks_uri"]))  # type: ignore[arg-type]
    registry = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_S,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": provider.client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        claims = jwt.decode(id_token, keys, algorithms=ALGORITHMS).claims
        registry.validate(claims)
    except (JoseError, ValueError) as error:
        raise _refused() from error
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != provider.client_id:
        raise _refused()
    return claims


def find_person(session: Session, provider: OidcProvider, claims: Mapping[str, Any]) -> UUID | None:
    """The person linked to an issuer's subject, or (where the provider's addresses are trusted) of the verified address.

    A first match by address is linked, so that the address may change later.
    """
    linked: UUID | None = session.execute(
        text("SELECT person_id FROM identity WHERE issuer = :issuer AND subject = :subject"),
        {"issuer": provider.issuer, "subject": claims["sub"]},
    ).scalar_one_or_none()
    if linked is not None or not (provider.trusts_email and claims.get("email_verified") is True):
        return linked
    by_address: UUID | None = session.execute(
        text("SELECT person_id FROM person WHERE email = lower(:email) AND disabled_at IS NULL"),
        {"email": str(claims.get("email", ""))},
    ).scalar_one_or_none()
    if by_address is not None:
        link(session, provider, claims, by_address)
    return by_address


def link(session: Session, provider: OidcProvider, claims: Mapping[str, Any], person_id: UUID) -> None:
    """Remember that this subject of the provider is this person."""
    session.execute(
        text("INSERT INTO identity (issuer, subject, person_id) VALUES (:issuer, :subject, :person)"),
        {"issuer": provider.issuer, "subject": claims["sub"], "person": person_id},
    )
    audit.record(session, "identity.link", f"person:{person_id}", after={"issuer": provider.issuer})


def discover(provider: OidcProvider) -> dict[str, Any]:
    """The provider's published endpoints, asked again every ten minutes. Raises Problem (503)."""
    return _discover(provider.issuer, int(time.monotonic() // DISCOVERY_TERM_S))


@lru_cache(maxsize=16)
def _discover(issuer: str, term: int) -> dict[str, Any]:
    found = _ask(issuer.rstrip("/") + "/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise _refused()
    return found


def _ask(url: str, form: dict[str, str] | None = None, auth: tuple[str, str] | None = None) -> dict[str, Any]:
    try:
        return ask_json(url, form, auth)
    except (HTTPError, BadAnswer) as error:
        raise Problem(
            UNAVAILABLE,
            "認証サービスと通信できませんでした。しばらくしてからもう一度お試しください。",
            "The identity provider could not be reached; try again in a while.",
            headers={"Retry-After": "30"},
        ) from error


def _refused(
    ja: str = "認証サービスの答えを確かめられませんでした。もう一度サインインしてください。",
    en: str = "The identity provider's answer could not be verified; sign in again.",
) -> Problem:
    return Problem(UNAUTHENTICATED, ja, en)
