"""Pages of notices: what I was told, how I am told, my feeds; and what reached nobody, for the window."""

from datetime import datetime
from typing import Annotated, get_args
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.accounts.auth import Db
from app.accounts.permissions import Permission
from app.accounts.sessions import SignedIn
from app.applications.outbox import feed_addresses, notice_inbox
from app.applications.outbox.failures import list_failures
from app.applications.outbox.schemas import MailChoice
from app.clock import today
from app.problems import INVALID, Problem
from app.web.account_forms import PageRequires, Posted, account_page, go
from app.web.account_pages import id_of
from app.web.notice_words import notice_words
from app.web.pages import page_language

router = APIRouter(include_in_schema=False)
NoticeViewer = Annotated[SignedIn, Depends(PageRequires(Permission.CASES_READ))]
WindowViewer = Annotated[SignedIn, Depends(PageRequires(Permission.CASES_WINDOW))]
PAGE_ROWS = 50


@router.get("/notices")
def show_notices(request: Request, viewer: NoticeViewer, db: Db) -> Response:
    """What I was told: unread first, then what I have read; further pages go back in time."""
    return _notices(request, viewer, db)


def _notices(request: Request, viewer: SignedIn, db: Db, *, problem: Problem | None = None) -> Response:
    language, only_unread = page_language(request), request.query_params.get("show") == "unread"
    before, before_id = _place(request)
    with db.begin(viewer.actor) as session:
        count = notice_inbox.count_unread(session, viewer.actor)
        unread = [] if before else notice_inbox.list_notices(session, viewer.actor, unread=True, limit=PAGE_ROWS)
        found = notice_inbox.list_notices(
            session, viewer.actor, unread=only_unread, before=before, before_id=before_id, limit=PAGE_ROWS
        )
    last = found[-1] if len(found) == PAGE_ROWS else None
    more = {"before": last["created_at"].isoformat(), "before_id": last["notice_id"]} if last else {}
    # On the first page what is unread stands above, as far as there is room, and is not told twice.
    above = {notice["notice_id"] for notice in unread}
    return account_page(
        request, "notices/index.html", problem=problem, count=count, only_unread=only_unread, today=today(),
        unread=unread, rest=[notice for notice in found if notice["notice_id"] not in above], is_first=before is None,
        next_page=f"/notices?{urlencode({**({'show': 'unread'} if only_unread else {}), **more})}" if more else None,
        **notice_words(language),
    )  # fmt: skip


def _place(request: Request) -> tuple[datetime | None, UUID | None]:
    """Where the page before ended; the beginning for what cannot be read."""
    try:
        before = datetime.fromisoformat(request.query_params.get("before", ""))
        return (before, UUID(request.query_params.get("before_id", ""))) if before.tzinfo else (None, None)
    except ValueError:
        return None, None


@router.post("/notices/read")
def read_all(request: Request, viewer: NoticeViewer, form: Posted, db: Db) -> Response:
    """Mark everything as read."""
    with db.begin(viewer.actor) as session:
        notice_inbox.mark_all_read(session, viewer.actor)
    return go("/notices", done="notices-read")


@router.post("/notices/{notice_id}/read")
def read_one(request: Request, viewer: NoticeViewer, form: Posted, db: Db, notice_id: str) -> Response:
    """Mark one as read."""
    try:
        with db.begin(viewer.actor) as session:
            notice_inbox.mark_read(session, viewer.actor, id_of(notice_id))
    except Problem as problem:
        return _notices(request, viewer, db, problem=problem)
    return go("/notices", done="notice-read")


@router.get("/notices/settings")
def show_settings(request: Request, viewer: NoticeViewer, db: Db) -> Response:
    """How I am told by mail, and my feeds."""
    return _settings(request, viewer, db)


def _settings(
    request: Request, viewer: SignedIn, db: Db, *, problem: Problem | None = None, made: dict[str, str] | None = None
) -> Response:
    with db.begin(viewer.actor) as session:
        mail = notice_inbox.mail_setting(session, viewer.actor)
        held = feed_addresses.list_feeds(session, viewer.actor)
    return account_page(
        request,
        "notices/settings.html",
        problem=problem,
        mail=mail,
        choices=get_args(MailChoice),
        feeds=held,
        made=made,
    )


@router.post("/notices/settings/mail")
def choose_mail(request: Request, viewer: NoticeViewer, form: Posted, db: Db) -> Response:
    """Be told otherwise from now on."""
    wanted = str(form.get("mail", ""))
    if wanted not in get_args(MailChoice):
        problem = Problem(
            INVALID, "届け方を1つ選んでください。", "Choose how to be told.", errors=[{"pointer": "/mail"}]
        )
        return _settings(request, viewer, db, problem=problem)
    with db.begin(viewer.actor) as session:
        notice_inbox.set_mail(session, viewer.actor, wanted)
    return go("/notices/settings", done="saved")


@router.post("/notices/settings/feeds")
def make_feed(request: Request, viewer: NoticeViewer, form: Posted, db: Db) -> Response:
    """A secret address of my feeds; it shows on this one page."""
    try:
        with db.begin(viewer.actor) as session:
            made = feed_addresses.create_feed(session, viewer.actor)
    except Problem as problem:
        return _settings(request, viewer, db, problem=problem)
    return _settings(request, viewer, db, made=_feed_addresses(request, made["secret"]))


def _feed_addresses(request: Request, secret: str) -> dict[str, str]:
    """The addresses behind a secret, as the service is reached: as it was told, else as it was asked."""
    base = (request.app.state.settings.public_url or str(request.base_url)).rstrip("/")
    return {name: f"{base}/api/v1/feeds/{secret}/{name}" for name in ("deadlines.ics", "events.atom")}


@router.post("/notices/settings/feeds/{feed_id}/revoke")
def revoke_feed(request: Request, viewer: NoticeViewer, form: Posted, db: Db, feed_id: str) -> Response:
    """Make an address lead nowhere."""
    try:
        with db.begin(viewer.actor) as session:
            feed_addresses.revoke_feed(session, viewer.actor, feed_id)
    except Problem as problem:
        return _settings(request, viewer, db, problem=problem)
    return go("/notices/settings", done="revoked")


@router.get("/failures")
def show_failures(request: Request, viewer: WindowViewer, db: Db) -> Response:
    """Mails and webhooks about the window's cases that were given up."""
    with db.begin(viewer.actor) as session:
        found = list_failures(session)
    return account_page(request, "notices/failures.html", failures=found, **notice_words(page_language(request)))
