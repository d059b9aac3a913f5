"""`/api/v1/surveys` with their files, `/api/v1/claimed-areas` and `/api/v1/resident-reports`."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.accounts.auth import ClaimWriter, Db, GuardedRoute, SurveyImporter
from app.if_match import etag
from app.problems import INVALID, NOT_FOUND, Problem
from app.sent_file import SentFile, sent_file
from app.surveys import campaigns, claims, files, reports, schemas

IfMatch = Annotated[str | None, Header(max_length=100)]
Limit = Annotated[int, Query(ge=1, le=500)]
_FAULTS_SHOWN = 5
Body = TypeVar("Body", bound=BaseModel)
router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["surveys"])


async def read_upload(request: Request) -> AsyncIterator[SentFile]:
    """The multipart field `file` and what stands beside it, as a dependency. Raises Problem (422)."""
    async with sent_file(request) as sent:
        yield sent


Upload = Annotated[SentFile, Depends(read_upload)]


def _body(fields: dict[str, Any]) -> dict[str, Any]:
    properties = {"file": {"type": "string", "format": "binary"}, **fields}
    schema = {"type": "object", "required": ["file"], "properties": properties}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


_LOG_BODY = _body(
    {
        "kind": {"type": "string", "enum": ["log", "report"], "default": "log"},
        "settings": {"type": "string", "description": "How to read a log, as JSON text", "default": "{}"},
    }
)
_CLAIM_BODY = _body(
    {"settings": {"type": "string", "description": "carrier, technology, title, as_of, is_public as JSON text"}}
)
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "The file"}
}


def _read_settings(model: type[Body], written: str) -> Body:
    try:
        return TypeAdapter(model).validate_json(written)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)[:_FAULTS_SHOWN]
        said = "; ".join(f"{'.'.join(str(part)[:40] for part in one['loc'])}: {one['msg'][:100]}" for one in faults)
        raise Problem(INVALID, f"settings を読めません（{said}）。", f"settings cannot be read ({said}).") from None


def _headers(response: Response, found: campaigns.Row, place: str) -> None:
    response.headers["ETag"] = etag(found)
    response.headers["Location"] = f"/api/v1/{place}"
    response.headers["Cache-Control"] = "no-store"


def _survey(response: Response, found: campaigns.Row) -> schemas.Survey:
    _headers(response, found, f"surveys/{found['survey_id']}")
    return schemas.Survey.model_validate(found, extra="ignore")


def _file(response: Response, found: campaigns.Row) -> schemas.SurveyFile:
    _headers(response, found, f"surveys/{found['survey_id']}/files/{found['file_id']}")
    return schemas.SurveyFile.model_validate(found, extra="ignore")


@router.get("/surveys")
def read_surveys(
    actor: SurveyImporter,
    db: Db,
    state: Literal["draft", "published", "withdrawn"] | None = None,
    municipality: schemas.Municipality | None = None,
    limit: Limit = 100,
) -> list[schemas.Survey]:
    """My organisation's surveys, and for planners every published one, newest first."""
    with db.begin(actor) as session:
        found = campaigns.list_surveys(session, limit, state, municipality)
    return [schemas.Survey.model_validate(row, extra="ignore") for row in found]


@router.post("/surveys", status_code=201)
def make_survey(actor: SurveyImporter, db: Db, wanted: schemas.SurveyRequest, response: Response) -> schemas.Survey:
    """Make a survey; it is a draft until it is published."""
    with db.begin(actor) as session:
        made = campaigns.make_survey(session, actor, wanted.model_dump())
    return _survey(response, made)


@router.get("/surveys/{survey_id}")
def read_survey(actor: SurveyImporter, db: Db, survey_id: UUID, response: Response) -> schemas.Survey:
    """One survey."""
    with db.begin(actor) as session:
        found = campaigns.get_survey(session, survey_id)
    return _survey(response, found)


