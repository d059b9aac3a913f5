"""Tables of what offices and the window set: procedures, closures, routes, fee rules, caps."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base

_INSTANT = DateTime(timezone=True)
# Ids that somebody outside sees are random: a running number would tell how many others there are.
_RANDOM = text("gen_random_uuid()")


class Procedure(Base):
    """A version of the procedure, kept under the hash of what it says."""

    __tablename__ = "procedure"

    procedure_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=func.now())


class OrganisationProcedure(Base):
    """An office's own procedure, from an instant on."""

    __tablename__ = "organisation_procedure"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(_INSTANT, primary_key=True, server_default=func.now())
    procedure_id: Mapped[str] = mapped_column(String(16), ForeignKey("procedure.procedure_id"))
    variation: Mapped[dict[str, Any]] = mapped_column(JSONB)


class OfficeClosure(Base):
    """A day an office is closed beyond weekends and holidays."""

    __tablename__ = "office_closure"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    name: Mapped[str] = mapped_column(Text)


class AssetRoute(Base):
    """Which office answers for the assets of an owner's bureau."""

    __tablename__ = "asset_route"

    owner_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    bureau: Mapped[str] = mapped_column(Text, primary_key=True, server_default="")
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"))


class FeeRule(Base):
    """A dated fee rule of an owner."""

    __tablename__ = "fee_rule"

    fee_rule_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=_RANDOM)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"))
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    is_sample: Mapped[bool] = mapped_column(server_default="false")

    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", name="term"),
        Index("ix_fee_rule_organisation_id", "organisation_id"),
    )


class ReservationCap(Base):
    """How many reservations a carrier may have in a municipality, where not the usual number."""

    __tablename__ = "reservation_cap"

    municipality_code: Mapped[str] = mapped_column(String(5), primary_key=True)
    most: Mapped[int]

    __table_args__ = (CheckConstraint("most >= 0", name="most"),)
