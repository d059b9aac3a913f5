"""`/api/v1/me`: my sessions, password, time code, passkeys, and whom I act for. The same doing as the pages'.

All of it is for signed-in browsers alone: an API token never changes how its holder signs in.
"""

from collections.abc import Callable
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import factors, me, passkeys, schemas, sessions
from app.accounts.actor import Actor, Service, Transactions
from app.accounts.auth import SESSION_COOKIE, AccountHolder, Db, GuardedRoute, client_address, request_id
from app.accounts.cookies import browser_of, keep_session, origin_of
from app.accounts.mail import send_notice

router = APIRouter(prefix="/api/v1/me", route_class=GuardedRoute, tags=["accounts"])


def sign_in_service(request: Request) -> Service:
    """The service at signing people in, for this request."""
    return Service("sign-in", address=client_address(request), request_id=request_id(request))


def change_own(
    request: Request, db: Transactions, actor: Actor, password: str, notice: str, change: Callable[[Session], object]
) -> None:
    """Change how somebody signs in, once they showed who they are, and tell them by mail.

    Raises Problem: 403 for a token or a wrong password, 429 after too many of them.
    """
    factors.require_session(actor)
    secret = request.cookies[SESSION_COOKIE]
    with db.begin(sign_in_service(request)) as session:
        own = factors.is_own(session, browser_of(request), actor, secret, password)
    if not own:
        raise factors.not_own()
    with db.begin(actor) as session:
        change(session)
        email = me.read_email(session, actor)
    send_notice(request.app.state.settings, to=email, what=notice)


@router.get("/sessions")
def read_sessions(request: Request, actor: AccountHolder, db: Db) -> list[schemas.SessionShown]:
    """Browsers signed in now."""
    with db.begin(actor) as session:
        found = sessions.list_sessions(session, actor.person_id)
    this = sessions.session_id(request.cookies.get(SESSION_COOKIE, "")) if actor.via == "session" else ""
    return [schemas.SessionShown(**row, is_this=row["id"] == this) for row in found]


@router.delete("/sessions", status_code=204)
def end_other_sessions(request: Request, actor: AccountHolder, db: Db) -> None:
    """Sign every other browser out."""
    factors.require_session(actor)
    with db.begin(actor) as session:
        sessions.end_others(session, actor.person_id, request.cookies[SESSION_COOKIE])


@router.delete("/sessions/{id}", status_code=204)
def end_session(actor: AccountHolder, db: Db, id: str) -> None:
    """Sign one browser out."""
    factors.require_session(actor)
    with db.begin(actor) as session:
        sessions.end_one(session, actor.person_id, id)


@router.put("/password", status_code=204)
def put_password(request: Request, actor: AccountHolder, db: Db, change: schemas.PasswordChange) -> None:
    """Change my password; my other sessions end."""
    secret = request.cookies.get(SESSION_COOKIE, "")
    change_own(
        request, db, actor, change.present_password, "password",
        lambda session: factors.change_password(session, actor, secret, change.password),
    )  # fmt: skip


@router.post("/totp", status_code=201)
def begin_totp(request: Request, actor: AccountHolder, db: Db) -> schemas.TotpBegun:
    """Begin to set a time code up; it counts once confirmed."""
    factors.require_session(actor)
    with db.begin(sign_in_service(request)) as session:
        state, made = factors.begin_totp(session, browser_of(request), actor)
    with db.begin(actor) as session:
        email = me.read_email(session, actor)
    return schemas.TotpBegun(state=state, secret=made, address=factors.totp_address(email, made))


@router.put("/totp", status_code=204)
def confirm_totp(request: Request, actor: AccountHolder, db: Db, said: schemas.TotpConfirmation) -> None:
    """Set the time code up with the first code; my other sessions end."""
    factors.require_session(actor)
    secret = request.cookies[SESSION_COOKIE]
    with db.begin(sign_in_service(request)) as session:
        made = factors.take_totp(session, browser_of(request), actor, said.state)
    change_own(
        request, db, actor, said.present_password, "totp.create",
        lambda session: factors.confirm_totp(session, actor, secret, made, said.code),
    )  # fmt: skip


@router.post("/totp/removal", status_code=204)
def remove_totp(request: Request, actor: AccountHolder, db: Db, said: schemas.PresentPassword) -> None:
    """Sign in without time codes again; my other sessions end."""
    secret = request.cookies.get(SESSION_COOKIE, "")
    change_own(
        request, db, actor, said.present_password, "totp.remove",
        lambda session: factors.remove_totp(session, actor, secret),
    )  # fmt: skip


@router.get("/passkeys")
def read_passkeys(actor: AccountHolder, db: Db) -> list[schemas.PasskeyShown]:
    """My passkeys."""
    with db.begin(actor) as session:
        return [schemas.PasskeyShown(**row) for row in passkeys.list_passkeys(session, actor.person_id)]


@router.post("/passkeys/options", status_code=201)
def passkey_options(request: Request, actor: AccountHolder, db: Db) -> dict[str, Any]:
    """What a browser needs to make a passkey, and the state to send back with it."""
    factors.require_session(actor)
    return begin_passkey(request, db, actor)


def begin_passkey(request: Request, db: Transactions, actor: Actor) -> dict[str, Any]:
    """The options of a passkey to make, its challenge kept."""
    with db.begin(actor) as session:
        email = me.read_email(session, actor)
        options, challenge = passkeys.registration_options(session, actor, email, origin_of(request))
    with db.begin(sign_in_service(request)) as session:
        state = passkeys.keep_registration(session, browser_of(request), actor, challenge)
    return {"options": orjson.loads(options), "state": state}


@router.post("/passkeys", status_code=204)
def add_passkey(request: Request, actor: AccountHolder, db: Db, made: schemas.PasskeyMade) -> None:
    """Keep a passkey a browser made."""
    factors.require_session(actor)
    keep_passkey(request, db, actor, made)


def keep_passkey(request: Request, db: Transactions, actor: Actor, made: schemas.PasskeyMade) -> None:
    """Keep a passkey, once the challenge was this person's and they showed who they are. Raises Problem."""
    with db.begin(sign_in_service(request)) as session:
        challenge = passkeys.take_registration(session, browser_of(request), actor, made.state)
    change_own(
        request, db, actor, made.present_password, "passkey.create",
        lambda session: passkeys.register(
            session, actor, made.credential, challenge=challenge, origin=origin_of(request), name=made.name
        ),
    )  # fmt: skip


@router.post("/passkeys/{credential_id}/removal", status_code=204)
def remove_passkey(
    request: Request, actor: AccountHolder, db: Db, credential_id: str, said: schemas.PresentPassword
) -> None:
    """Take a passkey away."""
    change_own(
        request, db, actor, said.present_password, "passkey.remove",
        lambda session: passkeys.remove(session, actor.person_id, credential_id),
    )  # fmt: skip


@router.get("/organisations")
def read_organisations(actor: AccountHolder, db: Db) -> list[schemas.Acting]:
    """The organisations I can act for."""
    with db.begin(actor) as session:
        return [schemas.Acting(**row) for row in sessions.list_acting(session, actor.person_id)]


@router.put("/organisation", status_code=204)
def switch_organisation(
    request: Request, response: Response, actor: AccountHolder, db: Db, wanted: schemas.OrganisationSwitch
) -> None:
    """Act for another of my organisations; the session gets a new secret."""
    factors.require_session(actor)
    with db.begin(actor) as session:
        secret = sessions.act_for(session, actor.person_id, request.cookies[SESSION_COOKIE], wanted.organisation_id)
    keep_session(response, secret)
