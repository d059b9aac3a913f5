"""Features, as GeoJSON that PostgreSQL wrote, or as a page."""

from dataclasses import replace
from typing import Any

import orjson
from starlette.responses import Response

from app.ogc.answers import Link, answer, document, etag, identity, known_version, not_modified
from app.ogc.call import Call
from app.ogc.cursor import Cursor, write_cursor
from app.ogc.features import item_statement, page_statement, read_matched
from app.ogc.html import rendered
from app.ogc.links import queryables_link, self_and_alternates
from app.ogc.negotiation import HTML
from app.ogc.parameters import MAX_PAGE_ROWS
from app.ogc.query import Page, read_crs, read_page, read_properties
from app.ogc.reader import text
from app.ogc.versions import held_version
from app.problems import BAD_FILTER, NOT_FOUND, Problem

GEOJSON_TYPE = "application/geo+json"


async def items(call: Call) -> Response:
    """A page of features."""
    collection = call.collection
    page = read_page(collection, call.parameters)
    if call.format is HTML:
        page = replace(page, limit=min(page.limit, MAX_PAGE_ROWS))
    representation = identity(call)
    if held := await held_version(call, [collection], representation):
        return not_modified(call, etag(held, representation))
    rows = await call.publication.reader.rows(page_statement(collection, page))
    version = text(rows.value(0, 0))
    features, matched = rows.values(1, page.limit), read_matched(page, rows)
    following = None
    if len(rows) > page.limit:
        following = _following(call, page, version, text(rows.value(page.limit - 1, 2)), matched)
    links = _items_links(call, following)
    head: dict[str, Any] = {"type": "FeatureCollection", "links": [link.body() for link in links]}
    if matched is not None:
        head["numberMatched"] = matched
    head["numberReturned"] = len(features)
    call.headers["Content-Crs"] = f"<{page.crs.uri}>"
    body = b"".join((orjson.dumps(head)[:-1], b',"features":[', b",".join(features), b"]}"))
    if call.format is HTML:
        body = _items_page(call, orjson.loads(body), following)
    if not collection.versioned:
        return document(call, body, links)
    return answer(call, body, etag(version, representation), links=links)


def _items_page(call: Call, content: dict[str, Any], following: str | None) -> bytes:
    """The features as a table of the columns that say something here."""
    collection = call.collection
    told = {
        name for feature in content["features"] for name, value in feature["properties"].items() if value is not None
    }
    shown = [field for field in collection.fields if field.name in told - {collection.id_column}]
    return rendered(call, "items.html", content, collection=collection, shown=shown, following=following)


def _following(call: Call, page: Page, version: str, last_id: str, matched: int | None) -> str:
    """The address of the next page."""
    place = Cursor(offset=page.start.offset + page.limit) if page.order else Cursor(after=last_id)
    place = replace(place, version=version, matched=matched)
    cursor = write_cursor(place, call.collection.id, call.parameters.get("sortby", ""))
    return call.url(offset=None, cursor=cursor)


def _items_links(call: Call, following: str | None) -> list[Link]:
    links = self_and_alternates(call, GEOJSON_TYPE)
    links.append(Link(call.url(f"/collections/{call.collection.id}"), "collection", "application/json"))
    links.append(queryables_link(call, call.collection))
    if following:
        links.append(Link(following, "next", call.format.media_type))
    return links


async def item(call: Call) -> Response:
    """One feature."""
    collection, feature_id = call.collection, call.place["feature_id"]
    crs = read_crs("crs", call.parameters.get("crs"))
    properties = read_properties(collection, call.parameters.get("properties"))
    representation = identity(call)
    try:
        row = await call.publication.reader.row(item_statement(collection, feature_id, crs, properties))
    except Problem as problem:
        if problem.kind is BAD_FILTER:  # an id of a form that no id of this collection has
            raise _no_feature(call) from None
        raise
    version, feature = text(row[0]), row[1]
    if feature is None:
        raise _no_feature(call)
    links = self_and_alternates(call, GEOJSON_TYPE)
    links.append(Link(call.url(f"/collections/{collection.id}"), "collection", "application/json"))
    call.headers["Content-Crs"] = f"<{crs.uri}>"
    body = b"".join((feature[:-1], b',"links":', orjson.dumps([link.body() for link in links]), b"}"))
    if call.format is HTML:
        body = rendered(call, "item.html", orjson.loads(body), collection=collection)
    if not collection.versioned:
        return document(call, body, links)
    tag = etag(version, representation)
    if known_version(call, representation) == version:
        return not_modified(call, tag)
    return answer(call, body, tag, links=links)


def _no_feature(call: Call) -> Problem:
    shown = call.place["feature_id"][:60].replace("\0", "�")
    return Problem(
        NOT_FOUND,
        f"{call.collection.title_ja}に「{shown}」はありません。items で探してください。",
        f"There is no {shown!r} in {call.collection.id}; look for it by items.",
    )
