"""What a fee rule's parameters may hold, per kind, and what is wrong with those that were written.

Amounts and rates are text ("1200", "2.5/1000"), so that JSON carries them exactly.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from app.applications.fees.amounts import ROUNDING_MODES, NotAnAmount, exact, exact_rate

Fault = tuple[str, str, str]  # pointer within the rule, Japanese, English

NEEDED: Mapping[str, tuple[str, ...]] = {
    "monthly_rate_land": ("land_rate",),
    "monthly_rate_building_part": ("building_rate", "land_rate"),
    "unit_table": ("period", "classes"),
    "movable_rate": ("movable_rate",),
    "negotiated": (),
    "free": (),
}
_ANY_KIND = frozenset({
    "rounding", "minimum_jpy", "part_month", "consumption_tax", "note_ja", "note_en",
})  # fmt: skip


class _Reduction(Protocol):
    @property
    def percent(self) -> str: ...


def parameter_faults(kind: str, parameters: Mapping[str, Any], reductions: Sequence[_Reduction]) -> Iterator[Fault]:
    """Every fault of a rule's parameters and reductions."""
    needed = NEEDED[kind]
    for name in needed:
        if name not in parameters:
            yield f"parameters/{name}", "この値が要ります。", "This value is needed."
    for name in parameters:
        if name not in needed and name not in _ANY_KIND:
            yield f"parameters/{name}", "この種類の規則にはない項目です。", "Rules of this kind have no such member."
    for name, check in _CHECKS.items():
        if name in parameters:
            yield from _faults_of(f"parameters/{name}", check, parameters[name])
    for place, reduction in enumerate(reductions):
        yield from _faults_of(f"reductions/{place}/percent", _check_percent, reduction.percent)


def _faults_of(pointer: str, check: Callable[[Any], None], value: Any) -> Iterator[Fault]:
    try:
        check(value)
    except NotAnAmount as fault:
        yield pointer, fault.ja, fault.en


def _check_rate(value: Any) -> None:
    if not exact_rate(value) <= 1:
        raise NotAnAmount("率は1以下です（例 2.5/1000）。", "A rate is at most 1 (2.5/1000).")


def _check_percent(value: Any) -> None:
    if exact(value) > 100:
        raise NotAnAmount("減免は100%までです。", "A reduction is at most 100 %.")


def _check_amount(value: Any) -> None:
    exact(value)


def _check_choice(*choices: str) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if value not in choices:
            raise NotAnAmount(f"{'、'.join(choices)}のどれかです。", f"One of {', '.join(choices)}.")

    return check


def _check_rounding(value: Any) -> None:
    _check_mapping(value, {"mode", "unit_jpy", "at"})
    _check_choice(*ROUNDING_MODES)(value.get("mode", "floor"))
    _check_choice("month", "total")(value.get("at", "month"))
    if exact(value.get("unit_jpy", "1")) == 0:
        raise NotAnAmount("端数の単位は0より大きい額です。", "The unit of rounding is more than 0.")


def _check_tax(value: Any) -> None:
    _check_mapping(value, {"is_charged", "rate"})
    if not isinstance(value.get("is_charged"), bool):
        raise NotAnAmount("is_chargedはtrueかfalseです。", "is_charged is true or false.")
    _check_rate(value.get("rate", "0"))


def _check_mapping(value: Any, known: set[str]) -> None:
    if not isinstance(value, Mapping) or set(value) - known:
        raise NotAnAmount(f"{'、'.join(sorted(known))}だけを持つ組です。", f"An object of {', '.join(sorted(known))}.")


def _check_classes(value: Any) -> None:
    if not isinstance(value, list) or not value:
        raise NotAnAmount("単価の行が1つ以上要ります。", "At least one class with a price is needed.")
    codes = []
    for row in value:
        _check_mapping(row, {"code", "ja", "en", "unit", "price_jpy", "counts_part_as_whole"})
        if not all(isinstance(row.get(name), str) and row[name] for name in ("code", "ja", "en")):
            raise NotAnAmount("各行にcode、ja、enが要ります。", "Each class needs code, ja and en.")
        _check_choice("piece", "m2")(row.get("unit"))
        exact(row.get("price_jpy"))
        codes.append(row["code"])
    if len(codes) > len(set(codes)):
        raise NotAnAmount("同じcodeの行が2つあります。", "A code is used twice.")


_CHECKS: Mapping[str, Callable[[Any], None]] = {
    "land_rate": _check_rate,
    "building_rate": _check_rate,
    "movable_rate": _check_rate,
    "minimum_jpy": _check_amount,
    "period": _check_choice("month", "year"),
    "part_month": _check_choice("whole", "days"),
    "rounding": _check_rounding,
    "consumption_tax": _check_tax,
    "classes": _check_classes,
}
