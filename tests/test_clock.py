"""Business days and deadlines against a count made day by day from another list of holidays."""

from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clock import Stop, add_business_days, business_days_between, is_business_day, read_clock, today

FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
HOLIDAYS = holidays.country_holidays("JP", years=range(2023, 2033))
CLOSED = frozenset({date(2026, 10, 1), date(2027, 3, 31)})  # 都民の日 and another day of an office's own


def works(day: date, closures: frozenset[date] = frozenset()) -> bool:
    """The oracle: nothing of the code under test."""
    new_year = (day.month == 12 and day.day >= 29) or (day.month == 1 and day.day <= 3)
    return day.isoweekday() <= 5 and day not in HOLIDAYS and not new_year and day not in closures


@pytest.mark.parametrize("closures", [frozenset(), CLOSED])
def test_every_day_of_seven_years(closures: frozenset[date]) -> None:
    assert [day for day in DAYS if is_business_day(day, closures) != works(day, closures)] == []


@pytest.mark.parametrize("count", [0, 1, 2, 5, 10, 15, 20, 30, 60])
def test_deadlines_from_every_day_of_seven_years(count: int) -> None:
    """Walking one day at a time through the oracle."""
    for start in DAYS[:-120]:
        day, left = start, count
        while left:
            day += timedelta(days=1)
            left -= works(day, CLOSED)
        assert add_business_days(start, count, CLOSED) == day
        assert business_days_between(start, day, CLOSED) == count


def test_the_year_end() -> None:
    assert add_business_days(date(2026, 12, 28), 1) == date(2027, 1, 4)
    assert add_business_days(date(2026, 12, 25), 2) == date(2027, 1, 4)
    assert add_business_days(date(2026, 4, 28), 1) == date(2026, 4, 30), "昭和の日 between"
    assert add_business_days(date(2026, 9, 18), 1) == date(2026, 9, 24), "敬老の日, 国民の休日, 秋分の日"


def test_midnight_is_that_of_japan() -> None:
    assert today(datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC)) == date(2026, 3, 31)
    assert today(datetime(2026, 3, 31, 15, 0, tzinfo=UTC)) == date(2026, 4, 1)


day = st.dates(date(2024, 1, 1), date(2029, 12, 31))


@settings(deadline=None)
@given(
    start=day,
    allowed=st.integers(0, 60),
    waits=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 60)), max_size=3),
    later=st.integers(0, 200),
)
def test_a_clock_that_is_stopped(start: date, allowed: int, waits: list[tuple[int, int]], later: int) -> None:
    """Every stop begins after the one before ended; days used and stopped are those the oracle counts one by one."""
    stops, at = [], start
    for until_stop, length in waits:
        since = at + timedelta(days=until_stop)
        at = since + timedelta(days=length)
        stops.append(Stop(since, at, "applicant", "補正"))
    as_of = start + timedelta(days=later)
    counted = [start + timedelta(days=n) for n in range(1, later + 1)]
    stands = {one for one in counted if any(stop.since < one <= stop.until for stop in stops if stop.until)}
    used = sum(works(one, CLOSED) for one in counted if one not in stands)
    stopped = sum(works(one, CLOSED) for one in stands)
    reading = read_clock(start, allowed, stops, as_of, CLOSED)
    assert (reading.used_days, sum(reading.stopped_days.values())) == (used, stopped)
    assert (reading.days_left, reading.is_overdue) == (allowed - used, used > allowed)


def test_a_stopped_clock_has_no_due_day_and_a_running_one_has() -> None:
    start = date(2026, 4, 1)
    asked = Stop(date(2026, 4, 6), None, "applicant", "補正")
    reading = read_clock(start, 10, [asked], date(2026, 4, 20))
    assert (reading.used_days, reading.stopped_days, reading.due_on) == (3, {"applicant": 10}, None)
    answered = Stop(date(2026, 4, 6), date(2026, 4, 20), "applicant", "補正")
    assert read_clock(start, 10, [answered], date(2026, 4, 20)).due_on == date(2026, 4, 30)
    assert read_clock(start, 3, [asked], date(2026, 4, 20)).due_on == date(2026, 4, 6), "it was due before it stopped"
    late = read_clock(start, 2, [], date(2026, 4, 10))
    assert (late.is_overdue, late.days_left, late.due_on) == (True, -5, date(2026, 4, 3))
