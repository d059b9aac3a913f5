"""Figures of surveys: ten million rows of logs read, judged and loaded beside a bare COPY; and tiles of cells."""

import os
import random
import tempfile
import time
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from statistics import median
from urllib.parse import urlencode
from uuid import UUID, uuid4

import duckdb
import httpx
import psycopg
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
from sqlalchemy import text

from app.accounts.actor import Transactions
from app.config import Settings
from app.db import make_worker_engine
from app.lists.examination import WORKER
from app.surveys import loading
from app.surveys.reading import LogSettings, examine_log
from scripts.benchmarks.drawn import Tile, tile_of
from scripts.benchmarks.figures import Figure, Measured
from scripts.benchmarks.list_site import ListSite, make_token
from scripts.benchmarks.stage import Stage
from scripts.machine.terminal import timed
from scripts.machine.trial_site import our_server

LOG_ROWS, LOGS = 2_000_000, 5
ROWS = LOG_ROWS * LOGS
CELL_ROWS, CELL_COLUMNS = 320, 320  # quarter meshes, about 80 km by 90 km
TILES = 40  # a zoom
PLANNER = "planner@demo.example.jp"

# A day's drive after the other, at 1 Hz, north of Tokyo Bay; a tenth of the rows have no service.
LOG = """
COPY (SELECT strftime(TIMESTAMP '2026-05-01 00:00:00' + to_seconds({first} + n), '%Y-%m-%dT%H:%M:%S+09:00') AS time,
    round(35.5 + 0.1 * sin(({first} + n) / 40000.0) + 1e-5 * sin(({first} + n) / 37.0), 6) AS latitude,
    round(139.4 + 0.2 * cos(({first} + n) / 40000.0) + 1e-5 * cos(({first} + n) / 37.0), 6) AS longitude,
    8 AS accuracy_m, (['docomo', 'au', 'SoftBank', '楽天モバイル'])[1 + ({first} + n) % 4] AS carrier, 'phone-1' AS device,
    CASE WHEN n % 10 = 0 THEN 'none' WHEN n % 3 = 0 THEN '5G NSA' ELSE '4G' END AS technology,
    CASE WHEN n % 10 = 0 THEN NULL ELSE -70 - n % 50 END AS rsrp_dbm, CASE WHEN n % 10 = 0 THEN NULL ELSE -8 - n % 9 END AS rsrq_db,
    n % 25 AS sinr_db, 40 AS speed_kmh
  FROM range({rows}) r(n)) TO '{path}' (HEADER)
"""
# Of two days, for everybody (all carriers together) and for planners (one carrier): 100,000 quarter meshes and their half meshes.
CELLS = """
INSERT INTO coverage_build (build_id, profile_id, profile, as_of, engine, rows_read, seconds, surveys, is_latest)
  SELECT gen_random_uuid(), '{profile}', '{{}}', day::date, 'duckdb', 0, 0, '{{}}', day = '{day}'
  FROM unnest(ARRAY['{earlier}', '{day}']) day;
INSERT INTO coverage_cell (build_id, cell_id, level, mesh_code, carrier, technology, state, grade, reason, samples, segments,
    passes, days, observed_share, road_m, is_sample, is_public, geom)
  SELECT build_id, code || '-' || carrier, level, code, carrier, '4g',
    (ARRAY['covered', 'gap', 'uncertain', 'unknown'])[1 + (r * 7 + c * 3) % 4], (ARRAY['good', 'none', 'weak'])[1 + (r + c) % 3],
    'bench', 40, 12, 2, 2, .12, 300, true, carrier = 'all', g
  FROM coverage_build, unnest(ARRAY['all', 'sample-a']) carrier, (
    SELECT level, r, c, g, jis_mesh(ST_Centroid(g), CASE level WHEN 'quarter' THEN 250 ELSE 500 END) AS code
    FROM (VALUES ('quarter', 1), ('half', 2)) l(level, span), generate_series(0, {rows} / span - 1) r,
      generate_series(0, {columns} / span - 1) c,
      LATERAL (SELECT ST_MakeEnvelope(139.1 + c * span / 320.0, 35.4 + r * span / 480.0, 139.1 + (c + 1) * span / 320.0,
        35.4 + (r + 1) * span / 480.0, 4326) AS g) q OFFSET 0
  ) laid WHERE profile_id = '{profile}' ORDER BY build_id, carrier, code
"""
PROFILE, DAY, EARLIER = "bench-4g-1", "2026-06-30", "2026-03-31"
ZOOMS, QUARTERS_FROM_ZOOM = range(9, 15), 10  # as the page asks
# The same tile as any polygons: what is asked for, by the index of geometry, projected and cut one by one.
PLAIN_TILE = """
SELECT ST_AsMVT(f, 'coverage-cells', 4096, 'g') FROM (
  SELECT ST_AsMVTGeom(ST_Transform(geom, 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64) AS g, state, grade
  FROM ogc.coverage_cells_whole WHERE geom && ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4326) AND profile = %(profile)s
    AND as_of = %(day)s AND carrier = %(carrier)s AND level = 'quarter' AND state <> 'unknown'
) f
"""


