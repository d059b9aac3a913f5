"""Figures of aggregation: ten million rows beside DuckDB's bare group-by, and one million the same from three engines."""

import shutil
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.csv as pc

from app.coverage.aggregation import CELL_MONTH_KEY, cell_months
from app.coverage.engines import PostgresEngine, open_duckdb, open_spark
from app.coverage.profiles import get_profile
from app.coverage.states import judge
from scripts.benchmarks.figures import Figure, Measured
from scripts.benchmarks.stage import LOCAL, Stage
from scripts.machine.terminal import say, timed

PROFILE = "tmg-4g-outdoor-1"
MANY, MILLION = 10_000_000, 1_000_000
AS_OF = date(2026, 6, 30)
# Phones of four carriers on random roads of one survey, a second apart: rows as logs have them, neighbours near.
DRIVES = """
COPY (
  SELECT md5((i // {per_survey})::text)::uuid::text AS survey_id, false AS is_sample,
    to_timestamp(1777593600 + i % 5000000) AS at,
    139.0 + 0.3 * (hash(i // 3600) % 100000) / 100000 + (i % 3600) * 0.00006 AS lon,
    35.6 + 0.25 * (hash(i // 3600 + 7) % 100000) / 100000 + (i % 3600) * 0.00004 AS lat,
    (3 + hash(i) % 60)::float AS accuracy_m,
    ['docomo', 'kddi', 'softbank', 'rakuten'][1 + (i // 3600) % 4] AS carrier, 'phone-' || (i // 3600) % 3 AS device,
    CASE WHEN hash(i + 1) % 20 = 0 THEN 'none' WHEN hash(i + 1) % 20 < 4 THEN '5g_nsa' ELSE '4g' END AS technology,
    CASE WHEN hash(i + 1) % 20 > 0 THEN (-75 - 50 * (hash(i + 2) % 10000) / 10000)::float END AS rsrp_dbm,
    NULL::float AS nr_rsrp_dbm, NULL::float AS downlink_mbps, NULL::float AS uplink_mbps,
    (hash(i + 3) % 90)::float AS speed_kmh, NULL::boolean AS external_antenna
  FROM range({rows}) r (i)
) TO '{path}' (FORMAT parquet)
"""
# What anybody would write first: the same key, counted and averaged.
BARE = """
SELECT survey_id, carrier, technology, floor(lat * 480)::bigint AS y, floor((lon - 100) * 320)::bigint AS x,
  date_trunc('month', "at") AS month, count(*) AS n, avg(rsrp_dbm) AS mean FROM read_parquet('{path}') GROUP BY ALL
"""


def made_rows(rows: int) -> Path:
    """A Parquet file of so many rows, made once."""
    LOCAL.mkdir(parents=True, exist_ok=True)
    path = LOCAL / f"measurements-{rows}.parquet"
    if not path.exists():
        with timed(f"{rows:,} 行の測定値を用意します / making {rows:,} measurements"):
            making = path.with_suffix(".making")
            duckdb.connect().execute(DRIVES.format(rows=rows, per_survey=rows // 5, path=making))
            making.rename(path)
    return path


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure_ten_million(stage: Stage) -> Measured:
    """Cell months of ten million rows, and the bare group-by of the same file, in turn, both to Arrow on one thread."""
    path, ours, bare, cells = made_rows(MANY), [], [], 0
    with open_duckdb(threads=1) as engine:
        expression = cell_months(engine.parquet(path), get_profile(PROFILE))
        statement = BARE.format(path=path)
        for _ in range(stage.rounds):
            bare.append(_seconds(lambda: engine.connection.con.sql(statement).to_arrow_table()))
            ours.append(_seconds(lambda: engine.run(expression)))
        months = engine.run(expression)
        judging = _seconds(lambda: judge(months, get_profile(PROFILE), AS_OF))
        cells = months.num_rows
    return Measured(tuple(ours), tuple(bare), note=f"{cells:,} cell months; judged in {judging:.2f} s")


def load_postgres(connection: psycopg.Connection[Any], rows: pa.Table, name: str = "rows") -> None:
    """Rows in a table of their own."""
    connection.execute(
        f"CREATE TABLE {name} (is_sample boolean, survey_id uuid, at timestamptz, lon double precision, lat double precision,"
        " accuracy_m real, carrier text, device text, technology text, rsrp_dbm real, nr_rsrp_dbm real, downlink_mbps real,"
        " uplink_mbps real, speed_kmh real, external_antenna boolean)"
    )
    statement = f"COPY {name} ({', '.join(rows.column_names)}) FROM STDIN (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for batch in rows.to_batches(max_chunksize=100_000):
            sink = pa.BufferOutputStream()
            pc.write_csv(batch, sink, pc.WriteOptions(include_header=False))
            copy.write(sink.getvalue().to_pybytes())


def measure_same_states(stage: Stage) -> Measured:
    """How many values of a million rows' cell months and states differ between DuckDB, PostgreSQL and Spark."""
    path, profile = made_rows(MILLION), get_profile(PROFILE)
    found: dict[str, pa.Table] = {}
    taken: dict[str, float] = {}

    def compute(name: str, engine: Any, rows: Any) -> None:
        began = time.perf_counter()
        months = engine.run(cell_months(rows, profile))
        taken[name] = time.perf_counter() - began
        found[name] = months.sort_by([(key, "ascending") for key in CELL_MONTH_KEY])

    with open_duckdb() as engine:
        compute("DuckDB", engine, engine.parquet(path))
        rows = engine.connection.con.sql(f"SELECT * FROM read_parquet('{path}')").to_arrow_table()
    with psycopg.connect(stage.database_url.replace("+psycopg", "")) as connection:
        load_postgres(connection, rows, "pg_temp.bench_rows")
        postgres = PostgresEngine(connection)
        compute("PostgreSQL", postgres, postgres.rows("bench_rows"))
        connection.rollback()
    if shutil.which("java"):
        with open_spark("local[1]") as spark:
            compute("Spark", spark, spark.parquet(path))
    say("  " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in taken.items()))
    differing = sum(_differing(found["DuckDB"], other, profile) for other in found.values())
    return Measured((float(differing),), note=f"{found['DuckDB'].num_rows:,} cell months of {', '.join(found)}")


def _differing(ours: pa.Table, theirs: pa.Table, profile: Any) -> int:
    """Values that are not the very same, of cell months and of states."""
    differing = 0
    for one, other in (
        (ours, theirs),
        (judge(ours, profile, AS_OF).to_arrow(), judge(theirs, profile, AS_OF).to_arrow()),
    ):
        if one.num_rows != other.num_rows:
            return max(one.num_rows, other.num_rows)
        for name in one.column_names:
            pairs = zip(one[name].to_pylist(), other[name].to_pylist(), strict=True)
            differing += sum(str(mine) != str(its) for mine, its in pairs)
    return differing


FIGURES = (
    Figure(
        "coverage-10m", "s", "10,000,000 measurements to cell months, DuckDB on one thread", measure_ten_million,
        peer_name="bare group-by", goal=1 / 3, less_is_better=True, on_request=True,
    ),
    Figure(
        "same-states", "values", "1,000,000 measurements: values that differ between engines (integers and floats alike)",
        measure_same_states, less_is_better=True, most=0, on_request=True,
    ),
)  # fmt: skip
