"""Vector tiles: one statement whose result is the tile."""

import math
import re
from dataclasses import dataclass
from hashlib import blake2b

from starlette.responses import Response

from app.geo import MAX_ZOOM, Bbox, TileCoord
from app.ogc.answers import FRESH, IMMUTABLE, answer, etag, identity, known_version, not_modified
from app.ogc.call import Call, bad_parameter
from app.ogc.collections import Collection
from app.ogc.mesh_tiles import mesh_rows
from app.ogc.parameters import VERSION
from app.ogc.query import read_conditions, read_properties
from app.ogc.reader import text
from app.ogc.sql import Sql, fill, joined, quoted
from app.ogc.versions import held_version, versions_of

EXTENT = 4096  # tile units along an edge
BUFFER = 64  # tile units drawn beyond each edge
SLIM_BELOW_ZOOM = 12
CELL_LEVELS = 3  # clusters are cells of 1/8 tile: level = zoom + 3
MERCATOR_EDGE_M = 20037508.342789244


@dataclass(frozen=True, slots=True)
class Layer:
    """What one collection puts into a tile."""

    collection: Collection
    conditions: tuple[Sql, ...]
    properties: tuple[str, ...]


async def tile(call: Call) -> Response:
    """A tile of one collection."""
    collection = call.collection
    properties = read_properties(collection, call.parameters.get("properties"))
    properties = properties or default_properties(collection, _place(call).z)
    layer = Layer(collection, read_conditions(collection, call.parameters), properties)
    return await _tile(call, [layer])


async def dataset_tile(call: Call) -> Response:
    """A tile of several collections, a layer each."""
    zoom = _place(call).z
    layers = [Layer(collection, (), default_properties(collection, zoom)) for collection in choose_collections(call)]
    return await _tile(call, layers)


def choose_collections(call: Call) -> list[Collection]:
    """The collections that `collections` names; all without it. Raises Problem (400)."""
    published = call.publication.collections
    names = call.parameters.get("collections")
    if names is None:
        return [collection for collection in published.values() if collection.in_dataset]
    wanted = dict.fromkeys(name.strip() for name in names.split(","))
    unknown = [name for name in wanted if name not in published]
    if unknown:
        known = ", ".join(published)
        raise bad_parameter(
            "collections",
            f"「{unknown[0][:60]}」というコレクションはありません。あるのは {known} です。",
            f"There is no collection {unknown[0][:60]!r}; there are {known}.",
        )
    return [published[name] for name in wanted]


def default_properties(collection: Collection, zoom: int = MAX_ZOOM) -> tuple[str, ...]:
    """What features of a collection carry in tiles of a zoom when nothing is asked for."""
    if zoom < SLIM_BELOW_ZOOM and collection.slim_tile_fields is not None:
        return collection.slim_tile_fields
    return collection.tile_fields or tuple(field.name for field in collection.fields)


async def _tile(call: Call, layers: list[Layer]) -> Response:
    place, asked_version = _place(call), _asked_version(call)
    representation = identity(call)
    collections = [layer.collection for layer in layers]
    held = await held_version(call, collections, representation)
    if held is not None:
        return not_modified(call, etag(held, representation), _cache(held, asked_version))
    row = await call.publication.reader.row(tile_statement(place, layers))
    version, body = text(row[0]), row[1] or b""
    if not all(collection.versioned for collection in collections):
        version, asked_version = _hash(body), None
        if known_version(call, representation) == version:
            return not_modified(call, etag(version, representation))
    tag, cache = etag(version, representation), _cache(version, asked_version)
    if not body:
        return answer(call, b"", tag, cache=cache, status=204)
    return answer(call, body, tag, cache=cache)


def _cache(version: str, asked_version: str | None) -> str:
    return IMMUTABLE if asked_version == version else FRESH


def _asked_version(call: Call) -> str | None:
    asked = call.parameters.get("v")
    if asked is not None and not re.fullmatch(VERSION.schema["pattern"], asked):
        raise bad_parameter(
            "v", "v には TileJSON にある版の数字を書いてください。", "v takes the version a TileJSON has."
        )
    return asked


def _hash(body: bytes) -> str:
    return blake2b(body, digest_size=8).hexdigest()


def _place(call: Call) -> TileCoord:
    names = ("tile_matrix", "tile_col", "tile_row")
    try:
        z, x, y = (int(call.place[name]) if call.place[name].isdecimal() else -1 for name in names)
    except ValueError:
        z, x, y = -1, -1, -1
    return TileCoord(z, x, y)


def tile_statement(place: TileCoord, layers: list[Layer]) -> Sql:
    """The data versions (one text) and the tile."""
    tile = joined(" || ", [fill("({})", _layer(place, layer)) for layer in layers])
    return fill("SELECT {}, {}", versions_of([layer.collection for layer in layers]), tile)


def _layer(place: TileCoord, layer: Layer) -> Sql:
    collection = layer.collection
    if place.z < collection.points_from_zoom:
        if collection.clusters and not layer.conditions:
            return _stored_clusters(place, collection)
        return _live_clusters(place, layer)
    return _features(place, layer)


def degrees(place: TileCoord, margin: float = 0.0) -> Bbox:
    """The tile's box in degrees, widened by `margin` tile widths."""
    size = 1 << place.z
    west, east = ((place.x + offset) / size * 360 - 180 for offset in (-margin, 1 + margin))
    north, south = (
        math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (place.y + offset) / size))))
        for offset in (-margin, 1 + margin)
    )
    return Bbox(max(west, -180.0), south, min(east, 180.0), north)


