"""A staged list against the one in force: what is new, changed cell by cell, the same, missing, moved; and the guard."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from app.versioned import foreign_ids

SAMPLES = 200  # rows of each sort kept with the report
MOVED_M = 50  # a row that moved farther than this is looked at
MISSING_SHARE = 0.10  # more of the list in force missing than this asks a second person
MOVED_SHARE = 0.20  # more of the list in force moved than this asks a second person
NEIGHBOUR_M = 30  # an asset of another list with the same name this near is likely the same
NEIGHBOURS_UP_TO = 50_000  # rows; longer lists are published by machines that know their ids

_JOINED = "staging s JOIN {table} t ON t.{id} = s.{id} AND t.valid_to IS NULL AND t.source_id = :source"
_MISSING = """
FROM {table} t WHERE t.valid_to IS NULL AND t.source_id = :source
  AND NOT EXISTS (SELECT FROM staging s WHERE s.{id} = t.{id}) AND t.{id} <> ALL (CAST(:spared AS text[]))
"""


def compare(session: Session, table: Table, source_id: str, spared: Sequence[str]) -> dict[str, Any]:
    """What publishing the staged rows would do, with samples; ids among `spared` are not missing.

    `moved` counts rows that moved farther than 50 m, on the ellipsoid.
    """
    names = {"table": table.name, "id": table.info["id_column"]}
    bound = {"source": source_id, "spared": list(spared), "moved": MOVED_M, "limit": SAMPLES}
    joined, missing = _JOINED.format(**names), _MISSING.format(**names)

    def one(statement: str) -> Any:
        return session.execute(text(statement.format(**names)), bound).one()

    matched, changed, moved = one(
        "SELECT count(*), count(*) FILTER (WHERE s.row_hash <> t.row_hash), count(*) FILTER (WHERE s.row_hash <> t.row_hash"
        f" AND ST_Distance(CAST(s.geom AS geography), CAST(t.geom AS geography)) > :moved) FROM {joined}"
    )
    staged, in_force, gone = one(
        "SELECT (SELECT count(*) FROM staging), (SELECT count(*) FROM {table} WHERE valid_to IS NULL AND source_id = :source),"
        f" (SELECT count(*) {missing})"
    )
    return {
        "new": staged - matched, "changed": changed, "same": matched - changed, "missing": gone, "moved": moved,
        "in_force": in_force,
        "samples": {
            "new": _rows(session, _NEW.format(**names), bound),
            "changed": _rows(session, _CHANGED.format(joined=joined, **names), bound),
            "missing": _rows(session, f"SELECT t.{names['id']} AS id, t.name {missing} ORDER BY 1 LIMIT :limit", bound),
        },
    }  # fmt: skip


_NEW = """
SELECT s.{id} AS id, s.name FROM staging s WHERE NOT EXISTS
  (SELECT FROM {table} t WHERE t.{id} = s.{id} AND t.valid_to IS NULL AND t.source_id = :source)
ORDER BY s.source_row LIMIT :limit
"""
# Cells that differ, as {{"field": [before, after]}}; of the position only how far it moved.
_CHANGED = """
SELECT c.id, c.name, c.moved_m, (
    SELECT jsonb_object_agg(n.key, jsonb_build_array(o.value, n.value)) FROM jsonb_each(c.after) n
      JOIN jsonb_each(c.before) o USING (key) WHERE o.value IS DISTINCT FROM n.value
  ) AS cells
FROM (
  SELECT s.{id} AS id, s.name, round(ST_Distance(CAST(s.geom AS geography), CAST(t.geom AS geography))::numeric, 1)::float AS moved_m,
    to_jsonb(s) - 'geom' - 'row_hash' - 'source_row' AS after, to_jsonb(t) AS before
  FROM {joined} AND s.row_hash <> t.row_hash ORDER BY s.source_row LIMIT :limit
) c
"""


def _rows(session: Session, statement: str, bound: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in session.execute(text(statement), bound)]


def guard(difference: dict[str, Any], retire_missing: bool) -> list[str]:
    """Why a second person must agree: `missing`, `moved`, or nothing."""
    in_force = difference["in_force"]
    reasons = []
    if retire_missing and difference["missing"] > MISSING_SHARE * in_force:
        reasons.append("missing")
    if difference["moved"] > MOVED_SHARE * in_force:
        reasons.append("moved")
    return reasons


def taken_ids(session: Session, table: Table, source_id: str) -> list[dict[str, Any]]:
    """Staged rows whose id belongs to another list."""
    taken = dict(foreign_ids(session, table, source_id, SAMPLES))
    if not taken:
        return []
    id_column = table.info["id_column"]
    rows = session.execute(
        text(f"SELECT source_row AS row, {id_column} AS id FROM staging WHERE {id_column} = ANY (:ids) ORDER BY 1"),
        {"ids": list(taken)},
    )
    return [dict(row._mapping) for row in rows]


def neighbours(session: Session, table: Table, published: str, source_id: str) -> list[dict[str, Any]]:
    """Staged rows that another list of the register seems to hold already: the same name within 30 m.

    `published` is the view of `/ogc` (EPSG:4326 geometry) the register is read through.
    """
    id_column = table.info["id_column"]
    rows = session.execute(
        text(
            # In two steps: just after a publication the planner knows nothing of the new rows, and joined the other way
            # round this takes minutes.
            f"WITH near AS MATERIALIZED (SELECT s.source_row AS row, s.name AS value, r.{id_column} AS other FROM staging s"
            f" JOIN ogc.{published} r ON r.geom && ST_Expand(s.geom, :degrees) AND r.name = s.name"
            " AND ST_DWithin(CAST(r.geom AS geography), CAST(s.geom AS geography), :near)"
            " WHERE (SELECT count(*) FROM staging) <= :up_to)"
            " SELECT DISTINCT ON (n.row) n.row, n.value, n.other FROM near n WHERE NOT EXISTS"
            f" (SELECT FROM {table.name} t WHERE t.{id_column} = n.other AND t.source_id = :source)"
            " ORDER BY n.row, n.other LIMIT :limit"
        ),
        {
            "degrees": NEIGHBOUR_M / 80_000, "near": NEIGHBOUR_M, "up_to": NEIGHBOURS_UP_TO, "source": source_id,
            "limit": 1000,
        },
    )  # fmt: skip
    return [dict(row._mapping) for row in rows]
