"""Temporal predicates: instants and intervals, closed at both ends, by the relations of the W3C/OGC Time Ontology.

Where dates meet timestamps, a date is the whole of that day in Tokyo: CQL2's dates are local ones.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from app.ogc.cql2_terms import Kind, Term, refusal, shortened
from app.ogc.sql import Sql, fill, joined

# s1, e1: start and end of the first operand; s2, e2: of the second. Source: OGC 21-065r2, tables of clause 7.8.
RELATIONS = {
    "t_after": "s1 > e2",
    "t_before": "e1 < s2",
    "t_equals": "s1 = s2 AND e1 = e2",
    "t_intersects": "s1 <= e2 AND e1 >= s2",
    "t_contains": "s1 < s2 AND e1 > e2",
    "t_during": "s1 > s2 AND e1 < e2",
    "t_finishes": "e1 = e2 AND s1 > s2",
    "t_finishedby": "e1 = e2 AND s1 < s2",
    "t_starts": "s1 = s2 AND e1 < e2",
    "t_startedby": "s1 = s2 AND e1 > e2",
    "t_meets": "e1 = s2",
    "t_metby": "s1 = e2",
    "t_overlaps": "s1 < s2 AND e1 > s2 AND e1 < e2",
    "t_overlappedby": "s1 > s2 AND s1 < e2 AND e1 > e2",
}
OPPOSITES = {"t_disjoint": "t_intersects"}
FOR_INSTANTS_TOO = ("t_after", "t_before", "t_disjoint", "t_equals", "t_intersects")
TEMPORAL = (*RELATIONS, *OPPOSITES)

# The comparison operators between a date and a timestamp.
AS_RELATION = {"=": "t_intersects", "<": "t_before", ">": "t_after"}
AS_OPPOSITE = {"<>": "t_intersects", ">=": "t_before", "<=": "t_after"}

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """An instant or interval; an end that is None is open."""

    start: Term | None
    end: Term | None
    is_instant: bool = False


def date_term(text: str) -> Term:
    """An RFC 3339 full-date. Raises Problem."""
    if _DATE.fullmatch(text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            pass
        else:
            return Term(Sql("%s::date", (day,)), Kind.DATE, f"DATE('{text}')", day)
    raise refusal(
        f"「{shortened(text)}」という日付はありません。DATE('2026-04-01') の形で書いてください。",
        f"{shortened(text)!r} is not a date; write DATE('2026-04-01').",
    )


def timestamp_term(text: str) -> Term:
    """An RFC 3339 date-time with its offset. Raises Problem."""
    if _TIMESTAMP.fullmatch(text):
        try:
            instant = datetime.fromisoformat(text.upper())
        except ValueError:
            pass
        else:
            return Term(Sql("%s::timestamptz", (instant,)), Kind.TIMESTAMP, f"TIMESTAMP('{text}')", instant)
    raise refusal(
        f"「{shortened(text)}」という日時はありません。TIMESTAMP('2026-04-01T00:00:00Z') の形で書いてください（URL の中では + を %2B と書きます）。",
        f"{shortened(text)!r} is not a timestamp; write TIMESTAMP('2026-04-01T00:00:00Z') (in a URL, + is %2B).",
    )


def interval(start: Term | None, end: Term | None) -> Period:
    """An interval from two ends. Raises Problem where it ends before it starts."""
    if start and end and start.kind is end.kind and _is_reversed(start.constant, end.constant):
        raise refusal(
            f"INTERVAL の始まり {start.shown} が終わり {end.shown} より後です。入れ替えてください。",
            f"The INTERVAL starts at {start.shown}, after its end {end.shown}; swap them.",
        )
    return Period(start, end)


def _is_reversed(start: object, end: object) -> bool:
    if isinstance(start, datetime) and isinstance(end, datetime):
        return start > end
    return isinstance(start, date) and isinstance(end, date) and start > end


def relation(name: str, first: Period, second: Period) -> Sql:
    """The SQL of a temporal function. Raises Problem for an instant where an interval is asked."""
    if name not in FOR_INSTANTS_TOO and (first.is_instant or second.is_instant):
        raise refusal(
            f"{name.upper()} は INTERVAL どうしを比べます。日付や日時には {', '.join(FOR_INSTANTS_TOO).upper()} を使ってください。",
            f"{name.upper()} compares intervals; for instants use {', '.join(FOR_INSTANTS_TOO).upper()}.",
        )
    if name in OPPOSITES:
        return fill("(NOT {})", relation(OPPOSITES[name], first, second))
    ends = _ends(first, second)
    conditions = [condition.split() for condition in RELATIONS[name].split(" AND ")]
    return fill("({})", joined(" AND ", [fill(f"{{}} {sign} {{}}", ends[a], ends[b]) for a, sign, b in conditions]))


def mixed_comparison(operator: str, first: Term, second: Term) -> Sql:
    """A comparison operator between a date and a timestamp."""
    periods = Period(first, first, is_instant=True), Period(second, second, is_instant=True)
    if operator in AS_RELATION:
        return relation(AS_RELATION[operator], *periods)
    return fill("(NOT {})", relation(AS_OPPOSITE[operator], *periods))


def _ends(first: Period, second: Period) -> dict[str, Sql]:
    terms = {"s1": first.start, "e1": first.end, "s2": second.start, "e2": second.end}
    kinds = {term.kind for term in terms.values() if term}
    kind = Kind.TIMESTAMP if Kind.TIMESTAMP in kinds else Kind.DATE
    return {name: _end(term, kind, is_start=name.startswith("s")) for name, term in terms.items()}


def _end(term: Term | None, kind: Kind, is_start: bool) -> Sql:
    if term is None:
        return Sql(f"'{'-' if is_start else ''}infinity'::{'date' if kind is Kind.DATE else 'timestamptz'}")
    if term.kind is kind:
        return term.sql
    if is_start:
        return fill("({}::timestamp AT TIME ZONE 'Asia/Tokyo')", term.sql)
    return fill("(({} + 1)::timestamp AT TIME ZONE 'Asia/Tokyo' - interval '1 microsecond')", term.sql)
