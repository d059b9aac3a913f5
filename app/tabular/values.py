"""Cells to values of a field: text, numbers, dates, yes and no, choices; each with what was mended or is wrong."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from functools import partial
from math import isfinite
from typing import Any, TypeGuard

from app.fields import Field
from app.tabular import value_rules as rules
from app.tabular.characters import mend_text, narrow, widen_kana
from app.tabular.findings import Level, Outcome, Rule
from app.tabular.japanese_dates import parse_date, parse_year, serial_date, year_of_number
from app.tabular.numbers import EMPTY_WORDS, Number, empty_word, parse_floors, parse_number
from app.tabular.table import Cell
from app.tabular.targets import Target
from app.tabular.value_rules import RULES

__all__ = ["RULES", "converter", "mend_text", "parse_date", "parse_number", "parse_year", "rules_of"]

Convert = Callable[[Cell], Outcome]
_EMPTY = Outcome(None)
_EXCEL_ERRORS = frozenset(
    [
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "#NUM!",
        "#NULL!",
        "#SPILL!",
        "#CALC!",
        "#GETTING_DATA",
        "#FIELD!",
        "#BLOCKED!",
        "#CONNECT!",
        "#BUSY!",
        "#UNKNOWN!",
    ]
)
_LONGEST_TEXT = 10_000  # characters; more is a lost quotation mark
_INTEGERS = 2**31 - 1  # PostgreSQL integer
_CACHED = 8_000  # distinct values of a column kept at once: about 2 MB
_KANA = frozenset({"name_kana"})
_NARROW = frozenset(
    [
        "name_en",
        "phone",
        "url",
        "ssid_url",
        "contact_url",
        "postal_code",
        "localgov_code",
        "municipality_code",
        "owner_code",
        "real_estate_id",
        "asset_id",
        "access_point_id",
        "source_no",
        "latitude",
        "longitude",
        "plane_x",
        "plane_y",
    ]
)
_NUMBERED = frozenset({"lot_no", "property_no", "source_no", "block", "address", "asset_id", "access_point_id", "town"})


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
            if len(seen) >= _CACHED:
                seen.clear()
            outcome = seen[key] = convert(cell)
        return outcome

    return remembering


def rules_of(targets: Iterable[Target]) -> tuple[Rule, ...]:
    """All rules, with those that name a target's own choices or limits."""
    own = [choice_rule(t.field) for t in targets if t.field and t.field.values]
    return RULES + tuple(own) + tuple(_limits_rule(t, t.limits) for t in targets if t.limits)


def choice_rule(field: Field) -> Rule:
    """The rule of a value that is none of a field's choices, which it lists."""
    ja = "・".join(f"「{label[0]}」" for label in (field.values or {}).values())
    en = ", ".join(label[1] for label in (field.values or {}).values())
    return rules.UNKNOWN_CHOICE._replace(
        id=f"{rules.UNKNOWN_CHOICE.id}-{field.name.replace('_', '-')}",
        repair_ja=f"{ja}のどれかを入力してください",
        repair_en=f"write one of: {en}",
    )


def _limits_rule(target: Target, limits: tuple[float, float]) -> Rule:
    low, high = (f"{limit:,.10g}" if limit > 9999 else f"{limit:.10g}" for limit in limits)
    unit = _UNIT_WORDS.get(target.field.unit or "", "") if target.field else ""
    return rules.BEYOND_LIMITS._replace(
        id=f"{rules.BEYOND_LIMITS.id}-{target.name.replace('_', '-')}",
        ja=f"は{target.ja}としてふつうの範囲（{low}～{high}{unit}）の外です",
        en=f"lies outside the usual range of {target.en} ({low} to {high} {unit})".replace(" )", ")"),
    )


_UNIT_WORDS = {"m2": "㎡", "m": "m", "kV.A": "kVA", "N/m2": "N/㎡", "kg": "kg", "d": "日", "h": "時間"}


def _converter_of(target: Target, unit: str | None) -> Convert:
    field = target.field
    if field is None:
        return _text_converter(target.name)
    if field.values:
        return _choice_converter(target, field)
    if field.type in ("number", "integer"):
        return _within_limits(target, _number_converter(target, field, unit))
    if field.type == "boolean":
        return partial(_boolean, codes={fold(word): code == "true" for word, code in (target.codes or {}).items()})
    if field.type in ("date", "date-time"):
        return _date
    return _list if field.type == "string[]" else _text_converter(target.name)


# Text


def _text_converter(name: str) -> Convert:
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
    if len(text) > _LONGEST_TEXT:
        return Outcome(None, rules.TEXT_TOO_LONG)
    if finish is not None:
        return finish(text, rule)
    return Outcome(text, rules.FORMULA_TEXT if rule is None and text[0] in "=+-@" else rule)


