"""How application pages say things: fields of a plan, pre-check marks, states as a bar, what is to mend before sending."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from app.applications.choosing.prechecks import Finding
from app.applications.schemas import Plan
from app.applications.standard_procedure import STANDARD
from app.applications.submission import REQUIRED
from app.clock import add_months, today
from app.web.messages import Language, message

_QUARTERS_AHEAD = 12


class PlanField(NamedTuple):
    """A field of a plan as forms show it."""

    name: str
    kind: str  # text, long, list, whole, number, choice
    unit: str = ""
    codes: tuple[str, ...] = ()


# In the order people think of them; `codes` are told by messages `apply.value.{name}.{code}`.
PLAN_FIELDS = (
    PlanField("purpose", "long"),
    PlanField("technology", "choice", codes=("4g", "5g")),
    PlanField("bands", "list"),
    PlanField("equipment_class", "choice", codes=("macro", "small_cell", "pole", "indoor")),
    PlanField("width_mm", "whole", "mm"),
    PlanField("height_mm", "whole", "mm"),
    PlanField("depth_mm", "whole", "mm"),
    PlanField("weight_kg", "number", "kg"),
    PlanField("power_kva", "number", "kVA"),
    PlanField("antenna_height_m", "number", "m"),
    PlanField("sharing_intent", "choice", codes=("alone", "open", "shared")),
    PlanField("is_new_structure", "choice", codes=("false", "true")),
    PlanField("desired_quarter", "choice"),
    PlanField("note", "long"),
)
FIELD_BY_NAME = {one.name: one for one in PLAN_FIELDS}


def limits(name: str) -> tuple[float | None, float | None]:
    """The least and the most a number of a plan may be."""
    said = Plan.model_json_schema()["properties"][name]["anyOf"][0]
    return said.get("minimum", said.get("exclusiveMinimum")), said.get("maximum")


def quarters(chosen: str | None, on: date | None = None) -> list[str]:
    """Quarters to choose from: this one and the following three years; an older one that was chosen stays."""
    day = on or today()
    coming = [quarter_of(add_months(day.replace(day=1), 3 * ahead)) for ahead in range(_QUARTERS_AHEAD)]
    return coming if chosen is None or chosen in coming else [chosen, *coming]


def quarter_of(day: date) -> str:
    """2026Q4."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def quarter_words(quarter: str, language: Language) -> str:
    """2026Q4 as 2026年10〜12月."""
    year, number = quarter.split("Q")
    first = 3 * int(number) - 2
    return f"{year}年{first}〜{first + 2}月" if language == "ja" else f"{year} Q{number}"


