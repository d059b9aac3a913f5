"""A carrier's board and the inbox of window and offices: one list of sites, whose filter stands in its address."""

import re
from typing import Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.datastructures import QueryParams

from app.accounts.actor import Actor
from app.accounts.auth import Db
from app.accounts.permissions import Permission
from app.accounts.sessions import SignedIn
from app.applications import boards
from app.applications.answers import site_answer
from app.applications.case_router import Section, Sort
from app.applications.procedure import PARTY_LABELS
from app.applications.sites import SiteRow
from app.applications.standard_procedure import STAGES, STATES
from app.clock import today
from app.problems import Problem
from app.web.account_forms import account_page, go
from app.web.case_forms import CaseViewer, id_in
from app.web.case_view import offices
from app.web.case_words import case_words
from app.web.messages import Language, message
from app.web.pages import page_language

router = APIRouter(include_in_schema=False)
PAGE_ROWS, WAITING_ROWS = 50, 10
_FLAGS = ("assigned_to_me", "asked")
# What narrows the list to certain cases, whoever's turn they are.
_NARROWING = ("state", "stage", "q", "asked", "application")
_STATES = {state.code: state for state in STATES}


@router.get("/board")
def show_board(request: Request, viewer: CaseViewer, db: Db) -> Response:
    """The carrier's sites: whose turn each is, its own first."""
    return list_page(request, viewer, db, "/board")


@router.get("/inbox")
def show_inbox(request: Request, viewer: CaseViewer, db: Db) -> Response:
    """What window or office owes, the most urgent first."""
    return list_page(request, viewer, db, "/inbox")


def home_of(actor: Actor) -> str:
    """Where somebody's list is."""
    return "/inbox" if {Permission.CASES_WINDOW, Permission.CASES_REVIEW} & actor.permissions else "/board"


def list_page(request: Request, viewer: SignedIn, db: Db, path: str) -> Response:
    """The list that an address asks for."""
    asked = {name: value.strip() for name, value in request.query_params.items() if value.strip()}
    if path != home_of(viewer.actor) or len(asked) < len(request.query_params):
        return go(home_of(viewer.actor), **asked)
    wanted = wanted_of(request.query_params)
    language = page_language(request)
    problem: Problem | None = None
    with db.begin(viewer.actor) as session:
        counts = boards.count_sections(session, viewer.actor, wanted)
        try:
            found, more = _list(session, viewer.actor, wanted, asked.get("after"))
        except Problem as reason:  # a cursor of another list: begin at its beginning
            problem, (found, more) = reason, _list(session, viewer.actor, wanted, None)
        shows_waiting = wanted.section == "mine" and not more and "after" not in asked
        waiting = _waiting(session, viewer.actor, wanted) if shows_waiting else []
        is_countable = None not in (counts["mine"], counts["waiting"])
        context = _choices(session, viewer.actor, language, with_states=is_countable)
    side = boards.side_of(viewer.actor)
    return account_page(
        request, "cases/list.html", problem=problem, side=side, path=path, asked=asked, wanted=wanted, counts=counts,
        groups=groups(wanted, side, found), waiting=[site_answer(site) for site in waiting], more=more,
        number=_number(wanted, counts, len(found)), sentence=sentence(asked, wanted, context, language),
        address=lambda **changes: address(path, asked, changes), query=export_query(request.query_params, wanted, language),
        **context, **case_words(language),
    )  # fmt: skip


def _waiting(session: Session, actor: Actor, wanted: boards.Wanted) -> list[SiteRow]:
    return boards.list_waiting(session, actor, wanted, None, WAITING_ROWS)[0]


def _list(session: Session, actor: Actor, wanted: boards.Wanted, after: str | None) -> tuple[list[SiteRow], str | None]:
    is_waiting = wanted.section == "waiting" and wanted.sort == "due_on"
    return (boards.list_waiting if is_waiting else boards.list_sites)(session, actor, wanted, after, PAGE_ROWS)


def wanted_of(query: QueryParams) -> boards.Wanted:
    """What an address asks for; what makes no sense is left out. Without a narrowing filter: what is the viewer's turn."""
    section = _one_of(query.get("section"), get_args(Section))
    if section is None and not any(query.get(name) for name in _NARROWING):
        section = "mine"
    # What waits for nobody has no day by which.
    first = "-updated_at" if section in ("resting", "ended") else "due_on"
    code, q = query.get("municipality", ""), query.get("q", "").replace("\0", "").strip()[:100]
    return boards.Wanted(
        states=tuple(state for state in query.getlist("state") if state in _STATES),
        stage=_one_of(query.get("stage"), tuple(STAGES)),
        municipality_code=code if re.fullmatch(r"[0-9]{5}", code) else None,
        owner_organisation_id=id_in(query.get("owner", "")),
        application_id=id_in(query.get("application", "")),
        assigned_to_me=bool(query.get("assigned_to_me")), asked=bool(query.get("asked")), q=q or None,
        section=section, sort=_one_of(query.get("sort"), get_args(Sort)) or first,
    )  # fmt: skip


