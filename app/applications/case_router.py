"""`/api/v1`: sites as cases: lists, transitions, comments, reviews, documents, and the settings around them."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.accounts.auth import ApplicationWriter, CaseHandler, CaseReader, Db, GuardedRoute, HandOver, OwnerReviewer
from app.applications import answer_schemas as answered
from app.applications import boards, exports, handling, reviews, schemas
from app.applications.answers import case_answer, site_answer
from app.applications.asset_feedback import decide_feedback, list_feedback
from app.applications.documents import versions as documents
from app.applications.documents.upload import DOCUMENT_BODY, read_file
from app.applications.idempotency import once
from app.applications.procedure import to_json
from app.applications.sharing_offers import answer_as_holder
from app.applications.sites import get_site, list_events, procedure_in_force, procedure_of
from app.applications.standard_procedure import DOCUMENT_TYPES, REASON_CODES, STANDARD
from app.applications.workflow import transition
from app.lists.router import XLSX, attachment
from app.problems import NOT_FOUND, Problem
from app.sent_file import SentFile

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["cases"])
IfMatch = Annotated[str | None, Header(max_length=100)]
IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
Sort = Literal[
    "due_on", "-due_on", "updated_at", "-updated_at", "code", "-code", "state", "-state", "municipality", "-municipality"
]  # fmt: skip
Section = Literal["mine", "overdue", "today", "week", "later", "waiting", "resting", "ended"]
_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}, "description": "The file"}}


def wanted_sites(
    turn: Literal["carrier", "window", "owner"] | None = None,
    mine: bool = False,
    state: Annotated[list[str] | None, Query(max_length=40)] = None,
    stage: Annotated[str | None, Query(max_length=20, pattern="^[a-z_]+$")] = None,
    municipality: Annotated[str | None, Query(pattern="^[0-9]{5}$")] = None,
    owner: UUID | None = None,
    application: UUID | None = None,
    assigned_to_me: bool = False,
    overdue: bool = False,
    due_within_days: Annotated[int | None, Query(ge=0, le=366)] = None,
    asked: bool = False,
    open_only: bool = False,
    section: Section | None = None,
    q: Annotated[str | None, Query(min_length=1, max_length=100, pattern=r"^[^\x00]+$")] = None,
    sort: Sort = "due_on",
) -> boards.Wanted:
    """What a list of sites shows, from the address; the same for the list, its count and its downloads."""
    return boards.Wanted(
        turn=turn, mine=mine, states=tuple(state or ()), stage=stage, municipality_code=municipality,
        owner_organisation_id=owner, application_id=application, assigned_to_me=assigned_to_me, overdue=overdue,
        due_within_days=due_within_days, asked=asked, open_only=open_only, section=section, q=q, sort=sort,
    )  # fmt: skip


Wanted = Annotated[boards.Wanted, Depends(wanted_sites)]


@router.get("/sites")
def read_sites(
    request: Request,
    actor: CaseReader,
    db: Db,
    wanted: Wanted,
    after: Annotated[str | None, Query(max_length=400, pattern="^[A-Za-z0-9_-]+$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    count: bool = False,
) -> answered.Page:
    """My board or inbox: sites by filter and order; `count` adds how many there are, up to a thousand."""
    with db.begin(actor) as session:
        found, more = boards.list_sites(session, actor, wanted, after, limit)
        matched = boards.count_sites(session, actor, wanted) if count else None
    onward = str(request.url.include_query_params(after=more)) if more else None
    return answered.Page(
        sites=[answered.Site.model_validate(site_answer(site)) for site in found], matched=matched, next=onward
    )


@router.get("/sites.csv", response_class=Response, responses=_FILE)
def export_csv(actor: CaseReader, db: Db, wanted: Wanted, lang: Literal["ja", "en"] = "ja") -> Response:
    """The list as CSV (UTF-8 with BOM), with the same filter and order."""

    def rows() -> Iterator[bytes]:
        with db.begin(actor) as session:
            yield from exports.as_csv(boards.all_sites(session, actor, wanted), lang)

    name = "案件.csv" if lang == "ja" else "cases.csv"
    return StreamingResponse(rows(), media_type="text/csv; charset=utf-8", headers=attachment(name))


@router.get("/sites.xlsx", response_class=Response, responses=_FILE)
def export_xlsx(actor: CaseReader, db: Db, wanted: Wanted, lang: Literal["ja", "en"] = "ja") -> Response:
    """The list as a workbook, with the same filter and order."""
    with db.begin(actor) as session:
        content = exports.as_xlsx(boards.all_sites(session, actor, wanted), lang)
    name = "案件.xlsx" if lang == "ja" else "cases.xlsx"
    return Response(content, media_type=XLSX, headers=attachment(name))


@router.get("/turns")
def read_turns(actor: CaseReader, db: Db) -> dict[str, dict[str, int]]:
    """How many open sites wait for each party, and how many of them are overdue, due today, due within a week."""
    with db.begin(actor) as session:
        return boards.turns(session, actor)


def _case(response: Response, answer: dict[str, Any]) -> answered.SiteCase:
    response.headers["ETag"] = f'"{answer["version"]}"'
    response.headers["Cache-Control"] = "no-store"
    return answered.SiteCase.model_validate(answer)


@router.get("/sites/{site_id}")
def read_site(actor: CaseReader, db: Db, site_id: UUID, response: Response) -> answered.SiteCase:
    """One case: whose turn, by when, what I may do, what is missing for it."""
    with db.begin(actor) as session:
        return _case(response, case_answer(session, actor, get_site(session, site_id)))


@router.post("/sites/{site_id}/transitions")
def take_step(
    actor: CaseReader,
    db: Db,
    site_id: UUID,
    wanted: schemas.TransitionRequest,
    response: Response,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> answered.SiteCase:
    """Take an action on a site; the answer is its new state with `available_actions`."""
    with db.begin(actor) as session:

        def work() -> dict[str, Any]:
            moved = transition(session, actor, site_id, wanted, if_match)
            answer = case_answer(session, actor, moved)
            return answered.SiteCase.model_validate(answer).model_dump(mode="json")

        asked = ["take_step", str(site_id), wanted.model_dump(mode="json", exclude_none=True)]
        answer = once(session, actor, idempotency_key, asked, work)
    return _case(response, answer)


@router.post("/applications/{application_id}/sites/{site_id}/transitions")
def take_step_of_application(
    actor: CaseReader,
    db: Db,
    application_id: UUID,
    site_id: UUID,
    wanted: schemas.TransitionRequest,
    response: Response,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> answered.SiteCase:
    """The same, named by its application; 404 where the site is not of that application."""
    with db.begin(actor) as session:
        if get_site(session, site_id)["application_id"] != application_id:
            raise Problem(NOT_FOUND, "その案件は、この申請にありません。", "No such case in this application.")
    return take_step(actor, db, site_id, wanted, response, if_match, idempotency_key)


@router.get("/sites/{site_id}/events")
def read_events(
    actor: CaseReader,
    db: Db,
    site_id: UUID,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[answered.Event]:
    """What happened, in order, as far as I may hear it; `after` is the last number of the page before."""
    with db.begin(actor) as session:
        get_site(session, site_id)
        return [answered.Event.model_validate(event) for event in list_events(session, site_id, after, limit)]


@router.post("/sites/{site_id}/comments", status_code=201)
def add_comment(actor: CaseReader, db: Db, site_id: UUID, wanted: schemas.CommentRequest) -> answered.Numbered:
    """Say something: to every party, inside the offices, or among the carrier's own people."""
    with db.begin(actor) as session:
        return answered.Numbered(n=handling.comment(session, actor, site_id, wanted))


