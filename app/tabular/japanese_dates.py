"""Dates and years as written in Japanese offices: 令和6年9月1日, R6.9.1, 昭45, 2024/9/1, serial numbers of spreadsheets."""

import re
import unicodedata
from datetime import date, timedelta
from typing import NamedTuple

from app.tabular import value_rules as rules
from app.tabular.findings import Rule
from app.tabular.numbers import empty_word, kanji_number

# First and last day of each era. Source: 元号法 and its orders; Meiji by the Gregorian date of its first day.
_ERAS = {
    "明治": (date(1868, 1, 25), date(1912, 7, 29)),
    "大正": (date(1912, 7, 30), date(1926, 12, 24)),
    "昭和": (date(1926, 12, 25), date(1989, 1, 7)),
    "平成": (date(1989, 1, 8), date(2019, 4, 30)),
    "令和": (date(2019, 5, 1), date(2100, 12, 31)),
}
_ERA_LETTERS = {"m": "明治", "t": "大正", "s": "昭和", "h": "平成", "r": "令和"}
_ERA_LETTERS |= {"明": "明治", "大": "大正", "昭": "昭和", "平": "平成", "令": "令和"}
_ERA = "(?P<era>明治|大正|昭和|平成|令和|[mtshr明大昭平令])[.]?"
_SEPARATOR = r"[./\-年]"
_TAIL = r"(?:\(?[日月火水木金土](?:曜日?)?\)?|\(祝\))?(?:t\d{1,2}(?::|時).{0,24})?"
_ERA_DATE = re.compile(
    rf"{_ERA}(?P<year>\d{{1,2}})(?:{_SEPARATOR}(?:(?P<month>\d{{1,2}})(?:[./\-]|月)?(?:(?P<day>\d{{1,2}})日?{_TAIL})?)?)?年?度?",
    re.ASCII,
)
_WESTERN = re.compile(
    rf"(?:西暦)?(?P<year>\d{{4}})(?:{_SEPARATOR}(?:(?P<month>\d{{1,2}})(?:[./\-]|月)?(?:(?P<day>\d{{1,2}})日?{_TAIL})?)?)?度?",
    re.ASCII,
)
_PLAIN = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T]0{1,2}:00(?::00)?)?", re.ASCII)
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_SHORT = re.compile(r"\d{1,2}[./\-年]\d{1,2}(?:[./\-月]\d{1,2}日?)?", re.ASCII)
_WORDS = re.compile("頃|ごろ|ころ|以前|以降|築|建築|竣工|新築|完成|建設|建|約")
# The same year told again in brackets, and words after a date.
_REPEATED = re.compile(r"\((?:西暦)?\d{4}年?\)|\([mtshr明大昭平令][^()]{0,8}\)|(?:現在|から|より|~|付|付け)$", re.ASCII)
_BEFORE_TIME = re.compile(r"(?<=[\d日)])\s+(?=\d{1,2}[:時])|(?<=[日)])(?=\d{1,2}[:時])")
_ERA_COMPACT = re.compile(r"([mtshr])(\d{2})(\d{2})(\d{2})", re.ASCII)
_KANJI_PARTS = re.compile("[〇一二三四五六七八九十]+(?=[年月日])")
_HYPHENS = str.maketrans("−‐―ー〜", "----~")
_SERIAL_EPOCH = date(1899, 12, 30)  # of the 1900 system, right from 1900-03-01 on
_SERIALS = range(61, 73_051)  # 1900-03-01 to 2100-01-01
_YEARS = range(1600, 2201)


class Day(NamedTuple):
    """A date read from a text or number; None with an error rule where it is none."""

    value: date | None
    rule: Rule | None = None


class Year(NamedTuple):
    """A year of the Western calendar read from a text or number; None with an error rule where it is none."""

    value: int | None
    rule: Rule | None = None


class _Parts(NamedTuple):
    year: int
    month: int | None
    day: int | None
    era: str | None


