"""Estimates of fees: a month and a year by one rule, or a period by every rule in force in it.

Nothing is guessed: where an input is unknown the estimate names it. Months are counted from the first day of the period
by the calendar (民法143条), so that a month a change falls into is charged once, by the rule of its first day.
"""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from app.applications.fees.amounts import as_decimal, rounded
from app.applications.fees.charges import Charge, FeeLine, charge, charged_period
from app.applications.fees.facts import FeeFacts, MissingInput
from app.applications.fees.rules import FeeKind, FeeRule, NoRule, Reduction, rule_in_force
from app.applications.fees.words import notes, rule_in_words
from app.problems import INVALID, Problem

_DAY = timedelta(days=1)
MONTHS_AT_MOST = 600


@dataclass(frozen=True, slots=True)
class Estimate:
    """The fee of a site by a rule (JPY): None where `missing` names what is unknown, or where it is negotiated.

    `rule_ja` and `rule_en` say the rule in words; `notes` are what else must be known, each in Japanese and English.
    """

    rule: FeeRule
    on: date
    lines: tuple[FeeLine, ...]
    monthly_jpy: Decimal | None
    yearly_jpy: Decimal | None
    missing: tuple[MissingInput, ...]
    reduction: Reduction | None
    notes: tuple[tuple[str, str], ...]
    rule_ja: str
    rule_en: str


@dataclass(frozen=True, slots=True)
class PeriodPart:
    """A part of a period under one rule and reduction, both days included; `no_rule` says why there is no rule."""

    from_on: date
    to_on: date
    months: Decimal
    estimate: Estimate | None
    no_rule: NoRule | None
    amount_jpy: Decimal | None


@dataclass(frozen=True, slots=True)
class PeriodEstimate:
    """The fee of a period (JPY), part by part; `total_jpy` is None where any part is unknown."""

    parts: tuple[PeriodPart, ...]
    total_jpy: Decimal | None
    missing: tuple[MissingInput, ...]


def estimate(rule: FeeRule, facts: FeeFacts, on: date) -> Estimate:
    """The fee a month and a year as the rule stands on that day.

    Raises: Problem (422) where equipment is of a class the rule's table does not have.
    """
    return _estimate(rule, facts, on, charge(rule, facts, on))


def _estimate(rule: FeeRule, facts: FeeFacts, on: date, made: Charge) -> Estimate:
    monthly, yearly = _month_and_year(rule, made.amount)
    ja, en = rule_in_words(rule)
    return Estimate(
        rule, on, tuple(made.lines), monthly, yearly, tuple(made.missing), made.reduction,
        notes(rule, facts, on, made.reduction), ja, en,
    )  # fmt: skip


def _month_and_year(rule: FeeRule, amount: Fraction | None) -> tuple[Decimal | None, Decimal | None]:
    if amount is None:
        return None, None
    rounding = rule.parameters.get("rounding", {})
    if charged_period(rule) == "year":
        return rounded(amount / 12, rounding), rounded(amount, rounding)
    monthly = rounded(amount, rounding)
    return monthly, rounded(12 * amount, rounding) if rounding.get("at") == "total" else 12 * monthly


