"""What is known of one municipality or all of them: states by carrier, gaps, the published survey's shares.

Everybody reads the views of `ogc`; `is_planner` reads every carrier.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.coverage.survey_table import survey_table, table_row

_OF_BUILD = " WHERE profile = :profile AND as_of = :as_of AND technology = :technology AND is_sample = :is_sample"
_WHOLE = """(SELECT m.*, b.profile_id AS profile, b.as_of FROM coverage_municipality m JOIN coverage_build b USING (build_id))"""


def list_states(
    session: Session,
    build: Mapping[str, Any],
    is_planner: bool,
    *,
    municipality: str | None = None,
    carrier: str | None = None,
) -> Sequence[RowMapping]:
    """Cells, km² and km of road and people by state; of one municipality, of one carrier, or of all.

    `build` names profile, as_of, technology, is_sample.
    """
    relation = _WHOLE if is_planner else "ogc.coverage_municipalities"
    where = _OF_BUILD + (" AND municipality_code = :municipality" if municipality else "")
    where += " AND carrier = :carrier" if carrier else ""
    rows = session.execute(
        text(
            f"SELECT municipality_code, carrier, cells, area_km2, road_km, population FROM {relation} m{where}"
            " ORDER BY municipality_code, carrier <> 'all', carrier"
        ),
        {**build, "municipality": municipality, "carrier": carrier},
    )
    return rows.mappings().all()


def list_gaps(
    session: Session, build: Mapping[str, Any], is_planner: bool, municipality: str, most: int
) -> Sequence[RowMapping]:
    """Gaps of all carriers together that touch a municipality, the longest roads first."""
    relation = "ogc.coverage_gaps_whole" if is_planner else "ogc.coverage_gaps"
    rows = session.execute(
        text(
            "SELECT gap_id, kind, cells, samples, area_km2, road_km, population, newest_on, ST_XMin(geom) AS west,"
            f" ST_YMin(geom) AS south, ST_XMax(geom) AS east, ST_YMax(geom) AS north FROM {relation} g{_OF_BUILD}"
            " AND carrier = 'all' AND :municipality = ANY (string_to_array(municipality_codes, ','))"
            " ORDER BY array_position(ARRAY['none', 'suspected', 'some', 'weak'], kind), road_km DESC LIMIT :most"
        ),
        {**build, "municipality": municipality, "most": most},
    )
    return rows.mappings().all()


def list_surveys(session: Session, is_planner: bool) -> Sequence[RowMapping]:
    """Published surveys that drove somewhere, newest first; to everybody those whose roads are public."""
    statement = (
        "SELECT survey_id, code, title, began_on, ended_on, is_sample FROM survey s WHERE state = 'published'"
        " AND EXISTS (SELECT FROM survey_road r WHERE r.survey_id = s.survey_id) ORDER BY ended_on DESC, code"
        if is_planner
        else "SELECT NULL::uuid AS survey_id, survey AS code, survey AS title, min(driven_on) AS began_on,"
        " max(driven_on) AS ended_on, bool_or(is_sample) AS is_sample FROM ogc.survey_roads GROUP BY survey ORDER BY 5 DESC, 2"
    )
    return session.execute(text(statement)).mappings().all()


def shares_of_survey(
    session: Session, survey_id: UUID | None, code: str, carrier: str | None = None
) -> list[dict[str, Any]]:
    """The published table of a survey (圏内, 5G, 4G, 3G, 圏外 in per cent of road): the whole first."""
    if survey_id is not None:
        return survey_table(session, survey_id, carrier)
    rows = session.execute(
        text(
            "SELECT municipality_code AS code, CASE WHEN technology LIKE '5g%' THEN '5g' ELSE technology END AS part,"
            " sum(length_m)::float8 / 1000 AS km FROM ogc.survey_roads WHERE survey = :code"
            " AND (CAST(:carrier AS text) IS NULL OR carrier = :carrier) GROUP BY 1, 2"
        ),
        {"code": code, "carrier": carrier},
    ).all()
    amounts: dict[str | None, dict[str, float]] = {None: {}}
    for row in rows:
        amounts.setdefault(row.code or "", {})[row.part] = row.km
        amounts[None][row.part] = amounts[None].get(row.part, 0.0) + row.km
    return [{"municipality_code": place, **table_row(place or "", km)} for place, km in amounts.items()] if rows else []


def last_measured(
    session: Session, build: Mapping[str, Any], is_planner: bool, municipality: str
) -> tuple[date | None, int]:
    """The newest day and the samples behind a municipality's cells."""
    relation = "ogc.coverage_history_whole" if is_planner else "ogc.coverage_history"
    row = session.execute(
        text(
            f"SELECT max(newest_on) AS newest, coalesce(sum(samples), 0)::bigint AS samples FROM {relation} c{_OF_BUILD}"
            " AND carrier = 'all' AND level = 'quarter' AND municipality_code = :municipality"
        ),
        {**build, "municipality": municipality},
    ).one()
    return row.newest, row.samples
