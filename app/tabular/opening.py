"""Open any list: what the file really is, by its content and never by its name, and its table."""

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from app.tabular.bodies import read_body
from app.tabular.delimited import read_delimited
from app.tabular.headers import RawRow, lay_out
from app.tabular.limits import SAMPLE_ROWS
from app.tabular.table import ReadOptions, SheetInfo, Table
from app.tabular.workbooks import Sheet, read_workbook, spread_down


def open_table(path: Path, name: str, options: ReadOptions, known: frozenset[str] = frozenset()) -> Table:
    """Open the list in a file. `name` is what its sender called it; `known` are headings that mark a heading row.

    Raises: Unreadable, also while the rows are read.
    """
    with path.open("rb") as file:
        head = file.read(8)
    if head[:2] == b"PK":
        return workbook_table(read_workbook(path, options.sheet), "xlsx", options, known)
    return delimited_table(path, options, known)


def delimited_table(path: Path, options: ReadOptions, known: frozenset[str]) -> Table:
    text, delimiter, rows = read_delimited(path, options.encoding)
    sample = list(islice(rows, SAMPLE_ROWS))
    layout = lay_out(sample, options, known)
    notes = layout.notes
    return Table(
        format="tsv" if delimiter == "\t" else "csv",
        encoding=text.encoding,
        sheet=None,
        sheets=(SheetInfo("", text.lines, len(layout.headings)),),
        header_row=layout.header_row,
        header_rows=layout.header_rows,
        headings=layout.headings,
        rows=read_body(chain(sample, rows), layout, notes),
        row_estimate=max(0, text.lines - layout.first_row),
        notes=notes,
    )


def workbook_table(sheet: Sheet, form: str, options: ReadOptions, known: frozenset[str]) -> Table:
    sample = list(islice(sheet.rows, SAMPLE_ROWS))
    layout = lay_out(sample, options, known, sheet.merges)
    notes = sheet.notes + layout.notes
    rows: Iterator[RawRow] = chain(sample, sheet.rows)
    tall = [m for m in sheet.merges if m.top >= layout.first_row and m.bottom > m.top]
    if tall:
        rows = spread_down(rows, tall)
        notes.append(
            (
                f"縦に結合されたセル{len(tall):,}か所の値を、各行に入れて読みました。",
                f"Values of {len(tall):,} cells merged downwards were given to each of their rows.",
            )
        )
    return Table(
        format=form,
        encoding=None,
        sheet=sheet.name,
        sheets=sheet.sheets,
        header_row=layout.header_row,
        header_rows=layout.header_rows,
        headings=layout.headings,
        rows=read_body(rows, layout, notes),
        row_estimate=max(0, sheet.row_count - layout.first_row + 1),
        notes=notes,
    )
