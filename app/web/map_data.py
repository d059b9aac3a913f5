"""What the map page carries along: labels of fields, municipalities, credits, the base map."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from app.config import Settings
from app.fields import Field
from app.ogc.collections import BUILT_IN
from app.web.messages import APPLICATION_MESSAGES, MAP_MESSAGES, Language

REGIONS = ("ward", "tama", "island")


@dataclass(frozen=True)
class Town:
    """A municipality with the point its name is written at (degrees, EPSG:4326)."""

    code: str
    name: str
    name_en: str
    region: str
    lon: float
    lat: float


@dataclass(frozen=True)
class Source:
    """A source of data as people are told of it; `rows` counts its entries in force."""

    source_id: str
    title_ja: str
    title_en: str
    publisher: str
    url: str | None
    licence: str
    licence_url: str | None
    credit: str
    as_of: date | None
    is_sample: bool
    loaded_at: datetime | None
    rows: int


async def list_towns(connection: AsyncConnection[Any]) -> list[Town]:
    """All municipalities by code."""
    async with connection.cursor(row_factory=class_row(Town)) as cursor:
        await cursor.execute(
            """
            SELECT municipality_code AS code, name, name_en, region,
              round(ST_X(p)::numeric, 5)::float8 AS lon, round(ST_Y(p)::numeric, 5)::float8 AS lat
            FROM (SELECT *, ST_PointOnSurface(geom) AS p FROM ogc.municipalities) placed ORDER BY municipality_code
            """
        )
        return await cursor.fetchall()


async def list_sources(connection: AsyncConnection[Any]) -> list[Source]:
    """Every source with entries or a load, real ones first."""
    async with connection.cursor(row_factory=class_row(Source)) as cursor:
        await cursor.execute(
            """
            SELECT s.source_id, title_ja, title_en, publisher, url, licence, licence_url, credit, as_of, is_sample,
              loaded_at, coalesce(sum(n), 0)::integer AS rows
            FROM public.data_source s LEFT JOIN ogc.source_counts counted USING (source_id)
            GROUP BY s.source_id ORDER BY is_sample, s.source_id
            """
        )
        return await cursor.fetchall()


async def list_credits(connection: AsyncConnection[Any]) -> dict[str, list[str]]:
    """Credit lines by collection, as its map layer shows them."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            """
            SELECT collection, array_agg(DISTINCT credit ORDER BY credit) AS credits
            FROM ogc.source_counts counted JOIN public.data_source USING (source_id) GROUP BY collection
            """
        )
        return {row["collection"]: row["credits"] for row in await cursor.fetchall()}


def describe_fields(language: Language) -> dict[str, list[dict[str, Any]]]:
    """Fields by collection with label, type, unit, and the word for each code."""
    return {collection.id: [_describe(field, language) for field in collection.fields] for collection in BUILT_IN}


def _describe(field: Field, language: Language) -> dict[str, Any]:
    described: dict[str, Any] = {"name": field.name, "type": field.type, "label": field.label(language)}
    if field.unit:
        described["unit"] = field.unit
    if field.values:
        described["values"] = {code: words[language == "en"] for code, words in field.values.items()}
    return described


def _choosing_words(language: Language) -> dict[str, str]:
    words = APPLICATION_MESSAGES[language].items()
    return {key: said for key, said in words if key.startswith("select.")}


def page_data(
    language: Language, settings: Settings, towns: list[Town], credits: dict[str, list[str]]
) -> dict[str, Any]:
    """What the page's scripts read from the page itself."""
    basemap = {"url": settings.basemap_url, "attribution": settings.basemap_attribution}
    return {
        "language": language,
        "messages": MAP_MESSAGES[language] | _choosing_words(language),
        "fields": describe_fields(language),
        "municipalities": [vars(town) for town in towns],
        "credits": credits,
        "basemap": basemap if settings.basemap_url else None,
    }
