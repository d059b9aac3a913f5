"""`/api/v1`: my notices; my organisation's webhooks and their deliveries; feeds at secret addresses."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.accounts.actor import Actor, Service, Transactions
from app.accounts.auth import CaseReader, Db, GuardedRoute, WebhookManager, client_address, request_id
from app.applications.outbox import feed_addresses, feeds, notice_inbox, schemas, webhooks
from app.config import Settings

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["notices"])

Limit = Annotated[int, Query(ge=1, le=1000)]


def _settings(request: Request) -> Settings:
    found: Settings = request.app.state.settings
    return found


@router.get("/notices")
def read_notices(
    actor: CaseReader,
    db: Db,
    unread: Annotated[bool, Query(description="Only those not read yet")] = False,
    before: Annotated[datetime | None, Query(description="`created_at` of the last one of the page before")] = None,
    before_id: Annotated[UUID | None, Query(description="`notice_id` of that one")] = None,
    limit: Limit = 100,
) -> list[schemas.Notice]:
    """What I was told, newest first."""
    with db.begin(actor) as session:
        found = notice_inbox.list_notices(
            session, actor, unread=unread, before=before, before_id=before_id, limit=limit
        )
    return [schemas.Notice(**notice) for notice in found]


@router.put("/notices/read")
def mark_all_read(actor: CaseReader, db: Db) -> schemas.MarkedRead:
    """Mark everything as read."""
    with db.begin(actor) as session:
        return schemas.MarkedRead(notices=notice_inbox.mark_all_read(session, actor))


@router.get("/notices/setting")
def read_setting(actor: CaseReader, db: Db) -> schemas.NoticeSetting:
    """How I am told by mail."""
    with db.begin(actor) as session:
        return schemas.NoticeSetting.model_validate({"mail": notice_inbox.mail_setting(session, actor)})


@router.put("/notices/setting", status_code=204)
def put_setting(actor: CaseReader, db: Db, wanted: schemas.NoticeSetting) -> None:
    """Choose how to be told by mail from now on."""
    with db.begin(actor) as session:
        notice_inbox.set_mail(session, actor, wanted.mail)


@router.put("/notices/{notice_id}/read", status_code=204)
def mark_read(actor: CaseReader, db: Db, notice_id: UUID) -> None:
    """Mark one as read."""
    with db.begin(actor) as session:
        notice_inbox.mark_read(session, actor, notice_id)


@router.get("/webhooks")
def read_webhooks(actor: WebhookManager, db: Db) -> list[schemas.Webhook]:
    """Where my organisation is told of events."""
    with db.begin(actor) as session:
        return [schemas.Webhook(**hook) for hook in webhooks.list_webhooks(session)]


@router.post("/webhooks", status_code=201)
def create_webhook(
    request: Request, actor: WebhookManager, db: Db, wanted: schemas.WebhookRequest
) -> schemas.NewWebhook:
    """Register an address that events are sent to (Standard Webhooks); the secret is shown this once."""
    webhooks.check_url(_settings(request), wanted.url)
    with db.begin(actor) as session:
        return schemas.NewWebhook(**webhooks.create_webhook(session, actor, wanted.url))


@router.post("/webhooks/{webhook_id}/secret")
def rotate_secret(actor: WebhookManager, db: Db, webhook_id: UUID) -> schemas.NewWebhook:
    """Sign with a new secret from now on; it is shown this once."""
    with db.begin(actor) as session:
        return schemas.NewWebhook(**webhooks.rotate_secret(session, webhook_id))


@router.delete("/webhooks/{webhook_id}", status_code=204)
def delete_webhook(actor: WebhookManager, db: Db, webhook_id: UUID) -> None:
    """Send no more events to an address."""
    with db.begin(actor) as session:
        webhooks.delete_webhook(session, webhook_id)


@router.post("/webhooks/{webhook_id}/test")
def test_webhook(request: Request, actor: WebhookManager, db: Db, webhook_id: UUID) -> schemas.TestResult:
    """Send a test event now, and say what came of it."""
    with db.begin(actor) as session:
        url, secret = webhooks.begin_test(session, webhook_id)
    return schemas.TestResult(**webhooks.send_test(_settings(request), url, secret))


@router.get("/webhook-deliveries")
def read_deliveries(
    actor: WebhookManager,
    db: Db,
    state: schemas.DeliveryState = "all",
    webhook_id: UUID | None = None,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    limit: Limit = 100,
) -> list[schemas.Delivery]:
    """What became of events: failures first, with their reasons."""
    with db.begin(actor) as session:
        found = webhooks.list_deliveries(session, state=state, webhook_id=webhook_id, offset=offset, limit=limit)
    return [schemas.Delivery(**delivery) for delivery in found]


@router.post("/webhook-deliveries/{delivery_id}/retry", status_code=202)
def retry_delivery(actor: WebhookManager, db: Db, delivery_id: UUID) -> None:
    """Send one that did not come through anew."""
    with db.begin(actor) as session:
        webhooks.retry_delivery(session, delivery_id)


@router.post("/webhook-deliveries/{delivery_id}/give-up", status_code=204)
def give_up_delivery(actor: WebhookManager, db: Db, delivery_id: UUID) -> None:
    """Send one no more."""
    with db.begin(actor) as session:
        webhooks.give_up_delivery(session, delivery_id)


@router.get("/feeds")
def read_feeds(actor: CaseReader, db: Db) -> list[schemas.Feed]:
    """My secret addresses of feeds."""
    with db.begin(actor) as session:
        return [schemas.Feed(**feed) for feed in feed_addresses.list_feeds(session, actor)]


@router.post("/feeds", status_code=201)
def create_feed(request: Request, actor: CaseReader, db: Db) -> schemas.NewFeed:
    """Make a secret address of my deadlines and events; it is shown this once."""
    with db.begin(actor) as session:
        made = feed_addresses.create_feed(session, actor)
    at = f"{_base(request)}/api/v1/feeds/{made['secret']}"
    return schemas.NewFeed(**made, deadlines_url=f"{at}/deadlines.ics", events_url=f"{at}/events.atom")


@router.delete("/feeds/{feed_id}", status_code=204)
def revoke_feed(actor: CaseReader, db: Db, feed_id: str) -> None:
    """Make a secret address lead nowhere."""
    with db.begin(actor) as session:
        feed_addresses.revoke_feed(session, actor, feed_id)


@router.get("/feeds/{secret}/deadlines.ics", response_class=Response)
def read_deadlines(request: Request, db: Db, secret: str) -> Response:
    """Deadlines of cases as a calendar to subscribe to (RFC 5545)."""
    reader = _reader(request, db, secret)
    with db.begin(reader) as session:
        entries = feed_addresses.deadlines(session, reader, _base(request))
    return Response(feeds.calendar(entries, name="つながる 期限"), media_type="text/calendar; charset=utf-8")


@router.get("/feeds/{secret}/events.atom", response_class=Response)
def read_events(request: Request, db: Db, secret: str) -> Response:
    """What happened last on cases, as Atom (RFC 4287)."""
    reader = _reader(request, db, secret)
    with db.begin(reader) as session:
        entries = feed_addresses.events(session, _base(request))
    content = feeds.atom(
        entries, feed_id=reader.person_id, title="つながる 案件の動き", author="つながる",
        self_url=f"{_base(request)}{request.url.path}", page_url=f"{_base(request)}/cases",
    )  # fmt: skip
    return Response(content, media_type="application/atom+xml; charset=utf-8")


def _reader(request: Request, db: Transactions, secret: str) -> Actor:
    where = {"address": client_address(request), "request_id": request_id(request)}
    with db.begin(Service("sign-in", **where)) as session:
        return feed_addresses.find_reader(session, secret, **where)


def _base(request: Request) -> str:
    """Where the service is reached: as it was told, else as it was asked."""
    return (_settings(request).public_url or str(request.base_url)).rstrip("/")
