"""Small charts drawn on the server as SVG: bars, columns by month against a plan, medians with their range.

Pure: numbers in, markup out. Each says one thing, begins at zero and labels its values where they stand; the caller puts a
table of the same numbers beside it. Colours come from the classes of `static/charts.css`, light and dark; what colour tells
is told by form too. The drawing is 360 units wide, so that letters of 14 units stay legible at 320 px.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import floor, isfinite, log10

from markupsafe import Markup

from app.applications.statistics.chart_marks import (
    GAP,
    LINE,
    WIDTH,
    chart,
    fitted,
    line,
    mark,
    rect,
    shown,
    text,
    text_width,
)

Number = int | float | Decimal

_BAR, _ROW = 16, 48  # units
_PLOT_TOP, _PLOT_HEIGHT, _AXIS = 28, 168, 30
_MOST_MONTHS = 240


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its label, its value (None: not known), and whether it is the one to look at."""

    label: str
    value: Number | None
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class MonthValue:
    """The state at the end of a month, given by any day of it; None: no column (the month is to come)."""

    month: date
    value: Number | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A target line from a value in one month to a value in another."""

    from_month: date
    from_value: Number
    to_month: date
    to_value: Number


@dataclass(frozen=True, slots=True)
class DayRange:
    """How long a step or an office takes, in business days: median, 10 % and 90 %, and stopped days apart.

    `count` is how many cases it is from; `allowed` is the standard processing time, or the limit of a step (`is_step`),
    where there is one.
    """

    label: str
    median: Number | None
    low: Number | None = None
    high: Number | None = None
    stopped: Number | None = None
    allowed: Number | None = None
    count: int | None = None
    is_step: bool = False


_WORDS = {
    "ja": {
        "none": "データがありません", "plan": "計画", "median": "中央値", "days": "日", "stopped": "停止", "allowed": "標準処理期間", "due": "期限", "cases": "件",
        "to": "〜", "comma": "、", "range": "帯は10〜90%の範囲、点は中央値", "limit": "縦線は標準処理期間", "limit_due": "縦線は期限", "apart": "点線の枠は停止した日数",
    },
    "en": {
        "none": "No data", "plan": "Plan", "median": "median", "days": " d", "stopped": "stopped", "allowed": "standard time", "due": "limit", "cases": " cases",
        "to": " to ", "comma": ", ", "range": "Bands: 10 to 90 %; dots: medians", "limit": "Upright: standard time", "limit_due": "Upright: limit", "apart": "Dashed: days stopped",
    },
}  # fmt: skip


def bars(
    series: Sequence[Bar], *, chart_id: str, title: str, description: str, unit: str = "", language: str = "ja"
) -> Markup:
    """Horizontal bars in the order given, each with its label above and its value at its end.

    Raises: ValueError for values below zero or not finite.
    """
    most = _most([bar.value for bar in series])
    room = max((text_width(_value(bar.value, unit)) for bar in series), default=0) + GAP
    marks: list[Markup] = []
    for place, bar in enumerate(series):
        top = place * _ROW
        length = (WIDTH - room) * float(bar.value or 0) / most
        kind = "chart-bar chart-marked" if bar.is_marked else "chart-bar"
        marks.append(text(0, top + LINE, fitted(bar.label, WIDTH), "chart-label"))
        marks.append(line(0, top + LINE + 4, 0, top + LINE + 8 + _BAR, "chart-axis"))
        marks.append(rect(0, top + LINE + 6, length, _BAR, kind))
        marks.append(text(length + GAP, top + LINE + 6 + _BAR - 3, _value(bar.value, unit), "chart-value"))
    return _finished("bars", chart_id, title, description, len(series) * _ROW, marks, language)


def columns_by_month(
    series: Sequence[MonthValue],
    *,
    chart_id: str,
    title: str,
    description: str,
    plan: Plan | None = None,
    unit: str = "",
    language: str = "ja",
) -> Markup:
    """A column a month, the last one labelled with its value, and a dashed line to the plan's target.

    Raises: ValueError for values below zero or not finite, or more than 240 months.
    """
    months = [_months(one.month) for one in series]
    if not months and plan is None:
        return _finished("columns", chart_id, title, description, 0, [], language)
    if plan is not None:
        months += [_months(plan.from_month), _months(plan.to_month)]
    first, count = min(months), max(months) - min(months) + 1
    if count > _MOST_MONTHS:
        raise ValueError(f"{count} months")
    top = _nice(_most([one.value for one in series] + ([plan.from_value, plan.to_value] if plan else [])))
    left = text_width(shown(top)) + GAP
    plot = _Plot(left, (WIDTH - left) / count, first, top)
    marks = _grid(plot, top) + _month_names(plot, first, count, language)
    marks += [m for one in series if one.value is not None for m in _column(plot, one.month, one.value)]
    if plan is not None:
        marks += _plan_line(plot, plan, unit, language)
    last = next((one for one in sorted(series, key=lambda s: s.month, reverse=True) if one.value is not None), None)
    if last is not None:
        marks.append(_column_label(plot, last, unit))
    return _finished("columns", chart_id, title, description, _PLOT_TOP + _PLOT_HEIGHT + _AXIS, marks, language)


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where months and values lie in the drawing."""

    left: float
    step: float
    first: int
    top: float

    def x(self, month: date) -> float:
        """The left edge of a month's column."""
        return self.left + (_months(month) - self.first) * self.step

    def y(self, value: Number) -> float:
        """The height at which a value stands."""
        return _PLOT_TOP + _PLOT_HEIGHT * (1 - float(value) / self.top)


