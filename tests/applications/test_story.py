"""From sending to on air over the API: one site permitted, one refused with a reason, one corrected and shared."""

from typing import Any

import psycopg

from tests.applications.playing import Window, in_days


async def test_a_site_goes_from_sending_to_on_air(window: Window, owner: psycopg.Connection[Any]) -> None:
    """Each party takes its steps; the station appears, the slot is taken, every party reads the same."""
    (site,) = await window.apply("carrier_member", "B1")
    assert (site["state"], site["party"]) == ("submitted", "window")
    referred = await window.refer(site)
    assert (referred["state"], referred["party"]) == ("referred", "owner")
    await window.survey(site, "carrier_member", "owner_reviewer")
    permitted = await window.permit(site, "carrier_member", "owner_reviewer")
    assert permitted["permit"]["number"].endswith(site["code"])
    on_air = await window.build(site, "carrier_member", "owner_reviewer")
    assert (on_air["state"], on_air["party"]) == ("on_air", "nobody")
    seen = {
        person: await window.case(person, site) for person in ("carrier_member", "window_operator", "owner_reviewer")
    }
    assert len({(case["state"], case["version"], case["on_air_on"]) for case in seen.values()}) == 1
    station = owner.execute(
        "SELECT carrier, asset_id, status FROM ogc.stations WHERE station_id = %s", (on_air["station_id"],)
    ).fetchone()
    assert station == ("組織 carrier-a", "B1", "on_air")
    assert owner.execute("SELECT slots_used, availability FROM ogc.assets WHERE asset_id = 'B1'").fetchone() == (
        1,
        "in_use",
    )
    assert owner.execute("SELECT slots_free('B1')").fetchone() == (0,)


async def test_a_refusal_teaches_the_register_once_confirmed(window: Window, owner: psycopg.Connection[Any]) -> None:
    """`no_power` is proposed for the asset, and stands there after the office confirms it."""
    (site,) = await window.apply("carrier_member", "M1")
    await window.refer(site)
    declined = await window.act(
        "minato_reviewer",
        site,
        "decline",
        reason_code="no_power",
        comment="受電設備がありません。",
        reopen_on=in_days(400).isoformat(),
    )
    assert (declined["state"], declined["stage"], declined["reason_code"]) == ("declined", "end", "no_power")
    (proposed,) = await window.ok("minato_reviewer", "GET", f"/sites/{site['site_id']}/asset-corrections")
    assert (proposed["field"], proposed["value"], proposed["before"]) == ("power", "none", "available")
    await window.ok(
        "minato_reviewer", "POST", f"/asset-corrections/{proposed['feedback_id']}", json={"is_confirmed": True}
    )
    assert owner.execute("SELECT power FROM ogc.assets WHERE asset_id = 'M1'").fetchone() == ("none",)
    again = await window.call(
        "minato_reviewer", "POST", f"/asset-corrections/{proposed['feedback_id']}", json={"is_confirmed": True}
    )
    assert again.status_code == 409


async def test_corrections_are_asked_for_at_once_and_mended(window: Window) -> None:
    """The clock stops; only what was asked for can be changed; a second request brings up nothing new."""
    (site,) = await window.apply("carrier_member", "B3")
    await window.act("window_operator", site, "accept")
    items = [
        {"target": "field:weight_kg", "text": "重さを確かめてください。"},
        {"target": "document:layout_plan", "text": "配置図がありません。"},
    ]
    asked = await window.act("window_operator", site, "request_correction", items=items)
    assert (asked["state"], asked["party"], asked["clock"]["due_on"]) == ("correction", "carrier", None)
    application = site["application_id"]
    plan = {**site["plan"], "weight_kg": 40}
    path = f"/applications/{application}/sites/{site['site_id']}/plan"
    other = await window.call(
        "carrier_member", "PUT", path, json={"plan": {**plan, "power_kva": 9}}, headers={"If-Match": "*"}
    )
    assert other.status_code == 422 and other.json()["errors"][0]["pointer"] == "/plan/power_kva"
    unmended = await window.try_act("carrier_member", site, "resubmit")
    assert unmended.status_code == 422 and len(unmended.json()["errors"]) == 2
    await window.ok("carrier_member", "PUT", path, json={"plan": plan}, headers={"If-Match": "*"})
    await window.attach("carrier_member", site, "layout_plan")
    resumed = await window.act("carrier_member", site, "resubmit")
    assert (resumed["state"], resumed["party"], resumed["correction"]) == ("intake_check", "window", None)
    late = [{"target": "field:bands", "text": "周波数帯を確かめてください。"}]
    refused = await window.try_act("window_operator", site, "request_correction", items=late)
    assert refused.status_code == 422 and "前回" in refused.json()["errors"][0]["ja"]


