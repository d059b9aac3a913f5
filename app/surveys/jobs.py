"""What the worker does for logs of surveys: each job may be begun again after a kill, and does nothing a second time."""

import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from psycopg import DataError, IntegrityError  # COPY speaks to the driver itself
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Service, Transactions
from app.copy_text import json_text
from app.problems import Problem
from app.surveys import campaigns, files
from app.surveys.campaigns import Row
from app.surveys.carriers import REAL, SAMPLE
from app.surveys.loading import analyse, copy_rows
from app.tabular.table import Unreadable

WORKER = Service("worker")
_EVERY_S = 1.0
_log = structlog.get_logger()
Tell = Callable[[Mapping[str, Any]], None]


def examine(transactions: Transactions, file_id: UUID, who: Service = WORKER) -> None:
    """Read and judge a log; what was found is written to the file, and nothing else changes."""
    try:
        found = _begin(transactions, who, file_id)
        if found is None:
            return
        with tempfile.TemporaryDirectory(prefix="survey-") as folder:
            _examine(transactions, who, found, Path(folder))
    except files.Superseded:
        _log.info("examination superseded", file_id=str(file_id))
    except Problem as gone:
        _log.info("file is gone", file_id=str(file_id), reason=gone.en)


def _begin(transactions: Transactions, who: Service, file_id: UUID) -> Row | None:
    with transactions.begin(who) as session:
        found = files.get_file(session, None, file_id, for_change=True)
        if found["state"] not in ("waiting", "examining"):
            return None
        files.set_state(session, file_id, "examining", progress={"step": "reading"}, report=None, refusal=None)
        return files.get_file(session, None, file_id)


def _examine(transactions: Transactions, who: Service, found: Row, folder: Path) -> None:
    from app.surveys.reading import examine_log

    file, tell = folder / "log", _teller(transactions, who, found)
    with transactions.begin(who) as session, file.open("wb") as out:
        is_sample = campaigns.get_survey(session, found["survey_id"])["is_sample"]
        for piece in files.read_part(session, found["file_id"], "file"):
            out.write(piece)
    try:
        examined = examine_log(file, found["file_name"], found["settings"], lambda *_: tell({"step": "reading"}))
        refuse_foreign_carriers(examined.report["carriers"], is_sample)
    except Unreadable as reason:
        refusal = {"rule": reason.rule, "ja": reason.ja, "en": reason.en}
        _finish(transactions, who, found, "refused", {"refusal": refusal})
        return
    with examined.rows.open("rb") as rows:
        report = _plain(examined.report)
        _finish(transactions, who, found, "examined", {"report": report, "rows_taken": examined.taken}, rows)


def refuse_foreign_carriers(carriers: Collection[str], is_sample: bool) -> None:
    """Raises Unreadable where a log of invented carriers is sent to a real survey, or the reverse, or has both."""
    real, invented = sorted(set(carriers) & set(REAL)), sorted(set(carriers) & set(SAMPLE))
    if real and invented:
        raise Unreadable(
            "sample-and-real",
            f"サンプル（架空）の事業者（{'、'.join(invented)}）と実在の事業者（{'、'.join(real)}）が1つのログに混ざっています。"
            "ファイルを分け、実在の事業者の行だけを送ってください。",
            f"The log mixes sample (invented) carriers ({', '.join(invented)}) with real ones ({', '.join(real)});"
            " split it and send the rows of real carriers alone.",
        )
    if is_sample and real:
        raise Unreadable(
            "real-in-sample",
            f"この調査はサンプル（架空）です。実在の事業者（{'、'.join(real)}）の測定は、別の調査を作って送ってください。",
            f"This survey is a sample (invented); send measurements of real carriers ({', '.join(real)}) to another survey.",
        )
    if invented and not is_sample:
        raise Unreadable(
            "sample-in-real",
            f"サンプル（架空）の事業者（{'、'.join(invented)}）の測定は、実際の調査には入れられません。"
            "事業者の読み取りが違うときは、読み方で事業者を選び直してください。",
            f"Measurements of sample (invented) carriers ({', '.join(invented)}) cannot go into a real survey;"
            " if the carrier was read wrongly, choose it in how the file is read.",
        )


