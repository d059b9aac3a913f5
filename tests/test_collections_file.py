"""Tables of the database published by a TOML file alone."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import mapbox_vector_tile
import psycopg
import pytest

from app.config import Settings
from app.main import create_app
from app.ogc.collections_file import BadCollectionsFile, read_collections_file
from tests.conftest import database, serving

TABLES = """
CREATE SCHEMA "Green 100%";
CREATE TYPE "Green 100%".leaf AS ENUM ('needle', 'broad');
CREATE TABLE "Green 100%"."Trees" (
  "Tree No" integer PRIMARY KEY, "Name %" text, girth_cm numeric(6, 1), is_old boolean, planted_on date,
  nicknames text[], kind "Green 100%".leaf, secret jsonb, "Shape" geometry(Point, 4326)
);
INSERT INTO "Green 100%"."Trees"
  SELECT i, 'tree ' || i, i / 10.0, i % 2 = 0, date '2000-01-01' + i, ARRAY['a', 'b'], 'broad', '{}',
    ST_SetSRID(ST_MakePoint(139 + (i % 100) / 100.0, 35 + (i / 100) / 100.0), 4326)
  FROM generate_series(1, 6000) i;
CREATE TABLE plots (code text PRIMARY KEY, geom geometry(Polygon, 6677));
INSERT INTO plots SELECT 'p' || i, ST_MakeEnvelope(i * 100, 0, i * 100 + 50, 50, 6677) FROM generate_series(0, 9) i;
CREATE VIEW tree_view AS SELECT "Tree No" AS no, "Shape" AS geom FROM "Green 100%"."Trees" WHERE is_old;
CREATE TABLE plain (id integer PRIMARY KEY);
CREATE TABLE keyless (name text, geom geometry(Point, 4326));
CREATE TABLE two_shapes (id integer PRIMARY KEY, a geometry(Point, 4326), b geometry(Point, 4326));
CREATE TABLE nowhere (id integer PRIMARY KEY, geom geometry);
CREATE TABLE empty_table (id uuid PRIMARY KEY, geom geometry(LineStringZ, 4326));
"""
FILE = """
[[collection]]
id = "trees"
table = "Green 100%.Trees"
title = "街路樹"
description = "道のそばの木"

[[collection]]
id = "plots"
table = "plots"
title = "区画"

[[collection]]
id = "old-trees"
table = "public.tree_view"
title = "古い木"
id_column = "no"

