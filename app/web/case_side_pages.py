"""What a case page lets people do around the procedure: say something, add documents, ask offices, put somebody in charge."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile

from app.accounts.auth import Db
from app.accounts.permissions import Permission
from app.applications import handling, reviews
from app.applications.asset_feedback import decide_feedback
from app.applications.documents.versions import withdraw_document
from app.applications.schemas import CommentRequest, ReviewAnswer, ReviewersRequest
from app.applications.sharing_offers import answer_as_holder
from app.problems import INVALID, Problem
from app.web.case_forms import CaseForm, CaseSender, id_in, typed_text
from app.web.case_pages import act, keep_document

router = APIRouter(include_in_schema=False)
_Model = TypeVar("_Model", bound=BaseModel)


@router.post("/cases/{site_id}/comments")
def say(request: Request, viewer: CaseSender, form: CaseForm, db: Db, site_id: UUID) -> Response:
    """Say something to one's audience."""
    audience = str(form.get("audience", "all"))

    def work() -> str:
        wanted = _checked(CommentRequest, {"text": form.get("text", ""), "audience": audience}, {"text": "text"})
        with db.begin(viewer.actor) as session:
            handling.comment(session, viewer.actor, site_id, wanted)
        return "case-said"

    return act(request, viewer, db, site_id, f"say-{audience}", form, work)


@router.post("/cases/{site_id}/documents")
def add_documents(request: Request, viewer: CaseSender, form: CaseForm, db: Db, site_id: UUID) -> Response:
    """Attach a file as the next version of its type."""

    def work() -> str:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise _at("file", "ファイルを選んでください。", "Choose a file.")
        try:
            keep_document(
                db, viewer.actor, site_id, str(form.get("document_type", "")), file.file, file.filename,
                of_application="of_application" in form, audience="inside" if "inside" in form else "all",
            )  # fmt: skip
        except Problem as problem:
            raise Problem(
                problem.kind, problem.ja, problem.en, errors=[{"name": "file", "ja": problem.ja, "en": problem.en}]
            ) from None
        return "case-attached"

    return act(request, viewer, db, site_id, "attach", form, work)


@router.post("/cases/{site_id}/documents/{document_id}/withdraw")
def withdraw(
    request: Request, viewer: CaseSender, form: CaseForm, db: Db, site_id: UUID, document_id: UUID
) -> Response:
    """Take back a document of one's own."""

    def work() -> str:
        with db.begin(viewer.actor) as session:
            withdraw_document(session, viewer.actor, document_id)
        return "case-document-withdrawn"

    return act(request, viewer, db, site_id, "documents", form, work)


@router.post("/cases/{site_id}/assignment")
def assign(request: Request, viewer: CaseSender, form: CaseForm, db: Db, site_id: UUID) -> Response:
    """Put a colleague in charge, or nobody."""

    def work() -> str:
        person = id_in(str(form.get("person", "")))
        with db.begin(viewer.actor) as session:
            handling.assign(session, viewer.actor, site_id, f'"{form.get("version", "")}"', person)
        return "case-assigned"

    return act(request, viewer, db, site_id, "assign", form, work)


@router.post("/cases/{site_id}/office")
def delegate(request: Request, viewer: CaseSender, form: CaseForm, db: Db, site_id: UUID) -> Response:
    """Give the case to another office, which the page then belongs to."""

    def work() -> str:
        office = id_in(str(form.get("office", "")))
        if office is None:
            raise _at("office", "渡す先を選んでください。", "Choose an office.")
        with db.begin(viewer.actor) as session:
            handling.delegate(session, viewer.actor, site_id, f'"{form.get("version", "")}"', office)
        return "case-delegated"

    return act(request, viewer, db, site_id, "delegate", form, work)


@router.post("/cases/{site_id}/reviews")
def ask(request: Request, viewer: CaseSender, form: CaseForm, db: Db, site_id: UUID) -> Response:
    """Ask offices for their opinion."""

    def work() -> str:
        typed = typed_text(form)
        chosen = [name.removeprefix("office.") for name in typed if name.startswith("office.")]
        needed = typed.get("needed") if typed.get("rule") == "n" else None
        content = {
            "organisation_ids": chosen, "question": typed.get("question", ""), "due_on": typed.get("due_on") or None,
            "rule": typed.get("rule", "all"), "needed": needed or None,
        }  # fmt: skip
        places = {"organisation_ids": "office", "": "needed"}
        wanted = _checked(ReviewersRequest, content, places)
        with db.begin(viewer.actor) as session:
            reviews.ask_reviewers(session, viewer.actor, site_id, wanted)
        return "case-asked"

    return act(request, viewer, db, site_id, "ask", form, work)


@router.post("/cases/{site_id}/reviews/answer")
def answer(request: Request, viewer: CaseSender, form: CaseForm, db: Db, site_id: UUID) -> Response:
    """My office's answer."""

    def work() -> str:
        viewer.actor.require(Permission.CASES_REVIEW)
        content = {"answer": form.get("answer") or None, "comment": str(form.get("comment", "")).strip() or None}
        wanted = _checked(ReviewAnswer, content, {})
        with db.begin(viewer.actor) as session:
            reviews.answer_review(session, viewer.actor, site_id, wanted)
        return "case-answered"

    return act(request, viewer, db, site_id, "answer", form, work)


@router.post("/cases/{site_id}/sharing-answer")
def answer_sharing(request: Request, viewer: CaseSender, form: CaseForm, db: Db, site_id: UUID) -> Response:
    """Whether I, who hold the slot, would share it."""

    def work() -> str:
        viewer.actor.require(Permission.APPLICATIONS_WRITE)
        with db.begin(viewer.actor) as session:
            answer_as_holder(session, viewer.actor, site_id, form.get("accepts") == "yes")
        return "case-answered"

    return act(request, viewer, db, site_id, "sharing", form, work)


@router.post("/cases/{site_id}/asset-corrections/{feedback_id}")
def decide_correction(
    request: Request, viewer: CaseSender, form: CaseForm, db: Db, site_id: UUID, feedback_id: UUID
) -> Response:
    """Confirm a correction of the asset, or drop it."""

    def work() -> str:
        viewer.actor.require(Permission.CASES_HANDLE)
        with db.begin(viewer.actor) as session:
            decide_feedback(session, viewer.actor, feedback_id, form.get("confirmed") == "yes")
        return "case-correction-decided"

    return act(request, viewer, db, site_id, "feedback", form, work)


def _checked(kind: type[_Model], content: Mapping[str, Any], places: Mapping[str, str]) -> _Model:
    """A model of what was given. Raises Problem (422) that points at names of the form."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        names = [str(fault["loc"][0]) if fault["loc"] else "" for fault in error.errors()]
        errors = [
            {"name": places.get(n, n), "ja": "入れるか、直してください。", "en": "Fill in or mend."} for n in names
        ]
        raise Problem(INVALID, "直すところがあります。", "There is something to mend.", errors=errors) from None


def _at(name: str, ja: str, en: str) -> Problem:
    return Problem(INVALID, ja, en, errors=[{"name": name, "ja": ja, "en": en}])
