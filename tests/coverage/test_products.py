"""From measurements to cells, gaps, municipalities and roads, in the database."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.accounts.actor import Transactions
from app.config import Settings
from app.coverage.build import build
from app.coverage.profiles import get_profile
from app.db import make_worker_engine
from tests.conftest import database
from tests.coverage.driven import BEGUN, Drive, add_survey, lay_ground

PROFILE = get_profile("tmg-4g-outdoor-1")
AS_OF = date(2026, 6, 30)
FOUR = ("docomo", "kddi", "softbank", "rakuten")
GOOD, BAD = -80.0, -130.0


@pytest.fixture
def url(server_url: str, migrated_template: str) -> Iterator[str]:
    import os

    with database(server_url, f"test_coverage_{os.getpid()}", migrated_template) as url:
        yield url


@pytest.fixture
def owner(url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url, autocommit=True) as connection:
        lay_ground(connection)
        yield connection


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=url, survey_folder=tmp_path / "surveys")


@pytest.fixture
def made(settings: Settings) -> Iterator[Any]:
    """Makes a build: as_of, engine, profile."""
    engine = make_worker_engine(settings)

    def make(as_of: date = AS_OF, engine_name: str = "postgresql", profile: Any = PROFILE) -> dict[str, Any]:
        return build(Transactions(engine), settings, profile, as_of, engine_name)

    yield make
    engine.dispose()


def cells(
    owner: psycopg.Connection[Any], carrier: str = "all", level: str = "quarter", row: int | None = None
) -> list[str]:
    """States of the latest build from west to east, by row from the south."""
    found = owner.execute(
        "SELECT state FROM ogc.coverage_cells WHERE carrier = %s AND level = %s AND NOT is_sample"
        " AND (%s::int IS NULL OR round((ST_YMin(geom) - 35.8) * 480) = %s) ORDER BY ST_YMin(geom), ST_XMin(geom)",
        (carrier, level, row, row),
    )
    return [state for (state,) in found]


def survey_of_all_kinds(owner: psycopg.Connection[Any], **further: Any) -> Any:
    """Row 1: two cells no carrier, two one carrier, two all, two only two carriers surveyed, both gaps."""
    drives = [Drive(carrier, 1, 0, 2, BAD) for carrier in FOUR]
    drives += [
        Drive(carrier, 1, 2, 4, GOOD if carrier == "kddi" else BAD, at=BEGUN + timedelta(hours=1)) for carrier in FOUR
    ]
    drives += [Drive(carrier, 1, 4, 6, GOOD, at=BEGUN + timedelta(hours=2)) for carrier in FOUR]
    drives += [Drive(carrier, 1, 6, 8, BAD, at=BEGUN + timedelta(hours=3)) for carrier in FOUR[:2]]
    return add_survey(owner, drives, **{"code": "kinds", "municipalities": ["13901"], **further})


def test_all_carriers_together(owner: psycopg.Connection[Any], made: Any) -> None:
    survey_of_all_kinds(owner)
    made()
    assert cells(owner, row=1) == ["gap"] * 2 + ["covered"] * 4 + ["uncertain"] * 2
    counted = owner.execute(
        "SELECT reason, carriers_covered, carriers_gap FROM coverage_cell WHERE carrier = 'all' AND level = 'quarter'"
        " AND samples > 0 ORDER BY mesh_code, ST_XMin(geom)"
    ).fetchall()
    assert set(counted) == {("no_carrier", 0, 4), ("some_carriers", 1, 3), ("every_carrier", 4, 0), ("suspected", 0, 2)}


def test_every_cell_of_a_named_village_is_written_and_the_unsurveyed_are_unknown(
    owner: psycopg.Connection[Any], made: Any
) -> None:
    survey_of_all_kinds(owner)
    made()
    for carrier in ("all", *FOUR):
        states = cells(owner, carrier)
        assert len(states) == 64
        assert states[:8] == states[16:24] == ["unknown"] * 8
    unsurveyed = owner.execute("SELECT count(*) FROM coverage_cell WHERE samples = 0 AND state <> 'unknown'").fetchone()
    assert unsurveyed == (0,)


def test_a_village_that_is_touched_is_written_whole(owner: psycopg.Connection[Any], made: Any) -> None:
    add_survey(owner, [Drive("docomo", 3, 8, 9, GOOD)], code="touches")
    made()
    found = owner.execute(
        "SELECT municipality_code, count(*) FROM coverage_cell WHERE level = 'quarter' AND carrier = 'all' GROUP BY 1"
    )
    assert found.fetchall() == [("13902", 64)]


def test_half_meshes_need_more_than_half(owner: psycopg.Connection[Any], made: Any) -> None:
    """Two quarters of four are 50 %: out; three are in; the northern quarters are smaller, and count the same."""
    drives = [Drive("docomo", 0, 0, 2, GOOD)]  # the southern two of one half mesh
    drives += [
        Drive("docomo", row, 2, 4 - row, GOOD, at=BEGUN + timedelta(hours=1 + row)) for row in (0, 1)
    ]  # three of the next
    add_survey(owner, drives, code="halves", municipalities=["13901"])
    made()
    halves = cells(owner, "docomo", "half")
    assert halves[:3] == ["uncertain", "covered", "unknown"]


def test_gaps_are_their_cells(owner: psycopg.Connection[Any], made: Any) -> None:
    survey_of_all_kinds(owner)
    made()
    found = {
        (kind, carrier): (count, round(people), missing)
        for kind, carrier, count, people, missing in owner.execute(
            "SELECT kind, carrier, cells, population, carriers_missing FROM coverage_gap"
        )
    }
    assert found[("none", "all")] == (2, 20, sorted(FOUR))
    assert found[("some", "all")] == (2, 20, sorted(set(FOUR) - {"kddi"}))
    assert found[("suspected", "all")] == (2, 20, sorted(FOUR[:2]))
    assert found[("carrier", "softbank")] == (4, 40, ["softbank"])
    apart = owner.execute(
        "SELECT max(abs(area_km2 - ST_Area(geom::geography) / 1e6) / area_km2), bool_and(ST_IsValid(geom)) FROM coverage_gap"
    ).fetchone()
    assert apart is not None and apart[0] < 1e-9 and apart[1]


def test_gap_ids_stay(owner: psycopg.Connection[Any], made: Any) -> None:
    survey_of_all_kinds(owner)
    made(AS_OF)
    before = owner.execute("SELECT gap_id FROM coverage_gap ORDER BY 1").fetchall()
    made(AS_OF + timedelta(days=1))
    after = owner.execute(
        "SELECT gap_id FROM coverage_gap JOIN coverage_build USING (build_id) WHERE is_latest ORDER BY 1"
    ).fetchall()
    assert before == after and len(set(after)) == len(after) > 5


def test_figures_of_a_municipality(owner: psycopg.Connection[Any], made: Any) -> None:
    survey_of_all_kinds(owner)
    made()
    row = owner.execute(
        "SELECT cells, area_km2, road_km, population FROM coverage_municipality WHERE municipality_code = '13901' AND carrier = 'all'"
    ).fetchone()
    assert row is not None
    counts, area, road, people = row
    assert counts == {"gap": 2, "covered": 4, "uncertain": 2, "unknown": 56}
    whole = owner.execute(
        "SELECT ST_Area(geom::geography) / 1e6 FROM municipality WHERE municipality_code = '13901'"
    ).fetchone()
    assert whole is not None and sum(area.values()) == pytest.approx(whole[0], rel=1e-6)
    assert sum(people.values()) == pytest.approx(640)
    assert people["unknown"] == pytest.approx(560)
    assert road["unknown"] == 0 < road["gap"] < road["covered"]


def test_a_private_survey_names_no_carrier(owner: psycopg.Connection[Any], made: Any) -> None:
    survey_of_all_kinds(owner, carriers_public=False)
    add_survey(owner, [Drive(c, 5, 8, 12, GOOD) for c in FOUR], code="open", municipalities=["13902"])
    made()
    public = owner.execute(
        "SELECT DISTINCT municipality_code, carrier <> 'all' FROM ogc.coverage_cells ORDER BY 1, 2"
    ).fetchall()
    assert public == [("13901", False), ("13902", False), ("13902", True)]
    gaps = owner.execute("SELECT DISTINCT kind, carriers_missing FROM ogc.coverage_gaps ORDER BY 1").fetchall()
    assert gaps == [("none", "docomo,kddi,rakuten,softbank"), ("some", None), ("suspected", None)]
    assert owner.execute("SELECT DISTINCT survey FROM ogc.survey_roads").fetchall() == [("open",)]
    named = owner.execute(
        "SELECT DISTINCT municipality_code FROM ogc.coverage_municipalities WHERE carrier <> 'all'"
    ).fetchall()
    assert named == [("13902",)]


def test_samples_never_mix_with_what_is_real(owner: psycopg.Connection[Any], made: Any) -> None:
    add_survey(owner, [Drive("docomo", 1, 0, 3, GOOD)], code="real")
    add_survey(owner, [Drive(f"sample-{x}", 1, 0, 3, BAD) for x in "abcd"], code="made", is_sample=True)
    made()
    found = owner.execute(
        "SELECT is_sample, state, array_agg(DISTINCT carrier ORDER BY carrier) FROM ogc.coverage_cells"
        " WHERE samples > 0 AND level = 'quarter' GROUP BY 1, 2 ORDER BY 1"
    ).fetchall()
    assert found == [
        (False, "covered", ["all", "docomo"]),
        (True, "gap", ["all", "sample-a", "sample-b", "sample-c", "sample-d"]),
    ]


def test_roads_are_cut_where_service_changes(owner: psycopg.Connection[Any], made: Any) -> None:
    drives = [
        Drive("docomo", 2, 0, 3, GOOD, "5g_nsa"),
        Drive("docomo", 2, 3, 4, None, "none", at=BEGUN + timedelta(seconds=120)),
        Drive("docomo", 2, 6, 8, GOOD, at=BEGUN + timedelta(seconds=160)),  # jumped two cells
        Drive("docomo", 2, 8, 9, GOOD, at=BEGUN + timedelta(seconds=400)),  # after a pause, in the next village
    ]
    add_survey(owner, drives, code="roads")
    made()
    rows = owner.execute(
        "SELECT technology, samples, round(length_m::numeric), municipality_code FROM ogc.survey_roads ORDER BY ST_XMin(geom)"
    ).fetchall()
    cell_m = 282.5
    assert [row[0] for row in rows] == ["5g_nsa", "none", "4g", "4g"]
    assert [row[1] for row in rows] == [120, 40, 80, 40]
    assert [row[3] for row in rows] == ["13901", "13901", "13901", "13902"]
    assert float(rows[0][2]) == pytest.approx(3 * cell_m, rel=0.01)  # up to the first place without service
    assert float(rows[1][2]) == pytest.approx(cell_m * 39 / 40, rel=0.01)


def test_history_is_kept_and_the_past_does_not_become_the_present(owner: psycopg.Connection[Any], made: Any) -> None:
    survey_of_all_kinds(owner)
    assert made(AS_OF)["is_latest"]
    earlier = made(date(2026, 5, 31))
    assert not earlier["is_latest"] and earlier["rows_read"] == 0
    assert cells(owner, row=1)[0] == "gap"
    days = owner.execute(
        "SELECT as_of, state FROM ogc.coverage_history WHERE carrier = 'all' AND level = 'quarter' GROUP BY 1, 2"
    )
    assert {day for day, state in days if state == "gap"} == {AS_OF}


def test_two_builds_at_once_leave_one(owner: psycopg.Connection[Any], made: Any) -> None:
    survey_of_all_kinds(owner)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            made()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert owner.execute("SELECT count(*), count(*) FILTER (WHERE is_latest) FROM coverage_build").fetchone() == (1, 1)
    assert len(cells(owner)) == 64


def test_a_build_that_fails_leaves_everything(
    owner: psycopg.Connection[Any], made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey_of_all_kinds(owner)
    made()
    before = owner.execute("SELECT build_id, is_latest FROM coverage_build").fetchall()

    def fail(*_: Any) -> int:
        raise RuntimeError("no gaps today")

    monkeypatch.setattr("app.coverage.build.write_gaps", fail)
    with pytest.raises(RuntimeError):
        made(AS_OF + timedelta(days=1))
    assert owner.execute("SELECT build_id, is_latest FROM coverage_build").fetchall() == before
    assert len(cells(owner)) == 64


def test_a_station_opened_near_by_makes_a_gap_doubtful(owner: psycopg.Connection[Any], made: Any) -> None:
    survey_of_all_kinds(owner)
    owner.execute(
        "INSERT INTO station (station_id, name, carrier, technology, status, on_air_on, geom, source_id, row_hash) VALUES"
        " ('BS-1', '局', 'NTTドコモ', '4g', 'on_air', '2026-06-15', ST_SetSRID(ST_MakePoint(139.003, 35.803), 4326), 'ground', 'x')"
    )
    made()
    assert cells(owner, "docomo", row=1)[:2] == ["uncertain"] * 2
    assert cells(owner, "kddi", row=1)[:2] == ["gap"] * 2
    assert cells(owner, row=1)[:2] == ["uncertain"] * 2


def run_command(settings: Settings, engine: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`coverage build` of the last day of June."""
    return subprocess.run(
        [sys.executable, "-m", "app", "coverage", "build", "--engine", engine, "--as-of", "2026-06-30", "--json"],
        capture_output=True, text=True, check=False,
        env={
            "PATH": "/usr/bin:/bin", "DATABASE_URL": str(settings.database_url), "SURVEY_FOLDER": str(settings.survey_folder),
            **environment,
        },
    )  # fmt: skip


