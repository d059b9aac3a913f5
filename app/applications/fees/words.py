"""A fee rule in words, as the estimate shows it beside its amounts."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.applications.fees.amounts import ROUNDING_MODES, exact, shown
from app.applications.fees.facts import FeeFacts
from app.applications.fees.rules import FeeKind, FeeRule, Reduction

Words = tuple[str, str]  # Japanese, English
_UNITS: Mapping[str, Words] = {"piece": ("個", "a piece"), "m2": ("㎡", "a m²")}
_PERIODS: Mapping[str, Words] = {"month": ("月額", "a month"), "year": ("年額", "a year")}


def rule_in_words(rule: FeeRule) -> Words:
    """The rule in a few sentences, in Japanese and English."""
    parts = [_formula(rule)]
    if rule.kind not in (FeeKind.FREE, FeeKind.NEGOTIATED):
        parts += _terms(rule.parameters)
    return "".join(f"{ja}。" for ja, _ in parts), " ".join(f"{en}." for _, en in parts)


def _formula(rule: FeeRule) -> Words:
    said = rule.parameters
    match rule.kind:
        case FeeKind.MONTHLY_RATE_LAND:
            rate = said["land_rate"]
            return f"月額は、使う土地の価格 × {rate}", f"A month: price of the land used × {rate}"
        case FeeKind.MONTHLY_RATE_BUILDING_PART:
            building, land = said["building_rate"], said["land_rate"]
            return (
                f"月額は、（建物の価格 × {building} + 敷地の価格 × {land}） × 使う床の面積 ÷ 延床面積",
                f"A month: (price of the building × {building} + price of its site × {land}) × floor used ÷ whole floor",
            )
        case FeeKind.MOVABLE_RATE:
            rate = said["movable_rate"]
            return f"月額は、物品の価格 × {rate}", f"A month: price of the movable × {rate}"
        case FeeKind.UNIT_TABLE:
            return _table(said)
        case FeeKind.NEGOTIATED:
            return "額は所管との協議で決まります", "The amount is settled with the owner"
        case FeeKind.FREE:
            return "使用料はかかりません", "No fee is charged"


def _table(said: Mapping[str, Any]) -> Words:
    ja, en = _PERIODS[said["period"]]
    rows = [(row, shown(exact(row["price_jpy"])), _UNITS[row["unit"]]) for row in said["classes"]]
    in_ja = "、".join(f"{row['ja']} 1{unit[0]}につき{price}円" for row, price, unit in rows)
    in_en = "; ".join(f"{row['en']} JPY {price} {unit[1]}" for row, price, unit in rows)
    return f"{ja}は単価表による（{in_ja}）", f"By a table, {en}: {in_en}"


def _terms(said: Mapping[str, Any]) -> list[Words]:
    rounding = said.get("rounding", {})
    unit = shown(exact(rounding.get("unit_jpy", "1")))
    ja, en = ROUNDING_MODES[rounding.get("mode", "floor")]
    is_total = rounding.get("at") == "total"
    terms = [
        (
            f"{unit}円未満{ja}（{'全期間' if is_total else '各月'}）",
            f"JPY {unit}: {en}, {'once' if is_total else 'each month'}",
        )
        if said.get("period") != "year"
        else (f"{unit}円未満{ja}", f"JPY {unit}: {en}")
    ]
    if said.get("part_month", "whole") == "whole":
        terms.append(("1月に満たない期間は1月とする", "Part of a month counts as a month"))
    else:
        terms.append(("1月に満たない期間は日割り", "Part of a month is charged by the day"))
    if "minimum_jpy" in said:
        least = shown(exact(said["minimum_jpy"]))
        terms.append((f"{least}円に満たないときは{least}円", f"At least JPY {least}"))
    tax = said.get("consumption_tax", {})
    if tax.get("is_charged"):
        rate = tax.get("rate", "0.10")
        terms.append((f"消費税（{rate}）を加える", f"Consumption tax ({rate}) is added"))
    return terms


def notes(rule: FeeRule, facts: FeeFacts, on: date, taken: Reduction | None) -> tuple[Words, ...]:
    """What else must be known: the rule's own note, reductions that may apply, and whose text it is."""
    said: list[Words] = []
    if "note_ja" in rule.parameters:
        said.append((rule.parameters["note_ja"], rule.parameters.get("note_en", rule.parameters["note_ja"])))
    for one in rule.reductions:
        if one is not taken and one.holds_on(on) and not facts.conditions.issuperset(one.conditions):
            said.append(
                (
                    f"要件に当たれば減免があります: {one.ja}（{one.percent}%）。",
                    f"A reduction may apply: {one.en} ({one.percent} %).",
                )
            )
    return tuple(said)
