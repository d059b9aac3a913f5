"""Coverage and survey pages: they say what the rows say, for whom they may, in every width and scheme, without scripts too."""

import csv
import io
from typing import Literal
from urllib.parse import unquote_plus

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from app.config import PROJECT_ROOT
from tests.browser.accounts.conftest import Place, sign_in, window
from tests.browser.conftest import SCREENSHOTS
from tests.browser.coverage.rows import SURVEY, TOWN
from tests.browser.test_states import complaints

pytestmark = pytest.mark.browser
AXE = PROJECT_ROOT / "node_modules/axe-core/axe.min.js"
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = (
    (1440, "light"),
    (1440, "dark"),
    (360, "light"),
    (360, "dark"),
)
VIEW = "bbox=139.05,35.78,139.13,35.83"


async def look(page: Page, name: str) -> None:
    """Pictures of a page in each width and scheme; nothing sticks out sideways, axe has no complaint."""
    SCREENSHOTS.mkdir(exist_ok=True)
    if not await page.evaluate("Boolean(window.axe)"):
        await page.add_script_tag(path=AXE)
    for width, scheme in LOOKS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
        await page.screenshot(path=SCREENSHOTS / f"coverage-{name}-{width}-{scheme}.png", full_page=True)
        assert await complaints(page) == [], (name, width, scheme)


async def test_everybody_sees_what_is_covered_and_why(chromium: Browser, surveyed: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await page.goto(f"{surveyed.site}/coverage?{VIEW}")
        await expect(page.get_by_role("heading", name="通信状況の地図")).to_be_visible()
        await expect(page.get_by_text("サンプルの調査です")).to_be_visible()
        first = page.get_by_role("list").last.get_by_role("link").first
        await first.focus()
        await page.keyboard.press("Enter")
        await expect(
            page.get_by_role("heading", name="根拠").or_(page.get_by_text("判定の幅としきい値"))
        ).to_be_visible()
        assert "cell=" in page.url
        await expect(page.get_by_text("25 m区間", exact=True)).to_be_visible()
        await page.wait_for_load_state("networkidle")
        await look(page, "map")
        await page.keyboard.press("Escape")
        await expect(page.get_by_text("判定の幅としきい値")).to_be_hidden()


async def test_a_carrier_and_an_earlier_day_are_an_address(chromium: Browser, surveyed: Place) -> None:
    async with window(chromium) as page:
        await page.goto(f"{surveyed.site}/coverage?{VIEW}")
        await page.get_by_label("通信事業者").select_option("通信事業者C")
        await page.wait_for_url("**carrier=sample-c**")
        await page.get_by_label("時点", exact=True).select_option("2026-03-31")
        await page.wait_for_url("**as_of=2026-03-31**")
        await page.wait_for_load_state("networkidle")
        shown = await page.get_by_role("region", name="凡例").get_by_role("row").all_inner_texts()
        await page.goto(page.url)
        await expect(page.get_by_label("通信事業者")).to_have_value("sample-c")
        assert await page.get_by_role("region", name="凡例").get_by_role("row").all_inner_texts() == shown


@pytest.mark.parametrize(
    ("language", "bounds", "histogram"),
    [
        ("ja", "判定の幅としきい値", "25 m区間の電波の強さ"),
        ("en", "Bounds against the threshold", "Segments by signal"),
    ],
)
async def test_a_cell_is_chosen_on_the_map_by_mouse_and_by_keys(
    chromium: Browser, surveyed: Place, language: str, bounds: str, histogram: str
) -> None:
    known = surveyed.rows(
        "SELECT mesh_code, ST_X(ST_Centroid(geom)) AS lon, ST_Y(ST_Centroid(geom)) AS lat FROM ogc.coverage_cells"
        " WHERE level = 'quarter' AND carrier = 'all' AND state = 'gap' ORDER BY mesh_code"
    )[9]
    box = f"{known.lon - 0.01:.6f},{known.lat - 0.006:.6f},{known.lon + 0.01:.6f},{known.lat + 0.006:.6f}"
    async with window(chromium) as page:
        await page.goto(f"{surveyed.site}/coverage?bbox={box}&lang={language}")
        await page.wait_for_load_state("networkidle")
        canvas = page.locator("canvas")
        size = await canvas.bounding_box()
        assert size
        await canvas.click(position={"x": size["width"] / 2 + 3, "y": size["height"] / 2 + 3})
        await page.wait_for_url(f"**cell={known.mesh_code}**")
        evidence = page.locator("#evidence")
        for words in (known.mesh_code, bounds, histogram, "2026-03-02"):
            await expect(evidence).to_contain_text(words)
        await page.keyboard.press("Escape")
        await expect(evidence).to_be_hidden()
        await canvas.focus()
        await page.keyboard.press("Enter")
        await expect(evidence).to_contain_text(bounds)
        await expect(evidence).to_be_focused()
        assert f"cell={known.mesh_code}" in page.url


async def test_map_legend_and_list_speak_of_the_same_meshes(chromium: Browser, surveyed: Place) -> None:
    async with window(chromium) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(unquote_plus(request.url)))
        for zoom, box, level, words in (
            ("far", "138.6,35.5,139.6,36.1", "half", "500 mメッシュ"),
            ("near", VIEW.removeprefix("bbox="), "quarter", "250 mメッシュ"),
        ):
            asked.clear()
            await page.goto(f"{surveyed.site}/coverage?bbox={box}")
            legend = page.get_by_role("region", name="凡例")
            await expect(legend.get_by_role("columnheader", name=words)).to_be_visible()
            await page.wait_for_load_state("networkidle")
            tiles = [url for url in asked if "/coverage-cells/tiles/" in url]
            assert tiles and all(f"level = '{level}'" in url and "state <> 'unknown'" in url for url in tiles), zoom
            counted = await legend.get_by_role("row", name="つながらない").get_by_role("cell").first.inner_text()
            (row,) = surveyed.rows(
                "SELECT count(*) AS n FROM ogc.coverage_cells WHERE carrier = 'all' AND state = 'gap'"
                f" AND coalesce(grade, 'none') = 'none' AND level = '{level}'"
            )
            assert int(counted) == row.n > 0
            codes = await page.locator("a[data-cell]").evaluate_all("links => links.map((link) => link.dataset.cell)")
            assert {len(code) for code in codes} == {9 if level == "half" else 10}


