"""Pages of surveys: my campaigns, one campaign with its files, how one log was read and what was refused of it."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.accounts.auth import Db
from app.accounts.sessions import SignedIn
from app.problems import NOT_FOUND, Problem
from app.surveys import campaigns, files
from app.surveys.campaigns import Row
from app.surveys.carriers import CARRIERS
from app.surveys.log_template import log_template
from app.surveys.models import METHODS
from app.territory.facts import facts_by_code
from app.web.account_forms import Posted, account_page, go
from app.web.list_forms import sent_file
from app.web.messages import LIST_MESSAGES, SURVEY_MESSAGES
from app.web.pages import json_for_html, page_language
from app.web.survey_forms import LogSender, SentLog, SurveyViewer, log_choices, survey_facts
from app.web.survey_words import (
    WORKING,
    cell_marks,
    field_choices,
    headings_of,
    preview_columns,
    recipe_choices,
    rows_of,
    spellings_asked,
    survey_words,
    target_of,
)

router = APIRouter(include_in_schema=False)
_SHOWN = 200


def _page(request: Request, template: str, *, problem: Problem | None = None, **further: Any) -> Response:
    language = page_language(request)
    spoken = {**LIST_MESSAGES[language], **SURVEY_MESSAGES[language]}.items()
    said = {key: words for key, words in spoken if key.startswith(("lists.js.", "surveys.js."))}
    script_words = Markup(json_for_html(said))  # noqa: S704  `<`, `>`, `&` are escaped
    words: dict[str, Any] = survey_words(language)
    return account_page(
        request, f"surveys/{template}", problem=problem, script_words=script_words, methods=METHODS,
        towns=[(town.code5, town.name if language == "ja" else town.romaji) for town in facts_by_code().values()],
        **words, **further,
    )  # fmt: skip


@router.get("/surveys")
def show_surveys(request: Request, viewer: SurveyViewer, db: Db) -> Response:
    """My organisation's surveys, and for planners every published one."""
    return _surveys(request, viewer, db)


def _surveys(
    request: Request, viewer: SignedIn, db: Db, problem: Problem | None = None, typed: Mapping[str, Any] | None = None
) -> Response:
    with db.begin(viewer.actor) as session:
        found = campaigns.list_surveys(session, _SHOWN)
    return _page(request, "index.html", problem=problem, surveys=found, typed=typed or {})


@router.post("/surveys")
def make_survey(request: Request, viewer: SurveyViewer, form: Posted, db: Db) -> Response:
    """A new survey; its page follows."""
    try:
        with db.begin(viewer.actor) as session:
            made = campaigns.make_survey(session, viewer.actor, survey_facts(form))
    except Problem as problem:
        return _surveys(request, viewer, db, problem, dict(form))
    return go(f"/surveys/{made['survey_id']}")


