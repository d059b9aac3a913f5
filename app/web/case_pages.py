"""The case page: whose turn, what can be done now, and every form on it; each action is a plain form post.

A script may send the same forms and get the answer as JSON (`Accept: application/json`), so that it can put the words of a
refusal where they belong without the page, or a chosen file, being lost.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.accounts.actor import Actor
from app.accounts.auth import Db
from app.accounts.sessions import SignedIn
from app.applications.answers import site_answer
from app.applications.boards import side_of
from app.applications.documents.versions import add_document, examine_upload
from app.applications.drafts import change_site_plan
from app.applications.permits import LEGAL_BASES
from app.applications.plan_words import FIELDS as PLAN_FIELDS
from app.applications.sites import get_site, match_version, procedure_of
from app.applications.standard_procedure import DOCUMENT_TYPES, REASON_CODES, STANDARD
from app.applications.workflow import find_step, transition
from app.clock import today
from app.problems import STALE, Problem
from app.web.account_forms import account_page, go
from app.web.case_forms import (
    CaseForm,
    CaseSender,
    CaseViewer,
    faults_of,
    read_action,
    read_plan,
    sent_documents,
    typed_text,
)
from app.web.case_view import ASSET_SHOWN, last_act, suggested_days, view_case
from app.web.case_words import case_words, day_words, event_name
from app.web.messages import Language, message
from app.web.pages import json_for_html, page_language

router = APIRouter(include_in_schema=False)


@router.get("/cases/{site_id}")
def show_case(request: Request, viewer: CaseViewer, db: Db, site_id: UUID) -> Response:
    """One case; a draft is still worked on with its whole application."""
    with db.begin(viewer.actor) as session:
        site = get_site(session, site_id)
    if site["state"] == "draft":
        return go(f"/applications/{site['application_id']}")
    return case_page(request, viewer, db, site_id)


def case_page(
    request: Request,
    viewer: SignedIn,
    db: Db,
    site_id: UUID,
    *,
    problem: Problem | None = None,
    opened: str = "",
    form: Mapping[str, Any] | None = None,
    template: str = "cases/case.html",
) -> Response:
    """The page of a case; `opened` is the panel whose form was sent, which shows what was typed and what is wrong."""
    language = page_language(request)
    with db.begin(viewer.actor) as session:
        view = view_case(session, viewer.actor, site_id)
        told = stale_words(session, site_id, language) if problem is not None and problem.kind is STALE else None
    typed = typed_text(form or {})
    faults = faults_of(problem, form or {}, view["row"], language == "en") if problem else {}
    settings = request.app.state.settings
    basemap = (
        {"url": settings.basemap_url, "attribution": settings.basemap_attribution} if settings.basemap_url else None
    )
    return account_page(
        request, template, problem=problem, opened=opened, typed=typed, faults=faults, stale=told,
        asset_shown=ASSET_SHOWN, suggested=suggested_days(), today_on=today(), basemap=Markup(json_for_html(basemap)),  # noqa: S704  `<`, `>`, `&` are escaped
        **view, **case_words(language), **choices(view, language),
    )  # fmt: skip


def choices(view: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """What the selects of the panels offer, in the page's language."""
    side = language == "en"
    newest = {
        versions[0]["document_type"]: versions[0]["version"] for _, types in view["documents"] for versions in types
    }
    needed = [code for transition in STANDARD.transitions for code in transition.documents]
    return {
        "plan_names": list(PLAN_FIELDS),
        "stopping": {state.code for state in STANDARD.states if state.clock == "stopped"},
        "newest": newest,
        "item_documents": [code for code in view["own_types"] if code in newest or code in needed[:4]],
        "reason_choices": [(code, words[side]) for code, words in REASON_CODES.items()],
        "document_choices": [(code, DOCUMENT_TYPES[code][side]) for code in view["own_types"]],
        "office_choices": [(office["organisation_id"], office["name"]) for office in view.get("offices", ())],
        "basis_choices": lambda bases: [(code, LEGAL_BASES[code][side]) for code in bases],
        "day_list": lambda days: ("、" if language == "ja" else ", ").join(day_words(day, language) for day in days),
    }


def wants_json(request: Request) -> bool:
    """Whether a script sent the form, and puts the answer into the page itself."""
    return request.headers.get("accept", "").startswith("application/json")


