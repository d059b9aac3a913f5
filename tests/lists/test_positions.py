"""Where rows are: every spelling of coordinates, systems told from the whole list, addresses, checks, repeated rows."""

import csv
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy
import pyogrio
import pyproj
import pytest
import shapely

from app.config import Settings
from app.lists import position_rules as rules
from app.lists.coordinates import read_angle, read_pair
from app.lists.datums import tokyo_offset_m
from app.lists.near_duplicates import NearDuplicates
from app.lists.position_parts import Parts, PlaceColumns
from app.lists.positions import Placed, PlaceOptions, Positions
from app.tabular.findings import Level
from app.tabular.table import Cell, Heading, Row
from app.territory.places import Places
from tests.known_places import SETAGAYA, SHINJUKU, published_places, small_places

PLACES = small_places()
NAMES = ("name", "lat", "lon", "position", "x", "y", "address", "municipality", "municipality_code")
COLUMNS = PlaceColumns(**{name: Heading(place, "ABCDEFGHI"[place], name) for place, name in enumerate(NAMES)})
TOCHO = {"lat": "35.689487", "lon": "139.691711"}


def positions(
    *sample: Parts,
    owner: str | None = SHINJUKU,
    places: Places = PLACES,
    columns: PlaceColumns = COLUMNS,
    **options: Any,
) -> Positions:
    return Positions(places, owner, columns, sample, PlaceOptions(**options))


def place(owner: str | None = SHINJUKU, places: Places = PLACES, **parts: Any) -> Placed:
    return positions(Parts(2, **parts), owner=owner, places=places).place(Parts(2, **parts))


def said(placed: Placed) -> list[str]:
    return [finding.rule for finding in placed.findings]


class TestCoordinates:
    @pytest.mark.parametrize(
        ("cell", "degrees"),
        [
            ("35.689487", 35.689487), (35.689487, 35.689487), (" 35.689487 ", 35.689487), ("３５．６８９４８７", 35.689487),
            ("35.689487度", 35.689487), ("N35.689487", 35.689487), ("35.689487N", 35.689487), ("北緯35.689487", 35.689487),
            ("北緯35.689487度", 35.689487), ("35°41′22″", 35.689444), ("35度41分22秒", 35.689444),
            ("３５度４１分２２秒", 35.689444), ("35° 41' 22\"", 35.689444), ("35゜41'22''", 35.689444), ("35º41’22”", 35.689444),
            ("北緯35度41分22.15秒", 35.689486), ("N35°41'22.15\"", 35.689486), ("35.41.22", 35.689444), ("35.41.22.15", 35.689486),
            ("35:41:22", 35.689444), ("35 41 22", 35.689444), ("35/41/22", 35.689444), ("35-41-22", 35.689444),
            ("35°41.37′", 35.6895), ("35度41分", 35.683333),
        ],
    )  # fmt: skip
    def test_spellings(self, cell: Cell, degrees: float) -> None:
        assert read_angle(cell).value == pytest.approx(degrees, abs=1e-6)

    @pytest.mark.parametrize(
        "cell", ["abc", "35°61′22″", "35.41.77", "1_0.5", "35,,", "=A1", True, float("nan"), float("inf"), "٣٥.٦٨"]
    )
    def test_what_is_no_coordinate(self, cell: Cell) -> None:
        angle = read_angle(cell)
        assert angle.value is None or angle.value == 35.68
        assert angle.rule is not None

    @pytest.mark.parametrize("cell", [None, "", "　", "-", "―", "不明", "なし"])
    def test_what_stands_for_nothing(self, cell: Cell) -> None:
        angle = read_angle(cell)
        assert angle.value is None and angle.rule in (None, rules.PLACEHOLDER)

    @pytest.mark.parametrize(
        "cell",
        [
            "35.689487,139.691711", "35.689487, 139.691711", "（35.689487、139.691711）", "35.689487 139.691711",
            "POINT(139.691711 35.689487)", "N35.689487 E139.691711", "E139.691711N35.689487", "35.689487N,139.691711E",
            "北緯35.689487度、東経139.691711度", "東経139.691711 北緯35.689487", "３５．６８９４８７，１３９．６９１７１１",
            "北緯35度41分22.1532秒東経139度41分30.1596秒", "35°41′22.1532″ 139°41′30.1596″",
        ],
    )  # fmt: skip
    def test_two_in_one_cell(self, cell: str) -> None:
        pair = read_pair(cell)
        assert pair and (pair[0].value, pair[1].value) == (pytest.approx(35.689487), pytest.approx(139.691711))

    @pytest.mark.parametrize("cell", ["35.689487", "", "東京都新宿区西新宿2-8-1", "1,2,3", 35.6])
    def test_what_is_no_pair(self, cell: Cell) -> None:
        assert read_pair(cell) is None


