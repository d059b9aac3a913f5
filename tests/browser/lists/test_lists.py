"""What staff do with lists beside the clerk's first day: columns by hand, two people, refusals, no script, the same again."""

import re
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.async_api import Browser, Page, expect

from tests.browser.accounts.conftest import Place, sign_in, window
from tests.browser.lists.conftest import SECOND, drop_file, judgement, open_lists, send
from tests.browser.lists.workbooks import HEADINGS, facility, planted_list, save_list, sound_list

pytestmark = pytest.mark.browser
LONG_MS = 20_000


async def judged(page: Page) -> None:
    """Wait for the thank-you."""
    await expect(judgement(page).get_by_text("ありがとうございます。")).to_be_visible(timeout=LONG_MS)


async def publish(page: Page, button: str) -> None:
    """Press the button and wait until it is done."""
    await page.get_by_role("button", name=button).click()
    await expect(page.get_by_text("公開しました。ありがとうございます。")).to_be_visible(timeout=LONG_MS)


async def fold_out(page: Page, heading: str) -> None:
    """Open a step."""
    if await page.locator("details", has=page.get_by_role("heading", name=heading)).get_attribute("open") is None:
        await page.get_by_role("heading", name=heading).click()


ODD_HEADINGS = ("管理No", "おなまえ", "どこ", "たて", "よこ", *HEADINGS[5:])


async def test_columns_by_hand_and_a_recipe_used_again(chromium: Browser, office: Place, tmp_path: Path) -> None:
    rows = [facility(number) for number in range(1, 6)]
    file = save_list(tmp_path / "独自の表.xlsx", rows, ODD_HEADINGS)
    async with window(chromium) as page:
        await open_lists(page, office)
        await send(page, file)
        columns = page.get_by_role("region", name="2 列")
        await expect(columns.get_by_text("「名称」の列が見つかりません")).to_be_visible(timeout=LONG_MS)
        await columns.get_by_label(re.compile("おなまえ")).select_option(label="名称")
        await expect(columns.get_by_text("まだ反映していません")).to_be_visible()
        await columns.get_by_label(re.compile("管理No")).select_option(label="財産番号")
        await columns.get_by_label(re.compile("たて")).select_option(label="緯度")
        await columns.get_by_label(re.compile("よこ")).select_option(label="経度")
        await columns.get_by_role("button", name="この対応で判定し直す").click()
        await judged(page)
        await fold_out(page, "2 列")
        await columns.get_by_text("この読み方に名前を付けて保存する・使う").click()
        await columns.get_by_label("読み方の名前").fill("管財課の表")
        await columns.get_by_role("button", name="保存する").click()
        await expect(page.get_by_text("読み方を保存しました。")).to_be_visible()
        await page.get_by_role("link", name="公共アセット一覧").click()
        await page.get_by_label("読み方", exact=True).select_option("管財課の表")
        await send(page, file)
        await judged(page)
        await expect(page.get_by_text("読み方「管財課の表」を使っています。")).to_have_count(1)


async def test_two_columns_of_one_meaning_are_told_and_nothing_is_lost(
    chromium: Browser, office: Place, tmp_path: Path
) -> None:
    async with window(chromium) as page:
        await open_lists(page, office)
        await send(page, save_list(tmp_path / "表.xlsx", [facility(1)], ODD_HEADINGS))
        columns = page.get_by_role("region", name="2 列")
        await expect(columns.get_by_text("「名称」の列が見つかりません")).to_be_visible(timeout=LONG_MS)
        await columns.get_by_label(re.compile("おなまえ")).select_option(label="名称")
        await columns.get_by_label(re.compile("管理No")).select_option(label="名称")
        await columns.get_by_role("button", name="この対応で判定し直す").click()
        await expect(page.get_by_role("alert").filter(has_text="重なって選ばれています")).to_be_focused()
        await expect(columns.get_by_label(re.compile("おなまえ"))).to_have_value("name")
        await expect(columns.get_by_label(re.compile("管理No"))).to_have_value("name")


