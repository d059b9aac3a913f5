"""CQL2 filters made to break the service: too long, too deep, or at random; each is SQL that runs, or a problem (400)."""

import json
import os
import time
from collections.abc import Iterator
from typing import Any, get_args

import cql2
import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from app.fields import Type
from app.geo import SUPPORTED_CRS
from app.ogc.collections import BUILT_IN
from app.ogc.cql2 import FILTER_SQLSTATES, parse_filter
from app.ogc.cql2_sql import MAX_DEPTH, OPERATIONS
from app.ogc.cql2_text import parse_text
from app.ogc.sql import Sql
from app.problems import Problem
from tests.conftest import database

ASSETS = next(collection for collection in BUILT_IN if collection.id == "assets")
FAST_S = 0.1  # of processor time; most take a millisecond
ONE = '{"op": "=", "args": [{"property": "height_m"}, 1]}'


def outcome(text: str, lang: Any = "cql2-text") -> str:
    """`sql`, or the Japanese words of the problem; fails where that takes long."""
    started = time.thread_time()
    try:
        parse_filter(text, lang, ASSETS)
        said = "sql"
    except Problem as problem:
        assert problem.kind.status == 400
        said = problem.ja
    assert time.thread_time() - started < FAST_S
    return said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("height_m = " + "1" * 5000, "4,096 バイトまで"),
        ("name = '" + "東" * 1400 + "'", "4,096 バイトまで"),
        ("(" * 300 + "height_m = 1" + ")" * 300, "括弧の入れ子は"),
        ("(" * 300, "括弧の入れ子は"),
        ("(" * 49, "閉じていません"),
        ("(" * 49 + "height_m =" + ")" * 49, "60 文字目"),
        ("height_m = " + "(1 + " * 300 + "1" + ")" * 300, "括弧の入れ子は"),
        ("height_m = " + "(1 + " * 40 + "height_m" + ")" * 40, "入れ子が深すぎます"),
        ("height_m IN (" * 200 + "1" + ")" * 200, "括弧の入れ子は"),
        ("height_m IN (" * 40 + "1" + ")" * 40, "一覧の中に一覧"),
        ("name = " + "CASEI(" * 300 + "name" + ")" * 300, "括弧の入れ子は"),
        ("name = " + "CASEI(" * 40 + "name" + ")" * 40, "入れ子が深すぎます"),
        ("NOT " * 300 + "height_m = 1", "入れ子が深すぎます"),
        ("NOT " * 900 + "height_m = 1", "400 個まで"),
        ("NOT (" * 300 + "height_m = 1" + ")" * 300, "括弧の入れ子は"),
        ("height_m = " + "-" * 300 + "1", "sql"),
        ("height_m = " + "-" * 4000 + "1", "400 個まで"),
        ("height_m" + " = height_m" * 300, "入れ子が深すぎます"),
        ("height_m = " + "height_m + " * 300 + "1", "入れ子が深すぎます"),
        ("height_m = " + "1 + " * 300 + "1", "入れ子が深すぎます"),
        (" AND ".join(["height_m > 1"] * 150), "sql"),
        (" AND ".join(["height_m>1"] * 250), "400 個まで"),
        ("(" * 40 + "height_m > 1" + ") AND height_m > 2" * 40, "sql"),  # as QGIS connects conditions
        ("A_CONTAINS(restrictions, " + "('a', " * 40 + "'b'" + ")" * 41, "一覧の中に一覧"),
        ("S_INTERSECTS(geom, POINT" + "(" * 300, "図形の括弧が多すぎます"),
        ("S_INTERSECTS(geom, " + "GEOMETRYCOLLECTION(" * 40, "図形の括弧が多すぎます"),
        ("S_INTERSECTS(geom, MULTIPOINT(" + ",".join(["1 1"] * 1001) + "))", "1,000 個まで"),
        ("'" * 4001, "閉じていません"),
        ('"' * 4001, "閉じていません"),
        ("''" * 2000, "ここには真偽が要ります"),
        ("name = 'x\ud800'", "UTF-8 ではありません"),
        ("\U00100000 = 1", "この文字は使えません"),
        ("name = \0", "ここを読めません"),
    ],
    ids=lambda value: value[:30].encode("unicode_escape").decode(),
)
def test_limits_of_text(text: str, says: str) -> None:
    assert says in outcome(text)


