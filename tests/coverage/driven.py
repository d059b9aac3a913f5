"""Surveys driven along straight roads, put into a database as the worker would."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

GROUND = """
INSERT INTO data_source (source_id, title_ja, title_en, publisher, licence, credit)
VALUES ('ground', '境界', 'Ground', 'test', 'CC0', 'test') ON CONFLICT DO NOTHING;
INSERT INTO municipality (municipality_code, localgov_code, prefecture, name, name_kana, name_en, region, geom, source_id)
SELECT code, code || '0', '東京都', name, name, name, 'tama', ST_Multi(ST_MakeEnvelope(w, 35.8, w + 0.025, 35.8 + 1 / 60.0, 4326)),
  'ground' FROM (VALUES ('13901', '西村', 139.0), ('13902', '東村', 139.025)) v (code, name, w);
INSERT INTO population_mesh (mesh_half, population, census_year, geom, source_id)
SELECT jis_mesh(ST_Centroid(cell), 500), 40, 2020, cell, 'ground'
FROM generate_series(0, 7) x, generate_series(0, 3) y,
  LATERAL (SELECT ST_MakeEnvelope(139 + x / 160.0, 35.8 + y / 240.0, 139 + (x + 1) / 160.0, 35.8 + (y + 1) / 240.0, 4326)
    AS cell) placed
"""
WEST, SOUTH, CELL_LON, CELL_LAT = 139.0, 35.8, 1 / 320, 1 / 480
BEGUN = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
DEVICE = "phone"


@dataclass(frozen=True)
class Drive:
    """A phone's way east through cells of one row, from column `first` to before `last`; `rsrp_dbm` None: no service."""

    carrier: str
    row: int
    first: int
    last: int
    rsrp_dbm: float | None
    technology: str = "4g"
    at: datetime = BEGUN
    points_per_cell: int = 40

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Moment, place and what was reported, a second apart."""
        many = (self.last - self.first) * self.points_per_cell
        for n in range(many):
            lon = WEST + (self.first + (n + 0.5) / self.points_per_cell) * CELL_LON
            yield self.at + timedelta(seconds=n), lon, SOUTH + (self.row + 0.5) * CELL_LAT


def lay_ground(owner: psycopg.Connection[Any]) -> None:
    """Two villages side by side of 8 by 8 quarter meshes each, from 139.0 °E 35.8 °N; 10 people to a quarter mesh."""
    owner.execute(GROUND)


def add_survey(
    owner: psycopg.Connection[Any], drives: Iterable[Drive], *, code: str, carriers_public: bool = True, is_sample: bool = False,
    municipalities: Iterable[str] = (), on: date = date(2026, 6, 1),
) -> UUID:  # fmt: skip
    """A published survey with its drives as one loaded log."""
    survey, file = uuid4(), uuid4()
    with owner.transaction():
        owner.execute("SELECT set_config('app.duty', 'worker', true)")
        owner.execute(
            "INSERT INTO survey (survey_id, code, title, municipality_codes, began_on, ended_on, method, carriers_public, state,"
            " is_sample, published_at) VALUES (%s, %s, %s, %s, %s, %s, 'drive', %s, 'published', %s, now())",
            (survey, code, code, list(municipalities), on, on, carriers_public, is_sample),
        )
        owner.execute(
            "INSERT INTO survey_file (file_id, survey_id, file_name, file_sha256, file_bytes, state)"
            " VALUES (%s, %s, 'log.csv', %s, 1, 'loaded')",
            (file, survey, file.hex * 2),
        )
        owner.execute("SELECT measurement_partition(%s)", (survey,))
        _copy(owner, survey, file, drives)
    return survey


def _copy(owner: psycopg.Connection[Any], survey: UUID, file: UUID, drives: Iterable[Drive]) -> None:
    columns = "survey_id, file_id, row_number, at, lon, lat, carrier, device, technology, rsrp_dbm"
    n = 0
    with owner.cursor().copy(f"COPY measurement ({columns}) FROM STDIN") as copy:
        for drive in drives:
            for at, lon, lat in drive.rows():
                n += 1
                copy.write_row((survey, file, n, at, lon, lat, drive.carrier, DEVICE, drive.technology, drive.rsrp_dbm))