def _one_of(given: str | None, known: tuple[str, ...]) -> str | None:
    return given if given in known else None


def export_query(query: QueryParams, wanted: boards.Wanted, language: Language) -> str:
    """The same list as its downloads take it."""
    kept = {"after", "lang", "section", "done"}
    pairs = [(name, value) for name, value in query.multi_items() if name not in kept and value.strip()]
    pairs = [(name, "true" if name in _FLAGS else value) for name, value in pairs]
    return urlencode([*pairs, *([("section", wanted.section)] if wanted.section else []), ("lang", language)])


def address(path: str, asked: dict[str, str], changes: dict[str, Any]) -> str:
    """This list with something changed; None takes a part away. Another list begins at its beginning."""
    kept = {name: value for name, value in asked.items() if name not in ("after", "done", "lang")}
    query = {name: value for name, value in {**kept, **changes}.items() if value not in (None, "")}
    return f"{path}?{urlencode(query)}" if query else path


def groups(wanted: boards.Wanted, side: str, found: list[SiteRow]) -> list[tuple[str | None, list[dict[str, Any]]]]:
    """Rows under their headings: how urgent they are, where the list is the viewer's turn by due day."""
    if wanted.section != "mine" or wanted.sort != "due_on":
        return [(None, [site_answer(site) for site in found])] if found else []
    made: list[tuple[str | None, list[dict[str, Any]]]] = []
    for site in found:
        name = urgency(site, wanted)
        if not made or made[-1][0] != name:
            made.append((name, []))
        made[-1][1].append(site_answer(site))
    return made


def urgency(site: SiteRow, wanted: boards.Wanted) -> str:
    """The section a site of the viewer's turn belongs to."""
    due = site["due_on"]
    if due is None or (due - wanted.on).days > 7:
        return "later"
    return "overdue" if due < wanted.on else "today" if due == wanted.on else "week"


def _number(wanted: boards.Wanted, counts: dict[str, int | None], shown: int) -> int | None:
    """How many sites the list has, as far as it is counted."""
    if wanted.section is not None:
        return counts[wanted.section]
    parts = [counts[name] for name in ("mine", "waiting", "resting", "ended")]
    return None if None in parts else sum(part or 0 for part in parts)


def sentence(asked: dict[str, str], wanted: boards.Wanted, context: dict[str, Any], language: Language) -> str:
    """The filter as one reads it."""
    side = language == "en"
    states = [(_STATES[code].ja, _STATES[code].en)[side] for code in wanted.states]
    said = [
        message(language, f"cases.section.{wanted.section}") if wanted.section else None,
        *states,
        STAGES[wanted.stage][side] if wanted.stage else None,
        dict(context["towns"]).get(wanted.municipality_code),
        dict(context["owners"]).get(wanted.owner_organisation_id),
        message(language, "cases.assigned_to_me") if wanted.assigned_to_me else None,
        message(language, "cases.asked") if wanted.asked else None,
        f"「{wanted.q}」" if wanted.q else None,
    ]
    return message(language, "cases.sentence.separator").join(part for part in said if part)


def _choices(session: Session, actor: Actor, language: Language, *, with_states: bool) -> dict[str, Any]:
    """What the filter offers; how many sites are in each state where there are not too many to count."""
    side = language == "en"
    towns = session.execute(
        text("SELECT municipality_code, name, name_en FROM municipality ORDER BY municipality_code")
    )
    states = boards.count_states(session, actor) if with_states and boards.side_of(actor) == "carrier" else []
    return {
        "towns": [(town.municipality_code, town.name_en if side else town.name) for town in towns],
        "owners": [(office["organisation_id"], office["name"]) for office in offices(session)],
        "state_choices": [(state.code, (state.ja, state.en)[side]) for state in STATES if state.code != "draft"],
        "stage_choices": [(code, words[side]) for code, words in STAGES.items() if code != "draft"],
        "states": states,
        "sorts": ("due_on", "-updated_at", "code", "state", "municipality"),
        "today_on": today(),
        "parties": {party.value: words[side] for party, words in PARTY_LABELS.items()},
    }
