"""What figures are counted from: all cases of all parties as days and numbers, read through the views of the schema `stat`.

No carrier, no person and nobody's words are in it. Reading it takes a while where there are many cases, so it is kept for
everybody: for twenty times as long as it took, and then given once more while it is read anew, for an hour at most.
"""

import threading
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.accounts.actor import Service, Transactions
from app.applications.procedure import from_json
from app.applications.standard_procedure import STANDARD
from app.applications.statistics.business_days import DayCounter
from app.clock import today

COUNTING = Service("statistics")
STOPPED = tuple(state.code for state in STANDARD.states if state.clock == "stopped")
Office = UUID | None


@dataclass(frozen=True, slots=True)
class Sent:
    """Cases of an office sent on a day."""

    started_on: date
    owner: Office
    cases: int


@dataclass(frozen=True, slots=True)
class Ended:
    """Cases declined, denied or withdrawn on a day for a reason."""

    state: str
    reason: str | None
    ended_on: date
    owner: Office
    cases: int


@dataclass(frozen=True, slots=True)
class Stood:
    """Stations that went on air on a day, and the day they began to be removed (None: they stand)."""

    on_air_on: date
    removed_on: date | None
    owner: Office
    cases: int


@dataclass(frozen=True, slots=True)
class Open:
    """Cases in a state that is no end, with the day its step is due."""

    state: str
    party: str
    owner: Office
    window: Office
    due_on: date | None
    cases: int


@dataclass(frozen=True, slots=True)
class Step:
    """Cases that were in a state from one day to another."""

    state: str
    owner: Office
    window: Office
    entered_on: date
    left_on: date
    cases: int


@dataclass(frozen=True, slots=True)
class Decided:
    """Cases sent and decided on the same days, with the times in between in which the clock stood."""

    owner: Office
    procedure_id: str
    is_new_structure: bool
    started_on: date
    decided_on: date
    stops: tuple[tuple[date, date], ...]
    cases: int


@dataclass(frozen=True, slots=True)
class Reserved:
    """Slots kept until a day (None: held by a permit)."""

    owner: Office
    until_on: date | None
    is_on_air: bool
    slots: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A municipality that opened assets of its own, and how many."""

    municipality_code: str
    name: str
    name_en: str
    assets: int


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """Everything figures are counted from, as it was at an instant; `counted` keeps the figures counted from it."""

    as_of: datetime
    is_sample: bool
    offices: Mapping[UUID, tuple[str, str]]
    days: DayCounter
    allowed_days: Mapping[tuple[str, bool], int]
    sent: tuple[Sent, ...]
    ended: tuple[Ended, ...]
    stood: tuple[Stood, ...]
    open: tuple[Open, ...]
    steps: tuple[Step, ...]
    decided: tuple[Decided, ...]
    reserved: tuple[Reserved, ...]
    opened: tuple[Opened, ...]
    opened_is_sample: bool
    credits: tuple[str, ...]
    counted: dict[Hashable, Any] = field(default_factory=dict)


_OWNER = "c.owner_organisation_id"
_SENT = f"SELECT c.started_on, {_OWNER}, count(*) FROM stat.cases c WHERE c.started_on IS NOT NULL GROUP BY 1, 2"
_ENDED = f"""
SELECT e.state, e.reason_code, e.ended_on, {_OWNER}, count(*)
FROM stat.endings e JOIN stat.cases c USING (site_id) GROUP BY 1, 2, 3, 4
"""
_STOOD = f"""
SELECT f.on_air_on, r.removed_on, {_OWNER}, count(*)
FROM stat.first_on_air f JOIN stat.cases c USING (site_id) LEFT JOIN stat.removals r USING (site_id) GROUP BY 1, 2, 3
"""
_OPEN = f"""
SELECT c.state, c.party, {_OWNER}, c.window_organisation_id, c.due_on, count(*)
FROM stat.cases c WHERE c.stage NOT IN ('draft', 'end') GROUP BY 1, 2, 3, 4, 5
"""
_STEPS = f"""
SELECT t.state, {_OWNER}, c.window_organisation_id, t.entered_on, t.left_on, count(*)
FROM stat.steps t JOIN stat.cases c USING (site_id) WHERE t.left_on IS NOT NULL GROUP BY 1, 2, 3, 4, 5
"""
_DECIDED = f"""
WITH stopped AS MATERIALIZED (
  SELECT site_id, array_agg(entered_on ORDER BY entered_on) AS since, array_agg(left_on ORDER BY entered_on) AS until
  FROM stat.steps WHERE state = ANY (:stopped) GROUP BY site_id
)
SELECT {_OWNER}, c.procedure_id, c.is_new_structure, c.started_on, c.decided_on, s.since, s.until, count(*)
FROM stat.cases c LEFT JOIN stopped s USING (site_id)
WHERE c.started_on IS NOT NULL AND c.decided_on IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
_RESERVED = "SELECT owner_organisation_id, until_on, is_on_air, count(*) FROM stat.reservations GROUP BY 1, 2, 3"
_OPENED = """
SELECT m.municipality_code, m.name, m.name_en, count(*), bool_or(a.is_sample)
FROM ogc.assets a JOIN ogc.municipalities m ON m.municipality_code = left(a.owner_code, 5)
WHERE a.owner_type = 'municipality' AND a.availability IS DISTINCT FROM 'unlisted' GROUP BY 1, 2, 3 ORDER BY 1
"""

