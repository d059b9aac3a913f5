"""The common format of a list: an empty table with choices and notes, what its columns mean, and three invented rows."""

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app.fields import Disclosure, Field
from app.lists.kinds import ListKind
from app.lists.template_words import EXAMPLES, MEANINGS, UNITS
from app.tabular.table import column_letter

LAST_ROW = 20_000  # of the table, as far as choices are offered
_SHOWN_TO = {Disclosure.PUBLIC: "公開", Disclosure.CARRIER: "通信事業者のみ", Disclosure.INTERNAL: "庁内のみ"}
_TYPES = {
    "string": "文字", "integer": "整数", "number": "数", "boolean": "はい・いいえ", "date": "日付(2024-04-01)",
    "date-time": "日時", "string[]": "文字(「、」区切り)",
}  # fmt: skip
_PLACE = (
    Field("latitude", "number", "緯度", "Latitude"),
    Field("longitude", "number", "経度", "Longitude"),
)
_NUMBER = Field("source_no", "string", "番号", "Number in the list")
_FOUND_BY_US = frozenset({"geocode_level", "dup_of"})  # what reading finds out; nobody has to write it
_HEAD = PatternFill("solid", fgColor="FF264AF4")
_HEAD_REQUIRED = PatternFill("solid", fgColor="FF8A1500")
_WHITE = Font(bold=True, color="FFFFFFFF")
_WRAP = Alignment(wrap_text=True, vertical="top")


class TemplateColumn(NamedTuple):
    """A column of the common format; `examples` are three cells."""

    field: Field
    required: bool
    examples: tuple[str, ...]

    @property
    def heading(self) -> str:
        """The field's Japanese label, with its unit as staff write it."""
        unit = UNITS.get(self.field.unit or "", self.field.unit)
        if not unit:
            return self.field.ja
        # One pair of brackets only: 取付可能高さ（下限） in metres is 取付可能高さ下限（m）.
        return f"{self.field.ja.replace('（', '').replace('）', '')}（{unit}）"

    @property
    def choices(self) -> tuple[str, ...]:
        """Labels one of which is to be written; empty where anything may be."""
        if self.field.type == "boolean":
            return ("はい", "いいえ")
        return tuple(label for label, _ in (self.field.values or {}).values())

    @property
    def meaning(self) -> str:
        return MEANINGS.get(self.field.name, self.field.note or "")


def template_columns(kind: ListKind) -> list[TemplateColumn]:
    """The columns in order: number, the fields, latitude and longitude behind the address."""
    fields = [_NUMBER]
    for field in kind.fields:
        if field.name not in _FOUND_BY_US:
            fields.append(field)
            if field.name == "address":
                fields += _PLACE
    return [
        TemplateColumn(field, field.name in kind.required, EXAMPLES.get(field.name, ("", "", ""))) for field in fields
    ]


def template_csv(kind: ListKind) -> bytes:
    """The headings alone as CSV, UTF-8 with BOM, which Excel needs to see that it is UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerow([column.heading for column in template_columns(kind)])
    return text.getvalue().encode("utf-8-sig")


def template_xlsx(kind: ListKind) -> bytes:
    """The workbook: the empty table, 説明 and 記入例."""
    columns = template_columns(kind)
    workbook = Workbook()
    table = workbook.worksheets[0]
    table.title = kind.ja[:31]
    _write_table(table, columns)
    _offer_choices(table, columns)
    _write_meanings(workbook.create_sheet("説明"), columns)
    example = workbook.create_sheet("記入例")
    _write_table(example, columns)
    for row, cells in enumerate(example_rows(columns), 2):
        for place, text in enumerate(cells, 1):
            example.cell(row, place, _typed(columns[place - 1].field, text))
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def example_rows(columns: list[TemplateColumn]) -> Iterator[tuple[str, ...]]:
    """Three rows; their numbers count from 1."""
    for number in range(3):
        yield tuple(str(number + 1) if each.field is _NUMBER else each.examples[number] for each in columns)


def _typed(field: Field, text: str) -> str | int | float | None:
    if not text:
        return None
    if field.type == "integer":
        return int(text)
    return float(text) if field.type == "number" else text


def _write_table(ws: Worksheet, columns: list[TemplateColumn]) -> None:
    for place, column in enumerate(columns):
        letter = column_letter(place)
        cell = ws[f"{letter}1"]
        cell.value, cell.font, cell.alignment = column.heading, _WHITE, _WRAP
        cell.fill = _HEAD_REQUIRED if column.required else _HEAD
        cell.comment = Comment(_note(column), "つながる", height=150, width=320)
        ws.column_dimensions[letter].width = max(12, min(32, 2 * len(column.heading) + 4))
        if column.field.type in ("string", "string[]"):
            # As text Excel keeps the zero of 0123 and does not make a date of 3-1.
            ws.column_dimensions[letter].number_format = "@"
    ws.freeze_panes = "D2"
    ws.row_dimensions[1].height = 36


def _note(column: TemplateColumn) -> str:
    lines = [column.meaning] if column.meaning else []
    lines.append("必ず書いてください。" if column.required else "分かるものだけで構いません。")
    if column.choices:
        lines.append("選択肢: " + "、".join(column.choices))
    lines.append(f"見られる範囲: {_SHOWN_TO[column.field.disclosure]}")
    return "\n".join(lines)


def _offer_choices(ws: Worksheet, columns: list[TemplateColumn]) -> None:
    for place, column in enumerate(columns):
        if not column.choices:
            continue
        listed = ",".join(column.choices)
        if len(listed) > 255:
            raise ValueError(f"Excel takes 255 characters of choices; {column.field.name} has {len(listed)}")
        # Only a warning: a list pasted from a ledger says the same in other words, which reading understands.
        offered = DataValidation(
            type="list", formula1=f'"{listed}"', allow_blank=True, errorStyle="warning", showErrorMessage=True,
            errorTitle="選択肢にない言葉です", error="このままでも読み取れることがあります。",
        )  # fmt: skip
        ws.add_data_validation(offered)
        letter = column_letter(place)
        offered.add(f"{letter}2:{letter}{LAST_ROW}")


def _write_meanings(ws: Worksheet, columns: list[TemplateColumn]) -> None:
    heads = (
        ("列", 26), ("何を書くか", 56), ("必須", 8), ("書き方", 20), ("単位", 8), ("選択肢", 48), ("例", 28),
        ("見られる範囲", 16),
    )  # fmt: skip
    for place, (word, width) in enumerate(heads, 1):
        cell = ws.cell(1, place, word)
        cell.font, cell.fill = _WHITE, _HEAD
        ws.column_dimensions[cell.column_letter].width = width
    for row, column in enumerate(columns, 2):
        example = "1" if column.field is _NUMBER else next(filter(None, column.examples), "")
        texts = (
            column.heading, column.meaning, "必須" if column.required else "", _TYPES[column.field.type],
            UNITS.get(column.field.unit or "", ""), "、".join(column.choices), example,
            _SHOWN_TO[column.field.disclosure],
        )  # fmt: skip
        for place, text in enumerate(texts, 1):
            ws.cell(row, place, text).alignment = _WRAP
    ws.freeze_panes = "B2"
