"""What the window keeps: routes from owners to offices, caps on reservations; and how each office's procedure differs."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from app.accounts.auth import Db
from app.accounts.permissions import OrganisationKind
from app.accounts.sessions import SignedIn
from app.applications.offices import settings as office_settings
from app.applications.offices.schemas import CapRequest, RouteRequest
from app.applications.slots import RESERVATIONS_MOST
from app.applications.standard_procedure import STANDARD
from app.problems import Problem
from app.territory.facts import facts_by_code
from app.web.account_forms import Posted, go
from app.web.case_forms import id_in
from app.web.office_forms import WindowViewer, fault, office_page, plain, refuse, typed_of
from app.web.office_words import differences
from app.web.pages import page_language

router = APIRouter(include_in_schema=False)
_WINDOW = OrganisationKind.WINDOW.value


@router.get("/office/routes")
def show_routes(request: Request, viewer: WindowViewer, db: Db) -> Response:
    """Whose assets go to which office."""
    return _routes(request, viewer, db)


@router.post("/office/routes")
def change_route(request: Request, viewer: WindowViewer, form: Posted, db: Db) -> Response:
    """Send an owner's bureau to an office."""
    typed = typed_of(form)
    try:
        wanted = _read_route(typed)
        with db.begin(viewer.actor) as session:
            office_settings.put_route(session, wanted)
    except Problem as problem:
        return _routes(request, viewer, db, typed=typed, problem=problem)
    return go("/office/routes", done="office-route")


def _read_route(typed: dict[str, str]) -> RouteRequest:
    code, _, bureau = typed.get("owner", "").partition("|")
    office, faults = id_in(typed.get("office", "")), []
    if not code:
        faults.append(fault("owner", "保有者を選んでください。", "Choose the owner."))
    if office is None:
        faults.append(fault("office", "照会先を選んでください。", "Choose the office."))
    refuse(faults)
    try:
        return RouteRequest(owner_code=code, bureau=bureau, organisation_id=office or UUID(int=0))
    except ValidationError:
        refuse([fault("owner", "保有者を一覧から選んでください。", "Choose the owner from the list.")])
        raise


def _routes(
    request: Request,
    viewer: SignedIn,
    db: Db,
    *,
    typed: dict[str, str] | None = None,
    problem: Problem | None = None,
) -> Response:
    with db.begin(viewer.actor) as session:
        owners = office_settings.list_owners(session)
        offices = [one for one in office_settings.list_offices(session) if one["kind"] != _WINDOW]
        routes = {(one["owner_code"], one["bureau"]): one for one in office_settings.list_routes(session)}
    choices = {(one["owner_code"], ""): one["owner_name"] for one in owners if one["owner_name"]}
    choices |= {(one["owner_code"], one["bureau"]): one["owner_name"] for one in owners if one["bureau"]}
    asked = {"owner": request.query_params.get("owner", ""), "office": request.query_params.get("office", "")}
    return office_page(
        request, "routes.html", problem=problem, typed=typed or asked, owners=owners, offices=offices, routes=routes,
        choices=sorted(choices.items()), unanswered=sum(one["assets"] for one in owners if one["name"] is None),
    )  # fmt: skip


@router.get("/office/caps")
def show_caps(request: Request, viewer: WindowViewer, db: Db) -> Response:
    """How many slots a carrier may reserve, by municipality."""
    return _caps(request, viewer, db)


@router.post("/office/caps")
def change_cap(request: Request, viewer: WindowViewer, form: Posted, db: Db) -> Response:
    """Set a number for a municipality."""
    typed = typed_of(form)
    try:
        wanted = _read_cap(typed)
        with db.begin(viewer.actor) as session:
            office_settings.put_cap(session, wanted)
    except Problem as problem:
        return _caps(request, viewer, db, typed=typed, problem=problem)
    return go("/office/caps", done="office-cap")


def _read_cap(typed: dict[str, str]) -> CapRequest:
    code, written, faults = typed.get("municipality", ""), plain(typed.get("most")), []
    if code not in facts_by_code():
        faults.append(fault("municipality", "区市町村を選んでください。", "Choose the municipality."))
    if not (written.isascii() and written.isdigit() and len(written) <= 4 and int(written) <= 1000):
        faults.append(fault("most", "0から1000までの数で書いてください。", "Write a number from 0 to 1000."))
    refuse(faults)
    return CapRequest(municipality_code=code, most=int(written))


def _caps(
    request: Request,
    viewer: SignedIn,
    db: Db,
    *,
    typed: dict[str, str] | None = None,
    problem: Problem | None = None,
) -> Response:
    with db.begin(viewer.actor) as session:
        caps = office_settings.list_caps(session)
    towns = {code: facts.name for code, facts in facts_by_code().items()}
    return office_page(
        request, "caps.html", problem=problem, typed=typed or {}, caps=caps, towns=towns, usual=RESERVATIONS_MOST
    )


@router.get("/office/procedures")
def show_procedures(request: Request, viewer: WindowViewer, db: Db) -> Response:
    """Every office with how its procedure differs from the standard one."""
    language = page_language(request)
    with db.begin(viewer.actor) as session:
        varied = {one.organisation_id: one for one in office_settings.list_variations(session)}
        offices = [one for one in office_settings.list_offices(session) if one["kind"] != _WINDOW]
        closed = {
            one["organisation_id"]: office_settings.list_closures(session, one["organisation_id"]) for one in offices
        }
    rows = []
    for one in offices:
        own = varied.get(one["organisation_id"])
        said = differences(own.variation, language) if own else []
        rows.append({**one, "since": own.since if own and said else None, "differences": said})
    return office_page(request, "procedures.html", rows=rows, closed=closed, standard=STANDARD)
