"""The audit trail: appended in the acting transaction, chained by hash, verified from outside the database.

A change anywhere (a byte of a row, a row taken out or put in, the end cut off) breaks the chain and is found; it is
tamper-evident, not tamper-proof. The head is anchored daily in a file kept elsewhere, against a chain rewritten whole.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

GENESIS = hashlib.sha256(b"tsunagaru").digest()


def record(
    session: Session,
    action: str,
    subject: str | None = None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Append an event in this transaction; who, as whom and from where come from the transaction's own context.

    `before` and `after` hold what changed, never secrets.
    """
    session.execute(
        text("SELECT audit_append(:action, :subject, CAST(:before AS jsonb), CAST(:after AS jsonb))"),
        {"action": action, "subject": subject, "before": _json(before), "after": _json(after)},
    )


def _json(content: Mapping[str, Any] | None) -> str | None:
    return None if content is None else orjson.dumps(content, default=str).decode()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying the chain found; `bad_row` is the first row that does not fit, None if all do."""

    rows: int
    bad_row: int | None
    reason: str
    head_hash: str


_COLUMNS = r"""
SELECT audit_id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24\:MI\:SS.US"Z"'), person_id::text, organisation_id::text,
  via, address, request_id, action, subject, before::text, after::text, previous_hash, hash
FROM audit_event ORDER BY audit_id
"""


def verify(session: Session, anchors: Iterable[Mapping[str, Any]] = ()) -> Verdict:
    """Recompute the whole chain outside the database and compare it with the rows, the head and the anchors."""
    anchored: dict[int, set[str]] = {}
    for anchor in anchors:
        anchored.setdefault(int(anchor["audit_id"]), set()).add(str(anchor["hash"]))
    previous, expected = GENESIS, 1
    rows = session.execute(text(_COLUMNS), execution_options={"yield_per": 5000})
    for row in rows:
        audit_id, *parts, previous_hash, stored = row
        fault = _fault(audit_id, expected, parts, bytes(previous_hash), bytes(stored), previous)
        if fault is None and anchored.get(audit_id, {stored.hex()}) != {stored.hex()}:
            fault = "differs from the anchor taken that day"
        if fault is not None:
            return Verdict(expected - 1, audit_id, fault, previous.hex())
        previous, expected = bytes(stored), expected + 1
    head = session.execute(text("SELECT audit_id, hash FROM audit_head")).one_or_none()
    if head is None or (head[0], bytes(head[1])) != (expected - 1, previous):
        return Verdict(expected - 1, expected, "the head does not match: rows are missing at the end", previous.hex())
    if any(audit_id >= expected for audit_id in anchored):
        return Verdict(expected - 1, expected, "an anchored row is missing", previous.hex())
    return Verdict(expected - 1, None, "", previous.hex())


def _fault(
    audit_id: int, expected: int, parts: list[str | None], previous_hash: bytes, stored: bytes, previous: bytes
) -> str | None:
    if audit_id != expected:
        return f"row {expected} is missing"
    if previous_hash != previous:
        return "does not follow the row before it"
    if hashlib.sha256(_chained_text([str(audit_id), *parts, previous_hash.hex()]).encode()).digest() != stored:
        return "says something else than when it was written"
    return None


def _chained_text(parts: list[str | None]) -> str:
    """What `audit_text` in the database says: netstrings, `-` for null."""
    return ",".join("-" if part is None else f"{len(part.encode())}:{part}" for part in parts)


def anchor(session: Session, file: Path) -> dict[str, Any]:
    """Write today's head as a line of `file` (kept apart from the database) and answer it."""
    audit_id, head = session.execute(text("SELECT audit_id, hash FROM audit_head")).one()
    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "audit_id": audit_id, "hash": bytes(head).hex()}
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")
    return line


def read_anchors(file: Path) -> list[dict[str, Any]]:
    """The anchors written so far; none where there is no file."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
