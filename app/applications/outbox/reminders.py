"""Reminders of limits: five business days and one before the last day, one and five after it."""

from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from app.accounts.actor import Transactions
from app.applications.deadlines import closures_of, days_left, office_of
from app.applications.outbox.notices import REMINDER, WORKER
from app.applications.procedure import Party
from app.clock import is_business_day

REMINDED_AT = frozenset({5, 1, -1, -5})  # business days left
_EPOCH = date(2000, 1, 1)
_WIDEST = timedelta(days=25)  # five business days, whatever holidays and closures lie between

_NEAR = """
SELECT site_id, party, due_on, window_organisation_id, owner_organisation_id FROM site
WHERE due_on BETWEEN :first AND :last AND party IN ('carrier', 'window', 'owner') AND stage NOT IN ('draft', 'end')
ORDER BY due_on, site_id
"""


def remind(transactions: Transactions, on: date) -> int:
    """Tell whoever owes a step near or past its last day; how many notices were written.

    Once a day for each case and person, however often it is called; nothing on days nobody works.
    """
    if not is_business_day(on):
        return 0
    with transactions.begin(WORKER) as session:
        closures = cache(lambda office: closures_of(session, office))
        near = session.execute(text(_NEAR), {"first": on - _WIDEST, "last": on + _WIDEST}).all()
        due = [site for site in near if days_left(site.due_on, on, closures(_office(site))) in REMINDED_AT]
        return sum(
            session.execute(
                text("SELECT tell_parties(:site, :n, :kind, :parties)"),
                {"site": site.site_id, "n": (on - _EPOCH).days, "kind": REMINDER, "parties": [site.party]},
            ).scalar_one()
            for site in due
        )


def _office(site: Row[Any]) -> UUID | None:
    return office_of(dict(site._mapping), Party(site.party))
