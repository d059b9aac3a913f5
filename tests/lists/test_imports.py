"""An editor's list from file to register and back: examined, compared, published, undone, with a second person."""

import json
from typing import Any

import psycopg
import pytest

from tests.accounts_world import World
from tests.lists.conftest import Lists, as_csv, row

Owner = psycopg.Connection[Any]


async def test_a_list_is_examined_published_and_read(lists: Lists) -> None:
    found = await lists.examine(as_csv([row(n) for n in range(1, 21)], encoding="cp932"), "港区一覧.csv")
    report = found["report"]
    assert found["state"] == "examined", found["refusal"]
    assert report["reading"]["encoding"] == "cp932"
    assert [column["target"] for column in report["columns"]] == [
        "source_no", "name", "address", "latitude", "longitude", "height_m", "structure_type", "built_year", "power",
    ]  # fmt: skip
    assert report["counts"]["good_rows"] == 20
    assert report["diff"] | {"samples": None} == {
        "new": 20, "changed": 0, "same": 0, "missing": 0, "moved": 0, "in_force": 0, "samples": None,
    }  # fmt: skip
    assert report["preview"]["rows"][0]["values"]["structure_type"] == "鉄筋コンクリート造"
    assert await lists.names() == {}, "a dry run changes nothing"
    assert (await lists.act(found["import_id"], "publish")).status_code == 202
    await lists.work()
    assert (await lists.read(found["import_id"]))["state"] == "published"
    names = await lists.names()
    assert len(names) == 20
    assert names["131032-B-1"] == "見本会館1"


async def test_a_changed_list_shows_the_difference_cell_by_cell(lists: Lists) -> None:
    await lists.publish(as_csv([row(n) for n in range(1, 21)]))
    second = [row(1), row(2, **{"高さ（m）": "30"}), *(row(n) for n in range(3, 20)), row(30)]
    found = await lists.examine(as_csv(second))
    diff = found["report"]["diff"]
    assert (diff["new"], diff["changed"], diff["same"], diff["missing"]) == (1, 1, 18, 1)
    assert diff["samples"]["changed"][0]["cells"] == {"height_m": [12.5, 30]}
    assert diff["samples"]["missing"] == [{"id": "131032-B-20", "name": "見本会館20"}]
    await lists.act(found["import_id"], "publish")
    await lists.work()
    assert len(await lists.names()) == 21, "what is missing stays unless somebody retires it"


async def test_missing_rows_are_retired_when_ticked_and_come_back_by_undo(lists: Lists) -> None:
    await lists.publish(as_csv([row(n) for n in range(1, 21)]))
    before = await lists.names()
    shorter = await lists.publish(as_csv([row(n) for n in range(2, 21)]), settings='{"retire_missing": true}')
    assert shorter["report"]["published"] == {"new": 0, "changed": 0, "same": 19, "retired": 1}
    assert len(await lists.names()) == 19
    undone = await lists.act(shorter["import_id"], "undo")
    assert undone.status_code == 202, undone.text
    await lists.work()
    assert await lists.names() == before
    assert (await lists.read(shorter["import_id"]))["state"] == "undone"
    assert (await lists.read(undone.json()["import_id"]))["state"] == "published"


async def test_undo_names_what_later_edits_would_be_lost(lists: Lists, world: World) -> None:
    first = await lists.publish(as_csv([row(n) for n in range(1, 21)]))
    await lists.publish(as_csv([row(1, 名称="改名会館"), *(row(n) for n in range(2, 21))]))
    address = f"/api/v1/asset-imports/{first['import_id']}/undo"
    loss = (await lists.client.get(address, headers=world["municipal_editor"].session)).json()
    assert loss["total"] == 1
    assert [(lost["id"], lost["name"]) for lost in loss["rows"]] == [("131032-B-1", "改名会館")]
    await lists.act(first["import_id"], "undo")
    await lists.work()
    assert await lists.names() == {}


async def test_the_same_file_again_changes_nothing(lists: Lists, owner: Owner) -> None:
    content = as_csv([row(n) for n in range(1, 6)])
    first = await lists.publish(content)
    before = owner.execute("SELECT version FROM data_version WHERE collection = 'assets'").fetchone()
    again = await lists.publish(content)
    assert again["report"]["same_file"] == first["import_id"]
    assert again["report"]["published"] == {"new": 0, "changed": 0, "same": 5, "retired": 0}
    assert owner.execute("SELECT version FROM data_version WHERE collection = 'assets'").fetchone() == before


async def test_rows_with_errors_hold_a_list_back_until_they_are_left_out(lists: Lists, world: World) -> None:
    await lists.publish(as_csv([row(n) for n in range(1, 21)]))
    wrong = [row(1, 緯度="0", 経度="0", 所在地=""), *(row(n) for n in range(2, 21))]
    found = await lists.examine(as_csv(wrong))
    assert found["report"]["counts"]["error_rows"] == 1
    assert found["report"]["diff"]["missing"] == 0, "a row that cannot be read is not missing"
    assert "publish" not in found["actions"]
    refused = await lists.act(found["import_id"], "publish")
    assert refused.status_code == 409
    headers = {**world["municipal_editor"].session, "If-Match": f'"{found["version"]}"'}
    changed = await lists.client.patch(
        f"/api/v1/asset-imports/{found['import_id']}",
        headers=headers,
        json={"leave_out_errors": True, "retire_missing": True},
    )
    assert changed.status_code == 202, changed.text
    assert changed.json()["state"] == "examined", "how to publish needs no new examination"
    assert (await lists.act(found["import_id"], "publish")).status_code == 202
    await lists.work()
    assert len(await lists.names()) == 20