def _plain(report: Mapping[str, Any]) -> dict[str, Any]:
    import orjson

    plain: dict[str, Any] = orjson.loads(json_text(report))
    return plain


def _finish(
    transactions: Transactions, who: Service, found: Row, state: str, columns: Mapping[str, Any], rows: Any = None
) -> None:
    with transactions.begin(who) as session:
        files.note_progress(session, found, {"step": "keeping"})  # nobody chooses otherwise from here on
        if rows is not None:
            files.put_parts(session, found["file_id"], "rows", rows)
        now = session.execute(text("SELECT clock_timestamp()")).scalar_one()
        files.set_state(session, found["file_id"], state, progress=None, examined_at=now, **columns)


def _teller(transactions: Transactions, who: Service, found: Row) -> Tell:
    last = 0.0

    def tell(progress: Mapping[str, Any]) -> None:
        nonlocal last
        if time.monotonic() - last > _EVERY_S:
            last = time.monotonic()
            with transactions.begin(who) as session:
                files.note_progress(session, found, progress)

    return tell


def load(transactions: Transactions, file_id: UUID, who: Service = WORKER) -> int | None:
    """Load a log's judged rows; answer their number, None where that has been done already.

    What stands in the way is written to the file, which is then as it was before.
    """
    try:
        with transactions.begin(who) as session:
            found = files.get_file(session, None, file_id)
        if found["state"] != "loading":
            return None
        with tempfile.TemporaryDirectory(prefix="survey-") as folder:
            return _load(transactions, who, found, Path(folder))
    except files.Superseded:
        return None
    except Problem as gone:
        _log.info("file is gone", file_id=str(file_id), reason=gone.en)
    except (DataError, IntegrityError) as error:
        _log.exception("rows were not taken by the database", file_id=str(file_id))
        give_back(transactions, file_id, _not_taken(error), who)
    return None


def _load(transactions: Transactions, who: Service, found: Row, folder: Path) -> int:
    rows, tell = folder / "rows.parquet", _teller(transactions, who, found)
    with transactions.begin(who) as session, rows.open("wb") as out:
        for piece in files.read_part(session, found["file_id"], "rows"):
            out.write(piece)
    total = found["rows_taken"]
    with transactions.begin(who) as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        # The row is not held meanwhile, so that progress can be told; who finishes second finds it changed.
        copied = copy_rows(
            session, found["survey_id"], found["file_id"], rows,
            lambda done: tell({"step": "loading", "done": done, "total": total}),
        )  # fmt: skip
        analyse(session, found["survey_id"])
        _mark_loaded(session, found, copied)
    return copied


def _mark_loaded(session: Session, found: Row, copied: int) -> None:
    now = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    files.note_progress(session, found, {"step": "loaded"})
    files.set_state(session, found["file_id"], "loaded", progress=None, rows_taken=copied, loaded_at=now)
    files.drop_parts(session, found["file_id"], "rows")
    audit.record(session, "survey-file.loaded", f"survey-file:{found['file_id']}", after={"rows": copied})
    if campaigns.get_survey(session, found["survey_id"])["state"] == "published":
        campaigns.defer_build(session)


def _not_taken(error: Exception) -> dict[str, str]:
    said = str(error).splitlines()[0][:200]
    return {
        "rule": "not-taken",
        "ja": f"データベースが受け取らない値がありました（{said}）。読み方を確かめて、もう一度読み取ってください。",
        "en": f"The database did not take a value ({said}). Look at how the file is read, and examine it again.",
    }


def give_back(transactions: Transactions, file_id: UUID, said: Mapping[str, str], who: Service = WORKER) -> None:
    """Put a file that was not loaded back to where it was before, with the reason; another is left alone."""
    with transactions.begin(who) as session:
        found = files.get_file(session, None, file_id, for_change=True)
        if found["state"] == "loading":
            files.set_state(session, file_id, "examined", progress=None, refusal=dict(said))
