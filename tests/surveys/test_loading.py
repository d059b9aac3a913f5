"""Judged rows into PostgreSQL and out as Parquet: nothing is lost on the way, nothing stale is read."""

import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy.exc import ProgrammingError

from app.accounts.actor import Service, Transactions
from app.config import Settings
from app.surveys import jobs
from app.surveys.loading import COLUMNS, analyse, copy_rows
from app.surveys.parquet import SCHEMA, parquet_folder
from tests.accounts_world import World
from tests.surveys.conftest import count
from tests.surveys.policy_cases import add_survey

Owner = psycopg.Connection[Any]
WORKER = Service("worker")


def rows(n: int, seed: int = 1) -> pa.Table:
    """Rows with every kind of value, nulls among them."""
    chance = random.Random(seed)

    def value(kind: pa.DataType, name: str) -> Any:
        if name not in ("row_number", "at", "lon", "lat", "carrier", "technology") and chance.random() < 0.3:
            return None
        if pa.types.is_floating(kind):
            return chance.uniform(-140, 140)
        if pa.types.is_boolean(kind):
            return chance.random() < 0.5
        return chance.choice(["B1", "Pixel 7, 「改」", 'a"b\\c', " "])

    columns: dict[str, list[Any]] = {name: [value(kind, name) for _ in range(n)] for name, kind in COLUMNS.items()}
    begin = datetime(2026, 4, 1, 15, 0, 0, 123456, UTC)
    columns |= {
        "row_number": list(range(n)), "at": [begin + timedelta(seconds=k) for k in range(n)],
        "carrier": [chance.choice(["docomo", "kddi"]) for _ in range(n)],
        "technology": [chance.choice(["5g_sa", "5g_nsa", "4g", "3g", "none"]) for _ in range(n)],
    }  # fmt: skip
    return pa.table(columns, schema=pa.schema(list(COLUMNS.items())))


def add_loading(owner: Owner, survey: UUID, table: pa.Table, folder: Path) -> UUID:
    """A log whose loading has been asked for, put in by the database's owner."""
    file_id, path = uuid4(), folder / "rows.parquet"
    pq.write_table(table, path)
    owner.execute(
        "INSERT INTO survey_file (file_id, survey_id, file_name, file_sha256, file_bytes, state, rows_taken, person_id)"
        " SELECT %s, %s, 'log.csv', %s, 1, 'loading', %s, person_id FROM person LIMIT 1",
        (file_id, survey, file_id.hex * 2, table.num_rows),
    )
    content = path.read_bytes()
    for n in range(0, len(content), 1 << 20):
        owner.execute(
            "INSERT INTO survey_file_part VALUES (%s, 'rows', %s, %s)", (file_id, n >> 20, content[n : n + (1 << 20)])
        )
    return file_id


def test_rows_come_back_from_the_database_as_they_were(
    owner: Owner, world: World, db: Transactions, survey_settings: Settings, tmp_path: Path
) -> None:
    survey, table = add_survey(owner, world, "hinohara"), rows(3000)
    file_id = add_loading(owner, survey, table, tmp_path)
    assert jobs.load(db, file_id) == 3000
    assert jobs.load(db, file_id) is None, "a second time does nothing"
    assert count(owner, "SELECT count(*) FROM survey_file_part WHERE file_id = %s", file_id) == 0
    owner.execute("UPDATE survey SET state = 'published'")
    with db.begin(WORKER) as session:
        folder = parquet_folder(survey_settings, session, [survey])
    (file,) = folder.glob("**/*.parquet")
    assert file.parent.name == f"survey={survey}"
    read = pq.ParquetFile(file).read()
    assert read.schema.equals(SCHEMA)
    assert set(read["survey_id"].to_pylist()) == {str(survey)}
    assert set(read["file_id"].to_pylist()) == {str(file_id)}
    assert read.select(list(COLUMNS)).equals(table)


def test_a_loaded_log_leaves_statistics(owner: Owner, world: World, db: Transactions, tmp_path: Path) -> None:
    survey, other = add_survey(owner, world, "hinohara"), add_survey(owner, world, "hinohara")
    for of in (survey, other):
        jobs.load(db, add_loading(owner, of, rows(3000), tmp_path))
    known = "SELECT reltuples::int FROM pg_class WHERE oid = ('measurements.survey_' || replace(%s, '-', ''))::regclass"
    assert [count(owner, known, str(of)) for of in (survey, other)] == [3000, 3000]
    with pytest.raises(ProgrammingError, match="only the service"), db.begin(Service("sign-in")) as session:
        analyse(session, survey)


