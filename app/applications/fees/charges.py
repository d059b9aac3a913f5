"""What a rule charges a site for one period of its own (a month, or a year for yearly tables), before rounding."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

from app.applications.fees.amounts import NotAnAmount, as_decimal, exact, exact_rate, shown
from app.applications.fees.facts import FeeFacts, FeeItem, MissingInput, missing_input
from app.applications.fees.rules import FeeKind, FeeRule, Reduction
from app.problems import INVALID, Problem


class FeeLine(NamedTuple):
    """A step of the computation: what it is, how it is computed, and its amount (JPY, not yet rounded)."""

    ja: str
    en: str
    formula: str
    amount_jpy: Decimal


@dataclass(slots=True)
class Charge:
    """The exact charge of a period; `amount` is None where inputs are missing or the fee is negotiated."""

    amount: Fraction | None = Fraction(0)
    lines: list[FeeLine] = field(default_factory=list)
    missing: list[MissingInput] = field(default_factory=list)
    reduction: Reduction | None = None

    def add(self, ja: str, en: str, formula: str, amount: Fraction) -> None:
        """Add a step to the amount."""
        assert self.amount is not None
        self.amount += amount
        self.lines.append(FeeLine(ja, en, formula, as_decimal(amount)))

    def lack(self, *names: str) -> None:
        """Say that these inputs are unknown."""
        self.amount = None
        self.missing += [missing_input(name) for name in names]


def charged_period(rule: FeeRule) -> str:
    """The period a rule states its fee for: "month" or "year"."""
    return str(rule.parameters.get("period", "month"))


def charge(rule: FeeRule, facts: FeeFacts, on: date) -> Charge:
    """The charge of one period with the reduction in force that day, the minimum and the tax.

    Raises: Problem (422) where a class of equipment is not in the rule's table.
    """
    made = _CHARGES[rule.kind](rule.parameters, facts)
    if made.amount is None or rule.kind is FeeKind.FREE:
        return made
    made.reduction = reduction_in_force(rule, facts, on)
    if made.reduction is not None:
        percent = exact(made.reduction.percent)
        taken = -made.amount * Fraction(percent) / 100
        made.add(made.reduction.ja, made.reduction.en, f"{shown(made.amount)} × −{percent}%", taken)
    _raise_to_minimum(rule.parameters, made)
    _add_tax(rule.parameters, made)
    return made


def reduction_in_force(rule: FeeRule, facts: FeeFacts, on: date) -> Reduction | None:
    """The greatest reduction in force that day whose conditions are all met."""
    met = [one for one in rule.reductions if one.holds_on(on) and facts.conditions.issuperset(one.conditions)]
    return max(met, key=lambda one: exact(one.percent), default=None)


def _raise_to_minimum(parameters: Mapping[str, Any], made: Charge) -> None:
    """The least a rule charges; what is free or waived in full stays so."""
    assert made.amount is not None
    least = Fraction(exact(parameters.get("minimum_jpy", "0")))
    if 0 < made.amount < least:
        made.add("最低額までの差", "Up to the minimum", f"{shown(least)} − {shown(made.amount)}", least - made.amount)


def _add_tax(parameters: Mapping[str, Any], made: Charge) -> None:
    assert made.amount is not None
    tax = parameters.get("consumption_tax", {})
    if tax.get("is_charged"):
        rate = str(tax.get("rate", "0.10"))
        made.add("消費税", "Consumption tax", f"{shown(made.amount)} × {rate}", made.amount * exact_rate(rate))


def _land(parameters: Mapping[str, Any], facts: FeeFacts) -> Charge:
    made, rate = Charge(), str(parameters["land_rate"])
    used, unit = facts.amount("used_land_m2"), facts.amount("land_price_jpy_m2")
    if unit is not None and used is not None and not facts.uses_whole:
        amount = Fraction(unit) * Fraction(used) * exact_rate(rate)
        made.add("土地", "Land", f"{shown(unit)} × {shown(used)} m² × {rate}", amount)
        return made
    price, lacking = _whole_land(facts)
    share, words = Fraction(1), ""
    if not facts.uses_whole:
        share, words, more = _share(facts, "used_land_m2", "land_area_m2")
        lacking += [name for name in more if name not in lacking]
    if price is None or lacking:
        made.lack(*lacking)
    else:
        made.add("土地", "Land", f"{shown(price)} × {rate}{words}", price * exact_rate(rate) * share)
    return made


def _whole_land(facts: FeeFacts) -> tuple[Fraction | None, list[str]]:
    """The price of the whole parcel, or what is lacking to know it."""
    price, unit, area = (facts.amount(name) for name in ("land_price_jpy", "land_price_jpy_m2", "land_area_m2"))
    if price is not None:
        return Fraction(price), []
    if unit is not None and area is not None:
        return Fraction(unit) * Fraction(area), []
    return None, ["land_area_m2"] if unit is not None else ["land_price_jpy"]


def _share(facts: FeeFacts, part: str, whole: str) -> tuple[Fraction, str, list[str]]:
    """The used part of the whole, its words for a formula, and what is lacking to know it."""
    used, total = facts.amount(part), facts.amount(whole)
    if used is None or total is None:
        return Fraction(1), "", [name for name in (part, whole) if facts.amount(name) is None]
    return Fraction(used) / Fraction(total), f" × {shown(used)}/{shown(total)}", []


def _building_part(parameters: Mapping[str, Any], facts: FeeFacts) -> Charge:
    made, building = Charge(), facts.amount("building_price_jpy")
    site, lacking = _whole_land(facts)
    if building is None:
        lacking = ["building_price_jpy", *lacking]
    share, words = Fraction(1), ""
    if not facts.uses_whole:
        share, words, more = _share(facts, "used_floor_m2", "total_floor_m2")
        lacking += more
    if building is None or site is None or lacking:
        made.lack(*lacking)
        return made
    for (ja, en), price, rate in (
        (("建物", "Building"), Fraction(building), str(parameters["building_rate"])),
        (("敷地の分", "Share of the site"), site, str(parameters["land_rate"])),
    ):
        made.add(ja, en, f"{shown(price)} × {rate}{words}", price * exact_rate(rate) * share)
    return made


def _movable(parameters: Mapping[str, Any], facts: FeeFacts) -> Charge:
    made, price, rate = Charge(), facts.amount("movable_price_jpy"), str(parameters["movable_rate"])
    if price is None:
        made.lack("movable_price_jpy")
    else:
        made.add("物品", "Movables", f"{shown(price)} × {rate}", Fraction(price) * exact_rate(rate))
    return made


def _table(parameters: Mapping[str, Any], facts: FeeFacts) -> Charge:
    made, classes = Charge(), {row["code"]: row for row in parameters["classes"]}
    if not facts.items:
        made.lack("items")
    for place, item in enumerate(facts.items):
        if item.class_code not in classes:
            raise _unknown_class(place, item.class_code, classes)
        row = classes[item.class_code]
        quantity, words = _quantity(place, row, item)
        if quantity is None:
            if made.amount is not None:
                made.lack("items")
        elif made.amount is not None:
            price = exact(row["price_jpy"])
            made.add(row["ja"], row["en"], f"{shown(price)} × {words}", Fraction(price) * quantity)
    return made


def _quantity(place: int, row: Mapping[str, Any], item: FeeItem) -> tuple[Fraction | None, str]:
    """How many pieces or m² are charged; None where the area is unknown."""
    try:
        count = exact(item.count)
        area = None if item.area_m2 is None else exact(item.area_m2)
    except NotAnAmount as fault:
        raise _bad_item(place, fault.ja, fault.en) from None
    if row["unit"] == "piece":
        return Fraction(count), shown(count)
    if area is None:
        return None, ""
    charged = Fraction(ceil(area)) if row.get("counts_part_as_whole") else Fraction(area)
    return charged * Fraction(count), f"{shown(charged)} m²" + (f" × {shown(count)}" if count != 1 else "")


def _unknown_class(place: int, code: str, classes: Mapping[str, Any]) -> Problem:
    return _bad_item(
        place,
        f"単価表に「{code[:40]}」がありません。{'、'.join(classes)}から選んでください。",
        f"The table has no class {code[:40]!r}; choose of {', '.join(classes)}.",
    )


def _bad_item(place: int, ja: str, en: str) -> Problem:
    return Problem(INVALID, ja, en, errors=[{"field": f"items/{place}", "ja": ja, "en": en}])


def _negotiated(parameters: Mapping[str, Any], facts: FeeFacts) -> Charge:
    return Charge(amount=None)


def _free(parameters: Mapping[str, Any], facts: FeeFacts) -> Charge:
    return Charge()


_CHARGES: Mapping[FeeKind, Callable[[Mapping[str, Any], FeeFacts], Charge]] = {
    FeeKind.MONTHLY_RATE_LAND: _land,
    FeeKind.MONTHLY_RATE_BUILDING_PART: _building_part,
    FeeKind.UNIT_TABLE: _table,
    FeeKind.MOVABLE_RATE: _movable,
    FeeKind.NEGOTIATED: _negotiated,
    FeeKind.FREE: _free,
}
