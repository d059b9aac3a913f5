"""Rows of sample coverage as a build would write them: two builds of cells round 奥多摩, a gap, roads, a report."""

import math
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from app.mesh import mesh_bounds, mesh_code

CARRIERS = ("sample-a", "sample-b", "sample-c", "sample-d")
PROFILE = "tmg-4g-outdoor-1"
WEST, SOUTH, COLUMNS, ROWS = 139.05, 35.79, 24, 14  # quarter meshes round 奥多摩駅
TOWN = "13308"
DAYS = (date(2026, 3, 31), date(2026, 9, 30))
REASONS = {"covered": "bound_above", "gap": "bound_below", "uncertain": "between_bounds", "unknown": "few_samples"}
SURVEY = "00000000-0000-4000-8000-000000000001"


def add_coverage(connection: psycopg.Connection[Any]) -> None:
    """Insert everything, committed by the caller."""
    connection.execute(
        "INSERT INTO survey (survey_id, code, title, municipality_codes, began_on, ended_on, method, state, is_sample,"
        " carriers_public, published_at) VALUES (%s, 'sample-okutama', '奥多摩 走行調査（サンプル）', '{13308}',"
        " '2026-03-01', '2026-09-30', 'drive', 'published', true, true, now()) ON CONFLICT DO NOTHING",
        [SURVEY],
    )
    for number, day in enumerate(DAYS):
        build = connection.execute(
            "INSERT INTO coverage_build (profile_id, profile, as_of, engine, rows_read, seconds, surveys, is_latest)"
            " VALUES (%s, %s, %s, 'duckdb', 1000, 1.0, ARRAY[%s::uuid], %s) RETURNING build_id",
            [PROFILE, Jsonb({}), day, SURVEY, number == 1],
        ).fetchone()
        assert build
        rows = [
            row for level, size in (("quarter", 250), ("half", 500)) for row in _cells(build[0], number, level, size)
        ]
        with connection.cursor() as cursor:
            cursor.executemany(_CELL, rows)
        _add_products(connection, build[0])
    connection.execute(_ROADS, [SURVEY])
    connection.execute(_REPORT)


_CELL = """
INSERT INTO coverage_cell (build_id, cell_id, level, mesh_code, municipality_code, carrier, technology, state, grade, reason,
  carriers_covered, carriers_gap, samples, segments, passes, days, mean_dbm, sd_db, lower_dbm, upper_dbm, no_service_share,
  observed_share, road_m, newest_on, oldest_on, must_resurvey, histogram, is_sample, is_public, geom)
VALUES (%s, %s, %s, %s, '13308', %s, '4g', %s, %s, %s, %s, %s, %s, %s, 2, 2, %s, 4.2, %s, %s, 0.02, 0.12, %s,
  '2026-03-20', '2026-03-02', false, %s, true, true, ST_MakeEnvelope(%s, %s, %s, %s, 4326))
"""


def _cells(build: Any, number: int, level: str, size_m: int) -> list[list[Any]]:
    step = 250 / size_m
    rows = []
    for x in range(int(COLUMNS * step)):
        for y in range(int(ROWS * step)):
            lon, lat = WEST + (x / step + 0.5) / 320, SOUTH + (y / step + 0.5) / 480
            code = mesh_code(lon, lat, size_m)
            for index, carrier in enumerate(("all", *CARRIERS)):
                # The valley has signal; it fades to both sides, and more so for each further carrier.
                mean = -92 - 7 * abs(lat - 35.803 - 0.004 * math.sin(90 * lon)) * 480 - 2 * index + 4 * number
                mean = max(round(mean + (x * 37 + y * 11) % 7, 1), -138)
                state, grade = _judged(mean)
                rows.append([
                    build, f"{code}-{carrier}-4g-s", level, code, carrier, state, grade, REASONS[state], 4 if state == "covered" else 1,
                    4 if state == "gap" else 0, 20 + (x * y) % 50, 9, mean, mean - 9, mean + 9, 240.0, [3, 2, 2, 2], *mesh_bounds(code),
                ])  # fmt: skip
    return rows


