"""Files of a survey: taking bytes in, what was found in them and chosen, and the states they go through.

A log is waiting → examining → examined (or refused) → loading → loaded, and removed at last; the report is loaded at once.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor, Service
from app.copy_text import json_text
from app.problems import CONFLICT, INVALID, NOT_FOUND, Problem
from app.surveys.campaigns import Row, defer_build

PIECE_BYTES = 1 << 20
LISTED = 100  # files of one page of a survey's list
READABLE_STATES = ("waiting", "examining", "examined", "refused")  # a log that may still be read otherwise

_COLUMNS = """
  f.file_id, f.survey_id, f.kind, f.file_name, f.file_sha256, f.file_bytes, f.state, f.settings, f.progress, f.report,
  f.refusal, f.rows_taken, f.person_id, f.version, f.created_at, f.examined_at, f.loaded_at
"""


class Superseded(Exception):
    """Somebody chose otherwise, or removed the file, while work on it went on: that work is in vain."""


def receive_file(
    session: Session,
    survey: Row,
    who: Actor | Service,
    file_name: str,
    file: BinaryIO,
    settings: Mapping[str, Any],
    kind: str = "log",
) -> Row:
    """Take a file in, byte for byte; a log is to be examined.

    Raises Problem: 422 for an empty file, 409 where the survey holds the same bytes already.
    """
    person = who.person_id if isinstance(who, Actor) else None
    file_id: UUID = session.execute(
        text(
            "INSERT INTO survey_file (survey_id, kind, file_name, file_sha256, file_bytes, settings, person_id)"
            " VALUES (:survey, :kind, :name, '', 0, CAST(:settings AS jsonb), :person) RETURNING file_id"
        ),
        {
            "survey": survey["survey_id"], "kind": kind, "name": _plain_name(file_name), "settings": json_text(settings),
            "person": person,
        },
    ).scalar_one()  # fmt: skip
    sha256, size = _put_pieces(session, file_id, "file", file)
    if not size:
        raise Problem(
            INVALID,
            "ファイルが空（0バイト）です。保存し直してから送ってください。",
            "The file is empty (0 bytes); save it again and send it.",
        )
    refuse_second(session, survey["survey_id"], sha256)
    loaded = ", state = 'loaded', loaded_at = now()" if kind == "report" else ""
    _update(session, file_id, f"file_sha256 = :sha, file_bytes = :size{loaded}", sha=sha256, size=size)
    taken = get_file(session, survey["survey_id"], file_id)
    told = {name: taken[name] for name in ("kind", "file_name", "file_sha256", "file_bytes")}
    audit.record(session, "survey-file.send", f"survey-file:{file_id}", after=told)
    return taken


def refuse_second(session: Session, survey_id: UUID, sha256: str) -> None:
    """Raises Problem (409) where the survey holds these bytes already: a log counts once."""
    twin = session.execute(
        text(
            "SELECT file_name, created_at FROM survey_file WHERE survey_id = :survey AND file_sha256 = :sha"
            " AND state IN ('loading', 'loaded')"
        ),
        {"survey": survey_id, "sha": sha256},
    ).one_or_none()
    if twin is not None:
        raise Problem(
            CONFLICT,
            f"同じ内容のファイル（{twin.file_name}）が、この調査にすでに取り込まれています。二重には数えません。",
            f"The survey holds a file of the same content ({twin.file_name}) already; it does not count twice.",
        )


def _plain_name(name: str) -> str:
    """A file's name for showing: its last part, without control characters, at most 200 characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable()).strip()[-200:] or "ログ"


def get_file(session: Session, survey_id: UUID | None, file_id: UUID, *, for_change: bool = False) -> Row:
    """One file; `for_change` holds it. Raises Problem (404), the same for one of another's survey."""
    held = " FOR NO KEY UPDATE OF f" if for_change else ""
    row = session.execute(text(f"SELECT {_COLUMNS} FROM survey_file f WHERE f.file_id = :id{held}"), {"id": file_id})
    found = row.one_or_none()
    if found is None or survey_id not in (None, found.survey_id):
        raise Problem(NOT_FOUND, "そのファイルは見つかりません。", "There is no such file.")
    return dict(found._mapping)