async def test_two_carriers_for_one_slot_share_it(window: Window, owner: psycopg.Connection[Any]) -> None:
    """The window is told of the rival; both agree; the second goes on without a permit of its own and takes no slot."""
    (first,) = await window.apply("carrier_member", "B4")
    await window.refer(first)
    (second,) = await window.apply("other_carrier_member", "B4")
    await window.act("window_operator", second, "accept")
    full = await window.try_act("window_operator", second, "refer")
    assert full.status_code == 409
    (rival,) = full.json()["rivals"]
    assert rival["code"] == first["code"]
    offered = await window.act("window_operator", second, "propose_sharing", with_site_id=first["site_id"])
    assert (offered["state"], offered["party"]) == ("sharing_offered", "carrier")
    for person, site in (("carrier_member", first), ("other_carrier_member", second)):
        heard = await window.ok(person, "GET", f"/sites/{site['site_id']}/events")
        assert "carrier-" not in str([event["content"] for event in heard])
        assert (
            await window.call(person, "GET", f"/sites/{(second if site is first else first)['site_id']}")
        ).status_code == 404
    await window.ok("carrier_member", "POST", f"/sites/{first['site_id']}/sharing-answer", json={"accepts": True})
    agreed = await window.act("other_carrier_member", second, "accept_sharing")
    assert agreed["is_shared"] and agreed["state"] == "intake_check"
    await window.act("window_operator", second, "refer")
    kept = {
        "structure_owner": "holder", "under_holder_responsibility": "yes", "is_area_kept": "yes", "is_load_kept": "yes",
        "is_purpose_kept": "yes", "is_height_kept": "yes",
    }  # fmt: skip
    own = await window.try_act(
        "owner_reviewer", second, "acknowledge_sharing", sharing={**kept, "structure_owner": "public"}
    )
    assert own.status_code == 409 and own.json()["sharing_check"]["needs_own_permit"]
    shared = await window.act("owner_reviewer", second, "acknowledge_sharing", sharing=kept)
    assert shared["state"] == "permitted" and shared["permit"]["tenancy_of"] == first["code"]
    taken = owner.execute(
        "SELECT count(*) FROM slot_reservation WHERE asset_id = 'B4' AND released_at IS NULL"
    ).fetchone()
    assert taken == (1,)


async def test_offices_asked_must_agree(window: Window) -> None:
    """The owner cannot agree before the second department has."""
    (site,) = await window.apply("carrier_member", "B5")
    await window.refer(site)
    await window.survey(site, "carrier_member", "owner_reviewer")
    office = str(window.world.organisations["hinohara"])
    body = {"organisation_ids": [office], "question": "景観に支障はありますか。", "due_on": in_days(10).isoformat()}
    assert (await window.call("hinohara_reviewer", "GET", f"/sites/{site['site_id']}")).status_code == 404
    await window.ok("owner_reviewer", "POST", f"/sites/{site['site_id']}/reviews", json=body)
    waiting = await window.try_act("owner_reviewer", site, "agree")
    assert waiting.status_code == 409 and waiting.json()["offices"] == ["組織 hinohara"]
    asked = await window.ok("hinohara_reviewer", "GET", "/sites", params={"asked": True})
    assert [one["site_id"] for one in asked["sites"]] == [site["site_id"]]
    await window.ok("hinohara_reviewer", "POST", f"/sites/{site['site_id']}/reviews/answer", json={"answer": "yes"})
    agreed = await window.act("owner_reviewer", site, "agree")
    assert agreed["state"] == "agreed"
    heard = await window.ok("carrier_member", "GET", f"/sites/{site['site_id']}/events")
    assert not [event for event in heard if event["action"] in ("ask_review", "answer_review")]


async def test_an_office_gives_a_case_to_another(window: Window) -> None:
    """The office that had it sees it no more; the other one goes on where it stood."""
    (site,) = await window.apply("carrier_member", "B6")
    await window.refer(site)
    office = {"organisation_id": str(window.world.organisations["hinohara"])}
    path = f"/sites/{site['site_id']}/office"
    assert (await window.call("carrier_member", "PUT", path, json=office, headers={"If-Match": "*"})).status_code == 403
    await window.ok("owner_reviewer", "PUT", path, json=office, headers={"If-Match": "*"})
    assert (await window.call("owner_reviewer", "GET", f"/sites/{site['site_id']}")).status_code == 404
    moved = await window.act("hinohara_reviewer", site, "pass_first_review")
    assert (moved["state"], moved["owner_name"]) == ("survey_pending", "組織 hinohara")


async def test_a_municipality_may_be_capped(window: Window) -> None:
    """A carrier at its number of reservations there is told so, and another one is not held up."""
    await window.ok("window_operator", "PUT", "/reservation-caps", json={"municipality_code": "13103", "most": 1})
    first, second = await window.apply("carrier_member", "M3", "M4")
    await window.refer(first)
    await window.act("window_operator", second, "accept")
    full = await window.try_act("window_operator", second, "refer")
    assert full.status_code == 409 and full.json()["reason"] == "cap"
    (other,) = await window.apply("other_carrier_member", "M5")
    assert (await window.refer(other))["state"] == "referred"


async def test_an_office_without_reviewers_is_stood_in_for(window: Window, owner: psycopg.Connection[Any]) -> None:
    """The window answers in its place, also for what a refusal teaches of the asset."""
    owner.execute("UPDATE membership SET ended_at = now() WHERE role = 'owner_reviewer'")
    (site,) = await window.apply("carrier_member", "B1")
    referred = await window.refer(site)
    assert (referred["party"], referred["owner_organisation_id"]) == ("owner", None)
    await window.act("window_operator", site, "decline", reason_code="no_fibre", comment="引込がありません。")
    (proposed,) = await window.ok("window_operator", "GET", f"/sites/{site['site_id']}/asset-corrections")
    path = f"/asset-corrections/{proposed['feedback_id']}"
    await window.ok("window_operator", "POST", path, json={"is_confirmed": True})
    assert owner.execute("SELECT fibre FROM ogc.assets WHERE asset_id = 'B1'").fetchone() == ("none",)


async def test_an_asset_of_uncounted_slots_has_one(window: Window, owner: psycopg.Connection[Any]) -> None:
    """Most of the register does not say how many; the first carrier gets it, the second one is told to share."""
    owner.execute("""SELECT amend_asset('M6', '{"slots_total": null}')""")
    (first,) = await window.apply("carrier_member", "M6")
    assert (await window.refer(first))["state"] == "referred"
    (second,) = await window.apply("other_carrier_member", "M6")
    await window.act("window_operator", second, "accept")
    assert (await window.try_act("window_operator", second, "refer")).status_code == 409
