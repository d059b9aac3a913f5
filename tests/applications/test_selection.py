"""Files that choose assets, as people send them: messy lists, positions, areas, too many, none, and wrong ones."""

from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest

from app.applications.choosing.columns import is_asset_id, read_ids
from app.applications.choosing.selection import SelectedRow, Selection, read_selection, selection_from_json
from app.tabular.table import Unreadable

A, B, C = "131041-B-E0000000000007", "130001-L-0123", "130001-S-S00042"


def chosen(path: Path, text: str | bytes, name: str = "list.csv", encoding: str = "utf-8") -> Selection:
    file = path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return read_selection(file, name)


def workbook(path: Path, rows: list[list[Any]], merges: tuple[str, ...] = ()) -> Selection:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for merge in merges:
        sheet.merge_cells(merge)
    file = path / "list.xlsx"
    book.save(file)
    return read_selection(file, file.name)


def geojson(path: Path, *features: dict[str, Any]) -> Selection:
    said = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, **one} for one in features]}
    return chosen(path, orjson.dumps(said), "sites.geojson")


def refused(call: Any, *arguments: Any, **named: Any) -> Unreadable:
    with pytest.raises(Unreadable) as refusal:
        call(*arguments, **named)
    assert refusal.value.ja and refusal.value.en
    return refusal.value


def rules(selection: Selection) -> list[tuple[str, str, str]]:
    return [(problem.cell, problem.level, problem.rule) for problem in selection.problems]


