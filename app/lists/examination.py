"""Examining a list: the file is read and judged in a child process, then compared with the list in force.

Nothing of the register is written: what publishing would do is computed by publishing's own statements on a temporary
table. A killed examination leaves the import as it was, to be taken up again.
"""

import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import orjson
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from app.accounts.actor import Service, Transactions
from app.copy_text import json_text
from app.lists import imports
from app.lists.differences import compare, guard, neighbours, taken_ids
from app.lists.imports import Import, Superseded
from app.lists.kinds import ListKind
from app.lists.publishing import blocks, owner_of_import, table_of
from app.lists.rules import ID_TAKEN, KNOWN_ELSEWHERE, group
from app.tabular.findings import Level, Rule
from app.tabular.limits import Limits
from app.tabular.sandbox import run_in_child
from app.tabular.table import Unreadable
from app.tabular.workbook_back import find_import_id
from app.territory.places import load_places
from app.versioned import given_columns, stage

_log = structlog.get_logger()
WORKER = Service("worker")
_EVERY_S = 0.4  # between notes of progress
CPU_S_PER_MB = 4  # of a text file; judging a million rows (186 MB) takes about 130 s

Tell = Callable[[Mapping[str, Any], Mapping[str, Any]], None]


def examine_import(
    transactions: Transactions, kinds: Mapping[str, ListKind], import_id: UUID, who: Service = WORKER
) -> None:
    """Examine one import that waits for it; one in another state is left alone."""
    with transactions.begin(who) as session:
        found = imports.get_import(session, import_id)
        if found["state"] not in ("waiting", "examining"):
            return
        imports.set_state(session, import_id, "examining", progress={"step": "reading"}, report={}, refusal={})
    with tempfile.TemporaryDirectory(prefix="list-") as folder:
        try:
            _examine(transactions, kinds[found["kind"]], found, who, Path(folder))
        except Superseded:
            _log.info("examination given up", import_id=str(import_id))
        except Unreadable as reason:
            _refuse(transactions, who, import_id, reason)
        except DataError as error:
            _log.exception("judged rows were not taken", import_id=str(import_id))
            _refuse(transactions, who, import_id, _not_taken(error))


def _not_taken(error: DataError) -> Unreadable:
    told = str(error.orig).splitlines()[0]
    return Unreadable(
        "not-stored",
        f"データベースに入れられない値がありました（{told}）。その値を直して、もう一度送ってください。",
        f"A value cannot be stored ({told}); mend it and send the file again.",
    )


def _refuse(transactions: Transactions, who: Service, import_id: UUID, reason: Unreadable) -> None:
    _log.info("list refused", import_id=str(import_id), rule=reason.rule)
    with suppress(Superseded), transactions.begin(who) as session:
        imports.note_progress(session, import_id, {}, {})
        imports.set_state(
            session,
            import_id,
            "refused",
            progress=None,
            refusal={"rule": reason.rule, "ja": reason.ja, "en": reason.en},
        )


def _examine(transactions: Transactions, kind: ListKind, found: Import, who: Service, folder: Path) -> None:
    file, rows, findings = folder / "file", folder / "rows", folder / "findings"
    with transactions.begin(who) as session, file.open("wb") as out:
        imports.write_part(session, found["import_id"], "file", out.write)
        out.flush()
        if (marked := find_import_id(file)) is not None:
            found = imports.carry_on(session, found, marked)
        owner = owner_of_import(session, found)
        places = folder / "places"
        places.write_bytes(load_places(session).dump())
    arguments = {
        "path": str(file), "name": found["file_name"], "kind": kind.place, "owner": owner.as_json(),
        "places": str(places), "settings": found["settings"], "columns": given_columns(table_of(kind)),
    }  # fmt: skip
    with rows.open("w+b") as judged, findings.open("w+b") as said:
        report = _collect(arguments, judged, said, _teller(transactions, who, found["import_id"]))
        with transactions.begin(who) as session:
            _compare(session, kind, found, owner.source_id(kind.name), report, judged, said)


def _teller(transactions: Transactions, who: Service, import_id: UUID) -> Tell:
    last = 0.0

    def tell(progress: Mapping[str, Any], report: Mapping[str, Any]) -> None:
        nonlocal last
        if report or time.monotonic() - last > _EVERY_S:
            last = time.monotonic()
            with transactions.begin(who) as session:
                imports.note_progress(session, import_id, progress, report)

    return tell


def _collect(arguments: Mapping[str, Any], judged: BinaryIO, said: BinaryIO, tell: Tell) -> dict[str, Any]:
    """Run the child and take in what it sends: parts of the report, judged rows, findings."""
    report: dict[str, Any] = {}
    progress: dict[str, Any] = {"step": "reading"}
    megabytes = Path(arguments["path"]).stat().st_size / 1e6
    limits = Limits(cpu_seconds=60 + int(megabytes * CPU_S_PER_MB), wait_seconds=120 + megabytes * CPU_S_PER_MB)
    for header, body in run_in_child("app.lists.examining:examine", dict(arguments), limits):
        if "rows" in header:
            judged.write(body)
            progress = {"step": "judging", "done": header["rows"], "total": header.get("total")}
            tell(progress, {})
        elif "findings" in header:
            said.write(body)
        elif "report" in header:
            report |= header["report"]
            tell(progress, header["report"])
        else:
            report |= {name: header[name] for name in ("max_rss_bytes",) if name in header}
    tell({"step": "comparing"}, {"counts": report["counts"]})
    return report


def _compare(
    session: Session,
    kind: ListKind,
    found: Import,
    source_id: str,
    report: dict[str, Any],
    judged: BinaryIO,
    said: BinaryIO,
) -> None:
    table = table_of(kind)
    imports.note_progress(
        session, found["import_id"], {"step": "comparing"}, {}
    )  # nobody chooses otherwise from here on
    judged.seek(0)
    stage(session, table, blocks(judged))
    report["diff"] = compare(session, table, source_id, report.get("spared", ()))
    report["guard"] = guard(report["diff"], retire_missing=True)
    _add_group(report, said, ID_TAKEN, taken_ids(session, table, source_id))
    _add_group(report, said, KNOWN_ELSEWHERE, neighbours(session, table, kind.view, source_id))
    report["same_file"] = imports.find_published_twin(session, found)
    for part, content in (("rows", judged), ("findings", said)):
        content.seek(0)
        imports.put_parts(session, found["import_id"], part, content)
    imports.set_state(
        session, found["import_id"], "examined", progress=None, report=orjson.loads(json_text(report)),
        examined_at=session.execute(text("SELECT clock_timestamp()")).scalar_one(), asked_by=None,
    )  # fmt: skip


def _add_group(report: dict[str, Any], said: BinaryIO, rule: Rule, rows: list[dict[str, Any]]) -> None:
    """What only the register could tell, among the findings of the file."""
    if not rows:
        return
    for row in rows:
        finding = {
            "row": row["row"], "letter": None, "field": None, "rule": rule.id, "value": row.get("id") or row.get("value"),
            "mended": None,
        }  # fmt: skip
        said.write(orjson.dumps(finding) + b"\n")
    report["groups"].insert(0, group(rule, len(rows), []))
    if rule.level is Level.ERROR:
        report["counts"]["error_rows"] += len(rows)
        report["counts"]["good_rows"] -= len(rows)
    else:
        report["counts"]["warnings"] += len(rows)
