"""A carrier's day: choose on the map, plan, be interrupted, send; with and without JavaScript."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.accounts.conftest import Place, sign_in, type_password, window
from tests.browser.applications.conftest import HERE, begin, fill_plan, in_tray, saved, sites, some_assets

pytestmark = pytest.mark.browser


async def open_map(page: Page, carriers: Place) -> None:
    """The map where the sample assets stand, settled."""
    await page.goto(carriers.site + HERE)
    await expect(page.get_by_text(re.compile("地図の範囲に.*件"))).to_have_count(2)  # in the list's head and as told
    await page.wait_for_load_state("networkidle")


async def draw_round(page: Page) -> None:
    """A line round the middle of the map."""
    box = await page.get_by_role("region", name="地図").first.bounding_box()
    assert box is not None
    at = [(0.25, 0.25), (0.75, 0.3), (0.8, 0.7), (0.5, 0.85), (0.25, 0.7), (0.25, 0.27)]
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in at]
    await page.mouse.move(*points[0])
    await page.mouse.down()
    for point in points[1:]:
        await page.mouse.move(*point, steps=6)
    await page.mouse.up()


async def test_from_a_line_on_the_map_to_sent(chromium: Browser, carriers: Place) -> None:
    async with window(chromium) as page:
        await sign_in(page, carriers, "carrier-a", "/applications")
        await open_map(page, carriers)
        await page.get_by_role("button", name="囲んで選ぶ").click()
        await draw_round(page)
        count = in_tray(page, re.compile(r"^\d+か所を選択中$"))
        await expect(count).to_be_visible()
        chosen = int(re.sub(r"\D", "", str(await count.text_content())))
        assert chosen > 3
        await page.get_by_role("button", name="選んだ場所を見る").click()
        await page.get_by_role("button", name=re.compile("を外す$")).first.click()
        await expect(in_tray(page, f"{chosen - 1}か所を選択中")).to_be_visible()
        await page.get_by_role("button", name="元に戻す").click()
        await expect(in_tray(page, f"{chosen}か所を選択中")).to_be_visible()
        await page.get_by_role("button", name="申請をつくる").click()
        await expect(page.get_by_role("heading", name=f"{chosen}か所", level=2)).to_be_visible()
        await fill_plan(page)
        await expect(saved(page)).to_be_visible()
        await expect(page.get_by_text("まだ入れていない項目")).to_have_count(0)
        blocked = page.get_by_role("button", name=re.compile("送れない.*か所を外す"))
        if await blocked.count():
            await blocked.click()
            await expect(page.get_by_role("button", name="元に戻す")).to_be_focused()
        left = await sites(page).count()
        await page.get_by_role("button", name="送る", exact=True).click()
        await expect(page.get_by_text("送りました。")).to_be_visible()
        await expect(page.get_by_text("窓口の番", exact=False).first).to_be_visible()
        code = page.url.rpartition("/")[2].partition("?")[0]
        found = carriers.rows("SELECT state, count(*) FROM site WHERE application_id = :id GROUP BY state", id=code)
        assert found == [("submitted", left)]
        await page.goto(carriers.site + "/")
        await expect(in_tray(page, "か所を選択中")).to_be_hidden()


async def test_choosing_by_keyboard_survives_signing_in(chromium: Browser, carriers: Place) -> None:
    async with window(chromium, viewport={"width": 360, "height": 740}) as page:
        await open_map(page, carriers)
        await page.get_by_role("button", name="一覧", exact=True).press("Enter")
        boxes = page.get_by_role("list", name=re.compile("件$")).get_by_role("checkbox")
        await boxes.nth(1).press("Space")
        await boxes.nth(4).click(modifiers=["Shift"])
        await expect(in_tray(page, "4か所を選択中")).to_be_visible()
        await page.get_by_role("button", name=re.compile("表示中の.*件を追加")).press("Enter")
        count = in_tray(page, re.compile(r"^\d+か所を選択中$"))
        await expect(count).not_to_have_text("4か所を選択中")
        await page.get_by_role("button", name="元に戻す").press("Enter")
        await page.get_by_role("link", name="サインインして申請").press("Enter")
        await type_password(page, carriers, "carrier-a")
        await expect(page.get_by_text("4か所を選んでいます。")).to_be_visible()
        await page.get_by_role("button", name="下書きをつくる").press("Enter")
        await expect(page.get_by_role("heading", name="4か所", level=2)).to_be_visible()


async def test_a_selection_passed_on_as_a_link(chromium: Browser, carriers: Place) -> None:
    ids = some_assets(carriers, 3)
    async with window(chromium) as page:
        await page.goto(f"{carriers.site}/?selected={','.join([*ids, 'no-such-asset'])}")
        await expect(in_tray(page, "3か所を選択中")).to_be_visible()
        await page.get_by_role("button", name="すべて外す").click()
        await expect(in_tray(page, "選択をすべて外しました")).to_be_visible()


async def test_a_lapsed_session_loses_nothing(chromium: Browser, carriers: Place) -> None:
    async with window(chromium) as page:
        await begin(page, carriers, some_assets(carriers, 2))
        await page.get_by_label("目的").fill("はじめの目的")
        await page.get_by_label("備考").focus()
        await expect(saved(page)).to_be_visible()
        carriers.rows(
            "UPDATE user_session SET last_seen_at = now() - interval '30 days', created_at = now() - interval '30 days'"
        )
        await page.get_by_label("備考").fill("サインインが切れてから書いたこと")
        await page.get_by_label("重さ（合計）").focus()
        trouble = page.get_by_role("alert").filter(has_text="サインインの期限が切れました")
        await expect(trouble).to_be_visible()
        await trouble.get_by_role("link", name="サインインして続ける").click()
        await type_password(page, carriers, "carrier-a")
        await expect(page.get_by_text("保存されていなかった入力を戻しました")).to_be_visible()
        await expect(saved(page)).to_be_visible()
        await page.reload()
        await expect(page.get_by_label("備考")).to_have_value("サインインが切れてから書いたこと")
        await expect(page.get_by_label("目的")).to_have_value("はじめの目的")


async def test_two_windows_on_one_draft(chromium: Browser, carriers: Place) -> None:
    async with window(chromium) as page:
        await begin(page, carriers, some_assets(carriers, 2), "二つの窓")
        other = await page.context.new_page()
        await other.goto(page.url)
        await other.get_by_label("重さ（合計）").fill("80")
        await other.get_by_label("備考").fill("もう一つの窓から")
        await other.get_by_label("目的").focus()
        await expect(saved(other)).to_be_visible()
        await page.get_by_label("重さ（合計）").fill("120")
        await page.get_by_label("目的").focus()
        asked = page.get_by_role("alert").filter(has_text="相手は「80」、あなたは「120」")
        await expect(asked).to_be_visible()
        await expect(page.get_by_label("重さ（合計）")).to_have_value("120")
        await expect(page.get_by_label("備考")).to_have_value("もう一つの窓から")
        await asked.get_by_role("button", name="自分の入力で保存する").click()
        await expect(saved(page)).to_be_visible()
        plan = carriers.rows(
            "SELECT plan->'weight_kg' AS weight, plan->>'note' AS note FROM application WHERE title = '二つの窓'"
        )[0]
        assert (plan.weight, plan.note) == (120.0, "もう一つの窓から")


async def test_what_blocks_is_taken_out_and_put_back(chromium: Browser, carriers: Place) -> None:
    quiet = "availability = 'open' AND planned_works IS NULL AND power = 'available' AND slots_used < slots_total"
    ids = some_assets(carriers, 3, quiet) + some_assets(carriers, 1, "availability = 'suspended'")
    async with window(chromium) as page:
        await begin(page, carriers, ids)
        await expect(sites(page).first).to_contain_text("送れない")
        await page.get_by_role("link", name="この場所だけ変える").last.click()
        own = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="この場所の値を保存"))
        await own.get_by_label("アンテナの高さ").fill("30")
        await own.get_by_label("共用の意向").focus()
        await expect(page.get_by_text("この場所だけ: アンテナの高さ 30 m")).to_be_visible()
        await page.get_by_role("button", name="問題のある場所だけ（1）").click()
        await expect(sites(page).filter(visible=True)).to_have_count(1)
        await page.get_by_role("button", name="すべて（4）").click()
        await page.get_by_role("button", name="送れない1か所を外す").click()
        await expect(page.get_by_text("1か所を外しました")).to_be_visible()
        await expect(sites(page)).to_have_count(3)
        await page.get_by_role("button", name="元に戻す").press("Enter")
        await expect(sites(page)).to_have_count(4)


async def test_without_javascript(chromium: Browser, carriers: Place) -> None:
    ids = some_assets(carriers, 3)
    context = await chromium.new_context(java_script_enabled=False, locale="ja")
    page = await context.new_page()
    await begin(page, carriers, [*ids[:2]])
    await page.get_by_role("button", name="送る", exact=True).click()
    mend = page.get_by_role("navigation", name="送る前に直すところ")
    await expect(mend.get_by_role("link", name="目的を入れてください。")).to_have_attribute("href", "#plan-purpose")
    await expect(mend.get_by_role("link")).to_have_count(9)
    await page.get_by_label("重さ（合計）").fill("重い")
    await page.get_by_role("button", name="保存する", exact=True).click()
    await expect(page.get_by_text("0〜100,000 kg の数で入れてください。")).to_be_visible()
    await expect(page.get_by_label("重さ（合計）")).to_have_value("重い")
    await fill_plan(page)
    await page.get_by_role("button", name="保存する", exact=True).click()
    await expect(page.get_by_role("status").filter(has_text="保存しました。")).to_be_visible()
    await page.get_by_text("番号で足す").click()
    await page.get_by_label("アセットの番号").fill(ids[2])
    await page.get_by_role("button", name="足す", exact=True).first.click()
    await expect(page.get_by_text("1か所を入れました。")).to_be_visible()
    await page.get_by_role("button", name=re.compile("^外す")).first.click()
    await page.get_by_role("button", name="元に戻す").click()
    await expect(sites(page)).to_have_count(3)
    await page.get_by_role("button", name="送る", exact=True).click()
    await expect(page.get_by_role("heading", name="3か所", level=2)).to_be_visible()
    await page.get_by_role("button", name="写しをつくる").click()
    await expect(page.get_by_role("heading", name="試しの申請（写し）", level=1)).to_be_visible()
    await context.close()


async def test_a_file_of_sites(chromium: Browser, carriers: Place) -> None:
    ids = some_assets(carriers, 2)
    content = "\n".join(["アセットID,名称", *(f"{one},x" for one in ids), "131041-B-9999,ない施設"])
    async with window(chromium) as page:
        await sign_in(page, carriers, "carrier-a", "/applications")
        await page.get_by_text("ファイルから選ぶ").click()
        file = {"name": "春の候補.csv", "mimeType": "text/csv", "buffer": content.encode()}
        await page.get_by_label("場所の一覧").set_input_files([file])  # type: ignore[list-item]
        await page.get_by_role("button", name="このファイルで下書きをつくる").click()
        await expect(page.get_by_role("heading", name="春の候補", level=1)).to_be_visible()
        await expect(page.get_by_role("row").filter(has_text="131041-B-9999")).to_contain_text("一覧にありません")
        await expect(sites(page)).to_have_count(2)
