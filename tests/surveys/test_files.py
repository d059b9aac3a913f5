"""Files of surveys: listed page by page, and kept apart where some carriers are invented and others are not."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from app.accounts.actor import Service, Transactions
from app.surveys import files
from tests.accounts_world import World
from tests.surveys.conftest import HEADINGS, Surveys, count
from tests.surveys.policy_cases import add_survey

Owner = psycopg.Connection[Any]
REAL, INVENTED = "NTTドコモ", "通信事業者A"


def log_of(*carriers: str) -> bytes:
    """A log with rows of each of the carriers."""
    lines = [
        f"2026-04-02T09:00:{n:02d}+09:00,{35.80 + n * 1e-4:.5f},139.1,{carrier},4G,-90"
        for n, carrier in enumerate(carriers * 3)
    ]
    return ("\n".join([HEADINGS, *lines]) + "\n").encode("utf-8-sig")


@pytest.mark.parametrize(
    ("is_sample", "carriers", "rule"),
    [
        (False, (INVENTED,), "sample-in-real"),
        (True, (REAL,), "real-in-sample"),
        (False, (REAL, INVENTED), "sample-and-real"),
        (True, (REAL, INVENTED), "sample-and-real"),
    ],
)
async def test_invented_and_real_carriers_are_never_mixed(
    surveys: Surveys, owner: Owner, is_sample: bool, carriers: tuple[str, ...], rule: str
) -> None:
    survey = await surveys.make()
    owner.execute("UPDATE survey SET is_sample = %s", (is_sample,))
    examined = await surveys.examine(survey, log_of(*carriers))
    assert (examined["state"], examined["refusal"]["rule"]) == ("refused", rule)
    assert "サンプル" in examined["refusal"]["ja"] and "sample" in examined["refusal"]["en"]
    asked = await surveys.ask("POST", f"surveys/{survey}/files/{examined['file_id']}/load")
    assert asked.status_code == 409
    assert count(owner, "SELECT count(*) FROM measurement") == 0


@pytest.mark.parametrize(("is_sample", "carrier"), [(False, REAL), (True, INVENTED)])
async def test_each_kind_goes_where_it_belongs(surveys: Surveys, owner: Owner, is_sample: bool, carrier: str) -> None:
    survey = await surveys.make()
    owner.execute("UPDATE survey SET is_sample = %s", (is_sample,))
    assert (await surveys.load(survey, log_of(carrier)))["state"] == "loaded"


def test_files_are_listed_page_by_page(owner: Owner, world: World, db: Transactions) -> None:
    survey, other = add_survey(owner, world, "hinohara"), add_survey(owner, world, "hinohara")
    for of, many in ((survey, 7), (other, 2)):
        owner.execute(
            "INSERT INTO survey_file (survey_id, file_name, file_sha256, file_bytes, created_at) SELECT %s, n || '.csv',"
            " lpad(n::text, 64, '0'), 1, '2026-04-01'::timestamptz + n / 2 * interval '1 day' FROM generate_series(1, %s) n",
            (of, many),
        )
    read: list[UUID] = []
    with db.begin(Service("worker")) as session:
        whole = [row["file_id"] for row in files.list_files(session, survey)]
        while page := files.list_files(session, survey, read[-1] if read else None, 3):
            read += [row["file_id"] for row in page]
        foreign = files.list_files(session, other)[0]["file_id"]
        assert files.list_files(session, survey, foreign) == [], "a file of another survey is no place to go on from"
    assert read == whole
    assert len(whole) == 7


async def test_pages_and_the_api_go_on_to_earlier_files(surveys: Surveys, owner: Owner) -> None:
    survey = await surveys.make()
    owner.execute(
        "INSERT INTO survey_file (survey_id, file_name, file_sha256, file_bytes, created_at) SELECT %s, n || '.csv',"
        " lpad(n::text, 64, '0'), 1, '2026-04-01'::timestamptz + n * interval '1 hour' FROM generate_series(1, %s) n",
        (survey, files.LISTED + 1),
    )
    page = (await surveys.ask("GET", f"surveys/{survey}/files")).json()
    assert len(page) == files.LISTED
    last = page[-1]["file_id"]
    rest = (await surveys.ask("GET", f"surveys/{survey}/files?after={last}&limit=10")).json()
    assert [one["file_name"] for one in rest] == ["1.csv"]
    assert (await surveys.ask("GET", f"surveys/{survey}/files?limit=0")).status_code in (400, 422)
    session = surveys.world["planner"].session
    shown = await surveys.client.get(f"/surveys/{survey}", headers=session)
    assert f"?after={last}" in shown.text
    older = await surveys.client.get(f"/surveys/{survey}?after={last}", headers=session)
    assert "?after=" not in older.text and ">1.csv<" in older.text
