"""Tables of the ground: sources of data, municipalities, towns, postal codes, population by half mesh."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import Boolean, Date, DateTime, Float, ForeignKey, Index, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class DataSource(Base):
    """Where rows come from: publisher, licence, credit and date; sample data is a source of its own."""

    __tablename__ = "data_source"

    source_id: Mapped[str] = mapped_column(Text, primary_key=True)
    title_ja: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    publisher: Mapped[str] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    licence: Mapped[str] = mapped_column(Text)
    licence_url: Mapped[str | None] = mapped_column(Text)
    credit: Mapped[str] = mapped_column(Text, comment="The credit line the licence asks for, as shown on the map")
    as_of: Mapped[date | None] = mapped_column(Date, comment="What day the data describe")
    is_sample: Mapped[bool] = mapped_column(Boolean, server_default="false")
    content_sha256: Mapped[str | None] = mapped_column(String(64), comment="Hash of the file last loaded")
    loaded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    municipality_code: Mapped[str | None] = mapped_column(
        String(5), comment="Whose own list it is; null for published data loaded by the service"
    )
    organisation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisation.organisation_id"), comment="The same for bodies other than municipalities"
    )


class Municipality(Base):
    """One of the 62 municipalities of Tokyo (or any of Japan's 1,741)."""

    __tablename__ = "municipality"

    municipality_code: Mapped[str] = mapped_column(
        String(5), primary_key=True, comment="全国地方公共団体コード, 5 digits"
    )
    localgov_code: Mapped[str] = mapped_column(String(6), unique=True, comment="The same with its check digit")
    prefecture: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text, comment="郡・支庁")
    name: Mapped[str] = mapped_column(Text)
    name_kana: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    region: Mapped[str] = mapped_column(Text, comment="ward, tama or island")
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 4326, spatial_index=False))
    source_id: Mapped[str] = mapped_column(ForeignKey("data_source.source_id"))

    __table_args__ = (Index("ix_municipality_geom", "geom", postgresql_using="gist"),)


class PopulationMesh(Base):
    """Population of a half mesh (500 m)."""

    __tablename__ = "population_mesh"

    mesh_half: Mapped[str] = mapped_column(String(9), primary_key=True)
    population: Mapped[float] = mapped_column(Float)
    census_year: Mapped[int]
    geom: Mapped[Any] = mapped_column(Geometry("POLYGON", 4326, spatial_index=False))
    source_id: Mapped[str] = mapped_column(ForeignKey("data_source.source_id"))

    __table_args__ = (Index("ix_population_mesh_geom", "geom", postgresql_using="gist"),)


class Town(Base):
    """A town (町丁目・大字・小字) and a point in it: where an address without coordinates is put."""

    __tablename__ = "town"

    municipality_code: Mapped[str] = mapped_column(String(5), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True, comment="町丁目・大字・小字")
    geom: Mapped[Any] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    source_id: Mapped[str] = mapped_column(ForeignKey("data_source.source_id"))


class PostalCode(Base):
    """A postal code of seven digits and a town it serves."""

    __tablename__ = "postal_code"

    postal_code: Mapped[str] = mapped_column(String(7), primary_key=True)
    municipality_code: Mapped[str] = mapped_column(String(5), primary_key=True)
    town_name: Mapped[str] = mapped_column(Text, primary_key=True, comment="Empty: the whole municipality")
    source_id: Mapped[str] = mapped_column(ForeignKey("data_source.source_id"))


class DataVersion(Base):
    """A counter per collection, moved in every writing transaction: what ETags and caches hang on."""

    __tablename__ = "data_version"

    collection: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
