"""Features over HTTP, compared with the database and with pyproj."""

import asyncio
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest
from pyproj import Transformer
from starlette.applications import Starlette

from app.config import Settings
from app.db import make_read_pool
from app.geo import SUPPORTED_CRS
from app.ogc.audience import Audiences
from app.ogc.collections import BUILT_IN
from app.ogc.reader import Reader, Rows
from app.ogc.router import routes
from app.ogc.sql import Sql
from tests.conftest import serving

ITEMS = "/ogc/collections/{}/items"
ASSETS = ITEMS.format("assets")
TOCHO = "139.68,35.67,139.71,35.70"
CRS_BY_CODE = {crs.uri.rsplit("/", 1)[-1]: crs for crs in SUPPORTED_CRS}


async def get(client: httpx.AsyncClient, path: str, **parameters: Any) -> dict[str, Any]:
    """A JSON answer that must be 200; `filter_lang` stands for `filter-lang`."""
    response = await client.get(path, params={name.replace("_", "-"): value for name, value in parameters.items()})
    assert response.status_code == 200, response.text[:300]
    content: dict[str, Any] = response.json()
    return content


async def fetch(client: httpx.AsyncClient, path: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The same for parameters whose names hold an underscore."""
    response = await client.get(path, params=parameters)
    assert response.status_code == 200, response.text[:300]
    content: dict[str, Any] = response.json()
    return content


def ids(page: dict[str, Any]) -> list[Any]:
    return [feature["id"] for feature in page["features"]]


def column(reader: psycopg.Connection[Any], statement: str, *values: Any) -> list[Any]:
    return [row[0] for row in reader.execute(statement, values)]


def next_of(page: dict[str, Any]) -> str | None:
    return next((link["href"] for link in page["links"] if link["rel"] == "next"), None)


async def walk(client: httpx.AsyncClient, path: str, parameters: dict[str, Any]) -> tuple[list[Any], list[int]]:
    """All ids by following `next`, and each page's numberMatched."""
    page = await fetch(client, path, parameters)
    found, matched = ids(page), [page["numberMatched"]]
    while (following := next_of(page)) is not None:
        response = await client.get(following)
        assert response.status_code == 200, response.text[:300]
        page = response.json()
        found += ids(page)
        matched.append(page["numberMatched"])
    return found, matched


@pytest.mark.parametrize("collection", [collection.id for collection in BUILT_IN])
async def test_paging_walks_the_whole_collection(
    client: httpx.AsyncClient, reader: psycopg.Connection[Any], collection: str
) -> None:
    declared = next(built_in for built_in in BUILT_IN if built_in.id == collection)
    expected = column(reader, f"SELECT {declared.id_column} FROM {declared.relation} ORDER BY 1")  # type: ignore[arg-type]
    found, matched = await walk(client, ITEMS.format(collection), {"limit": max(len(expected) // 5, 3)})
    assert found == expected
    assert set(matched) == {len(expected)}


async def test_box_holds_what_the_database_says(client: httpx.AsyncClient, reader: psycopg.Connection[Any]) -> None:
    expected = column(
        reader,
        "SELECT asset_id FROM ogc.assets WHERE ST_Intersects(geom, ST_MakeEnvelope(139.68, 35.67, 139.71, 35.70, 4326))"
        " ORDER BY 1",
    )
    page = await get(client, ASSETS, bbox=TOCHO, limit=10_000)
    assert ids(page) == expected
    assert page["numberMatched"] == page["numberReturned"] == len(expected) > 20


@pytest.mark.parametrize("edge", ["west", "east"])
async def test_box_edges_are_exact(client: httpx.AsyncClient, reader: psycopg.Connection[Any], edge: str) -> None:
    """A point 10 cm beyond the edge is out, though the index keeps single precision (1.5 m)."""
    asset_id, x, y = reader.execute(
        "SELECT asset_id, ST_X(geom), ST_Y(geom) FROM ogc.assets WHERE ST_GeometryType(geom) = 'ST_Point' LIMIT 1"
    ).fetchone() or ("", 0.0, 0.0)
    for shift, inside in ((1e-6, True), (-1e-6, False)):
        box = (x - shift, y - 0.01, x + 0.01, y + 0.01) if edge == "west" else (x - 0.01, y - 0.01, x + shift, y + 0.01)
        page = await get(client, ASSETS, bbox=",".join(f"{number:.8f}" for number in box), limit=10_000)
        assert (asset_id in ids(page)) is inside


async def test_box_across_the_antimeridian(client: httpx.AsyncClient) -> None:
    everything = await get(client, ASSETS, limit=1)
    assert (await get(client, ASSETS, bbox="130,20,-170,40", limit=1))["numberMatched"] == everything["numberMatched"]
    assert (await get(client, ASSETS, bbox="170,20,-170,40", limit=1))["numberMatched"] == 0


async def test_box_with_heights(client: httpx.AsyncClient) -> None:
    flat = await get(client, ASSETS, bbox=TOCHO)
    assert ids(await get(client, ASSETS, bbox="139.68,35.67,-10,139.71,35.70,500")) == ids(flat)


@pytest.mark.parametrize(
    ("name", "box"), [("oshima", "139.3,34.6,139.5,34.85"), ("ogasawara", "142.1,26.5,142.3,27.2")]
)
async def test_islands(client: httpx.AsyncClient, name: str, box: str) -> None:
    page = await get(client, ASSETS, bbox=box)
    assert page["numberMatched"] > 0, name


@pytest.mark.parametrize("code", CRS_BY_CODE)
async def test_coordinates_agree_with_pyproj(client: httpx.AsyncClient, code: str) -> None:
    crs = CRS_BY_CODE[code]
    response = await client.get(ITEMS.format("stations"), params={"crs": crs.uri, "limit": 50})
    assert response.headers["content-crs"] == f"<{crs.uri}>"
    stored = await get(client, ITEMS.format("stations"), limit=50)
    # Without always_xy pyproj keeps the authority's own axis order, as the standard wants of us.
    to_authority = Transformer.from_crs("OGC:CRS84", "OGC:CRS84" if code == "CRS84" else f"EPSG:{code}")
    for feature, original in zip(response.json()["features"], stored["features"], strict=True):
        assert "crs" not in feature["geometry"]
        expected = to_authority.transform(*original["geometry"]["coordinates"])
        assert feature["geometry"]["coordinates"] == pytest.approx(expected, abs=2e-7 if crs.decimals == 7 else 0.011)


@pytest.mark.parametrize("code", [code for code in CRS_BY_CODE if code != "CRS84"])
async def test_box_in_another_crs(client: httpx.AsyncClient, reader: psycopg.Connection[Any], code: str) -> None:
    crs = CRS_BY_CODE[code]
    to_authority = Transformer.from_crs("OGC:CRS84", f"EPSG:{code}")
    a, b = to_authority.transform(139.70, 35.66), to_authority.transform(139.74, 35.70)
    box = [*map(min, zip(a, b, strict=True)), *map(max, zip(a, b, strict=True))]
    west, south, east, north = (box[1], box[0], box[3], box[2]) if crs.northing_first else box
    expected = column(
        reader,
        "SELECT asset_id FROM ogc.assets WHERE ST_Intersects(ST_Transform(geom, %s), ST_MakeEnvelope(%s, %s, %s, %s, %s))"
        " ORDER BY 1",
        *(crs.srid, west, south, east, north, crs.srid),
    )
    page = await get(client, ASSETS, bbox=",".join(map(repr, box)), bbox_crs=crs.uri, limit=10_000)
    assert ids(page) == expected
    assert expected


@pytest.mark.parametrize("code", ["3857", "6677", "6682"])
async def test_a_box_of_the_whole_world_in_metres_holds_everything(client: httpx.AsyncClient, code: str) -> None:
    whole = await get(client, ASSETS, bbox="-1e300,-1e300,1e300,1e300", bbox_crs=CRS_BY_CODE[code].uri, limit=1)
    assert whole["numberMatched"] == (await get(client, ASSETS, limit=1))["numberMatched"]


async def test_generic_rendering_says_the_same_as_the_rendered_column(client: httpx.AsyncClient) -> None:
    rendered = await get(client, ASSETS, limit=500)
    names = ",".join(rendered["features"][0]["properties"])
    built = await get(client, ASSETS, limit=500, properties=names)
    assert built["features"] == rendered["features"]


async def test_properties_are_chosen(client: httpx.AsyncClient) -> None:
    page = await get(client, ASSETS, properties="name,height_m", limit=3)
    assert [list(feature["properties"]) for feature in page["features"]] == [["name", "height_m"]] * 3
    one = await get(client, f"{ASSETS}/{ids(page)[0]}", properties="name")
    assert list(one["properties"]) == ["name"]


async def test_sorting_is_total_and_paged(client: httpx.AsyncClient, reader: psycopg.Connection[Any]) -> None:
    expected = column(
        reader, "SELECT asset_id FROM ogc.assets ORDER BY height_m DESC NULLS LAST, name ASC NULLS LAST, asset_id"
    )
    found, _ = await walk(client, ASSETS, {"sortby": "-height_m,+name", "limit": 4_000})
    assert found == expected


async def test_offset(client: httpx.AsyncClient) -> None:
    everything = ids(await get(client, ASSETS, limit=60))
    assert ids(await get(client, ASSETS, limit=20, offset=40)) == everything[40:]
    beyond = await get(client, ASSETS, offset=99_999)
    assert beyond["features"] == []
    assert beyond["numberMatched"] > 0


async def test_limit_above_the_maximum_is_clamped(client: httpx.AsyncClient) -> None:
    assert (await get(client, ASSETS, limit=10**9))["numberReturned"] == 10_000


async def test_search_needs_every_word(client: httpx.AsyncClient, reader: psycopg.Connection[Any]) -> None:
    expected = column(
        reader,
        "SELECT asset_id FROM ogc.assets WHERE search_text LIKE '%%新宿区%%' AND search_text LIKE '%%公園%%' ORDER BY 1",
    )
    page = await get(client, ASSETS, q="公園　新宿区", limit=10_000)
    assert ids(page) == expected
    assert expected


@pytest.mark.parametrize("text", ["%", "_", "\\", "%%%", "' OR 1=1 --"])
async def test_search_text_is_no_pattern(client: httpx.AsyncClient, reader: psycopg.Connection[Any], text: str) -> None:
    expected = column(
        reader, "SELECT asset_id FROM ogc.assets WHERE position(%s in search_text) > 0 ORDER BY 1", text.lower()
    )
    assert ids(await get(client, ASSETS, q=text, limit=10_000)) == expected


@pytest.mark.parametrize(
    ("name", "value", "condition"),
    [
        ("municipality_code", "13104", "municipality_code = '13104'"),
        ("asset_kind", "structure", "asset_kind = 'structure'"),
        ("is_sample", "true", "is_sample"),
        ("floors_above", "4", "floors_above = 4"),
        ("height_m", "12.5", "height_m = 12.5"),
    ],
)
async def test_queryables_as_parameters(
    client: httpx.AsyncClient, reader: psycopg.Connection[Any], name: str, value: str, condition: str
) -> None:
    (expected,) = column(reader, f"SELECT count(*) FROM ogc.assets WHERE {condition}")  # type: ignore[arg-type]
    assert (await fetch(client, ASSETS, {name: value, "limit": 1}))["numberMatched"] == expected


async def test_parameters_narrow_together(client: httpx.AsyncClient, reader: psycopg.Connection[Any]) -> None:
    (expected,) = column(
        reader,
        "SELECT count(*) FROM ogc.assets WHERE asset_kind = 'building' AND height_m > 10 AND municipality_code = '13104'"
        " AND ST_Intersects(geom, ST_MakeEnvelope(139.68, 35.67, 139.71, 35.70, 4326))",
    )
    narrowed = {"bbox": TOCHO, "filter": "height_m > 10", "municipality_code": "13104", "asset_kind": "building"}
    assert (await fetch(client, ASSETS, {**narrowed, "limit": 1}))["numberMatched"] == expected > 0


@pytest.mark.parametrize(
    ("interval", "condition"),
    [
        ("2024-01-01/..", "on_air_on >= '2024-01-01'"),
        ("../2023-06-30T23:59:59Z", "on_air_on <= '2023-06-30'"),
        ("/2023-06-30", "on_air_on <= '2023-06-30'"),
        ("2022-01-01/2023-12-31", "on_air_on BETWEEN '2022-01-01' AND '2023-12-31'"),
        ("../..", "true"),
    ],
)
async def test_datetime(
    client: httpx.AsyncClient, reader: psycopg.Connection[Any], interval: str, condition: str
) -> None:
    (expected,) = column(reader, f"SELECT count(*) FROM ogc.stations WHERE {condition}")  # type: ignore[arg-type]
    assert (await get(client, ITEMS.format("stations"), datetime=interval, limit=1))["numberMatched"] == expected


async def test_datetime_matches_all_where_nothing_is_dated(client: httpx.AsyncClient) -> None:
    path = ITEMS.format("municipalities")
    assert (await get(client, path, datetime="1999-01-01"))["numberMatched"] == (await get(client, path))[
        "numberMatched"
    ]


async def test_every_link_of_a_feature_leads_somewhere(client: httpx.AsyncClient) -> None:
    page = await get(client, ITEMS.format("stations"), limit=1)
    one = await get(client, ITEMS.format("stations") + f"/{ids(page)[0]}")
    assert one["properties"] == page["features"][0]["properties"]
    for link in page["links"] + one["links"]:
        response = await client.get(link["href"])
        assert response.status_code == 200
        assert response.headers["content-type"].startswith(link["type"])


async def test_exterior_rings_run_counterclockwise(client: httpx.AsyncClient) -> None:
    page = await get(client, ITEMS.format("population-mesh"), limit=5)
    for feature in page["features"]:
        ring = feature["geometry"]["coordinates"][0]
        area = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))
        assert area > 0


async def test_numbers_beyond_the_counting_limit_are_left_out(own_database_url: str) -> None:
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute("UPDATE ogc.assets_clusters SET building = building + 60000 WHERE level = 3")
    async with serving(Settings(database_url=own_database_url)) as client:
        page = await get(client, ASSETS, limit=1)
        assert "numberMatched" not in page
        assert next_of(page) is not None


class CountingReader(Reader):
    """Counts the statements it sends."""

    asked = 0

    async def _ask(self, statement: Sql) -> Rows:
        self.asked += 1
        return await super()._ask(statement)


@pytest.mark.parametrize(
    "path", [f"/items?bbox={TOCHO}", "/items?sortby=-height_m&limit=3", "/tiles/WebMercatorQuad/14/6451/14548"]
)
async def test_one_statement_an_answer(database_url: str, path: str) -> None:
    async with make_read_pool(Settings(database_url=database_url)) as pool:
        reader = CountingReader(pool)
        app = Starlette(routes=routes(Audiences(BUILT_IN, reader, reader.pool, "0"), None))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            first = await client.get("/ogc/collections/assets" + path)
            assert (first.status_code, reader.asked) == (200, 1)
            again = await client.get("/ogc/collections/assets" + path, headers={"If-None-Match": first.headers["etag"]})
            assert (again.status_code, again.content, reader.asked) == (304, b"", 2)


async def test_etag_moves_with_the_data(own_database_url: str) -> None:
    async with serving(Settings(database_url=own_database_url)) as client:
        paths = [
            ASSETS + "?limit=2",
            ASSETS + "?limit=2&q=公園",
            ASSETS + "/{}",
            "/ogc/collections/assets/tiles/WebMercatorQuad/9/201/454",
        ]
        asset_id = ids(await get(client, ASSETS, limit=1))[0]
        before = {path: await client.get(path.format(asset_id)) for path in paths}
        for path, response in before.items():
            held = await client.get(
                path.format(asset_id), headers={"If-None-Match": f'W/"x", {response.headers["etag"]}'}
            )
            assert (held.status_code, held.headers["etag"]) == (304, response.headers["etag"])
        with psycopg.connect(own_database_url, autocommit=True) as connection:
            connection.execute(
                "UPDATE asset SET name = name || '改' WHERE asset_id = %s AND valid_to IS NULL", (asset_id,)
            )
        for path, response in before.items():
            after = await client.get(path.format(asset_id), headers={"If-None-Match": response.headers["etag"]})
            assert after.status_code == 200
            assert after.headers["etag"] != response.headers["etag"]


async def test_etags_follow_a_changed_credit(own_database_url: str) -> None:
    credited = [collection for collection in BUILT_IN if any(field.name == "source" for field in collection.fields)]
    paths = [ITEMS.format(collection.id) + "?limit=1" for collection in credited]
    async with serving(Settings(database_url=own_database_url)) as client:
        before = [(await client.get(path)).headers["etag"] for path in paths]
        with psycopg.connect(own_database_url, autocommit=True) as connection:
            connection.execute("UPDATE data_source SET credit = credit || '（改）'")
        after = [await client.get(path) for path in paths]
    assert all("（改）" in response.json()["features"][0]["properties"]["source"] for response in after)
    assert all(response.headers["etag"] != tag for response, tag in zip(after, before, strict=True))


async def test_answers_in_different_forms_have_different_etags(client: httpx.AsyncClient) -> None:
    path = ASSETS + "?limit=50"
    forms: list[dict[str, str]] = [
        {"Accept-Encoding": "identity"},
        {"Accept-Encoding": "gzip"},
        {"Accept-Encoding": "identity", "Accept": "text/html"},
        {"Accept-Encoding": "identity", "Accept": "text/html", "Accept-Language": "en"},
    ]
    tags = [(await client.get(path, headers=headers)).headers["etag"] for headers in forms]
    assert len(set(tags)) == len(tags)


async def test_an_answer_is_one_snapshot(own_database_url: str) -> None:
    """While a writer renames every station again and again, no answer mixes names, and each name has its own ETag."""
    async with serving(Settings(database_url=own_database_url)) as client:
        seen: dict[str, set[str]] = {}
        done = asyncio.Event()

        async def rename() -> None:
            async with await psycopg.AsyncConnection.connect(own_database_url, autocommit=True) as connection:
                for turn in range(60):
                    await connection.execute("UPDATE station SET name = %s WHERE valid_to IS NULL", (f"turn {turn}",))
            done.set()

        async def read() -> None:
            while not done.is_set():
                response = await client.get(ITEMS.format("stations"), params={"limit": 1000})
                names = {feature["properties"]["name"] for feature in response.json()["features"]}
                seen.setdefault(response.headers["etag"], set()).update(names)

        await get(client, ITEMS.format("stations"))
        await asyncio.gather(rename(), read(), read(), read())
        turned = {tag: names for tag, names in seen.items() if any(name.startswith("turn") for name in names)}
        assert len(turned) > 5
        assert all(len(names) == 1 for names in turned.values())


async def test_a_long_question_does_not_make_a_long_header(client: httpx.AsyncClient) -> None:
    names = ", ".join(f"'name {number}'" for number in range(100))
    response = await client.get(ASSETS, params={"filter": f"name IN ({names})"})
    assert response.status_code == 200
    assert sum(len(name) + len(value) for name, value in response.headers.items()) < 5000
    assert {link["rel"] for link in response.json()["links"]} >= {"self", "alternate", "collection"}


async def test_next_link_keeps_the_question(client: httpx.AsyncClient) -> None:
    page = await get(client, ASSETS, bbox=TOCHO, limit=3, filter="height_m > 5", properties="name")
    asked = parse_qs(urlsplit(next_of(page) or "").query)
    assert (asked["bbox"], asked["filter"], asked["limit"]) == ([TOCHO], ["height_m > 5"], ["3"])
