"""What the forms of survey pages hold: facts of a campaign, a log, and what somebody chose about how to read it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from app.accounts.auth import find_signed_in
from app.accounts.permissions import Permission
from app.accounts.sessions import SignedIn
from app.problems import INVALID, Problem
from app.surveys import schemas
from app.territory.facts import facts_by_code
from app.web.account_forms import Onward, PageRequires, SignInNeeded

_FIELDS_MAX, _FIELD_BYTES_MAX = 20, 64 * 1024
_BETWEEN = re.compile(r"[,、\s]+")
SurveyViewer = Annotated[SignedIn, Depends(PageRequires(Permission.SURVEYS_IMPORT))]


async def read_log(request: Request) -> FormData:
    """A form with one log. Whoever may not send one is told before it is read. Raises SignInNeeded, Problem (403)."""
    signed_in = await run_in_threadpool(find_signed_in, request)
    if signed_in is None or signed_in.csrf_secret is None:
        raise SignInNeeded(Onward(next=request.url.path.removesuffix("/files")), posted=True)
    signed_in.actor.require(Permission.SURVEYS_IMPORT)
    return await request.form(max_files=1, max_fields=_FIELDS_MAX, max_part_size=_FIELD_BYTES_MAX)


SentLog = Annotated[FormData, Depends(read_log)]


class _SendsLog(PageRequires):
    """As `PageRequires`, for a form that carries a log."""

    def __call__(self, request: Request, form: SentLog) -> SignedIn:
        """Raises SignInNeeded, StaleForm, Problem (403)."""
        return super().__call__(request, form)


LogSender = Annotated[SignedIn, Depends(_SendsLog(Permission.SURVEYS_IMPORT))]


def survey_facts(form: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a campaign as a form holds them. Raises Problem (422) naming each that cannot be."""
    written = {name: str(form.get(name, "")).strip() for name in ("code", "title", "began_on", "ended_on", "method")}
    wanted = {
        **written,
        "contractor": str(form.get("contractor", "")).strip() or None,
        "note": str(form.get("note", "")).strip() or None,
        "devices": [device.strip() for device in re.split(r"[,、\n]", str(form.get("devices", ""))) if device.strip()],
        "municipality_codes": _town_codes(str(form.get("municipality_codes", ""))),
        "carriers_public": "carriers_public" in form,
    }
    return _checked(schemas.SurveyRequest, wanted).model_dump()


def _town_codes(written: str) -> list[str]:
    """Codes of the municipalities named, or given by code; what is neither stays, and is refused with the rest."""
    by_name = {town.name: town.code5 for town in facts_by_code().values()}
    return [by_name.get(words, words) for words in _BETWEEN.split(written) if words]


def log_choices(form: Mapping[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
    """How a log is to be read, as its form says; `targets` are its headings as read now. Raises Problem (422)."""
    chosen: dict[str, Any] = {}
    for name in ("recipe", "zone", "carrier", "device"):
        if name in form:
            chosen[name] = str(form[name]).strip() or None
    if "in_vehicle" in form:
        chosen["in_vehicle"] = {"yes": True, "no": False}.get(str(form["in_vehicle"]))
    if chosen.get("zone") and chosen["zone"] not in available_timezones():
        raise Problem(
            INVALID, "その時間帯はありません。Asia/Tokyo のように書いてください。", "There is no such zone; write one like Asia/Tokyo.",
            errors=[{"pointer": "/zone", "detail": "unknown"}],
        )  # fmt: skip
    columns = {
        heading: str(form[f"column.{n}"]) or None
        for n, (heading, target) in enumerate(targets.items())
        if f"column.{n}" in form and str(form[f"column.{n}"]) != target
    }
    if columns:
        chosen["columns"] = columns
    spelt = {
        str(form[f"spelling.{n}"]): str(form[f"carrier_of.{n}"])
        for n in range(100)
        if form.get(f"spelling.{n}") and form.get(f"carrier_of.{n}")
    }
    if spelt:
        chosen["carrier_of"] = spelt
    return _checked(schemas.LogChoices, chosen).model_dump(exclude_unset=True)


def _checked(model: type[BaseModel], values: Mapping[str, Any]) -> BaseModel:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        names = list(dict.fromkeys(str(fault["loc"][0]) for fault in error.errors() if fault["loc"]))
        raise Problem(
            INVALID,
            "赤い枠の項目を直してください。空のままか、使えない書き方です。",
            "Mend the marked fields: one is empty, or written in a way that cannot be used.",
            errors=[{"pointer": f"/{name}", "detail": "invalid"} for name in names],
        ) from None
