"""What each party must not learn: a carrier of another's applications, an office of what was not referred to it."""

import os
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from app.accounts.permissions import Role
from app.accounts.policy_document import operations_of
from scripts.documents.permissions import whole_openapi
from tests.accounts_world import World, settings_of
from tests.applications.playing import PERMIT, PLAN, Window, add_office_assets, add_player, in_days
from tests.conftest import database, serving
from tests.test_secrecy import _same_time

Owner = psycopg.Connection[Any]
ALPHA, INNER, INSIDE = "アルファ極秘", "アルファ内輪", "庁内極秘"
GETS = [path for method, path, _ in operations_of(whole_openapi()) if method == "GET"]
PLACES = re.compile(r"\{(\w+)\}")


@dataclass
class Case:
    """A case of carrier A with everything about it that others might learn."""

    window: Window
    site: dict[str, Any]
    documents: dict[str, dict[str, Any]]

    @property
    def places(self) -> dict[str, str]:
        """Its ids, by the names paths give them."""
        return {
            "site_id": self.site["site_id"], "application_id": self.site["application_id"],
            "document_id": self.documents["all"]["document_id"], "import_id": str(uuid4()), "plan_id": str(uuid4()),
            "figure": "stations", "secret": "x" * 43,
        }  # fmt: skip

    @property
    def secrets(self) -> list[str]:
        """Words and ids nothing else in the world has."""
        organisation = self.window.world.organisations["carrier-a"]
        return [
            ALPHA, INNER, INSIDE, self.site["code"], self.site["code"].rpartition("-")[0], self.site["site_id"],
            self.site["application_id"], str(organisation), "組織 carrier-a",
            *(found[name] for found in self.documents.values() for name in ("document_id", "sha256")),
        ]  # fmt: skip


def silent(answer: httpx.Response, *secrets: str, asked: str = "") -> None:
    """No secret is in the answer's headers or body, but for what the question itself said."""
    text = f"{answer.headers}{answer.text}" + re.sub(r"\\u([0-9a-f]{4})", lambda at: chr(int(at[1], 16)), answer.text)
    assert [secret for secret in secrets if secret in text and secret not in asked] == [], answer.url


