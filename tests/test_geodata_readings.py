"""What published files become, and the rows that are refused, with their line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from app.geodata.access_points import read_access_points
from app.geodata.boundaries import read_boundaries
from app.geodata.damage import DamagedSource
from app.geodata.facilities import classify, read_facilities
from app.geodata.population_mesh import read_population_mesh
from app.geodata.postal_codes import read_postal_codes
from app.geodata.towns import read_towns
from tests.published_files import (
    FACILITY_HEADER,
    WIFI_HEADER,
    access_point,
    facility,
    outlines_of_all,
    source,
    write,
    write_boundaries,
)


class TestFacilities:
    def read(self, folder: Path, *lines: str) -> list[dict[str, Any]]:
        entry = source("gsi-shelters")
        return list(read_facilities(write(folder, entry, FACILITY_HEADER, *lines), entry))

    def test_a_row_becomes_an_asset_that_is_not_opened(self, tmp_path: Path) -> None:
        (asset,) = self.read(tmp_path, facility(7))
        assert asset["asset_id"] == "131041-B-E0000000000007"
        assert (asset["asset_kind"], asset["availability"], asset["geom"]) == (
            "building", "unlisted", "SRID=4326;POINT(139.692 35.689)",
        )  # fmt: skip
        assert (asset["owner_type"], asset["owner_code"], asset["owner_name"]) == ("municipality", "131041", "新宿区")
        assert (asset["municipality_code"], asset["municipality"], asset["source_row"]) == ("13104", "新宿区", 2)
        assert "height_m" not in asset and "power" not in asset

    def test_owners(self, tmp_path: Path) -> None:
        metropolitan, unknown = self.read(
            tmp_path, facility(1, owner_kind="TMG", operator="東京都水道局"), facility(2, owner_kind="unknown")
        )
        assert (metropolitan["owner_code"], metropolitan["bureau"]) == ("130001", "水道局")
        assert metropolitan["asset_id"].startswith("130001-B-")
        assert (unknown["owner_type"], unknown["owner_code"], unknown["owner_name"]) == ("unknown", None, None)

    def test_the_municipality_is_the_one_the_address_names(self, tmp_path: Path) -> None:
        (asset,) = self.read(tmp_path, facility(1, address="東京都中央区銀座5-1-13", code5="13101"))
        assert (asset["municipality_code"], asset["owner_code"]) == ("13102", "131024")

    def test_duplicates_name_the_asset_kept_also_of_another_source(self, tmp_path: Path) -> None:
        first, second = self.read(
            tmp_path,
            facility(1),
            facility(2, dup_of="A000001"),
            facility(3, source="TMG 給水拠点一覧", dup_of="A000002"),
        )
        assert (first["dup_of"], second["dup_of"]) == (None, "131041-B-E0000000000001")

    @pytest.mark.parametrize(
        ("name", "facility_type", "kind"),
        [
            ("公衆電話（江東区青海1）No.1", "公衆電話(Wi-Fi)", ("structure", "phone_box")),
            ("観光案内標識（港区新橋1-19）", "Wi-Fi設置施設", ("structure", "other")),
            ("デジタルサイネージ（隅田公園）", "Wi-Fi設置施設", ("structure", "other")),
            ("都立日比谷公園", "給水拠点", ("land", None)),
            ("晴海給水所", "給水拠点", ("building", None)),
            ("四谷ひろば", "指定避難所", ("building", None)),
            ("葛西小", "指定緊急避難場所", ("building", None)),
            ("つばき小学校　グランド", "指定緊急避難場所", ("land", None)),
            ("第二小学校（校庭）", "指定緊急避難場所", ("land", None)),
            ("天ヶ瀬体育館（体育館）", "指定緊急避難場所", ("building", None)),
            ("多摩平の森", "指定緊急避難場所", ("land", None)),
        ],
    )
    def test_kinds_follow_type_and_name(self, name: str, facility_type: str, kind: tuple[str, str | None]) -> None:
        assert classify(name, facility_type) == kind

    @pytest.mark.parametrize(
        ("lines", "line", "reason"),
        [
            ([facility(1), facility(2).rpartition(",")[0]], 3, "列が 15 個"),
            ([facility(1), facility(2) + ",余り"], 3, "列が 17 個"),
            ([facility(1, lat="35.6x")], 2, "数ではありません"),
            ([facility(1, lat="nan")], 2, "数ではありません"),
            ([facility(1, lat="139.692", lon="35.689")], 2, "日本"),
            ([facility(1, lat="0", lon="0")], 2, "日本"),
            ([facility(1, code5="14100")], 2, "62区市町村にありません"),
            ([facility(1, name="")], 2, "空です"),
            ([facility(1, owner_kind="個人")], 2, "知らない値"),
            ([facility(1), facility(1)], 3, "二度現れます"),
            ([facility(1), "", facility(2, dup_of="A999999")], 4, "A999999"),
            ([facility(1, name='"閉じない')], 2, "CSV"),
            ([facility(1, name="a\0b")], 2, "NUL"),
        ],
    )
    def test_a_row_that_cannot_be_right_is_refused_with_its_line(
        self, tmp_path: Path, lines: list[str], line: int, reason: str
    ) -> None:
        with pytest.raises(DamagedSource, match=reason) as refusal:
            self.read(tmp_path, *lines)
        assert refusal.value.line == line
        assert f"tokyo_public_facilities.csv {line} 行目" in str(refusal.value)

    def test_a_missing_column_is_named(self, tmp_path: Path) -> None:
        entry = source("gsi-shelters")
        path = write(tmp_path, entry, FACILITY_HEADER.replace(",lat,", ",ido,"), facility(1))
        with pytest.raises(DamagedSource, match="見出し「lat」がありません"):
            list(read_facilities(path, entry))

    def test_an_empty_file_is_refused(self, tmp_path: Path) -> None:
        entry = source("gsi-shelters")
        path = tmp_path / "empty.csv"
        path.write_bytes(b"")
        with pytest.raises(DamagedSource, match=r"empty\.csv"):
            list(read_facilities(path, entry))

    @pytest.mark.parametrize("kept", [0.35, 0.5, 0.8, 0.999])
    def test_a_half_downloaded_file_is_refused(self, tmp_path: Path, kept: float) -> None:
        entry = source("gsi-shelters", min_rows=30)
        path = write(tmp_path, entry, FACILITY_HEADER, *(facility(number) for number in range(30)))
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * kept)])
        with pytest.raises(DamagedSource):
            list(read_facilities(path, entry))

    def test_a_file_cut_between_rows_is_refused(self, tmp_path: Path) -> None:
        entry = source("gsi-shelters", min_rows=30)
        path = write(tmp_path, entry, FACILITY_HEADER, *(facility(number) for number in range(29)))
        with pytest.raises(DamagedSource, match="29 行しかありません"):
            list(read_facilities(path, entry))


class TestAccessPoints:
    def read(self, folder: Path, *lines: str) -> list[dict[str, Any]]:
        entry = source("tmg-wifi")
        return list(read_access_points(write(folder, entry, *lines, end="\r\n"), entry))

    def test_a_published_file_with_blank_lines_in_cp932(self, tmp_path: Path) -> None:
        lines = ["", WIFI_HEADER, "", access_point("1"), "," * 18, access_point("484", 名称="都庁～①"), ""]
        first, second = self.read(tmp_path, *lines)
        assert first["access_point_id"] == "130001-W-00001"
        assert (first["site_kind"], second["site_kind"]) == ("phone_box", "facility")
        assert (first["municipality_code"], first["municipality"]) == ("13108", "江東区")
        assert first["extra"] == {"confirmed_on": "2024-09-01"}
        assert (first["name_kana"], second["name"], second["source_row"]) == (None, "都庁～①", 6)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"最終確認日": "2024/13/1"}, "日付"),
            ({"最終確認日": "2024/9/"}, "日付"),
            ({"緯度": "999"}, "日本"),
            ({"NO": ""}, "空です"),
            ({"NO": "一"}, "数字ではありません"),
            ({"都道府県コード又は市区町村コード": "13100"}, "数字ではありません"),
        ],
    )
    def test_bad_cells_are_refused(self, tmp_path: Path, changes: dict[str, str], reason: str) -> None:
        with pytest.raises(DamagedSource, match=reason) as refusal:
            self.read(tmp_path, WIFI_HEADER, access_point(**changes))
        assert refusal.value.line == 2

    def test_a_number_twice_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DamagedSource, match="2 行目にもあります"):
            self.read(tmp_path, WIFI_HEADER, access_point("1"), access_point("1"))

    def test_an_undecodable_byte_is_refused_with_its_line(self, tmp_path: Path) -> None:
        entry = source("tmg-wifi")
        path = write(tmp_path, entry, WIFI_HEADER, access_point("1"), access_point("2"), end="\r\n")
        path.write_bytes(path.read_bytes().replace(b"\r\n130001,2,", b"\r\n130001,2\xff,"))
        with pytest.raises(DamagedSource, match="cp932") as refusal:
            list(read_access_points(path, entry))
        assert refusal.value.line == 3


class TestPopulationMesh:
    def read(self, folder: Path, *lines: str) -> list[dict[str, Any]]:
        entry = source("estat-population-mesh")
        return list(read_population_mesh(write(folder, entry, "grid500m,pop", *lines), entry))

    def test_a_cell(self, tmp_path: Path) -> None:
        (cell,) = self.read(tmp_path, "533945253,1027.0")
        assert (cell["mesh_half"], cell["population"], cell["census_year"]) == ("533945253", 1027.0, 2015)
        west, south, east, north = shapely.from_wkt(cell["geom"].partition(";")[2]).bounds
        assert (east - west, north - south) == pytest.approx((1 / 160, 1 / 240))
        assert west < 139.691711 < east and south < 35.689487 < north

    @pytest.mark.parametrize(
        ("lines", "line"),
        [
            (["53394525,1"], 2),
            (["533945255,1"], 2),
            (["533945253,1", "533945253,2"], 3),
            (["533945253,-1"], 2),
            (["533945253,"], 2),
        ],
    )
    def test_bad_cells_are_refused(self, tmp_path: Path, lines: list[str], line: int) -> None:
        with pytest.raises(DamagedSource) as refusal:
            self.read(tmp_path, *lines)
        assert refusal.value.line == line


class TestBoundaries:
    entry = source("n03-municipalities", min_rows=62)

    def read(self, path: Path) -> list[dict[str, Any]]:
        return list(read_boundaries(path, self.entry))

    def test_names_come_from_the_facts(self, tmp_path: Path) -> None:
        rows = self.read(write_boundaries(tmp_path / "tokyo.gpkg", outlines_of_all()))
        assert len(rows) == 62
        ogasawara = next(row for row in rows if row["municipality_code"] == "13421")
        assert (ogasawara["name"], ogasawara["name_kana"], ogasawara["name_en"], ogasawara["region"]) == (
            "小笠原村", "オガサワラムラ", "Ogasawara Village", "island",
        )  # fmt: skip
        assert shapely.from_wkb(ogasawara["geom"]).geom_type == "MultiPolygon"

    def damaged(self, path: Path, change: Callable[[list[Any]], Any]) -> Path:
        outlines: list[Any] = outlines_of_all()
        change(outlines)
        return write_boundaries(path, outlines)

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda outlines: outlines.pop(), "61 行しかありません"),
            (lambda outlines: outlines.append(("14100", outlines[0][1])), "「14100」は東京都にありません"),
            (lambda outlines: outlines.__setitem__(3, ("13104", shapely.MultiPolygon())), "日本の外"),
            (
                lambda outlines: outlines.__setitem__(
                    3, ("13104", shapely.MultiPolygon([shapely.box(9.69, 35.68, 9.71, 35.70)]))
                ),
                "新宿区が日本の外",
            ),
            (
                lambda outlines: outlines.__setitem__(
                    3, ("13104", shapely.from_wkt("MULTIPOLYGON(((139 35, 140 36, 140 35, 139 36, 139 35)))"))
                ),
                "新宿区の境界が壊れています",
            ),
        ],
    )
    def test_bad_boundaries_are_refused(self, tmp_path: Path, change: Callable[[list[Any]], Any], reason: str) -> None:
        with pytest.raises(DamagedSource, match=reason):
            self.read(self.damaged(tmp_path / "tokyo.gpkg", change))

    @pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9])
    def test_a_half_downloaded_file_is_refused(self, tmp_path: Path, kept: float) -> None:
        path = write_boundaries(tmp_path / "tokyo.gpkg", outlines_of_all())
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * kept)])
        with pytest.raises(DamagedSource, match=r"tokyo\.gpkg"):
            self.read(path)


class TestTowns:
    HEADER = "pref,city,town,koaza,lat,lon"

    def read(self, folder: Path, *lines: str) -> list[dict[str, Any]]:
        entry = source("geolonia-towns")
        return list(read_towns(write(folder, entry, self.HEADER, *lines), entry))

    def test_towns_by_municipality(self, tmp_path: Path) -> None:
        towns = self.read(
            tmp_path,
            "東京都,新宿区,西新宿二丁目,,35.689487,139.691711",
            "東京都,西多摩郡奥多摩町,氷川,,35.81,139.1",
            "東京都,大島町,岡田,助田,34.78,139.38",
        )
        assert [(town["municipality_code"], town["name"]) for town in towns] == [
            ("13104", "西新宿二丁目"), ("13308", "氷川"), ("13361", "岡田助田"),
        ]  # fmt: skip
        assert towns[0]["geom"] == "SRID=4326;POINT(139.691711 35.689487)"

    def test_towns_without_a_position_or_a_name_are_left_out(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, "東京都,大田区,令和島一丁目,,,", "東京都,新島村,（大字なし）,,34.37,139.26") == []

    @pytest.mark.parametrize(
        ("lines", "line"),
        [
            (["東京都,新宿区,西新宿二丁目,,139.691711,35.689487"], 2),
            (["東京都,新宿区,西新宿二丁目,,35.689487,"], 2),
            (["東京都,知らない区,西新宿二丁目,,35.689487,139.691711"], 2),
            (["神奈川県,新宿区,西新宿二丁目,,35.689487,139.691711"], 2),
            (["東京都,新宿区,西新宿,,35.6,139.6", "東京都,新宿区,西新宿,,35.6,139.7"], 3),
            (["東京都,新宿区,,,35.6,139.6"], 2),
        ],
    )
    def test_what_cannot_be_right_is_refused(self, tmp_path: Path, lines: list[str], line: int) -> None:
        with pytest.raises(DamagedSource) as refusal:
            self.read(tmp_path, *lines)
        assert refusal.value.line == line


class TestPostalCodes:
    def line(self, code5: str, code: str, town: str) -> str:
        return f'{code5},"100  ","{code}","ﾄｳｷｮｳﾄ","ﾁﾖﾀﾞｸ","ﾃｽﾄ","東京都","千代田区","{town}",0,0,0,0,0,0'

    def read(self, folder: Path, *lines: str) -> list[dict[str, Any]]:
        entry = source("japan-post-postal-codes")
        return list(read_postal_codes(write(folder, entry, *lines, end="\r\n"), entry))

    def test_a_file_without_a_header(self, tmp_path: Path) -> None:
        codes = self.read(
            tmp_path,
            self.line("13101", "1000000", "以下に掲載がない場合"),
            self.line("13101", "1000004", "大手町（次のビルを除く）"),
            self.line("13101", "1006890", "大手町ＪＡビル（地階・"),
            self.line("13101", "1006890", "階層不明）"),
            self.line("13362", "1000301", "利島村一円"),
            self.line("13103", "1050022", "海岸（１、２丁目）"),
            self.line("13103", "1050022", "海岸（３丁目）"),
        )
        assert [(code["postal_code"], code["municipality_code"], code["town_name"]) for code in codes] == [
            ("1000000", "13101", ""), ("1000004", "13101", "大手町"), ("1006890", "13101", "大手町ＪＡビル"),
            ("1000301", "13362", ""), ("1050022", "13103", "海岸"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "change", [("1310", "1000000", "丸の内"), ("13101", "100000", "丸の内"), ("13101", "1000000", "")]
    )
    def test_what_cannot_be_right_is_refused(self, tmp_path: Path, change: tuple[str, str, str]) -> None:
        with pytest.raises(DamagedSource) as refusal:
            self.read(tmp_path, self.line("13101", "1000004", "大手町"), self.line(*change))
        assert refusal.value.line == 2
