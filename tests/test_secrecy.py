"""Two carriers, one connection: nothing of what one plans reaches the other, by whatever door."""

import asyncio
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import mapbox_vector_tile
import psycopg
import pytest

from tests.accounts_world import (
    MARKERS,
    PLAN_PLACES,
    PLANS_EACH,
    TILE,
    Headers,
    World,
    add_plan,
    settings_of,
)
from tests.conftest import serving

Owner = psycopg.Connection[Any]
Client = httpx.AsyncClient

OTHER = {"carrier-a": "carrier-b", "carrier-b": "carrier-a"}
MEMBER = {"carrier-a": "carrier_member", "carrier-b": "other_carrier_member"}
PLANS = "/api/v1/planned-stations"
COLLECTION = "/ogc/collections/planned-stations"
ITEMS = COLLECTION + "/items"
Z, X, Y = TILE
OWN_TILE = f"{COLLECTION}/tiles/WebMercatorQuad/{Z}/{Y}/{X}"
DATASET_TILE = f"/ogc/tiles/WebMercatorQuad/{Z}/{Y}/{X}"
# What both carriers may ask for in the same words.
SAME_FOR_BOTH = (
    ITEMS, ITEMS + "?limit=2", ITEMS + "?f=html", ITEMS + "?sortby=-name", ITEMS + "?filter=technology='5g'",
    ITEMS + "?technology=5g", ITEMS + "?bbox=139.7,35.6,139.8,35.7", OWN_TILE, OWN_TILE + "?technology=5g", DATASET_TILE,
    DATASET_TILE + "?collections=planned-stations", "/ogc", "/ogc/collections", "/ogc/api", "/ogc/api?f=html",
    "/ogc/conformance", COLLECTION, COLLECTION + "/schema", COLLECTION + "/queryables",
    "/ogc/tiles/WebMercatorQuad?f=tilejson", "/ogc/collections/assets/items?limit=3",
    f"/ogc/collections/assets/tiles/WebMercatorQuad/{Z}/{Y}/{X}",
)  # fmt: skip


@pytest.fixture
async def narrow(world_url: str) -> AsyncIterator[Client]:
    """The service with one connection for commands and one for signed-in readers."""
    async with serving(settings_of(world_url, work_pool_size=1, private_pool_size=1, read_pool_size=1)) as client:
        yield client


def text_of(response: httpx.Response) -> str:
    """All an answer tells: headers and body, tiles decoded, escapes undone."""
    head = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    if "vector-tile" in response.headers.get("content-type", ""):
        return head + str(mapbox_vector_tile.decode(response.content))
    return head + response.text + re.sub(r"\\u([0-9a-f]{4})", lambda at: chr(int(at[1], 16)), response.text)


def assert_silent_about(response: httpx.Response, world: World, carrier: str, *asked: Any) -> None:
    """The answer holds no word and no id of a carrier's plans or people, but for what the question itself said."""
    text = text_of(response)
    people = [str(person.person_id) for person in world.people.values() if person.organisation == carrier]
    secret = [MARKERS[carrier], str(world.organisations[carrier]), *map(str, world.plans[carrier]), *people]
    assert [word for word in secret if word in text and word not in map(str, asked)] == []