@router.put("/sites/{site_id}/assignment")
def assign(
    actor: CaseHandler,
    db: Db,
    site_id: UUID,
    wanted: schemas.AssignRequest,
    response: Response,
    if_match: IfMatch = None,
) -> answered.SiteCase:
    """Put a colleague in charge on the window's or the owner's side."""
    with db.begin(actor) as session:
        changed = handling.assign(session, actor, site_id, if_match, wanted.person_id)
        return _case(response, case_answer(session, actor, changed))


@router.put("/sites/{site_id}/office", status_code=204)
def delegate(
    actor: CaseHandler, db: Db, site_id: UUID, wanted: schemas.DelegateRequest, if_match: IfMatch = None
) -> None:
    """Give a case to another office, which answers for it from now on."""
    with db.begin(actor) as session:
        handling.delegate(session, actor, site_id, if_match, wanted.organisation_id)


@router.get("/sites/{site_id}/reviews")
def read_reviews(actor: CaseReader, db: Db, site_id: UUID) -> list[answered.Review]:
    """Which offices were asked, and what they answered; for window and offices."""
    with db.begin(actor) as session:
        get_site(session, site_id)
        return [answered.Review.model_validate(review) for review in reviews.list_reviews(session, site_id)]


@router.post("/sites/{site_id}/reviews", status_code=201)
def ask_reviewers(
    actor: CaseHandler, db: Db, site_id: UUID, wanted: schemas.ReviewersRequest, response: Response
) -> answered.SiteCase:
    """Ask several offices at once: all, any or n of them must agree, each by the day given."""
    with db.begin(actor) as session:
        asked = reviews.ask_reviewers(session, actor, site_id, wanted)
        return _case(response, case_answer(session, actor, asked))


@router.post("/sites/{site_id}/reviews/answer")
def answer_review(
    actor: OwnerReviewer, db: Db, site_id: UUID, wanted: schemas.ReviewAnswer, response: Response
) -> answered.SiteCase:
    """My office's answer, given once."""
    with db.begin(actor) as session:
        answered = reviews.answer_review(session, actor, site_id, wanted)
        return _case(response, case_answer(session, actor, answered))


