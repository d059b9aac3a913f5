"""The service with sample coverage round 奥多摩, and the demo people."""

import os
from collections.abc import Iterator

import psycopg
import pytest

from app.config import Settings
from app.db import make_engine
from app.demo.people import add_demo_people
from tests.browser.accounts.conftest import Mailbox, Place, _passwords
from tests.browser.conftest import running
from tests.browser.coverage.rows import add_claims, add_coverage, add_log, add_two_drives
from tests.conftest import database


@pytest.fixture(scope="module")
def surveyed(server_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The service with two builds of sample coverage and one examined log."""
    folder = tmp_path_factory.mktemp("coverage")
    with database(server_url, f"test_coverage_pages_{os.getpid()}", migrated_template) as url:
        settings = Settings(
            database_url=url, basemap_url="", demo_accounts_file=folder / "people.txt",
            audit_anchor_file=folder / "anchors.jsonl", sign_ins_per_minute=200, survey_folder=folder / "surveys",
        )  # fmt: skip
        add_demo_people(settings, lambda _: None)
        with psycopg.connect(url) as connection:
            add_coverage(connection)
            add_log(connection)
            add_two_drives(connection)
            add_claims(connection)
        owner = make_engine(settings)
        with running(settings) as address:
            site = address.replace("127.0.0.1", "localhost")
            yield Place(site, settings, _passwords(folder / "people.txt"), Mailbox(), owner, "")
        owner.dispose()
