"""Vector tiles of meshes: edges of rows and columns are projected once a tile, and every mesh looks up its four.

A tile of a whole region holds thousands of squares; projecting, clipping and mending each like any polygon costs three times
as much. The relation has `level`, `mesh_row`, `mesh_col` (of the south-west corner) and `mesh_span`, counted in quarter meshes.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.geo import Bbox, TileCoord
from app.ogc.sql import Sql, fill, joined, quoted

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
    size = 1 << place.z

    def units(share: float, start: int) -> float:
        return float(round(min(max((share * size - start) * extent, -buffer), extent + buffer)))

    west, east = ((edge - WEST_DEG) * COLUMNS for edge in (box.west, box.east))
    columns = _line_up(west, east, lambda col: units(_share_x(col), place.x))
    rows = _line_up(box.south * ROWS, box.north * ROWS, lambda row: units(_share_y(row), place.y))
    conditions = [*columns.holding("mesh_col"), *rows.holding("mesh_row"), *_seen_at(place, conditions)]
    if not any('"carrier"' in condition.text for condition in conditions):
        # The index of rows and columns begins with the carrier; without one that of geometry finds them.
        sides = (box.west, box.south, box.east, box.north)
        conditions.append(Sql("geom && ST_MakeEnvelope(%s, %s, %s, %s, 4326)", sides))
    # The tile's y runs south: from its south edge to its north, the ring winds as the format wants it.
    col, row = columns.place("mesh_col"), rows.place("mesh_row")
    return fill(
        f'SELECT ST_MakeEnvelope(xs[{col}], ys[{row}], xs[{col} + mesh_span], ys[{row} + mesh_span]) AS "_geom"{{}}'
        f" FROM {relation}, (SELECT {{}} AS xs, {{}} AS ys) edges WHERE {{}}",
        attributes,
        *(Sql("%s::float8[]", (line.edges,)) for line in (columns, rows)),
        joined(" AND ", conditions),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """Rows or columns of quarter meshes that show in a tile; `edges` are those of first - 1 to last + 2, in tile units."""

    first: int
    last: int
    edges: list[float]

    def holding(self, column: str) -> list[Sql]:
        """A half mesh may begin one before the first."""
        between = Sql(f"{column} BETWEEN %s AND %s", (self.first - 1, self.last))
        return [between, Sql(f"{column} + mesh_span > %s", (self.first,))]

    def place(self, column: str) -> str:
        """Where among the edges (SQL, from 1) a mesh begins."""
        return f"{column} - {self.first - 2}"


def _line_up(start: float, end: float, units: Callable[[int], float]) -> _Line:
    shown = [n for n in range(math.floor(start) - 1, math.floor(end) + 2) if units(n) != units(n + 1)]
    return _Line(shown[0], shown[-1], [units(n) for n in range(shown[0] - 1, shown[-1] + 3)])


def _seen_at(place: TileCoord, conditions: Sequence[Sql]) -> list[Sql]:
    """The conditions with those of the zoom."""
    halves_alone = [Sql("level = 'half'")] if place.z < QUARTERS_FROM_ZOOM else []
    if not conditions:
        return [Sql(f"{quoted('carrier')} = 'all'"), *(halves_alone or [Sql("level = 'quarter'")])]
    return [*conditions, *halves_alone]


def _share_x(col: int) -> float:
    """Where a column begins, as a share of the world's width from the west."""
    return (WEST_DEG + col / COLUMNS + 180) / 360


def _share_y(row: int) -> float:
    """Where a row begins, as a share of the world's height from the north. Source: web Mercator, EPSG:3857."""
    return 0.5 - math.asinh(math.tan(math.radians(row / ROWS))) / (2 * math.pi)
