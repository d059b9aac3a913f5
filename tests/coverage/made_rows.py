"""Measurements made for tests, in their canonical columns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

SCHEMA = pa.schema(
    [
        ("is_sample", pa.bool_()), ("survey_id", pa.string()), ("at", pa.timestamp("us", "UTC")), ("lon", pa.float64()),
        ("lat", pa.float64()), ("accuracy_m", pa.float32()), ("carrier", pa.string()), ("device", pa.string()),
        ("technology", pa.string()), ("rsrp_dbm", pa.float32()), ("nr_rsrp_dbm", pa.float32()),
        ("downlink_mbps", pa.float32()), ("uplink_mbps", pa.float32()), ("speed_kmh", pa.float32()),
        ("external_antenna", pa.bool_()),
    ]
)  # fmt: skip
SURVEYS = [f"00000000-0000-0000-0000-00000000000{n}" for n in range(4)]
JUNE_1_S = 1_780_272_000  # 2026-06-01 09:00 in Japan
STEP_LON, STEP_LAT = 1 / 3200, 1 / 4800


def row(east: int = 0, north: int = 0, rsrp_dbm: float | None = -90.0, **given: Any) -> dict[str, Any]:
    """One measurement, so many segments east and north of a corner of a quarter mesh."""
    made = {
        "is_sample": False, "survey_id": SURVEYS[0], "at": JUNE_1_S * 1_000_000, "carrier": "docomo", "device": "a",
        "lon": 139.05 + (east + 0.4) * STEP_LON, "lat": 35.8 + (north + 0.4) * STEP_LAT, "accuracy_m": 5.0,
        "technology": "4g" if rsrp_dbm is not None else "none", "rsrp_dbm": rsrp_dbm, "nr_rsrp_dbm": None,
        "downlink_mbps": None, "uplink_mbps": None, "speed_kmh": 30.0, "external_antenna": None,
    }  # fmt: skip
    return {**made, **given}


def table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows as a table."""
    return pa.Table.from_pylist(list(rows), SCHEMA)


def drawn(n: int, seed: int, spread_deg: float = 0.02) -> pa.Table:
    """Random rows of every kind: none, weak, splendid, badly placed, too fast, over three months and four surveys."""
    rng = np.random.default_rng(seed)
    technology = rng.choice(["4g", "5g_nsa", "5g_sa", "3g", "none"], n, p=[0.7, 0.15, 0.05, 0.03, 0.07])
    nothing = np.isin(technology, ["none"])

    def some(values: Any, missing: Any) -> pa.Array:
        return pa.array(np.asarray(values, np.float32), pa.float32(), mask=np.asarray(missing))

    second = JUNE_1_S + rng.integers(0, 90 * 86_400, n)
    return pa.table(
        {
            "is_sample": rng.random(n) < 0.3,
            "survey_id": pa.array(rng.choice(SURVEYS, n)),
            "at": pa.array(second * 1_000_000 + rng.integers(0, 1_000_000, n), pa.timestamp("us", "UTC")),
            "lon": 139.05 + rng.random(n) * spread_deg,
            "lat": 35.8 + rng.random(n) * spread_deg,
            "accuracy_m": some(rng.random(n) * 60, rng.random(n) < 0.1),
            "carrier": pa.array(rng.choice(["docomo", "kddi"], n)),
            "device": pa.array(rng.choice(["a", "b"], n), pa.string(), mask=rng.random(n) < 0.2),
            "technology": pa.array(technology),
            "rsrp_dbm": some(rng.normal(-108, 14, n).clip(-156, -44), nothing | (rng.random(n) < 0.02)),
            "nr_rsrp_dbm": some(rng.normal(-104, 10, n), rng.random(n) < 0.5),
            "downlink_mbps": some(rng.random(n) * 20, rng.random(n) < 0.5),
            "uplink_mbps": some(rng.random(n) * 4, rng.random(n) < 0.5),
            "speed_kmh": some(rng.random(n) * 130, rng.random(n) < 0.1),
            "external_antenna": pa.array(rng.random(n) < 0.05, pa.bool_(), mask=rng.random(n) < 0.5),
        }
    ).cast(SCHEMA)
