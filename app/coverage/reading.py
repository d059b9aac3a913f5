"""What stands behind a cell, a municipality's figures and the builds there are, as far as the reader may know them.

Everybody reads what `/ogc` publishes; `whole` reads every carrier's, and shows nothing without `surveys:read`.
"""

from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.coverage.combining import TOGETHER_REASONS
from app.coverage.profiles import DEFAULT_PROFILE
from app.coverage.reasons import REASONS
from app.problems import NOT_FOUND, Problem

CELL = """
SELECT history.*, b.profile AS profile_said, ST_AsGeoJSON(history.geom, 7)::json AS geometry
FROM {relation} history LEFT JOIN ogc.coverage_builds b ON b.profile_id = history.profile AND b.as_of = history.as_of
WHERE cell_id = :cell AND (CAST(:as_of AS date) IS NULL OR history.as_of = :as_of) ORDER BY history.as_of DESC LIMIT 1
"""
SURVEYS = """
SELECT r.survey AS code, count(DISTINCT r.driven_on) AS days, sum(r.samples) AS samples, min(r.driven_on) AS first_on,
  max(r.driven_on) AS last_on
FROM {relation} r WHERE r.geom && (SELECT geom FROM {cells} WHERE cell_id = :cell LIMIT 1) AND r.is_sample = :is_sample
  AND (:carrier = 'all' OR r.carrier = :carrier)
GROUP BY r.survey ORDER BY r.survey
"""
LEFT_OUT = ("geom", "profile_said", "history_id", "profile", "mesh_row", "mesh_col", "mesh_span")


def get_cell(session: Session, cell_id: str, as_of: date | None, whole: bool) -> dict[str, Any]:
    """A cell with its evidence and the surveys that drove through it; of the newest build, or that of a day.

    Raises Problem (404).
    """
    suffix = "_whole" if whole else ""
    cells = f"ogc.coverage_history{suffix}"
    row = session.execute(text(CELL.format(relation=cells)), {"cell": cell_id, "as_of": as_of}).mappings().one_or_none()
    if row is None:
        raise Problem(NOT_FOUND, "そのメッシュの記録はありません。", "There is no such cell.")
    surveys = session.execute(
        text(SURVEYS.format(relation=f"ogc.survey_roads{suffix}", cells=cells)),
        {"cell": cell_id, "carrier": row["carrier"], "is_sample": row["is_sample"]},
    )
    reason = REASONS.get(row["reason"]) or TOGETHER_REASONS.get(row["reason"])
    return {
        **{name: value for name, value in row.items() if name not in LEFT_OUT},
        "reason_ja": reason.ja if reason else None,
        "reason_en": reason.en if reason else None,
        "profile": row["profile_said"] or {"id": row["profile"]},
        "surveys": [dict(one) for one in surveys.mappings()],
    }


def list_builds(session: Session) -> list[dict[str, Any]]:
    """Every build, the newest day first."""
    rows = session.execute(
        text(
            "SELECT build_id, profile_id, as_of, is_latest, engine, rows_read, seconds, built_at FROM ogc.coverage_builds"
            " ORDER BY as_of DESC, profile_id"
        )
    )
    return [dict(row) for row in rows.mappings()]


def get_municipality(
    session: Session, code: str, profile: str | None, as_of: date | None, whole: bool
) -> dict[str, Any]:
    """Figures of a municipality for every carrier the reader may know, with shares of area and of road apart.

    Raises Problem (404).
    """
    relation = (
        "(SELECT m.*, b.profile_id AS profile, b.as_of, b.is_latest FROM coverage_municipality m JOIN coverage_build b USING (build_id))"
        if whole
        else "ogc.coverage_municipalities"
    )
    rows = session.execute(
        text(
            f"SELECT * FROM {relation} m WHERE municipality_code = :code AND profile = :profile"
            " AND CASE WHEN CAST(:as_of AS date) IS NULL THEN is_latest ELSE as_of = :as_of END"
            " ORDER BY is_sample, carrier <> 'all', carrier"
        ),
        {"code": code, "profile": profile or DEFAULT_PROFILE, "as_of": as_of},
    ).mappings().all()  # fmt: skip
    if not rows:
        raise Problem(
            NOT_FOUND,
            "その区市町村の集計はありません。調査されていないか、コードか時点が違います。",
            "There are no figures of that municipality: it was not surveyed, or the code or day is another.",
        )
    return {
        "municipality_code": code,
        "profile": rows[0]["profile"],
        "as_of": rows[0]["as_of"],
        "figures": [_figures(row) for row in rows],
        "population_note_ja": "人口は2分の1地域メッシュの人口を、陸地のある4分の1地域メッシュへ等分したものです",
        "population_note_en": "Population of half meshes, shared equally among their quarter meshes that have land",
    }


def _figures(row: Any) -> dict[str, Any]:
    kept = {
        name: row[name] for name in ("carrier", "technology", "is_sample", "cells", "area_km2", "road_km", "population")
    }
    return {**kept, "area_share": shares(row["area_km2"]), "road_share": shares(row["road_km"])}


def shares(amounts: dict[str, float]) -> dict[str, float]:
    """Each as a share of the sum; empty where there is nothing."""
    total = sum(amounts.values())
    return {name: amount / total for name, amount in amounts.items()} if total else {}
