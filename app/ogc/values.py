"""Values of fields in query parameters: text → what the database compares with."""

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from app.fields import Field
from app.ogc.call import bad_parameter
from app.ogc.sql import Sql, quoted


def equals(field: Field, value: str) -> Sql:
    """The field has that value, or holds it if it is a list. Raises Problem (400) for what no such field can hold."""
    column = quoted(field.name)
    if field.values is not None and value not in field.values:
        codes = ", ".join(field.values)
        raise bad_parameter(
            field.name, f"{field.name} には {codes} のどれかを書いてください。", f"{field.name} takes one of {codes}."
        )
    if field.type == "string[]":
        return Sql(f"%s = ANY({column})", (value,))
    return Sql(f"{column} = %s", (_typed(field, value),))


def _typed(field: Field, value: str) -> Any:
    try:
        return _READERS[field.type](value)
    except (ValueError, OverflowError):
        expected_ja, expected_en = _EXPECTED[field.type]
        raise bad_parameter(
            field.name,
            f"{field.name} には{expected_ja}を書いてください。",
            f"{field.name} takes {expected_en}.",
        ) from None


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ValueError
    return int(text)


def _number(text: str) -> float:
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?", text) or math.isinf(float(text)):
        raise ValueError
    return float(text)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"


def read_instant(text: str) -> datetime:
    """An instant of RFC 3339. Raises ValueError."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", text):
        raise ValueError
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", text.upper()))


def read_day(text: str) -> date:
    """A day of RFC 3339. Raises ValueError."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError
    return date.fromisoformat(text)


_READERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": read_day,
    "date-time": read_instant,
}
_EXPECTED = {
    "integer": ("整数", "an integer"),
    "number": ("数", "a number"),
    "boolean": ("true か false", "true or false"),
    "date": ("日付（2026-04-01 の形）", "a date such as 2026-04-01"),
    "date-time": ("日時（2026-04-01T09:00:00+09:00 の形）", "a date-time such as 2026-04-01T09:00:00+09:00"),
}
