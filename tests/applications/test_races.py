"""Who is first, when several act at the same instant: `scripts/faults races` runs a thousand rounds of each."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from app.accounts.permissions import Role
from app.applications.sites import list_events
from app.problems import Problem
from tests.accounts_world import World, transactions
from tests.applications.playing import add_player
from tests.applications.stage import CARRIER, OTHER_CARRIER, OWNER, WINDOW, Stage, staged

ROUNDS = int(os.environ.get("RACE_ROUNDS", "20"))
REVIEWERS = [OWNER, *(f"reviewer_{n}" for n in range(7))]
SLOTS = 400  # of an asset that many cases of a series lie on

Answer = dict[str, Any] | Problem


@pytest.fixture(scope="module")
def stage(server_url: str, world_template: tuple[str, World]) -> Iterator[Stage]:
    """A database for all races, with eight reviewers of the bureau."""
    from tests.conftest import database

    template, world = world_template
    with (
        database(server_url, f"test_races_{os.getpid()}", template) as url,
        transactions(url) as db,
        staged(url, world, db) as made,
    ):
        for name in REVIEWERS[1:]:
            add_player(url, world, name, "bureau", Role.OWNER_REVIEWER)
        yield made


def at_once(*acts: Callable[[], Any]) -> list[Answer]:
    """What comes of acts that begin at the same instant; problems are answers too."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Answer:
        start.wait()
        try:
            done: dict[str, Any] = act()
        except Problem as problem:
            return problem
        return done

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def won(answers: list[Answer]) -> list[dict[str, Any]]:
    return [answer for answer in answers if not isinstance(answer, Problem)]


def lost(answers: list[Answer]) -> list[Problem]:
    return [answer for answer in answers if isinstance(answer, Problem)]


def moves(stage: Stage, site_id: UUID) -> list[str]:
    rows = stage.owner.execute(
        "SELECT action FROM site_event WHERE site_id = %s AND to_state IS NOT NULL ORDER BY n", (site_id,)
    )
    return [row[0] for row in rows]


def test_one_of_many_reviewers_decides(stage: Stage) -> None:
    """Two to eight decide on one case at once: one does, the others are told that somebody moved it, and to what."""
    chance, told = random.Random(5), Counter[int]()
    asset_id = ""
    for number in range(ROUNDS):
        if number % SLOTS == 0:
            asset_id = stage.new_asset(SLOTS)
        (site_id,) = stage.apply(CARRIER, asset_id)
        stage.go(site_id, "pass_first_review")
        read = f'"{stage.site(site_id)["version"]}"'
        crowd = chance.sample(REVIEWERS, chance.randint(2, 8))
        wanted = [chance.choice(["decline", "pass_first_review", "waive_survey", "return_to_window"]) for _ in crowd]
        pages = [chance.choice([read, read, read, "*"]) for _ in crowd]

        def decide(person: str, action: str, page: str, of: UUID = site_id) -> Callable[[], Any]:
            return lambda: stage.act(person, of, action, page)

        answers = at_once(*(decide(*one) for one in zip(crowd, wanted, pages, strict=True)))
        (winner,) = won(answers)
        assert len(moves(stage, site_id)) == 4  # submit, accept, refer and the one decision
        assert stage.site(site_id)["state"] == winner["state"]
        for page, problem in zip(
            [p for p, a in zip(pages, answers, strict=True) if isinstance(a, Problem)], lost(answers), strict=True
        ):
            assert problem.kind.status == (
                412 if page == read else 409 if winner["state"] != "intake_check" else problem.kind.status
            )
            assert problem.members["state"] == winner["state"]
            assert ("読み直して" in problem.ja) == (problem.kind.status == 412)
            told[problem.kind.status] += 1
    print(f"{ROUNDS} rounds of two to eight reviewers: one winner each; the others were told {dict(told)}")


def test_one_of_two_carriers_gets_the_slot(stage: Stage) -> None:
    """Exactly one holds it. The window is told of the other case; neither carrier is told of the other's."""
    asset_id = stage.new_asset(1)
    winners: Counter[str] = Counter()
    for _ in range(ROUNDS):
        (mine,), (theirs,) = stage.apply(CARRIER, asset_id), stage.apply(OTHER_CARRIER, asset_id)
        for site_id in (mine, theirs):
            stage.act(WINDOW, site_id, "accept")
        answers = at_once(lambda a=mine: stage.act(WINDOW, a, "refer"), lambda b=theirs: stage.act(WINDOW, b, "refer"))
        (winner,), (loser,) = won(answers), lost(answers)
        assert stage.held(asset_id) == [winner["site_id"]]
        other = theirs if winner["site_id"] == mine else mine
        assert stage.site(other)["state"] == "intake_check" and loser.members["reason"] == "no_slot"
        (rival,) = (r for r in loser.members["rivals"] if r["has_slot"])
        assert (rival["site_id"], loser.kind.status) == (str(winner["site_id"]), 409)
        _neither_hears_of_the_other(stage, mine, theirs)
        winners[winner["carrier_name"]] += 1
        for carrier, site_id in ((CARRIER, mine), (OTHER_CARRIER, theirs)):
            stage.act(carrier, site_id, "withdraw")
    print(f"{ROUNDS} rounds of two carriers for one slot: {dict(winners)}")


