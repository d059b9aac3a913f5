"""Secret addresses of feeds: whoever knows one reads, as the person who made it, with the rights that person has now."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid5

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.accounts.secrets import digest, new_secret
from app.accounts.sessions import find_member
from app.applications.outbox.deliveries import case_address
from app.applications.outbox.feeds import FeedEntry
from app.applications.outbox.mail_texts import words_of
from app.applications.procedure import PARTY_LABELS, Party
from app.applications.standard_procedure import STANDARD
from app.clock import today
from app.problems import CONFLICT, NOT_FOUND, Problem

FEEDS_AT_MOST = 10  # of one person
_LONGEST_SECRET = 100
_PAST = timedelta(days=90)  # missed deadlines stay in the calendar for so long
_MOST_DEADLINES, _MOST_EVENTS = 1000, 100
_SHOWN = "encode(feed_hash, 'hex') AS feed_id, created_at"


def create_feed(session: Session, actor: Actor) -> dict[str, Any]:
    """A secret address for the actor; the secret is not shown again. Raises Problem (409) for too many."""
    if len(list_feeds(session, actor)) >= FEEDS_AT_MOST:
        raise Problem(
            CONFLICT,
            f"フィードのアドレスは {FEEDS_AT_MOST} 件までです。使わないものを無効にしてください。",
            f"There are {FEEDS_AT_MOST} feed addresses at most; revoke one you do not use.",
        )
    secret = new_secret()
    row = session.execute(
        text(f"INSERT INTO feed (feed_hash, person_id, organisation_id) VALUES (:hash, :p, :o) RETURNING {_SHOWN}"),
        {"hash": digest(secret), "p": actor.person_id, "o": actor.organisation_id},
    ).one()
    audit.record(session, "feed.create", f"feed:{row.feed_id}", after={"created_at": row.created_at.isoformat()})
    return {**row._mapping, "secret": secret}


def list_feeds(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """The actor's addresses that stand, for the organisation they act for; never their secrets."""
    rows = session.execute(
        text(
            f"SELECT {_SHOWN} FROM feed WHERE person_id = :p AND organisation_id = :o AND revoked_at IS NULL ORDER BY created_at"
        ),
        {"p": actor.person_id, "o": actor.organisation_id},
    )
    return [dict(row._mapping) for row in rows]


def revoke_feed(session: Session, actor: Actor, feed_id: str) -> None:
    """Make an address lead nowhere. Raises Problem (404)."""
    row = session.execute(
        text(
            "UPDATE feed SET revoked_at = now() WHERE encode(feed_hash, 'hex') = :id AND person_id = :person"
            " AND revoked_at IS NULL RETURNING created_at"
        ),
        {"id": feed_id, "person": actor.person_id},
    ).one_or_none()
    if row is None:
        raise _no_feed()
    audit.record(session, "feed.revoke", f"feed:{feed_id}", before={"created_at": row.created_at.isoformat()})


def find_reader(session: Session, secret: str, *, address: str, request_id: str) -> Actor:
    """Who made a secret address, with the rights they have now. Raises Problem (404), the same for one revoked."""
    row = session.execute(
        text("SELECT person_id, organisation_id FROM feed WHERE feed_hash = :hash AND revoked_at IS NULL"),
        {"hash": digest(secret[:_LONGEST_SECRET])},
    ).one_or_none()
    if row is None:
        raise _no_feed()
    actor = find_member(session, row.person_id, row.organisation_id, address=address, request_id=request_id)
    if actor is None:
        raise _no_feed()
    return replace(actor, via="feed")


def _no_feed() -> Problem:
    return Problem(
        NOT_FOUND,
        "このフィードはありません。無効にされたか、アドレスが正しくありません。",
        "There is no such feed: it was revoked, or the address is wrong.",
    )


_DEADLINES = """
SELECT site_id, code, asset->>'name' AS asset_name, state, party, due_on, version, state_since, created_at,
  organisation_id AS carrier_id, window_organisation_id AS window_id, owner_organisation_id AS owner_id
FROM site WHERE due_on >= :since AND stage NOT IN ('draft', 'end')
ORDER BY due_on, site_id LIMIT :most
"""
# By the cases that moved last: events as such are too many to sort.
_EVENTS = """
SELECT s.site_id, s.code, s.asset->>'name' AS asset_name, e.n, e.at, e.action, e.to_state, e.party
FROM (SELECT site_id, code, asset FROM site WHERE stage <> 'draft' ORDER BY updated_at DESC LIMIT :most) s
  JOIN site_event e USING (site_id)
ORDER BY e.at DESC, e.site_id, e.n DESC LIMIT :most
"""


def deadlines(session: Session, actor: Actor, base_url: str, on: date | None = None) -> list[FeedEntry]:
    """The limits of cases the actor sees, missed ones too; the actor's own turns are marked so."""
    rows = session.execute(text(_DEADLINES), {"since": (on or today()) - _PAST, "most": _MOST_DEADLINES})
    return [_deadline(row, actor, base_url) for row in rows]


def _deadline(row: Row[Any], actor: Actor, base_url: str) -> FeedEntry:
    party, state = PARTY_LABELS[Party(row.party)], _state(row.state)
    is_ours = getattr(row, f"{row.party}_id", None) == actor.organisation_id
    turn = ("【こちらの番】", "[Our turn] ") if is_ours else ("", "")
    return FeedEntry(
        entry_id=row.site_id, title_ja=f"{turn[0]}{row.code} {row.asset_name or ''}（{state[0]}）",
        title_en=f"{turn[1]}{row.code} {row.asset_name or ''} ({state[1]})", summary_ja=f"次に動く人: {party[0]}",
        summary_en=f"Next step: {party[1]}", url=case_address(base_url, row.site_id), updated_at=row.state_since,
        published_at=row.created_at, due_on=row.due_on, sequence=row.version, category=party[0],
    )  # fmt: skip


def events(session: Session, base_url: str) -> Sequence[FeedEntry]:
    """What happened last on cases the actor sees: what was done, without comments."""
    rows = session.execute(text(_EVENTS), {"most": _MOST_EVENTS})
    return [_event(row, base_url) for row in rows]


def _event(row: Row[Any], base_url: str) -> FeedEntry:
    ja, en = words_of(row.action)
    state = _state(row.to_state) if row.to_state else ("変わりません", "unchanged")
    return FeedEntry(
        entry_id=uuid5(row.site_id, str(row.n)), title_ja=f"{row.code} {row.asset_name or ''}：{ja}",
        title_en=f"{row.code} {row.asset_name or ''}: {en}", summary_ja=f"状態: {state[0]}", summary_en=f"State: {state[1]}",
        url=case_address(base_url, row.site_id), updated_at=row.at, published_at=row.at,
    )  # fmt: skip


def _state(code: str) -> tuple[str, str]:
    state = STANDARD.by_state.get(code)
    return (state.ja, state.en) if state else (code, code)
