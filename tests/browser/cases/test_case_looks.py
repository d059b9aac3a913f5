"""Board, inbox and case pages at 360 and 1440 px, light and dark: axe finds nothing, nothing is cut off, English is whole."""

from typing import Literal

import pytest
from playwright.async_api import Browser, Page, expect

from app.config import PROJECT_ROOT
from tests.browser.accounts.conftest import Place, sign_in, window
from tests.browser.cases.conftest import case_of
from tests.browser.conftest import SCREENSHOTS
from tests.browser.test_states import complaints

pytestmark = pytest.mark.browser
AXE = PROJECT_ROOT / "node_modules/axe-core/axe.min.js"
SCHEMES: dict[int, tuple[Literal["light", "dark"], ...]] = {1440: ("light",), 360: ("light", "dark")}


async def look(page: Page, name: str) -> None:
    """Pictures of a page; nothing sticks out sideways, axe has no complaint."""
    SCREENSHOTS.mkdir(exist_ok=True)
    if not await page.evaluate("Boolean(window.axe)"):
        await page.add_script_tag(path=AXE)
    for width, schemes in SCHEMES.items():
        await page.set_viewport_size({"width": width, "height": 740 if width == 360 else 900})
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
        for scheme in schemes:
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await page.screenshot(path=SCREENSHOTS / f"cases-{name}-{width}-{scheme}.png", full_page=True)
            assert await complaints(page) == [], (name, width, scheme)


async def test_an_inbox_with_a_panel(chromium: Browser, offices: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await sign_in(page, offices, "window", "/inbox?section=overdue")
        await page.keyboard.press("?")
        await page.keyboard.press("e")
        await expect(page.locator(".panel")).to_be_visible()
        await look(page, "inbox")


async def test_an_empty_inbox(chromium: Browser, offices: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await sign_in(page, offices, "private-owner", "/inbox")
        await expect(page.get_by_text("いま、こちらの番の案件はありません。")).to_be_visible()
        await look(page, "inbox-empty")


async def test_a_review(chromium: Browser, offices: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await sign_in(page, offices, "owner", f"/cases/{case_of(offices, 'permit_applied', '財務局')}")
        await page.locator("summary", has_text="許可する").first.click()
        await look(page, "review")


async def test_a_correction(chromium: Browser, offices: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await sign_in(page, offices, "carrier-a", f"/cases/{case_of(offices, 'correction', '事業者A', 'carrier')}")
        await look(page, "correction")


@pytest.mark.parametrize("account", ["window", "owner", "carrier-a"])
async def test_english_is_whole(chromium: Browser, offices: Place, account: str) -> None:
    async with window(chromium) as page:
        home = "/board" if account == "carrier-a" else "/inbox"
        await sign_in(page, offices, account, f"{home}?section=mine")
        await page.goto(f"{offices.site}{home}?lang=en&section=mine")
        await page.get_by_role("row").get_by_role("link").first.click()
        await expect(page.get_by_text("Your turn", exact=False).first).to_be_visible()
        said = await page.get_by_role("main").inner_text()
        assert "case." not in said and "cases." not in said


async def test_all_cases_go_to_the_next_contractor(chromium: Browser, offices: Place) -> None:
    offices.rows("INSERT INTO organisation (kind, name) VALUES ('window', '次の受託者')")
    [(n,)] = offices.rows("SELECT count(*) FROM site WHERE window_organisation_id IS NOT NULL")
    async with window(chromium, bypass_csp=True) as page:
        await sign_in(page, offices, "system-admin", "/admin/hand-over")
        await page.get_by_label("引き継ぐ側").select_option(index=1)
        await page.get_by_label("引き継がれる側").select_option(label="次の受託者 (0件)")
        await page.get_by_role("button", name="件数を確かめる").click()
        await look(page, "hand-over")
        await page.get_by_role("button", name=f"{n}件を引き継ぐ").click()
        await expect(page.get_by_text(f"{n}件を引き継ぎました。")).to_be_visible()
    assert offices.rows("SELECT 1 FROM audit_event WHERE action = 'window.hand_over'")