_CREDITS = """
SELECT DISTINCT s.credit FROM ogc.source_counts counted JOIN data_source s USING (source_id)
WHERE counted.collection = 'assets' AND s.credit <> '' ORDER BY 1
"""


def read_facts(session: Session) -> Facts:
    """All of it, read in one transaction that may count (`COUNTING`, or somebody with `cases:statistics`)."""
    opened = session.execute(text(_OPENED)).all()
    sent = tuple(Sent(*row) for row in session.execute(text(_SENT)))
    first = min((one.started_on for one in sent), default=today())
    return Facts(
        as_of=datetime.now(UTC),
        is_sample=session.execute(text("SELECT EXISTS (SELECT FROM stat.cases WHERE is_sample)")).scalar_one(),
        offices={row[0]: (row[1], row[2]) for row in session.execute(text("SELECT * FROM stat.offices"))},
        days=DayCounter(_closures(session), first, today()),
        allowed_days=_allowed_days(session),
        sent=sent,
        ended=tuple(Ended(*row) for row in session.execute(text(_ENDED))),
        stood=tuple(Stood(*row) for row in session.execute(text(_STOOD))),
        open=tuple(Open(*row) for row in session.execute(text(_OPEN))),
        steps=tuple(Step(*row) for row in session.execute(text(_STEPS))),
        decided=tuple(_decided(row) for row in session.execute(text(_DECIDED), {"stopped": list(STOPPED)})),
        reserved=tuple(Reserved(*row) for row in session.execute(text(_RESERVED))),
        opened=tuple(Opened(*row[:4]) for row in opened),
        opened_is_sample=any(row[4] for row in opened),
        credits=tuple(row[0] for row in session.execute(text(_CREDITS))),
    )


def _closures(session: Session) -> dict[UUID, frozenset[date]]:
    found: dict[UUID, set[date]] = {}
    for office, day in session.execute(text("SELECT organisation_id, day FROM office_closure")):
        found.setdefault(office, set()).add(day)
    return {office: frozenset(days) for office, days in found.items()}


def _allowed_days(session: Session) -> dict[tuple[str, bool], int]:
    """The standard processing time by procedure and whether something new is built."""
    known = {row[0]: from_json(row[1]) for row in session.execute(text("SELECT procedure_id, content FROM procedure"))}
    return {(name, is_new): found.allowed_days(is_new) for name, found in known.items() for is_new in (False, True)}


def _decided(row: Row[Any]) -> Decided:
    """Stops as far as they lie before the decision: what came after is of a later change."""
    owner, procedure_id, is_new, started_on, decided_on, since, until, cases = tuple(row)
    stops = tuple(
        (first, min(last or decided_on, decided_on))
        for first, last in zip(since or (), until or (), strict=True)
        if first < decided_on
    )
    return Decided(owner, procedure_id, is_new, started_on, decided_on, stops, cases)


KEPT_TIMES = 20  # as long as reading took
LONG_S = 0.5  # whoever asks waits for what takes less
LONGEST = timedelta(hours=1)


class FactKeeper:
    """The facts, read for whoever asks first and kept for a while; one for the whole process."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._reading = threading.Lock()
        self._facts: Facts | None = None
        self._took_s = 0.0

    def facts(self) -> Facts:
        """The facts; `as_of` tells of when."""
        kept = self._facts
        if kept is None or self._is_too_old(kept):
            return self._read(kept)
        if self._age_s(kept) > self._took_s * KEPT_TIMES and not self._reading.locked():
            threading.Thread(target=self._read, args=(kept,), daemon=True).start()
        return kept

    def _age_s(self, kept: Facts) -> float:
        return (datetime.now(UTC) - kept.as_of).total_seconds()

    def _is_too_old(self, kept: Facts) -> bool:
        age_s = self._age_s(kept)
        return age_s > LONGEST.total_seconds() or (self._took_s < LONG_S and age_s > self._took_s * KEPT_TIMES)

    def _read(self, known: Facts | None) -> Facts:
        """Read anew, unless somebody did while this waited for its turn."""
        with self._reading:
            if self._facts is not None and self._facts is not known:
                return self._facts
            began = time.monotonic()
            with self._transactions.begin(COUNTING) as session:
                found = read_facts(session)
            self._took_s = time.monotonic() - began
            self._facts = found
        return found
