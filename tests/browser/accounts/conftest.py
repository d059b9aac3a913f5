"""The service with one demo person for each role, a mailbox, and windows in which somebody signs in."""

import os
import re
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from playwright.async_api import Browser, Page
from sqlalchemy import Engine, text

from app.config import OidcProvider, Settings
from app.db import make_engine
from app.demo.people import DOMAIN, add_demo_people
from scripts.machine.browser_packages import ensure_node
from tests.browser.conftest import HARMLESS, running
from tests.conftest import database

PROVIDER_ID = "town"
CLIENT_ID, CLIENT_SECRET = "tsunagaru", "a-secret-only-for-tests-0123456789"


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Mailbox:
    """What the service mailed."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.messages.append(message_from_bytes(envelope.content))
        return "250 OK"

    def last_to(self, address: str) -> str:
        """The text of the last message to an address."""
        found = [message for message in self.messages if message["To"] == address]
        return bytes(found[-1].get_payload(decode=True)).decode()


@dataclass
class Place:
    """The service as people reach it, and what stands behind it."""

    site: str  # by name: a passkey is never bound to a number
    settings: Settings
    passwords: dict[str, str]
    mailbox: Mailbox
    owner: Engine  # passes row-level security: for setting clocks and looking behind the scenes
    provider: str

    def rows(self, statement: str, **bound: Any) -> list[Any]:
        """Rows of a statement, committed."""
        with self.owner.begin() as connection:
            result = connection.execute(text(statement), bound)
            return list(result) if result.returns_rows else []


@pytest.fixture(scope="session")
def place(server_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The service with demo people."""
    folder, provider = tmp_path_factory.mktemp("accounts"), f"http://localhost:{free_port()}"
    mailbox = Mailbox()
    smtp = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    smtp.start()
    with database(server_url, f"test_accounts_{os.getpid()}", migrated_template) as url:
        settings = Settings(
            database_url=url, basemap_url="", demo_accounts_file=folder / "people.txt", smtp_host="127.0.0.1",
            smtp_port=smtp.port, audit_anchor_file=folder / "anchors.jsonl",
            oidc_providers=[
                OidcProvider(
                    id=PROVIDER_ID, name="町の認証", name_en="Town ID", issuer=provider, client_id=CLIENT_ID,
                    client_secret=CLIENT_SECRET, trusts_email=True,
                )
            ],
        )  # fmt: skip
        add_demo_people(settings, lambda _: None)
        owner = make_engine(settings)
        with running(settings) as address:
            site = address.replace("127.0.0.1", "localhost")
            settings.public_url = site
            yield Place(site, settings, _passwords(settings.demo_accounts_file), mailbox, owner, provider)
        owner.dispose()
    smtp.stop()


def _passwords(file: Path) -> dict[str, str]:
    lines = [line.split("\t") for line in file.read_text().splitlines() if "@" in line]
    return {address.partition("@")[0]: password for address, password, *_ in lines}


@pytest.fixture(scope="session")
def provider(place: Place) -> Iterator[str]:
    """An OpenID provider in a process of its own; `GET /mode/…` spoils its tokens."""
    port = place.provider.rpartition(":")[2]
    callback = f"{place.site}/sign-in/oidc/{PROVIDER_ID}/callback"
    node = str(ensure_node().folder / "node")
    process = subprocess.Popen([node, "tests/oidc/provider.mjs", port, callback], stderr=subprocess.DEVNULL)
    try:
        _wait_for(place.provider)
        yield place.provider
    finally:
        process.terminate()
        process.wait()


def _wait_for(provider: str) -> None:
    for _ in range(200):
        try:
            httpx.get(provider + "/.well-known/openid-configuration")
            return
        except httpx.ConnectError:
            time.sleep(0.05)
    pytest.fail("the OpenID provider did not start")


@asynccontextmanager
async def window(chromium: Browser, **further: Any) -> AsyncIterator[Page]:
    """A window of a browser that was never here before; the test fails when its console complained."""
    context = await chromium.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "ja", **further})
    page, trouble = await context.new_page(), []
    page.on("console", lambda said: trouble.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    yield page
    await context.close()
    assert [said for said in trouble if not any(word in said for word in HARMLESS)] == []


async def sign_in(page: Page, place: Place, account: str, path: str = "/account") -> None:
    """Sign a demo person in by password, on the way to a page."""
    await page.goto(f"{place.site}/sign-in?next={path}")
    await type_password(page, place, account)
    await page.wait_for_url(place.site + path)


async def type_password(page: Page, place: Place, account: str) -> None:
    """Fill the sign-in form in and send it."""
    await page.get_by_label("メールアドレス").fill(f"{account}@{DOMAIN}")
    await page.get_by_label("パスワード", exact=True).fill(place.passwords[account])
    await page.get_by_role("main").get_by_role("button", name="サインイン", exact=True).click()


class Program:
    """A program that holds a session as a browser does."""

    def __init__(self, place: Place, account: str) -> None:
        self.place = place
        self.client = httpx.Client(base_url=place.site)
        page = self.client.get("/sign-in")
        browser = first(r"__Host-browser=([\w-]+)", page.headers["set-cookie"])
        form = {
            "csrf": first(r'name="csrf" value="(\w+)"', page.text), "email": f"{account}@{DOMAIN}",
            "password": place.passwords[account],
        }  # fmt: skip
        answer = self.client.post("/sign-in", data=form, headers={"Cookie": f"__Host-browser={browser}"})
        self.browser = browser
        self.take(answer)

    def take(self, answer: httpx.Response) -> None:
        """Hold the session an answer gives, and the token its forms carry."""
        session = first(r"__Host-session=([\w-]+)", str(answer.headers.get_list("set-cookie")))
        # httpx, unlike browsers, keeps no secure cookie of this machine's own plain address.
        self.cookie = {"Cookie": f"__Host-browser={self.browser}; __Host-session={session}"}
        page = self.client.get("/account", headers=self.cookie)
        self.csrf = {"X-CSRF-Token": first(r'action="/account/profile".*?name="csrf" value="(\w+)"', page.text)}

    def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form of the site's own pages."""
        form = {"csrf": self.csrf["X-CSRF-Token"], **fields}
        return self.client.post(path, data=form, headers={**self.cookie, "Origin": self.place.site})

    def ask(self, method: str, path: str, json: object = None, forged: bool = False) -> httpx.Response:
        """Call the API of one's own account; `forged` leaves the token out that pages carry."""
        headers = self.cookie if forged else {**self.cookie, **self.csrf}
        return self.client.request(method, f"/api/v1/me{path}", json=json, headers=headers)


def first(pattern: str, text: str) -> str:
    """The first group of a pattern that must occur."""
    found = re.search(pattern, text, re.DOTALL)
    assert found is not None, pattern
    return found[1]
