"""Tables that keep their history: a row is a version of a thing, valid from one instant to another.

A list is published as a whole: rows that changed get a new version, rows that vanished are retired, nothing is ever
deleted, and an id belongs to one source for good.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    CursorResult,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from app.copy_text import copy_line
from app.db import Base
from app.fields import Field

_SQL_TYPES: dict[str, Callable[[], TypeEngine[Any]]] = {
    "string": Text,
    "integer": Integer,
    "number": Double,
    "boolean": Boolean,
    "date": Date,
    "date-time": lambda: DateTime(timezone=True),
    "string[]": lambda: ARRAY(Text),
}


def versioned_table(name: str, id_column: str, fields: Iterable[Field], geometry_type: str = "GEOMETRY") -> Table:
    """A table whose rows are versions of features with `fields`, geometry in EPSG:4326.

    `row_hash` tells whether a published row differs from the version in force.
    """
    return Table(
        name,
        Base.metadata,
        Column("version_id", BigInteger, Identity(), primary_key=True),
        Column(id_column, Text, nullable=False),
        *(_column(each, name) for each in fields),
        Column("extra", JSONB, nullable=False, server_default=text("'{}'"), comment="Columns no field takes"),
        Column("geom", Geometry(geometry_type, 4326, spatial_index=False), nullable=False),
        Column("mesh_half", String(9), Computed("jis_mesh(geom, 500)", persisted=True)),
        Column("mesh_eighth", String(11), Computed("jis_mesh(geom, 125)", persisted=True)),
        Column("source_id", ForeignKey("data_source.source_id"), nullable=False),
        Column("source_row", Integer, comment="Line of the source the row came from"),
        Column("row_hash", String(32), nullable=False),
        Column("valid_from", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("valid_to", DateTime(timezone=True)),
        CheckConstraint("valid_to > valid_from", name="validity"),
        Index(f"uq_{name}_{id_column}_in_force", id_column, unique=True, postgresql_where=text("valid_to IS NULL")),
        Index(f"ix_{name}_{id_column}_valid_from", id_column, "valid_from"),
        Index(f"ix_{name}_source_id_in_force", "source_id", postgresql_where=text("valid_to IS NULL")),
        Index(f"ix_{name}_geom", "geom", postgresql_using="gist", postgresql_where=text("valid_to IS NULL")),
        info={"id_column": id_column},
    )


def _column(field: Field, table: str) -> Column[Any]:
    checks = []
    if field.values is not None:
        codes = ", ".join(f"'{code}'" for code in field.values)
        checks.append(CheckConstraint(f"{field.name} IN ({codes})", name=field.name))
    comment = f"{field.ja}" + (f" [{field.unit}]" if field.unit else "")
    return Column(field.name, _SQL_TYPES[field.type](), *checks, comment=comment)


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing a list did, in rows, and the one instant all of it is dated."""

    new: int
    changed: int
    same: int
    retired: int
    at: datetime | None = field(default=None, compare=False)

    def in_words(self) -> str:
        """The same for people."""
        total = self.new + self.changed + self.same
        return (
            f"{total:,} 件 / rows: 新規 {self.new:,} new, 変更 {self.changed:,} changed,"
            f" 同じ {self.same:,} same, 廃止 {self.retired:,} retired"
        )


class ForeignId(ValueError):
    """A row carries an id that belongs to another source."""


def publish(session: Session, table: Table, source_id: str, rows: Iterable[Mapping[str, Any]]) -> Published:
    """Put `rows` in force as the whole list of `source_id`, inside the caller's transaction.

    A row maps the id column, field names, `extra`, `source_row` and `geom` (EWKT or hex EWKB, EPSG:4326, longitude
    first). Raises ForeignId where an id belongs to another source; the database's own errors for values no column takes.
    """
    columns = given_columns(table)
    stage(session, table, (copy_line(columns, row) for row in rows))
    return put_in_force(session, table, source_id)


def given_columns(table: Table) -> list[str]:
    """The columns a list gives, in the order of `copy_line`; the hash of what they say comes after them."""
    return [column.name for column in table.columns if column.name not in _KEPT_BY_DATABASE]


_KEPT_BY_DATABASE = {
    "version_id", "mesh_half", "mesh_eighth", "source_id", "row_hash", "valid_from", "valid_to",
}  # fmt: skip


