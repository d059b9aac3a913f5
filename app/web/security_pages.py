"""How I sign in: password, time code, passkeys, and the browsers signed in now."""

from collections.abc import Callable
from typing import Any

import segno
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.orm import Session

from app.accounts import factors, passkeys, schemas, sessions
from app.accounts.auth import SESSION_COOKIE, Db
from app.accounts.cookies import browser_of
from app.accounts.me_router import begin_passkey, change_own, keep_passkey, sign_in_service
from app.accounts.sessions import SignedIn
from app.problems import Problem
from app.web.account_forms import AccountViewer, Posted, account_page, go
from app.web.sign_in_pages import read_credential

router = APIRouter(include_in_schema=False)


@router.get("/account/security")
def show_security(request: Request, viewer: AccountViewer, db: Db) -> Response:
    """Password, time code, passkeys, sessions."""
    return _security(request, viewer, db)


def _security(
    request: Request,
    viewer: SignedIn,
    db: Db,
    *,
    problem: Problem | None = None,
    open: str = "",
    passkey_name: str = "",
) -> Response:
    person_id = viewer.actor.person_id
    with db.begin(viewer.actor) as session:
        context: dict[str, Any] = {
            "factors": factors.read_factors(session, viewer.actor),
            "passkeys": passkeys.list_passkeys(session, person_id),
            "sessions": sessions.list_sessions(session, person_id),
        }
    return account_page(
        request, "security.html", problem=problem, open=open, passkey_name=passkey_name,
        this_session=sessions.session_id(request.cookies[SESSION_COOKIE]), **context,
    )  # fmt: skip


def _change(
    request: Request, viewer: SignedIn, form: Posted, db: Db, notice: str, change: Callable[[Session], object]
) -> None:
    change_own(request, db, viewer.actor, str(form.get("present_password", "")), notice, change)


@router.post("/account/password")
def change_password(request: Request, viewer: AccountViewer, form: Posted, db: Db) -> Response:
    """A new password; the other sessions end."""
    secret, new = request.cookies[SESSION_COOKIE], str(form.get("password", ""))
    try:
        _change(
            request, viewer, form, db, "password",
            lambda session: factors.change_password(session, viewer.actor, secret, new),
        )  # fmt: skip
    except Problem as problem:
        return _security(request, viewer, db, problem=problem, open="password")
    return go("/account/security", done="password")


@router.post("/account/totp")
def begin_totp(request: Request, viewer: AccountViewer, db: Db) -> Response:
    """A new secret as a QR code, kept for ten minutes."""
    return _totp(request, viewer, db)


def _totp(
    request: Request, viewer: SignedIn, db: Db, *, totp_secret: str | None = None, problem: Problem | None = None
) -> Response:
    with db.begin(sign_in_service(request)) as session:
        state, made = factors.begin_totp(session, browser_of(request), viewer.actor, totp_secret)
    with db.begin(viewer.actor) as session:
        told = factors.read_factors(session, viewer.actor)
    qr = segno.make(factors.totp_address(told["email"], made), micro=False).svg_data_uri(scale=4, border=2)
    groups = " ".join(made[start : start + 4] for start in range(0, len(made), 4))
    return account_page(
        request, "totp.html", problem=problem, state=state, qr=qr, secret_in_groups=groups, factors=told
    )


@router.post("/account/totp/confirm")
def confirm_totp(request: Request, viewer: AccountViewer, form: Posted, db: Db) -> Response:
    """Set the time code up; a wrong code or password shows the same QR code again."""
    secret, code = request.cookies[SESSION_COOKIE], str(form.get("code", ""))
    try:
        with db.begin(sign_in_service(request)) as session:
            made = factors.take_totp(session, browser_of(request), viewer.actor, str(form.get("state", "")))
    except Problem as problem:
        return _security(request, viewer, db, problem=problem)
    try:
        _change(
            request, viewer, form, db, "totp.create",
            lambda session: factors.confirm_totp(session, viewer.actor, secret, made, code),
        )  # fmt: skip
    except Problem as problem:
        return _totp(request, viewer, db, totp_secret=made, problem=problem)
    return go("/account/security", done="totp")


@router.post("/account/totp/remove")
def remove_totp(request: Request, viewer: AccountViewer, form: Posted, db: Db) -> Response:
    """Sign in without time codes again."""
    secret = request.cookies[SESSION_COOKIE]
    try:
        _change(
            request, viewer, form, db, "totp.remove",
            lambda session: factors.remove_totp(session, viewer.actor, secret),
        )  # fmt: skip
    except Problem as problem:
        return _security(request, viewer, db, problem=problem, open="totp")
    return go("/account/security", done="totp-removed")


@router.post("/account/passkeys/options")
def passkey_options(request: Request, viewer: AccountViewer, db: Db) -> Response:
    """What the browser needs to make a passkey."""
    return JSONResponse(begin_passkey(request, db, viewer.actor))


@router.post("/account/passkeys")
def add_passkey(request: Request, viewer: AccountViewer, form: Posted, db: Db) -> Response:
    """Keep a passkey the browser made."""
    name = str(form.get("passkey_name", "")).strip()[:100] or "passkey"
    made = schemas.PasskeyMade.model_construct(
        state=str(form.get("state", "")), credential=read_credential(form), name=name,
        present_password=str(form.get("present_password", "")),
    )  # fmt: skip
    try:
        keep_passkey(request, db, viewer.actor, made)
    except Problem as problem:
        return _security(request, viewer, db, problem=problem, open="passkey", passkey_name=name)
    return go("/account/security", done="passkey")


@router.post("/account/passkeys/remove")
def remove_passkey(request: Request, viewer: AccountViewer, form: Posted, db: Db) -> Response:
    """Take a passkey away."""
    try:
        _change(
            request, viewer, form, db, "passkey.remove",
            lambda session: passkeys.remove(session, viewer.actor.person_id, str(form.get("passkey", ""))),
        )  # fmt: skip
    except Problem as problem:
        return _security(request, viewer, db, problem=problem)
    return go("/account/security", done="passkey-removed")


@router.post("/account/sessions/end")
def end_sessions(request: Request, viewer: AccountViewer, form: Posted, db: Db) -> Response:
    """Sign another browser out, or all others."""
    which, person_id = str(form.get("session", "")), viewer.actor.person_id
    try:
        with db.begin(viewer.actor) as session:
            if which == "others":
                sessions.end_others(session, person_id, request.cookies[SESSION_COOKIE])
            else:
                sessions.end_one(session, person_id, which)
    except Problem as problem:
        return _security(request, viewer, db, problem=problem)
    return go("/account/security", done="session-ended")
