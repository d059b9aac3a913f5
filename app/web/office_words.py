"""How pages of offices say things: an office's procedure beside the standard one, fee rules in words."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from app.applications.fees.amounts import ROUNDING_MODES, shown
from app.applications.fees.facts import LABELS
from app.applications.fees.rules import FEE_KIND_LABELS, FeeKind, FeeRule
from app.applications.fees.words import rule_in_words
from app.applications.offices.schemas import VariationRequest
from app.applications.procedure import State, Transition
from app.applications.standard_procedure import DOCUMENT_TYPES, STAGES, STANDARD
from app.assets.fields import FIELDS as ASSET_FIELDS
from app.clock import is_business_day, today
from app.web.case_words import case_words
from app.web.messages import Language, message

# Papers this service writes itself, and what belongs to structures alone, are asked of nobody here.
_NOT_ASKED = (
    "enquiry_letter", "reply_letter", "correction_letter", "permit_letter", "denial_letter", "road_occupancy_permit",
    "road_use_permit", "other",
)  # fmt: skip
DOCUMENTS = tuple(name for name in DOCUMENT_TYPES if name not in _NOT_ASKED)
LIMITED = tuple(state for state in STANDARD.states if state.limit_days is not None)
ASKING = tuple(step for step in STANDARD.transitions if step.documents)
KINDS: Mapping[str, tuple[str, str]] = {
    **next(field.values for field in ASSET_FIELDS if field.name == "asset_kind" and field.values),
    "movable": ("物品", "Movables"),
}
PROPERTY_CLASSES: Mapping[str, tuple[str, str]] = next(
    field.values for field in ASSET_FIELDS if field.name == "property_class" and field.values
)
_AMOUNTS: Mapping[FeeKind, tuple[str, ...]] = {
    FeeKind.MONTHLY_RATE_LAND: ("land_price_jpy", "land_price_jpy_m2", "land_area_m2", "used_land_m2"),
    FeeKind.MONTHLY_RATE_BUILDING_PART: (
        "building_price_jpy", "land_price_jpy", "land_price_jpy_m2", "land_area_m2", "used_floor_m2", "total_floor_m2",
    ),
    FeeKind.MOVABLE_RATE: ("movable_price_jpy",),
}  # fmt: skip


class Stage(NamedTuple):
    """Steps of a stage that have a limit or ask for documents."""

    code: str
    states: tuple[State, ...]


def stages_with_limits() -> list[Stage]:
    """Limits of the standard procedure by stage."""
    found = [Stage(code, tuple(state for state in LIMITED if state.stage == code)) for code in STAGES]
    return [stage for stage in found if stage.states]


def office_words(language: Language) -> dict[str, Any]:
    """Functions and tables for templates, in the page's language."""
    side = 0 if language == "ja" else 1
    return {
        **case_words(language),
        "yen": lambda amount: yen(amount, language),
        "rule_words": lambda rule: rule_in_words(rule)[side],
        "in_language": lambda pair: pair[side],
        "fee_kind_name": lambda kind: FEE_KIND_LABELS[FeeKind(kind)][side],
        "amount_name": lambda name: LABELS[name][side],
        "asset_kinds": {code: words[side] for code, words in KINDS.items()},
        "property_classes": {code: words[side] for code, words in PROPERTY_CLASSES.items()},
        "rounding_modes": {code: words[side] for code, words in ROUNDING_MODES.items()},
        "field_id": lambda name: re.sub(r"[^A-Za-z0-9]", "-", name),
        "step_name": lambda step: step.ja if side == 0 else step.en,
    }


def yen(amount: Any, language: Language) -> str:
    """An amount of money; a dash for none."""
    if amount is None:
        return "—"
    return f"{shown(amount)} 円" if language == "ja" else f"JPY {shown(amount)}"


def amounts_of(rule: FeeRule) -> tuple[str, ...]:
    """The amounts a rule is computed from."""
    return _AMOUNTS.get(rule.kind, ())


def is_closed_anyway(day: date) -> bool:
    """Whether no office works on that day, so that closing it changes nothing."""
    return not is_business_day(day)


def standing(rule: FeeRule) -> str:
    """Whether a rule is in force today, yet to come, or over."""
    on = today()
    return "now" if rule.holds_on(on) else "later" if rule.valid_from > on else "over"


def by_standing(rules: Sequence[FeeRule]) -> list[tuple[str, list[FeeRule]]]:
    """Rules in force first, then those to come, then those that are over, the latest first."""
    named = [(name, [rule for rule in rules if standing(rule) == name]) for name in ("now", "later", "over")]
    return [(name, sorted(found, key=lambda rule: rule.valid_from, reverse=name == "over")) for name, found in named]


def documents_of(step: Transition, variation: VariationRequest) -> tuple[str, ...]:
    """The documents an office asks for with a step."""
    return tuple(variation.documents.get(step.action, step.documents))


def differences(variation: VariationRequest, language: Language) -> list[str]:
    """How a procedure differs from the standard one, in words."""
    side = 0 if language == "ja" else 1
    said = []
    if variation.without_survey:
        said.append(message(language, "office.differs.survey"))
    if variation.standard_days not in (None, STANDARD.standard_days):
        days = {"standard": STANDARD.standard_days, "own": variation.standard_days}
        said.append(message(language, "office.differs.days", **days))
    for code, own in variation.limit_days.items():
        state = STANDARD.by_state.get(code)
        if state and own != state.limit_days:
            name, usual = (state.ja, state.en)[side], state.limit_days or "—"
            said.append(message(language, "office.differs.limit", name=name, standard=usual, own=own))
    for action, names in variation.documents.items():
        steps = [step for step in STANDARD.transitions if step.action == action]
        if steps and set(names) != set(steps[0].documents):
            said.append(_documents_differ(steps[0], names, language))
    return said


def _documents_differ(step: Transition, names: Sequence[str], language: Language) -> str:
    side = 0 if language == "ja" else 1
    signs = [f"＋{DOCUMENT_TYPES[name][side]}" for name in names if name not in step.documents]
    signs += [f"−{DOCUMENT_TYPES[name][side]}" for name in step.documents if name not in names]
    joined = ("、" if side == 0 else ", ").join(signs)
    return message(language, "office.differs.documents", name=(step.ja, step.en)[side], documents=joined)