class TestRows:
    def test_plain_degrees_are_taken_without_a_word(self) -> None:
        assert place(**TOCHO) == (139.691711, 35.689487, "SRID=4326;POINT(139.691711 35.689487)", None, SHINJUKU, ())

    def test_eight_decimals_are_kept(self) -> None:
        assert place(lat=35.68948712349, lon=139.69171112341)[:2] == (139.69171112, 35.68948712)

    @pytest.mark.parametrize(
        ("parts", "rule"),
        [
            ({"lat": "139.691711", "lon": "35.689487"}, "lat-lon-swapped"),
            ({"lat": 139.691711, "lon": 35.689487}, "lat-lon-swapped"),
            ({"lat": "E139.691711", "lon": "N35.689487"}, "lat-lon-swapped"),
            ({"lat": "35°41′22.1532″", "lon": "139°41′30.1596″"}, "degrees-minutes-seconds"),
            ({"lat": "354122.1532", "lon": "1394130.1596"}, "degrees-minutes-seconds"),
            ({"lat": 354122.1532, "lon": 1394130.1596}, "degrees-minutes-seconds"),
            ({"lat": "35689487", "lon": "139691711"}, "position-decimal-point-lost"),
            ({"lat": "３５．６８９４８７", "lon": "１３９．６９１７１１"}, "position-full-width"),
            ({"position": "35.689487,139.691711"}, "position-in-one-cell"),
            ({"position": "139.691711,35.689487"}, "position-in-one-cell"),
            ({"lat": "35.689487,139.691711"}, "position-in-one-cell"),
        ],
    )
    def test_what_is_mended(self, parts: dict[str, Cell], rule: str) -> None:
        placed = place(**parts)
        assert (placed.lon, placed.lat) == (pytest.approx(139.691711, abs=1e-7), pytest.approx(35.689487, abs=1e-7))
        assert rule in said(placed)
        found = [finding for finding in placed.findings if finding.rule == rule]
        assert ", ".join(str(finding.mended) for finding in found) == "35.689487, 139.691711", (
            "each cell its own number"
        )
        assert len({finding.letter for finding in found}) == len(found) and found[0].row == 2

    @pytest.mark.parametrize(
        ("parts", "rule"),
        [
            ({"lat": "51.5", "lon": "-0.12"}, "outside-japan"),
            ({"lat": "50", "lon": "139.7"}, "outside-japan"),
            ({"lat": "abc", "lon": "139.691711"}, "not-a-position"),
            ({"lat": "35°61′22″", "lon": "139°41′30″"}, "not-a-position"),
            ({"lat": "0", "lon": "0"}, "position-missing"),
            ({"lat": "999", "lon": "999"}, "position-missing"),
            ({}, "position-missing"),
            ({"address": "新宿区"}, "city-level-position"),
            ({"address": "知らない町1-2"}, "city-level-position"),
            ({"lat": 1e300, "lon": -1e300}, "outside-japan"),
            ({"x": 1e9, "y": 1e9}, "outside-japan"),
            ({"lat": "3" * 1_000_000, "lon": "139"}, "not-a-position"),
            ({"lat": "POINT(" + " a" * 500_000, "lon": "139"}, "not-a-position"),
            ({"address": "郡" * 1_000_000}, "city-level-position"),
            ({**TOCHO, "geocode_level": "city"}, "city-level-given"),
            ({"geom": shapely.to_wkb(shapely.LineString([(139.69, 35.69), (139.7, 35.7)]))}, "shape-not-usable"),
            ({"geom": shapely.to_wkb(shapely.Point(0.0, 0.0))}, "outside-japan"),
        ],
    )
    def test_what_keeps_a_row_out(self, parts: dict[str, Any], rule: str) -> None:
        placed = place(**parts)
        assert rule in said(placed) and placed[:4] == (None, None, None, None)

    def test_an_address_no_one_can_place_without_an_owner(self) -> None:
        assert said(place(owner=None, address="どこか1-2")) == ["address-not-found"]

    @pytest.mark.parametrize(
        "nothing",
        [{"lat": "0", "lon": "0"}, {"lat": 999, "lon": 999}, {"lat": "不明", "lon": "不明"}, {}, {"lat": "35.689487"}],
    )
    def test_without_a_position_the_address_gives_the_towns_point(self, nothing: dict[str, Cell]) -> None:
        placed = place(**nothing, address="新宿区西新宿2-8-1")
        assert placed[:2] == (139.6917, 35.6895) and placed.geocode_level == "machiaza"
        assert said(placed)[-1] == "position-from-address"
        assert placed.findings[-1].mended == "西新宿二丁目（35.689500, 139.691700）"
        assert placed.findings[-1].letter == "G"

    def test_few_decimals_are_said(self) -> None:
        assert said(place(lat="35.69", lon="139.692")) == ["coarse-position"]
        assert said(place(lat="35.69", lon="139.6917")) == []  # zeros at the end of one are lost in workbooks
        assert said(place(lat=35.0 + 0.7, lon=139.7)) == ["coarse-position"]

    def test_the_rows_own_level_is_kept(self) -> None:
        assert place(**TOCHO, geocode_level="rooftop").geocode_level == "rooftop"

    def test_parts_are_picked_from_rows(self) -> None:
        row = Row(7, ("都庁", "35.689487", "139.691711"))
        assert COLUMNS.parts(row) == Parts(7, name="都庁", **TOCHO)