@router.get("/surveys/template.csv")
def get_template(viewer: SurveyViewer) -> Response:
    """The plain template, with a row of each kind to write over."""
    headers = {
        "Content-Disposition": "attachment; filename=\"template.csv\"; filename*=UTF-8''"
        + quote("電波調査_標準様式.csv")
    }
    return Response(log_template(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/surveys/{survey_id}")
def show_survey(request: Request, viewer: SurveyViewer, db: Db, survey_id: UUID, after: UUID | None = None) -> Response:
    """One survey, with its files after the file `after`."""
    return _survey(request, viewer, db, survey_id, after=after)


def _survey(
    request: Request,
    viewer: SignedIn,
    db: Db,
    survey_id: UUID,
    problem: Problem | None = None,
    typed: Mapping[str, Any] | None = None,
    after: UUID | None = None,
) -> Response:
    with db.begin(viewer.actor) as session:
        found = campaigns.get_survey(session, survey_id)
        sent = files.list_files(session, survey_id, after, files.LISTED + 1)
    return _page(
        request, "survey.html", problem=problem, survey=found, files=sent[: files.LISTED], has_older=len(sent) > files.LISTED, typed=typed or {}, is_own=_is_own(found, viewer),
        working=any(one["state"] in WORKING for one in sent),
    )  # fmt: skip


def _is_own(found: Row, viewer: SignedIn) -> bool:
    return bool(found["organisation_id"] == viewer.actor.organisation_id)


def _change(
    request: Request,
    viewer: SignedIn,
    db: Db,
    survey_id: UUID,
    form: Mapping[str, Any],
    change: Callable[[Session, Row], Any],
) -> Response:
    """Do something with a survey as its page showed it, then show it again."""
    try:
        with db.begin(viewer.actor) as session:
            found = campaigns.get_survey(session, survey_id, for_change=True)
            campaigns.match_version(found, f'"{form.get("version", "")}"')
            change(session, found)
    except Problem as problem:
        if problem.kind is NOT_FOUND:
            raise
        return _survey(request, viewer, db, survey_id, problem, dict(form))
    return go(f"/surveys/{survey_id}")


@router.post("/surveys/{survey_id}/change")
def change_survey(request: Request, viewer: SurveyViewer, form: Posted, db: Db, survey_id: UUID) -> Response:
    """Say otherwise what a survey is."""
    return _change(
        request, viewer, db, survey_id, form,
        lambda session, found: campaigns.change_survey(session, found, survey_facts(form)),
    )  # fmt: skip


@router.post("/surveys/{survey_id}/publish")
def publish_survey(request: Request, viewer: SurveyViewer, form: Posted, db: Db, survey_id: UUID) -> Response:
    """Let a survey count."""
    return _change(request, viewer, db, survey_id, form, campaigns.publish_survey)


@router.post("/surveys/{survey_id}/withdraw")
def withdraw_survey(request: Request, viewer: SurveyViewer, form: Posted, db: Db, survey_id: UUID) -> Response:
    """Let a survey no longer count."""
    return _change(request, viewer, db, survey_id, form, campaigns.withdraw_survey)


@router.post("/surveys/{survey_id}/files")
def send_log(request: Request, viewer: LogSender, form: SentLog, db: Db, survey_id: UUID) -> Response:
    """Take a log or the report in; the log's page tells how far its examination is."""
    kind = "report" if form.get("kind") == "report" else "log"
    try:
        file = sent_file(form)
        with db.begin(viewer.actor) as session:
            survey = campaigns.get_survey(session, survey_id, own=True)
            taken = files.receive_file(session, survey, viewer.actor, file.filename or "", file.file, {}, kind)
            if kind == "log":
                files.defer(session, "surveys.examine", taken)
    except Problem as problem:
        if problem.kind is NOT_FOUND:
            raise
        return _survey(request, viewer, db, survey_id, problem)
    return go(f"/surveys/{survey_id}/files/{taken['file_id']}" if kind == "log" else f"/surveys/{survey_id}")


@router.get("/surveys/{survey_id}/files/{file_id}")
def show_file(request: Request, viewer: SurveyViewer, db: Db, survey_id: UUID, file_id: UUID) -> Response:
    """One log: how it was read, a preview, everything refused or mended."""
    return _file(request, viewer, db, survey_id, file_id)


def _file(
    request: Request, viewer: SignedIn, db: Db, survey_id: UUID, file_id: UUID, problem: Problem | None = None
) -> Response:
    with db.begin(viewer.actor) as session:
        survey = campaigns.get_survey(session, survey_id)
        found = files.get_file(session, survey_id, file_id)
        has_original = files.has_original(session, file_id)
    language, report = page_language(request), found["report"] or {}
    return _page(
        request, "file.html", problem=problem, survey=survey, found=found, report=report, is_own=_is_own(survey, viewer),
        working=found["state"] in WORKING, headings=headings_of(report), columns=preview_columns(report),
        has_original=has_original,
        choices=field_choices(language), recipes=recipe_choices(language),
        carriers=[one.carrier_id for one in CARRIERS if one.is_sample == survey["is_sample"]],
        marks=cell_marks(report), spellings=spellings_asked(report), carrier_missing=rows_of(report, "carrier-missing"),
        can_choose=_is_own(survey, viewer) and found["kind"] == "log" and found["state"] in files.READABLE_STATES,
    )  # fmt: skip


def _change_file(
    request: Request,
    viewer: SignedIn,
    db: Db,
    place: tuple[UUID, UUID],
    form: Mapping[str, Any],
    change: Callable[[Session, Row], Any],
) -> Response:
    """Do something with a file as its page showed it, then show it again."""
    survey_id, file_id = place
    try:
        with db.begin(viewer.actor) as session:
            campaigns.get_survey(session, survey_id, own=True)
            found = files.get_file(session, survey_id, file_id, for_change=True)
            campaigns.match_version(found, f'"{form.get("version", "")}"')
            change(session, found)
    except Problem as problem:
        if problem.kind is NOT_FOUND:
            raise
        return _file(request, viewer, db, survey_id, file_id, problem)
    return go(f"/surveys/{survey_id}/files/{file_id}")


@router.post("/surveys/{survey_id}/files/{file_id}/settings")
def read_otherwise(
    request: Request, viewer: SurveyViewer, form: Posted, db: Db, survey_id: UUID, file_id: UUID
) -> Response:
    """Read a log otherwise: its columns, zone, carrier, phone."""

    def change(session: Session, found: Row) -> None:
        report = found["report"] or {}
        choices = log_choices(form, {heading: target_of(report, heading) for heading in headings_of(report)})
        if "columns" in choices:
            choices["columns"] = {**(found["settings"].get("columns") or {}), **choices["columns"]}
        if "carrier_of" in choices:
            choices["carrier_of"] = {**(found["settings"].get("carrier_of") or {}), **choices["carrier_of"]}
        files.defer(session, "surveys.examine", files.change_settings(session, found, choices))

    return _change_file(request, viewer, db, (survey_id, file_id), form, change)


@router.post("/surveys/{survey_id}/files/{file_id}/load")
def load_log(request: Request, viewer: SurveyViewer, form: Posted, db: Db, survey_id: UUID, file_id: UUID) -> Response:
    """Take a log's rows into the survey."""

    def change(session: Session, found: Row) -> None:
        files.defer(session, "surveys.load", files.ask_to_load(session, found))

    return _change_file(request, viewer, db, (survey_id, file_id), form, change)


@router.post("/surveys/{survey_id}/files/{file_id}/remove")
def remove_file(
    request: Request, viewer: SurveyViewer, form: Posted, db: Db, survey_id: UUID, file_id: UUID
) -> Response:
    """Let a file no longer count."""

    def change(session: Session, found: Row) -> None:
        files.remove_file(session, campaigns.get_survey(session, survey_id), found)

    return _change_file(request, viewer, db, (survey_id, file_id), form, change)
