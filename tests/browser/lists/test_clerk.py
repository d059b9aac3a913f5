"""A clerk who was never here before: twenty planted errors, mended in one round, published, seen, undone.

The test does only what the pages and the returned workbook say: roles and labels, no selectors.
"""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, expect

from app.demo.people import DOMAIN
from tests.browser.accounts.conftest import Place, type_password, window
from tests.browser.lists.conftest import TOWN, judgement
from tests.browser.lists.workbooks import PLANTED, ROWS, mend, planted_list

pytestmark = pytest.mark.browser


async def published(office: Place) -> int:
    """How many assets of the sample names everybody sees in the open data."""
    async with httpx.AsyncClient(base_url=office.site) as client:
        address = "/ogc/collections/assets/items"
        query = {"municipality_code": TOWN, "filter": "name LIKE 'みなと見本%'", "limit": "1", "f": "json"}
        answer = await client.get(address, params=query)
        return int(answer.raise_for_status().json()["numberMatched"])


async def test_twenty_errors_are_mended_in_one_round(chromium: Browser, office: Place, tmp_path: Path) -> None:
    assert len(PLANTED) == 20
    file = planted_list(tmp_path / "公共施設一覧.xlsx")
    before = await published(office)
    async with window(chromium) as page:
        await page.goto(office.site + "/")
        await page.get_by_role("link", name="サインイン").click()
        await type_password(page, office, "minato-editor")
        await page.wait_for_url(office.site + "/")
        await page.get_by_role("banner").get_by_text("見本 みなと").click()
        await page.get_by_role("link", name="一覧", exact=True).click()
        await page.get_by_role("link", name="公共アセット一覧").click()
        await page.get_by_label("一覧のファイルをここに置く").set_input_files(file)
        await page.get_by_role("button", name="このファイルを送る").click()
        # What was understood, thanks first.
        said = judgement(page)
        await expect(
            said.get_by_text(re.compile(r"ありがとうございます。40件中 \d+件はそのまま使えます。"))
        ).to_be_visible(timeout=20_000)
        await expect(page.get_by_role("region", name="読み取った表").get_by_role("row")).to_have_count(1 + ROWS)
        await expect(page.get_by_role("button", name=re.compile("を公開する"))).to_have_count(0)
        # Their own workbook back, mended by what its sheet エラー一覧 says.
        async with page.expect_download() as download:
            await said.get_by_role("link", name="直して返す：Excelを受け取る").click()
        returned = tmp_path / "returned.xlsx"
        await (await download.value).save_as(returned)
        wrong = mend(returned)
        assert wrong >= 10
        await page.get_by_label("直したファイルをここに置く").set_input_files(returned)
        await said.get_by_role("button", name="このファイルを送る").click()
        await expect(judgement(page).get_by_text("ありがとうございます。40件すべて使えます。")).to_be_visible(
            timeout=20_000
        )
        await expect(page.get_by_text("返したファイルを直したもの")).to_have_count(1)
        # Published in that one round.
        await page.get_by_role("button", name="40件を公開する").click()
        await expect(page.get_by_text("公開しました。ありがとうございます。")).to_be_visible(timeout=20_000)
        await expect(page.get_by_text("新規 40件、変更 0件、変更なし 0件、廃止 0件")).to_be_visible()
        assert await published(office) > before
        await page.get_by_role("link", name="地図で見る").click()
        await expect(page.get_by_role("link", name=re.compile("みなと見本")).first).to_be_visible()
        await page.go_back()
        # And back.
        await page.get_by_text("この公開を取り消す").click()
        await expect(page.get_by_text("後からの変更で失われるものはありません。")).to_be_visible()
        await page.get_by_role("button", name="取り消す", exact=True).click()
        await expect(page.get_by_text("公開する前の内容に戻しました。")).to_be_visible(timeout=20_000)
    assert await published(office) == before
    receipt = await mail(office, "取り消しました")
    assert "SHA-256" in receipt and "見本 みなと" in receipt


async def mail(office: Place, words: str) -> str:
    """The last mail to the clerk, once it says these words."""
    for _ in range(100):
        if words in (told := office.mailbox.last_to(f"minato-editor@{DOMAIN}")):
            return told
        await asyncio.sleep(0.1)
    pytest.fail(f"no mail says {words}")
