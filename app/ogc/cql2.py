"""Filters: CQL2 text or JSON (OGC 21-065r2) to a boolean piece of SQL over a collection's columns.

Supported are the requirements classes cql2-text, cql2-json, basic-cql2, advanced-comparison-operators,
case-insensitive-comparison, accent-insensitive-comparison, basic-spatial-functions, basic-spatial-functions-plus,
spatial-functions, temporal-functions, array-functions, property-property and arithmetic.
"""

from typing import Any, Literal

import orjson

from app.geo import CRS84, Crs
from app.ogc.collections import Collection
from app.ogc.cql2_sql import Walk
from app.ogc.cql2_terms import refusal
from app.ogc.cql2_text import parse_text
from app.ogc.sql import Sql

MAX_BYTES = 4096

# What only the rows can tell: a result out of range, a date out of range, a power without result, a topology that
# GEOS cannot work out (PostGIS gives all of its own errors the code of an internal one). With a filter, these are the
# filter's: 400, not 500.
FILTER_SQLSTATES = frozenset({"22003", "22008", "22012", "2201F", "XX000"})

Language = Literal["cql2-text", "cql2-json"]


def parse_filter(text: str, lang: Language, collection: Collection, crs: Crs = CRS84) -> Sql:
    """The condition a filter sets, over the columns of `collection.relation`; geometries in it are in `crs`.

    Dates and timestamps are compared as described in cql2_temporal; a division by zero in a row is NULL. The statement
    that holds the piece can still fail with one of FILTER_SQLSTATES, to be answered with 400.
    Raises Problem (400) that says what to write instead.
    """
    _check_size(text)
    tree = parse_text(text) if lang == "cql2-text" else _parse_json(text)
    return Walk(collection, crs).predicate(tree)


def _check_size(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise refusal("filter が UTF-8 ではありません。", "The filter is not UTF-8.") from None
    if size > MAX_BYTES:
        raise refusal(
            f"filter は {MAX_BYTES:,} バイトまでです（{size:,} バイトありました）。条件や図形の頂点を減らしてください。",
            f"A filter has at most {MAX_BYTES:,} bytes, not {size:,}; use fewer conditions or vertices.",
        )
    if not text.strip():
        raise refusal(
            "filter が空です。条件を書くか、filter を外してください。",
            "The filter is empty; write a condition or leave it out.",
        )


def _parse_json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise refusal(
            f"{error.pos + 1} 文字目: JSON として読めません（{error.msg}）。CQL2 text なら filter-lang=cql2-text を付けてください。",
            f"Character {error.pos + 1}: not JSON ({error.msg}). For CQL2 text use filter-lang=cql2-text.",
            position=error.pos + 1,
        ) from None
