"""Imports as rows: taking a file in, what was found and chosen, its bytes in pieces.

Row-level security shows an editor the imports of the municipality (or body) they act for; queries here ask nothing more.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO
from uuid import UUID

import orjson
from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor, Service
from app.copy_text import json_text
from app.if_match import require_match
from app.lists.kinds import ListKind, Owner
from app.problems import CONFLICT, NOT_FOUND, STALE, Problem

PIECE_BYTES = 1 << 20
Import = dict[str, Any]

_COLUMNS = """
  i.import_id, i.kind, i.municipality_code, i.organisation_id, i.person_id, i.file_name, i.file_sha256, i.file_bytes,
  i.state, i.settings, i.progress, i.report, i.refusal, i.version, i.created_at, i.examined_at, i.asked_by,
  i.approved_by, i.published_at, i.continues, i.undoes, i.undone_by
"""


def create_import(
    session: Session,
    kind: ListKind,
    owner: Owner,
    who: Actor | Service,
    file_name: str,
    file: BinaryIO,
    settings: Mapping[str, Any],
) -> Import:
    """Take a file in, byte for byte, to be examined; `file` is read to its end."""
    by = who.person_id if isinstance(who, Actor) else None
    import_id: UUID = session.execute(
        text(
            "INSERT INTO list_import (kind, municipality_code, organisation_id, person_id, file_name, file_sha256,"
            " file_bytes, settings) VALUES (:kind, :municipality, :organisation, :person, :name, '', 0,"
            " CAST(:settings AS jsonb)) RETURNING import_id"
        ),
        {
            "kind": kind.name, "municipality": owner.code5, "organisation": owner.organisation_id or _organisation(who),
            "person": by, "name": _plain_name(file_name), "settings": json_text(settings),
        },
    ).scalar_one()  # fmt: skip
    digest, size = hashlib.sha256(), 0
    for n, piece in enumerate(iter(lambda: file.read(PIECE_BYTES), b"")):
        digest.update(piece)
        size += len(piece)
        put_part(session, import_id, "file", n, piece)
    session.execute(
        text("UPDATE list_import SET file_sha256 = :sha, file_bytes = :size WHERE import_id = :id"),
        {"sha": digest.hexdigest(), "size": size, "id": import_id},
    )
    taken = get_import(session, import_id)
    audit.record(
        session, "list.send", f"import:{import_id}",
        after={"kind": kind.name, "file_name": taken["file_name"], "file_sha256": taken["file_sha256"]},
    )  # fmt: skip
    return taken


def _organisation(who: Actor | Service) -> UUID | None:
    return who.organisation_id if isinstance(who, Actor) else None


def _plain_name(name: str) -> str:
    """A file's name for showing: its last part, without control characters, at most 200 characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable()).strip()[-200:] or "一覧"


def get_import(session: Session, import_id: UUID, kind: ListKind | None = None, *, for_change: bool = False) -> Import:
    """One import; `for_change` holds it, so that who else would change it waits until this transaction has ended.

    Raises Problem (404), the same for one of another owner.
    """
    held = " FOR NO KEY UPDATE OF i" if for_change else ""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM list_import i WHERE i.import_id = :id{held}"), {"id": import_id}
    ).one_or_none()
    if row is None or (kind is not None and row.kind != kind.name):
        raise Problem(NOT_FOUND, "その取り込みは見つかりません。", "There is no such import.")
    return dict(row._mapping)


