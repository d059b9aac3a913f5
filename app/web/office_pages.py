"""What an office keeps: its procedure beside the standard one, and the days it is closed."""

from collections.abc import Callable
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.accounts.actor import Actor
from app.accounts.auth import Db
from app.accounts.permissions import Permission
from app.accounts.sessions import SignedIn
from app.applications.offices import settings as office_settings
from app.applications.offices.schemas import Closure, VariationRequest
from app.applications.standard_procedure import STANDARD
from app.clock import today
from app.problems import CONFLICT, Problem
from app.web.account_forms import Posted, go
from app.web.office_forms import (
    LINES_MOST,
    FeeViewer,
    OfficeViewer,
    choices_of,
    office_page,
    read_closure,
    read_closures,
    read_day,
    read_variation,
    typed_of,
    variation_typed,
)
from app.web.office_words import ASKING, differences, documents_of, is_closed_anyway, stages_with_limits
from app.web.pages import page_language

router = APIRouter(include_in_schema=False)


@router.get("/office")
def show_office(viewer: FeeViewer) -> Response:
    """The first of one's pages."""
    return go("/office/procedure" if Permission.CASES_REVIEW in viewer.actor.permissions else "/office/routes")


@router.get("/office/procedure")
def show_procedure(request: Request, viewer: OfficeViewer, db: Db) -> Response:
    """My office's limits and documents beside the standard ones."""
    return _procedure(request, viewer, db)


@router.post("/office/procedure")
def change_procedure(request: Request, viewer: OfficeViewer, form: Posted, db: Db) -> Response:
    """Keep them, for cases that begin from now on."""
    typed = typed_of(form)
    try:
        with db.begin(viewer.actor) as session:
            office_settings.lock_office(session, viewer.actor)
            wanted = read_variation(typed, variation_of(session, viewer.actor))
            office_settings.put_variation(session, viewer.actor, wanted)
    except Problem as problem:
        return _procedure(request, viewer, db, typed=typed, problem=problem)
    return go("/office/procedure", done="office-procedure")


@router.post("/office/procedure/standard")
def follow_standard(viewer: OfficeViewer, form: Posted, db: Db) -> Response:
    """Back to the standard procedure, for cases that begin from now on."""
    with db.begin(viewer.actor) as session:
        office_settings.put_variation(session, viewer.actor, VariationRequest())
    return go("/office/procedure", done="office-procedure")


def variation_of(session: Session, actor: Actor) -> VariationRequest:
    """How my office's procedure differs now."""
    found = office_settings.list_variations(session, actor.organisation_id)
    return found[0].variation if found else VariationRequest()


def _procedure(
    request: Request,
    viewer: SignedIn,
    db: Db,
    *,
    typed: dict[str, str] | None = None,
    problem: Problem | None = None,
) -> Response:
    with db.begin(viewer.actor) as session:
        found = office_settings.list_variations(session, viewer.actor.organisation_id)
    variation = found[0].variation if found else VariationRequest()
    steps = [(step, documents_of(step, variation), choices_of(documents_of(step, variation))) for step in ASKING]
    return office_page(
        request, "procedure.html", problem=problem, typed=typed or variation_typed(variation), standard=STANDARD,
        since=found[0].since if found else None, differences=differences(variation, page_language(request)),
        stages=stages_with_limits(), steps=steps,
    )  # fmt: skip


@router.get("/office/closures")
def show_closures(request: Request, viewer: OfficeViewer, db: Db) -> Response:
    """Days my office is closed."""
    return _closures(request, viewer, db)


@router.post("/office/closures")
def add_closure(request: Request, viewer: OfficeViewer, form: Posted, db: Db) -> Response:
    """Add a day."""
    typed = typed_of(form)
    try:
        closure = read_closure(typed.get("day"), typed.get("name"))
        _change(db, viewer.actor, lambda held: held | {closure.day: closure})
    except Problem as problem:
        return _closures(request, viewer, db, typed=typed, problem=problem)
    return go("/office/closures", done="office-closure")


@router.post("/office/closures/year")
def paste_closures(request: Request, viewer: OfficeViewer, form: Posted, db: Db) -> Response:
    """Take in a list of days, one a line; where wished in place of those of the same years."""
    typed = typed_of(form)
    try:
        closures = read_closures(typed.get("lines", ""))
        years = {closure.day.year for closure in closures} if typed.get("replaces") else set()
        added = {closure.day: closure for closure in closures}
        _change(db, viewer.actor, lambda held: {d: c for d, c in held.items() if d.year not in years} | added)
    except Problem as problem:
        return _closures(request, viewer, db, typed=typed, problem=problem)
    return go("/office/closures", done="office-closures")


@router.post("/office/closures/remove")
def remove_closure(request: Request, viewer: OfficeViewer, form: Posted, db: Db) -> Response:
    """Take a day away."""
    day = read_day(form.get("day"))
    _change(db, viewer.actor, lambda held: {d: c for d, c in held.items() if d != day})
    return go("/office/closures", done="office-closure-removed")


def _change(db: Db, actor: Actor, change: Callable[[dict[date, Closure]], dict[date, Closure]]) -> None:
    with db.begin(actor) as session:
        office_settings.lock_office(session, actor)
        held = {one.day: one for one in office_settings.list_closures(session, actor.organisation_id)}
        wanted = sorted(change(held).values(), key=lambda one: one.day)
        if len(wanted) > LINES_MOST:
            raise Problem(
                CONFLICT,
                f"休業日は{LINES_MOST}日までです。過ぎた年の日を取り除いてください。",
                f"At most {LINES_MOST} closed days; take away those of past years.",
            )
        if wanted != list(held.values()):
            office_settings.put_closures(session, actor, wanted)


def _closures(
    request: Request,
    viewer: SignedIn,
    db: Db,
    *,
    typed: dict[str, str] | None = None,
    problem: Problem | None = None,
) -> Response:
    with db.begin(viewer.actor) as session:
        held = office_settings.list_closures(session, viewer.actor.organisation_id)
    years: dict[int, list[Closure]] = {}
    for closure in held:
        years.setdefault(closure.day.year, []).append(closure)
    return office_page(
        request, "closures.html", problem=problem, years=sorted(years.items(), reverse=True), typed=typed or {},
        today=today(), is_closed_anyway=is_closed_anyway,
    )  # fmt: skip
