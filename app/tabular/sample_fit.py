"""How well the values of a column suit what its heading seems to say."""

from collections.abc import Iterator, Sequence
from itertools import islice

from app.tabular.findings import Level
from app.tabular.numbers import parse_number
from app.tabular.raw_cells import finite
from app.tabular.table import Cell, Row
from app.tabular.targets import Target
from app.tabular.values import converter

_LOOKED_AT = 60  # values of a column
_LATITUDES, _LONGITUDES = (20.0, 46.5), (122.0, 154.5)  # of Japan, degrees
_RANGES = {
    # Values of the other axis are let pass: two columns may have been swapped, which is mended row by row.
    "latitude": (_LATITUDES, _LONGITUDES),
    "longitude": (_LONGITUDES, _LATITUDES),
    "plane_x": ((-700_000.0, -200.0), (200.0, 1_000_000.0)),
    "plane_y": ((-700_000.0, -200.0), (200.0, 1_000_000.0)),
}
_IDS = frozenset({"source_no", "property_no", "asset_id", "access_point_id"})  # told apart by being different
_DEGREE_MARKS = frozenset("°度′'分NEne北東")


def values_of(samples: Sequence[Row], place: int) -> list[Cell]:
    """The first filled cells of a column."""
    cells: Iterator[Cell] = (row.cells[place] for row in samples if place < len(row.cells))
    filled = (cell for cell in cells if cell is not None and (not isinstance(cell, str) or cell.strip()))
    return list(islice(filled, _LOOKED_AT))


def fit(target: Target, cells: Sequence[Cell], unit: str | None, ambiguous: bool = False) -> float:
    """From 0.3 to 1: the share of values the target can take; nearly 1 for an empty column, which says nothing.

    A heading that names an axis counts whatever stands below, unless it is `ambiguous` (x, y).
    """
    if not cells:
        return 0.85 if target.field is not None and target.field.values else 0.97
    if target.name in _RANGES:
        good = sum(_in_ranges(cell, _RANGES[target.name]) for cell in cells)
        if not ambiguous:
            return 0.7 + 0.3 * good / len(cells)
    elif target.field is not None and (target.field.values or target.field.type not in ("string", "string[]")):
        convert = converter(target, unit)
        good = sum(not ((rule := convert(cell).rule) and rule.level is Level.ERROR) for cell in cells)
    elif target.name in ("name", "address"):
        good = sum(isinstance(cell, str) and not cell.strip().isdecimal() for cell in cells)
    elif target.name in _IDS:
        good = len(set(cells))
    else:
        return 1.0
    return 0.3 + 0.7 * good / len(cells)


def axis_fit(axis: str, cells: Sequence[Cell]) -> float:
    """The share of values that lie in Japan on this axis and no other."""
    own = _LATITUDES if axis == "latitude" else _LONGITUDES
    return sum(_in_ranges(cell, (own,)) for cell in cells) / len(cells) if cells else 0.0


def _in_ranges(cell: Cell, ranges: Sequence[tuple[float, float]]) -> bool:
    if isinstance(cell, str):
        number = parse_number(cell).value
        if number is None:
            number = _degrees(cell) if _DEGREE_MARKS & set(cell) else None
    else:
        number = finite(cell)
    return number is not None and any(low <= number <= high for low, high in ranges)


def _degrees(text: str) -> float | None:
    """The leading number of an angle in degrees, minutes and seconds."""
    digits = ""
    for character in text.strip().lstrip("NEne北緯東経 　"):
        if not character.isdecimal():
            break
        digits += character
    return float(digits) if digits and len(digits) < 10 else None
