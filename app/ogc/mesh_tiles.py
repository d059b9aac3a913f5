"""Vector tiles of meshes: edges of rows and columns are projected once a tile, and every mesh looks up its four.

A tile of a whole region holds thousands of squares; projecting, clipping and mending each like any polygon costs three times
as much. The relation has `level`, `mesh_row`, `mesh_col` (of the south-west corner) and `mesh_span`, counted in quarter meshes.
"""

import math
from collections.abc import Sequence

from app.geo import Bbox, TileCoord
from app.ogc.sql import Sql, fill, joined

ROWS, COLUMNS = 480, 320  # quarter meshes in a degree of latitude, of longitude. Source: JIS X 0410
WEST_DEG = 100  # where columns begin
HALVES_FROM_ZOOM = 6  # below, a half mesh is not a pixel wide
QUARTERS_FROM_ZOOM = 10  # below, a quarter mesh is narrower than four pixels: half meshes alone


def mesh_rows(
    place: TileCoord, box: Bbox, relation: str, attributes: Sql, conditions: Sequence[Sql], extent: int, buffer: int
) -> Sql:
    """The meshes of a tile as rows of `_geom` in tile units, cut at `buffer` beyond the tile, and `attributes`.

    Without conditions, of all carriers together and of one level: squares on squares say nothing. `box` is the tile with its
    buffer in degrees; `attributes` begin with a comma.
    """
    if place.z < HALVES_FROM_ZOOM:
        return Sql('SELECT NULL::geometry AS "_geom" WHERE false')
    first_row, last_row = math.floor(box.south * ROWS) - 1, math.floor(box.north * ROWS)  # - 1: a half mesh reaches in
    first_col, last_col = (math.floor((edge - WEST_DEG) * COLUMNS) for edge in (box.west, box.east))
    first_col -= 1
    size = 1 << place.z

    def units(share: float, start: int) -> float:
        return float(round(min(max((share * size - start) * extent, -buffer), extent + buffer)))

    edges = (
        [units(_share_x(col), place.x) for col in range(first_col, last_col + 3)],
        [units(_share_y(row), place.y) for row in range(first_row, last_row + 3)],
    )
    inside = Sql(
        "mesh_row BETWEEN %s AND %s AND mesh_col BETWEEN %s AND %s", (first_row, last_row, first_col, last_col)
    )
    conditions = _seen_at(place, conditions)
    if not any("carrier" in condition.text for condition in conditions):
        # The index of rows and columns begins with the carrier; without one that of geometry finds them.
        sides = (box.west, box.south, box.east, box.north)
        conditions.append(Sql("geom && ST_MakeEnvelope(%s, %s, %s, %s, 4326)", sides))
    placed = fill(
        f"SELECT *, xs[mesh_col - {first_col - 1}] AS west, xs[mesh_col + mesh_span - {first_col - 1}] AS east,"
        f" ys[mesh_row - {first_row - 1}] AS south, ys[mesh_row + mesh_span - {first_row - 1}] AS north"
        f" FROM {relation}, (SELECT {{}} AS xs, {{}} AS ys) edges WHERE {{}}",
        *(Sql("%s::float8[]", (list(line),)) for line in edges),
        joined(" AND ", [inside, *conditions]),
    )
    # The tile's y runs south: from its south edge to its north, the ring winds as the format wants it.
    return fill(
        'SELECT ST_MakeEnvelope(west, south, east, north) AS "_geom"{} FROM ({}) placed WHERE west < east AND north < south',
        attributes,
        placed,
    )


def _seen_at(place: TileCoord, conditions: Sequence[Sql]) -> list[Sql]:
    """The conditions with those of the zoom."""
    halves_alone = [Sql("level = 'half'")] if place.z < QUARTERS_FROM_ZOOM else []
    if not conditions:
        return [Sql("carrier = 'all'"), *(halves_alone or [Sql("level = 'quarter'")])]
    return [*conditions, *halves_alone]


def _share_x(col: int) -> float:
    """Where a column begins, as a share of the world's width from the west."""
    return (WEST_DEG + col / COLUMNS + 180) / 360


def _share_y(row: int) -> float:
    """Where a row begins, as a share of the world's height from the north. Source: web Mercator, EPSG:3857."""
    return 0.5 - math.asinh(math.tan(math.radians(row / ROWS))) / (2 * math.pi)