def test_a_further_log_and_a_removed_one_give_another_folder(
    owner: Owner, world: World, db: Transactions, survey_settings: Settings, tmp_path: Path
) -> None:
    survey, other = add_survey(owner, world, "hinohara"), add_survey(owner, world, "hinohara")

    def folder() -> Path:
        with db.begin(WORKER) as session:
            return parquet_folder(survey_settings, session, [other, survey])

    def many(where: Path) -> int:
        return sum(pq.read_metadata(file).num_rows for file in where.glob("**/*.parquet"))

    owner.execute("UPDATE survey SET state = 'published'")
    empty = folder()
    assert many(empty) == 0
    first = add_loading(owner, survey, rows(10), tmp_path)
    jobs.load(db, first)
    one = folder()
    assert (many(one), one == folder()) == (10, True)
    jobs.load(db, add_loading(owner, other, rows(20), tmp_path))
    both = folder()
    assert many(both) == 30
    own = f"survey={survey}/measurements.parquet"
    assert (both / own).samefile(one / own), "a survey that did not change is not written again"
    owner.execute("UPDATE survey_file SET state = 'removed' WHERE file_id = %s", (first,))
    assert many(folder()) == 20
    owner.execute("UPDATE survey SET state = 'withdrawn'")
    assert folder() == empty
    assert [path.name for path in survey_settings.survey_folder.glob("*/.making-*")] == []


def test_a_value_no_column_takes_leaves_nothing_and_says_so(
    owner: Owner, world: World, db: Transactions, tmp_path: Path
) -> None:
    survey, table = add_survey(owner, world, "hinohara"), rows(10)
    bad = table.set_column(7, "technology", pa.array(["4g"] * 9 + ["6g"]))
    file_id = add_loading(owner, survey, bad, tmp_path)
    assert jobs.load(db, file_id) is None
    row = owner.execute("SELECT state, refusal ->> 'rule' FROM survey_file WHERE file_id = %s", (file_id,)).fetchone()
    assert row == ("examined", "not-taken")
    assert count(owner, "SELECT count(*) FROM measurement") == 0


LOADER = """
import sys
from uuid import UUID
from app.accounts.actor import Transactions
from app.config import Settings
from app.db import make_worker_engine
from app.surveys import jobs
print('ready', flush=True)
jobs.load(Transactions(make_worker_engine(Settings(database_url=sys.argv[1]))), UUID(sys.argv[2]))
"""


def test_a_worker_killed_in_the_midst_leaves_no_half_log(
    owner: Owner, world: World, world_url: str, db: Transactions, tmp_path: Path
) -> None:
    survey, table = add_survey(owner, world, "hinohara"), pa.concat_tables([rows(2000)] * 100)
    file_id = add_loading(owner, survey, table, tmp_path)
    for wait_s in (0.2, 0.6):
        loader = subprocess.Popen(
            [sys.executable, "-c", LOADER, world_url, str(file_id)], stdout=subprocess.PIPE, text=True
        )
        assert loader.stdout is not None
        assert loader.stdout.readline() == "ready\n"
        time.sleep(wait_s)
        loader.send_signal(signal.SIGKILL)
        loader.wait()
    done = count(owner, "SELECT count(*) FROM survey_file WHERE state = 'loaded'")
    if not done:
        assert jobs.load(db, file_id) == table.num_rows
    assert count(owner, "SELECT count(*) FROM measurement") == table.num_rows


def test_progress_is_told_block_by_block(owner: Owner, world: World, db: Transactions, tmp_path: Path) -> None:
    survey, path, told = add_survey(owner, world, "hinohara"), tmp_path / "rows.parquet", list[int]()
    pq.write_table(pa.concat_tables([rows(1000)] * 100), path)
    with db.begin(WORKER) as session:
        assert copy_rows(session, survey, uuid4(), path, told.append) == 100_000
    assert told[-1] == 100_000
    assert len(told) > 1
