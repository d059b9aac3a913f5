"""「直して返す」: the sender's own workbook, made in the reading process from the file and its findings."""

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from app.accounts.actor import Actor, Transactions
from app.lists import imports
from app.lists.imports import Import
from app.lists.kinds import ListKind
from app.problems import CONFLICT, Problem
from app.tabular.sandbox import run_in_child
from app.tabular.table import Unreadable


def mended_workbook(db: Transactions, who: Actor, kind: ListKind, import_id: UUID) -> tuple[str, bytes]:
    """Its file name and bytes (XLSX). Raises Problem: 404, and 409 where nothing was read yet."""
    with tempfile.TemporaryDirectory(prefix="list-") as folder:
        source, said = Path(folder, "file"), Path(folder, "findings")
        with db.begin(who) as session, source.open("wb") as file, said.open("wb") as findings:
            found = imports.get_import(session, import_id, kind)
            report = _report(found)
            imports.write_part(session, import_id, "file", file.write)
            imports.write_part(session, import_id, "findings", findings.write)
        # Outside the transaction: a large workbook takes longer than one may idle.
        content = _make(kind, found, report, source, said)
    return f"{Path(found['file_name']).stem}_直したもの.xlsx", content


def _report(found: Import) -> dict[str, Any]:
    report: dict[str, Any] = found["report"] or {}
    if "groups" not in report or found["state"] in ("waiting", "examining"):
        raise Problem(
            CONFLICT, "判定が終わってから受け取れます。", "The workbook is made once the file has been examined."
        )
    return report


def _make(kind: ListKind, found: Import, report: dict[str, Any], source: Path, said: Path) -> bytes:
    arguments = {
        "path": str(source), "findings": str(said), "name": found["file_name"], "reading": report["reading"],
        "groups": report["groups"], "counts": report["counts"], "import_id": str(found["import_id"]),
        "number_fields": ["latitude", "longitude", *(f.name for f in kind.fields if f.type in ("number", "integer"))],
    }  # fmt: skip
    try:
        bodies = [
            body
            for _, body in run_in_child("app.lists.examining:write_workbook", orjson.loads(orjson.dumps(arguments)))
        ]
    except Unreadable as reason:
        raise Problem(CONFLICT, reason.ja, reason.en) from None
    return b"".join(bodies)
