"""Which sample cases there are: how many in each state, whose, on which asset, over which days."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from app.applications.procedure import limit_days
from app.applications.standard_procedure import STANDARD
from app.clock import add_months
from app.demo.histories import ALONE_PATH, Path, capacity, full_path, natural_days, path_to, stretch, tenant_path
from app.demo.operation import Tail, after_removal, modified, renewed, tail_of_station
from app.demo.register import sample_rng
from app.demo.work_days import WorkDays

Found = Mapping[str, Any]

# Beside the 225 on air: how many in each state. Ends and states of a finished kind lie in the past for good.
COUNTS: Mapping[str, int] = {
    "draft": 14, "submitted": 10, "intake_check": 16, "sharing_offered": 4, "correction": 14, "referred": 24,
    "survey_pending": 14, "survey_proposed": 8, "survey_confirmed": 10, "surveyed": 14, "consultation": 24, "agreed": 10,
    "permit_applied": 18, "road_permits": 5, "permitted": 12, "construction": 12, "completed": 6, "inspected": 4,
    "modification": 5, "renewal_due": 6, "renewal_review": 4, "expired": 2, "revoked": 2, "removal": 3, "restored": 2,
    "closed": 8, "cancelled": 6, "withdrawn": 30, "lapsed": 18, "declined": 50, "permit_denied": 6, "permit_expired": 4,
}  # fmt: skip
TENANTS = ("permitted", "permitted", "construction", "construction", "completed", "inspected")
ALONE = 4  # asked to share, would not, and withdrew
FINISHED = frozenset({"withdrawn", "lapsed", "declined", "permit_denied", "permit_expired"})
UNSENT = frozenset({"draft", "cancelled"})
CARRIERS = {"carrier-a": 30, "carrier-b": 25, "carrier-c": 19, "carrier-d": 16, "sharing": 10}
STATION_CARRIERS = {f"通信事業者{letter}": f"carrier-{letter.lower()}" for letter in "ABCD"}
POOLS = {"building": 56, "land": 14, "structure": 12, "minato": 18}  # where cases apply
MOST_OFTEN_OVERDUE = 0.22
UNBUILT_MONTHS = STANDARD.by_state["permitted"].limit_months or 0


@dataclass(slots=True)
class Case:
    """One case to be: `path` up to on air or an early end, laid out over business days that end with `end`.

    `end` is None where the days follow from `start`; `tail` are the acts once on air; `to_on` is the last day of the
    permit where it is given; `partner` is the case on the same asset that holds the slot.
    """

    key: str
    target: str
    carrier: str
    asset_id: str
    office: str
    is_structure: bool
    path: Path
    natural: list[int]
    start: int
    end: int | None = None
    tail: Tail = field(default_factory=list)
    to_on: date | None = None
    years: int = 5
    station: Found | None = None
    partner: "Case | None" = None

    @property
    def rng(self) -> Random:
        """Random numbers of this case alone."""
        return sample_rng(f"case {self.key}")

    def acts(self, days: WorkDays) -> Tail:
        """Every action with the number of its business day."""
        waits = self.natural if self.end is None else stretch(self.path, self.natural, self.end - self.start)
        acts, day = [], self.start
        for action, waited in zip(self.path, waits, strict=True):
            day += waited
            if action == "expire_permit":
                day = days.on_or_after(add_months(days.at(day), UNBUILT_MONTHS) + timedelta(days=1))
            acts.append((action, day))
        return acts + self.tail

    def end_before(self, day: int) -> None:
        """Move it back so that its last act lies before a day."""
        if self.end is not None and self.end >= day:
            self.start -= self.end - day + 1
            self.end = day - 1

    def may_begin(self, start: int) -> bool:
        """Whether it can be laid out from an earlier day on."""
        return self.end is None or self.end - start <= capacity(self.path)


@dataclass(slots=True)
class Pools:
    """Assets that nothing stands on, by kind; each is given out once."""

    assets: Mapping[str, list[Found]]

    def take(self, rng: Random, *, is_structure: bool = False, single: bool = False) -> Found:
        """The next asset, of a kind drawn at random; `single`: with one slot."""
        pool = self.assets["structure" if is_structure else rng.choices(list(POOLS), list(POOLS.values()))[0]]
        place = next(n for n, asset in enumerate(pool) if not single or asset["slots_total"] == 1)
        return pool.pop(place)


def sample_cases(days: WorkDays, stations: Sequence[Found], pools: Pools) -> list[Case]:
    """Every case: those whose station stands, and those in all other states."""
    cases = [_on_air(days, station) for station in stations]
    for target, count in COUNTS.items():
        cases += [_other(days, pools, target, number) for number in range(count)]
    holders = [case for case in cases if case.target in ("referred", "consultation")]
    cases += list(_tenants(days, cases))
    cases += list(_alone(days, holders))
    _ask_to_share(cases, holders)
    return cases


def _on_air(days: WorkDays, station: Found) -> Case:
    key = station["station_id"]
    rng = sample_rng(f"history {key}")
    is_structure = station["asset_kind"] == "structure"
    end = days.on_or_after(station["on_air_on"])
    path = full_path(rng, is_structure=is_structure, is_eventful=end > 60)
    natural = natural_days(path, rng, "bureau")
    return Case(
        key, "on_air", STATION_CARRIERS[station["carrier"]], station["asset_id"], "bureau", is_structure, path, natural,
        max(end - sum(natural), 0), end, station=station,
    )  # fmt: skip


def settle_operation(days: WorkDays, case: Case) -> None:
    """What has happened to a station since it went on air: known once its permit's day is."""
    if case.station is None or case.end is None:
        return
    permitted = next(day for action, day in case.acts(days) if action == "permit")
    case.years, case.tail = tail_of_station(case.rng, days, days.at(permitted), case.end)


