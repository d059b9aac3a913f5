"""CQL2 filters: what each operator matches, and what is refused with which words."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import cql2
import psycopg
import pytest

from app.fields import Field
from app.geo import CRS84, Crs, find_crs
from app.ogc.collections import BUILT_IN, Collection
from app.ogc.cql2 import FILTER_SQLSTATES, parse_filter
from app.problems import Problem
from tests.conftest import database

ROWS = """
CREATE TABLE filter_rows (
  id text, name text, height_m float8, floors integer, "date" date, updated_at timestamptz, closed_at timestamptz,
  listed boolean, flags text[], "NAME" varchar(20), "100%" integer, "start" text, geom geometry(Geometry, 4326));
CREATE INDEX ON filter_rows USING gist (geom);
INSERT INTO filter_rows VALUES
  ('a', 'がっこう', 12.5, 3, '2026-04-01', '2026-04-01T00:00:00+09', '2026-05-01T00:00:00+09', true, '{a,b}', 'Straße', 1,
   'x', 'POINT(139.70 35.69)'),
  ('b', 'かっこう', 31, 10, '2026-04-02', '2026-04-02T12:00:00+09', NULL, false, '{b}', 'STRASSE', 0, 'y',
   'POINT(139.40 34.75)'),
  ('c', 'Café 100%', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'POINT(142.19 27.09)'),
  ('d', 'it''s _b\\c', -5, 0, '2025-12-31', '2025-12-31T15:00:00Z', '2026-01-01T00:00:00Z', true, '{}', 'é', 7, 'z',
   'POLYGON((139 35, 140 35, 140 36, 139 36, 139 35))');