@pytest.fixture(scope="module")
def played_url(server_url: str, world_template: tuple[str, World]) -> Iterator[str]:
    """A database for this module: what one test does, the next one may find."""
    template, world = world_template
    people, organisations = dict(world.people), dict(world.organisations)
    with database(server_url, f"test_window_secrecy_{os.getpid()}", template) as url:
        with psycopg.connect(url, autocommit=True) as owner:
            add_office_assets(url, owner, world)
        for name, office in (("minato_reviewer", "minato"), ("hinohara_reviewer", "hinohara")):
            add_player(url, world, name, office, Role.OWNER_REVIEWER)
        yield url
    for kept, now in ((people, world.people), (organisations, world.organisations)):
        now.clear()
        now.update(kept)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def owner(played_url: str) -> Iterator[Owner]:
    with psycopg.connect(played_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
async def window(played_url: str, owner: Owner, world_template: tuple[str, World]) -> AsyncIterator[Window]:
    async with serving(settings_of(played_url)) as client:
        yield Window(client, world_template[1], owner)


@pytest.fixture(scope="module")
async def case(window: Window) -> Case:
    """Carrier A's case, referred to the bureau, with words to each audience, documents and an office asked."""
    (site,) = await window.apply("carrier_member", "B1", purpose=f"{ALPHA}の目的", note=f"{ALPHA}メモ")
    await window.refer(site)
    path = f"/sites/{site['site_id']}"
    await window.ok("carrier_member", "POST", f"{path}/comments", json={"text": f"{ALPHA}です"})
    await window.ok("carrier_member", "POST", f"{path}/comments", json={"text": INNER, "audience": "carrier"})
    await window.ok("window_operator", "POST", f"{path}/comments", json={"text": INSIDE, "audience": "inside"})
    ask = {
        "organisation_ids": [str(window.world.organisations["hinohara"])],
        "question": INSIDE,
        "due_on": str(in_days(9)),
    }
    await window.ok("owner_reviewer", "POST", f"{path}/reviews", json=ask)
    documents = {
        "all": await window.attach("carrier_member", site, "layout_plan"),
        "inside": await window.attach("owner_reviewer", site, "photo", audience="inside"),
    }
    return Case(window, site, documents)


async def test_another_carrier_learns_nothing_by_any_door(case: Case) -> None:
    """Every reading operation there is, with the other's ids where one is asked for."""
    asked = 0
    for path in GETS:
        named = set(PLACES.findall(path))
        if path.startswith("/ogc") or not named <= set(case.places):
            continue
        address = path.format(**case.places)
        answer = await case.window.client.get(address, headers=case.window.world["other_carrier_member"].token)
        asked += 1
        if named & {"site_id", "application_id", "document_id"}:
            assert answer.status_code == 404, path
        silent(answer, *case.secrets, asked=address)
    assert asked > 40
    own = case.site
    for query in (
        f"?application={own['application_id']}", "?q=B1", f"?q={own['code']}", f"?q={ALPHA}", "?state=referred", "?asked=true",
        f"?owner={own['owner_organisation_id']}", "?municipality=13103", "?count=true", "?mine=true", "?turn=owner&count=true",
    ):  # fmt: skip
        answer = await case.window.client.get(
            f"/api/v1/sites{query}", headers=case.window.world["other_carrier_member"].token
        )
        assert answer.json()["sites"] == [] and answer.json()["matched"] in (0, None)
        silent(answer, *case.secrets, asked=query)


async def test_another_carrier_gets_the_same_words_for_the_others_id_and_for_nobodys(case: Case) -> None:
    """Whatever it tries to do: 404 alike, and nothing of it is done."""
    window, site = case.window, case.site
    before = await window.case("carrier_member", site)
    document = case.documents["all"]["document_id"]
    step = {"json": {"action": "withdraw", "reason_code": "budget"}, "headers": {"If-Match": "*"}}
    tries: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/sites/{s}/transitions", step), ("POST", "/applications/{a}/sites/{s}/transitions", step),
        ("POST", "/sites/{s}/comments", {"json": {"text": "x"}}), ("POST", "/sites/{s}/sharing-answer", {"json": {"accepts": True}}),
        ("PATCH", "/applications/{a}", {"json": {"title": "x"}, "headers": {"If-Match": "*"}}),
        ("DELETE", "/applications/{a}", {}), ("POST", "/applications/{a}/clone", {}),
        ("POST", "/applications/{a}/submit", {"headers": {"If-Match": "*"}}),
        ("POST", "/applications/{a}/sites", {"json": {"asset_ids": ["B2"]}}), ("DELETE", "/applications/{a}/sites/{s}", {}),
        ("PUT", "/applications/{a}/sites/{s}/plan", {"json": {"plan": PLAN}, "headers": {"If-Match": "*"}}),
        ("DELETE", "/documents/{d}", {}), ("GET", "/documents/{d}/file", {}), ("GET", "/applications/{a}/precheck", {}),
        ("POST", "/sites/{s}/documents", {"files": {"file": ("a.png", b"x")}, "data": {"document_type": "photo"}}),
    ]  # fmt: skip
    for method, path, sent in tries:
        told = []
        for ids in (
            {"s": site["site_id"], "a": site["application_id"], "d": document},
            {n: str(uuid4()) for n in "sad"},
        ):
            answer = await window.call("other_carrier_member", method, path.format(**ids), **sent)
            assert answer.status_code == 404, (path, answer.text)
            text = re.sub(r'"trace_id":"\w+"', "", answer.text)
            for value in ids.values():
                text = text.replace(value, "ID")
            told.append(text)
        assert told[0] == told[1], path
    assert await window.case("carrier_member", site) == before


async def test_what_one_carrier_does_changes_nothing_another_reads(window: Window) -> None:
    """Lists, counts, validators, pre-check, procedure, map: byte by byte as before, until a station is on air."""
    draft = await window.ok(
        "other_carrier_member", "POST", "/applications", json={"title": "B", "plan": PLAN, "asset_ids": ["B5", "B6"]}
    )
    (theirs,) = await window.apply("other_carrier_member", "B5")
    place = f"/applications/{draft['application_id']}"
    paths = [
        "/applications", place, f"{place}/sites", f"{place}/precheck", "/sites?count=true", "/sites.csv", "/turns", "/offices",
        "/procedure", f"/sites/{theirs['site_id']}", f"/sites/{theirs['site_id']}/events", "/notices", "/feeds",
    ]  # fmt: skip
    public = ["/ogc/collections/assets/items?limit=100", "/ogc/collections/stations/items"]

    async def everything() -> dict[str, tuple[str | None, bytes]]:
        found = {}
        for path in [f"/api/v1{path}" for path in paths] + public:
            answer = await window.client.get(path, headers=window.world["other_carrier_member"].token)
            assert answer.status_code == 200, path
            found[path] = (answer.headers.get("etag"), re.sub(rb'"timeStamp":"[^"]+"', b"", answer.content))
        return found

    before = await everything()
    (site, other) = await window.apply("carrier_member", "B5", "B6")
    assert await everything() == before
    await window.refer(site)  # the only slot of B5 is reserved
    await window.refer(other)
    assert await everything() == before
    await window.survey(site, "carrier_member", "owner_reviewer")
    await window.permit(site, "carrier_member", "owner_reviewer")
    assert await everything() == before