def list_imports(session: Session, kind: ListKind, limit: int) -> list[Import]:
    """The owner's imports of a kind, newest first, without their reports' bulk."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS.replace('i.report', short_report)} FROM list_import i WHERE i.kind = :kind"
            " ORDER BY i.created_at DESC, i.import_id LIMIT :limit"
        ),
        {"kind": kind.name, "limit": limit},
    )
    return [dict(row._mapping) for row in rows]


short_report = (
    "jsonb_build_object('counts', i.report -> 'counts', 'diff', i.report -> 'diff' #- '{samples}', 'published',"
    " i.report -> 'published') AS report"
)


def match_version(found: Import, if_match: str | None) -> None:
    """Raises Problem: 428 without `If-Match`, 412 where somebody changed the import meanwhile."""
    stale = Problem(
        STALE,
        "この取り込みは、ほかの人か別の画面が先に変更しました。読み直してください。",
        "Somebody, or another window, changed this import first; read it again.",
    )
    require_match(found, if_match, stale)


def change_settings(session: Session, found: Import, settings: Mapping[str, Any]) -> Import:
    """Choose otherwise (sheet, columns, …); the file is to be examined again. Raises Problem (409) once published."""
    if found["state"] not in ("examined", "refused", "waiting", "examining"):
        raise Problem(
            CONFLICT,
            "公開した取り込みの読み方は変えられません。直したファイルを新しく送ってください。",
            "A published import cannot be read otherwise; send a mended file anew.",
        )
    merged = {**found["settings"], **settings}
    # How to publish does not change what was read.
    stays = found["state"] == "examined" and settings.keys() <= {"retire_missing", "leave_out_errors"}
    again = "" if stays else ", state = 'waiting', progress = NULL, refusal = NULL"
    _update(
        session, found["import_id"],
        f"settings = CAST(:settings AS jsonb), asked_by = NULL, version = version + 1{again}", settings=json_text(merged),
    )  # fmt: skip
    audit.record(session, "list.settings", f"import:{found['import_id']}", before=found["settings"], after=merged)
    return get_import(session, found["import_id"])


_CARRIED_ON = ("columns", "datum", "headings", "recipe", "retire_missing", "leave_out_errors")


def carry_on(session: Session, found: Import, marked: str) -> Import:
    """Let a workbook that was handed back and mended be read as it was before; another owner's mark says nothing."""
    row = session.execute(
        text("SELECT import_id, settings FROM list_import WHERE import_id::text = :id AND kind = :kind"),
        {"id": marked, "kind": found["kind"]},
    ).one_or_none()
    same_owner = row is not None and _owner_key(get_import(session, row.import_id)) == _owner_key(found)
    if row is None or not same_owner or row.import_id == found["import_id"]:
        return found
    settings = {name: row.settings[name] for name in _CARRIED_ON if name in row.settings} | found["settings"]
    _update(
        session, found["import_id"], "settings = CAST(:settings AS jsonb), continues = :before",
        settings=json_text(settings), before=row.import_id,
    )  # fmt: skip
    return get_import(session, found["import_id"])


def _owner_key(found: Import) -> str:
    return found["municipality_code"] or str(found["organisation_id"])


def set_state(session: Session, import_id: UUID, state: str, **columns: Any) -> None:
    """Put an import into a state; `columns` are written with it (dicts as JSON)."""
    changes = "".join(
        f", {name} = CAST(:{name} AS jsonb)" if isinstance(value, dict) else f", {name} = :{name}"
        for name, value in columns.items()
    )
    bound = {name: json_text(value) if isinstance(value, dict) else value for name, value in columns.items()}
    _update(session, import_id, f"state = :state, version = version + 1{changes}", state=state, **bound)


class Superseded(Exception):
    """Somebody chose otherwise, or deleted the import, while work on it went on: that work is in vain."""


def note_progress(session: Session, import_id: UUID, progress: Mapping[str, Any], report: Mapping[str, Any]) -> None:
    """Tell whoever looks how far the work is, and what is known so far. Raises Superseded."""
    noted: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        text(
            "UPDATE list_import SET progress = CAST(:progress AS jsonb), report = coalesce(report, '{}') || CAST(:report AS jsonb)"
            " WHERE import_id = :id AND state IN ('examining', 'publishing')"
        ),
        {"id": import_id, "progress": json_text(progress), "report": json_text(report)},
    )
    if not noted.rowcount:
        raise Superseded


def _update(session: Session, import_id: UUID, changes: str, **bound: Any) -> None:
    session.execute(text(f"UPDATE list_import SET {changes} WHERE import_id = :id"), {"id": import_id, **bound})


