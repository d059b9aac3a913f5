"""Local times without a zone as UTC, and the hours a change of clocks makes impossible or ambiguous."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.tabular.table import Unreadable


class Change(NamedTuple):
    """A change of a zone's clocks: local times from `start` until `end` do not exist, or exist twice."""

    start: datetime
    end: datetime
    before: timedelta
    after: timedelta


def open_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises: Unreadable."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise Unreadable(
            "unknown-zone",
            f"時間帯「{name[:40]}」はありません。Asia/Tokyo のように地域名で書いてください。",
            f"There is no time zone “{name[:40]}”. Write it as a place, such as Asia/Tokyo.",
        ) from error


def changes_of(zone: ZoneInfo, first: datetime, last: datetime) -> list[Change]:
    """The changes of clocks between two local times (naive), a day beyond both."""
    changes, step = [], timedelta(hours=1)
    at = first.replace(minute=0, second=0, microsecond=0, tzinfo=UTC) - timedelta(days=2)
    until = last.replace(tzinfo=UTC) + timedelta(days=2)
    before = _offset(zone, at)
    while at <= until:
        after = _offset(zone, at)
        if after != before:
            moment = at.replace(tzinfo=None)
            changes.append(Change(moment + min(before, after), moment + max(before, after), before, after))
        before, at = after, at + step
    return changes


def offset_sql(zone: ZoneInfo, changes: list[Change], first: datetime) -> str:
    """What to take off a local `moment` for UTC, as an SQL interval."""
    cases = "".join(f" WHEN moment < TIMESTAMP '{c.start}' THEN {_interval(c.before)}" for c in changes)
    last = changes[-1].after if changes else _offset(zone, first.replace(tzinfo=UTC))
    return f"CASE{cases} ELSE {_interval(last)} END" if cases else _interval(last)


def unclear_sql(changes: list[Change]) -> str:
    """Whether a local `moment` does not exist or exists twice."""
    ranges = [f"(moment >= TIMESTAMP '{c.start}' AND moment < TIMESTAMP '{c.end}')" for c in changes]
    return " OR ".join(ranges) or "false"


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _interval(offset: timedelta) -> str:
    return f"to_seconds({int(offset.total_seconds())})"
