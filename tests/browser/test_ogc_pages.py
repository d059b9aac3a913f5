"""The API's pages in a browser: axe finds nothing at 360 and 1440 px, light and dark, in both languages."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser

pytestmark = pytest.mark.browser

PATHS = (
    "/ogc",
    "/ogc/conformance",
    "/ogc/api",
    "/ogc/collections",
    "/ogc/collections/assets",
    "/ogc/collections/assets/schema",
    "/ogc/collections/assets/items?limit=5",
    "/ogc/collections/assets/items/130001-B-S00001",
    "/ogc/collections/assets/tiles",
    "/ogc/collections/assets/tiles/WebMercatorQuad",
    "/ogc/tileMatrixSets",
    "/ogc/tileMatrixSets/WebMercatorQuad",
    "/ogc/collections/nope",
)


@pytest.fixture(scope="module")
def axe() -> str:
    """The checker's own script."""
    return Path("node_modules/axe-core/axe.min.js").read_text()


@pytest.mark.parametrize(("width", "scheme", "language"), [(360, "light", "ja"), (1440, "dark", "en")])
async def test_axe_finds_nothing(
    chromium: Browser, site: str, axe: str, width: int, scheme: Literal["light", "dark"], language: str
) -> None:
    context = await chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        extra_http_headers={"Accept-Language": language},
        bypass_csp=True,  # axe is put in from outside
    )
    page = await context.new_page()
    for path in PATHS:
        await page.goto(site + path)
        await page.evaluate(axe)
        found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        told = [(rule["id"], [node["html"][:120] for node in rule["nodes"][:3]]) for rule in found["violations"]]
        assert told == [], path
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        name = path.partition("?")[0].strip("/").replace("/", "-")
        await page.screenshot(path=f"screenshots/{name}-{width}-{scheme}-{language}.png")
    await context.close()