class TestLists:
    def test_a_plain_list(self, tmp_path: Path) -> None:
        made = chosen(tmp_path, f"アセットID,備考,高さ,希望時期\n{A},北側,12.5,2027年度第2四半期\n{B},,,\n")
        assert made.rows == (
            SelectedRow(2, A, None, None, "北側", 12.5, "2027年度第2四半期"),
            SelectedRow(3, B),
        )
        assert made.asset_ids == (A, B) and not made.problems
        assert made.columns == {"A": "asset_id", "B": "note", "C": "height_m", "D": "desired"}
        assert selection_from_json(orjson.loads(orjson.dumps(made.as_json()))) == made

    @pytest.mark.parametrize("heading", ["アセットID", "asset_id", "ID", "番号", "No.", "アセット番号", "なにか"])
    def test_headings_of_the_id(self, tmp_path: Path, heading: str) -> None:
        made = chosen(tmp_path, f"{heading},名称\n{A},あ\n{B},い\n")
        assert made.asset_ids == (A, B) and made.rows[0].name == "あ"

    def test_a_running_number_is_no_id(self, tmp_path: Path) -> None:
        made = chosen(tmp_path, f"番号,施設名,アセット\n1,第一庁舎,{A}\n2,公園,{B}\n3,バス停,{C}\n")
        assert made.asset_ids == (A, B, C) and made.columns["C"] == "asset_id"

    @pytest.mark.parametrize("encoding", ["cp932", "utf-16", "utf-8-sig"])
    def test_encodings(self, tmp_path: Path, encoding: str) -> None:
        made = chosen(tmp_path, f"アセットID,備考\r\n{A},髙所作業\r\n", encoding=encoding)
        assert made.rows[0].note == "髙所作業"

    def test_title_rows_merged_headings_and_footers(self, tmp_path: Path) -> None:
        made = workbook(
            tmp_path,
            [
                ["基地局設置希望箇所一覧", None, None, None],
                ["作成 2026年11月1日", None, None, None],
                [None],
                ["№", "対象アセット", None, "希望"],
                [None, "アセットID", "名称", "備考"],
                [1, A, "第一庁舎", "屋上"],
                [2, B, "公園", None],
                ["合計", None, None, "2件"],
            ],
            merges=("A1:D1", "B4:C4"),
        )
        assert made.asset_ids == (A, B)
        assert [row.row_number for row in made.rows] == [6, 7] and made.rows[0].note == "屋上"

    def test_ids_of_full_width_digits(self, tmp_path: Path) -> None:
        made = chosen(tmp_path, "アセットID\n１３１０４１－Ｂ－Ｅ０００７\n130001‐l‐0123\n'130001-S-1\n")
        assert made.asset_ids == ("131041-B-E0007", "130001-L-0123", "130001-S-1")
        assert (
            rules(made)[0] == ("A2", "mended", "id-mended") and made.problems[0].value == "１３１０４１－Ｂ－Ｅ０００７"
        )

    def test_several_ids_in_a_cell(self, tmp_path: Path) -> None:
        made = chosen(tmp_path, f'アセットID,備考\n"{A}、{B}",屋上\n{C},\n')
        assert made.asset_ids == (A, B, C)
        assert [row.row_number for row in made.rows] == [2, 2, 3]

    @pytest.mark.parametrize("text", [f"{A}\n{B}\n{C}\n", f"{A}\n", f"{A},屋上\n{B},地上\n"])
    def test_a_list_without_headings(self, tmp_path: Path, text: str) -> None:
        made = chosen(tmp_path, text)
        assert made.asset_ids == tuple(line.split(",")[0] for line in text.split())
        assert made.rows[0].row_number == 1

    def test_rows_are_not_taken_for_headings(self, tmp_path: Path) -> None:
        ids = [f"131041-B-{n}" for n in range(1, 6)]
        bare = chosen(tmp_path, f"{ids[0]},,\n{ids[1]},屋上,\n{ids[2]},12,\n{ids[3]},13,\n{ids[4]},14,\n")
        assert bare.asset_ids == tuple(ids)
        headed = chosen(tmp_path, f"アセットID,,\n{ids[0]},屋上,\n{ids[1]},12,\n{ids[2]},13,\n{ids[3]},14,\n")
        assert headed.asset_ids == tuple(ids[:4])
        titled = chosen(tmp_path, f"申請一覧,,\n{ids[0]},屋上,\n{ids[1]},12,\n{ids[2]},13,\n")
        assert titled.asset_ids == tuple(ids[:3])

    def test_ids_side_by_side(self, tmp_path: Path) -> None:
        assert chosen(tmp_path, f"{A}, {B}, {C}", "ids.txt").asset_ids == (A, B, C)
        assert chosen(tmp_path, f"{A},{B}\n{C},\n").asset_ids == (A, B, C)
        headed = chosen(tmp_path, f"アセットID,代表ID\n{A},{B}\n{B},{B}\n")
        assert headed.asset_ids == (A, B) and any("B列" in ja for ja, _ in headed.notes)

    def test_duplicates_are_merged_and_said(self, tmp_path: Path) -> None:
        made = chosen(tmp_path, f"アセットID,備考,高さ\n{A},北側,\n{B},,\n{A},南側,9\n{B},,\n")
        assert [(row.asset_id, row.note, row.height_m) for row in made.rows] == [(A, "北側／南側", 9), (B, None, None)]
        assert rules(made) == [("A4", "mended", "merged"), ("A5", "mended", "merged")]
        assert "2行目" in made.problems[0].ja

    def test_what_is_no_id_is_pointed_at(self, tmp_path: Path) -> None:
        made = chosen(tmp_path, f"アセットID\n{A}\n港区の庁舎\n12345\n{B}\n")
        assert made.asset_ids == (A, B)
        assert rules(made) == [("A3", "error", "not-an-id"), ("A4", "error", "not-an-id")]

    def test_heights_as_written(self, tmp_path: Path) -> None:
        made = chosen(
            tmp_path, f"アセットID,アンテナ高（m）\n{A},１２．５ｍ\n{B},約3m\n{C},高い\n130001-S-9,9999\n130001-S-8,\n"
        )
        assert [row.height_m for row in made.rows] == [12.5, 3, None, 9999, None]
        assert [(cell, level) for cell, level, _ in rules(made)] == [("B4", "warning"), ("B5", "warning")]

    def test_five_hundred_and_one(self, tmp_path: Path) -> None:
        lines = [f"130001-B-{number:05d}" for number in range(501)]
        made = chosen(tmp_path, "アセットID\n" + "\n".join(lines[:500] + lines[:500]) + "\n")
        assert len(made.rows) == 500
        refusal = refused(chosen, tmp_path, "アセットID\n" + "\n".join(lines) + "\n")
        assert refusal.rule == "too-many-sites" and "501件" in refusal.ja and "500" in refusal.en

    def test_formula_and_markup_stay_text(self, tmp_path: Path) -> None:
        made = chosen(tmp_path, f'アセットID,備考\n{A},"=HYPERLINK(""http://x"")"\n{B},<script>alert(1)</script>\n')
        assert made.rows[1].note == "<script>alert(1)</script>"
        assert made.rows[0].note == '=HYPERLINK("http://x")'


