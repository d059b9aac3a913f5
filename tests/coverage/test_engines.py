"""DuckDB, PostgreSQL and Spark compute the same cell months and states of the same rows, by one unchanged expression."""

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.coverage.aggregation import CELL_MONTH_KEY, cell_months
from app.coverage.engines import PostgresEngine, open_duckdb, open_spark
from app.coverage.profiles import get_profile
from app.coverage.states import judge
from scripts.benchmarks.engines import load_postgres
from tests.conftest import database
from tests.coverage.made_rows import drawn

ROWS = 4000
PROFILES = ("tmg-4g-outdoor-1", "tmg-5g-outdoor-1", "fcc-like-4g-1")
AS_OF = date(2026, 9, 30)


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows") / "survey=one"
    folder.mkdir()
    pq.write_table(drawn(ROWS, 11, spread_deg=0.01), folder / "rows.parquet")
    return folder.parent


@pytest.fixture(scope="module")
def by_duckdb(parquet: Path) -> dict[str, pa.Table]:
    with open_duckdb(threads=2) as engine:
        rows = engine.parquet(parquet)
        return {name: ordered(engine.run(cell_months(rows, get_profile(name), AS_OF))) for name in PROFILES}


@pytest.fixture(scope="module")
def postgres(server_url: str, parquet: Path) -> Iterator[PostgresEngine]:
    with database(server_url, f"test_coverage_engines_{os.getpid()}") as url, psycopg.connect(url) as connection:
        load_postgres(connection, pq.read_table(parquet / "survey=one" / "rows.parquet"))
        connection.execute("SET TimeZone = 'Asia/Tokyo'")  # the connection's own zone does not matter
        yield PostgresEngine(connection)


def ordered(months: pa.Table) -> pa.Table:
    return months.sort_by([(name, "ascending") for name in CELL_MONTH_KEY])


def same(ours: pa.Table, theirs: pa.Table, profile_id: str) -> None:
    assert ours.num_rows > 20
    assert theirs.to_pydict() == ours.to_pydict()
    profile = get_profile(profile_id)
    ours_judged, theirs_judged = judge(ours, profile, AS_OF).to_arrow(), judge(theirs, profile, AS_OF).to_arrow()
    assert str(theirs_judged.to_pydict()) == str(ours_judged.to_pydict())  # as text, for nan is not itself


@pytest.mark.parametrize("profile_id", PROFILES)
def test_postgresql_gives_the_same(by_duckdb: dict[str, pa.Table], postgres: PostgresEngine, profile_id: str) -> None:
    months = postgres.run(cell_months(postgres.rows("rows"), get_profile(profile_id), AS_OF))
    same(by_duckdb[profile_id], ordered(months), profile_id)


def test_nothing_gives_nothing(postgres: PostgresEngine) -> None:
    profile = get_profile(PROFILES[0])
    months = postgres.run(cell_months(postgres.rows("rows"), profile, date(2000, 1, 1)))
    assert months.num_rows == 0 and len(judge(months, profile, AS_OF)) == 0


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs a Java runtime")
def test_spark_gives_the_same(by_duckdb: dict[str, pa.Table], parquet: Path) -> None:
    pytest.importorskip("pyspark")
    with open_spark("local[1]", spark_sql_shuffle_partitions="2") as engine:
        rows = engine.parquet(parquet)
        for name in PROFILES[:2]:
            same(by_duckdb[name], ordered(engine.run(cell_months(rows, get_profile(name), AS_OF))), name)
