"""The fee calculator: an asset and what is known of it, and what the rule in force makes of that."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.auth import Db
from app.accounts.sessions import SignedIn
from app.applications.choosing.asset_facts import find_assets
from app.applications.fees.amounts import NotAnAmount, exact
from app.applications.fees.estimates import Estimate, PeriodEstimate, estimate, estimate_period
from app.applications.fees.facts import AMOUNTS, FeeFacts, FeeItem
from app.applications.fees.kept_rules import rules_of
from app.applications.fees.rules import FeeKind, FeeRule, NoRule, rule_in_force
from app.clock import today
from app.problems import NOT_FOUND, Problem
from app.web.office_forms import Fault, FeeViewer, fault, office_page, plain, read_day, refuse, typed_of
from app.web.office_words import amounts_of

router = APIRouter(include_in_schema=False)


@router.get("/office/fees/estimate")
def show_estimate(request: Request, viewer: FeeViewer, db: Db) -> Response:
    """What an asset costs by the rule in force: the address holds everything that was typed."""
    typed = {name: value for name, value in typed_of(request.query_params).items() if name != "lang"}
    found: dict[str, Any] = {"asset": None, "owner": None, "rule": None, "no_rule": None}
    problem: Problem | None = None
    made: Estimate | PeriodEstimate | None = None
    try:
        found, made = _estimate(viewer, db, typed, found)
    except Problem as reason:
        problem = reason
    return office_page(
        request, "estimate.html", problem=problem, typed=typed, made=made if isinstance(made, Estimate) else None,
        period=made if isinstance(made, PeriodEstimate) else None, today=today(), **found,
        **_inputs(found["rule"]),
    )  # fmt: skip


def _inputs(rule: FeeRule | None) -> dict[str, Any]:
    """What the form asks for under a rule."""
    if rule is None:
        return {"amounts": (), "takes_whole": False, "classes": (), "conditional": ()}
    return {
        "amounts": amounts_of(rule),
        "takes_whole": rule.kind in (FeeKind.MONTHLY_RATE_LAND, FeeKind.MONTHLY_RATE_BUILDING_PART),
        "classes": rule.parameters["classes"] if rule.kind is FeeKind.UNIT_TABLE else (),
        "conditional": [one for one in rule.reductions if one.conditions],
    }


def _estimate(
    viewer: SignedIn, db: Db, typed: Mapping[str, str], found: dict[str, Any]
) -> tuple[dict[str, Any], Estimate | PeriodEstimate | None]:
    """What was found of asset, owner and rule is put into `found`, so that a fault in an amount loses none of it."""
    asset_id = plain(typed.get("asset"))
    if not asset_id:
        return found, None
    with db.begin(viewer.actor) as session:
        found["asset"] = asset = _asset(session, asset_id)
        owner = session.execute(text("SELECT office_of_asset(:asset)"), {"asset": asset_id}).scalar_one_or_none()
        found["owner"] = _name(session, owner)
        rules = rules_of(session, owner, asset["owner_name"])
    on, to_on = _days(typed)
    kind = "movable" if typed.get("is_movable") else asset["asset_kind"]
    rule = rule_in_force(rules, on, asset_kind=kind, property_class=asset["property_class"])
    if isinstance(rule, NoRule):
        found["no_rule"] = rule
        if to_on is None:
            return found, None
    else:
        found["rule"] = rule
    facts = _facts(typed, found["rule"], kind, asset["property_class"])
    if to_on is not None:
        return found, estimate_period(rules, facts, on, to_on)
    return found, estimate(found["rule"], facts, on)


def _asset(session: Session, asset_id: str) -> dict[str, Any]:
    found = find_assets(session, [asset_id]).get(asset_id)
    if found is None:
        raise Problem(
            NOT_FOUND,
            f"アセット「{asset_id[:40]}」は一覧にありません。番号を地図の詳細で確かめてください。",
            f"There is no asset {asset_id[:40]!r}; see its number on the map.",
            errors=[fault("asset", "一覧にない番号です。", "Not in the register.")],
        )
    return {"asset_id": asset_id, **found}


def _name(session: Session, organisation_id: Any) -> str | None:
    said = text("SELECT name FROM organisation WHERE organisation_id = :id")
    name: str | None = session.execute(said, {"id": organisation_id}).scalar_one_or_none()
    return name


def _days(typed: Mapping[str, str]) -> tuple[date, date | None]:
    """The day, or the first and last day of a period."""
    faults: list[Fault] = []
    days: list[date | None] = []
    for name in ("on", "to"):
        written = plain(typed.get(name))
        days.append(read_day(written))
        if written and days[-1] is None:
            faults.append(fault(name, "日付を 2027-04-01 のように書いてください。", "Write the day like 2027-04-01."))
    refuse(faults)
    return days[0] or today(), days[1]


def _facts(typed: Mapping[str, str], rule: FeeRule | None, kind: str | None, property_class: str | None) -> FeeFacts:
    """What was typed. Raises Problem (422) naming each amount that cannot be."""
    given: dict[str, Any] = {name: plain(typed.get(name)) or None for name in AMOUNTS}
    conditions: set[str] = set()
    items: list[FeeItem] = []
    if rule is not None:
        held = [one for one in rule.reductions if typed.get(f"condition.{one.code}")]
        conditions = {condition for one in held for condition in one.conditions}
        items = _items(typed, rule)
    facts = FeeFacts(asset_kind=kind, property_class=property_class, uses_whole=bool(typed.get("uses_whole")), **given)
    return replace(facts, items=tuple(items), conditions=frozenset(conditions))


def _items(typed: Mapping[str, str], rule: FeeRule) -> list[FeeItem]:
    """Quantities by class of a table. Raises Problem (422) naming each that is no number."""
    items, faults = [], []
    for row in rule.parameters.get("classes", ()):
        said: dict[str, Decimal | None] = {}
        for name in ("count", "area_m2"):
            field = f"item.{row['code']}.{name}"
            try:
                said[name] = exact(plain(typed[field])) if typed.get(field) else None
            except NotAnAmount as reason:
                faults.append(fault(field, f"{row['ja']}: {reason.ja}", f"{row['en']}: {reason.en}"))
        if not faults and any(value is not None for value in said.values()):
            items.append(FeeItem(row["code"], said["count"] if said["count"] is not None else 1, said["area_m2"]))
    refuse(faults)
    return items
