"""`/api/v1/planned-stations`: a carrier's own plans; and the suppressed count of them that the public may see."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field

from app.accounts.auth import Db, GuardedRoute, PlanReader, PlanWriter
from app.accounts.schemas import Input, Line
from app.if_match import etag
from app.stations import plans

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["stations"])


class PlanRequest(Input):
    """A planned station; degrees in WGS 84 / JGD2011."""

    name: Line
    lon: float = Field(ge=122, le=154, description="Longitude, degrees east")
    lat: float = Field(ge=20, le=46, description="Latitude, degrees north")
    technology: Literal["4g", "5g"]
    asset_id: Line | None = None
    note: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")] | None = None


class Plan(PlanRequest):
    """A planned station as its carrier sees it."""

    planned_station_id: UUID
    version: int
    created_at: datetime
    updated_at: datetime


IfMatch = Annotated[str | None, Header(max_length=100)]


@router.get("/planned-stations")
def read_plans(
    actor: PlanReader, db: Db, after: UUID | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[Plan]:
    """My organisation's planned stations; `after` is the last id of the page before."""
    with db.begin(actor) as session:
        return [Plan.model_validate(row, extra="ignore") for row in plans.list_plans(session, after, limit)]


@router.post("/planned-stations", status_code=201)
def add_plan(actor: PlanWriter, db: Db, wanted: PlanRequest, response: Response) -> Plan:
    """Note a planned station."""
    with db.begin(actor) as session:
        made = plans.create_plan(session, actor, wanted.model_dump())
    response.headers["ETag"] = etag(made)
    response.headers["Location"] = f"/api/v1/planned-stations/{made['planned_station_id']}"
    return Plan.model_validate(made, extra="ignore")


@router.get("/planned-stations/{plan_id}")
def read_plan(actor: PlanReader, db: Db, plan_id: UUID, response: Response) -> Plan:
    """One planned station of my organisation."""
    with db.begin(actor) as session:
        found = plans.get_plan(session, plan_id)
    response.headers["ETag"] = etag(found)
    return Plan.model_validate(found, extra="ignore")


@router.put("/planned-stations/{plan_id}")
def put_plan(
    actor: PlanWriter, db: Db, plan_id: UUID, wanted: PlanRequest, response: Response, if_match: IfMatch = None
) -> Plan:
    """Change a planned station."""
    with db.begin(actor) as session:
        changed = plans.change_plan(session, plan_id, if_match, wanted.model_dump())
    response.headers["ETag"] = etag(changed)
    return Plan.model_validate(changed, extra="ignore")


@router.delete("/planned-stations/{plan_id}", status_code=204)
def delete_plan(actor: PlanWriter, db: Db, plan_id: UUID, if_match: IfMatch = None) -> None:
    """Drop a planned station."""
    with db.begin(actor) as session:
        plans.delete_plan(session, plan_id, if_match)
