"""Pages of an organisation's webhooks: where events are sent, and what became of them."""

from typing import Annotated, Any, get_args
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import ValidationError

from app.accounts.auth import Db
from app.accounts.permissions import Permission
from app.accounts.sessions import SignedIn
from app.applications.outbox import webhooks
from app.applications.outbox.schemas import DeliveryState, WebhookRequest
from app.problems import INVALID, Problem
from app.web.account_forms import PageRequires, Posted, account_page, go
from app.web.account_pages import id_of
from app.web.notice_words import notice_words
from app.web.pages import page_language

router = APIRouter(include_in_schema=False)
WebhookViewer = Annotated[SignedIn, Depends(PageRequires(Permission.WEBHOOKS_MANAGE))]
PAGE_ROWS = 50
_STATES = get_args(DeliveryState)


@router.get("/webhooks")
def show_webhooks(request: Request, viewer: WebhookViewer, db: Db) -> Response:
    """Addresses of my organisation, and deliveries: what failed first."""
    return _page(request, viewer, db)


def _page(
    request: Request,
    viewer: SignedIn,
    db: Db,
    *,
    problem: Problem | None = None,
    url: str = "",
    made: dict[str, Any] | None = None,
    tested: dict[str, Any] | None = None,
) -> Response:
    asked = request.query_params
    state = asked.get("state", "") if asked.get("state") in _STATES else "all"
    offset = int(asked["offset"]) if asked.get("offset", "").isascii() and asked.get("offset", "").isdigit() else 0
    offset = min(offset, 100_000)
    with db.begin(viewer.actor) as session:
        hooks = webhooks.list_webhooks(session)
        hook_id = next((hook["webhook_id"] for hook in hooks if str(hook["webhook_id"]) == asked.get("webhook")), None)
        found = webhooks.list_deliveries(
            session, state=state, webhook_id=hook_id, offset=offset, limit=PAGE_ROWS + 1
        )  # fmt: skip
    kept = {"state": state, **({"webhook": hook_id} if hook_id else {})}
    more = (
        f"/webhooks?{urlencode({**kept, 'offset': offset + PAGE_ROWS})}#deliveries" if len(found) > PAGE_ROWS else None
    )
    return account_page(
        request, "notices/webhooks.html", problem=problem, hooks=hooks, url=url, made=made, tested=tested,
        deliveries=found[:PAGE_ROWS], state=state, states=_STATES, chosen=hook_id, next_page=more,
        **notice_words(page_language(request)),
    )  # fmt: skip


@router.post("/webhooks")
def add_webhook(request: Request, viewer: WebhookViewer, form: Posted, db: Db) -> Response:
    """Register an address; its secret shows on this one page."""
    url = str(form.get("url", ""))
    try:
        wanted = WebhookRequest.model_validate({"url": url})
        webhooks.check_url(request.app.state.settings, wanted.url)
        with db.begin(viewer.actor) as session:
            made = webhooks.create_webhook(session, viewer.actor, wanted.url)
    except ValidationError:
        problem = Problem(
            INVALID, "https:// で始まるアドレスを、空白を入れずに書いてください。",
            "Write an address that begins with https://, without spaces.", errors=[{"pointer": "/url"}],
        )  # fmt: skip
        return _page(request, viewer, db, problem=problem, url=url)
    except Problem as problem:
        return _page(request, viewer, db, problem=problem, url=url)
    return _page(request, viewer, db, made=made)


@router.post("/webhooks/{webhook_id}/secret")
def rotate_secret(request: Request, viewer: WebhookViewer, form: Posted, db: Db, webhook_id: str) -> Response:
    """A new secret, which shows on this one page."""
    try:
        with db.begin(viewer.actor) as session:
            made = webhooks.rotate_secret(session, id_of(webhook_id))
    except Problem as problem:
        return _page(request, viewer, db, problem=problem)
    return _page(request, viewer, db, made=made)


@router.post("/webhooks/{webhook_id}/test")
def test_webhook(request: Request, viewer: WebhookViewer, form: Posted, db: Db, webhook_id: str) -> Response:
    """Send a test event now."""
    try:
        with db.begin(viewer.actor) as session:
            url, secret = webhooks.begin_test(session, id_of(webhook_id))
    except Problem as problem:
        return _page(request, viewer, db, problem=problem)
    result = webhooks.send_test(request.app.state.settings, url, secret)
    return _page(request, viewer, db, tested={**result, "webhook_id": UUID(webhook_id), "url": url})


@router.post("/webhooks/{webhook_id}/delete")
def delete_webhook(request: Request, viewer: WebhookViewer, form: Posted, db: Db, webhook_id: str) -> Response:
    """Send no more events to an address."""
    try:
        with db.begin(viewer.actor) as session:
            webhooks.delete_webhook(session, id_of(webhook_id))
    except Problem as problem:
        return _page(request, viewer, db, problem=problem)
    return go("/webhooks", done="webhook-deleted")


@router.post("/webhooks/deliveries/{delivery_id}/retry")
def retry_delivery(request: Request, viewer: WebhookViewer, form: Posted, db: Db, delivery_id: str) -> Response:
    """Send one anew."""
    try:
        with db.begin(viewer.actor) as session:
            webhooks.retry_delivery(session, id_of(delivery_id))
    except Problem as problem:
        return _page(request, viewer, db, problem=problem)
    return go("/webhooks", done="delivery-retried")


@router.post("/webhooks/deliveries/{delivery_id}/give-up")
def give_up_delivery(request: Request, viewer: WebhookViewer, form: Posted, db: Db, delivery_id: str) -> Response:
    """Send one no more."""
    try:
        with db.begin(viewer.actor) as session:
            webhooks.give_up_delivery(session, id_of(delivery_id))
    except Problem as problem:
        return _page(request, viewer, db, problem=problem)
    return go("/webhooks", done="delivery-given-up")
