"""`kill -9` of the worker while it sends: no mail and no webhook is lost, and what comes twice carries the same id."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text

from app.accounts.actor import Service, Transactions
from app.applications.outbox.notices import tell
from app.applications.procedure import to_json
from app.applications.standard_procedure import STANDARD
from app.config import Settings
from app.db import make_app_engine
from scripts.fault_tests.editor import TooLong, wait_for
from scripts.fault_tests.receivers import Answer, HookReceiver, MailSink, hook_receiver, mail_sink
from scripts.fault_tests.site import Site

PEOPLE = 3  # told of each event, by a mail of its own
EVENTS = 4  # a round
ACCEPTING_S = 0.05  # what the receivers take to answer that they have something, unless said otherwise
SETTLING_S = 0.2  # after a kill, until what was under way has arrived
PATIENCE_S = 180.0  # until everything has arrived
_SERVICE = Service("command-line")

_CASE = """
WITH o AS (INSERT INTO organisation (kind, name) VALUES ('carrier', '強制終了の試験') RETURNING organisation_id),
p AS (INSERT INTO person (email, name) SELECT 'outbox' || n || '@example.jp', '人' || n FROM generate_series(1, %(people)s) n
  RETURNING person_id),
m AS (INSERT INTO membership (person_id, organisation_id, role) SELECT person_id, organisation_id, 'carrier_member' FROM p, o),
w AS (INSERT INTO webhook (organisation_id, url, secret) SELECT organisation_id, %(url)s, %(secret)s FROM o),
r AS (INSERT INTO procedure (procedure_id, content) VALUES (%(procedure)s, %(content)s) ON CONFLICT DO NOTHING),
a AS (INSERT INTO application (organisation_id, code, state) SELECT organisation_id, 'OUTBOX', 'submitted' FROM o
  RETURNING application_id, organisation_id)
SELECT application_id, organisation_id FROM a
"""
_SITE = """
INSERT INTO site (application_id, organisation_id, carrier_name, code, asset_id, asset, geom, procedure_id, state, stage)
VALUES (%s, %s, '', 'OUTBOX-1', 'X', '{"name": "試験"}', ST_SetSRID(ST_MakePoint(139.7, 35.6), 4326), %s, 'correction', 'enquiry')
RETURNING site_id
"""
_WAITING = """
SELECT (SELECT count(*) FROM notice WHERE mailed_at IS NULL),
  (SELECT count(*) FROM webhook_delivery WHERE delivered_at IS NULL),
  (SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'failed')
