"""From what a file chose to assets: by id, by the nearest position, by name, or all within an area."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.applications.choosing.asset_facts import find_assets
from app.applications.choosing.selection import SelectedArea, SelectedRow, Selection, read_selection
from app.applications.schemas import SITES_MOST
from app.problems import INVALID, Problem
from app.tabular.table import Unreadable

NEAREST_M = 50  # a position this near to an asset means it


@dataclass(frozen=True, slots=True)
class Chosen:
    """Assets found, in the order of the file, and what is to be said of its rows."""

    asset_ids: list[str]
    problems: list[dict[str, Any]]


def read_chosen(file: BinaryIO, name: str) -> Selection:
    """What a file chose. Raises Problem (422) with what to do where it cannot be read."""
    with TemporaryDirectory(prefix="selection-") as folder:
        path = Path(folder) / "file"
        path.write_bytes(file.read())
        try:
            return read_selection(path, name)
        except Unreadable as reason:
            raise Problem(INVALID, reason.ja, reason.en) from None


def assets_of_selection(session: Session, selection: Selection) -> Chosen:
    """The assets in the register that a selection means. Raises Problem (422) where areas hold too many."""
    problems = [{**asdict(problem), "cell": problem.cell} for problem in selection.problems]
    known = find_assets(session, selection.asset_ids)
    ids: list[str] = []
    for row in selection.rows:
        found = row.asset_id if row.asset_id in known else _find(session, row)
        if found is None:
            problems.append(_not_found(row))
        else:
            ids.append(found)
    for area in selection.areas:
        ids += _within(session, area)
    return Chosen(list(dict.fromkeys(ids)), problems)


_NEAREST = """
SELECT asset_id FROM ogc.assets, (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS p) at
WHERE ST_DWithin(geom, p, 0.001) AND ST_DWithin(CAST(geom AS geography), CAST(p AS geography), :near)
ORDER BY CAST(geom AS geography) <-> CAST(p AS geography) LIMIT 1
"""
_BY_NAME = "SELECT CASE WHEN count(*) = 1 THEN min(asset_id) END FROM ogc.assets WHERE name = :name"


def _find(session: Session, row: SelectedRow) -> str | None:
    found: str | None = None
    if row.lon_lat is not None:
        bound = {"lon": row.lon_lat[0], "lat": row.lon_lat[1], "near": NEAREST_M}
        found = session.execute(text(_NEAREST), bound).scalar_one_or_none()
    elif row.name and not row.asset_id:
        found = session.execute(text(_BY_NAME), {"name": row.name}).scalar_one_or_none()
    return found


def _within(session: Session, area: SelectedArea) -> Iterator[str]:
    rows = session.execute(
        text(
            "SELECT asset_id FROM ogc.assets WHERE ST_Intersects(geom, ST_SetSRID(ST_GeomFromGeoJSON(:area), 4326))"
            " AND availability NOT IN ('suspended', 'unlisted') ORDER BY asset_id LIMIT :most"
        ),
        {"area": orjson.dumps(area.geometry).decode(), "most": SITES_MOST + 1},
    ).all()
    if len(rows) > SITES_MOST:
        raise Problem(
            INVALID, f"囲んだ範囲にアセットが{SITES_MOST}件より多くあります。範囲を狭めてください。",
            f"More than {SITES_MOST} assets in the area; make it smaller.",
        )  # fmt: skip
    return (row.asset_id for row in rows)


def _not_found(row: SelectedRow) -> dict[str, Any]:
    what = row.asset_id or row.name or "この位置"
    return {
        "row_number": row.row_number, "cell": str(row.row_number), "level": "error", "rule": "not-in-register",
        "ja": f"{what} に当たるアセットが一覧にありません。", "en": f"No asset of the register for {what}.", "value": row.asset_id,
    }  # fmt: skip
