"""What offices and the window set, and what it does to cases: over `/api/v1` and through the pages."""

from datetime import timedelta
from typing import Any

import httpx

from app.applications.standard_procedure import STANDARD
from app.clock import add_business_days, today
from tests.accounts_world import World
from tests.applications.playing import Window

LAND = {
    "rule_id": "land-1", "owner_name": "港区", "title_ja": "土地の使用料", "title_en": "Land", "kind": "monthly_rate_land",
    "parameters": {"land_rate": "2.5/1000"}, "valid_from": "2020-04-01", "valid_to": None, "source": "条例",
    "applies_to": {"asset_kinds": ["land"], "property_classes": []}, "reductions": [],
}  # fmt: skip
BUILDING = {
    **LAND, "rule_id": "building-1", "title_ja": "建物の使用料", "title_en": "Buildings",
    "kind": "monthly_rate_building_part", "parameters": {"building_rate": "6/1000", "land_rate": "2.5/1000"},
    "applies_to": {"asset_kinds": ["building"], "property_classes": ["administrative"]},
}  # fmt: skip


def form(world: World, person: str, **fields: str) -> dict[str, Any]:
    """A form of somebody's own page."""
    return {"headers": world[person].session, "data": fields}


class TestProcedure:
    async def test_a_new_case_follows_the_variation_and_a_running_one_keeps_its_own(self, window: Window) -> None:
        (running,) = await window.apply("carrier_member", "B1")
        wanted = {"limit_days": {"referred": 3}, "without_survey": True, "standard_days": 40}
        await window.ok("owner_reviewer", "PUT", "/office/procedure", json=wanted)
        (begun,) = await window.apply("carrier_member", "B3")
        for site, days, state in ((running, 15, "survey_pending"), (begun, 3, "surveyed")):
            referred = await window.refer(site)
            assert referred["due_on"] == add_business_days(today(), days).isoformat()
            assert (await window.act("owner_reviewer", site, "pass_first_review"))["state"] == state
        assert (await window.case("owner_reviewer", running))["procedure_id"] == STANDARD.procedure_id

    async def test_the_page_says_the_differences_and_names_every_fault(
        self, world_client: httpx.AsyncClient, window: Window
    ) -> None:
        said = form(
            window.world,
            "minato_reviewer",
            **{"limit.referred": "0", "limit.consultation": "たくさん", "standard_days": "9999"},
        )
        answer = await world_client.post("/office/procedure", **said)
        assert answer.status_code == 422
        assert all(word in answer.text for word in ("所管照会: 1から365", "協議: 1から365", "標準処理期間: 1から1000"))
        fields = {"limit.referred": "１０", "documents.report_survey.photo": "1"}
        assert (
            await world_client.post("/office/procedure", **form(window.world, "minato_reviewer", **fields))
        ).status_code == 303
        page = await world_client.get("/office/procedure", headers=said["headers"])
        assert "「所管照会」の期限: 15 → 10営業日" in page.text
        assert "「調査を報告する」の書類: ＋現地写真、−現地調査報告" in page.text
        kept = window.owner.execute(
            "SELECT variation FROM organisation_procedure WHERE organisation_id = %s ORDER BY since DESC LIMIT 1",
            (window.world.organisations["minato"],),
        ).fetchone()
        assert kept and kept[0]["limit_days"] == {"referred": 10}

    async def test_only_an_office_may(self, world_client: httpx.AsyncClient, window: Window) -> None:
        for person in ("carrier_member", "window_operator"):
            headers = form(window.world, person)["headers"]
            assert (await world_client.get("/office/procedure", headers=headers)).status_code == 403
            assert (await world_client.get("/office/fees", headers=headers)).status_code == 403
        headers = form(window.world, "owner_reviewer")["headers"]
        for path in ("/office/routes", "/office/caps", "/office/procedures"):
            assert (await world_client.get(path, headers=headers)).status_code == 403


