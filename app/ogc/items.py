"""Features: one statement whose result is the answer's bytes."""

from dataclasses import replace

import orjson
from psycopg import errors
from starlette.responses import Response

from app.geo import CRS84, Crs
from app.ogc.answers import Link, answer, document, etag, identity, known_version, not_modified
from app.ogc.call import Call
from app.ogc.collections import Collection
from app.ogc.cursor import START, Cursor, write_cursor
from app.ogc.query import Page, read_crs, read_page, read_properties
from app.ogc.reader import number, text
from app.ogc.sql import Sql, fill, joined, quoted
from app.problems import NOT_FOUND, Problem

COUNTED_UP_TO = 50_000  # features; a larger match is not counted


async def items(call: Call) -> Response:
    """A page of features, in one snapshot with their version, number and the next page's cursor."""
    collection = call.collection
    page = read_page(collection, call.parameters)
    representation = identity(call)
    known = known_version(call, representation) if collection.versioned else None
    row = await call.publication.reader.row(page_statement(collection, page, known))
    version, features, last_id, found, matched = row
    tag = etag(text(version), representation)
    if known is not None and known == text(version):
        return not_modified(tag)
    returned = min(number(found), page.limit)
    total = number(matched) if matched is not None and number(matched) <= COUNTED_UP_TO else None
    following = None
    if number(found) > page.limit:
        position = Cursor(after=text(last_id)) if not page.order else Cursor(offset=page.start.offset + page.limit)
        position = replace(position, version=text(version), matched=total)
        following = write_cursor(position, collection.id, call.parameters.get("sortby", ""))
    links = _links(call, collection, following)
    head = {"type": "FeatureCollection", "links": [link.body() for link in links]}
    if total is not None:
        head["numberMatched"] = total
    head["numberReturned"] = returned
    call.headers["Content-Crs"] = f"<{page.crs.uri}>"
    body = b"".join((orjson.dumps(head)[:-1], b',"features":[', features or b"", b"]}"))
    return answer(call, body, tag, links=links)


def _links(call: Call, collection: Collection, following: str | None) -> list[Link]:
    links = [
        Link(call.url(), "self", call.format.media_type),
        Link(call.url(f="html"), "alternate", "text/html"),
        Link(call.url(f"/collections/{collection.id}"), "collection", "application/json"),
    ]
    if following:
        links.append(Link(call.url(offset=None, cursor=following), "next", call.format.media_type))
    return links


def version_of(collection: Collection) -> Sql:
    """The collection's data version as text."""
    if not collection.versioned:
        return Sql("''::text")
    return Sql("coalesce((SELECT version FROM public.data_version WHERE collection = %s), 0)::text", (collection.id,))


def page_statement(collection: Collection, page: Page, known: str | None) -> Sql:
    """version, features, id of the last one, how many (one more than the limit if there is a next page), matched."""
    conditions = list(page.where)
    if known is not None:
        # The client holds this version's page: a gate the planner evaluates once, before any row is read.
        conditions.append(fill("{} <> {}", version_of(collection), Sql("%s", (known,))))
    limit = Sql("%s", (page.limit,))
    return fill(
        "SELECT {}, string_agg(feature, ',') FILTER (WHERE place <= {}), max(id::text) FILTER (WHERE place = {}),"
        " count(*), {} FROM (SELECT *, row_number() OVER () AS place FROM ({}) page) placed",
        version_of(collection),
        limit,
        limit,
        _matched(collection, page, conditions),
        _features(collection, page, conditions),
    )


def _matched(collection: Collection, page: Page, conditions: list[Sql]) -> Sql:
    relation = Sql(collection.relation)
    if not conditions and collection.clusters:
        counted = Sql(f"(SELECT sum(building + land + structure) FROM {collection.clusters} WHERE level = 3)")
    else:
        counted = fill(
            "(SELECT count(*) FROM (SELECT FROM {}{} LIMIT %s) counted)", relation, _where(conditions)
        ) + Sql("", (COUNTED_UP_TO + 1,))
    start = page.start
    if start.matched is None:
        return counted
    return fill(
        "CASE WHEN {} = {} THEN {} ELSE {} END", version_of(collection), *_bound(start.version, start.matched), counted
    )


def _bound(*values: object) -> tuple[Sql, ...]:
    return tuple(Sql("%s", (value,)) for value in values)


def _where(conditions: list[Sql]) -> Sql:
    return fill(" WHERE {}", joined(" AND ", conditions)) if conditions else Sql("")


