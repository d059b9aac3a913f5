"""`/api/v1/applications`: drafts over many sites, their pre-check, and sending them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.auth import ApplicationWriter, CaseReader, Db, GuardedRoute
from app.applications import answer_schemas as answered
from app.applications import drafts, schemas
from app.applications.answers import site_answer
from app.applications.choosing.chosen_assets import assets_of_selection, read_chosen
from app.applications.choosing.prechecks import check_sites
from app.applications.documents.upload import FILE_BODY, read_file
from app.applications.idempotency import once
from app.applications.submission import submit_application
from app.if_match import etag
from app.sent_file import SentFile

router = APIRouter(prefix="/api/v1/applications", route_class=GuardedRoute, tags=["applications"])
IfMatch = Annotated[str | None, Header(max_length=100)]
IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]


def _answer(response: Response, found: drafts.ApplicationRow) -> answered.Application:
    response.headers["ETag"] = f'"{found["version"]}"'
    response.headers["Cache-Control"] = "no-store"
    return answered.Application.model_validate(found)


@router.get("")
def read_applications(
    actor: CaseReader, db: Db, after: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[answered.Application]:
    """Applications I may see, last changed first; `after` is the last id of the page before."""
    with db.begin(actor) as session:
        return [answered.Application.model_validate(row) for row in drafts.list_applications(session, after, limit)]


@router.post("", status_code=201)
def add_application(
    actor: ApplicationWriter,
    db: Db,
    wanted: schemas.ApplicationRequest,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> answered.Application:
    """Apply for assets: a draft, or with `submit` sent at once. The same `Idempotency-Key` gives the same answer."""
    with db.begin(actor) as session:

        def work() -> dict[str, Any]:
            made = drafts.create_application(session, actor, wanted)
            if wanted.submit:
                submit_application(session, actor, made["application_id"], "*")
            found = drafts.get_application(session, made["application_id"])
            return answered.Application.model_validate(found).model_dump(mode="json")

        answer = once(session, actor, idempotency_key, ["add_application", wanted.model_dump(mode="json")], work)
    response.headers["Location"] = f"/api/v1/applications/{answer['application_id']}"
    return _answer(response, answer)


@router.get("/{application_id}")
def read_application(actor: CaseReader, db: Db, application_id: UUID, response: Response) -> answered.Application:
    """One application with its sites by state."""
    with db.begin(actor) as session:
        return _answer(response, drafts.get_application(session, application_id))


@router.patch("/{application_id}")
def save_application(
    actor: ApplicationWriter,
    db: Db,
    application_id: UUID,
    wanted: schemas.ApplicationChange,
    response: Response,
    if_match: IfMatch = None,
) -> answered.Application:
    """Save a draft: title, plan, or both."""
    with db.begin(actor) as session:
        changed = drafts.change_application(session, actor, application_id, if_match, wanted.title, wanted.plan)
    return _answer(response, changed)


@router.delete("/{application_id}", status_code=204)
def drop_application(actor: ApplicationWriter, db: Db, application_id: UUID) -> None:
    """Throw a draft away."""
    with db.begin(actor) as session:
        drafts.discard_application(session, actor, application_id)


@router.post("/{application_id}/clone", status_code=201)
def copy_application(
    actor: ApplicationWriter, db: Db, application_id: UUID, response: Response
) -> answered.Application:
    """A new draft like this application."""
    with db.begin(actor) as session:
        made = drafts.clone_application(session, actor, application_id)
    response.headers["Location"] = f"/api/v1/applications/{made['application_id']}"
    return _answer(response, made)


@router.post("/{application_id}/submit")
def send_application(
    actor: ApplicationWriter,
    db: Db,
    application_id: UUID,
    response: Response,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> answered.Application:
    """Send every site of a draft, or none: what is missing is named all at once."""
    with db.begin(actor) as session:

        def work() -> dict[str, Any]:
            sent = submit_application(session, actor, application_id, if_match)
            return answered.Application.model_validate(sent).model_dump(mode="json")

        answer = once(session, actor, idempotency_key, ["send_application", str(application_id)], work)
    return _answer(response, answer)


@router.get("/{application_id}/sites")
def read_sites(
    actor: CaseReader,
    db: Db,
    application_id: UUID,
    after: Annotated[str, Query(max_length=20, pattern=r"^[A-Z0-9-]*$")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[answered.Site]:
    """Sites of an application by their codes; `after` is the last code of the page before."""
    with db.begin(actor) as session:
        drafts.get_application(session, application_id)
        found = drafts.sites_of(session, application_id, after, limit)
    return [answered.Site.model_validate(site_answer(site)) for site in found]


@router.post("/{application_id}/sites", status_code=201)
def add_sites(
    actor: ApplicationWriter, db: Db, application_id: UUID, wanted: schemas.SitesRequest, response: Response
) -> answered.Application:
    """Put assets into a draft."""
    with db.begin(actor) as session:
        found = drafts.get_draft(session, actor, application_id)
        added = drafts.add_sites(session, actor, found, wanted.asset_ids)
        _note_added(session, application_id, added)
        return _answer(response, drafts.get_application(session, application_id))


def _note_added(session: Session, application_id: UUID, added: int) -> None:
    audit.record(session, "application.add-sites", f"application:{application_id}", after={"sites": added})


@router.post("/{application_id}/sites/file", openapi_extra=FILE_BODY)
def add_sites_of_file(
    actor: ApplicationWriter, db: Db, application_id: UUID, sent: Annotated[SentFile, Depends(read_file)]
) -> answered.ChosenAssets:
    """Put the assets that a spreadsheet or GeoJSON names into a draft (at most 500); what is not found is told by row."""
    selection = read_chosen(sent.file, sent.name)
    with db.begin(actor) as session:
        found = drafts.get_draft(session, actor, application_id)
        chosen = assets_of_selection(session, selection)
        added = drafts.add_sites(session, actor, found, chosen.asset_ids) if chosen.asset_ids else 0
        _note_added(session, application_id, added)
    return answered.ChosenAssets(added=added, asset_ids=chosen.asset_ids, problems=chosen.problems)


@router.delete("/{application_id}/sites/{site_id}", status_code=204)
def drop_site(actor: ApplicationWriter, db: Db, application_id: UUID, site_id: UUID) -> None:
    """Take an asset out of a draft."""
    with db.begin(actor) as session:
        drafts.remove_site(session, actor, application_id, site_id)


@router.get("/{application_id}/precheck")
def read_precheck(actor: ApplicationWriter, db: Db, application_id: UUID) -> list[answered.CheckedSite]:
    """What the register and its surroundings say of each site of a draft, before it is sent."""
    with db.begin(actor) as session:
        found = drafts.get_application(session, application_id)
        sites = drafts.sites_of(session, application_id)
        checked = check_sites(session, found, sites)
    return [
        answered.CheckedSite.model_validate({**site, "checks": [f._asdict() for f in checked[site["site_id"]]]})
        for site in sites
    ]


@router.put("/{application_id}/sites/{site_id}/plan")
def put_site_plan(
    actor: ApplicationWriter,
    db: Db,
    application_id: UUID,
    site_id: UUID,
    wanted: schemas.SitePlanRequest,
    response: Response,
    if_match: IfMatch = None,
) -> answered.Site:
    """What is different at one site: in a draft, or where its correction was asked for."""
    with db.begin(actor) as session:
        changed = drafts.change_site_plan(session, actor, site_id, if_match, wanted.plan)
    response.headers["ETag"] = etag(changed)
    return answered.Site.model_validate(site_answer(changed))
