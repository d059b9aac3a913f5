"""Surveys from the first draft to what counts: states, versions, the same log twice, who sees what."""

import asyncio
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.accounts.actor import Service, Transactions
from app.surveys.leftovers import take_up_left_logs
from tests.accounts_world import World
from tests.surveys.conftest import SURVEY, Surveys, count, log

Owner = psycopg.Connection[Any]
LOSE_JOBS = "SET search_path = jobs, public; DELETE FROM procrastinate_jobs; RESET search_path"


async def test_a_log_is_examined_loaded_published_and_removed(surveys: Surveys, owner: Owner) -> None:
    survey = await surveys.make()
    loaded = await surveys.load(survey, log(5))
    assert (loaded["state"], loaded["rows_taken"], loaded["progress"]) == ("loaded", 5, None)
    assert loaded["report"]["taken"] == 5
    assert count(owner, "SELECT count(*) FROM measurement WHERE file_id = %s", loaded["file_id"]) == 5
    assert count(owner, "SELECT count(*) FROM measurement_in_force") == 0, "a draft does not count"
    published = await surveys.ask("POST", f"surveys/{survey}/publish")
    assert (published.status_code, published.json()["state"], published.json()["measurements"]) == (200, "published", 5)
    assert count(owner, "SELECT count(*) FROM measurement_in_force") == 5
    assert count(owner, "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'coverage.build'") == 1
    assert (await surveys.ask("POST", f"surveys/{survey}/publish")).status_code == 409
    removed = await surveys.ask("POST", f"surveys/{survey}/files/{loaded['file_id']}/remove")
    assert (removed.status_code, removed.json()["state"]) == (200, "removed")
    assert count(owner, "SELECT count(*) FROM measurement_in_force") == 0
    assert count(owner, "SELECT count(*) FROM measurement") == 5, "rows are kept"


async def test_a_withdrawn_survey_does_not_count(surveys: Surveys, owner: Owner) -> None:
    survey = await surveys.make()
    await surveys.load(survey, log())
    await surveys.ask("POST", f"surveys/{survey}/publish")
    withdrawn = await surveys.ask("POST", f"surveys/{survey}/withdraw")
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")
    assert count(owner, "SELECT count(*) FROM measurement_in_force") == 0


async def test_a_survey_without_measurements_is_not_published(surveys: Surveys) -> None:
    survey = await surveys.make()
    assert (await surveys.ask("POST", f"surveys/{survey}/publish")).status_code == 409


async def test_a_change_needs_the_version_that_was_read(surveys: Surveys) -> None:
    survey = await surveys.make()
    read = await surveys.ask("GET", f"surveys/{survey}")
    change = {"title": "改めた名前"}
    without = await surveys.client.patch(
        f"/api/v1/surveys/{survey}", headers=surveys.world["planner"].session, json=change
    )
    assert without.status_code == 428
    fresh = {"If-Match": read.headers["ETag"]}
    assert (await surveys.ask("PATCH", f"surveys/{survey}", headers=fresh, json=change)).json()["title"] == "改めた名前"
    assert (await surveys.ask("PATCH", f"surveys/{survey}", headers=fresh, json=change)).status_code == 412


@pytest.mark.parametrize(
    "changes", [{"ended_on": "2026-03-01"}, {"code": "OKUTAMA"}, {"method": "fly"}, {"is_sample": True}]
)
async def test_a_survey_that_cannot_be_is_refused(surveys: Surveys, changes: dict[str, Any]) -> None:
    assert (await surveys.ask("POST", "surveys", json={**SURVEY, **changes})).status_code == 422


async def test_a_code_names_one_survey(surveys: Surveys) -> None:
    await surveys.make()
    taken = await surveys.ask("POST", "surveys", "surveyor", json=SURVEY)
    assert taken.status_code == 409
    assert "okutama-1" in taken.json()["detail"]