def _text_said_otherwise(text: str) -> Rule | None:
    """A spreadsheet's error, or dashes for nothing."""
    if is_excel_error(text):
        return rules.EXCEL_ERROR
    return rules.DASH_FOR_EMPTY if _DASHES.fullmatch(text) else None


def is_excel_error(text: str) -> bool:
    """Whether a text is what a spreadsheet shows instead of a value: #N/A, #REF!, ####."""
    return text[:1] == "#" and (text.upper() in _EXCEL_ERRORS or _FILLED.fullmatch(text) is not None)


_TELLING = frozenset("#-‐‑‒–—―−－ー─━")
_FILLED = re.compile("#{3,}")  # a column too narrow for its number, copied as it looks
_DASHES = re.compile("[-‐‑‒–—―−－ー─━]{1,4}")


def written(cell: Cell) -> str:
    """A cell that is not text as its program shows it: 130001.0 → 130001, a date as 2024-09-01, a time as 09:00."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, time):
        return cell.isoformat("minutes")
    try:
        return "" if cell is None else str(cell)
    except ValueError:  # an integer of more than 4,300 digits
        return ""


def _wide_kana(text: str, rule: Rule | None) -> Outcome:
    wide = widen_kana(text)
    return Outcome(wide, rules.HALF_WIDTH_KANA if wide != text and _graver(rule) is None else rule)


def _narrow(text: str, rule: Rule | None) -> Outcome:
    ascii_text = narrow(text)
    return Outcome(ascii_text, rules.FULL_WIDTH if ascii_text != text and _graver(rule) is None else rule)


def _phone(text: str, rule: Rule | None) -> Outcome:
    outcome = _narrow(text, rule)
    if outcome.value.isdecimal() and len(outcome.value) in (9, 10) and outcome.value[0] != "0":
        return Outcome("0" + outcome.value, rules.LOST_ZERO_OF_PHONE)
    return outcome


def _graver(rule: Rule | None) -> Rule | None:
    return rule if rule is not None and rule.level is not Level.MENDED else None


# Numbers


def _number_converter(target: Target, field: Field, unit: str | None) -> Convert:
    if field.name.endswith("_year"):
        return _year
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


def is_plain_number(cell: Cell) -> TypeGuard[str | float]:
    """Whether a cell is what nearly all cells of numbers are: a number, or its digits; said fast."""
    if cell.__class__ is str:
        return _USUAL_NUMBER(cell) is not None
    return cell.__class__ is float and -1e15 < cell < 1e15


_USUAL_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII).fullmatch


def finite(cell: Cell) -> float | None:
    """The value of a cell that is a number; None for anything else, infinity and what overflows."""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    try:
        value = float(cell)
    except OverflowError:
        return None
    return value if isfinite(value) else None


def _floors(cell: Cell, below: bool) -> Outcome:
    outcome = _number(cell, None, None)
    if isinstance(cell, str) and outcome.rule in (
        rules.NOT_A_NUMBER,
        rules.RANGE,
        rules.UNIT_REMOVED,
        rules.KANJI_NUMBER,
    ):
        found = parse_floors(cell[:80], below)
        return Outcome(*found) if found.rule is not rules.NOT_A_NUMBER else outcome
    if (
        below
        and isinstance(cell, str)
        and outcome.rule is rules.WORD_FOR_EMPTY
        and cell.strip() in ("なし", "無し", "無")
    ):
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


def _within_limits(target: Target, convert: Convert) -> Convert:
    if target.limits is None:
        return convert
    low, high = target.limits
    beyond = _limits_rule(target, target.limits)

    def judged(cell: Cell) -> Outcome:
        outcome = convert(cell)
        return outcome if outcome.value is None or low <= outcome.value <= high else Outcome(outcome.value, beyond)

    return judged


# Dates


def _date(cell: Cell) -> Outcome:
    if isinstance(cell, datetime):
        return Outcome(cell.date())
    if isinstance(cell, date):
        return Outcome(cell)
    if isinstance(cell, str):
        text, _ = mend_text(cell)
        return (
            Outcome(None, rules.EXCEL_ERROR)
            if text in _EXCEL_ERRORS or _FILLED.fullmatch(text)
            else Outcome(*parse_date(text))
        )
    number = finite(cell)
    return Outcome(None, rules.NOT_A_DATE) if number is None else Outcome(*serial_date(number))


def _year(cell: Cell) -> Outcome:
    if isinstance(cell, date):
        return Outcome(cell.year, rules.YEAR_OF_DATE)
    if isinstance(cell, str):
        text, _ = mend_text(cell)
        if is_excel_error(text):
            return Outcome(None, rules.EXCEL_ERROR)
        if re.fullmatch(r"\d{4,5}\.0+|\d{5}", text, re.ASCII):
            return Outcome(*year_of_number(float(text)))
        return Outcome(*parse_year(text))
    number = finite(cell)
    return Outcome(None, rules.NOT_A_YEAR) if number is None else Outcome(*year_of_number(number))


# Choices


_YES = [
    "有",
    "有り",
    "有る",
    "あり",
    "ある",
    "○",
    "◯",
    "〇",
    "●",
    "◎",
    "可",
    "可能",
    "済",
    "済み",
    "要",
    "必要",
    "該当",
    "対応",
    "対応済",
    "設置",
    "実施",
    "はい",
    "true",
    "yes",
    "y",
    "t",
    "on",
    "1",
    "レ",
    "✓",
    "✔",
    "☑",
    "■",
]
_NO = [
    "無",
    "無し",
    "無い",
    "なし",
    "ない",
    "×",
    "✕",
    "✖",
    "✗",
    "不可",
    "不可能",
    "未",
    "未済",
    "不要",
    "非該当",
    "非対応",
    "未対応",
    "未設置",
    "未実施",
    "いいえ",
    "false",
    "no",
    "n",
    "f",
    "off",
    "0",
    "x",
    "□",
    "☐",
]
_NOTE = re.compile(r"(.+?)\s*[(（\[【].*[)）\]】]\s*")
_MAIN_PART = re.compile(
    r"(.+?)(?:[・,、/\s]*一部.*|[・,、/\s\-]*(?:地上|地下|陸屋根|瓦|スレート|[a-z]*亜鉛|[一-龠ァ-ー]*[葺ぶ][きく]?).*|[・,、/\s\-]*[0-9一二三四五六七八九十]+(?:階|f).*"
    r"|[・,、/\s\-]*平[家屋].*|\s*-?[0-9]{1,2})"
)


def fold(text: str) -> str:
    """A word without differences of width, case and blanks, for looking it up among choices."""
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "")


def _boolean(cell: Cell, codes: dict[str, bool]) -> Outcome:
    if isinstance(cell, bool):
        return Outcome(cell)
    folded = fold(written(cell)[:100])
    if folded in codes:
        return Outcome(codes[folded])
    if folded in _BOOLEANS:
        return Outcome(_BOOLEANS[folded])
    if (note := _NOTE.fullmatch(folded)) and note[1] in _BOOLEANS:
        return Outcome(_BOOLEANS[note[1]], rules.CHOICE_NOTE)
    return _unknown(folded, rules.NOT_YES_OR_NO)


_BOOLEANS = {fold(word): True for word in _YES} | {fold(word): False for word in _NO}


def _unknown(folded: str, otherwise: Rule) -> Outcome:
    """A word that is no choice: a mark for nothing, a spreadsheet's error, or wrong."""
    if is_excel_error(folded):
        return Outcome(None, rules.EXCEL_ERROR)
    return Outcome(*(empty_word(narrow(folded)) or Number(None, otherwise)))


