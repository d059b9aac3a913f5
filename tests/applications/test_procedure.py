"""The procedure as a table: sound as a graph, judged action by action against a second table written on its own."""

import csv
import dataclasses
import re
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from app.accounts.actor import Actor, Service
from app.accounts.permissions import PERMISSIONS, OrganisationKind, Role
from app.applications.effects import EFFECTS
from app.applications.permits import LEGAL_BASES
from app.applications.procedure import RESUME, Party, Procedure, Variation, find_faults, from_json, to_json, vary
from app.applications.procedure_document import EFFECTS_IN_WORDS, workflow_document
from app.applications.schemas import ReasonCode, TransitionRequest
from app.applications.standard_procedure import DOCUMENT_TYPES, REASON_CODES, STAGES, STANDARD
from app.applications.workflow import FIELD_WORDS, find_step
from app.config import PROJECT_ROOT
from app.problems import Problem

CARRIER, OTHER_CARRIER, WINDOW, OWNER, OFFICE = (uuid4() for _ in range(5))


def _actor(organisation: UUID, kind: OrganisationKind, role: Role) -> Actor:
    return Actor(
        uuid4(), organisation, kind, None, frozenset({role}), PERMISSIONS[role], "session", "192.0.2.1", "test"
    )


ACTORS: dict[str, Actor | Service] = {
    "carrier": _actor(CARRIER, OrganisationKind.CARRIER, Role.CARRIER_MEMBER),
    "window": _actor(WINDOW, OrganisationKind.WINDOW, Role.WINDOW_OPERATOR),
    "owner": _actor(OWNER, OrganisationKind.BUREAU, Role.OWNER_REVIEWER),
    "other_carrier": _actor(OTHER_CARRIER, OrganisationKind.CARRIER, Role.CARRIER_ADMIN),
    "reviewer": _actor(OFFICE, OrganisationKind.MUNICIPALITY, Role.OWNER_REVIEWER),  # asked for its opinion
    "service": Service("worker"),
}
ACTIONS = {transition.action for transition in STANDARD.transitions}


def _matrix() -> dict[tuple[str, str], dict[str, str]]:
    with (Path(__file__).parent / "workflow_matrix.csv").open(encoding="utf-8", newline="") as file:
        return {(row.pop("state"), row.pop("action")): row for row in csv.DictReader(file)}


MATRIX = _matrix()
LEADS_TO = {step: row.pop("leads_to") for step, row in MATRIX.items()}  # "back": to where the case came from


def _site(state: str, owner: UUID | None = OWNER) -> dict[str, Any]:
    return {
        "state": state, "organisation_id": CARRIER, "window_organisation_id": WINDOW, "owner_organisation_id": owner,
        "reviewer_organisations": [OFFICE],
    }  # fmt: skip


def _judged(state: str, action: str, actor: Actor | Service, owner: UUID | None = OWNER) -> tuple[str, Problem | None]:
    try:
        step = find_step(STANDARD, _site(state, owner), actor, action)
    except Problem as problem:
        return str(problem.kind.status), problem
    assert step.action == action and state in step.source
    return "yes", None


def test_the_graph_has_no_fault() -> None:
    assert find_faults(STANDARD) == []


def test_the_matrix_is_complete() -> None:
    """Every state × every action × everybody who may ever come."""
    assert set(MATRIX) == {(state, action) for state in STANDARD.by_state for action in ACTIONS}
    assert all(set(row) == set(ACTORS) for row in MATRIX.values())
    assert len(MATRIX) * len(ACTORS) == len(STANDARD.states) * len(ACTIONS) * 6 > 8_000


@pytest.mark.parametrize("role", ACTORS)
def test_everybody_may_do_what_the_matrix_says(role: str) -> None:
    got = {key: _judged(*key, ACTORS[role])[0] for key in MATRIX}
    assert got == {key: row[role] for key, row in MATRIX.items()}


def test_every_step_leads_where_the_matrix_says() -> None:
    got = {key: (found.target if (found := STANDARD.find(*key)) else "") for key in MATRIX}
    assert got == {key: RESUME if target == "back" else target for key, target in LEADS_TO.items()}


def test_refusals_say_what_can_be_done() -> None:
    """State, whose turn it is, and the actions that would be allowed; in both languages."""
    for (state, action), row in MATRIX.items():
        for role, expected in row.items():
            _, problem = _judged(state, action, ACTORS[role])
            if problem is None:
                continue
            allowed = {a for (s, a), r in MATRIX.items() if s == state and r[role] == "yes"}
            assert set(problem.members["available_actions"]) == allowed
            assert (problem.members["state"], problem.members["party"]) == (
                state,
                STANDARD.by_state[state].party.value,
            )
            assert STANDARD.by_state[state].ja in problem.ja and STANDARD.by_state[state].en in problem.en
            assert expected in ("403", "409")


