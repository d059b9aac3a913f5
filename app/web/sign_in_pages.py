"""Pages for signing in and out: password, time code, passkey, OpenID provider."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.orm import Session

from app.accounts import audit, joining, oidc, passkeys, sessions, sign_in
from app.accounts.auth import SESSION_COOKIE, Db, find_signed_in
from app.accounts.cookies import browser_of, drop_session, keep_browser, keep_session, local_path, origin_of
from app.accounts.me_router import sign_in_service
from app.accounts.sign_in import Browser
from app.config import OidcProvider
from app.problems import NOT_FOUND, UNAUTHENTICATED, Problem
from app.web.account_forms import (
    AccountViewer,
    Onward,
    Posted,
    account_page,
    go,
    refuse_signed_out_forgery,
    resume_page,
    sign_in_form,
)
from app.web.pages import LANGUAGE_COOKIE, LANGUAGE_COOKIE_AGE_S

router = APIRouter(include_in_schema=False)

WRONG = Problem(
    UNAUTHENTICATED,
    "メールアドレスかパスワードが違います。もう一度入力してください。",
    "The address or password is wrong; try again.",
)
WRONG_CODE = Problem(
    UNAUTHENTICATED,
    "コードが合わないか、もう使われています。アプリに次に表示される6桁の数字を入れてください。",
    "The code does not fit or was used; type the next one your app shows.",
)
NOBODY = Problem(
    UNAUTHENTICATED,
    "この認証サービスの利用者に結び付いたアカウントがありません。招待メールのリンクから登録するか、パスワードでサインインしてください。",
    "No account is linked to you at this provider; join by the link in your invitation, or sign in with your password.",
)


@router.get("/sign-in")
def show_sign_in(request: Request, next: str | None = None, invitation: str = "") -> Response:
    """The sign-in page; somebody signed in goes straight on."""
    if find_signed_in(request) is not None and not invitation:
        return go(local_path(next))
    return sign_in_form(request, Onward.of({"next": next, "invitation": invitation}))


@router.post("/sign-in")
def sign_in_by_password(request: Request, form: Posted, db: Db) -> Response:
    """First factor; then the time code's page, or in."""
    browser, onward, email = browser_of(request), Onward.of_form(form), str(form.get("email", ""))[:254]
    try:
        refuse_signed_out_forgery(browser, form)
        with db.begin(sign_in_service(request)) as session:
            person_id = sign_in.check_first_factor(session, browser, email, str(form.get("password", "")))
            if person_id is None:
                return sign_in_form(request, onward, problem=WRONG, email=email)
            if sign_in.needs_code(session, person_id):
                state = sign_in.keep_state(session, browser, "code", {"person": person_id})
                return account_page(request, "code.html", state=state, onward=onward)
        return enter(request, db, browser, lambda _: person_id, "password", onward)
    except Problem as problem:
        return sign_in_form(request, onward, problem=problem, email=email)


@router.post("/sign-in/code")
def sign_in_by_code(request: Request, form: Posted, db: Db) -> Response:
    """Second factor."""
    browser, onward = browser_of(request), Onward.of_form(form)
    try:
        refuse_signed_out_forgery(browser, form)
        with db.begin(sign_in_service(request)) as session:
            content = sign_in.take_state(session, browser, "code", str(form.get("state", "")))
            if not sign_in.check_second_factor(session, browser, content["person"], str(form.get("code", ""))):
                state = sign_in.keep_state(session, browser, "code", content)
                return account_page(request, "code.html", problem=WRONG_CODE, state=state, onward=onward)
        return enter(request, db, browser, lambda _: UUID(content["person"]), "password+totp", onward)
    except Problem as problem:
        return sign_in_form(request, onward, problem=problem)


@router.post("/sign-in/passkey/options")
def passkey_options(request: Request, form: Posted, db: Db) -> Response:
    """What the browser needs to sign in with a passkey."""
    browser = browser_of(request)
    refuse_signed_out_forgery(browser, form)
    with db.begin(sign_in_service(request)) as session:
        options, state = passkeys.sign_in_options(session, browser, origin_of(request), {})
    response = JSONResponse({"options": orjson.loads(options), "state": state})
    keep_browser(response, browser)
    return response


