"""Tile sets: their lists, metadata, TileJSON, and the tile matrix set they share."""

from typing import Any

from starlette.responses import Response

from app.geo import CRS84_URI, MAX_ZOOM
from app.ogc.answers import Link, document
from app.ogc.call import Call
from app.ogc.collections import Collection
from app.ogc.html import page
from app.ogc.links import OGC_REL, self_and_alternates
from app.ogc.negotiation import MVT, TILEJSON
from app.ogc.parameters import properties_schema
from app.ogc.reader import text
from app.ogc.sql import fill
from app.ogc.tiles import MERCATOR_EDGE_M, choose_collections, default_properties
from app.ogc.versions import versions_of
from app.problems import NOT_FOUND, Problem

TILE_PX = 256
SCREEN_PIXEL_M = 0.00028  # m, OGC's standardised rendering pixel
QUAD = "WebMercatorQuad"
QUAD_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
MERCATOR_URI = "http://www.opengis.net/def/crs/EPSG/0/3857"
TILING_REL = OGC_REL + "tiling-scheme"
TILE_TEMPLATE = "/{tileMatrix}/{tileRow}/{tileCol}"


async def tilesets(call: Call) -> Response:
    """The tile sets of a collection."""
    return await _list(call, call.collection.title(call.language), f"/collections/{call.collection.id}/tiles")


async def dataset_tilesets(call: Call) -> Response:
    """The tile sets of all collections together."""
    return await _list(call, _dataset_title(call), "/tiles")


async def _list(call: Call, title: str, path: str) -> Response:
    links = self_and_alternates(call)
    here = f"{path}/{QUAD}"
    entry = {
        "title": title,
        "dataType": "vector",
        "crs": MERCATOR_URI,
        "tileMatrixSetURI": QUAD_URI,
        "links": [
            Link(call.url(here), "self", "application/json").body(),
            Link(call.url(here, f="tilejson"), "describedby", TILEJSON.media_type).body(),
            Link(call.url(f"/tileMatrixSets/{QUAD}"), TILING_REL, "application/json").body(),
            _tile_link(call, here).body(),
        ],
    }
    content = {"links": [link.body() for link in links], "tilesets": [entry]}
    return page(call, "tilesets.html", content, links, title=title)


def _dataset_title(call: Call) -> str:
    return "すべてのコレクション" if call.language == "ja" else "All collections"


def _tile_link(call: Call, here: str) -> Link:
    return Link(f"{call.base_url}{here}{TILE_TEMPLATE}?f=mvt", "item", MVT.media_type, templated=True)


async def tileset(call: Call) -> Response:
    """One collection as vector tiles."""
    collection = call.collection
    return await _describe(call, [collection], collection.title(call.language), f"/collections/{collection.id}/tiles")


async def dataset_tileset(call: Call) -> Response:
    """Several collections as vector tiles, a layer each."""
    return await _describe(call, choose_collections(call), _dataset_title(call), "/tiles")


async def _describe(call: Call, collections: list[Collection], title: str, path: str) -> Response:
    here = f"{path}/{QUAD}"
    if call.format is TILEJSON:
        return await _tilejson(call, collections, title, here)
    links = [
        *self_and_alternates(call),
        Link(call.url(here, f="tilejson"), "describedby", TILEJSON.media_type),
        Link(call.url(f"/tileMatrixSets/{QUAD}"), TILING_REL, "application/json"),
        _tile_link(call, here),
    ]
    extent = _extent(collections)
    content = {
        "title": title,
        "dataType": "vector",
        "crs": MERCATOR_URI,
        "tileMatrixSetURI": QUAD_URI,
        "boundingBox": {"lowerLeft": extent[:2], "upperRight": extent[2:], "crs": CRS84_URI},
        "layers": [_layer(call, collection) for collection in collections],
        "links": [link.body() for link in links],
    }
    return page(call, "tileset.html", content, links)


def _extent(collections: list[Collection]) -> list[float]:
    wests, souths, easts, norths = zip(*(collection.extent for collection in collections), strict=True)
    return [min(wests), min(souths), max(easts), max(norths)]