def test_the_window_stands_in_for_an_office_without_an_account() -> None:
    """It may do what the owner may, beside its own; nobody else gains anything."""
    for (state, action), row in MATRIX.items():
        may = "yes" in (row["window"], row["owner"])
        assert (_judged(state, action, ACTORS["window"], None)[0] == "yes") == may, (state, action)
        for role in ("carrier", "other_carrier", "reviewer", "service"):
            assert (_judged(state, action, ACTORS[role], None)[0] == "yes") == (row[role] == "yes")
        assert _judged(state, action, ACTORS["owner"], None)[0] != "yes"


def test_an_unknown_action_is_a_conflict_with_what_can_be_done() -> None:
    status, problem = _judged("intake_check", "approve_everything", ACTORS["window"])
    assert status == "409" and problem is not None
    assert problem.members["available_actions"] == ["request_correction", "propose_sharing", "refer"]


def test_each_open_state_is_owed_by_exactly_one_party_with_something_to_do() -> None:
    at_rest = {state.code for state in STANDARD.states if state.party is Party.NOBODY}
    assert at_rest == {"on_air"} | {state.code for state in STANDARD.states if state.is_end}
    for state in STANDARD.states:
        if state.party is not Party.NOBODY:
            assert state.party in (Party.CARRIER, Party.WINDOW, Party.OWNER)
            assert STANDARD.actions_from(state.code, (state.party,)), state.code
    assert len(STANDARD.by_state) == len(STANDARD.states)


def test_no_step_has_two_meanings() -> None:
    """For a state and an action there is one party and one target."""
    steps = Counter((source, t.action) for t in STANDARD.transitions for source in t.source)
    assert [step for step, many in steps.items() if many > 1] == []


def test_every_end_can_be_reached_and_left_by_nobody() -> None:
    ends = {state.code for state in STANDARD.states if state.is_end}
    assert ends == {t.target for t in STANDARD.transitions} & ends
    assert [t for t in STANDARD.transitions if set(t.source) & ends] == []


def test_what_a_limit_sets_off_is_the_services() -> None:
    for state in STANDARD.states:
        if state.on_limit is not None:
            found = STANDARD.find(state.code, state.on_limit)
            assert found is not None and found.party is Party.SERVICE
            assert state.limit_days is not None or state.limit_months is not None
    by_service = {t.action for t in STANDARD.transitions if t.party is Party.SERVICE}
    timed = {state.on_limit for state in STANDARD.states if state.on_limit}
    assert by_service == timed | {"begin_renewal", "expire"}  # these two by the permit's own term


def test_the_clock_stands_only_because_of_somebody() -> None:
    for state in STANDARD.states:
        assert (state.clock == "stopped") == (state.stopped_by is not None), state.code
        if state.party in (Party.WINDOW, Party.OWNER) and state.stage in (
            "enquiry",
            "survey",
            "consultation",
            "permit",
        ):
            assert state.clock == "runs", state.code


def test_every_word_is_said_in_both_languages() -> None:
    labels = [(state.code, state.ja, state.en) for state in STANDARD.states]
    for t in STANDARD.transitions:
        labels += [(t.action, t.ja, t.en), (t.action, t.consequence_ja, t.consequence_en)]
    for words in (STAGES, DOCUMENT_TYPES, REASON_CODES, FIELD_WORDS, LEGAL_BASES):
        labels += [(code, *pair) for code, pair in words.items()]
    for code, ja, en in labels:
        assert ja.strip() and en.strip(), code
        assert not ja.isascii(), f"{code}: {ja} is not Japanese"
        assert en.isascii(), f"{code}: {en} is not English"
    assert {state.stage for state in STANDARD.states} == set(STAGES)


def test_whatever_the_table_names_exists() -> None:
    """Documents, fields of the request, effects and reasons."""
    for t in STANDARD.transitions:
        assert set(t.documents) | set(t.structure_documents) <= set(DOCUMENT_TYPES)
        assert set(t.fields) <= set(TransitionRequest.model_fields) & set(FIELD_WORDS)
        assert set(t.effects) <= set(EFFECTS)
    assert set(EFFECTS) == {effect for t in STANDARD.transitions for effect in t.effects}
    assert set(ReasonCode.__args__) == set(REASON_CODES)  # type: ignore[attr-defined]


def test_a_way_back_has_a_place_to_go_back_to() -> None:
    """Each state left by `resume` is entered by steps that note where the case came from."""
    resuming = {source for t in STANDARD.transitions if t.target == RESUME for source in t.source}
    for t in STANDARD.transitions:
        assert (t.target in resuming) == ("keep_days" in t.effects), t.action


