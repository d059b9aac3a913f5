"""What the coverage pages read: builds, states of cells and their evidence, as far as the viewer may know them.

Everybody reads what `/ogc` publishes; who holds `surveys:read` reads every carrier.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.coverage.profiles import all_profiles
from app.territory.facts import facts_by_code

if TYPE_CHECKING:
    from app.web.coverage_choice import Choice

_PUBLIC, _WHOLE = "ogc.coverage_history", "ogc.coverage_history_whole"
_CHOSEN = (
    " WHERE carrier = :carrier AND technology = :technology AND profile = :profile AND as_of = :as_of"
    " AND is_sample = :is_sample AND level = :level"
)
_IN_BOX = " AND geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)"
# What a map shows of a cell: its state, and for what is served below the bound that it is weak.
SHOWN_AS = "CASE WHEN state = 'gap' AND grade IN ('weak', 'usable', 'good') THEN 'weak' ELSE state END"
_WORST_FIRST = "array_position(ARRAY['gap', 'weak', 'uncertain', 'covered', 'unknown'], " + SHOWN_AS + ")"


@dataclass(frozen=True, slots=True)
class Build:
    """One computation: by which profile, as of which day."""

    profile_id: str
    as_of: date
    is_latest: bool
    build_id: Any = None

    @property
    def technology(self) -> str:
        """What its profile judges; of a profile that is no more, what its name says."""
        profile = all_profiles().get(self.profile_id)
        return profile.technology if profile else "5g" if "-5g-" in self.profile_id else "4g"


def list_builds(session: Session) -> list[Build]:
    """Every build: standard profile first, newest first."""
    rows = session.execute(
        text(
            "SELECT profile_id, as_of, is_latest, build_id FROM ogc.coverage_builds"
            " ORDER BY profile_id NOT LIKE 'tmg-%-outdoor-%', profile_id, as_of DESC"
        )
    )
    return [Build(row.profile_id, row.as_of, row.is_latest, row.build_id) for row in rows]


def list_carriers(session: Session, is_planner: bool) -> tuple[list[str], bool]:
    """Carriers that have cells, `all` first, and whether what is shown is sample data: only where there is no other."""
    relation = "coverage_municipality" if is_planner else "ogc.coverage_municipalities"
    rows = session.execute(text(f"SELECT DISTINCT carrier, is_sample FROM {relation} m")).all()
    is_sample = bool(rows) and all(row.is_sample for row in rows)
    found = sorted({row.carrier for row in rows if row.is_sample == is_sample} - {"all"})
    return ["all", *found], is_sample


# Its islands far from its office would make a map of the sea: 小笠原村 reaches over eleven degrees.
_TOWN_BOX = """
SELECT ST_XMin(e) AS west, ST_YMin(e) AS south, ST_XMax(e) AS east, ST_YMax(e) AS north FROM (
  SELECT ST_Extent(part) AS e FROM (
    SELECT (ST_Dump(geom)).geom AS part FROM ogc.municipalities WHERE municipality_code = :town
  ) dumped WHERE ST_DWithin(part, ST_Point(:lon, :lat, 4326), 0.5)
) found
"""
_AROUND_OFFICE_DEG = 0.05


def town_box(session: Session, town: str) -> tuple[float, float, float, float]:
    """The box (degrees) of a municipality's land round its office; of the office's surroundings where no boundary is known."""
    facts = facts_by_code()[town]
    lon, lat = facts.office_lon, facts.office_lat
    row = session.execute(text(_TOWN_BOX), {"town": town, "lon": lon, "lat": lat}).one()
    if row.west is None:
        return lon - _AROUND_OFFICE_DEG, lat - _AROUND_OFFICE_DEG, lon + _AROUND_OFFICE_DEG, lat + _AROUND_OFFICE_DEG
    return row.west, row.south, row.east, row.north


def list_surveyed_towns(session: Session, is_planner: bool) -> set[str]:
    """Codes of the municipalities that have results."""
    relation = "coverage_municipality" if is_planner else "ogc.coverage_municipalities"
    return set(session.execute(text(f"SELECT DISTINCT municipality_code FROM {relation} m")).scalars())


def _relation(is_planner: bool) -> str:
    return _WHOLE if is_planner else _PUBLIC


def _bound(choice: "Choice") -> dict[str, Any]:
    build = choice.build
    bound: dict[str, Any] = {
        "carrier": choice.carrier, "technology": choice.technology, "is_sample": choice.is_sample, "level": choice.level,
        "profile": build.profile_id if build else "", "as_of": build.as_of if build else None,
    }  # fmt: skip
    if choice.box:
        bound |= dict(zip(("west", "south", "east", "north"), choice.box, strict=True))
    return bound


def count_states(session: Session, choice: "Choice", is_planner: bool) -> dict[str, tuple[int, float]]:
    """What is in view, by what it shows as: cells, km of road measured."""
    where = _CHOSEN + (_IN_BOX if choice.box else "")
    rows = session.execute(
        text(
            f"SELECT {SHOWN_AS} AS shown, count(*) AS n, coalesce(sum(road_m), 0) / 1000 AS km"
            f" FROM {_relation(is_planner)} cells{where} GROUP BY 1"
        ),
        _bound(choice),
    )
    return {row.shown: (row.n, row.km) for row in rows}


def list_cells(session: Session, choice: "Choice", is_planner: bool, most: int) -> Sequence[RowMapping]:
    """Cells in view, the worst first."""
    where = _CHOSEN + (_IN_BOX if choice.box else "") + " AND state <> 'unknown'"
    rows = session.execute(
        text(
            f"SELECT mesh_code, municipality_code, state, {SHOWN_AS} AS shown, grade, samples, mean_dbm, must_resurvey,"
            f" newest_on, carriers_covered, carriers_gap FROM {_relation(is_planner)} cells{where}"
            f" ORDER BY {_WORST_FIRST}, samples DESC, mesh_code LIMIT :most"
        ),
        _bound(choice) | {"most": most},
    )
    return rows.mappings().all()


def find_evidence(session: Session, choice: "Choice", is_planner: bool) -> RowMapping | None:
    """The chosen cell with every piece of evidence; None where nothing is known of it."""
    bound = _bound(choice) | {"cell": choice.cell, "level": "quarter" if len(choice.cell or "") == 10 else "half"}
    row = session.execute(
        text(
            f"SELECT *, {SHOWN_AS} AS shown, ST_X(ST_Centroid(geom)) AS lon, ST_Y(ST_Centroid(geom)) AS lat"
            f" FROM {_relation(is_planner)} cells{_CHOSEN} AND mesh_code = :cell"
        ),
        bound,
    )
    return row.mappings().one_or_none()


def list_beside(session: Session, choice: "Choice", is_planner: bool) -> Sequence[RowMapping]:
    """The same cell for every carrier, as of the same day."""
    rows = session.execute(
        text(
            f"SELECT carrier, state, {SHOWN_AS} AS shown, grade, mean_dbm, samples, newest_on FROM {_relation(is_planner)} cells"
            " WHERE mesh_code = :cell AND technology = :technology AND profile = :profile AND as_of = :as_of"
            " AND is_sample = :is_sample AND carrier <> 'all' ORDER BY carrier"
        ),
        _bound(choice) | {"cell": choice.cell},
    )
    return rows.mappings().all()


def list_history(session: Session, choice: "Choice", is_planner: bool) -> Sequence[RowMapping]:
    """The same cell in every build of the profile, newest first."""
    rows = session.execute(
        text(
            f"SELECT as_of, state, {SHOWN_AS} AS shown, mean_dbm, samples FROM {_relation(is_planner)} cells WHERE mesh_code = :cell"
            " AND carrier = :carrier AND technology = :technology AND profile = :profile AND is_sample = :is_sample"
            " ORDER BY as_of DESC LIMIT 12"
        ),
        _bound(choice) | {"cell": choice.cell},
    )
    return rows.mappings().all()


def count_reports(session: Session, choice: "Choice", is_planner: bool) -> tuple[int, float]:
    """Residents' reports in view, and km driven there, every drive of every phone counted."""
    where = " WHERE is_sample = :is_sample" + (_IN_BOX if choice.box else "")
    roads = "ogc.survey_roads_whole" if is_planner else "ogc.survey_roads"
    n = session.execute(text(f"SELECT count(*) FROM ogc.resident_reports{where}"), _bound(choice)).scalar_one()
    km = session.execute(
        text(f"SELECT coalesce(sum(length_m), 0) / 1000 FROM {roads} r{where}"), _bound(choice)
    ).scalar_one()
    return n, km


def claims_geojson(session: Session, carrier: str | None, technology: str) -> str:
    """Areas claimed by carriers as a FeatureCollection: those that are public, and what row-level security shows."""
    columns = "claim_id, carrier, technology, title, as_of, is_sample, geom"
    found: str = session.execute(
        text(
            "SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(json_build_object("
            "'type', 'Feature', 'geometry', ST_AsGeoJSON(geom, 5)::json, 'properties', json_build_object("
            "'carrier', carrier, 'title', title, 'as_of', as_of, 'is_sample', is_sample))), '[]'))::text FROM ("
            f"SELECT {columns} FROM claimed_area WHERE withdrawn_at IS NULL UNION SELECT {columns} FROM ogc.claimed_areas) claimed"
            " WHERE technology = :technology AND (CAST(:carrier AS text) IS NULL OR carrier = :carrier)"
        ),
        {"carrier": carrier, "technology": technology},
    ).scalar_one()
    return found
