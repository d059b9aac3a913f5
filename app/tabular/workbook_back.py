"""「直して返す」: the clerk's own workbook, safe repairs made in the copy, the rest coloured, noted and listed.

Formats, sheets, widths and merged cells stay. What a copy cannot keep is said on the sheet エラー一覧: macros, drawings,
and formulas of the list, which become their last calculated values so that the copy can be read before Excel has
calculated it anew. A file of another format comes back as a workbook with each cell, as text, where it was.
"""

import csv
import gc
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import openpyxl
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.packaging.custom import CustomPropertyList, StringProperty
from openpyxl.styles import PatternFill
from openpyxl.utils.cell import column_index_from_string, coordinate_to_tuple
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.tabular.cell_grid import FORMATS, WORKBOOK_FORMATS, delimited_rows, workbook_rows
from app.tabular.delimited import read_delimited
from app.tabular.error_sheet import (
    ERROR_SHEET,
    FILLS,
    LEVEL_WORDS,
    Gathered,
    Placed,
    Summary,
    gather,
    said,
    set_text,
    write_error_sheet,
)
from app.tabular.findings import Finding, Level, Rule
from app.tabular.members import list_file
from app.tabular.table import Unreadable, column_letter
from app.tabular.workbook_facts import custom_property, refuse_document_types, sheet_facts

MAX_COMMENTS = 2_000  # Excel grows slow with more
MAX_SHEET_BYTES = 40 * 1024 * 1024  # of XML; memory needed is some ten times as much
MAX_CELLS = 900_000
MAX_ROWS = 1_048_576  # of a sheet
IMPORT_PROPERTY = "TsunagaruImport"
AUTHOR = "つながる"
_KEPT_FORMATS = frozenset({"xlsx", "xlsm"})


def find_import_id(path: Path) -> str | None:
    """The import a workbook was handed back by, None where it is somebody's own."""
    return custom_property(path, IMPORT_PROPERTY)


def write_back(
    source: Path,
    format: str,
    *,
    sheet: str | None,
    header_row: int | None,
    header_rows: int,
    encoding: str | None,
    findings: Iterable[Finding],
    rules: Mapping[str, Rule],
    out: Path,
    import_id: str,
    summary: Summary,
    number_fields: Collection[str] = (),
) -> None:
    """Write the workbook to hand back as XLSX.

    `number_fields` are fields whose mended values are written as numbers; all others are text. Maps, and lists too
    large for a workbook in memory, come back as the list of findings alone.
    Raises: Unreadable.
    """
    gathered = gather(findings, rules)
    with _collection_paused(), _held(source, format, sheet) as (file, name):
        _write_back(
            file, format, name, header_row, header_rows, encoding, gathered, out, import_id, summary, number_fields
        )


def _held(source: Path, format: str, sheet: str | None) -> AbstractContextManager[tuple[Path, str | None]]:
    return list_file(source, sheet) if format in FORMATS else nullcontext((source, sheet))


@contextmanager
def _collection_paused() -> Iterator[None]:
    # A workbook is hundreds of thousands of objects without cycles; looking for cycles among them takes a third of the time.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _write_back(
    source: Path,
    format: str,
    sheet: str | None,
    header_row: int | None,
    header_rows: int,
    encoding: str | None,
    gathered: Gathered,
    out: Path,
    import_id: str,
    summary: Summary,
    number_fields: Collection[str],
) -> None:
    opened = _open(source, format, sheet, encoding)
    workbook, ws, notes = opened or (
        Workbook(),
        None,
        ["表が大きいため、または地図の形式のため、この一覧だけをお返しします。"],
    )
    if ws is None:
        workbook.remove(workbook.worksheets[0])
    else:
        if find_import_id(source):
            _clear_marks(ws)
        _mend(ws, gathered.shown, number_fields)
        _mark(ws, gathered.shown)
    headings = _headings(ws, header_row, header_rows) if ws is not None and header_row else {}
    _put_first(workbook, gathered, summary, ws.title if ws is not None else None, headings, notes)
    _set_import_id(workbook, import_id)
    with closing(workbook):
        workbook.save(out)


def write_back_csv(source: Path, encoding: str | None, findings: Iterable[Finding], out: Path) -> int:
    """Write the text file with its safe repairs, in its own encoding, separator and line ends; returns repairs made.

    A repair is left out where the encoding lacks its letters, or where it would begin like a formula.
    Raises: Unreadable.
    """
    repairs: dict[int, list[tuple[int, str]]] = {}
    for finding in findings:
        if finding.mended is not None and finding.letter and not _begins_formula(finding.mended):
            place = column_index_from_string(finding.letter) - 1
            repairs.setdefault(finding.row, []).append((place, finding.mended))
    text, separator, rows = read_delimited(source, encoding)
    made = 0
    with out.open("w", encoding=text.encoding, newline="") as file:
        writer = csv.writer(file, delimiter=separator, lineterminator=_line_end(source, text.encoding))
        for number, cells in rows:
            for place, value in repairs.get(number, ()):
                if place < len(cells) and _encodes(value, text.encoding):
                    cells[place] = value
                    made += 1
            writer.writerow(cells)
    return made