def _envelope_3857(place: TileCoord) -> Sql:
    side = 2 * MERCATOR_EDGE_M / (1 << place.z)
    west, north = place.x * side - MERCATOR_EDGE_M, MERCATOR_EDGE_M - place.y * side
    return Sql("ST_MakeEnvelope(%s, %s, %s, %s, 3857)", (west, north - side, west + side, north))


def _in_tile(place: TileCoord, collection: Collection, margin: float) -> Sql:
    box = degrees(place, margin)
    envelope = Sql("ST_MakeEnvelope(%s, %s, %s, %s, 4326)", (box.west, box.south, box.east, box.north))
    if collection.srid != 4326:
        envelope = fill(f"ST_Transform({{}}, {collection.srid})", envelope)
    return fill("{} && {}", Sql(quoted(collection.geom_column)), envelope)


def _literal(value: str) -> Sql:
    return Sql("%s::text", (value,))


def _features(place: TileCoord, layer: Layer) -> Sql:
    collection = layer.collection
    if collection.is_mesh:
        return _as_mvt(collection, _meshes(place, layer))
    geom = Sql(f"ST_Transform({quoted(collection.geom_column)}, 3857)")
    rows = fill(
        'SELECT ST_AsMVTGeom({}, {}, %s, %s) AS "_geom"{} FROM {} WHERE {}'.replace("%s, %s", f"{EXTENT}, {BUFFER}"),
        geom,
        _envelope_3857(place),
        _attributes(layer),
        Sql(collection.relation),
        joined(" AND ", [_in_tile(place, collection, BUFFER / EXTENT), *layer.conditions]),
    )
    return _as_mvt(collection, rows)


def _meshes(place: TileCoord, layer: Layer) -> Sql:
    box, relation = degrees(place, BUFFER / EXTENT), layer.collection.relation
    return mesh_rows(place, box, relation, _attributes(layer), layer.conditions, EXTENT, BUFFER)


def _as_mvt(collection: Collection, rows: Sql) -> Sql:
    return fill(f"SELECT ST_AsMVT(f, {{}}, {EXTENT}, '_geom') FROM ({{}}) f", _literal(collection.id), rows)


def _attributes(layer: Layer) -> Sql:
    columns = []
    for name in layer.properties:
        field = layer.collection.field(name)
        column = quoted(name)
        if field is not None and field.type == "string[]":
            column = f"to_json({column})::text AS {column}"
        elif field is not None and field.type == "date-time":
            column = f"to_json({column}) #>> '{{}}' AS {column}"
        elif field is not None and field.type == "number":
            column = f"{column}::float8"  # else ST_AsMVT writes a numeric as text
        columns.append(", " + column)
    return Sql("".join(columns))


_KINDS = ("building", "land", "structure")


def _stored_clusters(place: TileCoord, collection: Collection) -> Sql:
    """Counts by cell, kept by the database."""
    level, first_x, first_y = place.z + CELL_LEVELS, place.x << CELL_LEVELS, place.y << CELL_LEVELS
    inside = Sql(
        "level = %s AND x BETWEEN %s AND %s AND y BETWEEN %s AND %s",
        (level, first_x, first_x + (1 << CELL_LEVELS) - 1, first_y, first_y + (1 << CELL_LEVELS) - 1),
    )
    counted = fill(
        f"SELECT building + land + structure AS n, {', '.join(_KINDS)}, sum_x, sum_y FROM {{}} WHERE {{}}",
        Sql(collection.clusters or ""),
        inside,
    )
    return _cluster_layer(place, collection, counted, ", ".join(_KINDS))


def _live_clusters(place: TileCoord, layer: Layer) -> Sql:
    """Counts by cell of what the conditions leave, or where no counts are kept."""
    collection = layer.collection
    by_kind = collection.clusters is not None
    cells, size = 1 << (place.z + CELL_LEVELS), 1 << place.z
    counts = "".join(f", count(*) FILTER (WHERE asset_kind = '{kind}') AS {kind}" for kind in _KINDS if by_kind)
    point = f"ST_Transform(ST_PointOnSurface({quoted(collection.geom_column)}), 3857)"
    kind = ", asset_kind" if by_kind else ""
    projected = fill(
        f"SELECT {point} AS p{kind} FROM {{}} WHERE {{}}",
        Sql(collection.relation),
        joined(" AND ", [_in_tile(place, collection, 0.0), *layer.conditions]),
    )
    span = 2 * MERCATOR_EDGE_M
    placed = fill(
        f"SELECT (ST_X(p) + {MERCATOR_EDGE_M}) / {span} AS x, ({MERCATOR_EDGE_M} - ST_Y(p)) / {span} AS y{kind} FROM ({{}}) q",
        projected,
    )
    counted = fill(
        f"SELECT count(*) AS n{counts}, sum(x) AS sum_x, sum(y) AS sum_y FROM ({{}}) q"
        f" WHERE floor(x * {size}) = {place.x} AND floor(y * {size}) = {place.y}"
        f" GROUP BY floor(x * {cells}), floor(y * {cells})",
        placed,
    )
    return _cluster_layer(place, collection, counted, ", ".join(_KINDS) if by_kind else "")


def _cluster_layer(place: TileCoord, collection: Collection, counted: Sql, kinds: str) -> Sql:
    """Cells with `n` and the sums of their positions → points at the mean position, in tile units."""
    size = 1 << place.z
    x, y = (
        f"round(((sum_{axis} / n) * {size} - {start}) * {EXTENT})" for axis, start in (("x", place.x), ("y", place.y))
    )
    rows = fill(
        f'SELECT ST_MakePoint({x}, {y}) AS "_geom", true AS cluster, n::integer AS n'
        + (f", {kinds}" if kinds else "")
        + " FROM ({}) counted",
        counted,
    )
    return _as_mvt(collection, rows)
