"""「直して返す」: the sender's own workbook, made in the reading process from the file and its findings."""

import tempfile
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy.orm import Session

from app.lists import imports
from app.lists.imports import Import
from app.lists.kinds import ListKind
from app.problems import CONFLICT, Problem
from app.tabular.sandbox import run_in_child
from app.tabular.table import Unreadable


def mended_workbook(session: Session, kind: ListKind, found: Import) -> tuple[str, bytes]:
    """Its file name and bytes (XLSX). Raises Problem (409) where nothing was read yet."""
    report = found["report"] or {}
    if "groups" not in report or found["state"] in ("waiting", "examining"):
        raise Problem(
            CONFLICT, "判定が終わってから受け取れます。", "The workbook is made once the file has been examined."
        )
    with tempfile.TemporaryDirectory(prefix="list-") as folder:
        source, said = Path(folder, "file"), Path(folder, "findings")
        with source.open("wb") as file, said.open("wb") as findings:
            imports.write_part(session, found["import_id"], "file", file.write)
            imports.write_part(session, found["import_id"], "findings", findings.write)
        content = _make(kind, found, report, source, said)
    return f"{Path(found['file_name']).stem}_直したもの.xlsx", content


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
