"""A log of any format as a relation of text columns c0, c1, … in DuckDB, whose rows know their row of the file."""

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain, islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from app.surveys.not_logs import refuse_first_row
from app.surveys.recipes import known_words
from app.surveys.typed_rows import quoted
from app.tabular.contents import content_of
from app.tabular.delimited import read_delimited
from app.tabular.headers import lay_out
from app.tabular.limits import COLUMNS, DELIMITED_ROWS, LINE_BYTES, SAMPLE_ROWS
from app.tabular.opening import open_table
from app.tabular.table import Cell, Heading, ReadOptions, Row, Table, Unreadable

_BATCH_ROWS = 20_000
_PIECE = 1 << 20
Notes = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LogSource:
    """Where the rows are. `first_row`: row of the file of the relation's first row; None: column n says each row's.

    `lines`: how many rows there are if each takes a line; None: not known. `has_geometry`: the last two columns are the
    longitude and latitude of each feature.
    """

    relation: str
    headings: tuple[Heading, ...]
    first_row: int | None
    notes: Notes
    lines: int | None = None
    has_geometry: bool = False


def options_of(settings: Mapping[str, Any]) -> ReadOptions:
    """What a person chose of how the file is opened."""
    return ReadOptions(*(settings.get(name) for name in ("encoding", "sheet", "header_row", "header_rows")))


def fast_source(path: Path, settings: Mapping[str, Any], folder: Path) -> LogSource | None:
    """The source of a delimited text that DuckDB reads itself; None where the file is something else.

    Raises: Unreadable.
    """
    if content_of(path) != "text":
        return None
    options = options_of(settings)
    text, delimiter, rows = read_delimited(path, options.encoding)
    sample = list(islice(rows, SAMPLE_ROWS))
    if sample:
        refuse_first_row(sample[0][1])
    layout = lay_out(sample, options, known_words())
    if layout.header_row is None:
        raise _no_headings()
    first = next((number for number, _ in sample if number >= layout.first_row), None)
    if first is None:
        raise no_rows()
    if text.encoding not in ("utf-8", "utf-8-sig", "ascii"):
        path = _as_utf_8(path, text.encoding, folder)
    width = max(len(layout.headings), *(len(cells) for _, cells in sample))
    names = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(min(width, COLUMNS)))
    relation = (
        f"read_csv({quoted(str(path))}, auto_detect=false, header=false, skip={first - 1}, delim={quoted(delimiter)},"
        f" quote='\"', escape='\"', columns={{{names}}}, null_padding=true, strict_mode=false, max_line_size={LINE_BYTES})"
    )
    lines = text.lines - (first - 1) - _ends_with_break(path)
    return LogSource(relation, layout.headings, first, layout.notes, lines)


def slow_source(path: Path, name: str, settings: Mapping[str, Any], folder: Path) -> LogSource:
    """The source of any file `app.tabular` opens, row by row. Raises: Unreadable."""
    table = open_table(path, name, options_of(settings), known_words())
    if table.header_row is None and table.format in ("csv", "tsv", "xlsx", "xls", "ods"):
        raise _no_headings()
    first = next(table.rows, None)
    if first is None:
        raise no_rows()
    has_geometry = first.geom is not None
    headings, width = table.headings, len(table.headings)
    if has_geometry:
        headings = (*headings, Heading(width, "", "longitude"), Heading(width + 1, "", "latitude"))
    written = folder / "cells.parquet"
    _write(written, chain([first], table.rows), width, has_geometry)
    return LogSource(f"read_parquet({quoted(str(written))})", headings, None, _notes(table), None, has_geometry)


def load(connection: duckdb.DuckDBPyConnection, source: LogSource, sql: str) -> int | None:
    """Create the table `typed`; None where DuckDB cannot read the text as it stands, or rows are not lines."""
    try:
        connection.execute(f"CREATE TABLE typed AS {sql}")
    except duckdb.Error:
        if source.first_row is None:
            raise
        return None
    found = connection.execute("SELECT count(*) FROM typed").fetchone()
    count = int(found[0]) if found else 0
    if source.lines is not None and count != source.lines and source.lines <= DELIMITED_ROWS:
        connection.execute("DROP TABLE typed")  # blank lines or cells of several lines: rows would be numbered wrongly
        return None
    return count


def no_rows() -> Unreadable:
    """What is said of a log that has headings alone."""
    return Unreadable(
        "no-rows",
        "見出しの下に測定の行がありません。測定の入った記録を送ってください。",
        "There are headings but no measurements under them. Send the log that holds measurements.",
    )


def _no_headings() -> Unreadable:
    return Unreadable(
        "no-headings",
        "見出しの行が見つかりません。1行目に列の名前（日時、緯度、経度、通信事業者など）を入れるか、標準様式に写してください。",
        "No row of headings was found. Name the columns in the first row (time, latitude, longitude, carrier, …), or use"
        " the plain template.",
    )


def _as_utf_8(path: Path, encoding: str, folder: Path) -> Path:
    written = folder / "text.csv"
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file, written.open("w", encoding="utf-8", newline="") as out:
        while piece := file.read(_PIECE):
            out.write(decoder.decode(piece))
        out.write(decoder.decode(b"", final=True))
    return written


def _ends_with_break(path: Path) -> int:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return int(file.read(1) == b"\n")


def _write(path: Path, rows: Iterator[Row], width: int, has_geometry: bool) -> None:
    """The cells as text in Parquet, a batch at a time."""
    columns = width + 2 * has_geometry
    schema = pa.schema([("n", pa.int64()), *((f"c{place}", pa.string()) for place in range(columns))])
    with pq.ParquetWriter(path, schema) as writer:
        while batch := list(islice(rows, _BATCH_ROWS)):
            cells = [[_words(row.cells[place]) for row in batch] for place in range(width)]
            cells += _positions(batch) if has_geometry else []
            writer.write_table(pa.table([[row.number for row in batch], *cells], schema=schema))


def _positions(batch: list[Row]) -> list[list[str | None]]:
    """Longitudes and latitudes of the features that are points."""
    import shapely

    shapes = shapely.from_wkb([row.geom for row in batch], on_invalid="ignore")
    axes = (shapely.get_x(shapes).tolist(), shapely.get_y(shapes).tolist())  # NaN for what is no point
    return [[None if value != value else repr(value) for value in axis] for axis in axes]


def _words(cell: Cell) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, (date, time)) else repr(cell)


def _notes(table: Table) -> Notes:
    return table.notes
