"""Reports of residents: choices alone, roughly where, throttled, and nothing of who says so."""

from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from app.clock import today
from app.surveys.reports import DECIMALS, JAPAN
from tests.accounts_world import World, settings_of
from tests.conftest import serving

Owner = psycopg.Connection[Any]
PLACES = {
    "東京": (139.69, 35.69), "奥多摩": (139.10, 35.81), "青ヶ島": (139.77, 32.46), "父島": (142.19, 27.09), "南鳥島": (153.98, 24.29),
    "沖ノ鳥島": (136.08, 20.42), "与那国": (122.99, 24.46), "福江": (128.84, 32.69), "対馬": (129.40, 34.65), "隠岐": (133.25, 36.25),
    "佐渡": (138.4, 38.05), "奥尻": (139.46, 42.15), "礼文": (141.02, 45.38), "稚内": (141.67, 45.41), "根室": (145.6, 43.33),
    "那覇": (127.68, 26.21), "北大東": (131.3, 25.95),
}  # fmt: skip
ABROAD = {
    "釜山": (129.08, 35.18), "ソウル": (126.98, 37.57), "済州": (126.5, 33.4), "台北": (121.56, 25.03), "ウラジオストク": (131.9, 43.1),
    "ユジノサハリンスク": (142.73, 46.95), "上海": (121.5, 31.2), "原点": (0.0, 0.0), "緯度と経度が逆": (35.69, 139.69 - 90),
}  # fmt: skip


def said(**changes: Any) -> dict[str, Any]:
    """A report of somebody in 奥多摩."""
    return {
        "lon": 139.1034567, "lat": 35.8067891, "experienced_on": today().isoformat(), "part_of_day": "evening",
        "trouble": "no_service", "place": "vehicle", "carrier": "docomo", **changes,
    }  # fmt: skip


async def test_a_report_keeps_roughly_where_and_nothing_of_whom(world_client: httpx.AsyncClient, owner: Owner) -> None:
    answer = await world_client.post("/api/v1/resident-reports", json=said())
    assert answer.status_code == 201, answer.text
    assert (answer.json()["lon"], answer.json()["lat"]) == (139.103, 35.807)
    row = owner.execute("SELECT *, ST_X(geom) AS lon, ST_Y(geom) AS lat FROM resident_report").fetchone()
    columns = owner.execute("SELECT * FROM resident_report LIMIT 0").description
    assert row is not None
    assert row[-2:] == (139.103, 35.807)
    assert columns is not None
    assert {column.name for column in columns} == {
        "report_id", "experienced_on", "part_of_day", "carrier", "trouble", "place", "municipality_code", "is_sample",
        "created_on", "take_back_digest", "geom",
    }  # fmt: skip
    digest = owner.execute("SELECT take_back_digest FROM resident_report").fetchone()
    assert digest == (None,), "only the page hands out a secret"
    everything = owner.execute("SELECT (SELECT count(*) FROM audit_event WHERE action LIKE '%report%')").fetchone()
    assert everything == (0,), "a row of the trail would hold the address"


@pytest.mark.parametrize(
    "changes",
    [
        *({"lon": lon, "lat": lat} for lon, lat in ABROAD.values()), {"part_of_day": "18:05"}, {"trouble": "遅い"},
        {"note": "自宅の前"}, {"carrier": "sample-a"}, {"experienced_on": (today() + timedelta(1)).isoformat()},
        {"experienced_on": (today() - timedelta(400)).isoformat()}, {"lat": None},
    ],
    ids=str,
)  # fmt: skip
async def test_what_is_no_report_is_refused(
    world_client: httpx.AsyncClient, owner: Owner, changes: dict[str, Any]
) -> None:
    answer = await world_client.post("/api/v1/resident-reports", json=said(**changes))
    assert answer.status_code == 422, answer.text
    assert owner.execute("SELECT count(*) FROM resident_report").fetchone() == (0,)


def test_the_outline_holds_the_islands_and_not_the_neighbours() -> None:
    assert [name for name, place in PLACES.items() if not shapely.contains_xy(JAPAN, *place)] == []
    assert [name for name, place in ABROAD.items() if shapely.contains_xy(JAPAN, *place)] == []


@given(st.floats(20, 46))
def test_rounding_moves_a_place_by_56_m_at_most(lat: float) -> None:
    assert abs(round(lat, DECIMALS) - lat) * 111_195 <= 56


async def test_reports_of_one_address_are_throttled(world_url: str, world: World) -> None:
    async with serving(settings_of(world_url, reports_per_minute=3)) as client:
        codes = [(await client.post("/api/v1/resident-reports", json=said())).status_code for _ in range(5)]
        assert codes == [201, 201, 201, 429, 429]
        assert (await client.get("/api/v1/me", headers=world["planner"].session)).status_code == 200
