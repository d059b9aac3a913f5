"""The page of a log as a planner meets it: what is asked, what was refused in plain Japanese, what was sent."""

import html
import os
import re
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.accounts.auth import CSRF_HEADER
from tests.surveys.conftest import Surveys, count, log
from tests.surveys.policy_cases import add_log

Owner = psycopg.Connection[Any]
HEAD = "Timestamp,Longitude,Latitude,Speed,Operatorname,NetworkMode,RSRP,RSRQ,SNR,DL_bitrate,UL_bitrate,PINGAVG,NRxRSRP,NRxRSRQ\n"
ROWS = (
    "2026.04.02_10.00.00,139.1000,35.8000,36,B,LTE,-200,7,3.0,2500,30,-,-,-\n"
    "2026.04.02_10.00.01,139.1000,35.8001,36,B,LTE,-98,-11,3.0,2500,30,-,-,-\n"
)


async def page(surveys: Surveys, path: str) -> str:
    """What a page says, without its tags."""
    answer = await surveys.client.get(path, headers=surveys.world["planner"].session)
    assert answer.status_code == 200, answer.text
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text)))


async def post(surveys: Surveys, path: str, **fields: str) -> httpx.Response:
    session = surveys.world["planner"].session
    return await surveys.client.post(path, headers=session, data={"csrf": session[CSRF_HEADER], **fields})


async def test_a_planner_is_asked_for_the_carrier_and_reads_every_reason(surveys: Surveys, owner: Owner) -> None:
    survey = await surveys.make()
    file = await surveys.examine(survey, (HEAD + ROWS).encode())
    path = f"/surveys/{survey}/files/{file['file_id']}"
    before = await page(surveys, path)
    assert "2行のうち0行を測定として使えます" in before and "使える測定がまだありません" in before
    assert "どの通信事業者の測定か、教えてください" in before and "「 B 」 2行" in before
    asked = {"version": str(file["version"]), "spelling.0": "B", "carrier_of.0": "docomo"}
    assert (await post(surveys, f"{path}/settings", **asked)).status_code == 303
    await surveys.work()
    after = await page(surveys, path)
    assert "教えてください" not in after and "2行のうち2行" in after and "NTTドコモ 2" in after
    assert "RSRPが、ありえる範囲（-140～-43dBm）の外です。" in after and "-200" in after
    assert "RSRQが、ありえる範囲（-34～3dB）の外です。" in after
    assert "遅延が「-」でした。値がないという印なので、空欄として読みました。" in after
    assert "RSRPは受信した電波の強さです。" in after and "範囲の出典：3GPP TS 36.133" in after
    assert "2026-04-02 10:00:00" in after, "in Japan's time"
    assert "None" not in after


async def test_what_was_chosen_for_one_name_stays_when_another_is_chosen(surveys: Surveys) -> None:
    survey = await surveys.make()
    file = await surveys.examine(survey, (HEAD + ROWS.replace(",B,", ",C社,", 1)).encode())
    path = f"/surveys/{survey}/files/{file['file_id']}/settings"
    for spelling, carrier in (("B", "docomo"), ("C社", "kddi")):
        now = await surveys.file(survey, file["file_id"])
        chosen = {"version": str(now["version"]), "spelling.0": spelling, "carrier_of.0": carrier}
        assert (await post(surveys, path, **chosen)).status_code == 303
    await surveys.work()
    assert (await surveys.file(survey, file["file_id"]))["report"]["carriers"] == {"docomo": 1, "kddi": 1}


async def test_a_file_that_was_never_sent_says_so(surveys: Surveys, owner: Owner) -> None:
    """Sample logs: made without a file, and without numbers of rows."""
    place, row = (
        add_log(owner, surveys.world, "hinohara"),
        '{"at": "2026-04-02T01:00:00+00:00", "accuracy_m": 6.30000019}',
    )
    owner.execute(f'UPDATE survey_file SET report = \'{{"rows": 1, "taken": 1, "preview": [{row}]}}\'')
    owner.execute("DELETE FROM survey_file_part WHERE file_id = %s", (place["file_id"],))
    path = f"surveys/{place['survey_id']}/files/{place['file_id']}"
    answer = await surveys.ask("GET", f"{path}/original")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "元のデータがありません" in answer.json()["detail"]
    told = await page(surveys, f"/{path}")
    assert "送ったファイルはありません" in told and "1 2026-04-02 10:00:00 6.3" in told and "None" not in told


async def test_the_template_is_had_from_the_survey_and_reads_itself(surveys: Surveys) -> None:
    survey = await surveys.make()
    assert "標準様式を取得" in await page(surveys, f"/surveys/{survey}")
    template = await surveys.client.get("/surveys/template.csv", headers=surveys.world["planner"].session)
    assert template.content.startswith(b"\xef\xbb\xbf")
    assert (await surveys.examine(survey, template.content))["rows_taken"] == 3


async def test_municipalities_are_named_or_given_by_code(surveys: Surveys) -> None:
    facts = {"title": "調査", "began_on": "2026-04-01", "ended_on": "2026-04-02", "method": "drive"}
    made = await post(surveys, "/surveys", code="named", municipality_codes="奥多摩町、檜原村 13361", **facts)
    assert made.status_code == 303
    read = await surveys.ask("GET", made.headers["location"].removeprefix("/"))
    assert read.json()["municipality_codes"] == ["13308", "13307", "13361"]
    answer = await surveys.client.get(made.headers["location"], headers=surveys.world["planner"].session)
    assert 'value="奥多摩町、檜原村、大島町"' in answer.text, "the form for changing says them by name"
    refused = await post(surveys, "/surveys", code="unnamed", municipality_codes="奥多摩市", **facts)
    assert (refused.status_code, "赤い枠の項目" in refused.text) == (422, True)


async def test_loaded_logs_say_where_to_go_on(surveys: Surveys) -> None:
    survey = await surveys.make()
    loaded = await surveys.load(survey, log(30))
    assert "調査のページへ" in await page(surveys, f"/surveys/{survey}/files/{loaded['file_id']}")


REAL = [("B_2019.11.26_15.02.50.csv", 3559, "168"), ("B_2019.12.16_13.40.04.csv", 1983, "12")]


@pytest.mark.parametrize(("name", "taken", "refused"), REAL)
async def test_a_real_drive_log_is_taken_in_and_explained(
    surveys: Surveys, owner: Owner, name: str, taken: int, refused: str
) -> None:
    folder = os.environ.get("GEODATA_DIR")
    if not folder or not (source := Path(folder) / "signal_gnettrack_pro" / name).exists():
        pytest.skip("GEODATA_DIR に実測の記録がありません / no real drive logs in GEODATA_DIR")
    survey = await surveys.make()
    settings = '{"zone": "Europe/Dublin", "carrier_of": {"B": "docomo"}}'
    file = await surveys.examine(survey, source.read_bytes(), settings=settings)
    told = await page(surveys, f"/surveys/{survey}/files/{file['file_id']}")
    assert f"{taken:,}行を測定として使えます" in told
    assert re.search(rf"5GのRSRQが、ありえる範囲（-43～20dB）の外です。[^件]* {refused}件", told)
    assert "日本の外の位置です" in told and "行がほかにもあります" in told
    await surveys.ask("POST", f"surveys/{survey}/files/{file['file_id']}/load")
    await surveys.work()
    assert count(owner, "SELECT count(*) FROM measurement") == taken
    assert count(owner, "SELECT count(*) FROM measurement WHERE nr_rsrq_db < -43 OR nr_rsrp_dbm < -156") == 0
