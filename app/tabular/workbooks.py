"""Workbooks (XLSX, XLSM, XLS, ODS): the sheet that holds the list, its typed cells and its merged ranges."""

import html
import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from app.tabular.archives import (
    PASSWORD,
    damaged_archive,
    open_archive,
    overlapping,
    pieces,
    refuse_declaration,
    refuse_declarations,
)
from app.tabular.headers import Merge, RawRow, too_many_columns
from app.tabular.limits import CELL_CHARACTERS, COLUMNS, WORKBOOK_CELLS, WORKBOOK_ROWS
from app.tabular.table import Cell, SheetInfo, Unreadable

_ASIDE = re.compile(
    r"エラー一覧|記入例|入力例|記載例|例$|^例|説明|注意|凡例|選択肢|リスト$|マスタ|コード表|はじめに|使い方|表紙|目次|更新履歴|readme|notes?$|sample|example|how",
    re.IGNORECASE,
)
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\s[^>]*?ref\s*=\s*[\"']([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?[\"']")
# Repetitions are bounded: XML made for the purpose would let the patterns search for hours.
_FAR_ROW = re.compile(rb"row\s[^>]{0,60}?\br\s*=\s*[\"'](\d{6,})[\"']")
_CELL = re.compile(rb"r=[\"']([A-Z]{1,3})\d+[\"'][^>]*>(?:\s*<(?:\w+:)?(v|is|f)\b)?")
_ROW_END = re.compile(rb"row>")
_ERROR_CELL = re.compile(
    rb"<(?:\w{1,20}:)?c\s(?=[^>]{0,80}\bt=[\"']e[\"'])[^>]{0,80}?\br=[\"']([A-Z]{1,3})(\d{1,7})[\"'][^>]{0,80}>"
    rb"[^#]{0,600}?<(?:\w{1,20}:)?v>(#[^<]{1,20})</"
)
_RELATION = re.compile(rb"<(?:\w{1,20}:)?Relationship\s[^>]{0,2000}>")
_SHEET = re.compile(rb"<(?:\w{1,20}:)?sheet\s[^>]{0,2000}>")
_SHEETS_READ = 12  # whose content is looked at before one is chosen


@dataclass(slots=True)
class Sheet:
    """A sheet opened: its rows from 1 with cells from column A, merged ranges, and what was noted."""

    name: str
    sheets: tuple[SheetInfo, ...]
    rows: Iterator[RawRow]
    merges: tuple[Merge, ...]
    row_count: int
    notes: list[tuple[str, str]] = field(default_factory=list)


def read_workbook(path: Path, form: str, wanted: str | None) -> Sheet:
    """Open the wanted sheet of an "xlsx", "xls" or "ods", or the visible one that looks most like a list.

    Raises: Unreadable for passwords, damage, sheets too large, names unknown and XML that declares entities.
    """
    packed = _Package(path) if zipfile.is_zipfile(path) else None
    try:
        return _read(_open(path, form), packed, wanted)
    except PasswordError as error:
        raise Unreadable(*PASSWORD) from error
    except CalamineError as error:
        raise (too_large() if "limit exceeded" in str(error) else damaged_archive()) from error


def _open(path: Path, form: str) -> CalamineWorkbook:
    """The workbook; calamine believes the end of a file's name, so it is given one that is true."""
    if path.suffix == f".{form}":
        return CalamineWorkbook.from_path(path)
    with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
        link = Path(folder) / f"list.{form}"
        link.symlink_to(path.resolve())
        return CalamineWorkbook.from_path(link)


