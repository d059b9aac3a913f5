"""A fee rule as a form: its fields as typed, and the rule they say with every fault at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from app.applications.fees.amounts import NotAnAmount, exact
from app.applications.fees.rules import FEE_KIND_LABELS, AppliesTo, FeeKind, FeeRule, Reduction, check_rules
from app.clock import today
from app.problems import Problem
from app.web.office_forms import Fault, fault, plain, read_day
from app.web.office_words import KINDS, PROPERTY_CLASSES

_DAY = timedelta(days=1)
RATES: Mapping[FeeKind, tuple[str, ...]] = {
    FeeKind.MONTHLY_RATE_LAND: ("land_rate",),
    FeeKind.MONTHLY_RATE_BUILDING_PART: ("building_rate", "land_rate"),
    FeeKind.MOVABLE_RATE: ("movable_rate",),
}
COMPUTED = frozenset({*RATES, FeeKind.UNIT_TABLE})
ROWS_MOST = 20
# Where the field stands whose parameter has another name.
_PLACES = {"rounding": "rounding_unit", "consumption_tax": "tax_rate", "classes": "class.0.price_jpy"}


def rows_of(typed: Mapping[str, str], name: str, spare: int) -> list[int]:
    """The numbers of a table's rows: those with something in them, and some to fill in."""
    found = {int(m[1]) for key, said in typed.items() if said and (m := re.match(rf"{name}\.([0-9]{{1,2}})\.", key))}
    used = sorted(n for n in found if n < ROWS_MOST and any(typed.get(f"{name}.{n}.{x}") for x in _TELLING[name]))
    many = (used[-1] + 1 if used else 0) + spare
    return list(range(min(many, ROWS_MOST)))


_TELLING = {"class": ("ja", "en", "price_jpy"), "reduction": ("ja", "en", "percent")}  # what makes a row a row


def rule_typed(rule: FeeRule) -> dict[str, str]:
    """A rule as its form shows it."""
    said = rule.parameters
    typed = {
        "rule_id": rule.rule_id, "kind": rule.kind.value, "title_ja": rule.title_ja, "title_en": rule.title_en,
        "source": rule.source, "valid_from": rule.valid_from.isoformat(), "valid_to": _iso(rule.valid_to),
    }  # fmt: skip
    typed |= {f"asset_kinds.{code}": "1" for code in rule.applies_to.asset_kinds}
    typed |= {f"property_classes.{code}": "1" for code in rule.applies_to.property_classes}
    plain_ones = (
        "land_rate",
        "building_rate",
        "movable_rate",
        "minimum_jpy",
        "part_month",
        "period",
        "note_ja",
        "note_en",
    )
    typed |= {name: str(said[name]) for name in plain_ones if name in said}
    rounding, tax = said.get("rounding", {}), said.get("consumption_tax", {})
    typed |= {f"rounding_{name.removesuffix('_jpy')}": str(value) for name, value in rounding.items()}
    if tax.get("is_charged"):
        typed |= {"tax_charged": "1", "tax_rate": str(tax.get("rate", "0.10"))}
    for n, row in enumerate(said.get("classes", ())):
        typed |= {f"class.{n}.{name}": str(value) for name, value in row.items() if value not in (False, None)}
    for n, one in enumerate(rule.reductions):
        typed |= _reduction_typed(n, one)
    return typed


def _reduction_typed(n: int, one: Reduction) -> dict[str, str]:
    said = {
        "code": one.code,
        "ja": one.ja,
        "en": one.en,
        "percent": one.percent,
        "needs": "1" if one.conditions else "",
    }
    said |= {"from": _iso(one.valid_from), "to": _iso(one.valid_to), "conditions": " ".join(one.conditions)}
    return {f"reduction.{n}.{name}": value for name, value in said.items()}


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def kind_of(typed: Mapping[str, str]) -> FeeKind | None:
    """The kind of rule a form is for."""
    return FeeKind(typed["kind"]) if typed.get("kind") in set(FeeKind) else None


def read_rule(
    typed: Mapping[str, str], kind: FeeKind, owner_name: str, rule_id: str | None
) -> tuple[FeeRule, list[Fault]]:
    """The rule a form says, and what is wrong with its fields: with no fault it can be put beside the others.

    An English title left empty is the name of the kind. Days that cannot be read stand as today in the answer.
    """
    faults: list[Fault] = []
    first = _day(typed, "valid_from", True, faults) or today()
    percent_faults, reductions = _reductions(typed)
    class_faults, parameters = _parameters(typed, kind)
    rule = FeeRule(
        rule_id=rule_id or f"{kind.value}-{first:%Y%m%d}-{uuid4().hex[:6]}", owner_name=owner_name,
        title_ja=typed.get("title_ja", "").strip(),
        title_en=typed.get("title_en", "").strip() or FEE_KIND_LABELS[kind][1], kind=kind, parameters=parameters,
        valid_from=first, valid_to=_day(typed, "valid_to", False, faults), source=typed.get("source", "").strip(),
        applies_to=AppliesTo(_chosen(typed, "asset_kinds", KINDS), _chosen(typed, "property_classes", PROPERTY_CLASSES)),
        reductions=tuple(reductions),
    )  # fmt: skip
    faults += class_faults + percent_faults
    named = {one["pointer"] for one in faults}
    faults += [one for one in faults_beside(rule, ()) if one["pointer"] not in named]
    return rule, faults


def faults_beside(rule: FeeRule, others: Sequence[FeeRule]) -> list[Fault]:
    """What `check_rules` finds in a rule beside others, at the fields of its form."""
    try:
        check_rules([*others, rule])
    except Problem as problem:
        return [{**error, "pointer": f"/{_place(error['pointer'])}"} for error in problem.errors]
    return []


