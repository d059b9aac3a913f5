"""People of organisations: memberships, invitations, and leaving."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.accounts.permissions import RESERVED_ROLES, ROLES_OF_KIND, OrganisationKind, Permission, Role
from app.accounts.secrets import digest, new_secret
from app.problems import CONFLICT, FORBIDDEN, NOT_FOUND, Problem

INVITATION_TERM = timedelta(days=7)


def list_people(session: Session, organisation_id: UUID) -> list[dict[str, Any]]:
    """Everybody with a membership in force, one row a membership."""
    return _rows(
        session,
        "SELECT m.membership_id, p.person_id, p.name, p.email, m.role, m.since FROM membership m JOIN person p"
        " USING (person_id) WHERE m.organisation_id = :organisation AND m.ended_at IS NULL ORDER BY p.name, m.role",
        organisation=organisation_id,
    )


def get_colleague(session: Session, organisation_id: UUID, person_id: UUID) -> dict[str, Any]:
    """A person with a membership in force in the organisation. Raises Problem (404)."""
    for row in list_people(session, organisation_id):
        if row["person_id"] == person_id:
            return row
    raise Problem(NOT_FOUND, "その人は組織にいません。", "That person is not in the organisation.")


def list_invitations(session: Session, organisation_id: UUID) -> list[dict[str, Any]]:
    """Invitations of an organisation that can still be accepted."""
    return _rows(
        session,
        "SELECT invitation_id, email, role, created_at, expires_at FROM invitation WHERE organisation_id = :organisation"
        " AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now() ORDER BY created_at DESC",
        organisation=organisation_id,
    )


def check_role(actor: Actor, kind: OrganisationKind, role: Role) -> None:
    """Raises Problem (403) where a role does not belong to the kind of organisation or is not the actor's to give."""
    if role not in ROLES_OF_KIND[kind]:
        raise Problem(FORBIDDEN, "この組織では使えない役割です。", "This organisation cannot give that role.")
    if role in RESERVED_ROLES and Permission.ORGANISATIONS_MANAGE not in actor.permissions:
        raise Problem(FORBIDDEN, "この役割はシステム管理者だけが付けられます。", "Only a system admin gives that role.")


def invite(
    session: Session, actor: Actor, *, organisation_id: UUID, kind: OrganisationKind, email: str, role: Role
) -> tuple[dict[str, Any], str]:
    """Invite an address to a role; answer the invitation and the secret that goes into the mail, nowhere else."""
    check_role(actor, kind, role)
    secret = new_secret()
    row = _rows(
        session,
        "INSERT INTO invitation (token_hash, organisation_id, email, role, invited_by, expires_at)"
        " VALUES (:hash, :organisation, :email, :role, :person, now() + CAST(:term AS interval))"
        " RETURNING invitation_id, email, role, created_at, expires_at",
        hash=digest(secret), organisation=organisation_id, email=email.strip().lower(), role=role.value,
        person=actor.person_id, term=INVITATION_TERM,
    )[0]  # fmt: skip
    audit.record(
        session, "invitation.create", f"invitation:{row['invitation_id']}",
        after={"email": row["email"], "role": row["role"], "organisation_id": organisation_id},
    )  # fmt: skip
    return row, secret


def revoke_invitation(session: Session, invitation_id: UUID) -> None:
    """Take an open invitation back. Raises Problem (404)."""
    ended = _rows(
        session,
        "UPDATE invitation SET revoked_at = now() WHERE invitation_id = :id AND accepted_at IS NULL AND revoked_at IS NULL"
        " RETURNING email, role",
        id=invitation_id,
    )
    if not ended:
        raise Problem(NOT_FOUND, "その招待は見つからないか、もう使われています。", "No such open invitation.")
    audit.record(session, "invitation.revoke", f"invitation:{invitation_id}", before=ended[0])


def find_invitation(session: Session, secret: str) -> Mapping[str, Any] | None:
    """The open invitation of a secret, with the organisation's name, locked so that it serves once."""
    found = _rows(
        session,
        "SELECT i.invitation_id, i.organisation_id, i.email, i.role, o.name AS organisation, o.kind"
        " FROM invitation i JOIN organisation o USING (organisation_id) WHERE i.token_hash = :hash"
        " AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now() FOR UPDATE OF i",
        hash=digest(secret),
    )
    return found[0] if found else None


