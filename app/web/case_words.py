"""How pages of cases say things: days, parties, states, actions, fields of an asset."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from app.applications.permits import LEGAL_BASES
from app.applications.plan_words import FIELDS as PLAN_FIELDS
from app.applications.plan_words import VALUES as PLAN_VALUES
from app.applications.plan_words import plan_value
from app.applications.procedure import PARTY_LABELS, Party
from app.applications.standard_procedure import DOCUMENT_TYPES, REASON_CODES, STAGES, STANDARD, STATES
from app.assets.fields import FIELDS as ASSET_FIELDS
from app.clock import TOKYO
from app.web.messages import MESSAGES, Language, message

_WEEKDAYS = ("月火水木金土日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
_UNITS = {"m2": "m²", "kV.A": "kVA", "N/m2": "N/m²", "d": "日", "deg": "°"}
_ASSET_FIELDS = {field.name: field for field in ASSET_FIELDS}
_ACTIONS = {transition.action: transition for transition in STANDARD.transitions}


def case_words(language: Language) -> dict[str, Any]:
    """Functions and tables for templates, in the page's language."""
    side = 0 if language == "ja" else 1

    def labelled(table: Mapping[str, tuple[str, ...]]) -> Callable[[str], str]:
        return lambda code: table[code][side] if code in table else code

    return {
        "day": lambda on: day_words(on, language),
        "month_day": lambda on: f"{on.month}/{on.day}",
        "time": time_words,
        "clock_time": lambda at: f"{at.astimezone(TOKYO):%H:%M}",
        "days_left": lambda left: days_left_words(left, language),
        "party_name": lambda party: PARTY_LABELS[Party(party)][side],
        "state_name": labelled({state.code: (state.ja, state.en) for state in STATES}),
        "stage_name": labelled(STAGES),
        "document_name": labelled(DOCUMENT_TYPES),
        "reason_name": labelled(REASON_CODES),
        "basis_name": labelled(LEGAL_BASES),
        "event_name": lambda action: event_name(action, language),
        "plan_name": labelled(PLAN_FIELDS),
        "plan_unit": lambda name: PLAN_FIELDS[name][2],
        "plan_choices": lambda name: {code: words[side] for code, words in PLAN_VALUES.get(name, {}).items()},
        "plan_value": lambda name, value: plan_value(name, value, language),
        "asset_name": lambda name: _ASSET_FIELDS[name].label(language) if name in _ASSET_FIELDS else name,
        "asset_value": lambda name, value: asset_value(name, value, language),
        "asset_unit": _unit,
        "asset_choices": lambda name: {c: words[side] for c, words in (_ASSET_FIELDS[name].values or {}).items()},
        "target_name": lambda target: target_name(target, language),
        "size": size_words,
        "count_words": lambda n: message(language, "case.many") if n is None else f"{n:,}",
    }


def day_words(on: date | str | None, language: Language) -> str:
    """2026年7月24日（金）, or Fri 24 Jul 2026; a dash for none."""
    if on is None:
        return "—"
    on = date.fromisoformat(on) if isinstance(on, str) else on
    weekday = _WEEKDAYS[language == "en"][on.weekday()]
    return (
        f"{on.year}年{on.month}月{on.day}日（{weekday}）"
        if language == "ja"
        else f"{weekday} {on.day} {on:%b} {on.year}"
    )


def time_words(at: datetime) -> str:
    """An instant in Tokyo, to the minute."""
    return f"{at.astimezone(TOKYO):%Y-%m-%d %H:%M}"


def days_left_words(left: int | None, language: Language) -> str:
    """How many business days are left, or have passed."""
    if left is None:
        return message(language, "case.days.none")
    if left == 0:
        return message(language, "case.days.today")
    if left < 0:
        return message(language, "case.days.over" if left < -1 else "case.days.over_one", n=-left)
    return message(language, "case.days.left" if left > 1 else "case.days.left_one", n=left)


def event_name(action: str, language: Language) -> str:
    """What an event is called: an action of the procedure, or another act around a case."""
    if action in _ACTIONS:
        return _ACTIONS[action].ja if language == "ja" else _ACTIONS[action].en
    key = f"case.event.{action}"
    return message(language, key) if key in MESSAGES[language] else action


def asset_value(name: str, value: Any, language: Language) -> str:
    """A value of an asset with its unit; a dash for none."""
    if value is None or value in ("", []):
        return "—"
    if isinstance(value, list):
        return ("、" if language == "ja" else ", ").join(asset_value(name, one, language) for one in value)
    if isinstance(value, bool):
        return message(language, "case.yes" if value else "case.no")
    if isinstance(value, int | float):
        return f"{value:,} {_unit(name)}".strip()
    values = _ASSET_FIELDS[name].values if name in _ASSET_FIELDS else None
    labels = (values or {}).get(str(value))
    return labels[language == "en"] if labels else str(value)


def _unit(name: str) -> str:
    unit = _ASSET_FIELDS[name].unit if name in _ASSET_FIELDS else None
    return _UNITS.get(unit, unit) if unit else ""


def target_name(target: str, language: Language) -> str:
    """What a correction is asked for: a field of the plan, or a document."""
    kind, _, name = target.partition(":")
    table: Mapping[str, tuple[str, ...]] = DOCUMENT_TYPES if kind == "document" else PLAN_FIELDS
    return table[name][language == "en"] if name in table else name


def size_words(byte_count: int) -> str:
    """Bytes as people read them."""
    return f"{byte_count / 1e6:.1f} MB" if byte_count >= 1e6 else f"{max(1, round(byte_count / 1e3)):,} kB"
