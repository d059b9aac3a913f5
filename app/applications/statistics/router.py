"""`/api/v1`: figures over all cases for staff, and totals for everybody."""

from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from app.accounts.auth import GuardedRoute, StatisticsReader
from app.applications.statistics.case_facts import FactKeeper
from app.applications.statistics.counts import Wanted, figure_for, public_figure
from app.applications.statistics.figures import to_csv, to_json

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["statistics"])

Name = Literal["on-air", "enquiries", "refusals", "steps", "offices", "open", "overdue", "reservations"]
PublicName = Literal["on-air", "days", "enquiries", "municipalities"]
Language = Literal["ja", "en"]
_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}}, "description": "The figure, UTF-8 with BOM"}
}
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since the ETag of If-None-Match"}}
_MAX_AGE_S = 60


class ColumnAnswer(BaseModel):
    """A column: a `label` stands in rows as a code, with its words under the name and `_ja` or `_en`."""

    name: str
    ja: str
    en: str
    kind: Literal["label", "month", "number", "days", "percent"]


class FigureAnswer(BaseModel):
    """A figure with its definition; null where there is nothing, or where it would tell of fewer than five cases."""

    figure: str
    title_ja: str
    title_en: str
    definition_ja: str
    definition_en: str
    as_of: datetime = Field(description="When the cases were counted")
    is_sample: bool = Field(description="Sample data are among them")
    columns: list[ColumnAnswer]
    rows: list[dict[str, Any]]


def fact_keeper(request: Request) -> FactKeeper:
    """The process's facts."""
    found: FactKeeper = request.app.state.facts
    return found


Keeper = Annotated[FactKeeper, Depends(fact_keeper)]


def _wanted(
    since: Annotated[date | None, Query(description="First day of the term; figures of now know none")] = None,
    until: Annotated[date | None, Query(description="Last day of the term")] = None,
    office: Annotated[UUID | None, Query(description="Only cases of this office")] = None,
) -> Wanted:
    return Wanted(since, until, office)


Limits = Annotated[Wanted, Depends(_wanted)]


@router.get("/statistics/{figure}.csv", response_class=Response, responses=_CSV)
def export_statistics(
    actor: StatisticsReader, keeper: Keeper, figure: Name, wanted: Limits, lang: Language = "ja"
) -> Response:
    """A figure over all cases as CSV."""
    content = to_csv(figure_for(actor, figure, keeper.facts(), wanted), lang)
    return csv_file(content, figure, {"Cache-Control": "no-store"})


@router.get("/statistics/{figure}", response_model=FigureAnswer)
def read_statistics(response: Response, actor: StatisticsReader, keeper: Keeper, figure: Name, wanted: Limits) -> Any:
    """A figure over all cases: of the window, of offices, of carriers as a whole."""
    response.headers["Cache-Control"] = "no-store"
    return to_json(figure_for(actor, figure, keeper.facts(), wanted))


@router.get("/progress/{figure}.csv", response_class=Response, responses={**_CSV, **_UNCHANGED})
def export_progress(request: Request, keeper: Keeper, figure: PublicName, lang: Language = "ja") -> Response:
    """A total for everybody as CSV."""
    content = to_csv(public_figure(figure, keeper.facts()), lang)
    return unless_known(request, csv_file(content, figure, {"Cache-Control": f"public, max-age={_MAX_AGE_S}"}))


@router.get("/progress/{figure}", response_model=FigureAnswer, responses=_UNCHANGED)
def read_progress(request: Request, keeper: Keeper, figure: PublicName) -> Any:
    """A total for everybody; what would tell of fewer than five cases is left out."""
    content = FigureAnswer.model_validate(to_json(public_figure(figure, keeper.facts()))).model_dump_json()
    headers = {"Cache-Control": f"public, max-age={_MAX_AGE_S}"}
    return unless_known(request, Response(content, media_type="application/json", headers=headers))


def csv_file(content: bytes, figure: str, headers: dict[str, str]) -> Response:
    """CSV as a download."""
    named = {"Content-Disposition": f'attachment; filename="{figure}.csv"', "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type="text/csv; charset=utf-8", headers={**named, **headers})


def unless_known(request: Request, response: Response) -> Response:
    """The answer with an ETag of its bytes, or 304 where the asker has them."""
    etag = f'"{sha256(bytes(response.body)).hexdigest()[:20]}"'
    response.headers["ETag"] = etag
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in known:
        kept = {
            name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")
        }
        return Response(status_code=304, headers=kept)
    return response
