"""Reading the audit trail: search and CSV."""

import csv
import io
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

_COLUMNS = (
    "audit_id", "at", "person_id", "organisation_id", "via", "address", "request_id", "action", "subject", "before", "after",
    "hash",
)  # fmt: skip

_SEARCH = """
SELECT audit_id, at, person_id, organisation_id, via, address, request_id, action, subject, before, after,
  encode(hash, 'hex') AS hash
FROM audit_event
WHERE (CAST(:action AS text) IS NULL OR starts_with(action, :action))
  AND (CAST(:subject AS text) IS NULL OR subject = :subject)
  AND (CAST(:person_id AS uuid) IS NULL OR person_id = :person_id)
  AND (CAST(:organisation_id AS uuid) IS NULL OR organisation_id = :organisation_id)
  AND (CAST(:before AS bigint) IS NULL OR audit_id < :before)
ORDER BY audit_id DESC LIMIT :limit
"""


def find_events(
    session: Session,
    *,
    action: str | None = None,
    subject: str | None = None,
    person_id: UUID | None = None,
    organisation_id: UUID | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Events that match, newest first; `before` is the last audit_id of the page before."""
    bound = {
        "action": action, "subject": subject, "person_id": person_id, "organisation_id": organisation_id,
        "before": before, "limit": limit,
    }  # fmt: skip
    return [dict(row._mapping) for row in session.execute(text(_SEARCH), bound)]


def name_people(session: Session, rows: list[dict[str, Any]]) -> dict[str, str]:
    """What ids in these events stand for: names of people, who acted or were acted on, and of organisations."""
    people = {str(row["person_id"]) for row in rows if row["person_id"]}
    people |= {row["subject"].removeprefix("person:") for row in rows if (row["subject"] or "").startswith("person:")}
    organisations = {str(row["organisation_id"]) for row in rows if row["organisation_id"]}
    found = session.execute(
        text(
            "SELECT person_id::text AS id, name FROM person WHERE person_id::text = ANY(:people)"
            " UNION ALL SELECT organisation_id::text, name FROM organisation WHERE organisation_id::text = ANY(:organisations)"
        ),
        {"people": list(people), "organisations": list(organisations)},
    )
    return {row.id: row.name for row in found}


def to_csv(rows: list[dict[str, Any]]) -> str:
    """Events as CSV with BOM for Excel; cells that a spreadsheet would compute are quoted off."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in _COLUMNS])
    return out.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    shown = "" if value is None else str(value)
    return "'" + shown if shown[:1] in ("=", "+", "-", "@", "\t", "\r") else shown
