"""The facts table of the 62 municipalities."""

import pytest

from app.territory.facts import facts_by_code, find_in_address


def test_codes_carry_the_right_check_digit() -> None:
    for facts in facts_by_code().values():
        rest = sum(int(digit) * weight for digit, weight in zip(facts.code5, (6, 5, 4, 3, 2), strict=True)) % 11
        assert facts.code6 == facts.code5 + str((11 - rest) % 10)
    assert {"131016", "132110", "133035", "134210"} <= {facts.code6 for facts in facts_by_code().values()}


def test_there_are_62_with_offices_people_and_land() -> None:
    regions = [facts.region for facts in facts_by_code().values()]
    assert (regions.count("ward"), regions.count("tama"), regions.count("island")) == (23, 30, 9)
    assert 14_040_000 < sum(facts.population for facts in facts_by_code().values()) < 14_060_000
    assert all(facts.circles and facts.area_km2 > 3 for facts in facts_by_code().values())


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("東京都江東区亀戸3-36-1", "江東区"),
        ("東京都西多摩郡奥多摩町氷川171-1 ", "奥多摩町"),
        ("東京都大島支庁大島町元町1-1-14", "大島町"),
        ("東京都　府中市多磨町4-628", "府中市"),
        ("小笠原村父島字西町", "小笠原村"),
        ("神奈川県川崎市", None),
        ("東京都南野3-15-2", None),
    ],
)
def test_addresses_name_their_municipality(address: str, name: str | None) -> None:
    found = find_in_address(address)
    assert (found.name if found else None) == name
