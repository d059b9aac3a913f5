"""Tables of organisations, people and their ways in."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.permissions import OrganisationKind, Role
from app.db import Base

_INSTANT = DateTime(timezone=True)
# Ids that somebody outside sees are random: a running number would tell how many others there are.
_RANDOM = text("gen_random_uuid()")


def _one_of(column: str, codes: type[OrganisationKind] | type[Role]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(f'{code.value!r}' for code in codes)})", name=column)


class Organisation(Base):
    """A body that people act for."""

    __tablename__ = "organisation"

    organisation_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text)
    municipality_code: Mapped[str | None] = mapped_column(
        String(5), comment="Whose lists a municipality's staff may publish; null: not a municipality"
    )
    contract_from: Mapped[date | None] = mapped_column(Date, comment="First day a window contractor serves")
    contract_to: Mapped[date | None] = mapped_column(Date, comment="Last day a window contractor serves")
    is_sample: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())

    __table_args__ = (
        _one_of("kind", OrganisationKind),
        CheckConstraint("contract_to >= contract_from", name="contract"),
    )


class Person(Base):
    """Somebody who signs in; what they may do hangs on their memberships."""

    __tablename__ = "person"

    person_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    email: Mapped[str] = mapped_column(Text, unique=True, comment="Lower case")
    name: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(2), server_default="ja")
    password_hash: Mapped[str | None] = mapped_column(Text, comment="argon2id; null: signs in otherwise")
    totp_secret: Mapped[str | None] = mapped_column(Text, comment="Base32; null: no second factor by code")
    totp_last_step: Mapped[int | None] = mapped_column(
        BigInteger, comment="Time step last accepted: a code serves once"
    )
    is_sample: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    disabled_at: Mapped[datetime | None] = mapped_column(_INSTANT)

    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)


class Membership(Base):
    """A role a person has in an organisation, until it ends."""

    __tablename__ = "membership"

    membership_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"))
    role: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(_INSTANT)

    __table_args__ = (
        _one_of("role", Role),
        Index(
            "uq_membership_in_force", "person_id", "organisation_id", "role", unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_membership_organisation_id", "organisation_id"),
    )  # fmt: skip


class ProviderIdentity(Base):
    """A person as an OpenID provider knows them."""

    __tablename__ = "identity"

    issuer: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"), index=True)
    linked_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())


class Passkey(Base):
    """A WebAuthn credential."""

    __tablename__ = "passkey"

    credential_id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"), index=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    last_used_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class UserSession(Base):
    """A signed-in browser; the cookie holds a secret of which only the hash is kept."""

    __tablename__ = "user_session"

    session_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, comment="SHA-256 of the cookie's secret")
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"), index=True)
    organisation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.organisation_id"), comment="Whom the person acts for now"
    )
    method: Mapped[str] = mapped_column(Text, comment="password, password+totp, passkey or oidc")
    csrf_secret: Mapped[bytes] = mapped_column(LargeBinary)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary, comment="SHA-256 of the browser cookie: known browsers")
    address: Mapped[Any] = mapped_column(INET)
    user_agent: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    last_seen_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class SignInState(Base):
    """A sign-in under way (OpenID state, passkey challenge, second factor), bound to one browser, used once."""

    __tablename__ = "sign_in_state"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary, comment="SHA-256 of the secret in the browser's cookie")
    kind: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    expires_at: Mapped[datetime] = mapped_column(_INSTANT)


class SignInFailure(Base):
    """A failed sign-in: what throttling counts."""

    __tablename__ = "sign_in_failure"

    failure_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    address: Mapped[Any] = mapped_column(INET)
    at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())

    __table_args__ = (Index("ix_sign_in_failure_at", "at"),)


class ApiToken(Base):
    """A key for programmes, `prefix.secret`, acting as a person in an organisation within its scopes."""

    __tablename__ = "api_token"

    prefix: Mapped[str] = mapped_column(String(12), primary_key=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, comment="SHA-256; the secret has 256 random bits")
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"))
    name: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(_INSTANT)
    last_used_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    revoked_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class Invitation(Base):
    """An invitation by e-mail to a role in an organisation, good for one use."""

    __tablename__ = "invitation"

    invitation_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"), index=True)
    email: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"))
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(_INSTANT)
    accepted_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"))
    revoked_at: Mapped[datetime | None] = mapped_column(_INSTANT)

    __table_args__ = (_one_of("role", Role),)


class AuditEvent(Base):
    """One act, chained to the one before by hash; written by `audit_append` alone and never changed."""

    __tablename__ = "audit_event"

    audit_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="1, 2, 3 … unbroken"
    )
    at: Mapped[datetime] = mapped_column(_INSTANT)
    person_id: Mapped[UUID | None] = mapped_column(comment="Who; null: nobody signed in, or the service")
    organisation_id: Mapped[UUID | None] = mapped_column(comment="As whom")
    via: Mapped[str] = mapped_column(Text, comment="session, token prefix, command line or service")
    address: Mapped[str | None] = mapped_column(Text, comment="From where")
    request_id: Mapped[str | None] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text, comment="What, e.g. membership.end")
    subject: Mapped[str | None] = mapped_column(Text, comment="To what, e.g. membership:12")
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        Index("ix_audit_event_at", "at"),
        Index("ix_audit_event_organisation_id_at", "organisation_id", "at"),
        Index("ix_audit_event_subject", "subject"),
    )


class AuditHead(Base):
    """The last link of the chain, in one row: tells when rows are cut off the end."""

    __tablename__ = "audit_head"

    singleton: Mapped[bool] = mapped_column(primary_key=True, server_default="true")
    audit_id: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (CheckConstraint("singleton", name="one_row"),)
