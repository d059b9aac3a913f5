"""Measurements in force as partitioned Parquet, for engines that read files: `survey=<id>/measurements.parquet`.

A folder is named by a hash of the surveys and loaded files it holds, so that a stale copy is never read; a survey's own
file is kept under such a name too and linked into every folder it belongs to, so that a new log writes one survey anew.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.config import Settings
from app.surveys.loading import COLUMNS

SCHEMA = pa.schema([("survey_id", pa.string()), ("file_id", pa.string()), *COLUMNS.items()])
FILE_NAME = "measurements.parquet"
_SELECT = f"""
SELECT survey_id, file_id, {", ".join("at AT TIME ZONE 'UTC'" if name == "at" else name for name in COLUMNS)}
FROM measurement_in_force WHERE survey_id = %s ORDER BY file_id, row_number
"""
_LOADED = """
SELECT coalesce(string_agg(f.file_id::text, ',' ORDER BY f.file_id), '') FROM survey s JOIN survey_file f USING (survey_id)
WHERE s.survey_id = :id AND s.state = 'published' AND f.state = 'loaded' AND f.kind = 'log'
"""


def parquet_folder(settings: Settings, session: Session, survey_ids: Iterable[UUID]) -> Path:
    """The folder with the measurements in force of these surveys, written where it is missing."""
    surveys = {str(survey_id): content_of(session, survey_id) for survey_id in sorted(set(survey_ids), key=str)}
    name = hashlib.sha256(repr(sorted(surveys.items())).encode()).hexdigest()[:32]
    folder = settings.survey_folder / "sets" / name
    if folder.is_dir():
        return folder
    (settings.survey_folder / "sets").mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=settings.survey_folder / "sets"))
    try:
        for survey, content in surveys.items():
            (making / f"survey={survey}").mkdir()
            os.link(_survey_file(settings, session, survey, content), making / f"survey={survey}" / FILE_NAME)
        if not surveys:
            pq.write_table(SCHEMA.empty_table(), making / FILE_NAME)
        making.chmod(0o755)
        making.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another process was first, with the same content
            raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


def survey_parquet(settings: Settings, session: Session, survey_id: UUID) -> Path:
    """The file with one survey's measurements in force, written where it is missing."""
    return _survey_file(settings, session, str(survey_id), content_of(session, survey_id))


def content_of(session: Session, survey_id: UUID) -> str:
    """What tells whether a survey's measurements in force are still the same: a hash of its loaded logs."""
    files: str = session.execute(text(_LOADED), {"id": survey_id}).scalar_one()
    return hashlib.sha256(f"{survey_id}:{files}".encode()).hexdigest()[:32]


def _survey_file(settings: Settings, session: Session, survey: str, content: str) -> Path:
    """One survey's measurements, written whole or not at all."""
    file = settings.survey_folder / "surveys" / f"{content}.parquet"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=file.parent) as making:
            rows, written = Path(making) / "rows.csv", Path(making) / file.name
            _copy_out(session, survey, rows)
            _write_parquet(rows, written)
            written.rename(file)
    return file


def _copy_out(session: Session, survey: str, to: Path) -> None:
    driver: Any = session.connection().connection.driver_connection
    statement = f"COPY ({_SELECT}) TO STDOUT (FORMAT csv)"
    with to.open("wb") as out, driver.cursor() as cursor, cursor.copy(statement, (survey,)) as copy:
        for block in copy:
            out.write(block)


def _write_parquet(rows: Path, to: Path) -> None:
    if not rows.stat().st_size:
        pq.write_table(SCHEMA.empty_table(), to)
        return
    # COPY writes moments without a zone here, in UTC.
    moments = pa.timestamp("us")
    convert = pa_csv.ConvertOptions(
        column_types={field.name: moments if field.name == "at" else field.type for field in SCHEMA},
        true_values=["t"], false_values=["f"], null_values=[""], strings_can_be_null=True,
    )  # fmt: skip
    reader = pa_csv.open_csv(rows, pa_csv.ReadOptions(column_names=SCHEMA.names), convert_options=convert)
    with pq.ParquetWriter(to, SCHEMA, compression="zstd") as writer:
        for batch in reader:
            columns = [batch.column(name).cast(SCHEMA.field(name).type) for name in SCHEMA.names]
            writer.write_batch(pa.record_batch(columns, schema=SCHEMA))