class TestMunicipalities:
    def test_far_outside_is_an_error_that_says_how_far(self) -> None:
        placed = place(lat="35.650000", lon="139.700000")
        assert said(placed) == ["outside-municipality"] and placed.geometry is None
        assert placed.findings[0].value == "35.650000, 139.700000（新宿区の外に 2.2 km）"

    def test_near_the_edge_is_fine_then_a_warning(self) -> None:
        assert said(place(lat="35.6698000", lon="139.7000000")) == []
        placed = place(lat="35.667500", lon="139.700000")
        assert said(placed) == ["near-municipality-edge"] and placed.municipality_code == SHINJUKU and placed.geometry

    def test_sample_boundaries_only_warn(self) -> None:
        placed = place(places=small_places(is_sample=True), lat="35.650000", lon="139.700000")
        assert said(placed) == ["outside-sample-boundary"] and placed.geometry

    @pytest.mark.parametrize(
        "named",
        [
            {"municipality": "世田谷区"},
            {"municipality_code": "131121"},
            {"municipality_code": 13112.0},
            {"address": "東京都世田谷区船橋1"},
        ],
    )
    def test_the_row_itself_names_its_municipality(self, named: dict[str, Cell]) -> None:
        assert place(lat="35.640001", lon="139.620001", **named)[4:] == (SETAGAYA, ())
        assert said(place(**TOCHO, **named)) == ["outside-municipality"]

    def test_the_prefectures_code_names_none(self) -> None:
        assert place(owner="13000", **TOCHO, municipality_code="130001")[4:] == (SHINJUKU, ())
        assert place(owner="13000", lat="35.8", lon="139.0", municipality_code="130001").municipality_code is None

    def test_an_address_that_differs_from_the_row(self) -> None:
        placed = place(lat="35.640001", lon="139.620001", address="世田谷区船橋11-1", municipality="新宿区")
        assert said(placed) == ["address-municipality-differs"] and placed.municipality_code == SETAGAYA

    def test_a_facility_in_another_prefecture_is_taken_by_its_address(self) -> None:
        placed = place(lat="35.500000", lon="138.750001", address="山梨県富士吉田市新屋1")
        assert placed[4:] == ("19202", ())
        assert said(place(**TOCHO, address="山梨県富士吉田市新屋1")) == ["outside-municipality"]


