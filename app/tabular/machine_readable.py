"""The linter of 総務省「統計表における機械判読可能なデータの表記方法の統一ルール」(2020-12-18), by its own item numbers.

Numbers and titles of the 15 items (1-1 … 1-13, 2-1, 2-2) agree with two independent restatements of the ministry's
paper and with an open linter written for it. What a test cannot decide literally is narrowed here, for lists of
facilities rather than statistics, and is our reading of the rule:

- 1-2 numbers with a number in brackets, several numbers in a cell; names joined by 、 pass.
- 1-3, 1-13 columns in which at least 80 % of a sample are numbers; codes, numbers of doors and telephones are no numbers.
  Blank cells pass: the rule's X and *** are for suppressed statistics.
- 1-9 only numbers whose heading speaks of a length, an area, a load, money … need a unit.
- 1-10 the NEC special characters (①, ㈱, ㎡, Ⅲ, ㍻ …) and private-use characters (外字); 髙 and 﨑 pass, being names.
- 1-12 a column of area codes, area names or addresses must be there, prefectures written in full.
- 2-2 headings that come again below or beside the table.

e-Stat has since published 「結果表における機械判読可能なデータ作成に関する表記方法」 with other numbers for the same items; staff
and this linter use those of 2020.

Score: 100 × (items passed + ½ × items failed that are mended automatically) ÷ items that apply, rounded down. Every
item weighs the same, however many cells it names, so a score changes only when an item is settled.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from app.tabular import cell_grid, workbook_facts
from app.tabular.cell_checks import (
    code_like,
    digitless,
    era_without_year,
    laid_out,
    machine_dependent,
    may_be_several,
    needs_unit,
    number_as_text,
    several_data,
)
from app.tabular.cell_grid import Column, Grid
from app.tabular.members import list_file

MAX_PLACES = 20
_STANDARD_FORMATS = frozenset({"xlsx", "xlsm", "xls", "ods", "csv", "tsv", "xml", "geojson", "gpkg", "kml", "shp"})
_AREA_HEADINGS = (
    "市区町村", "区市町村", "団体コード", "都道府県", "所在", "住所", "地域コード", "番地",
    "address", "municipality", "pref", "city", "town",
)  # fmt: skip
_SHORT_PREFECTURES = frozenset({
    "青森", "岩手", "宮城", "秋田", "山形", "福島", "茨城", "栃木", "群馬", "埼玉", "千葉", "東京", "神奈川", "新潟", "富山", "石川", "福井",
    "山梨", "長野", "岐阜", "静岡", "愛知", "三重", "滋賀", "京都", "大阪", "兵庫", "奈良", "和歌山", "鳥取", "島根", "岡山", "広島", "山口",
    "徳島", "香川", "愛媛", "高知", "福岡", "佐賀", "長崎", "熊本", "大分", "宮崎", "鹿児島", "沖縄",
})  # fmt: skip


class Item(NamedTuple):
    """A check item: its number and title in the rule, and what becomes of a failure (`mended` by the import or not)."""

    number: str
    ja: str
    en: str
    mended: bool
    how_ja: str
    how_en: str


ITEMS: tuple[Item, ...] = (
    Item("1-1", "ファイル形式はExcelかCSVとなっているか", "Excel or CSV file", False,
         "ExcelまたはCSVで保存してください。", "Save as Excel or CSV."),
    Item("1-2", "1セル1データとなっているか", "One datum per cell", False,
         "2つ以上の数を、別々の列に分けてください。", "Put each number in a column of its own."),
    Item("1-3", "数値データは数値属性とし、文字列を含まないこと", "Numbers are numbers, without text", True,
         "単位・カンマ・全角数字を除き、数として読み取ります。", "Units, commas and full-width digits are taken off."),
    Item("1-4", "セルの結合をしていないか", "No merged cells", False,
         "結合を解除し、それぞれのセルに同じ値を入れてください。", "Unmerge and repeat the value in each cell."),
    Item("1-5", "スペースや改行等で体裁を整えていないか", "No spaces or line breaks for looks", True,
         "前後の空白と体裁のための空白・改行を除いて読み取ります。", "Spaces and line breaks made for looks are taken off."),
    Item("1-6", "項目名等を省略していないか", "No omitted headings", False,
         "空の見出し、同じ見出し、「〃」「同上」に正しい言葉を入れてください。", "Write each heading, and values instead of ditto marks."),
    Item("1-7", "数式を使用している場合は、数値データに修正しているか", "Values instead of formulas", True,
         "数式は、最後に計算された値として読み取ります。", "The last calculated value of each formula is taken."),
    Item("1-8", "オブジェクトを使用していないか", "No objects", False,
         "図形・画像の中の情報をセルに書き写してください。", "Write into cells what shapes and pictures say."),
    Item("1-9", "データの単位を記載しているか", "Units stated", False,
         "見出しに単位を書き添えてください(例: 面積(㎡))。", "Add the unit to the heading (area (m2))."),
    Item("1-10", "機種依存文字を使用していないか", "No machine-dependent characters", False,
         "①は1、㈱は株式会社、㎡はm2のように書き換えてください。", "Write 1 for ①, 株式会社 for ㈱, m2 for ㎡."),
    Item("1-11", "e-Statの時間軸コードの表記、西暦表記又は和暦に西暦の併記がされているか", "Western calendar given", True,
         "和暦を西暦の日付に直して読み取ります。", "Japanese era dates are turned into Western ones."),
    Item("1-12", "地域コード又は地域名称が表記されているか", "Area code or name given", False,
         "市区町村コードか所在地の列を加え、都道府県は「東京都」のように書いてください。",
         "Add a column of municipality codes or addresses, prefectures in full."),
    Item("1-13", "数値データの同一列内に特殊記号(秘匿等)が含まれる場合", "Special symbols among numbers", True,
         "「-」「なし」などは空欄として読み取ります。", "Dashes and words for nothing are read as blank."),
    Item("2-1", "データが分断されていないか", "Data not divided", True,
         "空白の行・列を飛ばして、ひと続きの表として読み取ります。", "Blank rows and columns are skipped."),
    Item("2-2", "1シートに複数の表が掲載されていないか", "One table per sheet", False,
         "表ごとにシートを分けてください。", "Give each table its own sheet."),
)  # fmt: skip


class ItemResult(NamedTuple):
    """What an item found: `passed` is None where it does not apply; `places` are the first 20 of `total`."""

    number: str
    ja: str
    en: str
    applies: bool
    passed: bool | None
    total: int
    places: tuple[str, ...]
    mended: bool
    how_ja: str
    how_en: str


@dataclass(frozen=True, slots=True)
class Report:
    """Results of all items in the rule's order; `score` is None for formats of maps, where only 1-1 applies.

    `hidden_rows` (from 1) and `hidden_columns` (letters) belong to no item: people should know that they are read.
    """

    score: int | None
    items: tuple[ItemResult, ...]
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain lists and dictionaries."""
        return asdict(self) | {"items": [item._asdict() | {"places": list(item.places)} for item in self.items]}