async def test_the_time_tells_nothing_of_anothers_case(case: Case) -> None:
    client, headers = case.window.client, case.window.world["other_carrier_member"].token
    await _same_time(
        client, headers, lambda: f"/api/v1/sites/{case.site['site_id']}", lambda: f"/api/v1/sites/{uuid4()}"
    )


async def test_staff_who_may_see_another_carriers_case_is_not_named_to_a_carrier(window: Window) -> None:
    """A carrier refused for want of a slot, or asked to share, hears no name, no code, no id of the other."""
    (first,) = await window.apply("carrier_member", "B3")
    await window.refer(first)
    (second,) = await window.apply("other_carrier_member", "B3")
    await window.act("window_operator", second, "accept")
    full = await window.try_act("window_operator", second, "refer")
    assert full.json()["rivals"][0]["code"] == first["code"]  # the window is told
    await window.act("window_operator", second, "propose_sharing", with_site_id=first["site_id"])
    for person, mine, other in (("other_carrier_member", second, first), ("carrier_member", first, second)):
        words = [other["code"], other["site_id"], other["application_id"], other["carrier_name"]]
        for path in ("", "/events", "/documents", "/reviews"):
            silent(await window.call(person, "GET", f"/sites/{mine['site_id']}{path}"), *words)
        silent(await window.call(person, "GET", "/notices"), *words)
        refused = await window.try_act(person, mine, "propose_sharing", with_site_id=other["site_id"])
        assert refused.status_code == 403
        silent(refused, *words)


async def test_a_carrier_never_hears_what_is_said_inside(case: Case) -> None:
    """No inside comment, review, document, correction of the asset, nor the person who said it; on no way."""
    window, path = case.window, f"/sites/{case.site['site_id']}"
    events = await window.ok("carrier_member", "GET", f"{path}/events")
    assert {event["audience"] for event in events} == {"all", "carrier"}
    assert not {event["action"] for event in events} & {"ask_review", "answer_review", "assign"}
    assert await window.ok("carrier_member", "GET", f"{path}/reviews") == []
    assert await window.ok("carrier_member", "GET", f"{path}/asset-corrections") == []
    listed = await window.ok("carrier_member", "GET", f"{path}/documents")
    assert [document["document_type"] for document in listed] == ["layout_plan"]
    inside = case.documents["inside"]["document_id"]
    for door in ("file", "thumbnail"):
        assert (await window.call("carrier_member", "GET", f"/documents/{inside}/{door}")).status_code == 404
        assert (await window.call("owner_reviewer", "GET", f"/documents/{inside}/{door}")).status_code == 200
    feed = await window.ok("carrier_member", "POST", "/feeds")
    addresses = [value for value in feed.values() if isinstance(value, str) and "/feeds/" in value]
    assert addresses
    for answer in [
        await window.call("carrier_member", "GET", path), await window.call("carrier_member", "GET", "/notices"),
        *[await window.client.get(address) for address in addresses],
    ]:  # fmt: skip
        assert answer.status_code == 200
        silent(answer, INSIDE, inside)


async def test_offices_and_window_never_hear_what_carriers_say_among_themselves(case: Case) -> None:
    for person in ("window_operator", "owner_reviewer", "hinohara_reviewer"):
        for door in ("", "/events"):
            answer = await case.window.call(person, "GET", f"/sites/{case.site['site_id']}{door}")
            assert answer.status_code == 200
            silent(answer, INNER)
    colleague = await case.window.call("carrier_admin", "GET", f"/sites/{case.site['site_id']}/events")
    assert INNER in colleague.text