class TestShapes:
    def test_a_point(self) -> None:
        placed = place(geom=shapely.to_wkb(shapely.Point(139.691711, 35.689487, 40.0)))
        assert placed.geometry == "SRID=4326;POINT(139.691711 35.689487)" and placed.findings == ()

    def test_an_area_stays_one(self) -> None:
        area = shapely.box(139.69, 35.68, 139.70, 35.69)
        placed = place(geom=shapely.to_wkb(area))
        shape = shapely.from_wkb(placed.geometry or "")
        assert shape.equals(area) and shapely.get_srid(shape) == 4326 and shape.contains(shapely.Point(placed[:2]))

    def test_a_bow_tie_is_made_valid(self) -> None:
        tie = shapely.Polygon([(139.69, 35.68), (139.70, 35.69), (139.70, 35.68), (139.69, 35.69)])
        placed = place(geom=shapely.to_wkb(tie))
        shape = shapely.from_wkb(placed.geometry or "")
        assert shape.is_valid and shape.geom_type == "MultiPolygon" and said(placed) == ["shape-mended"]

    def test_wifi_takes_points_only(self) -> None:
        parts = Parts(2, geom=shapely.to_wkb(shapely.box(139.69, 35.68, 139.70, 35.69)))
        placed = positions(points_only=True).place(parts)
        assert placed.geometry == "SRID=4326;POINT(139.695 35.685)" and said(placed) == ["area-as-point"]

    def test_an_empty_shape_falls_back_to_the_address(self) -> None:
        placed = place(geom=shapely.to_wkb(shapely.Point()), address="新宿区西新宿2-8-1")
        assert placed.geocode_level == "machiaza"

    @pytest.mark.parametrize("wkb", [b"", b"\x01", b"not wkb", b"\x01\x01\x00\x00\x00\xff"])
    def test_broken_wkb_is_an_error_of_its_row(self, wkb: bytes) -> None:
        assert said(place(geom=wkb)) == ["shape-not-usable"]


class TestDuplicates:
    def test_a_name_again_within_five_metres(self) -> None:
        rows = [
            Parts(2, name="集会所", lat="35.689487", lon="139.691711"),
            Parts(3, name="集会所", lat="35.689500", lon="139.691720"),  # 1.7 m
            Parts(4, name="別の集会所", lat="35.689487", lon="139.691711"),
            Parts(5, name="集会所", lat="35.689587", lon="139.691711"),  # 11 m
        ]
        placer = positions()
        placed = placer.place_all(rows)
        assert [said(one) for one in placed] == [[], ["duplicate-in-file"], [], []]
        assert placed[1].findings[0].value == "集会所（2 行目と同じ）" and placed[1].geometry
        (later,) = placer.place_all([Parts(9, name="集会所", lat="35.689587", lon="139.691711")])
        assert later.findings[0].value == "集会所（5 行目と同じ）"

    def test_no_pair_is_missed(self) -> None:
        chance = numpy.random.default_rng(4)
        lons, lats = 139.69 + chance.random(2000) * 2e-4, 35.69 + chance.random(2000) * 2e-4
        names = [f"n{row % 1000}" for row in range(2000)]
        seen, found = NearDuplicates(), dict[int, int]()
        for start in range(0, 2000, 500):
            part = slice(start, start + 500)
            hits = seen.find(names[part], lons[part], lats[part], range(start, start + 500))
            found |= {start + place: row for place, row in hits.items()}
        squeeze = numpy.cos(numpy.radians(35.69))
        apart = numpy.hypot((lons[:1000] - lons[1000:]) * squeeze, lats[:1000] - lats[1000:]) * 111_195
        assert found == {1000 + row: row for row in numpy.nonzero(apart <= 5)[0].tolist()}
        assert len(found) > 100


def plane(zone: int, lon: float, lat: float, datum: str = "jgd") -> tuple[float, float]:
    """Northing and easting in m."""
    source, target = (4301, 30160 + zone) if datum == "tokyo" else (6668, 6668 + zone)
    east, north = pyproj.Transformer.from_crs(source, target, always_xy=True).transform(lon, lat)
    return north, east


GRID = [(139.685 + step * 0.001, 35.685 + step * 0.0005) for step in range(20)]


