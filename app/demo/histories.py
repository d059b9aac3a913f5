"""Paths through the procedure as cases take them, and how many business days each step takes. Pure.

Every path is a walk through the standard procedure; a step that it does not know raises at once.
"""

from collections.abc import Mapping, Sequence
from random import Random

from app.applications.procedure import RESUME, Transition
from app.applications.standard_procedure import STANDARD

Path = list[str]  # actions, in order

# Median business days in a state before the next action, and offices that are slower or faster than others.
MEDIAN_DAYS: Mapping[str, float] = {
    "submitted": 1, "intake_check": 4, "sharing_offered": 8, "correction": 6, "referred": 9, "survey_pending": 5,
    "survey_proposed": 2, "survey_confirmed": 8, "surveyed": 14, "consultation": 18, "agreed": 11, "permit_applied": 13,
    "road_permits": 20, "permitted": 14, "construction": 22, "completed": 5, "inspected": 5,
}  # fmt: skip
OFFICE_PACE: Mapping[str, float] = {"bureau": 1.3, "minato": 0.7}
SPREAD = 0.45  # sigma of the logarithm
RESUMED_MOST_DAYS = 4  # an intake check that was interrupted once may have only five days left

# How a case came to its state: from which state of the main path, by which further actions.
ENDINGS: Mapping[str, tuple[tuple[str, Path], ...]] = {
    "correction": (
        ("intake_check", ["request_correction"]),
        ("consultation", ["request_correction"]),
        ("permit_applied", ["request_correction"]),
    ),
    "sharing_offered": (("intake_check", ["propose_sharing"]),),
    "road_permits": (("permit_applied", ["await_road_permits"]),),
    "declined": (("referred", ["decline"]), ("referred", ["decline"]), ("consultation", ["decline"])),
    "withdrawn": tuple(
        (state, ["withdraw"])
        for state in ("submitted", "intake_check", "referred", "survey_pending", "surveyed", "consultation", "agreed", "permitted")
    ),
    "lapsed": (
        ("intake_check", ["request_correction", "lapse"]),
        ("survey_pending", ["lapse"]),
        ("consultation", ["request_correction", "lapse"]),
    ),
    "permit_denied": (("permit_applied", ["deny"]),),
    "permit_expired": (("permitted", ["expire_permit"]),),
}  # fmt: skip


def full_path(rng: Random, *, is_structure: bool, is_eventful: bool = True) -> Path:
    """From sending to on air, with the detours that happen on the way; a structure waits for its road permits."""

    def happens(chance: float) -> bool:
        return is_eventful and rng.random() < chance

    path = ["submit", "accept"]
    if happens(0.26):
        path += ["request_correction", "resubmit"] * (2 if happens(0.2) else 1)
    path.append("deem_complete" if len(path) == 2 and happens(0.05) else "refer")
    if happens(0.05):
        path += ["return_to_window", "refer"]
    path += _survey(rng, is_structure, happens(0.08))
    path.append("open_consultation")
    if happens(0.16):
        path += ["request_correction", "resubmit"]
    path += ["agree", "apply_permit"]
    if happens(0.08):
        path += ["request_correction", "resubmit"]
    if is_structure:
        path += ["await_road_permits", "report_road_permits"]
    path += ["permit", "start_construction", "report_completion"]
    if happens(0.08):
        path += ["report_defect", "report_completion"]
    return [*path, "accept_completion", "go_on_air"]


def _survey(rng: Random, is_structure: bool, asks_again: bool) -> Path:
    if rng.random() < (0.5 if is_structure else 0.12):
        return ["waive_survey"]
    again = ["ask_other_dates", "propose_survey"] if asks_again else []
    return ["pass_first_review", "propose_survey", *again, "confirm_survey", "report_survey"]


TENANT_PATH = ("submit", "accept", "propose_sharing", "accept_sharing", "refer", "acknowledge_sharing")
TENANT_BUILDS = ("start_construction", "report_completion", "accept_completion")
ALONE_PATH = ("submit", "accept", "propose_sharing", "decline_sharing", "withdraw")


def tenant_path(target: str) -> Path:
    """The path of a case that goes onto another carrier's structure and needs no permit of its own."""
    path = [*TENANT_PATH, *TENANT_BUILDS]
    return path[: states_along(path).index(target, len(TENANT_PATH))]


