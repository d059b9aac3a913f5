"""Tables of the one-stop window."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base

_INSTANT = DateTime(timezone=True)
# Ids that somebody outside sees are random: a running number would tell how many others there are.
_RANDOM = text("gen_random_uuid()")


class Application(Base):
    """An application over many sites: a draft, then sent."""

    __tablename__ = "application"

    application_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"))
    code: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(Text, server_default="")
    state: Mapped[str] = mapped_column(Text, server_default="draft")
    plan: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    version: Mapped[int] = mapped_column(server_default="1")
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"))
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    submitted_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    cloned_from: Mapped[UUID | None]
    is_sample: Mapped[bool] = mapped_column(server_default="false")

    __table_args__ = (
        CheckConstraint("state IN ('draft', 'submitted', 'discarded')", name="state"),
        UniqueConstraint("code"),
        Index("ix_application_organisation_id_updated_at", "organisation_id", "updated_at"),
    )


def _list_index(whose: str, *, by_party: bool) -> Index:
    """What a list begins at: open sites by whose turn it is, or all of them; an owner's begin with referral."""
    conditions = ["stage NOT IN ('end', 'draft')"] * by_party + ["referred_at IS NOT NULL"] * whose.startswith("owner")
    columns = (whose, *["party"] * by_party, "due_key", "site_id")
    name = "_".join(("ix_site", whose, *["party"] * by_party, "due_key"))
    return Index(name, *columns, postgresql_where=text(" AND ".join(conditions)) if conditions else None)


_SIDES = ("organisation_id", "window_organisation_id", "owner_organisation_id")


class Site(Base):
    """One asset of an application: one case with its own owner, state, clock and documents."""

    __tablename__ = "site"

    site_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.application_id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"))
    carrier_name: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(String(16))
    asset_id: Mapped[str] = mapped_column(Text)
    asset: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="The asset as it was when the site was chosen")
    geom: Mapped[Any] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    plan: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    municipality_code: Mapped[str | None] = mapped_column(String(5))
    owner_organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.organisation_id"))
    window_organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.organisation_id"))
    reviewer_organisations: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    procedure_id: Mapped[str] = mapped_column(String(16), ForeignKey("procedure.procedure_id"))
    state: Mapped[str] = mapped_column(Text, server_default="draft")
    party: Mapped[str] = mapped_column(Text, server_default="carrier")
    stage: Mapped[str] = mapped_column(Text, server_default="draft")
    resume_state: Mapped[str | None] = mapped_column(Text)
    resume_days: Mapped[int | None]
    version: Mapped[int] = mapped_column(server_default="1", comment="Moves with each change of the case; the ETag")
    last_n: Mapped[int] = mapped_column(server_default="0", comment="Number of the last event")
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    submitted_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    referred_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    state_since: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    started_on: Mapped[date | None] = mapped_column(Date)
    due_on: Mapped[date | None] = mapped_column(Date)
    decided_on: Mapped[date | None] = mapped_column(Date)
    reason_code: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    reopen_on: Mapped[date | None] = mapped_column(Date)
    correction: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, comment="Items the carrier is asked to mend, while it is"
    )
    review_rule: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    assigned_to: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"))
    reviewer_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"))
    permit: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    permit_to: Mapped[date | None] = mapped_column(Date)
    on_air_on: Mapped[date | None] = mapped_column(Date)
    station_id: Mapped[str | None] = mapped_column(Text)
    shares_with: Mapped[UUID | None] = mapped_column(ForeignKey("site.site_id"))
    is_sample: Mapped[bool] = mapped_column(server_default="false")
    due_key: Mapped[date] = mapped_column(
        Date,
        Computed("coalesce(due_on, '9999-12-31'::date)", persisted=True),
        nullable=True,
    )
    search_text: Mapped[str] = mapped_column(
        Text,
        Computed(
            "code || ' ' || asset_id || ' ' || carrier_name || ' ' || coalesce(asset->>'name', '')"
            " || ' ' || coalesce(asset->>'address', '')",
            persisted=True,
        ),
        nullable=True,
    )

    __table_args__ = (
        CheckConstraint("party IN ('carrier', 'window', 'owner', 'nobody')", name="party"),
        UniqueConstraint("code"),
        Index("ix_site_application_id", "application_id"),
        Index("ix_site_asset_id", "asset_id"),
        Index("ix_site_organisation_id_updated_at", "organisation_id", "updated_at"),
        Index("ix_site_window_organisation_id_updated_at", "window_organisation_id", "updated_at"),
        Index("ix_site_owner_organisation_id_updated_at", "owner_organisation_id", "updated_at"),
        Index(
            "ix_site_owner_organisation_id_decided_on",
            "owner_organisation_id",
            "decided_on",
            postgresql_where=text("decided_on IS NOT NULL"),
        ),
        *(_list_index(whose, by_party=by_party) for whose in _SIDES for by_party in (True, False)),
        Index(
            "ix_site_search_text", "search_text", postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"}
        ),
        Index("ix_site_reviewer_organisations", "reviewer_organisations", postgresql_using="gin"),
        Index("ix_site_due_on", "due_on", postgresql_where=text("due_on IS NOT NULL")),
        Index("ix_site_permit_to", "permit_to", postgresql_where=text("permit_to IS NOT NULL")),
        Index("ix_site_geom", "geom", postgresql_using="gist"),
    )


