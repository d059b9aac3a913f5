"""Every state of the list pages at 360 and 1440 px, light and dark: axe finds nothing, nothing is cut off, print is whole."""

import signal
import subprocess
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, expect

from app.config import PROJECT_ROOT
from tests.browser.accounts.conftest import Place, sign_in, window
from tests.browser.accounts.test_account_looks import tab_to
from tests.browser.conftest import SCREENSHOTS
from tests.browser.lists.conftest import SECOND, judgement, send
from tests.browser.lists.test_lists import ODD_HEADINGS, judged, publish
from tests.browser.lists.workbooks import facility, planted_list, save_list, sound_list
from tests.browser.test_states import complaints

pytestmark = pytest.mark.browser
AXE = PROJECT_ROOT / "node_modules/axe-core/axe.min.js"
SIZES = (360, 1440)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def look(page: Page, name: str) -> None:
    """Pictures of a state in each width and scheme; nothing sticks out sideways, axe has no complaint."""
    SCREENSHOTS.mkdir(exist_ok=True)
    if not await page.evaluate("Boolean(window.axe)"):
        await page.add_script_tag(path=AXE)
    for width in SIZES:
        await page.set_viewport_size({"width": width, "height": 740 if width == 360 else 900})
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await page.screenshot(path=SCREENSHOTS / f"lists-{name}-{width}-{scheme}.png", full_page=True)
            assert await complaints(page) == [], (name, width, scheme)


async def fold_all_out(page: Page) -> None:
    """Open everything that folds."""
    await page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")


async def test_before_publishing(chromium: Browser, office: Place, tmp_path: Path) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await sign_in(page, office, "minato-editor", "/lists")
        await look(page, "kinds")
        await page.goto(office.site + "/lists/assets")
        await look(page, "drop")
        await send(page, planted_list(tmp_path / "公共施設一覧.xlsx"))
        await judged(page)
        await look(page, "judged")
        await fold_all_out(page)
        await look(page, "judged-open")
        await page.goto(page.url + "?lang=en")
        await look(page, "judged-english")
        shown = await page.get_by_role("main").inner_text()
        assert "lists." not in shown
        await page.goto(office.site + "/lists/assets?lang=ja")
        await send(page, save_list(tmp_path / "独自の表.xlsx", [facility(1)], ODD_HEADINGS))
        await expect(page.get_by_text("「名称」の列が見つかりません")).to_be_visible(timeout=20_000)
        await look(page, "columns")
        unreadable = tmp_path / "写真.xlsx"
        unreadable.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
        await page.goto(office.site + "/lists/assets")
        await send(page, unreadable)
        await expect(page.get_by_role("alert").first).to_be_visible(timeout=20_000)
        await look(page, "refused")


async def test_publishing(chromium: Browser, office: Place, tmp_path: Path) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await sign_in(page, office, "minato-editor", "/lists/assets")
        await send(page, sound_list(tmp_path / "去年.xlsx"))
        await judged(page)
        await look(page, "clean")
        await publish(page, "40件を公開する")
        await page.get_by_text("この公開を取り消す").click()
        await look(page, "published")
        await page.goto(office.site + "/lists/assets")
        # Everything moves and some are gone: a second person is asked.
        await send(page, sound_list(tmp_path / "今年.xlsx", rows=30, lon_offset=0.001))
        await judged(page)
        await page.get_by_label("ファイルにない10件を廃止する").check()
        await expect(page.get_by_text("もう一人の確認が要ります")).to_be_visible()
        await fold_all_out(page)
        await look(page, "guard")
        await page.get_by_role("button", name="もう一人に確認を頼む").click()
        await expect(page.get_by_label("この画面の番地を")).to_be_visible()
        await look(page, "waits-for-second")
        address = page.url
        await page.goto(office.site + "/lists/assets")
        await look(page, "history")
    async with window(chromium, bypass_csp=True) as page:
        await sign_in(page, office, SECOND, address.removeprefix(office.site))
        await look(page, "second")
        await publish(page, "確かめたので 30件を公開する")
        await page.get_by_text("この公開を取り消す").click()
        await page.get_by_role("button", name="取り消す", exact=True).click()
        await expect(page.get_by_text("公開する前の内容に戻しました。")).to_be_visible(timeout=20_000)
        await look(page, "undone")


async def test_while_working(chromium: Browser, office: Place, worker: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """What a page says in the middle of a long list, and that what is known already stays in sight; the worker is halted."""
    async with window(chromium, bypass_csp=True) as page:
        await sign_in(page, office, "minato-editor", "/lists/assets")
        await send(page, sound_list(tmp_path / "一覧.xlsx", rows=5))
        await judged(page)
        worker.send_signal(signal.SIGSTOP)
        try:
            office.rows(
                "UPDATE list_import SET state = 'examining', report = report - '{diff,counts,groups,lint}'::text[],"
                " progress = jsonb_build_object('step', 'judging', 'done', 45000, 'total', 120000)"
            )
            await page.reload()
            await expect(page.get_by_text("1行ずつ確かめています。 45,000行 / およそ120,000行")).to_be_visible()
            await expect(page.get_by_role("cell", name="みなと見本施設1号館")).to_be_visible()
            await look(page, "working")
        finally:
            worker.send_signal(signal.SIGCONT)
        office.rows("UPDATE list_import SET state = 'waiting'")
        await judged(page)


async def test_print_shows_what_is_folded(chromium: Browser, office: Place, tmp_path: Path) -> None:
    async with window(chromium) as page:
        await sign_in(page, office, "minato-editor", "/lists/assets")
        await send(page, planted_list(tmp_path / "一覧.xlsx"))
        await judged(page)
        await page.emulate_media(media="print")
        await expect(judgement(page).get_by_text("誤りのある行").or_(page.get_by_role("cell").first)).to_be_visible()
        await expect(page.get_by_role("button", name="このファイルを送る")).to_be_hidden()


async def test_the_keyboard_alone(chromium: Browser, office: Place, tmp_path: Path) -> None:
    """From the judged list to the published one without a pointer; the focus stays where somebody was."""
    async with window(chromium) as page:
        await sign_in(page, office, "minato-editor", "/lists/assets")
        await send(page, planted_list(tmp_path / "一覧.xlsx"))
        await judged(page)
        await tab_to(page, "行を除いて公開する")
        await page.keyboard.press("Space")
        await expect(page.get_by_role("button", name="件を公開する")).to_be_visible()
        await expect(page.get_by_label("行を除いて公開する")).to_be_focused()
        await tab_to(page, "件を公開する")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("公開しました。ありがとうございます。")).to_be_visible(timeout=20_000)
        focused = await page.evaluate("document.activeElement.closest('section')?.id ?? document.activeElement.id")
        assert focused == "step-publish"
