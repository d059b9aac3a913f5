"""Notices, how one is told, feeds, webhooks and what reached nobody: all of it by plain forms."""

import httpx
import pytest
from playwright.async_api import Browser, expect

from scripts.fault_tests.receivers import Answer, hook_receiver
from tests.browser.accounts.conftest import Place, sign_in, window
from tests.browser.statistics.test_statistics_pages import fold_all_out, look

pytestmark = pytest.mark.browser


async def test_notices_are_read(chromium: Browser, offices: Place) -> None:
    offices.rows("UPDATE notice SET read_at = NULL")
    async with window(chromium, java_script_enabled=False) as page:
        await sign_in(page, offices, "owner", "/notices")
        bar = page.get_by_role("banner").get_by_role("link", name="お知らせ 未読")
        count = int("".join(filter(str.isdigit, await bar.inner_text())))
        unread = page.get_by_role("region", name="未読")
        assert await unread.get_by_role("listitem").count() == min(count, 50)
        await unread.get_by_role("button", name="既読にする").first.click()
        await expect(page.get_by_role("status")).to_have_text("既読にしました。")
        await expect(bar).to_have_text(f"お知らせ 未読 {count - 1}件")
        await page.get_by_role("link", name="未読だけ").click()
        await page.get_by_role("button", name="すべて既読にする").click()
        await expect(page.get_by_text("未読はありません。")).to_be_visible()
        await expect(bar).to_have_count(0)
        await page.get_by_role("region", name="既読").get_by_role("link").first.click()
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert "/cases/" in page.url


async def test_how_to_be_told_and_a_feed_for_as_long_as_wanted(chromium: Browser, offices: Place) -> None:
    async with window(chromium) as page:
        await sign_in(page, offices, "carrier-a", "/notices")
        await page.get_by_role("link", name="届け方とフィード").click()
        await page.get_by_label("1日1回まとめて送る").check()
        await page.get_by_role("button", name="保存").click()
        await expect(page.get_by_label("1日1回まとめて送る")).to_be_checked()
        await page.get_by_role("button", name="アドレスを作る").click()
        address = await page.get_by_label("期限のカレンダー").input_value()
        assert httpx.get(address).text.startswith("BEGIN:VCALENDAR")
        assert "<feed" in httpx.get(await page.get_by_label("案件の動き").input_value()).text
        await page.get_by_role("link", name="お知らせ", exact=True).last.click()
        await page.get_by_role("link", name="届け方とフィード").click()
        await expect(page.get_by_label("期限のカレンダー")).to_have_count(0)
        await page.get_by_role("button", name="に作ったアドレスを無効にする").click()
        await expect(page.get_by_text("まだありません。")).to_be_visible()
        assert httpx.get(address).status_code == 404


async def test_a_webhook_from_adding_to_deleting(chromium: Browser, offices: Place) -> None:
    offices.settings.webhook_private_hosts = "127.0.0.1"
    with hook_receiver() as receiver:
        url = f"http://127.0.0.1:{receiver.port}/events"
        receiver.answer = lambda number: Answer(200 if number == 0 else 500)
        async with window(chromium) as page:
            await sign_in(page, offices, "carrier-b", "/webhooks")
            await page.get_by_label("アドレス").fill("https://169.254.169.254/latest")
            await page.get_by_role("button", name="加える").click()
            await expect(page.get_by_role("alert")).to_contain_text("内部や予約された番地")
            await expect(page.get_by_label("アドレス")).to_have_value("https://169.254.169.254/latest")
            await page.get_by_label("アドレス").fill(url)
            await page.get_by_role("button", name="加える").click()
            secret = await page.get_by_label("署名の鍵").input_value()
            assert secret.startswith("whsec_")
            await page.get_by_role("button", name=f"{url} に試験送信").click()
            await expect(page.get_by_text("に届きました（200")).to_be_visible()
            await expect(page.get_by_label("署名の鍵")).to_have_count(0)
            await page.get_by_role("button", name=f"{url} に試験送信").click()
            await expect(page.get_by_text("500 が返りました")).to_be_visible()
            await page.get_by_text("鍵を替える").press("Enter")
            await page.get_by_role("button", name="新しい鍵にする").click()
            assert await page.get_by_label("署名の鍵").input_value() != secret
            give_up_one(offices, url)
            await page.goto(offices.site + "/webhooks?state=given_up")
            row = page.get_by_role("row").filter(has_text="500 が返りました")
            await row.get_by_role("button", name="送り直す").click()
            await expect(page.get_by_text("まもなく送り直します。")).to_be_visible()
            await page.get_by_role("button", name="あきらめる").click()
            await expect(page.get_by_text("送るのをやめました。")).to_be_visible()
            await page.get_by_text(f"削除 {url}").press("Enter")
            await page.get_by_role("button", name="この送り先を削除").click()
            await expect(page.get_by_role("region", name="送り先").get_by_text("まだありません。")).to_be_visible()


def give_up_one(offices: Place, url: str) -> None:
    """A delivery to that address that was given up."""
    offices.rows(
        "INSERT INTO webhook_delivery (webhook_id, organisation_id, site_id, n, payload, attempts, status, failure, given_up_at)"
        ' SELECT w.webhook_id, w.organisation_id, s.site_id, 1, \'{"type": "site.permit"}\', 8, 500,'
        " '500 が返りました。 / The receiver answered 500.', now() FROM webhook w JOIN site s USING (organisation_id)"
        " WHERE w.url = :url AND s.window_organisation_id IS NOT NULL LIMIT 1",
        url=url,
    )


async def test_the_window_sees_what_reached_nobody(chromium: Browser, offices: Place) -> None:
    offices.rows(
        "INSERT INTO notice (person_id, organisation_id, site_id, n, kind, mail, attempts, failure, given_up_at)"
        " SELECT m.person_id, s.organisation_id, s.site_id, 9999, 'refer', 'immediate', 10,"
        " 'メールサーバーがこのメールを断りました。 / The mail server refused this mail: secret@example.jp', now()"
        " FROM site s JOIN membership m USING (organisation_id) JOIN organisation o ON o.organisation_id = s.window_organisation_id"
        " WHERE o.name LIKE 'ワンストップ窓口 受託者%' AND s.state = 'permitted' LIMIT 1"
    )
    async with window(chromium, bypass_csp=True) as page:
        await sign_in(page, offices, "window", "/notices")
        await look(page, "notices")
        await page.get_by_role("link", name="届かなかったもの").click()
        row = page.get_by_role("row").filter(has_text="メールサーバーがこのメールを断りました。")
        await expect(row.get_by_role("cell", name="事業者")).to_be_visible()
        assert "secret@" not in await page.content()
        await look(page, "failures")
        await page.goto(offices.site + "/notices/settings")
        await page.get_by_role("button", name="アドレスを作る").click()
        await look(page, "notice-settings")
        await page.goto(offices.site + "/webhooks?lang=en")
        await fold_all_out(page)
        await look(page, "webhooks-english")
        assert "webhooks." not in await page.get_by_role("main").inner_text()