@pytest.mark.parametrize("rows, reason", [(15, "missing"), (20, "moved")])
async def test_a_great_change_needs_a_second_person(lists: Lists, rows: int, reason: str) -> None:
    await lists.publish(as_csv([row(n) for n in range(1, 21)]))
    moved = {"緯度": "35.6600"} if reason == "moved" else {}
    second = as_csv([row(n, **(moved if n < 8 else {})) for n in range(1, rows + 1)])
    found = await lists.examine(second, settings='{"retire_missing": true}')
    assert found["needs_second"]
    assert reason in found["report"]["guard"]
    asked = await lists.act(found["import_id"], "publish")
    assert asked.json()["state"] == "examined"
    assert asked.json()["actions"][-1] == "wait-for-second"
    assert (await lists.act(found["import_id"], "publish")).status_code == 409
    approved = await lists.act(found["import_id"], "publish", "second_municipal_editor")
    assert approved.json()["state"] == "publishing", approved.text
    await lists.work()
    assert (await lists.read(found["import_id"]))["state"] == "published"


async def test_another_municipality_sees_and_touches_nothing(lists: Lists, owner: Owner) -> None:
    mine = await lists.publish(as_csv([row(n) for n in range(1, 4)]))
    other = lists.world["other_municipal_editor"].session
    address = f"/api/v1/asset-imports/{mine['import_id']}"
    assert (await lists.client.get(address, headers=other)).status_code == 404
    assert (await lists.client.get("/api/v1/asset-imports", headers=other)).json() == []
    assert (await lists.client.post(f"{address}/undo", headers=other)).status_code == 404
    theirs = await lists.examine(as_csv([row(1)]), person="other_municipal_editor")
    assert theirs["report"]["diff"]["in_force"] == 0
    assert owner.execute(
        "SELECT count(*) FROM asset WHERE valid_to IS NULL AND source_id LIKE 'list-%'"
    ).fetchone() == (3,)


async def test_columns_are_corrected_and_remembered_as_a_recipe(lists: Lists, world: World) -> None:
    headings = ["管理No", "なまえ", "ばしょ", "たて", "よこ", "たかさ", "つくり", "できた年", "でんき"]
    content = as_csv([row(n) for n in range(1, 4)], headings)
    found = await lists.examine(content)
    assert found["report"]["missing_columns"]
    columns = dict(
        zip(
            "ABCDEFGHI",
            [
                "source_no",
                "name",
                "address",
                "latitude",
                "longitude",
                "height_m",
                "structure_type",
                "built_year",
                "power",
            ],
            strict=True,
        )
    )
    session = world["municipal_editor"].session
    address = f"/api/v1/asset-imports/{found['import_id']}"
    await lists.client.patch(address, headers={**session, "If-Match": "*"}, json={"columns": columns})
    await lists.work()
    mended = await lists.read(found["import_id"])
    assert mended["report"]["counts"]["good_rows"] == 3
    saved = await lists.client.post(
        "/api/v1/asset-imports/recipes", headers=session, json={"name": "ひらがな台帳", "import_id": found["import_id"]}
    )
    assert saved.status_code == 201, saved.text
    again = await lists.examine(content, settings=json.dumps({"recipe": "ひらがな台帳"}))
    assert again["report"]["counts"]["good_rows"] == 3


async def test_publishing_by_itself_where_nothing_stands_in_the_way(lists: Lists) -> None:
    sent = await lists.send(as_csv([row(1)]), dry_run="false")
    await lists.work()
    await lists.work()
    assert (await lists.read(sent.json()["import_id"]))["state"] == "published"


async def test_an_unreadable_file_is_refused_with_a_reason(lists: Lists) -> None:
    found = await lists.examine(b"%PDF-1.7 nothing", "一覧.xlsx")
    assert found["state"] == "refused"
    assert found["refusal"]["ja"]
    assert found["actions"] == ["change", "delete"]


async def test_wifi_lists_take_the_same_way(lists: Lists) -> None:
    content = as_csv(
        [["131032", "1", "見本会館", "東京都港区芝公園1丁目", "35.6560", "139.7480", "FREE", "○"]],
        ["都道府県コード又は市区町村コード", "NO", "名称", "住所", "緯度", "経度", "SSID", "OpenRoaming"],
    )
    found = await lists.examine(content, prefix="wifi")
    assert found["report"]["counts"]["good_rows"] == 1, found["report"]["groups"]
    await lists.act(found["import_id"], "publish", prefix="wifi")
    await lists.work()
    read = await lists.client.get("/ogc/collections/wifi-access-points/items?filter=name='見本会館'")
    assert [feature["properties"]["has_openroaming"] for feature in read.json()["features"]] == [True]
