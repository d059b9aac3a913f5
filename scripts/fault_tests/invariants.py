"""What must hold of the register and the imports at any instant, asked of the database in one snapshot."""

from dataclasses import dataclass
from typing import Any

import psycopg

IN_FORCE = """
SELECT count(*), md5(coalesce(string_agg(asset_id || row_hash, ',' ORDER BY asset_id), ''))
FROM asset WHERE source_id = %s AND valid_to IS NULL
"""
# name: a query that answers the number of faults
QUERIES = {
    "two versions in force": """
        SELECT count(*) FROM (SELECT FROM asset WHERE valid_to IS NULL GROUP BY asset_id HAVING count(*) > 1) x""",
    "versions that overlap": """
        SELECT count(*) FROM (SELECT valid_to, lead(valid_from) OVER (PARTITION BY asset_id ORDER BY valid_from) AS next
          FROM asset) x WHERE next < coalesce(valid_to, 'infinity')""",
    "rows only in the register": """
        SELECT count(*) FROM (SELECT asset_id, name, address, height_m, geom::text FROM ogc.assets_in_force
          EXCEPT SELECT asset_id, name, address, height_m, geom::text FROM ogc.assets) x""",
    "rows only in what is read": """
        SELECT count(*) FROM (SELECT asset_id, name, address, height_m, geom::text FROM ogc.assets
          EXCEPT SELECT asset_id, name, address, height_m, geom::text FROM ogc.assets_in_force) x""",
    "parts without an import": """
        SELECT count(*) FROM list_part p WHERE NOT EXISTS (SELECT FROM list_import i WHERE i.import_id = p.import_id)""",
    "files not whole": """
        SELECT count(*) FROM list_import i WHERE undoes IS NULL AND file_bytes <> (
          SELECT coalesce(sum(length(content)), 0) FROM list_part p WHERE p.import_id = i.import_id AND part = 'file')""",
    "unfinished imports without a job": """
        SELECT count(*) FROM list_import i WHERE state IN ('waiting', 'examining', 'publishing') AND NOT EXISTS (
          SELECT FROM jobs.procrastinate_jobs j WHERE j.lock = 'import:' || i.import_id AND j.status IN ('todo', 'doing'))""",
    "judged imports without their rows": """
        SELECT count(*) FROM list_import i WHERE state IN ('examined', 'publishing', 'published') AND undoes IS NULL
          AND NOT EXISTS (SELECT FROM list_part p WHERE p.import_id = i.import_id AND part = 'rows')""",
    "undone by nothing": """
        SELECT count(*) FROM list_import i WHERE (state = 'undone') <> (undone_by IS NOT NULL)""",
    "failed jobs": "SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'failed'",
}


@dataclass(frozen=True)
class Snapshot:
    """The list in force at an instant, the version of the data readers see, and what does not hold."""

    rows: int
    fingerprint: str
    data_version: int
    faults: tuple[str, ...]


def look(connection: psycopg.Connection[Any], source_id: str) -> Snapshot:
    """Everything in one snapshot of the database."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        rows, fingerprint = _one(connection, IN_FORCE, source_id)
        (version,) = _one(connection, "SELECT coalesce(max(version), 0) FROM data_version WHERE collection = 'assets'")
        faults = [(name, _one(connection, query)[0]) for name, query in QUERIES.items()]
    return Snapshot(rows, fingerprint, version, tuple(f"{name}: {count}" for name, count in faults if count))


def compare(before: Snapshot, now: Snapshot) -> list[str]:
    """What does not hold between two instants: the data's version moves when, and only when, the list does."""
    changed, moved = before.fingerprint != now.fingerprint, before.data_version != now.data_version
    return [] if changed == moved else [f"data version {'moved' if moved else 'stood'} while the list did not follow"]


def _one(connection: psycopg.Connection[Any], query: str, *values: Any) -> tuple[Any, ...]:
    found = connection.execute(query, values or None).fetchone()
    assert found is not None, "one row"
    return tuple(found)
