"""Fee rules (使用料): what each owner charges for its property, from when to when, and by which text.

A rule is data: its kind says how it computes, its parameters are JSON-able and hold amounts and rates as text. The rules
that are known stand in `known_rules`; what a rule makes of a site is computed in `estimates`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations
from typing import Any

from app.applications.fees.parameters import parameter_faults
from app.problems import INVALID, Problem

_DAY = timedelta(days=1)


class FeeKind(StrEnum):
    """How a fee is computed."""

    MONTHLY_RATE_LAND = "monthly_rate_land"
    MONTHLY_RATE_BUILDING_PART = "monthly_rate_building_part"
    UNIT_TABLE = "unit_table"
    MOVABLE_RATE = "movable_rate"
    NEGOTIATED = "negotiated"
    FREE = "free"


FEE_KIND_LABELS: Mapping[FeeKind, tuple[str, str]] = {
    FeeKind.MONTHLY_RATE_LAND: ("土地の価格に率を掛ける（月額）", "Rate of the price of the land, a month"),
    FeeKind.MONTHLY_RATE_BUILDING_PART: (
        "建物と敷地の価格に率を掛け、使う床の割合で分ける（月額）",
        "Rates of the prices of building and site by the share of floor used, a month",
    ),
    FeeKind.UNIT_TABLE: ("単価表", "Table of unit prices"),
    FeeKind.MOVABLE_RATE: ("物品の価格に率を掛ける（月額）", "Rate of the price of movables, a month"),
    FeeKind.NEGOTIATED: ("協議で決める", "By negotiation"),
    FeeKind.FREE: ("無料", "Free"),
}


@dataclass(frozen=True, slots=True)
class AppliesTo:
    """The property a rule is for; an empty tuple means any. Kinds are those of assets, or "movable"."""

    asset_kinds: tuple[str, ...] = ()
    property_classes: tuple[str, ...] = ()

    def covers(self, asset_kind: str | None, property_class: str | None) -> bool:
        """Whether the rule is for this property; what is not known (None) rules nothing out."""
        return _takes(self.asset_kinds, asset_kind) and _takes(self.property_classes, property_class)

    def meets(self, other: "AppliesTo") -> bool:
        """Whether some property falls under both."""
        return _shares(self.asset_kinds, other.asset_kinds) and _shares(self.property_classes, other.property_classes)


def _takes(codes: tuple[str, ...], code: str | None) -> bool:
    return not codes or code is None or code in codes


def _shares(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return not one or not other or bool(set(one) & set(other))


@dataclass(frozen=True, slots=True)
class Reduction:
    """A reduction (減免) of a rule: percent taken off where all `conditions` are met; the greatest one counts.

    Both days belong to the time it holds; None: as long as the rule.
    """

    code: str
    ja: str
    en: str
    percent: str
    conditions: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, on: date) -> bool:
        """Whether it is in force that day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class FeeRule:
    """A rule of an owner, in force from `valid_from` up to and with `valid_to` (None: until further notice)."""

    rule_id: str
    owner_name: str
    title_ja: str
    title_en: str
    kind: FeeKind
    parameters: Mapping[str, Any]
    valid_from: date
    valid_to: date | None
    source: str
    applies_to: AppliesTo = field(default_factory=AppliesTo)
    reductions: tuple[Reduction, ...] = ()

    def holds_on(self, on: date) -> bool:
        """Whether it is in force that day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class NoRule:
    """Why there is no single rule: `reason` is "none", "not_yet", "ended", "gap" or "several"."""

    reason: str
    ja: str
    en: str


def rule_in_force(
    rules: Iterable[FeeRule],
    on: date,
    *,
    owner_name: str | None = None,
    asset_kind: str | None = None,
    property_class: str | None = None,
) -> FeeRule | NoRule:
    """The one rule in force that day for an owner's property; what is left None narrows nothing."""
    candidates = [
        rule
        for rule in rules
        if owner_name in (None, rule.owner_name) and rule.applies_to.covers(asset_kind, property_class)
    ]
    found = [rule for rule in candidates if rule.holds_on(on)]
    if len(found) == 1:
        return found[0]
    return _several(found, on) if found else _none(candidates, on, owner_name)


