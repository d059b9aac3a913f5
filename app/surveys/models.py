"""Tables of surveys: campaigns, their files, measurements, driven roads, claims of carriers, reports of residents."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base

METHODS = ("drive", "walk", "fixed", "mixed")
FILE_STATES = ("waiting", "examining", "examined", "refused", "loading", "loaded", "removed")
TECHNOLOGIES = ("5g_sa", "5g_nsa", "4g", "3g", "none")


def _one_of(name: str, column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(map(repr, values))})", name=name)


class Survey(Base):
    """A campaign: where, when, how and by whom the signal was measured."""

    __tablename__ = "survey"

    survey_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    code: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    municipality_codes: Mapped[list[str]] = mapped_column(
        ARRAY(String(5)), server_default=text("'{}'"), comment="Where it was driven; empty: not said"
    )
    began_on: Mapped[date] = mapped_column(Date)
    ended_on: Mapped[date] = mapped_column(Date)
    method: Mapped[str] = mapped_column(Text)
    contractor: Mapped[str | None] = mapped_column(Text)
    devices: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    note: Mapped[str | None] = mapped_column(Text)
    carriers_public: Mapped[bool] = mapped_column(
        server_default="false",
        comment="Whether figures of one carrier may be shown to everybody under its name",
    )
    state: Mapped[str] = mapped_column(Text, server_default="draft")
    is_sample: Mapped[bool] = mapped_column(server_default="false")
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.organisation_id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("began_on <= ended_on", name="period"),
        _one_of("method", "method", METHODS),
        _one_of("state", "state", ("draft", "published", "withdrawn")),
    )


class SurveyFile(Base):
    """A file of a survey: a log and how it was read, or the report. `report` tells every value refused or mended."""

    __tablename__ = "survey_file"

    file_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.survey_id"), index=True)
    kind: Mapped[str] = mapped_column(Text, server_default="log")
    file_name: Mapped[str] = mapped_column(Text)
    file_sha256: Mapped[str] = mapped_column(String(64))
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    progress: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    refusal: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    rows_taken: Mapped[int | None] = mapped_column(BigInteger)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    examined_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    loaded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        _one_of("kind", "kind", ("log", "report")),
        _one_of("state", "state", FILE_STATES),
        Index(
            "uq_survey_file_content",
            "survey_id",
            "file_sha256",
            unique=True,
            postgresql_where=text("state IN ('loading', 'loaded')"),
        ),
    )


class SurveyFilePart(Base):
    """A piece of a file's bytes as sent, or of its judged rows."""

    __tablename__ = "survey_file_part"

    file_id: Mapped[UUID] = mapped_column(ForeignKey("survey_file.file_id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[str] = mapped_column(
        Text, primary_key=True, comment="file: the bytes as sent; rows: judged rows as Parquet"
    )
    n: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class SurveyRoad(Base):
    """A piece of road one phone was driven along, and what served it there."""

    __tablename__ = "survey_road"

    road_id: Mapped[str] = mapped_column(Text, primary_key=True)
    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.survey_id"), index=True)
    municipality_code: Mapped[str | None] = mapped_column(String(5))
    carrier: Mapped[str] = mapped_column(Text)
    technology: Mapped[str] = mapped_column(Text, comment="What served there: 5g_sa, 5g_nsa, 4g, 3g or none")
    driven_on: Mapped[date] = mapped_column(Date)
    samples: Mapped[int] = mapped_column(Integer)
    mean_dbm: Mapped[float | None] = mapped_column(REAL)
    length_m: Mapped[float] = mapped_column(REAL)
    is_sample: Mapped[bool]
    is_public: Mapped[bool]
    geom: Mapped[Any] = mapped_column(Geometry("LINESTRING", 4326, spatial_index=False))
    made_of: Mapped[str | None] = mapped_column(
        Text, comment="Hash of what the lines of the survey were made of; another means they are made anew"
    )

    __table_args__ = (Index("ix_survey_road_geom", "geom", postgresql_using="gist"),)


class Measurement(Base):
    """What a phone reported, one row a carrier and moment. Partitioned by survey; the key is the mapper's alone."""

    __tablename__ = "measurement"

    survey_id: Mapped[UUID] = mapped_column()
    file_id: Mapped[UUID] = mapped_column()
    row_number: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)
    accuracy_m: Mapped[float | None] = mapped_column(REAL)
    carrier: Mapped[str] = mapped_column(Text)
    device: Mapped[str | None] = mapped_column(Text)
    technology: Mapped[str] = mapped_column(Text, comment="Of the serving cell; none: the phone reported no service")
    band: Mapped[str | None] = mapped_column(Text)
    rsrp_dbm: Mapped[float | None] = mapped_column(
        REAL, comment="Of the serving cell; of the 4G anchor where technology is 5g_nsa"
    )
    rsrq_db: Mapped[float | None] = mapped_column(REAL)
    sinr_db: Mapped[float | None] = mapped_column(REAL)
    nr_rsrp_dbm: Mapped[float | None] = mapped_column(REAL, comment="SS-RSRP of the 5G cell")
    nr_rsrq_db: Mapped[float | None] = mapped_column(REAL)
    downlink_mbps: Mapped[float | None] = mapped_column(REAL)
    uplink_mbps: Mapped[float | None] = mapped_column(REAL)
    latency_ms: Mapped[float | None] = mapped_column(REAL)
    speed_kmh: Mapped[float | None] = mapped_column(REAL)
    in_vehicle: Mapped[bool | None]
    external_antenna: Mapped[bool | None]

    __table_args__ = (
        _one_of("technology", "technology", TECHNOLOGIES),
        {
            "comment": "What a phone reported, one row a carrier and moment; never changed",
            "postgresql_partition_by": "LIST (survey_id)",
        },
    )
    __mapper_args__ = {"primary_key": [file_id, row_number]}  # noqa: RUF012 - the mapper's own convention


