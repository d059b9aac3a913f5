"""Deadlines of a site: the day a step is due, and the office's clock as its events tell it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.applications.procedure import Party, Procedure, State, limit_days
from app.clock import Reading, Stop, add_business_days, add_months, business_days_between, read_clock, today

RESUMED_AT_LEAST_DAYS = 5  # business days an office gets to check what was corrected


def closures_of(session: Session, organisation_id: UUID | None) -> frozenset[date]:
    """Days an office is closed beyond weekends, holidays and the turn of the year."""
    rows = session.execute(
        text("SELECT day FROM office_closure WHERE organisation_id = :organisation"), {"organisation": organisation_id}
    )
    return frozenset(row.day for row in rows)


def office_of(site: Mapping[str, Any], party: Party) -> UUID | None:
    """The office whose closures count while that party owes the step."""
    name = {Party.WINDOW: "window_organisation_id", Party.OWNER: "owner_organisation_id"}.get(party)
    return site[name] if name else None


def due_on(
    state: State, since: date, *, is_new_structure: bool, closures: Collection[date], resumed_days: int | None = None
) -> date | None:
    """The last day of a state's limit; None where it has none. A resumed state has `resumed_days` left, five at least."""
    if state.limit_months is not None:
        return add_months(since, state.limit_months)
    days = limit_days(state, is_new_structure)
    if days is None:
        return None
    if resumed_days is not None:
        days = max(resumed_days, RESUMED_AT_LEAST_DAYS)
    return add_business_days(since, days, closures)


def days_left(due: date | None, as_of: date, closures: Collection[date] = ()) -> int | None:
    """Business days until a day, negative once it has passed; None without one."""
    if due is None:
        return None
    if due >= as_of:
        return business_days_between(as_of, due, closures)
    return -business_days_between(due, as_of, closures)


def read_site_clock(
    site: Mapping[str, Any],
    procedure: Procedure,
    events: Sequence[Mapping[str, Any]],
    closures: Collection[date],
    as_of: date | None = None,
) -> Reading | None:
    """The office's standard processing time: used, stopped and by whom, left. None for a site never sent.

    `events` are those of the site in order; the clock ends with the decision.
    """
    if site["started_on"] is None:
        return None
    is_new = bool(site["plan"].get("is_new_structure"))
    end = site["decided_on"] or as_of or today()
    return read_clock(site["started_on"], procedure.allowed_days(is_new), stops_of(procedure, events), end, closures)


def stops_of(procedure: Procedure, events: Sequence[Mapping[str, Any]]) -> list[Stop]:
    """The times in which the clock stood, from the moves among the events."""
    stops: list[Stop] = []
    moves = [event for event in events if event["to_state"] is not None]
    for event, following in zip(moves, [*moves[1:], None], strict=True):
        state = procedure.by_state[event["to_state"]]
        if state.clock == "stopped" and state.stopped_by is not None:
            until = today(following["at"]) if following else None
            stops.append(Stop(today(event["at"]), until, state.stopped_by.value, state.ja))
    return stops
