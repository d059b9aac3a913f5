"""Exact amounts: decimals as people and files write them, rates as ordinances do, and rounding as a rule states it.

Never a float: 0.1 has none. What is multiplied and divided is kept as a fraction until the rule rounds it, so that a
share of floors (1/3) loses nothing on the way.
"""

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

Amount = Decimal | str | int

ROUNDING_MODES = {
    "floor": ("切捨て", "rounded down"),
    "ceiling": ("切上げ", "rounded up"),
    "half_up": ("四捨五入", "rounded half up"),
}
_LARGEST = Decimal(10) ** 15  # yen; ten times the yearly budget of the country
_DIGITS = 18  # after the point


class NotAnAmount(ValueError):
    """Why a value is no amount, in Japanese and English."""

    def __init__(self, ja: str, en: str) -> None:
        super().__init__(f"{ja} / {en}")
        self.ja, self.en = ja, en


def exact(value: Any) -> Decimal:
    """A decimal number, not negative, of a Decimal, an int or a text such as "1,200.50".

    Raises: NotAnAmount, for a float too: what it stands for is not known exactly.
    """
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise NotAnAmount(
            '数は文字列（"2.5"）か整数で書いてください。',
            'Write numbers as text ("2.5") or whole numbers.',
        )
    try:
        number = Decimal(value.replace(",", "").strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise NotAnAmount(
            f"「{str(value)[:40]}」は数ではありません。", f"{str(value)[:40]!r} is not a number."
        ) from None
    if not number.is_finite() or not 0 <= number <= _LARGEST or _decimals(number) > _DIGITS:
        raise NotAnAmount(
            f"「{str(value)[:40]}」は0以上、{_LARGEST:,}以下の数で書いてください。",
            f"{str(value)[:40]!r} is not between 0 and {_LARGEST:,}.",
        )
    return number


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def exact_rate(value: Any) -> Fraction:
    """A rate as an ordinance writes it: "2.5/1000" or "0.0025".

    Raises: NotAnAmount.
    """
    upper, slash, lower = value.partition("/") if isinstance(value, str) else (value, "", "")
    divisor = Fraction(exact(lower)) if slash else Fraction(1)
    if divisor == 0:
        raise NotAnAmount("0で割る率は使えません。", "A rate cannot be divided by 0.")
    return Fraction(exact(upper)) / divisor


def rounded(amount: Fraction, rounding: Mapping[str, Any]) -> Decimal:
    """An amount (JPY) in whole units as `rounding` states it: {"mode": "floor", "unit_jpy": "1"} unless it says else."""
    unit = Fraction(exact(rounding.get("unit_jpy", "1")))
    count = amount / unit
    whole, rest = divmod(count.numerator, count.denominator)
    if _goes_up(rounding.get("mode", "floor"), Fraction(rest, count.denominator)):
        whole += 1
    return as_decimal(whole * unit)


def _goes_up(mode: str, rest: Fraction) -> bool:
    return (mode == "ceiling" and rest > 0) or (mode == "half_up" and rest >= Fraction(1, 2))


def as_decimal(amount: Fraction) -> Decimal:
    """An exact decimal where there is one, else the first twelve digits after the point."""
    number = Decimal(amount.numerator) / Decimal(amount.denominator)
    if Fraction(number) != amount:
        number = number.quantize(Decimal("1e-12"), rounding=ROUND_FLOOR)
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def shown(amount: Fraction | Decimal) -> str:
    """An amount as people read it: thousands separated, at most two decimals (more are cut off and marked by …)."""
    exactly = Fraction(amount)
    hundredths, rest = divmod(exactly * 100, 1)
    whole, part = divmod(int(hundredths), 100)
    tail = f".{part:02d}".rstrip("0").rstrip(".") if not rest else f".{part:02d}…"
    return f"{whole:,}{tail}"