class ClaimedArea(Base):
    """Where a carrier says it serves: its own polygons."""

    __tablename__ = "claimed_area"

    claim_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.organisation_id"))
    carrier: Mapped[str] = mapped_column(Text)
    technology: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    as_of: Mapped[date] = mapped_column(Date)
    is_public: Mapped[bool] = mapped_column(server_default="false")
    is_sample: Mapped[bool] = mapped_column(server_default="false")
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 4326, spatial_index=False))

    __table_args__ = (
        _one_of("technology", "technology", ("4g", "5g")),
        Index("ix_claimed_area_geom", "geom", postgresql_using="gist"),
    )


class ResidentReport(Base):
    """What a resident met, and roughly where: no word of theirs, no address, no device."""

    __tablename__ = "resident_report"

    report_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    experienced_on: Mapped[date] = mapped_column(Date)
    part_of_day: Mapped[str] = mapped_column(Text)
    carrier: Mapped[str | None] = mapped_column(Text)
    trouble: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    municipality_code: Mapped[str | None] = mapped_column(String(5))
    is_sample: Mapped[bool] = mapped_column(server_default="false")
    created_on: Mapped[date] = mapped_column(Date, server_default=text("CURRENT_DATE"))
    take_back_digest: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="SHA-256 of a random word told to the sender alone, by which it is taken back"
    )
    geom: Mapped[Any] = mapped_column(Geometry("POINT", 4326, spatial_index=False))

    __table_args__ = (
        _one_of("part_of_day", "part_of_day", ("morning", "day", "evening", "night")),
        _one_of("trouble", "trouble", ("no_service", "calls_drop", "slow")),
        _one_of("place", "place", ("outdoors", "indoors", "vehicle")),
        Index("ix_resident_report_geom", "geom", postgresql_using="gist"),
        {"comment": "What residents met; no word of theirs, no address, no device. Directs surveys, changes no state"},
    )
