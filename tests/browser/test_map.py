"""The map as people use it: by roles and labels only."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

SHINJUKU = "#map=13/35.69/139.7"
HOUSING = "130001-B-S00294"  # サンプル 新宿第5住宅棟: a building of the sample register


def rows(page: Page) -> Locator:
    return page.get_by_role("region", name="検索結果").get_by_role("list").get_by_role("link")


def sentence(page: Page) -> Locator:
    return page.get_by_role("group", name="いまの条件")


def card(page: Page) -> Locator:
    return page.get_by_role("complementary", name="詳細")


def asked(page: Page, name: str) -> str:
    return parse_qs(urlsplit(page.url).query).get(name, [""])[0]


async def matched(site: str, **query: Any) -> int:
    async with httpx.AsyncClient(base_url=site) as client:
        answer = await client.get("/ogc/collections/assets/items", params={"limit": 1, **query})
        return int(answer.raise_for_status().json()["numberMatched"])


async def search(page: Page, text: str) -> None:
    box = page.get_by_role("searchbox")
    await box.fill(text)
    await box.press("Enter")


async def test_first_look_counts_the_register_and_lists_it(visit: Visit) -> None:
    page = await visit.open("/")
    total = await matched(visit.site)
    await expect(sentence(page)).to_contain_text(f"すべての公共アセット {total:,}件")
    await expect(rows(page)).to_have_count(50)
    await expect(page.get_by_role("heading", name=re.compile("地図の範囲に .*件"))).to_be_visible()
    await expect(page.get_by_role("region", name="地図")).to_be_visible()


async def test_more_results_follow_below_and_take_the_focus(visit: Visit) -> None:
    page = await visit.open("/")
    await page.get_by_role("button", name="次の50件").click()
    await expect(rows(page)).to_have_count(100)
    await expect(rows(page).nth(50)).to_be_focused()
    await expect(page.get_by_text("1〜100件目を表示")).to_be_visible()


async def test_search_by_name_goes_to_what_was_found(visit: Visit) -> None:
    page = await visit.open("/")
    await search(page, "新宿第5住宅棟")
    await expect(card(page).get_by_role("heading", name="サンプル 新宿第5住宅棟")).to_be_visible()
    await expect(sentence(page)).to_contain_text("「新宿第5住宅棟」")
    assert asked(page, "q") == "新宿第5住宅棟"
    assert asked(page, "feature") == f"assets/{HOUSING}"


async def test_search_by_id_opens_the_asset(visit: Visit) -> None:
    page = await visit.open("/")
    await search(page, HOUSING)
    await expect(card(page)).to_contain_text(HOUSING)


async def test_a_municipality_typed_becomes_a_condition(visit: Visit) -> None:
    page = await visit.open("/")
    await search(page, "稲城市")
    await expect(sentence(page).get_by_role("button", name="「稲城市」の条件を外す")).to_be_visible()
    assert asked(page, "filter") == "municipality_code = '13225'"
    await visit.settled()
    await expect(rows(page).first).to_contain_text("稲城")
    await page.wait_for_url(re.compile("#map=1[0-9]"))  # the map went there


@pytest.mark.parametrize("typed", ["35.6896,139.6921", "３５．６８９６，１３９．６９２１", "139.6921 35.6896"])
async def test_a_position_typed_is_shown_with_a_pin(visit: Visit, typed: str) -> None:
    page = await visit.open("/")
    total = await matched(visit.site)
    await search(page, typed)
    await expect(page.get_by_role("img", name="指定した位置 35.68960, 139.69210")).to_be_visible()
    await page.wait_for_url(re.compile(r"#map=16/35\.6896/139\.6921"))
    await expect(sentence(page)).to_contain_text(f"{total:,}件")


async def test_filters_are_one_filter_in_the_address_and_a_sentence(visit: Visit) -> None:
    page = await visit.open("/" + SHINJUKU)
    await page.get_by_role("button", name="絞り込み", exact=True).click()
    filters = page.get_by_role("group", name="絞り込み")
    await filters.get_by_label("区市町村を追加").select_option(label="新宿区")
    await filters.get_by_role("group", name="種別").get_by_text("建物").click()
    await filters.get_by_label("高さの下限（m）").fill("20")
    await filters.get_by_label("高さの下限（m）").press("Tab")
    await filters.get_by_role("group", name="電源").get_by_text("あり", exact=True).click()
    text = "municipality_code = '13104' AND asset_kind = 'building' AND power = 'available' AND height_m >= 20"
    assert asked(page, "filter") == text
    total = await matched(visit.site, filter=text)
    assert total > 0
    for part in ("新宿区", "建物", "電源あり", "高さ20 m以上", f"{total:,}件"):
        await expect(sentence(page)).to_contain_text(part)
    await filters.get_by_role("button", name=f"{total:,}件を見る").click()
    await expect(rows(page).first).to_contain_text("建物")
    await expect(page.get_by_role("status")).to_contain_text(
        re.compile(f"新宿区・建物・電源あり・高さ20 m以上 {total:,}件")
    )


async def test_a_link_is_a_report(visit: Visit) -> None:
    page = await visit.open("/?filter=asset_kind+%3D+'land'+AND+height_m+IS+NULL&q=新宿" + SHINJUKU)
    shown = await page.get_by_role("heading", name=re.compile("地図の範囲に")).inner_text()
    before = await sentence(page).inner_text()
    await page.reload()
    await visit.settled()
    await expect(page.get_by_role("heading", name=shown)).to_be_visible()
    assert await sentence(page).inner_text() == before
    assert "#map=13/35.69/139.7" in page.url
    await page.get_by_role("button", name="絞り込み", exact=True).click()
    await expect(page.get_by_role("checkbox", name="土地")).to_be_checked()


async def test_back_and_forward_walk_through_what_was_asked(visit: Visit) -> None:
    page = await visit.open("/" + SHINJUKU)
    await search(page, "住宅棟")
    await expect(sentence(page)).to_contain_text("「住宅棟」")
    await rows(page).first.click()
    await expect(card(page)).to_be_visible()
    await page.go_back()
    await expect(card(page)).to_be_hidden()
    await expect(sentence(page)).to_contain_text("「住宅棟」")
    await page.go_back()
    await expect(sentence(page)).to_contain_text("すべての公共アセット")
    await expect(page.get_by_role("searchbox")).to_have_value("")
    await page.go_forward()
    await expect(page.get_by_role("searchbox")).to_have_value("住宅棟")


async def test_a_condition_the_form_cannot_show_is_kept_and_can_be_cleared(visit: Visit) -> None:
    page = await visit.open("/?filter=asset_kind+%3D+'building'+AND+area_m2+%3E+3000")
    await expect(sentence(page)).to_contain_text("area_m2 > 3000")
    total = await matched(visit.site, filter="asset_kind = 'building' AND area_m2 > 3000")
    await expect(sentence(page)).to_contain_text(f"{total:,}件")
    await sentence(page).get_by_role("button", name="「area_m2 > 3000」の条件を外す").click()
    await expect(sentence(page)).not_to_contain_text("area_m2")
    assert asked(page, "filter") == "asset_kind = 'building'"
    await page.get_by_role("button", name="条件をすべて外す").click()
    assert asked(page, "filter") == ""


async def test_a_filter_that_cannot_be_read_says_so_and_can_be_cleared(visit: Visit) -> None:
    page = await visit.open("/?filter=height_m+%3E%3E+3")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("絞り込み条件を読めませんでした")
    await alert.get_by_role("button", name="条件をすべて外す").click()
    await expect(rows(page)).to_have_count(50)


async def test_heights_that_cross_are_named_at_the_field(visit: Visit) -> None:
    page = await visit.open("/")
    await page.get_by_role("button", name="絞り込み", exact=True).click()
    await page.get_by_label("高さの下限（m）").fill("30")
    await page.get_by_label("高さの上限（m）").fill("10")
    await page.get_by_label("高さの上限（m）").press("Tab")
    await expect(page.get_by_role("alert")).to_contain_text("下限が上限より大きく")
    await expect(page.get_by_label("高さの上限（m）")).to_have_value("10")


async def test_the_list_follows_the_map(visit: Visit) -> None:
    page = await visit.open("/" + SHINJUKU)
    heading = page.get_by_role("heading", name=re.compile("地図の範囲に"))
    before = await heading.inner_text()
    await page.get_by_role("button", name="拡大").click()
    await page.wait_for_url(re.compile("#map=14/"))
    await expect(heading).not_to_have_text(before)


async def test_a_point_of_the_map_opens_its_card(visit: Visit) -> None:
    async with httpx.AsyncClient(base_url=visit.site) as client:
        feature = (await client.get(f"/ogc/collections/assets/items/{HOUSING}?f=json")).json()
    lon, lat = feature["geometry"]["coordinates"]
    page = await visit.open(f"/#map=17/{lat}/{lon}")
    box = await page.locator("canvas").bounding_box()
    assert box
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await expect(card(page).get_by_role("heading", name="サンプル 新宿第5住宅棟")).to_be_visible()


async def test_the_card_tells_every_field_with_unit_source_and_what_is_unknown(visit: Visit) -> None:
    page = await visit.open(f"/?feature=assets/{HOUSING}")
    async with httpx.AsyncClient(base_url=visit.site) as client:
        properties = (await client.get(f"/ogc/collections/assets/items/{HOUSING}?f=json")).json()["properties"]
    text = await card(page).inner_text()
    assert "実在しないサンプル" in text
    assert f"{properties['height_m']:g} m" in text
    assert properties["source"] in text and properties["licence"] in text
    assert "不明" in text, "a screen reader hears what the dash means"
    for name, value in properties.items():
        if isinstance(value, str) and re.search("[ぁ-んァ-ヶ一-龠]", value):
            assert value in text, name
    await expect(card(page).get_by_role("heading", name="近くにあるもの（500 m以内）")).to_be_visible()
    for name in ("GeoJSON", "OGC APIのページ"):
        href = await card(page).get_by_role("link", name=name).get_attribute("href")
        async with httpx.AsyncClient(base_url=visit.site) as client:
            assert (await client.get(str(href))).status_code == 200, href


async def test_the_id_can_be_copied(visit: Visit) -> None:
    page = await visit.open(f"/?feature=assets/{HOUSING}")
    button = card(page).get_by_role("button", name="IDをコピー")
    await button.click()
    await expect(button).to_have_text("コピーしました")
    assert await page.evaluate("navigator.clipboard.readText()") == HOUSING


async def test_what_stands_near_opens_in_the_card(visit: Visit) -> None:
    page = await visit.open("/?q=35.6896,139.6921&sort=-height_m")
    await rows(page).first.click()
    near = card(page).get_by_role("heading", name=re.compile("^公衆無線LAN|^基地局"))
    await expect(near).to_have_count(2)
    station = card(page).get_by_role("link", name=re.compile("基地局")).first
    name = await station.inner_text()
    await station.click()
    await expect(card(page).get_by_role("heading", name=name)).to_be_visible()
    assert asked(page, "feature").startswith("stations/")


async def test_an_unknown_id_says_so(visit: Visit) -> None:
    page = await visit.open("/?feature=assets/nothing-of-that-name")
    await expect(card(page).get_by_role("alert")).to_contain_text("このIDの登録はありません")


async def test_layers_are_switched_and_kept_in_the_address(visit: Visit) -> None:
    page = await visit.open("/" + SHINJUKU)
    await page.get_by_text("凡例とレイヤー").click()
    await page.get_by_role("checkbox", name="基地局").check()
    await page.get_by_role("checkbox", name="人口（500 mメッシュ）").check()
    assert asked(page, "layers") == "assets,municipalities,stations,population-mesh"
    await page.reload()
    await visit.settled()
    await expect(page.get_by_role("checkbox", name="基地局")).to_be_checked()


async def test_english_is_complete_and_remembered(visit: Visit) -> None:
    page = await visit.open("/?q=住宅棟" + SHINJUKU)
    await page.get_by_role("link", name="English").click()
    await visit.settled()
    assert await page.locator("html").get_attribute("lang") == "en"
    assert asked(page, "lang") == "en" and asked(page, "q") == "住宅棟"
    assert "#map=13/35.69/139.7" in page.url
    await expect(page.get_by_role("heading", name=re.compile("in the map's area"))).to_be_visible()
    await page.get_by_role("button", name="Filters", exact=True).click()
    words = await page.locator("#filters").inner_text()
    assert not re.search("[ぁ-んァ-ヶ一-龠]", words), words
    await page.goto(visit.site + "/about")
    await expect(page.get_by_role("heading", name="About this site")).to_be_visible()


async def test_everything_by_keyboard(visit: Visit) -> None:
    page = await visit.open("/" + SHINJUKU)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="検索結果へ移動")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.type("住宅棟")
    await page.keyboard.press("Enter")
    await visit.settled()
    await rows(page).first.focus()
    await page.keyboard.press("j")
    await expect(rows(page).nth(1)).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("k")
    await expect(rows(page).nth(1)).to_be_focused()
    name = await rows(page).nth(1).locator("span").nth(2).inner_text()
    await page.keyboard.press("Enter")
    heading = card(page).get_by_role("heading", level=2)
    await expect(heading).to_have_text(name)
    await expect(heading).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(card(page)).to_be_hidden()
    await expect(rows(page).nth(1)).to_be_focused()


async def test_the_slash_key_can_be_switched_off(visit: Visit) -> None:
    page = await visit.open("/" + SHINJUKU)
    await page.get_by_text("キー操作").click()
    await page.get_by_role("checkbox", name="/ で検索欄へ移動").uncheck()
    await rows(page).first.focus()
    await page.keyboard.press("/")
    await expect(rows(page).first).to_be_focused()


async def test_a_narrow_window_shows_map_and_list_in_turn(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    page = await visit.open("/" + SHINJUKU)
    await expect(rows(page).first).to_be_hidden()
    await page.get_by_role("button", name="一覧", exact=True).click()
    await expect(rows(page).first).to_be_visible()
    await rows(page).first.click()
    await expect(card(page)).to_be_visible()
    await card(page).get_by_role("button", name="地図で見る").click()
    await expect(card(page)).to_be_hidden()
    await expect(page.get_by_role("region", name="地図")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


async def test_an_empty_view_shows_the_way_to_what_there_is(visit: Visit) -> None:
    page = await visit.open("/?q=住宅棟#map=14/35.2/139.9")
    await expect(page.get_by_text("この範囲に、条件に合うアセットはありません。")).to_be_visible()
    await page.get_by_role("button", name="見つかった場所へ移動").click()
    await expect(rows(page).first).to_be_visible()


async def test_nothing_found_says_what_to_do(visit: Visit) -> None:
    page = await visit.open("/?q=どこにもない名前")
    await expect(page.get_by_text("条件を減らすか、言葉を短くしてください。")).to_be_visible()


async def test_a_lost_connection_says_so_and_retries(visit: Visit) -> None:
    page = await visit.open("/" + SHINJUKU)
    await page.route("**/ogc/**", lambda route: route.abort())
    await page.get_by_role("button", name="拡大").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("サーバーにつながりません")
    await page.unroute("**/ogc/**")
    await alert.get_by_role("button", name="もう一度試す").click()
    await expect(alert).to_have_count(0)
    await expect(rows(page).first).to_be_visible()


async def test_waiting_has_words_after_a_second(visit: Visit) -> None:
    async def late(route: Any) -> None:
        await page.wait_for_timeout(2500)
        await route.continue_()

    page = visit.page
    await page.route("**/items?*limit=50*", late)
    await page.goto(visit.site + "/" + SHINJUKU)
    await expect(page.get_by_text("読み込んでいます…")).to_be_visible()
    await expect(rows(page).first).to_be_visible()
    await expect(page.get_by_text("読み込んでいます…")).to_be_hidden()


async def test_a_machine_that_cannot_draw_still_has_the_list(visit: Visit) -> None:
    await visit.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page = await visit.open("/")
    await expect(page.get_by_text("この端末では地図を描けません。一覧はお使いいただけます。")).to_be_visible()
    await search(page, HOUSING)
    await expect(card(page)).to_contain_text(HOUSING)
    visit.trouble.clear()  # the drawing library tells the console, too


async def test_the_page_prints_with_its_map(visit: Visit) -> None:
    page = await visit.open("/" + SHINJUKU)
    await page.emulate_media(media="print")
    await page.evaluate("dispatchEvent(new Event('beforeprint'))")
    drawn = await page.evaluate("document.getElementById('map-print').src.length")
    assert drawn > 10_000
    await expect(page.get_by_role("searchbox")).to_be_hidden()
    await expect(rows(page).first).to_be_visible()
