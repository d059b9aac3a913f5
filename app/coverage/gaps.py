"""Gap polygons: neighbouring cells in which service is missing, as one area with its people and roads.

Cells are neighbours where they share an edge. A gap is known by its first cell (lowest mesh code): the same from build to
build while that cell stays its first.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sqlalchemy import text
from sqlalchemy.orm import Session

Integers = NDArray[np.int64]
ROW = 100_000  # id of a quarter mesh: row × this + column

# none: no carrier serves; suspected: none as far as known; weak: the best of them is weak; some: one to three serve.
# A gap of one carrier that everybody may know never hangs together with cells that only planners may.
KINDS = """
SELECT r.is_sample, r.carrier, r.is_public, k.kind, r.cell
FROM built_row r, LATERAL (
  SELECT CASE
    WHEN r.carrier <> 'all' THEN CASE WHEN r.state = 'gap' THEN 'carrier' END
    WHEN r.state = 'gap' THEN 'none' WHEN r.reason = 'suspected' THEN 'suspected'
    WHEN r.grade = 'weak' AND r.state IN ('covered', 'uncertain') THEN 'weak'
    WHEN r.state = 'covered' AND r.carriers_gap > 0 THEN 'some' END AS kind
) k WHERE k.kind IS NOT NULL
ORDER BY 1, 2, 3, 4, 5
"""
WRITE = """
INSERT INTO coverage_gap (build_id, gap_id, kind, carrier, technology, carriers_missing, municipality_codes, cells, samples,
  segments, passes, area_km2, observed_share, road_km, population, newest_on, oldest_on, is_sample, is_public, geom)
SELECT :build_id, min(c.mesh_code) || '-' || g.carrier || '-' || g.kind || '-' || :technology
    || CASE WHEN g.is_sample THEN '-sample' ELSE '' END || CASE WHEN g.is_public THEN '' ELSE '-private' END,
  g.kind, g.carrier, :technology, coalesce(max(m.missing), '{}'),
  coalesce(array_agg(DISTINCT c.municipality_code) FILTER (WHERE c.municipality_code IS NOT NULL), '{}'), count(*),
  sum(r.samples), sum(r.segments), max(r.passes), sum(c.area_km2), sum(r.observed_share * c.area_km2) / sum(c.area_km2),
  sum(r.road_m) / 1000, sum(c.population), max(r.newest_on), min(r.oldest_on), g.is_sample, g.is_public,
  ST_Multi(ST_Union(c.geom))
FROM built_gap g
  JOIN built_cell c USING (is_sample, cell)
  JOIN built_row r USING (is_sample, carrier, cell)
  LEFT JOIN built_missing m USING (label)
GROUP BY g.label, g.carrier, g.kind, g.is_sample, g.is_public
"""
MISSING = """
CREATE TEMP TABLE built_missing ON COMMIT DROP AS
SELECT g.label, array_agg(DISTINCT r.carrier ORDER BY r.carrier) AS missing
FROM built_gap g JOIN built_row r ON r.is_sample = g.is_sample AND r.cell = g.cell AND r.state = 'gap'
  AND CASE WHEN g.carrier = 'all' THEN r.in_set ELSE r.carrier = g.carrier END
GROUP BY g.label
"""


def label_neighbours(cells: Integers) -> Integers:
    """Which cells hang together by edges: a label for each of `cells` (ids of quarter meshes, each once)."""
    order = np.argsort(cells)
    ordered = cells[order]
    east, north = _pairs(ordered, 1), _pairs(ordered, ROW)
    ends = np.concatenate([east, north], axis=1)
    graph = coo_array((np.ones(ends.shape[1], dtype=np.int8), (ends[0], ends[1])), shape=(len(cells), len(cells)))
    _, labels = connected_components(graph, directed=False)
    found = np.empty(len(cells), dtype=np.int64)
    found[order] = labels
    return found


def _pairs(ordered: Integers, step: int) -> Integers:
    """Places of cells and of their neighbours `step` further, shape (2, n)."""
    at = np.searchsorted(ordered, ordered + step)
    inside = at < len(ordered)
    inside[inside] = ordered[at[inside]] == ordered[inside] + step
    return np.stack([np.flatnonzero(inside), at[inside]])


def write_gaps(session: Session, connection: Connection[Any], bound: dict[str, object]) -> int:
    """Gaps of `built_row` into `coverage_gap`; how many. `bound`: build_id, technology."""
    session.execute(
        text(
            "CREATE TEMP TABLE built_gap (label bigint, is_sample boolean, carrier text, is_public boolean, kind text,"
            " cell bigint) ON COMMIT DROP"
        )
    )
    groups: dict[tuple[Any, ...], list[int]] = {}
    for row in session.execute(text(KINDS)):
        groups.setdefault(tuple(row[:4]), []).append(row.cell)
    label = 0
    with connection.cursor().copy("COPY built_gap FROM STDIN") as copy:
        for key, cells in groups.items():
            labels = label_neighbours(np.array(cells, dtype=np.int64))
            for cell, of_cell in zip(cells, labels.tolist(), strict=True):
                copy.write_row((label + of_cell, *key, cell))
            label += int(labels.max()) + 1
    session.execute(text("ANALYZE built_gap"))
    session.execute(text(MISSING))
    session.execute(text(WRITE), bound)
    return label
