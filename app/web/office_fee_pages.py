"""Fee rules of an office: the list in words, a form for each kind, ending one, taking over what is publicly known."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.accounts.actor import Actor
from app.accounts.auth import Db
from app.accounts.organisations import get_organisation
from app.accounts.permissions import OrganisationKind
from app.accounts.sessions import SignedIn
from app.applications.fees.kept_rules import put_rules, rules_of
from app.applications.fees.known_rules import KNOWN_FEE_RULES
from app.applications.fees.rules import FeeKind, FeeRule, rule_to_json
from app.applications.offices.settings import lock_office
from app.clock import today
from app.problems import CONFLICT, NOT_FOUND, Problem
from app.territory.facts import facts_by_code
from app.web.account_forms import Posted, go
from app.web.office_forms import OfficeViewer, fault, office_page, read_day, refuse, typed_of
from app.web.office_rule_forms import (
    COMPUTED,
    RATES,
    ended_before,
    faults_beside,
    kind_of,
    read_rule,
    rows_of,
    rule_typed,
)
from app.web.office_words import by_standing, standing

router = APIRouter(include_in_schema=False)
_SPARE_ROWS = 2


@router.get("/office/fees")
def show_rules(request: Request, viewer: OfficeViewer, db: Db) -> Response:
    """My office's rules: in force, to come, over."""
    return _rules(request, viewer, db)


def _rules(
    request: Request, viewer: SignedIn, db: Db, *, problem: Problem | None = None, ending: str = "", day: str = ""
) -> Response:
    with db.begin(viewer.actor) as session:
        rules = rules_of(session, viewer.actor.organisation_id, None)
        known = _known(session, viewer.actor, rules)
    return office_page(
        request, "fees.html", problem=problem, groups=by_standing(rules), known=known, kinds=list(FeeKind),
        is_any=bool(rules), ending=ending, day_typed=day, today=today(), standing=standing,
    )  # fmt: skip


def _known(session: Session, actor: Actor, held: Sequence[FeeRule]) -> list[FeeRule]:
    """What is publicly known of the owner's ordinance and not yet among its rules."""
    organisation = get_organisation(session, actor.organisation_id)
    facts = facts_by_code().get(organisation["municipality_code"] or "")
    name = "東京都" if organisation["kind"] == OrganisationKind.BUREAU.value else facts.name if facts else None
    ids = {rule.rule_id for rule in held}
    return [rule for rule in KNOWN_FEE_RULES if rule.owner_name == name and rule.rule_id not in ids]


@router.post("/office/fees/known")
def take_over_known(request: Request, viewer: OfficeViewer, form: Posted, db: Db) -> Response:
    """Make what is publicly known one's own rules."""
    try:
        with db.begin(viewer.actor) as session:
            held = _held(session, viewer.actor)
            _put(session, viewer.actor, [*held, *_known(session, viewer.actor, held)])
    except Problem as problem:
        return _rules(request, viewer, db, problem=problem)
    return go("/office/fees", done="office-rules-known")


@router.post("/office/fees/end")
def end_rule(request: Request, viewer: OfficeViewer, form: Posted, db: Db) -> Response:
    """The last day of a rule."""
    typed = typed_of(form)
    rule_id, day = typed.get("rule_id", ""), read_day(typed.get("valid_to"))
    try:
        if day is None:
            ja, en = "終わりの日を 2027-03-31 のように書いてください。", "Write the last day like 2027-03-31."
            refuse([fault("valid_to", ja, en)])
        _change(db, viewer.actor, rule_id, lambda rule: [replace(rule, valid_to=day)])
    except Problem as problem:
        return _rules(request, viewer, db, problem=problem, ending=rule_id, day=typed.get("valid_to", ""))
    return go("/office/fees", done="office-rule-ended")


@router.post("/office/fees/remove")
def remove_rule(request: Request, viewer: OfficeViewer, form: Posted, db: Db) -> Response:
    """Take back a rule that has not begun."""

    def without(rule: FeeRule) -> list[FeeRule]:
        if standing(rule) != "later":
            raise Problem(
                CONFLICT,
                "始まった規則は取り消せません。終わりの日を決めてください。",
                "A rule that has begun cannot be taken back; say its last day.",
            )
        return []

    try:
        _change(db, viewer.actor, str(form.get("rule_id", "")), without)
    except Problem as problem:
        return _rules(request, viewer, db, problem=problem)
    return go("/office/fees", done="office-rule-removed")


