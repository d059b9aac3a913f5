"""Figures of reading the map: searches by box, tiles, one feature, answers from a client's cache."""

from collections.abc import Sequence
from functools import partial
from statistics import mean

import httpx

from scripts.benchmarks import tipg
from scripts.benchmarks.drawn import Tile, asset_ids, boxes_holding, tiles_with_assets
from scripts.benchmarks.equality import require_same_features, require_same_tiles
from scripts.benchmarks.figures import Figure, Measured
from scripts.benchmarks.load import Load
from scripts.benchmarks.rounds import alone, in_turn
from scripts.benchmarks.stage import Stage
from scripts.machine.terminal import Refusal

OURS = "/ogc/collections/assets"
PEER = f"/collections/{tipg.COLLECTION}"
SLIM = ("asset_id", "name", "asset_kind")
STREET_ZOOMS = range(13, 17)
LOW_ZOOMS = range(5, 11)


def measure_boxes(stage: Stage, count: int) -> Measured:
    """Boxes that hold exactly `count` assets, asked for with that limit: every answer has the same features."""
    boxes = boxes_holding(stage.database_url, count)
    ours = [f"{OURS}/items?bbox={box}&limit={count}" for box in boxes]
    peer = [f"{PEER}/items?bbox={box}&limit={count}&f=geojson" for box in boxes]
    require_same_features(at(stage.ours, ours), at(stage.tipg, peer), count)
    return per_second(*in_turn(stage, (stage.ours, ours), (stage.tipg, peer)), f"{len(boxes)} boxes")


def measure_street_tiles(stage: Stage, columns: Sequence[str] | None) -> Measured:
    """Tiles with single assets in them, with the columns named or all of them."""
    tiles = tiles_with_assets(stage.database_url, STREET_ZOOMS, per_zoom=48)
    columns = columns or tipg.columns(stage.database_url)
    ours = [our_tile(tile) + f"?properties={','.join(columns)}" for tile in tiles]
    peer = [
        peer_tile(tile) + ("" if len(columns) > len(SLIM) else f"?properties={','.join(columns)}") for tile in tiles
    ]
    require_same_tiles(at(stage.ours, ours), at(stage.tipg, peer))
    return per_second(*in_turn(stage, (stage.ours, ours), (stage.tipg, peer)), f"{len(tiles)} tiles")


def measure_low_tile_rate(stage: Stage) -> Measured:
    """Tiles of the whole region: counts from us, every asset from tipg."""
    tiles = tiles_with_assets(stage.database_url, LOW_ZOOMS, per_zoom=8)
    ours, peer = [our_tile(tile) for tile in tiles], [peer_tile(tile) for tile in tiles]
    return per_second(*in_turn(stage, (stage.ours, ours), (stage.tipg, peer)), "counts by cell beside every asset")


def measure_low_tile_bytes(stage: Stage) -> Measured:
    """Mean size of the same tiles, each asked for once."""
    tiles = tiles_with_assets(stage.database_url, LOW_ZOOMS, per_zoom=8)
    ours, peer = [our_tile(tile) for tile in tiles], [peer_tile(tile) for tile in tiles]
    return Measured((mean_bytes(at(stage.ours, ours)),), (mean_bytes(at(stage.tipg, peer)),), f"{len(tiles)} tiles")


def mean_bytes(urls: Sequence[str]) -> float:
    return mean(len(httpx.get(url, headers={"Accept-Encoding": "identity"}, timeout=60).content) for url in urls)


def measure_feature(stage: Stage) -> Measured:
    ids = asset_ids(stage.database_url, 500)
    ours = [f"{OURS}/items/{asset_id}" for asset_id in ids]
    peer = [f"{PEER}/items/{asset_id}?f=geojson" for asset_id in ids]
    require_same_features(at(stage.ours, ours), at(stage.tipg, peer), 1)
    return per_second(*in_turn(stage, (stage.ours, ours), (stage.tipg, peer)))


def measure_not_modified(stage: Stage) -> Measured:
    """Street tiles that the client still has: it sends the ETag and gets 304."""
    tiles = tiles_with_assets(stage.database_url, STREET_ZOOMS, per_zoom=12)
    lines = [f"{path}\t{etag_of(stage.ours + path)}" for path in map(our_tile, tiles)]
    return Measured(tuple(load.per_second for load in alone(stage, (stage.ours, lines))))


def our_tile(tile: Tile) -> str:
    return f"{OURS}/tiles/WebMercatorQuad/{tile.z}/{tile.y}/{tile.x}"


def peer_tile(tile: Tile) -> str:
    return f"{PEER}/tiles/WebMercatorQuad/{tile.z}/{tile.x}/{tile.y}"


def etag_of(url: str) -> str:
    """The answer's ETag. Raises Refusal unless sending it back is answered 304."""
    etag: str = httpx.get(url).raise_for_status().headers["etag"]
    status = httpx.get(url, headers={"If-None-Match": etag}).status_code
    if status != 304:
        raise Refusal(f"{url}: {status}, not 304, for its own ETag")
    return etag


def at(server: str, paths: Sequence[str]) -> list[str]:
    return [server + path for path in paths]


def per_second(ours: Sequence[Load], peer: Sequence[Load], note: str = "") -> Measured:
    sizes = f"{ours[0].bytes_per_answer / 1e3:.1f} kB, {peer[0].bytes_per_answer / 1e3:.1f} kB"
    return Measured(
        tuple(load.per_second for load in ours),
        tuple(load.per_second for load in peer),
        f"{note}; {sizes}" if note else sizes,
    )


FIGURES = (
    Figure("geojson-100", "/s", "bbox, 100 features, every column", partial(measure_boxes, count=100), "tipg", 4),
    Figure("geojson-1000", "/s", "bbox, 1,000 features, every column", partial(measure_boxes, count=1000), "tipg", 5),
    Figure("tiles", "/s", "tiles z13-16, every column", partial(measure_street_tiles, columns=None), "tipg", 2),
    Figure("tiles-slim", "/s", "tiles z13-16, id, name, kind", partial(measure_street_tiles, columns=SLIM), "tipg", 2),
    Figure("feature", "/s", "one feature by id", measure_feature, "tipg"),
    Figure("not-modified", "/s", "tiles z13-16 answered 304", measure_not_modified),
    Figure("low-zoom-tiles", "/s", "tiles z5-10", measure_low_tile_rate, "tipg"),
    Figure("low-zoom-bytes", "B", "tiles z5-10, bytes", measure_low_tile_bytes, "tipg", less_is_better=True),
)