class TestPositions:
    def test_latitude_and_longitude(self, tmp_path: Path) -> None:
        made = chosen(tmp_path, "名称,緯度,経度\n都庁,35.689556,139.691711\n父島,27.0943,142.1919\n")
        assert [(row.name, row.lon_lat) for row in made.rows] == [
            ("都庁", (139.691711, 35.689556)),
            ("父島", (142.1919, 27.0943)),
        ]

    def test_swapped_broken_and_foreign(self, tmp_path: Path) -> None:
        made = chosen(
            tmp_path,
            "緯度,経度\n139.69,35.68\n35度41分,139度41分\n35.6,不明な所\n48.85,2.35\n0,0\n35.6,139.7\n",
        )
        assert [row.lon_lat for row in made.rows] == [(139.69, 35.68), (139.6833333, 35.6833333), (139.7, 35.6)]
        assert rules(made) == [
            ("A2", "warning", "lat-lon-swapped"),
            ("A4", "error", "not-a-position"),
            ("A5", "error", "outside-japan"),
            ("A6", "error", "outside-japan"),
        ]

    def test_both_in_one_cell_and_without_headings(self, tmp_path: Path) -> None:
        assert chosen(tmp_path, '座標\n"35.68,139.69"\n').rows[0].lon_lat == (139.69, 35.68)
        made = chosen(tmp_path, "35.68,139.69\n35.69,139.70\n")
        assert [row.lon_lat for row in made.rows] == [(139.69, 35.68), (139.70, 35.69)]

    def test_an_id_goes_before_a_position(self, tmp_path: Path) -> None:
        made = chosen(tmp_path, f"アセットID,緯度,経度\n{A},35.6,139.7\n,35.5,139.6\nなし,35.4,139.5\n")
        assert [(row.asset_id, row.lon_lat) for row in made.rows] == [
            (A, None), (None, (139.6, 35.5)), (None, (139.5, 35.4)),
        ]  # fmt: skip
        assert rules(made) == [("A4", "warning", "not-an-id")]

    def test_names_alone(self, tmp_path: Path) -> None:
        made = chosen(tmp_path, "施設名,備考\n第一庁舎,屋上\n日比谷公園,\n")
        assert [row.name for row in made.rows] == ["第一庁舎", "日比谷公園"]

    def test_a_row_that_says_nothing(self, tmp_path: Path) -> None:
        made = chosen(tmp_path, f"アセットID,高さ,備考\n{A},3,\n,4,ここも\n")
        assert rules(made) == [("3", "error", "no-site")]


POINT: dict[str, Any] = {
    "geometry": {"type": "Point", "coordinates": [139.69, 35.68]},
    "properties": {"name": "候補1", "備考": "角地"},
}
AREA: dict[str, Any] = {
    "geometry": {"type": "Polygon", "coordinates": [[[139.7, 35.6], [139.8, 35.6], [139.8, 35.7], [139.7, 35.6]]]},
    "properties": {"name": "新宿"},
}


