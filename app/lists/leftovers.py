"""Imports that no job will finish any more: put in the queue again, or told of as failed."""

import structlog
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.accounts.actor import Transactions
from app.lists import imports
from app.lists.examination import WORKER
from app.lists.jobs import give_back

_log = structlog.get_logger()

# The command line's imports are left alone: it works on them itself, without a job.
_LEFT = """
SELECT i.import_id, i.state, coalesce(i.approved_by, i.person_id) AS person_id, i.organisation_id, EXISTS (
    SELECT FROM jobs.procrastinate_jobs j WHERE j.lock = 'import:' || i.import_id AND j.status = 'failed'
  ) AS has_failed
FROM list_import i
WHERE i.state IN ('waiting', 'examining', 'publishing') AND i.person_id IS NOT NULL AND NOT EXISTS (
  SELECT FROM jobs.procrastinate_jobs j WHERE j.lock = 'import:' || i.import_id AND j.status IN ('todo', 'doing'))
FOR NO KEY UPDATE OF i SKIP LOCKED
"""
_FAILED = {
    "rule": "failed",
    "ja": "こちらの不具合で終わりませんでした。もう一度お試しください。続くときは、この画面の番地を管理者に知らせてください。",
    "en": "The service failed at this. Try again; if it persists, tell the operator this page's address.",
}


def take_up_leftovers(transactions: Transactions) -> int:
    """Look after every import whose job is gone; answer their number."""
    with transactions.begin(WORKER) as session:
        left = [row._mapping for row in session.execute(text(_LEFT))]
        for row in left:
            if not row["has_failed"]:
                _defer_again(session, row)
            elif row["state"] != "publishing":
                imports.set_state(session, row["import_id"], "refused", progress=None, refusal=_FAILED)
    for row in left:
        if row["has_failed"] and row["state"] == "publishing":
            give_back(transactions, row["import_id"], _FAILED)
        _log.warning(
            "import without a job", import_id=str(row["import_id"]), state=row["state"], failed=row["has_failed"]
        )
    return len(left)


def _defer_again(session: Session, row: RowMapping) -> None:
    asker = {name: str(row[name]) for name in ("person_id", "organisation_id") if row[name] is not None}
    task = "lists.publish" if row["state"] == "publishing" else "lists.examine"
    imports.defer(session, task, dict(row), WORKER, **asker)
