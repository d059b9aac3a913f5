"""Coverage by municipality: the published survey's table and states as page, CSV and workbook; a report each, also as PDF."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

import app.coverage
from app.accounts.auth import Db
from app.applications.papers.pdf import render_template
from app.coverage import claims
from app.coverage import municipality as towns
from app.problems import NOT_FOUND, Problem
from app.territory.facts import facts_by_code
from app.web import coverage_data as data
from app.web.account_forms import look_up_viewer
from app.web.coverage_choice import Choice, read_choice
from app.web.coverage_drawing import list_drawn
from app.web.coverage_pages import viewer_of
from app.web.coverage_report import report_facts
from app.web.coverage_tables import (
    CLAIMS,
    SHARES,
    STATES,
    as_csv,
    as_workbook,
    file_answer,
    notes_of,
    place_name,
    share_table,
    state_table,
    survey_words,
)
from app.web.coverage_words import coverage_words, town_name
from app.web.messages import Language
from app.web.pages import page_language, render

router = APIRouter(include_in_schema=False, dependencies=[Depends(look_up_viewer)])
_TEMPLATE = Path(app.coverage.__file__).parent / "report_template" / "municipality.typ"
_GAPS = 50
_SURVEYS = 6  # of a municipality, the newest
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _choose(session: Session, request: Request, is_planner: bool) -> tuple[Choice, dict[str, Any]]:
    """The choice an address names and the build it means; day 1 of the calendar where there is none."""
    builds = data.list_builds(session)
    carriers, is_sample = data.list_carriers(session, is_planner)
    choice = read_choice(request.query_params, builds, carriers, is_sample)
    build = choice.build
    named = {
        "profile": build.profile_id if build else "", "as_of": build.as_of if build else date.min,
        "technology": choice.technology, "is_sample": is_sample,
    }  # fmt: skip
    return choice, named


def _read_all(request: Request, db: Db) -> dict[str, Any]:
    who, is_planner = viewer_of(request)
    with db.begin(who) as session:
        choice, build = _choose(session, request, is_planner)
        surveys = towns.list_surveys(session, is_planner, build["is_sample"])
        survey = next((one for one in surveys if one["code"] == request.query_params.get("survey")), None)
        states = towns.list_states(session, build, is_planner, carrier="all")
        shares = (
            towns.shares_of_survey(session, is_planner, survey["code"], choice.carrier)
            if survey
            else towns.latest_shares(session, is_planner, build["is_sample"], choice.carrier)
        )
        carriers = data.list_carriers(session, is_planner)[0]
        evidence = towns.list_evidence(session, build, is_planner)
    return {"choice": choice, "build": build, "surveys": surveys, "survey": survey, "states": states, "shares": shares,
            "carriers": carriers, "is_planner": is_planner, "evidence": evidence}  # fmt: skip


def _words(language: Language) -> dict[str, Any]:
    return {
        **coverage_words(language),
        "place_name": lambda code: place_name(code, language),
        "survey_words": lambda row: survey_words(row, language),
    }


@router.get("/coverage/municipalities")
def show_municipalities(request: Request, db: Db) -> Response:
    """Both tables."""
    found, language = _read_all(request, db), page_language(request)
    query = f"?{request.url.query}" if request.url.query else ""
    return render(
        request, "coverage/municipalities.html", **found, state_names=STATES, share_names=SHARES, query=query,
        **_words(language),
    )  # fmt: skip


@router.get("/coverage/municipalities.csv")
def take_csv(request: Request, db: Db) -> Response:
    """The survey's table as CSV; with `table=states`, the states."""
    found, language = _read_all(request, db), page_language(request)
    is_states = request.query_params.get("table") == "states"
    table = state_table(found, language) if is_states else share_table(found, language)
    return file_answer(as_csv(table), "text/csv; charset=utf-8", f"coverage-{'states' if is_states else 'survey'}.csv")