class TestSystems:
    @pytest.mark.parametrize("columns", [("x", "y"), ("lat", "lon")])
    def test_plane_coordinates_of_zone_9(self, columns: tuple[str, str]) -> None:
        rows = [Parts(2, **dict(zip(columns, plane(9, lon, lat), strict=True))) for lon, lat in GRID]
        placer = positions(*rows)
        assert (placer.evidence.frame.zone, placer.evidence.plane_rows) == (9, 20)
        placed = placer.place_all(rows)
        for one, (lon, lat) in zip(placed, GRID, strict=True):
            assert (one.lon, one.lat) == (pytest.approx(lon, abs=1e-8), pytest.approx(lat, abs=1e-8))
            assert set(said(one)) == {"plane-rectangular"}

    def test_axes_the_other_way_round(self) -> None:
        rows = [Parts(2, x=east, y=north) for north, east in (plane(9, *point) for point in GRID)]
        placer = positions(*rows)
        assert placer.evidence.frame.plane_swapped
        assert said(placer.place(rows[0])) == ["plane-rectangular-swapped"]
        assert placer.place(rows[0]).lon == pytest.approx(GRID[0][0])

    def test_a_zone_nothing_tells_is_asked_for(self) -> None:
        rows = [Parts(2, x=-109_000.5, y=-73_000.5)] * 20
        placer = positions(*rows, owner="01100", places=Places({}))
        assert said(placer.place(rows[0])) == ["plane-zone-unknown"]
        chosen = positions(*rows, owner="01100", places=Places({}), zone=12)
        assert said(chosen.place(rows[0])) == ["plane-rectangular"] and chosen.evidence.notes

    def test_the_only_zone_of_a_prefecture_is_taken(self) -> None:
        north, east = plane(4, 134.04, 34.34)
        placer = positions(Parts(2, x=north, y=east), owner="37201", places=Places({}))
        assert placer.place(Parts(2, x=north, y=east))[:2] == (pytest.approx(134.04), pytest.approx(34.34))

    def test_swapped_columns_are_counted(self) -> None:
        evidence = positions(*[Parts(2, lat=str(lon), lon=str(lat)) for lon, lat in GRID]).evidence
        assert evidence.swapped_rows == 20 and "入れ替わって" in evidence.notes[0][0]

    def test_the_old_datum_is_converted_when_a_person_says_so(self) -> None:
        to_tokyo = pyproj.Transformer.from_crs(4612, 4301, always_xy=True)
        lon, lat = to_tokyo.transform(139.691711, 35.689487)
        placed = positions(datum="tokyo").place(Parts(2, lat=lat, lon=lon))
        assert placed[:2] == (pytest.approx(139.691711, abs=1e-7), pytest.approx(35.689487, abs=1e-7))
        north, east = plane(9, lon, lat, "tokyo")
        placed = positions(datum="tokyo", zone=9).place(Parts(2, x=north, y=east))
        assert placed[:2] == (pytest.approx(139.691711, abs=1e-7), pytest.approx(35.689487, abs=1e-7))

    def test_the_old_datum_is_suspected_with_figures_never_applied(self) -> None:
        east, north = tokyo_offset_m(139.69, 35.69)
        assert (east, north) == (pytest.approx(291.6, abs=1), pytest.approx(-360.0, abs=1))
        lon, lat = 139.6917 + east / (111_195 * numpy.cos(numpy.radians(35.69))), 35.6895 + north / 111_195
        rows = [Parts(2, lat=lat, lon=lon, address="新宿区西新宿2-8-1")] * 15
        placer = positions(*rows)
        assert placer.evidence.tokyo_datum_suspected and "15 行" in placer.evidence.notes[0][0]
        assert "東へ 292 m・南へ 360 m" in placer.evidence.notes[0][0]
        assert placer.place(rows[0])[:2] == (pytest.approx(lon, abs=1e-8), pytest.approx(lat, abs=1e-8))
        assert not positions(*rows[:14]).evidence.tokyo_datum_suspected
        assert not positions(*rows, datum="jgd").evidence.tokyo_datum_suspected
        assert positions(*rows, datum="tokyo").evidence.rules == ()

    def test_rows_without_a_position_stay_so_in_the_old_datum(self) -> None:
        placed = positions(datum="tokyo").place(Parts(2, lat="", lon="", address="新宿区西新宿2-8-1"))
        assert placed[:2] == (139.6917, 35.6895)
        assert said(positions(datum="tokyo").place(Parts(2))) == ["position-missing"]

    def test_a_datum_that_makes_things_worse_is_doubted(self) -> None:
        rows = [Parts(2, lat=35.6895, lon=139.6917, address="新宿区西新宿2-8-1")] * 15
        assert positions(*rows, datum="tokyo").evidence.rules == (rules.TOKYO_DATUM_DOUBTFUL,)


def test_rules_are_named_once_and_say_what_to_do() -> None:
    assert len({rule.id for rule in rules.RULES}) == len(rules.RULES) > 20
    assert all(all(rule) and isinstance(rule.level, Level) for rule in rules.RULES)


def folder() -> Path:
    found = Settings(database_url="postgresql://nowhere/none").geodata_dir
    if found is None:
        pytest.skip("no folder with published data")
    return found


@pytest.fixture(scope="module")
def published() -> tuple[Places, dict[str, list[Parts]]]:
    """Published places, and published facilities by municipality."""
    path = folder() / "public_facilities_tokyo/tokyo_public_facilities.csv"
    rows: dict[str, list[Parts]] = defaultdict(list)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            parts = Parts(number, lat=row["lat"], lon=row["lon"], address=row["address"], name=row["name"])
            rows[row["code5"]].append(parts)
    return published_places(), rows