def estimate_period(rules: Sequence[FeeRule], facts: FeeFacts, from_on: date, to_on: date) -> PeriodEstimate:
    """The fee from `from_on` up to and with `to_on`, split where the rule or its reduction changes.

    Raises: Problem (422) for a period that ends before it begins or is longer than fifty years.
    """
    if not from_on <= to_on or _months_between(from_on, to_on) > MONTHS_AT_MOST:
        raise Problem(
            INVALID,
            "期間の終わりは始まりの日以後、50年以内にしてください。",
            "The period ends on or after its first day, and within fifty years.",
            errors=[{"field": "to_on", "ja": f"{from_on}〜{to_on}", "en": f"{from_on} to {to_on}"}],
        )
    pieces = list(_pieces(rules, facts, from_on, to_on))
    parts = tuple(_part(facts, list(group)) for _, group in groupby(pieces, key=lambda piece: piece.key))
    missing = tuple(dict.fromkeys(one for part in parts if part.estimate for one in part.estimate.missing))
    amounts = [part.amount_jpy for part in parts]
    known = [amount for amount in amounts if amount is not None]
    return PeriodEstimate(parts, sum(known, Decimal(0)) if len(known) == len(amounts) else None, missing)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A month, or days of one, under one rule: `months` is 1 or a fraction."""

    from_on: date
    to_on: date
    months: Fraction
    rule: FeeRule | NoRule
    made: Charge | None

    @property
    def key(self) -> tuple[str, ...]:
        if isinstance(self.rule, NoRule):
            return ("", self.rule.reason)
        reduction = self.made.reduction if self.made else None
        return (self.rule.rule_id, reduction.code if reduction else "")


def _pieces(rules: Sequence[FeeRule], facts: FeeFacts, from_on: date, to_on: date) -> Iterator[_Piece]:
    count, start = 0, from_on
    while start <= to_on:
        count += 1
        following = month_start(from_on, count)
        end = min(following - _DAY, to_on)
        rule = _rule_on(rules, facts, start)
        if isinstance(rule, NoRule) or rule.parameters.get("part_month", "whole") == "whole":
            yield _piece(facts, start, end, Fraction(1), rule)
        else:
            yield from _days(rules, facts, start, end, (following - start).days)
        start = following


def _days(rules: Sequence[FeeRule], facts: FeeFacts, start: date, end: date, days_of_month: int) -> Iterator[_Piece]:
    """The days of a month by the rule of each, as parts of the month."""
    days = [start + _DAY * n for n in range((end - start).days + 1)]
    pieces = (_piece(facts, day, day, Fraction(1, days_of_month), _rule_on(rules, facts, day)) for day in days)
    for _, group in groupby(pieces, key=lambda piece: piece.key):
        alike = list(group)
        first, months = alike[0], sum((piece.months for piece in alike), Fraction(0))
        yield _Piece(first.from_on, alike[-1].to_on, months, first.rule, first.made)


def _rule_on(rules: Sequence[FeeRule], facts: FeeFacts, on: date) -> FeeRule | NoRule:
    return rule_in_force(
        rules, on, owner_name=facts.owner_name, asset_kind=facts.asset_kind, property_class=facts.property_class
    )


def _piece(facts: FeeFacts, start: date, end: date, months: Fraction, rule: FeeRule | NoRule) -> _Piece:
    return _Piece(start, end, months, rule, None if isinstance(rule, NoRule) else charge(rule, facts, start))


def _part(facts: FeeFacts, pieces: Sequence[_Piece]) -> PeriodPart:
    first, months = pieces[0], [piece.months for piece in pieces]
    days = (first.from_on, pieces[-1].to_on, as_decimal(sum(months, Fraction(0))))
    if isinstance(first.rule, NoRule):
        return PeriodPart(*days, None, first.rule, None)
    assert first.made
    made = _estimate(first.rule, facts, first.from_on, first.made)
    return PeriodPart(*days, made, None, _amount(first.rule, first.made.amount, months))


def _amount(rule: FeeRule, amount: Fraction | None, months: Sequence[Fraction]) -> Decimal | None:
    """The charge of so many months, rounded each month or once, as the rule states."""
    if rule.kind is FeeKind.FREE:
        return Decimal(0)
    if amount is None:
        return None
    rounding = rule.parameters.get("rounding", {})
    if charged_period(rule) == "year":
        return rounded(amount * sum(months, Fraction(0)) / 12, rounding)
    if rounding.get("at") == "total":
        return rounded(amount * sum(months, Fraction(0)), rounding)
    return sum((rounded(amount * part, rounding) for part in months), Decimal(0))


def month_start(from_on: date, count: int) -> date:
    """The day the month after `count` months begins: the same day, or the first of the next month where there is none.

    Source: 民法143条2項.
    """
    month = from_on.year * 12 + from_on.month - 1 + count
    year, month = divmod(month, 12)
    if from_on.day <= calendar.monthrange(year, month + 1)[1]:
        return date(year, month + 1, from_on.day)
    return date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)


def _months_between(from_on: date, to_on: date) -> int:
    return (to_on.year - from_on.year) * 12 + to_on.month - from_on.month + 1
