"""Every published list of the real data folder, read as it is; what is no list ends in a clear reason."""

from pathlib import Path

import numpy
import pytest
import shapely
from pyproj import Geod

from app.config import Settings
from tests.tabular.made_files import names, opened, said, why_not

pytestmark = pytest.mark.realdata

# path, format, encoding, row of the headings, rows, first two headings
LISTS = [
    ("address_geolonia/tokyo_towns.csv", "csv", "utf-8", 1, 5405, ["pref", "city"]),
    ("address_postal_kenall/13TOKYO_KEN_ALL_cp932.CSV", "csv", "cp932", None, 4165, ["列1", "列2"]),
    ("basestations_nsg_celldb/Germany_262-01_-02_-03.csv", "csv", "utf-8", 1, 37, ["CellName", "Longitude"]),
    ("boundaries_japan/localgovjp-2019-sjis.csv", "csv", "cp932", 1, 1916, ["pid", "pref"]),
    ("boundaries_japan/localgovjp-utf8.csv", "csv", "utf-8-sig", 1, 1916, ["pid", "pref"]),
    ("boundaries_japan/japan_municipality_1902.gpkg", "gpkg", None, None, 1902, ["code5", "code6"]),
    ("boundaries_japan/N03-21_210101.s0001.geojson", "geojson", None, None, 1897, ["N03_001", "N03_002"]),
    ("boundaries_tokyo/tokyo62.gpkg", "gpkg", None, None, 62, ["code5", "pref"]),
    ("boundaries_tokyo/N03-21_13_210101.s0010.geojson", "geojson", None, None, 63, ["N03_001", "N03_002"]),
    ("otemachi_roads_bldg/roads.geojson", "geojson", None, None, 3715, ["highway", "id"]),
    ("otemachi_roads_bldg/buildings.geojson", "geojson", None, None, 3489, ["height", "id"]),
    ("otemachi_roads_bldg/trees.geojson", "geojson", None, None, 1107, ["id", "species"]),
    ("plateau_bldg_tokyo/bldg_heights.gpkg", "gpkg", None, None, 692, ["file", "gml_id"]),
    ("popmesh_estat500m/pop_grid500m_5339_2015.csv", "csv", "utf-8", 1, 16734, ["grid500m", "pop"]),
    ("popmesh_estat500m/pop_grid500m_5339_2015.gpkg", "gpkg", None, None, 16734, ["grid500m", "pop"]),
    ("public_facilities_tokyo/tokyo_public_facilities.csv", "csv", "utf-8-sig", 1, 6387, ["asset_id", "name"]),
    ("shelters_gsi/tokyo_shelters.csv", "csv", "utf-8", 1, 5437, ["NO", "共通ID"]),
    ("shelters_gsi/raw_example_emergency_131016.geojson", "geojson", None, None, 28, ["NO", "共通ID"]),
    ("signal_gnettrack_pro/B_2019.11.26_15.02.50.csv", "csv", "utf-8", 1, 3702, ["Timestamp", "Longitude"]),
    ("signal_gnettrack_pro/B_2019.12.16_13.40.04.csv", "csv", "utf-8", 1, 2143, ["Timestamp", "Longitude"]),
    ("stations_ksj/station_5339_2019.gpkg", "gpkg", None, None, 1346, ["line", "company"]),
    ("takamatsu_city_xlsx/aed_location/data.xlsx", "xlsx", None, 1, 450, ["#property", "latitude"]),
    ("takamatsu_city_xlsx/community_center/data.xlsx", "xlsx", None, 1, 52, ["#property", "latitude"]),
    ("takamatsu_city_xlsx/dental_laboratories/data.xlsx", "xlsx", None, 1, 82, ["№", "歯科技工所名"]),
    ("takamatsu_city_xlsx/exchange_center/data.xlsx", "xlsx", None, 1, 1, ["#property", "都道府県コード又は市区町村コード"]),
    ("takamatsu_city_xlsx/fire_station/data.xlsx", "xlsx", None, 1, 13, ["#property", "latitude"]),
    ("takamatsu_city_xlsx/library/data.xlsx", "xlsx", None, 1, 5, ["#property", "latitude"]),
    ("takamatsu_city_xlsx/municipal_housing/data.xlsx", "xlsx", None, 1, 30, ["#property", "latitude"]),
    ("takamatsu_city_xlsx/park/data.xlsx", "xlsx", None, 1, 310, ["#property", "latitude"]),
    ("takamatsu_city_xlsx/primary_school/data.xlsx", "xlsx", None, 1, 53, ["#property", "latitude"]),
    ("takamatsu_city_xlsx/public_wireless_lan/data.xlsx", "xlsx", None, 1, 3, ["#property", "latitude"]),
    ("tmg_opendata_raw/130001_public_wireless_lan_20240901.xlsx", "xlsx", None, 1, 737, ["都道府県コード又は市区町村コード", "NO"]),
    ("tmg_opendata_raw/130001_public_wireless_lan_20240901_cp932.csv", "csv", "cp932", 1, 737, ["都道府県コード又は市区町村コード", "NO"]),
    ("tmg_opendata_raw/給水拠点一覧.csv", "csv", "cp932", 1, 213, ["番号", "緯度"]),
]  # fmt: skip
UNSUITABLE = [
    ("boundaries_tokyo/N03-21_13_210101.s0010.topojson", "topojson"),
    ("boundaries_japan/N03-21_210101.s0010.topojson", "topojson"),
    ("basemap_vector/world-atlas-countries-110m.json", "topojson"),
    ("dem_fuji_srtm/fuji_10.tif", "not-a-list"),
    ("plateau_bldg_tokyo/53392547_bldg_6697_op2.gml", "not-a-list"),
]