def examine(
    path: Path,
    format: str,
    *,
    sheet: str | None = None,
    header_row: int | None = None,
    header_rows: int = 1,
    encoding: str | None = None,
) -> Report:
    """Examine a list, of text files the first million cells; `header_row` counts from 1 (None: the first row).

    Raises: Unreadable where the file cannot be read.
    """
    if format not in cell_grid.FORMATS:
        return Report(None, tuple(_result(item, [] if item.number == "1-1" else None, _plain) for item in ITEMS))
    with list_file(path, sheet) as (file, name):
        grid = cell_grid.read_grid(file, format, name, header_row, header_rows, encoding)
        facts = workbook_facts.sheet_facts(file, grid.sheet) if format in ("xlsx", "xlsm") else None
    found = _found(grid, format, facts)
    items = tuple(_result(item, found[item.number], grid.place) for item in ITEMS)
    hidden = facts or workbook_facts.SheetFacts()
    return Report(
        _score(items), items, tuple(hidden.hidden_rows[:MAX_PLACES]), tuple(hidden.hidden_columns[:MAX_PLACES])
    )


def _found(grid: Grid, format: str, facts: workbook_facts.SheetFacts | None) -> dict[str, list[str] | None]:
    """Places by item; None where an item cannot be asked of this format."""
    text_only = format in ("csv", "tsv")
    return {
        "1-1": [] if format in _STANDARD_FORMATS else ["A1"],
        "1-2": list(_several(grid)),
        "1-3": [place for column in grid.numeric for place in _matching(column, lambda text: number_as_text(text, text_only))],
        "1-4": None if text_only else facts.merged if facts else grid.merged,
        "1-5": [*grid.headings_where(laid_out), *_all_matching(grid, laid_out)],
        "1-6": [*_omitted_headings(grid), *_all_matching(grid, _ditto)],
        "1-7": _all_matching(grid, _formula_text) if text_only else facts.formulas if facts else None,
        "1-8": None if text_only or not facts else facts.objects,
        "1-9": [] if grid.says_unit else [column.heading_place for column in grid.numeric if needs_unit(column.heading)],
        "1-10": [*grid.headings_where(machine_dependent), *_all_matching(grid, machine_dependent)],
        "1-11": list(_eras(grid)),
        "1-12": _areas(grid),
        "1-13": [place for column in grid.numeric for place in _matching(column, digitless)],
        "2-1": [*grid.blank_rows, *grid.blank_columns],
        "2-2": list(_further_tables(grid)),
    }  # fmt: skip


