"""Places for tests: two square wards with a few towns, and the published ones where the folder is there."""

from collections import defaultdict
from typing import Any

import pytest
import shapely

from app.config import Settings
from app.geodata.boundaries import read_boundaries
from app.geodata.manifest import read_manifest
from app.geodata.postal_codes import read_postal_codes
from app.geodata.towns import read_towns
from app.territory.boundaries import Boundary
from app.territory.places import Places, Town

SHINJUKU, SETAGAYA, OKUTAMA, TAMA, BUNKYO = "13104", "13112", "13308", "13224", "13105"
SHINJUKU_BOX = (139.67, 35.67, 139.74, 35.73)
SETAGAYA_BOX = (139.58, 35.59, 139.67, 35.67)


def box(code5: str, name: str, bounds: tuple[float, ...], *, is_sample: bool = False) -> Boundary:
    wkb = shapely.to_wkb(shapely.MultiPolygon([shapely.box(*bounds)]))
    return Boundary(code5, "東京都", None, name, wkb, is_sample)


def small_places(*, is_sample: bool = False) -> Places:
    """新宿区 and 世田谷区 as squares that touch, with towns of several spellings."""
    return Places(
        {
            SHINJUKU: box(SHINJUKU, "新宿区", SHINJUKU_BOX, is_sample=is_sample),
            SETAGAYA: box(SETAGAYA, "世田谷区", SETAGAYA_BOX, is_sample=is_sample),
        },
        {
            SHINJUKU: [
                Town("西新宿一丁目", 139.6975, 35.6885), Town("西新宿二丁目", 139.6917, 35.6895), Town("霞ヶ丘町", 139.715, 35.678),
                Town("市谷台町", 139.72, 35.695), Town("内藤町", 139.71, 35.686), Town("百人町一丁目", 139.70, 35.70),
                Town("住吉町", 139.72, 35.69),
            ],
            SETAGAYA: [Town("三軒茶屋一丁目", 139.672, 35.641), Town("船橋十一丁目", 139.62, 35.65)],
            OKUTAMA: [Town("氷川", 139.10, 35.81), Town("海沢", 139.11, 35.80)],
            TAMA: [Town("一ノ宮一丁目", 139.44, 35.65), Town("大字落合", 139.43, 35.62)],
            BUNKYO: [Town(f"大塚{number}丁目", 139.72 + place * 0.02, 35.72) for place, number in enumerate("一二三")],
        },
        {"1600023": [(SHINJUKU, "西新宿")], "1540024": [(SETAGAYA, "三軒茶屋")], "9999999": [(SHINJUKU, ""), (SETAGAYA, "")]},
    )  # fmt: skip


def published_places() -> Places:
    """The published boundaries, towns and postal codes of Tokyo; skips where there is no folder of published data."""
    folder = Settings(database_url="postgresql://nowhere/none").geodata_dir
    if folder is None:
        pytest.skip("no folder with published data")
    manifest = read_manifest()
    boundaries, towns, codes = (
        list(reading(folder / manifest[source].path, manifest[source]))
        for source, reading in (
            ("n03-municipalities", read_boundaries),
            ("geolonia-towns", read_towns),
            ("japan-post-postal-codes", read_postal_codes),
        )
    )
    by_municipality: dict[str, list[Town]] = defaultdict(list)
    for row in towns:
        lon, lat = row["geom"].removeprefix("SRID=4326;POINT(").rstrip(")").split()
        by_municipality[row["municipality_code"]].append(Town(row["name"], float(lon), float(lat)))
    by_code: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in codes:
        by_code[row["postal_code"]].append((row["municipality_code"], row["town_name"]))
    return Places({row["municipality_code"]: _boundary(row) for row in boundaries}, by_municipality, by_code)


def _boundary(row: dict[str, Any]) -> Boundary:
    shape = shapely.to_wkb(shapely.from_wkb(row["geom"]), include_srid=False)
    return Boundary(row["municipality_code"], row["prefecture"], row["district"], row["name"], shape)