def _place(pointer: str) -> str:
    """`/3/parameters/rounding` → `rounding_unit`, `/3/reductions/0/percent` → `reduction.0.percent`."""
    name = re.sub(r"^/\d+/(parameters/)?", "", pointer)
    return _PLACES.get(name, re.sub(r"^reductions/(\d+)/", r"reduction.\1.", name))


def _day(typed: Mapping[str, str], name: str, is_needed: bool, faults: list[Fault]) -> date | None:
    written = typed.get(name, "").strip()
    day = read_day(written)
    if day is None and (written or is_needed):
        faults.append(fault(name, "日付を 2026-04-01 のように書いてください。", "Write the day like 2026-04-01."))
    return day


def _chosen(typed: Mapping[str, str], name: str, known: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(code for code in known if typed.get(f"{name}.{code}"))


def _parameters(typed: Mapping[str, str], kind: FeeKind) -> tuple[list[Fault], dict[str, Any]]:
    said: dict[str, Any] = {name: plain(typed.get(name)) for name in RATES.get(kind, ())}
    faults: list[Fault] = []
    if kind is FeeKind.UNIT_TABLE:
        said["period"] = typed.get("period") or "year"
        said["classes"] = list(_classes(typed, faults))
    if kind in COMPUTED:
        said |= _terms(typed)
    notes = {name: typed.get(name, "").strip() for name in ("note_ja", "note_en")}
    return faults, said | {name: note for name, note in notes.items() if note}


def _terms(typed: Mapping[str, str]) -> dict[str, Any]:
    """How a computed rule rounds, what part of a month counts, its minimum and its tax."""
    said: dict[str, Any] = {
        "rounding": {
            "mode": typed.get("rounding_mode") or "floor", "unit_jpy": plain(typed.get("rounding_unit")) or "1",
            "at": typed.get("rounding_at") or "month",
        },
        "part_month": typed.get("part_month") or "whole",
    }  # fmt: skip
    if minimum := plain(typed.get("minimum_jpy")):
        said["minimum_jpy"] = minimum
    if typed.get("tax_charged"):
        said["consumption_tax"] = {"is_charged": True, "rate": plain(typed.get("tax_rate")) or "0.10"}
    return said


def _classes(typed: Mapping[str, str], faults: list[Fault]) -> Iterator[dict[str, Any]]:
    codes: set[str] = set()
    for n in rows_of(typed, "class", 0):
        row = {name: typed.get(f"class.{n}.{name}", "").strip() for name in ("code", "ja", "en", "unit", "price_jpy")}
        if not any(row[name] for name in _TELLING["class"]):
            continue
        if not row["ja"]:
            faults.append(fault(f"class.{n}.ja", "設備の名前を書いてください。", "Name the equipment."))
        row["price_jpy"] = _amount(row["price_jpy"], f"class.{n}.price_jpy", faults)
        code = row["code"] if row["code"] and row["code"] not in codes else f"row-{n + 1}"
        codes.add(code)
        given = {
            "code": code,
            "en": row["en"] or row["ja"] or "?",
            "ja": row["ja"] or "?",
            "unit": row["unit"] or "piece",
        }
        counts = {"counts_part_as_whole": True} if typed.get(f"class.{n}.counts_part_as_whole") else {}
        yield {**row, **given, **counts}


def _amount(written: str, name: str, faults: list[Fault]) -> str:
    """An amount in half width; what is none is named and stands as 0."""
    try:
        exact(plain(written))
    except NotAnAmount as reason:
        faults.append(fault(name, reason.ja, reason.en))
        return "0"
    return plain(written)


def _reductions(typed: Mapping[str, str]) -> tuple[list[Fault], list[Reduction]]:
    faults: list[Fault] = []
    made = []
    for n in rows_of(typed, "reduction", 0):
        said = {
            name: typed.get(f"reduction.{n}.{name}", "").strip()
            for name in ("code", "ja", "en", "percent", "conditions")
        }
        if not any(said[name] for name in _TELLING["reduction"]):
            continue
        if not said["ja"]:
            faults.append(fault(f"reduction.{n}.ja", "減免の名前を書いてください。", "Name the reduction."))
        percent = _amount(said["percent"].removesuffix("%").removesuffix("％"), f"reduction.{n}.percent", faults)
        code = said["code"] or f"reduction-{uuid4().hex[:6]}"
        needs = tuple(said["conditions"].split()) or (f"{code}-granted",)
        one = Reduction(
            code, said["ja"] or "?", said["en"] or f"Reduction of {percent} %", percent,
            conditions=needs if typed.get(f"reduction.{n}.needs") else (),
            valid_from=_day(typed, f"reduction.{n}.from", False, faults),
            valid_to=_day(typed, f"reduction.{n}.to", False, faults),
        )  # fmt: skip
        made.append(one)
    return faults, made


def ended_before(rule: FeeRule, others: Sequence[FeeRule]) -> list[FeeRule]:
    """The other rules, those the new one takes over from ended on the day before it begins."""
    return [_ended(other, rule) if _is_earlier(other, rule) else other for other in others]


def _is_earlier(other: FeeRule, rule: FeeRule) -> bool:
    is_open = other.valid_to is None or other.valid_to >= rule.valid_from
    return other.valid_from < rule.valid_from and is_open and other.applies_to.meets(rule.applies_to)


def _ended(other: FeeRule, rule: FeeRule) -> FeeRule:
    return replace(other, valid_to=rule.valid_from - _DAY)
