"""The operations of `/ogc`: one table, from which routes, checks and the API description follow."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from app.ogc import items, parameters, resources, styles, tiles, tilesets
from app.ogc.call import Call
from app.ogc.collections import Collection
from app.ogc.negotiation import GEOJSON, HTML, JSON, MVT, OPENAPI, SCHEMA, STYLE, TILEJSON, Format
from app.ogc.parameters import LANG, Parameter

ForCollection = Callable[[Collection], tuple[Parameter, ...]]


@dataclass(frozen=True, slots=True)
class Operation:
    """A GET operation below `/ogc`.

    `parameters` are those of every collection; `of_collection` adds the collection's own, for then the path is spelled
    out for each collection in the API description.
    """

    id: str
    path: str
    tag: str
    ja: str
    en: str
    formats: tuple[Format, ...]
    handler: Callable[[Call], Awaitable[Response]]
    answers: str  # schema of the JSON answer
    parameters: tuple[Parameter, ...] = ()
    of_collection: ForCollection | None = None


def _items_parameters(collection: Collection) -> tuple[Parameter, ...]:
    return (
        *parameters.paging(collection),
        parameters.CRS,
        parameters.properties(collection),
        *parameters.narrowing(collection),
    )


def _item_parameters(collection: Collection) -> tuple[Parameter, ...]:
    return (parameters.CRS, parameters.properties(collection))


def _tile_parameters(collection: Collection) -> tuple[Parameter, ...]:
    return (parameters.properties(collection), parameters.VERSION, *parameters.narrowing(collection))


_COLLECTION = "/collections/{collection_id}"
_TILE_SET = "/tiles/WebMercatorQuad"
_TILE = _TILE_SET + "/{tile_matrix}/{tile_row}/{tile_col}"

_MATRIX_SETS = "/tileMatrixSets"
_LINGUAL = (LANG,)

OPERATIONS: tuple[Operation, ...] = (
    # The busiest first: routes are tried in this order.
    Operation("getTile", _COLLECTION + _TILE, "Tiles", "コレクションのタイル", "A tile of a collection", (MVT,), tiles.tile, "", (), _tile_parameters),
    Operation("getFeatures", _COLLECTION + "/items", "Features", "地物を探す", "Search features", (GEOJSON, HTML), items.items, "featureCollection", _LINGUAL, _items_parameters),
    Operation("getFeature", _COLLECTION + "/items/{feature_id:path}", "Features", "地物ひとつ", "One feature", (GEOJSON, HTML), items.item, "feature", _LINGUAL, _item_parameters),
    Operation("getDatasetTile", _TILE, "Tiles", "複数コレクションのタイル", "A tile of several collections", (MVT,), tiles.dataset_tile, "", (parameters.COLLECTIONS, parameters.VERSION)),
    Operation("getLandingPage", "/", "Service", "入口", "Landing page", (JSON, HTML), resources.landing, "landingPage", _LINGUAL),
    Operation("getConformance", "/conformance", "Service", "適合クラス", "Conformance classes", (JSON, HTML), resources.conformance, "conformance", _LINGUAL),
    Operation("getApi", "/api", "Service", "この文書", "This document", (OPENAPI, HTML), resources.api, "api", _LINGUAL),
    Operation("getCollections", "/collections", "Collections", "コレクションの一覧", "Collections", (JSON, HTML), resources.collections, "collections", _LINGUAL),
    Operation("getCollection", _COLLECTION, "Collections", "コレクション", "A collection", (JSON, HTML), resources.collection, "collection", _LINGUAL),
    Operation("getSchema", _COLLECTION + "/schema", "Schemas", "地物の項目", "Schema of features", (SCHEMA, HTML), resources.schema, "schema", _LINGUAL),
    Operation("getFeatureSchema", _COLLECTION + "/schema/feature", "Schemas", "GeoJSON の地物の型", "Schema of a GeoJSON feature", (SCHEMA,), resources.feature_schema, "schema", _LINGUAL),
    Operation("getQueryables", _COLLECTION + "/queryables", "Schemas", "絞り込みに使える項目", "Queryables", (SCHEMA, HTML), resources.queryables, "schema", _LINGUAL),
    Operation("getTileSets", _COLLECTION + "/tiles", "Tiles", "コレクションのタイルセット", "Tile sets of a collection", (JSON, HTML), tilesets.tilesets, "tileSets", _LINGUAL),
    Operation("getTileSet", _COLLECTION + _TILE_SET, "Tiles", "コレクションのタイルセット（WebMercatorQuad）", "Tile set of a collection", (JSON, HTML, TILEJSON), tilesets.tileset, "tileSet", _LINGUAL),
    Operation("getTileXyz", _COLLECTION + "/tiles/{tile_matrix}/{tile_col}/{tile_row}.mvt", "Tiles", "コレクションのタイル（z/x/y の順）", "A tile of a collection, by z/x/y", (MVT,), tiles.tile, "", (), _tile_parameters),
    Operation("getTileJson", _COLLECTION + "/tiles/tilejson.json", "Tiles", "コレクションの TileJSON", "TileJSON of a collection", (TILEJSON,), tilesets.tileset, "tileSet", _LINGUAL),
    Operation("getStyle", _COLLECTION + "/tiles/style.json", "Tiles", "コレクションの地図スタイル（MapLibre）", "Map style of a collection (MapLibre)", (STYLE,), styles.style, "style", _LINGUAL),
    Operation("getDatasetTileSets", "/tiles", "Tiles", "全体のタイルセット", "Tile sets of all collections", (JSON, HTML), tilesets.dataset_tilesets, "tileSets", _LINGUAL),
    Operation("getDatasetTileSet", _TILE_SET, "Tiles", "全体のタイルセット（WebMercatorQuad）", "Tile set of all collections", (JSON, HTML, TILEJSON), tilesets.dataset_tileset, "tileSet", (LANG, parameters.COLLECTIONS)),
    Operation("getTileMatrixSets", _MATRIX_SETS, "Tiles", "タイル行列セットの一覧", "Tile matrix sets", (JSON, HTML), tilesets.tile_matrix_sets, "tileMatrixSets", _LINGUAL),
    Operation("getTileMatrixSet", _MATRIX_SETS + "/{tile_matrix_set_id}", "Tiles", "タイル行列セット", "A tile matrix set", (JSON, HTML), tilesets.tile_matrix_set, "tileMatrixSet", _LINGUAL),
)  # fmt: skip