def _other(days: WorkDays, pools: Pools, target: str, number: int) -> Case:
    key = f"{target} {number}"
    rng = sample_rng(f"history {key}")
    carrier = rng.choices(list(CARRIERS), list(CARRIERS.values()))[0]
    asset = pools.take(rng, is_structure=target == "road_permits", single=target == "referred" and number < ALONE * 2)
    is_structure = asset["asset_kind"] == "structure"
    office = "minato" if asset["owner_code"] == "131032" else "bureau"
    if target in OPERATED:
        path = full_path(rng, is_structure=is_structure)
    else:
        path = path_to(target, rng, is_structure=is_structure)
    natural = natural_days(path, rng, office)
    case = Case(key, target, carrier, asset["asset_id"], office, is_structure, path, natural, 0)
    _lay_out(days, rng, case, asset["asset_kind"] == "land")
    return case


OPERATED = frozenset(
    {"modification", "renewal_due", "renewal_review", "expired", "revoked", "removal", "restored", "closed"}
)


def _lay_out(days: WorkDays, rng: Random, case: Case, is_new: bool) -> None:
    length = sum(case.natural)
    if case.target in UNSENT:
        case.start = days.latest - rng.randint(0, 25)
    elif case.target in FINISHED:
        case.start = rng.randint(0, days.latest - length - 150)
    elif case.target in OPERATED:
        _lay_out_operation(days, rng, case)
    else:
        case.end = _since(days, rng, case.target, case.path[-1], is_new)
        case.start = case.end - length


def _since(days: WorkDays, rng: Random, target: str, entered_by: str, is_new: bool) -> int:
    """When an open case came to its state, so that inboxes hold what is overdue, due today, this week and later."""
    state = STANDARD.by_state[target]
    limit = limit_days(state, is_new)
    if limit is None:
        return days.latest - rng.randint(3, 95 if state.limit_months else 30)
    if entered_by == "resubmit":
        limit = 5
    draw = rng.random()
    if draw < MOST_OFTEN_OVERDUE and state.on_limit is None:
        left = -rng.randint(1, 8)
    elif draw < 0.34:
        left = 0
    else:
        left = rng.randint(1, 4) if draw < 0.6 else rng.randint(1, limit)
    return min(days.now + left - limit, days.latest)


def _lay_out_operation(days: WorkDays, rng: Random, case: Case) -> None:
    since = _since(days, rng, case.target, "", False)
    if case.target in ("renewal_due", "renewal_review", "expired"):
        case.to_on, case.tail = renewed(rng, days, case.target, since, is_refused=case.key.endswith("0"))
        permitted = days.on_or_after(add_months(case.to_on + timedelta(days=1), -36)) - rng.randint(3, 10)
        case.end = permitted + sum(case.natural[case.path.index("permit") + 1 :])
    elif case.target in ("modification", "revoked"):
        case.end, case.tail = modified(rng, days, case.target, since)
    else:
        case.end, case.tail = after_removal(rng, days, case.target, since)
    case.start = case.end - sum(case.natural)


def _tenants(days: WorkDays, cases: Sequence[Case]) -> Iterator[Case]:
    """Cases on the structure of a carrier that is on air there."""
    hosts = [case for case in cases if case.target == "on_air" and not case.is_structure]
    for number, target in enumerate(TENANTS):
        key = f"tenant {number}"
        rng = sample_rng(f"history {key}")
        host = hosts[number * 17 + 90]
        carrier = "carrier-d" if host.carrier != "carrier-d" else "carrier-b"
        path = tenant_path(target)
        natural = natural_days(path, rng, "bureau")
        end = _since(days, rng, target, path[-1], False)
        yield Case(
            key, target, carrier, host.asset_id, "bureau", False, path, natural, end - sum(natural), end, partner=host
        )


def _alone(days: WorkDays, holders: Sequence[Case]) -> Iterator[Case]:
    """Cases that were offered to share the slot of another, would not, and ended."""
    single = holders[ALONE : ALONE * 2]
    for number, holder in enumerate(single):
        key = f"alone {number}"
        rng = sample_rng(f"history {key}")
        path = list(ALONE_PATH)
        natural = [min(waited, 3) for waited in natural_days(path, rng, "bureau")]
        start = days.latest - sum(natural) - number
        holder.end_before(start)
        yield Case(
            key, "withdrawn", _other_carrier(holder), holder.asset_id, holder.office, holder.is_structure, path, natural,
            start, partner=holder,
        )  # fmt: skip


def _ask_to_share(cases: Sequence[Case], holders: Sequence[Case]) -> None:
    """Put the cases that are being offered a share onto assets whose only slot another case holds."""
    askers = [case for case in cases if case.target == "sharing_offered"]
    for asker, holder in zip(askers, holders, strict=False):
        asker.partner, asker.asset_id = holder, holder.asset_id
        holder.end_before((asker.end or 0) - 1)
        asker.office, asker.is_structure, asker.carrier = holder.office, holder.is_structure, _other_carrier(holder)


def _other_carrier(case: Case) -> str:
    return "carrier-b" if case.carrier == "carrier-a" else "carrier-a"