def _judged(mean_dbm: float) -> tuple[str, str]:
    if (round(mean_dbm * 10)) % 13 == 0:
        return "unknown", "usable"
    grade = "none" if mean_dbm < -120 else "weak" if mean_dbm < -110 else "usable" if mean_dbm < -100 else "good"
    if mean_dbm - 9 >= -110:
        return "covered", grade
    return ("gap" if mean_dbm + 9 < -110 else "uncertain"), grade


def _add_products(connection: psycopg.Connection[Any], build: Any) -> None:
    connection.execute(
        "INSERT INTO coverage_gap SELECT %s, 'gap-1', 'none', 'all', '4g', '{}', '{13308}', count(*), sum(samples),"
        " sum(segments), 2, 1.5, 0.1, 2.4, 12, max(newest_on), min(oldest_on), true, true, ST_Multi(ST_Union(geom))"
        " FROM coverage_cell WHERE build_id = %s AND carrier = 'all' AND level = 'quarter' AND state = 'gap' AND grade = 'none'",
        [build, build],
    )
    connection.execute(
        "INSERT INTO coverage_municipality SELECT build_id, '13308', carrier, '4g', true, true,"
        " jsonb_object_agg(state, n), jsonb_object_agg(state, n * 0.065), jsonb_object_agg(state, km),"
        " jsonb_object_agg(state, n * 3.1) FROM (SELECT build_id, carrier, state, count(*) AS n, sum(road_m) / 1000 AS km"
        " FROM coverage_cell WHERE build_id = %s AND level = 'quarter' GROUP BY 1, 2, 3) s GROUP BY 1, carrier",
        [build],
    )


_ROADS = """
INSERT INTO survey_road SELECT 'r' || carrier || n, %s::uuid, '13308', 'sample-' || carrier, technology,
  '2026-03-20', 12, CASE WHEN technology = 'none' THEN NULL ELSE -98 - n END, 400, true, true,
  ST_MakeLine(ST_Point(139.05 + n * 0.006, 35.8031, 4326), ST_Point(139.056 + n * 0.006, 35.804, 4326))
FROM unnest(ARRAY['a', 'b', 'c', 'd']) carrier, generate_series(0, 11) n,
  LATERAL (SELECT CASE WHEN n > 10 THEN 'none' WHEN n = 10 THEN '3g' WHEN n < 2 THEN '5g_nsa' ELSE '4g' END AS technology) t
"""
_REPORT = """
INSERT INTO resident_report (experienced_on, part_of_day, carrier, trouble, place, municipality_code, is_sample, geom)
VALUES ('2026-09-12', 'evening', NULL, 'no_service', 'vehicle', '13308', true, ST_Point(139.07, 35.81, 4326))
"""


