"""The figures there are: what each is called, how it is defined, its columns; and a figure as CSV or JSON."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.applications.exports import harmless

Row = dict[str, Any]
SMALLEST = 5  # cases: fewer are told to nobody but staff


@dataclass(frozen=True, slots=True)
class Column:
    """A column: a `label` has a code under its name and words under `name_ja` and `name_en`; else a number or a month."""

    name: str
    ja: str
    en: str
    kind: str = "number"  # "label", "month", "number", "days", "percent"

    def shown(self, row: Row, language: str) -> Any:
        """The cell as people read it; None where it is not told."""
        return row[f"{self.name}_{language}"] if self.kind == "label" else row[self.name]


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure: its title, exactly what is counted, and the columns of its rows.

    `is_of_now` figures know no period. `counted` names the column that says of how many cases a row is.
    """

    name: str
    title_ja: str
    title_en: str
    text_ja: str
    text_en: str
    columns: tuple[Column, ...]
    counted: str | None = None
    is_of_now: bool = False
    is_by_office: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure counted: rows by the names of its columns, None where a number is not told or there is none."""

    definition: Definition
    rows: Sequence[Row]
    as_of: datetime
    is_sample: bool


_MONTH = Column("month", "月", "Month", "month")
_OFFICE = Column("office", "所管", "Office", "label")
_STATE = Column("state", "段階", "Step", "label")
_CASES = Column("cases", "件数", "Cases")
_MEDIAN = (
    Column("median_days", "中央値（営業日）", "Median (business days)", "days"),
    Column("low_days", "10%（営業日）", "10 % (business days)", "days"),
    Column("high_days", "90%（営業日）", "90 % (business days)", "days"),
)
_DAYS_JA = "営業日は、土日・祝日・12月29日〜1月3日と、その機関の休業日を除いて数え、初日は数えません。"
_DAYS_EN = "Business days leave out weekends, holidays, 29 December to 3 January and days the office is closed; the first day is not counted."
_SPREAD_JA = "10%・90%は、その割合の案件がその日数以内だったことを示します。"
_SPREAD_EN = "10 % and 90 %: within so many days were that share of cases."

_ENQUIRIES = Definition(
    "enquiries", "月ごとの照会", "Enquiries by month",
    "事業者が照会を送った場所の数を、送った月（日本時間）で数えます。1件は1つの場所です。下書きは数えません。",
    "Sites carriers sent, by the month they were sent (JST). One enquiry is one site; drafts are not counted.",
    (_MONTH, _CASES), counted="cases",
)  # fmt: skip
_ON_AIR = Definition(
    "on-air", "運用中の基地局", "Stations on air",
    "窓口を通って運用を始めた基地局のうち、月末に撤去を始めていないものの数です。計画は、2022年度末225局、2023年度末300局です。",
    "Stations that went on air through the window and were not being removed at the end of the month. Plan: 225 by the end of"
    " FY2022, 300 by the end of FY2023.",
    (
        _MONTH, Column("started", "運用開始", "Went on air"), Column("removed", "撤去", "Removed"),
        Column("standing", "運用中（月末）", "On air at the end"), Column("plan", "計画", "Plan"),
    ),
)  # fmt: skip

STAFF_FIGURES: Mapping[str, Definition] = {
    one.name: one
    for one in (
        _ON_AIR,
        _ENQUIRIES,
        Definition(
            "refusals", "設置に至らなかった理由", "Why sites came to nothing",
            "「設置不可」「不許可」（所管の判断）と「取下げ」（事業者の判断）を、終わった日の期間で、理由の区分ごとに数えます。期限切れは含みません。",
            "Sites declined or denied by the office, and withdrawn by the carrier, by the day they ended and the reason given."
            " Lapsed sites are not counted.",
            (
                Column("reason", "理由", "Reason", "label"), Column("declined", "設置不可", "Declined"),
                Column("permit_denied", "不許可", "Permit denied"), Column("withdrawn", "取下げ", "Withdrawn"),
                Column("cases", "計", "Total"),
            ),
            counted="cases",
        ),
        Definition(
            "offices", "所管ごとの処理期間", "Processing time by office",
            "照会から決定（許可・不許可・設置不可など）までに所管と窓口が使った営業日数です。事業者や道路管理者を待って止まっていた日数は"
            f"除き、別に中央値を示します。期間は決定の日で見ます。{_SPREAD_JA}{_DAYS_JA}",
            "Business days offices and window used from enquiry to decision. Days stopped, waiting for carriers or road permits, are"
            f" left out and their median is shown apart. By the day of the decision. {_SPREAD_EN} {_DAYS_EN}",
            (
                _OFFICE, _CASES, *_MEDIAN, Column("stopped_days", "停止の中央値（営業日）", "Median stopped (business days)", "days"),
                Column("allowed_days", "標準処理期間（営業日）", "Standard time (business days)", "days"),
                Column("within_percent", "期間内の割合（%）", "Within standard time (%)", "percent"),
            ),
            counted="cases", is_by_office=True,
        ),
        Definition(
            "steps", "段階ごとの日数", "Days by step",
            f"その段階に入ってから出るまでの営業日数です。期間は、段階を出た日で見ます。{_SPREAD_JA}"
            f"時計が止まる段階（事業者・道路管理者などを待つ間）は分けて示します。{_DAYS_JA}",
            f"Business days from entering a step to leaving it, by the day it was left. {_SPREAD_EN} Steps in which the clock stands"
            f" (waiting for carriers or road permits) are shown apart. {_DAYS_EN}",
            (
                _STATE, Column("party", "動く側", "Owed by", "label"), Column("clock", "時計", "Clock", "label"), _CASES, *_MEDIAN,
                Column("limit_days", "期限（営業日）", "Limit (business days)", "days"),
            ),
            counted="cases",
        ),
        Definition(
            "overdue", "期限を過ぎた案件", "Overdue by office",
            "次に動く側ごとに、段階の期限が今日より前の案件を数えます。事業者はまとめて1行で、名前は示しません。"
            "超過日数は、最も古い期限からの営業日数です。",
            "Cases whose step was due before today, by who owes it. Carriers are one row, without names. The longest delay is in"
            " business days since the earliest due day.",
            (
                Column("office", "次に動く側", "Next step by", "label"), Column("cases", "進行中", "Open"),
                Column("overdue", "期限超過", "Overdue"),
                Column("longest_days", "最長の超過（営業日）", "Longest delay (business days)", "days"),
            ),
            counted="cases", is_of_now=True, is_by_office=True,
        ),
        Definition(
            "reservations", "設置枠の確保", "Reserved slots",
            "いま確保されている設置枠の数です。照会による確保は20営業日までで、「まもなく切れる」は5営業日以内に切れるものです。",
            "Slots kept now. An enquiry keeps one for 20 business days; those ending within 5 business days are shown apart.",
            (
                _OFFICE, Column("reserved", "照会で確保", "Reserved by enquiries"),
                Column("ending_soon", "うち、まもなく切れる", "Of these ending soon"),
                Column("held", "許可で確保", "Held by permits"), Column("on_air", "運用中", "On air"),
                Column("slots", "計", "Total"),
            ),
            counted="slots", is_of_now=True, is_by_office=True,
        ),
        Definition(
            "open", "進行中の案件", "Open cases",
            "送られていて終わっていない案件を、いまの段階と、次に動く側で数えます。期限を過ぎた案件は、段階の期限が今日より前のものです。",
            "Cases sent and not ended, by the step they are at and who owes it. Overdue: the step was due before today.",
            (
                _STATE, Column("party", "次に動く側", "Next step by", "label"), _CASES,
                Column("overdue", "期限超過", "Overdue"),
            ),
            counted="cases", is_of_now=True,
        ),
    )
}  # fmt: skip

PUBLIC_FIGURES: Mapping[str, Definition] = {
    one.name: one
    for one in (
        _ON_AIR,
        Definition(
            "days", "決定までの日数", "Days to a decision",
            "照会から決定までの営業日数を、決定した年度ごとに示します。「行政」は所管と窓口が使った日数、「停止」は事業者や道路管理者などを"
            f"待って時計が止まっていた日数です。{_SPREAD_JA}5件に満たない年度は示しません。{_DAYS_JA}",
            "Business days from enquiry to decision by the financial year of the decision: used by offices and window, and stopped"
            f" while waiting for carriers or road permits. {_SPREAD_EN} Years of fewer than five cases are not shown. {_DAYS_EN}",
            (
                Column("year", "年度", "Financial year", "label"), _CASES, *_MEDIAN,
                Column("stopped_days", "停止の中央値（営業日）", "Median stopped (business days)", "days"),
            ),
            counted="cases",
        ),
        Definition(
            _ENQUIRIES.name, _ENQUIRIES.title_ja, _ENQUIRIES.title_en, f"{_ENQUIRIES.text_ja}5件に満たない月は数を示しません。",
            f"{_ENQUIRIES.text_en} Months of fewer than five are not shown.", _ENQUIRIES.columns, counted="cases",
        ),
        Definition(
            "municipalities", "アセットを開放した区市町村", "Municipalities that opened assets",
            "区市町村が保有するアセットが台帳に1件以上ある区市町村と、その件数です（保有していても開放の対象としていないものを除きます）。",
            "Municipalities with at least one asset of their own in the register, and how many; assets known but not opened are left"
            " out.",
            (Column("municipality", "区市町村", "Municipality", "label"), Column("assets", "アセット", "Assets")), is_of_now=True,
        ),
    )
}  # fmt: skip


def suppress(figure: Figure) -> Figure:
    """The figure as anybody but staff may read it: rows of fewer than five cases tell no number."""
    counted = figure.definition.counted
    if counted is None:
        return figure
    numbers = [column.name for column in figure.definition.columns if column.kind not in ("label", "month")]
    rows = [
        row if (row[counted] or 0) >= SMALLEST else {**row, **dict.fromkeys(numbers)} for row in figure.rows
    ]  # fmt: skip
    return Figure(figure.definition, rows, figure.as_of, figure.is_sample)


def to_json(figure: Figure) -> dict[str, Any]:
    """The figure with its definition; months as `YYYY-MM`."""
    about = figure.definition
    return {
        "figure": about.name,
        "title_ja": about.title_ja,
        "title_en": about.title_en,
        "definition_ja": about.text_ja,
        "definition_en": about.text_en,
        "as_of": figure.as_of,
        "is_sample": figure.is_sample,
        "columns": [{"name": c.name, "ja": c.ja, "en": c.en, "kind": c.kind} for c in about.columns],
        "rows": [{name: _month(value) for name, value in row.items()} for row in figure.rows],
    }


def _month(value: Any) -> Any:
    return f"{value:%Y-%m}" if isinstance(value, date) else value


def to_csv(figure: Figure, language: str) -> bytes:
    """CSV in UTF-8 with BOM; a last column tells sample data."""
    out = io.StringIO()
    writer = csv.writer(out)
    columns = figure.definition.columns
    mark = ("サンプル", "sample")[language == "en"]
    writer.writerow(
        [*(column.ja if language == "ja" else column.en for column in columns), *([mark] * figure.is_sample)]
    )
    for row in figure.rows:
        cells = (_month(column.shown(row, language)) for column in columns)
        writer.writerow(["" if cell is None else harmless(str(cell)) for cell in cells] + [mark] * figure.is_sample)
    return ("\ufeff" + out.getvalue()).encode()
