"""Where the headings are, in the layouts offices make, and what belongs to the body below them."""

from pathlib import Path
from typing import Any

import pytest

from app.tabular.headers import tidy_heading
from app.tabular.heading_words import normalise_heading
from tests.tabular.made_files import names, opened, said, text_file, why_not, workbook

HEAD = ["番号", "名称", "住所", "緯度", "経度"]
BODY: list[list[Any]] = [[n, f"第{n}小学校", f"新宿区西新宿{n}-1", 35.68 + n / 100, 139.69] for n in range(1, 9)]
TEXT_HEAD = ["名称", "所在地", "所管課", "用途"]
TEXT_BODY = [[f"第{n}庁舎", f"港区芝{n}丁目", "総務課", "事務所"] for n in "一二三四五六"]


def csv_of(rows: list[list[Any]]) -> str:
    return "".join(",".join("" if cell is None else str(cell) for cell in row) + "\n" for row in rows)


# rows above and including the headings, header_row, header_rows, the names expected
LAYOUTS: list[tuple[str, list[list[Any]], int, int, list[str]]] = [
    ("plain", [HEAD], 1, 1, HEAD),
    ("title", [["公共施設一覧"], HEAD], 2, 1, HEAD),
    ("title and date", [["公共施設一覧", None, None, None, "令和6年4月1日現在"], HEAD], 2, 1, HEAD),
    ("title, blank, note", [["公共施設一覧"], [], ["※緯度経度は世界測地系"], [], HEAD], 5, 1, HEAD),
    ("two titles", [["○○市"], ["公共施設一覧", "（教育委員会）"], HEAD], 3, 1, HEAD),
    ("blank lines first", [[], [], [], HEAD], 4, 1, HEAD),
    ("unit at the right", [[None, None, None, None, "（単位：度）"], HEAD], 2, 1, HEAD),
    ("numbered", [["1.番号", "2.名称", "3.住所", "4.緯度", "5.経度"]], 1, 1, HEAD),
    ("circled", [["①番号", "②名称", "③住所", "④緯度", "⑤経度"]], 1, 1, HEAD),
    ("parentheses", [["(1) 番号", "(2) 名称", "（3）住所", "(4)緯度", "(5)経度"]], 1, 1, HEAD),
    ("full-width numbers", [["１．番号", "２．名称", "３．住所", "４．緯度", "５．経度"]], 1, 1, HEAD),
    ("spaces", [["番　号", " 名　　称 ", "住 所", "緯度", "経　度"]], 1, 1, HEAD),
    ("half-width kana", [["番号", "名称_ｶﾅ", "住所", "緯度", "経度"]], 1, 1, ["番号", "名称_ｶﾅ", "住所", "緯度", "経度"]),
    ("English", [["id", "name", "address", "latitude", "longitude"]], 1, 1, ["id", "name", "address", "latitude", "longitude"]),
    ("#property", [["#property", "name", "address", "latitude", "longitude"]], 1, 1, ["#property", "name", "address", "latitude", "longitude"]),
    ("duplicated", [["番号", "名称", "名称", "経度", "経度"]], 1, 1, ["番号", "名称", "名称", "経度", "経度"]),
    ("an empty heading", [["番号", "名称", None, "緯度", "経度"]], 1, 1, ["番号", "名称", "", "緯度", "経度"]),
    ("groups above", [[None, None, None, "位置", None], HEAD], 1, 2, ["番号", "名称", "住所", "位置 緯度", "位置 経度"]),
    ("parts below", [["番号", "名称", "住所", "位置", None], [None, None, None, "緯度", "経度"]], 1, 2, ["番号", "名称", "住所", "位置 緯度", "位置 経度"]),
    ("title and groups", [["一覧"], [], ["番号", "名称", "住所", "位置", None], [None, None, None, "緯度", "経度"]], 3, 2, ["番号", "名称", "住所", "位置 緯度", "位置 経度"]),
    ("units below", [HEAD, [None, None, None, "（度）", "（度）"]], 1, 2, ["番号", "名称", "住所", "緯度 （度）", "経度 （度）"]),
    ("names in English below", [HEAD, ["id", "name", "address", "lat", "lon"]], 1, 2, ["番号 id", "名称 name", "住所 address", "緯度 lat", "経度 lon"]),
    ("long title sentence", [["この一覧は、公共施設の場所を示すものです。"], HEAD], 2, 1, HEAD),
]  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout[0])
def test_headings_are_found_in_csv(tmp_path: Path, layout: tuple[str, list[list[Any]], int, int, list[str]]) -> None:
    title, above, row, height, expected = layout
    table, rows = opened(text_file(tmp_path, csv_of(above + BODY)))
    if title == "groups above":
        # Over a CSV nobody can tell a lone word above from a title, so the headings themselves are what counts.
        assert names(table)[:3] == expected[:3] and rows[0].cells[0] == "1"
        return
    assert (table.header_row, table.header_rows, names(table)) == (row, height, expected)
    assert len(rows) == 8 and rows[0].number == len(above) + 1 and rows[0].cells[1] == "第1小学校"


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout[0])
def test_headings_are_found_in_workbooks(
    tmp_path: Path, layout: tuple[str, list[list[Any]], int, int, list[str]]
) -> None:
    title, above, row, height, expected = layout
    merges = {
        "groups above": ["D1:E1"],
        "parts below": ["A1:A2", "B1:B2", "C1:C2", "D1:E1"],
        "title and groups": ["A1:E1", "A3:A4", "B3:B4", "C3:C4", "D3:E3"],
        "title": ["A1:E1"],
    }.get(title, [])
    table, rows = opened(workbook(tmp_path, ("一覧", above + BODY), merges=merges))
    assert (table.header_row, table.header_rows, names(table)) == (row, height, expected)
    assert len(rows) == 8 and rows[0].number == len(above) + 1 and rows[0].cells[0] == 1


