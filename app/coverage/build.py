"""A build: measurements of every published survey → states → cells, gaps, municipalities and roads, in one transaction.

Builds are kept, one a profile and day; the newest day of a profile is the one shown. Two at once wait for one another, and
one that fails leaves everything as it was.
"""

import math
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa
from psycopg.types.json import Jsonb
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.accounts.actor import Service, Transactions
from app.config import Settings
from app.coverage.aggregation import cell_months
from app.coverage.combining import combine
from app.coverage.engines import PostgresEngine, open_engine
from app.coverage.gaps import write_gaps
from app.coverage.land import lay_cells
from app.coverage.openings import station_events
from app.coverage.profiles import Profile
from app.coverage.roads import write_roads
from app.coverage.rollup import write_cells
from app.coverage.states import CellStates, judge
from app.surveys.parquet import parquet_folder

BUILDER = Service("worker")
JAPAN = ZoneInfo("Asia/Tokyo")
STATE = """
CREATE TEMP TABLE built_state (
  is_sample boolean NOT NULL, carrier text NOT NULL, cell bigint NOT NULL, state text NOT NULL, grade text, reason text NOT NULL,
  samples integer NOT NULL, segments integer NOT NULL, passes integer NOT NULL, days integer NOT NULL, mean_dbm real,
  sd_db real, lower_dbm real, upper_dbm real, no_service_share real, observed_share real NOT NULL, road_m real NOT NULL,
  newest_on date, oldest_on date, must_resurvey boolean NOT NULL, histogram integer[], is_public boolean NOT NULL,
  PRIMARY KEY (is_sample, carrier, cell)
) ON COMMIT DROP
"""
_ROW = (
    "is_sample", "carrier", "quarter", "state", "grade", "reason", "samples", "segments", "passes", "days", "mean_dbm", "sd_db",
    "lower_dbm", "upper_dbm", "no_service_share", "observed_share", "road_m", "newest", "oldest", "must_resurvey", "histogram",
    "is_public",
)  # fmt: skip
_EPOCH = date(1970, 1, 1)
WORK_MEMORY = "64MB"  # of the one transaction that sorts every cell; what is written stays out of files


def today() -> date:
    """The day in Japan."""
    return datetime.now(JAPAN).date()


def build(
    transactions: Transactions, settings: Settings, profile: Profile, as_of: date, engine: str, who: Service = BUILDER
) -> dict[str, Any]:
    """Make the build of a profile as of a day, in place of one there was; what it came to.

    Only rows up to the end of that day (Japan) count. Raises ValueError for an engine there is not.
    """
    began = time.monotonic()
    with transactions.begin(who) as session:
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('coverage.build'))"))
        session.execute(text(f"SET LOCAL work_mem = '{WORK_MEMORY}'"))
        surveys = session.execute(
            text(
                "SELECT survey_id, is_sample, carriers_public FROM survey WHERE state = 'published' ORDER BY survey_id"
            )
        ).all()
        rows_read, months = _measure(session, settings, profile, surveys, as_of, engine)
        private = [str(survey.survey_id) for survey in surveys if not survey.carriers_public]
        states = judge(months, profile, as_of, station_events(session), private)
        _load(session, states)
        ids = [survey.survey_id for survey in surveys]
        lay_cells(session, ids)
        combine(session, profile)
        build_id, is_latest = _begin_build(session, profile, as_of, engine, rows_read, ids)
        counts = _write(session, profile, build_id)
        if is_latest:
            counts["roads"] = write_roads(session, settings, surveys)
        seconds = round(time.monotonic() - began, 3)
        session.execute(
            text("UPDATE coverage_build SET seconds = :seconds WHERE build_id = :id"),
            {"seconds": seconds, "id": build_id},
        )
    return {
        "build_id": str(build_id), "profile": profile.id, "as_of": as_of.isoformat(), "engine": engine, "is_latest": is_latest,
        "surveys": len(ids), "rows_read": rows_read, "seconds": seconds, **counts,
    }  # fmt: skip


