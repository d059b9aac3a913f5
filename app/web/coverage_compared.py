"""What the comparison page compares, read as its address says: two surveys, or two days of one profile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.coverage.combining import ALL
from app.coverage.comparing import ABSENT, Amount, Matrix, Pair, Side, add_up, in_order, pair_up
from app.coverage.profiles import DEFAULT_PROFILE, Profile, all_profiles
from app.coverage.surveys_alone import MOST_ROWS, Measured, carriers_of, judge_alone, list_measured
from app.web import coverage_data as data
from app.web.coverage_choice import read_day

DRAWN = 4000
_TOWNS = """
SELECT DISTINCT ON (mesh_code) mesh_code, municipality_code FROM ogc.coverage_history_whole
WHERE mesh_code = ANY(:meshes) AND carrier = 'all' AND level = 'quarter' AND is_sample = :is_sample ORDER BY mesh_code, as_of DESC
"""
_BETWEEN_DAYS = f"""
WITH cells AS (
  SELECT mesh_code, municipality_code, as_of, {data.SHOWN_AS} AS shown, mean_dbm, samples, road_m,
    ST_Area(geom::geography) / 1e6 AS area_km2
  FROM ogc.coverage_history_whole WHERE profile = :profile AND carrier = :carrier
    AND is_sample = :is_sample AND level = 'quarter' AND as_of IN (:before, :after)
    AND (:town = '' OR municipality_code = :town)
), pairs AS (
  SELECT mesh_code, coalesce(a.municipality_code, b.municipality_code) AS municipality_code,
    coalesce(a.area_km2, b.area_km2) AS area_km2, coalesce(b.shown, '{ABSENT}') AS before, coalesce(a.shown, '{ABSENT}') AS after,
    b.mean_dbm AS before_dbm, a.mean_dbm AS after_dbm, coalesce(b.samples, 0) AS before_samples,
    coalesce(a.samples, 0) AS after_samples, coalesce(b.road_m, 0) AS before_m, coalesce(a.road_m, 0) AS after_m
  FROM (SELECT * FROM cells WHERE as_of = :before) b FULL JOIN (SELECT * FROM cells WHERE as_of = :after) a USING (mesh_code)
)
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two sides, what was asked of them, and what came out; `pairs` in order, `towns` by mesh.

    refusal: the key of the words that say why nothing was compared.
    """

    by: str  # surveys or days
    profile_id: str
    carrier: str
    carriers: Sequence[str]
    town: str
    is_sample: bool
    surveys: Sequence[Measured] = ()
    days: Sequence[date] = ()
    before: Measured | date | None = None
    after: Measured | date | None = None
    pairs: Sequence[Pair] = ()
    matrix: Matrix | None = None
    towns: Mapping[str, str | None] | None = None
    refusal: str | None = None

    def address(self, path: str = "/coverage/compare", **changed: str) -> str:
        """The address of this comparison, or of this one changed."""
        named = {"by": self.by, "profile": self.profile_id, "carrier": self.carrier, "before": name_of(self.before),
                 "after": name_of(self.after), "town": self.town} | changed  # fmt: skip
        return f"{path}?{urlencode({key: value for key, value in named.items() if value})}"

    def swapped(self) -> str:
        """The address with before and after the other way round."""
        return self.address(before=name_of(self.after), after=name_of(self.before))


def name_of(side: Measured | date | None) -> str:
    """How an address calls a side."""
    return "" if side is None else side.code if isinstance(side, Measured) else side.isoformat()


def read_compared(session: Session, query: Mapping[str, str]) -> Compared:
    """The comparison an address asks for; what makes no sense in it is as if it were not there."""
    profile = all_profiles().get(query.get("profile", ""), all_profiles()[DEFAULT_PROFILE])
    return (_of_days if query.get("by") == "days" else _of_surveys)(session, query, profile)


def _of_surveys(session: Session, query: Mapping[str, str], profile: Profile) -> Compared:
    surveys = list_measured(session)
    before, after = _choose(surveys, query.get("before", ""), query.get("after", ""))
    is_sample = bool(after and after.is_sample)
    carriers = [ALL, *carriers_of(profile, is_sample)]
    carrier = _one_of(carriers, query.get("carrier"))
    found = Compared("surveys", profile.id, carrier, carriers, "", is_sample, surveys, (), before, after)
    refusal = _refusal(before, after)
    if refusal or before is None or after is None:
        return replace(found, refusal=refusal)
    pairs = pair_up(judge_alone(session, before, profile, carrier), judge_alone(session, after, profile, carrier))
    bound = {"meshes": [pair.mesh_code for pair in pairs], "is_sample": is_sample}
    towns: dict[str, str | None] = {
        row.mesh_code: row.municipality_code for row in session.execute(text(_TOWNS), bound)
    }
    town = _one_of(["", *{code for code in towns.values() if code}], query.get("town"))
    kept = [pair for pair in pairs if not town or towns.get(pair.mesh_code) == town]
    nothing = None if any(ABSENT not in (p.before.shown, p.after.shown) for p in pairs) else "coverage.compare.apart"
    return replace(found, pairs=kept, matrix=add_up(kept), towns=towns, town=town, refusal=nothing)


def _choose(surveys: Sequence[Measured], before: str, after: str) -> tuple[Measured | None, Measured | None]:
    """The two named; where one is missing, the newest and the last before it of the same place."""
    by_code = {one.code: one for one in surveys}
    late, early = by_code.get(after), by_code.get(before)
    for one in [late] if late else surveys:
        earlier = [other for other in surveys if _is_earlier(other, one)]
        if early is None and earlier:
            return earlier[0], one
        if late is not None or early is not None:
            return early, late or next((other for other in surveys if _is_earlier(early, other)), None)
    return early, late


def _is_earlier(one: Measured | None, other: Measured) -> bool:
    return (
        one is not None and one.ended_on < other.ended_on and one.is_sample == other.is_sample
        and bool(set(one.municipality_codes) & set(other.municipality_codes))
    )  # fmt: skip


def _refusal(before: Measured | None, after: Measured | None) -> str | None:
    if before is None or after is None:
        return "coverage.compare.none"
    if before.is_sample != after.is_sample:
        return "coverage.compare.mixed"
    return "coverage.compare.too_large" if max(before.rows, after.rows) > MOST_ROWS else None


def _of_days(session: Session, query: Mapping[str, str], profile: Profile) -> Compared:
    days = sorted({build.as_of for build in data.list_builds(session) if build.profile_id == profile.id})
    carriers, is_sample = data.list_carriers(session, True)
    carrier = _one_of(carriers, query.get("carrier"))
    before, after = read_day(query.get("before", "")), read_day(query.get("after", ""))
    after = after if after in days else days[-1] if days else None
    before = before if before in days else next((day for day in reversed(days) if after and day < after), None)
    found = Compared("days", profile.id, carrier, carriers, "", is_sample, (), days, before, after)
    if before is None or after is None:
        return replace(found, refusal="coverage.compare.none_days")
    bound = {
        "profile": profile.id,
        "carrier": carrier,
        "is_sample": is_sample,
        "before": before,
        "after": after,
        "town": "",
    }
    return replace(found, **_read_days(session, bound, query.get("town", "")))


def _read_days(session: Session, bound: dict[str, Any], town: str) -> dict[str, Any]:
    if len(town) == 5 and town.isdigit():
        bound["town"] = town
    counted = session.execute(
        text(
            f"{_BETWEEN_DAYS} SELECT before, after, count(*), sum(area_km2), sum(before_m) / 1000, sum(after_m) / 1000"
            " FROM pairs GROUP BY 1, 2"
        ),
        bound,
    )
    matrix: Matrix = {(row[0], row[1]): Amount(*row[2:]) for row in counted}
    rows = session.execute(
        text(
            f"{_BETWEEN_DAYS} SELECT * FROM pairs WHERE NOT (before = 'unknown' AND after = 'unknown')"
            f" ORDER BY before = after, mesh_code LIMIT {DRAWN}"
        ),
        bound,
    ).all()
    pairs = [
        Pair(
            row.mesh_code,
            Side(row.before, row.before_dbm, row.before_samples, row.before_m),
            Side(row.after, row.after_dbm, row.after_samples, row.after_m),
        )
        for row in rows
    ]
    towns = {row.mesh_code: row.municipality_code for row in rows}
    return {"pairs": in_order(pairs), "matrix": matrix, "towns": towns, "town": bound["town"]}


def _one_of(choices: Sequence[str], wanted: str | None) -> str:
    return wanted if wanted and wanted in choices else choices[0]