def test_a_list_of_words_alone(tmp_path: Path) -> None:
    table, rows = opened(text_file(tmp_path, csv_of([["庁舎一覧"], TEXT_HEAD, *TEXT_BODY])))
    assert (names(table), len(rows)) == (TEXT_HEAD, 6)


def test_headings_alone(tmp_path: Path) -> None:
    table, rows = opened(text_file(tmp_path, csv_of([HEAD])))
    assert names(table) == HEAD and rows == []


def test_line_breaks_in_headings(tmp_path: Path) -> None:
    head = ["都道府県コード又は\n市区町村コード", "名\n称", "Name\nin English", "緯度", "経度"]
    table, _ = opened(workbook(tmp_path, ("一覧", [head, *BODY])))
    assert names(table) == ["都道府県コード又は市区町村コード", "名称", "Name in English", "緯度", "経度"]


def test_no_headings(tmp_path: Path) -> None:
    table, rows = opened(text_file(tmp_path, csv_of(BODY)))
    assert table.header_row is None and table.header_rows == 0
    assert names(table) == ["列1", "列2", "列3", "列4", "列5"] and len(rows) == 8 and "見出し" in said(table)


def test_known_words_decide(tmp_path: Path) -> None:
    rows_in = [["あ", "い", "う", "え"], ["か", "き", "く", "け"], TEXT_HEAD, *TEXT_BODY]
    known = frozenset(normalise_heading(word) for word in TEXT_HEAD)
    table, rows = opened(text_file(tmp_path, csv_of(rows_in)), known=known)
    assert table.header_row == 3 and len(rows) == 6


def test_years_may_be_headings(tmp_path: Path) -> None:
    rows_in = [
        ["施設", "住所", "用途", "2023", "2024"],
        *[[f"第{n}庁舎", f"港区芝{n}", "事務所", 100 + n, 200 + n] for n in range(9)],
    ]
    known = frozenset({"施設", "住所", "用途"})
    assert opened(text_file(tmp_path, csv_of(rows_in)), known=known)[0].header_row == 1


