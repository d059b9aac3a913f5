"""Inviting: the invitation, then its mail."""

from typing import Any
from uuid import UUID

from app.accounts import people
from app.accounts.actor import Actor, Transactions
from app.accounts.mail import send_invitation
from app.accounts.permissions import OrganisationKind, Role
from app.config import Settings


def invite_and_mail(
    db: Transactions,
    settings: Settings,
    actor: Actor,
    organisation_id: UUID,
    kind: OrganisationKind,
    email: str,
    role: Role,
) -> dict[str, Any]:
    """Invite an address to a role and mail the link, once the invitation stands. Raises Problem (403)."""
    with db.begin(actor) as session:
        row, secret = people.invite(session, actor, organisation_id=organisation_id, kind=kind, email=email, role=role)
    send_invitation(settings, to=row["email"], secret=secret, expires_at=row["expires_at"])
    return row