def published(path: str) -> Path:
    folder = Settings(database_url="postgresql://nowhere/none").geodata_dir
    if folder is None or not (folder / path).exists():
        pytest.skip("no folder with published data")
    return folder / path


@pytest.mark.parametrize(
    ("path", "form", "encoding", "row", "count", "first"), LISTS, ids=lambda value: str(value)[-30:]
)
def test_a_published_list_is_read_whole(
    path: str, form: str, encoding: str | None, row: int | None, count: int, first: list[str]
) -> None:
    table, rows = opened(published(path))
    assert (table.format, table.encoding, table.header_row, len(rows), names(table)[:2]) == (
        form,
        encoding,
        row,
        count,
        first,
    )
    assert all(len(cells) == len(table.headings) for _, cells, _ in rows)
    assert [r.number for r in rows] == sorted({r.number for r in rows})


@pytest.mark.parametrize(("path", "rule"), UNSUITABLE)
def test_what_is_no_list_ends_in_a_reason(path: str, rule: str) -> None:
    assert why_not(published(path)).rule == rule


def test_four_coordinate_systems_agree_within_five_centimetres() -> None:
    path = published("crs_test_tokyo_datum/tokyo23ku-cvs.zip")
    found = {}
    for sheet in opened(path)[0].sheets:
        table, rows = opened(path, sheet=sheet.name)
        found[table.crs] = shapely.get_coordinates(shapely.from_wkb([row.geom for row in rows]))
        assert len(rows) == 3853 and ("日本測地系" in said(table)) == (table.crs in ("EPSG:4301", "EPSG:30169"))
    assert set(found) == {"EPSG:4612", "EPSG:2451", "EPSG:4301", "EPSG:30169"}
    earth = Geod(ellps="GRS80")
    for one in found.values():
        for other in found.values():
            assert numpy.max(earth.inv(one[:, 0], one[:, 1], other[:, 0], other[:, 1])[2]) < 0.05


def test_the_sheet_of_examples_is_not_taken() -> None:
    path = published("takamatsu_city_xlsx/exchange_center/data.xlsx")
    table, rows = opened(path)
    assert table.sheet == "Sheet0" and "番号だけ" in said(table)
    table, rows = opened(path, sheet="入力例")
    assert table.header_row == 2 and len(rows) == 2
