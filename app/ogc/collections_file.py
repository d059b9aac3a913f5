"""Collections that a TOML file names: tables and views of the database, published without any code.

[[collection]]
id = "trees"             # in the address: letters, digits, - . _ ~
table = "green.trees"    # schema.table; names are case-sensitive, without a schema: public
title = "街路樹"
description = "…"        # optional
id_column = "tree_no"    # optional: the primary key
geom_column = "geom"     # optional: the only geometry column
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.rows import tuple_row

from app.db import APP_ROLE, READER_ROLE
from app.fields import Field, Type
from app.ogc.collections import BUILT_IN, Collection
from app.ogc.sql import Sql, fill, quoted

MANY_POINTS = 5_000  # rows; more are counted by cell below POINTS_FROM_ZOOM
POINTS_FROM_ZOOM = 12
_KEYS = {"id", "table", "title", "description", "id_column", "geom_column"}
_TYPES: dict[str, Type] = {
    "int2": "integer",
    "int4": "integer",
    "int8": "integer",
    "float4": "number",
    "float8": "number",
    "numeric": "number",
    "bool": "boolean",
    "date": "date",
    "timestamp": "date-time",
    "timestamptz": "date-time",
    "_text": "string[]",
    "_varchar": "string[]",
    "text": "string",
    "varchar": "string",
    "bpchar": "string",
    "uuid": "string",
}
_GEOMETRY_TYPES = {
    name.upper(): name
    for name in (
        "Point",
        "MultiPoint",
        "LineString",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
        "GeometryCollection",
    )
}

_COLUMNS = """
SELECT a.attname, t.typname, t.typtype, a.attnum = ANY(i.indkey) AS is_key, i.indnkeyatts
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""


class BadCollectionsFile(ValueError):
    """The file cannot be published; the message is one line and says where and why."""


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: str
    is_enum: bool
    is_key: bool


def read_collections_file(path: Path, database_url: str) -> tuple[Collection, ...]:
    """The collections that the file names, as the database describes their tables. Raises BadCollectionsFile."""
    entries = _entries(path)
    if not entries:
        return ()
    try:
        with psycopg.connect(database_url, autocommit=True, connect_timeout=5, row_factory=tuple_row) as connection:
            return tuple(_collection(connection, path, place, entry) for place, entry in enumerate(entries, 1))
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise BadCollectionsFile(f"{path}: the database cannot be asked about its tables: {reason}") from None


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadCollectionsFile(f"{path}: {error}") from None
    entries = content.get("collection", [])
    if set(content) - {"collection"} or not isinstance(entries, list):
        raise BadCollectionsFile(f"{path}: only [[collection]] tables are expected, not {', '.join(content)}")
    ids = [collection.id for collection in BUILT_IN]
    for place, entry in enumerate(entries, 1):
        _check_entry(path, place, entry)
        if entry["id"] in ids:
            raise BadCollectionsFile(f"{path}: collection {place}: id {entry['id']!r} is taken")
        ids.append(entry["id"])
    return entries


def _check_entry(path: Path, place: int, entry: dict[str, Any]) -> None:
    missing = [key for key in ("id", "table", "title") if not entry.get(key)]
    if missing or set(entry) - _KEYS or not all(isinstance(value, str) for value in entry.values()):
        wrong = ", ".join(missing or sorted(set(entry) - _KEYS) or ["every value must be a string"])
        word = "missing" if missing else "not understood"
        raise BadCollectionsFile(f"{path}: collection {place}: {word}: {wrong}")
    if not re.fullmatch(r"[A-Za-z0-9._~-]{1,100}", entry["id"]):
        raise BadCollectionsFile(f"{path}: collection {place}: id {entry['id']!r}: use letters, digits, - . _ ~")


def _collection(connection: Connection[Any], path: Path, place: int, entry: dict[str, Any]) -> Collection:
    where = f"{path}: collection {place} ({entry['id']})"
    schema, _, table = entry["table"].rpartition(".") if "." in entry["table"] else ("public", "", entry["table"])
    relation = f"{quoted(schema)}.{quoted(table)}"
    found = connection.execute("SELECT to_regclass(%s)::oid", (relation.replace("%%", "%"),)).fetchone()
    if found is None or found[0] is None:
        raise BadCollectionsFile(f"{where}: there is no table {entry['table']}")
    columns = _columns(connection, found[0])
    geom_column = _geom_column(where, entry, columns)
    id_column = _id_column(where, entry, columns)
    geometry_type, srid = _geometry(connection, where, schema, table, relation, geom_column)
    _let_readers_in(connection, where, quoted(schema), relation)
    return Collection(
        id=entry["id"],
        title_ja=entry["title"],
        title_en=entry["title"],
        description_ja=entry.get("description", entry["title"]),
        description_en=entry.get("description", entry["title"]),
        relation=relation,
        id_column=id_column,
        fields=_fields(columns, id_column),
        geometry_type=geometry_type,
        geom_column=geom_column,
        srid=srid,
        datetime_field=_datetime_field(columns),
        points_from_zoom=POINTS_FROM_ZOOM if _many_points(connection, relation, geometry_type) else 0,
        versioned=False,
        extent=_extent(connection, schema, table, geom_column, srid),
    )


