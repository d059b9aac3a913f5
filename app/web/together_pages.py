"""Moving several sites of one state together: each by a transition of its own, with a result of its own."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.accounts.actor import Actor
from app.accounts.auth import Db
from app.accounts.sessions import SignedIn
from app.applications import boards
from app.applications.answers import action_answer, site_answer
from app.applications.sites import get_site, procedure_of
from app.applications.workflow import available_actions
from app.clock import today
from app.problems import INVALID, Problem
from app.web.account_forms import account_page
from app.web.board_pages import home_of
from app.web.case_forms import CaseForm, CaseSender, CaseViewer, faults_of, id_in, typed_text
from app.web.case_pages import case_page, choices, take
from app.web.case_view import offices, panel_of
from app.web.case_words import case_words
from app.web.pages import page_language

router = APIRouter(include_in_schema=False)
SITES_MOST = 100
# What depends on the single case cannot be said once for all of them.
_OF_ONE_CASE = frozenset({"rival", "mending", "corrections"})


@router.get("/cases/{site_id}/panel")
def show_panel(request: Request, viewer: CaseViewer, db: Db, site_id: UUID) -> Response:
    """What can be done with one case, to stand inside a list."""
    return case_page(request, viewer, db, site_id, template="cases/panel.html")


@router.get("/cases/together")
def choose_action(request: Request, viewer: CaseViewer, db: Db) -> Response:
    """The chosen sites, and what can be done with all of them."""
    ids = [found for found in map(id_in, request.query_params.getlist("s")) if found is not None]
    return _page(request, viewer, db, ids)


@router.post("/cases/together")
def take_together(request: Request, viewer: CaseSender, form: CaseForm, db: Db) -> Response:
    """Take one action on each of them; one that fails does not hold the rest."""
    typed = typed_text(form)
    versions = {name.removeprefix("site."): version for name, version in typed.items() if name.startswith("site.")}
    ids = [found for found in map(id_in, versions) if found is not None][:SITES_MOST]
    action = typed.get("action", "")
    results: dict[UUID, Problem | None] = {}
    for site_id in ids:
        try:
            take(db, viewer.actor, site_id, action, {**typed, "version": versions[str(site_id)]})
            results[site_id] = None
        except Problem as problem:
            results[site_id] = problem
    return _page(request, viewer, db, ids, opened=action, typed=typed, results=results)


def _page(
    request: Request,
    viewer: SignedIn,
    db: Db,
    ids: Sequence[UUID],
    *,
    opened: str = "",
    typed: Mapping[str, str] | None = None,
    results: Mapping[UUID, Problem | None] | None = None,
) -> Response:
    language, actor = page_language(request), viewer.actor
    with db.begin(actor) as session:
        sites = [get_site(session, site_id) for site_id in dict.fromkeys(ids[:SITES_MOST])]
        left = [site for site in sites if not results or results.get(site["site_id"])]
        panels = _common(session, actor, left)
        found_offices = offices(session) if boards.side_of(actor) != "carrier" else []
    first = next((problem for problem in (results or {}).values() if problem is not None), None)
    done = sum(problem is None for problem in (results or {}).values())
    view = {"documents": [], "own_types": [], "offices": found_offices}
    context: dict[str, Any] = {
        "sites": [site_answer(site) for site in sites], "left": left, "panels": panels, "results": results or {},
        "done_count": done, "failed_count": len(results or {}) - done, "home": home_of(actor),
        "is_mixed": len({site["state"] for site in left}) > 1, "too_many": len(ids) > SITES_MOST,
        "side": boards.side_of(actor), "opened": opened, "typed": typed or {}, "today_on": today(), "rivals": [],
        "faults": faults_of(first, typed or {}, {}, language == "en") if first and first.kind is INVALID else {},
        "site": _shared(left), "proposed_dates": [], "mended": set(), "own_types": [],
    }  # fmt: skip
    return account_page(request, "cases/together.html", **context, **case_words(language), **choices(view, language))


def _shared(left: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What fields may begin with, where it is the same for all: nothing of a single case."""
    return {"owner_name": None, "asset": {}, "plan": {}, "missing_documents": {}, "correction": None}


def _common(session: Session, actor: Actor, sites: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Actions that every one of the sites allows, and that ask for nothing of a single case."""
    found: list[dict[str, Any]] = []
    for n, site in enumerate(sites):
        steps = {step.action: step for step in available_actions(procedure_of(session, site), site, actor)}
        if n == 0:
            found = [{**action_answer(site, step), **panel_of(site, step)} for step in steps.values()]
        found = [one for one in found if one["action"] in steps]
    return [
        {**one, "offered": [part for part in one["offered"] if part not in _OF_ONE_CASE]}
        for one in found
        if "rival" not in one["offered"] and "mending" not in one["offered"] and "items" not in one["fields"]
    ]
