"""What the window refuses, with words that say what to do and nothing half done: over `/api/v1`, as any software would."""

import asyncio
import os
import zipfile
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from app.accounts.permissions import Role
from app.applications.documents.files import LARGEST_FILE_BYTES
from tests.accounts_world import World, settings_of
from tests.applications.playing import PERMIT, PLAN, Window, add_office_assets, add_player, png
from tests.conftest import database, serving

Owner = psycopg.Connection[Any]
PDF = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n%%EOF"


@pytest.fixture(scope="module")
def played_url(server_url: str, world_template: tuple[str, World]) -> Iterator[str]:
    template, world = world_template
    people = dict(world.people)
    with database(server_url, f"test_window_bad_input_{os.getpid()}", template) as url:
        with psycopg.connect(url, autocommit=True) as owner:
            add_office_assets(url, owner, world)
        add_player(url, world, "minato_reviewer", "minato", Role.OWNER_REVIEWER)
        yield url
    world.people.clear()
    world.people.update(people)


@pytest.fixture(scope="module")
def owner(played_url: str) -> Iterator[Owner]:
    with psycopg.connect(played_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
async def window(played_url: str, owner: Owner, world_template: tuple[str, World]) -> AsyncIterator[Window]:
    async with serving(settings_of(played_url)) as client:
        yield Window(client, world_template[1], owner)


@pytest.fixture(scope="module")
async def site(window: Window) -> dict[str, Any]:
    """A case of carrier A's with the window, being checked."""
    (made,) = await window.apply("carrier_member", "B1")
    return await window.act("window_operator", made, "accept")


def everything(owner: Owner) -> tuple[Any, ...]:
    """Changes with whatever is written anywhere about cases."""
    tables = ("application", "site", "site_event", "document", "document_content", "review", "slot_reservation", "notice",
              "sharing_offer", "asset_feedback", "audit_event", "asset", "station", "organisation_procedure", "asset_route",
              "office_closure", "idempotency_key", "fee_rule")  # fmt: skip
    sums = ", ".join(
        f"(SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {name} t)" for name in tables
    )
    found = owner.execute(f"SELECT {sums}".encode()).fetchone()
    assert found is not None
    return found


def refused(answer: httpx.Response, status: int, *words: str) -> dict[str, Any]:
    """A problem in Japanese and of that status, whose text holds the words; its content."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"].startswith("application/problem+json")
    content: dict[str, Any] = answer.json()
    assert content["detail"] and content["title"] and content["trace_id"]
    for word in words:
        assert word in answer.text, answer.text
    return content


async def test_a_step_out_of_turn_tells_whose_turn_it_is_and_what_can_be_done(
    window: Window, owner: Owner, site: dict[str, Any]
) -> None:
    before = everything(owner)
    for person, action, status in (
        ("carrier_member", "refer", 403), ("carrier_member", "propose_survey", 409), ("window_operator", "confirm_survey", 409),
        ("window_operator", "permit", 403), ("window_operator", "deem_complete", 403), ("owner_reviewer", "permit", 404),
        ("other_carrier_member", "withdraw", 404), ("window_operator", "make_it_so", 409),
    ):  # fmt: skip
        content = refused(await window.try_act(person, site, action), status)
        if status != 404:
            assert (content["state"], content["party"]) == ("intake_check", "window")
            assert set(content["available_actions"]) <= {"request_correction", "propose_sharing", "refer", "withdraw"}
            assert content["available_actions"]
    assert everything(owner) == before


async def test_an_old_page_tells_what_the_case_has_become(window: Window, owner: Owner, site: dict[str, Any]) -> None:
    before = everything(owner)
    path = f"/sites/{site['site_id']}"
    for if_match in (f'"{site["version"] - 1}"', f'W/"{site["version"]}"', "x", '""', '"1","2"', "0" * 99):
        answer = await window.try_act("window_operator", site, "refer", if_match=if_match)
        content = refused(answer, 412, "読み直して")
        assert (content["state"], content["version"]) == ("intake_check", site["version"])
    bare = {"action": "refer"}
    refused(await window.call("window_operator", "POST", f"{path}/transitions", json=bare), 428, "If-Match")
    refused(
        await window.call("window_operator", "PUT", f"{path}/assignment", json={"person_id": None}), 428, "If-Match"
    )
    assert everything(owner) == before


async def test_missing_documents_and_fields_are_all_named_at_once(window: Window, owner: Owner) -> None:
    (made,) = await window.apply("carrier_member", "B6")
    await window.refer(made)
    await window.act("owner_reviewer", made, "waive_survey")
    before = everything(owner)
    content = refused(await window.try_act("carrier_member", made, "open_consultation"), 422, "添付してください")
    named = {error["pointer"] for error in content["errors"]}
    assert named == {f"/documents/{n}" for n in ("layout_plan", "structural_calculation", "power_plan", "rf_statement")}
    lacking = refused(await window.try_act("carrier_member", made, "withdraw"), 422)
    assert [error["pointer"] for error in lacking["errors"]] == ["/reason_code"]
    assert everything(owner) == before


@pytest.mark.parametrize(
    ("name", "content"),
    [("計画.pdf", png()), ("計画.png", PDF), ("計画.png", b"MZ" + bytes(2000)), ("計画.pdf", b""), ("計画.exe", b"MZ" + bytes(200)),
     ("計画.html", b"<script>alert(1)</script>"), ("計画.svg", b"<svg onload='alert(1)'/>"), ("計画.docx", b"PK\x03\x04x")],
)  # fmt: skip
async def test_a_file_that_lies_about_itself_is_not_kept(
    window: Window, owner: Owner, site: dict[str, Any], name: str, content: bytes
) -> None:
    before = everything(owner)
    sent = {"files": {"file": (name, content)}, "data": {"document_type": "layout_plan"}}
    said = refused(await window.call("carrier_member", "POST", f"/sites/{site['site_id']}/documents", **sent), 422)
    assert len(said["detail"]) > 10
    assert everything(owner) == before


async def test_a_bomb_is_refused(window: Window, owner: Owner, site: dict[str, Any]) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("word/document.xml", bytes(40 << 20))
    before = everything(owner)
    sent = {"files": {"file": ("計画.docx", packed.getvalue())}, "data": {"document_type": "layout_plan"}}
    refused(await window.call("carrier_member", "POST", f"/sites/{site['site_id']}/documents", **sent), 422)
    assert everything(owner) == before


async def test_wrong_forms_of_an_upload_are_told(window: Window, owner: Owner, site: dict[str, Any]) -> None:
    path, before = f"/sites/{site['site_id']}/documents", everything(owner)
    picture = {"file": ("a.png", png())}
    for sent, status in (
        ({"json": {"file": "x"}}, 422), ({"data": {"document_type": "photo"}}, 422), ({"files": picture}, 422),
        ({"files": picture, "data": {"document_type": "no_such_type"}}, 422),
        ({"files": picture, "data": {"document_type": "permit_letter"}}, 403),
        ({"files": picture, "data": {"document_type": "photo", "audience": "inside"}}, 403),
        ({"files": [("file", ("a.png", png())), ("file", ("b.png", png()))], "data": {"document_type": "photo"}}, 400),
    ):  # fmt: skip
        answer = await window.call("carrier_member", "POST", path, **sent)
        assert answer.status_code in (status, 422), (sent, answer.text)
        assert answer.headers["content-type"].startswith("application/problem+json")
    inside = await window.call(
        "window_operator", "POST", path, files=picture, data={"document_type": "photo", "of_application": "true"}
    )
    refused(inside, 403, "申請全体")
    assert everything(owner) == before


@pytest.mark.parametrize("path", ["/sites/{s}/documents", "/applications/{a}/sites/file"])
async def test_two_gigabytes_are_refused_before_they_are_read(
    window: Window, owner: Owner, site: dict[str, Any], path: str
) -> None:
    """Declared: not a byte is read. In chunks without a length: no more than the limit is."""
    address = path.format(s=site["site_id"], a=site["application_id"])
    read, before = 0, everything(owner)
    chunk = bytes(1 << 20)

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(2048):
            read += len(chunk)
            yield chunk

    form = {"Content-Type": "multipart/form-data; boundary=x"}
    declared = {**form, "Content-Length": str(2 << 30)}
    refused(await window.call("carrier_member", "POST", address, content=endless(), headers=declared), 413, "50 MiB")
    assert read <= 1 << 20
    read = 0

    async def a_part_that_never_ends() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        async for piece in endless():
            yield piece

    chunked = await window.call("carrier_member", "POST", address, content=a_part_that_never_ends(), headers=form)
    refused(chunked, 413, "50 MiB")
    assert read <= LARGEST_FILE_BYTES + (2 << 20)
    assert everything(owner) == before


async def test_nobody_unknown_makes_the_service_read_anything(window: Window, site: dict[str, Any]) -> None:
    async def endless() -> AsyncIterator[bytes]:
        raise AssertionError("read from somebody nobody knows")
        yield b""

    form = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await window.client.post(f"/api/v1/sites/{site['site_id']}/documents", content=endless(), headers=form)
    assert answer.status_code == 401


async def test_huge_json_is_refused(window: Window, owner: Owner, site: dict[str, Any]) -> None:
    before, path = everything(owner), f"/sites/{site['site_id']}"
    refused(await window.call("carrier_member", "POST", f"{path}/comments", json={"text": "x" * (2 << 20)}), 413)
    deep = b'{"text":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    headers = {"Content-Type": "application/json"}
    answer = await window.call("carrier_member", "POST", f"{path}/comments", content=deep, headers=headers)
    assert answer.status_code in (400, 422), answer.status_code
    items = [{"target": "field:weight_kg", "text": "x"}] * 101
    refused(await window.try_act("window_operator", site, "request_correction", items=items), 422)
    assert everything(owner) == before


async def test_an_asset_that_has_left_the_register(window: Window, owner: Owner) -> None:
    """In a draft, on sending, on referral and at the owner's answer: told each time, and nothing goes on."""
    body = {"title": "試験", "plan": PLAN, "asset_ids": ["M3", "M4"]}
    draft = await window.ok("carrier_member", "POST", "/applications", json=body)
    (sent,) = await window.apply("carrier_member", "M3")
    (referred,) = await window.apply("carrier_member", "M4")
    await window.act("window_operator", sent, "accept")
    await window.refer(referred)
    owner.execute("UPDATE asset SET valid_to = now() WHERE asset_id IN ('M3', 'M4') AND valid_to IS NULL")
    before, place = everything(owner), f"/applications/{draft['application_id']}"
    content = refused(
        await window.call("carrier_member", "POST", f"{place}/submit", headers={"If-Match": "*"}),
        422,
        "一覧から外れました",
    )
    assert len(content["errors"]) == 2
    checks = await window.ok("carrier_member", "GET", f"{place}/precheck")
    assert {site["checks"][0]["level"] for site in checks} == {"block"}
    for person, case, action in (
        ("window_operator", sent, "refer"), ("minato_reviewer", referred, "pass_first_review"),
        ("minato_reviewer", referred, "waive_survey"),
    ):  # fmt: skip
        content = refused(await window.try_act(person, case, action), 409, "一覧から外れました")
        assert content["reason"] == "asset_retired"
    refused(await window.call("carrier_member", "POST", "/applications", json={**body, "asset_ids": ["M3"]}), 422, "M3")
    assert everything(owner) == before
    reason = {"reason_code": "data_wrong", "comment": "一覧から外れた建物です。"}
    assert (await window.act("minato_reviewer", referred, "decline", **reason))["stage"] == "end"


async def test_more_slots_than_a_carrier_may_reserve(window: Window, owner: Owner) -> None:
    """The cap of a municipality is told to the window, and nothing is reserved beyond it."""
    (made,) = await window.apply("carrier_member", "M1")
    await window.act("window_operator", made, "accept")
    owner.execute("INSERT INTO reservation_cap (municipality_code, most) VALUES ('13103', 0)")
    try:
        before = everything(owner)
        content = refused(await window.try_act("window_operator", made, "refer"), 409, "上限")
        assert content["reason"] == "cap" and everything(owner) == before
    finally:
        owner.execute("DELETE FROM reservation_cap")


async def test_a_single_site_of_a_draft_cannot_be_sent_past_its_application(window: Window, owner: Owner) -> None:
    """What sending checks is checked for all sites; the transition alone would go round it."""
    made = await window.ok("carrier_member", "POST", "/applications", json={"title": "試験", "asset_ids": ["B2"]})
    (draft,) = await window.ok("carrier_member", "GET", f"/applications/{made['application_id']}/sites")
    before = everything(owner)
    content = refused(await window.try_act("carrier_member", draft, "submit"), 409, "送る")
    assert content["reason"] == "application_is_draft"
    refused(
        await window.call(
            "carrier_member", "POST", f"/applications/{made['application_id']}/submit", headers={"If-Match": "*"}
        ),
        422,
    )
    assert everything(owner) == before


async def test_drafts_with_documents_and_words_can_be_dropped(window: Window, owner: Owner) -> None:
    """What has left a trace stays on record as taken off; the number of its site is not given again."""
    made = await window.ok("carrier_member", "POST", "/applications", json={"title": "試験", "asset_ids": ["B2", "B3"]})
    place = f"/applications/{made['application_id']}"
    one, other = await window.ok("carrier_member", "GET", f"{place}/sites")
    await window.attach("carrier_member", one, "photo")
    await window.ok("carrier_member", "POST", f"/sites/{other['site_id']}/comments", json={"text": "あとで"})
    for site in (one, other):
        await window.ok("carrier_member", "DELETE", f"{place}/sites/{site['site_id']}")
    assert await window.ok("carrier_member", "GET", f"{place}/sites") == []
    await window.ok("carrier_member", "POST", f"{place}/sites", json={"asset_ids": ["B2"]})
    (again,) = await window.ok("carrier_member", "GET", f"{place}/sites")
    assert again["code"] not in (one["code"], other["code"])
    await window.attach("carrier_member", again, "photo")
    await window.ok("carrier_member", "DELETE", place)
    refused(await window.call("carrier_member", "GET", place), 404)


async def test_too_many_assets(window: Window, owner: Owner) -> None:
    before, many = everything(owner), [f"X{n}" for n in range(501)]
    content = refused(await window.call("carrier_member", "POST", "/applications", json={"asset_ids": many}), 422)
    assert "/asset_ids" in str(content)
    unknown = refused(
        await window.call("carrier_member", "POST", "/applications", json={"asset_ids": many[:500]}), 422, "一覧にない"
    )
    assert len(unknown["errors"]) == 500
    listed = "アセットID\n" + "\n".join(many)
    draft = await window.ok("carrier_member", "POST", "/applications", json={"title": "x"})
    before = everything(owner)
    sent = {"files": {"file": ("一覧.csv", listed.encode())}}
    refused(
        await window.call("carrier_member", "POST", f"/applications/{draft['application_id']}/sites/file", **sent), 422
    )
    assert everything(owner) == before


async def test_ids_of_others_where_an_id_is_asked_for(window: Window, owner: Owner, site: dict[str, Any]) -> None:
    """Another carrier's case to share with, a carrier as an office, nobody's id: refused, and told of nothing."""
    (theirs,) = await window.apply("other_carrier_member", "B5")
    carrier, nobody = str(window.world.organisations["carrier-b"]), str(uuid4())
    path, before = f"/sites/{site['site_id']}", everything(owner)
    for other in (theirs["site_id"], nobody, None, site["site_id"]):
        answer = await window.try_act("window_operator", site, "propose_sharing", with_site_id=other)
        refused(answer, 422, "/with_site_id")
        assert theirs["code"] not in answer.text
    refused(await window.try_act("carrier_member", site, "propose_sharing", with_site_id=theirs["site_id"]), 403)
    for organisation in (carrier, nobody, str(window.world.organisations["window"])):
        refused(await window.try_act("window_operator", site, "refer", owner_organisation_id=organisation), 422)
        ask = {"organisation_ids": [organisation], "question": "x", "due_on": "2099-01-01"}
        refused(await window.call("window_operator", "POST", f"{path}/reviews", json=ask), 422)
        route = {"owner_code": "139999", "organisation_id": organisation}
        refused(await window.call("window_operator", "PUT", "/routes", json=route), 422)
        hand = {"from_organisation_id": organisation, "to_organisation_id": carrier}
        refused(await window.call("system_admin", "POST", "/hand-over", json=hand), 422)
    for person in (str(window.world["carrier_member"].person_id), nobody):
        headers = {"If-Match": "*"}
        put = await window.call(
            "window_operator", "PUT", f"{path}/assignment", json={"person_id": person}, headers=headers
        )
        refused(put, 422, "/person_id")
    ask = {"organisation_ids": [str(window.world.organisations["hinohara"])], "question": "x", "due_on": "2000-01-01"}
    refused(await window.call("window_operator", "POST", f"{path}/reviews", json=ask), 422, "今日より後")
    refused(await window.call("carrier_member", "POST", f"{path}/reviews", json=ask), 403)
    assert everything(owner) == before


BAD_TEXTS = ["\x00", "a\x00b", "", "   ", "x" * 4001]


async def test_texts_no_column_takes(window: Window, owner: Owner, site: dict[str, Any]) -> None:
    before, path = everything(owner), f"/sites/{site['site_id']}"
    for bad in BAD_TEXTS:
        refused(await window.call("carrier_member", "POST", f"{path}/comments", json={"text": bad}), 422)
        refused(await window.try_act("window_operator", site, "refer", comment=bad), 422)
        refused(await window.call("carrier_member", "POST", "/applications", json={"plan": {"purpose": bad}}), 422)
    for query in (
        "q=%00",
        "after=%00",
        "sort=drop",
        "limit=0",
        "limit=1000000",
        "municipality=x",
        "after=AAAA",
        "stage=';--",
        "owner=1",
    ):
        answer = await window.call("carrier_member", "GET", f"/sites?{query}")
        assert answer.status_code in (400, 422), (query, answer.status_code)
    for unknown in (
        {"action": "refer", "state": "permitted"},
        {"action": "../x"},
        {"action": "refer", "permit": PERMIT, "x": 1},
        [],
    ):
        headers = {"If-Match": "*"}
        refused(await window.call("window_operator", "POST", f"{path}/transitions", json=unknown, headers=headers), 422)
    for body in (
        {"organisation_id": str(uuid4())},
        {"state": "submitted"},
        {"asset_ids": [1]},
        {"asset_ids": ["a\x00"]},
    ):
        refused(await window.call("carrier_member", "POST", "/applications", json=body), 422)
    assert everything(owner) == before


async def test_texts_that_look_like_code_are_kept_as_they_are_and_never_run(window: Window) -> None:
    """Markup, formulas, turned-round text: back byte for byte over the API, defused in downloads."""
    evil = "=cmd|' /C calc'!A0<script>alert(1)</script>'; DROP TABLE site;--\u202e"
    (made,) = await window.apply("carrier_member", "K1", purpose=evil, note=evil)
    assert made["plan"]["purpose"] == evil
    await window.ok("carrier_member", "POST", f"/sites/{made['site_id']}/comments", json={"text": evil})
    events = await window.call("carrier_member", "GET", f"/sites/{made['site_id']}/events")
    assert events.json()[-1]["comment"] == evil and events.headers["content-type"] == "application/json"
    listed = await window.call("carrier_member", "GET", "/sites.csv")
    assert "\n=cmd" not in listed.text and ",=cmd" not in listed.text
    name = '"><img src=x onerror=alert(1)>/../../etc/passwd\u202egnp.png'
    sent = {"files": {"file": (name, png())}, "data": {"document_type": "photo"}}
    kept = await window.ok("carrier_member", "POST", f"/sites/{made['site_id']}/documents", **sent)
    assert not set('<>"/\u202e') & set(kept["file_name"])
    file = await window.call("carrier_member", "GET", f"/documents/{kept['document_id']}/file")
    assert file.content == png() and file.headers["content-type"] == "application/octet-stream"
    assert (
        file.headers["content-disposition"].startswith("attachment")
        and "sandbox" in file.headers["content-security-policy"]
    )
    assert file.headers["x-content-type-options"] == "nosniff"


async def test_a_request_sent_twice_is_done_once(window: Window, owner: Owner) -> None:
    """The same key gives the same answer, also at once; with another body it is refused; another carrier has its own keys."""
    body, key = {"title": "一度だけ", "plan": PLAN, "asset_ids": ["M5"], "submit": True}, {"Idempotency-Key": "key-1"}
    answers = await asyncio.gather(
        *(window.call("carrier_member", "POST", "/applications", json=body, headers=key) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    made = owner.execute("SELECT count(*) FROM application WHERE title = '一度だけ'").fetchone()
    assert made == (1,)
    before = everything(owner)
    other = await window.call("carrier_member", "POST", "/applications", json={**body, "title": "別"}, headers=key)
    refused(other, 422, "Idempotency-Key")
    for bad in ("", "x" * 201, "a\tb", "a b"):
        wrong = await window.call(
            "carrier_member", "POST", "/applications", json=body, headers={"Idempotency-Key": bad}
        )
        refused(wrong, 400)
    assert everything(owner) == before
    theirs = await window.call("other_carrier_member", "POST", "/applications", json=body, headers=key)
    assert theirs.status_code == 201 and theirs.json()["application_id"] != answers[0].json()["application_id"]
    (site,) = await window.ok("carrier_member", "GET", f"/applications/{answers[0].json()['application_id']}/sites")
    path, step = f"/sites/{site['site_id']}/transitions", {"action": "withdraw", "reason_code": "budget"}
    headers = {"If-Match": f'"{site["version"]}"', "Idempotency-Key": "key-2"}
    first = await window.call("carrier_member", "POST", path, json=step, headers=headers)
    again = await window.call("carrier_member", "POST", path, json=step, headers=headers)
    assert first.status_code == again.status_code == 200 and first.json() == again.json()


async def test_a_refused_request_does_not_use_up_its_key(window: Window) -> None:
    key = {"Idempotency-Key": "key-3"}
    body = {"plan": PLAN, "asset_ids": ["NO-SUCH"]}
    refused(await window.call("carrier_member", "POST", "/applications", json=body, headers=key), 422)
    mended = await window.call(
        "carrier_member", "POST", "/applications", json={**body, "asset_ids": ["M6"]}, headers=key
    )
    assert mended.status_code == 201


async def test_documents_of_a_sent_application_stay(window: Window, owner: Owner) -> None:
    """What others may be reading is replaced by a new version, never taken away; nor is another's."""
    (made,) = await window.apply("carrier_member", "K2")
    whole = await window.attach("carrier_member", made, "other", of_application="true")
    single = await window.attach("carrier_member", made, "photo")
    papers = await window.attach("window_operator", made, "photo")
    before = everything(owner)
    for document, status in ((whole, 409), (single, 409), (papers, 403)):
        refused(await window.call("carrier_member", "DELETE", f"/documents/{document['document_id']}"), status)
    assert everything(owner) == before


async def test_a_procedure_that_would_not_work_is_refused(window: Window, owner: Owner) -> None:
    before = everything(owner)
    for body in (
        {"limit_days": {"nowhere": 3}}, {"limit_days": {"referred": 0}}, {"limit_days": {"referred": 366}}, {"documents": {"dance": ["photo"]}},
        {"documents": {"permit": ["no_such"]}}, {"states": []}, {"standard_days": 0},
    ):  # fmt: skip
        refused(await window.call("owner_reviewer", "PUT", "/office/procedure", json=body), 422)
    closures = {"closures": [{"day": "2027-02-30", "name": "x"}]}
    refused(await window.call("owner_reviewer", "PUT", "/office/closures", json=closures), 422)
    assert everything(owner) == before
    await window.ok("owner_reviewer", "PUT", "/office/procedure", json={"without_survey": True})
    await window.ok("owner_reviewer", "PUT", "/office/procedure", json={})
