"""The common format: what it holds, and that it is read back with full confidence."""

import csv
import io
from pathlib import Path

import openpyxl
import pytest

from app.assets.lists import ASSETS
from app.lists.kinds import ListKind
from app.lists.template import TemplateColumn, example_rows, template_columns, template_csv, template_xlsx
from app.tabular.machine_readable import examine
from app.tabular.mapping import known_headings, propose
from app.tabular.opening import open_table
from app.tabular.table import Heading, ReadOptions, column_letter
from app.wifi.lists import WIFI


def _targets_of(columns: list[TemplateColumn]) -> list[str]:
    # 区市町村 is read as the part of an address, from which the field follows.
    return ["city" if column.field.name == "municipality" else column.field.name for column in columns]


both = pytest.mark.parametrize("kind", [ASSETS, WIFI], ids=["assets", "wifi"])


@both
def test_workbook_offers_choices_notes_and_an_example(kind: ListKind) -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(template_xlsx(kind)))
    table = workbook.worksheets[0]
    columns = template_columns(kind)
    assert workbook.sheetnames == [kind.ja, "説明", "記入例"]
    assert [cell.value for cell in table[1]] == [column.heading for column in columns]
    assert all("見られる範囲" in cell.comment.text for cell in table[1] if cell.comment) and table.freeze_panes == "D2"
    assert table.column_dimensions["A"].number_format == "@"
    offered = {str(each.sqref): each.formula1 for each in table.data_validations.dataValidation}
    assert len(offered) == sum(bool(column.choices) for column in columns)
    assert all(len(choices) <= 257 for choices in offered.values())
    assert workbook["説明"].max_row == len(columns) + 1
    names = [
        row[[c.field.name for c in columns].index("name")] for row in workbook["記入例"].iter_rows(2, values_only=True)
    ]
    assert len(names) == 3 and all(str(name).startswith("サンプル") for name in names)


def test_units_and_disclosure_are_said() -> None:
    headings = [column.heading for column in template_columns(ASSETS)]
    assert {"面積（m2）", "高さ（m）", "受電の空き容量（kVA）", "緯度", "経度", "番号", "所在地"} <= set(headings)
    explained = openpyxl.load_workbook(io.BytesIO(template_xlsx(ASSETS)))["説明"]
    shown = {row[0]: row[7] for row in explained.iter_rows(2, values_only=True)}
    assert shown["財産番号"] == "庁内のみ" and shown["窓口"] == "通信事業者のみ" and shown["名称"] == "公開"


@both
def test_csv_is_utf8_with_bom(kind: ListKind) -> None:
    content = template_csv(kind)
    assert content.startswith(b"\xef\xbb\xbf")
    [row] = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert row == [column.heading for column in template_columns(kind)]


@both
def test_headings_alone_map_with_full_confidence(kind: ListKind) -> None:
    columns = template_columns(kind)
    headings = [Heading(place, column_letter(place), column.heading) for place, column in enumerate(columns)]
    proposals = propose(headings, [], kind.targets)
    assert [proposal.target for proposal in proposals] == _targets_of(columns)
    assert min(proposal.confidence for proposal in proposals) >= 0.8  # sure, by headings alone


@both
def test_a_filled_template_is_read_from_its_table(kind: ListKind, tmp_path: Path) -> None:
    path = tmp_path / "様式.xlsx"
    workbook = openpyxl.load_workbook(io.BytesIO(template_xlsx(kind)))
    columns = template_columns(kind)
    for cells in example_rows(columns):
        workbook.worksheets[0].append([text or None for text in cells])
    workbook.save(path)
    table = open_table(path, path.name, ReadOptions(), known_headings(kind.targets))
    rows = list(table.rows)
    assert (table.sheet, table.header_row, table.header_rows, len(rows)) == (kind.ja, 1, 1, 3)
    proposals = propose(table.headings, rows, kind.targets)
    assert [proposal.target for proposal in proposals] == _targets_of(columns)
    filled = {place for row in rows for place, cell in enumerate(row.cells) if cell}
    assert min(proposal.confidence for proposal in proposals if proposal.place in filled) >= 0.85


@both
def test_the_example_passes_the_ministrys_rule(kind: ListKind, tmp_path: Path) -> None:
    path = tmp_path / "様式.xlsx"
    path.write_bytes(template_xlsx(kind))
    report = examine(path, "xlsx", sheet="記入例", header_row=1)
    assert [(item.number, item.places) for item in report.items if item.passed is False] == []
    assert report.score == 100