def path_to(target: str, rng: Random, *, is_structure: bool) -> Path:
    """A path that ends in a state up to `on_air`, or in an end that is reached before."""
    if target == "draft":
        return []
    if target == "cancelled":
        return ["discard"]
    source, further = rng.choice(ENDINGS[target]) if target in ENDINGS else (target, [])
    while True:
        path = full_path(rng, is_structure=is_structure)
        states = states_along(path)
        if source in states:  # a path without a survey has no `survey_pending`
            first, last = states.index(source), len(states) - 1 - states[::-1].index(source)
            return path[: first if further else last] + further


def states_along(path: Sequence[str]) -> list[str]:
    """The state before each action of a path, and the one after the last. Raises ValueError for an illegal step."""
    states, taken_from = ["draft"], ""
    for action in path:
        step = transition_of(states[-1], action)
        target = taken_from if step.target == RESUME else step.target
        if "keep_days" in step.effects:
            taken_from = states[-1]
        states.append(target)
    return states


def transition_of(state: str, action: str) -> Transition:
    """The transition of the standard procedure. Raises ValueError where it has none."""
    step = STANDARD.find(state, action)
    if step is None:
        raise ValueError(f"{action} is not possible in {state}")
    return step


def natural_days(path: Sequence[str], rng: Random, office: str) -> list[int]:
    """Business days before each action of a path, as they come: the first is 0."""
    states, longest, days = states_along(path), most_days(path), []
    for n, (state, action) in enumerate(zip(states, path, strict=False)):
        by_itself = days_by_itself(state, action)
        if by_itself is not None:
            days.append(by_itself)
            continue
        pace = OFFICE_PACE.get(office, 1.0) if STANDARD.by_state[state].party == "owner" else 1.0
        drawn = MEDIAN_DAYS.get(state, 0) * pace * rng.lognormvariate(0, SPREAD)
        days.append(min(round(drawn), longest[n]) if n else 0)
    return days


def days_by_itself(state: str, action: str) -> int | None:
    """Business days after which the service takes an action whose limit has passed; None for people's actions."""
    found = STANDARD.by_state[state]
    if found.on_limit != action:
        return None
    return found.limit_days + 1 if found.limit_days else 0  # limits in months: the day is found by the calendar


NO_END = 10_000


def most_days(path: Sequence[str]) -> list[int]:
    """Business days each step may take at most, lest the service acts by itself."""
    states, most, was_taken = states_along(path), [], False
    for state, action in zip(states, path, strict=False):
        found = STANDARD.by_state[state]
        limited = found.on_limit is not None and found.limit_days is not None
        most.append(found.limit_days - 1 if limited and found.limit_days else NO_END)
        if found.limit_months:
            most[-1] = 20 * found.limit_months - 10
        if state == "intake_check" and was_taken:
            most[-1] = RESUMED_MOST_DAYS
        was_taken |= action in ("request_correction", "propose_sharing")
    return most


def capacity(path: Sequence[str]) -> int:
    """Business days a path may be stretched to."""
    return sum(_fixed_or(path, most_days(path))[1:])


def _fixed_or(path: Sequence[str], days: Sequence[int]) -> list[int]:
    states = states_along(path)
    fixed = [days_by_itself(state, action) for state, action in zip(states, path, strict=False)]
    return [given if given is not None else own for given, own in zip(fixed, days, strict=True)]


def stretch(path: Sequence[str], natural: Sequence[int], total: int) -> list[int]:
    """The same steps in `total` business days: all longer or shorter alike, none longer than it may be."""
    most = _fixed_or(path, most_days(path))
    fixed = {n for n, given in enumerate(_fixed_or(path, [-1] * len(path))) if given >= 0 or n == 0}
    days = [0 if n == 0 else most[n] if n in fixed else max(natural[n], 1) for n in range(len(path))]
    free = [n for n in range(len(path)) if n not in fixed]
    shares = _shares({n: days[n] for n in free}, {n: most[n] for n in free}, total - sum(days[n] for n in fixed))
    for n in free:
        days[n] = shares[n]
    return days


def _shares(weights: Mapping[int, int], most: Mapping[int, int], total: int) -> dict[int, int]:
    """Whole days that sum to `total` in proportion to the weights, none above its most (largest first to be capped)."""
    shares: dict[int, int] = {}
    left, weight_left = max(total, 0), sum(weights.values())
    for n in sorted(weights, key=lambda n: most[n] / weights[n]):
        shares[n] = min(most[n], round(left * weights[n] / weight_left)) if weight_left else 0
        left -= shares[n]
        weight_left -= weights[n]
    return shares