def _driver(session: Session) -> psycopg.Connection[Any]:
    connection: psycopg.Connection[Any] = session.connection().connection.driver_connection  # type: ignore[assignment]
    return connection


def end_of(as_of: date) -> datetime:
    """The end of a day in Japan, as an instant."""
    return datetime.combine(as_of + timedelta(days=1), datetime.min.time(), JAPAN).astimezone(UTC)


def _measure(
    session: Session, settings: Settings, profile: Profile, surveys: Sequence[Row[Any]], as_of: date, engine: str
) -> tuple[int, pa.Table]:
    """How many rows were read, and their cell months."""
    samples = [str(survey.survey_id) for survey in surveys if survey.is_sample]
    with open_engine(engine, _driver(session)) as opened:
        if isinstance(opened, PostgresEngine):
            rows = opened.rows()
        else:
            folder = parquet_folder(settings, session, [survey.survey_id for survey in surveys])
            rows = opened.parquet(folder, samples)
        rows = rows.filter(rows["at"].epoch_seconds() < int(end_of(as_of).timestamp()))
        read = opened.run(rows.aggregate(n=rows.count()))
        return int(read.column("n")[0].as_py()), opened.run(cell_months(rows, profile))


def _load(session: Session, states: CellStates) -> None:
    session.execute(text(STATE))
    with _driver(session).cursor().copy("COPY built_state FROM STDIN") as copy:
        for row in _rows(states):
            copy.write_row(row)


def _rows(states: CellStates) -> Iterator[tuple[Any, ...]]:
    columns = []
    for name in _ROW:
        values = getattr(states, name).tolist()
        if name in ("newest", "oldest"):
            values = [_EPOCH + timedelta(days=day) for day in values]
        elif name.endswith(("_dbm", "_db", "_share")):
            values = [value if math.isfinite(value) else None for value in values]
        columns.append(values)
    yield from zip(*columns, strict=True)


def _begin_build(
    session: Session, profile: Profile, as_of: date, engine: str, rows_read: int, surveys: list[UUID]
) -> tuple[UUID, bool]:
    """The new build's id, and whether it is the profile's latest."""
    build_id = uuid4()
    bound = {"profile": profile.id, "as_of": as_of, "id": build_id}
    session.execute(text("DELETE FROM coverage_build WHERE profile_id = :profile AND as_of = :as_of"), bound)
    session.execute(
        text("UPDATE coverage_build SET is_latest = false WHERE profile_id = :profile AND is_latest"), bound
    )
    session.execute(
        text(
            "INSERT INTO coverage_build (build_id, profile_id, profile, as_of, engine, rows_read, seconds, surveys, is_latest)"
            " VALUES (:id, :profile, :said, :as_of, :engine, :rows_read, 0, :surveys, false)"
        ),
        {**bound, "said": Jsonb(profile.as_json()), "engine": engine, "rows_read": rows_read, "surveys": surveys},
    )
    latest: Row[Any] = session.execute(
        text(
            "UPDATE coverage_build SET is_latest = true WHERE build_id = (SELECT build_id FROM coverage_build"
            " WHERE profile_id = :profile ORDER BY as_of DESC LIMIT 1) RETURNING build_id"
        ),
        bound,
    ).one()
    return build_id, latest.build_id == build_id


def _write(session: Session, profile: Profile, build_id: UUID) -> dict[str, int]:
    """Everything of the build; roads belong to none."""
    bound: dict[str, object] = {"build_id": build_id, "profile": profile.id, "technology": profile.technology}
    write_cells(session, bound, profile.served_share)
    gaps = write_gaps(session, _driver(session), bound)
    counts = {"gaps": gaps}
    for row in session.execute(
        text(
            "SELECT level, state, count(*) AS n FROM coverage_cell WHERE build_id = :build_id AND carrier = 'all'"
            " GROUP BY level, state"
        ),
        bound,
    ):
        counts[f"{row.level}_{row.state}"] = row.n
    counts["cells"] = session.execute(
        text("SELECT count(*) FROM coverage_cell WHERE build_id = :build_id"), bound
    ).scalar_one()
    return counts
