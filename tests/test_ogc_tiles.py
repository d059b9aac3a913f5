"""Tiles, decoded and counted against the database."""

import json
import math
import subprocess
from pathlib import Path
from typing import Any

import httpx
import mapbox_vector_tile
import psycopg
import pytest

from app.config import Settings
from app.geo import TileCoord
from app.ogc.tiles import degrees
from scripts.machine.browser_packages import ensure_node
from tests.conftest import serving

ASSET_TILE = "/ogc/collections/assets/tiles/WebMercatorQuad/{}/{}/{}"
SHINJUKU = (139.7, 35.69)


def tile_at(lon: float, lat: float, z: int) -> TileCoord:
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return TileCoord(z, int((lon + 180) / 360 * 2**z), int(y * 2**z))


def address(tile: TileCoord, template: str = ASSET_TILE) -> str:
    return template.format(tile.z, tile.y, tile.x)


async def layers(client: httpx.AsyncClient, path: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    response = await client.get(path, params=parameters or {})
    assert response.status_code in (200, 204), response.text[:300]
    assert response.headers["access-control-allow-origin"] == "*"
    if response.status_code == 204:
        assert response.content == b""
        return {}
    assert response.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    decoded: dict[str, Any] = mapbox_vector_tile.decode(response.content)
    return decoded


async def features(
    client: httpx.AsyncClient, path: str, parameters: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await layers(client, path, parameters)).get("assets", {"features": []})["features"]
    return [feature["properties"] for feature in found]


def ids_in_tile(
    reader: psycopg.Connection[Any], tile: TileCoord, condition: str = "true", margin_units: float = 64
) -> set[str]:
    """Assets whose geometry meets the tile or its margin of so many 4096ths."""
    margin = margin_units / 4096
    rows = reader.execute(
        "SELECT asset_id FROM ogc.assets WHERE ST_Intersects(ST_Transform(geom, 3857),"  # type: ignore[arg-type]
        f" ST_TileEnvelope(%s, %s, %s, margin => %s)) AND {condition}",
        (tile.z, tile.x, tile.y, margin),
    )
    return {row[0] for row in rows}


def assert_in_tile(found: list[str], reader: psycopg.Connection[Any], tile: TileCoord, condition: str = "true") -> None:
    """Every asset once; at the outer edge of the margin positions are rounded to whole units."""
    assert len(set(found)) == len(found) > 0
    assert ids_in_tile(reader, tile, condition, 63) <= set(found) <= ids_in_tile(reader, tile, condition, 65)


def assets_by_tile(reader: psycopg.Connection[Any], z: int, condition: str = "true") -> dict[tuple[int, int], int]:
    """How many assets lie in each tile of a zoom, by (column, row)."""
    rows = reader.execute(
        "SELECT floor((ST_X(p) + 180) / 360 * %(n)s)::int AS x,"  # type: ignore[arg-type]
        " floor((1 - asinh(tan(radians(ST_Y(p)))) / pi()) / 2 * %(n)s)::int AS y, count(*)"
        f" FROM (SELECT ST_PointOnSurface(geom) AS p FROM ogc.assets WHERE {condition}) q GROUP BY 1, 2",
        {"n": 2**z},
    )
    return {(x, y): count for x, y, count in rows}


@pytest.mark.parametrize("z", [12, 13, 14, 15, 16])
async def test_points_of_a_tile_are_those_of_the_database(
    client: httpx.AsyncClient, reader: psycopg.Connection[Any], z: int
) -> None:
    tile = tile_at(*SHINJUKU, z)
    found = [feature["asset_id"] for feature in await features(client, address(tile))]
    assert_in_tile(found, reader, tile)


@pytest.mark.parametrize("z", [0, 5, 8, 11])
async def test_counts_of_low_zooms_lose_nobody(
    client: httpx.AsyncClient, reader: psycopg.Connection[Any], z: int
) -> None:
    for (x, y), count in assets_by_tile(reader, z).items():
        found = await features(client, address(TileCoord(z, x, y)))
        assert sum(feature["n"] for feature in found) == count
        assert all(feature["cluster"] is True for feature in found)
        assert all(feature["n"] == feature["building"] + feature["land"] + feature["structure"] for feature in found)


@pytest.mark.parametrize("z", [5, 9])
async def test_filtered_counts_have_the_same_shape(
    client: httpx.AsyncClient, reader: psycopg.Connection[Any], z: int
) -> None:
    total = 0
    for (x, y), count in assets_by_tile(reader, z, "height_m > 20").items():
        found = await features(client, address(TileCoord(z, x, y)), {"filter": "height_m > 20"})
        assert sum(feature["n"] for feature in found) == count
        assert set(found[0]) == {"cluster", "n", "building", "land", "structure"}
        total += count
    assert total == (reader.execute("SELECT count(*) FROM ogc.assets WHERE height_m > 20").fetchone() or [0])[0]


async def test_stored_and_live_counts_agree(client: httpx.AsyncClient) -> None:
    path = address(tile_at(*SHINJUKU, 9))
    stored = await layers(client, path)
    live = await layers(client, path, {"filter": "asset_id LIKE '%'"})

    def cells(decoded: dict[str, Any]) -> list[Any]:
        return sorted(
            (*feature["geometry"]["coordinates"], *sorted(feature["properties"].items()))
            for feature in decoded["assets"]["features"]
        )

    for one, other in zip(cells(stored), cells(live), strict=True):
        assert one[:2] == pytest.approx(other[:2], abs=1)
        assert one[2:] == other[2:]


@pytest.mark.parametrize(
    ("parameters", "condition"),
    [
        ({"filter": "asset_kind = 'building' AND height_m > 10"}, "asset_kind = 'building' AND height_m > 10"),
        ({"asset_kind": "land"}, "asset_kind = 'land'"),
        ({"q": "公園"}, "search_text LIKE '%%公園%%'"),
        ({"municipality_code": "13104"}, "municipality_code = '13104'"),
    ],
)
async def test_tiles_are_narrowed_as_items_are(
    client: httpx.AsyncClient, reader: psycopg.Connection[Any], parameters: dict[str, str], condition: str
) -> None:
    tile = tile_at(*SHINJUKU, 12)
    found = [feature["asset_id"] for feature in await features(client, address(tile), parameters)]
    assert_in_tile(found, reader, tile, condition)


async def test_attributes_are_chosen(client: httpx.AsyncClient, reader: psycopg.Connection[Any]) -> None:
    path = address(tile_at(*SHINJUKU, 14))
    slim = await features(client, path, {"properties": "asset_id,name"})
    assert {name for feature in slim for name in feature} == {"asset_id", "name"}
    whole = await features(
        client, path, {"properties": "asset_id,updated_at,restrictions,source_as_of,is_sample,floors_above"}
    )
    (at,) = reader.execute(
        "SELECT to_json(updated_at) #>> '{}' FROM ogc.assets WHERE asset_id = %s", (whole[0]["asset_id"],)
    ).fetchone() or ("",)
    assert whole[0]["updated_at"][:19] == at[:19]
    assert whole[0]["is_sample"] is True
    assert all(isinstance(feature.get("floors_above", 0), int) for feature in whole)
    assert all(feature["restrictions"].startswith("[") for feature in whole if "restrictions" in feature)


async def test_an_empty_tile_is_204_and_one_off_the_matrix_404(client: httpx.AsyncClient) -> None:
    assert (await client.get(ASSET_TILE.format(10, 0, 0))).status_code == 204
    for z, row, col in (
        ("3", "8", "0"),
        ("3", "0", "8"),
        ("23", "0", "0"),
        ("-1", "0", "0"),
        ("x", "0", "0"),
        ("1", "9" * 5000, "0"),
    ):
        response = await client.get(ASSET_TILE.format(z, row, col))
        assert response.status_code == 404, (z, row, col)
        assert response.headers["access-control-allow-origin"] == "*"


async def test_several_layers(client: httpx.AsyncClient, reader: psycopg.Connection[Any]) -> None:
    tile = tile_at(*SHINJUKU, 13)
    path = address(tile, "/ogc/tiles/WebMercatorQuad/{}/{}/{}")
    whole = await layers(client, path)
    assert {"assets", "municipalities", "population-mesh"} <= set(whole)
    assert_in_tile([feature["properties"]["asset_id"] for feature in whole["assets"]["features"]], reader, tile)
    assert set(await layers(client, path, {"collections": "municipalities"})) == {"municipalities"}
    assert list(await layers(client, path, {"collections": "municipalities,assets"})) == ["municipalities", "assets"]
    assert (await client.get(path, params={"collections": "nope"})).status_code == 400


async def test_tilejson_leads_to_tiles_that_may_be_kept(client: httpx.AsyncClient) -> None:
    response = await client.get("/ogc/collections/assets/tiles/WebMercatorQuad", params={"f": "tilejson"})
    tilejson = response.json()
    assert (tilejson["tilejson"], tilejson["vector_layers"][0]["id"]) == ("3.0.0", "assets")
    tile = tile_at(*SHINJUKU, 14)
    url = tilejson["tiles"][0].replace("{z}", "14").replace("{x}", str(tile.x)).replace("{y}", str(tile.y))
    kept = await client.get(url)
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert {f["properties"]["asset_id"] for f in mapbox_vector_tile.decode(kept.content)["assets"]["features"]}
    stale = await client.get(url.replace("v=", "v=9"))
    assert stale.headers["cache-control"].startswith("public, max-age=60")


async def test_the_same_tile_by_other_addresses(client: httpx.AsyncClient) -> None:
    tile = tile_at(*SHINJUKU, 14)
    official = await client.get(address(tile))
    assert (
        await client.get(f"/ogc/collections/assets/tiles/{tile.z}/{tile.x}/{tile.y}.mvt")
    ).content == official.content
    assert (await client.get(f"/ogc/collections/assets/tiles/{tile.z}/{tile.x}/x.mvt")).status_code == 404
    plain = await client.get("/ogc/collections/assets/tiles/tilejson.json")
    assert plain.json() == (await client.get("/ogc/collections/assets/tiles/WebMercatorQuad?f=tilejson")).json()


def faults_of_style(style: dict[str, Any], folder: Path) -> str:
    """What the style specification's own validator says."""
    checker = Path("node_modules/@maplibre/maplibre-gl-style-spec/dist/gl-style-validate.mjs")
    if not checker.exists():
        pytest.skip("npm のパッケージがありません / no npm packages here")
    written = folder / "style.json"
    written.write_text(json.dumps(style))
    node = str(ensure_node().folder / "node")
    checked = subprocess.run([node, str(checker), str(written)], capture_output=True, text=True)
    return checked.stdout + checked.stderr


@pytest.mark.parametrize("collection", ["assets", "municipalities"])
async def test_styles_are_valid(client: httpx.AsyncClient, tmp_path: Path, collection: str) -> None:
    style = (await client.get(f"/ogc/collections/{collection}/tiles/style.json")).json()
    (source,) = style["sources"].values()
    assert (await client.get(source["url"])).json()["vector_layers"][0]["id"] == collection
    assert faults_of_style(style, tmp_path) == ""


async def test_tile_etags_follow_the_data(own_database_url: str) -> None:
    path = address(tile_at(*SHINJUKU, 9), "/ogc/tiles/WebMercatorQuad/{}/{}/{}")
    async with serving(Settings(database_url=own_database_url)) as client:
        first = await client.get(path)
        held = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert held.status_code == 304
        with psycopg.connect(own_database_url, autocommit=True) as connection:
            connection.execute("UPDATE station SET name = name || '!' WHERE valid_to IS NULL")
        assert (await client.get(path, headers={"If-None-Match": first.headers["etag"]})).status_code == 200


async def test_deletions_reach_the_counts(own_database_url: str) -> None:
    async with serving(Settings(database_url=own_database_url)) as client:
        before = sum(feature["n"] for feature in await features(client, ASSET_TILE.format(0, 0, 0)))
        with psycopg.connect(own_database_url, autocommit=True) as connection:
            connection.execute("UPDATE asset SET valid_to = now() WHERE valid_to IS NULL AND asset_kind = 'structure'")
        after = await features(client, ASSET_TILE.format(0, 0, 0))
        assert sum(feature["n"] for feature in after) == before - 191
        assert sum(feature["structure"] for feature in after) == 0


def test_degrees_of_a_tile() -> None:
    box = degrees(TileCoord(1, 1, 0))
    assert (box.west, box.east, round(box.south, 9), round(box.north, 6)) == (0.0, 180.0, 0.0, 85.051129)
    assert degrees(TileCoord(0, 0, 0), 0.5).west == -180.0