def list_files(session: Session, survey_id: UUID, after: UUID | None = None, limit: int = LISTED) -> list[Row]:
    """A survey's files, newest first, without the preview of each; from the one after the file `after`."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS.replace('f.report', short_report)} FROM survey_file f WHERE f.survey_id = :id"
            " AND (CAST(:after AS uuid) IS NULL OR (f.created_at, f.file_id) <"
            " (SELECT o.created_at, o.file_id FROM survey_file o WHERE o.survey_id = :id AND o.file_id = :after))"
            " ORDER BY f.created_at DESC, f.file_id DESC LIMIT :limit"
        ),
        {"id": survey_id, "after": after, "limit": limit},
    )
    return [dict(row._mapping) for row in rows]


short_report = "f.report - 'preview' - 'findings' AS report"


def change_settings(session: Session, found: Row, settings: Mapping[str, Any]) -> Row:
    """Let a log be read otherwise; it is to be examined again. Raises Problem (409) once it is loaded, and for the report."""
    if found["kind"] != "log" or found["state"] not in READABLE_STATES:
        raise Problem(
            CONFLICT,
            "取り込んだファイルの読み方は変えられません。取り除いてから、もう一度送ってください。",
            "A loaded file cannot be read otherwise; remove it and send it anew.",
        )
    merged = {**found["settings"], **settings}
    _update(
        session, found["file_id"],
        "settings = CAST(:settings AS jsonb), state = 'waiting', progress = NULL, refusal = NULL, version = version + 1",
        settings=json_text(merged),
    )  # fmt: skip
    audit.record(
        session, "survey-file.settings", f"survey-file:{found['file_id']}", before=found["settings"], after=merged
    )
    return get_file(session, found["survey_id"], found["file_id"])


def ask_to_load(session: Session, found: Row) -> Row:
    """Let an examined log be loaded. Raises Problem (409) in another state, without rows, or for bytes loaded already."""
    if found["kind"] != "log" or found["state"] != "examined":
        raise Problem(
            CONFLICT,
            "読み取りが済んだログだけを取り込めます。",
            "Only an examined log can be loaded.",
            members={"state": found["state"]},
        )
    if not found["rows_taken"]:
        raise Problem(
            CONFLICT,
            "取り込める行が1行もありません。読み取りの報告を確かめ、読み方を直してください。",
            "There is no row to load. Look at the report and mend how the file is read.",
        )
    # Of two files with the same bytes, sent at once, one waits here and is refused.
    session.execute(text("SELECT FROM survey WHERE survey_id = :id FOR NO KEY UPDATE"), {"id": found["survey_id"]})
    refuse_second(session, found["survey_id"], found["file_sha256"])
    set_state(session, found["file_id"], "loading", refusal=None)
    after = {"state": "loading", "rows": found["rows_taken"]}
    audit.record(
        session, "survey-file.load", f"survey-file:{found['file_id']}", before={"state": "examined"}, after=after
    )
    return get_file(session, found["survey_id"], found["file_id"])


def remove_file(session: Session, survey: Row, found: Row) -> Row:
    """Let a file no longer count; its rows stay as they are. Raises Problem (409) while it is loaded, and once removed."""
    if found["state"] in ("loading", "removed"):
        raise Problem(
            CONFLICT,
            "取り込みの途中か、すでに取り除かれています。終わってから読み直してください。",
            "It is being loaded, or removed already; read it again afterwards.",
            members={"state": found["state"]},
        )
    set_state(session, found["file_id"], "removed", progress=None)
    subject = f"survey-file:{found['file_id']}"
    audit.record(session, "survey-file.remove", subject, before={"state": found["state"]}, after={"state": "removed"})
    if survey["state"] == "published" and found["state"] == "loaded" and found["kind"] == "log":
        defer_build(session)
    return get_file(session, found["survey_id"], found["file_id"])


def set_state(session: Session, file_id: UUID, state: str, **columns: Any) -> None:
    """Put a file into a state; `columns` are written with it (dicts as JSON)."""
    changes = "".join(
        f", {name} = CAST(:{name} AS jsonb)" if isinstance(value, dict) else f", {name} = :{name}"
        for name, value in columns.items()
    )
    bound = {name: json_text(value) if isinstance(value, dict) else value for name, value in columns.items()}
    _update(session, file_id, f"state = :state, version = version + 1{changes}", state=state, **bound)


def note_progress(session: Session, found: Row, progress: Mapping[str, Any]) -> None:
    """Tell whoever looks how far the work on a file is. Raises Superseded where it has left the state it was found in."""
    noted: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        text(
            "UPDATE survey_file SET progress = CAST(:progress AS jsonb) WHERE file_id = :id AND state = :state"
            " AND version = :version"
        ),
        {
            "id": found["file_id"], "progress": json_text(progress), "state": found["state"], "version": found["version"],
        },
    )  # fmt: skip
    if not noted.rowcount:
        raise Superseded


def _update(session: Session, file_id: UUID, changes: str, **bound: Any) -> None:
    session.execute(text(f"UPDATE survey_file SET {changes} WHERE file_id = :id"), {"id": file_id, **bound})


def put_parts(session: Session, file_id: UUID, part: str, content: BinaryIO) -> None:
    """Keep bytes in pieces, in the place of what stood under that name."""
    drop_parts(session, file_id, part)
    _put_pieces(session, file_id, part, content)


def drop_parts(session: Session, file_id: UUID, part: str) -> None:
    """Forget bytes that can be made again."""
    session.execute(
        text("DELETE FROM survey_file_part WHERE file_id = :id AND part = :part"), {"id": file_id, "part": part}
    )


def _put_pieces(session: Session, file_id: UUID, part: str, content: BinaryIO) -> tuple[str, int]:
    """SHA-256 and size of what was kept."""
    digest, size = hashlib.sha256(), 0
    for n, piece in enumerate(iter(lambda: content.read(PIECE_BYTES), b"")):
        digest.update(piece)
        size += len(piece)
        session.execute(
            text("INSERT INTO survey_file_part (file_id, part, n, content) VALUES (:id, :part, :n, :content)"),
            {"id": file_id, "part": part, "n": n, "content": piece},
        )
    return digest.hexdigest(), size


def read_part(session: Session, file_id: UUID, part: str) -> Iterator[bytes]:
    """The pieces of a file's bytes in order, one in memory at a time."""
    n = 0
    while True:
        piece = session.execute(
            text("SELECT content FROM survey_file_part WHERE file_id = :id AND part = :part AND n = :n"),
            {"id": file_id, "part": part, "n": n},
        ).scalar_one_or_none()
        if piece is None:
            return
        yield bytes(piece)
        n += 1


def has_original(session: Session, file_id: UUID) -> bool:
    """Whether the bytes that were sent are kept: sample logs never had any."""
    found = text("SELECT FROM survey_file_part WHERE file_id = :id AND part = 'file' AND n = 0")
    return session.execute(found, {"id": file_id}).one_or_none() is not None


def defer(session: Session, task: str, found: Row) -> None:
    """Put a job about a file in the queue, in this transaction; jobs of one file run one at a time."""
    file_id = str(found["file_id"])
    session.execute(
        text("SELECT defer_job(:task, CAST(:arguments AS jsonb), :one)"),
        {"task": task, "arguments": json_text({"file_id": file_id}), "one": f"survey-file:{file_id}"},
    )
