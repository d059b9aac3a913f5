"""Driven roads of surveys, written: see `app.coverage.driven_lines` for what a line is.

Lines hang on a survey and on boundaries, on no profile and no day: they are made once, and again when either changes.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import shapely
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.config import Settings
from app.coverage.driven_lines import Lines, Towns, lines_of
from app.coverage.profiles import DEFAULT_PROFILE, get_profile
from app.surveys.parquet import content_of, survey_parquet

MADE_BY = 1  # to be raised when lines are made otherwise, so that they are made anew
_EPOCH, _EPOCH_DAY = datetime(1970, 1, 1, tzinfo=UTC), date(1970, 1, 1)
_COLUMNS = (
    "road_id, survey_id, municipality_code, carrier, technology, driven_on, samples, mean_dbm, length_m, is_sample, is_public,"
    " made_of, geom"
)
# COPY does not go through row-level security: into a table of the transaction's own first.
MADE = f"CREATE TEMP TABLE built_road ON COMMIT DROP AS SELECT {_COLUMNS} FROM survey_road LIMIT 0"
WRITE = f"INSERT INTO survey_road ({_COLUMNS}) SELECT {_COLUMNS} FROM built_road"
BOUNDARIES = """
SELECT md5(string_agg(concat_ws('|', municipality_code, md5(ST_AsBinary(geom))), ',' ORDER BY municipality_code))
FROM municipality
"""
TOWNS = "SELECT cell, municipality_code FROM built_cell WHERE is_sample = :is_sample AND municipality_code IS NOT NULL ORDER BY cell"


def write_roads(session: Session, settings: Settings, surveys: Sequence[Row[Any]]) -> int:
    """Lines of the surveys (survey_id, is_sample, carriers_public), in place of every line there was; how many.

    Lines of unchanged surveys are left as they are. `built_cell` says whose land a place is.
    """
    boundaries = session.execute(text(BOUNDARIES)).scalar_one()
    wanted = {survey.survey_id: _made_of(session, survey, boundaries) for survey in surveys}
    found = session.execute(text("SELECT DISTINCT survey_id, made_of FROM survey_road")).all()
    kept = {row.survey_id for row in found if wanted.get(row.survey_id) == row.made_of}
    new = [survey for survey in surveys if survey.survey_id not in kept]
    session.execute(text("DELETE FROM survey_road WHERE survey_id <> ALL(:kept)"), {"kept": list(kept)})
    if new:
        session.execute(text(MADE))
        _copy(session, settings, new, wanted)
        session.execute(text(WRITE))
    return int(session.execute(text("SELECT count(*) FROM survey_road")).scalar_one())


def _made_of(session: Session, survey: Row[Any], boundaries: str | None) -> str:
    """What the lines of a survey hang on, as a hash."""
    said = (MADE_BY, content_of(session, survey.survey_id), survey.is_sample, survey.carriers_public, boundaries)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def _copy(session: Session, settings: Settings, surveys: Sequence[Row[Any]], made_of: dict[UUID, str]) -> None:
    """Lines of the surveys into `built_road`, one survey in memory at a time."""
    driver: psycopg.Connection[Any] = session.connection().connection.driver_connection  # type: ignore[assignment]
    towns = {is_sample: _towns(session, is_sample) for is_sample in {survey.is_sample for survey in surveys}}
    max_accuracy_m = get_profile(DEFAULT_PROFILE).max_accuracy_m
    for survey in surveys:
        file, here = survey_parquet(settings, session, survey.survey_id), towns[survey.is_sample]
        lines = lines_of(file, here, max_accuracy_m)
        with driver.cursor().copy(f"COPY built_road ({_COLUMNS}) FROM STDIN") as copy:
            for row in _rows(survey, lines, here.codes, made_of[survey.survey_id]):
                copy.write_row(row)


def _towns(session: Session, is_sample: bool) -> Towns:
    rows = session.execute(text(TOWNS), {"is_sample": is_sample}).all()
    codes, town = np.unique([row.municipality_code for row in rows], return_inverse=True)
    return Towns(np.array([row.cell for row in rows], dtype=np.int64), town.astype(np.int64), codes.tolist())


def _rows(survey: Row[Any], lines: Lines, towns: Sequence[str], made_of: str) -> Iterator[tuple[Any, ...]]:
    """Rows of `built_road`."""
    columns = (
        lines.device, lines.carrier, lines.technology, lines.town.tolist(), lines.began_us.tolist(), lines.day.tolist(),
        lines.samples.tolist(), lines.mean_dbm.tolist(), lines.length_m.tolist(),
        shapely.to_wkb(lines.geom, hex=True, include_srid=True).tolist(),
    )  # fmt: skip
    for n, (device, carrier, technology, town, began_us, day, samples, mean_dbm, length_m, geom) in enumerate(
        zip(*columns, strict=True)
    ):
        began_at = (_EPOCH + timedelta(microseconds=began_us)).isoformat()
        said = "|".join((str(survey.survey_id), device, carrier, began_at, str(n)))
        yield (
            hashlib.md5(said.encode(), usedforsecurity=False).hexdigest(), survey.survey_id,
            towns[town] if town >= 0 else None, carrier, technology, _EPOCH_DAY + timedelta(days=day), samples,
            mean_dbm if math.isfinite(mean_dbm) else None, length_m, survey.is_sample, survey.carriers_public, made_of, geom,
        )  # fmt: skip
