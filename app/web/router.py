"""Pages for people: the map, what this service is, what a problem means; and the files they load."""

from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import psycopg
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from psycopg_pool import PoolTimeout

from app.db import reading
from app.problems import KINDS, NOT_FOUND
from app.web.account_forms import look_up_viewer
from app.web.files import PackedFiles
from app.web.filter_form import address_of_form, choice_fields
from app.web.map_data import REGIONS, Town, list_credits, list_sources, list_towns, page_data
from app.web.pages import error_page, json_for_html, page_language, render

router = APIRouter(include_in_schema=False)
_read = partial(router.api_route, methods=["GET", "HEAD"])
# Public pages show who is signed in; nobody else costs them a look into the database.
_read_by_anybody = partial(_read, dependencies=[Depends(look_up_viewer)])
_files = PackedFiles(directory=Path(__file__).parent / "static")


@_read_by_anybody("/")
async def map_page(request: Request) -> Response:
    """The map; a form sent without JavaScript is first turned into the address that says the same."""
    if (address := address_of_form(request.query_params)) is not None:
        return RedirectResponse(f"/{address}", 303)
    language = page_language(request)
    towns, credits = await _ground(request)
    data = page_data(language, request.app.state.settings, towns, credits)
    return render(
        request,
        "map.html",
        choices=choice_fields(),
        towns_by_region=[(region, [town for town in towns if town.region == region]) for region in REGIONS],
        data=Markup(json_for_html(data)),  # noqa: S704  `<`, `>` and `&` are escaped
        query={name: request.query_params.get(name, "") for name in ("q", "filter")},
        items_query=urlencode({k: v for k, v in request.query_params.items() if k in ("q", "filter", "bbox") and v}),
    )


async def _ground(request: Request) -> tuple[list[Town], dict[str, list[str]]]:
    """Municipalities and credits; nothing when the database does not answer, for the page then says so itself."""
    try:
        async with reading(request.app.state.read_pool) as connection:
            return await list_towns(connection), await list_credits(connection)
    except (psycopg.OperationalError, PoolTimeout):
        return [], {}


@_read_by_anybody("/about")
async def about_page(request: Request) -> Response:
    """What this is, where its data come from, how to use the API."""
    try:
        async with reading(request.app.state.read_pool) as connection:
            sources = await list_sources(connection)
    except (psycopg.OperationalError, PoolTimeout):
        sources = []
    return render(request, "about.html", sources=sources, settings=request.app.state.settings)


@_read_by_anybody("/problems/{slug}")
async def problem_page(request: Request, slug: str) -> Response:
    """The page that the `type` of a problem points at."""
    kind = KINDS.get(slug)
    if kind is None:
        title = NOT_FOUND.ja if page_language(request) == "ja" else NOT_FOUND.en
        return error_page(request, NOT_FOUND.status, title, "")
    return render(request, "problem.html", kind=kind)


@_read("/static/{path:path}")
async def static_file(request: Request, path: str) -> Response:
    """A file of the pages."""
    response = await _files.get_response(path, request.scope)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
