"""Business days and the honest clock: days an office has used, days it was stopped, and the day by which it answers.

Days are of Japan (JST). A business day is no Saturday or Sunday, no national holiday, none of 12/29 to 1/3, and no day
the office itself is closed. The day something begins is not counted (初日不算入, 民法140条); the time an applicant takes
to correct an application is not the office's (行政手続法6条・7条).
"""

from calendar import monthrange
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import jpholiday

TOKYO = ZoneInfo("Asia/Tokyo")
_DAY = timedelta(days=1)
_YEAR_END = {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}  # 行政機関の休日に関する法律1条


_supposed: ContextVar[date | None] = ContextVar("supposed_day", default=None)


@contextmanager
def supposing(day: date) -> Iterator[None]:
    """Within the block, and nowhere else, `today()` is that day: to go through months of deadlines in seconds."""
    token = _supposed.set(day)
    try:
        yield
    finally:
        _supposed.reset(token)


def today(now: datetime | None = None) -> date:
    """The day it is in Japan, now or at an instant."""
    supposed = _supposed.get()
    if now is None and supposed is not None:
        return supposed
    return (now or datetime.now(TOKYO)).astimezone(TOKYO).date()


@lru_cache(maxsize=20_000)
def _is_open(day: date) -> bool:
    return day.weekday() < 5 and (day.month, day.day) not in _YEAR_END and not jpholiday.is_holiday(day)


def is_business_day(day: date, closures: Collection[date] = ()) -> bool:
    """Whether an office with these closures works on that day."""
    return _is_open(day) and day not in closures


def add_business_days(day: date, count: int, closures: Collection[date] = ()) -> date:
    """The `count`-th business day after `day`; `day` itself for 0."""
    for later in _days_after(day) if count else ():
        count -= is_business_day(later, closures)
        if not count:
            return later
    return day


def business_days_between(first: date, last: date, closures: Collection[date] = ()) -> int:
    """Business days after `first` up to and with `last`; 0 where `last` is not later."""
    return sum(is_business_day(first + _DAY * n, closures) for n in range(1, (last - first).days + 1))


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month (民法143条)."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    return first + _DAY * (min(day.day, monthrange(first.year, first.month)[1]) - 1)


def _days_after(day: date) -> Iterator[date]:
    while True:
        day += _DAY
        yield day


@dataclass(frozen=True, slots=True)
class Stop:
    """A time in which the clock does not run: from the day after `since` up to and with `until`; None: still."""

    since: date
    until: date | None
    by: str  # the party that holds the clock up
    reason: str

    def covers(self, day: date) -> bool:
        """Whether the clock stands on that day because of this."""
        return self.since < day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Reading:
    """A clock as it stands: business days used, stopped (by whom), left; `due_on` is None while it is stopped."""

    used_days: int
    stopped_days: dict[str, int]
    days_left: int
    due_on: date | None

    @property
    def is_overdue(self) -> bool:
        """Whether more days have been used than are allowed."""
        return self.days_left < 0


def read_clock(
    started_on: date, allowed_days: int, stops: Sequence[Stop], as_of: date, closures: Collection[date] = ()
) -> Reading:
    """The clock of a procedure that may take `allowed_days` business days, as it stands at the end of `as_of`.

    `due_on` supposes that nothing stops the clock from now on.
    """
    used, stopped = 0, dict.fromkeys((stop.by for stop in stops), 0)
    due_on = started_on if allowed_days == 0 else None
    for day in _days_after(started_on):
        if day > as_of:
            break
        if not is_business_day(day, closures):
            continue
        standing = next((stop for stop in stops if stop.covers(day)), None)
        if standing is not None:
            stopped[standing.by] += 1
            continue
        used += 1
        if used == allowed_days:
            due_on = day
    if due_on is None and all(stop.until is not None and stop.until <= as_of for stop in stops if stop.since <= as_of):
        due_on = add_business_days(max(as_of, started_on), allowed_days - used, closures)
    return Reading(used, stopped, allowed_days - used, due_on)