@pytest.mark.parametrize(
    ("tree", "says"),
    [
        ('{"op":"not","args":[' * 300 + ONE + "]}" * 300, "4,096 バイトまで"),
        ('{"op":"not","args":[' * 150 + ONE + "]}" * 150, "入れ子が深すぎます"),
        ('{"op":"and","args":[' * 150 + ONE + "]}" * 150, "sql"),
        ("[" * 4000, "JSON として読めません"),
        ("[" * 900 + "]" * 900, "一覧"),
        ('{"a":' * 600 + "1" + "}" * 600, "CQL2 JSON の式ではありません"),
        ('{"op":"or","args":[' + ",".join(['{"op":"not","args":[true]}'] * 140) + "]}", "sql"),
        ('{"op":"=","args":[1' + "0" * 4000 + ",1]}", "JSON として読めません"),
    ],
)
def test_limits_of_json(tree: str, says: str) -> None:
    assert says in outcome(tree, "cql2-json")


def test_depth_is_counted_exactly() -> None:
    assert outcome("NOT " * (MAX_DEPTH - 1) + "height_m = 1") == "sql"
    assert outcome("NOT " * MAX_DEPTH + "height_m = 1") != "sql"


# Trees of which most are sound: an expression of a type from expressions of the types it takes.
NAMES: dict[Type, list[str]] = {
    kind: [field.name for field in ASSETS.fields if field.type == kind] for kind in get_args(Type)
}
NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), st.integers(-3, 3)
)
STRINGS = st.one_of(st.sampled_from(["building", "", "%", "か\u3099", "it's", "a\\b"]), st.text(max_size=8))


def properties(*types: Type) -> st.SearchStrategy[Any]:
    names = [name for kind in types for name in NAMES[kind]]
    return st.sampled_from(names).map(lambda name: {"property": name}) if names else st.nothing()


