"""`/api/v1/coverage`: evidence of a cell, figures of a municipality, builds; claimed against measured; surveys' tables."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request

from app.accounts.actor import Actor, Service
from app.accounts.auth import Db, GuardedRoute, SurveyReader, find_signed_in
from app.accounts.permissions import Permission
from app.coverage import claims, reading, survey_table
from app.geo import CRS84, Bbox

router = APIRouter(prefix="/api/v1/coverage", route_class=GuardedRoute, tags=["coverage"])
EVERYBODY = Service("public")
Name = Annotated[str, Query(max_length=60, pattern=r"^[a-z0-9-]+$")]


def _reader(request: Request) -> tuple[Actor | Service, bool]:
    """Who reads, and whether they may read every carrier's figures."""
    signed_in = find_signed_in(request)
    if signed_in is None or Permission.SURVEYS_READ not in signed_in.actor.permissions:
        return EVERYBODY, False
    return signed_in.actor, True


@router.get("/cells/{cell_id}")
def read_cell(
    request: Request,
    db: Db,
    cell_id: Annotated[str, Path(max_length=120, pattern=r"^[a-z0-9-]+$")],
    as_of: date | None = None,
) -> dict[str, Any]:
    """A cell's state with all evidence for it: samples, segments, passes, days, bounds, histogram, profile, surveys.

    `as_of`: of that day's build instead of the newest.
    """
    who, whole = _reader(request)
    with db.begin(who) as session:
        return reading.get_cell(session, cell_id, as_of, whole)


@router.get("/builds")
def read_builds(db: Db) -> list[dict[str, Any]]:
    """What was built: profile, day, engine, rows; the newest day first."""
    with db.begin(EVERYBODY) as session:
        return reading.list_builds(session)


@router.get("/municipalities/{code}")
def read_municipality(
    request: Request,
    db: Db,
    code: Annotated[str, Path(pattern=r"^[0-9]{5}$")],
    profile: Name | None = None,
    as_of: date | None = None,
) -> dict[str, Any]:
    """Cells, area, road and population of a municipality by state and carrier, with shares of area and road apart."""
    who, whole = _reader(request)
    with db.begin(who) as session:
        return reading.get_municipality(session, code, profile, as_of, whole)


@router.get("/disagreements")
def read_disagreements(
    actor: SurveyReader,
    db: Db,
    bbox: Annotated[str | None, Query(max_length=200)] = None,
    carrier: Name | None = None,
    profile: Name | None = None,
    kind: Literal["claimed_but_gap", "covered_not_claimed"] | None = None,
) -> dict[str, Any]:
    """GeoJSON of cells where a carrier claims to serve and a gap was measured, or the other way round."""
    box = Bbox.parse(bbox, CRS84) if bbox is not None else None
    with db.begin(actor) as session:
        sides = (box.west, box.south, box.east, box.north) if box else None
        return claims.find_disagreements(session, profile, carrier, kind, sides)


@router.get("/surveys/{survey_id}/table")
def read_survey_table(
    actor: SurveyReader, db: Db, survey_id: UUID, carrier: Name | None = None
) -> list[dict[str, Any]]:
    """The survey's table in per cent of road: 圏内, of it 5G, 4G, 3G, and 圏外; the whole first, then municipalities."""
    with db.begin(actor) as session:
        return survey_table.survey_table(session, survey_id, carrier)
