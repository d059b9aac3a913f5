"""Columns are mapped to what they mean: standards, ledgers, free wording and published files."""

import time
from collections.abc import Iterator, Sequence
from itertools import islice, permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assets.fields import FIELDS as ASSET_FIELDS
from app.assets.headings import TARGETS as ASSET
from app.config import Settings
from app.tabular.assignment import best_assignment
from app.tabular.heading_words import heading_unit
from app.tabular.mapping import Proposal, apply_recipe, known_headings, normalise_heading, propose
from app.tabular.opening import open_table
from app.tabular.table import Heading, ReadOptions, Row, column_letter
from app.tabular.targets import Target
from app.wifi.fields import FIELDS as WIFI_FIELDS
from app.wifi.headings import TARGETS as WIFI

# Columns in the order of each standard, with what they are taken to mean (None: kept aside).
LEGACY_WIFI = {
    "都道府県コード又は市区町村コード": "localgov_code", "NO": "source_no", "都道府県名": "prefecture", "市区町村名": "city", "名称": "name",
    "名称_カナ": "name_kana", "名称_英語": "name_en", "住所": "address", "方書": "building_name", "緯度": "latitude", "経度": "longitude",
    "設置者": "installer", "電話番号": "phone", "内線番号": None, "SSID": "ssid", "提供エリア": "service_area", "URL": "url", "備考": "remarks",
}  # fmt: skip
LEGACY_FACILITIES = {
    "都道府県コード又は市区町村コード": "localgov_code", "NO": "source_no", "都道府県名": "prefecture", "市区町村名": "city", "名称": "name",
    "名称_カナ": "name_kana", "名称_通称": None, "POIコード": None, "住所": "address", "方書": "building_name", "緯度": "latitude", "経度": "longitude",
    "電話番号": "contact", "内線番号": None, "法人番号": None, "団体名": "owner_name", "利用可能曜日": None, "開始時間": None, "終了時間": None,
    "利用可能日時特記事項": None, "説明": None, "バリアフリー情報": None, "URL": None, "備考": None,
}  # fmt: skip
STANDARD = {
    "全国地方公共団体コード": "localgov_code", "ID": "source_no", "地方公共団体名": "owner_name", "名称": "name", "名称_カナ": "name_kana",
    "名称_英字": "name_en", "所在地_全国地方公共団体コード": "municipality_code", "町字ID": None, "所在地_連結標記": "address",
    "所在地_都道府県": "prefecture", "所在地_市区町村": "city", "所在地_町字": "town", "所在地_番地以下": "block", "建物名等(方書)": "building_name",
    "緯度": "latitude", "経度": "longitude", "高度の種別": None, "高度の値": None, "電話番号": None, "内線番号": None,
    "連絡先メールアドレス": "contact", "連絡先FormURL": None, "連絡先備考(その他、SNSなど)": None, "郵便番号": "postal_code", "法人番号": None,
    "利用可能曜日": None, "開始時間": None, "終了時間": None, "利用可能日時特記事項": None, "画像": None, "画像_ライセンス": None, "URL": None, "備考": None,
}  # fmt: skip
STANDARD_WIFI = {
    "全国地方公共団体コード": "localgov_code", "ID": "source_no", "地方公共団体名": None, "名称": "name", "名称_カナ": "name_kana", "名称_英語": "name_en",
    "所在地_全国地方公共団体コード": "municipality_code", "町字ID": None, "所在地_連結表記": "address", "所在地_都道府県": "prefecture",
    "所在地_市区町村": "city", "所在地_町字": "town", "所在地_番地以下": "block", "建物名等(方書)": "building_name", "緯度": "latitude",
    "経度": "longitude", "高度の種別": None, "高度の値": None, "設置者": "installer", "電話番号": "phone", "内線番号": None, "SSID": "ssid",
    "提供エリア": "service_area", "URL": "url", "画像": None, "画像_ライセンス": None, "備考": "remarks",
}  # fmt: skip
PHYSICAL = {
    "localgov_code": "localgov_code", "id": "source_no", "localgov_name": "owner_name", "name": "name", "name_kana": "name_kana",
    "name_english": "name_en", "seat_localgov_code": "municipality_code", "choaza_id": None, "seat_copulative_spell": "address",
    "seat_prefecture": "prefecture", "seat_city": "city", "seat_choaza": "town", "seat_after_address": "block", "buillding_name_etc": "building_name",
    "latitude": "latitude", "longitude": "longitude", "advanced_classification": None, "advanced_value": None, "image": None, "image_licence": None,
}  # fmt: skip
LEDGER = {
    "財産番号": "property_no", "口座名": "name", "所在": "address", "地番": "lot_no", "地目": "land_category", "構造": "structure_type",
    "階数": "floors_above", "延床面積（㎡）": "gross_floor_m2", "建築年月日": "built_year", "取得年月日": None, "所管課": "bureau",
    "行政財産/普通財産": "property_class", "用途": "facility_type", "台帳面積": None, "実測面積": "area_m2", "棟数": None,
}  # fmt: skip
FREE = {
    "1.施設名称": "name", "2.場所": "address", "3.北緯": "latitude", "4.東経": "longitude", "5.高さ（ｍ）": "height_m", "6.延べ面積(坪)": "gross_floor_m2",
    "7.築年": "built_year", "8.電源の有無": "power", "9.光回線": "fibre", "10.屋上": "roof_type", "11.耐震": "seismic", "12.担当": "bureau",
    "13.問い合わせ先": "contact",
}  # fmt: skip
HALF_WIDTH = {
    "全国地方公共団体ｺｰﾄﾞ": "localgov_code", "名称_ｶﾅ": "name_kana", "ＳＳＩＤ": "ssid", "提供ｴﾘｱ": "service_area", "ＵＲＬ": "url",
}  # fmt: skip
PLANE = {
    "X座標": "plane_x",
    "Y座標": "plane_y",
    "系": "plane_zone",
    "測地系": "datum",
    "標高": "ground_elev_m",
    "〒": "postal_code",
}
TWO_ROWS = {
    "位置 緯度": "latitude", "位置 経度": "longitude", "建物 面積(㎡)": "gross_floor_m2", "土地 面積(㎡)": "area_m2", "建物 構造": "structure_type",
    "建物 地上階数": "floors_above",
}  # fmt: skip