async def questions(world: World, carrier: str) -> list[tuple[str, str, int, int | None]]:
    """What a carrier asks, honestly and not: door, address, status, numberMatched or number of rows."""
    other = OTHER[carrier]
    own, foreign, many = world.plans[carrier][0], world.plans[other][0], PLANS_EACH[carrier]
    lon, lat = PLAN_PLACES[other]
    box = f"{lon - 0.002},{lat - 0.002},{lon + 0.002},{lat + 0.002}"
    x, y = _tile_of(lon, lat, 17)
    return [
        ("rows", PLANS, 200, many),
        ("rows after another's id", f"{PLANS}?after={UUID(int=0)}", 200, many),
        ("own id", f"{PLANS}/{own}", 200, None),
        ("another's id", f"{PLANS}/{foreign}", 404, None),
        ("count", ITEMS, 200, many),
        ("count of a page", ITEMS + "?limit=2", 200, many),
        ("page past the end", ITEMS + "?offset=1000", 200, many),
        ("html", ITEMS + "?f=html", 200, None),
        ("box on the other's place", f"{ITEMS}?bbox={box}", 200, 0),
        ("filter on the other's words", f"{ITEMS}?filter=name LIKE '{MARKERS[other]}%'", 200, 0),
        ("filter that fails on a value", f"{ITEMS}?filter=CASEI(note) LIKE '%メモ'", 200, many),
        ("value of the other's", f"{ITEMS}?name={MARKERS[other]}局0", 200, 0),
        ("sort", ITEMS + "?sortby=-note,name&limit=1", 200, many),
        ("one feature", f"{ITEMS}/{own}", 200, None),
        ("the other's feature", f"{ITEMS}/{foreign}", 404, None),
        ("the other's feature as html", f"{ITEMS}/{foreign}?f=html", 404, None),
        ("tile", OWN_TILE, 200, many),
        ("filtered tile", f"{OWN_TILE}?filter=name LIKE '{MARKERS[other]}%'", 204, None),
        ("tile of the other's street", f"{COLLECTION}/tiles/WebMercatorQuad/17/{y}/{x}", 204, None),
        ("far tile", f"{COLLECTION}/tiles/WebMercatorQuad/5/12/28", 200, None),
        ("tile of everything", DATASET_TILE, 200, many),
        ("people", "/api/v1/people", 200, None),
        ("tokens", "/api/v1/me/tokens", 200, 2),
    ]


def _tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    from morecantile import tms

    tile = tms.get("WebMercatorQuad").tile(lon, lat, zoom)
    return tile.x, tile.y


def number_in(response: httpx.Response) -> int:
    """numberMatched, rows of a list, or features of the tile's layer."""
    if "vector-tile" in response.headers["content-type"]:
        return len(mapbox_vector_tile.decode(response.content)["planned-stations"]["features"])
    content = response.json()
    return len(content) if isinstance(content, list) else int(content["numberMatched"])


async def test_interleaved_requests_over_one_connection(narrow: Client, world: World) -> None:
    """Each of hundreds of mixed requests answers its own carrier's plans, all of them and nobody else's."""
    jobs: list[tuple[str | None, str, str, int, int | None]] = []
    for carrier in OTHER:
        jobs += [(carrier, *asked) for asked in await questions(world, carrier)] * 6
    for door, path, _, _ in await questions(world, "carrier-a"):
        public = path.startswith("/ogc") and "planned-stations" not in path
        jobs += [(None, door, path, 200 if public else 401 if path.startswith("/api") else 404, None)] * 3
    random.Random(3).shuffle(jobs)
    turn, seen = asyncio.Semaphore(6), Counter[str]()

    async def ask(carrier: str | None, door: str, path: str, status: int, number: int | None) -> None:
        async with turn:
            person = world[MEMBER[carrier]] if carrier else None
            headers = (person.token if len(seen) % 2 else person.session) if person else {}
            response = await narrow.get(path, headers=headers)
        assert response.status_code == status, (door, carrier, response.text)
        for stranger in OTHER if carrier is None else [OTHER[carrier]]:
            assert_silent_about(response, world, stranger, *re.split(r"[/?=']", path))
        if number is not None:
            assert number_in(response) == number, door
        if path.startswith("/ogc") and carrier:
            if status < 300:
                assert response.headers["cache-control"] == "private, no-cache"
                assert {"Authorization", "Cookie"} <= set(response.headers["vary"].split(", "))
            else:
                assert response.headers["cache-control"] == "no-store"
        seen[door] += 1

    await asyncio.gather(*(ask(*job) for job in jobs))
    assert sum(seen.values()) == len(jobs) > 300


