"""Tables of base stations: those that stand, and those a carrier plans."""

from datetime import datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.stations.fields import FIELDS, ID_FIELD
from app.versioned import versioned_table

station = versioned_table("station", ID_FIELD.name, FIELDS, "POINT")


class PlannedStation(Base):
    """Where a carrier means to build: its own secret, from other carriers and from staff alike."""

    __tablename__ = "planned_station"

    planned_station_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    asset_id: Mapped[str | None] = mapped_column(Text, comment="The public asset it would stand on")
    technology: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    geom: Mapped[Any] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    version: Mapped[int] = mapped_column(server_default="1", comment="Moves with each change; the ETag")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        CheckConstraint("technology IN ('4g', '5g')", name="technology"),
        Index("ix_planned_station_geom", "geom", postgresql_using="gist"),
    )