def stage(session: Session, table: Table, lines: Iterable[bytes]) -> int:
    """Copy lines (or blocks of whole lines) into a temporary table `staging`, gone with the transaction; answer their number.

    Raises the database's own errors: a value no column takes, an id that occurs twice.
    """
    columns = ", ".join(given_columns(table))
    session.execute(
        text(f"CREATE TEMP TABLE staging ON COMMIT DROP AS SELECT {columns}, row_hash FROM {table.name} WITH NO DATA")
    )
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor:
        with cursor.copy(f"COPY staging ({columns}, row_hash) FROM STDIN") as copy:
            for line in lines:
                copy.write(line)
        staged: int = cursor.rowcount
    session.execute(text(f"CREATE UNIQUE INDEX ON staging ({table.info['id_column']})"))
    session.execute(text("ANALYZE staging"))
    return staged


def put_in_force(
    session: Session, table: Table, source_id: str, *, retire_missing: bool = True, spared: Sequence[str] = ()
) -> Published:
    """Put the staged rows in force for `source_id`: changed rows get a new version, missing ones are retired.

    Without `retire_missing` they stay, and so do those whose id is among `spared` (rows known, but not readable now).
    Raises ForeignId where an id belongs to another source.
    """
    id_column: str = table.info["id_column"]
    _refuse_foreign_ids(session, table, source_id)
    bound = {
        "source": source_id, "at": session.execute(text("SELECT clock_timestamp()")).scalar_one(), "spared": list(spared),
    }  # fmt: skip
    close = f"UPDATE {table.name} t SET valid_to = :at WHERE t.valid_to IS NULL AND t.source_id = :source"
    match = f"SELECT FROM staging s WHERE s.{id_column} = t.{id_column}"
    gone = f"NOT EXISTS ({match}) AND t.{id_column} <> ALL (CAST(:spared AS text[]))"
    columns = ", ".join(given_columns(table))
    retired = _rowcount(session, f"{close} AND {gone}", bound) if retire_missing else 0
    changed = _rowcount(session, f"{close} AND EXISTS ({match} AND s.row_hash <> t.row_hash)", bound)
    inserted = _rowcount(
        session,
        f"INSERT INTO {table.name} ({columns}, row_hash, source_id, valid_from)"
        f" SELECT {columns}, row_hash, :source, :at FROM staging s WHERE NOT EXISTS"
        f" (SELECT FROM {table.name} t WHERE t.{id_column} = s.{id_column} AND t.source_id = :source"
        f" AND t.valid_to IS NULL) ORDER BY {id_column}",
        bound,
    )
    staged: int = session.execute(text("SELECT count(*) FROM staging")).scalar_one()
    session.execute(text("DROP TABLE staging"))
    return Published(new=inserted - changed, changed=changed, same=staged - inserted, retired=retired, at=bound["at"])


def _rowcount(session: Session, statement: str, bound: Mapping[str, Any]) -> int:
    result: CursorResult[Any] = session.execute(text(statement), bound)  # type: ignore[assignment]
    return result.rowcount


def _refuse_foreign_ids(session: Session, table: Table, source_id: str) -> None:
    taken = foreign_ids(session, table, source_id, 1)
    if taken:
        raise ForeignId(f"{taken[0][0]} belongs to {taken[0][1]}, not to {source_id}")


def foreign_ids(session: Session, table: Table, source_id: str, limit: int) -> list[tuple[str, str]]:
    """Staged ids that belong, or once belonged, to another source, each with that source."""
    id_column = table.info["id_column"]
    rows = session.execute(
        text(
            f"SELECT DISTINCT {id_column}, t.source_id FROM staging s JOIN {table.name}_ids t USING ({id_column})"
            f" WHERE t.source_id <> :source ORDER BY 1 LIMIT :limit"
        ),
        {"source": source_id, "limit": limit},
    )
    return [(row[0], row[1]) for row in rows]


def leave_out_foreign_ids(session: Session, table: Table, source_id: str) -> None:
    """Take rows whose id belongs to another source out of what is staged."""
    id_column = table.info["id_column"]
    session.execute(
        text(
            f"DELETE FROM staging s USING {table.name}_ids t WHERE t.{id_column} = s.{id_column} AND t.source_id <> :source"
        ),
        {"source": source_id},
    )
