"""What goes over the wire for notices, webhooks and feeds."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from app.accounts.schemas import Input
from app.outbound import LONGEST_URL

Url = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_URL, pattern=r"^[^\x00-\x20\x7f]+$")
]
MailChoice = Literal["immediate", "digest", "none"]
DeliveryState = Literal["all", "failed", "given_up", "waiting", "delivered"]


class Notice(BaseModel):
    """What somebody was told of a case; state, party and due day are those of now."""

    notice_id: UUID
    site_id: UUID
    site_code: str | None
    asset_name: str | None
    kind: str = Field(description="The action taken, or `reminder`")
    title_ja: str
    title_en: str
    state: str | None
    party: str | None
    due_on: date | None
    created_at: datetime
    read_at: datetime | None
    mail: MailChoice
    mailed_at: datetime | None
    mail_failure: str | None
    mail_given_up: bool


class MarkedRead(BaseModel):
    """How many notices were new."""

    notices: int


class NoticeSetting(Input):
    """How to be told by mail: at once, once a business day at 8:00 (JST), or on screen alone."""

    mail: MailChoice


class WebhookRequest(Input):
    """Where to send events: an https address that the internet can reach."""

    url: Url


class Webhook(BaseModel):
    """A webhook; disabled once its receiver answered 410 Gone."""

    webhook_id: UUID
    url: str
    created_at: datetime
    disabled_at: datetime | None


class NewWebhook(Webhook):
    """A webhook with its secret, which is shown this once."""

    secret: str


class TestResult(BaseModel):
    """What came of a test event."""

    delivered: bool
    status: int | None
    failure: str | None
    took_s: float


class Delivery(BaseModel):
    """One event on its way to one webhook; `delivery_id` is the `webhook-id` the receiver sees."""

    delivery_id: UUID
    webhook_id: UUID
    url: str
    site_id: UUID
    site_code: str | None
    n: int
    type: str
    created_at: datetime
    attempts: int
    next_at: datetime
    status: int | None
    failure: str | None
    delivered_at: datetime | None
    given_up_at: datetime | None


class Feed(BaseModel):
    """A secret address of feeds."""

    feed_id: str
    created_at: datetime


class NewFeed(Feed):
    """A secret address, which is shown this once."""

    deadlines_url: str
    events_url: str
