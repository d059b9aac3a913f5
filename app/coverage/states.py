"""Cell months → states: covered, gap, uncertain, unknown, each with its reason and every figure behind it.

Covered and gap must each be shown: covered by a tolerance bound on evidence that loses weight with age and does not
count once stale, gap by the opposite bound (or Wilson's on the share not served, where many have no service). What neither shows is uncertain;
too little to judge by is unknown, and so is a cell without rows, which has no line here at all.
Evidence from before a station opened near by does not show a gap; from before one closed, it does not show coverage.
A signal at or above the threshold, added to a covered cell, never makes it a gap.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.coverage.aggregation import GRADES
from app.coverage.events import StationEvent, last_events
from app.coverage.evidence import Booleans, Evidence, Floats, Level, day_number, gather, histogram, level
from app.coverage.profiles import Profile
from app.coverage.reasons import REASONS
from app.coverage.segments import SEGMENT_M, SEGMENTS_OF_QUARTER, Integers
from app.coverage.tolerance import tolerance_factors, wilson

__all__ = ["REASONS", "CellStates", "StationEvent", "is_area_covered", "judge"]

Texts = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class CellStates:
    """One entry a sample-or-not, carrier and quarter mesh; columns as in `coverage_cell`, days since 1970-01-01.

    nan where a figure is not defined. served and observed: segment passes at or above the threshold, and all.
    """

    is_sample: Booleans
    carrier: Texts
    quarter: Integers
    state: Texts
    grade: Texts
    reason: Texts
    samples: Integers
    segments: Integers
    passes: Integers
    days: Integers
    mean_dbm: Floats
    sd_db: Floats
    lower_dbm: Floats
    upper_dbm: Floats
    no_service_share: Floats
    observed_share: Floats
    road_m: Floats  # a square's side for each square seen: an estimate where no road network is known
    newest: Integers
    oldest: Integers
    must_resurvey: Booleans
    histogram: Integers
    served: Integers
    observed: Integers
    is_public: Booleans

    def __len__(self) -> int:
        return len(self.quarter)

    def to_arrow(self) -> pa.Table:
        """The same as a table; the histogram as lists."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        return pa.table({**columns, "histogram": pa.array(self.histogram.tolist(), pa.list_(pa.int64()))})


def is_area_covered(covered: Floats | Integers, observed: Floats | Integers, share: float) -> Booleans:
    """MIC's rule: strictly more than a share of the observed area is covered. 50.0 % is out, 50.1 % is in."""
    return np.asarray(covered > share * np.asarray(observed))


def judge(
    months: pa.Table,
    profile: Profile,
    as_of: date,
    events: Sequence[StationEvent] = (),
    private_surveys: Collection[str] = (),
) -> CellStates:
    """States of the cells that cell months tell of, as of a day.

    private_surveys: those whose carriers may not be named in public; a cell with evidence of one is not public.
    """
    evidence = gather(months, as_of)
    findings = _findings(evidence, profile, as_of, events)
    reason = _reasons(findings)
    state = np.array([REASONS[code].state for code in reason], dtype=object)
    return _states(evidence, findings, reason, state, private_surveys)


@dataclass(frozen=True, eq=False)
class _Findings:
    """What each way of looking at the evidence shows."""

    plain: Level
    recent: Booleans  # rows within the stale limit of their cell's newest
    lower_dbm: Floats
    upper_dbm: Floats
    samples: Booleans  # enough of them; likewise segments
    segments: Booleans
    covered: Booleans
    covered_unaged: Booleans
    covered_ever: Booleans
    gap: Booleans
    gap_ever: Booleans
    by_share: bool
    by_no_service: Booleans
    no_service_over: Booleans
    opened: Booleans
    closed: Booleans
    old: Booleans


def _findings(evidence: Evidence, profile: Profile, as_of: date, events: Sequence[StationEvent]) -> _Findings:
    c, cell = evidence.columns, evidence.cell_of
    today, newest = day_number(as_of), evidence.newest()
    last = last_events(evidence.quarters, evidence.carriers, events, profile, as_of)
    age = np.maximum(today - c["newest"], 0)
    weights = np.where(age <= profile.stale_after_days, 2.0 ** (-age / profile.half_life_days), 0.0)
    if profile.method != "tolerance":
        weights = (weights > 0).astype(np.float64)  # shares are counted, not weighed
    recent = newest[cell] - c["newest"] <= profile.stale_after_days
    after_closing, after_opening = c["oldest"] > last["closed"][cell], c["oldest"] > last["opened"][cell]
    plain = level(evidence, recent.astype(np.float64), profile)
    aged = level(evidence, weights * after_closing, profile)
    valid = level(evidence, (recent & after_opening).astype(np.float64), profile)
    shown_gap, by_no_service = _shows_gap(valid, profile)
    samples, segments = evidence.count("samples"), evidence.distinct_segments()
    return _Findings(
        plain=plain,
        recent=recent,
        lower_dbm=_bound(aged, profile, profile.confidence),
        upper_dbm=_bound(valid, profile, 1 - profile.confidence),
        samples=samples >= profile.min_samples,
        segments=segments >= profile.min_segments,
        covered=_shows_covered(aged, profile),
        covered_unaged=_shows_covered(level(evidence, (recent & after_closing).astype(np.float64), profile), profile),
        covered_ever=_shows_covered(plain, profile),
        gap=shown_gap,
        gap_ever=_shows_gap(plain, profile)[0],
        by_share=profile.method != "tolerance",
        by_no_service=by_no_service,
        no_service_over=plain.no_service_share > profile.no_service_share,
        opened=last["opened"] >= newest,
        closed=last["closed"] >= newest,
        old=today - newest > profile.stale_after_days,
    )


