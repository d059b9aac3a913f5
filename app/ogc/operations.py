"""The operations of `/ogc`: one table, from which routes, checks and the API description follow."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from app.ogc import items, parameters, resources, tiles
from app.ogc.call import Call
from app.ogc.collections import Collection
from app.ogc.negotiation import GEOJSON, HTML, JSON, MVT, SCHEMA, Format
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
    parameters: tuple[Parameter, ...] = ()
    of_collection: ForCollection | None = None


def _items_parameters(collection: Collection) -> tuple[Parameter, ...]:
    return (
        *parameters.paging(collection),
        parameters.CRS,
        parameters.properties(collection),
        *parameters.narrowing(collection),
    )


def _tile_parameters(collection: Collection) -> tuple[Parameter, ...]:
    return (parameters.properties(collection), parameters.VERSION, *parameters.narrowing(collection))


_COLLECTION = "/collections/{collection_id}"
_TILE = "/tiles/WebMercatorQuad/{tile_matrix}/{tile_row}/{tile_col}"

OPERATIONS: tuple[Operation, ...] = (
    Operation("getTile", _COLLECTION + _TILE, "Tiles", "コレクションのタイル", "A tile of a collection", (MVT,), tiles.tile, of_collection=_tile_parameters),
    Operation("getFeatures", _COLLECTION + "/items", "Features", "地物を探す", "Search features", (GEOJSON, HTML), items.items, (LANG,), _items_parameters),
    Operation("getFeature", _COLLECTION + "/items/{feature_id:path}", "Features", "地物ひとつ", "One feature", (GEOJSON, HTML), items.item, (LANG, parameters.CRS)),
    Operation("getDatasetTile", _TILE, "Tiles", "複数コレクションのタイル", "A tile of several collections", (MVT,), tiles.dataset_tile, (parameters.COLLECTIONS, parameters.VERSION)),
    Operation("getLandingPage", "", "Service", "入口", "Landing page", (JSON, HTML), resources.landing, (LANG,)),
    Operation("getConformance", "/conformance", "Service", "適合クラス", "Conformance classes", (JSON, HTML), resources.conformance, (LANG,)),
    Operation("getCollections", "/collections", "Collections", "コレクションの一覧", "Collections", (JSON, HTML), resources.collections, (LANG,)),
    Operation("getCollection", _COLLECTION, "Collections", "コレクション", "A collection", (JSON, HTML), resources.collection, (LANG,)),
    Operation("getSchema", _COLLECTION + "/schema", "Schemas", "地物のスキーマ", "Schema of features", (SCHEMA, HTML), resources.schema, (LANG,)),
    Operation("getQueryables", _COLLECTION + "/queryables", "Schemas", "絞り込みに使える項目", "Queryables", (SCHEMA, HTML), resources.queryables, (LANG,)),
)  # fmt: skip