@pytest.mark.realdata
class TestPublished:
    def test_published_positions_pass(self, published: tuple[Places, dict[str, list[Parts]]]) -> None:
        places, by_municipality = published
        everything = [parts for rows in by_municipality.values() for parts in rows]
        placed = positions(*everything[:2000], places=places, owner="13000").place_all(everything)
        errors = [one for one in placed if one.geometry is None]
        assert [said(one)[0] for one in errors] == ["outside-municipality"]  # 4.8 km off its address
        assert sum("near-municipality-edge" in said(one) for one in placed) < 30

    def test_the_old_datum_is_told_from_the_new(self, published: tuple[Places, dict[str, list[Parts]]]) -> None:
        places, by_municipality = published
        assert len(by_municipality) == 62
        false_alarms = [
            code5
            for code5, rows in by_municipality.items()
            if positions(*rows, owner=code5, places=places).evidence.rules
        ]
        assert false_alarms == []
        to_tokyo = pyproj.Transformer.from_crs(4612, 4301, always_xy=True)
        suspected = []
        for code5, rows in by_municipality.items():
            lons, lats = to_tokyo.transform(
                [float(str(row.lon)) for row in rows], [float(str(row.lat)) for row in rows]
            )
            old = [row._replace(lon=lon, lat=lat) for row, lon, lat in zip(rows, lons, lats, strict=True)]
            if positions(*old, owner=code5, places=places).evidence.tokyo_datum_suspected:
                suspected.append(code5)
        print(f"old datum suspected in {len(suspected)} of 62 municipalities, no false alarm")
        assert len(suspected) >= 50

    @pytest.mark.parametrize(("owner", "zone"), [("13112", 9), ("13401", 9), ("13000", 9), ("13421", 14)])
    @pytest.mark.parametrize("swapped", [False, True])
    def test_zones(
        self, published: tuple[Places, dict[str, list[Parts]]], owner: str, zone: int, swapped: bool
    ) -> None:
        places, by_municipality = published
        rows = by_municipality["13104" if owner == "13000" else owner]
        metres = [plane(zone, float(str(row.lon)), float(str(row.lat))) for row in rows]
        moved = [
            row._replace(lat=None, lon=None, x=y if swapped else x, y=x if swapped else y)
            for row, (x, y) in zip(rows, metres, strict=True)
        ]
        placer = positions(*moved, owner=owner, places=places)
        assert (placer.evidence.frame.zone, placer.evidence.frame.plane_swapped) == (zone, swapped)
        for one, row in zip(placer.place_all(moved), rows, strict=True):
            if one.lon is not None and one.lat is not None:
                assert (one.lon, one.lat) == (
                    pytest.approx(float(str(row.lon)), abs=1e-7),
                    pytest.approx(float(str(row.lat)), abs=1e-7),
                )


@pytest.mark.realdata
def test_one_place_in_four_systems(tmp_path: Path) -> None:
    """Within 5 cm of each other, whichever columns of numbers are taken."""
    with zipfile.ZipFile(folder() / "crs_test_tokyo_datum/tokyo23ku-cvs.zip") as archive:
        archive.extractall(tmp_path)
    read = {}
    for name in ("jgd2000", "jgd2000_9kei", "tokyo", "tokyo_9kei"):
        points = pyogrio.raw.read(tmp_path / f"tokyo23ku-cvs/tokyo23ku-cvs_{name}.shp", columns=[])[2]
        xs, ys = shapely.get_coordinates(shapely.from_wkb(points)).T.tolist()
        first, second = ("x", "y") if "9kei" in name else ("lat", "lon")
        rows = [Parts(2, **{first: y, second: x}) for x, y in zip(xs, ys, strict=True)]
        placer = positions(
            *rows,
            owner="13000",
            places=Places({}),
            datum="tokyo" if "tokyo" in name else None,
            zone=9 if first == "x" else None,
        )
        read[name] = numpy.array([(one.lon, one.lat) for one in placer.place_all(rows)])
    for name, found in read.items():
        apart = numpy.hypot(*((found - read["jgd2000"]) * [90_300, 111_195]).T)
        print(f"{name}: {len(found)} points, at most {apart.max() * 100:.2f} cm apart")
        assert apart.max() < 0.05