async def test_the_same_log_counts_once(surveys: Surveys) -> None:
    survey = await surveys.make()
    first, twin = await surveys.examine(survey, log()), await surveys.examine(survey, log())
    assert (await surveys.ask("POST", f"surveys/{survey}/files/{first['file_id']}/load")).status_code == 202
    refused = await surveys.ask("POST", f"surveys/{survey}/files/{twin['file_id']}/load")
    assert refused.status_code == 409
    assert "同じ内容" in refused.json()["detail"]
    await surveys.work()
    again = await surveys.send(survey, log(), name="別の名前.csv")
    assert again.status_code == 409
    assert (await surveys.send(await surveys.make(code="okutama-2"), log())).status_code == 202, "of another survey"
    assert (await surveys.ask("POST", f"surveys/{survey}/files/{first['file_id']}/remove")).status_code == 200
    assert (await surveys.load(survey, log()))["state"] == "loaded", "after it was removed"


async def test_two_twins_loaded_at_once_count_once(surveys: Surveys, owner: Owner) -> None:
    survey = await surveys.make()
    twins = [await surveys.examine(survey, log()) for _ in range(2)]
    asked = await asyncio.gather(
        *(surveys.ask("POST", f"surveys/{survey}/files/{twin['file_id']}/load") for twin in twins)
    )
    assert sorted(answer.status_code for answer in asked) == [202, 409]
    await surveys.work()
    assert count(owner, "SELECT count(*) FROM measurement") == 3


async def test_a_log_is_read_otherwise_until_it_is_loaded(surveys: Surveys) -> None:
    survey = await surveys.make()
    found = await surveys.examine(survey, log())
    path = f"surveys/{survey}/files/{found['file_id']}"
    changed = await surveys.ask("PATCH", path, json={"device": "Xperia", "in_vehicle": True})
    assert (changed.status_code, changed.json()["state"]) == (202, "waiting")
    await surveys.work()
    again = await surveys.file(survey, found["file_id"])
    assert (again["state"], again["settings"]) == ("examined", {"device": "Xperia", "in_vehicle": True})
    assert (await surveys.ask("POST", f"{path}/load")).status_code == 202
    assert (await surveys.ask("PATCH", path, json={"device": "x"})).status_code == 409
    assert (await surveys.ask("POST", f"{path}/load")).status_code == 409


async def test_a_file_that_is_no_log_is_refused_with_words(surveys: Surveys) -> None:
    survey = await surveys.make()
    refused = await surveys.examine(survey, b"%PDF-1.7 not a log")
    assert refused["state"] == "refused"
    assert refused["refusal"]["ja"]
    assert refused["refusal"]["en"]
    assert (await surveys.send(survey, b"")).status_code == 422


async def test_the_report_is_kept_and_given_back_byte_for_byte(surveys: Surveys) -> None:
    survey = await surveys.make()
    content = bytes(range(256)) * 10_000  # more than one piece
    sent = await surveys.send(survey, content, name="報告書.pdf", kind="report")
    assert (sent.status_code, sent.json()["state"], sent.json()["kind"]) == (202, "loaded", "report")
    read = await surveys.ask("GET", f"surveys/{survey}/files/{sent.json()['file_id']}/original")
    assert read.content == content
    assert (await surveys.ask("POST", f"surveys/{survey}/publish")).status_code == 409, "a report is no measurement"


async def test_a_draft_is_its_organisations_alone(surveys: Surveys, owner: Owner) -> None:
    survey = await surveys.make("surveyor")
    sent = await surveys.send(survey, log(), person="surveyor")
    place = f"surveys/{survey}/files/{sent.json()['file_id']}"
    for path in (f"surveys/{survey}", f"surveys/{survey}/files", place, f"{place}/original"):
        assert (await surveys.ask("GET", path, "planner")).status_code == 404
        assert (await surveys.ask("GET", path, "carrier_member")).status_code == 403
    assert (await surveys.ask("GET", "surveys", "planner")).json() == []
    assert (await surveys.send(survey, log(), person="planner")).status_code == 404


async def test_a_published_survey_is_read_by_planners_and_changed_by_its_own(surveys: Surveys, owner: Owner) -> None:
    survey = await surveys.make("surveyor")
    owner.execute("UPDATE survey SET state = 'published' WHERE survey_id = %s", (survey,))
    assert (await surveys.ask("GET", f"surveys/{survey}", "planner")).status_code == 200
    assert (await surveys.ask("PATCH", f"surveys/{survey}", "planner", json={"title": "x"})).status_code == 404
    assert (await surveys.ask("POST", f"surveys/{survey}/withdraw", "planner")).status_code == 404
    assert (await surveys.send(survey, log(), person="planner")).status_code == 404


