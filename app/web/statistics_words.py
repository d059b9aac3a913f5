"""How pages show figures: one sentence, its charts, its table, where its CSV is."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from app.applications.procedure import PARTY_LABELS, Party
from app.applications.statistics.charts import Bar, DayRange, MonthValue, Plan, bars, columns_by_month, median_range
from app.applications.statistics.counts import PLAN
from app.applications.statistics.figures import Column, Figure, Row
from app.web.messages import Language, message

_MOST_BARS = 10  # what comes after is in the table
_MUNICIPALITIES = 62
_FROM, _TO = PLAN


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as a page shows it; `charts` each with a caption where there are several."""

    name: str
    title: str
    says: str
    definition: str
    charts: Sequence[tuple[str, Markup]]
    headings: Sequence[tuple[str, bool]]  # words, whether a number
    cells: Sequence[Sequence[str]]
    csv: str
    is_sample: bool
    is_of_now: bool


def show(figure: Figure, language: Language, csv: str) -> Shown:
    """A figure in words, charts and a table."""
    about = figure.definition
    rows = [row for row in figure.rows if any(row[c.name] is not None for c in about.columns if _is_number(c))]
    title = about.title_ja if language == "ja" else about.title_en
    if rows:
        key, values = _SAYS[about.name](rows, language)
        said = message(language, f"statistics.says.{key}", **values)
    else:
        said = message(language, "statistics.none")
    drawn = _Drawing(about.name, title, said, language)
    return Shown(
        name=about.name, title=title, says=said, definition=about.text_ja if language == "ja" else about.text_en,
        charts=_CHARTS[about.name](rows, drawn) if rows else [],
        headings=[(c.ja if language == "ja" else c.en, _is_number(c)) for c in about.columns],
        cells=[[_cell(column, row, language) for column in about.columns] for row in figure.rows],
        csv=csv, is_sample=figure.is_sample, is_of_now=about.is_of_now,
    )  # fmt: skip


def _is_number(column: Column) -> bool:
    return column.kind not in ("label", "month")


def _cell(column: Column, row: Row, language: Language) -> str:
    value = column.shown(row, language)
    if value is None:
        return "—"
    return month_name(value, language) if column.kind == "month" else f"{value:,}" if _is_number(column) else str(value)


def month_name(month: date, language: Language) -> str:
    """A month as people write it."""
    return f"{month.year}年{month.month}月" if language == "ja" else f"{month:%B %Y}"


Said = tuple[str, dict[str, Any]]


def _says_on_air(rows: Sequence[Row], language: Language) -> Said:
    standing, plan = rows[-1]["standing"], PLAN[_TO]
    return "on_air", {"standing": standing, "plan": plan, "percent": round(100 * standing / plan)}


def _says_enquiries(rows: Sequence[Row], language: Language) -> Said:
    """The last month, and the one before, where their numbers are told."""
    last = {"month": month_name(rows[-1]["month"], language), "cases": rows[-1]["cases"]}
    if len(rows) == 1:
        return "enquiries", last
    return "enquiries.two", {
        **last,
        "before": month_name(rows[-2]["month"], language),
        "cases_before": rows[-2]["cases"],
    }


def _says_refusals(rows: Sequence[Row], language: Language) -> Said:
    total, top = sum(row["cases"] or 0 for row in rows), rows[0]
    return "refusals", {"total": total, "reason": top[f"reason_{language}"], "cases": top["cases"]}


def _says_steps(rows: Sequence[Row], language: Language) -> Said:
    office = [row for row in rows if row["clock"] == "runs"] or list(rows)
    slowest = max(office, key=lambda row: row["median_days"] or 0)
    return "steps", {"step": slowest[f"state_{language}"], "days": slowest["median_days"]}


def _says_offices(rows: Sequence[Row], language: Language) -> Said:
    most = rows[0]
    return "offices", {
        "office": most[f"office_{language}"], "cases": most["cases"], "days": most["median_days"],
        "percent": most["within_percent"],
    }  # fmt: skip


def _says_open(rows: Sequence[Row], language: Language) -> Said:
    (party, most), *_ = _by_party(rows).most_common(1)
    total = sum(row["cases"] or 0 for row in rows)
    return "open", {"total": total, "party": PARTY_LABELS[Party(party)][language == "en"], "cases": most}


def _by_party(rows: Sequence[Row]) -> Counter[str]:
    waiting: Counter[str] = Counter()
    for row in rows:
        waiting[row["party"]] += row["cases"] or 0
    return waiting


def _says_overdue(rows: Sequence[Row], language: Language) -> Said:
    return "overdue", {
        "overdue": sum(row["overdue"] or 0 for row in rows), "total": sum(row["cases"] or 0 for row in rows),
    }  # fmt: skip


def _says_reservations(rows: Sequence[Row], language: Language) -> Said:
    names = ("reserved", "ending_soon", "held", "on_air")
    return "reservations", {name: sum(row[name] or 0 for row in rows) for name in names}


def _says_days(rows: Sequence[Row], language: Language) -> Said:
    last = rows[-1]
    return "days", {"year": last[f"year_{language}"], "days": last["median_days"], "stopped": last["stopped_days"]}


def _says_municipalities(rows: Sequence[Row], language: Language) -> Said:
    return "municipalities", {"opened": len(rows), "all": _MUNICIPALITIES}