def _write_logs(folder: Path) -> list[Path]:
    paths = [folder / f"log-{n}.csv" for n in range(LOGS)]
    for n, path in enumerate(paths):
        duckdb.sql(LOG.format(first=n * LOG_ROWS, rows=LOG_ROWS, path=path))
    return paths


def measure_load(stage: Stage) -> Measured:
    """Rows a second: what was examined, put into the register; and the same rows by a bare COPY."""
    seconds = _import_seconds(stage.list_site)
    return Measured((ROWS / seconds["loaded"],), (ROWS / seconds["copied"],), note=_told(seconds))


def measure_import(stage: Stage) -> Measured:
    """Rows a second: logs examined and loaded by the service's own functions, and the same rows by a bare COPY."""
    seconds = _import_seconds(stage.list_site)
    return Measured(
        (ROWS / (seconds["examined"] + seconds["loaded"]),), (ROWS / seconds["copied"],), note=_told(seconds)
    )


def _told(seconds: dict[str, float]) -> str:
    return ", ".join(f"{step} {taken:.0f} s" for step, taken in seconds.items())


@cache
def _import_seconds(site: ListSite) -> dict[str, float]:
    """Seconds of each step over all logs, every log's steps in turn."""
    with tempfile.TemporaryDirectory() as name, site.clone() as url:
        folder = Path(name)
        with timed(f"{ROWS:,} 行の測定ログを用意します / making {ROWS:,} rows of logs"):
            logs = _write_logs(folder)
        transactions = Transactions(make_worker_engine(Settings(database_url=url)))
        survey = _make_survey(transactions)
        seconds = {"examined": 0.0, "loaded": 0.0, "copied": 0.0}
        for log in logs:
            for step, taken in _import(transactions, survey, log, url):
                seconds[step] += taken
        return seconds


def _make_survey(transactions: Transactions) -> UUID:
    with transactions.begin(WORKER) as session:
        survey: UUID = session.execute(
            text(
                "INSERT INTO survey (code, title, began_on, ended_on, method, state, is_sample) VALUES"
                " ('S-BENCH', 'bench', '2026-05-01', '2026-08-31', 'drive', 'published', true) RETURNING survey_id"
            )
        ).scalar_one()
    return survey


def _import(transactions: Transactions, survey: UUID, log: Path, url: str) -> Iterator[tuple[str, float]]:
    began = time.perf_counter()
    examined = examine_log(log, log.name, LogSettings())
    yield "examined", time.perf_counter() - began
    file_id = uuid4()
    began = time.perf_counter()
    with transactions.begin(WORKER) as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        loading.copy_rows(session, survey, file_id, examined.rows)
    yield "loaded", time.perf_counter() - began
    yield "copied", _bare_copy(url, examined.rows, survey, file_id)