def _open(
    source: Path, format: str, sheet: str | None, encoding: str | None
) -> tuple[Workbook, Worksheet, list[str]] | None:
    """The copy to work on and the sheet of the list, with what to tell; None where only the list can be given."""
    if format in _KEPT_FORMATS:
        return _open_kept(source, format, sheet)
    if format in WORKBOOK_FORMATS:
        name, rows, _ = workbook_rows(source, sheet)
        note = "この形式は書式ごとお返しできないため、同じ位置に値を並べたExcelブックでお返しします。"
    elif format in ("csv", "tsv"):
        text = delimited_rows(source, encoding, MAX_CELLS)
        if not text.whole:
            return None
        name, rows = "一覧", text.rows
        note = "テキストのファイルを、同じ行・列に並べたExcelブックでお返しします。"
    else:
        return None
    if sum(map(len, rows)) > MAX_CELLS:
        return None
    return *_text_workbook(name, rows), [note]


def _open_kept(source: Path, format: str, sheet: str | None) -> tuple[Workbook, Worksheet, list[str]] | None:
    names, sheet_bytes = _parts(source)
    if sheet_bytes > MAX_SHEET_BYTES:
        return None
    refuse_document_types(source)
    try:
        with source.open("rb") as file:  # by its name openpyxl would refuse an upload kept without suffix
            workbook = openpyxl.load_workbook(file, keep_vba=False)
        if ERROR_SHEET in workbook.sheetnames:
            del workbook[ERROR_SHEET]
        ws = workbook.worksheets[0] if sheet is None else workbook[sheet]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError, BadZipFile) as error:
        # openpyxl says in many ways that it does not understand a workbook; the list of findings still helps.
        raise Unreadable(
            "workbook-not-copied",
            "ブックの写しを作れませんでした。Excelで開いて「名前を付けて保存」(.xlsx)してからお送りください。",
            "The workbook cannot be copied. Open it in Excel, save it anew as .xlsx and send it again.",
        ) from error
    notes = []
    if format == "xlsm" or "xl/vbaProject.bin" in names:
        notes.append("マクロは安全のため取り除きました(お手元の元のファイルには残っています)。")
    if any(name.startswith(("xl/charts/", "xl/drawings/drawing")) for name in names):
        notes.append("図形・グラフは写しに残らないことがあります(お手元の元のファイルには残っています)。")
    if frozen := _freeze_formulas(ws, source):
        notes.append(f"一覧の数式{frozen:,}か所は、計算結果の値にしました。")
    return workbook, ws, notes


def _parts(source: Path) -> tuple[list[str], int]:
    try:
        with ZipFile(source) as archive:
            infos = archive.infolist()
    except BadZipFile as error:
        raise Unreadable(
            "broken-workbook", "ブックが壊れているようです。", "The workbook seems to be broken."
        ) from error
    return [info.filename for info in infos], sum(
        info.file_size for info in infos if info.filename.startswith(("xl/worksheets/", "xl/sharedStrings"))
    )


def _freeze_formulas(ws: Worksheet, source: Path) -> int:
    formulas = sheet_facts(source, ws.title).formulas
    if formulas:
        values = workbook_rows(source, ws.title)[1]
        for place in formulas:
            row, column = coordinate_to_tuple(place)
            _set_value(ws.cell(row, column), _at(values, row, column))
    return len(formulas)


def _at(rows: Sequence[Sequence[Any]], row: int, column: int) -> Any:
    cells = rows[row - 1] if row <= len(rows) else ()
    return cells[column - 1] if column <= len(cells) else None


def _set_value(cell: Cell | MergedCell, value: Any) -> None:
    if isinstance(cell, MergedCell):
        return
    if isinstance(value, str) and value:
        set_text(cell, value)
    else:
        cell.value = value if isinstance(value, int | float | date | time) else None