class SiteEvent(Base):
    """One act on a site; never changed."""

    __tablename__ = "site_event"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.site_id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(_INSTANT, server_default=text("clock_timestamp()"))
    action: Mapped[str] = mapped_column(Text)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str | None] = mapped_column(Text)
    party: Mapped[str] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(
        Text, server_default="all", comment="all: every party; inside: window and offices; carrier: the carrier alone"
    )
    person_id: Mapped[UUID | None]
    person_name: Mapped[str | None] = mapped_column(Text)
    organisation_id: Mapped[UUID | None]
    organisation_name: Mapped[str | None] = mapped_column(Text)
    comment: Mapped[str | None] = mapped_column(Text)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))

    __table_args__ = (
        CheckConstraint("audience IN ('all', 'inside', 'carrier')", name="audience"),
        Index(
            "ix_site_event_moves", "site_id", "n", postgresql_include=["at", "to_state"],
            postgresql_where=text("to_state IS NOT NULL"),
        ),
    )  # fmt: skip


class Document(Base):
    """A version of a document; its bytes are kept apart."""

    __tablename__ = "document"

    document_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.application_id"))
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.site_id"), comment="Null: of the whole application")
    document_type: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    file_name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    byte_count: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    pages: Mapped[int | None]
    thumbnail: Mapped[bytes | None] = mapped_column(LargeBinary)
    audience: Mapped[str] = mapped_column(Text, server_default="all")
    is_generated: Mapped[bool] = mapped_column(server_default="false")
    person_id: Mapped[UUID | None]
    organisation_id: Mapped[UUID | None]
    organisation_name: Mapped[str | None] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    withdrawn_at: Mapped[datetime | None] = mapped_column(_INSTANT)

    __table_args__ = (
        CheckConstraint("audience IN ('all', 'inside')", name="audience"),
        Index(
            "uq_document_version",
            "application_id",
            text("coalesce(site_id, application_id)"),
            "document_type",
            "version",
            unique=True,
        ),
        Index("ix_document_site_id", "site_id"),
    )


class DocumentContent(Base):
    """The bytes of a document."""

    __tablename__ = "document_content"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.document_id", ondelete="CASCADE"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Review(Base):
    """One office's answer in a round of parallel review."""

    __tablename__ = "review"

    review_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.site_id"))
    round: Mapped[int]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"))
    organisation_name: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[UUID | None]
    asked_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    due_on: Mapped[date] = mapped_column(Date)
    answer: Mapped[str | None] = mapped_column(Text)
    comment: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    cancelled_at: Mapped[datetime | None] = mapped_column(_INSTANT)

    __table_args__ = (
        CheckConstraint("answer IN ('yes', 'yes_with_conditions', 'no')", name="answer"),
        UniqueConstraint("site_id", "round", "organisation_id"),
        Index("ix_review_organisation_id_due_on", "organisation_id", "due_on", postgresql_where=text("answer IS NULL")),
    )


class SlotReservation(Base):
    """A slot of an asset kept for a site."""

    __tablename__ = "slot_reservation"

    reservation_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    asset_id: Mapped[str] = mapped_column(Text)
    slot: Mapped[int]
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.site_id"))
    organisation_id: Mapped[UUID]
    municipality_code: Mapped[str | None] = mapped_column(String(5))
    reserved_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    until_on: Mapped[date | None] = mapped_column(
        Date, comment="Last day it is kept; null: held by a permit until released"
    )
    is_on_air: Mapped[bool] = mapped_column(server_default="false")
    released_at: Mapped[datetime | None] = mapped_column(_INSTANT)

    __table_args__ = (
        Index(
            "uq_slot_reservation_slot", "asset_id", "slot", unique=True, postgresql_where=text("released_at IS NULL")
        ),
        Index("uq_slot_reservation_site", "site_id", unique=True, postgresql_where=text("released_at IS NULL")),
        Index("ix_slot_reservation_organisation_id", "organisation_id", postgresql_where=text("released_at IS NULL")),
        Index("ix_slot_reservation_until_on", "until_on", postgresql_where=text("released_at IS NULL")),
    )


class SharingOffer(Base):
    """The window asks two carriers whether they would share a slot."""

    __tablename__ = "sharing_offer"

    offer_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.site_id"))
    with_site_id: Mapped[UUID] = mapped_column(ForeignKey("site.site_id"))
    offered_by: Mapped[UUID | None]
    offered_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    names_shown: Mapped[bool] = mapped_column(server_default="false")
    asker_answer: Mapped[bool | None]
    holder_answer: Mapped[bool | None]
    closed_at: Mapped[datetime | None] = mapped_column(_INSTANT)

    __table_args__ = (
        Index("uq_sharing_offer_open", "site_id", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("ix_sharing_offer_with_site_id", "with_site_id"),
    )


class AssetFeedback(Base):
    """A correction of an asset that a refusal brought to light."""

    __tablename__ = "asset_feedback"

    feedback_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.site_id"))
    asset_id: Mapped[str] = mapped_column(Text)
    field: Mapped[str] = mapped_column(Text)
    value: Mapped[Any] = mapped_column(JSONB)
    before: Mapped[Any | None] = mapped_column(JSONB)
    reason: Mapped[str | None] = mapped_column(Text)
    proposed_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())
    decided_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    decided_by: Mapped[UUID | None]
    is_confirmed: Mapped[bool | None]

    __table_args__ = (Index("ix_asset_feedback_site_id", "site_id"),)
