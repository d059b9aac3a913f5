"""Numbers as people write them in lists: 全角, with separators, units, 約, △, kanji and floors."""

import re
import unicodedata
from math import isfinite
from typing import NamedTuple

from app.tabular import value_rules as rules
from app.tabular.characters import narrow
from app.tabular.findings import Rule
from app.tabular.units import unit_factor

_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_WORDED = re.compile(
    r"(?P<about>(?:約|およそ|おおよそ|概ね|おおむね|凡そ|ca\.?|≒|~|高さ|半径|地上高?|gl\+?|h=?){1,2})?"
    r"(?P<minus>[△▲])?"
    r"(?P<digits>[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?)"
    r"(?P<unit>[^\d]*?(?:[mｍ]2|m\^2|mm2)?)"
    r"(?P<more>程度|前後|くらい|ぐらい|ほど|弱|強|余り?|以上|以下|以内|未満|超|まで)?",
    re.ASCII | re.IGNORECASE,
)
_RANGE = re.compile(
    r"[^\d]{0,4}\d[\d,.]*[^\d~]{0,6}(?:[~/、・-]|から|より|以上)[^\d]{0,2}\d[\d,.]*[^\d]{0,6}", re.ASCII
)
_KANJI_DIGITS = {kanji: value for value, kanji in enumerate("〇一二三四五六七八九")} | {"零": 0, "元": 1}
_KANJI_DIGITS |= {"壱": 1, "弐": 2, "参": 3}
_KANJI_TENS = {"十": 10, "拾": 10, "百": 100, "千": 1000}
_KANJI = re.compile("[〇零一二三四五六七八九十百千万億壱弐参拾]{1,16}")
_DIGITS_AND_MYRIADS = re.compile(r"(\d+(?:\.\d+)?)([万億])(\d*)", re.ASCII)
_NOTE = re.compile(r"([^()]+)\([^()]*\)")
_MINUS = str.maketrans("‐‑‒–—―−〜", "-------~")
_LONGEST = 80  # characters; a longer text is no number

EMPTY_MARKS = frozenset({"", "-", "--", "---", "…", "...", "・", "・・", "・・・", "*", "**", ".", "/", "//", "=", "_"})
EMPTY_WORDS = frozenset(
    [
        "不明",
        "未定",
        "なし",
        "無し",
        "無",
        "ナシ",
        "該当なし",
        "該当無し",
        "未計測",
        "未測定",
        "未測量",
        "未調査",
        "調査中",
        "確認中",
        "記載なし",
        "データなし",
        "非該当",
        "対象外",
        "空欄",
        "未記入",
        "未入力",
        "n/a",
        "na",
        "none",
        "null",
        "nan",
        "nil",
        "unknown",
    ]
)


class Number(NamedTuple):
    """A number read from a text; None with an error rule where it is none, None with a mending where it means nothing."""

    value: float | None
    rule: Rule | None = None


def parse_number(text: str, wanted: str | None = None, unit: str | None = None) -> Number:
    """The number a text means, in the UCUM unit `wanted`; `unit` is the one its heading names, the text's own counts more.

    Digits may be full-width or kanji, with thousands separators, 約, △, 程度 or a unit.
    """
    plain = narrow(text.strip())
    if len(plain) > _LONGEST:
        return Number(None, rules.NOT_A_NUMBER)
    full_width = rules.FULL_WIDTH if plain != text.strip() else None
    if _PLAIN.fullmatch(plain):
        return _in_wanted_unit(float(plain), wanted, unit, full_width)
    if (empty := empty_word(plain)) is not None:
        return empty
    if _GROUPED.fullmatch(plain):
        return _in_wanted_unit(float(plain.replace(",", "")), wanted, unit, rules.THOUSANDS)
    # From the text itself: ー is a hyphen in 12ー3, but not in メートル.
    return _worded(unicodedata.normalize("NFKC", text).translate(_MINUS), wanted, unit)


def empty_word(plain: str) -> Number | None:
    """Nothing, where a text is a mark or word for it (-, ―, 不明, なし, N/A); None where it says something."""
    folded = plain.casefold().strip(" ()")
    if folded in EMPTY_MARKS:
        return Number(None, rules.DASH_FOR_EMPTY if folded else None)
    return Number(None, rules.WORD_FOR_EMPTY) if folded in EMPTY_WORDS else None


def kanji_number(text: str) -> int | None:
    """The value of a number in kanji: 二十五 → 25, 一万二千 → 12000, 二〇二四 → 2024; None where it is none."""
    if not _KANJI.fullmatch(text) or text[0] in "万億":
        return None
    if all(character in _KANJI_DIGITS for character in text):
        return int("".join(str(_KANJI_DIGITS[character]) for character in text))
    total = section = digit = 0
    for character in text:
        if character in _KANJI_DIGITS:
            digit = _KANJI_DIGITS[character]
        elif character in _KANJI_TENS:
            section, digit = section + (digit or 1) * _KANJI_TENS[character], 0
        else:
            myriad = 10_000 if character == "万" else 100_000_000
            total, section, digit = (total + section + digit or 1) * myriad, 0, 0
    return total + section + digit


def _bracketed(text: str, wanted: str | None, unit: str | None) -> Number:
    """A number in brackets, or with a note in brackets behind it; else None with the rule that it is no number."""
    if text.startswith("(") and text.endswith(")"):
        value, rule = _worded(text[1:-1], wanted, unit)
        return Number(value, rules.IN_BRACKETS if value is not None else rule)
    if not (note := _NOTE.fullmatch(text)):
        return Number(None, rules.NOT_A_NUMBER)
    value, rule = empty_word(note[1]) or _worded(note[1], wanted, unit)
    return Number(value, rules.NOTE_IN_BRACKETS if value is not None else rule)


