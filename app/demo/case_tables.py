"""Reading what sample cases are made from, and writing them: one statement for each table."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.applications.choosing.asset_facts import find_assets
from app.clock import is_business_day
from app.demo.case_records import Row
from app.demo.cases import Found, Pools
from app.demo.sample_documents import sample_file

POOL_SIZE = 400
OWNERS = {"130001": "bureau", "131032": "minato"}
_STATIONS = """
SELECT s.station_id, s.carrier, s.asset_id, s.technology, s.bands, s.antenna_height_m, s.azimuths_deg, s.on_air_on, a.asset_kind
FROM station s JOIN asset a ON a.asset_id = s.asset_id AND a.valid_to IS NULL
WHERE s.source_id = 'sample-stations' AND s.valid_to IS NULL AND s.status = 'on_air' ORDER BY s.station_id
"""
_POOL = """
SELECT asset_id, asset_kind, owner_code, slots_total FROM (
  SELECT asset_id, asset_kind, owner_code, slots_total, row_number() OVER (PARTITION BY owner_code, asset_kind ORDER BY md5(asset_id)) AS n
  FROM asset a WHERE source_id IN ('sample-assets', 'sample-municipal-assets') AND valid_to IS NULL AND owner_code = ANY (:owners)
    AND availability IN ('open', 'conditional') AND roof_type IS DISTINCT FROM 'none' AND slots_total > 0 AND slots_used = 0
    AND NOT EXISTS (SELECT FROM site WHERE site.asset_id = a.asset_id)
) numbered WHERE n <= :size ORDER BY md5(asset_id)
"""


def read_stations(session: Session) -> list[Found]:
    """The sample stations with the kind of asset each stands on."""
    return [dict(row._mapping) for row in session.execute(text(_STATIONS))]


def read_pools(session: Session) -> Pools:
    """Sample assets that are free, in an order of their own."""
    pools: dict[str, list[Found]] = {"building": [], "land": [], "structure": [], "minato": []}
    for row in session.execute(text(_POOL), {"owners": list(OWNERS), "size": POOL_SIZE}):
        pools["minato" if OWNERS[row.owner_code] == "minato" else row.asset_kind].append(dict(row._mapping))
    return Pools(pools)


def read_assets(session: Session, asset_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What sites remember of these assets."""
    return find_assets(session, asset_ids)


def closed_days(today: date) -> dict[str, date]:
    """A day on which an office is closed, some weeks ahead, by organisation key."""
    return {"minato": _business_day(today + timedelta(days=16)), "hinohara": _business_day(today + timedelta(days=30))}


def _business_day(day: date) -> date:
    while not is_business_day(day):
        day += timedelta(days=1)
    return day


def insert_rows(session: Session, table: str, rows: Sequence[Row], *, skip_known: bool = False) -> None:
    """Insert rows of one table in one statement; columns that no row names keep their defaults."""
    if not rows:
        return
    columns = ", ".join(dict.fromkeys(name for row in rows for name in row))
    session.execute(
        text(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb))"
            + (" ON CONFLICT DO NOTHING" if skip_known else "")
        ),
        {"rows": orjson.dumps(list(rows)).decode()},
    )


def put_stations(session: Session, source_id: str, rows: Sequence[Row]) -> None:
    """Stations that went on air through the window, onto the map."""
    said = [{**row, "source_id": source_id} for row in rows]
    session.execute(
        text("SELECT put_station(said) FROM jsonb_array_elements(CAST(:rows AS jsonb)) said"),
        {"rows": orjson.dumps(said).decode()},
    )


def fill_documents(session: Session) -> None:
    """Give every sample document the bytes it stands for."""
    for document_type in ("layout_plan", "photo"):
        file = sample_file(document_type)
        session.execute(
            text(
                "INSERT INTO document_content (document_id, content) SELECT document_id, :content FROM document d"
                " JOIN application a USING (application_id) WHERE a.is_sample AND d.sha256 = :sha256"
            ),
            {"content": file.content, "sha256": file.sha256},
        )
