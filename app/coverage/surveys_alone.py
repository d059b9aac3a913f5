"""One survey judged alone: by its own rows, as of its last day, so that two surveys can be held against each other.

Neither age nor stations that opened later play a part, and no other survey. Nothing is stored: the rows are aggregated
where they are, and what they come to is kept in memory until a log is added or removed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pyarrow as pa
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.coverage.aggregation import cell_months
from app.coverage.combining import ALL
from app.coverage.engines import PostgresEngine
from app.coverage.profiles import Profile
from app.coverage.segments import quarter_codes
from app.coverage.states import CellStates, judge

MOST_ROWS = 2_000_000  # of one survey: more take longer than a page may
_KEPT_MOST = 32
_GRADES = ("none", "weak", "usable", "good")
_LIST = """
SELECT s.survey_id, s.code, s.title, s.municipality_codes, s.began_on, s.ended_on, s.is_sample,
  coalesce(sum(f.rows_taken), 0)::bigint AS rows, md5(string_agg(f.file_id::text, ',' ORDER BY f.file_id)) AS content
FROM survey s JOIN survey_file f ON f.survey_id = s.survey_id AND f.state = 'loaded' AND f.kind = 'log'
WHERE s.state = 'published' GROUP BY s.survey_id ORDER BY s.ended_on DESC, s.code
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """A published survey with rows; `content` changes with its logs."""

    survey_id: UUID
    code: str
    title: str
    municipality_codes: tuple[str, ...]
    began_on: date
    ended_on: date
    is_sample: bool
    rows: int
    content: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A quarter mesh as one survey shows it, for one carrier or all together. Road in metres."""

    state: str
    grade: str | None
    mean_dbm: float | None
    samples: int
    segments: int
    road_m: float
    newest_on: date


def list_measured(session: Session) -> list[Measured]:
    """Published surveys that have rows, the newest first; as far as this transaction may see them."""
    rows = session.execute(text(_LIST)).mappings()
    return [Measured(**{**row, "municipality_codes": tuple(row["municipality_codes"])}) for row in rows]


def judge_alone(session: Session, survey: Measured, profile: Profile, carrier: str) -> dict[str, Judged]:
    """Quarter meshes the survey drove through, by code; `carrier` all: every carrier of the profile's set together."""
    by_carrier = _by_carrier(judge(_months(session, survey, profile), profile, survey.ended_on))
    if carrier != ALL:
        return by_carrier.get(carrier, {})
    carriers = carriers_of(profile, survey.is_sample)
    meshes = {mesh for one in carriers for mesh in by_carrier.get(one, {})}
    return {mesh: together([by_carrier.get(one, {}).get(mesh) for one in carriers]) for mesh in meshes}


def carriers_of(profile: Profile, is_sample: bool) -> Sequence[str]:
    """The carriers of the profile's set of sample, or of real, carriers."""
    return next((s for s in profile.carrier_sets if s[0].startswith("sample-") == is_sample), ())


def together(seen: Sequence[Judged | None]) -> Judged:
    """All carriers of a set: covered where one serves, gap where none does, unknown where nothing is known of any.

    At least one is known. As in `app.coverage.combining`.
    """
    known = [one for one in seen if one is not None]
    states = [one.state if one else "unknown" for one in seen]
    state = (
        "covered" if "covered" in states
        else next((same for same in ("gap", "unknown") if all(one == same for one in states)), "uncertain")
    )  # fmt: skip
    return Judged(
        state=state,
        grade=max((one.grade for one in known if one.grade), key=_GRADES.index, default=None),
        mean_dbm=None,
        samples=sum(one.samples for one in known),
        segments=max(one.segments for one in known),
        road_m=max(one.road_m for one in known),
        newest_on=max(one.newest_on for one in known),
    )


_kept: dict[tuple[UUID, str, str], pa.Table] = {}
_lock = Lock()


def _months(session: Session, survey: Measured, profile: Profile) -> pa.Table:
    key = (survey.survey_id, survey.content, profile.id)
    found = _kept.get(key)
    if found is None:
        driver: psycopg.Connection[Any] = session.connection().connection.driver_connection  # type: ignore[assignment]
        engine = PostgresEngine(driver)
        rows = engine.rows()
        found = engine.run(cell_months(rows.filter(rows["survey_id"] == survey.survey_id), profile))
        with _lock:
            while len(_kept) >= _KEPT_MOST:
                _kept.pop(next(iter(_kept)))
            _kept[key] = found
    return found


def _by_carrier(states: CellStates) -> Mapping[str, dict[str, Judged]]:
    found: dict[str, dict[str, Judged]] = {}
    codes, epoch = quarter_codes(states.quarter), date(1970, 1, 1).toordinal()
    for i, code in enumerate(codes):
        mean = float(states.mean_dbm[i])
        found.setdefault(str(states.carrier[i]), {})[code] = Judged(
            state=str(states.state[i]),
            grade=states.grade[i],
            mean_dbm=mean if np.isfinite(mean) else None,
            samples=int(states.samples[i]),
            segments=int(states.segments[i]),
            road_m=float(states.road_m[i]),
            newest_on=date.fromordinal(epoch + int(states.newest[i])),
        )
    return found
