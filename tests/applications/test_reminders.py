"""Reminders before and after limits, once a day for each case and person."""

from datetime import date, timedelta

import pytest

from app.accounts.actor import Transactions
from app.applications.outbox.mail_texts import words_of
from app.applications.outbox.reminders import remind
from tests.accounts_world import World
from tests.applications.window_cases import Owner, add_case, notices
from tests.applications.window_cases import db as db

WEDNESDAY = date(2026, 6, 10)


@pytest.mark.parametrize(
    ("due_on", "reminded_on"),
    [
        # Five and one business days before, one and five after; the week-ends do not count.
        (date(2026, 6, 10), ["2026-06-03", "2026-06-09", "2026-06-11", "2026-06-17"]),
        (date(2026, 6, 15), ["2026-06-08", "2026-06-12", "2026-06-16", "2026-06-22"]),
        (date(2026, 5, 7), ["2026-04-24", "2026-05-01", "2026-05-08", "2026-05-14"]),  # 4/29, 5/3–5/6
        (date(2026, 12, 28), ["2026-12-21", "2026-12-25", "2027-01-04", "2027-01-08"]),  # 12/29–1/3
    ],
)
def test_reminded_on_these_days_alone(
    world: World, owner: Owner, db: Transactions, due_on: date, reminded_on: list[str]
) -> None:
    add_case(owner, world, "correction", due_on=due_on, created_by="carrier_member")
    first, found = due_on - timedelta(days=30), []
    for day in (first + timedelta(days=n) for n in range(60)):
        told = remind(db, day)
        assert remind(db, day) == 0, "once a day, however often it runs"
        found += [day.isoformat()] * told
    assert found == reminded_on
    assert {notice["email"] for notice in notices(owner)} == {"carrier_member@example.jp"}


def test_days_the_office_is_closed_do_not_count(world: World, owner: Owner, db: Transactions) -> None:
    add_case(owner, world, "referred", due_on=WEDNESDAY)
    owner.execute(
        "INSERT INTO office_closure VALUES (%s, %s, '点検')", (world.organisations["bureau"], WEDNESDAY - timedelta(days=1))
    )  # fmt: skip
    assert remind(db, WEDNESDAY - timedelta(days=1)) == 1, "the office is shut, and a business day is left"
    assert remind(db, WEDNESDAY - timedelta(days=8)) == 1, "five of the office's days before"
    assert remind(db, WEDNESDAY - timedelta(days=7)) == 0


def test_whoever_owes_the_step_is_reminded_and_nobody_of_what_is_over(
    world: World, owner: Owner, db: Transactions
) -> None:
    for state in ("draft", "submitted", "referred", "correction", "on_air", "withdrawn", "declined"):
        add_case(owner, world, state, due_on=WEDNESDAY + timedelta(days=1), created_by="carrier_admin")
    assert remind(db, WEDNESDAY) == 3
    assert {notice["email"] for notice in notices(owner)} == {
        "carrier_admin@example.jp", "window_operator@example.jp", "owner_reviewer@example.jp",
    }  # fmt: skip
    assert {notice["kind"] for notice in notices(owner)} == {"reminder"}


def test_a_reminder_says_whether_the_day_has_passed() -> None:
    assert words_of("reminder", WEDNESDAY, WEDNESDAY)[1] == "Due soon"
    assert words_of("reminder", WEDNESDAY, WEDNESDAY + timedelta(days=1))[1] == "Overdue"
