"""How long an office is likely to take, told by its past cases: business days from sending to decision."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.clock import business_days_between


def likely_days(session: Session, owner_organisation_id: UUID | None) -> tuple[int, int] | None:
    """The days within which half and nine tenths of an office's last 200 cases were decided; None of fewer than five."""
    rows = session.execute(text("SELECT * FROM past_cases(:office)"), {"office": owner_organisation_id})
    days = sorted(business_days_between(row.started_on, row.decided_on) for row in rows)
    return (quantile(days, 0.5), quantile(days, 0.9)) if days else None


def quantile(ordered: Sequence[int], share: float) -> int:
    """The smallest of ordered numbers that at least that share of them do not exceed."""
    return ordered[max(0, -(-int(len(ordered) * share * 1000) // 1000) - 1)]
