"""The table of sources: who published the rows of the register, under which terms, and which file was loaded last."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.territory.models import DataSource, Municipality

SAMPLE_OUTLINES = "sample-outlines"  # the ground until real boundaries are loaded
LOADING_LOCK = 20220401  # any number; one loader at a time


def lock_loading(session: Session) -> None:
    """Wait until no other process loads, and keep others waiting until this transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOADING_LOCK})


def loaded_hashes(session: Session) -> dict[str, str]:
    """sha256 of the content last loaded, by source; sources never loaded are absent."""
    rows = session.execute(select(DataSource.source_id, DataSource.content_sha256))
    return {source_id: content for source_id, content in rows if content is not None}


def record_source(session: Session, described: Mapping[str, Any]) -> None:
    """Write a source's description; nothing is touched where it already says the same."""
    statement = insert(DataSource).values(**described)
    new = {name: statement.excluded[name] for name in described if name != "source_id"}
    differs = or_(*(getattr(DataSource, name).is_distinct_from(value) for name, value in new.items()))
    session.execute(statement.on_conflict_do_update(index_elements=["source_id"], set_=new, where=differs))


def record_loaded(session: Session, source_id: str, content_sha256: str) -> None:
    """Remember what was loaded and when."""
    session.execute(
        text("UPDATE data_source SET content_sha256 = :sha256, loaded_at = clock_timestamp() WHERE source_id = :id"),
        {"sha256": content_sha256, "id": source_id},
    )


def forget_unused(session: Session, source_id: str) -> None:
    """Drop a source of boundaries that no municipality refers to any more."""
    used = select(Municipality.source_id).where(Municipality.source_id == source_id).exists()
    session.execute(delete(DataSource).where(DataSource.source_id == source_id, ~used))
