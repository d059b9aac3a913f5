"""My account: name and language, whom I act for, API tokens."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from app.accounts import me, schemas, sessions, tokens
from app.accounts.auth import SESSION_COOKIE, Db
from app.accounts.cookies import keep_session
from app.accounts.permissions import Permission
from app.accounts.sessions import SignedIn
from app.problems import INVALID, NOT_FOUND, Problem
from app.web.account_forms import AccountViewer, Posted, account_page, go
from app.web.pages import LANGUAGE_COOKIE, LANGUAGE_COOKIE_AGE_S

router = APIRouter(include_in_schema=False)


def input_problem(error: ValidationError) -> Problem:
    """A form's wrong fields as a problem that names them."""
    fields = [str(part["loc"][0]) for part in error.errors() if part["loc"]]
    return Problem(
        INVALID,
        "赤い枠の項目を直してください。空のままか、使えない文字が入っています。",
        "Mend the marked fields: one is empty or holds characters that cannot be used.",
        errors=[{"pointer": f"/{name}", "detail": "invalid"} for name in fields],
    )


def id_of(given: object) -> UUID:
    """A posted id. Raises Problem (404) for anything else."""
    try:
        return UUID(str(given))
    except ValueError:
        raise Problem(NOT_FOUND, "見つかりません。", "There is no such thing.") from None


@router.get("/account")
def show_account(request: Request, viewer: AccountViewer, db: Db) -> Response:
    """Name, language, organisations."""
    return _account(request, viewer, db, name=viewer.name, spoken=viewer.language)


def _account(
    request: Request, viewer: SignedIn, db: Db, *, name: str, spoken: str, problem: Problem | None = None
) -> Response:
    with db.begin(viewer.actor) as session:
        email = me.read_email(session, viewer.actor)
        organisations = sessions.list_acting(session, viewer.actor.person_id)
    return account_page(
        request, "account.html", problem=problem, email=email, organisations=organisations, name=name, spoken=spoken
    )


@router.post("/account/profile")
def change_profile(request: Request, viewer: AccountViewer, form: Posted, db: Db) -> Response:
    """A new name or language."""
    name, spoken = str(form.get("name", "")), str(form.get("language", "ja"))
    try:
        change = schemas.MeChange.model_validate({"name": name, "language": spoken})
    except ValidationError as error:
        return _account(request, viewer, db, name=name, spoken=spoken, problem=input_problem(error))
    with db.begin(viewer.actor) as session:
        me.change_me(session, viewer.actor, change.model_dump(exclude_none=True))
    response = go("/account", done="saved")
    response.set_cookie(LANGUAGE_COOKIE, spoken, max_age=LANGUAGE_COOKIE_AGE_S, samesite="lax")
    return response


@router.post("/account/organisation")
def switch_organisation(request: Request, viewer: AccountViewer, form: Posted, db: Db) -> Response:
    """Act for another of my organisations, under a new session secret."""
    try:
        with db.begin(viewer.actor) as session:
            secret = sessions.act_for(
                session, viewer.actor.person_id, request.cookies[SESSION_COOKIE], id_of(form.get("organisation_id"))
            )
    except Problem as problem:
        return _account(request, viewer, db, name=viewer.name, spoken=viewer.language, problem=problem)
    response = go("/account", done="switched")
    keep_session(response, secret)
    return response


@router.get("/account/tokens")
def show_tokens(request: Request, viewer: AccountViewer, db: Db) -> Response:
    """My API tokens."""
    return _tokens(request, viewer, db)


@router.post("/account/tokens")
def make_token(request: Request, viewer: AccountViewer, form: Posted, db: Db) -> Response:
    """Make a token; its secret shows on this one page."""
    typed = {
        "name": str(form.get("name", "")), "scopes": [str(scope) for scope in form.getlist("scopes")],
        "days": str(form.get("days", "90")),
    }  # fmt: skip
    try:
        wanted = schemas.TokenRequest.model_validate(typed)
        if not wanted.scopes:
            raise Problem(
                INVALID, "権限を1つ以上選んでください。", "Choose at least one permission.",
                errors=[{"pointer": "/scopes", "detail": "empty"}],
            )  # fmt: skip
        with db.begin(viewer.actor) as session:
            made = tokens.create_token(session, viewer.actor, name=wanted.name, scopes=wanted.scopes, days=wanted.days)
    except ValidationError as error:
        return _tokens(request, viewer, db, typed=typed, problem=input_problem(error))
    except Problem as problem:
        return _tokens(request, viewer, db, typed=typed, problem=problem)
    return _tokens(request, viewer, db, made=made)


@router.post("/account/tokens/{prefix}/revoke")
def revoke_token(request: Request, viewer: AccountViewer, db: Db, prefix: str) -> Response:
    """End a token at once."""
    try:
        with db.begin(viewer.actor) as session:
            tokens.revoke_token(session, prefix)
    except Problem as problem:
        return _tokens(request, viewer, db, problem=problem)
    return go("/account/tokens", done="revoked")


def _tokens(
    request: Request,
    viewer: SignedIn,
    db: Db,
    *,
    typed: dict[str, Any] | None = None,
    made: dict[str, Any] | None = None,
    problem: Problem | None = None,
) -> Response:
    with db.begin(viewer.actor) as session:
        held = tokens.list_tokens(session, viewer.actor)
    now = datetime.now(UTC)
    known = {permission.value for permission in Permission}
    for one in held:
        one["scopes"] = [scope for scope in one["scopes"] if scope in known]
        one["over"] = "tokens.revoked" if one["revoked_at"] else "tokens.expired" if one["expires_at"] < now else None
    return account_page(
        request, "tokens.html", problem=problem, tokens=held, made=made,
        typed=typed or {"name": "", "scopes": [], "days": "90"},
    )  # fmt: skip