def _months(month: date) -> int:
    return month.year * 12 + month.month - 1


def _grid(plot: _Plot, top: float) -> list[Markup]:
    marks: list[Markup] = []
    for part in range(0, 5, 2 if top < 4 else 1):
        value = top * part / 4
        y = plot.y(value)
        marks.append(line(plot.left, y, WIDTH, y, "chart-axis" if part == 0 else "chart-grid"))
        marks.append(text(plot.left - GAP, y + 5, shown(value), "chart-scale", anchor="end"))
    return marks


def _month_names(plot: _Plot, first: int, count: int, language: str) -> list[Markup]:
    """The months below the columns, as many as there is room for: years alone where there are many."""
    y = _PLOT_TOP + _PLOT_HEIGHT + LINE
    # Steps that divide years and months evenly, so that labels stand at equal distances.
    every = next((n for n in (1, 2, 3, 4, 6, 12, 24, 60, 120) if n * plot.step >= _name_width(n, language)), 240)
    half = _name_width(every, language) / 2
    marks: list[Markup] = []
    for month in range(first + -first % every, first + count, every):
        middle = plot.left + (month - first + 0.5) * plot.step
        if middle + half <= WIDTH + GAP:
            marks.append(line(middle, y - LINE, middle, y - LINE + 4, "chart-axis"))
            name = _month_name(month, every, language)
            marks.append(text(max(middle, half - GAP), y + 4, name, "chart-scale", anchor="middle"))
    return marks


def _month_name(month: int, every: int, language: str) -> str:
    year, rest = divmod(month, 12)
    if every % 12 == 0:
        return f"{year}年" if language == "ja" else str(year)
    return f"{year}年{rest + 1}月" if language == "ja" else f"{year}-{rest + 1:02d}"


def _name_width(every: int, language: str) -> float:
    return text_width(_month_name(2026 * 12 + 11, every, language)) + GAP


def _column(plot: _Plot, month: date, value: Number) -> list[Markup]:
    width = max(plot.step * 0.76, 0.8)
    y = plot.y(value)
    return [rect(plot.x(month) + (plot.step - width) / 2, y, width, plot.y(0) - y, "chart-bar")]


def _column_label(plot: _Plot, last: MonthValue, unit: str) -> Markup:
    """The value over the last column, kept within the drawing."""
    assert last.value is not None
    said = _value(last.value, unit)
    half = text_width(said) / 2
    middle = plot.x(last.month) + plot.step / 2
    x = min(max(middle, plot.left + half), WIDTH - half)
    return text(x, plot.y(last.value) - 6, said, "chart-value chart-halo", anchor="middle")


def _plan_line(plot: _Plot, plan: Plan, unit: str, language: str) -> list[Markup]:
    x1, x2 = (plot.x(month) + plot.step / 2 for month in (plan.from_month, plan.to_month))
    y1, y2 = plot.y(plan.from_value), plot.y(plan.to_value)
    said = f"{_WORDS[language]['plan']} {shown(plan.from_value)} → {_value(plan.to_value, unit)}"
    x = min(x2, WIDTH)
    return [
        line(x1, y1, x2, y2, "chart-plan"),
        mark(x2, y2, 4, "chart-plan-end"),
        text(max(x, plot.left + text_width(said)), min(y1, y2) - 10, said, "chart-plan-label chart-halo", anchor="end"),
    ]