def test_a_refusal_says_why_and_gives_the_slot_back() -> None:
    for t in STANDARD.transitions:
        if t.action in ("decline", "deny"):
            assert {"reason_code", "comment"} <= set(t.fields) and {"release_slot", "decide"} <= set(t.effects)
        if t.target != RESUME and STANDARD.by_state[t.target].is_end and t.source != ("draft",):
            assert "release_slot" in t.effects, t.action


def test_it_survives_being_written_and_read() -> None:
    again = from_json(orjson.loads(orjson.dumps(to_json(STANDARD))))
    assert again == STANDARD and again.procedure_id == STANDARD.procedure_id
    assert isinstance(again.states[1].party, Party) and isinstance(again.transitions[0].source, tuple)


def _standard_with(**changes: Any) -> Procedure:
    variation = {"limit_days": {}, "documents": {}, **changes}
    return vary(STANDARD, "試験の局", Variation(**variation))


def test_an_owner_may_set_its_own_limits_documents_and_survey() -> None:
    varied = _standard_with(
        limit_days={"referred": 5}, documents={"open_consultation": ("layout_plan",)}, without_survey=True,
        standard_days=40,
    )  # fmt: skip
    assert varied.by_state["referred"].limit_days == 5 and varied.by_state["consultation"].limit_days == 30
    opened = varied.find("surveyed", "open_consultation")
    passed = varied.find("referred", "pass_first_review")
    assert opened is not None and opened.documents == ("layout_plan",)
    assert passed is not None and passed.target == "surveyed"
    assert (varied.allowed_days(False), varied.allowed_days(True)) == (40, STANDARD.new_structure_days)
    assert varied.procedure_id != STANDARD.procedure_id
    assert STANDARD.by_state["referred"].limit_days == 15, "the standard stays as it is"


def test_who_may_do_what_is_the_same_whatever_an_owner_varies() -> None:
    varied = _standard_with(limit_days={"referred": 5}, documents={"permit": ("drawings",)})
    for state, action in MATRIX:
        one, other = STANDARD.find(state, action), varied.find(state, action)
        assert (one and (one.party, one.target)) == (other and (other.party, other.target))


@pytest.mark.parametrize("changes", [{"limit_days": {"nowhere": 3}}, {"documents": {"dance": ("photo",)}}])
def test_an_unknown_name_in_a_variation_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="unknown"):
        _standard_with(**changes)


def test_without_the_survey_its_states_are_gone_and_the_rest_holds() -> None:
    varied = _standard_with(without_survey=True)
    assert find_faults(_standard_with()) == find_faults(varied) == []
    gone = set(STANDARD.by_state) - set(varied.by_state)
    assert gone == {state.code for state in STANDARD.states if state.stage == "survey"}
    assert [t.action for t in varied.transitions if set(t.source) & gone] == []
    assert "lapse" in {t.action for t in varied.actions_from("correction", (Party.SERVICE,))}


def test_each_kind_of_fault_is_found() -> None:
    first = STANDARD.transitions[0]
    broken = dataclasses.replace(STANDARD, transitions=(dataclasses.replace(first, target="nowhere"),))
    found = find_faults(broken)
    assert "submit: no state nowhere" in found
    assert any("owes a step but has no action" in fault for fault in found)
    assert any("no transition" in fault for fault in found)
    assert "on_air cannot be reached" in found
    leaving = dataclasses.replace(first, source=("closed",))
    assert "closed is an end, yet can be left" in find_faults(dataclasses.replace(STANDARD, transitions=(leaving,)))


def test_the_document_tells_of_every_state_action_and_effect() -> None:
    """Also checked to be up to date with the table, as every generated document is (`tests/test_policy.py`)."""
    text = workflow_document(STANDARD)
    assert set(EFFECTS_IN_WORDS) == set(EFFECTS)
    for name in (*STANDARD.by_state, *ACTIONS, *DOCUMENT_TYPES, *REASON_CODES):
        assert f"`{name}`" in text, name
    drawn = re.findall(r"^  (\w+) --> (\w+): ", text, re.MULTILINE)
    led = {
        (s, t.target) for t in STANDARD.transitions for s in t.source if t.action != "withdraw" and t.target != RESUME
    }
    back = {(away, came) for away, came in drawn if away in ("correction", "sharing_offered", "road_permits")}
    assert led <= set(drawn) <= led | back
    assert (PROJECT_ROOT / "docs/workflow.md").read_text(encoding="utf-8") == text, "run scripts/docs"


def test_its_hash_hangs_on_every_word() -> None:
    reworded = dataclasses.replace(STANDARD.states[3], ja="打診")
    changed = dataclasses.replace(STANDARD, states=(*STANDARD.states[:3], reworded, *STANDARD.states[4:]))
    assert changed.procedure_id != STANDARD.procedure_id
    assert len(STANDARD.procedure_id) == 16
