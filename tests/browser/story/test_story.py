"""The whole way as its people walk it: carriers A and B, the window, an owner and a second office, from the map to on air.

Three sites: one permitted and on air, one refused with a reason, one corrected and then shared with carrier B.
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from app.clock import today
from app.config import Settings
from app.db import make_engine
from app.demo.people import add_demo_people
from tests.applications.made_documents import pdf
from tests.browser.accounts.conftest import Mailbox, Place, sign_in, window
from tests.browser.applications.conftest import fill_plan
from tests.browser.conftest import running
from tests.conftest import database

pytestmark = pytest.mark.browser
PEOPLE = ("carrier-a", "carrier-b", "window", "minato-owner", "construction")
SIDES = ("carrier-a", "window", "minato-owner")


@pytest.fixture(scope="module")
def place(server_url: str, sample_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The service with the sample register and the demo people; nobody has applied for anything."""
    folder = tmp_path_factory.mktemp("story")
    with database(server_url, f"test_story_{os.getpid()}", sample_template) as url:
        settings = Settings(
            database_url=url, basemap_url="", demo_accounts_file=folder / "people.txt",
            audit_anchor_file=folder / "anchors.jsonl", sign_ins_per_minute=200,
        )  # fmt: skip
        add_demo_people(settings, lambda _: None)
        owner = make_engine(settings)
        with running(settings) as address:
            lines = [line.split("\t") for line in (folder / "people.txt").read_text().splitlines() if "@" in line]
            passwords = {mail.partition("@")[0]: password for mail, password, *_ in lines}
            yield Place(address.replace("127.0.0.1", "localhost"), settings, passwords, Mailbox(), owner, "")
        owner.dispose()


@pytest.fixture
async def desks(chromium: Browser, place: Place) -> AsyncIterator[dict[str, Page]]:
    """A window for each person, signed in."""
    async with AsyncExitStack() as stack:
        pages = {}
        for person in PEOPLE:
            pages[person] = await stack.enter_async_context(window(chromium))
            await sign_in(pages[person], place, person, "/account")
        yield pages


class Case:
    """A case as people move it on its page."""

    def __init__(self, place: Place, desks: dict[str, Page], site_id: str, drawing: Path) -> None:
        self.place, self.desks, self.site_id, self.drawing = place, desks, site_id, drawing

    async def open(self, person: str) -> Page:
        """The case's page at somebody's desk."""
        page = self.desks[person]
        await page.goto(f"{self.place.site}/cases/{self.site_id}")
        return page

    async def panel(self, person: str, action: str) -> Locator:
        """An action's panel, opened, with a drawing for every document it still asks for."""
        page = await self.open(person)
        panel = page.locator(f"#do-{action}")
        if await panel.get_attribute("open") is None:
            await panel.locator("summary").first.click()
        for field in await panel.locator("input[type=file]").all():
            await field.set_input_files(self.drawing)
        return panel

    async def act(self, person: str, action: str, state: str, **fields: str) -> Page:
        """Take an action, filling in fields by their names; the page then says the state."""
        panel = await self.panel(person, action)
        for name, value in fields.items():
            field = panel.locator(f'[name="{name.replace("__", ".")}"]')
            if await field.evaluate("field => field.tagName") == "SELECT":
                await field.select_option(value)
            else:
                await field.fill(value)
        await panel.locator("button[type=submit]").last.click()
        page = self.desks[person]
        await expect(page.locator(".turn-state .state")).to_have_text(state, timeout=15_000)
        return page


def day(offset: int) -> str:
    """A day as date inputs want it."""
    return (today() + timedelta(days=offset)).isoformat()


