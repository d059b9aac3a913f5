"""Loading published data: each source as a whole or not at all, and the second time not again."""

import csv
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.config import Settings
from app.geodata.listing import source_lines
from app.geodata.load import load_sources
from app.geodata.manifest import Source, read_manifest
from tests.published_files import (
    FACILITY_HEADER,
    WIFI_HEADER,
    access_point,
    facility,
    outlines_of_all,
    source,
    write,
    write_boundaries,
)

Sessions = sessionmaker[Session]


def ask(sessions: Sessions, query: str) -> list[Any]:
    with sessions() as session:
        return [tuple(row) for row in session.execute(text(query))]


class TestManifest:
    def test_every_source_says_who_publishes_it_and_under_which_terms(self) -> None:
        sources = read_manifest()
        assert list(sources) == [
            "n03-municipalities", "gsi-shelters", "tmg-wifi-sites", "tmg-water-stations", "tmg-wifi",
            "estat-population-mesh", "geolonia-towns", "japan-post-postal-codes",
        ]  # fmt: skip
        for entry in sources.values():
            assert entry.publisher and entry.licence and entry.credit and entry.url.startswith("https://")
            assert entry.title_ja and entry.title_en and entry.crs.startswith("EPSG:")

    def test_an_unknown_key_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "sources.toml"
        path.write_text('[[source]]\nid = "a"\nlicense = "CC0"\n')
        with pytest.raises(ValueError, match="license"):
            read_manifest(path)


class TestLoading:
    @pytest.fixture
    def sources(self, settings: Settings) -> dict[str, Source]:
        """Two sources with small files in the settings' folder."""
        assert settings.geodata_dir
        shelters, wifi = source("gsi-shelters"), source("tmg-wifi")
        write(settings.geodata_dir, shelters, FACILITY_HEADER, facility(1), facility(2))
        write(settings.geodata_dir, wifi, WIFI_HEADER, access_point("1"))
        return {entry.id: entry for entry in (shelters, wifi)}

    def load(self, sessions: Sessions, settings: Settings, sources: dict[str, Source]) -> tuple[bool, str]:
        said: list[str] = []
        went_well = load_sources(sessions, settings, sources, said.append)
        return went_well, "\n".join(said)

    def test_every_feature_carries_source_licence_and_date(
        self, sessions: Sessions, settings: Settings, sources: dict[str, Source]
    ) -> None:
        went_well, said = self.load(sessions, settings, sources)
        assert went_well and "2 件 / rows: 新規 2 new" in said
        assert ask(sessions, "SELECT DISTINCT source, licence, is_sample FROM ogc.assets") == [
            ("指定緊急避難場所・指定避難所データ（国土地理院）を加工", "国土地理院コンテンツ利用規約", False)
        ]
        assert ask(sessions, "SELECT licence, source_as_of::text FROM ogc.wifi_access_points") == [
            ("CC BY 4.0", "2024-09-01")
        ]
        hashes = ask(
            sessions,
            "SELECT length(content_sha256), loaded_at IS NOT NULL FROM data_source WHERE source_id <> 'window-stations'",
        )
        assert hashes == [(64, True)] * 2

    def test_loading_again_changes_nothing_and_says_so(
        self, sessions: Sessions, settings: Settings, sources: dict[str, Source]
    ) -> None:
        self.load(sessions, settings, sources)
        state = "SELECT collection, version FROM data_version ORDER BY 1", "SELECT * FROM data_source ORDER BY 1"
        before = [ask(sessions, query) for query in state]
        went_well, said = self.load(sessions, settings, sources)
        assert went_well and said.count("変更なし / unchanged") == 2
        assert [ask(sessions, query) for query in state] == before
        assert load_sources(sessions, settings, sources, pytest.fail, only_new=True)

    def test_a_new_edition_changes_what_it_changes(
        self, sessions: Sessions, settings: Settings, sources: dict[str, Source]
    ) -> None:
        self.load(sessions, settings, sources)
        assert settings.geodata_dir
        write(
            settings.geodata_dir, sources["gsi-shelters"], FACILITY_HEADER, facility(2, name="改称小学校"), facility(3)
        )
        _, said = self.load(sessions, settings, sources)
        assert "新規 1 new, 変更 1 changed, 同じ 0 same, 廃止 1 retired" in said
        assert ask(sessions, "SELECT name FROM ogc.assets ORDER BY asset_id") == [("改称小学校",), ("第一小学校",)]

    def test_a_damaged_file_is_refused_and_the_register_stays(
        self, sessions: Sessions, settings: Settings, sources: dict[str, Source]
    ) -> None:
        self.load(sessions, settings, sources)
        queries = (
            "SELECT asset_id, feature FROM ogc.assets ORDER BY 1",
            "SELECT * FROM data_source ORDER BY 1",
            "SELECT collection, version FROM data_version ORDER BY 1",
        )
        before = [ask(sessions, query) for query in queries]
        assert settings.geodata_dir
        damaged = facility(3).rpartition(",")[0]
        write(settings.geodata_dir, sources["gsi-shelters"], FACILITY_HEADER, facility(2, name="改称"), damaged)
        went_well, said = self.load(sessions, settings, sources)
        assert not went_well
        assert "gsi-shelters: 取り込みません / refused: tokyo_public_facilities.csv 3 行目: 列が 15 個です" in said
        assert [ask(sessions, query) for query in queries] == before

    def test_a_source_without_a_file_is_skipped_with_a_clear_word(
        self, sessions: Sessions, settings: Settings, sources: dict[str, Source]
    ) -> None:
        went_well, said = self.load(sessions, settings, {"mesh": source("estat-population-mesh"), **sources})
        assert went_well and "estat-population-mesh: 飛ばします / skipped: GEODATA_DIR に" in said

    def test_the_list_says_what_is_loaded(
        self, sessions: Sessions, settings: Settings, sources: dict[str, Source]
    ) -> None:
        self.load(sessions, settings, {"tmg-wifi": sources["tmg-wifi"]})
        lines = "\n".join(source_lines(sessions, settings, sources))
        assert "gsi-shelters: 指定緊急避難場所・指定避難所（東京都）（国土地理院） 未取込" in lines
        assert "FREE Wi-Fi & TOKYO）（東京都） 取込済" in lines

    def test_boundaries_and_mesh_are_replaced(self, sessions: Sessions, settings: Settings) -> None:
        assert settings.geodata_dir
        boundaries, mesh = source("n03-municipalities"), source("estat-population-mesh")
        write_boundaries(settings.geodata_dir / boundaries.path, outlines_of_all())
        write(settings.geodata_dir, mesh, "grid500m,pop", "533945253,10", "533945254,20")
        both = {"n03-municipalities": boundaries, "estat-population-mesh": mesh}
        assert "62 区市町村" in self.load(sessions, settings, both)[1]
        write(settings.geodata_dir, mesh, "grid500m,pop", "533945253,11")
        assert "1 メッシュ" in self.load(sessions, settings, both)[1]
        assert ask(sessions, "SELECT mesh_half, population FROM ogc.population_mesh") == [("533945253", 11.0)]
        assert ask(sessions, "SELECT count(*), bool_and(ST_IsValid(geom)) FROM ogc.municipalities") == [(62, True)]