class _Package:
    """What calamine does not tell of an XLSX: how far a sheet goes before it is in memory, and error values."""

    def __init__(self, path: Path) -> None:
        self._archive = open_archive(path)
        self._names = {entry.filename for entry in self._archive.infolist()}
        self.has_macros = any(name.lower().endswith("vbaproject.bin") for name in self._names)
        self._paths = _sheet_paths(self._archive) if "xl/workbook.xml" in self._names else {}
        self.errors: dict[tuple[int, int], str] = {}
        for name in sorted(self._names):
            if name.lower().endswith((".xml", ".rels", ".vml")) and name not in self._paths.values():
                refuse_declarations(pieces(self._archive, name))

    def size(self, sheet: str) -> tuple[int, int] | None:
        """Rows and columns the sheet says it has."""
        path = self._paths.get(sheet)
        if path not in self._names:
            return None
        found = _DIMENSION.search(next(pieces(self._archive, path), b"")[:8192])
        if not found:
            return None
        return int(found[4] or found[2]), column_number(found[3] or found[1])

    def check(self, sheet: str) -> None:
        """Scan the sheet's XML for cells far out, and for error values. Raises: Unreadable."""
        path = self._paths.get(sheet)
        if path not in self._names:
            return
        for piece, _ in overlapping(pieces(self._archive, path)):
            refuse_declaration(piece)
            self._check_piece(piece)

    def _check_piece(self, piece: bytes) -> None:
        for found in _FAR_ROW.finditer(piece):
            if int(found[1]) > WORKBOOK_ROWS and _has_value(piece, found.end()):
                raise too_many_rows(int(found[1]))
        for end in _ROW_END.finditer(piece):
            last = _CELL.match(piece, max(piece.rfind(b'r="', 0, end.start()), 0))
            if last and last[2] and column_number(last[1]) > COLUMNS:
                raise too_many_columns(column_number(last[1]))
        if b'"e"' in piece or b"'e'" in piece:
            for letters, number, value in _ERROR_CELL.findall(piece):
                self.errors[int(number), column_number(letters) - 1] = value.decode("ascii", "replace")


def _has_value(piece: bytes, start: int) -> bool:
    end = piece.find(b"row>", start)
    return re.search(rb"<(?:\w+:)?(v|is)>", piece[start : end if end >= 0 else start + 4096]) is not None


def column_number(letters: bytes | str) -> int:
    """A → 1, AA → 27."""
    number = 0
    for letter in letters if isinstance(letters, str) else letters.decode("ascii"):
        number = number * 26 + ord(letter) - 64
    return number


def _attributes(element: bytes) -> dict[str, str]:
    found = re.findall(rb"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", element)
    return {key.decode().rpartition(":")[2]: html.unescape((a or b).decode("utf-8", "replace")) for key, a, b in found}


def _sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """Where in the archive each sheet's XML lies, by the sheet's name."""
    targets = {}
    relations = "xl/_rels/workbook.xml.rels"
    if relations in archive.namelist():
        for element in _RELATION.findall(b"".join(pieces(archive, relations))):
            said = _attributes(element)
            target = said.get("Target", "").removeprefix("/")
            targets[said.get("Id", "")] = target if target.startswith("xl/") else f"xl/{target}"
    sheets = {}
    for element in _SHEET.findall(b"".join(pieces(archive, "xl/workbook.xml"))):
        said = _attributes(element)
        sheets[said.get("name", "")] = targets.get(said.get("id", ""), "")
    return sheets


def _read(book: CalamineWorkbook, packed: _Package | None, wanted: str | None) -> Sheet:
    infos, order = _list_sheets(book, packed)
    name = _wanted(wanted, order) if wanted else _best(book, packed, order)
    if packed:
        packed.check(name)
    sheet = book.get_sheet_by_name(name)
    _check_size(sheet)
    merges = tuple(Merge(a[0] + 1, a[1], b[0] + 1, b[1]) for a, b in sheet.merged_cell_ranges or ())
    rows = _rows(sheet, packed.errors if packed else {})
    read = Sheet(name, infos, rows, merges, _extent(sheet)[0])
    if packed and packed.has_macros:
        read.notes.append(
            (
                "マクロは使いません。セルの値だけを読みました。",
                "Macros are not run; only the values of the cells were read.",
            )
        )
    return read


def _list_sheets(book: CalamineWorkbook, packed: _Package | None) -> tuple[tuple[SheetInfo, ...], list[str]]:
    """Sheets of cells, hidden ones last, and their names; charts and dialogs are none."""
    worksheets = [meta for meta in book.sheets_metadata if str(meta.typ).endswith("WorkSheet")]
    worksheets.sort(key=lambda meta: not str(meta.visible).endswith(".Visible"))
    infos = []
    for meta in worksheets:
        rows, columns = (packed.size(meta.name) if packed else None) or (None, None)
        infos.append(SheetInfo(meta.name, rows, columns))
    if not infos:
        raise Unreadable("empty", "シートが見つかりません。", "The workbook has no sheet.")
    return tuple(infos), [meta.name for meta in worksheets if str(meta.visible).endswith(".Visible")] + [
        meta.name for meta in worksheets if not str(meta.visible).endswith(".Visible")
    ]


