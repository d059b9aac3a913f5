"""Forms of signed-in and signed-out people: who sent one, whether it came from our own page, and what it held.

A form that comes too late (its session lapsed, or was renewed in another window) loses nothing: what was typed, never
passwords and codes, goes along through the sign-in and is shown again with a button that sends it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from app.accounts.auth import SESSION_COOKIE, find_signed_in, refuse_forgery, transactions
from app.accounts.cookies import browser_of, is_local_path, keep_browser, local_path
from app.accounts.permissions import Permission
from app.accounts.secrets import check_csrf, csrf_token, digest
from app.accounts.sessions import SignedIn
from app.accounts.sign_in import Browser
from app.applications.outbox.notice_inbox import count_unread
from app.problems import FORBIDDEN, Problem
from app.web.account_words import account_words
from app.web.messages import MESSAGES
from app.web.pages import page_language, render

_FIELDS_MAX, _FIELD_BYTES_MAX = 200, 64 * 1024
_KEPT_MAX = 64 * 1024  # characters of all fields together
_NEVER_KEPT = ("password", "code", "csrf", "credential", "state", "secret", "kept")


async def look_up_viewer(request: Request) -> None:
    """Who views a public page, where the browser holds a session; a database that fails hides only the name."""
    if SESSION_COOKIE not in request.cookies or "authorization" in request.headers:
        return
    try:
        await run_in_threadpool(_look_up, request)
    except SQLAlchemyError:
        request.state.signed_in = None


def _look_up(request: Request) -> None:
    signed_in = find_signed_in(request)
    if signed_in is not None:
        note_unread(request, signed_in)


def note_unread(request: Request, viewer: SignedIn) -> None:
    """Count what the viewer has not read, for the bar of the page that is to come."""
    if request.method == "GET" and Permission.CASES_READ in viewer.actor.permissions:
        with transactions(request).begin(viewer.actor) as session:
            request.state.notices_unread = count_unread(session, viewer.actor)


async def read_form(request: Request) -> FormData:
    """The posted fields; empty for a request that posts none."""
    if request.method != "POST":
        return FormData()
    return await request.form(max_files=0, max_fields=_FIELDS_MAX, max_part_size=_FIELD_BYTES_MAX)


Posted = Annotated[FormData, Depends(read_form)]


@dataclass(frozen=True, slots=True)
class Onward:
    """Where a sign-in leads: a page, an invitation to take up, a form that came too late."""

    next: str = "/"
    invitation: str = ""
    action: str = ""  # of the form that came too late
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_form(cls, form: FormData) -> "Onward":
        """What the sign-in page's hidden fields say."""
        fields = {name.removeprefix("kept."): str(value) for name, value in form.items() if name.startswith("kept.")}
        return cls.of(
            {
                "next": form.get("next"), "invitation": form.get("invitation"), "action": form.get("kept_action"),
                "fields": fields,
            }
        )  # fmt: skip

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Onward":
        """What a kept state says; addresses outside of this service fall away."""
        action = str(content.get("action") or "")
        return cls(
            next=local_path(content.get("next")),
            invitation=str(content.get("invitation") or "")[:100],
            action=action if is_local_path(action) else "",
            fields=dict(content.get("fields") or {}),
        )

    def content(self) -> dict[str, Any]:
        """For keeping in a state."""
        return {"next": self.next, "invitation": self.invitation, "action": self.action, "fields": dict(self.fields)}


class SignInNeeded(Exception):
    """Nobody is signed in who could have this page, or send this form."""

    def __init__(self, onward: Onward, posted: bool) -> None:
        self.onward, self.posted = onward, posted


class StaleForm(Exception):
    """A form of our own page that carries the token of an earlier session."""

    def __init__(self, onward: Onward) -> None:
        self.onward = onward


