"""Codes of Japan's local governments, and codes as people write them."""

from collections import Counter

import pytest

from app.tabular.findings import Level
from app.tabular.table import Cell
from app.territory import localgov
from app.territory.facts import facts_by_code
from app.territory.localgov import RULES, check_digit, find_localgov, localgov_by_code, parse_code


def test_all_municipalities_of_japan_are_there() -> None:
    kinds = Counter(one.kind for one in localgov_by_code().values())
    assert sum(one.is_municipality for one in localgov_by_code().values()) == 1741
    assert (kinds["prefecture"], kinds["special_ward"]) == (47, 23)
    assert kinds["ward"] == 171 and kinds["former_ward"] == 7  # Hamamatsu has three wards since 2024, and had seven


def test_every_code_carries_its_check_digit() -> None:
    assert [one for one in localgov_by_code().values() if one.code6 != one.code5 + check_digit(one.code5)] == []


def test_tokyo_agrees_with_the_table_of_facts() -> None:
    tokyo = {code5: one.name for code5, one in localgov_by_code().items() if code5[:2] == "13" and one.is_municipality}
    assert tokyo == {facts.code5: facts.name for facts in facts_by_code().values()}


@pytest.mark.parametrize(
    ("code5", "code6"),
    [("13000", "130001"), ("13101", "131016"), ("13112", "131121"), ("13421", "134210"), ("01101", "011011"), ("13211", "132110")],
)  # fmt: skip
def test_check_digits(code5: str, code6: str) -> None:
    assert code5 + check_digit(code5) == code6


@pytest.mark.parametrize(
    ("cell", "code5", "rule"),
    [
        ("131016", "13101", None),
        ("13101", "13101", None),
        (131016, "13101", None),
        (131016.0, "13101", None),
        ("131016.0", "13101", None),
        ("１３１０１６", "13101", None),
        (" 13101-6 ", "13101", None),
        ("011011", "01101", None),
        ("11011", "01101", localgov.LEADING_ZERO),  # 札幌市中央区 without its zero
        (11011, "01101", localgov.LEADING_ZERO),
        ("1101", "01101", localgov.LEADING_ZERO),
        ("11002", "01100", localgov.LEADING_ZERO),
        ("11100", "11100", localgov.AMBIGUOUS),  # さいたま市, or 札幌市清田区 without its zero
        ("131001", "13000", localgov.PREFECTURE_WRITTEN),
        ("130001", "13000", None),
        ("131017", "13101", localgov.CHECK_DIGIT),
        ("999999", None, localgov.UNKNOWN),
        ("13199", None, localgov.UNKNOWN),
        ("千代田区", None, localgov.UNKNOWN),
        ("1310167", None, localgov.UNKNOWN),
        ("²³", None, localgov.UNKNOWN),
        (131016.5, None, localgov.UNKNOWN),
        (float("nan"), None, localgov.UNKNOWN),
        (True, None, localgov.UNKNOWN),
        (-13101, None, localgov.UNKNOWN),
        (None, None, None),
        ("", None, None),
        ("　", None, None),
    ],
)
def test_codes_as_written(cell: Cell, code5: str | None, rule: object) -> None:
    assert parse_code(cell) == (code5, rule)


def test_an_unknown_code_is_an_error_and_no_other_is() -> None:
    assert [rule.id for rule in RULES if rule.level is Level.ERROR] == ["code-unknown"]


def test_finding_by_code() -> None:
    found = find_localgov("131121")
    assert found and (found.name, found.prefecture, found.code5) == ("世田谷区", "東京都", "13112")
    assert find_localgov("131122") is None and find_localgov("") is None