def _let_readers_in(connection: Connection[Any], where: str, schema: str, relation: str) -> None:
    """Naming a table in the file publishes it: the role everybody reads under may select from it, and nothing more."""
    roles = f"{READER_ROLE}, {APP_ROLE}"
    grants = [f"GRANT USAGE ON SCHEMA {schema} TO {roles}", f"GRANT SELECT ON {relation} TO {roles}"]
    try:
        for grant in grants:
            connection.execute(grant.replace("%%", "%").encode())
    except psycopg.errors.InsufficientPrivilege:
        raise BadCollectionsFile(f"{where}: let the table's owner run: {'; '.join(grants)}") from None


def _columns(connection: Connection[Any], oid: int) -> list[_Column]:
    rows = connection.execute(_COLUMNS, (oid,)).fetchall()
    return [_Column(name, kind, group == "e", bool(key) and keys == 1) for name, kind, group, key, keys in rows]


def _geom_column(where: str, entry: dict[str, Any], columns: list[_Column]) -> str:
    geometries = [column.name for column in columns if column.type == "geometry"]
    asked = entry.get("geom_column")
    if asked is not None and asked not in geometries:
        raise BadCollectionsFile(f"{where}: {entry['table']} has no geometry column {asked}")
    if asked is None and len(geometries) != 1:
        trouble = "has no geometry column" if not geometries else f"has several ({', '.join(geometries)}): name one"
        raise BadCollectionsFile(f"{where}: {entry['table']} {trouble} (geom_column)")
    return asked or geometries[0]


def _id_column(where: str, entry: dict[str, Any], columns: list[_Column]) -> str:
    asked = entry.get("id_column") or next((column.name for column in columns if column.is_key), None)
    if asked is None:
        raise BadCollectionsFile(f"{where}: {entry['table']} has no primary key of one column: name an id_column")
    if _field_type(next((column for column in columns if column.name == asked), None)) not in ("string", "integer"):
        raise BadCollectionsFile(f"{where}: {entry['table']} has no text or integer column {asked} (id_column)")
    return asked


def _field_type(column: _Column | None) -> Type | None:
    if column is None:
        return None
    return "string" if column.is_enum else _TYPES.get(column.type)


def _fields(columns: list[_Column], id_column: str) -> tuple[Field, ...]:
    """Columns of types that features can carry, the id first; others (json, bytea, …) stay unpublished."""
    kinds = [(column.name, _field_type(column)) for column in columns]
    fields = [Field(name, kind, name, name) for name, kind in kinds if kind is not None]
    return tuple(sorted(fields, key=lambda field: field.name != id_column))


def _datetime_field(columns: list[_Column]) -> str | None:
    """The only date or timestamp; where there are several nobody has said which counts."""
    temporal = [column.name for column in columns if _field_type(column) in ("date", "date-time")]
    return temporal[0] if len(temporal) == 1 else None


def _geometry(
    connection: Connection[Any], where: str, schema: str, table: str, relation: str, geom_column: str
) -> tuple[str, int]:
    declared = connection.execute(
        "SELECT type, srid FROM geometry_columns WHERE (f_table_schema, f_table_name, f_geometry_column) = (%s, %s, %s)",
        (schema, table, geom_column),
    ).fetchone()
    kind, srid = declared or ("GEOMETRY", 0)
    if srid == 0:
        geom = quoted(geom_column)
        sampled = connection.execute(
            f"SELECT ST_SRID({geom}) FROM {relation} WHERE {geom} IS NOT NULL LIMIT 1"
        ).fetchone()
        srid = sampled[0] if sampled else 0
    if srid == 0:
        raise BadCollectionsFile(f"{where}: {table}.{geom_column} has no SRID")
    return _GEOMETRY_TYPES.get(kind.removesuffix("ZM").removesuffix("Z").removesuffix("M"), "Geometry"), srid


def _many_points(connection: Connection[Any], relation: str, geometry_type: str) -> bool:
    if geometry_type != "Point":
        return False
    counted = connection.execute(
        f"SELECT count(*) FROM (SELECT FROM {relation} LIMIT {MANY_POINTS + 1}) r", ()
    ).fetchone()
    return bool(counted and counted[0] > MANY_POINTS)


def _extent(
    connection: Connection[Any], schema: str, table: str, geom_column: str, srid: int
) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees: from the planner's statistics or else from the rows; the world if neither."""
    estimated = Sql("ST_EstimatedExtent(%s, %s, %s)", (schema, table, geom_column))
    exact = Sql(f"(SELECT ST_Extent({quoted(geom_column)}) FROM {quoted(schema)}.{quoted(table)})")
    for box in (estimated, exact):
        degrees = fill(f"ST_Transform(ST_SetSRID({{}}::geometry, {srid}), 4326)", box)
        corners = fill("SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM (SELECT {} AS b) boxed", degrees)
        found = connection.execute(corners.text, corners.values).fetchone()
        if found is not None and found[0] is not None:
            west, south, east, north = found
            return (west, south, east, north)
    return (-180.0, -90.0, 180.0, 90.0)