[[collection]]
id = "nothing"
table = "empty_table"
title = "空"
"""
TREES = "/ogc/collections/trees"


@pytest.fixture(scope="module")
def url(server_url: str, migrated_template: str) -> Iterator[str]:
    with database(server_url, f"test_collections_file_{os.getpid()}", migrated_template) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TABLES)
        yield url


@pytest.fixture(scope="module")
async def trees(url: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("collections") / "collections.toml"
    path.write_text(FILE, "utf-8")
    async with serving(Settings(database_url=url, collections_file=path)) as client:
        yield client


async def get(client: httpx.AsyncClient, path: str, **parameters: Any) -> dict[str, Any]:
    response = await client.get(path, params=parameters)
    assert response.status_code == 200, response.text[:300]
    content: dict[str, Any] = response.json()
    return content


async def test_a_table_is_a_collection(trees: httpx.AsyncClient) -> None:
    listed = (await get(trees, "/ogc/collections"))["collections"]
    assert [entry["id"] for entry in listed][-4:] == ["trees", "plots", "old-trees", "nothing"]
    described = await get(trees, TREES)
    assert (described["title"], described["description"]) == ("街路樹", "道のそばの木")
    assert described["extent"]["spatial"]["bbox"][0] == pytest.approx([139, 35, 139.99, 35.6], abs=1e-4)
    properties = (await get(trees, TREES + "/schema"))["properties"]
    assert {name: schema.get("type", schema.get("format")) for name, schema in properties.items()} == {
        "Tree No": "integer",
        "Name %": "string",
        "girth_cm": "number",
        "is_old": "boolean",
        "planted_on": "string",
        "nicknames": "array",
        "kind": "string",
        "Shape": "geometry-point",
    }


async def test_its_rows_are_features(trees: httpx.AsyncClient) -> None:
    page = await get(trees, TREES + "/items", limit=2, bbox="139.005,35,139.5,35.5")
    assert page["features"][0] == {
        "type": "Feature",
        "id": 1,
        "geometry": {"type": "Point", "coordinates": [139.01, 35]},
        "properties": {
            "Tree No": 1,
            "Name %": "tree 1",
            "girth_cm": 0.1,
            "is_old": False,
            "planted_on": "2000-01-02",
            "nicknames": ["a", "b"],
            "kind": "broad",
        },
    }
    one = await get(trees, TREES + "/items/4711")
    assert one["id"] == 4711
    for missing in ("0", "x", "9" * 40, "1.5"):
        assert (await trees.get(f"{TREES}/items/{missing}")).status_code == 404


async def test_it_is_paged_sorted_and_filtered(trees: httpx.AsyncClient) -> None:
    found: list[int] = []
    following: str | None = TREES + "/items?limit=2500"
    while following:
        page = (await trees.get(following)).json()
        found += [feature["id"] for feature in page["features"]]
        following = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert found == list(range(1, 6001))
    sorted_page = await get(trees, TREES + "/items", sortby="-girth_cm", limit=1)
    assert sorted_page["features"][0]["id"] == 6000
    filtered = await get(
        trees, TREES + "/items", filter="\"Tree No\" <= 10 AND is_old = true AND planted_on > DATE('2000-01-04')"
    )
    assert [feature["id"] for feature in filtered["features"]] == [4, 6, 8, 10]
    assert (await get(trees, TREES + "/items", **{"Name %": "tree 7"}))["features"][0]["id"] == 7
    assert (await get(trees, TREES + "/items", kind="broad", limit=1))["numberMatched"] == 6000
    assert (await get(trees, TREES + "/items", nicknames="b", limit=1))["numberMatched"] == 6000
    assert (await get(trees, TREES + "/items", datetime="2000-01-03/2000-01-05"))["numberMatched"] == 3


async def test_its_etag_is_its_body(trees: httpx.AsyncClient, url: str) -> None:
    path = TREES + "/items/3"
    first = await trees.get(path)
    assert (await trees.get(path, headers={"If-None-Match": first.headers["etag"]})).status_code == 304
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("""UPDATE "Green 100%%"."Trees" SET "Name %%" = 'changed' WHERE "Tree No" = 3""", ())
    assert (await trees.get(path, headers={"If-None-Match": first.headers["etag"]})).status_code == 200


async def test_its_tiles(trees: httpx.AsyncClient) -> None:
    counted = mapbox_vector_tile.decode((await trees.get(TREES + "/tiles/WebMercatorQuad/0/0/0")).content)["trees"]
    assert sum(feature["properties"]["n"] for feature in counted["features"]) == 6000
    narrowed = await trees.get(TREES + "/tiles/WebMercatorQuad/0/0/0", params={"is_old": "true"})
    cells = mapbox_vector_tile.decode(narrowed.content)["trees"]["features"]
    assert sum(feature["properties"]["n"] for feature in cells) == 3000
    points = mapbox_vector_tile.decode((await trees.get(TREES + "/tiles/WebMercatorQuad/12/1616/3629")).content)[
        "trees"
    ]
    assert isinstance(points["features"][0]["properties"]["girth_cm"], float)
    plots = await trees.get("/ogc/collections/plots/tiles/WebMercatorQuad/14/6446/14552")
    assert plots.status_code in (200, 204)


async def test_a_table_in_another_crs(trees: httpx.AsyncClient) -> None:
    described = await get(trees, "/ogc/collections/plots")
    assert described["storageCrs"] == "http://www.opengis.net/def/crs/EPSG/0/6677"
    west, south, east, north = described["extent"]["spatial"]["bbox"][0]
    assert (139.8 < west < east < 139.9) and (35.9 < south < north < 36.1)
    page = await get(trees, "/ogc/collections/plots/items", bbox=f"{west},{south},{east},{north}")
    assert page["numberMatched"] == 10
    plane = "http://www.opengis.net/def/crs/EPSG/0/6677"
    native = await get(
        trees, "/ogc/collections/plots/items", **{"crs": plane, "bbox": "-1,-1,51,51", "bbox-crs": plane}
    )
    assert [feature["id"] for feature in native["features"]] == ["p0"]
    assert sorted(native["features"][0]["geometry"]["coordinates"][0]) == [[0, 0], [0, 0], [0, 50], [50, 0], [50, 50]]


async def test_views_and_empty_tables(trees: httpx.AsyncClient) -> None:
    assert (await get(trees, "/ogc/collections/old-trees/items", limit=1))["numberMatched"] == 3000
    assert (await get(trees, "/ogc/collections/nothing/items"))["features"] == []
    assert (await trees.get("/ogc/collections/nothing/items/not-a-uuid")).status_code == 404
    assert (await trees.get("/ogc/collections/nothing/tiles/WebMercatorQuad/0/0/0")).status_code == 204


def entry(**values: str) -> str:
    given = {"id": "x", "table": "plots", "title": "x"} | values
    return "[[collection]]\n" + "".join(f'{name} = "{value}"\n' for name, value in given.items() if value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[[collection", "collections.toml: "),
        ("x = 1", "only [[collection]]"),
        ("collection = 3", "only [[collection]]"),
        (entry(title=""), "collection 1: missing: title"),
        (entry(colour="red"), "not understood: colour"),
        ('[[collection]]\nid = 3\ntable = "plots"\ntitle = "x"', "every value must be a string"),
        (entry(id="a b"), "use letters"),
        (entry(id="assets"), "'assets' is taken"),
        (entry() + entry(), "collection 2: id 'x' is taken"),
        (entry(table="nope"), "there is no table nope"),
        (entry(table="PLOTS"), "there is no table PLOTS"),
        (entry(table="plain"), "plain has no geometry column"),
        (entry(table="two_shapes"), "has several (a, b)"),
        (entry(table="two_shapes", geom_column="c"), "no geometry column c"),
        (entry(table="keyless"), "no primary key"),
        (entry(id_column="area"), "no text or integer column area"),
        (entry(table="nowhere"), "has no SRID"),
    ],
)
def test_a_bad_file_is_one_clear_line(url: str, tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "collections.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(BadCollectionsFile) as caught:
        read_collections_file(path, url)
    message = str(caught.value)
    assert says in message
    assert str(path) in message
    assert "\n" not in message


def test_the_service_does_not_start_with_a_bad_file(url: str, tmp_path: Path) -> None:
    for settings in (
        Settings(database_url=url, collections_file=tmp_path / "missing.toml"),
        Settings(database_url="postgresql://nobody@127.0.0.1:9/none", collections_file=tmp_path / "good.toml"),
    ):
        (tmp_path / "good.toml").write_text(entry())
        with pytest.raises(SystemExit) as caught:
            create_app(settings)
        assert str(caught.value).startswith("COLLECTIONS_FILE")
        assert "\n" not in str(caught.value)
