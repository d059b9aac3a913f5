"""docs/asvs.md: no item of levels 1 and 2 is missing, and every test it names exists."""

import re
from collections import Counter

import pytest

from app.config import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([○△×–]) \| ([^|]+) \|$", TEXT, re.MULTILINE)
CITED = sorted(set(re.findall(r"`([\w/]+\.py)::(test_\w+)`", TEXT)))


def test_every_item_has_one_row() -> None:
    assert len(ROWS) == len({row[0] for row in ROWS}) == 253
    assert all(words.strip() and shown.strip() for _, words, _, shown in ROWS)


def test_the_sums_are_those_of_the_rows() -> None:
    counted = Counter(mark for _, _, mark, _ in ROWS)
    assert {mark: int(number) for mark, number in re.findall(r"([○△×–]) [^(]+\((\d+)\)", TEXT)} == counted


@pytest.mark.parametrize(("file", "test"), CITED, ids=str)
def test_every_test_named_exists(file: str, test: str) -> None:
    assert re.search(rf"def {test}\b", (PROJECT_ROOT / "tests" / file).read_text(encoding="utf-8"))
