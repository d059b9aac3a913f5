"""Lists as a town's offices keep them, made anew for each test; and a clerk who mends what a returned workbook marks."""

from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.tabular.error_sheet import ERROR_SHEET, LEVEL_WORDS
from app.tabular.findings import Level

HEADINGS = (
    "番号", "施設名", "所在地", "緯度", "経度", "延床面積（㎡）", "建築年", "構造", "地上階数", "図面の有無", "所管課", "備考欄",
)  # fmt: skip
SHEET = "公共施設"
FIRST_ROW = 5  # below a title, a date, a blank row and the headings
ROWS = 40
_NORTH, _EAST = 35.6560, 139.7440  # in Minato

# Row (from 0), heading, what stands there instead.
PLANTED: tuple[tuple[int, str, Any], ...] = (
    (1, "延床面積（㎡）", "１２３４．５"),  # full-width digits
    (2, "建築年", "昭和45年"),
    (3, "緯度", "swap"),  # latitude and longitude in each other's place
    (4, "施設名", None),
    (5, "番号", "M-003"),  # the number of another row
    (6, "緯度", "zero"),  # 0, 0
    (7, "緯度", "abroad"),
    (8, "構造", "段ボール造"),
    (9, "延床面積（㎡）", "広い"),
    (10, "延床面積（㎡）", "100〜200"),
    (11, "建築年", "むかし"),
    (12, "延床面積（㎡）", "#REF!"),
    (13, "地上階数", "3.5"),
    (14, "図面の有無", "たぶん"),
    (15, "延床面積（㎡）", "120坪"),
    (16, "緯度", "35度39分30秒"),
    (17, "施設名", "ﾐﾅﾄﾎﾞｳｻｲｾﾝﾀｰ"),
    (18, "延床面積（㎡）", "1,234㎡"),
    (19, "緯度", "nowhere"),  # neither position nor address
    (20, "地上階数", "３階"),
)


def facility(number: int, lon_offset: float = 0.0) -> list[Any]:
    """A row of the list, sound in every cell."""
    return [
        f"M-{number:03d}", f"みなと見本施設{number}号館", f"東京都港区芝公園一丁目{number + 1}番", round(_NORTH + 0.0007 * (number % 8), 6),
        round(_EAST + 0.0008 * (number // 8) + lon_offset, 6), 800.5 + number, 1970 + number % 40, "RC造", 3 + number % 5, "有",
        "施設課", f"棚{number}",
    ]  # fmt: skip


def save_list(path: Path, rows: list[list[Any]], headings: tuple[str, ...] = HEADINGS) -> Path:
    """Save rows under a merged title, as offices do."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET
    sheet["A1"] = "令和8年度　公共施設一覧"
    sheet.merge_cells("A1:F1")
    sheet["A2"] = "令和8年10月1日現在"
    for place, heading in enumerate(headings, 1):
        sheet.cell(FIRST_ROW - 1, place, heading)
    for number, row in enumerate(rows, FIRST_ROW):
        for place, value in enumerate(row, 1):
            sheet.cell(number, place, value)
    book.save(path)
    return path


def sound_list(path: Path, rows: int = ROWS, lon_offset: float = 0.0) -> Path:
    """A list without any error."""
    return save_list(path, [facility(number, lon_offset) for number in range(1, rows + 1)])


def planted_list(path: Path) -> Path:
    """A list with twenty errors of the kinds that occur."""
    rows = [facility(number) for number in range(1, ROWS + 1)]
    place = {heading: n for n, heading in enumerate(HEADINGS)}
    lat, lon, address = place["緯度"], place["経度"], place["所在地"]
    for number, heading, value in PLANTED:
        row = rows[number]
        if value == "swap":
            row[lat], row[lon] = row[lon], row[lat]
        elif value == "zero":
            row[lat] = row[lon] = 0
        elif value == "abroad":
            row[lat], row[lon] = 10.5, 20.5
        elif value == "nowhere":
            row[lat] = row[lon] = row[address] = None
        else:
            row[place[heading]] = value
    return save_list(path, rows)


# What a clerk who knows the town would write.
_RIGHT = {
    "施設名": "みなと見本会館", "延床面積（㎡）": 500, "建築年": 1985, "構造": "RC造", "地上階数": 4, "図面の有無": "有",
    "所在地": "東京都港区芝公園一丁目5番",
}  # fmt: skip


def mend(path: Path) -> int:
    """Mend every 誤り that the sheet エラー一覧 lists, reading nothing else; how many there were."""
    book = load_workbook(path)
    errors = book[ERROR_SHEET]
    rows = list(errors.iter_rows(values_only=True))
    header = next(n for n, row in enumerate(rows) if row[:3] == ("シート", "行", "列"))
    names = [str(name) for name in rows[header]]
    listed = [dict(zip(names, row, strict=True)) for row in rows[header + 1 :] if row[1] is not None]
    wrong = [one for one in listed if one["区分"] == LEVEL_WORDS[Level.ERROR]]
    for n, one in enumerate(wrong):
        sheet = book[str(one["シート"])]
        row, heading = int(str(one["行"])), str(one["見出し"] or "")
        place = {str(sheet.cell(FIRST_ROW - 1, c).value): c for c in range(1, len(HEADINGS) + 1)}
        if heading in ("緯度", "経度", "所在地", ""):
            sheet.cell(row, place["緯度"], round(_NORTH + 0.0009 + n * 0.0002, 6))
            sheet.cell(row, place["経度"], round(_EAST + 0.0011, 6))
        elif heading == "番号":
            sheet.cell(row, place["番号"], f"M-9{row:02d}")
        else:
            sheet.cell(row, place[heading], _RIGHT[heading])
    book.save(path)
    return len(wrong)
