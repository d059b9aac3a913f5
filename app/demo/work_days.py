"""Business days as numbers, so that histories can be laid out by adding and taking away."""

from bisect import bisect_left
from datetime import date, timedelta

from app.clock import add_months, is_business_day

OPENED_ON = date(2019, 11, 8)  # the window's first day
AHEAD = timedelta(days=400)


class WorkDays:
    """The business days from the window's first one to a year ahead; `today` is the day of loading."""

    def __init__(self, today: date) -> None:
        self.today = today
        length = (today + AHEAD - OPENED_ON).days
        days = (OPENED_ON + timedelta(days=n) for n in range(length))
        self._days = [day for day in days if is_business_day(day)]
        self.now = self.on_or_after(today)
        self.latest = self.now - 1  # the last day on which something has happened

    def at(self, number: int) -> date:
        """The business day of that number."""
        return self._days[number]

    def on_or_after(self, day: date) -> int:
        """The number of the day, or of the next business day."""
        return bisect_left(self._days, day)


def first_term(permitted_on: date, years: int) -> tuple[date, date]:
    """A permit runs from the first of the next month."""
    first = add_months(permitted_on.replace(day=1), 1)
    return first, add_months(first, 12 * years) - timedelta(days=1)


def next_term(to_on: date, years: int) -> tuple[date, date]:
    """A renewed permit runs from the day after the old one's last."""
    first = to_on + timedelta(days=1)
    return first, add_months(first, 12 * years) - timedelta(days=1)
