"""Postal codes and the towns they serve, in the layout of 郵便番号データ (KEN_ALL)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.geodata.delimited import read_rows
from app.geodata.manifest import Source
from app.territory.facts import facts_by_code

NO_TOWN = re.compile(r"^以下に掲載がない場合$|一円$|の次に.*がくる場合$")


def read_postal_codes(path: Path, source: Source) -> Iterator[dict[str, Any]]:
    """Rows of the table of postal codes; the town is empty where a code serves the whole municipality.

    A town's remark in brackets (丁目, floors) is left out; a remark that runs over several rows is read to its end.
    Raises DamagedSource where a row cannot be right.
    """
    seen: set[tuple[str, str, str]] = set()
    in_remark = False
    for row in read_rows(path, source):
        code, code5, town = row.required("postal_code"), row.required("municipality_code"), row.required("town_name")
        if not re.fullmatch(r"[0-9]{7}", code):
            row.refuse(f"「{code}」は郵便番号（7桁）ではありません", f"{code!r} is not a postal code of 7 digits")
        if code5 not in facts_by_code():
            row.refuse(f"市区町村コード「{code5}」は東京都にありません", f"{code5!r} is not in Tokyo")
        begins_in_remark, in_remark = in_remark, _left_open(town, in_remark)
        key = (code, code5, _without_remark(town))
        if not begins_in_remark and key not in seen:
            seen.add(key)
            yield {"postal_code": code, "municipality_code": code5, "town_name": key[2]}


def _left_open(town: str, in_remark: bool) -> bool:
    return town.count("（") + in_remark > town.count("）")


def _without_remark(town: str) -> str:
    name = town.partition("（")[0]
    return "" if NO_TOWN.search(name) else name