def act(
    request: Request,
    viewer: SignedIn,
    db: Db,
    site_id: UUID,
    opened: str,
    form: Mapping[str, Any],
    work: Callable[[], str],
) -> Response:
    """Do what a form asks; `work` answers the name of what to say. Refusals stand where they belong, with all that was typed."""
    try:
        done = work()
    except Problem as problem:
        if wants_json(request):
            return _refusal(request, viewer, db, site_id, problem, form)
        return case_page(request, viewer, db, site_id, problem=problem, opened=opened, form=form)
    if done == "case-delegated" and side_of(viewer.actor) == "owner":
        return go("/inbox", done=done)  # the case is no longer theirs to see
    if wants_json(request):
        return _done(request, viewer, db, site_id, done)
    return go(f"/cases/{site_id}", done=done)


def _done(request: Request, viewer: SignedIn, db: Db, site_id: UUID, done: str) -> Response:
    language = page_language(request)
    words = case_words(language)
    with db.begin(viewer.actor) as session:
        site = site_answer(get_site(session, site_id))
    turn = message(language, f"case.turn.{site['party']}")
    return JSONResponse(
        {"to": f"/cases/{site_id}?done={done}", "state": words["state_name"](site["state"]), "turn": turn,
         "due": words["day"](site["due_on"]), "version": site["version"]}
    )  # fmt: skip


def _refusal(
    request: Request, viewer: SignedIn, db: Db, site_id: UUID, problem: Problem, form: Mapping[str, Any]
) -> Response:
    language = page_language(request)
    told = None
    with db.begin(viewer.actor) as session:
        site = get_site(session, site_id)
        if problem.kind is STALE:
            told = stale_words(session, site_id, language)
    said = problem.ja if language == "ja" else problem.en
    return JSONResponse(
        {"problem": said, "stale": told, "faults": faults_of(problem, form, site, language == "en")},
        problem.kind.status,
    )


def stale_words(session: Session, site_id: UUID, language: Language) -> str:
    """Who moved a case to what, for somebody whose page had grown old."""
    last = last_act(session, site_id)
    if last is None:
        return message(language, "case.stale.unknown")
    words = case_words(language)
    who = last["organisation_name"] or words["party_name"](last["party"])
    at = words["time"](last["at"])
    if last["to_state"]:
        return message(language, "case.stale.moved", who=who, at=at, state=words["state_name"](last["to_state"]))
    return message(language, "case.stale.did", who=who, at=at, what=event_name(last["action"], language))


@router.post("/cases/{site_id}/actions/{action}")
def take_action(request: Request, viewer: CaseSender, form: CaseForm, db: Db, site_id: UUID, action: str) -> Response:
    """Take an action with what its panel holds: documents first, then what a correction mends, then the step itself."""
    if "reload" in form:
        return case_page(request, viewer, db, site_id, opened=action, form=form)

    def work() -> str:
        take(db, viewer.actor, site_id, action, form)
        return "case-moved"

    return act(request, viewer, db, site_id, action, form, work)


def take(db: Db, actor: Actor, site_id: UUID, action: str, form: Mapping[str, Any]) -> None:
    """Raises Problem as `transition`, and for each document or field that cannot be taken."""
    wanted = read_action(action, form)
    if_match = f'"{form["version"]}"' if form.get("version") else None
    with db.begin(actor) as session:
        site = get_site(session, site_id)
        match_version(site, if_match)
        find_step(procedure_of(session, site), site, actor, action)
    for document_type, file in sent_documents(form):
        keep_document(db, actor, site_id, document_type, file.file, file.filename or "")
    with db.begin(actor) as session:
        plan = read_plan(form, get_site(session, site_id)["plan"])
        if plan is not None:
            # One transaction: its lock holds off everybody else between the two.
            change_site_plan(session, actor, site_id, if_match, plan)
            if_match = "*"
        transition(session, actor, site_id, wanted, if_match)


def keep_document(
    db: Db, actor: Actor, site_id: UUID, document_type: str, file: Any, name: str, **further: Any
) -> None:
    """Examine a file and keep it. Raises Problem that points at its place in the form."""
    try:
        examined, content = examine_upload(file, name)
        with db.begin(actor) as session:
            add_document(session, actor, get_site(session, site_id), document_type, examined, content, name, **further)
    except Problem as problem:
        place = {"name": f"document.{document_type}", "ja": problem.ja, "en": problem.en}
        raise Problem(problem.kind, problem.ja, problem.en, errors=[place]) from None
