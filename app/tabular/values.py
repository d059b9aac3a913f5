"""Cells to values of a field: text, numbers, dates, yes and no, choices; each with what was mended or is wrong."""

from collections.abc import Iterable
from typing import Any

from app.tabular.characters import mend_text, narrow, widen_kana
from app.tabular.choices import boolean_converter, choice_converter, choice_rule
from app.tabular.days import day
from app.tabular.findings import Outcome, Rule
from app.tabular.japanese_dates import parse_date, parse_year
from app.tabular.numbers import parse_number
from app.tabular.quantities import limits_rule, number_converter, within_limits
from app.tabular.raw_cells import Convert
from app.tabular.table import Cell
from app.tabular.targets import Target
from app.tabular.texts import text_converter, words
from app.tabular.value_rules import RULES

__all__ = [
    "RULES", "converter", "mend_text", "narrow", "parse_date", "parse_number", "parse_year", "rules_of", "widen_kana",
]  # fmt: skip

_EMPTY = Outcome(None)
_CACHED = 8_000  # distinct values of a column kept at once: about 2 MB
_LONGEST_CACHED = 500  # characters; long texts seldom repeat


def converter(target: Target, unit: str | None = None) -> Convert:
    """What turns a cell into the target's value; `unit` is the one its heading names.

    Text for a target without a field. Never raises; keeps what it has seen, so it belongs to one column of one file.
    """
    convert = _converter_of(target, unit)
    seen: dict[Any, Outcome] = {}

    def remembering(cell: Cell) -> Outcome:
        if cell is None or cell == "":
            return _EMPTY
        # True == 1 == 1.0 as keys of a dictionary, though not as values.
        key: Any = cell if cell.__class__ is str else (cell.__class__, cell)
        outcome = seen.get(key)
        if outcome is None:
            if key is cell and len(cell) > _LONGEST_CACHED:
                return convert(cell)
            if len(seen) >= _CACHED:
                seen.clear()
            outcome = seen[key] = convert(cell)
        return outcome

    return remembering


def rules_of(targets: Iterable[Target]) -> tuple[Rule, ...]:
    """All rules, with those that name a target's own choices or limits."""
    own = [choice_rule(t.field) for t in targets if t.field and t.field.values]
    return RULES + tuple(own) + tuple(limits_rule(t, t.limits) for t in targets if t.limits)


def _converter_of(target: Target, unit: str | None) -> Convert:
    field = target.field
    if field is None:
        return text_converter(target.name)
    if field.values:
        return choice_converter(target, field)
    if field.type in ("number", "integer"):
        return within_limits(target, number_converter(target, field, unit))
    if field.type == "boolean":
        return boolean_converter(target.codes or {})
    if field.type in ("date", "date-time"):
        return day
    return words if field.type == "string[]" else text_converter(target.name)
