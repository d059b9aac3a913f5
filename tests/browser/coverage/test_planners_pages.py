"""Pages beside the map: surveys compared, municipalities, their report and files, claims, residents' reports taken back."""

import csv
import io
from typing import Any

import httpx
import openpyxl
import pytest
from playwright.async_api import Browser, expect

from app.web.coverage_tables import as_csv, as_workbook
from tests.browser.accounts.conftest import Place, sign_in, window
from tests.browser.coverage.rows import PROFILE, TOWN
from tests.browser.coverage.test_coverage_pages import look

pytestmark = pytest.mark.browser
COMPARED = "/coverage/compare?before=sample-drive-1&after=sample-drive-2"


def read_csv(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_two_surveys_are_compared_by_their_own_rows(chromium: Browser, surveyed: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        await sign_in(page, surveyed, "planner", "/coverage/compare")
        await expect(page.get_by_label("前", exact=True)).to_have_value("sample-drive-1")
        await expect(page.get_by_role("region", name="奥多摩 くらべる調査 1")).to_contain_text("良くなった")
        cell = page.get_by_role("row", name="つながらない").get_by_role("cell").first
        await expect(cell).to_contain_text("2")
        await expect(page.get_by_text("サンプルの調査です")).to_be_visible()
        await page.wait_for_load_state("networkidle")
        await look(page, "compare-surveys")
        link = await page.get_by_label("この比較へのリンク").input_value()
        await page.goto(surveyed.site + link[link.index("/coverage") :])
        await expect(page.get_by_label("後", exact=True)).to_have_value("sample-drive-2")
        await page.get_by_role("link", name="前と後を入れ替える").click()
        await expect(page.get_by_label("前", exact=True)).to_have_value("sample-drive-2")
        await page.goto(surveyed.site + COMPARED + "&lang=en&carrier=sample-b")
        await page.wait_for_load_state("networkidle")
        await look(page, "compare-english")
        assert "coverage." not in (await page.get_by_role("main").inner_text()).replace("coverage.xlsx", "")


async def test_the_comparison_as_csv_has_every_cell_and_what_it_rests_on(chromium: Browser, surveyed: Place) -> None:
    async with window(chromium) as page:
        await sign_in(page, surveyed, "planner", "/coverage/compare")
        answer = await page.request.get(surveyed.site + COMPARED.replace("compare?", "compare.csv?"))
        rows = list(csv.DictReader(io.StringIO((await answer.body()).decode("utf-8-sig"))))
    assert sorted((row["前"], row["後"]) for row in rows) == [
        ("つながらない", "つながる"), ("つながらない", "つながる"), ("つながる", "つながる"), ("つながる", "つながる"),
        ("走っていない", "つながる"), ("走っていない", "つながる"),
    ]  # fmt: skip
    assert {row["基準のID"] for row in rows} == {PROFILE} and {row["種別"] for row in rows} == {"サンプル"}
    assert sum(int(row["前の測定数"]) for row in rows) == 4 * 160


NONSENSE = (
    "before=x&after=%00", "by=days&before=never", "profile=none", "town=13308", "town=x", "carrier=%27", "by=x",
    "before=sample-drive-2&after=sample-drive-2",
)  # fmt: skip


async def test_comparisons_that_make_no_sense_are_answered(chromium: Browser, surveyed: Place) -> None:
    async with window(chromium, java_script_enabled=False) as page:
        await sign_in(page, surveyed, "planner", "/coverage/compare")
        for query in NONSENSE:
            await page.goto(f"{surveyed.site}/coverage/compare?{query}")
            await expect(page.get_by_role("heading", name="調査を比べる")).to_be_visible()


async def test_figures_of_a_municipality_are_those_of_its_rows(surveyed: Place) -> None:
    [row] = read_csv(httpx.get(surveyed.site + "/coverage/municipalities.csv?table=states"))
    cells = surveyed.rows(
        "SELECT state, count(*) AS n, sum(road_m) / 1000 AS km FROM coverage_cell JOIN coverage_build USING (build_id)"
        " WHERE is_latest AND carrier = 'all' AND level = 'quarter' GROUP BY 1"
    )
    words = {
        "covered": "つながる",
        "gap": "つながらない",
        "uncertain": "どちらとも言えない",
        "unknown": "調べていない・足りない",
    }
    assert {one.state: int(row[f"{words[one.state]} (メッシュ)"]) for one in cells} == {
        one.state: one.n for one in cells
    }
    road = {one.state: one.km for one in cells if one.state != "unknown"}
    assert {state: float(row[f"{words[state]} (測った道路 km)"]) for state in road} == pytest.approx(road, abs=0.05)
    assert (row["基準のID"], row["種別"], row["区市町村コード"]) == (PROFILE, "サンプル", TOWN)
    shares = read_csv(httpx.get(surveyed.site + "/coverage/municipalities.csv?survey=sample-okutama"))[1]
    roads = {
        one.part: one.km
        for one in surveyed.rows(
            "SELECT CASE WHEN technology LIKE '5g%' THEN '5g' ELSE technology END AS part, sum(length_m) AS km FROM survey_road"
            " GROUP BY 1"
        )
    }
    heads = {"5g": "うち5G (%)", "4g": "うち4G (%)", "3g": "うち3G (%)", "none": "圏外 (%)"}
    total = sum(roads.values())
    assert {part: float(shares[heads[part]]) for part in heads} == pytest.approx(
        {part: 100 * roads[part] / total for part in heads}, abs=0.11
    )
    assert shares["調査"].startswith("奥多摩 走行調査")


async def test_the_workbook_says_sample_above_its_tables(surveyed: Place) -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(httpx.get(surveyed.site + "/coverage/municipalities.xlsx?lang=en").content)
    )
    for sheet in book:
        above: list[Any] = [row[0].value for row in sheet.iter_rows(max_row=6)]
        assert any("Sample surveys" in str(value) for value in above), above
        assert any(PROFILE in str(value) for value in above), above


async def test_public_claims_stand_apart_from_what_was_measured(chromium: Browser, surveyed: Place) -> None:
    everybody = httpx.get(f"{surveyed.site}/coverage/claims.json?technology=4g").json()["features"]
    assert [one["properties"]["carrier"] for one in everybody] == ["sample-a"]
    async with window(chromium, bypass_csp=True) as page:
        await page.goto(f"{surveyed.site}/coverage/municipalities/{TOWN}")
        claims = page.get_by_role("region", name="事業者の申告エリアと測定の食い違い")
        await expect(claims.get_by_role("row")).to_have_count(2)
        found = surveyed.rows(
            "SELECT count(*) AS n FROM coverage_cell JOIN coverage_build USING (build_id) WHERE is_latest AND level = 'quarter'"
            " AND carrier = 'sample-a' AND state = 'gap' AND ST_X(ST_Centroid(geom)) < 139.09"
        )[0].n
        await expect(claims.get_by_role("row").last.get_by_role("cell").nth(2)).to_contain_text(str(found))
        await sign_in(page, surveyed, "planner", f"/coverage/municipalities/{TOWN}")
        await expect(claims.get_by_role("row")).to_have_count(3)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_a_report_is_taken_back_by_who_sent_it(chromium: Browser, surveyed: Place, scripts: bool) -> None:
    async with window(
        chromium, bypass_csp=True, java_script_enabled=scripts, viewport={"width": 360, "height": 800},
        geolocation={"latitude": 35.80949, "longitude": 139.09651}, permissions=["geolocation"],
    ) as page:  # fmt: skip
        await page.goto(surveyed.site + "/coverage/report-trouble")
        for words in ("遅い・読み込めない", "車・バスの中", "朝"):
            await page.get_by_text(words, exact=True).click()
        if scripts:
            await page.get_by_role("button", name="今いる場所を使う").click()
            await expect(page.get_by_label("緯度")).to_have_value("35.809")
        else:
            await page.get_by_label("緯度").fill("３５．８０９４９、139.09651")
        before = _count(surveyed)
        await page.get_by_role("button", name="知らせる", exact=True).click()
        await expect(page.get_by_text("残したこと")).to_be_visible()
        await expect(page.get_by_text("139.097")).to_be_visible()
        assert _count(surveyed) == before + 1
        if scripts:
            await look(page, "trouble-thanks")
        await page.get_by_role("button", name="取り消す").click()
        await expect(page.get_by_role("status")).to_contain_text("取り消しました")
        assert _count(surveyed) == before


async def test_nobody_takes_back_what_another_said(chromium: Browser, surveyed: Place) -> None:
    before = _count(surveyed)
    async with window(chromium) as page:
        await page.goto(surveyed.site + "/coverage/report-trouble")
        token = await page.locator("input[name=csrf]").first.input_value()
        for secret in ("", "x", "0" * 43):
            answer = await page.request.post(
                surveyed.site + "/coverage/report-trouble/take-back", form={"csrf": token, "secret": secret}
            )
            assert "取り消せませんでした" in await answer.text()
        forged = await page.request.post(surveyed.site + "/coverage/report-trouble/take-back", form={"secret": "x"})
        assert forged.status == 403
    assert _count(surveyed) == before


def _count(surveyed: Place) -> int:
    return int(surveyed.rows("SELECT count(*) AS n FROM resident_report")[0].n)


async def test_tables_are_english_too_and_fit_a_phone(chromium: Browser, surveyed: Place) -> None:
    async with window(chromium, bypass_csp=True) as page:
        for path, name in (("", "municipalities-english"), (f"/{TOWN}", "municipality-english")):
            await page.goto(f"{surveyed.site}/coverage/municipalities{path}?lang=en")
            await look(page, name)
            said = await page.get_by_role("main").inner_text()
            assert "coverage." not in said and "Sample" in said


def test_a_title_is_never_a_formula() -> None:
    table = ("t", ["=1+1", "n"], [["@SUM(A1)", -3.5], ["奥多摩町", "−"]])
    assert as_csv(table).decode("utf-8-sig").splitlines() == ["'=1+1,n", "'@SUM(A1),-3.5", "奥多摩町,−"]
    sheet = openpyxl.load_workbook(io.BytesIO(as_workbook([table], ["note"])))["t"]
    assert [cell.data_type for row in sheet.iter_rows(min_row=4) for cell in row] == ["s", "s", "s", "n", "s", "s"]
