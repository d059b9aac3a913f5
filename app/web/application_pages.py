"""Pages of applications: the list of mine, a new one, copying, throwing away, sending."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.accounts.auth import Db
from app.accounts.sessions import SignedIn
from app.applications import drafts
from app.applications.choosing.asset_facts import find_assets
from app.applications.choosing.chosen_assets import assets_of_selection, read_chosen
from app.applications.schemas import ApplicationRequest
from app.applications.submission import submit_application
from app.problems import INVALID, NOT_FOUND, Problem
from app.web.account_forms import Posted, account_page, go
from app.web.account_pages import id_of
from app.web.application_draft import Said, application_page
from app.web.application_forms import Applicant, ApplicantSender, ApplicantUpload, asset_ids_of, sent_file
from app.web.application_words import state_bar

router = APIRouter(include_in_schema=False)
_SENT_A_PAGE, _DRAFTS_MOST = 50, 200
_PLACE = "/applications/{application_id}"


@router.get("/applications")
def show_applications(request: Request, viewer: Applicant, db: Db, after: UUID | None = None) -> Response:
    """My organisation's applications: drafts first, then what was sent."""
    return _list_page(request, viewer, db, after)


def _list_page(
    request: Request, viewer: SignedIn, db: Db, after: UUID | None = None, problem: Problem | None = None
) -> Response:
    with db.begin(viewer.actor) as session:
        sent = drafts.list_applications(session, after, _SENT_A_PAGE + 1, "submitted")
        begun = [] if after else drafts.list_applications(session, None, _DRAFTS_MOST, "draft")
    more = sent[_SENT_A_PAGE - 1]["application_id"] if len(sent) > _SENT_A_PAGE else None
    return account_page(
        request, "applications/index.html", problem=problem, drafts=begun, sent=sent[:_SENT_A_PAGE], more=more,
        after=after, bar=lambda application: state_bar(application["states"]),
    )  # fmt: skip


@router.get("/applications/new")
def show_new(request: Request, viewer: Applicant, db: Db, selected: str = "") -> Response:
    """Where chosen assets become a draft, or join one."""
    return _new_page(
        request, viewer, db, {"asset_ids": "\n".join(part for part in selected.split(",") if part)[:40_000]}
    )


def _new_page(
    request: Request, viewer: SignedIn, db: Db, typed: Mapping[str, Any], problem: Problem | None = None
) -> Response:
    ids = str(typed.get("asset_ids", "")).split()[:500]
    with db.begin(viewer.actor) as session:
        begun = drafts.list_applications(session, None, _DRAFTS_MOST, "draft")
        known = find_assets(session, ids)
    unknown = [asset_id for asset_id in ids if asset_id not in known]
    return account_page(
        request, "applications/new.html", problem=problem, drafts=begun, typed=typed, known=known, unknown=unknown,
        without_unknown="\n".join(asset_id for asset_id in ids if asset_id in known),
    )  # fmt: skip


@router.post("/applications")
def make_application(request: Request, viewer: Applicant, form: Posted, db: Db) -> Response:
    """Make a draft of the assets given, or put them into the draft that `into` names."""
    typed = {name: str(form.get(name, "")) for name in ("asset_ids", "title", "into")}
    try:
        ids = asset_ids_of(typed["asset_ids"])
        with db.begin(viewer.actor) as session:
            if typed["into"]:
                found = drafts.get_draft(session, viewer.actor, id_of(typed["into"]))
                drafts.add_sites(session, viewer.actor, found, ids)
            else:
                wanted = ApplicationRequest(title=typed["title"].strip()[:200] or None, asset_ids=ids)
                found = drafts.create_application(session, viewer.actor, wanted)
    except Problem as problem:
        return _new_page(request, viewer, db, typed, problem)
    done = "application-joined" if typed["into"] else "application-chosen"
    return go(f"/applications/{found['application_id']}", done=done)


@router.post("/applications/file")
def make_application_of_file(request: Request, viewer: ApplicantSender, form: ApplicantUpload, db: Db) -> Response:
    """Make a draft of the assets that a spreadsheet or GeoJSON names."""
    try:
        file = sent_file(form)
        selection = read_chosen(file.file, file.filename or "")
        with db.begin(viewer.actor) as session:
            chosen = assets_of_selection(session, selection)
            if not chosen.asset_ids:
                raise Problem(
                    INVALID,
                    "このファイルの行に当たるアセットは、一覧に1つもありませんでした。番号か名称、または緯度・経度の列があるか確かめてください。",
                    "No row of the file is in the register. It needs a column of ids, names or positions.",
                )
            title = (file.filename or "").rpartition(".")[0][:200].strip() or None
            made = drafts.create_application(
                session, viewer.actor, ApplicationRequest(title=title, asset_ids=chosen.asset_ids)
            )
    except Problem as problem:
        return _list_page(request, viewer, db, problem=problem)
    if chosen.problems:
        said = Said(added=len(chosen.asset_ids), unread=chosen.problems)
        return application_page(request, viewer, db, made["application_id"], said)
    return go(f"/applications/{made['application_id']}", done="application-chosen")


@router.get(_PLACE)
def show_application(
    request: Request, viewer: Applicant, db: Db, application_id: UUID, edit: UUID | None = None
) -> Response:
    """One application; `edit` opens the own values of a site."""
    return application_page(request, viewer, db, application_id, Said(edited=edit))


@router.post(_PLACE + "/copy")
def copy_application(request: Request, viewer: Applicant, form: Posted, db: Db, application_id: UUID) -> Response:
    """A new draft like this one."""
    try:
        with db.begin(viewer.actor) as session:
            made = drafts.clone_application(session, viewer.actor, application_id)
    except Problem as problem:
        return _refused(request, viewer, db, application_id, problem)
    return go(f"/applications/{made['application_id']}", done="application-copied")


@router.post(_PLACE + "/discard")
def discard_application(request: Request, viewer: Applicant, form: Posted, db: Db, application_id: UUID) -> Response:
    """Throw a draft away."""
    try:
        with db.begin(viewer.actor) as session:
            drafts.discard_application(session, viewer.actor, application_id)
    except Problem as problem:
        return _refused(request, viewer, db, application_id, problem)
    return go("/applications", done="application-discarded")


@router.post(_PLACE + "/send")
def send_application(request: Request, viewer: Applicant, form: Posted, db: Db, application_id: UUID) -> Response:
    """Send every site of a draft, or none: what is missing is named all at once."""
    try:
        with db.begin(viewer.actor) as session:
            submit_application(session, viewer.actor, application_id, f'"{form.get("version", "")}"')
    except Problem as problem:
        return _refused(request, viewer, db, application_id, problem)
    return go(f"/applications/{application_id}", done="application-sent")


def _refused(request: Request, viewer: SignedIn, db: Db, application_id: UUID, problem: Problem) -> Response:
    if problem.kind is NOT_FOUND:
        raise problem
    return application_page(request, viewer, db, application_id, Said(problem=problem))
