"""The service with a town's office: two editors of the same town, a worker that does the jobs, windows to sign in."""

import base64
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from playwright.async_api import Locator, Page, expect

from app.config import PROJECT_ROOT, Settings
from app.db import make_engine
from app.demo.people import add_demo_people
from tests.browser.accounts.conftest import Mailbox, Place, free_port, sign_in
from tests.browser.conftest import running
from tests.conftest import database

SECOND = "minato-editor-2"
TOWN = "13103"


@pytest.fixture(scope="module")
def unmanned(server_url: str, sample_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The service on the sample register with the demo people, among them two editors of Minato; nobody does its jobs."""
    folder, mailbox = tmp_path_factory.mktemp("lists"), Mailbox()
    smtp = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    smtp.start()
    with database(server_url, f"test_lists_{os.getpid()}", sample_template) as url:
        settings = Settings(
            database_url=url, basemap_url="", demo_accounts_file=folder / "people.txt", smtp_host="127.0.0.1",
            smtp_port=smtp.port, audit_anchor_file=folder / "anchors.jsonl",
        )  # fmt: skip
        add_demo_people(settings, lambda _: None)
        owner = make_engine(settings)
        with running(settings) as address:
            site = address.replace("127.0.0.1", "localhost")
            yield Place(site, settings, _passwords(folder / "people.txt"), mailbox, owner, "")
        owner.dispose()
    smtp.stop()


def _passwords(file: Path) -> dict[str, str]:
    lines = [line.split("\t") for line in file.read_text().splitlines() if "@" in line]
    return {address.partition("@")[0]: password for address, password, *_ in lines}


@pytest.fixture(scope="module")
def worker(unmanned: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own."""
    settings = unmanned.settings
    given = {
        "DATABASE_URL": settings.database_url, "SMTP_HOST": settings.smtp_host or "", "SMTP_PORT": str(settings.smtp_port),
        "AUDIT_ANCHOR_FILE": os.devnull,
    }  # fmt: skip
    command = [sys.executable, "-m", "app", "worker"]
    with (tmp_path_factory.mktemp("worker") / "worker.log").open("wb") as said:
        process = subprocess.Popen(command, cwd=PROJECT_ROOT, env={**os.environ, **given}, stderr=said)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def office(unmanned: Place, worker: subprocess.Popen[bytes]) -> Place:
    """The service and a worker that does its jobs."""
    return unmanned


@pytest.fixture(autouse=True)
def fresh_lists(office: Place) -> Iterator[None]:
    """Each test finds an office that never sent a list."""
    yield
    _wait_for_jobs(office)
    for table in ("asset", "access_point"):
        office.rows(f"DELETE FROM {table} WHERE source_id LIKE 'list-%'")
    office.rows("TRUNCATE list_import, list_part, list_recipe")


def _wait_for_jobs(office: Place) -> None:
    for _ in range(200):
        if not office.rows("SELECT FROM list_import WHERE state IN ('waiting', 'examining', 'publishing')"):
            return
        time.sleep(0.1)


async def open_lists(page: Page, office: Place, kind: str = "公共アセット一覧", account: str = "minato-editor") -> None:
    """Sign in and go where a list is dropped, as the tab and the page lead."""
    await sign_in(page, office, account, "/lists")
    await page.get_by_role("link", name=kind).click()
    await expect(page.get_by_role("heading", name=kind, level=1)).to_be_visible()


async def send(page: Page, file: Path, zone: str = "一覧のファイルをここに置く") -> None:
    """Choose a file and send it; its page opens."""
    await page.get_by_label(zone).set_input_files(file)
    await page.get_by_role("button", name="このファイルを送る").click()
    await page.wait_for_url("**/lists/*/*-*")


def judgement(page: Page) -> Locator:
    """The step 判定."""
    return page.get_by_role("region", name="3 判定")


async def drop_file(page: Page, file: Path, zone: str) -> None:
    """Drop a file from outside of the browser on a zone."""
    place = page.get_by_text(zone, exact=True)
    await place.wait_for()
    await page.wait_for_load_state("load")  # before its scripts run, a page takes no drop
    content = base64.b64encode(file.read_bytes()).decode()
    transfer = await page.evaluate_handle(
        """([content, name]) => { const bytes = Uint8Array.from(atob(content), c => c.charCodeAt(0));
        const data = new DataTransfer(); data.items.add(new File([bytes], name)); return data; }""",
        [content, file.name],
    )
    for event in ("dragover", "drop"):
        await place.dispatch_event(event, {"dataTransfer": transfer})
