"""Writing the ground: boundaries of municipalities, towns, postal codes, the population mesh, replaced as a whole."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from app.db import Base
from app.territory.facts import PREFECTURE, MunicipalityFacts
from app.territory.models import Municipality, PopulationMesh, PostalCode, Town


def municipality_columns(facts: MunicipalityFacts) -> dict[str, Any]:
    """What the facts table says, in columns of the table of municipalities."""
    return {
        "municipality_code": facts.code5,
        "localgov_code": facts.code6,
        "prefecture": PREFECTURE,
        "district": facts.district,
        "name": facts.name,
        "name_kana": facts.kana,
        "name_en": facts.romaji,
        "region": facts.region,
    }


def replace_municipalities(session: Session, source_id: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Put the boundaries of one source in the place of whatever stood there; answer their number."""
    session.execute(delete(Municipality))
    return _insert(session, _table(Municipality), source_id, rows)


def add_missing_municipalities(session: Session, source_id: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Put boundaries where none is known, and in the place of the source's own earlier ones."""
    session.execute(delete(Municipality).where(Municipality.source_id == source_id))
    known = set(session.scalars(select(Municipality.municipality_code)))
    return _insert(
        session, _table(Municipality), source_id, (row for row in rows if row["municipality_code"] not in known)
    )


def replace_population_mesh(session: Session, source_id: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Put the cells of one source in the place of its earlier ones; answer their number."""
    session.execute(delete(PopulationMesh).where(PopulationMesh.source_id == source_id))
    return _insert(session, _table(PopulationMesh), source_id, rows)


def replace_towns(session: Session, source_id: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Put the towns of one source in the place of whatever stood there; answer their number."""
    session.execute(delete(Town))
    return _insert(session, _table(Town), source_id, rows)


def replace_postal_codes(session: Session, source_id: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Put the postal codes of one source in the place of whatever stood there; answer their number."""
    session.execute(delete(PostalCode))
    return _insert(session, _table(PostalCode), source_id, rows)


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _insert(session: Session, table: Table, source_id: str, rows: Iterable[Mapping[str, Any]]) -> int:
    columns = [column.name for column in table.columns]
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor:
        with cursor.copy(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                complete = {**row, "source_id": source_id}
                copy.write_row([complete[name] for name in columns])
        count: int = cursor.rowcount
    return count
