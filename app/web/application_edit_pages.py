"""Forms of a draft: its plan, its sites and what is different at one of them, its documents."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.accounts.auth import Db
from app.accounts.sessions import SignedIn
from app.applications import drafts
from app.applications.choosing.chosen_assets import assets_of_selection, read_chosen
from app.applications.choosing.prechecks import check_sites
from app.applications.documents import versions as documents
from app.applications.schemas import Plan
from app.applications.sites import get_site
from app.problems import INVALID, NOT_FOUND, Problem
from app.web.account_forms import Posted, go
from app.web.account_pages import id_of
from app.web.application_draft import Said, application_page
from app.web.application_forms import Applicant, ApplicantSender, ApplicantUpload, asset_ids_of, read_plan, sent_file
from app.web.application_words import field_text, site_rows

router = APIRouter(include_in_schema=False)
_PLACE = "/applications/{application_id}"


def _change(
    request: Request,
    viewer: SignedIn,
    db: Db,
    application_id: UUID,
    change: Callable[[Session], Said | str],
    otherwise: Said | None = None,
) -> Response:
    """Do something with a draft, then show it; `change` answers what was done (a key), or what the page is to say."""
    said = otherwise or Said()
    try:
        with db.begin(viewer.actor) as session:
            done = change(session)
    except Problem as problem:
        if problem.kind is NOT_FOUND:
            raise
        said.problem = problem
        return application_page(request, viewer, db, application_id, said)
    if isinstance(done, Said):
        return application_page(request, viewer, db, application_id, done)
    return go(f"/applications/{application_id}", done=done)


@router.post(_PLACE + "/plan")
def save_plan(request: Request, viewer: Applicant, form: Posted, db: Db, application_id: UUID) -> Response:
    """Save title and plan as typed; where somebody was faster, what they changed is told and what was typed is kept."""
    given = read_plan(form)
    typed = {**given.typed, "title": str(form.get("title", "")).strip()[:200]}
    if given.plan is None:
        problem = Problem(INVALID, "赤い枠の項目を直すと保存できます。", "Mend the marked fields to save.")
        return application_page(
            request, viewer, db, application_id, Said(problem=problem, typed=typed, wrong=given.wrong)
        )
    plan, said = given.plan, Said(typed=typed)

    def change(session: Session) -> str:
        now = drafts.get_draft(session, viewer.actor, application_id)["plan"]
        said.conflict = [name for name, text in given.typed.items() if field_text(name, now.get(name)) != text]
        drafts.change_application(
            session, viewer.actor, application_id, f'"{form.get("version", "")}"', typed["title"] or None, plan
        )
        return "application-saved"

    return _change(request, viewer, db, application_id, change, said)


@router.post(_PLACE + "/sites")
def add_sites(request: Request, viewer: Applicant, form: Posted, db: Db, application_id: UUID) -> Response:
    """Put assets into a draft by their ids, or back into it with the values they had."""

    def change(session: Session) -> Said | str:
        found = drafts.get_draft(session, viewer.actor, application_id)
        if form.get("removed"):
            return _put_back(session, viewer, found, str(form["removed"]))
        ids = asset_ids_of(form.get("asset_ids"))
        return Said(added=drafts.add_sites(session, viewer.actor, found, ids))

    return _change(request, viewer, db, application_id, change)


def _put_back(session: Session, viewer: SignedIn, found: drafts.ApplicationRow, removed: str) -> str:
    try:
        plans = {str(one["asset_id"]): Plan.model_validate(one["plan"]) for one in orjson.loads(removed)}
    except (ValueError, TypeError, KeyError, ValidationError):
        raise Problem(
            INVALID, "元に戻せませんでした。一覧から選び直してください。", "Could not be undone; choose again."
        ) from None
    drafts.add_sites(session, viewer.actor, found, list(plans))
    for site in drafts.sites_of(session, found["application_id"]):
        plan = plans.get(site["asset_id"])
        if plan is not None and drafts.plan_of(plan) != site["plan"]:
            drafts.change_site_plan(session, viewer.actor, site["site_id"], "*", plan)
    return "application-put-back"


@router.post(_PLACE + "/file")
def add_sites_of_file(
    request: Request, viewer: ApplicantSender, form: ApplicantUpload, db: Db, application_id: UUID
) -> Response:
    """Put the assets that a file names into a draft; what is not found is told by row."""

    def change(session: Session) -> Said | str:
        file = sent_file(form)
        found = drafts.get_draft(session, viewer.actor, application_id)
        chosen = assets_of_selection(session, read_chosen(file.file, file.filename or ""))
        added = drafts.add_sites(session, viewer.actor, found, chosen.asset_ids) if chosen.asset_ids else 0
        return Said(added=added, unread=chosen.problems)

    return _change(request, viewer, db, application_id, change)


@router.post(_PLACE + "/remove")
def remove_sites(request: Request, viewer: Applicant, form: Posted, db: Db, application_id: UUID) -> Response:
    """Take one site out of a draft, or every one that the pre-check blocks; the answer offers to put them back."""

    def change(session: Session) -> Said | str:
        found = drafts.get_draft(session, viewer.actor, application_id)
        sites = drafts.sites_of(session, application_id)
        if form.get("site_id"):
            wanted = id_of(form["site_id"])
            gone = [site for site in sites if site["site_id"] == wanted]
        else:
            rows = site_rows(sites, check_sites(session, found, sites))
            gone = [row.site for row in rows if row.level == "block"]
        for site in gone:
            drafts.remove_site(session, viewer.actor, application_id, site["site_id"])
        return Said(removed=[_kept(site) for site in gone])

    return _change(request, viewer, db, application_id, change)


def _kept(site: Any) -> dict[str, Any]:
    return {"asset_id": site["asset_id"], "name": site["asset"].get("name", ""), "plan": site["plan"]}


@router.post(_PLACE + "/sites/{site_id}/plan")
def save_site_plan(
    request: Request, viewer: Applicant, form: Posted, db: Db, application_id: UUID, site_id: UUID
) -> Response:
    """What is different at one site; empty fields go by the whole plan."""
    given = read_plan(form)
    said = Said(edited=site_id, site_typed=given.typed, site_wrong=given.wrong)
    if given.plan is None:
        said.problem = Problem(INVALID, "赤い枠の項目を直すと保存できます。", "Mend the marked fields to save.")
        return application_page(request, viewer, db, application_id, said)
    plan = given.plan

    def change(session: Session) -> str:
        drafts.get_draft(session, viewer.actor, application_id)
        drafts.change_site_plan(session, viewer.actor, site_id, f'"{form.get("version", "")}"', plan)
        return "application-saved"

    return _change(request, viewer, db, application_id, change, said)


@router.post(_PLACE + "/documents")
def add_document(
    request: Request, viewer: ApplicantSender, form: ApplicantUpload, db: Db, application_id: UUID
) -> Response:
    """Attach a file to the whole application as the next version of its type."""

    def change(session: Session) -> str:
        file = sent_file(form)
        examined, content = documents.examine_upload(file.file, file.filename or "")
        sites = drafts.sites_of(session, application_id, limit=1)
        if not sites:
            raise Problem(INVALID, "先に場所を1つ以上入れてください。", "Put at least one site in first.")
        documents.add_document(
            session, viewer.actor, get_site(session, sites[0]["site_id"]), str(form.get("document_type", "")), examined,
            content, file.filename or "", of_application=True,
        )  # fmt: skip
        return "application-document"

    return _change(request, viewer, db, application_id, change)


@router.post(_PLACE + "/documents/{document_id}/withdraw")
def withdraw_document(
    request: Request, viewer: Applicant, form: Posted, db: Db, application_id: UUID, document_id: UUID
) -> Response:
    """Take back a document of the whole application."""

    def change(session: Session) -> str:
        drafts.get_draft(session, viewer.actor, application_id)
        documents.withdraw_document(session, viewer.actor, document_id)
        return "application-document-withdrawn"

    return _change(request, viewer, db, application_id, change)
