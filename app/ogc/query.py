"""What a client asks of a collection: query parameters → conditions, order, page."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from app.fields import Field
from app.geo import CRS84, SUPPORTED_CRS, Bbox, Crs, degrees_of_mercator, find_crs, within_reach
from app.ogc.call import bad_parameter
from app.ogc.collections import Collection
from app.ogc.cql2 import parse_filter
from app.ogc.cursor import START, Cursor, read_cursor
from app.ogc.parameters import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, NARROWING, is_queryable
from app.ogc.sql import Sql, fill, joined, quoted


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
        conditions.extend(_at(collection, given["datetime"]))
    if "q" in given:
        conditions.extend(_words(collection, given["q"]))
    for name, value in given.items():
        if name not in NARROWING and is_queryable(collection, name):
            conditions.append(_equals(collection.field(name), value))
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


_PRECISION_DEG = 2e-5  # the index keeps single precision: at 180° that is 1.5e-5°


def in_box(collection: Collection, box: Bbox, crs: Crs = CRS84) -> Sql:
    """The features that meet a box.

    The index answers with boxes rounded to single precision; only what lies at the edge is asked exactly, for
    ST_Intersects on every row costs more than all the rest.
    """
    geom = Sql(quoted(collection.geom_column))
    if crs.srid == 3857 and collection.srid == 4326:
        return in_box(collection, degrees_of_mercator(box))
    if crs.srid in (6677, 6682):
        box = within_reach(box)
    parts = [_in_part(geom, part, crs.srid, collection.srid) for part in box.parts()]
    return fill("({})", joined(" OR ", parts))


def _in_part(geom: Sql, box: Bbox, srid: int, storage_srid: int) -> Sql:
    envelope = Sql("ST_MakeEnvelope(%s, %s, %s, %s, %s)", (box.west, box.south, box.east, box.north, srid))
    if srid != storage_srid:
        # Edges that are straight in the client's system are curves in ours: follow them with 16 points each.
        width = max(box.east - box.west, box.north - box.south) / 16 or 1.0
        area = fill("ST_Transform(ST_Segmentize({}, %s), %s)", envelope)
        area = Sql(area.text, (*envelope.values, width, storage_srid))
        return fill("({} && {} AND ST_Intersects({}, {}))", geom, area, geom, area)
    if storage_srid != 4326:
        return fill("({} && {} AND ST_Intersects({}, {}))", geom, envelope, geom, envelope)
    inner = Sql(
        "ST_MakeEnvelope(%s, %s, %s, %s, 4326)",
        (box.west + _PRECISION_DEG, box.south + _PRECISION_DEG, box.east - _PRECISION_DEG, box.north - _PRECISION_DEG),
    )
    if box.east - box.west <= 2 * _PRECISION_DEG or box.north - box.south <= 2 * _PRECISION_DEG:
        return fill("({} && {} AND ST_Intersects({}, {}))", geom, envelope, geom, envelope)
    return fill("({} && {} AND ({} @ {} OR ST_Intersects({}, {})))", geom, envelope, geom, inner, geom, envelope)


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


def _equals(field: Field | None, value: str) -> Sql:
    assert field is not None
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
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?", text) or float(text) in (
        float("inf"),
        float("-inf"),
    ):
        raise ValueError
    return float(text)


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text] if text in ("true", "false") else _refuse()


def _refuse() -> bool:
    raise ValueError


def _instant(text: str) -> datetime:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", text):
        raise ValueError
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", text.upper()))


def _day(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError
    return date.fromisoformat(text)


_READERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _day,
    "date-time": _instant,
}
_EXPECTED = {
    "integer": ("整数", "an integer"),
    "number": ("数", "a number"),
    "boolean": ("true か false", "true or false"),
    "date": ("日付（2026-04-01 の形）", "a date such as 2026-04-01"),
    "date-time": ("日時（2026-04-01T09:00:00+09:00 の形）", "a date-time such as 2026-04-01T09:00:00+09:00"),
}


def _at(collection: Collection, text: str) -> list[Sql]:
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
            day = datetime.combine(_day(text), datetime.min.time(), UTC)
            return day + timedelta(days=1, microseconds=-1) if last else day
        return _instant(text)
    except (ValueError, OverflowError):
        raise _bad_datetime() from None


def _bad_datetime() -> Exception:
    return bad_parameter(
        "datetime",
        "datetime は 2026-04-01T00:00:00Z、または 開始/終了（片方は .. にできます）の形で書いてください。",
        "datetime takes 2026-04-01T00:00:00Z or start/end, where one may be '..'.",
    )