def _headings(names: Sequence[str]) -> list[Heading]:
    return [Heading(place, column_letter(place), name) for place, name in enumerate(names)]


def _rows(*columns: Sequence[Any]) -> list[Row]:
    return [Row(number, tuple(cells)) for number, cells in enumerate(zip(*columns, strict=True), 2)]


def _proposed(names: Sequence[str], targets: Sequence[Target], *columns: Sequence[Any]) -> list[str | None]:
    return [proposal.target for proposal in propose(_headings(names), _rows(*columns), targets)]


@pytest.mark.parametrize(
    ("family", "targets"),
    [
        (LEGACY_WIFI, WIFI), (LEGACY_FACILITIES, ASSET), (STANDARD, ASSET), (STANDARD_WIFI, WIFI), (PHYSICAL, ASSET), (LEDGER, ASSET), (FREE, ASSET),
        (HALF_WIDTH, WIFI), (PLANE, ASSET), (TWO_ROWS, ASSET),
    ],
    ids=["legacy-wifi", "legacy-facilities", "standard", "standard-wifi", "physical", "ledger", "free", "half-width", "plane", "two-rows"],
)  # fmt: skip
def test_each_family_of_headings_is_mapped(family: dict[str, str | None], targets: Sequence[Target]) -> None:
    proposals = propose(_headings(list(family)), [], targets)
    assert {heading: p.target for heading, p in zip(family, proposals, strict=True)} == family
    assert all(p.confidence >= 0.7 for p in proposals if p.target)


@pytest.mark.parametrize("targets", [ASSET, WIFI], ids=["assets", "wifi"])
def test_every_target_is_found_by_its_own_words(targets: Sequence[Target]) -> None:
    for target in targets:
        for word in (*target.exact, *target.usual, target.name):
            found = {p.target for p in propose(_headings([word]), [], targets)}
            others = {t.name for t in targets if word in (*t.exact, *t.usual, t.ja, t.name)}
            assert found <= others | {target.name}, (word, found)
            assert found != {None}, word
    assert len({target.name for target in targets}) == len(targets)


def test_every_field_is_a_target() -> None:
    for fields, targets in ((ASSET_FIELDS, ASSET), (WIFI_FIELDS, WIFI)):
        assert {field.name for field in fields} <= {target.name for target in targets}


@pytest.mark.parametrize(
    ("heading", "normalised", "unit"),
    [
        ("面積（㎡）", "面積", "m2"),
        ("高さ[m]", "高さ", "m"),
        ("面積(坪)", "面積", "坪"),
        ("延床面積 ㎡", "延床面積㎡", None),
        ("面積（単位：㎡）", "面積", "m2"),
        ("許容荷重（N/㎡）", "許容荷重", "N/m2"),
        ("①名　称", "名称", None),
        ("1.名称", "名称", None),
        ("（１）名称", "名称", None),
        ("【必須】名称※", "名称", None),
        ("ﾒｲｼｮｳ", "メイショウ", None),
        ("ＮＯ．", "no", None),
        ("所在地\n連結表記", "所在地連結表記", None),
        ("(名称)", "名称", None),
        ("", "", None),
    ],
)
def test_headings_are_stripped_of_what_means_nothing(heading: str, normalised: str, unit: str | None) -> None:
    assert normalise_heading(heading) in (normalised, normalised.removesuffix("㎡") + "m2")
    if unit is not None:
        assert heading_unit(heading) == unit


