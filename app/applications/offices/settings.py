"""What offices and the window set: an office's own procedure and closures, routes from owners to offices, caps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.applications.offices.schemas import CapRequest, Closure, RouteRequest, VariationRequest
from app.applications.procedure import Procedure, find_faults
from app.applications.reviews import offices_of
from app.applications.sites import vary_procedure
from app.applications.standard_procedure import DOCUMENT_TYPES
from app.problems import INVALID, Problem


class OfficeVariation(NamedTuple):
    """What an office varies of the standard procedure, since when."""

    organisation_id: UUID
    name: str
    since: datetime
    variation: VariationRequest


def lock_office(session: Session, actor: Actor) -> None:
    """Let one transaction at a time change what this office set: who reads the list to put it back loses nothing."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:office, 7))"),
        {"office": f"office {actor.organisation_id}"},
    )


def put_variation(session: Session, actor: Actor, wanted: VariationRequest) -> Procedure:
    """An office's own limits and documents, for cases that begin from now on. Raises Problem (422)."""
    unknown = {name for names in wanted.documents.values() for name in names} - set(DOCUMENT_TYPES)
    if unknown:
        raise Problem(
            INVALID, f"知らない書類です: {', '.join(sorted(unknown))}", f"Unknown documents: {sorted(unknown)}"
        )
    name = session.execute(
        text("SELECT name FROM organisation WHERE organisation_id = :id"), {"id": actor.organisation_id}
    ).scalar_one()
    said = wanted.model_dump(mode="json")
    try:
        procedure = vary_procedure(session, actor, name, said)
    except ValueError as error:
        raise Problem(INVALID, f"手続きにない名前です（{error}）。", f"Not in the procedure ({error}).") from None
    faults = find_faults(procedure)
    if faults:
        raise Problem(INVALID, f"手続きが成り立ちません: {faults[0]}", f"Not a working procedure: {faults[0]}")
    audit.record(session, "procedure.put", f"organisation:{actor.organisation_id}", after=said)
    return procedure


def list_variations(session: Session, organisation_id: UUID | None = None) -> list[OfficeVariation]:
    """What each office varies now (or one of them); offices that follow the standard procedure are not named."""
    rows = session.execute(
        text(
            "SELECT DISTINCT ON (p.organisation_id) p.organisation_id, o.name, p.since, p.variation"
            " FROM organisation_procedure p JOIN organisation o USING (organisation_id)"
            " WHERE CAST(:id AS uuid) IS NULL OR p.organisation_id = :id ORDER BY p.organisation_id, p.since DESC"
        ),
        {"id": organisation_id},
    )
    found = [
        OfficeVariation(row.organisation_id, row.name, row.since, VariationRequest.model_validate(row.variation))
        for row in rows
    ]
    return sorted(found, key=lambda one: one.name)


def list_closures(session: Session, organisation_id: UUID) -> list[Closure]:
    """Days an office is closed beyond weekends, holidays and the turn of the year, by day."""
    rows = session.execute(
        text("SELECT day, name FROM office_closure WHERE organisation_id = :office ORDER BY day"),
        {"office": organisation_id},
    )
    return [Closure(day=row.day, name=row.name) for row in rows]


def put_closures(session: Session, actor: Actor, closures: Sequence[Closure]) -> None:
    """Every closure of an office, in place of those it had."""
    bound = {"office": actor.organisation_id}
    session.execute(text("DELETE FROM office_closure WHERE organisation_id = :office"), bound)
    for closure in closures:
        session.execute(
            text(
                "INSERT INTO office_closure (organisation_id, day, name) VALUES (:office, :day, :name)"
                " ON CONFLICT (organisation_id, day) DO UPDATE SET name = excluded.name"
            ),
            {**bound, "day": closure.day, "name": closure.name},
        )
    said = {"closures": [closure.model_dump(mode="json") for closure in closures]}
    audit.record(session, "closures.put", f"organisation:{actor.organisation_id}", after=said)


def list_routes(session: Session) -> list[dict[str, Any]]:
    """Which office answers for which owner's assets."""
    rows = session.execute(
        text(
            "SELECT owner_code, bureau, organisation_id, o.name FROM asset_route JOIN organisation o USING (organisation_id)"
            " ORDER BY owner_code, bureau"
        )
    )
    return [dict(row._mapping) for row in rows]


def list_owners(session: Session) -> list[dict[str, Any]]:
    """Owners of the register by code and bureau: how many assets, and the office that answers for the first (None: nobody)."""
    rows = session.execute(
        text(
            "WITH owners AS (SELECT owner_code, coalesce(owner_name, '') AS owner_name, coalesce(bureau, '') AS bureau,"
            " count(*) AS assets, min(asset_id) AS one FROM ogc.assets WHERE owner_code IS NOT NULL GROUP BY 1, 2, 3)"
            " SELECT owner_code, owner_name, bureau, assets, o.organisation_id, o.name"
            " FROM owners LEFT JOIN organisation o ON o.organisation_id = office_of_asset(one)"
            " ORDER BY owner_code, bureau, owner_name"
        )
    )
    return [dict(row._mapping) for row in rows]


def put_route(session: Session, wanted: RouteRequest) -> None:
    """Route the assets of an owner's bureau to an office. Raises Problem (422) for what is no office."""
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


def list_caps(session: Session) -> list[CapRequest]:
    """How many slots a carrier may reserve in a municipality, where it is not the usual number."""
    rows = session.execute(text("SELECT municipality_code, most FROM reservation_cap ORDER BY municipality_code"))
    return [CapRequest(municipality_code=row.municipality_code, most=row.most) for row in rows]


def put_cap(session: Session, wanted: CapRequest) -> None:
    """Set how many slots a carrier may reserve in a municipality."""
    session.execute(
        text(
            "INSERT INTO reservation_cap (municipality_code, most) VALUES (:municipality_code, :most)"
            " ON CONFLICT (municipality_code) DO UPDATE SET most = excluded.most"
        ),
        wanted.model_dump(),
    )
    audit.record(session, "cap.put", f"municipality:{wanted.municipality_code}", after=wanted.model_dump())


def list_offices(session: Session) -> list[dict[str, Any]]:
    """Offices that answer for assets or can be asked for their opinion, and window contractors."""
    rows = session.execute(
        text(
            "SELECT organisation_id, kind, name, municipality_code FROM organisation"
            " WHERE kind IN ('bureau', 'municipality', 'affiliated', 'private', 'window') ORDER BY kind, name"
        )
    )
    return [dict(row._mapping) for row in rows]
