"""The sample register: published counts, right places, consistent rows, the same on every run."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.assets.fields import FIELDS as ASSET_FIELDS
from app.assets.models import asset
from app.config import Settings
from app.db import make_engine, make_sessions
from app.demo.counts import MUNICIPAL, WEST_TAMA, share_out
from app.demo.load import TABLES, build, content_hash, is_loaded, load_demo, load_outlines
from app.geodata.load import load_sources
from app.geodata.manifest import read_manifest
from app.stations.fields import FIELDS as STATION_FIELDS
from app.territory.facts import facts_by_code
from app.territory.sources import record_source
from app.wifi.fields import FIELDS as WIFI_FIELDS
from tests.conftest import database
from tests.published_files import outlines_of_all, source, write_boundaries

Sessions = sessionmaker[Session]
Rows = list[dict[str, Any]]
# A change of the sample register is a change of everybody's links into it: mean it.
HASHES = {
    "sample-assets": "beddcc5188b2716262d472f1e14ce3d7033cc7a12ba5b2b457a54307cc085f2f",
    "sample-municipal-assets": "d11f4d0208c50939f56bd859bbd6b48cadc71dc45c553fca2c54acd5ac677ab5",
    "sample-stations": "ba6f5f6a4d7d64c31e5978f0e848e230794f951662ee3cf65623c1cc16186429",
    "sample-wifi": "404a494f0390a54dabe3d5b993674eb1c4d101bcfbe63a689f96cdb0ace266be",
}


@pytest.fixture(scope="module")
def built() -> dict[str, Rows]:
    return build()


@pytest.fixture(scope="module")
def assets(built: dict[str, Rows]) -> Rows:
    return built["sample-assets"]


def counted(rows: Rows, field: str) -> dict[str, int]:
    return dict(Counter(row[field] for row in rows))


def test_the_same_rows_on_every_run(built: dict[str, Rows]) -> None:
    assert {source_id: content_hash(rows) for source_id, rows in built.items()} == HASHES


def test_shares_sum_up() -> None:
    assert share_out(10, {"a": 1, "b": 1, "c": 1}) == {"a": 4, "b": 3, "c": 3}
    assert share_out(5, {"a": 0.9, "b": 0.1}) == {"a": 5, "b": 0}


def test_metropolitan_assets_have_the_published_counts(assets: Rows) -> None:
    assert counted(assets, "asset_kind") == {"building": 10_246, "land": 4_940, "structure": 191}
    facts = facts_by_code()
    assert Counter(facts[row["municipality_code"]].region for row in assets) == {
        "ward": 8_159, "tama": 6_414, "island": 804,
    }  # fmt: skip
    by_municipality = counted(assets, "municipality_code")
    assert {code: by_municipality[code] for code in WEST_TAMA} == WEST_TAMA
    assert set(by_municipality) == set(facts)
    assert {row["municipality"] for row in assets if row["asset_kind"] == "structure"} == {"新宿区"}


def test_municipal_assets_have_the_published_counts(built: dict[str, Rows]) -> None:
    rows = built["sample-municipal-assets"]
    assert counted(rows, "municipality_code") == MUNICIPAL and len(rows) == 1_574
    assert counted(rows, "owner_name") == {"港区": 306, "豊島区": 538, "江戸川区": 566, "狛江市": 32, "稲城市": 132}
    assert all(row["asset_id"].startswith(row["owner_code"]) for row in rows)


def test_every_row_fits_its_table_and_is_marked_as_sample(built: dict[str, Rows]) -> None:
    fields = {"sample-stations": STATION_FIELDS, "sample-wifi": WIFI_FIELDS}
    for source_id, rows in built.items():
        columns = {column.name for column in TABLES[source_id].columns}
        codes = {field.name: field.values for field in fields.get(source_id, ASSET_FIELDS) if field.values}
        for row in rows:
            assert row.keys() <= columns
            assert row["name"].startswith("サンプル ")
            assert all(row[name] in allowed for name, allowed in codes.items() if row.get(name) is not None)
        identifier = TABLES[source_id].info["id_column"]
        assert len({row[identifier] for row in rows}) == len(rows)


def test_no_two_assets_stand_on_the_same_point(built: dict[str, Rows]) -> None:
    places = [row["geom"] for source_id in ("sample-assets", "sample-municipal-assets") for row in built[source_id]]
    assert len(set(places)) == len(places)


def test_land_is_partly_drawn_as_parcels(assets: Rows) -> None:
    land = [row for row in assets if row["asset_kind"] == "land"]
    assert 0.3 < sum("POLYGON" in row["geom"] for row in land) / len(land) < 0.37
    assert all("POINT" in row["geom"] for row in assets if row["asset_kind"] != "land")


def test_attributes_agree_with_each_other(built: dict[str, Rows]) -> None:
    for row in built["sample-assets"] + built["sample-municipal-assets"]:
        assert 0 <= row["slots_used"] <= row["slots_total"]
        assert (row["availability"] == "in_use") == (row["slots_used"] == row["slots_total"])
        assert (row["power"] == "available") == (row["power_distance_m"] == 0)
        assert (row["fibre"] == "available") == (row["fibre_distance_m"] == 0)
        assert row["availability"] != "conditional" or row["restrictions"]
        if row["asset_kind"] == "building":
            assert row["height_m"] >= row["roof_height_m"] > 2.5 * row["floors_above"]
            assert (row["seismic"] == "current") == (row["built_year"] >= 1982)
            assert row["gross_floor_m2"] <= row["area_m2"] * row["floors_above"]
        if row["asset_kind"] == "structure":
            assert row["mount_height_min_m"] < row["mount_height_max_m"] <= row["height_m"]
        if row["asset_kind"] == "land":
            assert row["usable_area_m2"] < row["area_m2"]


def test_islands_have_little_power_and_fibre(assets: Rows) -> None:
    for supply in ("power", "fibre"):
        share = {
            region: sum(row[supply] == "available" for row in rows) / len(rows)
            for region in ("ward", "island")
            if (rows := [row for row in assets if facts_by_code()[row["municipality_code"]].region == region])
        }
        assert share["island"] < 0.5 * share["ward"]


def test_stations_stand_on_sample_assets(built: dict[str, Rows]) -> None:
    stations, assets = built["sample-stations"], {row["asset_id"]: row for row in built["sample-assets"]}
    assert len(stations) == 225
    assert sum(row["on_air_on"] <= date(2020, 11, 30) for row in stations) == 10
    assert max(row["on_air_on"] for row in stations) <= date(2023, 3, 31)
    assert [row["on_air_on"] for row in stations] == sorted(row["on_air_on"] for row in stations)
    assert set(counted(stations, "carrier")) == {"通信事業者A", "通信事業者B", "通信事業者C", "通信事業者D"}
    used = counted(stations, "asset_id")
    assert {asset_id: row["slots_used"] for asset_id, row in assets.items() if row["slots_used"]} == used
    assert len({(row["asset_id"], row["carrier"]) for row in stations}) == 225
    for row in stations:
        assert row["municipality_code"] == assets[row["asset_id"]]["municipality_code"]
        assert row["status"] == "on_air"


def test_access_points_have_the_published_counts(built: dict[str, Rows]) -> None:
    rows = built["sample-wifi"]
    assert counted(rows, "renewal") == {"new": 329, "upgraded": 342}
    for row in rows:
        assert row["has_openroaming"] == (row["renewal"] == "new")
        assert row["backup_hours"] == (6 if row["site_kind"] == "phone_box" else None)
        assert 25 <= row["range_m"] <= 50


@pytest.fixture(scope="module")
def loaded(server_url: str, migrated_template: str) -> Iterator[Sessions]:
    """A register with the sample alone."""
    with database(server_url, f"test_demo_{os.getpid()}", migrated_template) as url:
        engine = make_engine(Settings(database_url=url))
        sessions = make_sessions(engine)
        load_demo(sessions, lambda line: None)
        yield sessions
        engine.dispose()


def ask(sessions: Sessions, query: str) -> list[Any]:
    with sessions() as session:
        return [tuple(row) for row in session.execute(text(query))]


def test_everything_read_is_marked_as_sample(loaded: Sessions) -> None:
    for view, count in (("assets", 16_951), ("stations", 225), ("wifi_access_points", 671), ("municipalities", 62)):
        marks = ask(loaded, f"SELECT DISTINCT is_sample, source, source_as_of IS NOT NULL FROM ogc.{view}")
        assert marks == [(True, "サンプル（架空のデータ）", True)]
        assert ask(loaded, f"SELECT count(*) FROM ogc.{view}") == [(count,)]
    assert ask(loaded, "SELECT count(*) FROM asset WHERE NOT ST_IsValid(geom)") == [(0,)]


def test_counts_of_low_zooms_follow(loaded: Sessions) -> None:
    sums = "SELECT DISTINCT sum(building), sum(land), sum(structure) FROM ogc.assets_clusters GROUP BY level"
    (row,) = ask(loaded, sums)
    assert sum(row) == 16_951 and row[2] == 191


@pytest.mark.parametrize(
    ("box", "least"),
    [
        ("139.69, 35.68, 139.71, 35.70", 100),  # the metropolitan government building
        ("139.33, 34.66, 139.47, 34.81", 200),  # Oshima
        ("142.15, 27.02, 142.26, 27.12", 40),  # Chichijima
        ("142.10, 26.60, 142.20, 26.72", 5),  # Hahajima
    ],
)
def test_boxes_people_ask_for_hold_assets(loaded: Sessions, box: str, least: int) -> None:
    query = f"SELECT count(*) FROM ogc.assets WHERE geom && ST_MakeEnvelope({box}, 4326)"
    assert ask(loaded, query)[0][0] >= least


def test_sample_outlines_are_whole_and_apart(loaded: Sessions) -> None:
    assert ask(loaded, "SELECT count(*) FROM municipality WHERE NOT ST_IsValid(geom) OR ST_IsEmpty(geom)") == [(0,)]
    overlaps = """SELECT count(*) FROM municipality a JOIN municipality b ON a.municipality_code < b.municipality_code
      AND ST_Intersects(a.geom, b.geom) WHERE ST_Area(ST_Intersection(a.geom, b.geom)) > 1e-6"""
    assert ask(loaded, overlaps) == [(0,)]
    outside = """SELECT count(*) FROM asset JOIN municipality m ON m.municipality_code = asset.municipality_code
      WHERE NOT ST_DWithin(asset.geom, m.geom, 0.001)"""
    assert ask(loaded, outside) == [(0,)]


def test_loading_again_changes_nothing(loaded: Sessions) -> None:
    state = "SELECT collection, version FROM data_version ORDER BY 1", "SELECT * FROM data_source ORDER BY 1"
    before = [ask(loaded, query) for query in state]
    said: list[str] = []
    assert is_loaded(loaded)
    load_demo(loaded, said.append)
    assert [ask(loaded, query) for query in state] == before
    assert sum("変更なし" in line for line in said) == 5


def test_an_empty_register_has_no_sample(sessions: Sessions) -> None:
    assert not is_loaded(sessions)


@pytest.mark.parametrize("real_first", [True, False])
def test_real_boundaries_win_in_either_order(sessions: Sessions, settings: Settings, real_first: bool) -> None:
    entry = source("n03-municipalities")
    assert settings.geodata_dir
    write_boundaries(settings.geodata_dir / entry.path, outlines_of_all())
    loads = [
        lambda: load_sources(sessions, settings, {entry.id: entry}, lambda line: None),
        lambda: load_outlines(sessions),
    ]
    for load in loads if real_first else reversed(loads):
        load()
    assert ask(sessions, "SELECT DISTINCT source_id FROM municipality") == [("n03-municipalities",)]
    assert ask(sessions, "SELECT count(*) FROM data_source WHERE source_id = 'sample-outlines'") == [(0,)]
    assert "実データ" in load_outlines(sessions)


def test_outlines_fill_only_what_is_missing(sessions: Sessions, settings: Settings) -> None:
    load_outlines(sessions)
    with sessions.begin() as session:
        session.execute(text("DELETE FROM municipality WHERE municipality_code < '13200'"))
    assert "62 区市町村" in load_outlines(sessions)
    with sessions.begin() as session:
        described = {"source_id": "real", "title_ja": "実", "title_en": "real", "publisher": "国", "licence": "CC0"}
        record_source(session, {**described, "credit": "国"})
        session.execute(text("UPDATE municipality SET source_id = 'real' WHERE municipality_code >= '13200'"))
    assert "23 区市町村" in load_outlines(sessions)


@pytest.mark.realdata
def test_sample_assets_lie_in_their_real_municipality(loaded: Sessions, tmp_path: Path) -> None:
    settings = Settings(database_url="postgresql://nowhere/none")
    if settings.geodata_dir is None:
        pytest.skip("no folder with published data")
    located = {name: entry for name, entry in read_manifest().items() if entry.reading in ("boundaries", "facilities")}
    assert load_sources(loaded, settings, located, lambda line: None, cache=tmp_path)
    far = """SELECT a.asset_id FROM asset a JOIN data_source USING (source_id) JOIN municipality m ON m.municipality_code = a.municipality_code
      WHERE is_sample AND NOT ST_DWithin(a.geom::geography, m.geom::geography, 300)"""
    assert ask(loaded, far) == []
    shared = """SELECT a.asset_id, b.asset_id FROM asset a JOIN asset b ON a.geom = b.geom
      AND a.source_id < b.source_id AND 'sample' IN (left(a.source_id, 6), left(b.source_id, 6))"""
    assert ask(loaded, shared) == []
    tocho = (
        "SELECT DISTINCT is_sample FROM ogc.assets WHERE geom && ST_MakeEnvelope(139.69, 35.68, 139.71, 35.70, 4326)"
    )
    assert sorted(ask(loaded, tocho)) == [(False,), (True,)]


def test_history_of_the_sample_starts_with_one_version(loaded: Sessions) -> None:
    assert ask(loaded, f"SELECT count(*) FROM {asset.name} WHERE valid_to IS NOT NULL") == [(0,)]
