"""Completing a sign-in, and joining by invitation: with a new account, an existing one, or an OpenID provider's."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import oidc, people, sign_in
from app.accounts.passwords import check_new_password
from app.accounts.secrets import hash_password
from app.accounts.sign_in import Browser
from app.config import OidcProvider
from app.problems import CONFLICT, Problem


def email_of(session: Session, person_id: UUID) -> str:
    """A person's address."""
    found: str = session.execute(text("SELECT email FROM person WHERE person_id = :id"), {"id": person_id}).scalar_one()
    return found


def complete(
    session: Session,
    browser: Browser,
    person_id: UUID,
    method: str,
    *,
    invitation: str | None = None,
    replaces: str | None = None,
) -> str:
    """Open the session of somebody who proved who they are, taking up an invitation on the way; answer its secret.

    Raises Problem: 403 or 404 for an invitation that is not theirs or is used, 403 for somebody of no organisation.
    """
    organisation_id = None
    if invitation:
        accepted = people.accept_invitation(session, invitation, person_id, email_of(session, person_id))
        organisation_id = accepted["organisation_id"]
    return sign_in.enter(session, browser, person_id, method, organisation_id=organisation_id, replaces=replaces)


def has_account(session: Session, email: str) -> bool:
    """Whether the address belongs to somebody."""
    found: bool = session.execute(
        text("SELECT EXISTS (SELECT FROM person WHERE email = :email)"), {"email": email}
    ).scalar_one()
    return found


def join_with_password(session: Session, secret: str, *, name: str, password: str) -> UUID:
    """Make the account an invitation is for, its membership with it.

    Raises Problem: 404 for an invitation that is used or expired, 409 where the address has an account, 422 for a weak
    password.
    """
    invitation = _open_invitation(session, secret)
    check_new_password(password, email=invitation["email"], name=name)
    return people.create_person(session, email=invitation["email"], name=name, password_hash=hash_password(password))


def find_or_join(
    session: Session, provider: OidcProvider, claims: Mapping[str, Any], invitation: str | None
) -> UUID | None:
    """The person an OpenID provider vouches for; with an invitation in hand, one is made where there is none.

    None where nobody is linked. Raises Problem (404, 409) for the invitation.
    """
    person_id = oidc.find_person(session, provider, claims)
    if person_id is not None or invitation is None:
        return person_id
    found = _open_invitation(session, invitation)
    if has_account(session, found["email"]):
        raise Problem(
            CONFLICT,
            "この招待のメールアドレスには、すでにアカウントがあります。そのアカウントのパスワードかパスキーでサインインしてください。",
            "The invited address has an account; sign in with its password or passkey.",
        )
    name = str(claims.get("name") or found["email"].partition("@")[0])[:200]
    made = people.create_person(session, email=found["email"], name=name, password_hash=None)
    oidc.link(session, provider, claims, made)
    return made


def _open_invitation(session: Session, secret: str) -> Mapping[str, Any]:
    invitation = people.find_invitation(session, secret)
    if invitation is None:
        raise people.invitation_is_over()
    return invitation
