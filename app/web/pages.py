"""Rendering of pages: language, templates, and the headers that keep a page to its own origin."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.accounts.secrets import csrf_token
from app.accounts.sessions import SignedIn
from app.web.account_words import account_links
from app.web.messages import Language, message, parse_language

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "lang"
LANGUAGE_COOKIE_AGE_S = 365 * 24 * 3600

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page_language(request: Request) -> Language:
    """The language the address asks for, else the one chosen before, else Japanese."""
    asked = parse_language(request.query_params.get("lang"))
    return asked or parse_language(request.cookies.get(LANGUAGE_COOKIE)) or "ja"


def render(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page from a template, which sees `t(key)`, `language`, `other_language_url`, who views it, and the context."""
    language = page_language(request)
    viewer: SignedIn | None = getattr(request.state, "signed_in", None)
    words: Callable[..., str] = partial(message, language)
    html = _templates.get_template(template).render(
        t=words,
        language=language,
        other_language_url=_other_language_url(request, language),
        viewer=viewer,
        notices_unread=getattr(request.state, "notices_unread", None),
        sign_out_token=csrf_token(viewer.csrf_secret) if viewer and viewer.csrf_secret else "",
        viewer_links=account_links(viewer) if viewer else [],
        this_address=_this_address(request),
        **context,
    )
    response = HTMLResponse(html, status, headers=security_headers(_basemap_origin(request)))
    if parse_language(request.query_params.get("lang")):
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=LANGUAGE_COOKIE_AGE_S, samesite="lax")
    return response


def json_for_html(data: Any) -> str:
    """JSON that can stand in a page's data block: nothing in it ends the block."""
    text = orjson.dumps(data).decode()
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def error_page(request: Request, status: int, title: str, detail: str) -> HTMLResponse:
    """The page for people that tells an error: what happened and the way on."""
    return render(request, "error.html", status, code=status, title=title, detail=detail)


def _this_address(request: Request) -> str:
    """This page's address, to come back to after signing in; not that of a page that only answers a form."""
    query = f"?{request.url.query}" if request.url.query else ""
    if request.method in ("GET", "HEAD"):
        return request.url.path + query
    return "/sign-in" if request.url.path.startswith("/sign-in") else "/"


def _other_language_url(request: Request, language: Language) -> str:
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    path = (
        request.url.path if request.method == "GET" else "/sign-in"
    )  # which leads on to where somebody signed in may be
    return f"{path}?{urlencode([('lang', 'en' if language == 'ja' else 'ja'), *kept])}"


def _basemap_origin(request: Request) -> str | None:
    parts = urlsplit(request.app.state.settings.basemap_url)
    # A host may hold a {subdomain} place in some tile addresses; such a one cannot be named in a policy.
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc and "{" not in parts.netloc else None


def security_headers(basemap_origin: str | None = None) -> dict[str, str]:
    """Content Security Policy and its companions: own scripts and styles only, pictures also from the base map."""
    basemap = f" {basemap_origin}" if basemap_origin else ""
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        f"img-src 'self' data: blob:{basemap}",
        f"connect-src 'self'{basemap}",
        "worker-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
        "Cache-Control": "no-cache",
        "Vary": "Cookie",
    }