async def choose_and_send(
    desks: dict[str, Page], place: Place, person: str, ids: list[str], title: str
) -> dict[str, str]:
    """On the map: choose assets, make an application of them, fill it in, send it. Site ids by asset."""
    page = desks[person]
    listed = ", ".join(f"'{asset_id}'" for asset_id in ids)
    await page.goto(f"{place.site}/?filter=asset_id IN ({listed})")
    for checkbox in await _choices(page, len(ids)):
        await checkbox.check()
    await (
        page.get_by_role("button", name="申請をつくる").or_(page.get_by_role("link", name="申請をつくる")).first.click()
    )
    await page.get_by_label("申請の名前").fill(title)
    if await page.get_by_role("button", name="下書きをつくる").count():
        await page.get_by_role("button", name="下書きをつくる").click()
    await fill_plan(page)
    await expect(page.locator("#saved").filter(has_text="保存しました ")).to_be_visible()
    await page.get_by_role("button", name="送る", exact=True).click()
    await expect(page.get_by_text("照会受付").first).to_be_visible()
    rows = place.rows(
        "SELECT s.asset_id, s.site_id FROM site s JOIN application a USING (application_id) WHERE a.title = :title",
        title=title,
    )
    return {row.asset_id: str(row.site_id) for row in rows}


async def _choices(page: Page, many: int) -> list[Locator]:
    boxes = page.get_by_role("listitem").get_by_role("checkbox")
    await expect(boxes).to_have_count(many, timeout=20_000)
    return await boxes.all()


async def test_from_the_map_to_on_air(desks: dict[str, Page], place: Place, tmp_path: Path) -> None:
    drawing = tmp_path / "図面.pdf"
    drawing.write_bytes(pdf())
    ids = [
        row.asset_id
        for row in place.rows(
            "SELECT asset_id FROM ogc.assets WHERE owner_name = '港区' AND asset_kind = 'building' AND availability = 'open'"
            " AND slots_total = 1 AND coalesce(slots_used, 0) = 0 AND property_class = 'administrative' ORDER BY asset_id LIMIT 3"
        )
    ]
    sent = await choose_and_send(desks, place, "carrier-a", ids, "駅前の三か所")
    permitted, refused, shared = (Case(place, desks, sent[asset_id], drawing) for asset_id in ids)

    await _permit_and_build(permitted, desks)
    await _refuse(refused, desks)
    await _correct_and_share(shared, desks, ids[2])

    # Every party's screen says the same.
    for case, state in ((permitted, "運用中"), (refused, "設置不可"), (shared, "所管照会")):
        for person in SIDES:
            page = await case.open(person)
            await expect(page.locator(".turn-state .state")).to_have_text(state)
    station = place.rows("SELECT station_id FROM site WHERE site_id = :id", id=permitted.site_id)[0].station_id
    answer = await desks["carrier-b"].request.get(f"{place.site}/ogc/collections/stations/items/{station}")
    assert (await answer.json())["properties"]["status"] == "on_air"
    board = desks["carrier-a"]
    await board.goto(f"{place.site}/board")
    await expect(board.get_by_role("link", name="運用中").or_(board.get_by_text("運用中")).first).to_be_visible()
    # The station stands on the map, on its asset's own page.
    await board.goto(f"{place.site}/?feature=assets/{ids[0]}")
    await expect(board.get_by_text("通信事業者A").first).to_be_visible(timeout=20_000)


async def _permit_and_build(case: Case, desks: dict[str, Page]) -> None:
    await case.act("window", "accept", "形式確認")
    await case.act("window", "refer", "所管照会")
    await case.act("minato-owner", "pass_first_review", "現地調査調整")
    await case.act(
        "carrier-a", "propose_survey", "調査日程確認", survey_dates__0=day(7), entrants="見本 あきら ほか1名"
    )
    await case.act("window", "confirm_survey", "現地調査予定", survey_on=day(7))
    await case.act("carrier-a", "report_survey", "現地調査済・協議準備")
    await case.act("carrier-a", "open_consultation", "協議")
    await _ask_second_office(case, desks)
    await case.act("minato-owner", "agree", "協議済・申請準備")
    await case.act("carrier-a", "apply_permit", "使用許可等申請")
    await case.act(
        "minato-owner", "permit", "許可", permit__legal_basis="use_permission", permit__from_on=day(30),
        permit__to_on=day(30 + 1825), permit__area_m2="4.5", permit__conditions="用途を妨げないこと。",
    )  # fmt: skip
    await case.act("carrier-a", "start_construction", "工事")
    await case.act("carrier-a", "report_completion", "完了届")
    await case.act("minato-owner", "accept_completion", "検査済")
    await case.act("carrier-a", "go_on_air", "運用中")


