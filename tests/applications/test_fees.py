"""Fees: hand-computed amounts, exactness, rules that change in mid period, and what is said where an input is unknown."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.applications.fees.amounts import NotAnAmount, as_decimal, exact, exact_rate, rounded, shown
from app.applications.fees.estimates import estimate, estimate_period, month_start
from app.applications.fees.facts import FeeFacts, FeeItem
from app.applications.fees.known_rules import KNOWN_FEE_RULES
from app.applications.fees.rules import (
    AppliesTo,
    FeeKind,
    FeeRule,
    NoRule,
    Reduction,
    check_rules,
    rule_from_json,
    rule_in_force,
    rule_to_json,
)
from app.problems import Problem

ON = date(2026, 4, 1)
LAND, BUILDING, MOVABLE, KOTO, TOKYO = KNOWN_FEE_RULES


def rule(kind: FeeKind = FeeKind.MONTHLY_RATE_LAND, **given: object) -> FeeRule:
    said: dict[str, object] = {
        "rule_id": "r1", "owner_name": "某区", "title_ja": "規則", "title_en": "Rule", "kind": kind,
        "parameters": {"land_rate": "2.5/1000"}, "valid_from": date(2020, 4, 1), "valid_to": None, "source": "条例",
    }  # fmt: skip
    return FeeRule(**(said | given))  # type: ignore[arg-type]


def table(**given: object) -> FeeRule:
    parameters = {
        "period": "year",
        "classes": [
            {"code": "antenna", "ja": "アンテナ", "en": "Antenna", "unit": "piece", "price_jpy": "10000"},
            {"code": "cabinet", "ja": "収容箱", "en": "Cabinet", "unit": "m2", "price_jpy": "3333", "counts_part_as_whole": True},
        ],
    } | given  # fmt: skip
    return rule(FeeKind.UNIT_TABLE, parameters=parameters)


class TestHandComputed:
    def test_minato_land(self) -> None:
        # 40 m² of 800 m² worth 96,000,000 yen: 96,000,000 × 2.5/1000 = 240,000; × 40/800 = 12,000.
        facts = FeeFacts(land_price_jpy="96,000,000", land_area_m2="800", used_land_m2="40")
        made = estimate(LAND, facts, ON)
        assert (made.monthly_jpy, made.yearly_jpy) == (Decimal(12000), Decimal(144000))
        assert made.lines[0].formula == "96,000,000 × 2.5/1000 × 40/800"
        assert "2.5/1000" in made.rule_ja and "2.5/1000" in made.rule_en

    def test_minato_land_by_the_price_of_a_square_metre(self) -> None:
        # 120,000 × 12.5 × 0.0025 = 3,750
        assert estimate(LAND, FeeFacts(land_price_jpy_m2=120000, used_land_m2="12.5"), ON).monthly_jpy == 3750

    def test_minato_part_of_a_building(self) -> None:
        # 350,000,000 × 6/1000 = 2,100,000; site 500,000,000 × 2.5/1000 = 1,250,000; × 15/4,500: 7,000 + 4,166.66… → 11,166
        facts = FeeFacts(
            building_price_jpy=350_000_000, land_price_jpy=500_000_000, used_floor_m2=15, total_floor_m2=4500
        )
        made = estimate(BUILDING, facts, ON)
        assert [line.amount_jpy for line in made.lines] == [Decimal(7000), Decimal("4166.666666666666")]
        assert (made.monthly_jpy, made.yearly_jpy) == (Decimal(11166), Decimal(133992))

    def test_minato_whole_building(self) -> None:
        facts = FeeFacts(building_price_jpy=350_000_000, land_price_jpy=500_000_000, uses_whole=True)
        assert estimate(BUILDING, facts, ON).monthly_jpy == 3_350_000

    def test_minato_movable(self) -> None:
        assert estimate(MOVABLE, FeeFacts(movable_price_jpy="123456"), ON).monthly_jpy == 1049  # 1,049.376

    def test_a_yearly_table(self) -> None:
        # 2 × 10,000 + 3 m² (2.1 m² counts as 3) × 3,333 = 29,999 a year; 2,499.91… a month
        facts = FeeFacts(items=(FeeItem("antenna", 2), FeeItem("cabinet", 1, "2.1")))
        made = estimate(table(), facts, ON)
        assert (made.monthly_jpy, made.yearly_jpy) == (Decimal(2499), Decimal(29999))
        assert made.lines[1].formula == "3,333 × 3 m²"

    def test_free(self) -> None:
        free = rule(FeeKind.FREE, parameters={})
        made = estimate(free, FeeFacts(), ON)
        assert (made.monthly_jpy, made.yearly_jpy, made.missing) == (0, 0, ())
        assert estimate_period([free], FeeFacts(), ON, date(2030, 1, 1)).total_jpy == 0

    @pytest.mark.parametrize(
        ("rounding", "monthly", "yearly"),
        [
            ({}, "333", "3996"),
            ({"mode": "ceiling"}, "334", "4008"),
            ({"mode": "half_up"}, "333", "3996"),
            ({"mode": "floor", "unit_jpy": "10"}, "330", "3960"),
            ({"mode": "ceiling", "unit_jpy": "100"}, "400", "4800"),
            ({"at": "total"}, "333", "4000"),
        ],
    )
    def test_rounding_as_the_rule_states_it(self, rounding: dict[str, str], monthly: str, yearly: str) -> None:
        said = rule(parameters={"land_rate": "1/3", "rounding": rounding})
        made = estimate(said, FeeFacts(land_price_jpy=1000, uses_whole=True), ON)
        assert (made.monthly_jpy, made.yearly_jpy) == (Decimal(monthly), Decimal(yearly))

    def test_minimum_tax_and_reduction_in_that_order(self) -> None:
        said = rule(
            parameters={
                "land_rate": "1/100", "minimum_jpy": "1000", "consumption_tax": {"is_charged": True, "rate": "0.10"},
            },
            reductions=(Reduction("half", "半額", "Half", "50", ("public",)),),
        )  # fmt: skip
        facts = FeeFacts(land_price_jpy=150_000, uses_whole=True)
        assert estimate(said, facts, ON).monthly_jpy == 1650  # 1,500 + 10 %
        half = estimate(said, replace(facts, conditions=frozenset({"public"})), ON)
        assert half.monthly_jpy == 1100  # 750 → 1,000 + 10 %
        assert [line.en for line in half.lines] == ["Land", "Half", "Up to the minimum", "Consumption tax"]
        assert sum(line.amount_jpy for line in half.lines) == 1100

    def test_a_waiver_is_not_raised_to_the_minimum(self) -> None:
        said = rule(
            parameters={"land_rate": "1/100", "minimum_jpy": "1000"},
            reductions=(Reduction("all", "免除", "Waived", "100"), Reduction("half", "半額", "Half", "50")),
        )
        made = estimate(said, FeeFacts(land_price_jpy=150_000, uses_whole=True), ON)
        assert made.monthly_jpy == 0 and made.reduction and made.reduction.code == "all"


class TestUnknown:
    @pytest.mark.parametrize(
        ("said", "facts", "missing"),
        [
            (LAND, FeeFacts(), {"land_price_jpy", "used_land_m2", "land_area_m2"}),
            (LAND, FeeFacts(uses_whole=True), {"land_price_jpy"}),
            (LAND, FeeFacts(land_price_jpy_m2=5, uses_whole=True), {"land_area_m2"}),
            (LAND, FeeFacts(land_price_jpy=5, land_area_m2=9), {"used_land_m2"}),
            (LAND, FeeFacts(land_price_jpy_m2=5), {"land_area_m2", "used_land_m2"}),
            (BUILDING, FeeFacts(), {"building_price_jpy", "land_price_jpy", "used_floor_m2", "total_floor_m2"}),
            (BUILDING, FeeFacts(building_price_jpy=1, used_floor_m2=1, total_floor_m2=2), {"land_price_jpy"}),
            (MOVABLE, FeeFacts(), {"movable_price_jpy"}),
            (table(), FeeFacts(), {"items"}),
            (table(), FeeFacts(items=(FeeItem("antenna"), FeeItem("cabinet"), FeeItem("cabinet"))), {"items"}),
        ],
    )
    def test_what_is_missing_is_named_and_nothing_guessed(
        self, said: FeeRule, facts: FeeFacts, missing: set[str]
    ) -> None:
        made = estimate(said, facts, ON)
        assert {one.name for one in made.missing} == missing and len(made.missing) == len(missing)
        assert made.monthly_jpy is None and made.yearly_jpy is None
        assert all(one.ja and one.en for one in made.missing)
        period = estimate_period([said], facts, ON, date(2026, 9, 30))
        assert period.total_jpy is None and {one.name for one in period.missing} == missing

    @pytest.mark.parametrize("said", [KOTO, TOKYO])
    def test_a_text_not_at_hand_is_said_so(self, said: FeeRule) -> None:
        made = estimate(said, FeeFacts(land_price_jpy=1, uses_whole=True), ON)
        assert made.monthly_jpy is None and not made.missing and not made.lines
        assert any("手元に" in ja and "not at hand" in en for ja, en in made.notes)

    def test_reductions_of_koto_are_told(self) -> None:
        told = " ".join(ja for ja, _ in estimate(KOTO, FeeFacts(), ON).notes)
        assert all(f"{percent}%" in told for percent in (100, 50, 30))

    def test_a_class_the_table_does_not_have(self) -> None:
        with pytest.raises(Problem) as refusal:
            estimate(table(), FeeFacts(items=(FeeItem("tower"),)), ON)
        assert "tower" in refusal.value.ja and "antenna" in refusal.value.ja
        assert refusal.value.errors[0]["field"] == "items/0"

    @pytest.mark.parametrize("value", [1.5, True, "NaN", "-1", "abc", "Infinity", "1e40", "", "1e-30"])
    def test_amounts_that_are_none(self, value: object) -> None:
        with pytest.raises(Problem) as refusal:
            FeeFacts(land_price_jpy=value)  # type: ignore[arg-type]
        assert refusal.value.errors[0]["field"] == "land_price_jpy"

    def test_more_used_than_there_is(self) -> None:
        with pytest.raises(Problem) as refusal:
            FeeFacts(used_floor_m2=11, total_floor_m2=10)
        assert "11" in refusal.value.errors[0]["ja"]
        with pytest.raises(Problem):
            FeeFacts(land_area_m2=0)


class TestExactness:
    @given(
        st.decimals(0, 10**12, places=2), st.integers(1, 10**6), st.integers(0, 10**6),
        st.sampled_from(["2.5/1000", "6/1000", "0.0085", "1/3"]),
    )  # fmt: skip
    def test_no_yen_is_lost(self, price: Decimal, total: int, used: int, rate: str) -> None:
        used = min(used, total)
        facts = FeeFacts(land_price_jpy=price, land_area_m2=total, used_land_m2=used)
        upper, _, lower = rate.partition("/")
        # Whole numbers alone: price in hundredths, rate as a quotient of integers.
        numerator = int(price * 100) * int(Decimal(upper) * 10_000) * used
        denominator = 100 * 10_000 * int(lower or 1) * total
        made = estimate(rule(parameters={"land_rate": rate}), facts, ON)
        assert made.monthly_jpy == numerator // denominator
        assert isinstance(made.monthly_jpy, Decimal) and made.yearly_jpy == 12 * made.monthly_jpy

    @given(st.integers(0, 10**10), st.integers(0, 10**10), st.integers(0, 5000), st.integers(0, 5000))
    def test_more_never_costs_less(self, low: int, high: int, less: int, more: int) -> None:
        (low, high), (less, more) = sorted((low, high)), sorted((less, more))

        def monthly(price: int, used: int) -> Decimal:
            facts = FeeFacts(building_price_jpy=price, land_price_jpy=price, used_floor_m2=used, total_floor_m2=5000)
            amount = estimate(BUILDING, facts, ON).monthly_jpy
            assert amount is not None
            return amount

        assert monthly(low, less) <= monthly(high, less) <= monthly(high, more)

    @given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 10**9))
    def test_a_greater_reduction_never_costs_more(self, one: int, other: int, price: int) -> None:
        small, great = sorted((one, other))
        facts = FeeFacts(land_price_jpy=price, uses_whole=True)

        def monthly(percent: int) -> Decimal:
            amount = estimate(rule(reductions=(Reduction("r", "減", "R", str(percent)),)), facts, ON).monthly_jpy
            assert amount is not None
            return amount

        assert monthly(great) <= monthly(small)

    @given(
        st.fractions(0, 10**9), st.sampled_from(["floor", "ceiling", "half_up"]), st.sampled_from(["1", "10", "0.5"])
    )
    def test_rounding_stays_within_a_unit(self, amount: Fraction, mode: str, unit: str) -> None:
        value = Fraction(rounded(amount, {"mode": mode, "unit_jpy": unit}))
        assert (value / Fraction(unit)).denominator == 1
        assert abs(value - amount) < Fraction(unit)
        assert {"floor": value <= amount, "ceiling": value >= amount, "half_up": True}[mode]

    def test_amounts_and_rates_as_written(self) -> None:
        assert exact("1,200.50") == Decimal("1200.50") and exact_rate("2.5/1000") == Fraction(1, 400)
        assert shown(Decimal("1234567.5")) == "1,234,567.5" and shown(Fraction(1, 3)) == "0.33…"
        assert as_decimal(Fraction(100)) == Decimal(100) and str(as_decimal(Fraction(100))) == "100"
        for bad in ("1/0", "x/2", 0.1):
            with pytest.raises(NotAnAmount):
                exact_rate(bad)


def months(from_on: date, to_on: date) -> int:
    """Months begun, counted by stepping days: another way than the code's."""
    count, day = 0, from_on
    while day <= to_on:
        count += 1
        following = day + timedelta(days=1)
        while not _begins_month(from_on, following):
            following += timedelta(days=1)
        day = following
    return count


