"""Logs that no job will finish any more: put in the queue again, or told of as failed."""

import structlog
from sqlalchemy import text

from app.accounts.actor import Transactions
from app.surveys import files
from app.surveys.jobs import WORKER

_log = structlog.get_logger()

# The command line's files are left alone: it works on them itself, without a job.
_LEFT = """
SELECT f.file_id, f.state, EXISTS (
    SELECT FROM jobs.procrastinate_jobs j WHERE j.lock = 'survey-file:' || f.file_id AND j.status = 'failed'
  ) AS has_failed
FROM survey_file f
WHERE f.state IN ('waiting', 'examining', 'loading') AND f.person_id IS NOT NULL AND NOT EXISTS (
  SELECT FROM jobs.procrastinate_jobs j WHERE j.lock = 'survey-file:' || f.file_id AND j.status IN ('todo', 'doing'))
FOR NO KEY UPDATE OF f SKIP LOCKED
"""
_FAILED = {
    "rule": "failed",
    "ja": "こちらの不具合で終わりませんでした。もう一度お試しください。続くときは、この画面の番地を管理者に知らせてください。",
    "en": "The service failed at this. Try again; if it persists, tell the operator this page's address.",
}


def take_up_left_logs(transactions: Transactions) -> int:
    """Look after every log whose job is gone; answer their number."""
    with transactions.begin(WORKER) as session:
        left = [row._mapping for row in session.execute(text(_LEFT))]
        for row in left:
            if row["has_failed"]:
                before = "examined" if row["state"] == "loading" else "refused"
                files.set_state(session, row["file_id"], before, progress=None, refusal=_FAILED)
            else:
                task = "surveys.load" if row["state"] == "loading" else "surveys.examine"
                files.defer(session, task, dict(row))
            _log.warning("log without a job", file_id=str(row["file_id"]), state=row["state"], failed=row["has_failed"])
    return len(left)