async def _ask_second_office(case: Case, desks: dict[str, Page]) -> None:
    page = await case.open("minato-owner")
    await page.get_by_text("ほかの部署に意見を聞く").click()
    asking = page.locator(f'form[action="/cases/{case.site_id}/reviews"]')
    await asking.get_by_label("東京都 建設局（サンプル）").check()
    await asking.locator('[name="question"]').fill("道路からの見え方に支障はありますか。")
    await asking.locator('[name="due_on"]').fill(day(14))
    await asking.locator("button[type=submit]").click()
    await expect(page.get_by_text("東京都 建設局（サンプル）").first).to_be_visible()
    other = desks["construction"]
    await other.goto(f"{case.place.site}/inbox")
    await case.open("construction")
    await other.locator('input[name="answer"][value="yes"]').check()
    await other.locator(f'form[action="/cases/{case.site_id}/reviews/answer"] button[type=submit]').click()
    await expect(other.locator('input[name="answer"]')).to_have_count(0)


async def _refuse(case: Case, desks: dict[str, Page]) -> None:
    await case.act("window", "accept", "形式確認")
    await case.act("window", "refer", "所管照会")
    page = await case.act(
        "minato-owner", "decline", "設置不可", reason="no_power", comment="受電設備に空きがありません。"
    )
    # What the refusal teaches goes into the register once the office confirms it.
    await page.get_by_role("button", name="正しいので一覧を直す").click()
    await expect(page.get_by_text("一覧を直しました")).to_be_visible()
    asset: Any = case.place.rows(
        "SELECT a.power FROM site s JOIN ogc.assets a USING (asset_id) WHERE s.site_id = :id", id=case.site_id
    )
    assert asset[0].power == "none"
    page = await case.open("carrier-a")
    await expect(page.get_by_text("受電設備に空きがありません。").first).to_be_visible()


async def _correct_and_share(case: Case, desks: dict[str, Page], asset_id: str) -> None:
    await case.act("window", "accept", "形式確認")
    await case.act(
        "window", "request_correction", "補正依頼", **{"items.field:weight_kg": "カタログの重さに合わせてください。"}
    )
    await case.act("carrier-a", "resubmit", "形式確認", plan__weight_kg="95")
    await case.act("window", "refer", "所管照会")
    place = case.place
    (site_id,) = (await choose_and_send(desks, place, "carrier-b", [asset_id], "相乗りの一か所")).values()
    second = Case(place, desks, site_id, case.drawing)
    await second.act("window", "accept", "形式確認")
    panel = await second.panel("window", "refer")
    await panel.locator("button[type=submit]").last.click()
    await expect(desks["window"].get_by_text("空いている設置枠がありません").first).to_be_visible()
    await second.act("window", "propose_sharing", "共用の打診")
    for person, one in (("carrier-a", case), ("carrier-b", second)):
        page = await one.open(person)
        other = "通信事業者B" if person == "carrier-a" else "通信事業者A"
        await expect(page.locator("main")).not_to_contain_text(other)
    page = await case.open("carrier-a")
    await page.locator(f'form[action="/cases/{case.site_id}/sharing-answer"]').get_by_role("button").first.click()
    await second.act("carrier-b", "accept_sharing", "形式確認")
    await second.act("window", "refer", "所管照会")
    kept = {f"sharing.{name}": "yes" for name in (
        "under_holder_responsibility", "is_area_kept", "is_load_kept", "is_purpose_kept", "is_height_kept",
    )}  # fmt: skip
    await second.act("minato-owner", "acknowledge_sharing", "許可", **{"sharing.structure_owner": "holder"}, **kept)
