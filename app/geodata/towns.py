"""Towns (町丁目・大字・小字) and a point in each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.geodata.delimited import Row, read_rows
from app.geodata.manifest import Source
from app.territory.facts import PREFECTURE, find_in_address

WITHOUT_NAME = "（大字なし）"  # a village's land outside all its towns: no address can be told to lie there


def read_towns(path: Path, source: Source) -> Iterator[dict[str, Any]]:
    """Rows of the table of towns, geometry as EWKT, EPSG:4326; towns without a position or a name are left out.

    Raises DamagedSource where a row cannot be right.
    """
    seen: set[tuple[str, str]] = set()
    for row in read_rows(path, source):
        if not (row.text("lat") or row.text("lon")) or row.required("name") == WITHOUT_NAME:
            continue
        code5, name = _municipality(row), row.required("name") + (row.text("koaza") or "")
        if (code5, name) in seen:
            row.refuse(f"「{name}」が二度現れます", f"{name!r} occurs twice")
        seen.add((code5, name))
        lon, lat = row.lon_lat()
        yield {"municipality_code": code5, "name": name, "geom": f"SRID=4326;POINT({lon} {lat})"}


def _municipality(row: Row) -> str:
    written = row.required("prefecture") + row.required("municipality")
    facts = find_in_address(written) if written.startswith(PREFECTURE) else None
    if facts is None:
        row.refuse(f"「{written}」は東京都の市区町村ではありません", f"{written!r} is no municipality of Tokyo")
    return facts.code5
