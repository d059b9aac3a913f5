"""Figures of lists coming in: a workbook through the HTTP door, the workbook back, a million rows beside a bare COPY."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from uuid import UUID

import orjson
import psycopg

from app.accounts.actor import Actor, Transactions
from app.accounts.sessions import find_actor
from app.assets.lists import ASSETS
from app.config import Settings
from app.db import make_worker_engine
from app.lists import imports, jobs, publishing
from app.lists.examination import WORKER
from app.lists.owners import record_list_source
from app.tabular.sandbox import run_in_child
from app.versioned import given_columns
from scripts.benchmarks.figures import Figure, Measured
from scripts.benchmarks.list_files import write_csv, write_workbook
from scripts.benchmarks.list_site import EDITOR, Editor, Import, ListSite
from scripts.benchmarks.stage import Stage
from scripts.machine.terminal import Refusal, say

WORKBOOK_ROWS = 15_000
LARGE_ROWS = 1_000_000
MIB = 2**20
IN_FORCE = (
    "SELECT count(*), count(r.asset_id) FROM asset a LEFT JOIN ogc.assets r USING (asset_id) WHERE a.source_id = %s"
)


@dataclass(frozen=True)
class WorkbookRun:
    """A workbook sent, published, sent and published again, and taken back; seconds from each request, bytes."""

    preview_s: float
    examined_s: float
    child_bytes: float
    back_s: float
    back_child_bytes: float
    published_s: float
    again_s: float
    note: str


@dataclass(frozen=True)
class LargeRuns:
    """A large list: rows a second, published and copied in turn; seconds of sending and examining it; bytes."""

    ours: tuple[float, ...]
    copied: tuple[float, ...]
    sent_s: float
    examined_s: float
    child_bytes: float
    file_bytes: int


@cache
def workbook_runs(stage: Stage) -> tuple[WorkbookRun, ...]:
    """Each round on a clone of its own, with a web server and a worker of its own."""
    site = stage.list_site
    book = site.folder / "list.xlsx"
    write_workbook(book, site.database_url, WORKBOOK_ROWS)
    runs = []
    for _ in range(stage.rounds):
        with site.clone() as url, site.service(url) as editor:
            runs.append(_run_workbook(editor, url, book))
    return tuple(runs)


def _run_workbook(editor: Editor, url: str, book: Path) -> WorkbookRun:
    started = time.perf_counter()
    import_id = editor.send(book)
    editor.wait(import_id, lambda found: "preview" in (found["report"] or {}))
    preview_s = time.perf_counter() - started
    found = editor.wait(import_id, lambda found: found["state"] == "examined")
    examined_s = time.perf_counter() - started
    _require_all_good(found, WORKBOOK_ROWS)
    started = time.perf_counter()
    back = editor.client.get(f"/api/v1/asset-imports/{import_id}/workbook").raise_for_status().content
    back_s = time.perf_counter() - started
    published_s = editor.publish(import_id)
    again = editor.send(book)
    editor.wait(again, lambda found: found["state"] == "examined")
    counts = found["report"]["counts"]
    note = f"{book.stat().st_size / 1e6:.1f} MB, {counts['mended'] + counts['warnings']:,} findings, {len(back) / 1e6:.1f} MB back"
    return WorkbookRun(
        preview_s, examined_s, found["report"]["max_rss_bytes"], back_s, _workbook_back_bytes(url, found), published_s,
        editor.publish(again), note,
    )  # fmt: skip


def _require_all_good(found: Import, rows: int) -> None:
    counts = found["report"]["counts"]
    if counts["good_rows"] != rows or found["report"]["diff"]["new"] != rows:
        raise Refusal(f"{found['file_name']}: {counts}, {found['report']['diff']}")


def _workbook_back_bytes(url: str, found: Import) -> float:
    """The most memory of the process that writes the workbook back, from a run of its own."""
    import_id, report = UUID(found["import_id"]), found["report"]
    with tempfile.TemporaryDirectory() as folder, _transactions(url) as db, db.begin(WORKER) as session:
        source, said = Path(folder, "file"), Path(folder, "findings")
        for path, part in ((source, "file"), (said, "findings")):
            path.write_bytes(b"".join(imports.read_part(session, import_id, part)))
        arguments = {
            "path": str(source), "findings": str(said), "name": found["file_name"], "reading": report["reading"],
            "groups": report["groups"], "counts": report["counts"], "import_id": str(import_id),
            "number_fields": ["latitude", "longitude", *(f.name for f in ASSETS.fields if f.type in ("number", "integer"))],
        }  # fmt: skip
        sent = run_in_child("app.lists.examining:write_workbook", orjson.loads(orjson.dumps(arguments)))
        return float([header for header, _ in sent][-1]["max_rss_bytes"])


@cache
def large_runs(stage: Stage) -> LargeRuns:
    """A list is sent and examined once; clones of that database then publish it or take the same rows by COPY."""
    site = stage.list_site
    file, judged = site.folder / "list.csv", site.folder / "list.rows"
    write_csv(file, site.database_url, LARGE_ROWS)
    with site.clone() as url:
        with site.service(url) as editor:
            started = time.perf_counter()
            import_id = editor.send(file)
            sent_s = time.perf_counter() - started
            found = editor.wait(import_id, lambda found: found["state"] == "examined", poll_s=1)
            examined_s = time.perf_counter() - started - sent_s
        _require_all_good(found, LARGE_ROWS)
        say(f"  {LARGE_ROWS:,} rows: sent {sent_s:.1f} s, examined {examined_s:.1f} s")
        with judged.open("wb") as out, _transactions(url) as db, db.begin(WORKER) as session:
            imports.write_part(session, UUID(import_id), "rows", out.write)
        pairs = []
        for _ in range(stage.rounds):
            ours = _rate(site, url, partial(_publish, import_id=UUID(import_id)))
            pairs.append((ours, _rate(site, url, partial(_copy, judged))))
            say(f"  {LARGE_ROWS:,} rows: published {pairs[-1][0]:,.0f} rows/s, copied {pairs[-1][1]:,.0f} rows/s")
    file_bytes = file.stat().st_size
    file.unlink()
    judged.unlink()
    published, copied = zip(*pairs, strict=True)
    return LargeRuns(published, copied, sent_s, examined_s, found["report"]["max_rss_bytes"], file_bytes)


def _rate(site: ListSite, template_url: str, put_in: Callable[[str], float]) -> float:
    """Rows a second of `put_in` on a fresh clone, which must hold every row afterwards, for readers too."""
    with site.clone(template_url) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        seconds = put_in(url)
        with psycopg.connect(url) as connection:
            held = connection.execute(IN_FORCE, [_SOURCE_ID]).fetchone()
        if held != (LARGE_ROWS, LARGE_ROWS):
            raise Refusal(f"rows in force, and of those readable: {held}, not {LARGE_ROWS:,}")
        return LARGE_ROWS / seconds


_SOURCE_ID = "list-131032-assets"


def _publish(url: str, import_id: UUID) -> float:
    """Seconds of the worker's own publication of an examined import, from the person's rights to the commit."""
    with _transactions(url) as transactions:
        actor = _editor(transactions)
        with transactions.begin(actor) as session:
            publishing.approve(session, imports.get_import(session, import_id), actor)
        started = time.perf_counter()
        jobs.publish(transactions, {ASSETS.name: ASSETS}, import_id, actor)
        return time.perf_counter() - started


def _copy(judged: Path, url: str) -> float:
    """Seconds of one COPY of the judged rows straight into the table, by its owner, in one transaction."""
    with _transactions(url) as transactions, transactions.begin(actor := _editor(transactions)) as session:
        owner = publishing.owner_of_import(session, {"organisation_id": actor.organisation_id})
        record_list_source(session, owner, ASSETS.name, ASSETS.ja, ASSETS.en, None)
    columns = ", ".join([*given_columns(publishing.table_of(ASSETS)), "row_hash"])
    with psycopg.connect(url) as connection:
        # So that the very same bytes can be copied: the file does not name the source.
        connection.execute(f"ALTER TABLE asset ALTER source_id SET DEFAULT '{_SOURCE_ID}'".encode())
        connection.commit()
        started = time.perf_counter()
        with judged.open("rb") as rows, connection.cursor().copy(f"COPY asset ({columns}) FROM STDIN".encode()) as copy:
            for block in publishing.blocks(rows):
                copy.write(block)
        connection.commit()
        return time.perf_counter() - started


def _editor(transactions: Transactions) -> Actor:
    with transactions.begin(WORKER) as session:
        actor = find_actor(session, EDITOR, None)
    if actor is None:
        raise Refusal(f"{EDITOR} is not there")
    return actor


@contextmanager
def _transactions(url: str) -> Iterator[Transactions]:
    """The worker's transactions, without a connection left behind: a database in use cannot be cloned."""
    engine = make_worker_engine(Settings(database_url=url))
    try:
        yield Transactions(engine)
    finally:
        engine.dispose()


