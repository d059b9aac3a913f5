"""Every published list of the data folder goes the page's own way; docs/import-matrix.md tells what became of it.

`UPDATE_DOCS=1` writes the document anew.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from pyproj import Geod

from app.accounts.actor import Service, Transactions
from app.assets.lists import ASSETS
from app.config import PROJECT_ROOT, Settings
from app.db import make_engine, make_sessions, make_worker_engine
from app.geodata.load import load_sources
from app.geodata.manifest import read_manifest
from app.lists import imports
from app.lists.examination import examine_import
from app.lists.kinds import ListKind
from app.lists.owners import owner_of_municipality
from app.lists.sending import take_file
from app.wifi.lists import WIFI
from tests.conftest import database

pytestmark = pytest.mark.realdata

DOCUMENT = PROJECT_ROOT / "docs" / "import-matrix.md"
GROUND = ("n03-municipalities", "geolonia-towns", "japan-post-postal-codes")
WHO = Service("command-line")
TOKYO, TAKAMATSU = "13000", "37201"

# file, kind, whose list, what to choose; then what is expected: rows and usable rows, or a reason
READABLE: tuple[tuple[str, ListKind, str, dict[str, Any], int, int], ...] = (
    ("tmg_opendata_raw/130001_public_wireless_lan_20240901_cp932.csv", WIFI, TOKYO, {}, 737, 736),
    ("tmg_opendata_raw/130001_public_wireless_lan_20240901.xlsx", WIFI, TOKYO, {}, 737, 736),
    ("tmg_opendata_raw/給水拠点一覧.csv", ASSETS, TOKYO, {}, 213, 213),
    ("shelters_gsi/tokyo_shelters.csv", ASSETS, TOKYO, {}, 5437, 5437),
    ("shelters_gsi/raw_example_emergency_131016.geojson", ASSETS, TOKYO, {}, 28, 28),
    ("public_facilities_tokyo/tokyo_public_facilities.csv", ASSETS, TOKYO, {}, 6387, 6386),
    *(
        (f"takamatsu_city_xlsx/{name}/data.xlsx", WIFI if "lan" in name else ASSETS, TAKAMATSU, {}, rows, usable)
        for name, rows, usable in (
            ("aed_location", 450, 449), ("community_center", 52, 52), ("dental_laboratories", 82, 81), ("exchange_center", 1, 1),
            ("fire_station", 13, 13), ("library", 5, 5), ("municipal_housing", 30, 30), ("park", 310, 310),
            ("primary_school", 53, 53), ("public_wireless_lan", 3, 3),
        )
    ),
    *(
        ("crs_test_tokyo_datum/tokyo23ku-cvs.zip", ASSETS, TOKYO, {"sheet": f"tokyo23ku-cvs/tokyo23ku-cvs_{crs}.shp"}, 3853, 3832)
        for crs in ("jgd2000", "jgd2000_9kei", "tokyo", "tokyo_9kei")
    ),
    ("boundaries_japan/localgovjp-utf8.csv", ASSETS, TOKYO, {}, 1916, 0),
    ("boundaries_japan/localgovjp-2019-sjis.csv", ASSETS, TOKYO, {}, 1916, 0),
    ("stations_ksj/station_5339_2019.gpkg", ASSETS, TOKYO, {}, 1346, 0),
    ("otemachi_roads_bldg/trees.geojson", ASSETS, TOKYO, {}, 1107, 0),
    ("address_geolonia/tokyo_towns.csv", ASSETS, TOKYO, {}, 5405, 0),
    ("popmesh_estat500m/pop_grid500m_5339_2015.csv", ASSETS, TOKYO, {}, 16734, 0),
    ("address_postal_kenall/13TOKYO_KEN_ALL_cp932.CSV", ASSETS, TOKYO, {}, 4165, 0),
    ("signal_gnettrack_pro/B_2019.11.26_15.02.50.csv", ASSETS, TOKYO, {}, 3702, 0),
    ("basestations_nsg_celldb/Germany_262-01_-02_-03.csv", ASSETS, TOKYO, {}, 37, 0),
    ("boundaries_japan/N03-21_210101.s0010.topojson", ASSETS, TOKYO, {}, 0, 0),
    ("dem_fuji_srtm/fuji_10.tif", ASSETS, TOKYO, {}, 0, 0),
    ("plateau_bldg_tokyo/53392547_bldg_6697_op2.gml", ASSETS, TOKYO, {}, 0, 0),
)  # fmt: skip


@pytest.fixture(scope="module")
def folder() -> Path:
    found = get_geodata_dir()
    if found is None:
        pytest.skip("needs the folder of published data")
    return found


def get_geodata_dir() -> Path | None:
    return Settings(database_url="postgresql://unused").geodata_dir


@pytest.fixture(scope="module")
def register(server_url: str, migrated_template: str, folder: Path) -> Iterator[Transactions]:
    """A register that knows the ground and no asset."""
    with database(server_url, f"test_matrix_{os.getpid()}", migrated_template) as url:
        settings = Settings(database_url=url, geodata_dir=folder, geodata_download=False)
        owner = make_engine(settings)
        sources = read_manifest()
        load_sources(make_sessions(owner), settings, {name: sources[name] for name in GROUND}, lambda _: None)
        owner.dispose()
        engine = make_worker_engine(settings)
        yield Transactions(engine)
        engine.dispose()


def examined(
    register: Transactions, folder: Path, path: str, kind: ListKind, code5: str, choices: dict[str, Any]
) -> imports.Import:
    key = (path, str(choices))
    if key not in _EXAMINED:
        _EXAMINED[key] = _examine(register, folder, path, kind, code5, choices)
    return _EXAMINED[key]


_EXAMINED: dict[tuple[str, str], imports.Import] = {}


def _examine(
    register: Transactions, folder: Path, path: str, kind: ListKind, code5: str, choices: dict[str, Any]
) -> imports.Import:
    owner = owner_of_municipality(code5)
    with register.begin(WHO) as session, (folder / path).open("rb") as file:
        import_id = take_file(session, kind, owner, WHO, Path(path).name, file, choices)["import_id"]
    examine_import(register, {kind.name: kind}, import_id, WHO)
    with register.begin(WHO) as session:
        return imports.get_import(session, import_id)


def test_every_published_list(register: Transactions, folder: Path) -> None:
    lines, differing = [], []
    for path, kind, code5, choices, rows, usable in READABLE:
        found = examined(register, folder, path, kind, code5, choices)
        counts = (found["report"] or {}).get("counts", {"rows": 0, "good_rows": 0})
        if (counts["rows"], counts["good_rows"]) != (rows, usable):
            differing.append((path, choices, (counts["rows"], counts["good_rows"]), (rows, usable), found["refusal"]))
        lines.append(_line(path, kind, choices, found, counts))
    document = HEAD + "\n".join(lines) + "\n"
    if os.environ.get("UPDATE_DOCS"):
        DOCUMENT.write_text(document, encoding="utf-8")
    assert differing == []
    assert DOCUMENT.read_text(encoding="utf-8") == document, "write it anew: UPDATE_DOCS=1"


HEAD = """# 公開データの取り込み表

