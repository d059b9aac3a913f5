"""What a filter is made of: pieces of SQL that know their type, and the way a filter is refused."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from app.fields import Type
from app.ogc.sql import Sql
from app.problems import BAD_FILTER, Problem


class Kind(Enum):
    """Type of a value, with its name for people."""

    STRING = ("文字列", "a string")
    NUMBER = ("数", "a number")
    BOOLEAN = ("真偽", "a boolean")
    DATE = ("日付", "a date")
    TIMESTAMP = ("日時", "a timestamp")
    GEOMETRY = ("図形", "a geometry")
    ARRAY = ("一覧", "an array")

    @property
    def ja(self) -> str:
        return self.value[0]

    @property
    def en(self) -> str:
        return self.value[1]


KIND_OF_FIELD: dict[Type, Kind] = {
    "string": Kind.STRING,
    "integer": Kind.NUMBER,
    "number": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "date-time": Kind.TIMESTAMP,
    "string[]": Kind.ARRAY,
}

# How to write a value of each kind; the answer to most mistakes.
HOW_TO_WRITE = {
    Kind.STRING: "'…'",
    Kind.NUMBER: "12.5",
    Kind.BOOLEAN: "TRUE, FALSE",
    Kind.DATE: "DATE('2026-04-01')",
    Kind.TIMESTAMP: "TIMESTAMP('2026-04-01T00:00:00Z')",
    Kind.GEOMETRY: "POINT(139.69 35.69)",
    Kind.ARRAY: "('a', 'b')",
}

ORDERED = (Kind.STRING, Kind.NUMBER, Kind.DATE, Kind.TIMESTAMP)
SCALARS = (*ORDERED, Kind.BOOLEAN)
BIGINT = range(-(2**63), 2**63)

Constant = str | int | float | bool | date | datetime


@dataclass(frozen=True, slots=True)
class Term:
    """An expression: its SQL, its type, how to name it to the reader, and its value where that is known already."""

    sql: Sql
    kind: Kind
    shown: str
    constant: Constant | None = None
    element: Kind | None = None  # of an array; None: an empty one


def string_term(value: str) -> Term:
    """A character literal. Raises Problem for a NUL, which PostgreSQL cannot hold."""
    if "\0" in value:
        raise refusal(
            "文字列に NUL（U+0000）は使えません。取り除いてください。", "Remove the NUL (U+0000) from the string."
        )
    return Term(Sql("%s::text", (value,)), Kind.STRING, shortened(f"'{value}'"), value)


def number_term(value: float) -> Term:
    """A numeric literal; whole numbers stay exact. Raises Problem for infinity and NaN."""
    if not math.isfinite(value):
        raise refusal("数が大きすぎます。±1.7e308 の中で書いてください。", "A number must be finite, within ±1.7e308.")
    if value == int(value) and int(value) in BIGINT:
        return Term(Sql("%s::bigint", (int(value),)), Kind.NUMBER, shortened(str(int(value))), int(value))
    return Term(Sql("%s::float8", (float(value),)), Kind.NUMBER, shortened(str(value)), float(value))


def boolean_term(value: bool) -> Term:
    """TRUE or FALSE."""
    return Term(Sql("TRUE" if value else "FALSE"), Kind.BOOLEAN, str(value).upper(), value)


def shortened(text: str, length: int = 40) -> str:
    """Text short enough to repeat in a message."""
    return text if len(text) <= length else text[:length] + "…"


def refusal(ja: str, en: str, **place: Any) -> Problem:
    """The problem (400) that says what is wrong with the filter and what to write instead."""
    return Problem(BAD_FILTER, ja, en, errors=[{"parameter": "filter", **place}])
