"""What a client asks of a collection: query parameters → conditions, order, page."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.geo import CRS84, SUPPORTED_CRS, Bbox, Crs, find_crs
from app.ogc.boxes import in_box
from app.ogc.call import bad_parameter
from app.ogc.collections import Collection
from app.ogc.cql2 import parse_filter
from app.ogc.cursor import START, Cursor, read_cursor
from app.ogc.moments import at_moments
from app.ogc.parameters import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, queryable_fields
from app.ogc.sql import Sql, quoted
from app.ogc.values import equals


@dataclass(frozen=True, slots=True)
class Page:
    """Which features, in which order and CRS, with which properties (None: all)."""

    where: tuple[Sql, ...]
    order: tuple[tuple[str, bool], ...]  # field name, descending
    start: Cursor
    limit: int
    crs: Crs
    properties: tuple[str, ...] | None


def read_page(collection: Collection, given: Mapping[str, str]) -> Page:
    """The page of features that `given` asks for. Raises Problem (400)."""
    order = read_order(collection, given.get("sortby"))
    return Page(
        where=read_conditions(collection, given),
        order=order,
        start=_start(collection, given),
        limit=read_limit(given.get("limit")),
        crs=read_crs("crs", given.get("crs")),
        properties=read_properties(collection, given.get("properties")),
    )


def read_conditions(collection: Collection, given: Mapping[str, str]) -> tuple[Sql, ...]:
    """All that narrows the features down, each a condition on the collection's columns. Raises Problem (400)."""
    conditions = []
    if "bbox" in given:
        crs = read_crs("bbox-crs", given.get("bbox-crs"))
        conditions.append(in_box(collection, Bbox.parse(given["bbox"], crs), crs))
    elif "bbox-crs" in given:
        read_crs("bbox-crs", given["bbox-crs"])
    if "datetime" in given:
        conditions.extend(at_moments(collection, given["datetime"]))
    if "q" in given:
        conditions.extend(_words(collection, given["q"]))
    conditions.extend(equals(field, given[field.name]) for field in queryable_fields(collection) if field.name in given)
    filter_crs = read_crs("filter-crs", given.get("filter-crs"))
    language = _filter_language(given.get("filter-lang"))
    if "filter" in given:
        conditions.append(parse_filter(given["filter"], language, collection, filter_crs))
    return tuple(conditions)


def _filter_language(text: str | None) -> Literal["cql2-text", "cql2-json"]:
    if text == "cql2-json":
        return "cql2-json"
    if text in (None, "cql2-text"):
        return "cql2-text"
    raise bad_parameter(
        "filter-lang",
        "filter-lang には cql2-text か cql2-json を書いてください。",
        "filter-lang takes cql2-text or cql2-json.",
    )


def read_limit(text: str | None) -> int:
    """How many features at most; more than the maximum is clamped. Raises Problem (400)."""
    if text is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"\+?[0-9]{1,30}", text) or int(text) < 1:
        raise bad_parameter(
            "limit",
            f"limit は 1 以上の整数です（{MAX_LIMIT} を超える値は {MAX_LIMIT} とみなします）。",
            f"limit is an integer from 1; values above {MAX_LIMIT} count as {MAX_LIMIT}.",
        )
    return min(int(text), MAX_LIMIT)


def read_crs(name: str, text: str | None) -> Crs:
    """The CRS a parameter names; CRS84 without one. Raises Problem (400)."""
    if text is None:
        return CRS84
    found = find_crs(text)
    if found is None:
        known = ", ".join(crs.uri for crs in SUPPORTED_CRS)
        raise bad_parameter(
            name,
            f"{name} の座標参照系は扱っていません。使えるのは {known} です。",
            f"{name} is not a supported CRS; supported are {known}.",
        )
    return found


def read_properties(collection: Collection, text: str | None) -> tuple[str, ...] | None:
    """The property names asked for, in the collection's order. Raises Problem (400)."""
    if text is None:
        return None
    names = {name.strip() for name in text.split(",")} - {""}
    unknown = sorted(name for name in names if collection.field(name) is None)
    if unknown:
        raise _no_such_field("properties", collection, unknown[0])
    return tuple(field.name for field in collection.fields if field.name in names)


def read_order(collection: Collection, text: str | None) -> tuple[tuple[str, bool], ...]:
    """Sort keys of `sortby=-height_m,name`. Raises Problem (400)."""
    if text is None:
        return ()
    keys: dict[str, bool] = {}
    for part in text.split(","):
        name = part.strip().lstrip("+-")
        if collection.field(name) is None:
            raise _no_such_field("sortby", collection, name)
        keys.setdefault(name, part.strip().startswith("-"))
    return tuple(keys.items())


def _no_such_field(parameter: str, collection: Collection, name: str) -> Exception:
    names = ", ".join(field.name for field in collection.fields)
    return bad_parameter(
        parameter,
        f"{parameter} の「{name[:60]}」という項目はありません。あるのは {names} です。",
        f"{parameter}: there is no property {name[:60]!r}; there are {names}.",
    )


def _start(collection: Collection, given: Mapping[str, str]) -> Cursor:
    if "cursor" in given:
        if "offset" in given:
            raise bad_parameter("offset", "cursor と offset は一緒に使えません。", "Give either cursor or offset.")
        return read_cursor(given["cursor"], collection.id, given.get("sortby", ""))
    if "offset" not in given:
        return START
    text = given["offset"]
    if not re.fullmatch(r"[0-9]{1,30}", text) or int(text) > MAX_OFFSET:
        raise bad_parameter(
            "offset",
            f"offset は 0〜{MAX_OFFSET} の整数です。その先は next リンク（cursor）でたどってください。",
            f"offset is an integer in 0..{MAX_OFFSET}; go further by the next links (cursor).",
        )
    return Cursor(offset=int(text))


def _words(collection: Collection, text: str) -> list[Sql]:
    folded = unicodedata.normalize("NFKC", text).lower()
    words = folded.split()
    if not 1 <= len(words) <= 10 or len(text) > 200:
        raise bad_parameter("q", "q は1〜10語、200文字までです。", "q takes 1 to 10 words and up to 200 characters.")
    column = quoted(collection.search_column or "")
    return [Sql(f"{column} LIKE %s", (_containing(word),)) for word in words]


def _containing(word: str) -> str:
    return "%" + re.sub(r"([%_\\])", r"\\\1", word) + "%"
