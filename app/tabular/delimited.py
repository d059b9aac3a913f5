"""CSV and its kin (tabs, semicolons) as rows that know the physical line they start on, read as a stream."""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from app.tabular.encodings import Text, detect_encoding
from app.tabular.headers import RawRow
from app.tabular.limits import CELL_CHARACTERS, COLUMNS, DELIMITED_ROWS, RECORD_LINES
from app.tabular.table import Unreadable

_DELIMITERS = (",", "\t", ";")
_SAMPLE_LINES = 60


def read_delimited(path: Path, encoding: str | None) -> tuple[Text, str, Iterator[RawRow]]:
    """What the text is, its delimiter, and its rows. Raises: Unreadable, also while the rows are read."""
    text = detect_encoding(path, encoding)
    with _open(path, text.encoding) as file:
        delimiter = _delimiter(list(islice(file, _SAMPLE_LINES)))
    return text, delimiter, _rows(path, text.encoding, delimiter)


def _open(path: Path, encoding: str) -> io.TextIOWrapper:
    return path.open(encoding=encoding, newline="", errors="strict")


def _delimiter(lines: list[str]) -> str:
    """The delimiter that cuts most lines into the same number of cells, more than one."""

    def agreement(delimiter: str) -> int:
        try:
            counts = [len(cells) for cells in csv.reader(lines, delimiter=delimiter)]
        except csv.Error:
            return 0
        common = max(set(counts), key=counts.count, default=1)
        return counts.count(common) if common > 1 else 0

    csv.field_size_limit(CELL_CHARACTERS)
    best = max(_DELIMITERS, key=agreement)
    return best if agreement(best) else max(_DELIMITERS, key="".join(lines).count)


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[RawRow]:
    """Records with the line each starts on, from 1."""
    csv.field_size_limit(CELL_CHARACTERS)
    with _open(path, encoding) as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        start, width, count = 1, 0, 0
        try:
            for record in reader:
                end = reader.line_num
                if end > start:
                    _check_lines(record, start, end, delimiter, width)
                if len(record) > COLUMNS:
                    _check_columns(record, start)
                width = max(width, len(record)) if count < _SAMPLE_LINES else width
                count += 1
                if count > DELIMITED_ROWS:
                    raise _too_many_rows()
                yield start, [cell or None for cell in record]
                start = end + 1
        except csv.Error as error:
            raise _broken(error, start) from None


def _check_lines(record: list[str], start: int, end: int, delimiter: str, width: int) -> None:
    """A cell that holds whole rows, or runs on and on, was opened by a quote nobody closed."""
    if end - start >= RECORD_LINES:
        raise _lost_quote(start)
    for cell in record:
        inner = cell.splitlines()
        if len(inner) > 1 and width > 2 and any(line.count(delimiter) >= width - 1 for line in inner):
            raise _lost_quote(start)


def _check_columns(record: list[str], line: int) -> None:
    filled = max((place for place, cell in enumerate(record, 1) if cell), default=0)
    if filled > COLUMNS or len(record) > COLUMNS * 60:
        raise Unreadable(
            "too-many-columns",
            f"{line}行目に{len(record):,}列あります。読めるのは{COLUMNS}列までです。必要な列だけにしてください。",
            f"Line {line} has {len(record):,} columns; {COLUMNS} can be read. Keep only the columns needed.",
        )
    del record[COLUMNS:]


def _broken(error: csv.Error, line: int) -> Unreadable:
    if "field limit" in str(error):
        return Unreadable(
            "cell-too-long",
            f'{line}行目から始まる行に、{CELL_CHARACTERS:,}文字を超えるセルがあります。引用符（"）の閉じ忘れでなければ、短くしてください。',
            f"The row that begins on line {line} has a cell of more than {CELL_CHARACTERS:,} characters. "
            'Look for a quotation mark (") that is not closed, or shorten the cell.',
        )
    return _lost_quote(line)


def _lost_quote(line: int) -> Unreadable:
    return Unreadable(
        "lost-quote",
        f'{line}行目の引用符（"）が正しく閉じられていません。このままでは後の行が1つのセルに入ってしまいます。{line}行目を直してください。',
        f'A quotation mark (") on line {line} is not closed properly, so rows after it would end up in one cell. '
        f"Mend line {line}.",
    )


def _too_many_rows() -> Unreadable:
    return Unreadable(
        "too-many-rows",
        f"{DELIMITED_ROWS:,}行を超えています。ファイルを分けて送ってください。",
        f"There are more than {DELIMITED_ROWS:,} rows. Send the file in parts.",
    )
