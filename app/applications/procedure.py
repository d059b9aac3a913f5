"""The procedure: who owes the next step in each state, and which action leads where. Pure; nothing here touches a case.

`STANDARD` (in `standard_procedure`) is the whole of it. An owner may vary limits and documents; a running case keeps the
procedure it began with, which is stored under the hash of what it says.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

import orjson


class Party(StrEnum):
    """Who owes a step, or holds up the clock."""

    CARRIER = "carrier"
    WINDOW = "window"
    OWNER = "owner"
    ROAD = "road"  # road manager and police: outside the service, they only hold up the clock
    SERVICE = "service"  # acts by itself when a limit has passed
    NOBODY = "nobody"


PARTY_LABELS: Mapping[Party, tuple[str, str]] = {
    Party.CARRIER: ("事業者", "Carrier"),
    Party.WINDOW: ("窓口", "Window"),
    Party.OWNER: ("所管", "Owner"),
    Party.ROAD: ("道路管理者・警察", "Road manager and police"),
    Party.SERVICE: ("自動", "Automatic"),
    Party.NOBODY: ("なし", "Nobody"),
}

RESUME = "resume"  # as a target: back to the state the case was taken from


@dataclass(frozen=True, slots=True)
class State:
    """A state of a case: exactly one party owes the next step, unless it is at rest.

    `limit_days` are business days for that party (`limit_months` calendar months); `clock` tells whether the office's
    standard processing time runs, stands because of `stopped_by`, or is over.
    """

    code: str
    ja: str
    en: str
    stage: str
    party: Party
    limit_days: int | None = None
    limit_months: int | None = None
    new_structure_days: int | None = None  # the limit where something new is built instead of `limit_days`
    clock: str = "off"  # "runs", "stopped", "off"
    stopped_by: Party | None = None
    on_limit: str | None = None  # the action the service takes the day after the limit
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """What an action does: `source` states, the `target`, who may take it, and what must come with it.

    `documents` are types that must be on the case; `structure_documents` in addition for structures; `fields` must be
    given with the action; `effects` are carried out by `app/applications/effects.py` in the same transaction.
    """

    action: str
    ja: str
    en: str
    consequence_ja: str
    consequence_en: str
    source: tuple[str, ...]
    target: str
    party: Party
    documents: tuple[str, ...] = ()
    structure_documents: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Procedure:
    """States and transitions; looked up by state and action."""

    name: str
    standard_days: int  # 標準処理期間: business days of the offices from submission to decision
    new_structure_days: int
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]

    @cached_property
    def by_state(self) -> Mapping[str, State]:
        """States by code."""
        return {state.code: state for state in self.states}

    @cached_property
    def _by_step(self) -> Mapping[tuple[str, str], Transition]:
        return {(source, t.action): t for t in self.transitions for source in t.source}

    def find(self, state: str, action: str) -> Transition | None:
        """The transition that action makes from that state, if there is one."""
        return self._by_step.get((state, action))

    def actions_from(self, state: str, parties: Iterable[Party]) -> list[Transition]:
        """What these parties may do in that state, in the order of the table."""
        allowed = frozenset(parties)
        return [t for t in self.transitions if state in t.source and t.party in allowed]

    def allowed_days(self, is_new_structure: bool) -> int:
        """The standard processing time in business days."""
        return self.new_structure_days if is_new_structure else self.standard_days

    @cached_property
    def procedure_id(self) -> str:
        """What it is stored under: the hash of what it says."""
        return hashlib.sha256(orjson.dumps(to_json(self), option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def limit_days(state: State, is_new_structure: bool) -> int | None:
    """The limit of a state in business days; None without one (or where it is in months)."""
    return state.new_structure_days if is_new_structure and state.new_structure_days else state.limit_days


def to_json(procedure: Procedure) -> dict[str, Any]:
    """The procedure as plain JSON."""
    return {
        "name": procedure.name,
        "standard_days": procedure.standard_days,
        "new_structure_days": procedure.new_structure_days,
        "states": [asdict(state) for state in procedure.states],
        "transitions": [asdict(transition) for transition in procedure.transitions],
    }


def from_json(said: Mapping[str, Any]) -> Procedure:
    """The procedure that `to_json` wrote."""
    return Procedure(
        said["name"],
        said["standard_days"],
        said["new_structure_days"],
        tuple(_state(state) for state in said["states"]),
        tuple(_transition(transition) for transition in said["transitions"]),
    )


def _state(said: Mapping[str, Any]) -> State:
    stopped_by = said["stopped_by"]
    return State(**{**said, "party": Party(said["party"]), "stopped_by": Party(stopped_by) if stopped_by else None})


def _transition(said: Mapping[str, Any]) -> Transition:
    lists = ("source", "documents", "structure_documents", "fields", "effects")
    return Transition(**{**said, "party": Party(said["party"]), **{name: tuple(said[name]) for name in lists}})


@dataclass(frozen=True, slots=True)
class Variation:
    """How an owner's procedure differs from the standard one.

    Limits in business days by state; documents by action (in place of the standard ones); whether the survey on the
    spot may be left out, so that the owner's first answer leads straight to the consultation.
    """

    limit_days: Mapping[str, int]
    documents: Mapping[str, tuple[str, ...]]
    without_survey: bool = False
    standard_days: int | None = None


def vary(standard: Procedure, name: str, variation: Variation) -> Procedure:
    """The standard procedure with an owner's differences. Raises ValueError for a state or action it does not know."""
    unknown = set(variation.limit_days) - set(standard.by_state)
    unknown |= set(variation.documents) - {t.action for t in standard.transitions}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    states = tuple(
        replace(state, limit_days=variation.limit_days[state.code]) if state.code in variation.limit_days else state
        for state in standard.states
    )
    transitions = tuple(_varied(transition, variation) for transition in standard.transitions)
    days = variation.standard_days
    varied = replace(
        standard, name=name, states=states, transitions=transitions, standard_days=days or standard.standard_days
    )
    return _without_unreachable(varied) if variation.without_survey else varied


