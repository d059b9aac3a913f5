"""The workbook handed back: what the clerk's own file keeps, what is mended, marked and listed."""

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from python_calamine import CalamineWorkbook

from app.config import Settings
from app.tabular.error_sheet import ERROR_SHEET, FILLS, MAX_LISTED, Summary, gather
from app.tabular.findings import Finding, Level, Rule
from app.tabular.machine_readable import examine
from app.tabular.workbook_back import find_import_id, write_back, write_back_csv

RULES = {
    "bad": Rule("bad", Level.ERROR, "は数ではありません", "is no number", "数を書いてください", "write a number"),
    "odd": Rule("odd", Level.WARNING, "を確かめてください", "needs a look", "確かめてください", "check"),
    "wide": Rule("wide", Level.MENDED, "は全角でした", "was wide", "半角にしました", "made narrow"),
}
FINDINGS = [
    Finding(4, "C", "height_m", "bad", "高い"),
    Finding(5, "B", "name", "odd", "=cmd|' /C calc'!A0"),
    Finding(6, "C", "height_m", "wide", "１２．５", "12.5"),
    Finding(6, "B", "name", "wide", "＝１", "=1"),
]


def _own_workbook(path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "資産 '一覧'"
    sheet["A1"] = "公共施設一覧"
    sheet.merge_cells("A1:C1")
    for row in (
        ["番号", "名称", "高さ"],
        ["1", "甲", 3],
        ["2", "乙", "高い"],
        ["3", "=x", 5],
        ["4", "＝１", "１２．５"],
        ["5", "丁", "=C3*2"],
    ):
        sheet.append(row)
    sheet["B5"].data_type = "s"
    sheet["B3"].font, sheet["B3"].fill = Font(bold=True), PatternFill("solid", fgColor="FF00FF00")
    sheet["C4"].comment = Comment("係のメモ", "係")
    sheet.column_dimensions["B"].width = 33
    workbook.create_sheet("参考")["A1"] = "残す"
    workbook.save(path)


def _back(source: Path, out: Path, format: str = "xlsx", **changes: Any) -> openpyxl.Workbook:
    said: dict[str, Any] = {
        "sheet": "資産 '一覧'" if format == "xlsx" else None, "header_row": 2, "header_rows": 1, "encoding": None,
        "findings": FINDINGS, "rules": RULES, "import_id": "import-1", "summary": Summary(5, 4),
        "number_fields": ["height_m"],
    } | changes  # fmt: skip
    write_back(source, format, out=out, **said)
    return openpyxl.load_workbook(out)


def test_own_workbook_is_kept_mended_marked_and_listed(tmp_path: Path) -> None:
    source, out = tmp_path / "kept without suffix", tmp_path / "b.xlsx"
    _own_workbook(source)
    workbook = _back(source, out)
    assert workbook.sheetnames == [ERROR_SHEET, "資産 '一覧'", "参考"] and workbook["参考"]["A1"].value == "残す"
    sheet = workbook["資産 '一覧'"]
    assert sheet["B3"].font.bold and sheet["B3"].fill.fgColor.rgb == "FF00FF00"
    assert sheet.column_dimensions["B"].width == 33 and [str(area) for area in sheet.merged_cells.ranges] == ["A1:C1"]
    assert (sheet["C6"].value, sheet["B6"].value, sheet["B6"].data_type) == (12.5, "=1", "s")
    assert sheet["C4"].value == "高い" and sheet["C7"].data_type != "f"
    fills = {place: sheet[place].fill.patternType for place in ("C4", "B5", "C6")}
    assert fills == {"C4": "solid", "B5": "lightUp", "C6": "gray125"}
    assert "係のメモ" in sheet["C4"].comment.text and "【誤り】「高い」は数ではありません" in sheet["C4"].comment.text
    assert "元の値: １２．５" in sheet["C6"].comment.text
    assert [each.sheet_view.tabSelected for each in workbook.worksheets] == [True, False, False]


def test_list_of_findings_leads_to_the_cells(tmp_path: Path) -> None:
    source, out = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    _own_workbook(source)
    errors = _back(source, out)[ERROR_SHEET]
    assert errors["A1"].value == "ありがとうございます。5件中4件はそのまま使えます。"
    header = next(row for row in range(1, 12) if errors.cell(row, 1).value == "シート")
    first = [cell.value for cell in errors[header + 1]]
    assert first[:7] == ["資産 '一覧'", 4, "C", "高さ", "高い", "誤り", "「高い」は数ではありません"]
    link = errors.cell(header + 1, 3).hyperlink
    assert link is not None and link.location == "'資産 ''一覧'''!C4"
    assert errors.freeze_panes == f"A{header + 1}" and errors.auto_filter.ref == f"A{header}:I{header + 4}"
    assert errors.print_title_rows == f"${header}:${header}"
    assert all(cell.data_type != "f" for row in errors.iter_rows() for cell in row)


def test_sent_again_it_is_known_and_cleared(tmp_path: Path) -> None:
    source, out, again = tmp_path / "a.xlsx", tmp_path / "b.xlsx", tmp_path / "c.xlsx"
    _own_workbook(source)
    _back(source, out)
    assert (find_import_id(source), find_import_id(out)) == (None, "import-1")
    workbook = _back(out, again, findings=FINDINGS[:1], import_id="import-2")
    sheet = workbook["資産 '一覧'"]
    assert workbook.sheetnames.count(ERROR_SHEET) == 1 and find_import_id(again) == "import-2"
    assert sheet["B5"].fill.patternType is None and sheet["B5"].comment is None
    assert sheet["C4"].comment.text.count("【誤り】") == 1


def test_marker_is_asked_of_anything(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"PK\x03\x04broken")
    assert find_import_id(path) is None


def test_text_comes_back_as_a_workbook_and_as_text(tmp_path: Path) -> None:
    source, out, text = tmp_path / "a.csv", tmp_path / "b.xlsx", tmp_path / "c.csv"
    lines = [
        "一覧,,",
        "番号,名称,高さ",
        "001,甲,3",
        "002,乙,高い",
        "003,=cmd,5",
        "004,＝１,１２．５",
        '005,丁,"8\n9"',
        "006,戊,1",
    ]
    source.write_bytes(("\r\n".join(lines) + "\r\n").encode("cp932"))
    sheet = _back(source, out, "csv", encoding="cp932").worksheets[1]
    assert (sheet["A3"].value, sheet["B5"].value, sheet["B5"].data_type) == ("001", "=cmd", "s")
    assert sheet["A9"].value == "006" and sheet["A8"].value is None  # rows stand at the lines they start on
    assert sheet["B5"].quotePrefix
    assert write_back_csv(source, "cp932", FINDINGS, text) == 1
    assert text.read_bytes() == source.read_bytes().replace("１２．５".encode("cp932"), b"12.5")


def test_macros_are_left_out_and_said(tmp_path: Path) -> None:
    source, macro, out = tmp_path / "a.xlsx", tmp_path / "a.xlsm", tmp_path / "b.xlsx"
    _own_workbook(source)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(macro, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "[Content_Types].xml":
                data = data.replace(b"spreadsheetml.sheet.main+xml", b"sheet.macroEnabled.main+xml").replace(
                    b"openxmlformats-officedocument.sheet", b"ms-excel.sheet"
                )
            new.writestr(name, data)
        new.writestr("xl/vbaProject.bin", b"macro")
    workbook = _back(macro, out, "xlsm", sheet="資産 '一覧'")
    assert "xl/vbaProject.bin" not in zipfile.ZipFile(out).namelist()
    assert any("マクロ" in str(cell.value) for cell in workbook[ERROR_SHEET]["A"])


def test_maps_come_back_as_the_list_alone(tmp_path: Path) -> None:
    assert _back(tmp_path / "a.geojson", tmp_path / "b.xlsx", "geojson").sheetnames == [ERROR_SHEET]


def test_errors_are_listed_before_what_was_mended() -> None:
    many = [Finding(n, "A", None, "wide", "１", "1") for n in range(MAX_LISTED)] + [Finding(9, "B", None, "bad", "x")]
    gathered = gather(many, RULES)
    assert len(gathered.shown) == MAX_LISTED and gathered.left_out == 1
    assert sum(each.rule.level is Level.ERROR for each in gathered.shown) == 1


def _looks(cell: Any) -> tuple[Any, ...]:
    # Without the fill, which marks. openpyxl hands out proxies that compare by identity.
    return cell.value if cell.value != "" else None, *map(
        repr, (cell.font, cell.border, cell.number_format, cell.alignment, cell.protection)
    )


@pytest.mark.realdata
def test_published_workbooks_keep_their_looks(tmp_path: Path) -> None:
    folder = Settings(database_url="postgresql://nowhere/none").geodata_dir
    if folder is None:
        pytest.skip("no folder with published data")
    paths = sorted(folder.rglob("*.xlsx"))
    assert len(paths) >= 11
    for path in paths:
        out = tmp_path / "out.xlsx"
        old = openpyxl.load_workbook(path)
        new = _back(path, out, sheet=old.sheetnames[0], header_row=1, findings=[Finding(2, "B", None, "odd", "x")])
        assert new.sheetnames == [ERROR_SHEET, *old.sheetnames] == CalamineWorkbook.from_path(out).sheet_names
        for name in old.sheetnames:
            before, after = old[name], new[name]
            widths = {letter: column.width for letter, column in before.column_dimensions.items()}
            assert {letter: column.width for letter, column in after.column_dimensions.items()} == widths
            for row in before.iter_rows(max_row=12):
                for cell in row:
                    assert _looks(after[cell.coordinate]) == _looks(cell)
        assert new.worksheets[1]["B2"].fill.patternType == FILLS[Level.WARNING].patternType


def test_a_list_inside_a_zip_comes_back_as_its_workbook(tmp_path: Path) -> None:
    source, packed, out = tmp_path / "a.xlsx", tmp_path / "a.zip", tmp_path / "b.xlsx"
    _own_workbook(source)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(source, "一覧.xlsx")
        archive.writestr("もう一つ.csv", "名称,高さ\n甲,高い\n")
    assert _back(packed, out, sheet="一覧.xlsx!資産 '一覧'").sheetnames[1] == "資産 '一覧'"
    text = _back(
        packed, out, "csv", sheet="もう一つ.csv", header_row=1, findings=[Finding(2, "B", None, "bad", "高い")]
    )
    assert text.worksheets[1]["B2"].value == "高い"
    assert examine(packed, "csv", sheet="もう一つ.csv", header_row=1).items[0].passed
