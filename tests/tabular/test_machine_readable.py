"""The linter of machine-readable tables: each item fails where it should, and only there."""

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference

from app.tabular.cell_grid import delimited_rows
from app.tabular.machine_readable import ITEMS, Report, examine
from app.tabular.table import Unreadable

HEADINGS = ["番号", "名称", "所在地", "面積（m2）", "取得日"]
ROWS = [[str(n), f"第{n}小学校", f"東京都港区芝公園{n}-1", 100.5 + n, "2020-04-01"] for n in range(1, 11)]


def _workbook(path: Path, rows: list[list[Any]]) -> openpyxl.Workbook:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.worksheets[0].append(row)
    workbook.save(path)
    return workbook


def _failed(report: Report) -> dict[str, tuple[str, ...]]:
    return {item.number: item.places for item in report.items if item.passed is False}


def test_items_have_the_rules_own_numbers() -> None:
    assert [item.number for item in ITEMS] == [*(f"1-{n}" for n in range(1, 14)), "2-1", "2-2"]


def test_clean_table_scores_100(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    _workbook(path, [HEADINGS, *ROWS])
    report = examine(path, "xlsx", header_row=1)
    assert (_failed(report), report.score) == ({}, 100)
    assert json.loads(json.dumps(report.as_json()))["items"][0]["number"] == "1-1"


@pytest.mark.parametrize(
    ("row", "column", "value", "item"),
    [
        (3, 4, "１０１．５㎡", "1-10"),
        (3, 4, "101.5m2", "1-3"),
        (3, 4, "100(20)", "1-2"),
        (3, 2, "第二\n小学校", "1-5"),
        (3, 2, "港　区", "1-5"),
        (3, 2, " 第二小学校", "1-5"),
        (3, 2, "〃", "1-6"),
        (1, 2, None, "1-6"),
        (1, 2, "番号", "1-6"),
        (3, 4, "=1+1", "1-7"),
        (1, 4, "面積", "1-9"),
        (3, 2, "㈱サンプル", "1-10"),
        (3, 5, "令和5年4月1日", "1-11"),
        (3, 5, "H30.4.1", "1-11"),
        (3, 4, "不明", "1-13"),
    ],
)
def test_one_fault_fails_its_item(tmp_path: Path, row: int, column: int, value: Any, item: str) -> None:
    path = tmp_path / "a.xlsx"
    workbook = _workbook(path, [HEADINGS, *ROWS])
    sheet = workbook.worksheets[0]
    cell = sheet.cell(row, column)
    cell.value = value
    workbook.save(path)
    failed = _failed(examine(path, "xlsx", header_row=1))
    assert f"'Sheet'!{cell.coordinate}" in failed[item]


def test_merged_cells_objects_and_hidden_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    workbook = _workbook(path, [HEADINGS, *ROWS])
    sheet = workbook.worksheets[0]
    sheet.merge_cells("B4:B5")
    sheet.row_dimensions[7].hidden = True
    sheet.column_dimensions["C"].hidden = True
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=4, min_row=1, max_row=11))
    sheet.add_chart(chart, "H3")
    workbook.save(path)
    report = examine(path, "xlsx", header_row=1)
    assert _failed(report) == {"1-4": ("'Sheet'!B4:B5",), "1-8": ("'Sheet'!H3",)}
    assert (report.hidden_rows, report.hidden_columns) == ((7,), ("C",))
    assert report.score == 100 * 13 // 15


def test_blank_rows_and_a_second_table(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    _workbook(
        path, [["公共施設一覧(単位: m2)"], HEADINGS, *ROWS[:5], [None], HEADINGS, *ROWS[5:], ["※ 令和5年4月1日現在"]]
    )
    failed = _failed(examine(path, "xlsx", header_row=2))
    assert failed["2-1"] == ("'Sheet'!8:8",) and failed["2-2"] == ("'Sheet'!A9",)
    assert "1-11" not in failed


def test_no_area_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("番号,名称\n1,第一小学校\n2,第二小学校\n", "utf-8-sig")
    assert _failed(examine(path, "csv", header_row=1)) == {"1-12": ("A1",)}


def test_csv_asks_no_workbook_questions(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [
        ",".join(HEADINGS),
        *(",".join(map(str, row)) for row in ROWS),
        '11,"第\n十一小学校",東京都港区芝公園,"1,200",2020-04-01',
    ]
    path.write_bytes("\r\n".join(lines).encode("cp932"))
    report = examine(path, "csv", header_row=1, encoding="cp932")
    assert {item.number for item in report.items if not item.applies} == {"1-4", "1-8"}
    assert _failed(report) == {"1-3": ("D12",), "1-5": ("B12",)}


def test_maps_are_asked_for_their_format_only(tmp_path: Path) -> None:
    report = examine(tmp_path / "a.geojson", "geojson")
    assert report.score is None and [item.number for item in report.items if item.applies] == ["1-1"]


def test_document_type_declarations_are_refused(tmp_path: Path) -> None:
    path, bad = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    _workbook(path, [HEADINGS, *ROWS])
    with ZipFile(path) as source, ZipFile(bad, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                data = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>' + data
            target.writestr(name, data)
    with pytest.raises(Unreadable) as refused:
        examine(bad, "xlsx", header_row=1)
    assert refused.value.rule in ("xml-dtd", "broken-workbook")


def test_places_are_the_first_twenty(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    _workbook(path, [HEADINGS, *([n, " 空白", "東京都港区", 1, "2020-04-01"] for n in range(50))])
    item = next(item for item in examine(path, "xlsx", header_row=1).items if item.number == "1-5")
    assert (item.total, len(item.places), item.mended) == (50, 20, True)


def test_a_long_text_file_is_examined_at_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("名称,所在地\n" + "甲,東京都港区\n" * 9, "utf-8")
    assert delimited_rows(path, "utf-8", 8).whole is False
    assert len(delimited_rows(path, "utf-8").rows) == 10
