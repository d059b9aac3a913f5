"""What no client should send: each answer is a problem that says what to do, soon."""

import time
from urllib.parse import quote

import httpx
import pytest

ITEMS = "/ogc/collections/assets/items"
TILE = "/ogc/collections/assets/tiles/WebMercatorQuad/14/6451/14548"

NESTED = '{"op":"not","args":[' * 300 + "true" + "]}" * 300

BAD = [
    f"{ITEMS}?bbox=a,b,c,d",
    f"{ITEMS}?bbox=nan,nan,nan,nan",
    f"{ITEMS}?bbox=139,35,inf,36",
    f"{ITEMS}?bbox=139,35,140",
    f"{ITEMS}?bbox=",
    f"{ITEMS}?bbox=,,,",
    f"{ITEMS}?bbox=35.6,139.6,35.7,139.7",
    f"{ITEMS}?bbox=139.6,35.8,139.7,35.6",
    f"{ITEMS}?bbox=1e999,0,1,1",
    f"{ITEMS}?bbox={'9' * 400},0,1,1",
    f"{ITEMS}?bbox=139,35,140,36&bbox=1,2,3,4",
    f"{ITEMS}?bbox-crs=EPSG:9999&bbox=139,35,140,36",
    f"{ITEMS}?bbox-crs=nonsense",
    f"{ITEMS}?limit=0",
    f"{ITEMS}?limit=-1",
    f"{ITEMS}?limit=abc",
    f"{ITEMS}?limit=1.5",
    f"{ITEMS}?limit=",
    f"{ITEMS}?limit=%EF%BC%95",  # a full-width 5
    f"{ITEMS}?offset=-1",
    f"{ITEMS}?offset=100001",
    f"{ITEMS}?offset=x",
    f"{ITEMS}?cursor=abc",
    f"{ITEMS}?cursor=",
    f"{ITEMS}?cursor={'A' * 4000}",
    f"{ITEMS}?cursor=%F0%9F%97%BC",
    f"{ITEMS}?crs=http://www.opengis.net/def/crs/EPSG/0/99999",
    f"{ITEMS}?crs=",
    f"{ITEMS}?f=xml",
    f"{ITEMS}?f=",
    f"{ITEMS}?lang=fr",
    f"{ITEMS}?foo=bar",
    f"{ITEMS}?BBOX=139,35,140,36",
    f"{ITEMS}?sortby=nope",
    f"{ITEMS}?sortby=",
    f"{ITEMS}?properties=nope",
    f"{ITEMS}?asset_kind=castle",
    f"{ITEMS}?height_m=tall",
    f"{ITEMS}?height_m=1e400",
    f"{ITEMS}?height_m=nan",
    f"{ITEMS}?floors_above=1.5",
    f"{ITEMS}?floors_above={'9' * 30}",
    f"{ITEMS}?is_sample=maybe",
    f"{ITEMS}?source_as_of=2024-02-30",
    f"{ITEMS}?updated_at=yesterday",
    f"{ITEMS}?datetime=yesterday",
    f"{ITEMS}?datetime=2024-13-01",
    f"{ITEMS}?datetime=2024-12-31/2024-01-01",
    f"{ITEMS}?datetime=/",
    f"{ITEMS}?datetime=",
    f"{ITEMS}?datetime=2024-01-01/2024-02-01/2024-03-01",
    f"{ITEMS}?q=",
    f"{ITEMS}?q={'x' * 300}",
    f"{ITEMS}?q={'a+' * 30}",
    f"{ITEMS}?q=%00",
    f"{ITEMS}?name=%00",
    f"{ITEMS}?%00=1",
    f"{ITEMS}?q=%FF",
    f"{ITEMS}?q=%ED%A0%80",  # half a surrogate pair
    f"{ITEMS}?filter=",
    f"{ITEMS}?filter=height_m+%3E",
    f"{ITEMS}?filter=nope+%3D+1",
    f"{ITEMS}?filter=%00",
    f"{ITEMS}?filter=height_m+%3E+1&filter-lang=sql",
    f"{ITEMS}?filter=height_m+%3E+1&filter-crs=EPSG:1",
    f"{ITEMS}?filter={quote('height_m > 1 OR ' * 340 + 'height_m > 1')}",  # 5 KB
    f"{ITEMS}?filter={'(' * 300}height_m>1{')' * 300}",
    f"{ITEMS}?filter-lang=cql2-json&filter={quote(NESTED)}",
    f"{ITEMS}?filter-lang=cql2-json&filter=[",
    f"{ITEMS}?{'&'.join(f'p{n}=1' for n in range(200))}",
    f"{TILE}?foo=1",
    f"{TILE}?filter=nope+%3D+1",
    f"{TILE}?properties=nope",
    f"{TILE}?f=json",
    f"{TILE}?v=latest",
    f"{TILE}?bbox=nan,0,1,1",
    "/ogc/tiles/WebMercatorQuad/9/201/454?collections=nope",
    "/ogc/tiles/WebMercatorQuad/9/201/454?collections=",
    "/ogc?foo=1",
    "/ogc/conformance?f=pdf",
    "/ogc/collections/assets?limit=1",
]
MISSING = [
    "/ogc/collections/nope",
    "/ogc/collections/nope/items",
    "/ogc/collections/nope/items?bbox=nan",
    "/ogc/collections/ASSETS/items",
    "/ogc/collections/assets/items/nope",
    "/ogc/collections/assets/items/",
    "/ogc/collections/assets/items/a/b/c",
    "/ogc/collections/assets/items/%00",
    "/ogc/collections/assets/items/%FF",
    f"/ogc/collections/assets/items/{'x' * 3000}",
    "/ogc/collections/%00/items",
    "/ogc/collections/assets/tiles/WorldCRS84Quad/1/0/0",
    "/ogc/collections/assets/tiles/WebMercatorQuad/3/8/8",
    "/ogc/collections/assets/tiles/WebMercatorQuad/99/0/0",
    "/ogc/collections/assets/tiles/WebMercatorQuad/1/-1/0",
    "/ogc/collections/assets/tiles/WebMercatorQuad/1.5/0/0",
    "/ogc/tileMatrixSets/nope",
    "/ogc/nope",
    "/nope",
]


