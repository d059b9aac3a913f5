"""`/api/v1`: what offices and the window set: procedure, closures, fee rules, routes; and fee estimates for everybody."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import text

from app.accounts import audit
from app.accounts.auth import CaseReader, Db, GuardedRoute, OwnerReviewer, WindowOperator
from app.applications import schemas
from app.applications.asset_facts import find_assets
from app.applications.fee_facts import FeeFacts
from app.applications.fee_rules import estimate_fee, put_rules, rules_of
from app.applications.fees import NoRule, rule_to_json
from app.applications.procedure import find_faults
from app.applications.reviews import offices_of
from app.applications.sites import vary_procedure
from app.applications.standard_procedure import DOCUMENT_TYPES
from app.problems import INVALID, NOT_FOUND, Problem

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["offices"])


@router.put("/office/procedure")
def put_procedure(actor: OwnerReviewer, db: Db, wanted: schemas.VariationRequest) -> dict[str, Any]:
    """My office's own limits and documents, for cases that begin from now on; running ones keep theirs."""
    unknown = {name for names in wanted.documents.values() for name in names} - set(DOCUMENT_TYPES)
    if unknown:
        raise Problem(
            INVALID, f"知らない書類です: {', '.join(sorted(unknown))}", f"Unknown documents: {sorted(unknown)}"
        )
    with db.begin(actor) as session:
        name = session.execute(
            text("SELECT name FROM organisation WHERE organisation_id = :id"), {"id": actor.organisation_id}
        ).scalar_one()
        try:
            procedure = vary_procedure(session, actor, name, wanted.model_dump(mode="json"))
        except ValueError as error:
            raise Problem(INVALID, f"手続きにない名前です（{error}）。", f"Not in the procedure ({error}).") from None
        faults = find_faults(procedure)
        if faults:
            raise Problem(INVALID, f"手続きが成り立ちません: {faults[0]}", f"Not a working procedure: {faults[0]}")
        audit.record(
            session, "procedure.put", f"organisation:{actor.organisation_id}", after=wanted.model_dump(mode="json")
        )
    return {"procedure_id": procedure.procedure_id}


@router.get("/office/closures")
def read_closures(actor: CaseReader, db: Db, office: UUID | None = None) -> list[schemas.Closure]:
    """Days an office is closed beyond weekends, holidays and the turn of the year; mine where none is named."""
    with db.begin(actor) as session:
        rows = session.execute(
            text("SELECT day, name FROM office_closure WHERE organisation_id = :office ORDER BY day"),
            {"office": office or actor.organisation_id},
        )
        return [schemas.Closure(day=row.day, name=row.name) for row in rows]


@router.put("/office/closures")
def put_closures(actor: OwnerReviewer, db: Db, wanted: schemas.ClosuresRequest) -> list[schemas.Closure]:
    """Every closure of my office; due days set from now on know them."""
    with db.begin(actor) as session:
        bound = {"office": actor.organisation_id}
        session.execute(text("DELETE FROM office_closure WHERE organisation_id = :office"), bound)
        for closure in wanted.closures:
            session.execute(
                text(
                    "INSERT INTO office_closure (organisation_id, day, name) VALUES (:office, :day, :name)"
                    " ON CONFLICT (organisation_id, day) DO UPDATE SET name = excluded.name"
                ),
                {**bound, "day": closure.day, "name": closure.name},
            )
        audit.record(
            session, "closures.put", f"organisation:{actor.organisation_id}", after=wanted.model_dump(mode="json")
        )
    return wanted.closures


@router.get("/office/fee-rules")
def read_fee_rules(actor: CaseReader, db: Db, office: UUID | None = None) -> list[dict[str, Any]]:
    """An office's dated fee rules; mine where none is named."""
    with db.begin(actor) as session:
        return [rule_to_json(rule) for rule in rules_of(session, office or actor.organisation_id, None)]


@router.put("/office/fee-rules")
def put_fee_rules(actor: OwnerReviewer, db: Db, wanted: schemas.FeeRulesRequest) -> list[dict[str, Any]]:
    """Every fee rule of my office; overlaps and bad parameters are all named at once."""
    with db.begin(actor) as session:
        return [rule_to_json(rule) for rule in put_rules(session, actor, wanted.rules)]


@router.post("/fee-estimates")
def estimate(actor: CaseReader, db: Db, wanted: schemas.FeeRequest) -> dict[str, Any]:
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
        rows = session.execute(
            text(
                "SELECT owner_code, bureau, organisation_id, o.name FROM asset_route JOIN organisation o USING (organisation_id)"
                " ORDER BY owner_code, bureau"
            )
        )
        return [dict(row._mapping) for row in rows]


@router.put("/routes")
def put_route(actor: WindowOperator, db: Db, wanted: schemas.RouteRequest) -> schemas.RouteRequest:
    """Route the assets of an owner's bureau to an office."""
    with db.begin(actor) as session:
        offices_of(session, [wanted.organisation_id], "/organisation_id")
        session.execute(
            text(
                "INSERT INTO asset_route (owner_code, bureau, organisation_id) VALUES (:owner_code, :bureau, :organisation_id)"
                " ON CONFLICT (owner_code, bureau) DO UPDATE SET organisation_id = excluded.organisation_id"
            ),
            wanted.model_dump(),
        )
        audit.record(
            session, "route.put", f"route:{wanted.owner_code}/{wanted.bureau}", after=wanted.model_dump(mode="json")
        )
    return wanted


@router.get("/reservation-caps")
def read_caps(actor: WindowOperator, db: Db) -> list[schemas.CapRequest]:
    """How many slots a carrier may reserve in a municipality, where it is not the usual number."""
    with db.begin(actor) as session:
        rows = session.execute(text("SELECT municipality_code, most FROM reservation_cap ORDER BY municipality_code"))
        return [schemas.CapRequest(municipality_code=row.municipality_code, most=row.most) for row in rows]


@router.put("/reservation-caps")
def put_cap(actor: WindowOperator, db: Db, wanted: schemas.CapRequest) -> schemas.CapRequest:
    """Set how many slots a carrier may reserve in a municipality."""
    with db.begin(actor) as session:
        session.execute(
            text(
                "INSERT INTO reservation_cap (municipality_code, most) VALUES (:municipality_code, :most)"
                " ON CONFLICT (municipality_code) DO UPDATE SET most = excluded.most"
            ),
            wanted.model_dump(),
        )
        audit.record(session, "cap.put", f"municipality:{wanted.municipality_code}", after=wanted.model_dump())
    return wanted


@router.get("/offices")
def read_offices(actor: CaseReader, db: Db) -> list[dict[str, Any]]:
    """Offices that answer for assets or can be asked for their opinion, and window contractors."""
    with db.begin(actor) as session:
        rows = session.execute(
            text(
                "SELECT organisation_id, kind, name, municipality_code FROM organisation"
                " WHERE kind IN ('bureau', 'municipality', 'affiliated', 'private', 'window') ORDER BY kind, name"
            )
        )
        return [dict(row._mapping) for row in rows]
