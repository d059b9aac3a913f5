"""Figures of the window with 100,000 applications: lists with their counts, cases, and the pages, row-level security on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import cycle

import httpx
import psycopg
from sqlalchemy import text

from app.accounts import sessions
from app.accounts.actor import Service, Transactions
from app.accounts.auth import SESSION_COOKIE
from app.config import Settings
from app.db import make_app_engine
from scripts.benchmarks.figures import Figure, Measured
from scripts.benchmarks.list_site import ListSite, make_token
from scripts.benchmarks.stage import Stage
from scripts.machine.terminal import timed
from scripts.machine.trial_site import our_server

APPLICATIONS = 100_000
PEOPLE = {
    "carrier": ("carrier-a@demo.example.jp", "applications:write"),
    "window": ("window@demo.example.jp", "cases:window"),
    "owner": ("owner@demo.example.jp", "cases:review"),
}
REQUESTS = 60  # of each kind in a round

# The sample cases that were sent, again and again under new numbers; their histories with them.
INFLATE = """
CREATE TEMP TABLE source AS SELECT row_number() OVER (ORDER BY site_id) - 1 AS place, site_id, application_id FROM site
  WHERE submitted_at IS NOT NULL AND station_id IS NULL;
CREATE TEMP TABLE copied AS SELECT n, s.site_id AS old_site, s.application_id AS old_application,
    gen_random_uuid() AS site_id, gen_random_uuid() AS application_id
  FROM generate_series(1, {n}) n JOIN source s ON s.place = n % (SELECT count(*) FROM source);
INSERT INTO application (application_id, organisation_id, code, title, state, plan, version, created_by, created_at,
    updated_at, submitted_at, is_sample)
  SELECT c.application_id, a.organisation_id, 'Z' || c.n, a.title, a.state, a.plan, a.version, a.created_by, a.created_at,
    a.updated_at - make_interval(mins => c.n), a.submitted_at, true FROM copied c JOIN application a ON a.application_id = c.old_application;
INSERT INTO site (site_id, application_id, code, {columns})
  SELECT c.site_id, c.application_id, 'Z' || c.n || '-001', {columns} FROM copied c JOIN site s ON s.site_id = c.old_site;
INSERT INTO site_event (site_id, n, at, action, from_state, to_state, party, audience, person_id, person_name,
    organisation_id, organisation_name, comment, content)
  SELECT c.site_id, e.n, e.at, e.action, e.from_state, e.to_state, e.party, e.audience, e.person_id, e.person_name,
    e.organisation_id, e.organisation_name, e.comment, e.content FROM copied c JOIN site_event e ON e.site_id = c.old_site;