def _several(found: Sequence[FeeRule], on: date) -> NoRule:
    ja, en = "、".join(rule.title_ja for rule in found), ", ".join(rule.title_en for rule in found)
    return NoRule(
        "several",
        f"{on}に当てはまる使用料の規則が{len(found)}つあります（{ja}）。種別と財産区分を決めてください。",
        f"{len(found)} fee rules apply on {on} ({en}); state the kind of asset and the property class.",
    )


def _none(candidates: Sequence[FeeRule], on: date, owner_name: str | None) -> NoRule:
    of_ja, of_en = (f"{owner_name}の", f" of {owner_name}") if owner_name else ("", "")
    if not candidates:
        return NoRule(
            "none",
            f"この財産に当てはまる{of_ja}使用料の規則が登録されていません。所管に確かめてください。",
            f"No fee rule{of_en} is registered for this property; ask the owner.",
        )
    before = [rule for rule in candidates if rule.valid_to is not None and rule.valid_to < on]
    after = [rule for rule in candidates if rule.valid_from > on]
    reason = "gap" if before and after else "ended" if before else "not_yet"
    known = [f"{rule.title_ja}（{_dates(rule)}）" for rule in before + after]
    known_en = [f"{rule.title_en} ({_dates(rule)})" for rule in before + after]
    return NoRule(
        reason,
        f"{on}に有効な{of_ja}使用料の規則がありません。登録されているのは{'、'.join(known)}です。管理者に規則の登録を頼んでください。",
        f"No fee rule{of_en} is in force on {on}; registered: {', '.join(known_en)}. Ask the administrator to register one.",
    )


def _dates(rule: FeeRule) -> str:
    return f"{rule.valid_from}〜{rule.valid_to or ''}"


def check_rules(rules: Sequence[FeeRule]) -> None:
    """Raises: Problem (422) with every fault: rules that overlap, ids used twice, dates the wrong way, bad parameters."""
    errors = [error for place, rule in enumerate(rules) for error in _faults(place, rule)]
    for (_, one), (place, other) in combinations(enumerate(rules), 2):
        if one.rule_id == other.rule_id:
            errors.append(
                _error(
                    place,
                    "rule_id",
                    f"番号「{one.rule_id}」が2度使われています。",
                    f"The id {one.rule_id!r} is used twice.",
                )
            )
        elif one.owner_name == other.owner_name and one.applies_to.meets(other.applies_to) and _overlap(one, other):
            errors.append(_overlapping(place, one, other))
    if errors:
        raise Problem(
            INVALID,
            f"使用料の規則に直すところが{len(errors)}か所あります。",
            f"The fee rules need mending in {len(errors)} places.",
            errors=errors,
        )


def _overlap(one: FeeRule, other: FeeRule) -> bool:
    first, second = sorted((one, other), key=lambda rule: rule.valid_from)
    return first.valid_to is None or first.valid_to >= second.valid_from


def _overlapping(place: int, one: FeeRule, other: FeeRule) -> dict[str, str]:
    first, second = sorted((one, other), key=lambda rule: rule.valid_from)
    ends = max(second.valid_from, date.min + _DAY) - _DAY
    return _error(
        place,
        "valid_from",
        f"「{first.title_ja}」と「{second.title_ja}」の期間が重なっています。前の規則の終わりを{ends}までにしてください。",
        f"“{first.title_en}” and “{second.title_en}” overlap; let the earlier one end by {ends}.",
    )


