"""What is known of one municipality or all of them: states by carrier, gaps, the published survey's shares.

Everybody reads the views of `ogc`; `is_planner` reads every carrier.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.coverage.survey_table import table_row

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


def sum_gaps(session: Session, build: Mapping[str, Any], is_planner: bool, municipality: str) -> Sequence[RowMapping]:
    """The same by kind: how many places, and their cells, area, road and people together."""
    relation = "ogc.coverage_gaps_whole" if is_planner else "ogc.coverage_gaps"
    rows = session.execute(
        text(
            "SELECT kind, count(*) AS places, sum(cells) AS cells, sum(area_km2) AS area_km2, sum(road_km) AS road_km,"
            f" coalesce(sum(population), 0) AS population, max(newest_on) AS newest_on FROM {relation} g{_OF_BUILD}"
            " AND carrier = 'all' AND :municipality = ANY (string_to_array(municipality_codes, ','))"
            " GROUP BY kind ORDER BY array_position(ARRAY['none', 'suspected', 'some', 'weak'], kind)"
        ),
        {**build, "municipality": municipality},
    )
    return rows.mappings().all()


def list_surveys(
    session: Session, is_planner: bool, is_sample: bool, municipality: str | None = None
) -> Sequence[RowMapping]:
    """Published surveys that drove somewhere, newest first; those made for a municipality, or all."""
    where = " AND municipality_code = :municipality AND is_named" if municipality else ""
    rows = session.execute(
        text(
            "SELECT survey AS code, title, began_on, ended_on, is_sample, sum(samples)::bigint AS samples"
            f" FROM {_shares(is_planner)} s WHERE carrier = 'all' AND is_sample = :is_sample{where}"
            " GROUP BY 1, 2, 3, 4, 5 ORDER BY ended_on DESC, code"
        ),
        {"is_sample": is_sample, "municipality": municipality},
    )
    return rows.mappings().all()


def _shares(is_planner: bool) -> str:
    return "ogc.survey_shares_whole" if is_planner else "ogc.survey_shares"


def shares_of_survey(session: Session, is_planner: bool, code: str, carrier: str = "all") -> list[dict[str, Any]]:
    """The published table of a survey (圏内, 5G, 4G, 3G, 圏外 in per cent of road): the whole first.

    Empty where of that carrier nothing may be told.
    """
    rows = session.execute(
        text(f"SELECT * FROM {_shares(is_planner)} s WHERE survey = :code AND carrier = :carrier"),
        {"code": code, "carrier": carrier},
    )
    return _table(rows.mappings().all())


def latest_shares(session: Session, is_planner: bool, is_sample: bool, carrier: str = "all") -> list[dict[str, Any]]:
    """The same of every municipality, each by the newest survey made for it that tells of the carrier."""
    rows = session.execute(
        text(
            "WITH told AS (SELECT *, dense_rank() OVER (PARTITION BY municipality_code ORDER BY ended_on DESC, survey) AS age"
            f" FROM {_shares(is_planner)} s WHERE carrier = :carrier AND is_sample = :is_sample AND is_named)"
            " SELECT * FROM told WHERE age = 1"
        ),
        {"carrier": carrier, "is_sample": is_sample},
    )
    return _table(rows.mappings().all())


def _table(rows: Sequence[RowMapping]) -> list[dict[str, Any]]:
    """Rows by municipality with the survey and samples each rests on; the whole, of code None, first."""
    places: dict[str | None, list[RowMapping]] = {None: list(rows)} if rows else {}
    for row in sorted(rows, key=lambda row: (row["municipality_code"] is None, row["municipality_code"])):
        places.setdefault(row["municipality_code"] or "", []).append(row)
    return [{"municipality_code": place, **_row(place or "", found)} for place, found in places.items()]


def _row(name: str, rows: Sequence[RowMapping]) -> dict[str, Any]:
    amounts: dict[str, float] = {}
    for row in rows:
        amounts[row["part"]] = amounts.get(row["part"], 0.0) + row["km"]
    titles, codes = {row["title"] for row in rows}, {row["survey"] for row in rows}
    return {
        **table_row(name, amounts),
        "samples": sum(row["samples"] for row in rows),
        "survey": titles.pop() if len(codes) == 1 else None,
        "code": codes.pop() if len(codes) == 1 else None,
        "began_on": min(row["began_on"] for row in rows),
        "ended_on": max(row["ended_on"] for row in rows),
    }


def list_evidence(
    session: Session, build: Mapping[str, Any], is_planner: bool, municipality: str | None = None
) -> dict[str, tuple[date | None, int]]:
    """The newest day and the samples behind each municipality's cells, all carriers together."""
    relation = "ogc.coverage_history_whole" if is_planner else "ogc.coverage_history"
    where = " AND municipality_code = :municipality" if municipality else ""
    rows = session.execute(
        text(
            "SELECT municipality_code, max(newest_on) AS newest, coalesce(sum(samples), 0)::bigint AS samples"
            f" FROM {relation} c{_OF_BUILD} AND carrier = 'all' AND level = 'quarter'{where} GROUP BY 1"
        ),
        {**build, "municipality": municipality},
    )
    return {row.municipality_code: (row.newest, row.samples) for row in rows}
