"""Public Wi-Fi access points as the legacy recommended data set publishes them.

Source: 推奨データセット「公衆無線LANアクセスポイント一覧」, 18 columns, and 最終確認日.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.geodata.delimited import Row, read_rows
from app.geodata.manifest import Source
from app.territory.facts import facts_by_code, find_in_address

PHONE_BOX = "公衆電話"
_TEXTS = (
    "name", "name_kana", "name_en", "address", "building_name", "installer", "phone", "ssid", "service_area", "url",
    "remarks",
)  # fmt: skip


def read_access_points(path: Path, source: Source) -> Iterator[dict[str, Any]]:
    """Access points ready for `publish`, ids made of the publisher's code and its NO.

    Raises DamagedSource where a row cannot be right.
    """
    seen: dict[str, int] = {}
    for row in read_rows(path, source):
        point = _access_point(row)
        first = seen.setdefault(point["access_point_id"], row.line)
        if first != row.line:
            row.refuse(f"NO {row.text('source_no')} は {first} 行目にもあります", f"NO occurs on line {first} too")
        yield point


def _access_point(row: Row) -> dict[str, Any]:
    code, number = row.required("localgov_code"), row.required("source_no")
    if not (len(code) == 6 and code.isdigit() and number.isdigit()):
        row.refuse(
            f"団体コード「{code}」か NO「{number}」が数字ではありません",
            f"code {code!r} or NO {number!r} is not digits",
        )
    municipality = find_in_address(row.required("address")) or facts_by_code().get(code[:5])
    name = row.required("name")
    lon, lat = row.lon_lat()
    return {
        "access_point_id": f"{code}-W-{number:0>5}",
        **{field: row.text(field) for field in _TEXTS},
        "site_kind": "phone_box" if PHONE_BOX in name else "facility",
        "municipality_code": municipality.code5 if municipality else None,
        "municipality": municipality.name if municipality else None,
        "extra": {"confirmed_on": row.day("confirmed_on").isoformat()},
        "source_row": row.line,
        "geom": f"SRID=4326;POINT({lon} {lat})",
    }