@pytest.mark.parametrize("path", SAME_FOR_BOTH)
async def test_etags_never_meet(narrow: Client, world: World, path: str) -> None:
    """Nobody's validator fits anybody else's answer, though its content be the same."""
    asking: dict[str, Headers] = {name: world[person].token for name, person in MEMBER.items()}
    asking |= {"nobody": {}, "staff": world["planner"].token}
    answers = {name: await narrow.get(path, headers=headers) for name, headers in asking.items()}
    tags = {name: answer.headers["etag"] for name, answer in answers.items() if answer.status_code == 200}
    assert len(set(tags.values())) == len(tags)
    assert {"carrier-a", "carrier-b"} <= set(tags)
    for name in answers:
        for holder, tag in tags.items():
            again = await narrow.get(path, headers={**asking[name], "If-None-Match": tag})
            assert (again.status_code == 304) == (name == holder), (name, holder)


async def test_no_etag_of_an_empty_list_meets(narrow: Client, world: World, owner: Owner) -> None:
    owner.execute("DELETE FROM planned_station")
    for path in (ITEMS, OWN_TILE, PLANS):
        a, b = [await narrow.get(path, headers=world[person].token) for person in MEMBER.values()]
        if "etag" in a.headers:
            assert a.headers["etag"] != b.headers["etag"]


async def test_what_one_plans_moves_nothing_of_anybody_else(narrow: Client, world: World, owner: Owner) -> None:
    """Data versions, ETags, counts and bytes of everybody else stay as they were."""
    asking = {"nobody": {}, "carrier-b": world["other_carrier_member"].token, "staff": world["planner"].token}

    async def everything() -> dict[tuple[str, str], tuple[str | None, bytes]]:
        return {
            (name, path): (response.headers.get("etag"), re.sub(rb'"trace_id":"\w+"', b"", response.content))
            for name, headers in asking.items()
            for path in SAME_FOR_BOTH
            for response in [await narrow.get(path, headers=headers)]
        }

    versions = owner.execute("SELECT * FROM data_version ORDER BY 1").fetchall()
    before = await everything()
    body = {"name": "新計画", "lon": 139.77, "lat": 35.66, "technology": "5g"}
    made = await narrow.post(PLANS, json=body, headers=world["carrier_member"].session)
    assert made.status_code == 201
    deleted = await narrow.delete(
        f"{PLANS}/{world.plans['carrier-a'][0]}", headers={**world["carrier_member"].session, "If-Match": '"1"'}
    )
    assert deleted.status_code == 204
    assert owner.execute("SELECT * FROM data_version ORDER BY 1").fetchall() == versions
    assert await everything() == before


async def test_a_cursor_of_one_serves_the_other_only_his_own(narrow: Client, world: World) -> None:
    first = (await narrow.get(ITEMS + "?limit=1", headers=world["carrier_member"].token)).json()
    following = next(link["href"] for link in first["links"] if link["rel"] == "next").removeprefix("http://test")
    for headers, matched in ((world["other_carrier_member"].token, PLANS_EACH["carrier-b"]), ({}, None)):
        answer = await narrow.get(following, headers=headers)
        assert_silent_about(answer, world, "carrier-a", first["features"][0]["id"])
        assert answer.status_code == (404 if matched is None else 200)
        if matched is not None:
            assert answer.json()["numberMatched"] == matched


async def test_not_found_says_the_same_of_anothers_id_and_of_nobodys(narrow: Client, world: World) -> None:
    body = {"name": "奪う", "lon": 139.7, "lat": 35.6, "technology": "4g"}
    # Not packed: the length of a packed answer differs with the id that was asked for.
    headers = {**world["other_carrier_member"].session, "If-Match": '"1"', "Accept-Encoding": "identity"}
    told = {}
    for plan_id in (world.plans["carrier-a"][1], uuid4(), uuid4()):
        answers = [
            await narrow.get(f"{PLANS}/{plan_id}", headers=headers),
            await narrow.put(f"{PLANS}/{plan_id}", headers=headers, json=body),
            await narrow.delete(f"{PLANS}/{plan_id}", headers=headers),
            await narrow.get(f"{ITEMS}/{plan_id}", headers=headers),
            await narrow.get(f"{ITEMS}/{plan_id}?f=html", headers=headers),
        ]
        assert [answer.status_code for answer in answers] == [404] * 5
        told[plan_id] = [
            (
                {name: value for name, value in answer.headers.items() if name != "x-request-id"},
                answer.text.replace(str(plan_id), "ID").replace(answer.headers["x-request-id"], "TRACE"),
            )
            for answer in answers
        ]
    first, *others = told.values()
    assert others == [first, first]


