"""A list as read from a file: headings, rows that know their place, and why a file cannot be read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import NamedTuple

Cell = str | int | float | bool | datetime | date | time | None


class Row(NamedTuple):
    """A row of the list. `number` counts from 1 as the file's own program shows it (for features: from 1).

    `geom` is WKB in longitude, latitude of EPSG:6668 (taken as 4326), for formats that carry geometry.
    """

    number: int
    cells: tuple[Cell, ...]
    geom: bytes | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading: its place from 0, its letter (A, B, …) and its words, heading rows joined by a space."""

    place: int
    letter: str
    name: str


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person chose instead of what was found; None leaves it to be found."""

    encoding: str | None = None
    sheet: str | None = None  # also: the layer of a GeoPackage, the member of a ZIP
    header_row: int | None = None  # first row of the headings, from 1
    header_rows: int | None = None  # how many rows the headings take


@dataclass(frozen=True, slots=True)
class SheetInfo:
    """A sheet, layer or archive member somebody may choose."""

    name: str
    rows: int | None
    columns: int | None


@dataclass(slots=True)
class Table:
    """A list opened for reading once, row by row; `rows` leaves out titles, headings, blank rows and footers.

    `notes` says in Japanese and English what reading took care of (titles skipped, footers left out, …).
    """

    format: str  # "xlsx", "csv", …
    encoding: str | None
    sheet: str | None
    sheets: tuple[SheetInfo, ...]
    header_row: int | None  # from 1; None where the format names its columns itself
    header_rows: int
    headings: tuple[Heading, ...]
    rows: Iterator[Row]
    row_estimate: int | None = None
    crs: str | None = None  # of a geographic file, as its author says ("EPSG:4301")
    notes: list[tuple[str, str]] = field(default_factory=list)


class Unreadable(Exception):
    """Why a file cannot be read as a list, and what to do; `rule` is a stable name."""

    def __init__(self, rule: str, ja: str, en: str) -> None:
        super().__init__(f"{ja} / {en}")
        self.rule, self.ja, self.en = rule, ja, en


def column_letter(place: int) -> str:
    """The spreadsheet letter of a column counted from 0: 0 → A, 26 → AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