def test_the_unit_reaches_the_proposal() -> None:
    [proposal] = propose(_headings(["面積(坪)"]), _rows(["100", "１２０"]), ASSET)
    assert (proposal.target, proposal.unit) == ("area_m2", "坪")


def test_samples_tell_a_kind_of_asset_from_a_kind_of_facility() -> None:
    assert _proposed(["種別"], ASSET, ["建物", "土地", "建物"]) == ["asset_kind"]
    assert _proposed(["種別"], ASSET, ["図書館", "公民館", "プール"]) == ["facility_type"]


def test_a_place_of_installation_is_an_address_unless_it_holds_the_choices() -> None:
    assert _proposed(["設置場所"], WIFI, ["千代田区丸の内1-1", "港区芝公園1-5"]) == ["address"]
    assert _proposed(["設置場所"], WIFI, ["公衆電話ボックス", "施設"]) == ["site_kind"]


def test_a_building_is_the_name_unless_there_is_another() -> None:
    assert _proposed(["建物名"], ASSET, ["本庁舎", "北校舎"]) == ["name"]
    assert _proposed(["施設名", "建物名"], ASSET, ["市役所", "小学校"], ["本庁舎", "北校舎"]) == [
        "name",
        "building_name",
    ]


def test_x_and_y_are_degrees_or_metres_by_their_values() -> None:
    assert _proposed(["x", "y"], ASSET, [139.7, 139.8], [35.6, 35.7]) == ["longitude", "latitude"]
    assert _proposed(["X", "Y"], ASSET, [-35123.4, -36000.1], [-7123.4, -6500.2]) == ["plane_x", "plane_y"]


def test_swapped_values_leave_the_headings_in_force() -> None:
    assert _proposed(["緯度", "経度"], ASSET, [139.7, 139.8], [35.6, 35.7]) == ["latitude", "longitude"]


def test_repeated_headings_of_an_axis_are_told_apart_by_their_values() -> None:
    degrees = ([130.7, 130.8], [32.8, 32.9])
    assert _proposed(["経度", "経度"], ASSET, *degrees) == ["longitude", "latitude"]
    assert _proposed(["緯度", "緯度"], ASSET, *degrees) == ["longitude", "latitude"]
    assert _proposed(["経度", "緯度", "経度", "緯度"], ASSET, *degrees[::-1], [None, None], [None, None]) == [
        "latitude",
        "longitude",
        None,
        None,
    ]


def test_a_number_that_is_not_unique_is_no_id() -> None:
    assert _proposed(["ID"], ASSET, ["1"] * 20) == [None]
    assert _proposed(["番号", "名称"], ASSET, range(20), ["a"] * 20)[0] == "source_no"


def test_a_number_that_stays_comes_before_one_that_counts_rows() -> None:
    assert _proposed(["No.", "管理番号", "名称"], ASSET, [1, 2], ["A-7", "A-9"], ["甲", "乙"]) == [
        None,
        "source_no",
        "name",
    ]
    assert _proposed(["No.", "名称"], ASSET, [1, 2], ["甲", "乙"]) == ["source_no", "name"]


def test_a_target_goes_to_one_column_and_the_filled_one() -> None:
    assert _proposed(["name", "歯科技工所名"], ASSET, ["", ""], ["第一技工所", "第二技工所"]) == [None, "name"]
    assert _proposed(["面積", "面積"], ASSET, ["", ""], ["10", "20"]) == [None, "area_m2"]


def test_unknown_headings_are_kept_aside_with_a_reason() -> None:
    [proposal] = propose(_headings(["おやつ"]), [], ASSET)
    assert (proposal.target, proposal.confidence) == (None, 0.0)
    assert proposal.reason_ja and proposal.reason_en


def test_a_saved_recipe_is_applied_by_the_words_of_the_headings() -> None:
    saved = {"施設の名": "name", "おやつ": "remarks_of_ours", "面積（㎡）": "area_m2", "面積": "gross_floor_m2"}
    proposals = apply_recipe(_headings(["１．施設の名", "面積(㎡)", "面積", "知らない", "施設の名"]), saved)
    assert [p.target for p in proposals] == ["name", "area_m2", "gross_floor_m2", None, None]
    assert proposals[1].unit == "m2"
    assert {p.confidence for p in proposals} == {1.0, 0.0}


def test_known_headings_are_normalised() -> None:
    known = known_headings(ASSET)
    assert {"名称", "緯度", "所在地連結表記", "name", "no", "延床面積", "画像"} <= known
    assert normalise_heading("高さ（ｍ）") in known
    assert "" not in known


