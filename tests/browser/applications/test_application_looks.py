"""The carrier's pages in their states at 360 and 1440 px, light and dark: axe finds nothing, nothing sticks out."""

from typing import Literal

import pytest
from playwright.async_api import Browser, Page, expect

from app.config import PROJECT_ROOT
from tests.browser.accounts.conftest import Place, window
from tests.browser.applications.conftest import HERE, begin, fill_plan, saved, some_assets
from tests.browser.conftest import SCREENSHOTS
from tests.browser.test_states import complaints

pytestmark = pytest.mark.browser
AXE = PROJECT_ROOT / "node_modules/axe-core/axe.min.js"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def look(page: Page, name: str, whole: bool = True) -> None:
    """Pictures of a state in each width and scheme; nothing sticks out sideways, axe has no complaint."""
    SCREENSHOTS.mkdir(exist_ok=True)
    if not await page.evaluate("Boolean(window.axe)"):
        await page.add_script_tag(path=AXE)
    for width, scheme in ((360, "dark"), (1440, "light")):
        await page.set_viewport_size({"width": width, "height": 740 if width == 360 else 900})
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
        await page.screenshot(path=SCREENSHOTS / f"apply-{name}-{width}-{scheme}.png", full_page=whole)
        assert await complaints(page) == [], (name, width, scheme)


async def test_pages_of_applications(chromium: Browser, carriers: Place) -> None:
    ids = some_assets(carriers, 6) + some_assets(carriers, 1, "availability = 'suspended'")
    async with window(chromium, bypass_csp=True) as page:
        await begin(page, carriers, ids)
        draft = page.url
        await look(page, "draft-empty")
        await page.get_by_role("button", name="送る", exact=True).click()
        await expect(page.get_by_role("navigation", name="送る前に直すところ")).to_be_visible()
        await look(page, "draft-to-mend")
        await page.goto(draft)
        await fill_plan(page)
        await expect(saved(page)).to_be_visible()
        await page.get_by_role("button", name="送れない1か所を外す").click()
        await expect(page.get_by_text("1か所を外しました")).to_be_visible()
        await look(page, "draft-removed")
        await page.goto(carriers.site + "/applications")
        await look(page, "list")


async def test_english_and_sent(chromium: Browser, carriers: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await begin(page, carriers, some_assets(carriers, 3))
        draft = page.url.partition("?")[0]
        await fill_plan(page)
        await expect(saved(page)).to_be_visible()
        await page.goto(draft + "?lang=en")
        await look(page, "draft-english")
        assert "apply." not in await page.get_by_role("main").inner_text()
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(page.get_by_text("The window's turn").first).to_be_visible()
        await look(page, "sent-english")


async def test_choosing_on_the_map(chromium: Browser, carriers: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await page.goto(carriers.site + HERE)
        box = page.get_by_role("checkbox", name="を選ぶ").first
        await box.check()
        await page.get_by_role("button", name="選んだ場所を見る").click()
        await page.wait_for_load_state("networkidle")
        await look(page, "choosing", whole=False)