def _wanted(wanted: str, names: Sequence[str]) -> str:
    if wanted in names:
        return wanted
    raise Unreadable(
        "no-such-sheet",
        f"シート「{wanted[:60]}」がありません。シートを選び直してください。",
        f"There is no sheet named “{wanted[:60]}”. Choose the sheet again.",
    )


def _best(book: CalamineWorkbook, packed: _Package | None, order: Sequence[str]) -> str:
    """The sheet with most cells in a table's shape; explanations and examples only where nothing else holds rows."""
    if len(order) == 1:
        return order[0]
    visible = {meta.name for meta in book.sheets_metadata if str(meta.visible).endswith(".Visible")}
    candidates = [name for name in order if name in visible] or list(order)
    scores = {name: _table_size(book, packed, name) for name in candidates[:_SHEETS_READ]}

    def rank(name: str) -> tuple[bool, bool, int]:
        return scores[name] > 0, not _ASIDE.search(name), scores[name]

    return max(scores, key=rank)


def _table_size(book: CalamineWorkbook, packed: _Package | None, name: str) -> int:
    """Rows times columns, counted only up to the limits, of a sheet that has two filled rows at least."""
    size = packed.size(name) if packed else None
    if size and (size[0] > 2_000 or size[1] > COLUMNS):
        return min(size[0], WORKBOOK_ROWS) * min(size[1], COLUMNS)
    if packed:
        packed.check(name)
        packed.errors.clear()
    sheet = book.get_sheet_by_name(name)
    filled = [sum(cell != "" for cell in row) for row in sheet.to_python(nrows=200)]
    wide = [count for count in filled if count > 1]
    return len(wide) * max(wide, default=0) * max(1, sheet.height // 200) if len(wide) > 1 else 0


def _check_size(sheet: CalamineSheet) -> None:
    rows, columns = _extent(sheet)
    if columns > COLUMNS:
        raise too_many_columns(columns)
    if rows > WORKBOOK_ROWS or rows * columns > WORKBOOK_CELLS:
        raise too_many_rows(rows)


def _extent(sheet: CalamineSheet) -> tuple[int, int]:
    """Rows and columns counted from A1."""
    return (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)


def too_many_rows(count: int) -> Unreadable:
    return too_large(f"（{count:,}行目まで値があります）", f" (values down to row {count:,})")


def too_large(ja: str = "", en: str = "") -> Unreadable:
    return Unreadable(
        "too-many-rows",
        f"表が大きすぎます{ja}。使っていない行や列を消すか、CSVで送ってください。",
        f"The sheet is too large{en}. Delete unused rows and columns, or send it as CSV.",
    )


def _rows(sheet: CalamineSheet, errors: dict[tuple[int, int], str]) -> Iterator[RawRow]:
    left = sheet.start[1] if sheet.start else 0
    margin: list[Cell] = [None] * left
    error_rows = {row for row, _ in errors}
    for number, values in enumerate(sheet.iter_rows(), 1):
        cells = [_cell(value) for value in values]
        if left:
            cells = margin + cells
        if number in error_rows:
            cells = [errors.get((number, place), cell) for place, cell in enumerate(cells)]
        yield number, cells


def _cell(value: Any) -> Cell:
    """A value as people see it: whole numbers without ".0", durations as h:mm, an empty cell as None."""
    if type(value) is str:
        if len(value) > CELL_CHARACTERS:
            raise _cell_too_long()
        return value or None
    if type(value) is float:
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if type(value) is timedelta:
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
    return value  # type: ignore[no-any-return]


def _cell_too_long() -> Unreadable:
    return Unreadable(
        "cell-too-long",
        f"{CELL_CHARACTERS:,}文字を超えるセルがあります。短くしてください。",
        f"A cell has more than {CELL_CHARACTERS:,} characters. Shorten it.",
    )


def spread_down(rows: Iterator[RawRow], tall: Sequence[Merge]) -> Iterator[RawRow]:
    """Rows with the value of cells merged downwards given to each row of the range that holds anything else."""
    starting: dict[int, list[Merge]] = {}
    for merge in tall:
        starting.setdefault(merge.top, []).append(merge)
    running: list[tuple[Merge, Cell]] = []
    for number, cells in rows:
        running = [(merge, value) for merge, value in running if merge.bottom >= number]
        if running and any(cell is not None for cell in cells):
            for merge, value in running:
                if merge.left < len(cells):
                    cells[merge.left] = value
        running += [(merge, cells[merge.left]) for merge in starting.get(number, ()) if merge.left < len(cells)]
        yield number, cells