def _bare_copy(url: str, rows: Path, survey: UUID, file_id: UUID) -> float:
    """Seconds that COPY alone takes, of rows written as CSV before, into a table with the same checks."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bare (LIKE measurement INCLUDING CONSTRAINTS)")
        statement = f"COPY bare ({', '.join(('survey_id', 'file_id', *loading.COLUMNS))}) FROM STDIN (FORMAT csv)"
        taken = 0.0
        with connection.cursor() as cursor, cursor.copy(statement) as copy, pq.ParquetFile(rows) as file:
            for batch in file.iter_batches(columns=list(loading.COLUMNS)):
                ids = [pa.repeat(pa.scalar(str(one)), batch.num_rows) for one in (survey, file_id)]
                written = pa.BufferOutputStream()
                names = ["survey_id", "file_id", *loading.COLUMNS]
                pc.write_csv(pa.table([*ids, *batch.columns], names), written, pc.WriteOptions(include_header=False))
                began = time.perf_counter()
                copy.write(written.getvalue())
                taken += time.perf_counter() - began
            began = time.perf_counter()
        return taken + time.perf_counter() - began


def measure_tiles(stage: Stage, carrier: str, as_planner: bool) -> Measured:
    """The 95th percentile (ms) of tiles of 100,000 cells asked one after the other as the page does, at the slowest zoom."""
    with stage.list_site.clone() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            laid = CELLS.format(profile=PROFILE, day=DAY, earlier=EARLIER, rows=CELL_ROWS, columns=CELL_COLUMNS)
            for statement in laid.split(";\n"):
                connection.execute(statement)
            connection.execute("VACUUM ANALYZE coverage_cell")
        token = make_token(url, PLANNER, "surveys:read") if as_planner else ""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with (
            our_server(url, stage.list_site.folder / "cells.log") as address,
            httpx.Client(base_url=address, headers=headers) as client,
        ):
            client.get(_tile_paths(12, carrier)[0]).raise_for_status()  # the first one opens connections
            rounds, plain = [], []
            for _ in range(stage.rounds):
                rounds.append({z: _p95_ms(client, _tile_paths(z, carrier)) for z in ZOOMS})
                plain.append(_plain_p95_ms(url, carrier))
    by_zoom = {z: median(found[z] for found in rounds) for z in ZOOMS}
    note = ", ".join(f"z{z} {taken:.0f}" for z, taken in by_zoom.items())
    slowest = tuple(max(found.values()) for found in rounds)
    return Measured(slowest, tuple(plain), note=f"{note}; load {os.getloadavg()[0]:.1f}")


def _drawn_tiles(zoom: int) -> list[Tile]:
    """Tiles at points drawn among the cells, the same in every run."""
    drawn = random.Random(zoom)
    return [tile_of(drawn.uniform(139.1, 140.1), drawn.uniform(35.4, 36.06), zoom) for _ in range(TILES)]


def _plain_p95_ms(url: str, carrier: str) -> float:
    taken = []
    with psycopg.connect(url) as connection:
        for tile in _drawn_tiles(QUARTERS_FROM_ZOOM):
            asked = {"z": tile.z, "x": tile.x, "y": tile.y, "profile": PROFILE, "day": DAY, "carrier": carrier}
            began = time.perf_counter()
            connection.execute(PLAIN_TILE, asked)
            taken.append((time.perf_counter() - began) * 1000)
    return _p95(taken)


def _tile_paths(zoom: int, carrier: str) -> list[str]:
    level = "quarter" if zoom >= QUARTERS_FROM_ZOOM else "half"
    asked = (
        f"technology = '4g' AND is_sample = true AND profile = '{PROFILE}' AND as_of = DATE('{DAY}') AND carrier = '{carrier}'"
        f" AND level = '{level}' AND state <> 'unknown'"
    )
    query = urlencode({"f": "mvt", "filter": asked, "properties": "state,grade"})
    base = "/ogc/collections/coverage-cells/tiles/WebMercatorQuad"
    return [f"{base}/{tile.z}/{tile.y}/{tile.x}?{query}" for tile in _drawn_tiles(zoom)]


def _p95_ms(client: httpx.Client, paths: list[str]) -> float:
    taken = []
    for path in paths:
        began = time.perf_counter()
        client.get(path).raise_for_status()
        taken.append((time.perf_counter() - began) * 1000)
    return _p95(taken)


def _p95(taken: list[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.95)]


FIGURES = (
    Figure("survey-load", "rows/s", "10,000,000 examined rows of logs put into the register", measure_load,
           peer_name="bare COPY", goal=0.5, on_request=True),
    Figure("survey-import", "rows/s", "the same from the files as sent: examined and loaded", measure_import,
           peer_name="bare COPY", goal=0.5, on_request=True),
    Figure("cell-tile", "ms", "a map's tile of 100,000 cells, p95 at the slowest zoom of 9-14",
           partial(measure_tiles, carrier="all", as_planner=False), peer_name="ST_AsMVTGeom at z10", less_is_better=True, most=80),
    Figure("cell-tile-planner", "ms", "the same of one carrier, for a planner",
           partial(measure_tiles, carrier="sample-a", as_planner=True), peer_name="ST_AsMVTGeom at z10", less_is_better=True, most=80),
)  # fmt: skip
