"""Runs migrations on the database of the settings, one transaction each, never waiting long for a lock."""

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import text

from app.config import get_settings
from app.db import make_engine
from app.models import metadata


def _ours(name: str | None, kind: str, parent_names: object) -> bool:
    """Leave PostGIS's own tables and the reading schema, which SQL migrations keep, out of comparisons."""
    return not (kind == "table" and name in {"spatial_ref_sys", "alembic_version"})


def run() -> None:
    """Migrate through the connection a caller handed over, or through our own."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _run_on(connection)
        return
    with make_engine(get_settings()).connect() as own:
        _run_on(own)
        own.commit()


def _run_on(connection) -> None:  # type: ignore[no-untyped-def]
    connection.execute(text("SET lock_timeout = '10s'"))
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=_ours,
        include_object=alembic_helpers.include_object,
        process_revision_directives=alembic_helpers.writer,
        render_item=alembic_helpers.render_item,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
