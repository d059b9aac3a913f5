"""Quarter meshes rolled up: to half meshes (500 m) and to municipalities.

A half mesh is covered, or a gap, where strictly more than the profile's share of its land is; a quarter mesh counts by the
share of it that is land, so that four whole ones weigh the same although the northern are a little smaller.
Source: 平成26年総務省告示第347号 (2分の1地域メッシュ, 50 %).
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.coverage.models import STATES

# Rounded decimals: sums of binary fractions could lie a hair above a half.
_SHARES = ", ".join(
    f"round(coalesce(sum(c.land_share) FILTER (WHERE r.state = '{state}'), 0)::numeric, 5) AS {state}"
    for state in STATES
)
HALF_BOX = (
    "ST_MakeEnvelope(100 + (half % 100000) / 160.0, (half / 100000) / 240.0, 100 + (half % 100000 + 1) / 160.0,"
    " (half / 100000 + 1) / 240.0, 4326)"
)
WRITE_QUARTERS = """
INSERT INTO coverage_cell (build_id, cell_id, level, mesh_code, municipality_code, carrier, technology, state, grade, reason,
  carriers_covered, carriers_gap, samples, segments, passes, days, mean_dbm, sd_db, lower_dbm, upper_dbm, no_service_share,
  observed_share, road_m, newest_on, oldest_on, must_resurvey, histogram, is_sample, is_public, geom)
SELECT :build_id, c.mesh_code || '-' || r.carrier || '-' || :profile || CASE WHEN r.is_sample THEN '-sample' ELSE '' END,
  'quarter', c.mesh_code, c.municipality_code, r.carrier, :technology, r.state, r.grade, r.reason, r.carriers_covered,
  r.carriers_gap, r.samples, r.segments, r.passes, r.days, r.mean_dbm, r.sd_db, r.lower_dbm, r.upper_dbm,
  r.no_service_share, r.observed_share, r.road_m, r.newest_on, r.oldest_on, r.must_resurvey, r.histogram, r.is_sample,
  r.is_public, c.geom
FROM built_row r JOIN built_cell c USING (is_sample, cell)
ORDER BY r.carrier, c.mesh_code
"""
WRITE_HALVES = f"""
WITH rolled AS (
  SELECT r.is_sample, c.half, r.carrier, {_SHARES},
    round(sum(c.land_share)::numeric, 5) AS land, sum(r.samples) AS samples, sum(r.segments) AS segments,
    max(r.passes) AS passes, max(r.days) AS days,
    sum(r.observed_share * c.land_share) / sum(c.land_share) AS observed_share, sum(r.road_m) AS road_m,
    max(r.newest_on) AS newest_on, min(r.oldest_on) AS oldest_on, bool_or(r.must_resurvey) AS must_resurvey,
    bool_and(r.is_public) AS is_public, min(left(c.mesh_code, 9)) AS mesh_code,
    (array_agg(c.municipality_code ORDER BY c.land_share DESC, c.municipality_code))[1] AS municipality_code
  FROM built_row r JOIN built_cell c USING (is_sample, cell) GROUP BY r.is_sample, c.half, r.carrier
)
INSERT INTO coverage_cell (build_id, cell_id, level, mesh_code, municipality_code, carrier, technology, state, reason,
  samples, segments, passes, days, observed_share, road_m, newest_on, oldest_on, must_resurvey, is_sample, is_public, geom)
SELECT :build_id, mesh_code || '-' || carrier || '-' || :profile || CASE WHEN is_sample THEN '-sample' ELSE '' END,
  'half', mesh_code, municipality_code, carrier, :technology,
  CASE WHEN covered > CAST(:share AS numeric) * land THEN 'covered' WHEN gap > CAST(:share AS numeric) * land THEN 'gap'
    WHEN unknown > CAST(:share AS numeric) * land OR samples = 0 THEN 'unknown' ELSE 'uncertain' END,
  'half_mesh', samples, segments, passes, days, observed_share, road_m, newest_on, oldest_on, must_resurvey, is_sample,
  is_public, {HALF_BOX}
FROM rolled ORDER BY carrier, mesh_code
"""
# Area and population of a cell on a border are shared out by land; its road belongs to who has most of the land.
WRITE_MUNICIPALITIES = """
WITH piece AS (
  SELECT r.is_sample, r.carrier, p.municipality_code, r.state, r.is_public, p.land_km2,
    CASE WHEN c.municipality_code = p.municipality_code THEN 1 ELSE 0 END AS is_main, r.road_m,
    c.population * p.land_km2 / sum(p.land_km2) OVER (PARTITION BY r.is_sample, r.carrier, r.cell) AS population
  FROM built_row r JOIN built_cell c USING (is_sample, cell) JOIN built_piece p USING (cell)
), summed AS (
  SELECT is_sample, carrier, municipality_code, state, bool_and(is_public) AS is_public, sum(is_main) AS cells,
    sum(land_km2) AS area_km2, sum(road_m * is_main) / 1000 AS road_km, sum(population) AS population
  FROM piece GROUP BY is_sample, carrier, municipality_code, state
)
INSERT INTO coverage_municipality (build_id, municipality_code, carrier, technology, is_sample, is_public, cells, area_km2,
  road_km, population)
SELECT :build_id, s.municipality_code, s.carrier, :technology, s.is_sample, bool_and(s.is_public),
  jsonb_object_agg(s.state, s.cells), jsonb_object_agg(s.state, s.area_km2), jsonb_object_agg(s.state, s.road_km),
  coalesce(jsonb_object_agg(s.state, s.population) FILTER (WHERE s.population IS NOT NULL), '{}')
FROM summed s JOIN built_wanted w USING (is_sample, municipality_code)
GROUP BY s.municipality_code, s.carrier, s.is_sample
"""


def write_cells(session: Session, bound: dict[str, object], share: float) -> None:
    """Quarter meshes, half meshes and municipalities of a build; `bound`: build_id, profile, technology."""
    session.execute(text(WRITE_QUARTERS), bound)
    session.execute(text(WRITE_HALVES), {**bound, "share": share})
    session.execute(text(WRITE_MUNICIPALITIES), bound)
