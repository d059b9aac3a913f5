"""Coverage as everybody and as planners read it over `/ogc`."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

import httpx
import mapbox_vector_tile
import psycopg
import pytest

from app.accounts.actor import Transactions
from app.coverage.build import build
from app.coverage.profiles import get_profile
from app.db import make_worker_engine
from tests.accounts_world import World, settings_of
from tests.conftest import database, serving
from tests.coverage.driven import Drive, add_survey, lay_ground

FOUR = ("docomo", "kddi", "softbank", "rakuten")
BOX = "139.0,35.8,139.05,35.82"
GAPS = f"/ogc/collections/coverage-gaps/items?bbox={BOX}"
CELLS = f"/ogc/collections/coverage-cells/items?bbox={BOX}&level=quarter&limit=1000"
TILE = "/ogc/collections/coverage-cells/tiles/WebMercatorQuad/12/1611/3629"


@pytest.fixture(scope="module")
def built_url(
    server_url: str, world_template: tuple[str, World], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A private survey without service in the west, a public one with service in the east."""
    with database(server_url, f"test_cover_{os.getpid()}", world_template[0]) as url:
        with psycopg.connect(url, autocommit=True) as owner:
            lay_ground(owner)
            west = [Drive(carrier, 1, 0, 3, None, "none") for carrier in FOUR]
            add_survey(owner, west, code="west", municipalities=["13901"], carriers_public=False)
            east = [Drive(carrier, 1, 9, 12, -80) for carrier in FOUR]
            add_survey(owner, east, code="east", municipalities=["13902"])
        settings = settings_of(url, survey_folder=tmp_path_factory.mktemp("surveys"))
        engine = make_worker_engine(settings)
        for day in (date(2026, 5, 31), date(2026, 6, 30)):
            build(Transactions(engine), settings, get_profile("tmg-4g-outdoor-1"), day, "postgresql")
        engine.dispose()
        yield url


@pytest.fixture
async def client(built_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(settings_of(built_url)) as client:
        yield client


async def features(client: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    response = await client.get(path, headers=headers or {})
    assert response.status_code == 200, response.text[:300]
    return [feature["properties"] for feature in response.json()["features"]]


def token(world: World, person: str) -> dict[str, str]:
    return dict(world[person].token)


async def test_gaps_of_all_carriers_as_a_planners_script_asks(client: httpx.AsyncClient) -> None:
    (gap,) = await features(client, f"{GAPS}&carrier=all&technology=4g")
    assert (gap["kind"], gap["cells"], gap["carriers_missing"]) == ("none", 3, "docomo,kddi,rakuten,softbank")
    assert gap["population"] == pytest.approx(30) and gap["profile"] == "tmg-4g-outdoor-1"
    assert await features(client, f"{GAPS}&carrier=all&technology=5g") == []
    assert await features(client, f"{GAPS}&carrier=docomo") == []


async def test_carriers_are_named_only_where_the_survey_says_so(client: httpx.AsyncClient, world: World) -> None:
    public = await features(client, CELLS)
    assert {(cell["municipality_code"], cell["carrier"] == "all") for cell in public} == {
        ("13901", True), ("13902", True), ("13902", False),
    }  # fmt: skip
    seen = await features(client, f"{CELLS}&state=gap&carrier=docomo", token(world, "planner"))
    assert len(seen) == 3
    assert len(await features(client, f"{GAPS}&carrier=docomo", token(world, "planner"))) == 1
    assert await features(client, f"{CELLS}&state=gap&carrier=docomo", token(world, "carrier_member")) == []


async def test_roads_of_a_private_survey_are_the_planners(client: httpx.AsyncClient, world: World) -> None:
    roads = f"/ogc/collections/survey-roads/items?bbox={BOX}"
    assert {road["survey"] for road in await features(client, roads)} == {"east"}
    assert {road["survey"] for road in await features(client, roads, token(world, "planner"))} == {"east", "west"}


async def test_unsurveyed_cells_are_there_and_unknown(client: httpx.AsyncClient) -> None:
    cells = await features(client, f"{CELLS}&carrier=all")
    assert len(cells) == 128
    assert {cell["state"] for cell in cells if cell["samples"] == 0} == {"unknown"}
    covered = await features(
        client, f"{CELLS}&carrier=all&filter=state='covered'%20AND%20newest_on%3EDATE('2026-01-01')"
    )
    assert len(covered) == 3


async def test_the_past_is_asked_by_day(client: httpx.AsyncClient) -> None:
    history = f"/ogc/collections/coverage-history/items?bbox={BOX}&level=quarter&carrier=all&limit=1000"
    states = {
        day: {cell["state"] for cell in await features(client, f"{history}&as_of={day}")}
        for day in ("2026-05-31", "2026-06-30")
    }
    assert states == {"2026-05-31": {"unknown"}, "2026-06-30": {"unknown", "gap", "covered"}}


async def test_one_cell_by_its_id(client: httpx.AsyncClient) -> None:
    cell = (await features(client, f"{CELLS}&carrier=all&state=gap"))[0]
    found = await client.get(f"/ogc/collections/coverage-cells/items/{cell['cell_id']}")
    assert found.status_code == 200 and found.json()["properties"]["reason"] == "no_carrier"


async def test_tiles_hold_the_cells_asked_for(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{TILE}?carrier=all&level=quarter&state=gap")
    assert response.status_code == 200
    layer = mapbox_vector_tile.decode(response.content)["coverage-cells"]
    assert {feature["properties"]["state"] for feature in layer["features"]} == {"gap"}
    assert len(layer["features"]) == 3
    again = await client.get(
        f"{TILE}?carrier=all&level=quarter&state=gap", headers={"If-None-Match": response.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["coverage-cells", "coverage-gaps", "survey-roads", "resident-reports"])
async def test_every_collection_answers_in_every_form(client: httpx.AsyncClient, name: str) -> None:
    for path in ("", "/items", "/queryables", "/schema", "/items?f=csv", "/items?f=html", "/tiles/WebMercatorQuad"):
        response = await client.get(f"/ogc/collections/{name}{path}")
        assert response.status_code in (200, 406) or "f=csv" in path, (path, response.text[:200])


@pytest.mark.parametrize("query", ["state=fine", "carrier=nobody", "as_of=today", "filter=state%3D1"])
async def test_bad_questions_are_told(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(f"/ogc/collections/coverage-cells/items?{query}")
    assert response.status_code in (200, 400)
    if response.status_code == 200:
        assert response.json()["features"] == []
