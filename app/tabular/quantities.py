"""Cells to numbers of a field's unit, within its usual limits; floors and years among them."""

from datetime import date
from functools import partial

from app.fields import Field
from app.tabular import value_rules as rules
from app.tabular.characters import mend_text
from app.tabular.days import year
from app.tabular.findings import Outcome, Rule
from app.tabular.numbers import parse_floors, parse_number
from app.tabular.raw_cells import Convert, finite, is_excel_error, is_plain_number
from app.tabular.table import Cell
from app.tabular.targets import Target

# What a number of floors with words looks like to who reads plain numbers.
_TOLD_IN_WORDS = (rules.NOT_A_NUMBER, rules.RANGE, rules.UNIT_REMOVED, rules.KANJI_NUMBER, rules.APPROXIMATE)
_INTEGERS = 2**31 - 1  # PostgreSQL integer
_UNIT_WORDS = {"m2": "㎡", "m": "m", "kV.A": "kVA", "N/m2": "N/㎡", "kg": "kg", "d": "日", "h": "時間"}


def number_converter(target: Target, field: Field, unit: str | None) -> Convert:
    """What turns a cell into a number of the field's unit; `unit` is the one the heading names."""
    if field.name.endswith("_year"):
        return year
    if field.name in ("floors_above", "floors_below"):
        return partial(_whole, convert=partial(_floors, below=field.name == "floors_below"), bare=True)
    convert = partial(_number, wanted=field.unit, unit=unit)
    return partial(_whole, convert=convert, bare=unit is None) if field.type == "integer" else convert


def _number(cell: Cell, wanted: str | None, unit: str | None) -> Outcome:
    if unit is None and is_plain_number(cell):
        return Outcome(float(cell))
    if isinstance(cell, str):
        text, mended = mend_text(cell)
        if is_excel_error(text):
            return Outcome(None, rules.EXCEL_ERROR)
        value, rule = parse_number(text, wanted, unit)
        return Outcome(value, rule or mended)
    if (number := finite(cell)) is None:
        return Outcome(None, rules.DATE_IN_NUMBER if isinstance(cell, date) else rules.NOT_A_NUMBER)
    return Outcome(*parse_number(repr(number), wanted, unit)) if unit else Outcome(number)


def _floors(cell: Cell, below: bool) -> Outcome:
    outcome = _number(cell, None, None)
    if not isinstance(cell, str):
        return outcome
    if outcome.rule in _TOLD_IN_WORDS:
        found = parse_floors(cell[:80], below)
        return outcome if found.rule is rules.NOT_A_NUMBER and outcome.rule is rules.RANGE else Outcome(*found)
    if below and cell.strip() in ("なし", "無し", "無"):
        return Outcome(0, rules.FLOORS)
    return outcome


def _whole(cell: Cell, convert: Convert, bare: bool) -> Outcome:
    """A whole number; `bare`: no unit to convert, so that a small integer is taken as it is."""
    if bare and cell.__class__ is int and -_INTEGERS <= cell <= _INTEGERS:
        return Outcome(cell)
    value, rule = convert(cell)
    if value is None:
        return Outcome(None, rule)
    if value != int(value):
        return Outcome(None, rules.NOT_WHOLE)
    return Outcome(int(value), rule) if abs(value) <= _INTEGERS else Outcome(None, rules.NUMBER_TOO_LARGE)


def within_limits(target: Target, convert: Convert) -> Convert:
    """The same conversion, with a warning beyond the target's limits."""
    if target.limits is None:
        return convert
    low, high = target.limits
    beyond = limits_rule(target, target.limits)

    def judged(cell: Cell) -> Outcome:
        outcome = convert(cell)
        return outcome if outcome.value is None or low <= outcome.value <= high else Outcome(outcome.value, beyond)

    return judged


def limits_rule(target: Target, limits: tuple[float, float]) -> Rule:
    """The rule of a value beyond a target's limits, which it names."""
    low, high = (f"{limit:,.10g}" if limit > 9999 else f"{limit:.10g}" for limit in limits)
    unit = _UNIT_WORDS.get(target.field.unit or "", "") if target.field else ""
    return rules.BEYOND_LIMITS._replace(
        id=f"{rules.BEYOND_LIMITS.id}-{target.name.replace('_', '-')}",
        ja=f"は{target.ja}としてふつうの範囲（{low}～{high}{unit}）の外です",
        en=f"lies outside the usual range of {target.en} ({low} to {high} {unit})".replace(" )", ")"),
    )