def _layer(call: Call, collection: Collection) -> dict[str, Any]:
    dimensions = {"Point": 0, "MultiPoint": 0, "LineString": 1, "MultiLineString": 1, "Polygon": 2, "MultiPolygon": 2}
    layer: dict[str, Any] = {
        "id": collection.id,
        "title": collection.title(call.language),
        "description": collection.description(call.language),
        "dataType": "vector",
        "crs": MERCATOR_URI,
        "minTileMatrix": "0",
        "maxTileMatrix": str(MAX_ZOOM),
        "links": [
            Link(call.url(f"/collections/{collection.id}"), OGC_REL + "geodata", "application/json").body(),
            Link(call.url(f"/collections/{collection.id}/schema"), "describedby", "application/schema+json").body(),
        ],
        "propertiesSchema": {
            "type": "object",
            "properties": properties_schema(collection, default_properties(collection), call.language),
        },
    }
    if collection.geometry_type in dimensions:
        layer["geometryDimension"] = dimensions[collection.geometry_type]
    return layer


async def _tilejson(call: Call, collections: list[Collection], title: str, here: str) -> Response:
    """TileJSON 3.0, with the data version in the tiles' address so that browsers may keep them for good."""
    version = ""
    if all(collection.versioned for collection in collections):
        (versions,) = await call.publication.reader.row(fill("SELECT {}", versions_of(collections)))
        version = f"&v={text(versions)}"
    chosen = f"&collections={call.parameters['collections']}" if "collections" in call.parameters else ""
    west, south, east, north = _extent(collections)
    content = {
        "tilejson": "3.0.0",
        "name": title,
        "tiles": [f"{call.base_url}{here}/{{z}}/{{y}}/{{x}}?f=mvt{chosen}{version}"],
        "minzoom": 0,
        "maxzoom": 16,  # beyond, a client draws the tiles of 16 larger: positions to 15 cm
        "bounds": [west, south, east, north],
        "center": [139.75, 35.68, 10],
        "vector_layers": [
            {
                "id": collection.id,
                "description": collection.description(call.language),
                "minzoom": 0,
                "maxzoom": 16,
                "fields": _tilejson_fields(collection, call.language),
            }
            for collection in collections
        ],
    }
    return document(call, content)


def _tilejson_fields(collection: Collection, language: str) -> dict[str, str]:
    fields = {name: _label(collection, name, language) for name in default_properties(collection)}
    if collection.points_from_zoom:
        fields |= {"cluster": "true below zoom " + str(collection.points_from_zoom), "n": "features counted in a cell"}
    return fields


def _label(collection: Collection, name: str, language: str) -> str:
    field = collection.field(name)
    return field.label(language) if field else name


async def tile_matrix_sets(call: Call) -> Response:
    """The tile matrix sets tiles are cut by: one."""
    links = self_and_alternates(call)
    entry = {
        "id": QUAD,
        "title": "Google Maps Compatible for the World",
        "uri": QUAD_URI,
        "crs": MERCATOR_URI,
        "links": [Link(call.url(f"/tileMatrixSets/{QUAD}"), "self", "application/json").body()],
    }
    content = {"links": [link.body() for link in links], "tileMatrixSets": [entry]}
    return page(call, "tile_matrix_sets.html", content, links)


async def tile_matrix_set(call: Call) -> Response:
    """WebMercatorQuad. Raises Problem (404) for any other."""
    if call.place["tile_matrix_set_id"] != QUAD:
        raise Problem(NOT_FOUND, f"タイル行列は {QUAD} だけです。", f"The only tile matrix set is {QUAD}.")
    links = self_and_alternates(call)
    content = {
        "id": QUAD,
        "title": "Google Maps Compatible for the World",
        "uri": QUAD_URI,
        "crs": MERCATOR_URI,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_matrix(zoom) for zoom in range(MAX_ZOOM + 1)],
    }
    return page(call, "tile_matrix_set.html", content, links)


def _matrix(zoom: int) -> dict[str, Any]:
    cell_m = 2 * MERCATOR_EDGE_M / (TILE_PX << zoom)
    return {
        "id": str(zoom),
        "scaleDenominator": cell_m / SCREEN_PIXEL_M,
        "cellSize": cell_m,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-MERCATOR_EDGE_M, MERCATOR_EDGE_M],
        "tileWidth": TILE_PX,
        "tileHeight": TILE_PX,
        "matrixWidth": 1 << zoom,
        "matrixHeight": 1 << zoom,
    }
