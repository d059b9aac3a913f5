"""How problems are answered: problem+json for programs, a page for people."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from psycopg.errors import QueryCanceled
from sqlalchemy.exc import DataError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from app.edge import log
from app.ogc.negotiation import HTML, JSON, choose_format, choose_language
from app.ogc.reader import RETRY_AFTER_S
from app.problems import (
    BAD_PARAMETER,
    BUSY,
    INTERNAL,
    INVALID,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    TOO_SLOW,
    UNAVAILABLE,
    Problem,
)
from app.web.pages import error_page, page_language

# What the commonest faults of a body or parameter are called; other kinds keep the validator's own English.
_FAULTS_JA = {
    "missing": "必要な項目です。",
    "extra_forbidden": "知らない項目です。つづりを確かめるか、取り除いてください。",
    "literal_error": "決まった値のどれかにしてください。",
    "enum": "決まった値のどれかにしてください。",
    "string_too_long": "長すぎます。",
    "string_too_short": "短すぎます。",
    "string_pattern_mismatch": "書き方が違うか、使えない文字があります。",
    "string_type": "文字列にしてください。",
    "greater_than": "小さすぎます。",
    "greater_than_equal": "小さすぎます。",
    "less_than": "大きすぎます。",
    "less_than_equal": "大きすぎます。",
    "too_long": "多すぎます。",
    "too_short": "足りません。",
    "int_parsing": "整数にしてください。",
    "int_type": "整数にしてください。",
    "float_parsing": "数値にしてください。",
    "float_type": "数値にしてください。",
    "bool_parsing": "true か false にしてください。",
    "uuid_parsing": "IDの形ではありません。",
    "json_invalid": "JSONとして読めません。",
}
PROBLEM_MEDIA_TYPE = "application/problem+json"


class Refused(HTTPException):
    """A problem in the only form that FastAPI lets through while it reads a body."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind.status)
        self.problem = problem


def answer_problem(request: Request, problem: Problem) -> Response:
    """The problem in the reader's language and format."""
    language = choose_language(request.query_params.get("lang"), request.headers.get("accept-language", ""))
    trace_id = request.scope.get("request_id", "")
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language", **problem.headers}
    if _for_people(request):
        body = problem.body(page_language(request), trace_id)
        page = error_page(request, problem.kind.status, body["title"], body["detail"])
        page.headers.update(headers)
        return page
    headers["Content-Language"] = language
    return Response(
        orjson.dumps(problem.body(language, trace_id)),
        status_code=problem.kind.status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers=headers,
    )


def _for_people(request: Request) -> bool:
    wanted = request.query_params.get("f")
    if wanted is not None:
        return wanted == HTML.name
    try:
        return choose_format((JSON, HTML), None, request.headers.get("accept", "")) is HTML
    except Problem:
        return False


def answer_failure(scope: Scope) -> Response:
    """500: nothing of the inside but the id under which the log tells more."""
    return answer_problem(
        Request(scope),
        Problem(
            INTERNAL,
            "こちらの誤りで答えられませんでした。続くときは trace_id を添えて管理者に知らせてください。",
            "The service failed to answer. If it persists, tell the operator the trace_id.",
        ),
    )


def _of_http_exception(request: Request, error: HTTPException) -> Response:
    if isinstance(error, Refused):
        problem = error.problem
    elif error.status_code == METHOD_NOT_ALLOWED.status:
        allowed = (error.headers or {}).get("Allow", "GET")
        problem = Problem(
            METHOD_NOT_ALLOWED,
            f"ここで使えるのは {allowed} です。",
            f"Allowed here: {allowed}.",
            headers={"Allow": allowed},
        )
    elif error.status_code == NOT_FOUND.status:
        problem = Problem(
            NOT_FOUND,
            "この番地には何もありません。/ogc から始めるか、地図 / をご覧ください。",
            "There is nothing at this address. Start from /ogc, or see the map at /.",
        )
    else:
        problem = Problem(BAD_PARAMETER, str(error.detail), str(error.detail))
    return answer_problem(request, problem)


def _of_validation(error: RequestValidationError) -> Problem:
    """A body that does not fit is 422 with a JSON pointer for each fault, a path 404, a query 400."""
    faults = error.errors()
    where = {str(fault["loc"][0]) for fault in faults}
    if "path" in where:
        return Problem(NOT_FOUND, "その番地のものはありません。", "There is nothing of that name.")
    if "body" in where:
        places = [{"pointer": _pointer(fault["loc"][1:]), **_said(fault)} for fault in faults]
        names = ", ".join(place["pointer"] or "/" for place in places)
        return Problem(INVALID, f"{names} を直してください。", f"Mend {names}.", errors=places)
    places = [{"parameter": str(fault["loc"][-1]), **_said(fault)} for fault in faults]
    names = ", ".join(place["parameter"] for place in places)
    return Problem(BAD_PARAMETER, f"{names} の値を直してください。", f"Mend {names}.", errors=places)


def _said(fault: Mapping[str, Any]) -> dict[str, str]:
    """A fault in both languages, as other problems tell theirs; `detail` is what the validator says."""
    return {"detail": fault["msg"], "ja": _FAULTS_JA.get(fault["type"], fault["msg"]), "en": fault["msg"]}


def _of_database(error: SQLAlchemyError) -> Problem:
    """What the database refused or could not do, with a way out and nothing of the inside."""
    headers = {"Retry-After": RETRY_AFTER_S}
    if isinstance(error, DataError):
        ja = "値が扱える範囲を超えているか、使えない文字（NUL）を含みます。確かめて直してください。"
        return Problem(BAD_PARAMETER, ja, "A value is out of range or holds a character (NUL) that cannot be kept.")
    if isinstance(error, PoolTimeoutError):
        ja = "いま混み合っています。数秒おいてもう一度お試しください。"
        return Problem(BUSY, ja, "The service is busy. Try again in a few seconds.", headers=headers)
    if isinstance(getattr(error, "orig", None), QueryCanceled):
        ja = "時間内に終わりませんでした。少しおいてもう一度お試しください。"
        return Problem(TOO_SLOW, ja, "It took too long. Try again later.", headers=headers)
    ja = "データベースにつながりません。復旧すればそのまま使えます。しばらくおいてお試しください。"
    return Problem(UNAVAILABLE, ja, "The database cannot be reached. Try again later.", headers=headers)


def _pointer(location: Sequence[int | str]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1")[:80] for part in location)


def install(app: FastAPI) -> None:
    """Let every error of the application be answered as a problem."""

    async def of_problem(request: Request, error: Any) -> Response:
        return answer_problem(request, error)

    async def of_http_exception(request: Request, error: Any) -> Response:
        return _of_http_exception(request, error)

    async def of_validation(request: Request, error: RequestValidationError) -> Response:
        return answer_problem(request, _of_validation(error))

    async def of_database(request: Request, error: Any) -> Response:
        problem = _of_database(error)
        log.warning("the database refused", kind=problem.kind.slug, reason=type(getattr(error, "orig", error)).__name__)
        return answer_problem(request, problem)

    for failure in (DataError, PoolTimeoutError, OperationalError):
        app.add_exception_handler(failure, of_database)
    app.add_exception_handler(Problem, of_problem)
    app.add_exception_handler(HTTPException, of_http_exception)
    app.add_exception_handler(RequestValidationError, of_validation)  # type: ignore[arg-type]
