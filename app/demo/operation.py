"""What happens once a station is on air: changes, renewals, the end of its term, removal."""

from datetime import date, timedelta
from random import Random

from app.demo.work_days import WorkDays, first_term, next_term

Tail = list[tuple[str, int]]  # actions with the numbers of their business days
RENEWAL_DAYS = 180  # before the last day of a permit
TERMS_YEARS = (5, 10, 3)
AFTER_FIRST_225 = date(2023, 4, 3)  # stations beyond the first 225 went on air from the next financial year on


def tail_of_station(rng: Random, days: WorkDays, permitted_on: date, on_air: int) -> tuple[int, Tail]:
    """The years of its permits and what has been since, such that the station is on air today, not being renewed."""
    for years in TERMS_YEARS:
        renewals = _renewals(rng, days, first_term(permitted_on, years)[1], years)
        if renewals is not None:
            return years, sorted(renewals + _changes(rng, days, on_air, renewals), key=lambda act: act[1])
    raise ValueError("no term of a permit keeps the station on air today")


def _renewals(rng: Random, days: WorkDays, to_on: date, years: int) -> Tail | None:
    """Renewals up to today; None where one would be under way."""
    tail: Tail = []
    while to_on <= days.today + timedelta(days=RENEWAL_DAYS + 30):
        begun = days.on_or_after(to_on - timedelta(days=RENEWAL_DAYS))
        asked = begun + rng.randint(12, 40)
        renewed_on = asked + rng.randint(8, 26)
        if renewed_on > days.latest:
            return None
        tail += [("begin_renewal", begun), ("request_renewal", asked), ("renew", renewed_on)]
        to_on = next_term(to_on, years)[1]
    return tail


def _changes(rng: Random, days: WorkDays, on_air: int, renewals: Tail) -> Tail:
    """Now and then a change is asked for, away from any renewal."""
    if rng.random() > 0.14 or days.latest - on_air < 200:
        return []
    asked = rng.randint(on_air + 60, days.latest - 40)
    if any(abs(asked - day) < 120 for _, day in renewals):
        return []
    answer = "refuse_modification" if rng.random() < 0.2 else "approve_modification"
    return [("request_modification", asked), (answer, asked + rng.randint(4, 18))]


def renewed(rng: Random, days: WorkDays, target: str, since: int, *, is_refused: bool) -> tuple[date, Tail]:
    """The last day of a permit and the acts up to a state of its renewal, or its end: refused, or not asked for."""
    if target == "renewal_due":
        to_on = days.today + timedelta(days=rng.randint(25, 150))
        return to_on, [("begin_renewal", days.on_or_after(to_on - timedelta(days=RENEWAL_DAYS)))]
    if target == "expired" and not is_refused:
        to_on = days.at(since) - timedelta(days=1)
        begun = days.on_or_after(to_on - timedelta(days=RENEWAL_DAYS))
        return to_on, [("begin_renewal", begun), ("expire", since)]
    asked = since if target == "renewal_review" else since - rng.randint(10, 25)
    begun = asked - rng.randint(8, 20)
    tail = [("begin_renewal", begun), ("request_renewal", asked)]
    if target == "expired":
        tail.append(("refuse_renewal", since))
    return days.at(begun) + timedelta(days=RENEWAL_DAYS), tail


def modified(rng: Random, days: WorkDays, target: str, since: int) -> tuple[int, Tail]:
    """The day it went on air, and the request to change it or the permit's revocation."""
    action = "request_modification" if target == "modification" else "revoke"
    return _went_on_air(days, since - rng.randint(150, 450)), [(action, since)]


def after_removal(rng: Random, days: WorkDays, target: str, since: int) -> tuple[int, Tail]:
    """The day it went on air, and its removal as far as it has come."""
    if target == "removal":
        return _went_on_air(days, since - rng.randint(250, 500)), [("begin_removal", since)]
    reported = since
    if target == "closed":
        reported = days.latest - rng.randint(15, 250)
    removing = reported - rng.randint(20, 50)
    tail = [("begin_removal", removing), ("report_restoration", reported)]
    if target == "closed":
        tail += _confirmed(rng, reported)
    return _went_on_air(days, removing - rng.randint(150, 320)), tail


def _confirmed(rng: Random, reported: int) -> Tail:
    if rng.random() < 0.35:
        return [
            ("find_defect", reported + 3),
            ("report_restoration", reported + 8),
            ("confirm_restoration", reported + 11),
        ]
    return [("confirm_restoration", reported + rng.randint(2, 9))]


def _went_on_air(days: WorkDays, day: int) -> int:
    return max(day, days.on_or_after(AFTER_FIRST_225))