async def test_an_office_sees_a_case_from_its_referral_on_and_no_other(window: Window) -> None:
    """Before it is referred: nothing. After: that one, and no other site of the same application."""
    ours, elsewhere = sorted(
        await window.apply("carrier_member", "K1", "M1", note="ベータ極秘"), key=lambda s: s["asset_id"]
    )
    of = {"application": ours["application_id"], "count": True}
    for person in ("owner_reviewer", "minato_reviewer", "hinohara_reviewer"):
        assert (await window.call(person, "GET", f"/sites/{ours['site_id']}")).status_code == 404
        assert (await window.ok(person, "GET", "/sites", params=of))["matched"] == 0
        for path in ("/sites.csv", "/applications", "/sites?limit=200", "/notices"):
            silent(await window.call(person, "GET", path), "ベータ極秘", ours["code"], elsewhere["code"])
    await window.refer(ours)
    seen = await window.ok("owner_reviewer", "GET", "/sites", params=of)
    assert ([site["site_id"] for site in seen["sites"]], seen["matched"]) == ([ours["site_id"]], 1)
    application = await window.ok("owner_reviewer", "GET", f"/applications/{ours['application_id']}")
    assert application["sites"] == 1, "how many other sites there are is none of its business"
    sites = await window.ok("owner_reviewer", "GET", f"/applications/{ours['application_id']}/sites")
    assert [site["code"] for site in sites] == [ours["code"]]
    for person in ("minato_reviewer", "hinohara_reviewer", "planner", "auditor", "surveyor", "municipal_editor"):
        answer = await window.call(person, "GET", f"/sites/{ours['site_id']}")
        assert answer.status_code in (403, 404)
    hinohara = str(window.world.organisations["hinohara"])
    await window.act("window_operator", elsewhere, "accept")
    await window.act("window_operator", elsewhere, "refer", owner_organisation_id=hinohara)
    assert (await window.call("minato_reviewer", "GET", f"/sites/{elsewhere['site_id']}")).status_code == 404
    assert (await window.call("hinohara_reviewer", "GET", f"/sites/{elsewhere['site_id']}")).status_code == 200


async def test_an_office_learns_nothing_of_cases_that_were_not_referred_to_it(window: Window, owner: Owner) -> None:
    """Where its own case lost the slot: rivals are named only as far as they lie with the same office."""
    (first,) = await window.apply("carrier_member", "B4")
    await window.refer(first)
    await window.survey(first, "carrier_member", "owner_reviewer")
    await window.act("owner_reviewer", first, "agree")
    await window.act("carrier_member", first, "apply_permit")
    (second,) = await window.apply("other_carrier_member", "B4")
    owner.execute("UPDATE slot_reservation SET released_at = now() WHERE site_id = %s", (first["site_id"],))
    owner.execute("UPDATE asset SET slots_used = 1 WHERE asset_id = 'B4' AND valid_to IS NULL")
    refused = await window.try_act("owner_reviewer", first, "permit", permit=PERMIT)
    assert (refused.status_code, refused.json().get("reason")) == (409, "no_slot"), refused.text
    silent(refused, second["code"], second["site_id"], "組織 carrier-b")


async def test_public_pages_tell_of_no_case(case: Case) -> None:
    """Without signing in: totals at most; nothing of a case that is not on air."""
    for path in (
        "/",
        "/ogc/collections/stations/items",
        "/api/v1/progress/stations",
        "/openapi.json",
        "/metrics",
        "/healthz",
    ):
        silent(await case.window.client.get(path), *case.secrets)
    for path in GETS:
        if "{" not in path and not path.startswith("/ogc"):
            silent(await case.window.client.get(path), *case.secrets)


async def test_in_the_end_a_hand_over_leaves_the_former_contractor_nothing(
    case: Case, played_url: str, owner: Owner
) -> None:
    window = case.window
    made = owner.execute(
        "INSERT INTO organisation (kind, name) VALUES ('window', '次の窓口') RETURNING organisation_id"
    ).fetchone()
    assert made is not None
    window.world.organisations["next-window"] = made[0]
    add_player(played_url, window.world, "next_operator", "next-window", Role.WINDOW_OPERATOR)
    feed = await window.ok("window_operator", "POST", "/feeds")
    body = {
        "from_organisation_id": str(window.world.organisations["window"]), "to_organisation_id": str(UUID(str(made[0]))),
    }  # fmt: skip
    assert (await window.ok("system_admin", "POST", "/hand-over", json=body))["sites"] >= 1
    for path in GETS:
        named = set(PLACES.findall(path))
        if path.startswith("/ogc") or not named <= set(case.places):
            continue
        address = path.format(**case.places)
        answer = await window.client.get(address, headers=window.world["window_operator"].token)
        assert answer.status_code in (403, 404) or not named & {"site_id", "application_id", "document_id"}, path
        if path not in ("/api/v1/notices", "/api/v1/offices"):
            silent(answer, *case.secrets, asked=address)
    for address in (value for value in feed.values() if isinstance(value, str) and "/feeds/" in value):
        silent(await window.client.get(address), *case.secrets)
    silent(await window.call("window_operator", "GET", "/notices"), ALPHA, INSIDE, case.site["code"])
    assert (await window.try_act("window_operator", case.site, "refer")).status_code == 404
    assert (await window.case("next_operator", case.site))["state"] == "referred"
