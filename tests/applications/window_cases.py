"""Cases put straight into the database, for tests of what is told about them."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest

from app.accounts.actor import Actor, Service, Transactions
from app.accounts.secrets import digest, new_secret
from app.applications.outbox.notices import tell
from app.applications.procedure import to_json
from app.applications.standard_procedure import STANDARD
from app.config import Settings
from app.db import make_worker_engine
from scripts.fault_tests.receivers import HookReceiver, MailSink, hook_receiver, mail_sink
from tests.accounts_world import World, settings_of

Owner = psycopg.Connection[Any]
_numbers = itertools.count(1)
SECRET = "whsec_" + "c2VjcmV0" * 5
_SITE = """
INSERT INTO site (application_id, organisation_id, carrier_name, code, asset_id, asset, geom, procedure_id, state, party,
  stage, window_organisation_id, owner_organisation_id, submitted_at, referred_at, due_on)
VALUES (%(application)s, %(carrier)s, '事業者', %(code)s, 'W001', %(asset)s, ST_SetSRID(ST_MakePoint(139.75, 35.65), 4326),
  %(procedure)s, %(state)s, %(party)s, %(stage)s, %(window)s, %(owner)s, now(), CASE WHEN %(referred)s THEN now() END, %(due)s)
RETURNING site_id
"""


def add_case(
    owner: Owner, world: World, state: str = "referred", *, due_on: date | None = None, carrier: str = "carrier-a",
    asset_name: str = "見本会館", created_by: str | None = None,
) -> UUID:  # fmt: skip
    """A case of a carrier's in a state, with the window and the bureau as its parties; its site_id."""
    number = next(_numbers)
    owner.execute(
        "INSERT INTO procedure (procedure_id, content) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (STANDARD.procedure_id, json.dumps(to_json(STANDARD))),
    )
    application = _one(
        owner,
        "INSERT INTO application (organisation_id, code, state, created_by) VALUES (%s, %s, 'submitted', %s) RETURNING application_id",
        (world.organisations[carrier], f"T{number}", world[created_by].person_id if created_by else None),
    )
    at = STANDARD.by_state[state]
    site_id: UUID = _one(
        owner, _SITE,
        {
            "application": application, "carrier": world.organisations[carrier], "code": f"T{number}-1",
            "asset": json.dumps({"asset_id": "W001", "name": asset_name}), "procedure": STANDARD.procedure_id, "state": state,
            "party": at.party.value, "stage": at.stage, "window": world.organisations["window"],
            "owner": world.organisations["bureau"], "referred": at.stage != "enquiry" or state == "referred", "due": due_on,
        },
    )  # fmt: skip
    return site_id


def _one(owner: Owner, query: str, values: Any) -> Any:
    found = owner.execute(query, values).fetchone()
    assert found is not None
    return found[0]


def act(
    db: Transactions, who: Actor | Service, site_id: UUID, action: str = "refer", parties: tuple[str, ...] = ("carrier",)
) -> int:  # fmt: skip
    """An event on a case, told of as a transition tells of it; its number."""
    from sqlalchemy import text

    with db.begin(who) as session:
        n: int = session.execute(
            text(
                "SELECT add_site_event(:s, :a, 'intake_check', 'referred', 'window', 'all', NULL, NULL, '秘密の伝言', NULL)"
            ),
            {"s": site_id, "a": action},
        ).scalar_one()
        tell(session, site_id, n, action, parties, {"site_id": str(site_id), "action": action, "n": n})
    return n


def add_webhook(owner: Owner, world: World, url: str, organisation: str = "carrier-a") -> UUID:
    """A webhook, put in by the database's owner."""
    found: UUID = _one(
        owner,
        "INSERT INTO webhook (organisation_id, url, secret) VALUES (%s, %s, %s) RETURNING webhook_id",
        (world.organisations[organisation], url, SECRET),
    )
    return found


def add_feed(owner: Owner, world: World, organisation: str, person: str) -> str:
    """A secret address of somebody's feeds, put in by the database's owner: the secret."""
    secret = new_secret()
    owner.execute(
        "INSERT INTO feed (feed_hash, person_id, organisation_id) VALUES (%s, %s, %s)",
        (digest(secret), world[person].person_id, world.organisations[organisation]),
    )
    return secret


def rows(owner: Owner, query: str, *values: Any) -> list[dict[str, Any]]:
    """Rows as the database's owner reads them."""
    cursor = owner.execute(query, values)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def deliveries(owner: Owner) -> list[dict[str, Any]]:
    """All deliveries, oldest first."""
    return rows(owner, "SELECT *, next_at - now() AS waits FROM webhook_delivery ORDER BY created_at, n")


def notices(owner: Owner) -> list[dict[str, Any]]:
    """All notices with the person's address, oldest first."""
    return rows(
        owner, "SELECT n.*, p.email FROM notice n JOIN person p USING (person_id) ORDER BY created_at, n, email"
    )


@contextmanager
def worker_transactions(url: str) -> Iterator[Transactions]:
    """Transactions as the worker opens them."""
    engine = make_worker_engine(settings_of(url))
    yield Transactions(engine)
    engine.dispose()


@pytest.fixture
def db(world_url: str) -> Iterator[Transactions]:
    """The worker's transactions on the world."""
    with worker_transactions(world_url) as found:
        yield found


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    """A receiver of webhooks."""
    with hook_receiver() as found:
        yield found


@pytest.fixture
def mailbox() -> Iterator[tuple[MailSink, int]]:
    """A mail server and its port."""
    with mail_sink() as found:
        yield found


def local_settings(url: str, **changes: Any) -> Settings:
    """Settings under which webhooks reach 127.0.0.1 and localhost."""
    return settings_of(url, webhook_private_hosts="127.0.0.1, localhost", **changes)
