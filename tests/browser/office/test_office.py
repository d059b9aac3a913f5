"""An office and the window at their settings: by what the page says alone, narrow and dark, without JavaScript."""

import pytest
from playwright.async_api import Browser, Page, expect

from app.config import PROJECT_ROOT
from tests.browser.accounts.conftest import Place, sign_in, window
from tests.browser.conftest import SCREENSHOTS
from tests.browser.test_states import complaints

pytestmark = pytest.mark.browser
AXE = PROJECT_ROOT / "node_modules/axe-core/axe.min.js"


async def look(page: Page, name: str) -> None:
    """Pictures of a page in each width and scheme; nothing sticks out sideways, axe has no complaint."""
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.add_script_tag(path=AXE)
    for width, scheme in ((360, "dark"), (1440, "light")):
        await page.set_viewport_size({"width": width, "height": 740 if width == 360 else 900})
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
        await page.screenshot(path=SCREENSHOTS / f"office-{name}-{width}-{scheme}.png", full_page=True)
        assert await complaints(page) == [], (name, width, scheme)


def asset_of(place: Place, kind: str) -> str:
    """A sample asset of 港区."""
    found = place.rows(
        "SELECT asset_id FROM ogc.assets WHERE owner_name = '港区' AND asset_kind = :kind AND property_class ="
        " 'administrative' ORDER BY asset_id LIMIT 1", kind=kind,
    )  # fmt: skip
    return str(found[0].asset_id)


async def test_an_office_sets_its_procedure_and_its_fees(chromium: Browser, settings_place: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await sign_in(page, settings_place, "minato-owner", "/office/procedure")
        await page.get_by_label("所管照会 の期限（営業日）").fill("十日")
        await page.get_by_label("協議 の期限（営業日）", exact=True).fill("２０")
        await page.get_by_label("現地調査を省ける").check()
        await page.get_by_text("書類を選ぶ 協議を申し出る").click()
        group = page.get_by_role("group", name="協議を申し出る")
        await group.get_by_label("景観の確認").check()
        await page.get_by_role("button", name="この手続きにする").click()
        await expect(page.get_by_role("alert")).to_contain_text("直すところが1か所あります")
        await expect(page.get_by_role("link", name="所管照会: 1から365まで")).to_be_visible()
        await look(page, "procedure-to-mend")
        await page.get_by_label("所管照会 の期限（営業日）").fill("10")
        await page.get_by_role("button", name="この手続きにする").click()
        await expect(page.get_by_role("heading", name="標準と違うところ 4か所")).to_be_visible()
        await expect(page.get_by_text("「所管照会」の期限: 15 → 10営業日")).to_be_visible()
        await expect(page.get_by_text("「協議を申し出る」の書類: ＋景観の確認")).to_be_visible()
        await look(page, "procedure")

        await page.get_by_role("link", name="使用料の規則").click()
        await page.get_by_role("button", name="3件をまとめて取り込む").click()
        await expect(page.get_by_role("heading", name="いま有効な規則")).to_be_visible()
        await expect(page.get_by_text("月額は、使う土地の価格 × 2.5/1000。")).to_be_visible()
        await look(page, "fees")
        await page.get_by_role("link", name="使用料の計算", exact=True).click()
        await page.get_by_label("アセットの番号").fill(asset_of(settings_place, "building"))
        await page.get_by_role("button", name="計算する").click()
        await expect(page.get_by_text("次の値が分かれば計算できます。")).to_be_visible()
        for label, value in (
            ("建物の価格（円）", "350,000,000"), ("土地の価格（円）", "500,000,000"), ("使う床の面積（㎡）", "１５"),
            ("建物の延床面積（㎡）", "4500"),
        ):  # fmt: skip
            await page.get_by_label(label).fill(value)
        await page.get_by_role("button", name="計算する").click()
        await expect(page.get_by_text("11,166 円").first).to_be_visible()
        await expect(page.get_by_text("133,992 円")).to_be_visible()
        await look(page, "estimate")


async def test_without_javascript(chromium: Browser, settings_place: Place) -> None:
    async with window(chromium, java_script_enabled=False) as page:
        await sign_in(page, settings_place, "hinohara-owner", "/office/closures")
        await page.get_by_label("1行に1日").fill("2026-12-28 御用納め\n2026年11月31日 なし\nあした")
        await page.get_by_role("button", name="まとめて入れる").click()
        await expect(page.get_by_role("link", name="2行目「2026年11月31日 なし」")).to_be_visible()
        await expect(page.get_by_role("link", name="3行目「あした」")).to_be_visible()
        await page.get_by_label("1行に1日").fill("2026-12-28 御用納め\n2027/5/6　開庁記念日")
        await page.get_by_role("button", name="まとめて入れる").click()
        await expect(page.get_by_text("休業日をまとめて入れました。")).to_be_visible()
        await page.get_by_role("button", name="2026年12月28日（月） 御用納め を取り除く").click()
        await expect(page.get_by_text("開庁記念日").first).to_be_visible()
        await expect(page.get_by_text("御用納め", exact=True)).to_have_count(0)

        await page.goto(settings_place.site + "/office/fees/rule?kind=unit_table")
        await page.get_by_label("始まりの日", exact=True).first.fill("2026-04-01")
        await page.get_by_label("単価", exact=True).first.fill("一万")
        await page.get_by_role("button", name="この規則にする").click()
        faults = page.get_by_role("main").get_by_role("listitem")
        await expect(faults).to_have_count(4)  # name, source, the equipment's name, its price: all at once
        await page.get_by_label("名称", exact=True).first.fill("檜原村 使用料")
        await page.get_by_label("根拠（条例名、条、アドレス）").fill("条例 第3条")
        await page.get_by_label("設備", exact=True).first.fill("アンテナ")
        await page.get_by_label("単価", exact=True).first.fill("10,000")
        await page.get_by_role("button", name="この規則にする").click()
        await expect(page.get_by_text("年額は単価表による（アンテナ 1個につき10,000円）。")).to_be_visible()


async def test_the_window_sets_routes_and_caps(chromium: Browser, settings_place: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await sign_in(page, settings_place, "window", "/office/routes")
        await expect(page.get_by_text("窓口が所管の手続きを代わりに進めます。")).to_be_visible()
        await page.get_by_label("保有者", exact=True).select_option(label="131164 豊島区 （全体）")
        await page.get_by_label("照会先", exact=True).select_option(label="港区（サンプル）")
        await page.get_by_role("button", name="この照会先にする").click()
        await expect(page.get_by_role("row", name="豊島区 131164").first).to_contain_text("港区（サンプル）")
        await look(page, "routes")
        await page.get_by_role("link", name="枠の上限").click()
        await page.get_by_label("区市町村", exact=True).select_option(label="港区")
        await page.get_by_label("上限", exact=True).fill("1001")
        await page.get_by_role("button", name="この数にする").click()
        await expect(page.get_by_role("link", name="0から1000まで")).to_be_visible()
        await page.get_by_label("上限", exact=True).fill("40")
        await page.get_by_role("button", name="この数にする").click()
        await expect(page.get_by_role("row", name="港区 40")).to_be_visible()
        await look(page, "caps")
        await page.goto(settings_place.site + "/office/procedures?lang=en")
        await expect(page.get_by_text("The standard procedure").first).to_be_visible()
        assert "office." not in await page.get_by_role("main").inner_text()
        await look(page, "procedures-english")
