"""GeoPackage, KML and shapefiles, read with GDAL: three of its drivers, no network, no paths but ours."""

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.tabular.archives import refuse_declarations
from app.tabular.geographic import (
    BATCH,
    Features,
    check_size,
    geographic_table,
    parse_crs,
    plain_cell,
    too_many_features,
)
from app.tabular.limits import FEATURES
from app.tabular.table import Cell, ReadOptions, SheetInfo, Table, Unreadable

# Read by GDAL when it is loaded: every driver of the build but those of the three formats given to it.
DRIVERS = ("GPKG", "ESRI Shapefile", "LIBKML")
SKIPPED_DRIVERS = (
    "ADBC,AIVector,AVCBin,AVCE00,AmigoCloud,CSV,CSW,Carto,DGN,DXF,EDIGEO,EEDA,ESRIJSON,Elasticsearch,"
    "FlatGeobuf,GDALG,GML,GPSBabel,GPX,GTFS,GeoJSON,GeoJSONSeq,GeoRSS,HTTP,Idrisi,JML,JSONFG,KML,LVBAG,"
    "MBTiles,MEM,MVT,MapInfo File,MapML,MiraMonVector,NGW,OAPIF,ODS,OGCAPI,OGR_GMT,OGR_PDS,OGR_VRT,OSM,"
    "OpenFileGDB,PCIDSK,PDF,PDS4,PGDUMP,PLSCENES,PMTiles,S57,SQLite,SXF,Selafin,TopoJSON,VDV,VFK,VICAR,WAsP,"
    "WFS,XLSX"
)

# How a KML is drawn; GDAL gives these beside the attributes of every place.
_KML_LOOKS = frozenset(
    (
        "id",
        "timestamp",
        "begin",
        "end",
        "altitudeMode",
        "tessellate",
        "extrude",
        "visibility",
        "drawOrder",
        "icon",
        "snippet",
    )
)


def read_layer(path: Path, layer: str | None, encoding: str | None = None) -> Features:
    """A layer of a GeoPackage, KML or shapefile at a path of ours.

    Raises: Unreadable("damaged"), ("too-many-features").
    """
    pyogrio = _gdal()
    try:
        info = pyogrio.read_info(path, layer=layer, encoding=encoding, force_feature_count=True)
    except Exception as error:
        raise _damaged_layer() from error
    count = info["features"]
    if count > FEATURES:
        raise too_many_features(count)
    names = [str(name) for name in info["fields"] if info["driver"] != "LIBKML" or name not in _KML_LOOKS]
    return Features(names, _layer_batches(path, layer, encoding, names, count), parse_crs(info["crs"]), count)


def _gdal() -> Any:
    """pyogrio, loaded late: only geographic files need it, and the drivers are registered when it is loaded."""
    os.environ.setdefault("GDAL_SKIP", SKIPPED_DRIVERS)
    os.environ.setdefault("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", ".none")
    with _hidden("pandas", "pyarrow"):  # it would load both for readers not used here: 45 MB of every child
        import pyogrio

    return pyogrio


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Modules that are not to be found while the block runs, where nobody loaded them before."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None is the interpreter's own "not here"
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def _layer_batches(
    path: Path, layer: str | None, encoding: str | None, names: list[str], count: int
) -> Iterator[tuple[list[list[Cell]], Any]]:
    import numpy
    import shapely

    pyogrio = _gdal()
    for start in range(0, count, BATCH):
        try:
            _, _, written, columns = pyogrio.raw.read(
                path,
                layer=layer,
                encoding=encoding,
                columns=names,
                skip_features=start,
                max_features=BATCH,
                force_2d=True,
            )
        except Exception as error:
            raise _damaged_layer() from error
        length = len(written) if written is not None else len(columns[0]) if columns else 0
        shapes = shapely.from_wkb(written, on_invalid="ignore") if written is not None else numpy.full(length, None)
        lists = [
            [plain_cell(value) for value in column.tolist()] if column.dtype.kind != "M" else _moments(column)
            for column in columns
        ]
        attributes: list[list[Cell]] = (
            [list(cells) for cells in zip(*lists, strict=True)] if lists else [[] for _ in range(length)]
        )
        yield attributes, shapes


def _moments(column: Any) -> list[Cell]:
    """Days of a column of dates, moments of others; NaT becomes None."""
    moments: list[Cell] = (column if column.dtype.name == "datetime64[D]" else column.astype("datetime64[ms]")).tolist()
    return moments


