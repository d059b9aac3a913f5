"""How exactly a row is placed: what its list says of it, and what may not be published as a site."""

from tests.lists.conftest import HEADINGS, Lists, as_csv, row


async def test_a_row_known_to_its_municipality_only_is_no_site(lists: Lists) -> None:
    levels = ["建物", "市区町村", "町丁目"]
    rows = [[*row(number), level] for number, level in enumerate(levels, start=1)]
    found = await lists.examine(as_csv(rows, [*HEADINGS, "位置の精度"]))
    report = found["report"]
    assert report["counts"]["good_rows"] == 2
    assert "city-level-given" in str(report)