def _features(collection: Collection, page: Page, conditions: list[Sql]) -> Sql:
    """Rows of id and feature (GeoJSON text), one more than the limit, in order."""
    id_column = quoted(collection.id_column)
    if page.start.after is not None:
        conditions = [*conditions, Sql(f"{id_column} > %s", (page.start.after,))]
    keys = [f"{quoted(name)} {'DESC' if down else 'ASC'} NULLS LAST" for name, down in page.order]
    tail = Sql(f" ORDER BY {', '.join([*keys, id_column])} LIMIT %s", (page.limit + 1,))
    if page.start.offset:
        tail += Sql(" OFFSET %s", (page.start.offset,))
    where = _where(conditions) + tail
    if collection.feature_column and page.crs is CRS84 and page.properties is None:
        return fill(
            "SELECT {} AS id, {} AS feature FROM {}{}",
            Sql(id_column), Sql(quoted(collection.feature_column)), Sql(collection.relation), where,
        )  # fmt: skip
    rows = fill("SELECT * FROM {}{}", Sql(collection.relation), where)
    return fill("SELECT t.{} AS id, {} AS feature FROM ({}) t, LATERAL (SELECT {}) r",
        Sql(id_column), _rendered(id_column, page.crs), rows, _columns(collection, page.crs, page.properties))  # fmt: skip


def _columns(collection: Collection, crs: Crs, properties: tuple[str, ...] | None) -> Sql:
    names = [field.name for field in collection.fields] if properties is None else list(properties)
    return Sql(", ".join([*("t." + quoted(name) for name in names), _geometry(collection, crs) + ' AS "_geom"']))


def _geometry(collection: Collection, crs: Crs) -> str:
    geom = "t." + quoted(collection.geom_column)
    if "Point" not in collection.geometry_type:
        geom = f"ST_ForcePolygonCCW({geom})"
    if crs.srid != collection.srid:
        geom = f"ST_Transform({geom}, {crs.srid})"
    if crs.northing_first:
        geom = f"ST_FlipCoordinates({geom})"
    return f"ST_SetSRID({geom}, 0)"  # else ST_AsGeoJSON writes a `crs` member, which RFC 7946 took out


def _rendered(id_column: str, crs: Crs) -> Sql:
    # ST_AsGeoJSON of a row starts '{"type": "Feature", "geometry": …' and has no place for the id.
    start = f"""'{{"type": "Feature", "id": ' || to_json(t.{id_column})"""
    return Sql(f"{start} || ',' || substr(ST_AsGeoJSON(r, '_geom', {crs.decimals}), 20)")


async def item(call: Call) -> Response:
    """One feature."""
    collection = call.collection
    crs = read_crs("crs", call.parameters.get("crs"))
    properties = read_properties(collection, call.parameters.get("properties"))
    representation = identity(call)
    statement = item_statement(collection, call.place["feature_id"], crs, properties)
    try:
        version, feature = await call.publication.reader.row(statement)
    except errors.DataError:  # an id of a form this collection's ids do not have
        version, feature = None, None
    if feature is None:
        raise _no_feature(collection, call.place["feature_id"])
    links = [
        Link(call.url(), "self", call.format.media_type),
        Link(call.url(f="html"), "alternate", "text/html"),
        Link(call.url(f"/collections/{collection.id}"), "collection", "application/json"),
    ]
    call.headers["Content-Crs"] = f"<{crs.uri}>"
    body = feature[:-1] + b',"links":' + orjson.dumps([link.body() for link in links]) + b"}"
    if not collection.versioned:
        return document(call, body, links)
    tag = etag(text(version), representation)
    if known_version(call, representation) == text(version):
        return not_modified(tag)
    return answer(call, body, tag, links=links)


def item_statement(collection: Collection, feature_id: str, crs: Crs, properties: tuple[str, ...] | None) -> Sql:
    """version and feature (GeoJSON text)."""
    here = Sql(f"{quoted(collection.id_column)} = %s", (feature_id,))
    page = Page((here,), (), START, 1, crs, properties)
    feature = fill("(SELECT feature FROM ({}) one LIMIT 1)", _features(collection, page, [here]))
    return fill("SELECT {}, {}", version_of(collection), feature)


def _no_feature(collection: Collection, feature_id: str) -> Problem:
    shown = feature_id[:60]
    return Problem(
        NOT_FOUND,
        f"{collection.title_ja}に「{shown}」はありません。items で探してください。",
        f"There is no {shown!r} in {collection.id}; look for it by items.",
    )
