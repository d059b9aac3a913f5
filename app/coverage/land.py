"""The quarter meshes a build writes: every one with land of a municipality that a survey names or touches.

Steps of a build, each a statement over temporary tables that end with its transaction. A cell's id is row × 100,000 +
column of the quarter mesh, as in `app.coverage.segments`.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

LEAST_LAND_KM2 = 1e-6  # one square metre: less is the rounding of a border


def cell_box(cell: str) -> str:
    """SQL of the polygon of the quarter mesh whose id the SQL `cell` says."""
    row, col = f"({cell}) / 100000", f"({cell}) % 100000"
    return f"ST_MakeEnvelope(100 + ({col}) / 320.0, ({row}) / 480.0, 100 + (({col}) + 1) / 320.0, (({row}) + 1) / 480.0, 4326)"


# Named by a survey, or main land of a measured cell's middle; public where every survey there names carriers.
WANTED = f"""
CREATE TEMP TABLE built_wanted ON COMMIT DROP AS
WITH named AS (
  SELECT is_sample, unnest(municipality_codes) AS municipality_code, carriers_public AS is_public
  FROM survey WHERE survey_id = ANY(:surveys)
), measured AS (
  SELECT is_sample, ST_Centroid({cell_box("cell")}) AS middle, bool_and(is_public) AS is_public
  FROM built_state WHERE samples > 0 GROUP BY is_sample, cell
), touched AS (
  SELECT c.is_sample, m.municipality_code, c.is_public
  FROM measured c JOIN municipality m ON ST_Intersects(m.geom, c.middle)
)
SELECT is_sample, municipality_code, bool_and(is_public) AS is_public
FROM (SELECT * FROM named UNION ALL SELECT * FROM touched) found GROUP BY 1, 2
"""
# Neighbours too: a cell on a border belongs to who has most land in it.
PARTS = """
CREATE TEMP TABLE built_part ON COMMIT DROP AS
SELECT m.municipality_code, ST_Subdivide(m.geom, 128) AS geom FROM municipality m
WHERE EXISTS (SELECT FROM built_wanted w JOIN municipality n USING (municipality_code) WHERE ST_DWithin(n.geom, m.geom, 0.01))
"""
# Land is counted in the plane of degrees and scaled by the area of a cell of that row: off by 1e-5 at most, and much faster
# than on the ellipsoid.
ROWS = f"""
CREATE TEMP TABLE built_band ON COMMIT DROP AS
SELECT row, ST_Area({cell_box("row * 100000")}::geography) / 1e6 AS area_km2
FROM (
  SELECT DISTINCT generate_series(floor(ST_YMin(geom) * 480)::bigint, floor(ST_YMax(geom) * 480)::bigint) AS row FROM built_part
  UNION SELECT cell / 100000 FROM built_state
) rows
"""
PIECES = f"""
CREATE TEMP TABLE built_piece ON COMMIT DROP AS
SELECT p.municipality_code, b.row * 100000 + c AS cell,
  sum(ST_Area(ST_ClipByBox2D(p.geom, {cell_box("b.row * 100000 + c")}::box2d))) * {480 * 320} * b.area_km2 AS land_km2
FROM built_part p
  JOIN built_band b ON b.row BETWEEN floor(ST_YMin(p.geom) * 480) AND floor(ST_YMax(p.geom) * 480),
  generate_series(floor((ST_XMin(p.geom) - 100) * 320)::int, floor((ST_XMax(p.geom) - 100) * 320)::int) c
GROUP BY p.municipality_code, b.row, c, b.area_km2
HAVING sum(ST_Area(ST_ClipByBox2D(p.geom, {cell_box("b.row * 100000 + c")}::box2d))) * {480 * 320} * b.area_km2 > {LEAST_LAND_KM2}
"""
HALF = "(cell / 100000 / 2 * 100000 + cell % 100000 / 2)"
# The population of a half mesh, shared equally among those of its quarter meshes that have land.
CELLS = f"""
CREATE TEMP TABLE built_cell ON COMMIT DROP AS
WITH land AS (
  SELECT cell, sum(land_km2) AS land_km2,
    (array_agg(municipality_code ORDER BY land_km2 DESC, municipality_code))[1] AS municipality_code
  FROM built_piece GROUP BY cell
), shared AS (
  SELECT {HALF} AS half, count(*) AS quarters FROM land GROUP BY 1
), kept AS (
  SELECT DISTINCT w.is_sample, p.cell FROM built_wanted w JOIN built_piece p USING (municipality_code)
  UNION SELECT is_sample, cell FROM built_state
), placed AS (
  SELECT *, jis_mesh(ST_Centroid(geom), 250) AS mesh_code
  FROM (SELECT is_sample, cell, {cell_box("cell")} AS geom, area_km2 FROM kept JOIN built_band b ON b.row = cell / 100000) boxed
)
SELECT p.is_sample, p.cell, {HALF.replace("cell", "p.cell")} AS half, p.mesh_code, p.geom, p.area_km2, l.municipality_code,
  coalesce(round(least(l.land_km2 / p.area_km2, 1)::numeric, 6)::float8, 1) AS land_share,
  CASE WHEN :has_population THEN coalesce(m.population / s.quarters, 0) END AS population,
  coalesce(w.is_public, false) AS is_public
FROM placed p
  LEFT JOIN land l USING (cell)
  LEFT JOIN shared s ON s.half = {HALF.replace("cell", "p.cell")} AND l.cell IS NOT NULL
  LEFT JOIN ogc.population_mesh m ON m.mesh_half = left(p.mesh_code, 9)
  LEFT JOIN built_wanted w ON w.is_sample = p.is_sample AND w.municipality_code = l.municipality_code
"""


def lay_cells(session: Session, surveys: Sequence[UUID]) -> None:
    """`built_wanted`, `built_piece` (land of a municipality in a cell, km²) and `built_cell` from `built_state`."""
    session.execute(text(WANTED), {"surveys": list(surveys)})
    for step in (PARTS, ROWS, PIECES):
        session.execute(text(step))
    has_population = session.execute(text("SELECT EXISTS (SELECT FROM ogc.population_mesh)")).scalar_one()
    session.execute(text(CELLS), {"has_population": has_population})
    for index in ("built_cell (is_sample, cell)", "built_piece (cell)"):
        session.execute(text(f"CREATE INDEX ON {index}"))
    for table in ("built_cell", "built_piece", "built_state"):
        session.execute(text(f"ANALYZE {table}"))