def add_log(connection: psycopg.Connection[Any]) -> None:
    """A log of the survey, examined, with values refused and mended; the survey is of the planner's organisation."""
    connection.execute(
        "UPDATE survey SET organisation_id = (SELECT organisation_id FROM organisation WHERE name LIKE %s LIMIT 1)",
        ["%デジタルサービス局%"],
    )
    finding = {"field": "rsrp_dbm", "count": 44, "ja": "RSRPが範囲の外です", "en": "RSRP lies outside its range"}
    spelling = {"field": "carrier", "count": 60, "ja": "事業者名を読み替えました", "en": "Carriers' names were read"}
    report = {
        "recipe": "gnettrack-pro", "headings": ["Timestamp", "Operatorname", "RSRP"], "rows": 104, "taken": 100,
        "columns": {"Timestamp": "at", "Operatorname": "carrier", "RSRP": "rsrp_dbm"}, "carriers": {"sample-a": 100},
        "technologies": {"4g": 90, "none": 10}, "period": ["2026-03-02T01:00:00Z", "2026-03-02T02:00:00Z"],
        "bbox": [139.05, 35.79, 139.12, 35.82],
        "findings": [
            {**finding, "rule": "out-of-range", "level": "refused-value", "examples": [{"row": 12, "value": "-200", "now": None}]},
            {**spelling, "rule": "spelling", "level": "mended", "examples": [{"row": 2, "value": "sample A", "now": "sample-a"}]},
        ],
        "preview": [
            {"row_number": 2, "at": "2026-03-02T01:00:00Z", "carrier": "sample-a", "technology": "none", "rsrp_dbm": None},
            {"row_number": 3, "at": "2026-03-02T01:00:01Z", "carrier": "sample-a", "technology": "4g", "rsrp_dbm": -101.0},
        ],
    }  # fmt: skip
    connection.execute(
        "INSERT INTO survey_file (survey_id, file_name, file_sha256, file_bytes, state, report, rows_taken)"
        " VALUES (%s, 'okutama.csv', 'x', 123456, 'examined', %s, 100)",
        [SURVEY, Jsonb(report)],
    )


def add_two_drives(connection: psycopg.Connection[Any]) -> None:
    """Two surveys with measurements along the same road, the second where a station began to serve it and goes on."""
    for number, day in enumerate(DAYS):
        survey, file = UUID(int=2 + 2 * number), UUID(int=3 + 2 * number)
        connection.execute("SELECT set_config('app.duty', 'worker', true)")
        connection.execute(
            "INSERT INTO survey (survey_id, code, title, municipality_codes, began_on, ended_on, method, state, is_sample,"
            " carriers_public, published_at) VALUES (%s, %s, %s, '{13308}', %s, %s, 'drive', 'published', true, true, now())",
            [survey, f"sample-drive-{number + 1}", f"奥多摩 くらべる調査 {number + 1}（サンプル）", day, day],
        )
        connection.execute(
            "INSERT INTO survey_file (file_id, survey_id, file_name, file_sha256, file_bytes, state, rows_taken)"
            " VALUES (%s, %s, 'drive.csv', %s, 1, 'loaded', 1)",
            [file, survey, file.hex],
        )
        connection.execute("SELECT measurement_partition(%s)", [survey])
        connection.execute(
            _DRIVE, {"survey": survey, "file": file, "day": day, "columns": 4 + 2 * number, "later": number}
        )


# Forty points to a cell: the first cells always served, the next two only later.
_DRIVE = """
INSERT INTO measurement (survey_id, file_id, row_number, at, lon, lat, carrier, device, technology, rsrp_dbm)
SELECT %(survey)s, %(file)s, row_number() OVER (), %(day)s::date + make_interval(secs => n), 139.05 + (n + 0.5) / 40 / 320,
  35.79 + 2.5 / 480, carrier, 'phone', '4g', CASE WHEN n >= 80 AND n < 160 AND %(later)s = 0 THEN -132 ELSE -84 END
FROM generate_series(0, %(columns)s * 40 - 1) n, unnest(ARRAY['sample-a', 'sample-b', 'sample-c', 'sample-d']) carrier
"""


def add_claims(connection: psycopg.Connection[Any]) -> None:
    """A public claim of one carrier over the west of the cells, and a private one of another; needs the demo people."""
    for carrier, is_public in (("sample-a", True), ("sample-b", False)):
        connection.execute(
            "INSERT INTO claimed_area (organisation_id, carrier, technology, title, as_of, is_public, is_sample, geom)"
            " SELECT organisation_id, %s, '4g', 'サンプル 4Gエリア', '2026-09-01', %s, true,"
            " ST_Multi(ST_MakeEnvelope(139.0, 35.7, 139.09, 35.9, 4326)) FROM organisation LIMIT 1",
            [carrier, is_public],
        )
