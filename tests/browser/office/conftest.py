"""The service with the demo people on the sample register, for offices that set what their cases follow."""

import os
from collections.abc import Iterator

import pytest

from app.config import Settings
from app.db import make_engine
from app.demo.people import add_demo_people
from tests.browser.accounts.conftest import Mailbox, Place
from tests.browser.conftest import running
from tests.browser.lists.conftest import _passwords
from tests.conftest import database


@pytest.fixture(scope="package")
def settings_place(server_url: str, sample_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The service; no office has set anything."""
    folder = tmp_path_factory.mktemp("office")
    with database(server_url, f"test_office_{os.getpid()}", sample_template) as url:
        settings = Settings(
            database_url=url, basemap_url="", demo_accounts_file=folder / "people.txt",
            audit_anchor_file=folder / "anchors.jsonl", sign_ins_per_minute=200,
        )  # fmt: skip
        add_demo_people(settings, lambda _: None)
        owner = make_engine(settings)
        with running(settings) as address:
            site = address.replace("127.0.0.1", "localhost")
            yield Place(site, settings, _passwords(folder / "people.txt"), Mailbox(), owner, "")
        owner.dispose()
