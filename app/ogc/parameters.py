"""Parameters: declared once, for reading requests and for the API description."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from app.fields import Field
from app.geo import MAX_ZOOM, SUPPORTED_CRS
from app.ogc.collections import Collection
from app.ogc.negotiation import Format

DEFAULT_LIMIT = 100
MAX_LIMIT = 10_000
MAX_OFFSET = 100_000
MAX_PAGE_ROWS = 200  # features on a page for people


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation, with its JSON Schema and what it does."""

    name: str
    schema: dict[str, Any]
    ja: str
    en: str
    place: Literal["query", "path"] = "query"


_CRS_URIS = [crs.uri for crs in SUPPORTED_CRS]
_TEXT = {"type": "string", "minLength": 1}

LANG = Parameter("lang", {"type": "string", "enum": ["ja", "en"]}, "言語", "Language of titles and messages")
LIMIT = Parameter(
    "limit",
    {"type": "integer", "minimum": 1, "default": DEFAULT_LIMIT},
    f"件数の上限（{MAX_LIMIT} を超える値は {MAX_LIMIT}、HTML では {MAX_PAGE_ROWS} とみなします）",
    f"Most features to answer with; values above {MAX_LIMIT} count as {MAX_LIMIT}, in HTML above {MAX_PAGE_ROWS} as that",
)
OFFSET = Parameter(
    "offset",
    {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0},
    "飛ばす件数。続きは next リンクを使う方が速く、抜けがありません",
    "Features to skip; following the next links is faster and misses none",
)
CURSOR = Parameter("cursor", _TEXT, "next リンクにある続きの印", "Where a next link goes on; opaque")
BBOX = Parameter(
    "bbox",
    {
        "type": "array",
        "minItems": 4,
        "maxItems": 6,
        "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
        "items": {"type": "number"},
    },
    "範囲「西,南,東,北」（bbox-crs の軸の順）",
    "Box west,south,east,north in the axis order of bbox-crs",
)
BBOX_CRS = Parameter(
    "bbox-crs", {"type": "string", "format": "uri", "enum": _CRS_URIS}, "bbox の座標参照系", "CRS of bbox"
)
CRS = Parameter(
    "crs", {"type": "string", "format": "uri", "enum": _CRS_URIS}, "答えの座標参照系", "CRS of the answer's geometries"
)
_MOMENT = (
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"([Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?"
)
DATETIME = Parameter(
    "datetime",
    {
        "type": "string",
        "pattern": rf"^({_MOMENT}|{_MOMENT}/(\.\.)?|(\.\.)?/{_MOMENT}|{_MOMENT}/{_MOMENT}|\.\./(\.\.)?|/\.\.)$",
    },
    "時点または期間（RFC 3339、開いた端は ..）",
    "Instant or interval of RFC 3339; '..' leaves an end open",
)
FILTER = Parameter("filter", _TEXT, "CQL2 による条件", "Condition in CQL2")
FILTER_LANG = Parameter(
    "filter-lang",
    {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"},
    "filter の書き方",
    "Language of filter",
)
FILTER_CRS = Parameter(
    "filter-crs",
    {"type": "string", "format": "uri", "enum": _CRS_URIS},
    "filter の中の座標の座標参照系",
    "CRS of coordinates in filter",
)
Q = Parameter(
    "q",
    {"type": "string", "minLength": 1, "maxLength": 200},
    "名称・住所・IDに、すべての語を含むもの",
    "Words that name, address or id must all contain",
)
COLLECTIONS = Parameter(
    "collections",
    {"type": "array", "minItems": 1, "items": {"type": "string"}},
    "レイヤにするコレクション（コンマ区切り）。指定がなければすべて",
    "Collections to put in as layers, by comma; all without it",
)
VERSION = Parameter(
    "v",
    {"type": "string", "pattern": "^[0-9a-f.]{1,400}$"},
    "データの版。今の版なら長く保存できます",
    "Data version; while it is the present one, the answer may be kept for good",
)


def format_parameter(formats: tuple[Format, ...]) -> Parameter:
    """`f`, which overrules `Accept`."""
    names = [form.name for form in formats]
    return Parameter("f", {"type": "string", "enum": names}, "答えの形式（Accept に優先）", "Format; overrules Accept")


def path_parameter(name: str, collections: Iterable[str]) -> Parameter:
    """A parameter of the path."""
    zoom = {"type": "integer", "minimum": 0, "maximum": MAX_ZOOM}
    cell = {"type": "integer", "minimum": 0, "maximum": (1 << MAX_ZOOM) - 1}
    known: dict[str, tuple[dict[str, Any], str, str]] = {
        "collection_id": ({"type": "string", "enum": list(collections)}, "コレクション", "Collection"),
        "feature_id": ({"type": "string", "minLength": 1}, "地物のID", "Feature id"),
        "tile_matrix_set_id": ({"type": "string", "enum": ["WebMercatorQuad"]}, "タイル行列セット", "Tile matrix set"),
        "tile_matrix": (zoom, "ズーム", "Zoom"),
        "tile_row": (cell, "行（北から）", "Row from the north"),
        "tile_col": (cell, "列（西から）", "Column from the west"),
    }
    schema, ja, en = known[name]
    return Parameter(name, schema, ja, en, place="path")


# Names with a meaning of their own: a field of such a name is asked by `filter` alone.
RESERVED = frozenset(
    [
        "bbox",
        "bbox-crs",
        "datetime",
        "filter",
        "filter-lang",
        "filter-crs",
        "q",
        "f",
        "lang",
        "limit",
        "offset",
        "cursor",
        "crs",
        "properties",
        "sortby",
        "collections",
        "v",
    ]
)


def queryable_fields(collection: Collection) -> tuple[Field, ...]:
    """The fields that a query parameter of their name narrows by."""
    return tuple(field for field in collection.fields if field.name not in RESERVED)


def narrowing(collection: Collection) -> tuple[Parameter, ...]:
    """What narrows a collection down: the same for items and for tiles."""
    search = (Q,) if collection.search_column else ()
    fields = tuple(_of_field(field) for field in queryable_fields(collection))
    return (BBOX, BBOX_CRS, DATETIME, FILTER, FILTER_LANG, FILTER_CRS, *search, *fields)


def paging(collection: Collection) -> tuple[Parameter, ...]:
    """Which page of features, in which order."""
    return (LIMIT, OFFSET, CURSOR, sortby(collection))


def properties(collection: Collection) -> Parameter:
    """Which properties features carry."""
    names = [field.name for field in collection.fields]
    return Parameter(
        "properties",
        {"type": "array", "items": {"type": "string", "enum": names}},
        "答えに入れる項目",
        "Properties to put in",
    )


def sortby(collection: Collection) -> Parameter:
    """The order of features."""
    names = [sign + field.name for field in collection.fields for sign in ("", "+", "-")]
    return Parameter(
        "sortby",
        {"type": "array", "minItems": 1, "items": {"type": "string", "enum": names}},
        "並べる順（- は降順）。指定がなければ ID の順",
        "Order; '-' for descending; by id without it",
    )


def _of_field(field: Field) -> Parameter:
    return Parameter(field.name, schema_of(field), f"{field.ja}が等しいもの", f"{field.en} equal to")


def schema_of(field: Field) -> dict[str, Any]:
    """The JSON Schema of one value of a field (of an item, where it is a list)."""
    kinds = {"date": ("string", "date"), "date-time": ("string", "date-time"), "string[]": ("string", None)}
    kind, form = kinds.get(field.type, (field.type, None))
    schema: dict[str, Any] = {"type": kind}
    if form:
        schema["format"] = form
    if field.values is not None:
        schema["enum"] = list(field.values)
    return schema


def properties_schema(collection: Collection, names: tuple[str, ...], language: str) -> dict[str, Any]:
    """JSON Schema `properties` of the named fields, with titles, units and roles."""
    return {
        field.name: _property_schema(collection, field, language) for field in collection.fields if field.name in names
    }


def _property_schema(collection: Collection, field: Field, language: str) -> dict[str, Any]:
    described: dict[str, Any] = {"title": field.label(language)}
    described |= schema_of(field) if field.type != "string[]" else {"type": "array", "items": {"type": "string"}}
    if field.note:
        described["description"] = field.note
    if field.unit:
        described |= {"x-ogc-unit": field.unit, "x-ogc-unitLang": "UCUM"}
    if field.name == collection.id_column:
        described["x-ogc-role"] = "id"
    elif field.name == collection.datetime_field:
        described["x-ogc-role"] = "primary-instant"
    if field.values is not None:
        place = 0 if language == "ja" else 1
        described["x-enum-titles"] = {code: labels[place] for code, labels in field.values.items()}
    return described