def test_a_thousand_columns_are_mapped_quickly() -> None:
    names = [word for target in ASSET for word in (*target.exact, *target.usual)]
    names += [f"知らない列{number}号" for number in range(1000 - len(names))]
    began = time.monotonic()
    proposals = propose(_headings(names), _rows(*[["12"] * 50] * len(names)), ASSET)
    assert time.monotonic() - began < 3
    given_once = [p.target for p in proposals if p.target]
    assert len(set(given_once)) == len(given_once)


SCORES = st.dictionaries(
    st.integers(0, 4), st.dictionaries(st.sampled_from("abcd"), st.floats(0.1, 1), max_size=4), max_size=5
)


@given(SCORES)
def test_the_assignment_is_the_best_of_all(scores: dict[int, dict[str, float]]) -> None:
    chosen = best_assignment(scores)
    assert len(set(chosen.values())) == len(chosen)
    found = sum(scores[column][target] for column, target in chosen.items())
    columns = list(scores)
    places = ["a", "b", "c", "d", *[""] * len(columns)]
    best = max(
        sum(scores[c].get(t, 0) for c, t in zip(columns, order, strict=False))
        for order in set(permutations(places, len(columns)))
    )
    assert found == pytest.approx(best)


@given(
    st.lists(st.text(max_size=30), max_size=12),
    st.lists(st.one_of(st.none(), st.text(), st.floats(), st.booleans()), max_size=5),
)
def test_any_headings_and_cells_get_a_proposal(names: list[str], cells: list[Any]) -> None:
    headings = _headings(names)
    for targets in (ASSET, WIFI):
        assert len(propose(headings, [Row(1, tuple(cells))], targets)) == len(headings)


# Published files, by the page's own way of reading them.

FACILITY = ("latitude", "longitude", "name", "address", "contact")
PUBLISHED = {
    "tmg_opendata_raw/130001_public_wireless_lan_20240901_cp932.csv": [*LEGACY_WIFI.values(), None],
    "tmg_opendata_raw/130001_public_wireless_lan_20240901.xlsx": [*LEGACY_WIFI.values(), None],
    "tmg_opendata_raw/給水拠点一覧.csv": ["source_no", "latitude", "longitude", "name", "facility_type", None, "address", None, None, None],
    "shelters_gsi/tokyo_shelters.csv": [None, "source_no", "city", "name", "address", *[None] * 5, "municipality_code", "longitude", "latitude"],
    "public_facilities_tokyo/tokyo_public_facilities.csv": [
        "asset_id", "name", "facility_type", "owner_type", "owner_name", "address", None, "municipality_code", "municipality", "latitude", "longitude",
        None, None, "source_no", None, "dup_of",
    ],
    "boundaries_japan/localgovjp-utf8.csv": [None, "prefecture", None, "city", None, "latitude", "longitude", None, None, "municipality_code"],
    "boundaries_japan/localgovjp-2019-sjis.csv": [None, "prefecture", "municipality_code", "city", None, "latitude", "longitude"],
    "address_geolonia/tokyo_towns.csv": ["prefecture", "city", "town", None, "latitude", "longitude"],
    **{f"takamatsu_city_xlsx/{name}/data.xlsx": [None, *FACILITY] for name in
       ("aed_location", "community_center", "fire_station", "library", "municipal_housing", "park", "primary_school")},
    "takamatsu_city_xlsx/aed_location/data.xlsx": [None, *FACILITY[:4], None, "contact"],
    "takamatsu_city_xlsx/dental_laboratories/data.xlsx": ["source_no", "name", "owner_name", None, "latitude", "longitude", "address", None, None],
    "takamatsu_city_xlsx/exchange_center/data.xlsx": [
        None, "localgov_code", "prefecture", "city", "name", "name_kana", None, "address", "latitude", "longitude", "contact",
    ],
    "takamatsu_city_xlsx/public_wireless_lan/data.xlsx": [
        None, "latitude", "longitude", "localgov_code", "source_no", "prefecture", "city", "name", "name_kana", "name_en", "address", "building_name",
        "installer", "phone", None, "ssid", "service_area", "url", "remarks",
    ],
}  # fmt: skip


@pytest.mark.realdata
@pytest.mark.parametrize("file", PUBLISHED)
def test_published_lists_are_mapped(file: str) -> None:
    folder = Settings(database_url="postgresql://nowhere/none").geodata_dir
    if folder is None:
        pytest.skip("no folder with published data")
    targets = WIFI if "wireless" in file else ASSET
    proposals = list(_read_and_proposed(folder / file, targets))
    expected = PUBLISHED[file]
    assert [p.target for p in proposals[: len(expected)]] == expected
    assert not any(p.target for p in proposals[len(expected) :])


def _read_and_proposed(path: Path, targets: Sequence[Target]) -> Iterator[Proposal]:
    table = open_table(path, path.name, ReadOptions(), known_headings(targets))
    yield from propose(table.headings, list(islice(table.rows, 100)), targets)
