"""Every local government of Japan by its code (全国地方公共団体コード), and codes as people write them.

Source: japan_localgov.csv beside this module: 47 prefectures, 1,741 municipalities (with the 23 special wards) and the
wards of designated cities, after localgovjp (CC0); rewritten by scripts/localgov-table.
"""

import csv
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from app.tabular.findings import Level, Outcome, Rule
from app.tabular.table import Cell

TABLE = Path(__file__).parent / "japan_localgov.csv"

LEADING_ZERO = Rule(
    "code-leading-zero", Level.MENDED,
    "先頭の 0 が落ちていました", "the leading zero was lost",
    "0 を補いました", "the zero was put back",
)  # fmt: skip
CHECK_DIGIT = Rule(
    "code-check-digit", Level.WARNING,
    "検査数字（6桁目）が合いません", "the check digit (the sixth) does not fit",
    "先頭の5桁の団体として読みました。コードを確かめてください", "read by its first five digits; check the code",
)  # fmt: skip
PREFECTURE_WRITTEN = Rule(
    "code-of-prefecture", Level.WARNING,
    "そのコードの団体はありません。都道府県のコードの書き誤りと思われます",
    "no such code; it looks like a slip for the prefecture's",
    "都道府県のコード（例 東京都は 130001）として読みました", "read as the prefecture's code (Tokyo is 130001)",
)  # fmt: skip
AMBIGUOUS = Rule(
    "code-ambiguous", Level.WARNING,
    "5桁のコードとも、先頭の 0 が落ちた6桁のコードとも読めます", "could be five digits, or six without the leading zero",
    "5桁のコードとして読みました。6桁で書くと確かになります", "read as five digits; write six to be sure",
)  # fmt: skip
UNKNOWN = Rule(
    "code-unknown", Level.ERROR,
    "全国地方公共団体コードではありません", "is no local government code",
    "5桁または6桁のコード（例 千代田区は 131016）を書いてください", "write the code of five or six digits (131016)",
)  # fmt: skip
RULES: tuple[Rule, ...] = (LEADING_ZERO, CHECK_DIGIT, PREFECTURE_WRITTEN, AMBIGUOUS, UNKNOWN)

_HYPHENS = str.maketrans("", "", "-‐−–—ー'’ \t")


@dataclass(frozen=True, slots=True)
class LocalGov:
    """One local government; `kind` is prefecture, city, town, village, special_ward, ward or former_ward.

    A ward is one of a designated city (政令指定都市), named with its city; a former ward was merged into others.
    """

    code5: str
    code6: str
    prefecture: str
    name: str
    kind: str

    @property
    def is_municipality(self) -> bool:
        """Whether it is one of the 1,741 municipalities."""
        return self.kind in ("city", "town", "village", "special_ward")


def check_digit(code5: str) -> str:
    """The sixth digit of a code. Source: 全国地方公共団体コード仕様 (weights 6 to 2, modulus 11)."""
    total = sum(int(digit) * weight for digit, weight in zip(code5, (6, 5, 4, 3, 2), strict=True))
    return str((11 - total % 11) % 10)


@lru_cache
def localgov_by_code() -> MappingProxyType[str, LocalGov]:
    """All of them by five-digit code, in the order of their codes."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        found = (
            LocalGov(row["code6"][:5], row["code6"], row["prefecture"], row["name"], row["kind"])
            for row in csv.DictReader(file)
        )
        return MappingProxyType({government.code5: government for government in found})


def find_localgov(code: str) -> LocalGov | None:
    """The local government of a code of five digits, or of six with the right check digit."""
    found = localgov_by_code().get(code[:5])
    return found if found and code in (found.code5, found.code6) else None


def parse_code(cell: Cell) -> Outcome:
    """A code as somebody wrote it → five digits; None for an empty cell and for what is no code."""
    digits = _digits(cell)
    if digits == "":
        return Outcome(None)
    if digits is None:
        return Outcome(None, UNKNOWN)
    return _parse_digits(digits)


@lru_cache(maxsize=4096)
def _parse_digits(digits: str) -> Outcome:
    if len(digits) == 6:
        return _six(digits)
    if len(digits) == 5:
        return _five(digits)
    if len(digits) == 4 and find_localgov("0" + digits):
        return Outcome("0" + digits, LEADING_ZERO)
    return Outcome(None, UNKNOWN)


def _six(digits: str) -> Outcome:
    code5 = digits[:5]
    if find_localgov(code5):
        return Outcome(code5, None if check_digit(code5) == digits[5] else CHECK_DIGIT)
    if digits[2:5] == "100" and find_localgov(digits[:2] + "000"):
        return Outcome(digits[:2] + "000", PREFECTURE_WRITTEN)  # seen: 131001 for Tokyo
    return Outcome(None, UNKNOWN)


def _five(digits: str) -> Outcome:
    with_zero = find_localgov("0" + digits)
    if find_localgov(digits):
        return Outcome(digits, AMBIGUOUS if with_zero else None)
    if with_zero:
        return Outcome(with_zero.code5, LEADING_ZERO)
    return Outcome(None, UNKNOWN)


def _digits(cell: Cell) -> str | None:
    """Its digits, "" for an empty cell, None where there is anything else."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, bool) or not isinstance(cell, int | str) or (isinstance(cell, int) and cell < 0):
        return None
    text = unicodedata.normalize("NFKC", str(cell)).translate(_HYPHENS).strip().removesuffix(".0")
    return text if text == "" or (text.isascii() and text.isdigit()) else None