async def problem(client: httpx.AsyncClient, path: str, status: int, **headers: str) -> dict[str, str]:
    started = time.perf_counter()
    response = await client.get(path, headers=headers)
    assert time.perf_counter() - started < 1.0
    assert response.status_code == status, response.text[:300]
    assert response.headers["content-type"] == "application/problem+json"
    if path.startswith("/ogc"):
        assert response.headers["access-control-allow-origin"] == "*"
    content: dict[str, str] = response.json()
    assert content["type"].startswith("/problems/")
    assert content["title"]
    assert content["detail"]
    assert content["trace_id"] == response.headers["x-request-id"]
    return content


@pytest.mark.parametrize("path", BAD, ids=lambda path: path[:80])
async def test_a_bad_value_is_400(client: httpx.AsyncClient, path: str) -> None:
    japanese = await problem(client, path, 400)
    english = await problem(client, path, 400, **{"Accept-Language": "en"})
    assert japanese["title"] != english["title"]
    assert english["detail"].isascii() or "…" in english["detail"] or "�" in english["detail"] or "%" in path


@pytest.mark.parametrize("path", MISSING, ids=lambda path: path[:80])
async def test_what_is_not_there_is_404(client: httpx.AsyncClient, path: str) -> None:
    await problem(client, path, 404)


async def test_nothing_acceptable_is_406(client: httpx.AsyncClient) -> None:
    for path in (ITEMS, TILE, "/ogc"):
        await problem(client, path, 406, Accept="image/png")


async def test_other_methods_are_405(client: httpx.AsyncClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        response = await client.request(method, ITEMS)
        assert response.status_code == 405
        assert response.headers["content-type"] == "application/problem+json"
        assert "GET" in response.headers["allow"]
        assert response.headers["access-control-allow-origin"] == "*"


async def test_people_get_a_page(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{ITEMS}?limit=0", headers={"Accept": "text/html,*/*;q=0.8"})
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("text/html")


async def test_the_type_of_a_problem_is_a_page(client: httpx.AsyncClient) -> None:
    content = await problem(client, f"{ITEMS}?limit=0", 400)
    assert (await client.get(content["type"])).status_code == 200


async def test_a_foreign_cursor_is_refused(client: httpx.AsyncClient) -> None:
    page = (await client.get(f"{ITEMS}?limit=1")).json()
    cursor = next(link["href"] for link in page["links"] if link["rel"] == "next").rpartition("cursor=")[2]
    assert (await client.get(f"{ITEMS}?limit=1&cursor={cursor}")).status_code == 200
    await problem(client, f"/ogc/collections/stations/items?limit=1&cursor={cursor}", 400)
    await problem(client, f"{ITEMS}?limit=1&sortby=name&cursor={cursor}", 400)
    await problem(client, f"{ITEMS}?limit=1&offset=3&cursor={cursor}", 400)