@pytest.mark.realdata
def test_the_whole_folder_loads(sessions: Sessions, settings: Settings) -> None:
    folder = Settings(database_url="postgresql://nowhere/none").geodata_dir
    if folder is None:
        pytest.skip("no folder with published data")
    real, said = settings.model_copy(update={"geodata_dir": folder}), list[str]()
    began = time.monotonic()
    assert load_sources(sessions, real, read_manifest(), said.append)
    assert time.monotonic() - began < 20, said
    counts = "SELECT source_id, count(*) FROM asset WHERE valid_to IS NULL GROUP BY 1 ORDER BY 1"
    assert ask(sessions, counts) == [("gsi-shelters", 5437), ("tmg-water-stations", 213), ("tmg-wifi-sites", 737)]
    tables = ("access_point", "municipality", "population_mesh", "town", "postal_code")
    assert [ask(sessions, f"SELECT count(*) FROM {table}")[0][0] for table in tables] == [737, 62, 16_734, 5391, 4164]
    boxes = "SELECT count(*) FROM access_point WHERE site_kind = 'phone_box'"
    assert ask(sessions, boxes) == [(483,)]
    assert ask(sessions, "SELECT count(*) FROM asset WHERE structure_kind = 'phone_box'") == [(483,)]
    assert_duplicates_are_linked(sessions, folder)
    assert_places_are_right(sessions)
    said.clear()
    assert load_sources(sessions, real, read_manifest(), said.append)
    assert all("変更なし" in line for line in said) and len(said) == 8


def assert_duplicates_are_linked(sessions: Sessions, folder: Path) -> None:
    with (folder / read_manifest()["gsi-shelters"].path).open(encoding="utf-8-sig", newline="") as file:
        expected = sum(bool(row["dup_of"]) for row in csv.DictReader(file))
    linked = "SELECT count(*) FROM asset a JOIN asset b ON a.dup_of = b.asset_id"
    assert ask(sessions, linked) == [(expected,)] == ask(sessions, "SELECT count(dup_of) FROM asset")


def assert_places_are_right(sessions: Sessions) -> None:
    """Boundaries are simplified to 1 %; a handful of published positions contradict their own address."""
    far = """SELECT count(*) FROM asset JOIN municipality m USING (municipality_code)
             WHERE NOT ST_DWithin(asset.geom::geography, m.geom::geography, 300)"""
    assert ask(sessions, far)[0][0] <= 3
    assert ask(sessions, "SELECT count(DISTINCT municipality_code) FROM asset") == [(62,)]
