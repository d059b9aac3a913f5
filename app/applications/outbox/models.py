"""Tables of what leaves the window: notices, webhooks, feeds; and answers given once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base

_INSTANT = DateTime(timezone=True)
# Ids that somebody outside sees are random: a running number would tell how many others there are.
_RANDOM = text("gen_random_uuid()")


class Notice(Base):
    """What one person is told of one event: on screen and by mail."""

    __tablename__ = "notice"

    notice_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.site_id"))
    n: Mapped[int] = mapped_column(comment="The event it tells of; for reminders the day counted since 2000-01-01")
    kind: Mapped[str] = mapped_column(Text)
    mail: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    read_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    mailed_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    attempts: Mapped[int] = mapped_column(server_default="0")
    failure: Mapped[str | None] = mapped_column(Text)
    given_up_at: Mapped[datetime | None] = mapped_column(_INSTANT)

    __table_args__ = (
        CheckConstraint("mail IN ('immediate', 'digest', 'none')", name="mail"),
        UniqueConstraint("person_id", "site_id", "n", "kind"),
        Index("ix_notice_person_id_created_at", "person_id", "created_at"),
        Index(
            "ix_notice_unsent",
            "mail",
            "created_at",
            postgresql_where=text("mailed_at IS NULL AND given_up_at IS NULL AND mail <> 'none'"),
        ),
    )


class NoticeSetting(Base):
    """How somebody wants to be told."""

    __tablename__ = "notice_setting"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"), primary_key=True)
    mail: Mapped[str] = mapped_column(Text)

    __table_args__ = (CheckConstraint("mail IN ('immediate', 'digest', 'none')", name="mail"),)


class Webhook(Base):
    """Where an organisation's own software is told of events."""

    __tablename__ = "webhook"

    webhook_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"))
    url: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text, comment="Signs what is sent (Standard Webhooks); shown once")
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    disabled_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class WebhookDelivery(Base):
    """One event on its way to one webhook."""

    __tablename__ = "webhook_delivery"

    delivery_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.webhook_id", ondelete="CASCADE"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.site_id"))
    n: Mapped[int]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    status: Mapped[int | None]
    failure: Mapped[str | None] = mapped_column(Text)
    delivered_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    given_up_at: Mapped[datetime | None] = mapped_column(_INSTANT)

    __table_args__ = (
        UniqueConstraint("webhook_id", "site_id", "n"),
        Index(
            "ix_webhook_delivery_due", "next_at", postgresql_where=text("delivered_at IS NULL AND given_up_at IS NULL")
        ),
        Index("ix_webhook_delivery_organisation_id_created_at", "organisation_id", "created_at"),
    )


class Feed(Base):
    """The secret address of a calendar or news feed."""

    __tablename__ = "feed"

    feed_hash: Mapped[bytes] = mapped_column(
        LargeBinary, primary_key=True, comment="SHA-256 of the secret in the address of a calendar or news feed"
    )
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.person_id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"))
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    revoked_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class IdempotencyKey(Base):
    """An answer given once, given again to the same request."""

    __tablename__ = "idempotency_key"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