def _text_workbook(name: str, rows: Sequence[Sequence[Any]]) -> tuple[Workbook, Worksheet]:
    workbook = Workbook()
    ws = workbook.worksheets[0]
    ws.title = "".join(letter for letter in name if letter not in "[]:*?/\\")[:31] or "一覧"
    for number, cells in enumerate(rows, 1):
        for place, value in enumerate(cells, 1):
            text = _as_text(value)
            if text:
                set_text(ws.cell(number, place), text)
    return workbook, ws


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _clear_marks(ws: Worksheet) -> None:
    """Take away what an earlier copy marked, so that a mended cell does not stay red."""
    ours = {(fill.patternType, fill.fgColor.rgb) for fill in FILLS.values()}
    for row in ws.iter_rows():
        for cell in row:
            if cell.comment is not None and cell.comment.author == AUTHOR:
                cell.comment = None
            if cell.has_style and (cell.fill.patternType, cell.fill.fgColor.rgb) in ours:
                cell.fill = PatternFill()


def _cell(ws: Worksheet, finding: Finding) -> Cell | None:
    """The finding's cell, of merged cells the one that holds the value; None off the sheet."""
    if not 1 <= finding.row <= MAX_ROWS:
        return None
    cell = ws.cell(finding.row, column_index_from_string(finding.letter or "A"))
    if isinstance(cell, MergedCell):
        area = next(area for area in ws.merged_cells.ranges if cell.coordinate in area)
        cell = ws.cell(area.min_row, area.min_col)
    return cell if isinstance(cell, Cell) else None


def _mend(ws: Worksheet, shown: Iterable[Placed], number_fields: Collection[str]) -> None:
    for finding, rule in shown:
        if rule.level is not Level.MENDED or finding.mended is None or not finding.letter:
            continue
        cell = _cell(ws, finding)
        if cell is None or cell.row != finding.row:
            continue
        number = _number(finding.mended) if finding.field in number_fields else None
        if number is not None:
            cell.value = number
        elif finding.mended:
            set_text(cell, finding.mended)
        else:
            cell.value = None


def _number(text: str) -> int | float | None:
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        return None


def _mark(ws: Worksheet, shown: Iterable[Placed]) -> None:
    by_cell: dict[tuple[int, int], tuple[Cell, list[Placed]]] = {}
    for each in shown:
        cell = _cell(ws, each.finding)
        if cell is not None:
            by_cell.setdefault((cell.row, cell.column), (cell, []))[1].append(each)
    weight = list(Level).index
    ordered = sorted(by_cell.values(), key=lambda marked: min(weight(each.rule.level) for each in marked[1]))
    for count, (cell, placed) in enumerate(ordered):
        cell.fill = FILLS[min((each.rule.level for each in placed), key=weight)]
        if count < MAX_COMMENTS:
            cell.comment = _comment(placed, cell.comment)


def _comment(placed: Sequence[Placed], earlier: Comment | None) -> Comment:
    parts = [earlier.text] if earlier is not None else []
    for each in placed:
        original = f"\n元の値: {each.finding.value}" if each.rule.level is Level.MENDED and each.finding.value else ""
        parts.append(f"【{LEVEL_WORDS[each.rule.level]}】{said(each)}\n→ {each.rule.repair_ja}{original}")
    text = "\n\n".join(parts)
    return Comment(text[:2_000], AUTHOR, height=min(400, 40 + 18 * (text.count("\n") + len(text) // 24)), width=320)


def _headings(ws: Worksheet, header_row: int, header_rows: int) -> dict[str, str]:
    rows = list(ws.iter_rows(header_row, header_row + max(1, header_rows) - 1, values_only=True))
    return {
        column_letter(place): " ".join(dict.fromkeys(" ".join(str(word).split()) for word in words if word is not None))
        for place, words in enumerate(zip(*rows, strict=True))
    }


def _put_first(
    workbook: Workbook,
    gathered: Gathered,
    summary: Summary,
    sheet: str | None,
    headings: Mapping[str, str],
    notes: Sequence[str],
) -> None:
    errors = workbook.create_sheet(ERROR_SHEET, 0)
    write_error_sheet(errors, gathered, summary, sheet, headings, notes)
    workbook.active = 0
    for each in workbook.worksheets:
        # Two selected sheets would both take what is typed into one.
        each.sheet_view.tabSelected = each is errors


def _set_import_id(workbook: Workbook, import_id: str) -> None:
    properties: CustomPropertyList[Any] = vars(workbook)["custom_doc_props"]
    if IMPORT_PROPERTY in properties.names:
        del properties[IMPORT_PROPERTY]
    properties.append(StringProperty(name=IMPORT_PROPERTY, value=import_id))


def _begins_formula(text: str) -> bool:
    return text[:1] in ("=", "+", "@", "\t", "\r") or (text[:1] == "-" and _number(text) is None)


def _encodes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _line_end(source: Path, encoding: str) -> str:
    with source.open(encoding=encoding, newline="") as file:
        return "\r\n" if file.readline(1_000_000).endswith("\r\n") else "\n"
