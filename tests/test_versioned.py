"""Publishing lists: what is new, changed, the same or retired; history; and the reading side that follows."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from app.assets.fields import FIELDS as ASSET_FIELDS
from app.assets.models import asset
from app.stations.fields import FIELDS as STATION_FIELDS
from app.stations.models import station
from app.territory.sources import record_source
from app.versioned import ForeignId, Published, publish
from app.wifi.fields import FIELDS as WIFI_FIELDS
from app.wifi.models import access_point

Sessions = sessionmaker[Session]
Row = dict[str, Any]
LEVELS = range(3, 15)  # of cells that counts are kept for


def listed(asset_id: str, **about: Any) -> Row:
    return {"asset_id": asset_id, "asset_kind": "building", "name": "庁舎", "geom": at(139.7, 35.7), **about}


def at(lon: float, lat: float) -> str:
    return f"SRID=4326;POINT({lon} {lat})"


def put(sessions: Sessions, source_id: str, *rows: Row) -> Published:
    with sessions.begin() as session:
        described = {"source_id": source_id, "title_ja": source_id, "title_en": source_id, "publisher": "試験"}
        record_source(session, {**described, "licence": "CC0", "credit": f"{source_id} の出典"})
        return publish(session, asset, source_id, rows)


def ask(sessions: Sessions, query: str, **bound: Any) -> list[Any]:
    with sessions() as session:
        return [tuple(row) for row in session.execute(text(query), bound)]


def version_of_assets(sessions: Sessions) -> int:
    return sum(version for (version,) in ask(sessions, "SELECT version FROM data_version WHERE collection = 'assets'"))


def test_rows_are_new_changed_same_or_retired(sessions: Sessions) -> None:
    assert put(sessions, "a", listed("1"), listed("2"), listed("3")) == Published(new=3, changed=0, same=0, retired=0)
    second = put(sessions, "a", listed("2"), listed("3", name="新庁舎"), listed("4"))
    assert second == Published(new=1, changed=1, same=1, retired=1)
    in_force = ask(sessions, "SELECT asset_id, name FROM asset WHERE valid_to IS NULL ORDER BY 1")
    assert in_force == [("2", "庁舎"), ("3", "新庁舎"), ("4", "庁舎")]
    assert in_force == ask(sessions, "SELECT asset_id, name FROM ogc.assets ORDER BY 1")


def test_history_stays_without_gap_or_overlap(sessions: Sessions) -> None:
    for name in ("一代", "二代", "三代"):
        put(sessions, "a", listed("1", name=name))
    put(sessions, "a")
    put(sessions, "a", listed("1", name="三代"))
    versions = ask(sessions, "SELECT name, valid_from, valid_to FROM asset ORDER BY valid_from")
    assert [name for name, _, _ in versions] == ["一代", "二代", "三代", "三代"]
    assert versions[0][2] == versions[1][1] and versions[1][2] == versions[2][1]
    assert versions[2][2] < versions[3][1] and versions[3][2] is None


def test_publishing_the_same_list_again_changes_nothing(sessions: Sessions) -> None:
    rows = [listed("1"), listed("2", restrictions=["近隣説明が必要"], extra={"備考": "あり"}, source_row=7)]
    put(sessions, "a", *rows)
    before = version_of_assets(sessions), ask(sessions, "SELECT * FROM asset ORDER BY version_id")
    moved = [{**row, "source_row": 99} for row in reversed(rows)]  # the same rows on other lines of the file
    assert put(sessions, "a", *moved) == Published(new=0, changed=0, same=2, retired=0)
    assert before == (version_of_assets(sessions), ask(sessions, "SELECT * FROM asset ORDER BY version_id"))


def test_an_id_of_another_source_is_refused(sessions: Sessions) -> None:
    put(sessions, "a", listed("1"))
    put(sessions, "a")  # retired, yet never free for another
    with pytest.raises(ForeignId, match="1 belongs to a, not to b"):
        put(sessions, "b", listed("1"), listed("2"))
    assert ask(sessions, "SELECT asset_id FROM asset WHERE source_id = 'b'") == []


def test_a_list_with_a_row_twice_or_an_unknown_code_changes_nothing(sessions: Sessions) -> None:
    put(sessions, "a", listed("1"))
    before = version_of_assets(sessions)
    for bad in ([listed("2"), listed("2")], [listed("2", asset_kind="城")], [listed("2", geom=None)]):
        with pytest.raises(IntegrityError):
            put(sessions, "a", *bad)
    assert ask(sessions, "SELECT asset_id FROM ogc.assets") == [("1",)]
    assert version_of_assets(sessions) == before


def test_one_source_leaves_the_other_alone(sessions: Sessions) -> None:
    put(sessions, "a", listed("1"))
    put(sessions, "b", listed("2"))
    put(sessions, "a")
    assert ask(sessions, "SELECT asset_id, source FROM ogc.assets") == [("2", "b の出典")]


def test_a_changed_credit_shows_on_every_feature(sessions: Sessions) -> None:
    put(sessions, "a", listed("1"))
    before = version_of_assets(sessions)
    with sessions.begin() as session:
        session.execute(text("UPDATE data_source SET credit = '新しい出典'"))
    assert ask(sessions, "SELECT source, feature::json->'properties'->>'source' FROM ogc.assets") == [
        ("新しい出典", "新しい出典")
    ]
    assert version_of_assets(sessions) > before


def test_a_rollback_leaves_rows_features_counts_and_version(sessions: Sessions) -> None:
    put(sessions, "a", listed("1"))
    queries = (
        "SELECT * FROM ogc.assets",
        "SELECT * FROM ogc.assets_clusters ORDER BY level",
        "SELECT version FROM data_version",
    )
    before = [ask(sessions, query) for query in queries]
    with sessions() as session:
        publish(session, asset, "a", [listed("2"), listed("3")])
        session.rollback()
    assert [ask(sessions, query) for query in queries] == before


positions = st.tuples(st.floats(122.5, 153.5), st.floats(20.5, 45.5))
lists = st.dictionaries(
    st.integers(0, 9), st.tuples(st.sampled_from(("building", "land", "structure")), positions), max_size=8
)
examples = count()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(publishes=st.lists(st.tuples(st.sampled_from("ab"), lists), min_size=1, max_size=5))
def test_what_is_read_follows_any_publishes(
    sessions: Sessions, publishes: list[tuple[str, Mapping[int, tuple[str, tuple[float, float]]]]]
) -> None:
    example = next(examples)
    put(sessions, "a")
    put(sessions, "b")
    model: dict[str, dict[str, tuple[str, tuple[float, float]]]] = {"a": {}, "b": {}}
    for source, rows in publishes:
        new = {f"{source}-{example}-{number}": said for number, said in rows.items()}
        old, model[source] = model[source], new
        outcome = put(
            sessions, source, *(listed(key, asset_kind=kind, geom=at(*place)) for key, (kind, place) in new.items())
        )
        same = sum(old.get(key) == said for key, said in new.items())
        both = len(old.keys() & new.keys())
        assert outcome == Published(len(new) - both, both - same, same, len(old) - both)
    expected = model["a"] | model["b"]
    assert dict(ask(sessions, "SELECT asset_id, asset_kind FROM ogc.assets")) == {
        key: kind for key, (kind, _) in expected.items()
    }
    counted = ask(sessions, "SELECT level, x, y, building, land, structure FROM ogc.assets_clusters")
    assert {tuple(row[:3]): tuple(row[3:]) for row in counted} == live_counts(expected.values())
    assert_means_follow(sessions)


def live_counts(said: Any) -> dict[tuple[int, int, int], tuple[int, int, int]]:
    """Assets by cell of the mercator square: level, column, row → buildings, land, structures."""
    counts: dict[tuple[int, int, int], Counter[str]] = {}
    for kind, (lon, lat) in said:
        x = (lon + 180) / 360
        y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
        for level in LEVELS:
            cell = (level, math.floor(x * 2**level), math.floor(y * 2**level))
            counts.setdefault(cell, Counter())[kind] += 1
    return {cell: (kinds["building"], kinds["land"], kinds["structure"]) for cell, kinds in counts.items()}


def assert_means_follow(sessions: Sessions) -> None:
    """The mean position of every cell lies in it, however often rows came and went."""
    outside = ask(
        sessions,
        """SELECT level, x, y FROM (
             SELECT *, (1 << level) * sum_x / (building + land + structure) - x AS dx,
               (1 << level) * sum_y / (building + land + structure) - y AS dy
             FROM ogc.assets_clusters) c
           WHERE dx NOT BETWEEN -1e-6 AND 1.000001 OR dy NOT BETWEEN -1e-6 AND 1.000001""",
    )
    assert outside == []


@pytest.mark.parametrize("table", [asset, station, access_point], ids=lambda table: str(table.name))
def test_the_database_holds_the_code_lists_of_the_fields(sessions: Sessions, table: Table) -> None:
    said = {"asset": ASSET_FIELDS, "station": STATION_FIELDS, "access_point": WIFI_FIELDS}[table.name]
    declared = {f"ck_{table.name}_{field.name}": set(field.values) for field in said if field.values}
    checks = ask(
        sessions,
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conrelid = cast(:name AS regclass)",
        name=table.name,
    )
    kept = {name: set(re.findall("'([^']+)'", definition)) for name, definition in checks}
    assert kept.pop(f"ck_{table.name}_validity") == set()
    assert kept == declared