@router.post("/sign-in/passkey")
def sign_in_by_passkey(request: Request, form: Posted, db: Db) -> Response:
    """A passkey is both factors: the device holds it and asks for its own unlocking."""
    browser, onward = browser_of(request), Onward.of_form(form)
    try:
        refuse_signed_out_forgery(browser, form)
        with db.begin(sign_in_service(request)) as session:
            content = sign_in.take_state(session, browser, "passkey", str(form.get("state", "")))
        with db.begin(sign_in_service(request)) as session:
            person_id = passkeys.authenticate(
                session, read_credential(form), challenge=content["challenge"], origin=origin_of(request)
            )
        return enter(request, db, browser, lambda _: person_id, "passkey", onward)
    except Problem as problem:
        _note_refusal(request, db, "passkey", problem)
        return sign_in_form(request, onward, problem=problem)


def read_credential(form: Posted) -> dict[str, Any]:
    """The browser's answer about a passkey; nothing for anything else than a JSON object."""
    try:
        credential = orjson.loads(str(form.get("credential", "")))
    except orjson.JSONDecodeError:
        return {}
    return credential if isinstance(credential, dict) else {}


@router.post("/sign-in/oidc/{provider_id}")
def begin_oidc(request: Request, form: Posted, db: Db, provider_id: str) -> Response:
    """On to an OpenID provider, by a page that leads there: a redirect of a form is held back by `form-action`."""
    browser, onward = browser_of(request), Onward.of_form(form)
    try:
        refuse_signed_out_forgery(browser, form)
        provider = _provider(request, provider_id)
        oidc.discover(provider)
        with db.begin(sign_in_service(request)) as session:
            address = oidc.begin(session, browser, provider, _callback(request, provider), onward.content())
    except Problem as problem:
        return sign_in_form(request, onward, problem=problem)
    return account_page(request, "leave.html", address=address, provider=provider)


@router.get("/sign-in/oidc/{provider_id}/callback")
def finish_oidc(request: Request, db: Db, provider_id: str) -> Response:
    """Back from an OpenID provider."""
    browser, onward, answer = browser_of(request), Onward(), dict(request.query_params)
    try:
        provider = _provider(request, provider_id)
        with db.begin(sign_in_service(request)) as session:
            content = sign_in.take_state(session, browser, "oidc", answer.get("state", ""))
        onward = Onward.of(content)
        claims = oidc.finish(provider, _callback(request, provider), content, answer)
        return enter(
            request, db, browser, lambda session: _vouched_for(session, provider, claims, onward), "oidc", onward
        )
    except Problem as problem:
        _note_refusal(request, db, f"oidc:{provider_id[:40]}", problem)
        return sign_in_form(request, onward, problem=problem)


@router.post("/sign-out")
def sign_out(request: Request, viewer: AccountViewer, db: Db) -> Response:
    """End the session."""
    with db.begin(viewer.actor) as session:
        sessions.end(session, request.cookies[SESSION_COOKIE])
        audit.record(session, "session.end", f"person:{viewer.actor.person_id}")
    response = go("/sign-in", done="signed-out")
    drop_session(response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _vouched_for(session: Session, provider: OidcProvider, claims: dict[str, Any], onward: Onward) -> UUID:
    person_id = joining.find_or_join(session, provider, claims, onward.invitation or None)
    if person_id is None:
        raise NOBODY
    return person_id


def enter(
    request: Request, db: Db, browser: Browser, who: Callable[[Session], UUID], method: str, onward: Onward
) -> Response:
    """Open the session of `who` under a new secret, all or nothing, and go on. Raises Problem (403, 404)."""
    service = sign_in_service(request)
    with db.begin(service) as session:
        secret = joining.complete(
            session, browser, who(session), method, invitation=onward.invitation or None,
            replaces=request.cookies.get(SESSION_COOKIE),
        )  # fmt: skip
        request.state.signed_in = sessions.find_session(
            session, secret, address=service.address or "", request_id=service.request_id or ""
        )
    response = resume_page(request, onward) if onward.action else go(onward.next)
    keep_session(response, secret)
    keep_browser(response, browser)
    if request.state.signed_in:
        response.set_cookie(
            LANGUAGE_COOKIE, request.state.signed_in.language, max_age=LANGUAGE_COOKIE_AGE_S, samesite="lax"
        )
    return response


def _provider(request: Request, provider_id: str) -> OidcProvider:
    for provider in request.app.state.settings.oidc_providers:
        if provider.id == provider_id:
            found: OidcProvider = provider
            return found
    raise Problem(NOT_FOUND, "その認証サービスはありません。", "There is no such identity provider.")


def _callback(request: Request, provider: OidcProvider) -> str:
    return f"{origin_of(request)}/sign-in/oidc/{provider.id}/callback"


def _note_refusal(request: Request, db: Db, factor: str, problem: Problem) -> None:
    with db.begin(sign_in_service(request)) as session:
        audit.record(session, "session.refuse", None, after={"factor": factor, "reason": problem.en})