def _change(db: Db, actor: Actor, rule_id: str, change: Callable[[FeeRule], list[FeeRule]]) -> None:
    with db.begin(actor) as session:
        held = _held(session, actor)
        rule = _find(held, rule_id)
        place = held.index(rule)
        _put(session, actor, [*held[:place], *change(rule), *held[place + 1 :]])


def _held(session: Session, actor: Actor) -> list[FeeRule]:
    """My office's rules, which nobody else changes until the transaction ends."""
    lock_office(session, actor)
    return list(rules_of(session, actor.organisation_id, None))


def _find(held: Sequence[FeeRule], rule_id: str) -> FeeRule:
    found = next((rule for rule in held if rule.rule_id == rule_id), None)
    if found is None:
        raise Problem(NOT_FOUND, "その規則は見つかりません。", "There is no such rule.")
    return found


def _put(session: Session, actor: Actor, rules: Sequence[FeeRule]) -> None:
    put_rules(session, actor, [rule_to_json(rule) for rule in rules])


@router.get("/office/fees/rule")
def show_rule(request: Request, viewer: OfficeViewer, db: Db) -> Response:
    """The form of a rule: a held one by `id`, a new one of `kind`, or a new one like the one named by `like`."""
    asked = request.query_params
    rule_id = asked.get("id") or asked.get("like")
    if not rule_id:
        return _form(request, {"kind": asked.get("kind", ""), "valid_from": today().isoformat()})
    with db.begin(viewer.actor) as session:
        typed = rule_typed(_find(rules_of(session, viewer.actor.organisation_id, None), rule_id))
    if not asked.get("id"):
        typed |= {"rule_id": "", "valid_from": "", "valid_to": "", "ends_earlier": "1"}
    return _form(request, typed)


@router.post("/office/fees/rule")
def put_rule(request: Request, viewer: OfficeViewer, form: Posted, db: Db) -> Response:
    """Keep a rule as typed; or show more rows to fill in."""
    typed, kind = typed_of(form), kind_of(typed_of(form))
    if kind is None or "more" in form:
        return _form(request, typed, spare=2 * _SPARE_ROWS)
    try:
        with db.begin(viewer.actor) as session:
            name = get_organisation(session, viewer.actor.organisation_id)["name"]
            _put(session, viewer.actor, _with(_held(session, viewer.actor), typed, kind, name))
    except Problem as problem:
        return _form(request, typed, problem=problem)
    return go("/office/fees", done="office-rule")


def _with(held: list[FeeRule], typed: dict[str, str], kind: FeeKind, name: str) -> list[FeeRule]:
    """The office's rules with the one that was typed. Raises Problem (422) naming everything that is wrong with it."""
    rule_id = typed.get("rule_id") or None
    before = _find(held, rule_id) if rule_id else None
    others = [rule for rule in held if rule is not before]
    rule, faults = read_rule(typed, kind, before.owner_name if before else _owner_name(held, name), rule_id)
    days = {"/valid_from", "/valid_to"} & {one["pointer"] for one in faults}
    if not days:
        others = ended_before(rule, others) if typed.get("ends_earlier") else others
        named = {one["pointer"] for one in faults}
        faults += [one for one in faults_beside(rule, others) if one["pointer"] not in named]
    refuse(faults)
    return [*others, rule]


def _owner_name(held: Sequence[FeeRule], name: str) -> str:
    """Rules of one owner bear one name, so that overlaps among them are found."""
    return held[0].owner_name if held else name


def _form(
    request: Request, typed: dict[str, str], *, spare: int = _SPARE_ROWS, problem: Problem | None = None
) -> Response:
    kind = kind_of(typed)
    if kind is None:
        return go("/office/fees")
    context: dict[str, Any] = {
        "rates": RATES.get(kind, ()), "is_computed": kind in COMPUTED, "has_table": kind is FeeKind.UNIT_TABLE,
        "class_rows": rows_of(typed, "class", spare), "reduction_rows": rows_of(typed, "reduction", spare),
    }  # fmt: skip
    return office_page(request, "rule.html", problem=problem, typed=typed, kind=kind, **context)