def list_layers(path: Path) -> tuple[SheetInfo, ...]:
    """Layers of a file GDAL reads, those with geometry first."""
    pyogrio = _gdal()
    try:
        layers = pyogrio.list_layers(path)
    except Exception as error:
        raise _damaged_layer() from error
    found = sorted(layers.tolist(), key=lambda layer: layer[1] is None)
    return tuple(SheetInfo(str(name), None, None) for name, _ in found)


def read_geopackage(path: Path, options: ReadOptions) -> Table:
    """The layer of a GeoPackage."""
    _check_geopackage(path)
    copy = _copied(path, "list.gpkg")
    return _layered(copy, "gpkg", options)


def read_kml(path: Path, options: ReadOptions, form: str = "kml") -> Table:
    """The layer (folder) of a KML. Raises: Unreadable("xml-entities") where it declares a document type."""
    check_size(path)
    with path.open("rb") as file:
        refuse_declarations(iter(lambda: file.read(1 << 20), b""))
    return _layered(_copied(path, "list.kml"), form, options)


def _layered(path: Path, form: str, options: ReadOptions) -> Table:
    sheets = list_layers(path)
    if not sheets:
        raise Unreadable("empty", "レイヤーがありません。", "The file has no layer.")
    layer = options.sheet or sheets[0].name
    if layer not in {sheet.name for sheet in sheets}:
        raise Unreadable(
            "no-such-sheet",
            f"レイヤー「{layer[:60]}」がありません。選び直してください。",
            f"There is no layer named “{layer[:60]}”. Choose again.",
        )
    return geographic_table(form, sheets, layer, read_layer(path, layer))


def _copied(path: Path, name: str) -> Path:
    """A copy in a folder of ours: GDAL wants the name's end, and SQLite may write files beside the one it reads."""
    return Path(shutil.copyfile(path, Path(tempfile.mkdtemp(prefix="layer-")) / name))


def _check_geopackage(path: Path) -> None:
    """Raises: Unreadable("damaged") for an SQLite file without the one table every GeoPackage has."""
    try:
        with sqlite3.connect(f"file:{path.resolve()}?mode=ro&immutable=1", uri=True) as database:
            database.execute("SELECT count(*) FROM gpkg_contents").fetchone()
    except sqlite3.Error as error:
        raise _damaged_layer() from error


def _damaged_layer() -> Unreadable:
    return Unreadable(
        "damaged",
        "地理ファイルが壊れているか、必要な部分が足りません。保存し直して、もう一度送ってください。",
        "The geographic file is damaged or lacks a part. Save it again and send it once more.",
    )


def read_shapefile(path: Path, sheets: tuple[SheetInfo, ...], sheet: str, encoding: str | None) -> Table:
    """A shapefile unpacked into a folder of ours, `path` its .shp with the parts beside it."""
    if not path.with_suffix(".dbf").exists() or not path.with_suffix(".shx").exists():
        raise Unreadable(
            "incomplete-shapefile",
            "シェープファイルの部分が足りません。.shp、.shx、.dbf（あれば.prj、.cpg）をまとめてZIPにしてください。",
            "Parts of the shapefile are missing. Put .shp, .shx and .dbf (and .prj, .cpg if any) into the ZIP.",
        )
    check_size(path.with_suffix(".dbf"))
    features = read_layer(path, None, encoding or _dbf_encoding(path))
    if features.crs is None:
        features.notes.append(
            (
                "座標系のファイル（.prj）がありません。緯度経度（世界測地系）として読みました。",
                "There is no .prj; coordinates were taken as longitude and latitude (JGD2011).",
            )
        )
    table = geographic_table("shapefile", sheets, sheet, features)
    table.encoding = encoding or _dbf_encoding(path)
    return table


def _dbf_encoding(path: Path) -> str:
    """What the .cpg says, else the ladder over the records; Japanese GIS wrote CP932 and said nothing."""
    said = path.with_suffix(".cpg")
    words = said.read_text("ascii", "replace").strip()[:40] if said.exists() else ""
    if words:
        words = {"932": "cp932", "SJIS": "cp932", "SHIFT_JIS": "cp932", "65001": "utf-8"}.get(words.upper(), words)
        try:
            "".encode(words)
            return words
        except LookupError:
            pass
    records = _records(path.with_suffix(".dbf"))
    for encoding in ("utf-8", "cp932", "euc_jp"):
        try:
            records.decode(encoding)
            return encoding
        except UnicodeDecodeError as error:
            if encoding == "utf-8" and error.start > len(records) - 4:
                return encoding
    return "cp932"


def _records(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(32)
        file.seek(int.from_bytes(head[8:10], "little"))
        return file.read(1 << 20)
