"""Tables of what is computed of measurements; a build writes them anew, nothing else does."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
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

STATES = ("covered", "gap", "uncertain", "unknown")
GAP_KINDS = ("none", "some", "weak", "suspected", "carrier")
ENGINES = ("duckdb", "postgresql", "spark")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(map(repr, values))})", name=column)


class CoverageBuild(Base):
    """One computation: of which surveys, by which profile, as of which day."""

    __tablename__ = "coverage_build"

    build_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    profile_id: Mapped[str] = mapped_column(Text)
    profile: Mapped[dict[str, Any]] = mapped_column(JSONB)
    as_of: Mapped[date] = mapped_column(Date)
    engine: Mapped[str] = mapped_column(Text)
    rows_read: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float] = mapped_column(Double)
    surveys: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    is_latest: Mapped[bool] = mapped_column(server_default="true")
    built_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        UniqueConstraint("profile_id", "as_of"),
        _one_of("engine", ENGINES),
        Index("uq_coverage_build_latest", "profile_id", unique=True, postgresql_where=text("is_latest")),
    )


def _of_build() -> Mapped[UUID]:
    return mapped_column(ForeignKey("coverage_build.build_id", ondelete="CASCADE"), primary_key=True)


class CoverageCell(Base):
    """A mesh for one carrier (or all together) and technology: its state and every piece of evidence for it."""

    __tablename__ = "coverage_cell"

    build_id: Mapped[UUID] = _of_build()
    cell_id: Mapped[str] = mapped_column(
        Text, primary_key=True, index=True, comment="mesh code, carrier, profile, and sample or not, joined by dashes"
    )
    level: Mapped[str] = mapped_column(Text)
    mesh_code: Mapped[str] = mapped_column(String(10), index=True)
    municipality_code: Mapped[str | None] = mapped_column(String(5))
    carrier: Mapped[str] = mapped_column(Text, comment="A carrier, or all: every carrier of the profile together")
    technology: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    grade: Mapped[str | None] = mapped_column(
        Text, comment="Where the signal of most of it lies among the bounds of the profile"
    )
    reason: Mapped[str] = mapped_column(Text)
    carriers_covered: Mapped[int | None] = mapped_column(SmallInteger)
    carriers_gap: Mapped[int | None] = mapped_column(SmallInteger)
    samples: Mapped[int] = mapped_column(Integer)
    segments: Mapped[int] = mapped_column(Integer)
    passes: Mapped[int] = mapped_column(Integer)
    days: Mapped[int] = mapped_column(Integer)
    mean_dbm: Mapped[float | None] = mapped_column(REAL)
    sd_db: Mapped[float | None] = mapped_column(REAL)
    lower_dbm: Mapped[float | None] = mapped_column(
        REAL, comment="Tolerance bound that must reach the threshold for covered"
    )
    upper_dbm: Mapped[float | None] = mapped_column(
        REAL, comment="Tolerance bound that must miss the threshold for gap"
    )
    no_service_share: Mapped[float | None] = mapped_column(REAL)
    observed_share: Mapped[float] = mapped_column(REAL)
    road_m: Mapped[float] = mapped_column(REAL)
    newest_on: Mapped[date | None] = mapped_column(Date)
    oldest_on: Mapped[date | None] = mapped_column(Date)
    must_resurvey: Mapped[bool] = mapped_column(server_default="false")
    histogram: Mapped[list[int] | None] = mapped_column(
        ARRAY(Integer), comment="Segments by signal: bounds are those of the profile"
    )
    is_sample: Mapped[bool]
    is_public: Mapped[bool]
    geom: Mapped[Any] = mapped_column(Geometry("POLYGON", 4326, spatial_index=False))
    mesh_row: Mapped[int | None] = mapped_column(
        Integer,
        Computed("round(st_ymin(geom) * 480)", persisted=True),
        comment="Of the south-west corner, in quarter meshes from the equator: tiles find cells by it",
    )
    mesh_col: Mapped[int | None] = mapped_column(
        Integer,
        Computed("round((st_xmin(geom) - 100) * 320)", persisted=True),
        comment="Of the south-west corner, in quarter meshes from 100 degrees east",
    )

    __table_args__ = (
        _one_of("level", ("quarter", "half")),
        _one_of("technology", ("4g", "5g")),
        _one_of("state", STATES),
        _one_of("grade", ("good", "usable", "weak", "none")),
        Index("ix_coverage_cell_place", "build_id", "carrier", "level", "mesh_row", "mesh_col"),
        Index("ix_coverage_cell_geom", "geom", postgresql_using="gist"),
    )


class CoverageGap(Base):
    """Neighbouring cells in which service is missing, as one polygon."""

    __tablename__ = "coverage_gap"

    build_id: Mapped[UUID] = _of_build()
    gap_id: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(
        Text,
        comment="none: no carrier serves (通信困難); some: one to three serve; weak: served weakly; suspected: none"
        " serves as far as known, some carriers unknown; carrier: one carrier",
    )
    carrier: Mapped[str] = mapped_column(Text)
    technology: Mapped[str] = mapped_column(Text)
    carriers_missing: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    municipality_codes: Mapped[list[str]] = mapped_column(ARRAY(String(5)), server_default=text("'{}'"))
    cells: Mapped[int] = mapped_column(Integer)
    samples: Mapped[int] = mapped_column(Integer)
    segments: Mapped[int] = mapped_column(Integer)
    passes: Mapped[int] = mapped_column(Integer)
    area_km2: Mapped[float] = mapped_column(Double)
    observed_share: Mapped[float] = mapped_column(REAL)
    road_km: Mapped[float] = mapped_column(Double)
    population: Mapped[float | None] = mapped_column(Double)
    newest_on: Mapped[date | None] = mapped_column(Date)
    oldest_on: Mapped[date | None] = mapped_column(Date)
    is_sample: Mapped[bool]
    is_public: Mapped[bool]
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 4326, spatial_index=False))

    __table_args__ = (_one_of("kind", GAP_KINDS), Index("ix_coverage_gap_geom", "geom", postgresql_using="gist"))


class CoverageMunicipality(Base):
    """Shares of a municipality, each figure as an object of state: value."""

    __tablename__ = "coverage_municipality"

    build_id: Mapped[UUID] = _of_build()
    municipality_code: Mapped[str] = mapped_column(String(5), primary_key=True)
    carrier: Mapped[str] = mapped_column(Text, primary_key=True)
    technology: Mapped[str] = mapped_column(Text, primary_key=True)
    is_sample: Mapped[bool] = mapped_column(primary_key=True)
    is_public: Mapped[bool]
    cells: Mapped[dict[str, int]] = mapped_column(JSONB)
    area_km2: Mapped[dict[str, float]] = mapped_column(JSONB)
    road_km: Mapped[dict[str, float]] = mapped_column(JSONB)
    population: Mapped[dict[str, float]] = mapped_column(JSONB)

    __table_args__ = ({"comment": "Each figure as an object of state: value"},)