def measure_workbook(stage: Stage, what: str, unit: float = 1) -> Measured:
    """One value of each round's run."""
    runs = workbook_runs(stage)
    return Measured(tuple(getattr(run, what) / unit for run in runs), (), runs[0].note)


def measure_large(stage: Stage) -> Measured:
    """Rows a second of publishing beside those of a bare COPY."""
    runs = large_runs(stage)
    return Measured(runs.ours, runs.copied, f"{LARGE_ROWS:,} rows, {runs.file_bytes / 1e6:.0f} MB")


def measure_large_memory(stage: Stage) -> Measured:
    """The most memory of the process that read and judged it."""
    return Measured((large_runs(stage).child_bytes / MIB,))


def measure_large_whole(stage: Stage) -> Measured:
    """Seconds of sending, examining (once) and publishing it."""
    runs = large_runs(stage)
    note = f"sent {runs.sent_s:.0f} s, examined {runs.examined_s:.0f} s"
    return Measured(tuple(runs.sent_s + runs.examined_s + LARGE_ROWS / rate for rate in runs.ours), (), note)


def _workbook(name: str, unit: str, describes: str, what: str, most: float | None = None) -> Figure:
    measure = partial(measure_workbook, what=what, unit=MIB if unit == "MiB" else 1)
    return Figure(name, unit, describes, measure, less_is_better=True, most=most)


FIGURES = (
    _workbook("list-preview", "s", "15,000 rows × 30 columns of XLSX sent: until the preview is there", "preview_s", 3),
    _workbook("list-examined", "s", "the same: until it is examined (dry run)", "examined_s", 10),
    _workbook("list-publish", "s", "the same: from asking until it is in force", "published_s", 5),
    _workbook("list-again", "s", "the same file published a second time", "again_s", 5),
    _workbook("list-memory", "MiB", "the most memory of the reading process", "child_bytes", 512),
    _workbook("list-back", "s", "the sender's workbook back with its findings marked", "back_s"),
    _workbook("list-back-memory", "MiB", "the most memory of the process that writes it", "back_child_bytes"),
    Figure("large-publish", "rows/s", "1,000,000 rows of CSV published", measure_large, "COPY", 0.5, on_request=True),
    Figure("large-memory", "MiB", "the most memory of its reading process", measure_large_memory, most=512, on_request=True),
    Figure("large-whole", "s", "sent, examined and published", measure_large_whole, less_is_better=True, on_request=True),
)  # fmt: skip
