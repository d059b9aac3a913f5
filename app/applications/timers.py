"""What happens by itself when a limit has passed: deemed complete, lapsed, expired, renewal due. Run often; does nothing twice."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Service, Transactions
from app.applications.events import add_event
from app.applications.procedure import Party
from app.applications.schemas import TransitionRequest
from app.applications.sites import lock_site, procedure_of
from app.applications.workflow import transition
from app.clock import today
from app.problems import Problem

WORKER = Service("worker")
RENEWAL_BEFORE = timedelta(days=180)
_log = structlog.get_logger()


def run_timers(transactions: Transactions, on: date | None = None) -> int:
    """Take every action that has fallen due, each in a transaction of its own; answers how many were taken."""
    on = on or today()
    with transactions.begin(WORKER) as session:
        session.execute(
            text(
                "UPDATE site SET window_organisation_id = window_on(:on) WHERE window_organisation_id IS NULL"
                " AND submitted_at IS NOT NULL AND stage <> 'end'"
            ),
            {"on": on},
        )
        due = list(_due(session, on))
    return sum(_act(transactions, site_id, action) for site_id, action in due)


def _due(session: Session, on: date) -> Iterator[tuple[UUID, str]]:
    rows = session.execute(
        text(
            "SELECT site_id, state, procedure_id FROM site WHERE due_on < :on AND stage NOT IN ('end', 'draft')"
            " ORDER BY due_on, site_id"
        ),
        {"on": on},
    )
    for row in rows.all():
        action = procedure_of(session, dict(row._mapping)).by_state[row.state].on_limit
        if action is not None:
            yield row.site_id, action
    terms = session.execute(
        text(
            "SELECT site_id, state FROM site WHERE permit_to IS NOT NULL AND ((state = 'on_air' AND permit_to <= :renewal)"
            " OR (state = 'renewal_due' AND permit_to < :on)) ORDER BY permit_to, site_id"
        ),
        {"on": on, "renewal": on + RENEWAL_BEFORE},
    )
    for row in terms:
        yield row.site_id, "begin_renewal" if row.state == "on_air" else "expire"


def _act(transactions: Transactions, site_id: UUID, action: str) -> bool:
    try:
        with transactions.begin(WORKER) as session:
            transition(session, WORKER, site_id, TransitionRequest(action=action), "*")
    except Problem as reason:
        # The state moved meanwhile, or no slot is free: then the office still owes the step, and is told once why.
        _log.info("not done by itself", site_id=str(site_id), action=action, reason=reason.en)
        _note_once(transactions, site_id, action, reason)
        return False
    return True


def _note_once(transactions: Transactions, site_id: UUID, action: str, reason: Problem) -> None:
    with transactions.begin(WORKER) as session:
        site = lock_site(session, site_id)
        said: dict[str, Any] = {"action": action, "reason": reason.members.get("reason")}
        known = session.execute(
            text(
                "SELECT EXISTS (SELECT FROM site_event WHERE site_id = :site AND action = 'not_by_itself' AND at >= :since)"
            ),
            {"site": site_id, "since": site["state_since"]},
        ).scalar_one()
        if not known and site["state"] in ("intake_check",):
            add_event(
                session, WORKER, site, "not_by_itself", party=Party.SERVICE, audience="inside", comment=reason.ja,
                content=said,
            )  # fmt: skip
