"""A transaction that breaks at any statement leaves everything as it was; one that does not has done all of it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event

from app.applications.drafts import create_application
from app.applications.schemas import ApplicationRequest
from app.applications.submission import submit_application
from tests.accounts_world import World, transactions
from tests.applications.playing import PLAN
from tests.applications.stage import CARRIER, OWNER, WINDOW, Stage, staged
from tests.conftest import database


class Broken(Exception):
    """The connection broke, the disk was full, the process was killed."""


@pytest.fixture(scope="module")
def stage(server_url: str, world_template: tuple[str, World]) -> Iterator[Stage]:
    template, world = world_template
    with (
        database(server_url, f"test_broken_{os.getpid()}", template) as url,
        transactions(url) as db,
        staged(url, world, db) as made,
    ):
        yield made


@contextmanager
def breaking(engine: Engine, at: int) -> Iterator[list[str]]:
    """Raises at the statement of that number (after it has been carried out, so that it is to be undone); all that ran."""
    ran: list[str] = []

    def after_statement(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        ran.append(statement)
        if len(ran) == at:
            raise Broken(statement)

    event.listen(engine, "after_cursor_execute", after_statement)
    try:
        yield ran
    finally:
        event.remove(engine, "after_cursor_execute", after_statement)


def break_everywhere(stage: Stage, site_id: UUID, act: Callable[[], Any]) -> int:
    """Break the act at each of its statements in turn, then let it be done; how many statements it has."""
    before = stage.fingerprint(site_id)
    for at in range(1, 200):
        with breaking(stage.db._engine, at) as ran:
            try:
                act()
            except Broken:
                assert stage.fingerprint(site_id) == before, f"statement {at} left something: {ran[-1]}"
                continue
        assert len(ran) == at - 1
        return at - 1
    raise AssertionError("an act of 200 statements")


@pytest.mark.parametrize(
    ("person", "action", "state"),
    [(WINDOW, "refer", "referred"), (OWNER, "decline", "declined"), (OWNER, "permit", "permitted"),
     (CARRIER, "go_on_air", "on_air"), (WINDOW, "request_correction", "correction"), (CARRIER, "withdraw", "withdrawn")],
)  # fmt: skip
def test_a_step_is_taken_whole_or_not_at_all(stage: Stage, person: str, action: str, state: str) -> None:
    asset_id = stage.new_asset(1)
    (site_id,) = stage.apply(CARRIER, asset_id)
    stage.go(
        site_id,
        {"decline": "pass_first_review", "withdraw": "agree", "request_correction": "refer"}.get(action, action),
    )
    many = break_everywhere(stage, site_id, lambda: stage.act(person, site_id, action))
    assert many > 8
    kept = stage.site(site_id)
    assert kept["state"] == state
    last = stage.owner.execute(
        "SELECT action, to_state, n FROM site_event WHERE site_id = %s ORDER BY n DESC LIMIT 1", (site_id,)
    ).fetchone()
    assert last == (action, state, kept["last_n"])
    audited = stage.owner.execute(
        "SELECT count(*) FROM audit_event WHERE subject = %s AND action = %s", (f"site:{site_id}", f"site.{action}")
    ).fetchone()
    assert audited == (1,)
    on_air = stage.owner.execute(
        "SELECT count(*) FROM station WHERE asset_id = %s AND valid_to IS NULL", (asset_id,)
    ).fetchone()
    assert on_air == (int(action == "go_on_air"),)
    assert stage.held(asset_id) == ([] if state in ("declined", "withdrawn", "correction") else [site_id])


def test_an_application_is_sent_whole_or_not_at_all(stage: Stage) -> None:
    """Three sites: all of them, or none."""
    actor = stage.actor(CARRIER)
    wanted = ApplicationRequest.model_validate(
        {"title": "試験", "plan": PLAN, "asset_ids": [stage.new_asset(1) for _ in range(3)]}
    )
    with stage.db.begin(actor) as session:
        application_id = create_application(session, actor, wanted)["application_id"]
    rows = stage.owner.execute("SELECT site_id FROM site WHERE application_id = %s", (application_id,))
    sites = [row[0] for row in rows]

    def submit() -> None:
        with stage.db.begin(actor) as session:
            submit_application(session, actor, application_id, "*")

    assert break_everywhere(stage, sites[0], submit) > 20
    assert {stage.site(site_id)["state"] for site_id in sites} == {"submitted"}
    states = stage.owner.execute(
        "SELECT state FROM application WHERE application_id = %s", (application_id,)
    ).fetchone()
    assert states == ("submitted",)