def _neither_hears_of_the_other(stage: Stage, mine: UUID, theirs: UUID) -> None:
    organisations = stage.world.organisations
    for person, own, other, organisation in (
        (CARRIER, mine, theirs, "carrier-b"), (OTHER_CARRIER, theirs, mine, "carrier-a"),
    ):  # fmt: skip
        with stage.db.begin(stage.actor(person)) as session:
            heard = str(list_events(session, own))
        code = stage.site(other)["code"]
        assert not [w for w in (str(other), code, organisation, str(organisations[organisation])) if w in heard]
        told = stage.owner.execute(
            "SELECT count(*) FROM notice WHERE site_id = %s AND person_id = %s", (other, stage.world[person].person_id)
        ).fetchone()
        assert told == (0,)


@pytest.mark.parametrize("list_does", ["drops", "changes", "drops and undoes"])
def test_nothing_is_agreed_to_on_an_asset_that_vanishes(stage: Stage, list_does: str) -> None:
    """The owner's list is published while the owner agrees: an asset that is there is agreed on, a vanished one is told."""
    told, chance = Counter[str](), random.Random(7)
    for number in range(max(ROUNDS // 3, 4)):
        asset_id = stage.new_asset(1)
        source, other = f"stage-{asset_id}", (f"{asset_id}-2", 1, "building")
        (site_id,) = stage.apply(CARRIER, asset_id)
        action = "permit" if number % 5 == 0 else "pass_first_review"
        stage.go(site_id, action)
        before = stage.site(site_id)["state"]

        def publish(of: str = source, which: str = asset_id, beside: tuple[str, int, str] = other) -> None:
            stage.publish(of, *([(which, 2, "building"), beside] if list_does == "changes" else [beside]))
            if list_does == "drops and undoes":
                stage.publish(of, (which, 1, "building"), beside)

        def agree(of: UUID = site_id, what: str = action, wait_s: float = chance.random() * 0.15) -> Any:
            time.sleep(wait_s)  # a list takes longer than a step: sooner or later than it is taken up
            return stage.act(OWNER, of, what)

        answers = at_once(agree, publish)
        problems = lost(answers)
        now = stage.site(site_id)["state"]
        if not problems:
            assert now == ("permitted" if action == "permit" else "survey_pending")
        else:
            (problem,) = problems
            assert (problem.kind.status, problem.members["reason"], now) == (409, "asset_retired", before)
            assert "一覧から外れました" in problem.ja and list_does != "changes"
        told["agreed" if not problems else "vanished"] += 1
        if list_does == "drops" and problems:  # and so it stays
            with pytest.raises(Problem, match="register"):
                stage.act(OWNER, site_id, action)
            assert stage.act(OWNER, site_id, "decline" if action != "permit" else "deny")["stage"] == "end"
    print(f"the list {list_does}: {dict(told)}")


def test_documents_sent_at_once_are_numbered_one_by_one(stage: Stage) -> None:
    (site_id,) = stage.apply(CARRIER, stage.new_asset(1))

    def attach() -> None:
        stage.attach(CARRIER, site_id, "photo")

    assert lost(at_once(*[attach] * 6)) == []
    rows = stage.owner.execute("SELECT version FROM document WHERE site_id = %s ORDER BY 1", (site_id,)).fetchall()
    assert [version for (version,) in rows] == [1, 2, 3, 4, 5, 6]


def test_both_carriers_answer_an_offer_at_once(stage: Stage) -> None:
    """Whoever comes second, both agree in the end; neither answer is lost, nobody waits for ever."""
    from app.applications.sharing_offers import answer_as_holder

    def holder_says(of: UUID) -> Any:
        actor = stage.actor(CARRIER)
        with stage.db.begin(actor) as session:
            return answer_as_holder(session, actor, of, True)

    for _ in range(max(ROUNDS // 4, 3)):
        asset_id = stage.new_asset(1)
        (holder,), (asker,) = stage.apply(CARRIER, asset_id), stage.apply(OTHER_CARRIER, asset_id)
        stage.go(holder, "pass_first_review")
        stage.act(WINDOW, asker, "accept")
        stage.act(WINDOW, asker, "propose_sharing", with_site_id=holder)
        answers = at_once(
            lambda a=asker: stage.act(OTHER_CARRIER, a, "accept_sharing"), lambda h=holder: holder_says(h)
        )
        assert lost(answers) == []
        assert stage.site(asker)["shares_with"] == str(holder)
        assert stage.site(asker)["state"] == "intake_check"