async def test_row_level_security_stands_behind_the_queries(surveys: Surveys, world: World, db: Transactions) -> None:
    survey = await surveys.make()
    await surveys.load(survey, log())

    def seen(person: str) -> list[int]:
        tables = ("survey", "survey_file", "survey_file_part", "measurement")
        with db.begin(world[person].actor) as session:
            return [session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables]

    assert seen("planner") == [1, 1, 1, 3]
    for other in ("surveyor", "carrier_member", "window_operator", "municipal_editor", "system_admin"):
        assert seen(other) == [0, 0, 0, 0], other
    await surveys.ask("POST", f"surveys/{survey}/publish")
    assert seen("carrier_member") == seen("surveyor") == [0, 0, 0, 0]


async def test_nobody_adds_to_anothers_published_survey(
    surveys: Surveys, world: World, db: Transactions, owner: Owner
) -> None:
    survey = await surveys.make("surveyor")
    owner.execute("UPDATE survey SET state = 'published' WHERE survey_id = %s", (survey,))
    statement = text(
        "INSERT INTO survey_file (survey_id, file_name, file_sha256, file_bytes) VALUES (:id, 'x', 'x', 1)"
    )
    with pytest.raises(ProgrammingError), db.begin(world["planner"].actor) as session:
        session.execute(statement, {"id": survey})


async def test_measurements_are_filled_by_the_service_alone_and_changed_by_nobody(
    surveys: Surveys, world: World, db: Transactions, owner: Owner
) -> None:
    survey = await surveys.make()
    await surveys.load(survey, log())
    partition = f"measurements.survey_{survey.replace('-', '')}"
    with pytest.raises(ProgrammingError), db.begin(world["planner"].actor) as session:
        session.execute(text("SELECT measurement_partition(:id)"), {"id": survey})
    with pytest.raises(ProgrammingError), db.begin(world["planner"].actor) as session:
        driver: Any = session.connection().connection.driver_connection
        try:
            with driver.cursor() as cursor, cursor.copy(f"COPY {partition} FROM STDIN"):
                pass
        except psycopg.Error as error:
            raise ProgrammingError("COPY", {}, error) from error
    for table in ("measurement", partition):
        for statement in (f"UPDATE {table} SET rsrp_dbm = -70", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(ProgrammingError), db.begin(Service("worker")) as session:
                session.execute(text(statement))
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner.execute(statement)


async def test_logs_without_a_job_are_taken_up(surveys: Surveys, db: Transactions, owner: Owner) -> None:
    survey = await surveys.make()
    sent = await surveys.send(survey, log())
    owner.execute(LOSE_JOBS)
    assert take_up_left_logs(db) == 1
    assert take_up_left_logs(db) == 0, "it waits in the queue now"
    await surveys.work()
    file_id = sent.json()["file_id"]
    assert (await surveys.file(survey, file_id))["state"] == "examined"
    # A worker that was killed in the midst of loading leaves the state, and none of the rows.
    await surveys.ask("POST", f"surveys/{survey}/files/{file_id}/load")
    owner.execute(LOSE_JOBS)
    assert take_up_left_logs(db) == 1
    await surveys.work()
    assert (await surveys.file(survey, file_id))["state"] == "loaded"
    assert count(owner, "SELECT count(*) FROM measurement") == 3


async def test_an_upload_beyond_the_bound_is_refused(surveys: Surveys) -> None:
    survey = await surveys.make()
    headers = {**surveys.world["planner"].session, "Content-Type": "multipart/form-data; boundary=x"}
    response = await surveys.client.post(
        f"/api/v1/surveys/{survey}/files", headers={**headers, "Content-Length": str(2 << 30)}, content=b"x"
    )
    assert response.status_code == 413
    assert "1,024 MiB" in response.json()["detail"]
