"""Small files as publishers would make them, for tests of reading and loading."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy
import pyogrio
import shapely

from app.demo.outlines import sample_outlines
from app.geodata.manifest import Source, read_manifest

FACILITY_HEADER = (
    "asset_id,name,asset_type,owner_kind,operator,address,address_derived,code5,municipality,lat,lon,"
    "muni_by_nearest,source,src_id,licence,dup_of"
)
GSI = "GSI 指定緊急避難場所・指定避難所 (shelters_gsi)"
WIFI_HEADER = (
    "都道府県コード又は市区町村コード,NO,都道府県名,市区町村名,名称,名称_カナ,名称_英語,住所,方書,緯度,経度,設置者,"
    "電話番号,内線番号,SSID,提供エリア,URL,備考,最終確認日"
)


def source(source_id: str, **changes: Any) -> Source:
    """An entry of the manifest that takes small files."""
    return read_manifest()[source_id].model_copy(update={"min_rows": 1, **changes})


def facility(number: int, **changes: str) -> str:
    cells = {
        "asset_id": f"A{number:06d}",
        "name": "第一小学校",
        "asset_type": "指定避難所",
        "owner_kind": "municipality",
        "operator": "",
        "address": "東京都新宿区西新宿2-8-1",
        "address_derived": "0",
        "code5": "13104",
        "municipality": "新宿区",
        "lat": "35.689",
        "lon": "139.692",
        "muni_by_nearest": "0",
        "source": GSI,
        "src_id": f"E{number:013d}",
        "licence": "国土地理院コンテンツ利用規約",
        "dup_of": "",
    }
    return ",".join((cells | changes).values())


def access_point(number: str = "1", **changes: str) -> str:
    cells = dict.fromkeys(WIFI_HEADER.split(","), "")
    said = {
        "都道府県コード又は市区町村コード": "130001",
        "NO": number,
        "名称": "公衆電話（江東区亀戸3-36-1）",
        "住所": "東京都江東区亀戸3-36-1",
        "緯度": "35.707333",
        "経度": "139.819723",
        "SSID": "FREE_Wi-Fi_and_TOKYO",
        "最終確認日": "2024/9/1",
    }
    return ",".join((cells | said | changes).values())


def write(folder: Path, source: Source, *lines: str, end: str = "\n") -> Path:
    path = folder / source.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((end.join(lines) + end).encode(source.encoding))
    return path


def write_boundaries(path: Path, outlines: list[tuple[str, shapely.Geometry]], crs: str = "EPSG:6668") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    codes, shapes = zip(*outlines, strict=True)
    pyogrio.raw.write(
        path, numpy.array(shapely.to_wkb(shapes)), [numpy.array(codes, dtype=object)], ["code5"], layer="municipality", driver="GPKG", crs=crs,
        geometry_type="MultiPolygon",
    )  # fmt: skip
    return path


def outlines_of_all() -> list[tuple[str, shapely.Geometry]]:
    """A boundary for each of the 62 municipalities."""
    return list(_outlines())


@cache
def _outlines() -> list[tuple[str, shapely.Geometry]]:
    return [(row["municipality_code"], shapely.from_wkb(row["geom"])) for row in sample_outlines()]
