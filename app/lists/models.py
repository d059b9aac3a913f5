"""Tables of lists that owners upload."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base

STATES = ("waiting", "examining", "examined", "refused", "publishing", "published", "undone")


class ListImport(Base):
    """One sending of a list: the file, what was found in it, and what became of it.

    `settings` is what people chose (sheet, columns, …), `report` what the examination found, `refusal` why the file
    cannot be read.
    """

    __tablename__ = "list_import"

    import_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    kind: Mapped[str] = mapped_column(Text)
    municipality_code: Mapped[str | None] = mapped_column(String(5))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.organisation_id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"))
    file_name: Mapped[str] = mapped_column(Text)
    file_sha256: Mapped[str] = mapped_column(String(64))
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    progress: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    refusal: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    examined_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"))
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.person_id"))
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    continues: Mapped[UUID | None] = mapped_column(ForeignKey("list_import.import_id"))
    undoes: Mapped[UUID | None] = mapped_column(ForeignKey("list_import.import_id"))
    undone_by: Mapped[UUID | None] = mapped_column(ForeignKey("list_import.import_id"))

    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(map(repr, STATES))})", name="state"),
        Index("ix_list_import_created_at", "created_at"),
    )


class ListPart(Base):
    """A piece of an import's bytes. `part` is `file` (as sent), `rows` (judged, COPY text) or `findings` (JSON lines)."""

    __tablename__ = "list_part"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("list_import.import_id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[str] = mapped_column(
        Text, primary_key=True, comment="file: the bytes as sent; rows: judged rows as COPY text; findings: JSON lines"
    )
    n: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ListRecipe(Base):
    """How one owner's kind of list is read, under a name, to be used again."""

    __tablename__ = "list_recipe"

    recipe_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    kind: Mapped[str] = mapped_column(Text)
    municipality_code: Mapped[str | None] = mapped_column(String(5))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.organisation_id"))
    name: Mapped[str] = mapped_column(Text)
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    __table_args__ = (
        Index(
            "uq_list_recipe_owner",
            "kind",
            text("coalesce(municipality_code, organisation_id::text)"),
            "name",
            unique=True,
        ),
    )
