"""A sheet with every cell at its place, columns at hand: for examining how a table is written rather than what it says."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from app.tabular.cell_checks import code_like, has_western_year, number_like
from app.tabular.delimited import read_delimited
from app.tabular.table import Unreadable, column_letter

WORKBOOK_FORMATS = frozenset({"xlsx", "xlsm", "xls", "ods"})
FORMATS = WORKBOOK_FORMATS | {"csv", "tsv"}
MOST_TEXT_CELLS = 1_000_000  # held at once; what follows in a longer file is written alike
_SAMPLE = 200
_NUMERIC_SHARE = 0.8


@dataclass
class Column:
    """A column of the body: `place` from 0, `values` from row `first_row` (from 1) down."""

    place: int
    heading: str
    heading_place: str
    first_row: int
    values: tuple[Any, ...]

    @cached_property
    def letter(self) -> str:
        return column_letter(self.place)

    @cached_property
    def texts(self) -> list[tuple[int, str]]:
        """Row and text of the cells that hold text."""
        return [(row, value) for row, value in enumerate(self.values, self.first_row) if type(value) is str and value]

    @cached_property
    def joined(self) -> str:
        """All texts, NUL between them."""
        return "\0".join([value for value in self.values if type(value) is str and value])

    @cached_property
    def filled(self) -> bool:
        return any(value not in ("", None) for value in self.values)

    @cached_property
    def is_numeric(self) -> bool:
        """Four of five filled cells of a sample are numbers, and the heading does not speak of codes."""
        if code_like(self.heading):
            return False
        filled = [value for value in self.values if value not in ("", None)]
        sample = filled[:: max(1, len(filled) // _SAMPLE)]
        numbers = sum(_is_number(value) for value in sample)
        return bool(sample) and numbers >= _NUMERIC_SHARE * len(sample)

    def has_year(self, row: int) -> bool:
        """The cell of a row holds a Western year."""
        value = self.values[row - self.first_row]
        return isinstance(value, date) or has_western_year(str(value))


@dataclass
class Grid:
    """A sheet: columns of the body and what stands about them; rows count from 1."""

    sheet: str | None
    header_row: int
    columns: list[Column]
    rows: list[list[Any]]  # of the body, footers of one cell left out
    first_row: int
    header_cells: list[tuple[str, str]]  # place, text
    says_unit: bool = False
    merged: list[str] | None = None
    continuing: Collection[int] = ()
    _blank: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._blank = [
            row
            for row, cells in enumerate(self.rows, self.first_row)
            if row not in self.continuing and not any(map(_filled, cells))
        ]

    @cached_property
    def numeric(self) -> list[Column]:
        return [column for column in self.columns if column.is_numeric]

    @property
    def blank_rows(self) -> list[str]:
        return [f"{row}:{row}" for row in self._blank]

    @cached_property
    def blank_columns(self) -> list[str]:
        """Columns with neither heading nor value between others."""
        used = [column.place for column in self.columns if column.heading or column.filled]
        inner = range(used[0], used[-1]) if used else range(0)
        return [f"{column_letter(place)}:{column_letter(place)}" for place in inner if place not in set(used)]

    def place_of(self, span: str) -> int:
        """The place from 0 of a column reference as `blank_columns` gives it."""
        return next(column.place for column in self.columns if column.letter == span.partition(":")[0])

    def headings_where(self, test: Callable[[str], bool]) -> list[str]:
        """Places of heading cells whose text is so."""
        return [place for place, text in self.header_cells if test(text)]

    def repeated_headings(self) -> Iterator[str]:
        """First cells of rows in the body that say the headings again, or new ones after a blank row."""
        headings = {column.heading for column in self.columns if column.heading}
        numeric = {column.place for column in self.numeric}
        blank = set(self._blank)
        for row, cells in enumerate(self.rows, self.first_row):
            texts = [cell for cell in cells if isinstance(cell, str) and cell]
            if len(texts) < 3 or len(texts) != sum(map(_filled, cells)):
                continue
            again = sum(text in headings for text in texts) >= _NUMERIC_SHARE * len(texts)
            anew = row - 1 in blank and any(
                place in numeric and isinstance(cell, str) and cell and not any(map(str.isdigit, cell))
                for place, cell in enumerate(cells)
            )
            if again or anew:
                yield f"A{row}"

    def place(self, place: str) -> str:
        """A reference with its sheet, as Excel writes it."""
        return place if self.sheet is None else f"{quoted_sheet(self.sheet)}!{place}"


def quoted_sheet(name: str) -> str:
    """A sheet's name as a reference needs it."""
    return "'" + name.replace("'", "''") + "'"


