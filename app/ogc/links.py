"""The links resources share."""

from app.ogc.answers import Link
from app.ogc.call import Call
from app.ogc.collections import Collection

OGC_REL = "http://www.opengis.net/def/rel/ogc/1.0/"


def self_and_alternates(call: Call, media_type: str = "application/json") -> list[Link]:
    """The links every resource has: to itself and to its other format."""
    as_json = Link(call.url(f="json"), "alternate", media_type)
    as_html = Link(call.url(f="html"), "alternate", "text/html")
    return [Link(call.url(), "self", call.format.media_type), as_json if call.format.name == "html" else as_html]


def collection_links(call: Call, collection: Collection) -> list[Link]:
    """What a collection leads to."""
    here = f"/collections/{collection.id}"
    return [
        Link(call.url(here + "/items"), "items", "application/geo+json"),
        Link(call.url(here + "/items", f="html"), "items", "text/html"),
        Link(call.url(here + "/schema/feature"), "describedby", "application/schema+json"),
        Link(call.url(here + "/schema"), OGC_REL + "schema", "application/schema+json"),
        queryables_link(call, collection),
        Link(call.url(here + "/tiles"), OGC_REL + "tilesets-vector", "application/json"),
    ]


def queryables_link(call: Call, collection: Collection) -> Link:
    """What may be asked of a collection."""
    return Link(call.url(f"/collections/{collection.id}/queryables"), OGC_REL + "queryables", "application/schema+json")
