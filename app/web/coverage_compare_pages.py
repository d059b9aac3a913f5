"""Two surveys, or two days of one profile, side by side for planners: what changed from which state to which, and where."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from markupsafe import Markup

from app.accounts.auth import Db
from app.accounts.cookies import origin_of
from app.accounts.permissions import Permission
from app.accounts.sessions import SignedIn
from app.coverage.comparing import ABSENT, SHOWN, Pair, by_direction
from app.coverage.profiles import all_profiles
from app.mesh import mesh_bounds
from app.web import coverage_data as data
from app.web.account_forms import PageRequires
from app.web.coverage_choice import Choice
from app.web.coverage_compared import DRAWN, Compared, read_compared
from app.web.coverage_tables import as_csv, compare_table, file_answer
from app.web.coverage_words import coverage_words, town_name
from app.web.messages import COVERAGE_MESSAGES, MAP_MESSAGES, Language
from app.web.pages import json_for_html, page_language, render

router = APIRouter(include_in_schema=False)
CoverageViewer = Annotated[SignedIn, Depends(PageRequires(Permission.SURVEYS_READ))]
_LISTED = 100


@router.get("/coverage/compare")
def compare(request: Request, viewer: CoverageViewer, db: Db) -> Response:
    """The comparison the address names; without one, the newest survey with the one before it of the same place."""
    language = page_language(request)
    with db.begin(viewer.actor) as session:
        found = read_compared(session, request.query_params)
        built = {build.profile_id: build for build in reversed(data.list_builds(session))}
    matrix = found.matrix or {}
    changed = [pair for pair in found.pairs if pair.direction != "same"]
    build = built.get(found.profile_id)
    return render(
        request, "coverage/compare.html", found=found, matrix=matrix, amounts=by_direction(matrix),
        states=[state for state in (*SHOWN, ABSENT) if any(state in pair for pair in matrix)],
        changed=changed[:_LISTED], total=len(changed), profiles=list(all_profiles()),
        choice=Choice(found.carrier, all_profiles()[found.profile_id].technology, build, found.is_sample),
        town_codes=_town_codes(found, language), link=origin_of(request) + found.address(lang=language),
        data=_data(request, language, found.pairs), **coverage_words(language),
    )  # fmt: skip


@router.get("/coverage/compare.csv")
def take_csv(request: Request, viewer: CoverageViewer, db: Db) -> Response:
    """Every mesh of the comparison as CSV, with what it was, what it is and what that rests on."""
    language = page_language(request)
    with db.begin(viewer.actor) as session:
        found = read_compared(session, request.query_params)
    return file_answer(as_csv(compare_table(found, language)), "text/csv; charset=utf-8", "coverage-comparison.csv")


def _town_codes(found: Compared, language: Language) -> list[str]:
    codes = {code for code in (found.towns or {}).values() if code} | ({found.town} if found.town else set())
    return sorted(codes, key=lambda code: town_name(code, language))


def _data(request: Request, language: Language, pairs: "list[Pair] | Any") -> Markup:
    """What the map's script reads: the cells with their corners."""
    settings = request.app.state.settings
    words = {key: said for key, said in MAP_MESSAGES[language].items() if key.startswith("map.")}
    words |= {
        key: said for key, said in COVERAGE_MESSAGES[language].items()
        if key.startswith(("coverage.js.", "coverage.shown.", "coverage.compare.direction."))
    }  # fmt: skip
    cells = [
        {
            "code": pair.mesh_code, "before": pair.before.shown, "after": pair.after.shown, "direction": pair.direction,
            "change": None if pair.change_db is None else round(pair.change_db, 1), "box": mesh_bounds(pair.mesh_code),
        }
        for pair in pairs[:DRAWN]
    ]  # fmt: skip
    basemap = {"url": settings.basemap_url, "attribution": settings.basemap_attribution}
    made = {
        "language": language, "messages": words, "fields": {}, "municipalities": [], "credits": {}, "cells": cells,
        "basemap": basemap if settings.basemap_url else None,
    }  # fmt: skip
    return Markup(json_for_html(made))  # noqa: S704  `<`, `>` and `&` are escaped
