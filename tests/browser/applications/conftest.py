"""The service with the demo people on the sample register, for carriers who choose sites and apply for them."""

import os
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, Page, expect

from app.config import Settings
from app.db import make_engine
from app.demo.people import add_demo_people
from tests.browser.accounts.conftest import Mailbox, Place, sign_in
from tests.browser.conftest import running
from tests.conftest import database

HERE = "/?bbox=139.740,35.655,139.760,35.668"  # a part of Minato with some dozens of sample assets


@pytest.fixture(scope="package")
def carriers(server_url: str, sample_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The service; nobody has applied for anything."""
    folder = tmp_path_factory.mktemp("applications")
    with database(server_url, f"test_apply_{os.getpid()}", sample_template) as url:
        settings = Settings(
            database_url=url, basemap_url="", demo_accounts_file=folder / "people.txt",
            audit_anchor_file=folder / "anchors.jsonl",
        )  # fmt: skip
        add_demo_people(settings, lambda _: None)
        owner = make_engine(settings)
        with running(settings) as address:
            site = address.replace("127.0.0.1", "localhost")
            lines = [line.split("\t") for line in (folder / "people.txt").read_text().splitlines() if "@" in line]
            passwords = {mail.partition("@")[0]: password for mail, password, *_ in lines}
            yield Place(site, settings, passwords, Mailbox(), owner, "")
        owner.dispose()


def some_assets(carriers: Place, many: int, condition: str = "availability = 'open'") -> list[str]:
    """Ids of sample buildings that nobody has applied for."""
    found = carriers.rows(
        "SELECT asset_id FROM ogc.assets a WHERE asset_kind = 'building' AND NOT EXISTS (SELECT FROM site s WHERE"
        f" s.asset_id = a.asset_id) AND {condition} ORDER BY asset_id LIMIT {many}"
    )
    return [row.asset_id for row in found]


async def begin(
    page: Page, carriers: Place, ids: list[str], title: str = "試しの申請", account: str = "carrier-a"
) -> None:
    """Sign in and make a draft of these assets."""
    await sign_in(page, carriers, account, "/applications/new")
    await page.get_by_label("アセットの番号").fill("\n".join(ids))
    await page.get_by_label("申請の名前").fill(title)
    await page.get_by_role("button", name="下書きをつくる").click()
    await expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()


async def fill_plan(page: Page) -> None:
    """Everything that sending asks for, as somebody types it; the form saves itself on the way where it can."""
    await page.get_by_label("目的").fill("商店街の屋外の混雑を和らげる")
    await page.get_by_label("方式").select_option(label="5G")
    await page.get_by_label("周波数帯").fill("n78、n257")
    await page.get_by_label("設備の区分").select_option(label="スモールセル（狭い範囲）")
    await page.get_by_label("重さ（合計）").fill("１２０")
    await page.get_by_label("必要な電力").fill("1.5")
    await page.get_by_label("アンテナの高さ").fill("12")
    await page.get_by_label("共用の意向").select_option(label="求められれば共用できる")
    await page.get_by_label("希望する時期").select_option(index=3)
    await page.get_by_label("備考").focus()


def in_tray(page: Page, words: "str | re.Pattern[str]") -> Locator:
    """What the tray says."""
    return page.get_by_role("region", name="選んだ場所").get_by_text(words)


def saved(page: Page) -> Locator:
    """What tells when the draft was saved."""
    return page.get_by_role("form", name="計画").get_by_text("保存しました ")


def sites(page: Page) -> Locator:
    """The rows of sites."""
    return page.get_by_role("region", name="場所と事前確認").get_by_role("heading", level=3)