async def test_the_map_goes_to_a_municipality_and_the_address_says_so(chromium: Browser, surveyed: Place) -> None:
    async with window(chromium) as page:
        await page.goto(f"{surveyed.site}/coverage")
        await page.wait_for_load_state("networkidle")
        picker = page.get_by_label("区市町村へ移動")
        await picker.select_option("大島町")
        await page.wait_for_url("**town=13361&bbox=*")
        await expect(page.get_by_text("測ったメッシュはありません", exact=False)).to_be_visible()
        await page.goto(page.url)
        await expect(picker).to_have_value("13361")
        await picker.select_option("奥多摩町")
        await page.wait_for_url("**town=13308&bbox=*")
        await expect(page.locator("a[data-cell]").first).to_be_visible()
        await page.locator("canvas").focus()
        await page.keyboard.press("ArrowRight")
        await expect(picker).to_have_value("")
    async with window(chromium, java_script_enabled=False) as page:
        await page.goto(f"{surveyed.site}/coverage")
        await page.get_by_label("区市町村へ移動").select_option("奥多摩町")
        await page.get_by_role("button", name="表示").click()
        await expect(page.get_by_label("区市町村へ移動")).to_have_value("13308")
        await expect(page.locator("a[data-cell]").first).to_be_visible()


async def test_list_and_evidence_need_no_script(chromium: Browser, surveyed: Place) -> None:
    async with window(chromium, java_script_enabled=False) as page:
        await page.goto(f"{surveyed.site}/coverage")
        await page.get_by_role("list").last.get_by_role("link").first.click()
        await expect(page.get_by_text("判定の幅としきい値")).to_be_visible()
        await page.goto(f"{surveyed.site}/coverage?cell=5339414911")
        await expect(page.get_by_text("調べていない場所です")).to_be_visible()


async def test_tables_say_the_same_as_their_files(surveyed: Place) -> None:
    page = httpx.get(surveyed.site + "/coverage/municipalities").text
    rows = list(
        csv.DictReader(
            io.StringIO(httpx.get(surveyed.site + "/coverage/municipalities.csv").content.decode("utf-8-sig"))
        )
    )
    assert [row["区市町村"] for row in rows] == ["全体", "奥多摩町"]
    assert rows[1]["圏内 (%)"] + "%" in page and float(rows[1]["圏内 (%)"]) + float(rows[1]["圏外 (%)"]) == 100
    assert httpx.get(surveyed.site + "/coverage/municipalities.xlsx").content[:2] == b"PK"
    assert httpx.get(surveyed.site + f"/coverage/municipalities/{TOWN}.pdf").content[:5] == b"%PDF-"
    assert httpx.get(surveyed.site + "/coverage/municipalities/99999").status_code == 404