def parse_date(text: str) -> Day:
    """The day a text means: ISO, 2024/9/1, 2024年9月1日, 令和6年9月1日, R6.9.1, 20240901, or a serial number.

    A year beyond the end of its era is counted on, with a warning (平成32年 → 2020).
    """
    text = text.strip()
    if (plain := _PLAIN.fullmatch(text)) is not None:
        return _day(int(plain[1]), int(plain[2]), int(plain[3]), None)
    folded = _fold(text)
    if (nothing := empty_word(folded)) is not None:
        return Day(None, nothing.rule)
    if digits := _DIGITS.fullmatch(folded):
        return _day(int(digits[1]), int(digits[2]), int(digits[3]), rules.DATE_FORM)
    if len(folded) == 5 and folded.isdecimal():
        return serial_date(int(folded))
    parts = _parts(folded)
    if parts is None:
        return Day(None, rules.TWO_DIGIT_YEAR if _SHORT.fullmatch(folded) else rules.NOT_A_DATE)
    if parts.month is None or parts.day is None:
        return Day(None, rules.DATE_INCOMPLETE)
    found = _day(parts.year, parts.month, parts.day, rules.ERA if parts.era else rules.DATE_FORM)
    if found.value and parts.era and not _ERAS[parts.era][0] <= found.value <= _ERAS[parts.era][1]:
        return Day(found.value, rules.ERA_OUTSIDE)
    return found


def serial_date(number: float) -> Day:
    """The day of a spreadsheet's serial number (1900 date system): 45536 → 2024-09-01."""
    if 10_000_000 < number < 99_999_999 and number == int(number):
        return parse_date(str(int(number)))
    if int(number) in _YEARS:
        return Day(None, rules.DATE_INCOMPLETE)
    if int(number) not in _SERIALS:
        return Day(None, rules.NOT_A_DATE)
    return Day(_SERIAL_EPOCH + timedelta(days=int(number)), rules.EXCEL_SERIAL)


def parse_year(text: str) -> Year:
    """The Western year a text means: 1970, 昭和45年, S45, 昭和45年3月31日, 2024年度, 1970年頃."""
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) == 4:
        return Year(int(text))
    folded = _fold(text)
    if (nothing := empty_word(folded)) is not None:
        return Year(None, nothing.rule)
    if digits := _DIGITS.fullmatch(folded):
        return Year(int(digits[1]), rules.YEAR_OF_DATE)
    parts = _parts(_WORDS.sub("", folded))
    if parts is None or not (1 <= (parts.month or 1) <= 12 and 1 <= (parts.day or 1) <= 31):
        return Year(None, rules.NOT_A_YEAR)
    if parts.era and not _ERAS[parts.era][0].year <= parts.year <= _ERAS[parts.era][1].year:
        return Year(parts.year, rules.ERA_OUTSIDE)
    if parts.era:
        return Year(parts.year, rules.ERA)
    return Year(parts.year, rules.YEAR_OF_DATE if parts.month else rules.YEAR_WORDS)


def year_of_number(number: float) -> Year:
    """The year a number means: itself, or that of the day whose serial number it is."""
    if int(number) in _YEARS:
        return Year(int(number)) if number == int(number) else Year(None, rules.NOT_A_YEAR)
    day = serial_date(number)
    return Year(day.value.year, rules.EXCEL_SERIAL) if day.value else Year(None, rules.NOT_A_YEAR)


def _fold(text: str) -> str:
    folded = _BEFORE_TIME.sub("t", unicodedata.normalize("NFKC", text[:60]).casefold())
    folded = folded.replace(" ", "").translate(_HYPHENS)
    folded = re.sub(r"元(?=[年./\-]|$)", "1", _REPEATED.sub("", folded))
    folded = _ERA_COMPACT.sub(r"\1\2.\3.\4", folded)
    return _KANJI_PARTS.sub(lambda found: str(kanji_number(found[0])), folded)


def _parts(folded: str) -> _Parts | None:
    """Year of the Western calendar, month and day of a folded text, and the era it names."""
    if (found := _ERA_DATE.fullmatch(folded)) is not None:
        era = _ERA_LETTERS.get(found["era"], found["era"])
        if not int(found["year"]):
            return None
        year = _ERAS[era][0].year + int(found["year"]) - 1
    elif (found := _WESTERN.fullmatch(folded)) is not None:
        era, year = None, int(found["year"])
    else:
        return None
    month, day = found["month"], found["day"]
    return _Parts(year, int(month) if month else None, int(day) if day else None, era)


def _day(year: int, month: int, day: int, rule: Rule | None) -> Day:
    try:
        found = date(year, month, day)
    except ValueError:
        return Day(None, rules.NO_SUCH_DAY)
    return Day(found, rule if 1868 <= year <= 2100 else rules.DATE_FAR)