class PageRequires:
    """A dependency of pages: who is signed in, holding a permission; their forms are checked for forgery on the way."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, request: Request, form: Posted) -> SignedIn:
        """Raises SignInNeeded, StaleForm, Problem (403)."""
        signed_in = find_signed_in(request)
        if signed_in is None or signed_in.csrf_secret is None:
            raise SignInNeeded(_onward(request, form), request.method == "POST")
        try:
            refuse_forgery(request, signed_in, str(form.get("csrf", "")))
        except Problem:
            if _is_own_page(request):
                raise StaleForm(_onward(request, form)) from None
            raise
        signed_in.actor.require(self.permission)
        note_unread(request, signed_in)
        return signed_in


AccountViewer = Annotated[SignedIn, Depends(PageRequires(Permission.ACCOUNT_MANAGE))]
PeopleViewer = Annotated[SignedIn, Depends(PageRequires(Permission.PEOPLE_READ))]
PeopleLeader = Annotated[SignedIn, Depends(PageRequires(Permission.PEOPLE_MANAGE))]
OrganisationsLeader = Annotated[SignedIn, Depends(PageRequires(Permission.ORGANISATIONS_MANAGE))]
AuditViewer = Annotated[SignedIn, Depends(PageRequires(Permission.AUDIT_READ))]


def _is_own_page(request: Request) -> bool:
    """Whether a page of this very origin sent the form; what other sites post is never kept or shown."""
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host")


def _onward(request: Request, form: FormData) -> Onward:
    if request.method != "POST":
        query = f"?{request.url.query}" if request.url.query else ""
        return Onward(next=local_path(request.url.path + query))
    referer = urlsplit(request.headers.get("referer", ""))
    page = referer._replace(scheme="", netloc="").geturl() if referer.netloc == request.headers.get("host") else ""
    if not _is_own_page(request):
        return Onward(next=local_path(page))
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    fields = {name: value for name, value in typed.items() if not any(part in name for part in _NEVER_KEPT)}
    if sum(map(len, fields.values())) > _KEPT_MAX:
        fields = {}
    return Onward(next=local_path(page), action=request.url.path if fields else "", fields=fields)


def refuse_signed_out_forgery(browser: Browser, form: FormData) -> None:
    """Raises Problem (403) for a form that this browser's own page did not make."""
    if not check_csrf(digest(browser.secret), str(form.get("csrf", ""))):
        raise Problem(
            FORBIDDEN,
            "このページは古くなったか、ブラウザーが Cookie を保存していません。Cookie を許可し、もう一度送ってください。",
            "This page is out of date, or your browser keeps no cookies. Allow cookies and send again.",
        )


def account_page(
    request: Request, template: str, *, problem: Problem | None = None, status: int = 200, **context: Any
) -> HTMLResponse:
    """A page (of the folder `account` unless it names one) that is never stored by browsers or proxies, with the token
    its forms carry and what went wrong.
    """
    signed_in: SignedIn | None = getattr(request.state, "signed_in", None)
    browser, language = browser_of(request), page_language(request)
    signed_out = csrf_token(digest(browser.secret))
    said = None if problem is None else problem.ja if language == "ja" else problem.en
    done = f"done.{request.query_params.get('done', '')}"
    response = render(
        request,
        template if "/" in template else f"account/{template}",
        problem.kind.status if problem else status,
        csrf=csrf_token(signed_in.csrf_secret) if signed_in and signed_in.csrf_secret else signed_out,
        csrf_signed_out=signed_out,
        problem=said,
        wrong={error.get("pointer", "").lstrip("/") for error in problem.errors} if problem else set(),
        done=done if done in MESSAGES["ja"] and problem is None else None,
        **account_words(language),
        **context,
    )
    response.headers["Cache-Control"] = "no-store"
    if problem:
        response.headers.update(problem.headers)
    keep_browser(response, browser)
    return response


def go(path: str, **query: str) -> Response:
    """On to a page after a form did its work."""
    return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)


def resume_page(request: Request, onward: Onward, status: int = 200) -> HTMLResponse:
    """What was typed in a form that came too late, with a button that sends it now."""
    return account_page(request, "resume.html", status=status, onward=onward)


def install(app: FastAPI) -> None:
    """Let pages that need somebody signed in lead to the sign-in."""

    async def of_sign_in_needed(request: Request, error: Any) -> Response:
        if not error.posted:
            return go("/sign-in", next=error.onward.next)
        return sign_in_form(request, error.onward, status=401, lapsed=True)

    async def of_stale_form(request: Request, error: Any) -> Response:
        return resume_page(request, error.onward, 403)

    app.add_exception_handler(SignInNeeded, of_sign_in_needed)
    app.add_exception_handler(StaleForm, of_stale_form)


def sign_in_form(
    request: Request,
    onward: Onward,
    *,
    problem: Problem | None = None,
    status: int = 200,
    email: str = "",
    lapsed: bool = False,
) -> HTMLResponse:
    """The sign-in page."""
    host = request.url.hostname or ""
    return account_page(
        request,
        "sign_in.html",
        problem=problem,
        status=status,
        onward=onward,
        email=email,
        lapsed=lapsed,
        providers=request.app.state.settings.oidc_providers,
        keeps_cookies=request.url.scheme == "https" or host in ("localhost", "::1") or host.startswith("127."),
    )
