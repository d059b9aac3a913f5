"""The pages without a browser's help: no JavaScript, no base map, no database; headers and words."""

import re
import struct
import zlib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Browser, expect

from app.config import Settings
from app.web.messages import MESSAGES
from tests.browser.conftest import Visit, running

pytestmark = pytest.mark.browser

WEB = Path("app/web")


def grey_png() -> bytes:
    """One grey pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0\xcc"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + pixels + chunk(b"IEND", b"")


async def test_without_javascript_the_form_leads_to_the_results(chromium: Browser, site: str) -> None:
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(site)
    await page.get_by_role("searchbox").fill("学校")
    await page.get_by_role("checkbox", name="建物").check(force=True)
    await page.get_by_label("高さの下限（m）").fill("12.5")
    await page.get_by_role("button", name="この条件で探す").click()
    query = parse_qs(urlsplit(page.url).query)
    assert query == {"q": ["学校"], "filter": ["asset_kind = 'building' AND height_m >= 12.5"]}
    href = await page.get_by_role("link", name="GeoJSON で取得").get_attribute("href")
    async with httpx.AsyncClient(base_url=site) as client:
        answer = await client.get(str(href))
    assert answer.status_code == 200
    assert answer.json()["numberMatched"] > 0
    assert all(feature["properties"]["height_m"] >= 12.5 for feature in answer.json()["features"])
    await context.close()


async def test_a_base_map_that_does_not_answer_is_not_missed(chromium: Browser, database_url: str) -> None:
    dead = Settings(database_url=database_url, basemap_url="http://127.0.0.1:9/{z}/{x}/{y}.png")
    with running(dead) as site:
        context = await chromium.new_context()
        page = await Visit(await context.new_page(), site).open("/")
        await expect(page.get_by_text("地図の一部を読み込めませんでした")).to_be_hidden()
        await expect(page.get_by_role("alert")).to_have_count(0)
        await context.close()


async def test_the_base_map_of_the_settings_is_asked_for_and_credited(chromium: Browser, database_url: str) -> None:
    own = Settings(
        database_url=database_url, basemap_url="http://tiles.test/{z}/{x}/{y}.png", basemap_attribution="試験の地図"
    )
    with running(own) as site:
        context = await chromium.new_context()
        window = Visit(await context.new_page(), site)
        await window.page.route(
            "http://tiles.test/**",
            lambda route: route.fulfill(
                body=grey_png(), content_type="image/png", headers={"Access-Control-Allow-Origin": "*"}
            ),
        )
        page = await window.open("/")
        assert window.foreign and all(url.startswith("http://tiles.test/") for url in window.foreign)
        await expect(page.get_by_text("試験の地図")).to_be_visible()
        assert window.trouble == []
        await context.close()


def test_pages_hold_to_their_own_origin(site: str) -> None:
    for path in ("/", "/about", "/problems/bad-filter", "/problems/unknown"):
        answer = httpx.get(site + path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*(src=|application/json))", answer.text)
        assert " style=" not in answer.text and " onclick" not in answer.text


def test_the_page_survives_a_database_that_is_gone() -> None:
    gone = Settings(database_url="postgresql://nobody@127.0.0.1:9/none", basemap_url="")
    with running(gone) as site:
        assert httpx.get(site + "/", timeout=10).status_code == 200
        assert httpx.get(site + "/about", timeout=10).status_code == 200


@pytest.mark.parametrize(
    "path", ["/static/nothing.js", "/static/../router.py", "/static/%2e%2e/router.py", "/static/%00"]
)
def test_only_files_of_the_pages_are_served(site: str, path: str) -> None:
    assert httpx.get(site + path).status_code == 404


def test_packed_files_are_sent_packed_and_not_twice(site: str) -> None:
    address = f"{site}/static/vendor/maplibre-gl.mjs"
    packed = httpx.get(address, headers={"Accept-Encoding": "gzip"})
    plain = httpx.get(address, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    again = httpx.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]})
    assert again.status_code == 304


def test_the_language_of_the_address_is_remembered(site: str) -> None:
    with httpx.Client(base_url=site) as client:
        assert '<html lang="ja">' in client.get("/about").text
        assert '<html lang="en">' in client.get("/about?lang=en").text
        assert '<html lang="en">' in client.get("/about").text
        assert '<html lang="ja">' in client.get("/about?lang=ja").text
        assert '<html lang="ja">' in client.get("/about?lang=xx").text


def test_what_a_visitor_types_comes_back_as_text(site: str) -> None:
    text = httpx.get(site, params={"q": "<script>alert(1)</script>\"'", "filter": "</script><b>"}).text
    assert "<script>alert" not in text and "</script><b>" not in text


def test_every_message_is_used_and_every_used_one_exists() -> None:
    sources = "".join(
        path.read_text() for path in (*WEB.glob("static/*.js"), *WEB.glob("templates/**/*.html"), *WEB.glob("*.py"))
    )
    keys = set(MESSAGES["ja"])
    # `key` or the start of a composed key, as in `part.${field}` or "region." ~ region
    stems = {match[1] for match in re.finditer(r"[`\"']([a-z_]+(?:\.[a-z_.]+)?\.)(?:\$?\{|[\"'] ~)", sources)}
    unused = {key for key in keys if not re.search(rf"[\"'`]{re.escape(key)}[\"'`]", sources)}
    assert {key for key in unused if not any(key.startswith(stem) for stem in stems)} == set()
    used = {
        match[1] for match in re.finditer(r"\b(?:say|t|button|link)\((?:[^()\"'`]*, )?[\"']([a-z_.]+)[\"']", sources)
    }
    assert {key for key in used if key not in keys and not key.endswith(".")} == set()
    assert all(text.strip() for language in MESSAGES.values() for text in language.values())
