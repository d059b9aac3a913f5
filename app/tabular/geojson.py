"""GeoJSON, read without GDAL: properties keep their types and order, and what is no GeoJSON is told by its name."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from app.tabular.geographic import (
    BATCH,
    Features,
    check_size,
    geographic_table,
    parse_crs,
    plain_cell,
    too_many_features,
)
from app.tabular.headers import too_many_columns
from app.tabular.limits import COLUMNS, FEATURES
from app.tabular.table import Cell, SheetInfo, Table, Unreadable


def read_geojson(path: Path) -> Table:
    """A GeoJSON FeatureCollection, Feature, or array of features.

    Raises: Unreadable that says what the JSON is where it is something else, or where it is nested too deeply.
    """
    check_size(path)
    try:
        document = orjson.loads(_json_text(path))
    except (orjson.JSONDecodeError, UnicodeDecodeError) as error:
        raise Unreadable(
            "damaged",
            f"JSONとして読めません（{getattr(error, 'lineno', '?')}行目付近）。書き出し直して、もう一度送ってください。",
            f"It cannot be read as JSON (near line {getattr(error, 'lineno', '?')}). Export it again and send it once more.",
        ) from error
    items = _feature_list(document)
    if len(items) > FEATURES:
        raise too_many_features(len(items))
    names: dict[str, None] = {}
    for item in items:
        if isinstance(item, dict) and isinstance(item.get("properties"), dict):
            names.update(dict.fromkeys(item["properties"]))
            if len(names) > COLUMNS:
                raise too_many_columns(len(names))
    crs = _geojson_crs(document)
    features = Features(list(names), _geojson_batches(items, list(names)), crs, len(items))
    return geographic_table("geojson", (SheetInfo("", len(items), len(names)),), None, features)


def feature_ids(path: Path) -> list[str | None]:
    """The `id` members of a GeoJSON's features, in order; RFC 7946 keeps them beside the properties.

    Raises: Unreadable, as `read_geojson` does.
    """
    items = _feature_list(orjson.loads(_json_text(path)))
    said = [item.get("id") if isinstance(item, dict) else None for item in items]
    return [str(one) if isinstance(one, str | int) and not isinstance(one, bool) else None for one in said]


def _json_text(path: Path) -> bytes:
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp932").encode()
    return data


def _feature_list(document: Any) -> list[Any]:
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        return document["features"]  # type: ignore[no-any-return]
    if kind == "Feature":
        return [document]
    if (
        isinstance(document, list)
        and document
        and all(isinstance(i, dict) and i.get("type") == "Feature" for i in document)
    ):
        return document
    if kind == "Topology":
        raise Unreadable(
            "topojson",
            "これはTopoJSON（境界を共有する地図用の形式）で、一覧として読めません。GeoJSONで書き出し直してください。",
            "This is TopoJSON, made for maps of shared borders, and no list. Export it as GeoJSON.",
        )
    raise Unreadable(
        "not-geojson",
        "これはGeoJSONではないJSONで、一覧として読めません。CSVかGeoJSONで送ってください。",
        "This is JSON but no GeoJSON and cannot be read as a list. Send CSV or GeoJSON.",
    )


def _geojson_crs(document: Any) -> Any:
    said = document.get("crs") if isinstance(document, dict) else None
    name = (
        said.get("properties", {}).get("name")
        if isinstance(said, dict) and isinstance(said.get("properties"), dict)
        else None
    )
    if not isinstance(name, str) or "CRS84" in name or not re.fullmatch(r"[\w:. -]{4,60}", name):
        return parse_crs("EPSG:4326")
    return parse_crs(name)


def _geojson_batches(items: list[Any], names: list[str]) -> Iterator[tuple[list[list[Cell]], Any]]:
    import numpy
    import shapely

    for start in range(0, len(items), BATCH):
        batch = items[start : start + BATCH]
        written = numpy.array([_geometry(item) for item in batch], dtype=object)
        shapes = shapely.from_geojson(written, on_invalid="ignore")
        yield [[plain_cell(properties.get(name)) for name in names] for properties in map(_properties, batch)], shapes


def _properties(item: Any) -> dict[str, Any]:
    said = item.get("properties") if isinstance(item, dict) else None
    return said if isinstance(said, dict) else {}


def _geometry(item: Any) -> str | None:
    said = item.get("geometry") if isinstance(item, dict) else None
    return orjson.dumps(said).decode() if isinstance(said, dict) else None
