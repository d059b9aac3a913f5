"""Judged rows into the partition of their survey, by COPY, and the file's state with them in one transaction."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.surveys.binary_copy import HEAD, TAIL, binary_rows

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
Block = tuple[int, memoryview]  # rows so far, and some of them as they are sent


def partition_of(session: Session, survey_id: UUID) -> str:
    """The partition a survey's rows go into, made where it is not there yet; only the service may ask."""
    name: str = session.execute(text("SELECT measurement_partition(:id)"), {"id": survey_id}).scalar_one()
    return name


def copy_rows(session: Session, survey_id: UUID, file_id: UUID, rows: Path | pa.Table, tick: Tick | None = None) -> int:
    """Write judged rows (a Parquet file, or a table) into the survey's partition; answer their number. `tick` is told how many are done.

    Raises the database's own errors: a value no column takes.
    """
    partition = partition_of(session, survey_id)
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor:
        with cursor.copy(
            f"COPY {partition} ({', '.join(('survey_id', 'file_id', *COLUMNS))}) FROM STDIN (FORMAT binary)"
        ) as copy:
            copy.write(HEAD)
            for done, block in _one_ahead(_blocks(survey_id, file_id, rows)):
                copy.write(block)
                if tick is not None:
                    tick(done)
            copy.write(TAIL)
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


def _blocks(survey_id: UUID, file_id: UUID, rows: Path | pa.Table) -> Iterator[Block]:
    """Judged rows as they are sent, block by block, each with the number of rows so far."""
    done = 0
    for batch in _batches(rows):
        columns = [_cast(batch.column(name), kind) for name, kind in COLUMNS.items()]
        done += batch.num_rows
        yield done, binary_rows(columns, (survey_id.bytes, file_id.bytes))


def _batches(rows: Path | pa.Table) -> Iterator[pa.RecordBatch]:
    if isinstance(rows, pa.Table):
        yield from rows.select(list(COLUMNS)).to_batches(max_chunksize=BATCH_ROWS)
        return
    with pq.ParquetFile(rows) as file:
        yield from file.iter_batches(batch_size=BATCH_ROWS, columns=list(COLUMNS))


def _cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """A column as its kind; an empty text is no text."""
    cast = column if column.type == kind else column.cast(kind)
    return pc.if_else(pc.equal(cast, ""), None, cast) if kind == pa.string() else cast
