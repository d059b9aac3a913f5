"""Squares of about 25 m that signals are averaged in: a tenth of a quarter mesh each way, by integer arithmetic alone.

An id is row × 10^k + column, counted from the equator and 100 °E: of segments k = 6, of quarter and half meshes k = 5.
Nested exactly in the meshes of JIS X 0410, the same whatever the order of rows, and in need of no road network.
Tie rule: that of `app.mesh`; a point on a boundary belongs to the cell north and east of it.
All operands are positive, so that every engine divides alike.
"""

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from app.mesh import EPSILON

PER_QUARTER = 10  # segments along each side of a quarter mesh
SEGMENTS_OF_QUARTER = PER_QUARTER * PER_QUARTER
QUARTERS_PER_LAT, QUARTERS_PER_LON = 480, 320  # to a degree
SEGMENT_BASE, MESH_BASE = 1_000_000, 100_000
SOUTH, NORTH, WEST, EAST = 0.0, 200 / 3, 100.0, 180.0  # where codes are defined
SEGMENT_M = 25.0  # nominal side; at 36 °N it is 28.3 m by 23.1 m

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def segment_column(lon: ir.FloatingValue, lat: ir.FloatingValue) -> ir.IntegerValue:
    """The segment of a point as an Ibis expression; nonsense outside the area of codes, see `within_codes`."""
    row = (lat * (QUARTERS_PER_LAT * PER_QUARTER) + EPSILON * PER_QUARTER).floor().cast("int64")
    col = ((lon - WEST) * (QUARTERS_PER_LON * PER_QUARTER) + EPSILON * PER_QUARTER).floor().cast("int64")
    return row * ibis.literal(SEGMENT_BASE, "int64") + col


def within_codes(lon: ir.FloatingValue, lat: ir.FloatingValue) -> ir.BooleanValue:
    """Whether a point lies where codes are defined."""
    return (lat >= SOUTH) & (lat < NORTH) & (lon >= WEST) & (lon < EAST)


def quarter_column(segment: ir.IntegerValue) -> ir.IntegerValue:
    """The quarter mesh of a segment as an Ibis expression."""
    row, col = segment // SEGMENT_BASE, segment % SEGMENT_BASE
    return row // PER_QUARTER * MESH_BASE + col // PER_QUARTER


def place_column(segment: ir.IntegerValue) -> ir.IntegerValue:
    """Which of the hundred squares of its quarter mesh a segment is: 0 in the south-west, 99 in the north-east."""
    row, col = segment // SEGMENT_BASE, segment % SEGMENT_BASE
    return row % PER_QUARTER * PER_QUARTER + col % PER_QUARTER


def segment_ids(lon: Floats, lat: Floats) -> Integers:
    """Segments of points in degrees. Raises ValueError outside 0–66.66 °N, 100–180 °E."""
    if not np.all((lat >= SOUTH) & (lat < NORTH) & (lon >= WEST) & (lon < EAST)):
        raise ValueError("no mesh code outside 0 to 66.66 °N, 100 to 180 °E")
    row = np.floor(lat * (QUARTERS_PER_LAT * PER_QUARTER) + EPSILON * PER_QUARTER).astype(np.int64)
    col = np.floor((lon - WEST) * (QUARTERS_PER_LON * PER_QUARTER) + EPSILON * PER_QUARTER).astype(np.int64)
    return row * SEGMENT_BASE + col


def quarter_of(segments: Integers) -> Integers:
    """Quarter meshes of segments."""
    return segments // SEGMENT_BASE // PER_QUARTER * MESH_BASE + segments % SEGMENT_BASE // PER_QUARTER


def quarter_ids(lon: Floats, lat: Floats) -> Integers:
    """Quarter meshes of points in degrees. Raises ValueError outside 0–66.66 °N, 100–180 °E."""
    return quarter_of(segment_ids(lon, lat))


def half_of(quarters: Integers) -> Integers:
    """Half meshes of quarter meshes."""
    return quarters // MESH_BASE // 2 * MESH_BASE + quarters % MESH_BASE // 2


def quarter_codes(ids: Integers) -> list[str]:
    """Codes of quarter meshes, ten digits."""
    return _codes(ids, 2)


def half_codes(ids: Integers) -> list[str]:
    """Codes of half meshes, nine digits."""
    return _codes(ids, 1)


def _codes(ids: Integers, halvings: int) -> list[str]:
    rows, cols = ids // MESH_BASE, ids % MESH_BASE
    third_rows, third_cols = rows >> halvings, cols >> halvings
    code = third_rows // 80 * 100 + third_cols // 80
    for part in (third_rows // 10 % 8, third_cols // 10 % 8, third_rows % 10, third_cols % 10):
        code = code * 10 + part
    for level in reversed(range(halvings)):
        code = code * 10 + 1 + (cols >> level & 1) + 2 * (rows >> level & 1)
    return [f"{one:0{8 + halvings}d}" for one in code.tolist()]


def mesh_id(code: str) -> int:
    """The id of a half or quarter mesh code. Raises ValueError for what is none."""
    if not (code.isascii() and code.isdigit() and len(code) in (9, 10) and set(code[8:]) <= set("1234")):
        raise ValueError(f"{code!r} is not a code of a half or quarter mesh")
    p, u, q, v, r, w = (int(part) for part in (code[:2], code[2:4], code[4], code[5], code[6], code[7]))
    row, col = p * 80 + q * 10 + r, u * 80 + v * 10 + w
    for digit in code[8:]:
        row, col = row * 2 + (int(digit) - 1) // 2, col * 2 + (int(digit) - 1) % 2
    return row * MESH_BASE + col


def quarter_bounds(ids: Integers) -> Floats:
    """West, south, east, north of quarter meshes in degrees, shape (n, 4)."""
    return _bounds(ids, MESH_BASE, QUARTERS_PER_LON, QUARTERS_PER_LAT)


def half_bounds(ids: Integers) -> Floats:
    """West, south, east, north of half meshes in degrees, shape (n, 4)."""
    return _bounds(ids, MESH_BASE, QUARTERS_PER_LON // 2, QUARTERS_PER_LAT // 2)


def segment_bounds(ids: Integers) -> Floats:
    """West, south, east, north of segments in degrees, shape (n, 4)."""
    return _bounds(ids, SEGMENT_BASE, QUARTERS_PER_LON * PER_QUARTER, QUARTERS_PER_LAT * PER_QUARTER)


def _bounds(ids: Integers, base: int, per_lon: int, per_lat: int) -> Floats:
    rows, cols = ids // base, ids % base
    return np.column_stack(
        [WEST + cols / per_lon, rows / per_lat, WEST + (cols + 1) / per_lon, (rows + 1) / per_lat]
    ).astype(np.float64)
