"""The sheet エラー一覧: a few friendly lines, then every finding with its place, what is wrong and how to mend it."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from app.tabular.cell_grid import quoted_sheet
from app.tabular.findings import Finding, Level, Rule

ERROR_SHEET = "エラー一覧"
MAX_LISTED = 50_000  # Excel takes 65,530 links in a sheet
LEVEL_WORDS = {Level.ERROR: "誤り", Level.WARNING: "注意", Level.MENDED: "直しました"}
# Shade and pattern differ as well as hue, so that a copy in black and white tells them apart.
FILLS = {
    Level.ERROR: PatternFill("solid", fgColor="FFFF9C9C", bgColor="FFFF9C9C"),
    Level.WARNING: PatternFill("lightUp", fgColor="FFB36B00", bgColor="FFFFF2CC"),
    Level.MENDED: PatternFill("gray125", fgColor="FF2F5FB3", bgColor="FFE8F1FE"),
}
_COLUMNS = (
    ("シート", 14), ("行", 7), ("列", 6), ("見出し", 18), ("元の値", 26), ("区分", 11), ("内容", 46), ("直し方・直したこと", 46),
    ("直した後の値", 26),
)  # fmt: skip
_WRAP = Alignment(wrap_text=True, vertical="top")
_LINK = Font(color="FF0017C1", underline="single")
_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.MENDED: 2}


class Summary(NamedTuple):
    """Of how many rows how many can be used as they are (mended ones among them)."""

    rows: int
    ready: int


class Placed(NamedTuple):
    """A finding with its rule, for sorting by weight."""

    finding: Finding
    rule: Rule


@dataclass(slots=True)
class Gathered:
    """Findings to be shown, in the order of the sheet, and how many there were of each level."""

    shown: list[Placed]
    counts: dict[Level, int]

    @property
    def left_out(self) -> int:
        return sum(self.counts.values()) - len(self.shown)


def gather(findings: Iterable[Finding], rules: Mapping[str, Rule]) -> Gathered:
    """The 50,000 weightiest findings, sorted by row and column."""
    counts = dict.fromkeys(Level, 0)

    def placed() -> Iterable[Placed]:
        for finding in findings:
            rule = rules.get(finding.rule) or _unnamed(finding)
            counts[rule.level] += 1
            yield Placed(finding, rule)

    kept = heapq.nsmallest(MAX_LISTED, placed(), key=lambda each: (_ORDER[each.rule.level], each.finding.row))
    kept.sort(key=lambda each: (each.finding.row, len(each.finding.letter or ""), each.finding.letter or ""))
    return Gathered(kept, counts)


def _unnamed(finding: Finding) -> Rule:
    level = Level.ERROR if finding.mended is None else Level.MENDED
    return Rule(
        finding.rule, level, "を確かめてください。", "needs a look.", "値を確かめてください。", "Check the value."
    )


def write_error_sheet(
    ws: Worksheet,
    gathered: Gathered,
    summary: Summary,
    sheet: str | None,
    headings: Mapping[str, str],
    notes: Sequence[str] = (),
) -> None:
    """Fill the sheet; `sheet` is the one links lead to (None: no links), `headings` are by column letter."""
    lines = [*friendly_lines(gathered, summary), *notes]
    for number, line in enumerate(lines, 1):
        set_text(ws.cell(number, 1), line)
    ws["A1"].font = Font(bold=True, size=14)
    header = len(lines) + 2
    for place, (word, width) in enumerate(_COLUMNS, 1):
        cell = ws.cell(header, place, word)
        cell.font, cell.fill = Font(bold=True, color="FFFFFFFF"), PatternFill("solid", fgColor="FF264AF4")
        ws.column_dimensions[cell.column_letter].width = width
    for number, each in enumerate(gathered.shown, header + 1):
        _write_row(ws, number, each, sheet, headings)
    _set_page(ws, header, header + len(gathered.shown))


def friendly_lines(gathered: Gathered, summary: Summary) -> list[str]:
    """What happened and what to do next, for the head of the sheet."""
    errors, warnings, mended = (gathered.counts[level] for level in Level)
    lines = [f"ありがとうございます。{summary.rows:,}件中{summary.ready:,}件はそのまま使えます。"]
    if errors:
        lines.append(
            f"「誤り」が{errors:,}か所あります(赤いセル)。直して、このファイルをそのままもう一度お送りください。続きから始められます。"
        )
    else:
        lines.append("直していただくところはありません。")
    if warnings:
        lines.append(f"「注意」が{warnings:,}か所あります(斜線のセル)。合っていれば、そのままで構いません。")
    if mended:
        lines.append(
            f"「直しました」が{mended:,}か所あります(点のセル)。元の値は、下の一覧とセルのコメントにあります。"
        )
    if gathered.left_out:
        lines.append(
            f"下の一覧は{len(gathered.shown):,}か所までです。ほか{gathered.left_out:,}か所は、直した後の回でお知らせします。"
        )
    return lines


def set_text(cell: Cell | MergedCell, text: str) -> None:
    """Put text into a cell as text: never a formula, even where somebody edits the cell later."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type = "s"
    if text[:1] in ("=", "+", "-", "@", "\t", "\r"):
        cell.quotePrefix = True


def said(each: Placed) -> str:
    """The finding as a sentence: rules complete the one the value begins."""
    value = each.finding.value
    if not value:
        return each.rule.ja
    return f"「{value if len(value) <= 60 else value[:60] + '…'}」{each.rule.ja}"


def _write_row(ws: Worksheet, number: int, each: Placed, sheet: str | None, headings: Mapping[str, str]) -> None:
    finding, rule = each
    letter = finding.letter or ""
    texts = (
        sheet or "", None, letter, headings.get(letter, ""), finding.value or "", LEVEL_WORDS[rule.level], said(each),
        rule.repair_ja, finding.mended or "",
    )  # fmt: skip
    for place, text in enumerate(texts, 1):
        if text:
            set_text(ws.cell(number, place), text)
    ws.cell(number, 2, finding.row)
    ws.cell(number, 6).fill = FILLS[rule.level]
    for place in (7, 8):
        ws.cell(number, place).alignment = _WRAP
    if sheet is not None:
        _link(ws.cell(number, 3 if letter else 2), sheet, f"{letter or 'A'}{finding.row}")


def _link(cell: Cell | MergedCell, sheet: str, place: str) -> None:
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"{quoted_sheet(sheet)}!{place}")
    cell.font = _LINK


def _set_page(ws: Worksheet, header: int, last: int) -> None:
    ws.freeze_panes = f"A{header + 1}"
    ws.auto_filter.ref = f"A{header}:I{max(last, header)}"
    ws.print_title_rows = f"{header}:{header}"
    ws.page_setup.orientation = "landscape"
    ws.page_setup.paperSize = ws.PAPERSIZE_A4
    ws.page_setup.fitToHeight = 0
    ws.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
