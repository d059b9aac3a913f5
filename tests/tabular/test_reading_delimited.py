"""CSV and its kin: delimiters, line numbers, quotes, widths, and speed."""

import csv
import time
from pathlib import Path

import pytest

from tests.tabular.made_files import names, opened, said, text_file, why_not

HEAD = "番号,名称,住所,緯度,経度\n"


def rows_of(count: int, first: int = 1) -> str:
    return "".join(f"{n},第{n}小学校,新宿区西新宿{n},35.68,139.69\n" for n in range(first, first + count))


@pytest.mark.parametrize(("delimiter", "form"), [(",", "csv"), ("\t", "tsv"), (";", "csv")])
def test_delimiters(tmp_path: Path, delimiter: str, form: str) -> None:
    table, rows = opened(text_file(tmp_path, (HEAD + rows_of(3)).replace(",", delimiter)))
    assert (table.format, len(table.headings), len(rows)) == (form, 5, 3)


def test_a_tab_list_whose_cells_hold_commas(tmp_path: Path) -> None:
    table, rows = opened(text_file(tmp_path, "名称\t住所\n学校\t新宿区1,2,3\n役所\t港区1,2\n"))
    assert names(table) == ["名称", "住所"] and rows[0].cells == ("学校", "新宿区1,2,3")


def test_a_single_column(tmp_path: Path) -> None:
    table, rows = opened(text_file(tmp_path, "名称\n学校\n役所\n"))
    assert names(table) == ["名称"] and [row.cells for row in rows] == [("学校",), ("役所",)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_have_the_number_of_the_line_they_start_on(tmp_path: Path, end: str) -> None:
    text = HEAD + '1,"第一\n小学校",新宿区,35,139\n\n2,第二,港区,35,139\n'
    _, rows = opened(text_file(tmp_path, text.replace("\n", end)))
    assert [row.number for row in rows] == [2, 5]
    assert str(rows[0].cells[1]).split() == ["第一", "小学校"]


def test_quotes_commas_and_doubled_quotes_in_cells(tmp_path: Path) -> None:
    _, rows = opened(text_file(tmp_path, HEAD + '1,"A, ""B""",新宿区,35,139\n2,5" pipe,港区,35,139\n'))
    assert rows[0].cells[1] == 'A, "B"' and rows[1].cells[1] == '5" pipe'


@pytest.mark.parametrize(
    "lost",
    [
        '4,"第四小学校,新宿区,35,139\n',  # nothing closes it
        '4,"第四小学校,新宿区,35,139\n5,"第五小学校",新宿区,35,139\n',  # the next opening quote closes it
        '4,"第四小学校,新宿区,35,139\n5,第五,"",35,139\n6,"",新宿区,35,139\n',
    ],
)
@pytest.mark.parametrize("after", [0, 3, 68, 3000])
def test_a_lost_quote_swallows_no_rows(tmp_path: Path, lost: str, after: int) -> None:
    refusal = why_not(text_file(tmp_path, HEAD + rows_of(3) + lost + rows_of(after, 100)))
    assert refusal.rule in ("lost-quote", "cell-too-long") and "5行目" in refusal.ja


def test_ragged_rows_are_filled_and_longer_ones_told(tmp_path: Path) -> None:
    table, rows = opened(text_file(tmp_path, HEAD + rows_of(300) + "4,第四\n5,第五,港区,35,139,余り\n6,第六,,,,,,\n"))
    assert rows[300].cells == ("4", "第四", None, None, None)
    assert len(rows[301].cells) == 5 and "303行目" in said(table)
    assert all(len(row.cells) == 5 for row in rows)


def test_a_trailing_empty_column_is_dropped(tmp_path: Path) -> None:
    table, rows = opened(text_file(tmp_path, HEAD.replace("\n", ",\n") + rows_of(5).replace("\n", ",\n")))
    assert len(table.headings) == 5 and "列の多い" not in said(table) and len(rows[0].cells) == 5


def test_a_nul_stays_for_the_cell_to_be_mended(tmp_path: Path) -> None:
    _, rows = opened(text_file(tmp_path, HEAD + "1,第\0一,新宿区,35,139\n" + rows_of(50)))
    assert rows[0].cells[1] == "第\0一"


def test_a_hundred_thousand_rows_in_a_second_or_two(tmp_path: Path) -> None:
    path = text_file(tmp_path, HEAD + rows_of(100_000), "cp932")
    began = time.monotonic()
    _, rows = opened(path)
    assert len(rows) == 100_000 and time.monotonic() - began < 3


def test_reading_agrees_with_the_csv_module(tmp_path: Path) -> None:
    path = text_file(tmp_path, HEAD + rows_of(500))
    _, rows = opened(path)
    assert [list(row.cells) for row in rows] == list(csv.reader(path.open(encoding="utf-8")))[1:]