def _choice_converter(target: Target, field: Field) -> Convert:
    codes = {fold(word): code for word, code in (target.codes or {}).items()}
    for code, (_, english) in (field.values or {}).items():
        codes |= {fold(english): code, fold(code): code}
    labels = {label: code for code, (label, _) in (field.values or {}).items()}
    codes |= {fold(label): code for label, code in labels.items()}
    own = labels | {code: code for code in field.values or {}}
    return partial(_choice, own=own, codes=codes, otherwise=choice_rule(field))


def _choice(cell: Cell, own: dict[str, str], codes: dict[str, str], otherwise: Rule) -> Outcome:
    text = written(cell).strip()[:200]
    if text in own:
        return Outcome(own[text])
    folded = fold(mend_text(text)[0])
    if folded in codes:
        return _coded(codes[folded], rules.CHOICE_WORD)
    if (note := _NOTE.fullmatch(folded)) and note[1] in codes:
        return _coded(codes[note[1]], rules.CHOICE_NOTE)
    if (main := _MAIN_PART.fullmatch(folded)) and main[1] in codes:
        return _coded(codes[main[1]], rules.CHOICE_MAIN_PART)
    return _unknown(folded, otherwise)


def _coded(code: str, rule: Rule) -> Outcome:
    return Outcome(code, rule) if code else Outcome(None, rules.CHOICE_NOT_KEPT)


_BETWEEN = re.compile("[、;；・,，\r\n]+")


def _list(cell: Cell) -> Outcome:
    text = written(cell)
    if len(text) > _LONGEST_TEXT:
        return Outcome(None, rules.TEXT_TOO_LONG)
    outcomes = [_text(part) for part in _BETWEEN.split(text)]
    said = [outcome.rule for outcome in outcomes if outcome.rule]
    items = list(dict.fromkeys(o.value for o in outcomes if o.value and o.value not in EMPTY_WORDS))
    wrong = next((rule for rule in said if rule.level is Level.ERROR), None)
    return Outcome(None if wrong else items or None, wrong or (said[0] if said else None))