`tests/lists/test_import_matrix.py` が、公開データのファイルを画面と同じ道筋（送る→子プロセスで読む→判定→差分）に通して書いた表です。
「使える行」は、そのまま登録簿に入れられる行の数です。基地局調査や住所の表のように、アセットの一覧ではないものは、理由を添えて断ります。

Written by the test named above: every list of the published data goes the page's own way. Lists that are no lists of
assets end in a reason.

| ファイル | 種類 | 形式 | 行 | 使える行 | 列の対応 | 判定・理由 |
|---|---|---|---:|---:|---|---|
"""


def _line(path: str, kind: ListKind, choices: dict[str, Any], found: imports.Import, counts: dict[str, int]) -> str:
    name = path + (f"（{choices['sheet'].rpartition('/')[2]}）" if choices else "")
    report = found["report"] or {}
    if found["state"] == "refused":
        return f"| {name} | {kind.ja} | – | – | – | – | **読めません**: {found['refusal']['ja']} |"
    read = report["reading"]
    form = " ".join(part for part in (read["format"], read["encoding"], read["crs"]) if part)
    mapped = "、".join(f"{c['heading']}→{c['target']}" for c in report["columns"] if c["target"])
    said = "; ".join(f"{group['count']:,}件 {group['ja']}" for group in report["groups"])
    missing = "。".join(column["ja"] for column in report.get("missing_columns", ()))
    told = f"**アセットの一覧ではありません**: {missing}" if missing else said or "指摘なし"
    cells = (name, kind.ja, form, f"{counts['rows']:,}", f"{counts['good_rows']:,}", mapped or "–", told)
    return "| " + " | ".join(cell.replace("|", "｜").replace("\n", " ") for cell in cells) + " |"


def test_the_four_systems_land_within_five_centimetres(register: Transactions, folder: Path) -> None:
    placed = []
    for crs in ("jgd2000", "jgd2000_9kei", "tokyo", "tokyo_9kei"):
        choices = {"sheet": f"tokyo23ku-cvs/tokyo23ku-cvs_{crs}.shp"}
        found = examined(register, folder, "crs_test_tokyo_datum/tokyo23ku-cvs.zip", ASSETS, TOKYO, choices)
        with register.begin(WHO) as session:
            rows = b"".join(imports.read_part(session, found["import_id"], "rows"))
        placed.append(_points(rows))
    apart = max(_distance_m(a, b) for other in placed[1:] for a, b in zip(placed[0], other, strict=True))
    assert len(placed[0]) == 3832
    assert apart < 0.05
    print(f"at most {apart * 1000:.1f} mm apart")


def _points(rows: bytes) -> list[tuple[float, float]]:
    found = []
    for line in rows.decode().splitlines():
        point = re.search(r"SRID=4326;POINT\(([-\d.]+) ([-\d.]+)\)", line)
        if point:
            found.append((float(point[1]), float(point[2])))
        else:
            ewkb = next(cell for cell in line.split("\t") if cell.startswith("0101"))
            geometry = shapely.from_wkb(bytes.fromhex(ewkb))
            found.append((geometry.x, geometry.y))
    return found


def _distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(Geod(ellps="GRS80").inv(*a, *b)[2])
