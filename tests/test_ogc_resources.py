"""The service as a client meets it: resources, formats, languages, headers, health."""

import json
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from app.config import Settings
from app.ogc.collections import BUILT_IN
from tests.conftest import serving

PATHS = [
    "/ogc",
    "/ogc/conformance",
    "/ogc/api",
    "/ogc/collections",
    "/ogc/collections/assets",
    "/ogc/collections/assets/schema",
    "/ogc/collections/assets/queryables",
    "/ogc/collections/stations/items?limit=3",
    "/ogc/collections/assets/tiles",
    "/ogc/collections/assets/tiles/WebMercatorQuad",
    "/ogc/tiles",
    "/ogc/tiles/WebMercatorQuad",
    "/ogc/tileMatrixSets",
    "/ogc/tileMatrixSets/WebMercatorQuad",
]
QGIS_NEEDS = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
]


class Page(HTMLParser):
    """Collects what a page must have, and its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.language = ""
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        if tag == "html":
            self.language = given.get("lang") or ""
        if tag == "a":
            self.links.append(given.get("href") or "")


def header_links(response: httpx.Response) -> list[tuple[str, str]]:
    links = []
    for part in response.headers["link"].split(", <"):
        href, _, attributes = part.lstrip("<").partition(">; rel=")
        links.append((href, attributes.partition(";")[0].strip('"')))
    return links


async def test_conformance_is_declared_exactly(client: httpx.AsyncClient) -> None:
    declared = (await client.get("/ogc/conformance")).json()["conformsTo"]
    assert set(QGIS_NEEDS) <= set(declared)
    assert len(set(declared)) == len(declared)


@pytest.mark.parametrize("path", PATHS)
async def test_every_resource_in_both_formats_and_languages(client: httpx.AsyncClient, path: str) -> None:
    sign = "&" if "?" in path else "?"
    as_json = await client.get(path)
    assert as_json.status_code == 200
    assert "json" in as_json.headers["content-type"]
    for language in ("ja", "en"):
        browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": f"{language},x;q=0.5"}
        html = await client.get(path, headers=browser)
        assert html.headers["content-type"] == "text/html; charset=utf-8"
        assert html.headers["content-language"] == language
        page = Page(html.text)
        assert page.language == language
        assert page.tags.count("h1") == page.tags.count("main") == 1
        assert (await client.get(f"{path}{sign}f=html&lang={language}")).status_code == 200
    assert (await client.get(f"{path}{sign}f=json", headers={"Accept": "text/html"})).headers["content-type"] == (
        as_json.headers["content-type"]
    )


@pytest.mark.parametrize("path", PATHS)
async def test_pages_lead_somewhere(client: httpx.AsyncClient, path: str) -> None:
    page = Page((await client.get(path, headers={"Accept": "text/html"})).text)
    for href in set(page.links) - {"/"}:
        assert (await client.get(href)).status_code == 200, href


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/ogc/api"])
async def test_links_stand_in_body_and_header(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    body = [(link["href"], link["rel"]) for link in response.json().get("links", []) if not link.get("templated")]
    if body:
        assert header_links(response) == body
    assert {"self", "alternate"} <= {rel for _, rel in header_links(response)}


@pytest.mark.parametrize("path", PATHS)
async def test_unchanged_resources_are_304_with_open_headers(client: httpx.AsyncClient, path: str) -> None:
    first = await client.get(path)
    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["access-control-allow-origin"] == "*"
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=600"
    assert "Accept-Language" in again.headers["vary"]


@pytest.mark.parametrize("path", [*PATHS, "/ogc/collections/assets/tiles/WebMercatorQuad/9/201/454"])
async def test_head_says_what_get_would(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert head.status_code == got.status_code
    for name in ("etag", "content-type", "link"):
        assert head.headers.get(name) == got.headers.get(name)


async def test_preflight(client: httpx.AsyncClient) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    response = await client.options("/ogc/collections/assets/items", headers=asked)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "*"
    assert "GET" in response.headers["access-control-allow-methods"]
    assert "If-None-Match" in response.headers["access-control-allow-headers"]


async def test_exposed_headers(client: httpx.AsyncClient) -> None:
    exposed = (await client.get("/ogc")).headers["access-control-expose-headers"]
    assert {"Link", "ETag", "Content-Crs"} <= {name.strip() for name in exposed.split(",")}


@pytest.mark.parametrize("collection", BUILT_IN, ids=lambda collection: collection.id)
async def test_collections_are_described(client: httpx.AsyncClient, collection: Any) -> None:
    described = (await client.get(f"/ogc/collections/{collection.id}", headers={"Accept-Language": "en"})).json()
    assert described["title"] == collection.title_en
    assert described["storageCrs"] in described["crs"]
    assert len(described["crs"]) == 6
    schema = (await client.get(f"/ogc/collections/{collection.id}/schema")).json()
    assert list(schema["properties"]) == [*(field.name for field in collection.fields), "geom"]
    assert schema["properties"][collection.id_column]["x-ogc-role"] == "id"
    assert schema["properties"]["geom"]["x-ogc-role"] == "primary-geometry"
    page = (await client.get(f"/ogc/collections/{collection.id}/items", params={"limit": 1})).json()
    assert set(page["features"][0]["properties"]) == {field.name for field in collection.fields}


async def test_answers_are_compressed(client: httpx.AsyncClient) -> None:
    for path in (
        "/ogc/collections/assets/items?limit=50",
        "/ogc/collections/assets/tiles/WebMercatorQuad/14/6451/14548",
    ):
        packed = await client.get(path, headers={"Accept-Encoding": "gzip"})
        plain = await client.get(path, headers={"Accept-Encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
        assert packed.content == plain.content


async def test_links_follow_the_public_address(database_url: str) -> None:
    async with serving(Settings(database_url=database_url, public_url="https://map.example.jp/")) as client:
        links = (await client.get("/ogc", headers={"Host": "internal:8000"})).json()["links"]
    assert {link["href"].partition("/ogc")[0] for link in links} == {"https://map.example.jp"}


async def test_a_strange_host_does_not_reach_the_links(client: httpx.AsyncClient) -> None:
    response = await client.get("/ogc", headers={"Host": 'evil"><script>'})
    assert "<script" not in response.text + response.headers["link"]


async def test_request_ids(client: httpx.AsyncClient) -> None:
    given = await client.get("/ogc", headers={"X-Request-Id": "abc-12345678"})
    assert given.headers["x-request-id"] == "abc-12345678"
    for bad in ("short", "x" * 200, "with space and more"):
        assert (await client.get("/ogc", headers={"X-Request-Id": bad})).headers["x-request-id"] != bad


async def test_access_log_has_no_query(client: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]) -> None:
    await client.get("/ogc/collections/assets/items?q=himitsu&limit=1")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    (line,) = (line for line in lines if line["event"] == "request")
    assert (line["operation"], line["status"], line["path"]) == ("getFeatures", 200, "/ogc/collections/assets/items")
    assert "himitsu" not in json.dumps(line)


async def test_health_and_metrics(database_url: str, client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    assert (await client.get("/readyz")).json() == {"status": "ready"}
    metrics = (await client.get("/metrics")).text
    assert 'tsunagaru_requests_total{operation="getLandingPage",status="200"}' in metrics
    assert (await client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})).status_code == 404
    async with serving(Settings(database_url=database_url, metrics_from="192.0.2.0/24")) as outsider:
        assert (await outsider.get("/metrics")).status_code == 404
