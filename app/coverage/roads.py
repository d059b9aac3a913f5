"""Driven roads: lines of what one phone had for service, cut where that changes.

A line ends where the serving technology or the municipality changes, or where the phone was silent for more than 10 s or
200 m away. The way to the next place belongs to what served before it, so that lengths add up. The municipality is the one
with most land in the quarter mesh of a place. A phone that stood leaves no line.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

SILENT_S = 10
JUMP_M = 200
M_PER_DEGREE = 111_195  # of latitude, on a sphere: only jumps are told by it, lengths are geodesic

WRITE = f"""
INSERT INTO survey_road (road_id, survey_id, municipality_code, carrier, technology, driven_on, samples, mean_dbm, length_m,
  is_sample, is_public, geom)
WITH placed AS (
  SELECT m.survey_id, m.carrier, coalesce(m.device, '') AS device, m.technology, m.at, m.file_id, m.row_number, m.lon, m.lat,
    CASE WHEN m.technology = '5g_sa' THEN coalesce(m.nr_rsrp_dbm, m.rsrp_dbm) ELSE m.rsrp_dbm END AS signal_dbm,
    m.is_sample, m.carriers_public, c.municipality_code
  FROM measurement_in_force m LEFT JOIN built_cell c ON c.is_sample = m.is_sample
    AND c.cell = floor(m.lat * 480 + 1e-9)::bigint * 100000 + floor((m.lon - 100) * 320 + 1e-9)::bigint
  WHERE m.survey_id = ANY(:surveys) AND m.at < :until AND coalesce(m.accuracy_m <= :max_accuracy_m, true)
), stepped AS (
  SELECT *, lead(lon) OVER phone AS next_lon, lead(lat) OVER phone AS next_lat, lead(at) OVER phone AS next_at,
    lag(technology) OVER phone IS DISTINCT FROM technology
      OR lag(municipality_code) OVER phone IS DISTINCT FROM municipality_code AS is_changed
  FROM placed WINDOW phone AS (PARTITION BY survey_id, device, carrier ORDER BY at, file_id, row_number)
), judged AS (
  SELECT *, coalesce(next_at - at <= interval '{SILENT_S} seconds' AND {M_PER_DEGREE} * sqrt(
    (next_lat - lat) ^ 2 + ((next_lon - lon) * cos(radians(lat))) ^ 2) <= {JUMP_M}, false) AS goes_on
  FROM stepped
), begun AS (
  SELECT *, CASE WHEN is_changed OR NOT coalesce(lag(goes_on) OVER phone, false) THEN 1 ELSE 0 END AS begins
  FROM judged WINDOW phone AS (PARTITION BY survey_id, device, carrier ORDER BY at, file_id, row_number)
), numbered AS (
  SELECT *, sum(begins) OVER (PARTITION BY survey_id, device, carrier ORDER BY at, file_id, row_number) AS run FROM begun
), lined AS MATERIALIZED (
  SELECT survey_id, device, carrier, run, min(municipality_code) AS municipality_code, min(technology) AS technology,
    (min(at) AT TIME ZONE 'Asia/Tokyo')::date AS driven_on, count(*) AS samples, avg(signal_dbm) AS mean_dbm,
    bool_and(is_sample) AS is_sample, bool_and(carriers_public) AS is_public, min(at) AS began_at,
    ST_RemoveRepeatedPoints(ST_SetSRID(ST_MakeLine(array_agg(ST_MakePoint(lon, lat) ORDER BY at, file_id, row_number)
      || CASE WHEN (array_agg(goes_on ORDER BY at DESC, file_id DESC, row_number DESC))[1]
        THEN ST_MakePoint((array_agg(next_lon ORDER BY at DESC, file_id DESC, row_number DESC))[1],
          (array_agg(next_lat ORDER BY at DESC, file_id DESC, row_number DESC))[1]) END), 4326)) AS geom
  FROM numbered GROUP BY survey_id, device, carrier, run
)
SELECT md5(concat_ws('|', survey_id, device, carrier, began_at, run)), survey_id, municipality_code, carrier, technology,
  driven_on, samples, mean_dbm, ST_Length(geom::geography), is_sample, is_public, geom
FROM lined WHERE ST_NumPoints(geom) > 1 AND ST_Length(geom::geography) > 0
"""


def write_roads(session: Session, surveys: Sequence[UUID], until: object, max_accuracy_m: float) -> int:
    """Lines of the surveys anew, in place of every line there was; how many."""
    session.execute(text("DELETE FROM survey_road"))
    bound = {"surveys": list(surveys), "until": until, "max_accuracy_m": max_accuracy_m}
    # Measurements are filled by COPY and seldom analysed: taken for few, they would be held against every cell one by one.
    session.execute(text("SET LOCAL enable_nestloop = off"))
    session.execute(text(WRITE), bound)
    session.execute(text("SET LOCAL enable_nestloop = on"))
    return int(session.execute(text("SELECT count(*) FROM survey_road")).scalar_one())
