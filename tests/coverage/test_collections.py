"""Coverage as everybody and as planners read it over `/ogc`."""

import math
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
from app.geo import TileCoord
from tests.accounts_world import World, settings_of
from tests.conftest import database, serving
from tests.coverage.driven import Drive, add_survey, lay_ground

FOUR = ("docomo", "kddi", "softbank", "rakuten")
BOX = "139.0,35.8,139.05,35.82"
GAPS = f"/ogc/collections/coverage-gaps/items?bbox={BOX}"
CELLS = f"/ogc/collections/coverage-cells/items?bbox={BOX}&level=quarter&limit=1000"
TILE = "/ogc/collections/coverage-cells/tiles/WebMercatorQuad/12/1611/3629"

REPORT = """
INSERT INTO resident_report (experienced_on, part_of_day, trouble, place, is_sample, geom)
VALUES ('2026-06-02', 'day', 'slow', 'outdoors', false, ST_Point(139.01, 35.81, 4326))
"""


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
            owner.execute(REPORT)
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


def tile_at(z: int, lon: float = 139.025, lat: float = 35.81) -> TileCoord:
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return TileCoord(z, int((lon + 180) / 360 * 2**z), int(y * 2**z))


def address(tile: TileCoord, query: str, collection: str = "coverage-cells") -> str:
    return f"/ogc/collections/{collection}/tiles/WebMercatorQuad/{tile.z}/{tile.y}/{tile.x}?{query}"


async def drawn(client: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    response = await client.get(path, headers=headers or {})
    assert response.status_code in (200, 204), response.text[:300]
    layers = mapbox_vector_tile.decode(response.content, default_options={"y_coord_down": True})
    return [feature for layer in layers.values() for feature in layer["features"]]


def box_of(feature: dict[str, Any]) -> tuple[int, ...]:
    (ring,) = feature["geometry"]["coordinates"]
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True))
    assert len(set(map(tuple, ring))) == 4 and area > 0  # an outer ring, as the format winds it
    return min(xs), min(ys), max(xs), max(ys)


@pytest.mark.parametrize(
    ("zoom", "level"), [(9, "half"), (10, "quarter"), (12, "half"), (13, "quarter"), (17, "quarter")]
)
async def test_meshes_lie_in_tiles_where_postgis_puts_them(
    client: httpx.AsyncClient, built_url: str, zoom: int, level: str
) -> None:
    tile = tile_at(zoom)
    query = f"carrier=all&level={level}&properties=cell_id"
    found = {cell["properties"]["cell_id"]: box_of(cell) for cell in await drawn(client, address(tile, query))}
    with psycopg.connect(built_url) as owner:
        rows = owner.execute(
            "SELECT cell_id, ST_XMin(g), ST_YMin(g), ST_XMax(g), ST_YMax(g) FROM (SELECT cell_id, ST_AsMVTGeom("
            " ST_Transform(geom, 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64) AS g FROM ogc.coverage_cells"
            " WHERE carrier = 'all' AND level = %(level)s) q WHERE g IS NOT NULL",
            {"z": tile.z, "x": tile.x, "y": tile.y, "level": level},
        ).fetchall()
    expected = {cell_id: box for cell_id, *box in rows}
    assert found.keys() == expected.keys() and found
    assert all(abs(a - b) <= 1 for cell_id in found for a, b in zip(found[cell_id], expected[cell_id], strict=True))


async def test_low_zooms_have_half_meshes_alone_and_the_lowest_none(client: httpx.AsyncClient) -> None:
    assert await drawn(client, address(tile_at(9), "carrier=all&level=quarter")) == []
    assert len(await drawn(client, address(tile_at(9), "carrier=all"))) == 32
    for zoom in (0, 5):
        assert (await client.get(address(tile_at(zoom), "carrier=all"))).status_code == 204


async def test_tiles_without_a_filter_show_all_carriers_together_in_one_layer_of_squares(
    client: httpx.AsyncClient, world: World
) -> None:
    for headers in ({}, token(world, "planner")):
        for zoom, level, size in ((9, "half", 32), (10, "quarter", 128)):
            cells = await drawn(client, address(tile_at(zoom), "properties=level,carrier"), headers)
            assert [cell["properties"] for cell in cells] == [{"level": level, "carrier": "all"}] * size
    near, far = await drawn(client, address(tile_at(12), "")), await drawn(client, address(tile_at(11), ""))
    assert set(near[0]["properties"]) > {"cell_id", "mesh_code", "state"}
    assert far[0]["properties"].keys() <= {"state", "grade", "profile"}


