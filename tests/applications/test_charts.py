"""Charts: what is drawn equals the numbers, every text is escaped and stays inside, light and dark, narrow and wide."""

import os
import shutil
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from PIL import Image
from playwright.async_api import async_playwright

from app.applications.statistics.chart_marks import WIDTH, fitted, shown, text_width
from app.applications.statistics.charts import Bar, DayRange, MonthValue, Plan, bars, columns_by_month, median_range

STATIC = Path("app/web/static")
NS = {"s": "http://www.w3.org/2000/svg"}
NAMED = {"chart_id": "c1", "title": "題 <b>&", "description": "説明"}
MARCH_2023, MARCH_2024 = date(2023, 3, 31), date(2024, 3, 31)
PLAN = Plan(MARCH_2023, 225, MARCH_2024, 300)
ON_AIR = [
    MonthValue(date(2023 + (2 + n) // 12, (2 + n) % 12 + 1, 1), 225 + 5 * n if n < 8 else None) for n in range(13)
]
REASONS = [
    Bar("電源がない", 42), Bar("荷重が足りない", 31, is_marked=True), Bar("建物管理者との協議が整わず、別の場所を探すことになった場合", 12),
    Bar("ほか", 0), Bar("不明", None),
]  # fmt: skip
STEPS = [
    DayRange("形式確認", 4, 2, 9, 3, 10, 128), DayRange("所管照会", Decimal("11.5"), 6, 24, None, 15, 120),
    DayRange("協議", 22, 9, 61, 61, 30, 77), DayRange("道路管理者", None, count=0),
]  # fmt: skip


def drawn(markup: Markup) -> ElementTree.Element:
    assert isinstance(markup, Markup)
    return ElementTree.fromstring(str(markup))


def rects(markup: Markup, kind: str) -> list[tuple[float, float, float, float]]:
    return [
        (float(r.get("x", 0)), float(r.get("y", 0)), float(r.get("width", 0)), float(r.get("height", 0)))
        for r in drawn(markup).findall("s:rect", NS)
        if kind in str(r.get("class")).split()
    ]


def texts(markup: Markup) -> list[str]:
    return [one.text or "" for one in drawn(markup).findall("s:text", NS)]


@pytest.mark.parametrize(
    "markup",
    [
        bars(REASONS, **NAMED),
        columns_by_month(ON_AIR, plan=PLAN, **NAMED),
        median_range(STEPS, **NAMED),
        bars([], **NAMED),
        columns_by_month([], **NAMED),
        median_range([], **NAMED),
    ],
)
def test_an_image_with_a_name(markup: Markup) -> None:
    root = drawn(markup)
    assert root.get("role") == "img" and root.get("aria-labelledby") == "c1-title c1-desc"
    assert root.findtext("s:title", None, NS) == "題 <b>&" and root.findtext("s:desc", None, NS) == "説明"
    assert root.get("viewBox", "").startswith("0 0 360 ") and not root.get("width")
    # A strict content policy forbids styles in the page; colours come from classes.
    assert "style" not in str(markup) and "#" not in str(markup)


class TestBars:
    def test_lengths_are_proportional_from_zero(self) -> None:
        boxes = rects(bars(REASONS, unit="件", **NAMED), "chart-bar")
        assert [box[0] for box in boxes] == [0] * 5
        longest = boxes[0][2]
        assert [round(box[2] / longest * 42) for box in boxes] == [42, 31, 12, 0, 0]

    def test_values_stand_beside_their_bars(self) -> None:
        said = texts(bars(REASONS, unit="件", **NAMED))
        assert said[1::2] == ["42件", "31件", "12件", "0件", "–"]
        assert said[4].endswith("…") and text_width(said[4]) <= WIDTH

    def test_labels_are_escaped(self) -> None:
        markup = bars([Bar("<script>alert(1)</script>", 1)], unit="<i>", **NAMED)
        assert "<script>" not in markup and "<i>" not in markup and texts(markup)[0] == "<script>alert(1)</script>"

    @pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
    def test_values_that_cannot_be_drawn(self, value: float) -> None:
        with pytest.raises(ValueError, match="values"):
            bars([Bar("a", value)], **NAMED)

    @given(st.lists(st.integers(0, 10**9), min_size=1, max_size=12))
    def test_nothing_leaves_the_drawing(self, values: list[int]) -> None:
        markup = bars([Bar("理由", value) for value in values], unit="件", **NAMED)
        for x, _, width, _ in rects(markup, "chart-bar"):
            assert x >= 0 and x + width <= WIDTH


class TestColumns:
    def test_columns_stand_on_zero_and_are_true(self) -> None:
        boxes = rects(columns_by_month(ON_AIR, plan=PLAN, unit="局", **NAMED), "chart-bar")
        assert len(boxes) == 8  # months to come have none
        feet = {round(y + height, 1) for _, y, _, height in boxes}
        assert len(feet) == 1
        assert [round(box[3] / boxes[0][3] * 225) for box in boxes] == [225 + 5 * n for n in range(8)]

    def test_the_plan_is_a_line_to_its_target(self) -> None:
        markup = columns_by_month(ON_AIR, plan=PLAN, unit="局", **NAMED)
        root, boxes = drawn(markup), rects(markup, "chart-bar")
        (plan,) = [one for one in root.findall("s:line", NS) if one.get("class") == "chart-plan"]
        foot = boxes[0][1] + boxes[0][3]
        per_station = boxes[0][3] / 225
        assert foot - float(plan.get("y1", 0)) == pytest.approx(225 * per_station, abs=0.1)
        assert foot - float(plan.get("y2", 0)) == pytest.approx(300 * per_station, abs=0.1)
        assert float(plan.get("x2", 0)) > boxes[-1][0]
        assert "計画 225 → 300局" in texts(markup) and "260局" in texts(markup)

    def test_months_are_named_as_there_is_room(self) -> None:
        def names(count: int, language: str = "ja") -> list[str]:
            series = [MonthValue(date(2020 + n // 12, n % 12 + 1, 15), n) for n in range(count)]
            return [
                t
                for t in texts(columns_by_month(series, language=language, **NAMED))
                if t.startswith("20") and len(t) > 3
            ]

        assert names(3) == ["2020年1月", "2020年2月", "2020年3月"]
        assert names(13) == ["2020年1月", "2020年5月", "2020年9月"]
        assert names(60) == ["2020年", "2021年", "2022年", "2023年", "2024年"]
        assert names(60, "en") == ["2020", "2021", "2022", "2023", "2024"]
        assert 2 <= len(names(240)) <= 8

    def test_too_many_months(self) -> None:
        with pytest.raises(ValueError, match="months"):
            columns_by_month([MonthValue(date(1990, 1, 1), 1), MonthValue(date(2026, 1, 1), 1)], **NAMED)

    @given(st.lists(st.one_of(st.none(), st.integers(0, 10**6)), min_size=1, max_size=60), st.integers(0, 10**6))
    def test_nothing_leaves_the_drawing(self, values: list[int | None], goal: int) -> None:
        series = [MonthValue(date(2020 + n // 12, n % 12 + 1, 1), value) for n, value in enumerate(values)]
        markup = columns_by_month(series, plan=Plan(date(2020, 1, 1), 0, date(2025, 1, 1), goal), **NAMED)
        height = float(drawn(markup).get("viewBox", "").split()[3])
        for x, y, width, tall in rects(markup, "chart-bar"):
            assert x >= 0 and x + width <= WIDTH + 0.1 and y >= 0 and y + tall <= height


class TestRanges:
    def test_ranges_medians_and_stopped_days_share_one_scale(self) -> None:
        markup = median_range(STEPS, **NAMED)
        ranges, stopped = rects(markup, "chart-range"), rects(markup, "chart-stopped")
        dots = [float(one.get("cx", 0)) for one in drawn(markup).findall("s:circle", NS)]
        scale = dots[0] / 4
        assert [(round(x / scale), round((x + width) / scale)) for x, _, width, _ in ranges] == [
            (2, 9),
            (6, 24),
            (9, 61),
        ]
        assert [round(dot / scale, 1) for dot in dots] == [4, 11.5, 22]
        assert [(x, round(width / scale)) for x, _, width, _ in stopped] == [(0, 3), (0, 61)]

    def test_words_say_the_same(self) -> None:
        said = texts(median_range(STEPS, **NAMED))
        for words in (
            "形式確認（128件）",
            "中央値 4日（2〜9日）",
            "標準処理期間 10日、停止 3日",
            "データがありません",
            "中央値 11.5日（6〜24日）",
        ):
            assert words in said
        english = texts(median_range(STEPS[:1], language="en", **NAMED))
        assert "median 4 d (2 to 9 d)" in english and "standard time 10 d, stopped 3 d" in english


def test_numbers_and_widths() -> None:
    assert [shown(n) for n in (0, 1234, 2.04, Decimal("11.5"), 1234567.89)] == [
        "0",
        "1,234",
        "2",
        "11.5",
        "1,234,567.9",
    ]
    assert text_width("日本") == 2 * text_width("日") > text_width("ab")
    assert fitted("短い", 100) == "短い" and fitted("とても長い言葉", 60).endswith("…")


_OUTSIDE = """[...document.querySelectorAll('svg text')].filter(text => {
  const drawing = text.ownerSVGElement.getBoundingClientRect(), box = text.getBoundingClientRect();
  return box.left < drawing.left - 1 || box.right > drawing.right + 1 || box.top < drawing.top - 1
    || box.bottom > drawing.bottom + 1;
}).map(text => text.textContent)"""
_SMALLEST = """Math.min(...[...document.querySelectorAll('svg')].map(
  drawing => drawing.getBoundingClientRect().width / 360 * 14))"""


@pytest.mark.browser
@pytest.mark.parametrize("width_px", [320, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_as_chromium_draws_them(width_px: int, scheme: str) -> None:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    css = "".join((STATIC / name).read_text() for name in ("vendor/tokens.css", "base.css", "charts.css"))
    charts = Markup("").join(
        Markup("<section>{}</section>").format(one)
        for one in (
            bars(REASONS, unit="件", **NAMED),
            columns_by_month(ON_AIR, plan=PLAN, unit="局", **NAMED),
            median_range(STEPS, **NAMED),
            median_range(STEPS, language="en", **NAMED),
        )
    )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": width_px, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        await page.set_content(f"<!doctype html><meta charset=utf-8><style>{css}section{{padding:8px}}</style>{charts}")
        assert await page.evaluate(_OUTSIDE) == []
        assert await page.evaluate(_SMALLEST) >= 11  # px
        assert await page.evaluate("document.documentElement.scrollWidth") <= width_px
        picture = Image.open(BytesIO(await page.screenshot(full_page=True))).convert("RGB")
        await browser.close()
    colours = picture.getcolors(1 << 20)
    assert colours is not None and len(colours) > 20
    ground = max(colours)[1]
    assert isinstance(ground, tuple) and (sum(ground) > 600) == (scheme == "light")
