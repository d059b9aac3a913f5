"""Who is asking: from a session cookie or an API token to an actor, and the aliases handlers ask permissions with.

A handler's signature says what it needs (`actor: PlanWriter`); a handler without such an alias is public.
"""

from typing import Annotated, Any

import structlog
from fastapi import Depends, Request
from fastapi.routing import APIRoute

from app.accounts.actor import Actor, Service, Transactions
from app.accounts.permissions import Permission
from app.accounts.secrets import check_csrf
from app.accounts.sessions import SignedIn, find_session, find_token
from app.problems import FORBIDDEN, UNAUTHENTICATED, Problem

_log = structlog.get_logger()
SESSION_COOKIE = "__Host-session"
CSRF_HEADER = "x-csrf-token"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_CREDENTIAL_MAX = 200  # characters; ours have fewer, nothing longer is looked up


def client_address(request: Request) -> str:
    """The address a request comes from (behind a proxy: as uvicorn's `--proxy-headers` tells)."""
    return request.client.host if request.client else "0.0.0.0"  # noqa: S104 - a placeholder, nothing is bound


def request_id(request: Request) -> str:
    """The id this request goes by in logs, problems and the audit trail."""
    return str(request.scope.get("request_id", ""))


def transactions(request: Request) -> Transactions:
    """The application's transactions."""
    found: Transactions = request.app.state.transactions
    return found


def find_signed_in(request: Request) -> SignedIn | None:
    """The session or token a request carries, looked up once; None for an anonymous request.

    Raises Problem (401) for credentials that do not stand: to treat them as anonymous would hide the reason.
    """
    if not hasattr(request.state, "signed_in"):
        request.state.signed_in = _look_up(request)
    found: SignedIn | None = request.state.signed_in
    return found


def _look_up(request: Request) -> SignedIn | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    cookie = request.cookies.get(SESSION_COOKIE)
    if not scheme and not cookie:
        return None
    where = {"address": client_address(request), "request_id": request_id(request)}
    signed_in = None
    with transactions(request).begin(Service("sign-in", **where)) as session:
        if scheme.lower() == "bearer" and 0 < len(token) <= _CREDENTIAL_MAX and "\0" not in token:
            signed_in = find_token(session, token, **where)
        elif not scheme and cookie is not None and len(cookie) <= _CREDENTIAL_MAX and "\0" not in cookie:
            signed_in = find_session(session, cookie, **where)
    if signed_in is None and scheme:
        raise unauthenticated(
            "API トークンが正しくないか、期限が切れています。アカウントのページで新しいトークンを作ってください。",
            "The API token is wrong, expired or revoked; make a new one on your account page.",
        )
    return signed_in


def unauthenticated(ja: str, en: str) -> Problem:
    """A 401 that says how to authenticate."""
    return Problem(UNAUTHENTICATED, ja, en, headers={"WWW-Authenticate": 'Bearer realm="tsunagaru"'})


class Requires:
    """A dependency that answers the actor if they hold a permission, and documents itself as `x-permission`."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, request: Request) -> Actor:
        """The actor. Raises Problem 401 (nobody), 403 (not permitted, or a forged form)."""
        signed_in = find_signed_in(request)
        if signed_in is None:
            raise unauthenticated(
                "サインインするか、API トークンを付けてください。",
                "Sign in, or send an API token as 'Authorization: Bearer …'.",
            )
        try:
            refuse_forgery(request, signed_in)
            signed_in.actor.require(self.permission)
        except Problem:
            _log.warning(
                "not permitted", person_id=str(signed_in.actor.person_id), permission=self.permission.value,
                request_id=request_id(request), path=request.url.path,
            )  # fmt: skip
            raise
        return signed_in.actor


def refuse_forgery(request: Request, signed_in: SignedIn, form_token: str | None = None) -> None:
    """Raises Problem (403) for a changing request of a session that lacks the session's own token."""
    if request.method in _READING or signed_in.csrf_secret is None:
        return
    if not check_csrf(signed_in.csrf_secret, form_token or request.headers.get(CSRF_HEADER)):
        raise Problem(
            FORBIDDEN,
            "このページは古くなっています。ページを読み込み直してから、もう一度送ってください。",
            "This page is out of date; reload it and send again.",
        )


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": meaning,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}},
    }
    for status, meaning in {
        400: "A query parameter is not valid",
        401: "Not signed in, or the token does not stand",
        403: "Not permitted",
        404: "Not found, or not yours",
        409: "Not possible in the present state",
        412: "Somebody changed it first",
        413: "Too large",
        422: "The body needs mending: `errors` point at the places",
        428: "If-Match is missing",
        429: "Too many requests; see Retry-After",
        500: "Internal error",
        503: "Busy, too slow, or the database cannot be reached; see Retry-After",
    }.items()
}


class GuardedRoute(APIRoute):
    """A route that shows its permission in the OpenAPI document: `x-permission`, or `x-public`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["responses"] = {**_PROBLEMS, **(kwargs.get("responses") or {})}
        super().__init__(*args, **kwargs)
        needed = [
            call.permission for call in (d.call for d in self.dependant.dependencies) if isinstance(call, Requires)
        ]
        guard: dict[str, Any] = {"x-permission": needed[0].value} if needed else {"x-public": True}
        if needed:
            guard["security"] = [{"session": []}, {"token": []}]
        self.openapi_extra = {**guard, **(self.openapi_extra or {})}


AccountHolder = Annotated[Actor, Depends(Requires(Permission.ACCOUNT_MANAGE))]
PeopleReader = Annotated[Actor, Depends(Requires(Permission.PEOPLE_READ))]
PeopleManager = Annotated[Actor, Depends(Requires(Permission.PEOPLE_MANAGE))]
OrganisationsManager = Annotated[Actor, Depends(Requires(Permission.ORGANISATIONS_MANAGE))]
AssetImporter = Annotated[Actor, Depends(Requires(Permission.ASSETS_IMPORT))]
PlanReader = Annotated[Actor, Depends(Requires(Permission.PLANS_READ))]
PlanWriter = Annotated[Actor, Depends(Requires(Permission.PLANS_WRITE))]
ApplicationWriter = Annotated[Actor, Depends(Requires(Permission.APPLICATIONS_WRITE))]
CaseReader = Annotated[Actor, Depends(Requires(Permission.CASES_READ))]
CaseHandler = Annotated[Actor, Depends(Requires(Permission.CASES_HANDLE))]
WindowOperator = Annotated[Actor, Depends(Requires(Permission.CASES_WINDOW))]
OwnerReviewer = Annotated[Actor, Depends(Requires(Permission.CASES_REVIEW))]
StatisticsReader = Annotated[Actor, Depends(Requires(Permission.CASES_STATISTICS))]
HandOver = Annotated[Actor, Depends(Requires(Permission.CASES_HAND_OVER))]
SurveyReader = Annotated[Actor, Depends(Requires(Permission.SURVEYS_READ))]
SurveyImporter = Annotated[Actor, Depends(Requires(Permission.SURVEYS_IMPORT))]
ClaimWriter = Annotated[Actor, Depends(Requires(Permission.CLAIMS_WRITE))]
WebhookManager = Annotated[Actor, Depends(Requires(Permission.WEBHOOKS_MANAGE))]
Auditor = Annotated[Actor, Depends(Requires(Permission.AUDIT_READ))]
Db = Annotated[Transactions, Depends(transactions)]
