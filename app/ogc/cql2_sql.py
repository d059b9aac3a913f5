"""The walk from CQL2 JSON to SQL: every operator, with the types it takes.

A wrong type, an unknown property or function, and a filter too large are found here, before the database sees anything.
"""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from app.geo import Crs
from app.ogc.collections import Collection
from app.ogc.cql2_geometry import SPATIAL, geometry_term
from app.ogc.cql2_scalars import (
    ACCENTLESS,
    ARITHMETIC,
    CASELESS,
    arithmetic,
    check_comparable,
    check_pattern,
    compared,
    incomparable,
)
from app.ogc.cql2_temporal import TEMPORAL, Period, date_term, interval, relation, timestamp_term
from app.ogc.cql2_terms import (
    KIND_OF_FIELD,
    ORDERED,
    SCALARS,
    Kind,
    Term,
    boolean_term,
    number_term,
    refusal,
    shortened,
    string_term,
)
from app.ogc.sql import Sql, fill, joined, quoted
from app.problems import Problem

MAX_DEPTH = 20
MAX_OPERATIONS = 200
MAX_VERTICES = 1_000

LOGICAL = ("and", "or")
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
ARRAYS = {
    "a_equals": ("@>", "<@"),
    "a_contains": ("@>",),
    "a_containedby": ("<@",),
    "a_overlaps": ("&&",),
}
# Published tables also have strings that are varchar, uuid or an enum; text itself is not cast, so its index serves.
COLUMN_CASTS = {Kind.STRING: "::text", Kind.ARRAY: "::text[]"}
ARRAY_TYPES = {
    Kind.STRING: "text[]",
    Kind.NUMBER: "float8[]",
    Kind.DATE: "date[]",
    Kind.TIMESTAMP: "timestamptz[]",
}


