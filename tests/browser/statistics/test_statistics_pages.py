"""Figures for everybody and for staff: they say what the API says, without JavaScript, in every width and scheme."""

import csv
import io
from typing import Literal

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from app.config import PROJECT_ROOT
from tests.browser.accounts.conftest import Place, sign_in, window
from tests.browser.conftest import SCREENSHOTS
from tests.browser.test_states import complaints

pytestmark = pytest.mark.browser
AXE = PROJECT_ROOT / "node_modules/axe-core/axe.min.js"
SCHEMES: dict[int, tuple[Literal["light", "dark"], ...]] = {1440: ("light", "dark"), 360: ("light", "dark")}


async def look(page: Page, name: str) -> None:
    """Pictures of a page in each width and scheme; nothing sticks out sideways, axe has no complaint."""
    SCREENSHOTS.mkdir(exist_ok=True)
    if not await page.evaluate("Boolean(window.axe)"):
        await page.add_script_tag(path=AXE)
    for width, schemes in SCHEMES.items():
        await page.set_viewport_size({"width": width, "height": 740 if width == 360 else 900})
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
        for scheme in schemes:
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await page.screenshot(path=SCREENSHOTS / f"figures-{name}-{width}-{scheme}.png", full_page=True)
            assert await complaints(page) == [], (name, width, scheme)


async def fold_all_out(page: Page) -> None:
    await page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")


async def test_totals_for_everybody_without_an_account_or_javascript(chromium: Browser, offices: Place) -> None:
    async with window(chromium, java_script_enabled=False) as page:
        await page.goto(offices.site + "/about")
        await page.get_by_role("link", name="設置の進み具合").click()
        stations = page.get_by_role("region", name="運用中の基地局")
        await expect(stations.get_by_role("paragraph").filter(has_text="2023年度末の計画300局")).to_be_visible()
        await expect(stations.get_by_text("サンプル", exact=True)).to_be_visible()
        await expect(stations.get_by_text("2022年度末225局")).to_be_hidden()
        await stations.get_by_text("数え方").focus()
        await page.keyboard.press("Enter")
        await expect(stations.get_by_text("2022年度末225局")).to_be_visible()
        await stations.get_by_text("数値の表").click()
        table = stations.get_by_role("table")
        href = await stations.get_by_role("link", name="運用中の基地局を CSV で取得").get_attribute("href")
        rows = list(csv.DictReader(io.StringIO(httpx.get(offices.site + str(href)).content.decode("utf-8-sig"))))
        shown = await table.get_by_role("row").last.inner_text()
        assert rows[-1]["運用中（月末）"] in shown.split() and rows[-1]["サンプル"] == "サンプル"
        text = await page.get_by_role("main").inner_text()
        assert "通信事業者" not in text and "財務局" not in text and "statistics." not in text


async def test_totals_are_sent_once(offices: Place) -> None:
    first = httpx.get(offices.site + "/progress")
    again = httpx.get(offices.site + "/progress", headers={"If-None-Match": first.headers["etag"]})
    if again.status_code == 200:  # a minute ended in between
        again = httpx.get(offices.site + "/progress", headers={"If-None-Match": again.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_staff_narrow_figures_down_by_the_address(chromium: Browser, offices: Place) -> None:
    async with window(chromium, java_script_enabled=False) as page:
        await sign_in(page, offices, "planner", "/statistics")
        figures = page.get_by_role("region", name="所管ごとの処理期間").first
        await expect(figures.get_by_role("img")).to_be_visible()
        await page.get_by_label("期間", exact=True).select_option("2021年度")
        await page.get_by_label("所管", exact=True).select_option("港区（サンプル）")
        await page.get_by_role("button", name="表示", exact=True).click()
        assert "period=2021" in page.url
        await expect(page.get_by_label("期間", exact=True)).to_have_value("2021")
        href = await page.get_by_role("link", name="所管ごとの処理期間を CSV で取得").get_attribute("href")
        assert href and "since=2021-04-01&until=2022-03-31&office=" in href
        async with page.expect_download() as download:
            await page.get_by_role("link", name="所管ごとの処理期間を CSV で取得").click()
        rows = list(csv.DictReader(io.StringIO((await (await download.value).path()).read_text("utf-8-sig"))))
        assert {row["所管"] for row in rows} <= {"港区（サンプル）"}
        await page.goto(offices.site + "/statistics?period=x&office=y")
        await expect(page.get_by_label("期間", exact=True)).to_have_value("")


async def test_a_carrier_has_no_figures(chromium: Browser, offices: Place) -> None:
    async with window(chromium) as page:
        await sign_in(page, offices, "carrier-a")
        await expect(page.get_by_role("link", name="統計")).to_have_count(0)
        answer = await page.request.get(offices.site + "/statistics")
        assert answer.status == 403


async def test_figures_in_every_width_and_scheme(chromium: Browser, offices: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await page.goto(offices.site + "/progress")
        await look(page, "progress")
        await page.goto(offices.site + "/progress?lang=en")
        await fold_all_out(page)
        await look(page, "progress-english-open")
        await page.goto(offices.site + "/progress?lang=ja")
        await sign_in(page, offices, "window", "/statistics?lang=ja")
        await look(page, "statistics")
        await page.goto(offices.site + "/statistics?period=12m&lang=en")
        await fold_all_out(page)
        await look(page, "statistics-english-open")
        shown = await page.get_by_role("main").inner_text()
        assert "statistics." not in shown
        await page.goto(offices.site + "/statistics?lang=ja")
        await page.emulate_media(media="print")
        await expect(page.get_by_role("region", name="期限を過ぎた案件").first.get_by_role("table")).to_be_visible()
        await expect(page.get_by_role("button", name="表示", exact=True)).to_be_hidden()