async def test_planners_have_tiles_of_a_carrier_that_others_have_not(client: httpx.AsyncClient, world: World) -> None:
    path = address(tile_at(12), "carrier=docomo&level=quarter&state=gap")
    assert len(await drawn(client, path, token(world, "planner"))) == 3
    assert await drawn(client, path) == []
    path = address(tile_at(12), "carrier=docomo&level=quarter&as_of=2026-05-31", "coverage-history")
    assert {cell["properties"]["state"] for cell in await drawn(client, path, token(world, "planner"))} == {"unknown"}


async def test_tiles_of_the_dataset_hold_cells_only_where_asked(client: httpx.AsyncClient) -> None:
    tile = tile_at(12)
    whole = f"/ogc/tiles/WebMercatorQuad/{tile.z}/{tile.y}/{tile.x}"
    held = mapbox_vector_tile.decode((await client.get(whole)).content).keys()
    assert "coverage-gaps" in held and not held & {"coverage-cells", "coverage-history"}
    asked = await client.get(whole, params={"collections": "coverage-cells,coverage-gaps"})
    assert mapbox_vector_tile.decode(asked.content).keys() == {"coverage-cells", "coverage-gaps"}


COLLECTIONS = ("coverage-cells", "coverage-history", "coverage-gaps", "survey-roads", "resident-reports")


@pytest.mark.parametrize("name", COLLECTIONS)
async def test_every_collection_answers_in_every_form(client: httpx.AsyncClient, name: str) -> None:
    base = f"/ogc/collections/{name}"
    items = await client.get(f"{base}/items")
    assert items.status_code == 200 and items.json()["numberMatched"] > 0
    feature = items.json()["features"][0]
    assert (await client.get(f"{base}/items/{feature['id']}")).json()["properties"] == feature["properties"]
    queryables = (await client.get(f"{base}/queryables")).json()["properties"]
    schema = (await client.get(f"{base}/schema")).json()["properties"]
    assert set(feature["properties"]) <= set(queryables) and set(feature["properties"]) <= set(schema)
    layer = (await client.get(f"{base}/tiles/WebMercatorQuad?f=tilejson")).json()["vector_layers"][0]
    assert layer["id"] == name and set(layer["fields"]) <= set(schema)
    for path in ("", "/items", f"/items/{feature['id']}", "/tiles/WebMercatorQuad"):
        for form, media_type in (("json", "json"), ("html", "text/html")):
            response = await client.get(f"{base}{path}", params={"f": form})
            assert response.status_code == 200 and media_type in response.headers["content-type"], (path, form)
    refused = await client.get(f"{base}/items?f=csv")
    assert refused.status_code == 400 and refused.json()["errors"] == [{"parameter": "f"}]


BAD = (
    "carrier=nobody", "is_sample=maybe", "filter=nothing%3D1", "filter=is_sample%3D1", "sortby=nothing", "properties=nothing",
    "nothing=1", "bbox=1,2", "datetime=tomorrow", "limit=0",
)  # fmt: skip


@pytest.mark.parametrize("name", COLLECTIONS)
@pytest.mark.parametrize("query", BAD)
async def test_bad_questions_are_told(client: httpx.AsyncClient, name: str, query: str) -> None:
    response = await client.get(f"/ogc/collections/{name}/items?{query}")
    assert response.status_code == 400, response.text[:300]
    assert query.partition("=")[0] in response.text


@pytest.mark.parametrize("query", ["state=fine", "as_of=today", "level=third", "filter=state%3D1", "technology=6g"])
@pytest.mark.parametrize("name", ["coverage-cells", "coverage-history"])
async def test_states_days_and_levels_there_are_not_are_told(client: httpx.AsyncClient, name: str, query: str) -> None:
    tile = tile_at(12)
    for path in (
        f"/ogc/collections/{name}/items",
        f"/ogc/collections/{name}/tiles/WebMercatorQuad/12/{tile.y}/{tile.x}",
    ):
        assert (await client.get(f"{path}?{query}")).status_code == 400