def test_the_row_may_be_chosen(tmp_path: Path) -> None:
    path = text_file(tmp_path, csv_of([["一覧"], HEAD, *BODY]))
    table, rows = opened(path, header_row=4, header_rows=1)
    assert table.header_row == 4 and len(rows) == 6 and names(table)[0] == "2"
    table, rows = opened(path, header_row=2)
    assert names(table) == HEAD and len(rows) == 8
    assert why_not(path, header_row=99).rule == "no-such-row"


def test_three_rows_chosen(tmp_path: Path) -> None:
    rows_in = [
        ["基本", "", "位置"],
        ["番号", "名称", "緯度"],
        ["(1)", "(2)", "(3)"],
        [1, "学校", 35.6],
        [2, "役所", 35.7],
    ]
    table, rows = opened(text_file(tmp_path, csv_of(rows_in)), header_row=1, header_rows=3)
    assert names(table)[2] == "位置 緯度 (3)" and len(rows) == 2


@pytest.mark.parametrize(
    "footer",
    [
        [["合計", None, None, 8, None]],
        [["合　計", "8件"]],
        [["計", "8"], ["※緯度経度は世界測地系"]],
        [[], ["出典：○○市公共施設台帳"]],
        [[], ["※1 建替中"], ["※2 休館中"], ["注）数値は概数"]],
        [["小計", None, None, 8], ["合計", None, None, 8], [], ["資料：総務課"]],
        [[], ["この一覧についての問い合わせは総務課まで"]],
        [["以上"]],
        [["Total", 8]],
    ],
)
def test_footers_are_left_out(tmp_path: Path, footer: list[list[Any]]) -> None:
    _, rows = opened(text_file(tmp_path, csv_of([HEAD, *BODY, *footer])))
    assert [row.cells[0] for row in rows] == [str(n) for n in range(1, 9)]


@pytest.mark.parametrize(
    "last",
    [["9", "計量検査所", "港区1", 35, 139], ["計量検査所", None, None, 35, 139], ["資料館", "港区", None, None, None]],
)
def test_a_last_row_that_only_sounds_like_a_footer_stays(tmp_path: Path, last: list[Any]) -> None:
    _, rows = opened(text_file(tmp_path, csv_of([HEAD, *BODY, last])))
    assert len(rows) == 9


def test_rows_of_a_form_nobody_filled_in_are_left_out(tmp_path: Path) -> None:
    table, rows = opened(text_file(tmp_path, csv_of([HEAD, *BODY, *[[n] for n in range(9, 30)]])))
    assert len(rows) == 8 and "番号だけ" in said(table)


def test_zeros_are_values(tmp_path: Path) -> None:
    _, rows = opened(workbook(tmp_path, ("一覧", [["番号", "件数", "面積"], [1, 0, 0], [2, 5, 1.5], [3, False, None]])))
    assert [row.cells for row in rows] == [(1, 0, 0), (2, 5, 1.5), (3, False, None)]


def test_blank_rows_in_the_body(tmp_path: Path) -> None:
    _, rows = opened(text_file(tmp_path, csv_of([HEAD, BODY[0], [], [" ", "　", "", "", ""], BODY[1]])))
    assert [row.number for row in rows] == [2, 5]


@pytest.mark.parametrize(
    ("heading", "tidy"),
    [
        ("全国地方公共団体ｺｰﾄﾞ", "全国地方公共団体ｺｰﾄﾞ"),
        ("歯　科\n技 工 所", "歯科技工所"),
        ("Name  of\nplace ", "Name of place"),
        ("位置 (lat)", "位置(lat)"),
        ("\ufeff名称", "名称"),
    ],
)
def test_spaces_and_line_breaks_in_headings(heading: str, tidy: str) -> None:
    assert tidy_heading(heading) == tidy
