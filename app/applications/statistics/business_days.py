"""Business days between many pairs of days: counted once a day of the calendar, then looked up."""

from collections.abc import Mapping
from datetime import date
from itertools import accumulate
from uuid import UUID

from app.clock import business_days_between, is_business_day


class DayCounter:
    """As `clock.business_days_between`, for offices with these closures; quick between `first` and `last`."""

    def __init__(self, closures: Mapping[UUID, frozenset[date]], first: date, last: date) -> None:
        self._closures, self._first, self._last = closures, first, last
        self._counted: dict[frozenset[date], list[int]] = {}
        self._of(frozenset())  # to know holidays takes a while, the first time

    def between(self, first: date, last: date, office: UUID | None) -> int:
        """Business days of an office after `first` up to and with `last`; 0 where `last` is not later."""
        closures = self._closures.get(office, frozenset()) if office else frozenset()
        if last <= first:
            return 0
        if first < self._first or last > self._last:
            return business_days_between(first, last, closures)
        counted = self._of(closures)
        return counted[(last - self._first).days] - counted[(first - self._first).days]

    def _of(self, closures: frozenset[date]) -> list[int]:
        """How many business days there are up to and with each day since the first."""
        if closures not in self._counted:
            days = range(self._first.toordinal(), self._last.toordinal() + 1)
            self._counted[closures] = list(accumulate(is_business_day(date.fromordinal(n), closures) for n in days))
        return self._counted[closures]