def field_text(name: str, value: Any) -> str:
    """A value of a plan as its input holds it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def plan_words(name: str, value: Any, language: Language) -> str:
    """A value of a plan for reading."""
    known, written = FIELD_BY_NAME[name], field_text(name, value)
    if name == "desired_quarter":
        return quarter_words(written, language)
    if known.codes:
        return message(language, f"apply.value.{name}.{written}")
    if known.kind in ("whole", "number"):
        return f"{value:,g} {known.unit}" if known.kind == "number" else f"{value:,} {known.unit}"
    return written


_MARKS = ("asset", "availability", "slot", "power", "height", "load", "works", "own", "restriction")
_ATTENTION = {"block": 0, "warning": 1}


@dataclass(frozen=True)
class SiteRow:
    """A site of a draft with what the pre-check found: `level` is block, warning or ok; fee and days stand by themselves."""

    site: Mapping[str, Any]
    level: str
    pressing: Sequence[Finding] = ()
    other: Sequence[Finding] = ()
    fee: Finding | None = None
    days: Finding | None = None

    @property
    def marks(self) -> list[Finding]:
        """The worst finding of each kind, in the same order at every site, so that rows compare."""
        worst = {one.name: one for one in reversed([*self.pressing, *self.other])}
        return sorted(worst.values(), key=lambda one: _MARKS.index(one.name) if one.name in _MARKS else len(_MARKS))


def site_rows(sites: Sequence[Mapping[str, Any]], checked: Mapping[Any, Sequence[Finding]]) -> list[SiteRow]:
    """Sites with their findings, the worst first. What the whole plan still lacks is told once, not at each site."""
    rows = [_site_row(site, [one for one in checked[site["site_id"]] if one.name != "plan"]) for site in sites]
    return sorted(rows, key=lambda row: (_ATTENTION.get(row.level, 2), row.site["code"]))


def _site_row(site: Mapping[str, Any], found: Sequence[Finding]) -> SiteRow:
    by_name = {one.name: one for one in found}
    pressing = [one for one in found if one.level in _ATTENTION]
    apart = ("fee", "days")
    other = [one for one in found if one.level not in _ATTENTION and one.name not in apart]
    level = pressing[0].level if pressing else "ok"
    return SiteRow(site, level, pressing, other, by_name.get("fee"), by_name.get("days"))


def count_levels(rows: Sequence[SiteRow]) -> dict[str, int]:
    """How many sites stand at each level."""
    return {level: sum(row.level == level for row in rows) for level in ("block", "warning", "ok")}


@dataclass(frozen=True)
class ToMend:
    """Something to mend before sending: where it stands on the page, and what to do."""

    anchor: str
    ja: str
    en: str


@dataclass
class Mending:
    """What a refused sending named, gathered: once for a field of the whole plan, by site otherwise."""

    items: list[ToMend] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)


def mending(errors: Sequence[Mapping[str, Any]], plan: Mapping[str, Any]) -> Mending:
    """Errors of sending (pointers `/sites/CODE[/plan/FIELD]`) as a list of links into the page."""
    found = Mending()
    for error in errors:
        code, name = _place(str(error.get("pointer", "")))
        if name and plan.get(name) in (None, "", []):
            if name not in found.fields and name in REQUIRED:
                ja, en = REQUIRED[name]
                found.items.append(ToMend(f"plan-{name}", f"{ja}を入れてください。", f"Give {en}."))
            found.fields.add(name)
        elif code:
            found.codes.add(code)
            found.items.append(ToMend(f"site-{code}", error["ja"], error["en"]))
    return found


def _place(pointer: str) -> tuple[str, str]:
    parts = pointer.split("/")
    if len(parts) >= 3 and parts[1] == "sites":
        return parts[2], parts[4] if len(parts) >= 5 and parts[3] == "plan" else ""
    return "", parts[2] if len(parts) == 3 and parts[1] == "plan" else ""


# What a state means for the carrier who looks, in the order of the bar.
STATE_GROUPS = ("draft", "mine", "others", "on_air", "refused", "ended")
_REFUSED = frozenset({"declined", "permit_denied", "lapsed", "permit_expired", "revoked"})


def state_group(state: str) -> str:
    """`draft`, `mine` (the carrier owes the next step), `others`, `on_air`, `refused`, `ended`."""
    known = STANDARD.by_state[state]
    if state == "draft":
        return "draft"
    if state in _REFUSED:
        return "refused"
    if known.is_end:
        return "ended"
    if state == "on_air":
        return "on_air"
    return "mine" if known.party.value == "carrier" else "others"


def state_bar(states: Mapping[str, int]) -> list[tuple[str, int, float, float]]:
    """Sites by group: its name, how many, where its part of the bar begins and how wide it is (percent)."""
    total = sum(states.values())
    return list(_parts({g: sum(n for s, n in states.items() if state_group(s) == g) for g in STATE_GROUPS}, total))


def _parts(counts: Mapping[str, int], total: int) -> Iterator[tuple[str, int, float, float]]:
    begun = 0
    for group, count in counts.items():
        if count:
            yield group, count, round(100 * begun / total, 2), round(100 * count / total, 2)
            begun += count
