"""Figures over all cases: enquiries, refusals, days by step and office, stations on air, what is open, late and reserved.

Pure: facts in, figures out. Days are business days of `app.clock` with the closures of the office whose step it is; ranges
are told by the same rule as forecasts: the smallest number that at least that share of cases does not exceed.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.accounts.actor import Actor
from app.accounts.permissions import OrganisationKind
from app.applications.procedure import PARTY_LABELS, Party
from app.applications.standard_procedure import REASON_CODES, STANDARD
from app.applications.statistics.case_facts import Decided, Facts, Office, Open, Step
from app.applications.statistics.figures import PUBLIC_FIGURES, STAFF_FIGURES, Figure, Row, suppress
from app.clock import add_business_days, today
from app.problems import FORBIDDEN, Problem

PLAN = {date(2023, 3, 1): 225, date(2024, 3, 1): 300}  # stations on air by the end of that month
_SOON_DAYS = 5  # business days
_KEPT_MOST = 500  # figures
_WINDOW_STATES = frozenset(state.code for state in STANDARD.states if state.party is Party.WINDOW)
_OWNER_STATES = frozenset(state.code for state in STANDARD.states if state.party is Party.OWNER)
_CLOCKS = {"runs": ("進む", "runs"), "stopped": ("止まる", "stopped"), "off": ("対象外", "not counted")}
_STAFF_KINDS = {
    OrganisationKind.BUREAU,
    OrganisationKind.MUNICIPALITY,
    OrganisationKind.AFFILIATED,
    OrganisationKind.WINDOW,
}
_NO_OFFICE = ("所管未定", "No office yet")
_NO_REASON = ("理由なし", "No reason given")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What figures are limited to: a term, both days with it, and an office."""

    since: date | None = None
    until: date | None = None
    office: Office = None

    def holds(self, day: date) -> bool:
        """Whether a day lies in the term."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def is_of(self, owner: Office) -> bool:
        """Whether an office is the one asked for."""
        return self.office is None or owner == self.office


def count_figure(name: str, facts: Facts, wanted: Wanted, on: date | None = None) -> Figure:
    """A figure for staff. Raises KeyError for one there is not."""
    rows = _kept(_STAFF[name], facts, wanted, on)
    return Figure(STAFF_FIGURES[name], rows, facts.as_of, facts.is_sample)


def is_staff(actor: Actor) -> bool:
    """Whether somebody works for a public body or the window; owners of private buildings are told less."""
    return actor.organisation_kind in _STAFF_KINDS


def figure_for(actor: Actor, name: str, facts: Facts, wanted: Wanted) -> Figure:
    """A figure as somebody who may read figures is shown it: private owners see their own office alone and nothing small.

    Raises Problem (403) for another office of theirs.
    """
    if is_staff(actor):
        return count_figure(name, facts, wanted)
    if wanted.office not in (None, actor.organisation_id):
        raise Problem(FORBIDDEN, "ほかの所管の数字は見られません。", "Figures of other offices are not for you to see.")
    figure = suppress(count_figure(name, facts, wanted))
    if not figure.definition.is_by_office:
        return figure
    own = [row for row in figure.rows if row["office"] == str(actor.organisation_id)]
    return replace(figure, rows=own)


def public_figure(name: str, facts: Facts) -> Figure:
    """A total as everybody is shown it; told to the minute, so that what is the same keeps its ETag for a while."""
    figure = suppress(count_public(name, facts))
    return replace(figure, as_of=figure.as_of.replace(second=0, microsecond=0))


def count_public(name: str, facts: Facts, on: date | None = None) -> Figure:
    """A figure of the public page, before what is small is taken out. Raises KeyError for one there is not."""
    rows = _kept(_PUBLIC[name], facts, Wanted(), on)
    is_sample = facts.opened_is_sample if name == "municipalities" else facts.is_sample
    return Figure(PUBLIC_FIGURES[name], rows, facts.as_of, is_sample)


def _kept(count: "_Count", facts: Facts, wanted: Wanted, on: date | None) -> list[Row]:
    """Rows counted once for as long as the facts are kept."""
    key = (count, wanted, on)
    if key not in facts.counted:
        if len(facts.counted) >= _KEPT_MOST:
            facts.counted.clear()
        facts.counted[key] = count(facts, wanted, on or today(facts.as_of))
    rows: list[Row] = facts.counted[key]
    return rows


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def year_of(day: date) -> int:
    """The financial year (April to March) a day lies in."""
    return day.year - (day.month < 4)


def year_term(year: int) -> tuple[date, date]:
    """The first and last day of a financial year."""
    return date(year, 4, 1), date(year + 1, 3, 31)


def _months(days: Iterable[date], wanted: Wanted, on: date) -> list[date]:
    """Every month from the first of these days, or of the term, to the last of the term or the present one."""
    first = min((day for day in days if wanted.holds(day)), default=None)
    if first is None:
        return []
    last = month_of(min(wanted.until or on, on))
    found = [month_of(first)]
    while found[-1] < last:
        found.append(date(found[-1].year + found[-1].month // 12, found[-1].month % 12 + 1, 1))
    return found


def _enquiries(facts: Facts, wanted: Wanted, on: date) -> list[Row]:
    by_month: Counter[date] = Counter()
    for sent in facts.sent:
        if wanted.holds(sent.started_on) and wanted.is_of(sent.owner):
            by_month[month_of(sent.started_on)] += sent.cases
    return [{"month": month, "cases": by_month[month]} for month in _months(by_month, Wanted(until=wanted.until), on)]


def _on_air(facts: Facts, wanted: Wanted, on: date) -> list[Row]:
    """The standing at the end of a month is of all that went before, also before the term."""
    started: Counter[date] = Counter()
    removed: Counter[date] = Counter()
    for stood in facts.stood:
        if wanted.is_of(stood.owner):
            started[month_of(stood.on_air_on)] += stood.cases
            if stood.removed_on is not None:
                removed[month_of(stood.removed_on)] += stood.cases
    rows: list[Row] = []
    standing = 0
    for month in _months([*started, *removed], Wanted(until=wanted.until), on):
        standing += started[month] - removed[month]
        rows.append(
            {
                "month": month, "started": started[month], "removed": removed[month], "standing": standing,
                "plan": PLAN.get(month) if wanted.office is None else None,
            }
        )  # fmt: skip
    return [row for row in rows if wanted.since is None or row["month"] >= month_of(wanted.since)]


def _refusals(facts: Facts, wanted: Wanted, on: date) -> list[Row]:
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for ended in facts.ended:
        if wanted.holds(ended.ended_on) and wanted.is_of(ended.owner):
            counted[ended.reason or ""][ended.state] += ended.cases
    rows = [
        {
            **_label("reason", reason, REASON_CODES.get(reason, _NO_REASON)),
            **{state: by_state[state] for state in ("declined", "permit_denied", "withdrawn")}, "cases": by_state.total(),
        }
        for reason, by_state in counted.items()
    ]  # fmt: skip
    order = list(REASON_CODES)
    return sorted(rows, key=lambda row: (-row["cases"], order.index(row["reason"]) if row["reason"] in order else 99))


def _label(name: str, code: Any, words: tuple[str, str]) -> Row:
    return {name: code, f"{name}_ja": words[0], f"{name}_en": words[1]}


def _steps(facts: Facts, wanted: Wanted, on: date) -> list[Row]:
    days: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for step in facts.steps:
        if wanted.holds(step.left_on) and wanted.is_of(step.owner):
            days[step.state][facts.days.between(step.entered_on, step.left_on, _office_of(step))] += step.cases
    rows = []
    for state in STANDARD.states:
        if state.code in days and state.code not in ("draft", "on_air"):
            rows.append(
                {
                    **_label("state", state.code, (state.ja, state.en)),
                    **_label("party", (state.stopped_by or state.party).value, PARTY_LABELS[state.stopped_by or state.party]),
                    **_label("clock", state.clock, _CLOCKS[state.clock]),
                    **_spread(days[state.code]), "limit_days": state.limit_days,
                }
            )  # fmt: skip
    return rows


def _office_of(step: Step | Open) -> Office:
    """The office whose closures count in a state."""
    if step.state in _WINDOW_STATES:
        return step.window
    return step.owner if step.state in _OWNER_STATES else None


def _spread(days: Mapping[int, int]) -> Row:
    """How many cases, and how many days half of them took, a tenth and nine tenths."""
    return {
        "cases": sum(days.values()), "median_days": quantile(days, 50), "low_days": quantile(days, 10),
        "high_days": quantile(days, 90),
    }  # fmt: skip


def quantile(counted: Mapping[int, int], percent: int) -> int | None:
    """The smallest number that at least so many percent do not exceed, of numbers counted; None of none."""
    wanted, so_far = sum(counted.values()) * percent, 0
    for number in sorted(counted):
        so_far += counted[number] * 100
        if so_far >= wanted:
            return number
    return None


@dataclass(slots=True)
class _Took:
    """Days of decided cases: used, stopped, and how many were within the standard time."""

    used: Counter[int]
    stopped: Counter[int]
    allowed: Counter[int]
    within: int = 0

    def add(self, decided: Decided, used: int, stopped: int, allowed: int | None) -> None:
        """Take in cases that took the same days."""
        self.used[used] += decided.cases
        self.stopped[stopped] += decided.cases
        if allowed is not None:
            self.allowed[allowed] += decided.cases
            self.within += decided.cases * (used <= allowed)

    def row(self) -> Row:
        """What is told of them."""
        return {**_spread(self.used), "stopped_days": quantile(self.stopped, 50)}


def _took(facts: Facts, wanted: Wanted, group: Callable[[Decided], Any]) -> dict[Any, _Took]:
    """Days used and stopped of decided cases, by group: as `clock.read_clock` reads them, stops never overlapping."""
    found: dict[Any, _Took] = {}
    for case in facts.decided:
        if not (wanted.holds(case.decided_on) and wanted.is_of(case.owner)):
            continue
        stopped = sum(facts.days.between(since, until, case.owner) for since, until in case.stops)
        used = facts.days.between(case.started_on, case.decided_on, case.owner) - stopped
        allowed = facts.allowed_days.get((case.procedure_id, case.is_new_structure))
        found.setdefault(group(case), _Took(Counter(), Counter(), Counter())).add(case, used, stopped, allowed)
    return found


def _offices(facts: Facts, wanted: Wanted, on: date) -> list[Row]:
    rows = []
    for office, took in _took(facts, wanted, lambda case: case.owner).items():
        row = took.row()
        allowed = quantile(took.allowed, 50)
        within = round(100 * took.within / took.allowed.total()) if took.allowed else None
        rows.append({**_office(facts, office), **row, "allowed_days": allowed, "within_percent": within})
    return sorted(rows, key=lambda row: (-row["cases"], row["office_ja"]))


def _office(facts: Facts, office: Office) -> Row:
    words = facts.offices.get(office, _NO_OFFICE) if office else _NO_OFFICE
    return _label("office", str(office) if office else None, words)


def _days(facts: Facts, wanted: Wanted, on: date) -> list[Row]:
    took = _took(facts, wanted, lambda case: year_of(case.decided_on))
    return [
        {**_label("year", year, (f"{year}年度", f"FY{year}")), **took[year].row()} for year in sorted(took)
    ]  # fmt: skip


def _open(facts: Facts, wanted: Wanted, on: date) -> list[Row]:
    cases: Counter[tuple[str, str]] = Counter()
    overdue: Counter[tuple[str, str]] = Counter()
    for one in facts.open:
        if wanted.is_of(one.owner) and one.state != "on_air":
            cases[one.state, one.party] += one.cases
            overdue[one.state, one.party] += one.cases * (one.due_on is not None and one.due_on < on)
    order = [state.code for state in STANDARD.states]
    return [
        {
            **_label("state", code, (STANDARD.by_state[code].ja, STANDARD.by_state[code].en)),
            **_label("party", party, PARTY_LABELS[Party(party)]), "cases": number, "overdue": overdue[code, party],
        }
        for (code, party), number in sorted(cases.items(), key=lambda item: order.index(item[0][0]))
    ]  # fmt: skip


def _overdue(facts: Facts, wanted: Wanted, on: date) -> list[Row]:
    """By who owes the step: each office, and the carriers as one."""
    groups: defaultdict[Any, list[Open]] = defaultdict(list)
    for one in facts.open:
        if one.party in ("carrier", "window", "owner") and wanted.is_of(one.owner):
            groups["carrier" if one.party == "carrier" else _office_of(one)].append(one)
    rows = []
    for group, found in groups.items():
        late = [one for one in found if one.due_on is not None and one.due_on < on]
        who = (
            _label("office", "carriers", ("事業者（全体）", "Carriers (all)"))
            if group == "carrier"
            else _office(facts, group)
        )
        office = None if group == "carrier" else group
        rows.append(
            {
                **who, "cases": sum(one.cases for one in found), "overdue": sum(one.cases for one in late),
                "longest_days": max((facts.days.between(one.due_on, on, office) for one in late if one.due_on), default=None),
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-row["overdue"], -row["cases"], row["office_ja"]))


def _reservations(facts: Facts, wanted: Wanted, on: date) -> list[Row]:
    soon = add_business_days(on, _SOON_DAYS)
    found: defaultdict[Office, Counter[str]] = defaultdict(Counter)
    for one in facts.reserved:
        # One whose last day has passed is let go when somebody asks for the slot.
        if not wanted.is_of(one.owner) or (one.until_on is not None and one.until_on < on):
            continue
        counted = found[one.owner]
        kind = "on_air" if one.is_on_air else "held" if one.until_on is None else "reserved"
        counted[kind] += one.slots
        counted["slots"] += one.slots
        counted["ending_soon"] += one.slots * (kind == "reserved" and one.until_on is not None and one.until_on <= soon)
    names = ("reserved", "ending_soon", "held", "on_air", "slots")
    rows = [{**_office(facts, owner), **{name: counted[name] for name in names}} for owner, counted in found.items()]
    return sorted(rows, key=lambda row: (-row["slots"], row["office_ja"]))


def _municipalities(facts: Facts, wanted: Wanted, on: date) -> list[Row]:
    return [
        {**_label("municipality", one.municipality_code, (one.name, one.name_en)), "assets": one.assets}
        for one in facts.opened
    ]


_Count = Callable[[Facts, Wanted, date], list[Row]]
_STAFF: Mapping[str, _Count] = {
    "on-air": _on_air, "enquiries": _enquiries, "refusals": _refusals, "steps": _steps, "offices": _offices, "open": _open,
    "overdue": _overdue, "reservations": _reservations,
}  # fmt: skip
_PUBLIC: Mapping[str, _Count] = {
    "on-air": _on_air, "days": _days, "enquiries": _enquiries, "municipalities": _municipalities,
}  # fmt: skip
