"""What is known of a site when its fee is estimated, and what would have to be known."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import NamedTuple

from app.applications.fees.amounts import Amount, NotAnAmount, exact
from app.problems import INVALID, Problem


class MissingInput(NamedTuple):
    """A value the rule needs and nobody has said: a field of `FeeFacts`, and its name for people."""

    name: str
    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class FeeItem:
    """So many pieces of a class of a table, or so many m² (of each piece, where `count` says there are several)."""

    class_code: str
    count: Amount = 1
    area_m2: Amount | None = None


@dataclass(frozen=True, slots=True)
class FeeFacts:
    """A site as fee rules see it; None is unknown. Amounts are Decimal, text or int, and kept as Decimal.

    Prices are those of the owner's ledger: of the whole parcel (`land_price_jpy`, or a m² and `land_area_m2`), of the
    whole building, of the movable. `uses_whole`: all of it is used, so that no areas are needed. `conditions` are the
    codes of reductions that are met.

    Raises: Problem (422) where an amount cannot be, or more is used than there is.
    """

    owner_name: str | None = None
    asset_kind: str | None = None
    property_class: str | None = None
    land_price_jpy: Amount | None = None
    land_price_jpy_m2: Amount | None = None
    land_area_m2: Amount | None = None
    used_land_m2: Amount | None = None
    building_price_jpy: Amount | None = None
    total_floor_m2: Amount | None = None
    used_floor_m2: Amount | None = None
    movable_price_jpy: Amount | None = None
    uses_whole: bool = False
    items: tuple[FeeItem, ...] = ()
    conditions: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", tuple(self.items))  # lists of JSON too
        object.__setattr__(self, "conditions", frozenset(self.conditions))
        errors = [fault for name in AMOUNTS if (fault := _make_exact(self, name))]
        errors += [fault for pair in _PARTS if not errors and (fault := _more_than_whole(self, *pair))]
        if errors:
            raise Problem(
                INVALID,
                "使用料の見積りに使う値に、直すところがあります。",
                "Values of the fee estimate need mending.",
                errors=errors,
            )

    def amount(self, name: str) -> Decimal | None:
        """One of the amounts as a decimal."""
        value: Decimal | None = getattr(self, name)
        return value


LABELS: Mapping[str, tuple[str, str]] = {
    "land_price_jpy": ("土地の価格（円）", "price of the land (JPY)"),
    "land_price_jpy_m2": ("土地の1㎡当たりの価格（円）", "price of a m² of the land (JPY)"),
    "land_area_m2": ("土地の面積（㎡）", "area of the land (m²)"),
    "used_land_m2": ("使う土地の面積（㎡）", "area of land used (m²)"),
    "building_price_jpy": ("建物の価格（円）", "price of the building (JPY)"),
    "total_floor_m2": ("建物の延床面積（㎡）", "floor area of the building (m²)"),
    "used_floor_m2": ("使う床の面積（㎡）", "floor area used (m²)"),
    "movable_price_jpy": ("物品の価格（円）", "price of the movable (JPY)"),
    "items": ("設備の種類と数量", "kinds and quantities of equipment"),
}
AMOUNTS: tuple[str, ...] = tuple(one.name for one in fields(FeeFacts) if one.name in LABELS and one.name != "items")
_PARTS = (("used_land_m2", "land_area_m2"), ("used_floor_m2", "total_floor_m2"))


def missing_input(name: str) -> MissingInput:
    """The unknown value of that name."""
    return MissingInput(name, *LABELS[name])


def _make_exact(facts: FeeFacts, name: str) -> dict[str, str] | None:
    value = getattr(facts, name)
    if value is None:
        return None
    try:
        number = exact(value)
    except NotAnAmount as fault:
        return {"field": name, "ja": f"{LABELS[name][0]}: {fault.ja}", "en": f"{LABELS[name][1]}: {fault.en}"}
    if name in ("land_area_m2", "total_floor_m2") and number == 0:
        return {
            "field": name,
            "ja": f"{LABELS[name][0]}は0より大きい値です。",
            "en": f"{LABELS[name][1]} is more than 0.",
        }
    object.__setattr__(facts, name, number)  # a frozen value completes itself
    return None


def _more_than_whole(facts: FeeFacts, part: str, whole: str) -> dict[str, str] | None:
    used, total = facts.amount(part), facts.amount(whole)
    if used is None or total is None or used <= total:
        return None
    return {
        "field": part,
        "ja": f"{LABELS[part][0]}（{used}）が{LABELS[whole][0]}（{total}）を超えています。",
        "en": f"The {LABELS[part][1]} ({used}) exceeds the {LABELS[whole][1]} ({total}).",
    }
