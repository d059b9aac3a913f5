"""Every state of the page at 360 and 1440 px, light and dark: axe finds nothing, and a picture is kept to be looked at."""

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import SCREENSHOTS, Visit

pytestmark = pytest.mark.browser

SHINJUKU = "#map=15/35.6894/139.6917"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
STATES = {
    "map": "/",
    "points": "/?layers=assets,municipalities,stations,wifi-access-points" + SHINJUKU,
    "list": "/" + SHINJUKU,
    "filters": "/?filter=asset_kind+%3D+'building'+AND+height_m+%3E%3D+20+AND+area_m2+%3E+100" + SHINJUKU,
    "detail": "/?feature=assets/130001-B-S00294",
    "legend": "/?layers=assets,municipalities,stations,wifi-access-points,population-mesh#map=13/35.69/139.7",
    "empty": "/?q=zzzz",
    "unreadable": "/?filter=height_m+%3E%3E+3",
    "english": "/?lang=en" + SHINJUKU,
    "about": "/about",
    "missing": "/problems/none-of-that-name",
}


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's script."""
    SCREENSHOTS.mkdir(exist_ok=True)
    return Path("node_modules/axe-core/axe.min.js").read_text()


async def press(page: Page, state: str) -> None:
    """What it takes to get from the address to the state."""
    if state == "filters":
        await page.get_by_role("button", name="絞り込み", exact=True).click()
    if state == "legend":
        await page.get_by_text("凡例とレイヤー").click()
    if state == "list" and (page.viewport_size or {})["width"] < 720:
        await page.get_by_role("button", name="一覧", exact=True).click()


async def complaints(page: Page) -> list[dict[str, Any]]:
    """What axe finds against WCAG 2.2 AA and its best practices."""
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        {"rule": violation["id"], "where": [node["target"] for node in violation["nodes"]][:5]}
        for violation in found["violations"]
    ]


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("state", STATES)
async def test_state(chromium: Browser, site: str, axe: str, state: str, width: int) -> None:
    context = await chromium.new_context(
        viewport={"width": width, "height": 740 if width == 360 else 900},
        reduced_motion="reduce",
        bypass_csp=True,  # axe is put in from outside
    )
    try:
        window = Visit(await context.new_page(), site)
        page = await window.open(STATES[state])
        await press(page, state)
        await page.evaluate(axe)
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await window.settled()
            await page.screenshot(path=SCREENSHOTS / f"{state}-{width}-{scheme}.png")
            assert await complaints(page) == [], scheme
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
        assert window.trouble == []
    finally:
        await context.close()


async def test_200_percent_zoom_keeps_everything_reachable(chromium: Browser, site: str) -> None:
    """A window of 1280 px at 400 % is 320 px wide and 225 px high."""
    context = await chromium.new_context(viewport={"width": 320, "height": 225}, reduced_motion="reduce")
    window = Visit(await context.new_page(), site)
    page = await window.open("/")
    button = page.get_by_role("button", name="一覧", exact=True)
    await button.scroll_into_view_if_needed()
    await button.click()
    await window.settled()
    await page.get_by_role("link").filter(has_text="サンプル").nth(3).scroll_into_view_if_needed()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await context.close()