@router.patch("/surveys/{survey_id}")
def change_survey(
    actor: SurveyImporter,
    db: Db,
    survey_id: UUID,
    wanted: schemas.SurveyChange,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Survey:
    """Change what is said of a survey of my organisation."""
    with db.begin(actor) as session:
        found = campaigns.get_survey(session, survey_id, for_change=True)
        campaigns.match_version(found, if_match)
        changed = campaigns.change_survey(session, found, wanted.changes())
    return _survey(response, changed)


@router.post("/surveys/{survey_id}/publish")
def publish_survey(
    actor: SurveyImporter, db: Db, survey_id: UUID, response: Response, if_match: IfMatch = None
) -> schemas.Survey:
    """Let the survey count; coverage is computed again in the background."""
    with db.begin(actor) as session:
        found = campaigns.get_survey(session, survey_id, for_change=True)
        campaigns.match_version(found, if_match)
        published = campaigns.publish_survey(session, found)
    return _survey(response, published)


@router.post("/surveys/{survey_id}/withdraw")
def withdraw_survey(
    actor: SurveyImporter, db: Db, survey_id: UUID, response: Response, if_match: IfMatch = None
) -> schemas.Survey:
    """Let the survey no longer count; its measurements are kept."""
    with db.begin(actor) as session:
        found = campaigns.get_survey(session, survey_id, for_change=True)
        campaigns.match_version(found, if_match)
        withdrawn = campaigns.withdraw_survey(session, found)
    return _survey(response, withdrawn)


@router.get("/surveys/{survey_id}/files")
def read_files(
    actor: SurveyImporter, db: Db, survey_id: UUID, after: UUID | None = None, limit: Limit = 100
) -> list[schemas.SurveyFile]:
    """A survey's files, newest first, without preview and findings; `after` is the last id of the page before."""
    with db.begin(actor) as session:
        campaigns.get_survey(session, survey_id)
        found = files.list_files(session, survey_id, after, limit)
    return [schemas.SurveyFile.model_validate(row, extra="ignore") for row in found]


@router.post("/surveys/{survey_id}/files", status_code=202, openapi_extra=_LOG_BODY)
def send_file(actor: SurveyImporter, db: Db, survey_id: UUID, upload: Upload, response: Response) -> schemas.SurveyFile:
    """Send a log (or the report). A log is examined in the background; read the file at `Location` for progress."""
    kind = upload.fields.get("kind", "log")
    if kind not in ("log", "report"):
        raise Problem(INVALID, "kind は log か report です。", "kind is log or report.")
    settings = _read_settings(schemas.LogChoices, upload.fields.get("settings", "{}")).model_dump(exclude_none=True)
    with db.begin(actor) as session:
        survey = campaigns.get_survey(session, survey_id, own=True)
        taken = files.receive_file(session, survey, actor, upload.name, upload.file, settings, kind)
        if kind == "log":
            files.defer(session, "surveys.examine", taken)
    return _file(response, taken)


@router.get("/surveys/{survey_id}/files/{file_id}")
def read_file(actor: SurveyImporter, db: Db, survey_id: UUID, file_id: UUID, response: Response) -> schemas.SurveyFile:
    """One file: how far it is, and what was found in it."""
    with db.begin(actor) as session:
        found = files.get_file(session, survey_id, file_id)
    return _file(response, found)


@router.patch("/surveys/{survey_id}/files/{file_id}", status_code=202)
def change_file(
    actor: SurveyImporter,
    db: Db,
    survey_id: UUID,
    file_id: UUID,
    choices: schemas.LogChoices,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.SurveyFile:
    """Let a log be read otherwise (columns, zone, carrier, …); it is examined again."""
    with db.begin(actor) as session:
        found = files.get_file(session, survey_id, file_id, for_change=True)
        campaigns.match_version(found, if_match)
        changed = files.change_settings(session, found, choices.model_dump(exclude_unset=True))
        files.defer(session, "surveys.examine", changed)
    return _file(response, changed)


@router.post("/surveys/{survey_id}/files/{file_id}/load", status_code=202)
def load_file(
    actor: SurveyImporter, db: Db, survey_id: UUID, file_id: UUID, response: Response, if_match: IfMatch = None
) -> schemas.SurveyFile:
    """Load an examined log's rows; they are never changed afterwards."""
    with db.begin(actor) as session:
        found = files.get_file(session, survey_id, file_id, for_change=True)
        campaigns.match_version(found, if_match)
        asked = files.ask_to_load(session, found)
        files.defer(session, "surveys.load", asked)
    return _file(response, asked)


@router.post("/surveys/{survey_id}/files/{file_id}/remove")
def remove_file(
    actor: SurveyImporter, db: Db, survey_id: UUID, file_id: UUID, response: Response, if_match: IfMatch = None
) -> schemas.SurveyFile:
    """Let a file no longer count; its rows are kept as they are."""
    with db.begin(actor) as session:
        found = files.get_file(session, survey_id, file_id, for_change=True)
        campaigns.match_version(found, if_match)
        removed = files.remove_file(session, campaigns.get_survey(session, survey_id), found)
    return _file(response, removed)


@router.get("/surveys/{survey_id}/files/{file_id}/original", response_class=Response, responses=_BYTES)
def read_original(actor: SurveyImporter, db: Db, survey_id: UUID, file_id: UUID) -> Response:
    """The file as it was sent, byte for byte."""
    with db.begin(actor) as session:
        found = files.get_file(session, survey_id, file_id)
        if not files.has_original(session, file_id):
            raise Problem(
                NOT_FOUND,
                "このファイルには元のデータがありません。サンプルの測定は、ファイルを送らずに作られています。",
                "Nothing was sent for this file: sample measurements are made without one.",
            )

    def pieces() -> Iterator[bytes]:
        with db.begin(actor) as session:
            yield from files.read_part(session, file_id, "file")

    headers = {
        "Content-Disposition": f"attachment; filename=\"log\"; filename*=UTF-8''{quote(found['file_name'])}",
        "Content-Length": str(found["file_bytes"]),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(pieces(), media_type="application/octet-stream", headers=headers)


@router.get("/claimed-areas")
def read_claims(actor: ClaimWriter, db: Db, limit: Limit = 100) -> list[schemas.Claim]:
    """Areas my organisation has claimed, newest first."""
    with db.begin(actor) as session:
        return [schemas.Claim.model_validate(row, extra="ignore") for row in claims.list_claims(session, limit)]


@router.post("/claimed-areas", status_code=201, openapi_extra=_CLAIM_BODY)
def add_claim(actor: ClaimWriter, db: Db, upload: Upload, response: Response) -> schemas.ClaimSent:
    """Send where my network serves: polygons as GeoJSON, GeoPackage, KML or a zipped shapefile."""
    wanted = _read_settings(schemas.ClaimRequest, upload.fields.get("settings", "{}"))
    shape = claims.read_shape(upload.file, upload.name)
    with db.begin(actor) as session:
        made = claims.add_claim(session, actor, wanted.model_dump(), shape)
    _headers(response, made, f"claimed-areas/{made['claim_id']}")
    return schemas.ClaimSent.model_validate({**made, "notes": shape.notes}, extra="ignore")


@router.get("/claimed-areas/{claim_id}")
def read_claim(actor: ClaimWriter, db: Db, claim_id: UUID, response: Response) -> schemas.Claim:
    """One area my organisation has claimed."""
    with db.begin(actor) as session:
        found = claims.get_claim(session, claim_id)
    _headers(response, found, f"claimed-areas/{claim_id}")
    return schemas.Claim.model_validate(found, extra="ignore")


@router.post("/claimed-areas/{claim_id}/withdraw")
def withdraw_claim(
    actor: ClaimWriter, db: Db, claim_id: UUID, response: Response, if_match: IfMatch = None
) -> schemas.Claim:
    """Let a claim no longer stand."""
    with db.begin(actor) as session:
        found = claims.get_claim(session, claim_id, for_change=True)
        campaigns.match_version(found, if_match)
        withdrawn = claims.withdraw_claim(session, found)
    _headers(response, withdrawn, f"claimed-areas/{claim_id}")
    return schemas.Claim.model_validate(withdrawn, extra="ignore")


@router.post("/resident-reports", status_code=201)
def report_trouble(db: Db, said: schemas.ResidentReportRequest) -> schemas.ResidentReport:
    """Say where the phone does not connect. Nothing that tells who says so is kept."""
    with db.begin(reports.RESIDENT) as session:
        kept = reports.keep_report(session, said.model_dump())
    return schemas.ResidentReport.model_validate(kept)
