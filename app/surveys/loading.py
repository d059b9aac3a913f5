"""Judged rows into the partition of their survey, by COPY, and the file's state with them in one transaction."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from sqlalchemy import text
from sqlalchemy.orm import Session

BATCH_ROWS = 65_536
# Every column of a measurement but those that say which survey and file it is of; the same in PostgreSQL and Parquet.
COLUMNS: dict[str, pa.DataType] = {
    "row_number": pa.int32(),
    "at": pa.timestamp("us", tz="UTC"),
    "lon": pa.float64(),
    "lat": pa.float64(),
    "accuracy_m": pa.float32(),
    "carrier": pa.string(),
    "device": pa.string(),
    "technology": pa.string(),
    "band": pa.string(),
    "rsrp_dbm": pa.float32(),
    "rsrq_db": pa.float32(),
    "sinr_db": pa.float32(),
    "nr_rsrp_dbm": pa.float32(),
    "nr_rsrq_db": pa.float32(),
    "downlink_mbps": pa.float32(),
    "uplink_mbps": pa.float32(),
    "latency_ms": pa.float32(),
    "speed_kmh": pa.float32(),
    "in_vehicle": pa.bool_(),
    "external_antenna": pa.bool_(),
}
Tick = Callable[[int], None]
Block = tuple[int, memoryview]  # rows so far, and some of them as CSV


def partition_of(session: Session, survey_id: UUID) -> str:
    """The partition a survey's rows go into, made where it is not there yet; only the service may ask."""
    name: str = session.execute(text("SELECT measurement_partition(:id)"), {"id": survey_id}).scalar_one()
    return name


def copy_rows(session: Session, survey_id: UUID, file_id: UUID, rows: Path, tick: Tick | None = None) -> int:
    """Write judged rows (Parquet) into the survey's partition; answer their number. `tick` is told how many are done.

    Raises the database's own errors: a value no column takes.
    """
    partition = partition_of(session, survey_id)
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor:
        with cursor.copy(
            f"COPY {partition} ({', '.join(('survey_id', 'file_id', *COLUMNS))}) FROM STDIN (FORMAT csv)"
        ) as copy:
            for done, block in _one_ahead(csv_blocks(survey_id, file_id, rows)):
                copy.write(block)
                if tick is not None:
                    tick(done)
        copied: int = cursor.rowcount
    return copied


def analyse(session: Session, survey_id: UUID) -> None:
    """Gather statistics of a survey's partition, which COPY leaves as they were; only the service may ask."""
    session.execute(text("SELECT analyse_measurements(:id)"), {"id": survey_id})


def _one_ahead(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same blocks, the next one written while the database takes the one before."""
    with ThreadPoolExecutor(1) as writer:
        following = writer.submit(next, blocks, None)
        while (block := following.result()) is not None:
            following = writer.submit(next, blocks, None)
            yield block


def csv_blocks(survey_id: UUID, file_id: UUID, rows: Path) -> Iterator[Block]:
    """Judged rows as CSV, block by block, each with the number of rows so far."""
    options, done = pa_csv.WriteOptions(include_header=False), 0
    with pq.ParquetFile(rows) as file:
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=list(COLUMNS)):
            out = io.BytesIO()
            pa_csv.write_csv(_as_written(batch, survey_id, file_id), out, options)
            done += batch.num_rows
            yield done, out.getbuffer()


def _as_written(batch: pa.RecordBatch, survey_id: UUID, file_id: UUID) -> pa.Table:
    """A batch with the ids before it; an empty text is no text, as CSV would say it is one."""
    columns = [_cast(batch.column(name), kind) for name, kind in COLUMNS.items()]
    ids = [pa.repeat(pa.scalar(str(one)), batch.num_rows) for one in (survey_id, file_id)]
    return pa.table([*ids, *columns], names=["survey_id", "file_id", *COLUMNS])


def _cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    cast = column if column.type == kind else column.cast(kind)
    return pc.if_else(pc.equal(cast, ""), None, cast) if kind == pa.string() else cast