@router.post("/sites/{site_id}/sharing-answer")
def answer_sharing(
    actor: ApplicationWriter, db: Db, site_id: UUID, wanted: schemas.SharingAnswer, response: Response
) -> answered.SiteCase:
    """Whether I, who hold the slot, would share it."""
    with db.begin(actor) as session:
        answered = answer_as_holder(session, actor, site_id, wanted.accepts)
        return _case(response, case_answer(session, actor, answered))


@router.get("/sites/{site_id}/documents")
def read_documents(actor: CaseReader, db: Db, site_id: UUID) -> list[answered.Document]:
    """Documents of a site and of its whole application, newest version first."""
    with db.begin(actor) as session:
        site = get_site(session, site_id)
        found = documents.list_documents(session, site["application_id"], site_id)
    return [answered.Document.model_validate(one) for one in found]


@router.post("/sites/{site_id}/documents", status_code=201, openapi_extra=DOCUMENT_BODY)
def add_document(
    actor: CaseReader, db: Db, site_id: UUID, sent: Annotated[SentFile, Depends(read_file)]
) -> answered.Document:
    """Attach a file as the next version of its type."""
    with db.begin(actor) as session:
        get_site(session, site_id)
    examined, content = documents.examine_upload(sent.file, sent.name)
    with db.begin(actor) as session:
        site = get_site(session, site_id)
        made = documents.add_document(
            session, actor, site, sent.fields.get("document_type", ""), examined, content, sent.name,
            of_application=sent.fields.get("of_application") == "true",
            audience="inside" if sent.fields.get("audience") == "inside" else "all",
        )  # fmt: skip
    return answered.Document.model_validate(made)


@router.get("/documents/{document_id}/file", response_class=Response, responses=_FILE)
def read_document(actor: CaseReader, db: Db, document_id: UUID) -> Response:
    """The file as it was sent, byte for byte."""
    with db.begin(actor) as session:
        found = documents.get_document(session, document_id)
        content = documents.read_content(session, document_id)
    # Nothing a stranger sent is ever shown as a page of this service.
    headers = attachment(found["file_name"]) | {"Content-Security-Policy": "sandbox; default-src 'none'"}
    return Response(content, media_type="application/octet-stream", headers=headers)


@router.get("/documents/{document_id}/thumbnail", response_class=Response, responses=_FILE)
def read_thumbnail(actor: CaseReader, db: Db, document_id: UUID) -> Response:
    """A small picture of the first page, drawn by the service."""
    with db.begin(actor) as session:
        content = documents.read_thumbnail(session, document_id)
    return Response(
        content,
        media_type="image/png",
        headers={"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"},
    )


@router.delete("/documents/{document_id}", status_code=204)
def withdraw_document(actor: CaseReader, db: Db, document_id: UUID) -> None:
    """Take back a document of one's own."""
    with db.begin(actor) as session:
        documents.withdraw_document(session, actor, document_id)


@router.get("/sites/{site_id}/asset-corrections")
def read_feedback(actor: CaseReader, db: Db, site_id: UUID) -> list[answered.Feedback]:
    """What a refusal said of the asset, for staff to confirm."""
    with db.begin(actor) as session:
        get_site(session, site_id)
        return [answered.Feedback.model_validate(one) for one in list_feedback(session, site_id)]


@router.post("/asset-corrections/{feedback_id}")
def confirm_feedback(actor: CaseHandler, db: Db, feedback_id: UUID, wanted: schemas.FeedbackDecision) -> dict[str, Any]:
    """Confirm a correction, which amends the asset, or drop it."""
    with db.begin(actor) as session:
        return decide_feedback(session, actor, feedback_id, wanted.is_confirmed)


@router.post("/hand-over")
def hand_over(actor: HandOver, db: Db, wanted: schemas.HandOverRequest) -> answered.HandedOver:
    """Every case of one window contractor to the next, in one audited act."""
    with db.begin(actor) as session:
        moved = handling.hand_over(session, wanted.from_organisation_id, wanted.to_organisation_id)
    return answered.HandedOver(sites=moved)


@router.get("/procedure")
def read_procedure(actor: CaseReader, db: Db, owner: UUID | None = None, site: UUID | None = None) -> dict[str, Any]:
    """The procedure: states, transitions with what they ask for, document types, reason codes; an owner's, or a site's."""
    with db.begin(actor) as session:
        procedure = STANDARD
        if site is not None:
            procedure = procedure_of(session, get_site(session, site))
        elif owner is not None:
            procedure = procedure_in_force(session, owner)
    return {
        "procedure_id": procedure.procedure_id,
        **to_json(procedure),
        "document_types": {code: {"ja": ja, "en": en} for code, (ja, en) in DOCUMENT_TYPES.items()},
        "reason_codes": {code: {"ja": ja, "en": en} for code, (ja, en) in REASON_CODES.items()},
    }