def delete_import(session: Session, found: Import) -> None:
    """Forget an import that was never published. Raises Problem (409)."""
    if found["state"] in ("publishing", "published", "undone"):
        raise Problem(
            CONFLICT,
            "公開した取り込みは消せません。元に戻すときは「取り消し」を使ってください。",
            "A published import cannot be deleted; undo it instead.",
        )
    session.execute(text("DELETE FROM list_import WHERE import_id = :id"), {"id": found["import_id"]})
    audit.record(session, "list.delete", f"import:{found['import_id']}", before={"file_name": found["file_name"]})


def put_part(session: Session, import_id: UUID, part: str, n: int, content: bytes) -> None:
    """Keep a piece of an import's bytes."""
    session.execute(
        text("INSERT INTO list_part (import_id, part, n, content) VALUES (:id, :part, :n, :content)"),
        {"id": import_id, "part": part, "n": n, "content": content},
    )


def put_parts(session: Session, import_id: UUID, part: str, content: BinaryIO) -> None:
    """Keep bytes in pieces, in the place of what stood under that name."""
    session.execute(
        text("DELETE FROM list_part WHERE import_id = :id AND part = :part"), {"id": import_id, "part": part}
    )
    for n, piece in enumerate(iter(lambda: content.read(PIECE_BYTES), b"")):
        put_part(session, import_id, part, n, piece)


def read_part(session: Session, import_id: UUID, part: str) -> Iterator[bytes]:
    """The pieces of an import's bytes in order, one in memory at a time."""
    n = 0
    while True:
        piece = session.execute(
            text("SELECT content FROM list_part WHERE import_id = :id AND part = :part AND n = :n"),
            {"id": import_id, "part": part, "n": n},
        ).scalar_one_or_none()
        if piece is None:
            return
        yield bytes(piece)
        n += 1


def write_part(session: Session, import_id: UUID, part: str, write: Callable[[bytes], object]) -> None:
    """Write an import's bytes to wherever `write` puts them."""
    for piece in read_part(session, import_id, part):
        write(piece)


def read_findings(session: Session, import_id: UUID, rule: str | None, after: int, limit: int) -> list[dict[str, Any]]:
    """Findings in the file's order from after the `after`-th, of one rule or all; `n` counts them from 1."""
    lines: Iterable[bytes] = b"".join(read_part(session, import_id, "findings")).splitlines()
    found = []
    for n, line in enumerate(lines, 1):
        if n > after and (rule is None or rule.encode() in line):
            finding = orjson.loads(line)
            if rule is None or finding["rule"] == rule:
                found.append({"n": n, **finding})
                if len(found) == limit:
                    break
    return found


def find_published_twin(session: Session, found: Import) -> UUID | None:
    """The import in force that was made of the same bytes in the same way, if the list has not changed since."""
    row = session.execute(
        text(
            "SELECT import_id, file_sha256, settings FROM list_import WHERE kind = :kind AND state = 'published'"
            " AND municipality_code IS NOT DISTINCT FROM :municipality_code"
            " AND (municipality_code IS NOT NULL OR organisation_id = :organisation_id) ORDER BY published_at DESC LIMIT 1"
        ),
        {name: found[name] for name in ("kind", "municipality_code", "organisation_id")},
    ).one_or_none()
    same = row is not None and row.file_sha256 == found["file_sha256"]
    return row.import_id if row is not None and same else None


def defer(session: Session, task: str, found: Import, who: Actor | Service, **further: str) -> None:
    """Put a job about an import in the queue, in this transaction; jobs of one import run one at a time."""
    arguments: dict[str, Any] = {"import_id": str(found["import_id"]), **further}
    if isinstance(who, Actor):
        arguments |= {
            "person_id": str(who.person_id), "organisation_id": str(who.organisation_id), "address": who.address,
            "request_id": who.request_id,
        }  # fmt: skip
    session.execute(
        text("SELECT defer_job(:task, CAST(:arguments AS jsonb), :one)"),
        {"task": task, "arguments": json_text(arguments), "one": f"import:{found['import_id']}"},
    )
