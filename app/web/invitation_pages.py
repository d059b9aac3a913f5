"""Taking an invitation up: with a new account, or the one a person has."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.accounts import joining, people, schemas
from app.accounts.auth import Db, find_signed_in, refuse_forgery
from app.accounts.cookies import browser_of
from app.accounts.me_router import sign_in_service
from app.accounts.sessions import SignedIn
from app.problems import Problem
from app.web.account_forms import Onward, Posted, account_page, refuse_signed_out_forgery
from app.web.account_pages import input_problem
from app.web.sign_in_pages import enter

router = APIRouter(include_in_schema=False)


@router.get("/invitations/{secret}")
def show_invitation(request: Request, db: Db, secret: str) -> Response:
    """To what somebody is invited, and how to accept. Raises Problem (404)."""
    find_signed_in(request)
    return _invitation(request, db, secret)


def _invitation(request: Request, db: Db, secret: str, *, name: str = "", problem: Problem | None = None) -> Response:
    with db.begin(sign_in_service(request)) as session:
        found = people.find_invitation(session, secret)
        if found is None:
            raise people.invitation_is_over()
        has_account = joining.has_account(session, found["email"])
        mine = _is_mine(request, found, session)
    return account_page(
        request, "invitation.html", problem=problem, invitation=found, secret=secret, has_account=has_account,
        mine=mine, name=name, providers=request.app.state.settings.oidc_providers,
    )  # fmt: skip


def _is_mine(request: Request, invitation: Mapping[str, Any], session: Any) -> bool:
    viewer: SignedIn | None = request.state.signed_in
    return viewer is not None and joining.email_of(session, viewer.actor.person_id) == invitation["email"]


@router.post("/invitations/{secret}")
def accept_invitation(request: Request, form: Posted, db: Db, secret: str) -> Response:
    """Join: as the person signed in, or with the account made here."""
    viewer, browser, onward = find_signed_in(request), browser_of(request), Onward("/account", invitation=secret)
    name = str(form.get("name", ""))
    try:
        if viewer is not None:
            refuse_forgery(request, viewer, str(form.get("csrf", "")))
        else:
            refuse_signed_out_forgery(browser, form)
        if viewer is not None and "password" not in form:
            return enter(request, db, browser, lambda _: viewer.actor.person_id, "invitation", onward)
        person = schemas.MeChange.model_validate({"name": name})
        password = str(form.get("password", ""))

        def join(session: Session) -> UUID:
            return joining.join_with_password(session, secret, name=person.name or "", password=password)

        return enter(request, db, browser, join, "password", onward)
    except ValidationError as error:
        return _invitation(request, db, secret, name=name, problem=input_problem(error))
    except Problem as problem:
        return _invitation(request, db, secret, name=name, problem=problem)
