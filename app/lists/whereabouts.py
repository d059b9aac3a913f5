"""From the columns of a list to what its rows say of their place."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.lists.kinds import ListKind, Owner
from app.lists.position_parts import Parts, PlaceColumns
from app.lists.positions import PlaceOptions, Positions
from app.tabular.table import Cell, Heading, Row
from app.territory.places import Places

# part → the targets that give it, best first
_PARTS: Mapping[str, tuple[str, ...]] = {
    "lat": ("latitude",),
    "lon": ("longitude",),
    "position": ("geometry",),
    "x": ("plane_x",),
    "y": ("plane_y",),
    "address": ("address",),
    "municipality": ("city", "municipality"),
    "municipality_code": ("municipality_code",),
    "prefecture": ("prefecture",),
    "postal_code": ("postal_code",),
    "name": ("name",),
}
TARGET_OF_PART = {part: targets[0] for part, targets in _PARTS.items()}
_ADDRESS_PARTS = ("prefecture", "city", "town", "block", "lot_no")

Headings = Mapping[str, Heading]


def open_positions(
    kind: ListKind, owner: Owner, headings: Headings, places: Places, sample: Sequence[Row], settings: Mapping[str, Any]
) -> tuple[Positions, Callable[[Row], Parts]]:
    """What places the rows of a list, and what picks a row's parts for it; `headings` by target."""
    columns = PlaceColumns(
        **{part: heading for part, targets in _PARTS.items() if (heading := _first(headings, targets)) is not None}
    )
    parts = _parts_reader(columns, headings, owner.name if owner.code5 else "")
    zone = settings.get("zone") or _zone(headings.get("plane_zone"), sample)
    options = PlaceOptions(settings.get("datum"), zone, kind.points_only)
    owner_code5 = owner.code5 or (owner.code6 or "")[:5] or None
    return Positions(places, owner_code5, columns, [parts(row) for row in sample], options), parts


def _first(headings: Headings, targets: Sequence[str]) -> Heading | None:
    return next((headings[target] for target in targets if target in headings), None)


def _parts_reader(columns: PlaceColumns, headings: Headings, owner_name: str) -> Callable[[Row], Parts]:
    split = [headings[target] for target in _ADDRESS_PARTS if target in headings]
    if columns.address is not None or not ({"town", "block"} & headings.keys()):
        return columns.parts
    # Only the parts of an address have columns of their own: joined, they are the address.
    whole = replace(columns, address=split[-1])
    first = "" if {"prefecture", "city"} & headings.keys() else owner_name

    def joined(row: Row) -> Parts:
        said = "".join(_text(row.cells[heading.place]) for heading in split)
        return whole.parts(row)._replace(address=first + said if said else None)

    return joined


def _text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _zone(heading: Heading | None, sample: Sequence[Row]) -> int | None:
    """The zone of plane coordinates where a column names it (9, ９系, IX is not read)."""
    for row in sample if heading else ():
        found = re.search(r"\d{1,2}", _text(row.cells[heading.place]))  # type: ignore[union-attr]
        if found:
            return int(found[0])
    return None