@router.get("/coverage/municipalities.xlsx")
def take_workbook(request: Request, db: Db) -> Response:
    """Both tables as a workbook."""
    found, language = _read_all(request, db), page_language(request)
    tables = [share_table(found, language), state_table(found, language)]
    return file_answer(as_workbook(tables, notes_of(found, language)), _XLSX, "coverage.xlsx")


def _read_one(request: Request, db: Db, code: str) -> dict[str, Any]:
    """Everything a municipality's page and report say. Raises Problem (404)."""
    if code not in facts_by_code():
        raise Problem(NOT_FOUND, "その区市町村はありません。", "There is no such municipality.")
    who, is_planner = viewer_of(request)
    with db.begin(who) as session:
        choice, build = _choose(session, request, is_planner)
        states = towns.list_states(session, build, is_planner, municipality=code)
        gaps = towns.list_gaps(session, build, is_planner, code, _GAPS)
        kinds = towns.sum_gaps(session, build, is_planner, code)
        newest, samples = towns.list_evidence(session, build, is_planner, code).get(code, (None, 0))
        surveys = towns.list_surveys(session, is_planner, build["is_sample"], code)[:_SURVEYS]
        shares = [
            row
            for one in surveys
            for row in towns.shares_of_survey(session, is_planner, one["code"])
            if row["municipality_code"] == code
        ]
        claimed = claims.count_claims(session, build, is_planner, code)
    return {
        "code": code, "choice": choice, "build": build, "states": states, "gaps": gaps, "kinds": kinds, "newest": newest, "samples": samples,
        "shares": shares, "claimed": claimed, "figures": _figures(states),
    }  # fmt: skip


def _figures(states: Any) -> dict[str, str]:
    """What the page says first, of all carriers together."""
    together: Mapping[str, Any] = next(
        (row for row in states if row["carrier"] == "all"), {"cells": {}, "road_km": {}, "population": {}}
    )
    cells, road = together["cells"], together["road_km"]
    return {
        "gap": f"{cells.get('gap', 0):,}", "gap_km": f"{road.get('gap', 0.0):,.1f}", "covered": f"{cells.get('covered', 0):,}",
        "covered_km": f"{road.get('covered', 0.0):,.1f}", "uncertain": f"{cells.get('uncertain', 0):,}",
        "unknown": f"{cells.get('unknown', 0):,}", "people": f"{together['population'].get('gap', 0.0):,.0f}",
    }  # fmt: skip


@router.get("/coverage/municipalities/{code}.pdf")
def take_report(request: Request, db: Db, code: str) -> Response:
    """The report on A4, standing alone in a meeting."""
    found, language = _read_one(request, db, code), page_language(request)
    if not found["states"]:
        raise Problem(
            NOT_FOUND, "この区市町村の結果はまだありません。", "Nothing has been computed of this municipality yet."
        )
    origin = (request.app.state.settings.public_url or str(request.base_url)).rstrip("/")
    asked = {"profile": found["build"]["profile"], "as_of": found["build"]["as_of"]}
    address = f"{origin}/coverage/municipalities/{code}?{urlencode(asked)}"
    who, is_planner = viewer_of(request)
    with db.begin(who) as session:
        drawn = list_drawn(session, found["build"], is_planner, code)
    content = render_template(_TEMPLATE, report_facts(found, drawn, language, address), found["build"]["as_of"])
    return file_answer(content, "application/pdf", f"coverage-{code}.pdf")


@router.get("/coverage/municipalities/{code}")
def show_municipality(request: Request, db: Db, code: str) -> Response:
    """One municipality."""
    found, language = _read_one(request, db, code), page_language(request)
    facts = facts_by_code()[code]
    around = (facts.office_lon - 0.06, facts.office_lat - 0.04, facts.office_lon + 0.06, facts.office_lat + 0.04)
    return render(
        request, "coverage/municipality.html", **found, name=town_name(code, language), state_names=STATES, share_names=SHARES,
        claim_names=CLAIMS, around=around, **_words(language),
    )  # fmt: skip
