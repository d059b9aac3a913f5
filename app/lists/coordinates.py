"""Coordinates as people write them: decimal degrees, 度分秒 in every spelling, two numbers in one cell."""

import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

from app.lists import position_rules as rules
from app.tabular.characters import narrow
from app.tabular.findings import Rule
from app.tabular.numbers import empty_word
from app.tabular.table import Cell

Axis = Literal["lat", "lon"]

_PLAIN = re.compile(r"-?\d{1,9}(?:\.(\d*))?", re.ASCII)
_AXES: dict[str, Axis] = {"北緯": "lat", "緯度": "lat", "N": "lat", "東経": "lon", "経度": "lon", "E": "lon"}
_AXIS = re.compile(r"北緯|東経|緯度|経度|[NE]")
_QUOTES = str.maketrans(
    {**dict.fromkeys("’′‘`´分ʹ", "'"), **dict.fromkeys("″”“〃秒ʺ", '"'), **dict.fromkeys("°º˚度゜∘", "d"), "−": "-", "，": ","}
)  # fmt: skip
_SECONDS = r"(?P<s>\d{1,2}(?:\.\d+)?)"
_DMS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"(?P<d>\d{{1,3}})d(?P<m>\d{{1,2}})'(?:{_SECONDS}(?:\"|'')?)?",
        r"(?P<d>\d{1,3})d(?P<m>\d{1,2}\.\d+)'?",
        rf"(?P<d>\d{{1,3}})[: /-](?P<m>\d{{1,2}})[: /-]{_SECONDS}\"?",
        rf"(?P<d>\d{{1,3}})\.(?P<m>\d{{1,2}})\.{_SECONDS}",  # two points: no decimal number
    )
)
_DEGREES = re.compile(r"([+-]?\d{1,9}(?:\.(\d*))?)d?", re.ASCII)
_PAIR_BREAK = re.compile(r"[,;、|]|\s+")
_LETTERS = (("北緯", "N"), ("緯度", "N"), ("東経", "E"), ("経度", "E"))
_LETTER_FIRST, _LETTER_LAST = re.compile(r"([NE])([^NE]+)"), re.compile(r"([^NE]+)([NE])")
_WKT = re.compile(r"POINT\s*\(\s*(\S+)\s+(\S+)\s*\)", re.I)


class Angle(NamedTuple):
    """A number read from a cell: degrees, or whatever its size says. `decimals` counts those of degrees, None unknown.

    `value` is None for an empty cell, and where `rule` is an error.
    """

    value: float | None = None
    rule: Rule | None = None
    decimals: int | None = None
    axis: Axis | None = None


NOTHING = Angle()
_DECIMALS_OF_SECONDS = 5
_LONGEST = 100  # characters; a longer text is no coordinate


def read_angle(cell: Cell) -> Angle:
    """A latitude, longitude or plane coordinate as written; which of these it is, its size tells later."""
    if isinstance(cell, float):
        return _of_float(float(cell))
    if isinstance(cell, str):
        plain = _PLAIN.fullmatch(cell) or _PLAIN.fullmatch(cell := cell.strip())
        return Angle(float(cell), None, len(plain[1] or "")) if plain else _of_words(cell)
    if cell is None:
        return NOTHING
    if type(cell) is int:
        return Angle(float(cell), None, 0)
    return Angle(None, rules.NOT_A_POSITION)


def read_pair(cell: Cell) -> tuple[Angle, Angle] | None:
    """Two coordinates written in one cell, in the order latitude, longitude where the cell says which is which."""
    return _pair_of_text(cell) if isinstance(cell, str) and len(cell) <= _LONGEST else None


def _of_float(value: float) -> Angle:
    if value != value or value in (float("inf"), float("-inf")):
        return Angle(None, rules.NOT_A_POSITION)
    return Angle(value, None, len(repr(value).partition(".")[2]))


@lru_cache(maxsize=1024)
def _of_words(cell: str) -> Angle:
    if len(cell) > _LONGEST:
        return Angle(None, rules.NOT_A_POSITION)
    plain = _one_width(cell).lstrip("'")
    empty = empty_word(plain) if plain else NOTHING
    if empty is not None:
        return Angle(None, rules.PLACEHOLDER if plain else None)
    axes = {_AXES[word] for word in _AXIS.findall(plain)}
    bare = _AXIS.sub("", plain).strip(" :=")
    axis = axes.pop() if len(axes) == 1 else None
    if degrees := _DEGREES.fullmatch(bare):
        return Angle(float(degrees[1]), rules.FULL_WIDTH, len(degrees[2] or ""), axis)
    value = _sexagesimal(bare)
    if value is None or value[0] is None:
        return Angle(None, rules.NOT_A_POSITION)
    return Angle(value[0], rules.DMS, value[1], axis)


def _one_width(cell: str) -> str:
    """A cell in half-width characters with one sign each for degrees, minutes and seconds, without brackets round it."""
    return unicodedata.normalize("NFKC", narrow(cell.translate(_QUOTES))).translate(_QUOTES).strip(" \t()[]")


def _sexagesimal(bare: str) -> tuple[float | None, int] | None:
    """Degrees of degrees, minutes and seconds, and how many decimals they are worth."""
    for candidate in (bare.replace(" ", ""), bare):
        for pattern in _DMS:
            if found := pattern.fullmatch(candidate):
                parts = found.groupdict()
                seconds = float(parts.get("s") or 0)
                worth = _DECIMALS_OF_SECONDS if parts.get("s") or "." in parts["m"] else 2
                return _degrees(float(parts["d"]), float(parts["m"]), seconds), worth
    return None


def _degrees(degrees: float, minutes: float, seconds: float) -> float | None:
    return degrees + minutes / 60 + seconds / 3600 if minutes < 60 and seconds < 60 else None


@lru_cache(maxsize=1024)
def _pair_of_text(cell: str) -> tuple[Angle, Angle] | None:
    plain = _one_width(cell)
    if found := _WKT.fullmatch(plain if plain.endswith(")") else plain + ")"):
        return read_angle(found[2]), read_angle(found[1])
    parts = _lettered(plain) or [part for part in _PAIR_BREAK.split(plain) if part]
    if len(parts) != 2:
        return None
    first, second = (read_angle(part) for part in parts)
    if first.value is None or second.value is None:
        return None
    return (second, first) if first.axis == "lon" or second.axis == "lat" else (first, second)


def _lettered(text: str) -> list[str] | None:
    """The two parts of `N35.68 E139.69` or `35.68N,139.69E`, each with its letter in front."""
    for word, letter in _LETTERS:
        text = text.replace(word, letter)
    if text[:1] in ("N", "E"):
        parts = [(letter, number) for letter, number in _LETTER_FIRST.findall(text)]
    else:
        parts = [(letter, number) for number, letter in _LETTER_LAST.findall(text)]
    return [letter + number.strip(" ,;、:=") for letter, number in parts] if len(parts) == 2 else None


def compact_dms(number: float) -> float | None:
    """Degrees of a number written DDMMSS.s or DDDMMSS.s (354122.5); None where it cannot be."""
    whole, part = int(number), number - int(number)
    return _degrees(whole // 10_000, whole // 100 % 100, whole % 100 + part)
