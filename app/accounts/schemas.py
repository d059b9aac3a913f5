"""What goes over the wire for accounts. Unknown members are refused: nobody assigns a role in passing."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.accounts.permissions import OrganisationKind, Permission, Role

# Control characters (also CR and LF, which would break into mail headers) have no place in a name.
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f<>,;:\"()\[\]\\]+@[^@\s\x00-\x1f<>,;:\"()\[\]\\]+\.[a-z0-9-]+$",
    ),
]
Language = Annotated[str, StringConstraints(pattern="^(ja|en)$")]


class Input(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid", strict=False)


class Me(BaseModel):
    """Who is asking, and as whom."""

    person_id: UUID
    name: str
    language: str
    organisation_id: UUID
    organisation_kind: OrganisationKind
    roles: list[Role]
    permissions: list[Permission]


class MeChange(Input):
    """What one may change of oneself."""

    name: Line | None = None
    language: Language | None = None


Password = Annotated[str, StringConstraints(max_length=256)]
State = Annotated[str, StringConstraints(max_length=100)]


class PresentPassword(Input):
    """Shows that who asks is still the person; empty for somebody without a password, who has just signed in."""

    present_password: Password = ""


class PasswordChange(PresentPassword):
    """A new password."""

    password: Annotated[str, StringConstraints(max_length=1000)]


class TotpBegun(BaseModel):
    """A time code being set up: its secret for an authenticator app, as text and as the address in a QR code."""

    state: str
    secret: str
    address: str


class TotpConfirmation(PresentPassword):
    """The first code of a time code being set up."""

    state: State
    code: Annotated[str, StringConstraints(max_length=10)]


class PasskeyShown(BaseModel):
    """A passkey of mine."""

    credential_id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


class PasskeyMade(PresentPassword):
    """A passkey a browser made (`PublicKeyCredential.toJSON()`)."""

    state: State
    credential: dict[str, Any]
    name: Line


class SessionShown(BaseModel):
    """A browser signed in to my account."""

    id: str
    method: str
    address: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


class OrganisationSwitch(Input):
    """Whom to act for from now on."""

    organisation_id: UUID


class TokenRequest(Input):
    """An API token to make."""

    name: Line
    scopes: Annotated[list[Permission], Field(max_length=len(Permission))]
    days: int = 90


class Token(BaseModel):
    """An API token as its holder sees it."""

    prefix: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewToken(BaseModel):
    """A token just made: the only time its secret shows."""

    prefix: str
    token: str
    name: str
    scopes: list[str]
    expires_at: datetime


class Membership(BaseModel):
    """A person's role in an organisation."""

    membership_id: UUID
    person_id: UUID
    name: str
    email: str
    role: Role
    since: datetime


class Acting(BaseModel):
    """An organisation one can act for."""

    organisation_id: UUID
    name: str
    name_en: str | None
    roles: list[Role]


class MembershipRequest(Input):
    """A further role for a colleague."""

    person_id: UUID
    role: Role


class InvitationRequest(Input):
    """An invitation to send."""

    email: Email
    role: Role


class Invitation(BaseModel):
    """An open invitation."""

    invitation_id: UUID
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime


class OrganisationRequest(Input):
    """An organisation to add or change."""

    kind: OrganisationKind
    name: Line
    name_en: Line | None = None
    municipality_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")] | None = None
    contract_from: date | None = None
    contract_to: date | None = None


class Organisation(OrganisationRequest):
    """An organisation."""

    model_config = ConfigDict(extra="ignore")

    organisation_id: UUID


class AuditEvent(BaseModel):
    """A row of the audit trail."""

    audit_id: int
    at: datetime
    person_id: UUID | None
    organisation_id: UUID | None
    via: str
    address: str | None
    request_id: str | None
    action: str
    subject: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    hash: str
