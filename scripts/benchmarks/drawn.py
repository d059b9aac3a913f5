"""The requests both sides get: boxes, tiles and ids drawn from the data by a fixed seed."""

import math
import random
from dataclasses import dataclass

import psycopg

SEED = "tsunagaru"

# Distance is that of squares: a box of half side d holds what is nearer than d. The gap keeps the edge off every point.
BOXES = """
WITH anchor AS (
  SELECT asset_id, ST_X(ST_PointOnSurface(geom)) AS x, ST_Y(ST_PointOnSurface(geom)) AS y
  FROM ogc.assets ORDER BY md5(asset_id || %(seed)s) LIMIT %(anchors)s
), far AS (
  SELECT x, y, distance, row_number() OVER nearest AS rank, lead(distance) OVER nearest AS following
  FROM anchor CROSS JOIN (
    SELECT ST_XMin(geom) AS west, ST_XMax(geom) AS east, ST_YMin(geom) AS south, ST_YMax(geom) AS north FROM ogc.assets
  ) asset
  CROSS JOIN LATERAL (SELECT greatest(west - x, x - east, south - y, y - north) AS distance) measured
  WINDOW nearest AS (PARTITION BY x, y ORDER BY distance)
)
SELECT x - half, y - half, x + half, y + half
FROM far CROSS JOIN LATERAL (SELECT (distance + following) / 2 AS half) middle
WHERE rank = %(count)s AND following - distance > 2e-6 ORDER BY md5(x::text || y::text)
"""
POINTS = """
SELECT asset_id, ST_X(ST_PointOnSurface(geom)), ST_Y(ST_PointOnSurface(geom))
FROM ogc.assets ORDER BY md5(asset_id || %s) LIMIT %s
"""


@dataclass(frozen=True)
class Tile:
    """A tile of WebMercatorQuad."""

    z: int
    x: int
    y: int


def boxes_holding(database_url: str, count: int, anchors: int = 40) -> list[str]:
    """`west,south,east,north` round drawn assets (degrees), each holding exactly `count` of them."""
    with psycopg.connect(database_url) as connection:
        found = connection.execute(BOXES, {"seed": SEED, "anchors": anchors, "count": count}).fetchall()
    return [",".join(f"{edge:.7f}" for edge in box) for box in found]


def tiles_with_assets(database_url: str, zooms: range, per_zoom: int) -> list[Tile]:
    """Distinct tiles of each zoom that drawn assets lie in, shuffled: what people who look for assets see."""
    with psycopg.connect(database_url) as connection:
        points = connection.execute(POINTS, [SEED, per_zoom * 20]).fetchall()
    tiles = [
        tile
        for z in zooms
        for tile in list(dict.fromkeys(tile_of(longitude, latitude, z) for _, longitude, latitude in points))[:per_zoom]
    ]
    random.Random(SEED).shuffle(tiles)
    return tiles


def asset_ids(database_url: str, count: int) -> list[str]:
    """Ids of drawn assets."""
    with psycopg.connect(database_url) as connection:
        return [asset_id for asset_id, *_ in connection.execute(POINTS, [SEED, count])]


def tile_of(longitude: float, latitude: float, z: int) -> Tile:
    """The tile that a point (degrees) lies in."""
    y = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return Tile(z, int((longitude + 180) / 360 * 2**z), int(y * 2**z))
