"""JIS X 0410 grid codes (地域メッシュコード).

Tie rule: a point on a boundary belongs to the cell north and east of it. `EPSILON` lifts points that binary fractions
put a hair below the edge they were written on. Source: JIS X 0410; 総務省統計局「地域メッシュ統計について」.
The database computes the same in `jis_mesh(geometry, level)`.
"""

import math

EPSILON = 1e-9  # of a third mesh, about 0.1 mm
LEVELS = {1000: 0, 500: 1, 250: 2, 125: 3}  # nominal cell size in metres → number of halvings of the third mesh


def mesh_code(lon: float, lat: float, size_m: int = 1000) -> str:
    """The code of the cell of nominal `size_m` (1000, 500, 250 or 125) that holds a point in degrees.

    Raises ValueError outside 0–66.66 °N, 100–180 °E, where codes are not defined.
    """
    if not (0 <= lat < 200 / 3 and 100 <= lon < 180):
        raise ValueError(f"no mesh code at longitude {lon}, latitude {lat}")
    halvings = LEVELS[size_m]
    scale = 1 << halvings
    row = math.floor(lat * 120 * scale + EPSILON)
    col = math.floor((lon - 100) * 80 * scale + EPSILON)
    third_row, third_col = row >> halvings, col >> halvings
    code = f"{third_row // 80:02d}{third_col // 80:02d}"
    code += f"{third_row // 10 % 8}{third_col // 10 % 8}{third_row % 10}{third_col % 10}"
    for level in reversed(range(halvings)):
        code += str(1 + (col >> level & 1) + 2 * (row >> level & 1))
    return code


def mesh_bounds(code: str) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees of a third, half, quarter or eighth mesh code."""
    if not (code.isascii() and code.isdigit() and 8 <= len(code) <= 11):
        raise ValueError(f"{code!r} is not a mesh code of 8 to 11 digits")
    p, u, q, v, r, w = (int(part) for part in (code[:2], code[2:4], code[4], code[5], code[6], code[7]))
    row, col, scale = p * 80 + q * 10 + r, u * 80 + v * 10 + w, 1
    for digit in code[8:]:
        if digit not in "1234":
            raise ValueError(f"{code!r}: the digits after the eighth are 1 to 4")
        row, col, scale = row * 2 + (int(digit) - 1) // 2, col * 2 + (int(digit) - 1) % 2, scale * 2
    return 100 + col / (80 * scale), row / (120 * scale), 100 + (col + 1) / (80 * scale), (row + 1) / (120 * scale)
