"""What is answered for applications and sites, over the wire."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """An answer; what it does not name stays inside."""

    model_config = ConfigDict(extra="ignore")


class Action(Answer):
    """What the caller may do now."""

    action: str
    ja: str
    en: str
    consequence_ja: str
    consequence_en: str
    documents: list[str]
    fields: list[str]


class Clock(Answer):
    """The office's standard processing time in business days."""

    allowed_days: int
    used_days: int
    stopped_days: dict[str, int]
    days_left: int
    due_on: date | None


class Site(Answer):
    """A site as the caller may see it."""

    site_id: UUID
    code: str
    application_id: UUID
    asset_id: str
    asset: dict[str, Any]
    carrier_name: str
    plan: dict[str, Any]
    state: str
    state_ja: str
    state_en: str
    stage: str
    party: str
    owner_organisation_id: UUID | None
    owner_name: str | None
    due_on: date | None
    days_left: int | None
    is_overdue: bool
    submitted_at: datetime | None
    state_since: datetime
    decided_on: date | None
    reason_code: str | None
    reason: str | None
    reopen_on: date | None
    correction: list[dict[str, Any]] | None
    permit: dict[str, Any] | None
    on_air_on: date | None
    station_id: str | None
    is_shared: bool
    version: int
    updated_at: datetime
    is_sample: bool


class SiteCase(Site):
    """One site with what can be done and its clock."""

    available_actions: list[Action]
    missing_documents: dict[str, list[str]]
    clock: Clock | None
    procedure_id: str
    assigned_to: UUID | None
    reviewer_id: UUID | None


class Event(Answer):
    """One act on a site."""

    n: int
    at: datetime
    action: str
    from_state: str | None
    to_state: str | None
    party: str
    audience: str
    person_name: str | None
    organisation_name: str | None
    comment: str | None
    content: dict[str, Any]


class Application(Answer):
    """An application with the number of its sites by state."""

    application_id: UUID
    code: str
    title: str
    state: str
    plan: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    sites: int
    states: dict[str, int]
    is_sample: bool


class Check(Answer):
    """One finding of the pre-check: `ok`, `note`, `warning` or `block`."""

    name: str
    level: Literal["ok", "note", "warning", "block", "unknown"]
    ja: str
    en: str


class CheckedSite(Answer):
    """What the pre-check found of a site."""

    site_id: UUID
    code: str
    asset_id: str
    asset: dict[str, Any]
    plan: dict[str, Any]
    state: str
    checks: list[Check]


class ChosenAssets(Answer):
    """What a file put into a draft, and what is to be said of its rows."""

    added: int
    asset_ids: list[str]
    problems: list[dict[str, Any]]


class Numbered(Answer):
    """The number of the event that was written."""

    n: int


class Review(Answer):
    """An office's answer in a round of review; `answer` is null while it is awaited."""

    review_id: UUID
    round: int
    organisation_id: UUID
    organisation_name: str
    question: str
    asked_at: datetime
    due_on: date
    answer: str | None
    comment: str | None
    answered_at: datetime | None


class Document(Answer):
    """A version of a document."""

    document_id: UUID
    site_id: UUID | None
    document_type: str
    version: int
    file_name: str
    media_type: str
    byte_count: int
    sha256: str
    pages: int | None
    has_thumbnail: bool
    audience: str
    is_generated: bool
    organisation_name: str | None
    added_at: datetime


class Feedback(Answer):
    """A correction of the asset that came with a refusal."""

    feedback_id: UUID
    asset_id: str
    field: str
    value: Any
    before: Any
    reason: str | None
    proposed_at: datetime
    decided_at: datetime | None
    is_confirmed: bool | None


class HandedOver(Answer):
    """How many cases changed hands."""

    sites: int


class Page(Answer):
    """A page of sites; `next` is the address of the following one."""

    sites: list[Site]
    matched: int | None
    next: str | None
