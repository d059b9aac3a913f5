"""The lists that are sent: rows of 港区 as a ledger holds them, the same in every run."""

import csv
from collections.abc import Iterator
from pathlib import Path

import psycopg
from openpyxl import Workbook

MUNICIPALITY = "13103"
# As heading: how the n-th row says it. What needs mending (和暦, full-width digits) is in the mix, as in real ledgers.
COLUMNS = (
    "番号", "名称", "名称（カナ）", "施設の種類", "所在地", "緯度", "経度", "標高（m）", "面積（m2）", "高さ（m）", "構造",
    "地上階数", "建築年", "延床面積（m2）", "電源", "所管局・所管部署",
)  # fmt: skip
FURTHER_COLUMNS = (
    "開放状況", "使用制限", "光ファイバー", "設置枠", "使用中の枠", "屋上高さ（m）", "屋上形状", "耐震", "入館可能時間",
    "入館申請の日数（日）", "地下階数", "方書", "備考1", "備考2",
)  # fmt: skip
POINTS = """
SELECT round(ST_Y(geom)::numeric, 6), round(ST_X(geom)::numeric, 6)
FROM (SELECT (ST_DumpPoints(ST_GeneratePoints(geom, %s, 1))).geom FROM municipality WHERE municipality_code = %s) drawn
"""


def points_of_municipality(database_url: str, count: int) -> Iterator[tuple[str, str]]:
    """Latitude and longitude (degrees, JGD2011) of points drawn in the municipality."""
    with psycopg.connect(database_url) as connection, connection.cursor("points") as cursor:
        cursor.itersize = 50_000
        for latitude, longitude in cursor.execute(POINTS, [count, MUNICIPALITY]):
            yield str(latitude), str(longitude)


def row(n: int, latitude: str, longitude: str, mended_each: int) -> list[str]:
    """The n-th row, of `COLUMNS`; every `mended_each`-th holds a year of 和暦."""
    built = f"昭和{30 + n % 34}年" if n % mended_each == 0 else str(1955 + n % 65)
    return [
        str(n), f"見本施設第{n}号館", f"ミホンシセツダイ{n}ゴウカン", ("学校", "庁舎", "集会所", "図書館")[n % 4],
        f"東京都港区芝公園{n % 4 + 1}丁目{n % 30 + 1}-{n}", latitude, longitude, f"{n % 40}.5", str(200 + n % 9000),
        f"{6 + n % 40}.2", ("RC造", "S造", "SRC造", "木造")[n % 4], str(1 + n % 12), built, str(150 + n % 8000),
        ("あり", "なし")[n % 2], "街づくり支援部",
    ]  # fmt: skip


def further_cells(n: int) -> list[str]:
    """What the n-th row says in `FURTHER_COLUMNS`."""
    return [
        ("開放中", "条件付き")[n % 2], "夜間の作業はできません" if n % 5 == 0 else "", ("あり", "なし")[n % 2], str(n % 4 + 1),
        str(n % 2), f"{5 + n % 40}.0", "陸屋根", ("補強済", "不要")[n % 2], "平日 8:30-17:15", "14", str(n % 3),
        f"{n % 9 + 1}階", f"台帳の控え{n}", "令和6年度に確認",
    ]  # fmt: skip


def write_csv(path: Path, database_url: str, count: int) -> None:
    """A list of `count` rows and 16 columns as CSV (UTF-8)."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for n, (latitude, longitude) in enumerate(points_of_municipality(database_url, count), 1):
            writer.writerow(row(n, latitude, longitude, mended_each=10))


def write_workbook(path: Path, database_url: str, count: int) -> None:
    """A list of `count` rows and 30 columns as XLSX, numbers as numbers; a third of its years is 和暦."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("台帳")
    sheet.append([*COLUMNS, *FURTHER_COLUMNS])
    for n, (latitude, longitude) in enumerate(points_of_municipality(database_url, count), 1):
        cells = [*row(n, latitude, longitude, mended_each=3), *further_cells(n)]
        sheet.append([_cell(text) for text in cells])
    book.save(path)


def _cell(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text