async def test_a_great_change_needs_a_second_person(chromium: Browser, office: Place, tmp_path: Path) -> None:
    async with window(chromium) as page:
        await open_lists(page, office)
        await send(page, sound_list(tmp_path / "去年.xlsx"))
        await judged(page)
        await publish(page, "40件を公開する")
        await page.get_by_role("link", name="公共アセット一覧").click()
        await send(page, sound_list(tmp_path / "今年.xlsx", rows=30))
        await judged(page)
        step = page.get_by_role("region", name="4 公開")
        retire = step.get_by_label("ファイルにない10件を廃止する")
        await expect(retire).not_to_be_checked()
        await expect(step.get_by_text("もう一人の確認が要ります")).to_have_count(0)
        await retire.check()
        await expect(step.get_by_text("もう一人の確認が要ります")).to_be_visible()
        await step.get_by_role("button", name="もう一人に確認を頼む").click()
        address = await step.get_by_label(
            "この画面の番地を、同じ組織のもう一人の編集担当に伝えてください"
        ).input_value()
        await expect(step.get_by_role("button", name=re.compile("公開する"))).to_have_count(0)
    assert address.startswith(office.site)
    async with window(chromium) as page:
        await sign_in(page, office, SECOND, address.removeprefix(office.site))
        await expect(page.get_by_text("見本 みなとさんが確認を頼んでいます。")).to_be_visible()
        await publish(page, "確かめたので 30件を公開する")
        await expect(page.get_by_text("新規 0件、変更 0件、変更なし 30件、廃止 10件")).to_be_visible()
        await expect(page.get_by_text("公開した人: 見本 みなみ")).to_be_visible()


async def test_the_same_file_again_changes_nothing(chromium: Browser, office: Place, tmp_path: Path) -> None:
    file = sound_list(tmp_path / "同じ.xlsx", rows=5)
    async with window(chromium) as page:
        await open_lists(page, office)
        await send(page, file)
        await judged(page)
        await publish(page, "5件を公開する")
        await page.get_by_role("link", name="公共アセット一覧").click()
        await send(page, file)
        await judged(page)
        await fold_out(page, "1 ファイル")
        await expect(page.get_by_text("公開中の一覧と同じファイルです。")).to_be_visible()
        await publish(page, "5件を公開する")
        await expect(page.get_by_text("新規 0件、変更 0件、変更なし 5件、廃止 0件")).to_be_visible()


async def test_changes_are_shown_cell_by_cell(chromium: Browser, office: Place, tmp_path: Path) -> None:
    file = sound_list(tmp_path / "一覧.xlsx", rows=20)
    async with window(chromium) as page:
        await open_lists(page, office)
        await send(page, file)
        await judged(page)
        await publish(page, "20件を公開する")
        book = load_workbook(file)
        book.active["G5"] = 1999  # 建築年
        book.active["D5"] = 35.6575  # 緯度
        book.save(file)
        await page.get_by_role("link", name="公共アセット一覧").click()
        await drop_file(page, file, "一覧のファイルをここに置く")
        await page.wait_for_url("**/lists/assets/*-*")
        await judged(page)
        await page.get_by_text("変わる1件を見る").click()
        row = page.get_by_role("row").filter(has_text="建築年").filter(has_text="1999")
        await expect(row.get_by_text("1971")).to_be_visible()
        await expect(page.get_by_text(re.compile(r"[\d.]+ m 動きます"))).to_be_visible()


async def test_a_refused_file_says_why_and_the_way_on(chromium: Browser, office: Place, tmp_path: Path) -> None:
    picture = tmp_path / "一覧.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    empty = tmp_path / "空.csv"
    empty.write_bytes(b"")
    async with window(chromium) as page:
        await open_lists(page, office)
        await page.get_by_label("一覧のファイルをここに置く").set_input_files(empty)
        await page.get_by_role("button", name="このファイルを送る").click()
        await expect(page.get_by_role("alert").filter(has_text="0バイト")).to_be_focused()
        await send(page, picture)
        refusal = page.get_by_role("alert").filter(
            has_text="このファイルは読めませんでした。公開中の一覧は変わっていません。"
        )
        await expect(refusal).to_be_visible(timeout=LONG_MS)
        await send(page, sound_list(tmp_path / "直した.xlsx", rows=5))
        await judged(page)


async def test_without_javascript(chromium: Browser, office: Place, tmp_path: Path) -> None:
    """Plain forms, a page that reloads itself."""
    async with window(chromium, java_script_enabled=False) as page:
        await open_lists(page, office)
        await send(page, planted_list(tmp_path / "一覧.xlsx"))
        await judged(page)
        await page.get_by_label(re.compile("誤りのある.*行を除いて公開する")).check()
        await page.get_by_role("button", name="この選択を反映する").click()
        await page.get_by_role("button", name=re.compile("件を公開する")).click()
        await expect(page.get_by_text("公開しました。ありがとうございます。")).to_be_visible(timeout=LONG_MS)


