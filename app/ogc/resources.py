"""What is published: landing page, conformance, collections and their schemas."""

from typing import Any

from starlette.responses import Response

from app.geo import CRS84_URI, SUPPORTED_CRS
from app.ogc.answers import Link, document
from app.ogc.call import Call
from app.ogc.collections import Collection
from app.ogc.conformance import CONFORMS_TO
from app.ogc.html import page
from app.ogc.links import OGC_REL, collection_links, self_and_alternates
from app.ogc.negotiation import OPENAPI
from app.ogc.parameters import properties_schema

TITLE = {"ja": "つながる OGC API", "en": "Tsunagaru OGC API"}
DESCRIPTION = {
    "ja": "公共アセット、基地局、公衆無線LAN、区市町村、人口メッシュを地物とベクトルタイルで公開します。",
    "en": "Public assets, base stations, public Wi-Fi, municipalities and population as features and vector tiles.",
}
SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


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
    return page(call, "landing.html", content, links)


async def conformance(call: Call) -> Response:
    """What this service claims to do."""
    links = self_and_alternates(call)
    content = {"conformsTo": CONFORMS_TO, "links": [link.body() for link in links]}
    return page(call, "conformance.html", content, links)


async def collections(call: Call) -> Response:
    """Every collection."""
    links = self_and_alternates(call)
    content = {
        "links": [link.body() for link in links],
        "crs": [crs.uri for crs in SUPPORTED_CRS],
        "collections": [describe(call, collection) for collection in call.publication.collections.values()],
    }
    return page(call, "collections.html", content, links)


async def collection(call: Call) -> Response:
    """One collection."""
    links = [*self_and_alternates(call), *collection_links(call, call.collection)]
    return page(call, "collection.html", describe(call, call.collection, links), links)


def describe(call: Call, collection: Collection, links: list[Link] | None = None) -> dict[str, Any]:
    """A collection as OGC API describes it."""
    if links is None:
        links = [Link(call.url(f"/collections/{collection.id}"), "self", "application/json")]
        links += collection_links(call, collection)
    return {
        "id": collection.id,
        "title": collection.title(call.language),
        "description": collection.description(call.language),
        "itemType": "feature",
        "extent": {"spatial": {"bbox": [list(collection.extent)], "crs": CRS84_URI}},
        "crs": [crs.uri for crs in SUPPORTED_CRS],
        **_storage(collection),
        "links": [link.body() for link in links],
    }


def _storage(collection: Collection) -> dict[str, str]:
    """The CRS that needs no transformation, where it is one that clients can ask for."""
    stored = next((crs.uri for crs in SUPPORTED_CRS if crs.srid == collection.srid), None)
    return {"storageCrs": stored} if stored else {}


async def schema(call: Call) -> Response:
    """The JSON Schema of a collection's features (Part 5)."""
    return _schema_document(call)


async def feature_schema(call: Call) -> Response:
    """The JSON Schema of one GeoJSON feature; clients that cannot wait to see every row take the types from it."""
    collection = call.collection
    names = tuple(field.name for field in collection.fields)
    content = {
        "$schema": SCHEMA_DIALECT,
        "$id": call.url(call.path),
        "type": "object",
        "title": collection.title(call.language),
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "const": "Feature"},
            "id": {"type": ["string", "integer"]},
            "geometry": {"type": "object"},
            "properties": {"type": "object", "properties": properties_schema(collection, names, call.language)},
        },
    }
    return document(call, content, [Link(call.url(), "self", "application/schema+json")])


async def queryables(call: Call) -> Response:
    """The JSON Schema of what filters may use (Part 3): every property and the geometry."""
    return _schema_document(call)


def _schema_document(call: Call) -> Response:
    collection = call.collection
    names = tuple(field.name for field in collection.fields)
    geometry = {
        "title": "位置・形" if call.language == "ja" else "Geometry",
        "x-ogc-role": "primary-geometry",
        "format": "geometry-" + ("any" if collection.geometry_type == "Geometry" else collection.geometry_type.lower()),
    }
    links = self_and_alternates(call, "application/schema+json")
    content = {
        "$schema": SCHEMA_DIALECT,
        "$id": call.url(call.path),
        "type": "object",
        "title": collection.title(call.language),
        "properties": {**properties_schema(collection, names, call.language), collection.geom_column: geometry},
        "additionalProperties": False,
    }
    return page(call, "schema.html", content, links, collection=collection)


async def api(call: Call) -> Response:
    """This service as OpenAPI 3.0."""
    content = {**call.publication.api[call.language], "servers": [{"url": call.base_url}]}
    return page(call, "api.html", content, self_and_alternates(call, OPENAPI.media_type))
