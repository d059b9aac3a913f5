"""Questions about the text of a cell, as the rule of machine-readable tables asks them.

Those marked so may also be asked of many cells at once, joined by NUL: true where any of them is meant.
"""

import re
import unicodedata
from collections.abc import Iterable

_EDGE, _END = r"(?:^|\0)", r"(?:\0|$)"
_CJK = "[\u3040-\u30ff\u3400-\u9fff]"
# A lone ideograph, a space, another: 港 区, 名　称. Words of two characters and more may well be parted by a space.
_LAID_OUT = re.compile(rf"{_EDGE}[^\S\0]|[^\S\0]{_END}|[\r\n]|{_EDGE}{_CJK}(?:[ \u3000]+{_CJK})+{_END}")
_SPACES = " \u3000\xa0\t\n\r\v\f\u2002\u2003\u2009"
_MACHINE_DEPENDENT = re.compile(
    "[\u2116\u2121\u2160-\u2169\u2170-\u2179\u2460-\u2473\u301d\u301f\u3220-\u33ff\ue000-\uf8ff\U000f0000-\U0010fffd]"
)
_ERA_SIGNS = ("明治", "大正", "昭和", "平成", "令和", *"MTSHRＭＴＳＨＲ")
_ERA = re.compile(
    rf"{_EDGE}(?![^\0]*(?:18|19|20)\d\d)[^\S\0]*(?:"
    r"(?:明治|大正|昭和|平成|令和)\s*(?:元|\d{1,2})\s*[年./-]"
    r"|[MTSHRＭＴＳＨＲ]\s*\d{1,2}\s*[.．/／年-]\s*\d{1,2}(?:\D|$))"
)
_NUMBER = r"[▲△+\-−－]?\d[\d,]*(?:\.\d+)?"
_UNIT = r"(?:\s*(?:m2|m3|km2|km|cm|mm|m|ha|坪|平米|平方メートル|メートル|円|千円|万円|人|台|階|戸|箇所|ヶ所|か所|個|件|本|基|kg|t|kva|kw|v|a|%|度|年|日|時間|分))?"
_SEVERAL = re.compile(
    rf"\s*(?:{_NUMBER}{_UNIT}\s*\(\s*{_NUMBER}{_UNIT}\s*\)"
    rf"|[+-]?\d+(?:\.\d+)?{_UNIT}(?:\s*(?:[、・;/~〜\n]|,(?!\d\d\d(?:\D|$)))\s*[+-]?\d+(?:\.\d+)?{_UNIT})+)\s*",
    re.IGNORECASE,
)
_PARTING = "(（、・;；/／~～〜,，\n"
_SEVERAL_MARK = re.compile(rf"\d[^\0]{{0,8}}[{_PARTING}]")
_DATE_LIKE = re.compile(r"\s*\d{1,4}\s*/\s*\d{1,2}(?:\s*/\s*\d{1,4})?\s*")
_NUMBER_LIKE = re.compile(rf"\s*[¥]?\s*(?:約)?{_NUMBER}{_UNIT}\s*", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_CODE = re.compile(
    r"コード|番号|番地|地番|郵便|電話|内線|fax|ｆａｘ|url|ssid|(?:^|[_\W])(?:id|no|tel|code)(?:$|[_\W.])|ＩＤ|ＮＯ|№|識別|団体|年月日|日$|時間",
    re.IGNORECASE,
)
_MEASURED = re.compile(
    r"面積|高さ|高$|標高|距離|幅員|延長|長さ|深さ|重量|荷重|容量|使用料|金額|価格|料金|評価額|height|area|distance|weight|load"
)
_UNIT_WORD = re.compile(
    r"m2|平方|平米|坪|ha\b|km|cm|mm|メートル|\(\s*[mt]\s*\)|_m2?$|円|kg|キロ|トン|kva|kw|n/|人|%|_kva|_kg",
    re.IGNORECASE,
)
_NOTHING_IN_THE_RULE = frozenset({"***", "X", "x"})
_YEAR = re.compile(r"(?:18|19|20)\d\d")


def _holds(text: str, signs: Iterable[str]) -> bool:
    # Asked before an expression: looking for a single character is tens of times faster.
    return any(sign in text for sign in signs)


def laid_out(text: str) -> bool:
    """Spaces or line breaks made for looks; joined texts too."""
    return _holds(text, _SPACES) and _LAID_OUT.search(text) is not None


def machine_dependent(text: str) -> bool:
    """Characters that differ between machines; joined texts too."""
    return _MACHINE_DEPENDENT.search(text) is not None


def era_without_year(text: str) -> bool:
    """A year of a Japanese era without the Western one; joined texts too."""
    return _holds(text, _ERA_SIGNS) and _ERA.search(text) is not None


def has_western_year(text: str) -> bool:
    """A year from 1800 to 2099 is written."""
    return _YEAR.search(text) is not None


def may_be_several(text: str) -> bool:
    """A number followed by a sign that may part two: a quick first question; joined texts too."""
    return _holds(text, _PARTING) and _SEVERAL_MARK.search(text) is not None


def several_data(text: str) -> bool:
    """Several numbers in one cell; a date is one."""
    if not may_be_several(text) or len(text) > 200:
        return False
    plain = unicodedata.normalize("NFKC", text)
    return _SEVERAL.fullmatch(plain) is not None and _DATE_LIKE.fullmatch(plain) is None


def number_like(text: str) -> bool:
    """A number, be it with a unit, commas or full-width digits; a leading zero makes it a code."""
    plain = unicodedata.normalize("NFKC", text[:80]).strip()
    return _NUMBER_LIKE.fullmatch(plain) is not None and re.match(r"0\d", plain) is None


def number_as_text(text: str, text_only: bool) -> bool:
    """A number that a machine takes for text; in formats of text alone plain digits are numbers."""
    if text_only and _PLAIN_NUMBER.fullmatch(text.strip()):
        return False
    return number_like(text)


def digitless(text: str) -> bool:
    """A sign or a word where a number is due, other than those the rule gives."""
    plain = text.strip()
    return bool(plain) and not any(letter.isdigit() for letter in plain) and plain not in _NOTHING_IN_THE_RULE


def code_like(heading: str) -> bool:
    """A heading whose digits are no quantity: codes, numbers of doors, telephones, dates."""
    return _CODE.search(heading) is not None


def needs_unit(heading: str) -> bool:
    """A heading of something measured that does not say in what."""
    plain = unicodedata.normalize("NFKC", heading).casefold()
    return _MEASURED.search(plain) is not None and _UNIT_WORD.search(plain) is None
