"""JSON Schemas of the answers, for the API description."""

from typing import Any

_TEXT = {"type": "string"}
_URI = {"type": "string", "format": "uri-reference"}
_LINKS = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
_POSITION = {"type": "array", "items": {"type": "number"}, "minItems": 2}
_ANY_OBJECT = {"type": "object", "additionalProperties": True}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list_of(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _reference(name)}


SCHEMAS: dict[str, Any] = {
    "link": _object("href rel", href=_TEXT, rel=_TEXT, type=_TEXT, title=_TEXT, templated={"type": "boolean"}),
    "landingPage": _object("title description links", title=_TEXT, description=_TEXT, links=_LINKS),
    "conformance": _object("conformsTo links", conformsTo={"type": "array", "items": _URI}, links=_LINKS),
    "extent": _object(
        "spatial",
        spatial=_object(
            "bbox crs",
            bbox={
                "type": "array",
                "minItems": 1,
                "items": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
            },
            crs=_URI,
        ),
    ),
    "collection": _object(
        "id title description itemType extent crs links",
        id=_TEXT,
        title=_TEXT,
        description=_TEXT,
        itemType={"const": "feature", "type": "string"},
        extent=_reference("extent"),
        crs={"type": "array", "items": _URI},
        storageCrs=_URI,
        links=_LINKS,
    ),
    "collections": _object(
        "links collections", links=_LINKS, crs={"type": "array", "items": _URI}, collections=_list_of("collection")
    ),
    "geometry": _object(
        "type",
        type={
            "type": "string",
            "enum": [
                "Point",
                "MultiPoint",
                "LineString",
                "MultiLineString",
                "Polygon",
                "MultiPolygon",
                "GeometryCollection",
            ],
        },
        coordinates={"type": "array", "items": {}},
        geometries={"type": "array", "items": _ANY_OBJECT},
    ),
    "feature": {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "const": "Feature"},
            "id": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            "geometry": _reference("geometry"),
            "properties": _ANY_OBJECT,
            "links": _LINKS,
        },
    },
    "featureCollection": _object(
        "type links numberReturned features",
        type={"type": "string", "const": "FeatureCollection"},
        links=_LINKS,
        numberMatched={"type": "integer", "minimum": 0},
        numberReturned={"type": "integer", "minimum": 0},
        features=_list_of("feature"),
    ),
    "schema": {
        "type": "object",
        "required": ["$schema", "$id", "type", "title", "properties"],
        "properties": {
            "$schema": _TEXT,
            "$id": _TEXT,
            "type": {"type": "string", "const": "object"},
            "title": _TEXT,
            "properties": _ANY_OBJECT,
            "additionalProperties": {"type": "boolean"},
        },
    },
    "tileSet": _object(
        "title dataType crs tileMatrixSetURI links",
        title=_TEXT,
        dataType={"type": "string", "const": "vector"},
        crs=_URI,
        tileMatrixSetURI=_URI,
        boundingBox=_object("lowerLeft upperRight", lowerLeft=_POSITION, upperRight=_POSITION, crs=_URI),
        layers={"type": "array", "items": _ANY_OBJECT},
        links=_LINKS,
    ),
    "tileSets": _object("links tilesets", links=_LINKS, tilesets=_list_of("tileSet")),
    "tileMatrixSets": _object(
        "links tileMatrixSets", links=_LINKS, tileMatrixSets={"type": "array", "items": _ANY_OBJECT}
    ),
    "tileMatrixSet": _object(
        "id crs tileMatrices",
        id=_TEXT,
        title=_TEXT,
        uri=_URI,
        crs=_URI,
        orderedAxes={"type": "array", "items": _TEXT},
        wellKnownScaleSet=_URI,
        tileMatrices={"type": "array", "items": _ANY_OBJECT},
    ),
    "tileJson": _object(
        "tilejson tiles vector_layers",
        tilejson={"type": "string", "const": "3.0.0"},
        name=_TEXT,
        tiles={"type": "array", "items": _TEXT},
        minzoom={"type": "integer"},
        maxzoom={"type": "integer"},
        bounds={"type": "array", "items": {"type": "number"}},
        center={"type": "array", "items": {"type": "number"}},
        vector_layers={"type": "array", "items": _ANY_OBJECT},
    ),
    "style": _object(
        "version sources layers",
        version={"type": "integer", "const": 8},
        name=_TEXT,
        sources=_ANY_OBJECT,
        layers={"type": "array", "items": _ANY_OBJECT},
    ),
    "api": _ANY_OBJECT,
    "problem": _object(
        "type title status detail trace_id",
        type=_URI,
        title=_TEXT,
        status={"type": "integer"},
        detail=_TEXT,
        trace_id=_TEXT,
        errors={"type": "array", "items": _ANY_OBJECT},
    ),
}
