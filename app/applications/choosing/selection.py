"""The assets of an application, chosen by a spreadsheet or a GeoJSON instead of by hand on the map.

The file is read in the child process of `app/tabular/sandbox`; `reading` is what runs there.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.tabular.limits import Limits
from app.tabular.sandbox import run_in_child
from app.tabular.table import ReadOptions

LonLat = tuple[float, float]  # degrees, longitude first
_AS_FOUND = ReadOptions()
_USUAL = Limits()


@dataclass(frozen=True, slots=True)
class SelectedRow:
    """A site asked for: by its asset's id, else by a position or name the caller looks up.

    `row_number` counts as the file's own program does (features from 1). `height_m` is the antenna's, `desired` when the
    site is wanted, as written.
    """

    row_number: int
    asset_id: str | None = None
    lon_lat: LonLat | None = None
    name: str | None = None
    note: str | None = None
    height_m: float | None = None
    desired: str | None = None


@dataclass(frozen=True, slots=True)
class SelectedArea:
    """An area to search for assets: `geometry` is a GeoJSON Polygon or MultiPolygon, longitude first."""

    row_number: int
    geometry: Mapping[str, Any]
    name: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class SelectionProblem:
    """What is said of a cell: `level` "error" (the row is left out), "warning" (look at it) or "mended"."""

    row_number: int
    letter: str | None
    level: str
    rule: str
    ja: str
    en: str
    value: str | None = None

    @property
    def cell(self) -> str:
        """The place as a spreadsheet names it: B5; the row alone where it is not about one cell."""
        return f"{self.letter or ''}{self.row_number}"


@dataclass(frozen=True, slots=True)
class Selection:
    """What a file chose. `columns` tells which letter was read as what; `notes` what reading took care of (ja, en)."""

    rows: tuple[SelectedRow, ...]
    areas: tuple[SelectedArea, ...]
    problems: tuple[SelectionProblem, ...]
    columns: Mapping[str, str]
    notes: tuple[tuple[str, str], ...]
    format: str
    sheet: str | None

    @property
    def asset_ids(self) -> tuple[str, ...]:
        """The ids of the rows that have one, in the file's order."""
        return tuple(row.asset_id for row in self.rows if row.asset_id)

    def as_json(self) -> dict[str, Any]:
        """JSON-able; `selection_from_json` gives it back."""
        return asdict(self)


def read_selection(path: Path, name: str, options: ReadOptions = _AS_FOUND, limits: Limits = _USUAL) -> Selection:
    """Read up to 500 sites from a file of any format `app/tabular` opens; `name` is what its sender called it.

    Raises: Unreadable that says what to do, also "too-many-sites", "no-site-column" and "no-rows".
    """
    arguments = {"path": str(path.resolve()), "name": name, "options": asdict(options)}
    said: dict[str, Any] = {}
    for header, _ in run_in_child("app.applications.choosing.reading:read", arguments, limits):
        said |= header.get("selection", {})
    return selection_from_json(said)


def selection_from_json(said: Mapping[str, Any]) -> Selection:
    """A selection of its JSON."""
    return Selection(
        rows=tuple(_row(row) for row in said["rows"]),
        areas=tuple(SelectedArea(**area) for area in said["areas"]),
        problems=tuple(SelectionProblem(**problem) for problem in said["problems"]),
        columns=said["columns"],
        notes=tuple((ja, en) for ja, en in said["notes"]),
        format=said["format"],
        sheet=said["sheet"],
    )


def _row(said: Mapping[str, Any]) -> SelectedRow:
    place = said.get("lon_lat")
    return SelectedRow(**{**said, "lon_lat": (place[0], place[1]) if place else None})