"""


@dataclass
class OutboxKill:
    """One kill: when after the first of the round arrived, what was going on, what had arrived without being marked."""

    instant_s: float
    fell_in: str
    unmarked: int
    taken_up_s: float = 0.0


@dataclass
class Arrivals:
    """What came of everything that was told: how many things, how often they came, which ids are missing or unknown."""

    told: int
    came: int
    by_id: Counter[str]
    missing: set[str]
    unknown: set[str]

    @property
    def twice(self) -> list[str]:
        """Ids that came more than once."""
        return sorted(name for name, count in self.by_id.items() if count > 1)


@dataclass
class OutboxSeries:
    """Kills one after another while events are told to people and to one webhook."""

    site: Site
    mails: MailSink
    hooks: HookReceiver
    seed: int
    kills: list[OutboxKill] = field(default_factory=list)
    calm_s: float = 0.0
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.connection = psycopg.connect(self.site.database_url, autocommit=True)
        self.engine = make_app_engine(Settings(database_url=self.site.database_url))
        self.transactions = Transactions(self.engine)
        self.site_id = self._add_case()

    def _add_case(self) -> UUID:
        case = self.connection.execute(
            _CASE,
            {
                "people": PEOPLE, "url": f"http://127.0.0.1:{self.hooks.port}/hook", "secret": "whsec_" + "c2VjcmV0" * 5,
                "procedure": STANDARD.procedure_id, "content": json.dumps(to_json(STANDARD)),
            },
        ).fetchone()  # fmt: skip
        assert case is not None
        made = self.connection.execute(_SITE, (*case, STANDARD.procedure_id)).fetchone()
        assert made is not None
        site_id: UUID = made[0]
        return site_id

    def tell(self) -> None:
        """The events of a round, each in a transaction of its own."""
        for _ in range(EVENTS):
            with self.transactions.begin(_SERVICE) as session:
                n = session.execute(
                    text("SELECT add_site_event(:site, 'refer', NULL, NULL, 'window', 'all', NULL, NULL, NULL, NULL)"),
                    {"site": self.site_id},
                ).scalar_one()
                tell(session, self.site_id, n, "refer", ["carrier"], {"site_id": str(self.site_id), "n": n})

    def calm_round(self) -> None:
        """A round without a kill: how long sending takes."""
        before = self._arrived()
        self.tell()
        wait_for(lambda: self._arrived() > before, PATIENCE_S, "the first arrival")
        began = time.monotonic()
        self.wait_until_sent()
        self.calm_s = time.monotonic() - began

    def kill_round(self) -> None:
        """Tell of events, kill the worker at an instant of sending them, start it again; what was told before is sent first."""
        self.wait_until_sent()
        before = self._arrived()
        self.tell()
        told_at = time.monotonic()
        try:
            wait_for(lambda: self._arrived() > before, PATIENCE_S, f"the first arrival after kill {len(self.kills)}")
        except TooLong as reason:
            self.faults.append(str(reason))
            raise
        taken_up_s = time.monotonic() - told_at
        instant_s = self.random.uniform(0, self.calm_s)
        time.sleep(instant_s)
        self.site.worker.kill()
        time.sleep(SETTLING_S)
        self.kills.append(OutboxKill(instant_s, *self._fell_in(), taken_up_s))
        self.site.start_worker()

    def _arrived(self) -> int:
        return len(self.mails.mails) + len(self.hooks.requests)

    def _fell_in(self) -> tuple[str, int]:
        """What the worker was about, and how many things have arrived that are not marked so: they will come again."""
        mails = len(set(self.mails.by_id()) & set(self._ids("mailed_at IS NULL", "false")))
        hooks = len(set(self.hooks.by_id()) & set(self._ids("false", "delivered_at IS NULL")))
        if mails:
            return "a mail had arrived and was not marked as sent", mails + hooks
        if hooks:
            return "a webhook had arrived and was not marked as sent", hooks
        waiting = self._waiting()
        return ("between two" if waiting[0] or waiting[1] else "everything was sent"), 0

    def _waiting(self) -> tuple[int, int, int]:
        found = self.connection.execute(_WAITING).fetchone()
        assert found is not None
        return found[0], found[1], found[2]

    def _ids(self, notices: str = "true", deliveries: str = "true") -> Iterator[str]:
        for (name,) in self.connection.execute(f"SELECT notice_id FROM notice WHERE {notices}"):
            yield f"<notice-{name}@localhost>"
        for (name,) in self.connection.execute(f"SELECT delivery_id FROM webhook_delivery WHERE {deliveries}"):
            yield str(name)

    def wait_until_sent(self) -> None:
        """Everything told is marked as sent. Notes a fault where that does not happen in time, or a job has failed."""
        try:
            wait_for(lambda: self._waiting()[:2] == (0, 0), PATIENCE_S, "sending everything")
        except TooLong as reason:
            self.faults.append(f"{reason}: {self._waiting()}")
        if self._waiting()[2]:
            self.faults.append(f"failed jobs: {self._waiting()[2]}")

    def arrivals(self) -> dict[str, Arrivals]:
        """What came by mail and by webhook."""
        return {
            "mails": _compare(set(self._ids(deliveries="false")), self.mails.by_id()),
            "webhooks": _compare(set(self._ids(notices="false")), self.hooks.by_id()),
        }

    def close(self) -> None:
        """Give the connections back."""
        self.connection.close()
        self.engine.dispose()


def _compare(told: set[str], came: Counter[str]) -> Arrivals:
    return Arrivals(len(told), came.total(), came, told - set(came), set(came) - told)


@contextmanager
def outbox_series(
    database_url: str, folder: Path, seed: int, accepting_s: float = ACCEPTING_S
) -> Iterator[OutboxSeries]:
    """A worker, a mail server and a receiver on a migrated database while the block runs."""
    with mail_sink(accepting_s) as (mails, smtp_port), hook_receiver() as hooks:
        hooks.answer = lambda _: Answer(200, after_s=accepting_s)
        site = Site(
            database_url, {}, folder, SMTP_HOST="127.0.0.1", SMTP_PORT=str(smtp_port), WEBHOOK_PRIVATE_HOSTS="127.0.0.1",
            MAIL_FROM="noreply@localhost",
        )  # fmt: skip
        series = OutboxSeries(site, mails, hooks, seed)
        site.start_worker()
        try:
            yield series
        finally:
            site.worker.stop()
            series.close()


def say_outbox(series: OutboxSeries, say: Callable[[str], None]) -> bool:
    """Everything about a finished series; whether nothing was lost and whatever came twice has the same id."""
    say(
        f"{len(series.kills)} kills of the worker while it sent; longest until a round began to arrive: {_longest(series)}"
    )
    for fell_in, count in Counter(kill.fell_in for kill in series.kills).most_common():
        say(f"  {count:>3}  {fell_in}")
    say(f"arrived and not marked, at the instant of the kill: {sum(kill.unmarked for kill in series.kills)}")
    held = not series.faults
    for name, found in series.arrivals().items():
        say(
            f"{name}: {found.told} told, {found.came} came, by id {len(found.by_id)}; lost {len(found.missing)},"
            f" came more than once {len(found.twice)} (extra copies {found.came - len(found.by_id)}), unknown ids {len(found.unknown)}"
        )
        held = held and not found.missing and not found.unknown
    for fault in series.faults:
        say(f"did not hold: {fault}")
    return held


def _longest(series: OutboxSeries) -> Any:
    return f"{max((kill.taken_up_s for kill in series.kills), default=0.0):.1f} s"