class TestClosures:
    async def test_a_closed_day_moves_the_due_day(self, world_client: httpx.AsyncClient, window: Window) -> None:
        before, after = await window.apply("carrier_member", "B4", "B5")
        due = add_business_days(today(), 15)
        assert (await window.refer(before))["due_on"] == due.isoformat()
        closed = add_business_days(today(), 4)
        said = form(window.world, "owner_reviewer", lines=f"{closed:%Y/%m/%d} 創立記念日")
        assert (await world_client.post("/office/closures/year", **said)).status_code == 303
        assert (
            (await window.refer(after))["due_on"]
            == add_business_days(today(), 15, {closed}).isoformat()
            > due.isoformat()
        )
        held = await window.ok("owner_reviewer", "GET", "/office/closures")
        assert held == [{"day": closed.isoformat(), "name": "創立記念日"}]

    async def test_a_year_put_in_place_leaves_other_years(
        self, world_client: httpx.AsyncClient, window: Window
    ) -> None:
        async def post(path: str, **fields: str) -> int:
            answer = await world_client.post(
                f"/office/closures{path}", **form(window.world, "owner_reviewer", **fields)
            )
            return answer.status_code

        await window.ok("owner_reviewer", "PUT", "/office/closures", json={"closures": []})
        assert await post("/year", lines="2027-05-06 a\n2027-12-28 b\n2028-05-02 c") == 303
        assert await post("/year", lines="2027年12月27日（月） 御用納め", replaces="1") == 303
        assert await post("", day="2028-08-14", name="") == 303
        assert await post("/remove", day="2028-05-02") == 303
        assert await post("", day="2028-02-30", name="x") == 422
        held = await window.ok("owner_reviewer", "GET", "/office/closures")
        assert [(one["day"], one["name"]) for one in held] == [("2027-12-27", "御用納め"), ("2028-08-14", "休業日")]


class TestFees:
    async def test_rules_put_and_refused_with_every_fault(self, window: Window) -> None:
        bad = {**LAND, "rule_id": "land-2", "parameters": {"land_rate": "3"}, "source": " "}
        answer = await window.call("minato_reviewer", "PUT", "/office/fee-rules", json={"rules": [bad]})
        assert answer.status_code == 422
        assert {error["pointer"] for error in answer.json()["errors"]} == {"/0/source", "/0/parameters/land_rate"}
        twice = {"rules": [LAND, {**LAND, "rule_id": "land-2", "valid_from": "2027-04-01"}]}
        answer = await window.call("minato_reviewer", "PUT", "/office/fee-rules", json=twice)
        assert answer.json()["errors"][0]["pointer"] == "/1/valid_from" and "2027-03-31" in answer.text
        await window.ok("minato_reviewer", "PUT", "/office/fee-rules", json={"rules": [LAND, BUILDING]})
        assert await window.ok(
            "carrier_member", "GET", f"/office/fee-rules?office={window.world.organisations['minato']}"
        )

    async def test_days_and_characters_that_cannot_be_kept(self, window: Window) -> None:
        ancient = {"rules": [{**LAND, "rule_id": n, "valid_from": "0001-01-01"} for n in ("a", "b")]}
        unkept = {"rules": [{**LAND, "title_ja": "題\0名"}]}
        for rules in (ancient, unkept):
            assert (await window.call("minato_reviewer", "PUT", "/office/fee-rules", json=rules)).status_code == 422

    async def test_the_form_names_everything_at_once(self, world_client: httpx.AsyncClient, window: Window) -> None:
        await window.ok("minato_reviewer", "PUT", "/office/fee-rules", json={"rules": [LAND]})
        fields = {
            "kind": "monthly_rate_land", "title_ja": "", "source": "", "land_rate": "多め", "valid_from": "2027-04-01",
            "minimum_jpy": "-5", "reduction.0.percent": "120", "asset_kinds.land": "1",
        }  # fmt: skip
        answer = await world_client.post("/office/fees/rule", **form(window.world, "minato_reviewer", **fields))
        assert answer.status_code == 422
        for field in (
            "title-ja",
            "source",
            "land-rate",
            "minimum-jpy",
            "reduction-0-ja",
            "reduction-0-percent",
            "valid-from",
        ):
            assert f'href="#{field}"' in answer.text, field
        assert "2027-03-31までにしてください" in answer.text and 'value="多め"' in answer.text

    async def test_a_revision_ends_the_earlier_rule_and_a_future_one_can_be_taken_back(
        self, world_client: httpx.AsyncClient, window: Window
    ) -> None:
        await window.ok("minato_reviewer", "PUT", "/office/fee-rules", json={"rules": [LAND]})
        begins = (today() + timedelta(days=60)).isoformat()
        fields = {
            "kind": "monthly_rate_land", "title_ja": "土地の使用料（改定）", "source": "改正条例", "land_rate": "３/1000",
            "valid_from": begins, "ends_earlier": "1", "asset_kinds.land": "1", "reduction.0.ja": "公益減免",
            "reduction.0.percent": "50", "reduction.0.needs": "1",
        }  # fmt: skip
        assert (
            await world_client.post("/office/fees/rule", **form(window.world, "minato_reviewer", **fields))
        ).status_code == 303
        earlier, later = await window.ok("minato_reviewer", "GET", "/office/fee-rules")
        assert earlier["valid_to"] == (today() + timedelta(days=59)).isoformat()
        assert later["parameters"]["land_rate"] == "3/1000" and later["reductions"][0]["conditions"]
        page = await world_client.get("/office/fees", headers=form(window.world, "minato_reviewer")["headers"])
        assert "これから始まる規則" in page.text and "月額は、使う土地の価格 × 3/1000" in page.text
        for rule_id, status in ((earlier["rule_id"], 409), (later["rule_id"], 303), ("none", 404)):
            said = form(window.world, "minato_reviewer", rule_id=rule_id)
            assert (await world_client.post("/office/fees/remove", **said)).status_code == status
        said = form(window.world, "minato_reviewer", rule_id=earlier["rule_id"], valid_to="2019-01-01")
        assert (await world_client.post("/office/fees/end", **said)).status_code == 422

    async def test_the_calculator_equals_the_amounts_computed_by_hand(
        self, world_client: httpx.AsyncClient, window: Window
    ) -> None:
        # 350,000,000 × 6/1000 = 2,100,000; site 500,000,000 × 2.5/1000 = 1,250,000; × 15/4,500: 7,000 + 4,166.66… → 11,166
        assert (
            await world_client.post("/office/fees/known", **form(window.world, "minato_reviewer"))
        ).status_code == 303
        known = {
            "asset": "M1", "on": "2026-04-01", "building_price_jpy": "350,000,000", "land_price_jpy": "500000000",
            "used_floor_m2": "15", "total_floor_m2": "4500",
        }  # fmt: skip
        headers = form(window.world, "minato_reviewer")["headers"]

        async def page(**changes: str) -> str:
            answer = await world_client.get("/office/fees/estimate", params={**known, **changes}, headers=headers)
            assert answer.status_code == 200
            return answer.text

        text = await page()
        assert "11,166 円" in text and "133,992 円" in text and "× 6/1000" in text
        lacking = await page(used_floor_m2="")
        assert "次の値が分かれば計算できます" in lacking and "使う床の面積（㎡）" in lacking
        assert "133,992 円" in await page(to="2027-03-31")  # twelve months
        before = await page(on="2019-11-01", to="2019-12-31")
        assert "有効な" in before and "規則がありません" in before
        for bad, status in (
            ({"used_floor_m2": "5000"}, 422),
            ({"asset": "none"}, 404),
            ({"on": "x"}, 422),
            ({"on": "9999-12-31", "to": "9999-12-31"}, 422),
        ):
            answer = await world_client.get("/office/fees/estimate", params={**known, **bad}, headers=headers)
            assert answer.status_code == status and 'role="alert"' in answer.text


