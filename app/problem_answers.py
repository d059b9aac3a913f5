"""How problems are answered: problem+json for programs, a page for people."""

from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from app.ogc.negotiation import HTML, JSON, choose_format, choose_language
from app.problems import BAD_PARAMETER, INTERNAL, METHOD_NOT_ALLOWED, NOT_FOUND, Problem
from app.web.pages import error_page

PROBLEM_MEDIA_TYPE = "application/problem+json"


def answer_problem(request: Request, problem: Problem) -> Response:
    """The problem in the reader's language and format."""
    language = choose_language(request.query_params.get("lang"), request.headers.get("accept-language", ""))
    trace_id = request.scope.get("request_id", "")
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language", **problem.headers}
    if _for_people(request):
        body = problem.body(language, trace_id)
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
    if error.status_code == METHOD_NOT_ALLOWED.status:
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


def install(app: FastAPI) -> None:
    """Let every error of the application be answered as a problem."""

    async def of_problem(request: Request, error: Any) -> Response:
        return answer_problem(request, error)

    async def of_http_exception(request: Request, error: Any) -> Response:
        return _of_http_exception(request, error)

    async def of_validation(request: Request, error: RequestValidationError) -> Response:
        places = [{"parameter": str(part["loc"][-1]), "detail": part["msg"]} for part in error.errors()]
        names = ", ".join(place["parameter"] for place in places)
        problem = Problem(BAD_PARAMETER, f"{names} の値を直してください。", f"Mend {names}.", errors=places)
        return answer_problem(request, problem)

    app.add_exception_handler(Problem, of_problem)
    app.add_exception_handler(HTTPException, of_http_exception)
    app.add_exception_handler(RequestValidationError, of_validation)  # type: ignore[arg-type]
