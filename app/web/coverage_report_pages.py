"""Where residents say that their phone does not connect: four choices and a place, no name, no sign-in."""

import unicodedata
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from markupsafe import Markup
from pydantic import ValidationError

from app.accounts.auth import Db
from app.accounts.cookies import browser_of
from app.accounts.secrets import digest, new_secret
from app.clock import today
from app.problems import INVALID, Problem
from app.surveys import reports, schemas
from app.surveys.carriers import REAL
from app.web.account_forms import Posted, account_page, look_up_viewer, refuse_signed_out_forgery
from app.web.coverage_words import carrier_name, town_name
from app.web.messages import COVERAGE_MESSAGES, MAP_MESSAGES
from app.web.pages import json_for_html, page_language

router = APIRouter(include_in_schema=False, dependencies=[Depends(look_up_viewer)])
_PATH = "/coverage/report-trouble"
_CHOICES = {
    "trouble": ("no_service", "calls_drop", "slow"),
    "place": ("outdoors", "indoors", "vehicle"),
    "part_of_day": ("morning", "day", "evening", "night"),
}
_NOTHING = {"kept": None, "secret": "", "taken_back": None}
_LABELS = {"trouble": "what", "place": "place", "part_of_day": "when"}


@router.get(_PATH)
def show_form(request: Request) -> Response:
    """The form."""
    return _page(request, {})


def _page(request: Request, typed: dict[str, Any], problem: Problem | None = None, **kept: Any) -> Response:
    language = page_language(request)
    words = {key: said for key, said in MAP_MESSAGES[language].items() if key.startswith("map.")}
    words |= {key: said for key, said in COVERAGE_MESSAGES[language].items() if key.startswith("coverage.js.")}
    settings = request.app.state.settings
    basemap = {"url": settings.basemap_url, "attribution": settings.basemap_attribution}
    data: dict[str, Any] = {
        "language": language, "messages": words, "fields": {}, "municipalities": [], "credits": {},
        "basemap": basemap if settings.basemap_url else None,
    }  # fmt: skip
    return account_page(
        request, "coverage/trouble.html", problem=problem, typed=typed, **_NOTHING | kept, choices=_CHOICES, labels=_LABELS,
        carriers=[(carrier, carrier_name(carrier, language)) for carrier in REAL], today=today(), town_name=lambda code: town_name(code, language),
        data=Markup(json_for_html(data)),  # noqa: S704  `<`, `>` and `&` are escaped
    )  # fmt: skip


@router.post(_PATH)
def report_trouble(request: Request, form: Posted, db: Db) -> Response:
    """Keep what was said; what is wrong is shown beside what was typed. Who sent it is told a secret to take it back by."""
    typed = {name: str(value) for name, value in form.items() if name != "csrf"}
    secret = new_secret()
    try:
        refuse_signed_out_forgery(browser_of(request), form)
        said = _read(typed)
        with db.begin(reports.RESIDENT) as session:
            kept = reports.keep_report(session, said, digest(secret))
    except Problem as problem:
        return _page(request, typed, problem)
    return _page(request, {}, kept=said | dict(kept), secret=secret)


@router.post(f"{_PATH}/take-back")
def take_back(request: Request, form: Posted, db: Db) -> Response:
    """Delete the report whose secret the form carries."""
    try:
        refuse_signed_out_forgery(browser_of(request), form)
    except Problem as problem:
        return _page(request, {}, problem)
    with db.begin(reports.RESIDENT) as session:
        return _page(request, {}, taken_back=reports.take_back(session, digest(str(form.get("secret", "")))))


def _read(typed: dict[str, str]) -> dict[str, Any]:
    """The report a form holds. Raises Problem (422)."""
    wanted = {name: typed.get(name, "") for name in ("lon", "lat", "experienced_on", *_CHOICES)}
    wanted |= _place(wanted["lat"], wanted["lon"])
    try:
        return schemas.ResidentReportRequest.model_validate(
            {**wanted, "carrier": typed.get("carrier") or None}
        ).model_dump()
    except ValidationError as error:
        raise Problem(
            INVALID,
            COVERAGE_MESSAGES["ja"]["coverage.trouble.mend"],
            COVERAGE_MESSAGES["en"]["coverage.trouble.mend"],
            errors=[
                {"pointer": f"/{fault['loc'][0]}", "detail": "invalid"} for fault in error.errors() if fault["loc"]
            ],
        ) from None


def _place(lat: str, lon: str) -> dict[str, str]:
    """Latitude and longitude as typed, in wide digits too, or both in the first field as maps copy them."""
    parts = unicodedata.normalize("NFKC", f"{lat},{lon}").replace("、", ",").split(",")
    known = [part.strip() for part in parts if part.strip()]
    return {"lat": known[0], "lon": known[1]} if len(known) == 2 else {"lat": lat, "lon": lon}