def _result(item: Item, places: list[str] | None, place: Callable[[str], str]) -> ItemResult:
    mended = item.mended and bool(places)
    shown = tuple(place(each) for each in (places or [])[:MAX_PLACES])
    return ItemResult(
        item.number, item.ja, item.en, places is not None, None if places is None else not places,
        len(places or ()), shown, mended, item.how_ja, item.how_en,
    )  # fmt: skip


def _score(items: tuple[ItemResult, ...]) -> int:
    applying = [item for item in items if item.applies]
    halves = sum(2 if item.passed else 1 if item.mended else 0 for item in applying)
    return 100 * halves // (2 * len(applying))


def _plain(place: str) -> str:
    return place


def _matching(column: Column, test: Callable[[str], bool]) -> list[str]:
    return [f"{column.letter}{row}" for row, text in column.texts if test(text)]


def _all_matching(grid: Grid, test: Callable[[str], bool]) -> list[str]:
    # A column is asked as one text first: most columns are clean, and one search is far cheaper than thousands.
    return [place for column in grid.columns if test(column.joined) for place in _matching(column, test)]


def _several(grid: Grid) -> Iterator[str]:
    for column in grid.columns:
        if not code_like(column.heading) and may_be_several(column.joined):
            yield from _matching(column, several_data)


def _ditto(text: str) -> bool:
    return any(mark in text for mark in ("〃", "同上", "々々")) and any(
        part.strip() in ("〃", "同上", "々々") for part in text.split("\0")
    )


def _formula_text(text: str) -> bool:
    return text.startswith("=") or "\0=" in text


def _omitted_headings(grid: Grid) -> Iterator[str]:
    seen: set[str] = set()
    for column in grid.columns:
        if (not column.heading and column.filled) or (column.heading and column.heading in seen):
            yield column.heading_place
        seen.add(column.heading)


def _eras(grid: Grid) -> Iterator[str]:
    for at, column in enumerate(grid.columns):
        if not era_without_year(column.joined):
            continue
        beside = grid.columns[max(at - 1, 0) : at] + grid.columns[at + 1 : at + 2]
        for row, text in column.texts:
            if era_without_year(text) and not any(other.has_year(row) for other in beside):
                yield f"{column.letter}{row}"


def _areas(grid: Grid) -> list[str]:
    named = [column for column in grid.columns if any(word in column.heading.casefold() for word in _AREA_HEADINGS)]
    if not named:
        return [f"A{grid.header_row}"]
    prefectures = [column for column in named if "都道府県" in column.heading]
    return [
        place for column in prefectures for place in _matching(column, lambda text: text.strip() in _SHORT_PREFECTURES)
    ]


def _further_tables(grid: Grid) -> Iterator[str]:
    yield from grid.repeated_headings()
    for letter in grid.blank_columns:
        left = [column for column in grid.columns if column.heading and column.place < grid.place_of(letter)]
        right = [column for column in grid.columns if column.heading and column.place > grid.place_of(letter)]
        if {column.heading for column in left} & {column.heading for column in right}:
            yield right[0].heading_place