def _begins_month(from_on: date, day: date) -> bool:
    if day.day == from_on.day:
        return True
    before = day - timedelta(days=1)
    return day.day == 1 and before.day < from_on.day


class TestPeriods:
    old = rule(rule_id="old", valid_to=date(2026, 9, 30), parameters={"land_rate": "1/1000"})
    new = rule(rule_id="new", valid_from=date(2026, 10, 1), parameters={"land_rate": "2/1000"})
    facts = FeeFacts(land_price_jpy=1_000_000, uses_whole=True)

    def test_a_change_in_mid_period_splits_it(self) -> None:
        made = estimate_period([self.old, self.new], self.facts, date(2026, 7, 1), date(2027, 3, 31))
        assert [(p.from_on, p.to_on, p.months, p.amount_jpy) for p in made.parts] == [
            (date(2026, 7, 1), date(2026, 9, 30), 3, 3000),
            (date(2026, 10, 1), date(2027, 3, 31), 6, 12000),
        ]
        assert made.total_jpy == 15000

    def test_a_month_the_change_falls_into_is_charged_once(self) -> None:
        # From 15 July: the month from 15 September begins under the old rule.
        made = estimate_period([self.new, self.old], self.facts, date(2026, 7, 15), date(2026, 11, 14))
        assert [(p.to_on, p.months, p.amount_jpy) for p in made.parts] == [
            (date(2026, 10, 14), 3, 3000),
            (date(2026, 11, 14), 1, 2000),
        ]

    def test_by_the_day_where_the_rule_says_so(self) -> None:
        old, new = (replace(one, parameters={**one.parameters, "part_month": "days"}) for one in (self.old, self.new))
        made = estimate_period([old, new], self.facts, date(2026, 9, 16), date(2026, 10, 15))
        # 15 of the 30 days from 16 September at 1,000 a month, 15 at 2,000.
        assert [(p.months, p.amount_jpy) for p in made.parts] == [(Decimal("0.5"), 500), (Decimal("0.5"), 1000)]

    def test_part_of_a_month_counts_as_a_month(self) -> None:
        assert estimate_period([self.new], self.facts, date(2027, 1, 1), date(2027, 1, 1)).total_jpy == 2000
        assert estimate_period([self.new], self.facts, date(2027, 1, 1), date(2027, 2, 1)).total_jpy == 4000

    def test_a_yearly_table_is_rounded_once(self) -> None:
        facts = FeeFacts(items=(FeeItem("antenna", 1),))
        assert estimate_period([table()], facts, date(2026, 4, 1), date(2027, 3, 31)).total_jpy == 10000
        assert estimate_period([table()], facts, date(2026, 4, 1), date(2026, 5, 31)).total_jpy == 1666

    def test_a_reduction_that_ends_splits_the_period(self) -> None:
        said = replace(
            self.new, reductions=(Reduction("start", "当初", "At first", "50", valid_to=date(2026, 12, 31)),)
        )
        made = estimate_period([said], self.facts, date(2026, 10, 1), date(2027, 3, 31))
        assert [(p.months, p.amount_jpy) for p in made.parts] == [(3, 3000), (3, 6000)]

    def test_a_gap_is_told_and_nothing_is_summed(self) -> None:
        late = replace(self.new, valid_from=date(2027, 1, 1))
        made = estimate_period([self.old, late], self.facts, date(2026, 9, 1), date(2027, 1, 31))
        assert made.total_jpy is None
        (gap,) = [part.no_rule for part in made.parts if part.no_rule]
        assert gap.reason == "gap" and "2026-10-01" in gap.ja

    def test_periods_that_cannot_be(self) -> None:
        for end in (date(2026, 3, 31), date(2090, 1, 1)):
            with pytest.raises(Problem):
                estimate_period([self.new], self.facts, ON, end)

    @settings(max_examples=300)
    @given(st.dates(date(2020, 4, 1), date(2032, 1, 1)), st.integers(0, 500))
    def test_months_as_counted_day_by_day(self, from_on: date, days: int) -> None:
        to_on = from_on + timedelta(days=days)
        said = rule(parameters={"land_rate": "1"})
        made = estimate_period([said], FeeFacts(land_price_jpy=1, uses_whole=True), from_on, to_on)
        assert made.total_jpy == months(from_on, to_on)

    @settings(max_examples=100)
    @given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(0, 900), st.integers(0, 900))
    def test_parts_cover_the_period_and_longer_never_costs_less(self, from_on: date, one: int, other: int) -> None:
        short, long = (from_on + timedelta(days=days) for days in sorted((one, other)))
        less, more = (estimate_period([self.old, self.new], self.facts, from_on, end) for end in (short, long))
        assert less.total_jpy is not None and more.total_jpy is not None and less.total_jpy <= more.total_jpy
        assert more.parts[0].from_on == from_on and more.parts[-1].to_on == long
        for before, after in zip(more.parts, more.parts[1:], strict=False):
            assert after.from_on == before.to_on + timedelta(days=1)

    def test_the_last_days_of_months(self) -> None:
        starts = [month_start(date(2027, 1, 31), count) for count in range(4)]
        assert starts == [date(2027, 1, 31), date(2027, 3, 1), date(2027, 3, 31), date(2027, 5, 1)]
        assert month_start(date(2026, 12, 31), 12) == date(2027, 12, 31)