def read_grid(
    path: Path, format: str, sheet: str | None, header_row: int | None, header_rows: int, encoding: str | None
) -> Grid:
    """Read a sheet whole, or of a text file the first million cells.

    Raises: Unreadable.
    """
    header_row, header_rows = max(1, header_row or 1), max(1, header_rows)
    if format in WORKBOOK_FORMATS:
        name, rows, merged = workbook_rows(path, sheet)
        return _grid(name, rows, header_row, header_rows, merged=merged)
    text = delimited_rows(path, encoding)
    return _grid(None, text.rows, header_row, header_rows, continuing=text.continuing)


def workbook_rows(path: Path, name: str | None) -> tuple[str, list[list[Any]], list[str] | None]:
    """A sheet's name, its rows from A1 (the last calculated values of formulas), and merged ranges where known.

    Raises: Unreadable (`broken-workbook`).
    """
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            found = workbook.get_sheet_by_name(workbook.sheet_names[0] if name is None else name)
            rows = found.to_python(skip_empty_area=False)
            return found.name, rows, _merged(found)
    except CalamineError as error:
        raise Unreadable(
            "broken-workbook", f"ブックを開けませんでした({error})。", f"The workbook cannot be opened ({error})."
        ) from error


def _merged(sheet: CalamineSheet) -> list[str] | None:
    ranges = sheet.merged_cell_ranges
    if ranges is None:
        return None
    return [f"{column_letter(a[1])}{a[0] + 1}:{column_letter(b[1])}{b[0] + 1}" for a, b in ranges]


class TextRows(NamedTuple):
    """Records at the lines they start on; `continuing` are the numbers (from 1) of lines that only continue one.

    `whole` is false where reading stopped at the most cells asked for.
    """

    rows: list[list[Any]]
    continuing: set[int]
    whole: bool


def delimited_rows(path: Path, encoding: str | None, most_cells: int = MOST_TEXT_CELLS) -> TextRows:
    """The records of a text file, blank rows standing for lines that continue a record.

    Raises: Unreadable.
    """
    rows: list[list[Any]] = []
    continuing: set[int] = set()
    cell_count = 0
    for number, cells in read_delimited(path, encoding)[2]:
        cell_count += len(cells) + number - len(rows)
        if cell_count > most_cells:
            return TextRows(rows, continuing, whole=False)
        while len(rows) < number - 1:
            rows.append([])
            continuing.add(len(rows))
        rows.append(cells)
    return TextRows(rows, continuing, whole=True)


def _grid(
    sheet: str | None,
    rows: list[list[Any]],
    header_row: int,
    header_rows: int,
    merged: list[str] | None = None,
    continuing: Collection[int] = (),
) -> Grid:
    width = max(map(len, rows), default=0)
    rows = [row if len(row) == width else row + [""] * (width - len(row)) for row in rows]
    head = rows[header_row - 1 : header_row - 1 + header_rows]
    first_row = header_row + header_rows
    body = _without_footers(rows[first_row - 1 :])
    columns = [
        Column(place, _heading(head, place), f"{column_letter(place)}{first_row - 1}", first_row, values)
        for place, values in enumerate(zip(*body, strict=True) if body else [()] * width)
    ]
    cells = [
        (f"{column_letter(place)}{row}", value)
        for row, values in enumerate(head, header_row)
        for place, value in enumerate(values)
        if isinstance(value, str) and value
    ]
    above = (str(cell) for row in islice(rows, header_row - 1) for cell in row)
    return Grid(
        sheet, header_row, columns, body, first_row, cells, any("単位" in text for text in above), merged, continuing
    )


def _heading(head: list[list[Any]], place: int) -> str:
    return " ".join(str(row[place]).strip() for row in head if _filled(row[place]))


def _without_footers(rows: list[list[Any]]) -> list[list[Any]]:
    """Rows down to the last with more than one filled cell: notes below a table are no part of it."""
    width = len(rows[0]) if rows else 0
    least = 2 if width > 2 else 1
    last = len(rows)
    while last and sum(map(_filled, rows[last - 1])) < least:
        last -= 1
    return rows[:last]


def _filled(cell: Any) -> bool:
    return cell is not None and cell != "" and not (type(cell) is str and not cell.strip())


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return number_like(value)
    return isinstance(value, int | float) and not isinstance(value, bool)
