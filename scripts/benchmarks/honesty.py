"""Figure `honesty`: what the service calls covered or a gap, against a simulated truth, through its own code.

Rows of 100 valleys go through the aggregation (DuckDB) and the judgement of `tmg-4g-outdoor-1` as a survey's would.
Truth: a mesh is a gap where less than 90 % of it (all its squares, or those with a road) is at or above the threshold,
counted in places and moments; by the mean level of places alone it is reported beside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.coverage.aggregation import cell_months
from app.coverage.engines import open_duckdb
from app.coverage.profiles import get_profile
from app.coverage.segments import MESH_BASE
from app.coverage.states import CellStates, judge
from scripts.benchmarks.figures import Figure, Measured
from scripts.benchmarks.simulation import (
    MESHES,
    MODELS,
    NoiseModel,
    Valley,
    by_mesh,
    drive,
    make_valley,
    mesh_of,
    road_mask,
)
from scripts.benchmarks.stage import Stage
from scripts.machine.terminal import say

SEEDS = 100
PROFILE = "tmg-4g-outdoor-1"
AS_OF = date(2026, 6, 30)
TARGET = 0.90
GOALS = {"false_road": 0.01, "false_area": 0.02, "false_gap": 0.01, "missed": 0.47, "unsurveyed_covered": 0.0}
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Outcome:
    """Shares: of covered that is a gap (on roads, in area; by mean levels), of gap that is none, of gaps not called so.

    majority: the share of covered that is a gap (area), were more than half of what was measured enough.
    """

    covered: float
    gap: float
    uncertain: float
    unknown: float
    false_road: float
    false_area: float
    false_area_by_mean: float
    false_gap: float
    false_gap_by_mean: float
    missed: float
    unsurveyed_covered: float
    majority: float

    def missed_goals(self) -> list[str]:
        """Which goals this does not reach."""
        return [name for name, most in GOALS.items() if not getattr(self, name) <= most]


def simulate(model: NoiseModel, seeds: Sequence[int], passes: int = 1) -> Outcome:
    """Judge what was driven in every valley and compare it with the truth."""
    valleys = [make_valley(seed, model) for seed in seeds]
    rows = pa.concat_tables([drive(seed, valley, model, passes) for seed, valley in zip(seeds, valleys, strict=True)])
    profile = get_profile(PROFILE)
    with open_duckdb(threads=1) as engine:
        months = engine.run(cell_months(engine.arrow(rows, "rows"), profile, AS_OF))
    return compare(judge(months, profile, AS_OF), valleys, seeds, model)


def compare(states: CellStates, valleys: Sequence[Valley], seeds: Sequence[int], model: NoiseModel) -> Outcome:
    """States against truths."""
    roads = road_mask()
    road = np.stack([by_mesh(valley.served(model), roads) for valley in valleys]) < TARGET
    area = np.stack([by_mesh(valley.served(model)) for valley in valleys]) < TARGET
    by_mean = np.stack([by_mesh(valley.reached()) for valley in valleys]) < TARGET
    place = {seed: n for n, seed in enumerate(seeds)}
    n = np.array([place[int(carrier.removeprefix("seed-"))] for carrier in states.carrier])
    cells = (n, *mesh_of(states.quarter, MESH_BASE))
    covered, gap, majority = (np.zeros(area.shape, bool) for _ in range(3))
    covered[cells], gap[cells] = states.state == "covered", states.state == "gap"
    majority[cells] = states.served * 2 > states.observed
    surveyed = np.broadcast_to(by_mesh(roads.astype(np.float64)) > 0, area.shape)
    everywhere = len(seeds) * MESHES * MESHES
    return Outcome(
        covered=covered.sum() / everywhere,
        gap=gap.sum() / everywhere,
        uncertain=float((states.state == "uncertain").sum() / everywhere),
        unknown=1 - float((states.state != "unknown").sum() / everywhere),
        false_road=_share(covered & road, covered),
        false_area=_share(covered & area, covered),
        false_area_by_mean=_share(covered & by_mean, covered),
        false_gap=_share(gap & ~area, gap),
        false_gap_by_mean=_share(gap & ~by_mean, gap),
        missed=_share(area & ~gap, area),
        unsurveyed_covered=float((covered & ~surveyed).sum()),
        majority=_share(majority & area, majority),
    )


def _share(part: Booleans, whole: Booleans) -> float:
    return float(part.sum() / whole.sum()) if whole.any() else 0.0


@cache
def outcomes() -> dict[str, Outcome]:
    """Every noise model with one pass, and the one the rule supposes with three."""
    seeds = range(SEEDS)
    found = {model.name: simulate(model, seeds) for model in MODELS}
    return {**found, "as supposed, 3 passes": simulate(MODELS[0], seeds, passes=3)}


def measure_honesty(_: Stage) -> Measured:
    """How many goals are missed under the noise the rule supposes; a line for every other noise."""
    found = outcomes()
    say_outcomes(found)
    missed = found[MODELS[0].name].missed_goals()
    return Measured((float(len(missed)),), note=", ".join(missed) or f"{SEEDS} seeds")


def say_outcomes(found: dict[str, Outcome]) -> None:
    """One line a noise model."""
    say(
        "  noise                   covered/gap/uncertain/unknown   false covered road/area (by mean)   precision of gap (by mean)   recall   majority's false covered"
    )
    for name, o in found.items():
        shares = f"{o.covered:.3f}/{o.gap:.3f}/{o.uncertain:.3f}/{o.unknown:.3f}"
        false = f"{o.false_road:.2%}/{o.false_area:.2%} ({o.false_area_by_mean:.2%})"
        right = f"{1 - o.false_gap:.4f} ({1 - o.false_gap_by_mean:.4f})"
        say(f"  {name:22}  {shares:30}  {false:34}  {right:27}  {1 - o.missed:.3f}    {o.majority:.0%}")


def _percent(field: str) -> Measured:
    outcome = outcomes()[MODELS[0].name]
    peer = (100 * outcome.majority,) if field == "false_area" else ()
    return Measured((100 * getattr(outcome, field),), peer)


def _figure(name: str, describes: str, field: str) -> Figure:
    def measure(_: Stage) -> Measured:
        return _percent(field)

    peer = "majority of segments" if field == "false_area" else None
    return Figure(
        name, "%", describes, measure, peer_name=peer, less_is_better=True, most=100 * GOALS[field], on_request=True
    )


FIGURES = (
    Figure(
        "honesty",
        "goals missed",
        "100 simulated valleys: false covered ≤ 1 % on roads, ≤ 2 % in area; of gaps ≤ 1 % false, ≤ 47 % not called so",
        measure_honesty,
        less_is_better=True,
        most=0,
        on_request=True,
    ),
    _figure("honesty-covered-road", "the same: called covered, but a gap on its roads", "false_road"),
    _figure("honesty-covered-area", "the same: called covered, but a gap in its area", "false_area"),
    _figure("honesty-gap", "the same: called a gap, but none", "false_gap"),
    _figure("honesty-missed", "the same: a gap, but not called so (a quarter has no road)", "missed"),
)
