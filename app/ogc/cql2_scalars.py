"""Numbers, strings and their comparison in SQL."""

import math
from typing import Any

from app.ogc.cql2_temporal import mixed_comparison
from app.ogc.cql2_terms import HOW_TO_WRITE, Kind, Term, number_term, refusal
from app.ogc.sql import Sql, fill
from app.problems import Problem

# Full case folding as far as ICU's case mappings give it: ß and SS are the same.
CASELESS = 'upper(lower({} COLLATE "und-x-icu")) COLLATE "C"'

# Diacritics go, the Japanese voicing marks U+3099 and U+309A stay; strokes have no decomposition.
ACCENTLESS = (
    "translate(normalize(regexp_replace(normalize({}, NFD), '[\\u0300-\\u036f]', '', 'g'), NFC),"
    " 'ØøŁłĐđĦħŦŧ', 'OoLlDdHhTt') COLLATE \"C\""
)

# Calculated in double precision. A row whose divisor is zero has no result and does not match.
ARITHMETIC = {
    "+": "({}::float8 + {}::float8)",
    "-": "({}::float8 - {}::float8)",
    "*": "({}::float8 * {}::float8)",
    "/": "({}::float8 / nullif({}::float8, 0))",
    "div": "trunc({}::float8 / nullif({}::float8, 0))",
    "%": "mod({}::numeric, nullif({}::numeric, 0))::float8",
    "^": "power({}::float8, {}::float8)",
}
_CALCULATIONS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "div": lambda a, b: math.trunc(a / b),
    "%": math.fmod,
    "^": math.pow,
}


def arithmetic(operator: str, left: Term, right: Term) -> Term:
    """An arithmetic expression; calculated here where both sides are known. Raises Problem where that has no result."""
    if isinstance(left.constant, int | float) and isinstance(right.constant, int | float):
        return _calculated(operator, left.constant, right.constant)
    if operator in ("/", "div", "%") and right.constant == 0:
        raise _without_result(f"{left.shown} {operator} 0")
    sql = fill(ARITHMETIC[operator], left.sql, right.sql)
    return Term(sql, Kind.NUMBER, f"{left.shown} {operator} {right.shown}")


def _calculated(operator: str, left: float, right: float) -> Term:
    try:
        return number_term(_CALCULATIONS[operator](float(left), float(right)))
    except (ZeroDivisionError, ValueError, OverflowError):
        raise _without_result(f"{left:g} {operator} {right:g}") from None


def _without_result(shown: str) -> Problem:
    return refusal(f"「{shown}」は計算できません。式を直してください。", f"{shown} has no result; mend it.")


def compared(operator: str, left: Term, right: Term) -> Sql:
    """Two scalars by a comparison operator; strings by code point, whatever the database's locale.

    Raises Problem where their types differ.
    """
    check_comparable(left, right)
    if left.kind is not right.kind:
        return mixed_comparison(operator, left, right)
    collation = ' COLLATE "C"' if left.kind is Kind.STRING and operator not in ("=", "<>") else ""
    return fill(f"({{}}{collation} {operator} {{}}{collation})", left.sql, right.sql)


def check_comparable(left: Term, right: Term) -> None:
    """Raise Problem unless the types are the same, or a date and a timestamp."""
    if left.kind is not right.kind and {left.kind, right.kind} != {Kind.DATE, Kind.TIMESTAMP}:
        raise incomparable(left, right)


def incomparable(left: Term, right: Term) -> Problem:
    """The problem for two terms of different types; says how the known value of the two should be written."""
    wanted = right.kind if left.constant is not None else left.kind
    return refusal(
        f"{left.shown} は{left.kind.ja}、{right.shown} は{right.kind.ja}なので比べられません。"
        f"{wanted.ja}は {HOW_TO_WRITE[wanted]} のように書きます。",
        f"{left.shown} is {left.kind.en} and {right.shown} is {right.kind.en}: they do not compare. "
        f"{wanted.en.capitalize()} is written like {HOW_TO_WRITE[wanted]}.",
    )


def check_pattern(node: Any) -> None:
    """Raise Problem unless a LIKE pattern is a string, perhaps in CASEI and ACCENTI, that does not end in its escape."""
    while isinstance(node, dict) and str(node.get("op")).lower() in ("casei", "accenti") and node.get("args"):
        node = node["args"][0]
    if not isinstance(node, str):
        raise refusal(
            "LIKE の後には '…' で囲んだ型を書いてください（% は任意の文字列、_ は任意の1文字）。",
            "LIKE takes a pattern in quotes: % stands for any characters, _ for one.",
        )
    if (len(node) - len(node.rstrip("\\"))) % 2:
        raise refusal(
            "LIKE の型が \\ で終わっています。\\ そのものは \\\\ と書いてください。",
            "The LIKE pattern ends in its escape character; write \\\\ for a backslash.",
        )
