"""Workbooks: typed cells, merged ranges, the choice of the sheet, macros, and the older formats."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest

from app.tabular.workbooks import column_number
from tests.tabular.made_files import names, ods, opened, said, why_not, with_part, workbook, xls

HEAD = ["番号", "名称", "住所", "緯度", "経度"]
BODY = [[n, f"第{n}小学校", f"新宿区西新宿{n}", 35.68, 139.69] for n in range(1, 8)]


def test_values_keep_their_types(tmp_path: Path) -> None:
    row = [13101, 1.5, "00123", True, date(2024, 9, 1), datetime(2024, 9, 1, 8, 30), time(9, 0), timedelta(hours=30)]  # noqa: DTZ001
    path = workbook(tmp_path, ("一覧", [[f"見出し{'あいうえおかきく'[n]}" for n in range(8)], row]))
    cells = opened(path)[1][0].cells
    assert cells[:5] == (13101, 1.5, "00123", True, date(2024, 9, 1))
    assert [type(cell) for cell in cells[:4]] == [int, float, str, bool]
    assert cells[5:] == (datetime(2024, 9, 1, 8, 30), time(9, 0), "30:00")  # noqa: DTZ001


def test_error_values_stay_visible(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [HEAD, *BODY]:
        sheet.append(row)
    for place, value in (("D3", "#N/A"), ("E4", "#REF!"), ("B5", "#DIV/0!")):
        sheet[place].value = value
        sheet[place].data_type = "e"
    path = tmp_path / "errors.xlsx"
    book.save(path)
    _, rows = opened(path)
    assert (rows[1].cells[3], rows[2].cells[4], rows[3].cells[1]) == ("#N/A", "#REF!", "#DIV/0!")


def test_rows_have_the_sheets_own_numbers_and_columns_their_letters(tmp_path: Path) -> None:
    rows_in = [[], ["", "", "施設一覧"], [], ["", "", *HEAD], *[["", "", *row] for row in BODY]]
    table, rows = opened(workbook(tmp_path, ("一覧", rows_in)))
    assert table.header_row == 4 and rows[0].number == 5
    assert next((h.letter, h.name) for h in table.headings if h.name) == ("C", "番号")
    assert rows[0].cells[2] == 1


def test_cells_merged_downwards_are_spread(tmp_path: Path) -> None:
    rows_in = [
        ["所管課", "名称", "緯度"],
        ["総務課", "本庁", 35.1],
        ["", "分庁", 35.2],
        ["", "", ""],
        ["教育課", "学校", 35.3],
        ["", "図書館", 35.4],
    ]
    path = workbook(tmp_path, ("一覧", rows_in), merges=["A2:A4", "A5:A6"])
    table, rows = opened(path)
    assert [row.cells[0] for row in rows] == ["総務課", "総務課", "教育課", "教育課"]
    assert "結合" in said(table)


def test_the_sheet_most_like_a_list_is_taken(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        ("表紙", [["公共施設一覧"], ["令和6年度"]]),
        ("記入例", [HEAD, *BODY, *BODY]),
        ("施設", [HEAD, *BODY]),
        ("選択肢", [["あり", "なし"], ["有", "無"]]),
    )
    table, rows = opened(path)
    assert table.sheet == "施設" and len(rows) == 7
    assert [(s.name, s.rows, s.columns) for s in table.sheets][:2] == [("表紙", 2, 1), ("記入例", 15, 5)]
    assert opened(path, sheet="記入例")[0].sheet == "記入例"
    assert why_not(path, sheet="ない").rule == "no-such-sheet"


def test_hidden_sheets_come_last_and_are_not_taken(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, ("旧", [HEAD, *BODY, *BODY, *BODY]), ("現在", [HEAD, *BODY]), ("エラー一覧", [HEAD, *BODY, *BODY])
    )
    book = openpyxl.load_workbook(path)
    book["旧"].sheet_state = "hidden"
    book.active = 1
    book.save(path)
    table, _ = opened(path)
    assert table.sheet == "現在" and [sheet.name for sheet in table.sheets] == ["現在", "エラー一覧", "旧"]
    assert opened(path, sheet="旧")[0].sheet == "旧"


def test_macros_are_told_and_not_run(tmp_path: Path) -> None:
    path = with_part(
        workbook(tmp_path, ("一覧", [HEAD, *BODY]), name="list.xlsm"), "xl/vbaProject.bin", lambda _: b"\0" * 100
    )
    table, rows = opened(path)
    assert "マクロは使いません" in said(table) and len(rows) == 7


def test_xls(tmp_path: Path) -> None:
    table, rows = opened(xls(tmp_path, [HEAD, *BODY]))
    assert (table.format, names(table), len(rows)) == ("xls", HEAD, 7)
    assert rows[0].cells == (1, "第1小学校", "新宿区西新宿1", 35.68, 139.69)


def test_ods(tmp_path: Path) -> None:
    table, rows = opened(ods(tmp_path, [HEAD, *[[str(cell) for cell in row] for row in BODY]]))
    assert (table.format, table.sheet, names(table), len(rows)) == ("ods", "一覧", HEAD, 7)


def test_a_workbook_of_three_hundred_sheets(tmp_path: Path) -> None:
    path = workbook(tmp_path, *[(f"シート{n}", [HEAD, *BODY]) for n in range(300)])
    table, rows = opened(path)
    assert len(table.sheets) == 300 and len(rows) == 7


@pytest.mark.parametrize(("letters", "number"), [("A", 1), ("Z", 26), ("AA", 27), ("KN", 300), ("XFD", 16384)])
def test_column_letters(letters: str, number: int) -> None:
    assert column_number(letters) == number
