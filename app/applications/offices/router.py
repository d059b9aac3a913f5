"""`/api/v1`: what offices and the window set: procedure, closures, fee rules, routes; and fee estimates for everybody."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import text

from app.accounts.auth import CaseReader, Db, GuardedRoute, OwnerReviewer, WindowOperator
from app.applications.choosing.asset_facts import find_assets
from app.applications.fees.facts import FeeFacts
from app.applications.fees.kept_rules import estimate_fee, put_rules, rules_of
from app.applications.fees.rules import NoRule, rule_to_json
from app.applications.offices import schemas as office_schemas
from app.applications.offices import settings as office_settings
from app.problems import NOT_FOUND, Problem

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["offices"])


@router.put("/office/procedure")
def put_procedure(actor: OwnerReviewer, db: Db, wanted: office_schemas.VariationRequest) -> dict[str, Any]:
    """My office's own limits and documents, for cases that begin from now on; running ones keep theirs."""
    with db.begin(actor) as session:
        procedure = office_settings.put_variation(session, actor, wanted)
    return {"procedure_id": procedure.procedure_id}


@router.get("/office/closures")
def read_closures(actor: CaseReader, db: Db, office: UUID | None = None) -> list[office_schemas.Closure]:
    """Days an office is closed beyond weekends, holidays and the turn of the year; mine where none is named."""
    with db.begin(actor) as session:
        return office_settings.list_closures(session, office or actor.organisation_id)


@router.put("/office/closures")
def put_closures(actor: OwnerReviewer, db: Db, wanted: office_schemas.ClosuresRequest) -> list[office_schemas.Closure]:
    """Every closure of my office; due days set from now on know them."""
    with db.begin(actor) as session:
        office_settings.lock_office(session, actor)
        office_settings.put_closures(session, actor, wanted.closures)
    return wanted.closures


@router.get("/office/fee-rules")
def read_fee_rules(actor: CaseReader, db: Db, office: UUID | None = None) -> list[dict[str, Any]]:
    """An office's dated fee rules; mine where none is named."""
    with db.begin(actor) as session:
        return [rule_to_json(rule) for rule in rules_of(session, office or actor.organisation_id, None)]


@router.put("/office/fee-rules")
def put_fee_rules(actor: OwnerReviewer, db: Db, wanted: office_schemas.FeeRulesRequest) -> list[dict[str, Any]]:
    """Every fee rule of my office; overlaps and bad parameters are all named at once."""
    with db.begin(actor) as session:
        office_settings.lock_office(session, actor)
        return [rule_to_json(rule) for rule in put_rules(session, actor, wanted.rules)]


@router.post("/fee-estimates")
def estimate(actor: CaseReader, db: Db, wanted: office_schemas.FeeRequest) -> dict[str, Any]:
    """An asset's fee by the rule in force, line by line; what is unknown is named instead of guessed."""
    with db.begin(actor) as session:
        asset = find_assets(session, [wanted.asset_id]).get(wanted.asset_id)
        if asset is None:
            raise Problem(NOT_FOUND, "そのアセットは一覧にありません。", "There is no such asset.")
        owner = session.execute(text("SELECT office_of_asset(:asset)"), {"asset": wanted.asset_id}).scalar_one_or_none()
        facts = FeeFacts(
            owner_name=asset["owner_name"], asset_kind=asset["asset_kind"], property_class=asset["property_class"],
            **wanted.model_dump(exclude={"asset_id", "on"}, exclude_none=True),
        )  # fmt: skip
        found = estimate_fee(session, owner, asset, facts, wanted.on)
    if isinstance(found, NoRule):
        return {"rule": None, "ja": found.ja, "en": found.en}
    return {
        "rule": rule_to_json(found.rule), "ja": found.rule_ja, "en": found.rule_en,
        "monthly_jpy": None if found.monthly_jpy is None else str(found.monthly_jpy),
        "yearly_jpy": None if found.yearly_jpy is None else str(found.yearly_jpy),
        "lines": [{"ja": one.ja, "en": one.en, "formula": one.formula, "amount_jpy": str(one.amount_jpy)} for one in found.lines],
        "missing": [one._asdict() for one in found.missing], "notes": [{"ja": ja, "en": en} for ja, en in found.notes],
    }  # fmt: skip


@router.get("/routes")
def read_routes(actor: WindowOperator, db: Db) -> list[dict[str, Any]]:
    """Which office answers for which owner's assets."""
    with db.begin(actor) as session:
        return office_settings.list_routes(session)


@router.put("/routes")
def put_route(actor: WindowOperator, db: Db, wanted: office_schemas.RouteRequest) -> office_schemas.RouteRequest:
    """Route the assets of an owner's bureau to an office."""
    with db.begin(actor) as session:
        office_settings.put_route(session, wanted)
    return wanted


@router.get("/reservation-caps")
def read_caps(actor: WindowOperator, db: Db) -> list[office_schemas.CapRequest]:
    """How many slots a carrier may reserve in a municipality, where it is not the usual number."""
    with db.begin(actor) as session:
        return office_settings.list_caps(session)


@router.put("/reservation-caps")
def put_cap(actor: WindowOperator, db: Db, wanted: office_schemas.CapRequest) -> office_schemas.CapRequest:
    """Set how many slots a carrier may reserve in a municipality."""
    with db.begin(actor) as session:
        office_settings.put_cap(session, wanted)
    return wanted


@router.get("/offices")
def read_offices(actor: CaseReader, db: Db) -> list[dict[str, Any]]:
    """Offices that answer for assets or can be asked for their opinion, and window contractors."""
    with db.begin(actor) as session:
        return office_settings.list_offices(session)
