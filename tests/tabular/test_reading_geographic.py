"""Geographic files: layers, coordinate systems, encodings of attributes, and what is no list."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy
import pyogrio
import pytest
import shapely
from pyproj import Geod, Transformer

from tests.tabular.made_files import archive, names, opened, said, text_file, why_not

POINTS = [(139.6917, 35.6895), (139.7671, 35.6812), (139.2820, 34.5297)]
NAMES = ["都庁", "東京駅", "利島"]


def written(
    path: Path,
    driver: str,
    crs: str | None = "EPSG:6668",
    points: list[tuple[float, ...]] | None = None,
    **options: Any,
) -> Path:
    shapes = shapely.points(numpy.array(points or POINTS))
    columns = [numpy.array(NAMES, dtype=object), numpy.array([1, 2, 3])]
    pyogrio.raw.write(
        path, numpy.array(shapely.to_wkb(shapes)), columns, ["名称" if driver == "GPKG" else "name", "no"], driver=driver, crs=crs,
        geometry_type="Point Z" if len((points or POINTS)[0]) == 3 else "Point", **options,
    )  # fmt: skip
    return path


def positions(rows: list[Any]) -> Any:
    return shapely.get_coordinates(shapely.from_wkb([row.geom for row in rows]), include_z=True)


def shapefile(folder: Path, *stems: str, name: str = "list.zip", without: tuple[str, ...] = (), **options: Any) -> Path:
    made = folder / "made"
    made.mkdir(exist_ok=True)
    for stem in stems:
        written(made / f"{stem}.shp", "ESRI Shapefile", **options)
    parts = [part for part in sorted(made.iterdir()) if part.suffix not in without]
    return archive(folder, *[(f"地図/{part.name}", part.read_bytes()) for part in parts], name=name)


def feature(name: str, point: tuple[float, ...] = POINTS[0], **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"名称": name, **properties},
        "geometry": {"type": "Point", "coordinates": point},
    }


def collection(*features: Any, **more: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **more}, ensure_ascii=False)


def test_geopackage(tmp_path: Path) -> None:
    path = written(tmp_path / "list.gpkg", "GPKG", layer="施設", points=[(x, y, 12.5) for x, y in POINTS])
    table, rows = opened(path)
    assert (table.format, table.sheet, table.crs, table.header_row) == ("gpkg", "施設", "EPSG:6668", None)
    assert names(table) == ["名称", "no"] and rows[1].cells == ("東京駅", 2) and rows[1].number == 2
    assert numpy.isnan(positions(rows)[:, 2]).all() and positions(rows)[:, :2].tolist() == [list(p) for p in POINTS]


def test_geojson_with_nested_values_and_missing_positions(tmp_path: Path) -> None:
    text = collection(
        feature("都庁", 備考={"a": [1]}),
        {"type": "Feature", "properties": {"名称": "位置なし"}, "geometry": None},
        {"type": "Feature"},
    )
    table, rows = opened(text_file(tmp_path, text, name="list.geojson"))
    assert names(table) == ["名称", "備考"] and rows[0].cells == ("都庁", '{"a":[1]}')
    assert rows[1].geom is None and rows[2].cells == (None, None) and "2件" in said(table)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932", "utf-16"])
def test_geojson_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    _, rows = opened(text_file(tmp_path, collection(feature("都庁")), encoding, name="list.csv"))
    assert rows[0].cells == ("都庁",)


def test_kml_and_kmz(tmp_path: Path) -> None:
    kml = (
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>施設</name>'
        "<Placemark><name>都庁</name><Point><coordinates>139.6917,35.6895,30</coordinates></Point></Placemark></Document></kml>"
    )
    for path in (text_file(tmp_path, kml, name="list.kml"), archive(tmp_path, ("doc.kml", kml), name="list.kmz")):
        table, rows = opened(path)
        assert table.format in ("kml", "kmz") and rows[0].cells[0] == "都庁"
        assert numpy.allclose(positions(rows)[0][:2], POINTS[0])


def test_shapefiles_in_a_zip_are_sheets(tmp_path: Path) -> None:
    path = shapefile(tmp_path, "gakko", "kouen", encoding="UTF-8")
    table, rows = opened(path)
    assert [sheet.name for sheet in table.sheets] == ["地図/gakko.shp", "地図/kouen.shp"]
    assert rows[0].cells == ("都庁", 1) and opened(path, sheet="地図/kouen.shp")[0].sheet == "地図/kouen.shp"


def test_a_shapefile_without_cpg_is_read_by_the_ladder(tmp_path: Path) -> None:
    path = shapefile(tmp_path, "list", without=(".cpg",), encoding="CP932")
    table, rows = opened(path)
    assert table.encoding == "cp932" and rows[1].cells[0] == "東京駅"


def test_a_shapefile_without_prj_or_dbf(tmp_path: Path) -> None:
    assert "座標系" in said(opened(shapefile(tmp_path, "list", without=(".prj",)))[0])
    assert why_not(shapefile(tmp_path, "list", without=(".dbf",))).rule == "incomplete-shapefile"


@pytest.mark.parametrize("code", [4301, 30169, 4612, 2451, 6677, 4326, 3857, 32654])
def test_every_crs_lands_on_the_same_places(tmp_path: Path, code: int) -> None:
    by_way_of = Transformer.from_crs(4612, code, always_xy=True)
    there = [by_way_of.transform(*point) for point in POINTS]
    table, rows = opened(written(tmp_path / "list.gpkg", "GPKG", crs=f"EPSG:{code}", points=there))
    found = positions(rows)
    distances = Geod(ellps="GRS80").inv(found[:, 0], found[:, 1], *numpy.array(POINTS).T)[2]
    assert table.crs == f"EPSG:{code}" and distances.max() < 0.05
    assert ("日本測地系" in said(table)) == (code in (4301, 30169))


def test_a_geojson_that_names_its_crs(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4301"}}
    _, rows = opened(text_file(tmp_path, collection(feature("都庁"), crs=crs), name="list.geojson"))
    moved = Geod(ellps="GRS80").inv(*positions(rows)[0][:2], *POINTS[0])[2]
    assert 440 < moved < 480


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('{"type": "Topology", "objects": {}}', "topojson"),
        ('{"a": 1}', "not-geojson"),
        ("[]", "not-geojson"),
        ('[{"a": 1}]', "not-geojson"),
        ('{"type": "FeatureCollection", "features": [', "damaged"),
        ('{"type": "FeatureCollection", "features": ' + "[" * 100_000 + "]" * 100_000 + "}", "damaged"),
    ],
)
def test_json_that_is_no_list(tmp_path: Path, text: str, rule: str) -> None:
    assert why_not(text_file(tmp_path, text, name="list.geojson")).rule == rule


def test_a_geopackage_cut_off_and_a_layer_that_is_not_there(tmp_path: Path) -> None:
    path = written(tmp_path / "list.gpkg", "GPKG")
    assert why_not(path, sheet="ない").rule == "no-such-sheet"
    path.write_bytes(path.read_bytes()[:20_000])
    assert why_not(path).rule == "damaged"


def test_names_in_an_archive_are_never_used_as_paths(tmp_path: Path) -> None:
    text = "名称,緯度,経度\n都庁,35.6,139.6\n東京駅,35.7,139.7\n"
    path = archive(tmp_path, ("../../../tmp/evil.csv", text), ("/vsicurl/http:/x/y.shp", b""))
    _, rows = opened(path)
    assert len(rows) == 2 and not Path("/tmp/evil.csv").exists()
    assert why_not(path, sheet="/vsicurl/http:/x/y.shp").rule == "incomplete-shapefile"
    assert zipfile.is_zipfile(path)