"""
COLLECTION = Collection(
    id="rows",
    title_ja="",
    title_en="",
    description_ja="",
    description_en="",
    relation="filter_rows",
    id_column="id",
    fields=tuple(
        Field(name, kind, name, name)  # type: ignore[arg-type]
        for name, kind in {
            "id": "string",
            "name": "string",
            "height_m": "number",
            "floors": "integer",
            "date": "date",
            "updated_at": "date-time",
            "closed_at": "date-time",
            "listed": "boolean",
            "flags": "string[]",
            "NAME": "string",
            "100%": "integer",
            "start": "string",
        }.items()
    ),
    geometry_type="Geometry",
)
PLANE_IX = find_crs("EPSG:6677") or CRS84
WGS84 = find_crs("EPSG:4326") or CRS84
ASSETS = BUILT_IN[0]
Ask = Callable[..., str]


@pytest.fixture(scope="module")
def connection(server_url: str, migrated_template: str) -> Iterator[psycopg.Connection[Any]]:
    """A database with the rows above."""
    with database(server_url, f"test_cql2_{os.getpid()}", migrated_template) as url, psycopg.connect(url) as opened:
        opened.execute(ROWS)
        yield opened


@pytest.fixture(scope="module")
def ask(connection: psycopg.Connection[Any]) -> Ask:
    """The ids that a filter matches, in one word."""

    def matches(text: str, lang: Any = "cql2-text", crs: Crs = CRS84) -> str:
        condition = parse_filter(text, lang, COLLECTION, crs)
        statement = f"SELECT string_agg(id, '' ORDER BY id) FROM filter_rows WHERE {condition.text}"
        with connection.transaction():
            row = connection.execute(statement, condition.values).fetchone()
        return (row and row[0]) or ""

    return matches


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("name = 'がっこう'", "a"),
        ("name = 'it''s _b\\c' OR name = 'it\\'s _b\\c'", "d"),
        ("name LIKE '%100\\%'", "c"),
        ("name LIKE '%\\_b%'", "d"),
        ("name NOT LIKE '%こう'", "cd"),
        ("\"date\" = DATE('2026-04-01') AND \"start\" = 'x'", "a"),
        ("start = 'y'", "b"),
        ('"100%" >= 1', "ad"),
        ("NAME = 'é'", "d"),
        ("listed", "ad"),
        ("NOT listed", "b"),
        ("listed = FALSE OR listed IS NULL", "bc"),
        ("TRUE", "abcd"),
        ("height_m BETWEEN 12.5 AND 31", "ab"),
        ("floors IN (3, 10.0)", "ab"),
        ("name BETWEEN 'か' AND 'き'", "ab"),
        ("NOT (floors > 3 AND listed = TRUE)", "abd"),
        ("floors IS NULL", "c"),
        ("geom IS NOT NULL AND flags IS NOT NULL", "abd"),
    ],
)
def test_comparisons(ask: Ask, text: str, ids: str) -> None:
    assert ask(text) == ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("ACCENTI(name) = ACCENTI('Cafe 100%')", "c"),
        ("ACCENTI(name) = ACCENTI('かっこう')", "b"),  # voicing marks are letters of their own
        ("ACCENTI(name) = ACCENTI('か\u3099っこう')", "a"),
        ("ACCENTI('がぎぱ') = 'がぎぱ' AND ACCENTI('Øystein Łódź') = 'Oystein Lodz'", "abcd"),
        ("CASEI(NAME) = CASEI('strasse')", "ab"),
        ("CASEI(NAME) LIKE CASEI('Straß%')", "ab"),
        ("ACCENTI(CASEI(NAME)) < ACCENTI(CASEI('F'))", "d"),
        ("CASEI(NAME) IN (CASEI('É'), 'x')", "d"),
    ],
)
def test_case_and_accents(ask: Ask, text: str, ids: str) -> None:
    assert ask(text) == ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("floors * 10 + 1 > height_m", "ab" + "d"),
        ("height_m / floors > 4", "a"),  # 0 floors: no quotient, no match, no error
        ("floors % 4 = 3 AND floors div 2 = 1", "a"),
        ("-floors ^ 2 = 9", "a"),
        ("floors = 1 + 2 * 3 - 8 / 2", "a"),
        ("height_m = -(2 + 3)", "d"),
        ("floors = 7 % 4 AND 7 div 2 = 3 AND -7 div 2 = -3", "a"),
        ("floors / 4 = 0.75", "a"),
    ],
)
def test_arithmetic(ask: Ask, text: str, ids: str) -> None:
    assert ask(text) == ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("updated_at >= TIMESTAMP('2026-04-01T00:00:00+09:00')", "ab"),
        ("updated_at = DATE('2026-04-01')", "a"),  # that day in Tokyo
        ("updated_at > DATE('2026-04-01')", "b"),
        ("updated_at >= DATE('2026-04-01')", "ab"),
        ("updated_at < DATE('2026-01-01')", ""),
        ("updated_at <= DATE('2026-01-01')", "d"),
        ("updated_at <> DATE('2026-04-01')", "bd"),
        ("updated_at IN (DATE('2026-04-02'), TIMESTAMP('2025-12-31T15:00:00Z'))", "bd"),
        ("\"date\" < TIMESTAMP('2026-03-31T14:59:59Z')", "d"),
        ("T_INTERSECTS(\"date\", TIMESTAMP('2026-03-31T15:00:00Z'))", "a"),
        ("T_INTERSECTS(updated_at, INTERVAL('2026-04-01', '2026-04-02'))", "ab"),
        ("T_AFTER(updated_at, INTERVAL('..', '2026-04-01'))", "b"),
        ("T_BEFORE(INTERVAL(updated_at, closed_at), DATE('2026-04-01'))", "d"),
        ("T_DURING(INTERVAL(updated_at, closed_at), INTERVAL('2025-01-01', '2026-05-01'))", "ad"),
        ("T_STARTS(INTERVAL(updated_at, closed_at), INTERVAL(updated_at, '..'))", "ad"),
        ("T_EQUALS(INTERVAL('..', '..'), INTERVAL('..', '..'))", "abcd"),
        ("T_MEETS(INTERVAL(updated_at, closed_at), INTERVAL('2026-01-01T00:00:00Z', '..'))", "d"),
    ],
)
def test_time(ask: Ask, text: str, ids: str) -> None:
    assert ask(text) == ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("A_CONTAINS(flags, ('b'))", "ab"),
        ("A_EQUALS(flags, ('b', 'a', 'a'))", "a"),
        ("A_CONTAINEDBY(flags, ('b', 'c'))", "bd"),
        ("A_OVERLAPS(('a', 'z'), flags)", "a"),
        ("A_CONTAINS(flags, ('b', CASEI('x')))", ""),
        ("A_CONTAINS((1, 2, 3), (2))", "abcd"),
    ],
)
def test_arrays(ask: Ask, text: str, ids: str) -> None:
    assert ask(text) == ids
    assert ask(json.dumps(cql2.parse_text(text).to_json()), "cql2-json") == ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("S_INTERSECTS(geom, BBOX(139.6, 35.6, 139.8, 35.8))", "ad"),
        ("S_INTERSECTS(geometry, BBOX(139.6, 35.6, 0, 139.8, 35.8, 9))", "ad"),
        ("S_INTERSECTS(BBOX(142, 20, -170, 30), geom)", "c"),
        ("S_WITHIN(geom, POLYGON((139.6 35.6, 139.8 35.6, 139.8 35.8, 139.6 35.8, 139.6 35.6)))", "a"),
        ("S_CONTAINS(geom, BBOX(139.5, 35.5, 139.5, 35.5))", "d"),
        ("S_CROSSES(LINESTRING(138 35.5, 141 35.5), geom)", "d"),
        ("S_EQUALS(geom, POINT(142.19 27.09))", "c"),
        ("S_DISJOINT(geom, GEOMETRYCOLLECTION(POINT(142.19 27.09), POINT(139.70 35.69)))", "b"),
        ("S_TOUCHES(geom, POINT Z (139 35 10))", "d"),
        ("S_INTERSECTS(geom, MULTIPOINT((139.7 35.69), (142.19 27.09)))", "acd"),
        ("S_INTERSECTS(geom, geom)", "abcd"),
        ("S_OVERLAPS(geom, BBOX(139.5, 35.5, 141, 36.5))", "d"),
    ],
)
def test_space(ask: Ask, text: str, ids: str) -> None:
    assert ask(text) == ids


def test_literals_in_the_axis_order_of_their_crs(ask: Ask) -> None:
    assert ask("S_EQUALS(geom, POINT(27.09 142.19))", crs=WGS84) == "c"
    assert ask("S_INTERSECTS(geom, BBOX(35.6, 139.6, 35.8, 139.8))", crs=WGS84) == "ad"
    # Northing, easting in metres from 36°N 139°50'E: the Metropolitan Government Building's block
    assert ask("S_INTERSECTS(geom, BBOX(-35500, -13000, -33000, -11000))", crs=PLANE_IX) == "ad"


def test_column_in_another_crs(connection: psycopg.Connection[Any]) -> None:
    text = "S_INTERSECTS(geom, BBOX(139.6, 35.6, 139.8, 35.8))"
    connection.execute(
        "INSERT INTO spatial_ref_sys SELECT 998677, '', 0, srtext, proj4text FROM spatial_ref_sys WHERE srid = 6677"
    )
    for srid in (6677, 998677):  # known to all, and to this database alone
        connection.execute(
            f"CREATE TABLE plane_{srid} AS SELECT id, ST_Transform(geom, {srid}) AS geom FROM filter_rows"
        )
        condition = parse_filter(text, "cql2-text", replace(COLLECTION, srid=srid))
        rows = connection.execute(f"SELECT id FROM plane_{srid} WHERE {condition.text} ORDER BY 1", condition.values)
        assert rows.fetchall() == [("a",), ("d",)]


def test_strings_of_other_types(connection: psycopg.Connection[Any]) -> None:
    connection.execute("CREATE TYPE colour AS ENUM ('red', 'blue')")
    connection.execute(
        "CREATE TABLE odd_strings AS SELECT 'red'::colour AS name, gen_random_uuid() AS id, 'x '::char(5) AS start"
    )
    for text in (
        "name = 'red' AND name > 'blue'",
        "id <> 'x' AND CASEI(id) LIKE '%-%'",
        "start = 'x' AND start IN ('x')",
    ):
        condition = parse_filter(text, "cql2-text", COLLECTION)
        assert connection.execute(
            f"SELECT count(*) FROM odd_strings WHERE {condition.text}", condition.values
        ).fetchone() == (1,)


def test_edges_of_another_crs_are_followed() -> None:
    line = "S_INTERSECTS(geom, LINESTRING(-30000 -60000, -30000 60000))"
    literal = parse_filter(line, "cql2-text", COLLECTION, PLANE_IX).values[0]
    assert len(literal) > 100 * 32  # a vertex a kilometre: straight in the plane is a curve in degrees


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("height_m = 'abc'", "height_m は数、'abc' は文字列"),
        ("name > 5", "文字列は '…' のように"),
        ("CASEI(floors) = 'x'", "floors は数です"),
        ("height_m LIKE '1%'", "height_m は数です"),
        ("name LIKE start", "LIKE の後には"),
        ("name LIKE 'x\\\\\\'", "閉じていません"),
        ("listed = 'true'", "TRUE, FALSE"),
        ("\"date\" = '2026-04-01'", "DATE('2026-04-01')"),
        ("\"date\" = DATE('2026-02-30')", "2026-02-30"),
        ("updated_at > TIMESTAMP('2026-04-01T00:00:00 09:00')", "%2B"),
        ("updated_at > TIMESTAMP('２０２６-04-01T00:00:00Z')", "TIMESTAMP("),
        ("name = NULL", "IS NULL"),
        ("name", "name は文字列です。ここには真偽が要ります"),
        ("1", "ここには真偽"),
        ("name + 1 = 2", "name は文字列です。ここには数"),
        ("floors = 1 / 0", "計算できません"),
        ("floors / (1 - 1) = 1", "計算できません"),
        ("floors = 10 ^ 400", "計算できません"),
        ("floors = 1e999", "1.7e308"),
        ("floors IN (1, 'x')", "'x' は文字列"),
        ("floors BETWEEN 'a' AND 5", "比べられません"),
        ("listed BETWEEN FALSE AND TRUE", "listed は真偽です"),
        ("heigt_m > 5", "「height_m」ではありませんか"),
        ("search_text = 'x'", "使える項目: id, name"),
        ("pg_sleep(5) = 1", "「pg_sleep」という関数"),
        ("S_INTERSECT(geom, POINT(1 1))", "「S_INTERSECTS」ではありませんか"),
        ("CASEI(name, name) = 'x'", "引数は 1 個"),
        ("geom = POINT(1 1)", "geom は図形です"),
        ("S_INTERSECTS(name, POINT(1 1))", "ここには図形が要ります"),
        ("S_INTERSECTS(geom, POLYGON((0 0, 1 0, 1 1, 0 1)))", "最後の点は最初の点と同じ"),
        ("S_INTERSECTS(geom, POLYGON((0 0, 1 1)))", "点が4つ以上"),
        ("S_INTERSECTS(geom, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))", "Self-intersection"),
        ("S_INTERSECTS(geom, LINESTRING(1 1))", "点が2つ以上"),
        ("S_INTERSECTS(geom, LINESTRING(1 1, 1 1))", "形が正しくありません"),
        ("S_INTERSECTS(geom, POINT(35.69 139.70))", "この CRS では経度を先に"),
        ("S_INTERSECTS(geom, POLYGON EMPTY)", "読めません"),
        ("S_INTERSECTS(geom, BBOX(1, 2, 3))", "4つ"),
        ("S_INTERSECTS(geom, BBOX(0, 10, 10, 0))", "南端"),
        ("S_INTERSECTS(geom, BBOX(0, 0, 'x', 1))", "BBOX には数"),
        ("T_DURING(updated_at, INTERVAL('2026-01-01', '..'))", "T_INTERSECTS"),
        ("T_AFTER(updated_at, INTERVAL('2026-02-01', '2026-01-01'))", "入れ替えて"),
        ("T_AFTER(updated_at, INTERVAL('2026-02-01', 'x'))", "日付はありません"),
        ("T_AFTER(name, DATE('2026-01-01'))", "ここには日付か日時"),
        ("updated_at = INTERVAL('..', '..')", "T_INTERSECTS"),
        ("A_CONTAINS(flags, (1))", "比べられません"),
        ("A_CONTAINS(flags, ('a', 1))", "そろっていません"),
        ("A_CONTAINS(name, ('a'))", "ここには一覧"),
        ("flags = ('a', 'b')", "flags は一覧です"),
        ("name = 'x\0y'", "NUL"),
        ("", "空です"),
        ("name = 'x", "8 文字目"),
        ("name = 'x' AND", "末尾"),
        ("name = 'x' AND (floors = ", "16 文字目"),
        ("name = 'x')", "11 文字目"),
        ("名前 ＝ 'x'", "半角"),
        ("name == 'x'", "7 文字目"),
        ("name = 'x'; DROP TABLE asset", "11 文字目"),
        ("name IN ()", "10 文字目"),
    ],
)
def test_refusals_say_what_to_do(text: str, says: str) -> None:
    with pytest.raises(Problem) as refused:
        parse_filter(text, "cql2-text", COLLECTION)
    assert refused.value.kind.status == 400
    assert says in refused.value.ja
    assert refused.value.errors[0]["parameter"] == "filter"
    assert not any("\u3040" <= letter <= "\u9fff" for letter in refused.value.en if letter not in text)


@pytest.mark.parametrize(
    ("tree", "says"),
    [
        ("{", "JSON として読めません"),
        ("name = 'x'", "filter-lang=cql2-text"),
        ('{"op": "=", "args": [{"property": "floors"}, NaN]}', "JSON として読めません"),
        ('{"op": "=", "args": [{"property": "floors"}, 1e999]}', "JSON として"),
        ('{"op": "and", "args": []}', "結ぶ条件がありません"),
        ('{"op": "in", "args": [{"property": "floors"}, []]}', "一覧"),
        ('{"op": "in", "args": [{"property": "floors"}, 5]}', "一覧"),
        ('{"op": "=", "args": "x"}', "CQL2 JSON の式ではありません"),
        ('{"op": ["="], "args": []}', "CQL2 JSON の式ではありません"),
        ('{"property": ["floors"]}', "CQL2 JSON の式ではありません"),
        ('{"op": "s_intersects", "args": [{"property": "geom"}, {"type": "Point", "coordinates": [1]}]}', "座標を読めません"),
        ('{"op": "s_intersects", "args": [{"property": "geom"}, {"type": "Point", "coordinates": [true, 1]}]}', "座標を"),
        ('{"op": "s_intersects", "args": [{"property": "geom"}, {"type": "Circle"}]}', "Circle"),
        ('{"op": "s_intersects", "args": [{"property": "geom"}, {"type": "GeometryCollection"}]}', "図形を一つ以上"),
        ('{"op": "s_intersects", "args": [{"property": "geom"}, {"type": "GeometryCollection", "geometries": []}]}', "空"),
        ('{"op": "t_after", "args": [{"property": "date"}, {"interval": ["2026-01-01"]}]}', "始まりと終わり"),
        ('{"op": "=", "args": [{"property": "name"}, "\\u0000"]}', "NUL"),
        ('{"op": "=", "args": [{"property": "name"}, "\\ud800"]}', "JSON として読めません"),
    ],
)  # fmt: skip
def test_refusals_of_json(tree: str, says: str) -> None:
    with pytest.raises(Problem) as refused:
        parse_filter(tree, "cql2-json", COLLECTION)
    assert says in refused.value.ja


def test_index_serves_spatial_filters(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SET LOCAL enable_seqscan = off")
    for text in ("S_INTERSECTS(geom, BBOX(139.6,35.6,139.8,35.8))", "S_WITHIN(geom, BBOX(139.6,35.6,139.8,35.8))"):
        condition = parse_filter(text, "cql2-text", COLLECTION)
        plan = connection.execute(
            f"EXPLAIN SELECT FROM filter_rows WHERE {condition.text}", condition.values
        ).fetchall()
        assert any("Index Cond" in line for (line,) in plan)


def test_names_are_quoted_and_values_bound() -> None:
    condition = parse_filter("\"100%\" = 5 AND name = 'x'", "cql2-text", COLLECTION)
    assert condition.text == '(("100%%" = %s::bigint) AND ("name"::text = %s::text))'
    assert condition.values == (5, "x")


def test_what_only_rows_can_tell_has_a_known_sqlstate(connection: psycopg.Connection[Any]) -> None:
    for text in ("height_m ^ 0.5 > 1", "(floors + 1) ^ 1e6 > 1", "(1e300 + floors) * 1e300 > 1"):
        condition = parse_filter(text, "cql2-text", COLLECTION)
        with pytest.raises(psycopg.Error) as failed, connection.transaction():
            connection.execute(f"SELECT FROM filter_rows WHERE {condition.text}", condition.values)
        assert failed.value.sqlstate in FILTER_SQLSTATES