def median_range(
    series: Sequence[DayRange], *, chart_id: str, title: str, description: str, language: str = "ja"
) -> Markup:
    """A row a step or office: a line from 10 to 90 %, the median as a dot, stopped days as an open bar below, all from zero.

    Raises: ValueError for values below zero or not finite.
    """
    numbers = [value for one in series for value in (one.median, one.low, one.high, one.stopped, one.allowed)]
    scale = (WIDTH - 8) / _most(numbers)
    marks: list[Markup] = []
    top = 0.0
    for one in series:
        made, height = _range_row(one, top, scale, language)
        marks += made
        top += height
    legend = []
    if any(one.high is not None for one in series):
        legend.append("range")
    if any(one.allowed for one in series):
        legend.append("limit_due" if any(one.is_step for one in series) else "limit")
    if any(one.stopped for one in series):
        legend.append("apart")
    for name in legend:
        top += LINE
        marks.append(text(0, top - 4, _WORDS[language][name], "chart-scale"))
    if legend:
        top += 4
    return _finished("ranges", chart_id, title, description, top, marks, language)


def _range_row(one: DayRange, top: float, scale: float, language: str) -> tuple[list[Markup], float]:
    """The marks of a row and its height: label, range with median, stopped days, and the same in words."""
    y = top + LINE + 16
    marks = [text(0, top + LINE, fitted(_with_count(one, language), WIDTH), "chart-label")]
    marks.append(line(0, y - 9, 0, y + (26 if one.stopped else 9), "chart-axis"))
    if one.low is not None and one.high is not None:
        low, high = float(one.low) * scale, float(one.high) * scale
        marks.append(rect(low, y - 4, max(high - low, 1), 8, "chart-range"))
    if one.allowed is not None:
        x = float(one.allowed) * scale
        marks.append(line(x, y - 10, x, y + 10, "chart-limit"))
    if one.median is not None:
        marks.append(mark(float(one.median) * scale, y, 6, "chart-median"))
    bottom = y + 12
    if one.stopped:
        marks.append(rect(0, y + 14, float(one.stopped) * scale, 10, "chart-stopped"))
        bottom += 16
    for said, kind in zip(_in_words(one, language), ("chart-value", "chart-scale"), strict=False):
        bottom += LINE
        marks.append(text(0, bottom - 2, fitted(said, WIDTH), kind))
    return marks, bottom - top + 14


def _in_words(one: DayRange, language: str) -> list[str]:
    """The median with its range, and in a second line what stands apart."""
    words = _WORDS[language]
    said = words["none"] if one.median is None else f"{words['median']} {_value(one.median, words['days'])}"
    if one.median is not None and one.low is not None and one.high is not None:
        between = f"{shown(one.low)}{words['to']}{_value(one.high, words['days'])}"
        said += f"（{between}）" if language == "ja" else f" ({between})"
    apart = [("due" if one.is_step else "allowed", one.allowed), ("stopped", one.stopped)]
    more = [f"{words[name]} {_value(value, words['days'])}" for name, value in apart if value]
    return [said, words["comma"].join(more)] if more else [said]


def _with_count(one: DayRange, language: str) -> str:
    if one.count is None:
        return one.label
    cases = f"{shown(one.count)}{_WORDS[language]['cases']}"
    return f"{one.label}（{cases}）" if language == "ja" else f"{one.label} ({cases})"


def _finished(
    kind: str, chart_id: str, title: str, description: str, height: float, marks: Sequence[Markup], language: str
) -> Markup:
    if not marks:
        height, marks = 40, [text(0, 24, _WORDS[language]["none"], "chart-scale")]
    return chart(kind, chart_id, title, description, height, marks)


def _value(value: Number | None, unit: str) -> str:
    return "–" if value is None else f"{shown(value)}{unit}"


def _most(values: Sequence[Number | None]) -> float:
    """The greatest value, 1 where there is none above zero."""
    known = [float(value) for value in values if value is not None]
    if any(value < 0 or not isfinite(value) for value in known):
        raise ValueError("values are finite and not below zero")
    return max(known, default=0.0) or 1.0


def _nice(most: float) -> float:
    """The end of a scale of four equal steps that people read easily, not below `most`."""
    size = 10.0 ** floor(log10(most))
    return next(step * size for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10, 12) if step * size >= most)