NO_JAVA = pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs a Java runtime")


@pytest.mark.parametrize("engine", ["duckdb", "postgresql", pytest.param("spark", marks=NO_JAVA)])
def test_command(owner: psycopg.Connection[Any], settings: Settings, engine: str) -> None:
    if engine == "spark":
        pytest.importorskip("pyspark")
    survey_of_all_kinds(owner)
    done = run_command(settings, engine)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["engine"], said["rows_read"], said["quarter_gap"], said["quarter_unknown"]) == (engine, 1120, 2, 56)


@pytest.mark.parametrize("missing", ["pyspark", "java"])
def test_command_without_spark_says_what_to_install(
    owner: psycopg.Connection[Any], settings: Settings, tmp_path: Path, missing: str
) -> None:
    survey_of_all_kinds(owner)
    if missing == "pyspark":
        (tmp_path / "pyspark.py").write_text("raise ImportError('no pyspark')")
        done = run_command(settings, "spark", PYTHONPATH=str(tmp_path))
    else:
        pytest.importorskip("pyspark")
        done = run_command(settings, "spark", JAVA_HOME=str(tmp_path / "nothing"))
    assert done.returncode == 1
    assert "追加 spark と Java" in done.stderr and "install the extra [spark]" in done.stderr
    assert "Traceback" not in done.stderr
    assert owner.execute("SELECT count(*) FROM coverage_build").fetchone() == (0,)
