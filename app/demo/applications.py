"""Sample cases put together into applications: a carrier sends several sites at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.demo.cases import FINISHED, UNSENT, Case, settle_operation
from app.demo.register import sample_rng
from app.demo.work_days import WorkDays

LONG_AGO, LONG_WAIT, SHORT_WAIT = 250, 80, 24  # business days
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32


@dataclass(slots=True)
class SampleApplication:
    """An application to be: its code, carrier, the number of the business day it was sent, and its cases."""

    code: str
    carrier: str
    start: int
    is_sent: bool
    cases: list[Case]

    @property
    def state(self) -> str:
        """As the table of applications has it."""
        if self.is_sent:
            return "submitted"
        return "discarded" if all(case.target == "cancelled" for case in self.cases) else "draft"


def sample_applications(days: WorkDays, cases: Sequence[Case]) -> list[SampleApplication]:
    """Applications over all cases, oldest first; what follows from the day they were sent is settled."""
    unsent = [case for case in cases if case.target in UNSENT]
    groups = [(group, True) for group in _sent_together(days, [case for case in cases if case.target not in UNSENT])]
    groups += [(group, False) for group in _drafted_together(unsent)]
    groups.sort(key=lambda group: (group[0][0].start, group[0][0].key))
    made = [
        SampleApplication(_code(number), group[0].carrier, group[0].start, is_sent, group)
        for number, (group, is_sent) in enumerate(groups)
    ]
    for case in cases:
        settle_operation(days, case)
    return made


def _sent_together(days: WorkDays, cases: Sequence[Case]) -> list[list[Case]]:
    """Cases of one carrier whose first days lie near each other, moved to the earliest of them; ends join any of them."""
    groups: list[list[Case]] = []
    waiting = sorted((c for c in cases if not is_free(c)), key=lambda case: (case.carrier, case.start, case.key))
    while waiting:
        first = waiting[0]
        size = sample_rng(f"size {first.key}").randint(4, 10)
        wait = LONG_WAIT if days.latest - first.start > LONG_AGO else SHORT_WAIT
        group = [case for case in waiting if _may_join(first, case, wait)][:size]
        for case in group:
            case.start = first.start
        taken = {case.key for case in group}
        waiting = [case for case in waiting if case.key not in taken]
        groups.append(group)
    for case in filter(is_free, cases):
        _join_any(groups, case)
    return groups


def is_free(case: Case) -> bool:
    """Whether a case may have begun on any day before it could still be running."""
    return case.target in FINISHED and case.partner is None


def _may_join(first: Case, case: Case, wait: int) -> bool:
    if case is first:
        return True
    is_near = case.carrier == first.carrier and first.start <= case.start <= first.start + wait
    return is_near and case.asset_id != first.asset_id and case.end is not None and case.may_begin(first.start)


def _join_any(groups: list[list[Case]], case: Case) -> None:
    """Into the application of its carrier that was sent nearest to the day it was to begin, no later."""
    fitting = [group for group in groups if group[0].carrier == case.carrier and group[0].start <= case.start]
    if fitting and sample_rng(f"joins {case.key}").random() < 0.95:
        group = max(fitting, key=lambda group: (group[0].start, -len(group)))
        case.start = group[0].start
        group.append(case)
    else:
        groups.append([case])


def _drafted_together(cases: Sequence[Case]) -> Iterator[list[Case]]:
    """Drafts: three with a place taken off again, and two that were given up whole."""
    drafts = [case for case in cases if case.target == "draft"]
    cancelled = [case for case in cases if case.target == "cancelled"]
    given_up = [[cancelled.pop()], [cancelled.pop(), cancelled.pop()]]
    sizes = (5, 2, 4, 3)
    for size in sizes:
        group = [drafts.pop() for _ in range(size)] + ([cancelled.pop()] if cancelled else [])
        yield _of_one_carrier(group)
    yield from map(_of_one_carrier, given_up)


def _of_one_carrier(group: list[Case]) -> list[Case]:
    for case in group:
        case.carrier, case.start = group[0].carrier, min(group[0].start, case.start)
    return group


def _code(number: int) -> str:
    rng = sample_rng(f"application {number}")
    return "A-" + "".join(rng.choice(_ALPHABET) for _ in range(8))