def accept_invitation(session: Session, secret: str, person_id: UUID, email: str) -> Mapping[str, Any]:
    """Turn an invitation into a membership, once, for the person of the invited address.

    Raises Problem: 404 for an invitation that is used, expired or taken back, 403 for somebody else's.
    """
    invitation = find_invitation(session, secret)
    if invitation is None:
        raise invitation_is_over()
    if invitation["email"] != email:
        raise Problem(
            FORBIDDEN, "この招待は別のメールアドレス宛てです。", "This invitation was sent to another address."
        )
    _rows(
        session, "UPDATE invitation SET accepted_at = now(), accepted_by = :person WHERE invitation_id = :id RETURNING 1",
        person=person_id, id=invitation["invitation_id"],
    )  # fmt: skip
    add_membership(session, person_id, invitation["organisation_id"], Role(invitation["role"]))
    return invitation


def invitation_is_over() -> Problem:
    """A 404 that says what to do about an invitation that is used, expired or taken back."""
    return Problem(
        NOT_FOUND,
        "この招待は使えません。期限が切れたか、すでに使われています。招待した人に新しい招待を頼んでください。",
        "This invitation is expired or used; ask for a new one.",
    )


def add_membership(session: Session, person_id: UUID, organisation_id: UUID, role: Role) -> UUID:
    """Give a person a role in an organisation. Raises Problem (409) where they have it."""
    try:
        with session.begin_nested():
            row = _rows(
                session,
                "INSERT INTO membership (person_id, organisation_id, role) VALUES (:person, :organisation, :role)"
                " RETURNING membership_id",
                person=person_id, organisation=organisation_id, role=role.value,
            )[0]  # fmt: skip
    except IntegrityError:
        raise Problem(CONFLICT, "その人はもうこの役割を持っています。", "That person already has the role.") from None
    membership_id: UUID = row["membership_id"]
    audit.record(
        session, "membership.begin", f"membership:{membership_id}",
        after={"person_id": person_id, "organisation_id": organisation_id, "role": role.value},
    )  # fmt: skip
    return membership_id


def end_membership(session: Session, membership_id: UUID) -> None:
    """End a membership now; with the last one in an organisation no session or token stands there any more.

    Raises Problem (404).
    """
    ended = _rows(
        session,
        "UPDATE membership SET ended_at = now() WHERE membership_id = :id AND ended_at IS NULL"
        " RETURNING person_id, organisation_id, role",
        id=membership_id,
    )
    if not ended:
        raise Problem(NOT_FOUND, "その所属は見つかりません。", "There is no such membership.")
    audit.record(session, "membership.end", f"membership:{membership_id}", before=ended[0])


def find_person_id(session: Session, email: str) -> UUID:
    """The id of the person of an address; a nil id, which is nobody's, where there is none."""
    found = _rows(session, "SELECT person_id FROM person WHERE email = lower(:email)", email=email.strip())
    person_id: UUID = found[0]["person_id"] if found else UUID(int=0)
    return person_id


def create_person(
    session: Session, *, email: str, name: str, password_hash: str | None, is_sample: bool = False
) -> UUID:
    """A new person. Raises Problem (409) where the address has an account."""
    try:
        with session.begin_nested():
            row = _rows(
                session,
                "INSERT INTO person (email, name, password_hash, is_sample) VALUES (:email, :name, :hash, :sample)"
                " RETURNING person_id",
                email=email.strip().lower(), name=name, hash=password_hash, sample=is_sample,
            )[0]  # fmt: skip
    except IntegrityError:
        raise Problem(
            CONFLICT,
            "そのメールアドレスは登録済みです。サインインしてください。",
            "That address has an account; sign in.",
        ) from None
    person_id: UUID = row["person_id"]
    audit.record(session, "person.create", f"person:{person_id}", after={"email": email, "name": name})
    return person_id


def _rows(session: Session, statement: str, **bound: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in session.execute(text(statement), bound)]