def _without_unreachable(procedure: Procedure) -> Procedure:
    """Without the states nothing leads to any more, and the steps from them."""
    reached = _reached(procedure, "draft")
    shortened = (replace(t, source=tuple(code for code in t.source if code in reached)) for t in procedure.transitions)
    states = tuple(state for state in procedure.states if state.code in reached)
    return replace(procedure, states=states, transitions=tuple(t for t in shortened if t.source))


def _varied(transition: Transition, variation: Variation) -> Transition:
    if variation.without_survey and transition.action == "pass_first_review":
        transition = replace(transition, target="surveyed")
    documents = variation.documents.get(transition.action)
    return transition if documents is None else replace(transition, documents=tuple(documents))


def find_faults(procedure: Procedure) -> list[str]:
    """What is wrong with a procedure as a graph: dead ends, unreachable states, actions of the wrong party."""
    states, faults = procedure.by_state, []
    for transition in procedure.transitions:
        for code in (*transition.source, transition.target):
            if code not in states and code != RESUME:
                faults.append(f"{transition.action}: no state {code}")
    for state in procedure.states:
        own = procedure.actions_from(state.code, (state.party,))
        if state.is_end and procedure.actions_from(state.code, Party):
            faults.append(f"{state.code} is an end, yet can be left")
        if not state.is_end and state.party is not Party.NOBODY and not own:
            faults.append(f"{state.code}: {state.party} owes a step but has no action")
        if state.on_limit and procedure.find(state.code, state.on_limit) is None:
            faults.append(f"{state.code}: no transition {state.on_limit}")
    faults += [f"{code} cannot be reached" for code in states if code not in _reached(procedure, "draft")]
    return faults


def _reached(procedure: Procedure, first: str) -> set[str]:
    reached, waiting = {first}, [first]
    while waiting:
        code = waiting.pop()
        onward = {t.target for t in procedure.actions_from(code, Party) if t.target != RESUME}
        waiting += onward - reached
        reached |= onward
    return reached
