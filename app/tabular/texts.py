"""Cells to text: names, kana, telephones, numbers that are no quantities, and lists of words."""

import re
from collections.abc import Callable
from datetime import date
from functools import partial

from app.tabular import value_rules as rules
from app.tabular.characters import mend_text, narrow, widen_kana
from app.tabular.findings import Level, Outcome, Rule
from app.tabular.numbers import EMPTY_WORDS
from app.tabular.raw_cells import Convert, is_excel_error, written
from app.tabular.table import Cell

_LONGEST = 10_000  # characters; more is a lost quotation mark
_KANA = frozenset({"name_kana"})
_NARROW = frozenset({
    "name_en", "phone", "url", "ssid_url", "contact_url", "postal_code", "localgov_code", "municipality_code",
    "owner_code", "real_estate_id", "asset_id", "access_point_id", "source_no", "latitude", "longitude",
    "plane_x", "plane_y",
})  # fmt: skip
_NUMBERED = frozenset({"lot_no", "property_no", "source_no", "block", "address", "asset_id", "access_point_id", "town"})
_TELLING = frozenset("#-‐‑‒–—―−－ー─━")
_DASHES = re.compile("[-‐‑‒–—―−－ー─━]{1,4}")
_BETWEEN = re.compile(r"[、;；・，\r\n]|,(?!\d{3}(?:\D|$))")  # not the comma of 1,000


def text_converter(name: str) -> Convert:
    """What turns a cell into the text of a target of this name."""
    if name in _KANA:
        return partial(_text, finish=_wide_kana)
    if name in _NARROW:
        return partial(_text, finish=_phone if name == "phone" else _narrow, numbered=name in _NUMBERED)
    return partial(_text, numbered=name in _NUMBERED)


def _text(cell: Cell, finish: Callable[[str, Rule | None], Outcome] | None = None, numbered: bool = False) -> Outcome:
    """A cell as text; `numbered`: a column of numbers such as 3-1, which programs turn into dates."""
    if not isinstance(cell, str):
        text = written(cell)
        if isinstance(cell, date) and numbered:
            return Outcome(text, rules.DATE_IN_TEXT)
        return finish(text, None) if finish and text else Outcome(text or None)
    text, rule = mend_text(cell)
    if not text:
        return Outcome(None, rule)
    if text[0] in _TELLING and (said := _text_said_otherwise(text)):
        return Outcome(None, said)
    if len(text) > _LONGEST:
        return Outcome(None, rules.TEXT_TOO_LONG)
    if finish is not None:
        return finish(text, rule)
    return Outcome(text, rules.FORMULA_TEXT if rule is None and text[0] in "=+-@" else rule)


def _text_said_otherwise(text: str) -> Rule | None:
    """A spreadsheet's error, or dashes for nothing."""
    if is_excel_error(text):
        return rules.EXCEL_ERROR
    return rules.DASH_FOR_EMPTY if _DASHES.fullmatch(text) else None


def _wide_kana(text: str, rule: Rule | None) -> Outcome:
    wide = widen_kana(text)
    return Outcome(wide, rules.HALF_WIDTH_KANA if wide != text and _graver(rule) is None else rule)


def _narrow(text: str, rule: Rule | None) -> Outcome:
    ascii_text = narrow(text)
    return Outcome(ascii_text, rules.FULL_WIDTH if ascii_text != text and _graver(rule) is None else rule)


def _phone(text: str, rule: Rule | None) -> Outcome:
    outcome = _narrow(text.removesuffix(".0"), rule)
    if outcome.value.isdecimal() and len(outcome.value) in (9, 10) and outcome.value[0] != "0":
        return Outcome("0" + outcome.value, rules.LOST_ZERO_OF_PHONE)
    return outcome


def _graver(rule: Rule | None) -> Rule | None:
    return rule if rule is not None and rule.level is not Level.MENDED else None


def words(cell: Cell) -> Outcome:
    """A cell as a list of words, divided by 、；;・, and line ends."""
    text = written(cell)
    if len(text) > _LONGEST:
        return Outcome(None, rules.TEXT_TOO_LONG)
    outcomes = [_text(part) for part in _BETWEEN.split(text)]
    said = [outcome.rule for outcome in outcomes if outcome.rule]
    items = list(dict.fromkeys(o.value for o in outcomes if o.value and o.value not in EMPTY_WORDS))
    wrong = next((rule for rule in said if rule.level is Level.ERROR), None)
    return Outcome(None if wrong else items or None, wrong or (said[0] if said else None))