async def test_wifi_in_english(chromium: Browser, office: Place, tmp_path: Path) -> None:
    """The other kind of list, by somebody who reads English; not a word of Japanese but what the file says."""
    file = tmp_path / "wifi.csv"
    file.write_text(
        "番号,名称,住所,緯度,経度,SSID\n1,Shiba library,東京都港区芝5-28-4,35.648312,139.746223,MINATO\n"
        "2,Town hall,東京都港区芝公園1-5-25,35.658068,139.751599,MINATO\n",
        encoding="cp932",
    )
    async with window(chromium) as page:
        await sign_in(page, office, "minato-editor", "/lists")
        await page.goto(office.site + "/lists?lang=en")
        await page.get_by_role("link", name="Public Wi-Fi access points").click()
        await page.get_by_label("Drop the file of your list here").set_input_files(file)
        await page.get_by_role("button", name="Send this file").click()
        await expect(page.get_by_text("Thank you. All 2 rows can be used.")).to_be_visible(timeout=LONG_MS)
        await page.get_by_role("button", name="Publish 2 rows").click()
        await expect(page.get_by_text("Published. Thank you.")).to_be_visible(timeout=LONG_MS)
        await expect(page.get_by_text("2 new, 0 changed, 0 unchanged, 0 retired")).to_be_visible()
        await page.get_by_role("link", name="Public Wi-Fi access points").click()
        await expect(page.get_by_role("row").filter(has_text="wifi.csv").get_by_text("Published")).to_be_visible()


async def test_a_lapsed_session_while_sending(chromium: Browser, office: Place, tmp_path: Path) -> None:
    async with window(chromium) as page:
        await open_lists(page, office)
        office.rows("UPDATE user_session SET last_seen_at = now() - interval '61 minutes'")
        await page.get_by_label("一覧のファイルをここに置く").set_input_files(
            sound_list(tmp_path / "一覧.xlsx", rows=3)
        )
        await page.get_by_role("button", name="このファイルを送る").click()
        alert = page.get_by_role("alert").filter(has_text="サインインし直してから")
        await expect(alert).to_be_focused()
        await alert.get_by_role("link", name="サインイン").click()
        await expect(page.get_by_label("メールアドレス")).to_be_visible()


async def test_the_old_datum_is_mended_by_one_press(chromium: Browser, office: Place, tmp_path: Path) -> None:
    """The sample register holds no table of towns to suspect it by, so the suspicion is put in by hand."""
    async with window(chromium) as page:
        await open_lists(page, office)
        await send(page, sound_list(tmp_path / "一覧.xlsx", rows=3))
        await judged(page)
        office.rows(
            "UPDATE list_import SET report = jsonb_set(report, '{evidence,datum_suspected}', 'true'), version = version + 1"
        )
        await page.reload()
        said = judgement(page)
        await expect(said.get_by_role("button", name="世界測地系のままにする")).to_be_visible()
        await said.get_by_role("button", name="旧日本測地系として直す").click()
        await expect(said.get_by_text("旧日本測地系の緯度・経度として、世界測地系に直しています。")).to_be_visible(
            timeout=LONG_MS
        )
        await expect(said.get_by_role("button", name="選び直す")).to_be_visible()
        await publish(page, "3件を公開する")
    moved = office.rows(
        "SELECT min(ST_Distance(CAST(geom AS geography), CAST(ST_SetSRID(ST_MakePoint(139.744, 35.6567), 4326) AS geography)))"
        " FROM asset WHERE source_id LIKE 'list-%' AND valid_to IS NULL AND name LIKE '%施設1号館'"
    )[0][0]
    assert 440 < moved < 480


async def test_every_cell_of_a_rule_is_read_page_by_page(chromium: Browser, office: Place, tmp_path: Path) -> None:
    file = tmp_path / "一覧.xlsx"
    rows = [facility(number) for number in range(1, 451)]
    for row in rows:
        row[8] = f"{row[8]}階"
    save_list(file, rows)
    async with window(chromium) as page:
        await open_lists(page, office)
        await send(page, file)
        await judged(page)
        said = judgement(page)
        await said.get_by_text("直 こちらで直したところ").click()
        group = said.get_by_role("group").filter(has_text="言葉の付いた階数").last
        await group.get_by_text("言葉の付いた階数").click()
        await expect(group.get_by_role("row")).to_have_count(1 + 5)
        await group.get_by_role("link", name="450か所すべてを見る").click()
        await expect(group.get_by_role("row")).to_have_count(1 + 200)
        await group.get_by_role("link", name="続きを見る").dblclick()
        await expect(group.get_by_role("row")).to_have_count(1 + 400)
        await group.get_by_role("link", name="続きを見る").click()
        await expect(group.get_by_role("row")).to_have_count(1 + 450)
        await expect(group.get_by_role("link", name="続きを見る")).to_have_count(0)
