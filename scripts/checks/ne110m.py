"""The data set of the CQL2 standard's abstract test suite: three Natural Earth layers and the counts expected of them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pyogrio
import pyogrio.raw
from psycopg import sql

from app.config import PROJECT_ROOT

FOLDER = PROJECT_ROOT.parent / "shared" / "conformance" / "cql2"
COLUMN_TYPES = {
    "object": "text",
    "int64": "bigint",
    "float64": "double precision",
    "bool": "boolean",
    "datetime64[D]": "date",
    "datetime64[ms]": "timestamptz",
}
# Counts that the standard states wrongly (github.com/opengeospatial/ogcapi-features/issues/1011, open): three names of
# its data begin with Ch (Chișinău, Chicago, Chengdu), one of them with Chiș.
ERRATA = {
    "ACCENTI(name) LIKE accenti('Ch%')": 3,
    "ACCENTI(CASEI(name)) LIKE accenti(casei('Chiș%'))": 1,
    "ACCENTI(CASEI(name)) LIKE accenti(casei('cHis%'))": 1,
}


@dataclass(frozen=True)
class Predicate:
    """A predicate of the abstract test suite, how many features of its collection it matches, and what the table says."""

    conformance_class: str
    collection: str
    text: str
    matches: int
    stated: int


def read_predicates(folder: Path = FOLDER) -> list[Predicate]:
    """The table of predicates, in its order."""
    with (folder / "predicates.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [
        Predicate(name, collection, text, ERRATA.get(text, int(stated)), int(stated))
        for name, collection, text, stated in rows
    ]


def load_layers(connection: psycopg.Connection[Any], schema: str, folder: Path = FOLDER) -> dict[str, dict[str, str]]:
    """Make a table of each layer with its names and cases kept; the columns of each with their types."""
    package = folder / "ne110m4cql2.gpkg"
    return {str(name): load_layer(connection, schema, package, str(name)) for name, _ in pyogrio.list_layers(package)}


def load_layer(connection: psycopg.Connection[Any], schema: str, package: Path, layer: str) -> dict[str, str]:
    meta, fids, geometries, values = pyogrio.raw.read(package, layer=layer, return_fids=True)
    columns = {
        str(name): COLUMN_TYPES[dtype] for name, dtype in zip(meta["fields"], map(str, meta["dtypes"]), strict=True)
    }
    table = sql.Identifier(schema, layer)
    declared = sql.SQL(", ").join(
        sql.SQL("{} " + column_type).format(sql.Identifier(name)) for name, column_type in columns.items()
    )
    geometry_type = sql.SQL(f"geometry({meta['geometry_type']}, 4326)")
    connection.execute(
        sql.SQL("CREATE TABLE {} (fid bigint PRIMARY KEY, {}, geom {})").format(table, declared, geometry_type)
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy,
    ):
        for row in rows(fids, values, list(columns.values()), geometries):
            copy.write_row(row)
    connection.execute(sql.SQL("CREATE INDEX ON {} USING gist (geom)").format(table))
    return columns


def rows(fids: Any, values: Any, types: list[str], geometries: Any) -> Iterator[list[Any]]:
    for position, fid in enumerate(fids):
        cells = [python_value(column[position], kind) for column, kind in zip(values, types, strict=True)]
        yield [int(fid), *cells, geometries[position].hex()]


def python_value(value: Any, column_type: str) -> Any:
    """A cell as psycopg writes it; missing ones, which come as None, NaN or NaT, as None."""
    plain = value.item() if hasattr(value, "item") else value
    if plain is None or plain != plain:
        return None
    if isinstance(plain, datetime):
        return plain.replace(tzinfo=UTC)
    return bool(plain) if column_type == "boolean" else plain