class TestRules:
    def test_known_rules_are_sound(self) -> None:
        check_rules(KNOWN_FEE_RULES)
        assert {one.owner_name for one in KNOWN_FEE_RULES} == {"港区", "江東区", "東京都"}

    def test_json_there_and_back(self) -> None:
        for said in (*KNOWN_FEE_RULES, table(), rule(valid_to=date(2030, 3, 31))):
            written = json.dumps(rule_to_json(said))
            assert rule_from_json(json.loads(written)) == said

    def test_the_rule_in_force(self) -> None:
        pick = {"owner_name": "港区", "property_class": "administrative"}
        assert rule_in_force(KNOWN_FEE_RULES, ON, asset_kind="land", **pick) is LAND
        assert rule_in_force(KNOWN_FEE_RULES, ON, asset_kind="structure", **pick) is BUILDING
        several = rule_in_force(KNOWN_FEE_RULES, ON, **pick)
        assert isinstance(several, NoRule) and several.reason == "several"
        ordinary = rule_in_force(KNOWN_FEE_RULES, ON, owner_name="港区", asset_kind="land", property_class="ordinary")
        assert isinstance(ordinary, NoRule) and ordinary.reason == "none" and "港区" in ordinary.ja
        early = rule_in_force([LAND], date(2000, 1, 1))
        assert isinstance(early, NoRule) and early.reason == "not_yet"
        ended = rule_in_force([replace(LAND, valid_to=ON)], date(2026, 4, 2))
        assert isinstance(ended, NoRule) and ended.reason == "ended"
        assert rule_in_force([replace(LAND, valid_to=ON)], ON) == replace(LAND, valid_to=ON)  # its last day counts

    def test_overlapping_rules_are_refused(self) -> None:
        later = rule(rule_id="r2", valid_from=date(2026, 4, 1))
        with pytest.raises(Problem) as refusal:
            check_rules([rule(), later])
        assert refusal.value.errors[0]["pointer"] == "/1/valid_from"
        assert "2026-03-31" in refusal.value.errors[0]["ja"]
        check_rules([rule(valid_to=date(2026, 3, 31)), later])
        check_rules([rule(applies_to=AppliesTo(("land",))), replace(later, applies_to=AppliesTo(("building",)))])
        check_rules([rule(), replace(later, owner_name="別の区")])

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"parameters": {}}, "/0/parameters/land_rate"),
            ({"parameters": {"land_rate": "2.5"}}, "/0/parameters/land_rate"),
            ({"parameters": {"land_rate": 0.0025}}, "/0/parameters/land_rate"),
            ({"parameters": {"land_rate": "1/0"}}, "/0/parameters/land_rate"),
            ({"parameters": {"land_rate": "1/10", "rate": "1"}}, "/0/parameters/rate"),
            ({"parameters": {"land_rate": "1/10", "rounding": {"mode": "up"}}}, "/0/parameters/rounding"),
            ({"parameters": {"land_rate": "1/10", "rounding": {"unit_jpy": "0"}}}, "/0/parameters/rounding"),
            ({"parameters": {"land_rate": "1/10", "rounding": "floor"}}, "/0/parameters/rounding"),
            ({"parameters": {"land_rate": "1/10", "part_month": "half"}}, "/0/parameters/part_month"),
            ({"parameters": {"land_rate": "1/10", "consumption_tax": {"is_charged": 1}}}, "/0/parameters/consumption_tax"),
            ({"parameters": {"land_rate": "1/10", "minimum_jpy": "-1"}}, "/0/parameters/minimum_jpy"),
            ({"valid_to": date(2019, 1, 1)}, "/0/valid_to"),
            ({"title_ja": " "}, "/0/title_ja"),
            ({"reductions": (Reduction("r", "減", "R", "101"),)}, "/0/reductions/0/percent"),
            ({"kind": FeeKind.UNIT_TABLE, "parameters": {"period": "year", "classes": []}}, "/0/parameters/classes"),
            (
                {"kind": FeeKind.UNIT_TABLE, "parameters": {"period": "day", "classes": [{"code": "a"}]}},
                "/0/parameters/period",
            ),
        ],
    )  # fmt: skip
    def test_faults_are_pointed_at(self, change: dict[str, object], pointer: str) -> None:
        with pytest.raises(Problem) as refusal:
            check_rules([rule(**change)])
        assert pointer in [error["pointer"] for error in refusal.value.errors]
        assert all(error["ja"] and error["en"] for error in refusal.value.errors)

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": "guess"}, {"valid_from": "2026-13-01"}, {"valid_from": None}, {"owner_name": 3}, {"parameters": None},
            {"applies_to": {"asset_kinds": "land"}}, {"reductions": [{"code": "x"}]}, {"reductions": ["x"]}, {"applies_to": []},
            {"parameters": {"land_rate": [1]}}, {"applies_to": ["land"]},
        ],
    )  # fmt: skip
    def test_json_that_is_no_rule(self, change: dict[str, object]) -> None:
        if change == {"applies_to": []}:
            assert rule_from_json(rule_to_json(rule()) | change) == rule()
            return
        with pytest.raises(Problem) as refusal:
            rule_from_json(rule_to_json(rule()) | change)
        assert refusal.value.errors

    def test_a_missing_member(self) -> None:
        said = rule_to_json(rule())
        del said["source"]
        with pytest.raises(Problem) as refusal:
            rule_from_json(said)
        assert refusal.value.errors[0]["pointer"] == "/source"

    def test_every_kind_is_said_in_words(self) -> None:
        for said in (*KNOWN_FEE_RULES, table(), rule(FeeKind.FREE, parameters={})):
            made = estimate(said, FeeFacts(), ON)
            assert made.rule_ja.endswith("。") and made.rule_en.endswith(".")
        assert "アンテナ 1個につき10,000円" in estimate(table(), FeeFacts(), ON).rule_ja
        assert "1月に満たない期間は1月" in estimate(LAND, FeeFacts(), ON).rule_ja