class TestGeographic:
    def test_points_and_areas(self, tmp_path: Path) -> None:
        made = geojson(tmp_path, POINT, AREA)
        assert made.rows == (SelectedRow(1, None, (139.69, 35.68), "候補1", "角地"),)
        (area,) = made.areas
        assert (area.row_number, area.name, area.geometry["type"]) == (2, "新宿", "Polygon")

    def test_ids_in_properties_and_beside_them(self, tmp_path: Path) -> None:
        inside = geojson(tmp_path, {**AREA, "properties": {"asset_id": A}}, POINT)
        assert inside.rows[0] == SelectedRow(1, A) and inside.rows[1].lon_lat and not inside.areas
        beside = geojson(tmp_path, {**AREA, "id": A}, {**AREA, "id": B})
        assert beside.asset_ids == (A, B) and not beside.areas
        numbers = geojson(tmp_path, {**POINT, "id": 7})
        assert numbers.rows[0].asset_id is None and not numbers.problems

    def test_a_bow_tie_is_mended(self, tmp_path: Path) -> None:
        ring = [[139.7, 35.6], [139.8, 35.7], [139.8, 35.6], [139.7, 35.7], [139.7, 35.6]]
        made = geojson(tmp_path, {"geometry": {"type": "Polygon", "coordinates": [ring]}})
        assert made.areas[0].geometry["type"] == "MultiPolygon"

    def test_lines_and_places_abroad(self, tmp_path: Path) -> None:
        line = {"geometry": {"type": "LineString", "coordinates": [[139.7, 35.6], [139.8, 35.6]]}}
        abroad = {"geometry": {"type": "Point", "coordinates": [2.35, 48.85]}}
        made = geojson(tmp_path, line, abroad, {"geometry": None}, POINT)
        assert len(made.rows) == 1
        assert rules(made) == [
            ("1", "error", "no-point-or-area"), ("2", "error", "outside-japan"), ("3", "error", "no-site"),
        ]  # fmt: skip

    def test_too_many_areas_and_points(self, tmp_path: Path) -> None:
        assert refused(geojson, tmp_path, *[AREA] * 51).rule == "areas-too-many"
        ring = [[139 + n / 20_000, 35.0] for n in range(10_001)] + [[139.2, 36.0], [139.0, 35.0]]
        fine = {"geometry": {"type": "Polygon", "coordinates": [ring]}}
        assert refused(geojson, tmp_path, fine).rule == "areas-too-many"
        many = [{"geometry": {"type": "Point", "coordinates": [139 + n / 1000, 35.5]}} for n in range(501)]
        assert refused(geojson, tmp_path, *many).rule == "too-many-sites"


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "name", "rule"),
        [
            ("", "list.csv", "empty"),
            ("アセットID,備考\n", "list.csv", "no-rows"),
            ("金額,時刻\n100,9:00\n200,10:00\n", "list.csv", "no-site-column"),
            ("アセットID\n不明\n未定\n", "list.csv", "nothing-usable"),
            ('{"type": "Topology", "objects": {}, "arcs": []}', "a.geojson", "topojson"),
            ('{"a": 1}', "a.json", "not-geojson"),
            (b"%PDF-1.7\n1 0 obj\n", "list.pdf", None),
            (b"\x89PNG\r\n\x1a\n" + bytes(200), "photo.png", None),
            (b"PK\x03\x04" + bytes(60), "list.xlsx", None),
        ],
    )
    def test_wrong_files(self, tmp_path: Path, text: str | bytes, name: str, rule: str | None) -> None:
        refusal = refused(chosen, tmp_path, text, name)
        assert rule is None or refusal.rule == rule, refusal

    def test_what_to_do_is_said(self, tmp_path: Path) -> None:
        assert "アセットID" in refused(chosen, tmp_path, "金額,時刻\n100,9:00\n200,10:00\n").ja
        assert "A2" in refused(chosen, tmp_path, "アセットID\n不明な庁舎\n").ja


def test_what_an_id_looks_like() -> None:
    assert is_asset_id(A) and is_asset_id("130001-L-1")
    for text in ("13104-B-1", "131041-X-1", "131041-B-", "131041B1", "131041-B- 1", ""):
        assert not is_asset_id(text)
    assert read_ids("131041-b-e7") == ["131041-B-e7"]
    assert read_ids(f"{A}\n{B}") == [A, B] and read_ids(f"{A}と{B}") != [A, B]
    assert read_ids(None) == read_ids(131041) == []