_SAYS: Mapping[str, Callable[[Sequence[Row], Language], Said]] = {
    "on-air": _says_on_air, "enquiries": _says_enquiries, "refusals": _says_refusals, "steps": _says_steps,
    "offices": _says_offices, "open": _says_open, "overdue": _says_overdue, "reservations": _says_reservations,
    "days": _says_days, "municipalities": _says_municipalities,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What every chart of a figure is drawn with."""

    name: str
    title: str
    says: str
    language: Language

    def call(self, part: str = "") -> dict[str, Any]:
        """The words of one chart."""
        return {
            "chart_id": f"chart-{self.name}{part}", "title": self.title, "description": self.says, "language": self.language,
        }  # fmt: skip

    def word(self, row: Row, name: str) -> str:
        """A label's words."""
        return str(row[f"{name}_{self.language}"])

    def unit(self, ja: str) -> str:
        """A counter word, which English does without."""
        return ja if self.language == "ja" else ""

    def caption(self, part: str) -> str:
        """What tells one chart of a figure from the other."""
        return message(self.language, f"statistics.part.{part}")


Charts = list[tuple[str, Markup]]


def _chart_on_air(rows: Sequence[Row], drawn: _Drawing) -> Charts:
    months = [MonthValue(row["month"], row["standing"]) for row in rows]
    has_plan = any(row["plan"] is not None for row in rows)
    plan = Plan(_FROM, PLAN[_FROM], _TO, PLAN[_TO]) if has_plan and rows[0]["month"] <= _FROM else None
    return [("", columns_by_month(months, plan=plan, unit=drawn.unit("局"), **drawn.call()))]


def _chart_enquiries(rows: Sequence[Row], drawn: _Drawing) -> Charts:
    months = [MonthValue(row["month"], row["cases"]) for row in rows]
    return [("", columns_by_month(months, unit=drawn.unit("件"), **drawn.call()))]


def _bar_chart(label: str, value: str, unit: str) -> Callable[[Sequence[Row], _Drawing], Charts]:
    def draw(rows: Sequence[Row], drawn: _Drawing) -> Charts:
        ordered = sorted(rows, key=lambda row: -(row[value] or 0))[:_MOST_BARS]
        found = [Bar(drawn.word(row, label), row[value], is_marked=n == 0) for n, row in enumerate(ordered)]
        return [("", bars(found, unit=drawn.unit(unit), **drawn.call()))]

    return draw


def _chart_steps(rows: Sequence[Row], drawn: _Drawing) -> Charts:
    """Steps of window and offices, and those in which the clock stands, apart."""
    charts: Charts = []
    for clock in ("runs", "stopped"):
        ranges = [
            DayRange(
                f"{drawn.word(row, 'state')} — {drawn.word(row, 'party')}", row["median_days"], row["low_days"],
                row["high_days"], allowed=row["limit_days"], count=row["cases"], is_step=True,
            )
            for row in rows if row["clock"] == clock
        ]  # fmt: skip
        if ranges:
            charts.append((drawn.caption(clock), median_range(ranges, **drawn.call(f"-{clock}"))))
    return charts


def _chart_offices(rows: Sequence[Row], drawn: _Drawing) -> Charts:
    ranges = [
        DayRange(
            drawn.word(row, "office"), row["median_days"], row["low_days"], row["high_days"], row["stopped_days"],
            row["allowed_days"], row["cases"],
        )
        for row in rows[:_MOST_BARS]
    ]  # fmt: skip
    return [("", median_range(ranges, **drawn.call()))]


def _chart_days(rows: Sequence[Row], drawn: _Drawing) -> Charts:
    ranges = [
        DayRange(
            drawn.word(row, "year"), row["median_days"], row["low_days"], row["high_days"], row["stopped_days"],
            count=row["cases"],
        )
        for row in rows[-3:]
    ]  # fmt: skip
    return [("", median_range(ranges, **drawn.call()))]


def _chart_open(rows: Sequence[Row], drawn: _Drawing) -> Charts:
    parties = _by_party(rows).most_common()
    words = [
        Bar(PARTY_LABELS[Party(party)][drawn.language == "en"], cases, n == 0)
        for n, (party, cases) in enumerate(parties)
    ]
    by_party = bars(words, unit=drawn.unit("件"), **drawn.call("-parties"))
    return [
        (drawn.caption("parties"), by_party),
        (drawn.caption("states"), _bar_chart("state", "cases", "件")(rows, drawn)[0][1]),
    ]


def _chart_reservations(rows: Sequence[Row], drawn: _Drawing) -> Charts:
    kinds = ("reserved", "held", "on_air")
    found = [Bar(drawn.caption(kind), sum(row[kind] or 0 for row in rows)) for kind in kinds]
    return [("", bars(found, unit=drawn.unit("枠"), **drawn.call()))]


_CHARTS: Mapping[str, Callable[[Sequence[Row], _Drawing], Charts]] = {
    "on-air": _chart_on_air, "enquiries": _chart_enquiries, "refusals": _bar_chart("reason", "cases", "件"),
    "steps": _chart_steps, "offices": _chart_offices, "open": _chart_open, "overdue": _bar_chart("office", "overdue", "件"),
    "reservations": _chart_reservations, "days": _chart_days,
    "municipalities": _bar_chart("municipality", "assets", "件"),
}  # fmt: skip
