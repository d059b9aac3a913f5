"""Headers on every answer, whatever its kind and status, and who may read across origins."""

import os
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.accounts_world import World, settings_of
from tests.conftest import database, serving
from tests.coverage.one_of_each import add_one_of_each

Client = httpx.AsyncClient
# path → (status, media type)
ANSWERS = {
    "/": (200, "text/html"), "/about": (200, "text/html"), "/problems/not-found": (200, "text/html"),
    "/static/base.css": (200, "text/css"), "/static/main.js": (200, "text/javascript"), "/static/none.js": (404, "application/problem+json"),
    "/nowhere": (404, "application/problem+json"), "/nowhere?f=html": (404, "text/html"), "/healthz": (200, "application/json"),
    "/openapi.json": (200, "application/json"), "/api/v1/me": (401, "application/problem+json"),
    "/api/v1/planned-stations/x": (401, "application/problem+json"), "/api/nowhere": (404, "application/problem+json"),
    "/ogc": (200, "application/json"), "/ogc?f=html": (200, "text/html"), "/ogc/collections/assets/items": (200, "application/geo+json"),
    "/ogc/collections/assets/items?limit=x": (400, "application/problem+json"),
    "/ogc/collections/none": (404, "application/problem+json"),
    "/ogc/collections/assets/tiles/WebMercatorQuad/13/3226/7276": (200, "application/vnd.mapbox-vector-tile"),
    "/ogc/collections/assets/tiles/WebMercatorQuad/13/0/0": (204, "application/vnd.mapbox-vector-tile"),
}  # fmt: skip


@pytest.fixture(scope="module")
def url(server_url: str, world_template: tuple[str, World]) -> Iterator[str]:
    with database(server_url, f"test_headers_{os.getpid()}", world_template[0]) as url:
        add_one_of_each(url)
        yield url


@pytest.fixture(scope="module")
async def service(url: str) -> AsyncIterator[Client]:
    async with serving(settings_of(url)) as client:
        yield client


def policy_of(response: httpx.Response) -> dict[str, str]:
    (policy,) = response.headers.get_list("content-security-policy")
    parts = (part.strip().partition(" ") for part in policy.split(";"))
    return {name: value for name, _, value in parts}


@pytest.mark.parametrize("path", ANSWERS)
async def test_every_answer_is_closed(service: Client, path: str) -> None:
    response = await service.get(path)
    status, media_type = ANSWERS[path]
    assert (response.status_code, response.headers.get("content-type", "").partition(";")[0]) == (status, media_type)
    for name in ("x-content-type-options", "referrer-policy", "cross-origin-opener-policy", "content-security-policy"):
        assert len(response.headers.get_list(name)) == 1, name
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cross-origin-opener-policy"] == "same-origin"
    assert "strict-transport-security" not in response.headers  # this one came by http
    policy = policy_of(response)
    assert policy["frame-ancestors"] in ("'none'", "'self'")
    if not path.startswith("/static/"):
        assert policy["default-src"] == "'none'" and policy["base-uri"] == "'none'"
        assert policy.get("script-src", "'none'") in ("'none'", "'self'")
    assert response.headers["cross-origin-resource-policy"] == (
        "cross-origin" if path.startswith("/ogc") else "same-origin"
    )


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "TRACE", "OPTIONS", "BREW"])
async def test_so_are_answers_to_other_methods(service: Client, method: str) -> None:
    for path in ("/ogc", "/api/v1/me", "/", "/static/base.css"):
        response = await service.request(method, path)
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors" in policy_of(response)
        if method in ("TRACE", "BREW"):
            assert response.status_code in (404, 405)


@pytest.mark.parametrize("path", ANSWERS)
async def test_other_origins_read_only_what_is_open(service: Client, world: World, path: str) -> None:
    """`*` on /ogc, which browsers never join with a cookie; nothing elsewhere."""
    for headers in ({}, world["carrier_member"].session):
        response = await service.get(path, headers={**headers, "Origin": "https://evil.example"})
        assert response.headers.get("access-control-allow-origin") == ("*" if path.startswith("/ogc") else None)
        assert "access-control-allow-credentials" not in response.headers
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    preflight = await service.options(path, headers=asked)
    assert ("access-control-allow-methods" in preflight.headers) == path.startswith("/ogc")
    assert "POST" not in preflight.headers.get("access-control-allow-methods", "")


@pytest.mark.parametrize("path", ANSWERS)
async def test_https_is_kept_to(url: str, path: str) -> None:
    async with serving(settings_of(url, public_url="https://tsunagaru.example.jp")) as client:
        assert (await client.get(path)).headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


async def test_private_answers_are_kept_nowhere(service: Client, world: World) -> None:
    for path in ("/api/v1/me", "/api/v1/people", "/api/v1/planned-stations", "/api/v1/none"):
        assert (await service.get(path, headers=world["carrier_member"].session)).headers["cache-control"] == "no-store"
    private = await service.get("/ogc/collections/assets/items", headers=world["carrier_member"].session)
    assert private.headers["cache-control"] == "private, no-cache"


async def test_a_failure_tells_nothing_and_is_closed_too(url: str) -> None:
    """An error nobody foresaw: 500 with a trace id, no word of the inside."""
    async with serving(settings_of(url)) as client:
        app = client._transport.app  # type: ignore[attr-defined]

        async def fails() -> None:
            raise RuntimeError("the inside: SELECT secret")

        app.router.add_api_route("/fails", fails)
        response = await client.get("/fails")
    assert response.status_code == 500
    assert "inside" not in response.text and "RuntimeError" not in response.text
    assert response.json()["trace_id"] == response.headers["x-request-id"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert policy_of(response)["frame-ancestors"] == "'none'"
