"""Lines of driven roads: made once for each survey, anew when it changes, and none of nothing."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow.parquet as pq

from app.coverage.driven_lines import Towns, lines_of
from app.surveys.parquet import SCHEMA
from tests.coverage.driven import BEGUN, Drive, add_survey
from tests.coverage.test_products import AS_OF, GOOD, made, owner, settings, url

__all__ = ["made", "owner", "settings", "url"]
Owner = psycopg.Connection[Any]
NOWHERE = Towns(np.array([], dtype=np.int64), np.array([], dtype=np.int64), [])


def versions(owner: Owner) -> dict[str, set[str]]:
    """Which transaction wrote the lines of each survey."""
    found = owner.execute("SELECT s.code, r.xmin::text FROM survey_road r JOIN survey s USING (survey_id)").fetchall()
    return {code: {xmin for one, xmin in found if one == code} for code, _ in found}


def test_lines_of_an_unchanged_survey_stay_as_they_are(owner: Owner, made: Any) -> None:
    add_survey(owner, [Drive("docomo", 1, 0, 3, GOOD)], code="first")
    assert made()["roads"] == 1
    before = versions(owner)
    later = add_survey(owner, [Drive("kddi", 2, 0, 3, GOOD)], code="later")
    assert made(AS_OF + timedelta(days=1))["roads"] == 2
    assert versions(owner)["first"] == before["first"]
    assert "roads" not in made(date(2026, 6, 1)), "the past draws none"
    owner.execute("UPDATE survey SET carriers_public = false WHERE survey_id = %s", (later,))
    made(AS_OF + timedelta(days=1))
    assert owner.execute("SELECT s.code, r.is_public FROM survey_road r JOIN survey s USING (survey_id) ORDER BY 1").fetchall() == [
        ("first", True), ("later", False)
    ]  # fmt: skip
    owner.execute("UPDATE survey SET state = 'withdrawn' WHERE survey_id = %s", (later,))
    made(AS_OF + timedelta(days=1))
    assert versions(owner) == before


def test_borders_that_moved_draw_lines_anew(owner: Owner, made: Any) -> None:
    add_survey(owner, [Drive("docomo", 1, 6, 10, GOOD)], code="border")
    assert made()["roads"] == 2
    owner.execute(
        "DELETE FROM municipality WHERE municipality_code = '13902';"
        " UPDATE municipality SET geom = ST_Multi(ST_MakeEnvelope(139, 35.8, 139.05, 35.8 + 1 / 60.0, 4326))"
    )
    assert made()["roads"] == 1


def test_a_phone_that_stood_and_rows_without_place_leave_no_line(owner: Owner, made: Any) -> None:
    add_survey(owner, [Drive("docomo", 1, 0, 1, GOOD, points_per_cell=1, at=BEGUN)], code="stood")
    assert made()["roads"] == 0


def test_no_rows_give_no_lines(tmp_path: Path) -> None:
    file = tmp_path / "none.parquet"
    pq.write_table(SCHEMA.empty_table(), file)
    assert len(lines_of(file, NOWHERE, 50.0).geom) == 0
