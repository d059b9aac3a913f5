"""A day's work on cases, done with what the pages say: by keyboard, without JavaScript, with a page that grew old."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.applications.made_documents import pdf
from tests.browser.accounts.conftest import Place, sign_in, window
from tests.browser.cases.conftest import case_of, state_of

pytestmark = pytest.mark.browser


async def test_an_operator_accepts_what_came_in_by_keyboard(chromium: Browser, offices: Place) -> None:
    async with window(chromium) as page:
        await sign_in(page, offices, "window", "/inbox?state=submitted")
        rows = page.get_by_role("row").filter(has_text="照会受付")
        there = await rows.count()
        assert there > 1
        for _ in range(2):
            await page.keyboard.press("j")
        await page.keyboard.press("k")
        link = page.locator(":focus")
        code = await link.inner_text()
        await page.keyboard.press("e")
        await expect(page.locator("summary:focus")).to_contain_text("受け付ける")
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="受け付ける").press("Enter")
        await expect(page.get_by_role("row", name=code)).to_contain_text("形式確認")
        await expect(page.get_by_role("status").filter(has_text="進めました")).to_have_count(1)
        await expect(rows).to_have_count(there - 1)
        await page.keyboard.press("?")
        await expect(page.get_by_role("heading", name="キーでできること")).to_be_visible()
        assert offices.rows("SELECT state FROM site WHERE code = :code", code=code)[0].state == "intake_check"


async def test_several_sites_of_a_state_move_together_and_one_that_fails_does_not_hold_the_rest(
    chromium: Browser, offices: Place
) -> None:
    async with window(chromium) as page:
        await sign_in(page, offices, "window", "/inbox?state=submitted")
        rows = page.get_by_role("row").filter(has_text="照会受付")
        codes = []
        for n in range(3):
            await rows.nth(n).get_by_role("checkbox").check()
            codes.append(await rows.nth(n).get_by_role("link").first.inner_text())
        await page.get_by_role("button", name="選んだ案件をまとめて進める").click()
        await expect(page.get_by_role("heading", name="まとめて進める")).to_be_visible()
        offices.rows(
            "UPDATE site SET version = version + 1 WHERE code = :code", code=codes[1]
        )  # somebody else was here
        await page.get_by_text("受け付ける").first.click()
        await page.get_by_role("button", name="受け付ける").click()
        await expect(page.get_by_text("2件を進めました。1件はできませんでした。")).to_be_visible()
        states = {
            row.code: row.state for row in offices.rows("SELECT code, state FROM site WHERE code = ANY (:c)", c=codes)
        }
        assert [states[code] for code in codes] == ["intake_check", "submitted", "intake_check"]


async def test_all_that_is_to_be_mended_goes_round_in_one_letter(
    chromium: Browser, offices: Place, tmp_path: Path
) -> None:
    site_id = case_of(offices, "intake_check", "事業者A", "carrier")
    async with window(chromium) as page:
        await sign_in(page, offices, "window", f"/cases/{site_id}")
        panel = await _open(page, "補正を求める")
        await panel.get_by_label("重さ").fill("設備の重さをカタログに合わせてください。")
        await panel.get_by_label("配置図").fill("屋上の配置図を付けてください。")
        await panel.get_by_role("button", name="補正を求める").click()
        await expect(page.get_by_text("事業者の番です", exact=True)).to_be_visible()
    drawing = tmp_path / "配置図.pdf"
    drawing.write_bytes(pdf())
    async with window(chromium) as page:
        await sign_in(page, offices, "carrier-a", f"/cases/{site_id}")
        await expect(page.get_by_text("あなたの番です")).to_be_visible()
        await expect(page.get_by_role("group", name="重さ まだです")).to_contain_text("カタログに合わせて")
        # An unreadable number is told at its place, and the chosen file stays chosen.
        await page.get_by_label("直した書類").set_input_files(drawing)
        await page.get_by_label("直した値 (kg)").fill("重い")
        await page.get_by_role("button", name="直して出し直す").click()
        await expect(page.get_by_text("数字で入れてください。")).to_be_visible()
        await page.get_by_label("直した値 (kg)").fill("95.5")
        await page.get_by_role("button", name="直して出し直す").click()
        await expect(page.get_by_text("窓口の番です", exact=True)).to_be_visible()
        await expect(page.get_by_role("link", name="配置図")).to_be_visible()
    assert state_of(offices, site_id) == "intake_check"
    assert offices.rows("SELECT plan FROM site WHERE site_id = :id", id=site_id)[0].plan["weight_kg"] == 95.5


async def test_a_page_that_grew_old_says_who_moved_it_and_keeps_what_was_typed(
    chromium: Browser, offices: Place
) -> None:
    site_id = case_of(offices, "referred", "財務局")
    async with window(chromium) as page:
        await sign_in(page, offices, "owner", f"/cases/{site_id}")
        panel = await _open(page, "設置できないと答える")
        await panel.get_by_label("理由の区分").select_option(label="荷重が足りない")
        await panel.get_by_label("理由や説明").fill("屋上の荷重に余裕がありません。")
        async with window(chromium) as other:
            await sign_in(other, offices, "owner", f"/cases/{site_id}")
            await _open(other, "調査を省いて協議へ")
            await other.get_by_role("button", name="調査を省いて協議へ").click()
            await expect(other.get_by_text("現地調査済・協議準備").first).to_be_visible()
        await panel.get_by_role("button", name="設置できないと答える").click()
        await expect(page.get_by_role("alert")).to_contain_text("「現地調査済・協議準備」へ進めました")
        await page.get_by_role("button", name="入力を残して読み直す").click()
        await expect(page.get_by_text("入力した文（送られていません）")).to_be_visible()
        await expect(page.get_by_text("屋上の荷重に余裕がありません。")).to_be_visible()
    assert state_of(offices, site_id) == "surveyed"


async def test_everything_works_without_javascript(chromium: Browser, offices: Place) -> None:
    site_id = case_of(offices, "permit_applied", "財務局", where="s.asset->>'asset_kind' = 'building'")
    async with window(chromium, java_script_enabled=False) as page:
        await sign_in(page, offices, "owner", "/inbox")
        await page.goto(f"{offices.site}/cases/{site_id}")
        await _open(page, "許可する")
        await page.get_by_label("根拠").select_option(index=1)
        await page.get_by_label("許可期間のはじめ").fill("2027-04-01")
        await page.get_by_label("許可期間の終わり").fill("2027-03-31")
        await page.get_by_label("使用面積").fill("4.5")
        await page.get_by_label("許可の条件").fill("夜間に工事しないこと。\n看板を出すこと。")
        await page.get_by_role("button", name="許可する").click()
        await expect(page.get_by_text("開始日より後の日にしてください。")).to_be_visible()
        await expect(page.get_by_label("許可の条件")).to_have_value("夜間に工事しないこと。\n看板を出すこと。")
        await page.get_by_label("許可期間の終わり").fill("2032-03-31")
        await page.get_by_role("button", name="許可する").click()
        await expect(page.get_by_text("事業者の番です", exact=True)).to_be_visible()
        await page.get_by_label("書き込む").first.fill("着工の前にご連絡ください。")
        await page.get_by_role("button", name="やりとり（全員に見えます）に送る").click()
        await expect(page.get_by_text("着工の前にご連絡ください。")).to_be_visible()
    assert state_of(offices, site_id) == "permitted"
    permit = offices.rows("SELECT permit FROM site WHERE site_id = :id", id=site_id)[0].permit
    assert permit["conditions"] == ["夜間に工事しないこと。", "看板を出すこと。"]


async def test_a_carrier_sees_no_other_carrier(chromium: Browser, offices: Place) -> None:
    [row] = offices.rows(
        "SELECT s.site_id, o.site_id AS other FROM site s JOIN site o USING (asset_id) WHERE s.state = 'sharing_offered'"
        " AND s.carrier_name LIKE '%事業者A%' AND o.site_id <> s.site_id AND o.stage <> 'end' LIMIT 1"
    )
    async with window(chromium) as page:
        await sign_in(page, offices, "carrier-a", f"/cases/{row.site_id}")
        await expect(page.get_by_role("heading", name="共用の打診")).to_be_visible()
        shown = await page.content()
        assert not any(f"事業者{letter}" in shown for letter in "BCD") and "共用設備会社" not in shown
        answer = await page.goto(f"{offices.site}/cases/{row.other}")
        assert answer is not None and answer.status == 404


async def _open(page: Page, action: str) -> Locator:
    """Open an action's panel where it stands."""
    summary = page.locator("summary", has_text=action)
    await summary.click()
    return page.get_by_role("group").filter(has=summary)