class Walk:
    """One walk through a filter; counts what it meets."""

    def __init__(self, collection: Collection, crs: Crs) -> None:
        self.collection = collection
        self.crs = crs
        self.operations = 0
        self.vertices = 0

    def predicate(self, node: Any, depth: int = 0) -> Sql:
        """The SQL of a boolean expression. Raises Problem for any other."""
        return self._of_kind(node, depth, Kind.BOOLEAN).sql

    def _of_kind(self, node: Any, depth: int, *kinds: Kind) -> Term:
        term = self._term(node, depth)
        if term.kind not in kinds:
            wanted_ja, wanted_en = "か".join(kind.ja for kind in kinds), " or ".join(kind.en for kind in kinds)
            raise refusal(
                f"{term.shown} は{term.kind.ja}です。ここには{wanted_ja}が要ります。",
                f"{term.shown} is {term.kind.en}; {wanted_en} is needed here.",
            )
        return term

    def _term(self, node: Any, depth: int) -> Term:
        match node:
            case bool():
                return boolean_term(node)
            case int() | float():
                return number_term(node)
            case str():
                return string_term(node)
            case list():
                return self._array(node, depth)
            case {"op": str(name), "args": list(arguments)}:
                return self._operation(name.lower(), arguments, depth + 1)
            case {"property": str(name)}:
                return self._property(name)
            case {"date": str(text)}:
                return date_term(text)
            case {"timestamp": str(text)}:
                return timestamp_term(text)
            case {"bbox": _} | {"type": _}:
                return self._geometry(node)
        raise _not_an_expression(node)

    def _property(self, name: str) -> Term:
        collection = self.collection
        if field := collection.field(name):
            kind = KIND_OF_FIELD[field.type]
            sql = Sql(quoted(name) + COLUMN_CASTS.get(kind, ""))
            return Term(sql, kind, name, element=Kind.STRING if kind is Kind.ARRAY else None)
        if name in (collection.geom_column, "geometry"):
            return Term(Sql(quoted(collection.geom_column)), Kind.GEOMETRY, name)
        raise _unknown_property(name, [field.name for field in collection.fields] + [collection.geom_column])

    def _geometry(self, literal: dict[str, Any]) -> Term:
        term, vertices = geometry_term(literal, self.crs, self.collection.srid)
        self.vertices += vertices
        if self.vertices > MAX_VERTICES:
            raise refusal(
                f"図形の頂点は合わせて {MAX_VERTICES:,} 個までです。形を簡単にしてください。",
                f"Geometries have at most {MAX_VERTICES:,} vertices in all; simplify them.",
            )
        return term

    def _array(self, elements: list[Any], depth: int) -> Term:
        if any(isinstance(element, list) for element in elements):
            raise refusal("一覧の中に一覧は書けません。", "A list cannot stand in a list.")
        terms = [self._of_kind(element, depth, *ORDERED) for element in elements]
        kinds = {term.kind for term in terms}
        if len(kinds) > 1:
            raise refusal(
                f"一覧の値の型がそろっていません（{', '.join(term.shown for term in terms[:5])}）。同じ型にしてください。",
                f"The values of a list have different types ({', '.join(term.shown for term in terms[:5])}).",
            )
        element = kinds.pop() if kinds else None
        sql = fill("ARRAY[{}]::" + ARRAY_TYPES[element or Kind.STRING], joined(", ", [term.sql for term in terms]))
        return Term(sql, Kind.ARRAY, "(" + ", ".join(term.shown for term in terms[:3]) + ")", element=element)

    def _operation(self, name: str, arguments: list[Any], depth: int) -> Term:
        self._count(depth)
        if name in LOGICAL:
            return _boolean(self._logical(name, arguments, depth), name)
        handler, number = OPERATIONS.get(name, (None, 0))
        if handler is None:
            raise _unknown_function(name)
        if len(arguments) != number:
            raise refusal(
                f"{name.upper()} の引数は {number} 個です（{len(arguments)} 個ありました）。",
                f"{name.upper()} takes {number} argument(s), not {len(arguments)}.",
            )
        return handler(self, name, arguments, depth)

    def _count(self, depth: int) -> None:
        self.operations += 1
        if self.operations > MAX_OPERATIONS:
            raise refusal(
                f"条件が多すぎます（演算は {MAX_OPERATIONS} 個まで）。条件を減らすか、IN で一つにまとめてください。",
                f"Too many operations (at most {MAX_OPERATIONS}). Use fewer conditions, or one IN.",
            )
        if depth > MAX_DEPTH:
            raise refusal(
                f"条件の入れ子が深すぎます（{MAX_DEPTH} 段まで）。括弧や NOT を減らしてください。",
                f"The filter is nested too deep (at most {MAX_DEPTH}). Use fewer brackets and NOTs.",
            )

    def _logical(self, name: str, arguments: list[Any], depth: int) -> Sql:
        if not arguments:
            raise refusal(f"{name.upper()} で結ぶ条件がありません。", f"{name.upper()} has nothing to connect.")
        flat = self._flattened(name, arguments, depth)
        return fill("({})", joined(f" {name.upper()} ", [self.predicate(argument, depth) for argument in flat]))

    def _flattened(self, name: str, arguments: list[Any], depth: int) -> list[Any]:
        # `((a AND b) AND c) AND d`, as QGIS writes it, is one level deep.
        flat, pending = [], list(reversed(arguments))
        while pending:
            match pending.pop():
                case {"op": str(inner), "args": [_, *_] as args} if inner.lower() == name:
                    self._count(depth)
                    pending.extend(reversed(args))
                case argument:
                    flat.append(argument)
        return flat

    def _not(self, name: str, arguments: list[Any], depth: int) -> Term:
        return _boolean(fill("(NOT {})", self.predicate(arguments[0], depth)), name)

    def _is_null(self, name: str, arguments: list[Any], depth: int) -> Term:
        return _boolean(fill("({} IS NULL)", self._term(arguments[0], depth).sql), name)

    def _comparison(self, name: str, arguments: list[Any], depth: int) -> Term:
        left, right = (self._scalar(argument, depth) for argument in arguments)
        return _boolean(compared(name, left, right), name)

    def _between(self, name: str, arguments: list[Any], depth: int) -> Term:
        value, lowest, highest = (self._of_kind(argument, depth, *ORDERED) for argument in arguments)
        sql = fill("({} AND {})", compared(">=", value, lowest), compared("<=", value, highest))
        return _boolean(sql, name)

    def _in(self, name: str, arguments: list[Any], depth: int) -> Term:
        value, items = self._scalar(arguments[0], depth), arguments[1]
        if not isinstance(items, list) or not items:
            raise refusal(
                "IN の後に値の一覧を書いてください（例 IN ('a', 'b')）。", "IN takes a list, as in IN ('a', 'b')."
            )
        terms = [self._scalar(item, depth) for item in items]
        for term in terms:
            check_comparable(value, term)
        if any(term.kind is not value.kind for term in terms):  # dates among timestamps
            return _boolean(fill("({})", joined(" OR ", [compared("=", value, term) for term in terms])), name)
        return _boolean(fill("({} IN ({}))", value.sql, joined(", ", [term.sql for term in terms])), name)

    def _scalar(self, node: Any, depth: int) -> Term:
        if node is None:
            raise refusal(
                "NULL とは比べられません。IS NULL を使ってください。", "Nothing compares with NULL; use IS NULL."
            )
        return self._of_kind(node, depth, *SCALARS)

    def _like(self, name: str, arguments: list[Any], depth: int) -> Term:
        check_pattern(arguments[1])
        value, pattern = (self._of_kind(argument, depth, Kind.STRING) for argument in arguments)
        return _boolean(fill("({} LIKE {})", value.sql, pattern.sql), name)

    def _folded(self, name: str, arguments: list[Any], depth: int) -> Term:
        term = self._of_kind(arguments[0], depth, Kind.STRING)
        folding = CASELESS if name == "casei" else ACCENTLESS
        return Term(fill(folding, term.sql), Kind.STRING, f"{name.upper()}({term.shown})")

    def _arithmetic(self, name: str, arguments: list[Any], depth: int) -> Term:
        left, right = (self._of_kind(argument, depth, Kind.NUMBER) for argument in arguments)
        return arithmetic(name, left, right)

    def _spatial(self, name: str, arguments: list[Any], depth: int) -> Term:
        left, right = (self._of_kind(argument, depth, Kind.GEOMETRY) for argument in arguments)
        return _boolean(fill(SPATIAL[name], left.sql, right.sql), name)

    def _temporal(self, name: str, arguments: list[Any], depth: int) -> Term:
        first, second = (self._period(argument, depth) for argument in arguments)
        return _boolean(relation(name, first, second), name)

    def _period(self, node: Any, depth: int) -> Period:
        if isinstance(node, dict) and "interval" in node:
            match node["interval"]:
                case [start, end]:
                    return interval(self._instant(start, depth), self._instant(end, depth))
            raise refusal("INTERVAL には始まりと終わりを書いてください。", "INTERVAL takes a start and an end.")
        instant = self._of_kind(node, depth, Kind.DATE, Kind.TIMESTAMP)
        return Period(instant, instant, is_instant=True)

    def _instant(self, node: Any, depth: int) -> Term | None:
        if isinstance(node, str):
            return None if node == ".." else date_term(node) if len(node) <= len("2026-04-01") else timestamp_term(node)
        return self._of_kind(node, depth, Kind.DATE, Kind.TIMESTAMP)

    def _arrays(self, name: str, arguments: list[Any], depth: int) -> Term:
        left, right = (self._of_kind(argument, depth, Kind.ARRAY) for argument in arguments)
        if left.element and right.element and left.element is not right.element:
            raise incomparable(left, right)
        parts = [fill(f"{{}} {operator} {{}}", left.sql, right.sql) for operator in ARRAYS[name]]
        return _boolean(fill("({})", joined(" AND ", parts)), name)


