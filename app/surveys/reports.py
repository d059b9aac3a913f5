"""Reports of residents: what they met, by choices alone, and roughly where; nothing tells who they are.

They direct the next survey and never change a state.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Service
from app.clock import today
from app.problems import INVALID, Problem
from app.surveys.campaigns import Row

RESIDENT = Service("resident")  # whoever it is; no address goes with it
DECIMALS = 3  # of a degree: 111 m north, about 90 m east
OLDEST = timedelta(days=365)
# A coarse outline of the islands with the sea between them; it leaves out the neighbours' coasts.
JAPAN = shapely.Polygon(
    [
        (122.6, 23.6), (122.6, 25.6), (126.5, 28.5), (128.0, 32.0), (128.3, 33.6), (129.0, 34.4), (129.2, 34.85), (129.8, 34.9),
        (131.5, 36.6), (136.0, 38.6), (138.6, 41.0), (139.0, 43.0), (140.6, 45.75), (142.2, 45.75), (145.0, 44.6), (149.0, 45.7),
        (149.0, 44.8), (146.3, 42.9), (142.6, 39.0), (142.0, 35.0), (143.0, 28.0), (154.2, 25.0), (154.2, 23.6), (142.0, 23.6),
        (136.3, 20.2), (135.8, 20.2), (131.0, 23.6),
    ]
)  # fmt: skip
_MUNICIPALITY = """
SELECT municipality_code FROM municipality WHERE ST_Covers(geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)) LIMIT 1
"""
_INSERT = """
INSERT INTO resident_report (experienced_on, part_of_day, carrier, trouble, place, municipality_code, take_back_digest, geom)
VALUES (:experienced_on, :part_of_day, :carrier, :trouble, :place, :municipality, :take_back_digest,
  ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)) RETURNING report_id, municipality_code
"""


def keep_report(session: Session, said: Mapping[str, Any], take_back_digest: bytes | None = None) -> Row:
    """Keep a report; who knows the secret of the digest may take it back.

    Raises Problem (422) outside Japan, for a day to come, and for one more than a year ago.
    """
    lon, lat = round(said["lon"], DECIMALS), round(said["lat"], DECIMALS)
    if not shapely.contains_xy(JAPAN, lon, lat):
        raise Problem(
            INVALID,
            "場所が日本の外です。地図で場所を選び直してください。",
            "The place lies outside Japan; choose it on the map again.",
            errors=[{"pointer": "/lon", "detail": "outside Japan"}],
        )
    now = today()
    if not now - OLDEST <= said["experienced_on"] <= now:
        raise Problem(
            INVALID,
            "日付は、今日から1年前までの間で選んでください。",
            "Choose a day within the last year.",
            errors=[{"pointer": "/experienced_on", "detail": "not within the last year"}],
        )
    municipality = session.execute(text(_MUNICIPALITY), {"lon": lon, "lat": lat}).scalar_one_or_none()
    kept = {**said, "lon": lon, "lat": lat, "municipality": municipality, "take_back_digest": take_back_digest}
    row = session.execute(text(_INSERT), kept).one()
    return {**row._mapping, "lon": lon, "lat": lat}


def take_back(session: Session, take_back_digest: bytes) -> bool:
    """Delete the report that goes with a secret, on its day and the next; whether there was one."""
    found = session.execute(
        text("DELETE FROM resident_report WHERE take_back_digest = :digest RETURNING report_id"),
        {"digest": take_back_digest},
    )
    return found.one_or_none() is not None