def _worded(text: str, wanted: str | None, unit: str | None) -> Number:
    """A number among words, each read for what it says."""
    spoken, text = text, text.replace(" ", "")
    if text.endswith(")"):
        return _bracketed(text, wanted, unit)
    found = _WORDED.fullmatch(text)
    if found is None or not found["digits"].strip("+-."):
        return _kanji_or_none(text, wanted, unit)
    value = float(found["digits"].replace(",", ""))
    rule = rules.BLANKS if text != spoken else rules.FULL_WIDTH
    if found["about"] or found["more"]:
        rule = rules.APPROXIMATE
    if found["minus"]:
        value, rule = -value, rules.NEGATIVE_MARK
    if not found["unit"]:
        return _in_wanted_unit(value, wanted, unit, rule)
    if (factor := unit_factor(found["unit"].strip("()[]"), wanted)) is None:
        return _refused(text, found["unit"], wanted)
    return _converted(
        value, factor, found["unit"], rules.UNIT_REMOVED if rule in (rules.FULL_WIDTH, rules.BLANKS) else rule
    )


def _refused(text: str, words: str, wanted: str | None) -> Number:
    known = any(unit_factor(words, other) is not None for other in ("m2", "m", "kV.A", "N/m2", "kg", "d", "h"))
    return Number(None, rules.WRONG_UNIT if known else rules.RANGE if _RANGE.fullmatch(text) else rules.NOT_A_NUMBER)


def _kanji_or_none(text: str, wanted: str | None, unit: str | None) -> Number:
    if _RANGE.fullmatch(text):
        return Number(None, rules.RANGE)
    if found := _DIGITS_AND_MYRIADS.fullmatch(text):
        value = float(found[1]) * (10_000 if found[2] == "万" else 100_000_000) + float(found[3] or 0)
        return _in_wanted_unit(value, wanted, unit, rules.KANJI_NUMBER)
    number = _KANJI.match(text)
    if number is None or (whole := kanji_number(number[0])) is None:
        return Number(None, rules.NOT_A_NUMBER)
    value, rest = float(whole), text[number.end() :]
    if not rest:
        return _in_wanted_unit(value, wanted, unit, rules.KANJI_NUMBER)
    factor = unit_factor(rest, wanted)
    return Number(None, rules.NOT_A_NUMBER) if factor is None else _converted(value, factor, rest, rules.KANJI_NUMBER)


def _in_wanted_unit(value: float, wanted: str | None, unit: str | None, rule: Rule | None) -> Number:
    if not isfinite(value):
        return Number(None, rules.NUMBER_TOO_LARGE)
    if unit is None:
        return Number(value, rule)
    factor = unit_factor(unit, wanted)
    return Number(None, rules.WRONG_UNIT) if factor is None else _converted(value, factor, unit, rule)


def _converted(value: float, factor: float, unit: str, rule: Rule | None) -> Number:
    if factor == 1:
        return Number(value, rule)
    converted = round(value * factor, 6)
    if not isfinite(converted):
        return Number(None, rules.NUMBER_TOO_LARGE)
    return Number(converted, rules.TSUBO if "坪" in unit or unit == "tsubo" else rules.UNIT_CONVERTED)


_FLOORS_ABOVE = re.compile(r"(?:地上|上)(\d+)階?", re.ASCII)
_FLOORS_BELOW = re.compile(r"(?:地下|下|b)(\d+)(?:階|f)?", re.ASCII)
_FLOORS_PAIR = re.compile(r"(\d+)(?:f|階)?[/・,\-](?:b|地下)?(\d+)(?:f|階)?(?:建て?)?", re.ASCII)
_FLOORS_PLAIN = re.compile(r"(\d+)(?:階建?て?|f|階)(?:建て?)?(?:て)?", re.ASCII)


def parse_floors(text: str, below: bool) -> Number:
    """Floors above (or `below`) the ground told in words: 地上3階地下1階, RC3階建, 3F/B1, 平屋建 → 1."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace(" ", "")
    folded = re.sub("[一二三四五六七八九十百]+(?=階)", lambda found: str(kanji_number(found[0])), folded)
    folded = re.sub("地下(?:なし|無し?)", "地下0階", folded)
    down, up = _FLOORS_BELOW.search(folded), _FLOORS_ABOVE.search(folded)
    if up is None and (pair := _FLOORS_PAIR.fullmatch(folded)):
        return Number(float(pair[2] if below else pair[1]), rules.FLOORS_BOTH)
    rest = folded if down is None else folded.replace(down[0], "", 1)
    up = up or _FLOORS_PLAIN.search(rest) or (re.match(r"(\d+)", rest, re.ASCII) if down else None)
    if up is None and ("平屋" in folded or "平家" in folded):
        return Number(0 if below else 1, rules.FLOORS)
    if down is None and len(set(_FLOORS_PLAIN.findall(folded))) > 1 and "~" in folded:
        return Number(None, rules.RANGE)
    wanted = down if below else up
    if wanted is None:
        return Number(None, rules.NOT_A_NUMBER)
    return Number(float(wanted[1]), rules.FLOORS_BOTH if up and down else rules.FLOORS)