Handler = Callable[[Walk, str, list[Any], int], Term]

# Every operator and function there is: how it is translated, and how many arguments it takes.
OPERATIONS: dict[str, tuple[Handler, int]] = {
    "not": (Walk._not, 1),
    "isnull": (Walk._is_null, 1),
    "between": (Walk._between, 3),
    "in": (Walk._in, 2),
    "like": (Walk._like, 2),
    "casei": (Walk._folded, 1),
    "accenti": (Walk._folded, 1),
    **dict.fromkeys(COMPARISONS, (Walk._comparison, 2)),
    **dict.fromkeys(ARITHMETIC, (Walk._arithmetic, 2)),
    **dict.fromkeys(SPATIAL, (Walk._spatial, 2)),
    **dict.fromkeys(TEMPORAL, (Walk._temporal, 2)),
    **dict.fromkeys(ARRAYS, (Walk._arrays, 2)),
}


def _boolean(sql: Sql, name: str) -> Term:
    return Term(sql, Kind.BOOLEAN, f"{name.upper()}(…)" if name[0].isalpha() else f"(… {name} …)")


def _not_an_expression(node: Any) -> Problem:
    shown = shortened(str(node), 60)
    if node is None:
        return refusal("NULL はここに書けません。IS NULL を使ってください。", "NULL cannot stand here; use IS NULL.")
    if isinstance(node, dict) and "interval" in node:
        return refusal(
            "INTERVAL は T_INTERSECTS などの時間の関数の中だけで使えます。",
            "INTERVAL stands only in temporal functions such as T_INTERSECTS.",
        )
    return refusal(
        f'{shown} は CQL2 JSON の式ではありません。{{"op": "=", "args": [{{"property": "name"}}, "…"]}} の形で書いてください。',
        f'{shown} is not an expression of CQL2 JSON; write {{"op": "=", "args": [{{"property": "name"}}, "…"]}}.',
    )


def _unknown_property(name: str, queryables: list[str]) -> Problem:
    near = get_close_matches(name, queryables, n=1) or [q for q in queryables if q.lower() == name.lower()]
    shown, listed = shortened(name), ", ".join(queryables)
    guess_ja, guess_en = (f"「{near[0]}」ではありませんか。", f" Did you mean {near[0]!r}?") if near else ("", "")
    return refusal(
        f"「{shown}」という項目はありません。{guess_ja}使える項目: {listed}",
        f"There is no property {shown!r}.{guess_en} Queryables: {listed}",
    )


def _unknown_function(name: str) -> Problem:
    known = [each.upper() for each in OPERATIONS if each[0].isalpha()]
    near = get_close_matches(name.upper(), known, n=1)
    guess_ja, guess_en = (f"「{near[0]}」ではありませんか。", f" Did you mean {near[0]}?") if near else ("", "")
    return refusal(
        f"「{shortened(name)}」という関数や演算子はありません。{guess_ja}使えるもの: {', '.join(known)}",
        f"There is no function or operator {shortened(name)!r}.{guess_en} Known: {', '.join(known)}",
    )