UPDATE site SET due_on = due_on + (abs(hashtext(code)) % 60 - 20) WHERE code LIKE 'Z%%' AND due_on IS NOT NULL
"""
OWN = {"site_id", "application_id", "code", "station_id", "due_key", "search_text"}


@dataclass(frozen=True)
class WindowSite:
    """A server on 100,000 applications, with a program and a browser for each party and cases of each."""

    clients: dict[str, httpx.Client]
    browsers: dict[str, httpx.Client]
    cases: dict[str, list[str]]


@contextmanager
def crowded(site: ListSite) -> Iterator[WindowSite]:
    """The loaded database once more, crowded, with a server of its own."""
    with site.clone() as url:
        with timed(f"{APPLICATIONS:,} 件の申請を用意します / making {APPLICATIONS:,} applications"):
            _inflate(url)
        tokens = {party: make_token(url, email, "cases:read", scope) for party, (email, scope) in PEOPLE.items()}
        with our_server(url, site.folder / "window.log", COMMANDS_PER_MINUTE="1000000") as address:
            clients = {party: _client(address, token) for party, token in tokens.items()}
            browsers = {party: _browser(url, address, email) for party, (email, _) in PEOPLE.items()}
            cases = {party: [one["site_id"] for one in _list(client, limit=100)] for party, client in clients.items()}
            yield WindowSite(clients, browsers, cases)
            for client in (*clients.values(), *browsers.values()):
                client.close()


def _inflate(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        names = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'site'::regclass AND attnum > 0 AND NOT attisdropped"
        )
        columns = ", ".join(name for (name,) in names if name not in OWN)
        connection.execute("SET session_replication_role = replica")  # no triggers: rows are copied, not made
        for statement in INFLATE.format(n=APPLICATIONS, columns=columns).replace("%%", "%").split(";\n"):
            connection.execute(statement)
        connection.execute("VACUUM ANALYZE")


def _client(address: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=f"{address}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60)


def _browser(url: str, address: str, email: str) -> httpx.Client:
    """A browser that is signed in: it asks for pages, and gets them compressed as browsers do."""
    engine = make_app_engine(Settings(database_url=url))
    with Transactions(engine).begin(Service("command-line")) as session:
        person = session.execute(
            text("SELECT person_id FROM person WHERE email = :email"), {"email": email}
        ).scalar_one()
        secret = sessions.start(
            session, person, method="password", address="127.0.0.1", user_agent="bench", browser="bench"
        )
    engine.dispose()
    return httpx.Client(base_url=address, headers={"Cookie": f"{SESSION_COOKIE}={secret}"}, timeout=60)


def _list(client: httpx.Client, **query: str | int | bool) -> list[dict[str, str]]:
    found: list[dict[str, str]] = client.get("/sites", params=query).raise_for_status().json()["sites"]
    return found


@cache
def _site(stage: Stage) -> WindowSite:
    return stage.stack.enter_context(crowded(stage.list_site))


def _p95_ms(client: httpx.Client, paths: list[str]) -> float:
    """The 95th percentile of requests one after the other (ms)."""
    taken = []
    for _, path in zip(range(REQUESTS), cycle(paths), strict=False):
        began = time.perf_counter()
        client.get(path).raise_for_status()
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)[int(len(taken) * 0.95)]


def measure_list(party: str, query: str, stage: Stage) -> Measured:
    """A list as a page asks for it, and the page after it."""
    site = _site(stage)
    client = site.clients[party]
    first = client.get(f"/sites?{query}").raise_for_status().json()
    paths = [f"/sites?{query}"]
    if first["next"]:
        paths.append(f"/sites?{first['next'].partition('?')[2]}")
    return Measured(tuple(_p95_ms(client, paths) for _ in range(stage.rounds)), note=f"{len(first['sites'])} rows")


def measure_case(party: str, stage: Stage) -> Measured:
    """A case with its clock and actions, and its events."""
    site = _site(stage)
    paths = [path for case in site.cases[party] for path in (f"/sites/{case}", f"/sites/{case}/events")]
    return Measured(tuple(_p95_ms(site.clients[party], paths) for _ in range(stage.rounds)))


def measure_turns(stage: Stage) -> Measured:
    """The counts over an inbox."""
    site = _site(stage)
    return Measured(tuple(_p95_ms(site.clients["window"], ["/turns"]) for _ in range(stage.rounds)))


def measure_page(party: str, path: str, stage: Stage) -> Measured:
    """A page as a browser asks for it; `{case}` stands for one case after the other."""
    site = _site(stage)
    paths = [path.format(case=case) for case in site.cases[party]]
    size = len(site.browsers[party].get(paths[0]).raise_for_status().content)
    return Measured(
        tuple(_p95_ms(site.browsers[party], paths) for _ in range(stage.rounds)), note=f"{size // 1024} KiB"
    )


def _page(name: str, party: str, path: str, most: float, describes: str) -> Figure:
    return Figure(name, "ms", describes, partial(measure_page, party, path), less_is_better=True, most=most)


def _figure(name: str, party: str, query: str, describes: str) -> Figure:
    return Figure(name, "ms", describes, partial(measure_list, party, query), less_is_better=True, most=150)


FIGURES = (
    _figure("inbox-window", "window", "mine=true&count=true", "100,000 applications: the window's inbox by due day, p95"),
    _figure("inbox-owner", "owner", "mine=true&count=true", "the same: an office's inbox, p95"),
    _figure("board-carrier", "carrier", "open_only=true&count=true", "the same: a carrier's board, p95"),
    _figure("board-updated", "carrier", "sort=-updated_at", "the same: last changed first, p95"),
    _figure("inbox-filter", "window", "state=consultation&state=permit_applied&overdue=true&count=true", "the same, filtered, p95"),
    _figure("inbox-search", "window", "q=%E3%82%B5%E3%83%B3%E3%83%97%E3%83%AB+%E6%96%B0%E5%AE%BF&count=true", "the same, by words, p95"),
    Figure("inbox-turns", "ms", "the same: who owes how many, p95", measure_turns, less_is_better=True, most=150),
    *(
        Figure(f"case-{party}", "ms", f"a case with its clock, or its events, as the {party} sees it, p95",
               partial(measure_case, party), less_is_better=True, most=200)
        for party in PEOPLE
    ),
    _page("page-inbox", "window", "/inbox", 150, "the inbox as a page, p95"),
    _page("page-board", "carrier", "/board", 150, "the board as a page, p95"),
    *(_page(f"page-case-{party}", party, "/cases/{case}", 200, f"a case as a page for the {party}, p95") for party in PEOPLE),
)  # fmt: skip