class TestWindow:
    async def test_a_route_leads_new_cases_to_another_office(
        self, world_client: httpx.AsyncClient, window: Window
    ) -> None:
        hinohara = str(window.world.organisations["hinohara"])
        said = form(window.world, "window_operator", owner="130001|", office=hinohara)
        assert (await world_client.post("/office/routes", **said)).status_code == 303
        (site,) = await window.apply("carrier_member", "B6")
        assert (await window.refer(site))["owner_organisation_id"] == hinohara
        for fields in (
            {"owner": "130001|"},
            {"owner": "abc", "office": hinohara},
            {"owner": "130001|", "office": str(window.world.organisations["carrier-a"])},
        ):
            answer = await world_client.post("/office/routes", **form(window.world, "window_operator", **fields))
            assert answer.status_code == 422

    async def test_a_cap_stops_further_reservations(self, world_client: httpx.AsyncClient, window: Window) -> None:
        first, second = await window.apply("carrier_member", "M1", "M2")
        said = form(window.world, "window_operator", municipality="13103", most="1")
        assert (await world_client.post("/office/caps", **said)).status_code == 303
        assert {"municipality_code": "13103", "most": 1} in await window.ok(
            "window_operator", "GET", "/reservation-caps"
        )
        await window.refer(first)
        await window.act("window_operator", second, "accept")
        refused = await window.try_act("window_operator", second, "refer")
        assert refused.status_code == 409 and refused.json()["reason"] == "cap"
        for bad in ("1001", "-1", "", "x"):
            said = form(window.world, "window_operator", municipality="13103", most=bad)
            assert (await world_client.post("/office/caps", **said)).status_code == 422
