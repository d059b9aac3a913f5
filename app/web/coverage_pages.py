"""The planner's map of coverage, for everybody as far as rows are public: every view of it is an address."""

from dataclasses import replace
from typing import Any

import psycopg
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from markupsafe import Markup
from psycopg_pool import PoolTimeout
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.accounts.actor import Actor, Service
from app.accounts.auth import client_address, request_id, transactions
from app.accounts.permissions import Permission
from app.coverage.profiles import all_profiles
from app.db import reading
from app.territory.facts import facts_by_code
from app.web import coverage_data as data
from app.web.account_forms import look_up_viewer
from app.web.coverage_choice import FIRST_VIEW, LAYERS, TECHNOLOGIES, Choice, read_choice
from app.web.coverage_words import SHOWN, coverage_words, histogram_bars, level_scale
from app.web.map_data import list_credits, list_towns, page_data
from app.web.messages import COVERAGE_MESSAGES, MAP_MESSAGES, Language
from app.web.pages import json_for_html, page_language, render

router = APIRouter(include_in_schema=False)
_LISTED = 40


def viewer_of(request: Request) -> tuple[Actor | Service, bool]:
    """Who looks, and whether as a planner, who sees every build and every carrier."""
    viewer = getattr(request.state, "signed_in", None)
    if viewer is None:
        return Service("pages", client_address(request), request_id(request)), False
    return viewer.actor, Permission.SURVEYS_READ in viewer.actor.permissions


@router.api_route("/coverage", methods=["GET", "HEAD"], dependencies=[Depends(look_up_viewer)])
async def show_map(request: Request) -> Response:
    """The map, its list and the evidence of one cell; with `part`, list and evidence alone, for the page's own script."""
    found = await run_in_threadpool(_read, request)
    if "part" in request.query_params:
        return render(request, "coverage/parts.html", **found)
    language = page_language(request)
    return render(request, "coverage/map.html", data=await _data(request, language, found), **found)


def _read(request: Request) -> dict[str, Any]:
    who, is_planner = viewer_of(request)
    language = page_language(request)
    with transactions(request).begin(who) as session:
        builds = data.list_builds(session)
        carriers, is_sample = data.list_carriers(session, is_planner)
        choice = read_choice(request.query_params, builds, carriers, is_sample)
        if choice.town and not choice.box:
            choice = replace(choice, box=data.town_box(session, choice.town))
        found = _of_choice(session, choice, is_planner, language)
        surveyed = data.list_surveyed_towns(session, is_planner)
    return {
        "towns": (sorted(surveyed & facts_by_code().keys()), [code for code in facts_by_code() if code not in surveyed]),
        "choice": choice, "builds": builds, "carriers": carriers, "is_planner": is_planner, "shown_states": SHOWN,
        "technologies": [t for t in TECHNOLOGIES if any(build.technology == t for build in builds)] or ["4g"],
        "profiles": list(dict.fromkeys(b.profile_id for b in builds if b.technology == choice.technology)),
        "days": sorted({b.as_of for b in builds if choice.build and b.profile_id == choice.build.profile_id}),
        "profile": all_profiles().get(choice.build.profile_id) if choice.build else None, "layers": LAYERS,
        **found, **coverage_words(language),
    }  # fmt: skip


def _of_choice(session: Session, choice: Choice, is_planner: bool, language: Language) -> dict[str, Any]:
    """Counts and list of what is in view, and the evidence of the chosen cell."""
    cell = data.find_evidence(session, choice, is_planner) if choice.cell and choice.build else None
    profile = all_profiles().get(choice.build.profile_id) if choice.build else None
    reports, driven_km = data.count_reports(session, choice, is_planner)
    return {
        "counts": data.count_states(session, choice, is_planner) if choice.build else {},
        "cells": data.list_cells(session, choice, is_planner, _LISTED) if choice.build else [],
        "reports": reports,
        "driven_km": driven_km,
        "cell": cell,
        "beside": data.list_beside(session, choice, is_planner) if cell else [],
        "history": data.list_history(session, choice, is_planner) if cell else [],
        "bars": histogram_bars(cell["histogram"], language, profile) if cell else [],
        "scale": level_scale(cell, profile, language) if cell else None,
    }


async def _data(request: Request, language: Language, found: dict[str, Any]) -> Markup:
    """What the map's script reads from the page."""
    try:
        async with reading(request.app.state.read_pool) as connection:
            towns, credits = await list_towns(connection), await list_credits(connection)
    except (psycopg.OperationalError, PoolTimeout):
        towns, credits = [], {}
    whole = page_data(language, request.app.state.settings, towns, credits)
    words = {key: said for key, said in COVERAGE_MESSAGES[language].items() if key.startswith("coverage.js.")}
    named = {key: said for key, said in MAP_MESSAGES[language].items() if key.startswith(("map.", "value."))}
    choice: Choice = found["choice"]
    latest = [f"{build.profile_id} {build.as_of}" for build in found["builds"] if build.is_latest]
    made = {
        **whole, "fields": {}, "messages": named | words, "view": choice.box or FIRST_VIEW, "is_sample": choice.is_sample,
        "latest": latest,
    }  # fmt: skip
    return Markup(json_for_html(made))  # noqa: S704  `<`, `>` and `&` are escaped


@router.get("/coverage/claims.json", dependencies=[Depends(look_up_viewer)])
def read_claims(request: Request, carrier: str = "all", technology: str = "4g") -> Response:
    """Where carriers say they serve, as far as the viewer may know: GeoJSON for the map's dashed layer."""
    who, _ = viewer_of(request)
    with transactions(request).begin(who) as session:
        content = data.claims_geojson(session, None if carrier == "all" else carrier, technology)
    return Response(content, media_type="application/geo+json", headers={"Cache-Control": "no-store"})