def operation(names: list[str], *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(lambda name, args: {"op": name, "args": list(args)}, st.sampled_from(names), st.tuples(*arguments))


ARITHMETIC = ["+", "-", "*", "/", "div", "%", "^"]
numbers = st.recursive(
    NUMBERS | properties("integer", "number"), lambda inner: operation(ARITHMETIC, inner, inner), max_leaves=6
)
strings = st.recursive(
    STRINGS | properties("string"), lambda inner: operation(["casei", "accenti"], inner), max_leaves=3
)
patterns = st.recursive(STRINGS, lambda inner: operation(["casei", "accenti"], inner), max_leaves=2)
dates = st.dates().map(lambda day: {"date": day.isoformat()}) | properties("date")
instants = st.datetimes().map(lambda at: {"timestamp": at.isoformat() + "Z"}) | properties("date-time")
ends = st.one_of(
    st.just(".."), st.dates().map(str), st.datetimes().map(lambda at: at.isoformat() + "Z"), dates, instants
)
periods = dates | instants | st.lists(ends, min_size=2, max_size=2).map(lambda two: {"interval": two})
arrays = properties("string[]") | st.lists(STRINGS, max_size=3)
positions = st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(list)
rings = st.lists(positions, min_size=3, max_size=6).map(lambda ring: [*ring, ring[0]])
geometries = st.one_of(
    st.just({"property": "geom"}),
    positions.map(lambda position: {"type": "Point", "coordinates": position}),
    st.lists(positions, min_size=2, max_size=4).map(lambda line: {"type": "LineString", "coordinates": line}),
    st.lists(rings, min_size=1, max_size=2).map(lambda polygon: {"type": "Polygon", "coordinates": polygon}),
    st.tuples(positions, positions).map(lambda two: {"bbox": [*two[0], *two[1]]}),
)
COMPARE = ["=", "<>", "<", "<=", ">", ">="]
predicates = st.one_of(
    operation(COMPARE, numbers, numbers),
    operation(COMPARE, strings, strings),
    operation(COMPARE, dates | instants, dates | instants),
    operation(COMPARE, properties("boolean") | st.booleans(), properties("boolean") | st.booleans()),
    operation(["like"], strings, patterns),
    operation(["between"], numbers, numbers, numbers),
    operation(["in"], strings, st.lists(strings, max_size=3)),
    operation(["in"], dates | instants, st.lists(dates | instants, max_size=3)),
    operation(["isNull"], numbers | strings | dates | geometries | arrays),
    operation(["a_equals", "a_contains", "a_containedBy", "a_overlaps"], arrays, arrays),
    operation([name for name in OPERATIONS if name.startswith("s_")], geometries, geometries),
    operation([name for name in OPERATIONS if name.startswith("t_")], periods, periods),
)
filters = st.recursive(
    predicates,
    lambda inner: operation(["and", "or"], inner, inner) | operation(["not"], inner),
    max_leaves=5,
)
# And trees of any shape, most of them unsound.
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    st.sampled_from([-(2**70), 2**64 - 1, 1.7e308, -0.0]),
    STRINGS,
    properties(*get_args(Type)),
    dates,
    instants,
    geometries,
    periods,
)
anything = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.builds(
            lambda name, args: {"op": name, "args": args},
            st.sampled_from([*OPERATIONS, "and", "or", "sin"]),
            st.lists(inner, max_size=3),
        ),
        st.dictionaries(
            st.sampled_from(
                ["op", "args", "property", "date", "interval", "bbox", "type", "coordinates", "geometries"]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=12,
)
FRAGMENTS = [
    *("height_m", "name", "geom", "restrictions", '"name"', "'building'", "'%'", "12.5", "-1e5", "TRUE", "NULL", "''"),
    *("=", "<>", "<", ">=", "+", "*", "/", "^", "%", " DIV ", "-", "(", ")", "(", ")", ",", " AND ", " OR ", " NOT "),
    *(
        " IN ",
        " LIKE ",
        " BETWEEN ",
        " IS ",
        "DATE(",
        "TIMESTAMP(",
        "INTERVAL(",
        "'2026-04-01'",
        "'..'",
        "CASEI(",
        "a(",
    ),
    *(
        "S_INTERSECTS(",
        "POINT(",
        "POLYGON((",
        "1 1",
        "0 0,1 1",
        "BBOX(",
        "T_AFTER(",
        "A_CONTAINS(",
        "\\",
        "'",
        '"',
        "\n",
    ),
]
texts = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join),
    st.text(max_size=80),
    st.text("()'\"=a,- ", max_size=60),
)
THOROUGH = settings(max_examples=int(os.environ.get("CQL2_EXAMPLES", "300")), deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def connection(server_url: str, migrated_template: str) -> Iterator[psycopg.Connection[Any]]:
    """A database with a few assets whose columns are filled."""
    name = f"test_cql2_limits_{os.getpid()}"
    with database(server_url, name, migrated_template) as url, psycopg.connect(url) as opened:
        opened.execute(
            "INSERT INTO ogc.assets (asset_id, asset_kind, name, height_m, slots_total, source_as_of, updated_at, is_sample,"
            " restrictions, geom) SELECT 'A' || n, 'building', 'é%' || n, n - 2, n - 2, '2026-04-01', now(), n = 1, '{a,b}',"
            " ST_Buffer(ST_Point(139 + n, 35, 4326), n + 1) FROM generate_series(0, 3) AS n"
        )
        yield opened


def run(connection: psycopg.Connection[Any], condition: Sql) -> None:
    """Let PostgreSQL judge the condition."""
    try:
        with connection.transaction():
            connection.execute(f"SELECT FROM ogc.assets WHERE {condition.text}", condition.values)
    except psycopg.Error as error:
        assert error.sqlstate in FILTER_SQLSTATES - {"XX000"}, (error, condition)


@settings(THOROUGH, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(tree=filters | anything, crs=st.sampled_from(SUPPORTED_CRS))
def test_any_tree_is_sql_or_a_problem(connection: psycopg.Connection[Any], tree: Any, crs: Any) -> None:
    try:
        condition = parse_filter(json.dumps(tree, ensure_ascii=False), "cql2-json", ASSETS, crs)
    except Problem as problem:
        assert problem.kind.status == 400 and problem.ja and problem.en
    else:
        run(connection, condition)


@settings(THOROUGH)
@given(texts)
def test_any_text_is_sql_or_a_problem(connection: psycopg.Connection[Any], text: str) -> None:
    started = time.thread_time()
    try:
        condition = parse_filter(text, "cql2-text", ASSETS)
    except Problem as problem:
        assert problem.kind.status == 400
        assert 0 <= problem.errors[0].get("position", 1) <= len(text) + 1
    else:
        run(connection, condition)
    assert time.thread_time() - started < 1


@settings(THOROUGH, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(filters)
def test_text_is_read_as_the_package_reads_it(tree: Any) -> None:
    text = cql2.Expr(tree).to_text()
    assume("\\" not in text)  # escapes of the standard that the package leaves as they are
    try:
        read = cql2.parse_text(text).to_json()
    except cql2.ParseError:  # an empty array
        reject()
    try:
        assert parse_text(text) == read
    except Problem as problem:
        assert "400 個まで" in problem.ja or "一覧の中に一覧" in problem.ja
