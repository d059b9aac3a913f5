"""CQL2 filters: every predicate of the standard's abstract test suite over its own data, in text and in JSON."""

import json
import os
import random
from collections.abc import Iterator
from typing import Any

import cql2
import psycopg
import pytest

from app.fields import Field
from app.ogc.collections import Collection
from app.ogc.cql2 import parse_filter
from app.ogc.sql import fill
from scripts.checks.ne110m import FOLDER, Predicate, load_layers, read_predicates
from tests.conftest import database

FIELD_TYPES = {
    "text": "string",
    "bigint": "integer",
    "double precision": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamptz": "date-time",
}


@pytest.fixture(scope="module")
def connection(server_url: str, migrated_template: str) -> Iterator[psycopg.Connection[Any]]:
    name = f"test_cql2_standard_{os.getpid()}"
    with database(server_url, name, migrated_template) as url, psycopg.connect(url) as opened:
        yield opened


@pytest.fixture(scope="module")
def layers(connection: psycopg.Connection[Any]) -> dict[str, Collection]:
    connection.execute("CREATE SCHEMA ne110m_filters")
    loaded = load_layers(connection, "ne110m_filters")
    return {name: _layer(name, columns) for name, columns in loaded.items()}


def _layer(name: str, columns: dict[str, str]) -> Collection:
    fields = tuple(Field(column, FIELD_TYPES[kind], column, column) for column, kind in columns.items())  # type: ignore[arg-type]
    relation = f'ne110m_filters."{name}"'
    return Collection(name, name, name, "", "", relation, "fid", fields, geometry_type="Geometry")


@pytest.mark.realdata
@pytest.mark.parametrize("predicate", read_predicates() if FOLDER.is_dir() else [], ids=lambda p: p.text[:70])
def test_predicate_of_the_standard(
    predicate: Predicate, layers: dict[str, Collection], connection: psycopg.Connection[Any]
) -> None:
    collection = layers[predicate.collection]
    as_json = json.dumps(cql2.parse_text(predicate.text).to_json())
    for condition in (
        parse_filter(predicate.text, "cql2-text", collection),
        parse_filter(as_json, "cql2-json", collection),
    ):
        statement = f"SELECT count(*) FROM {collection.relation} WHERE {condition.text}"
        assert connection.execute(statement, condition.values).fetchone() == (predicate.matches,)


@pytest.mark.realdata
@pytest.mark.skipif(not FOLDER.is_dir(), reason="no data set of the standard")
def test_combinations_of_the_standards_predicates(
    layers: dict[str, Collection], connection: psycopg.Connection[Any]
) -> None:
    chance = random.Random(21_065)
    for name, collection in layers.items():
        texts = [predicate.text for predicate in read_predicates() if predicate.collection == name]
        for _ in range(40):
            p1, p2, p3, p4 = chance.sample(texts, 4)
            combined = f"((NOT ({p1}) AND ({p2})) OR (({p3}) and NOT ({p4})) or not (({p1}) AND ({p4})))"
            condition = parse_filter(combined, "cql2-text", collection)
            by_hand = [parse_filter(text, "cql2-text", collection) for text in (p1, p2, p3, p4, p1, p4)]
            expected = fill("((NOT {} AND {}) OR ({} AND NOT {}) OR NOT ({} AND {}))", *by_hand)
            counted = fill(
                f"SELECT count(*), count(*) FILTER (WHERE {{}}) FROM {collection.relation} WHERE {{}}",
                expected,
                condition,
            )
            matched, expected_too = connection.execute(counted.text, counted.values).fetchone() or (0, -1)
            assert matched == expected_too


@pytest.mark.realdata
@pytest.mark.skipif(not FOLDER.is_dir(), reason="no data set of the standard")
def test_counts_that_the_standard_states_wrongly(
    layers: dict[str, Collection], connection: psycopg.Connection[Any]
) -> None:
    cities = layers["ne_110m_populated_places_simple"].relation
    begins_with_ch = connection.execute(f"SELECT name FROM {cities} WHERE left(name, 2) = 'Ch' ORDER BY 1").fetchall()
    assert [name for (name,) in begins_with_ch] == ["Chengdu", "Chicago", "Chișinău"]
