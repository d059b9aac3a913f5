"""What is published: landing page, conformance, collections and their schemas."""

from typing import Any

from starlette.responses import Response

from app.fields import Field
from app.geo import CRS84_URI, SUPPORTED_CRS
from app.ogc.answers import Link, document
from app.ogc.call import Call
from app.ogc.collections import Collection
from app.ogc.conformance import CONFORMS_TO
from app.ogc.parameters import is_queryable, schema_of

TITLE = {"ja": "つながる OGC API", "en": "Tsunagaru OGC API"}
DESCRIPTION = {
    "ja": "公共アセット、基地局、公衆無線LAN、区市町村、人口メッシュを地物とベクトルタイルで公開します。",
    "en": "Public assets, base stations, public Wi-Fi, municipalities and population as features and vector tiles.",
}
OGC_REL = "http://www.opengis.net/def/rel/ogc/1.0/"


def self_and_alternates(call: Call, media_type: str = "application/json") -> list[Link]:
    """The links every resource has: to itself and to its other format."""
    as_json, as_html = (
        Link(call.url(f="json"), "alternate", media_type),
        Link(call.url(f="html"), "alternate", "text/html"),
    )
    other = as_json if call.format.name == "html" else as_html
    return [Link(call.url(), "self", call.format.media_type), other]


async def landing(call: Call) -> Response:
    """Where a client starts."""
    links = [
        *self_and_alternates(call),
        Link(call.url("/api"), "service-desc", "application/vnd.oai.openapi+json;version=3.0"),
        Link(call.url("/api", f="html"), "service-doc", "text/html"),
        Link(call.url("/conformance"), "conformance", "application/json"),
        Link(call.url("/collections"), "data", "application/json"),
        Link(call.url("/tiles"), OGC_REL + "tilesets-vector", "application/json"),
        Link(call.url("/tileMatrixSets"), OGC_REL + "tiling-schemes", "application/json"),
    ]
    content = {
        "title": TITLE[call.language],
        "description": DESCRIPTION[call.language],
        "links": [link.body() for link in links],
    }
    return document(call, content, links)


async def conformance(call: Call) -> Response:
    """What this service claims to do."""
    links = self_and_alternates(call)
    return document(call, {"conformsTo": CONFORMS_TO, "links": [link.body() for link in links]}, links)


async def collections(call: Call) -> Response:
    """Every collection."""
    links = self_and_alternates(call)
    content = {
        "links": [link.body() for link in links],
        "crs": [crs.uri for crs in SUPPORTED_CRS],
        "collections": [describe(call, collection) for collection in call.publication.collections.values()],
    }
    return document(call, content, links)


async def collection(call: Call) -> Response:
    """One collection."""
    links = [*self_and_alternates(call), *_collection_links(call, call.collection)]
    return document(call, describe(call, call.collection, links), links)


def describe(call: Call, collection: Collection, links: list[Link] | None = None) -> dict[str, Any]:
    """A collection as OGC API describes it."""
    japanese = call.language == "ja"
    if links is None:
        links = [Link(call.url(f"/collections/{collection.id}"), "self", "application/json")]
        links += _collection_links(call, collection)
    return {
        "id": collection.id,
        "title": collection.title_ja if japanese else collection.title_en,
        "description": collection.description_ja if japanese else collection.description_en,
        "itemType": "feature",
        "extent": {"spatial": {"bbox": [list(collection.extent)], "crs": CRS84_URI}},
        "crs": [crs.uri for crs in SUPPORTED_CRS],
        "storageCrs": CRS84_URI,
        "links": [link.body() for link in links],
    }


def _collection_links(call: Call, collection: Collection) -> list[Link]:
    here = f"/collections/{collection.id}"
    return [
        Link(call.url(here + "/items"), "items", "application/geo+json"),
        Link(call.url(here + "/items", f="html"), "items", "text/html"),
        Link(call.url(here + "/schema"), "describedby", "application/schema+json"),
        Link(call.url(here + "/schema"), OGC_REL + "schema", "application/schema+json"),
        Link(call.url(here + "/queryables"), OGC_REL + "queryables", "application/schema+json"),
        Link(call.url(here + "/tiles"), OGC_REL + "tilesets-vector", "application/json"),
    ]


async def schema(call: Call) -> Response:
    """The JSON Schema of a collection's features (Part 5)."""
    collection = call.collection
    properties = {field.name: _property(call, collection, field) for field in collection.fields}
    return _schema_document(call, collection, properties)


async def queryables(call: Call) -> Response:
    """The JSON Schema of what filters may use (Part 3)."""
    collection = call.collection
    properties = {field.name: _property(call, collection, field) for field in collection.fields}
    return _schema_document(call, collection, properties)


def _schema_document(call: Call, collection: Collection, properties: dict[str, Any]) -> Response:
    geometry = {
        "title": "位置・形" if call.language == "ja" else "Geometry",
        "x-ogc-role": "primary-geometry",
        "format": "geometry-" + ("any" if collection.geometry_type == "Geometry" else collection.geometry_type.lower()),
    }
    links = self_and_alternates(call, "application/schema+json")
    content = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": call.url(call.path),
        "type": "object",
        "title": collection.title_ja if call.language == "ja" else collection.title_en,
        "properties": {**properties, collection.geom_column: geometry},
        "additionalProperties": False,
    }
    return document(call, content, links)


def _property(call: Call, collection: Collection, field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {"title": field.label(call.language)}
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
        place = 0 if call.language == "ja" else 1
        described["x-enum-titles"] = {code: labels[place] for code, labels in field.values.items()}
    return described


QUERYABLE = is_queryable
