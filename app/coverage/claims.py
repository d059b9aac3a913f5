"""Claimed against measured: where a carrier says it serves and it does not, and where it serves without saying so."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.coverage.profiles import DEFAULT_PROFILE

CLAIMED_SHARE = 0.5  # of a cell: strictly more counts as claimed
MOST = 10_000

# Only carriers that claim something for the technology; of each its newest claims.
FIND = f"""
WITH claim AS (
  SELECT a.* FROM claimed_area a WHERE a.withdrawn_at IS NULL AND a.as_of = (
    SELECT max(n.as_of) FROM claimed_area n WHERE n.carrier = a.carrier AND n.technology = a.technology
      AND n.is_sample = a.is_sample AND n.withdrawn_at IS NULL)
), cell AS (
  SELECT c.* FROM coverage_cell c JOIN coverage_build b USING (build_id)
  WHERE b.is_latest AND b.profile_id = :profile AND c.level = 'quarter' AND c.carrier <> 'all'
    AND c.state IN ('gap', 'covered') AND (CAST(:carrier AS text) IS NULL OR c.carrier = :carrier)
    AND (CAST(:west AS float8) IS NULL OR c.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326))
    AND EXISTS (SELECT FROM claim q WHERE q.carrier = c.carrier AND q.technology = c.technology AND q.is_sample = c.is_sample)
), compared AS (
  SELECT c.*, coalesce((SELECT ST_Area(ST_Union(ST_Intersection(q.geom, c.geom))) FROM claim q WHERE q.carrier = c.carrier
    AND q.technology = c.technology AND q.is_sample = c.is_sample AND ST_Intersects(q.geom, c.geom)), 0)
    / ST_Area(c.geom) AS claimed_share
  FROM cell c
), judged AS (
  SELECT *, CASE WHEN state = 'gap' AND claimed_share > {CLAIMED_SHARE} THEN 'claimed_but_gap'
    WHEN state = 'covered' AND claimed_share <= {CLAIMED_SHARE} THEN 'covered_not_claimed' END AS disagreement
  FROM compared
)
SELECT json_build_object('type', 'Feature', 'id', cell_id, 'geometry', ST_AsGeoJSON(geom, 7)::json, 'properties',
  json_build_object('disagreement', disagreement, 'mesh_code', mesh_code, 'municipality_code', municipality_code,
    'carrier', carrier, 'technology', technology, 'state', state, 'claimed_share', round(claimed_share::numeric, 4),
    'samples', samples, 'segments', segments, 'mean_dbm', mean_dbm, 'no_service_share', no_service_share,
    'newest_on', newest_on, 'is_sample', is_sample))
FROM judged WHERE disagreement IS NOT NULL AND (CAST(:kind AS text) IS NULL OR disagreement = :kind)
ORDER BY mesh_code, carrier LIMIT {MOST + 1}
"""
Box = tuple[float, float, float, float]


def find_disagreements(
    session: Session,
    profile: str | None = None,
    carrier: str | None = None,
    kind: str | None = None,
    box: Box | None = None,
) -> dict[str, Any]:
    """Cells of the latest build as GeoJSON, of whose state carrier and survey disagree; `box` west, south, east, north.

    `truncated` says that there are more than were answered.
    """
    west, south, east, north = box or (None, None, None, None)
    bound = {
        "profile": profile or DEFAULT_PROFILE, "carrier": carrier, "kind": kind,
        "west": west, "south": south, "east": east, "north": north,
    }  # fmt: skip
    features = list(session.execute(text(FIND), bound).scalars())
    return {"type": "FeatureCollection", "features": features[:MOST], "truncated": len(features) > MOST}


# What is claimed of the cells of a municipality, by what was measured there. Everybody: claims and carriers that are public.
COUNT = f"""
WITH cell AS (
  SELECT carrier, state, road_m, geom FROM {{cells}} WHERE profile = :profile AND as_of = :as_of AND technology = :technology
    AND is_sample = :is_sample AND level = 'quarter' AND carrier <> 'all' AND municipality_code = :municipality
), claim AS (
  SELECT a.carrier, min(a.title) AS title, a.as_of, ST_Union(a.geom) AS geom FROM {{claims}} a
  WHERE a.technology = :technology AND a.is_sample = :is_sample AND {{standing}} AND a.as_of = (
    SELECT max(n.as_of) FROM {{claims}} n WHERE n.carrier = a.carrier AND n.technology = :technology
      AND n.is_sample = :is_sample AND {{standing_n}})
  GROUP BY a.carrier, a.as_of
), piece AS MATERIALIZED (
  SELECT q.carrier, ST_Subdivide(ST_Intersection(q.geom, b.box), 64) AS geom
  FROM claim q, (SELECT ST_SetSRID(ST_Extent(geom)::geometry, 4326) AS box FROM cell) b WHERE q.geom && b.box
), compared AS (
  SELECT c.carrier, c.state, c.road_m, coalesce((SELECT sum(ST_Area(CASE WHEN ST_Covers(p.geom, c.geom)
      THEN c.geom ELSE ST_Intersection(p.geom, c.geom) END)) FROM piece p
    WHERE p.carrier = c.carrier AND ST_Intersects(p.geom, c.geom)), 0) / ST_Area(c.geom) > {CLAIMED_SHARE} AS is_claimed
  FROM cell c WHERE c.carrier IN (SELECT carrier FROM claim)
)
SELECT q.carrier, q.title, q.as_of, count(*) FILTER (WHERE is_claimed) AS claimed,
  count(*) FILTER (WHERE is_claimed AND state = 'covered') AS agreed,
  count(*) FILTER (WHERE is_claimed AND state = 'gap') AS claimed_but_gap,
  coalesce(sum(road_m) FILTER (WHERE is_claimed AND state = 'gap'), 0) / 1000 AS claimed_but_gap_km,
  count(*) FILTER (WHERE is_claimed AND state = 'uncertain') AS undecided,
  count(*) FILTER (WHERE is_claimed AND state = 'unknown') AS not_measured,
  count(*) FILTER (WHERE NOT is_claimed AND state = 'covered') AS covered_not_claimed
FROM claim q JOIN compared c USING (carrier) GROUP BY q.carrier, q.title, q.as_of ORDER BY q.carrier
"""


def count_claims(
    session: Session, build: Mapping[str, Any], is_planner: bool, municipality: str
) -> Sequence[RowMapping]:
    """Each carrier's newest claim against what was measured in a municipality, in quarter meshes.

    `build` names profile, as_of, technology, is_sample. Everybody reads of public claims and public carriers alone.
    """
    statement = COUNT.format(
        cells="ogc.coverage_history_whole" if is_planner else "ogc.coverage_history",
        claims="claimed_area" if is_planner else "ogc.claimed_areas",
        standing="a.withdrawn_at IS NULL" if is_planner else "true",
        standing_n="n.withdrawn_at IS NULL" if is_planner else "true",
    )
    return session.execute(text(statement), {**build, "municipality": municipality}).mappings().all()
