"""The peer tipg: in a virtual environment of its own, on a plain table with exactly our public columns."""

import re
from pathlib import Path

import psycopg

LOCK = Path(__file__).with_name("requirements-tipg.txt")
COLLECTION = "bench.assets"
ARGUMENTS = (
    *("tipg.main:app", "--host", "127.0.0.1", "--workers", "1", "--loop", "uvloop", "--http", "httptools"),
    *("--no-access-log", "--log-level", "warning"),
)
OUR_OWN_COLUMNS = ("feature", "search_text")  # what our answers are made of; no part of the data
MOST_FEATURES = 1_000_000  # no answer is cut: both sides answer everything that was asked for

# Its own narrow table is the fastest thing tipg can be given: no view, no join, no wide columns of ours between.
COPY_ASSETS = """
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.assets AS SELECT {columns} FROM ogc.assets;
ALTER TABLE bench.assets ALTER COLUMN geom TYPE geometry(Geometry, 4326);
ALTER TABLE bench.assets ADD PRIMARY KEY (asset_id);
CREATE INDEX ON bench.assets USING gist (geom);
CREATE INDEX ON bench.assets (municipality_code)
"""


def copy_assets(database_url: str) -> None:
    """Make tipg's table afresh, in the order of our rows, indexed and analysed like ours."""
    names = ", ".join([*columns(database_url), "geom"])
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(COPY_ASSETS.format(columns=names).encode())
        connection.execute("VACUUM ANALYZE bench.assets")
        connection.execute("VACUUM ANALYZE ogc.assets")


def columns(database_url: str) -> list[str]:
    """Names of the public columns of our assets, the geometry aside."""
    with psycopg.connect(database_url) as connection:
        names = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE (table_schema, table_name) = ('ogc', 'assets')"
            " AND column_name <> ALL (%s) ORDER BY ordinal_position",
            [[*OUR_OWN_COLUMNS, "geom"]],
        )
        return [name for (name,) in names]


def locked_version() -> str:
    """The version that the lock names."""
    locked = re.search(r"^tipg==(\S+)", LOCK.read_text(), re.MULTILINE)
    assert locked, "the lock names tipg"
    return locked[1]


def environment(database_url: str, pool_size: int) -> dict[str, str]:
    """Settings for one collection, a pool of the given size, and none of the work we do not ask of it."""
    return {
        "DATABASE_URL": database_url,
        "DB_MIN_CONN_SIZE": str(pool_size),
        "DB_MAX_CONN_SIZE": str(pool_size),
        "TIPG_DB_SCHEMAS": '["bench"]',
        "TIPG_DB_TABLES": f'["{COLLECTION}"]',
        "TIPG_DB_EXCLUDE_FUNCTION_SCHEMAS": '["bench", "public", "pg_temp"]',
        "TIPG_CATALOG_TTL": "0",  # never reads its catalogue again while we measure
        "TIPG_MAX_FEATURES_PER_QUERY": str(MOST_FEATURES),
        "TIPG_MAX_FEATURES_PER_TILE": str(MOST_FEATURES),
    }