def _bound(found: Level, profile: Profile, confidence: float) -> Floats:
    """Tolerance bound (dBm): the level that `coverage_target` of the cell exceeds; nan where too little is known."""
    usable = found.enough & (found.n_eff > 1)
    factors = tolerance_factors(np.where(usable, found.n_eff, 2.0), profile.coverage_target, confidence)
    return np.where(usable & np.isfinite(factors), found.mean_dbm - factors * found.total_sd_db, np.nan)


def _shows_covered(found: Level, profile: Profile) -> Booleans:
    if profile.method != "tolerance":
        return found.enough & is_area_covered(found.served, found.observed, profile.served_share)
    reached = _bound(found, profile, profile.confidence) >= profile.threshold_dbm
    return reached & (found.no_service_share <= profile.no_service_share)


def _shows_gap(found: Level, profile: Profile) -> tuple[Booleans, Booleans]:
    """Whether a gap is shown, and whether by counting the segments that are not served."""
    if profile.method != "tolerance":
        below = found.enough & ~is_area_covered(found.served, found.observed, profile.served_share)
        return below, np.zeros(len(below), bool)
    missed = _bound(found, profile, 1 - profile.confidence) < profile.threshold_dbm
    usable = found.enough & (found.n_eff > 0)
    # With that many segments dead, levels are far from normal: the segments not served are counted instead.
    many = usable & (found.no_service_share > profile.no_service_share)
    with np.errstate(invalid="ignore", divide="ignore"):
        unserved = np.where(many, 1 - found.served / found.observed, 0.0)
    least, _ = wilson(unserved, np.where(usable, found.n_eff, 1.0), profile.confidence)
    counted = many & (least > 1 - profile.coverage_target)
    return np.where(many, counted, missed), counted


def _reasons(f: _Findings) -> Texts:
    """The first that holds, from top to bottom."""
    above, below = ("share_above", "share_below") if f.by_share else ("bound_above", "bound_below")
    unshown = ~f.covered & ~f.gap
    cases: list[tuple[Booleans, str]] = [
        (~f.samples, "few_samples"),
        (~f.segments, "few_segments"),
        (f.covered & ~f.gap, above),
        (f.gap & ~f.covered & f.by_no_service, "no_service"),
        (f.gap & ~f.covered, below),
        (f.covered & f.gap, "contradictory"),
        (unshown & f.gap_ever, "station_opened"),
        (unshown & f.covered_ever & ~f.covered_unaged, "station_closed"),
        (unshown & f.covered_ever & f.old, "stale"),
        (unshown & f.covered_ever, "decayed"),
        (f.no_service_over, "no_service_unsure"),
    ]
    return np.select([held for held, _ in cases], [code for _, code in cases], "between_bounds").astype(object)


MUST_RESURVEY = ("station_opened", "station_closed", "stale", "decayed")


def _states(e: Evidence, f: _Findings, reason: Texts, state: Texts, private_surveys: Collection[str]) -> CellStates:
    bars = histogram(e, f.recent)
    grade = np.array(GRADES, dtype=object)[bars.argmax(axis=1)] if len(bars) else np.zeros(0, object)
    segments = e.distinct_segments()
    moved = (f.opened | f.closed) & (state == "uncertain")
    private = np.isin(e.surveys.astype(str), sorted(private_surveys)).astype(np.int64)
    return CellStates(
        is_sample=e.is_sample,
        carrier=e.carriers,
        quarter=e.quarters,
        state=state,
        grade=grade,
        reason=reason,
        samples=e.count("samples"),
        segments=segments,
        passes=e.count("passes"),
        days=e.days(),
        mean_dbm=f.plain.mean_dbm,
        sd_db=f.plain.sd_db,
        lower_dbm=f.lower_dbm,
        upper_dbm=f.upper_dbm,
        no_service_share=f.plain.no_service_share,
        observed_share=segments / SEGMENTS_OF_QUARTER,
        road_m=(segments * SEGMENT_M).astype(np.float64),
        newest=e.newest(),
        oldest=e.oldest(),
        must_resurvey=np.isin(reason.astype(str), MUST_RESURVEY) | f.old | moved,
        histogram=bars,
        served=e.count("served", f.recent),
        observed=e.count("segment_passes", f.recent),
        is_public=e.total(private) == 0,
    )