@pytest.mark.parametrize(
    "query", ["cell=x", "bbox=1,2", "carrier=%27", "as_of=never", "profile=none", "technology=6g", "layers=%00"]
)
async def test_addresses_that_make_no_sense_show_the_map(surveyed: Place, query: str) -> None:
    assert httpx.get(f"{surveyed.site}/coverage?{query}").status_code == 200


async def test_a_resident_reports_without_an_account(chromium: Browser, surveyed: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await page.goto(surveyed.site + "/coverage/report-trouble")
        await look(page, "trouble")
        for words in ("圏外になる", "屋外", "夕方"):
            await page.get_by_text(words, exact=True).click()
        await page.get_by_label("緯度").fill("35.80941")
        await page.get_by_label("経度").fill("139.09623")
        await page.get_by_role("button", name="知らせる", exact=True).click()
        await expect(page.get_by_text("ありがとうございました。受け取りました。")).to_be_visible()
        found = surveyed.rows(
            "SELECT ST_X(geom) AS lon, part_of_day, NOT is_sample AS is_real FROM resident_report ORDER BY is_sample"
        )
        assert (found[0].lon, found[0].part_of_day, found[0].is_real) == (139.096, "evening", True)


async def test_pages_of_planners_in_every_width_and_scheme(chromium: Browser, surveyed: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await page.goto(surveyed.site + "/coverage/municipalities")
        await look(page, "municipalities")
        await page.goto(f"{surveyed.site}/coverage/municipalities/{TOWN}")
        await look(page, "municipality")
        await sign_in(page, surveyed, "planner", "/coverage/compare?by=days")
        await expect(page.get_by_text("変わったメッシュ", exact=False).first).to_be_visible()
        await look(page, "compare")
        await page.goto(surveyed.site + "/surveys?lang=en")
        await look(page, "surveys-english")
        assert "surveys." not in await page.get_by_role("main").inner_text()


async def test_a_log_is_looked_at_and_loaded_without_scripts(chromium: Browser, surveyed: Place) -> None:
    async with window(chromium, java_script_enabled=False) as page:
        await sign_in(page, surveyed, "planner", f"/surveys/{SURVEY}")
        await page.get_by_role("link", name="okutama.csv").click()
        await expect(page.get_by_text("104行のうち100行を測定として使えます。")).to_be_visible()
        await page.get_by_text("RSRPが範囲の外です").click()
        await expect(page.get_by_role("cell", name="-200")).to_be_visible()
        await page.get_by_role("button", name="この内容で取り込む").click()
        await expect(page.get_by_text("取り込み中", exact=True)).to_be_visible()


async def test_a_survey_is_made_and_changed(chromium: Browser, surveyed: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await sign_in(page, surveyed, "planner", "/surveys")
        await page.get_by_text("新しい調査を作る").click()
        await page.get_by_label("調査の名前").fill("檜原 走行調査")
        await page.get_by_label("調査コード").fill("Hinohara 2026")
        await page.get_by_label("開始日").fill("2026-04-01")
        await page.get_by_label("終了日").fill("2026-04-03")
        await page.get_by_role("button", name="調査を作る").click()
        await expect(page.get_by_role("alert")).to_contain_text("赤い枠")
        await expect(page.get_by_label("調査の名前")).to_have_value("檜原 走行調査")
        await page.get_by_label("調査コード").fill("hinohara-2026")
        await page.get_by_role("button", name="調査を作る").click()
        await expect(page.get_by_role("heading", name="檜原 走行調査")).to_be_visible()
        await look(page, "survey")
        assert surveyed.rows("SELECT state FROM survey WHERE code = 'hinohara-2026'")[0].state == "draft"


async def test_whoever_may_not_has_no_surveys(chromium: Browser, surveyed: Place) -> None:
    async with window(chromium) as page:
        await sign_in(page, surveyed, "carrier-a")
        for path in ("/surveys", f"/surveys/{SURVEY}", "/coverage/compare"):
            assert (await page.request.get(surveyed.site + path)).status == 403