def test_ids_tell_no_sequence(world: World) -> None:
    every = [plan for plans in world.plans.values() for plan in plans]
    every += [*world.organisations.values(), *(person.person_id for person in world.people.values())]
    assert {plan.version for plan in every} == {4}  # random


async def test_the_time_tells_nothing_of_anothers_id(narrow: Client, world: World) -> None:
    foreign = world.plans["carrier-a"][1]
    await _same_time(
        narrow, world["other_carrier_member"].token, lambda: f"{PLANS}/{foreign}", lambda: f"{PLANS}/{uuid4()}"
    )
    await _same_time(
        narrow, world["other_carrier_member"].token, lambda: f"{ITEMS}/{foreign}", lambda: f"{ITEMS}/{uuid4()}"
    )


async def test_the_time_tells_nothing_of_how_many_another_plans_there(
    narrow: Client, world: World, owner: Owner
) -> None:
    """Thousands of another's plans in a tile make it no slower than a tile without any."""
    owner.execute(
        "INSERT INTO planned_station (organisation_id, name, technology, geom) SELECT %s, 'x', '5g',"
        " ST_SetSRID(ST_MakePoint(139.77 + n * 1e-7, 35.64), 4326) FROM generate_series(1, 20000) n",
        (world.organisations["carrier-a"],),
    )
    owner.execute("ANALYZE planned_station")
    x, y = _tile_of(139.771, 35.64, 16)
    tiles = f"{COLLECTION}/tiles/WebMercatorQuad/16"
    headers = world["other_carrier_member"].token
    await _same_time(narrow, headers, lambda: f"{tiles}/{y}/{x}", lambda: f"{tiles}/{y + 40}/{x}")
    box = "139.7699,35.6399,139.78,35.6401"
    await _same_time(narrow, headers, lambda: f"{ITEMS}?bbox={box}", lambda: f"{ITEMS}?bbox=139.2,35.2,139.21,35.21")


async def _same_time(client: Client, headers: Headers, one: Any, other: Any) -> None:
    """Medians of two questions asked in turn lie in one class: less than a fifth or half a millisecond apart."""
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(60):
        for times, path in zip(took, (one(), other()), strict=True):
            began = time.perf_counter()
            await client.get(path, headers=headers)
            times.append(time.perf_counter() - began)
    first, second = (statistics.median(times) for times in took)
    assert abs(first - second) < max(0.2 * max(first, second), 5e-4), f"{first * 1000:.2f} and {second * 1000:.2f} ms"


def test_statistics_hide_small_numbers(world: World, owner: Owner) -> None:
    """Neither a number below five, nor one from which a carrier gets another's by taking off its own."""

    def shown() -> int | None:
        found = owner.execute("SELECT planned_stations FROM stat.planned_stations WHERE region = 'ward'").fetchone()
        assert found is not None
        number: int | None = found[0]
        return number

    third = owner.execute("INSERT INTO organisation (kind, name) VALUES ('carrier', '三') RETURNING 1, organisation_id")
    world = World({**world.organisations, "carrier-c": (third.fetchone() or ())[1]})
    for numbers, expected in {
        (0, 0, 0): None, (1, 0, 0): None, (2, 2, 0): None, (2, 1, 1): None,
        (9, 0, 0): None,  # all of one
        (9, 4, 0): None, (9, 9, 0): None,  # of two: each knows the other's
        (9, 2, 2): None,  # the largest knows that the others have four
        (9, 3, 2): 14, (3, 3, 3): 9,
    }.items():  # fmt: skip
        owner.execute("DELETE FROM planned_station")
        for carrier, many in zip(("carrier-a", "carrier-b", "carrier-c"), numbers, strict=True):
            for _ in range(many):
                add_plan(owner, world, carrier, 1)
        assert shown() == expected, numbers
