"""A real server on the sample register, and headless Chromium to look at it."""

import os
import shutil
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright, expect

from app.config import Settings
from app.main import create_app

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENSHOTS = Path("screenshots")
expect.set_options(
    timeout=20_000
)  # ms; a page on a crowded machine takes its time, and a right one ends the wait at once
# What headless Chromium says of itself, and the browser's own word for an answer that the test spoils on purpose.
HARMLESS = ("GPU stall due to ReadPixels", "Failed to load resource")


@contextmanager
def running(settings: Settings) -> Iterator[str]:
    """The service on a free port while the block runs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(settings), log_config=None, access_log=False, lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def site(database_url: str) -> Iterator[str]:
    """Address of the service, without a base map."""
    with running(Settings(database_url=database_url, basemap_url="")) as url:
        yield url


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The machine's own Chromium."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium がありません / no Chromium here")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


class Visit:
    """One person's browser window on the site; `trouble` is what its console complained about."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site
        self.trouble: list[str] = []
        self.foreign: list[str] = []
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("pageerror", lambda error: self.trouble.append(f"{error} {error.stack}"))
        page.on("request", lambda request: self._watch(request.url))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not any(word in text for word in HARMLESS):
            self.trouble.append(text)

    def _watch(self, url: str) -> None:
        if not url.startswith((self.site, "data:", "blob:")):
            self.foreign.append(url)

    async def open(self, path: str) -> Page:
        """Go to a path of the site and wait until map and list have settled."""
        await self.page.goto(self.site + path)
        await self.settled()
        return self.page

    async def settled(self) -> None:
        """Wait until nothing is loading: neither requests nor the list."""
        await self.page.wait_for_load_state("networkidle")
        await expect(self.page.locator("[aria-busy=true]")).to_have_count(0)


@pytest.fixture
async def visit(chromium: Browser, site: str) -> AsyncIterator[Visit]:
    """A wide light window; the test fails when its console complained or it asked another host for anything."""
    context = await chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    await context.grant_permissions(["clipboard-read", "clipboard-write", "geolocation"], origin=site)
    window = Visit(await context.new_page(), site)
    yield window
    await context.close()
    assert window.trouble == []
    assert window.foreign == []
