"""The service with six hundred sample cases, and windows of those who move them."""

import os
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller

from app.config import Settings
from app.db import make_engine, make_sessions
from app.demo.load_cases import load_demo_cases
from app.demo.people import add_demo_people
from tests.browser.accounts.conftest import Mailbox, Place, free_port
from tests.browser.conftest import running
from tests.browser.lists.conftest import _passwords
from tests.conftest import database


@pytest.fixture(scope="module")
def offices(server_url: str, sample_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The service with the sample cases and the demo people."""
    folder, mailbox = tmp_path_factory.mktemp("cases"), Mailbox()
    smtp = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    smtp.start()
    with database(server_url, f"test_cases_{os.getpid()}", sample_template) as url:
        settings = Settings(
            database_url=url, basemap_url="", demo_accounts_file=folder / "people.txt", smtp_host="127.0.0.1",
            smtp_port=smtp.port, audit_anchor_file=folder / "anchors.jsonl", sign_ins_per_minute=200,
        )  # fmt: skip
        add_demo_people(settings, lambda _: None)
        owner = make_engine(settings)
        load_demo_cases(make_sessions(owner), lambda _: None)
        with running(settings) as address:
            site = address.replace("127.0.0.1", "localhost")
            yield Place(site, settings, _passwords(folder / "people.txt"), mailbox, owner, "")
        owner.dispose()
    smtp.stop()


def case_of(place: Place, state: str, organisation: str, party: str = "owner", where: str = "true") -> str:
    """A case in a state that an organisation's members may see: its id."""
    column = {"carrier": "organisation_id", "window": "window_organisation_id", "owner": "owner_organisation_id"}[party]
    found = place.rows(
        f"SELECT site_id FROM site s JOIN organisation o ON o.organisation_id = s.{column}"
        f" WHERE s.state = :state AND o.name LIKE :name AND {where} ORDER BY s.due_on, s.code LIMIT 1",
        state=state, name=f"%{organisation}%",
    )  # fmt: skip
    return str(found[0].site_id)


def state_of(place: Place, site_id: str) -> str:
    """The state a case is in, looked up behind the scenes."""
    return str(place.rows("SELECT state FROM site WHERE site_id = :id", id=site_id)[0].state)
