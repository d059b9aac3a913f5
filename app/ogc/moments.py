"""The `datetime` parameter as conditions."""

from datetime import UTC, date, datetime, timedelta

from app.fields import Field
from app.ogc.call import bad_parameter
from app.ogc.collections import Collection
from app.ogc.sql import Sql, quoted
from app.ogc.values import read_day, read_instant


def at_moments(collection: Collection, text: str) -> list[Sql]:
    """Conditions for an instant or an interval (`start/end`, `..` or nothing for an open end)."""
    start, slash, end = text.partition("/")
    earliest: datetime | None
    latest: datetime | None
    if not slash:
        earliest, latest = _moment(start), _moment(start, last=True)
    else:
        earliest = None if start in ("", "..") else _moment(start)
        latest = None if end in ("", "..") else _moment(end, last=True)
        if (earliest is None and latest is None and ".." not in (start, end)) or (
            earliest is not None and latest is not None and earliest > latest
        ):
            raise _bad_datetime()
    field = collection.field(collection.datetime_field or "")
    if field is None:
        return []
    column = quoted(field.name)
    bounds = [("%s <= " + column, earliest), (column + " <= %s", latest)]
    return [Sql(condition, (_as_column(field, moment),)) for condition, moment in bounds if moment is not None]


def _as_column(field: Field, moment: datetime) -> date | datetime:
    return moment.date() if field.type == "date" else moment


def _moment(text: str, last: bool = False) -> datetime:
    """An instant, or the first or last moment of a day in UTC."""
    try:
        if "T" not in text.upper():
            day = datetime.combine(read_day(text), datetime.min.time(), UTC)
            return day + timedelta(days=1, microseconds=-1) if last else day
        return read_instant(text)
    except (ValueError, OverflowError):
        raise _bad_datetime() from None


def _bad_datetime() -> Exception:
    return bad_parameter(
        "datetime",
        "datetime は 2026-04-01T00:00:00Z、または 開始/終了（片方は .. にできます）の形で書いてください。",
        "datetime takes 2026-04-01T00:00:00Z or start/end, where one may be '..'.",
    )