def _faults(place: int, rule: FeeRule) -> Iterable[dict[str, str]]:
    if rule.valid_to is not None and rule.valid_to < rule.valid_from:
        yield _error(place, "valid_to", "終わりの日が始まりの日より前です。", "The last day lies before the first.")
    for name in ("rule_id", "owner_name", "title_ja", "title_en", "source"):
        if not getattr(rule, name).strip():
            yield _error(place, name, "書いてください。", "Fill this in.")
    for pointer, ja, en in parameter_faults(rule.kind, rule.parameters, rule.reductions):
        yield _error(place, pointer, ja, en)


def _error(place: int, pointer: str, ja: str, en: str) -> dict[str, str]:
    return {"pointer": f"/{place}/{pointer}", "ja": ja, "en": en}


def rule_to_json(rule: FeeRule) -> dict[str, Any]:
    """A rule as JSON; `rule_from_json` gives the same rule back."""
    return {
        "rule_id": rule.rule_id, "owner_name": rule.owner_name, "title_ja": rule.title_ja, "title_en": rule.title_en,
        "kind": rule.kind.value, "parameters": dict(rule.parameters), "valid_from": rule.valid_from.isoformat(),
        "valid_to": _iso(rule.valid_to), "source": rule.source,
        "applies_to": {
            "asset_kinds": list(rule.applies_to.asset_kinds), "property_classes": list(rule.applies_to.property_classes)
        },
        "reductions": [
            {
                "code": one.code, "ja": one.ja, "en": one.en, "percent": one.percent, "conditions": list(one.conditions),
                "valid_from": _iso(one.valid_from), "valid_to": _iso(one.valid_to),
            }
            for one in rule.reductions
        ],
    }  # fmt: skip


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def rule_from_json(said: Mapping[str, Any]) -> FeeRule:
    """A rule of its JSON, checked alone as `check_rules` checks many.

    Raises: Problem (422) that points at what is missing or of the wrong kind.
    """
    try:
        rule = _read(said)
    except KeyError as missing:
        raise _unreadable(str(missing.args[0]), "この項目がありません。", "This member is missing.") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise _unreadable(
            "", f"規則として読めません（{str(error)[:80]}）。", f"Not a rule ({str(error)[:80]})."
        ) from None
    check_rules([rule])
    return rule


def _unreadable(name: str, ja: str, en: str) -> Problem:
    return Problem(
        INVALID,
        "使用料の規則を読めません。",
        "The fee rule cannot be read.",
        errors=[{"pointer": f"/{name}", "ja": ja, "en": en}],
    )


def _read(said: Mapping[str, Any]) -> FeeRule:
    applies_to = said.get("applies_to") or {}
    return FeeRule(
        rule_id=_text(said, "rule_id"),
        owner_name=_text(said, "owner_name"),
        title_ja=_text(said, "title_ja"),
        title_en=_text(said, "title_en"),
        kind=FeeKind(said["kind"]),
        parameters=dict(said["parameters"]),
        valid_from=date.fromisoformat(said["valid_from"]),
        valid_to=_day(said.get("valid_to")),
        source=_text(said, "source"),
        applies_to=AppliesTo(_codes(applies_to.get("asset_kinds")), _codes(applies_to.get("property_classes"))),
        reductions=tuple(_read_reduction(one) for one in said.get("reductions") or ()),
    )


def _read_reduction(said: Mapping[str, Any]) -> Reduction:
    return Reduction(
        code=_text(said, "code"),
        ja=_text(said, "ja"),
        en=_text(said, "en"),
        percent=_text(said, "percent"),
        conditions=_codes(said.get("conditions")),
        valid_from=_day(said.get("valid_from")),
        valid_to=_day(said.get("valid_to")),
    )


def _text(said: Mapping[str, Any], name: str) -> str:
    if not isinstance(said[name], str):
        raise TypeError(f"{name}: text is needed")
    return str(said[name])


def _codes(said: Any) -> tuple[str, ...]:
    if said is not None and not (isinstance(said, list) and all(isinstance(code, str) for code in said)):
        raise TypeError("a list of codes is needed")
    return tuple(said or ())


def _day(said: str | None) -> date | None:
    return date.fromisoformat(said) if said else None
