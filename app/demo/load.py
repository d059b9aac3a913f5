"""Loading the sample register: invented rows, marked as sample, beside whatever published data there are."""

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session, sessionmaker

from app.assets.models import asset
from app.demo.register import metropolitan_assets, municipal_assets
from app.demo.stations import stations_on
from app.demo.wifi import access_points
from app.stations.models import station
from app.territory.facts import facts_by_code
from app.territory.ground import add_missing_municipalities
from app.territory.models import Municipality
from app.territory.sources import (
    SAMPLE_OUTLINES,
    loaded_hashes,
    lock_loading,
    record_loaded,
    record_source,
)
from app.versioned import publish
from app.wifi.models import access_point

CREDIT = "サンプル（架空のデータ）"
LICENCE = "利用条件なし（架空のデータ）"
TITLES = {
    "sample-assets": ("東京都のアセット（サンプル）", "Metropolitan assets (sample)", date(2022, 11, 1)),
    "sample-municipal-assets": ("区市のアセット（サンプル）", "Municipal assets (sample)", date(2023, 3, 31)),
    "sample-stations": ("基地局（サンプル）", "Base stations (sample)", date(2023, 3, 31)),
    "sample-wifi": ("つながる東京 Wi-Fi（サンプル）", "Tsunagaru Tokyo Wi-Fi (sample)", date(2024, 7, 31)),
    SAMPLE_OUTLINES: ("区市町村の概略境界（サンプル）", "Rough outlines of municipalities (sample)", date(2022, 11, 1)),
}
TABLES: dict[str, Table] = {
    "sample-assets": asset,
    "sample-municipal-assets": asset,
    "sample-stations": station,
    "sample-wifi": access_point,
}
Rows = list[dict[str, Any]]
Say = Callable[[str], None]


def build() -> dict[str, Rows]:
    """Every sample row by source, the same on every run."""
    assets = metropolitan_assets()
    stations = stations_on(assets)
    built = {
        "sample-assets": assets,
        "sample-municipal-assets": municipal_assets(),
        "sample-stations": stations,
        "sample-wifi": access_points(),
    }
    for rows in built.values():
        for row in rows:
            row.pop("position", None)
    return built


def content_hash(rows: Rows) -> str:
    """sha256 of what the rows say."""
    return hashlib.sha256(orjson.dumps(rows, option=orjson.OPT_SORT_KEYS)).hexdigest()


def is_loaded(sessions: sessionmaker[Session]) -> bool:
    """Whether every sample source is in force, and every municipality has a boundary, real or sample."""
    with sessions() as session:
        known = loaded_hashes(session)
        outlined = session.scalar(select(func.count()).select_from(Municipality)) or 0
    return all(source_id in known for source_id in TABLES) and outlined >= len(facts_by_code())


def load_demo(sessions: sessionmaker[Session], say: Say) -> None:
    """Put the sample register in force, one transaction per source."""
    began = time.monotonic()
    built = build()
    say(f"  サンプルを作りました / sample made（{time.monotonic() - began:.1f} s）")
    for source_id, rows in built.items():
        _timed(say, source_id, partial(_load, sessions, source_id, rows))
    _timed(say, SAMPLE_OUTLINES, partial(load_outlines, sessions))


def _timed(say: Say, source_id: str, work: Callable[[], str]) -> None:
    began = time.monotonic()
    outcome = work()
    say(f"  {source_id}: {outcome}（{time.monotonic() - began:.1f} s）")


def _describe(session: Session, source_id: str) -> None:
    title_ja, title_en, as_of = TITLES[source_id]
    record_source(
        session,
        {
            "source_id": source_id,
            "title_ja": title_ja,
            "title_en": title_en,
            "publisher": CREDIT,
            "licence": LICENCE,
            "credit": CREDIT,
            "as_of": as_of,
            "is_sample": True,
        },
    )


def _load(sessions: sessionmaker[Session], source_id: str, rows: Rows) -> str:
    content = content_hash(rows)
    with sessions.begin() as session:
        lock_loading(session)
        _describe(session, source_id)
        if loaded_hashes(session).get(source_id) == content:
            return "変更なし / unchanged"
        outcome = publish(session, TABLES[source_id], source_id, rows).in_words()
        record_loaded(session, source_id, content)
    return outcome


def load_outlines(sessions: sessionmaker[Session]) -> str:
    """Sample outlines for the municipalities that have no real boundary."""
    with sessions.begin() as session:
        lock_loading(session)
        drawn = session.execute(select(Municipality.municipality_code, Municipality.source_id)).all()
        real = {code for code, source_id in drawn if source_id != SAMPLE_OUTLINES}
        if real.issuperset(facts_by_code()):
            return "実データの境界があります / real boundaries are loaded"
        rows = [row for row in _outlines() if row["municipality_code"] not in real]
        _describe(session, SAMPLE_OUTLINES)
        content = content_hash(rows)
        if loaded_hashes(session).get(SAMPLE_OUTLINES) == content and len(drawn) == len(facts_by_code()):
            return "変更なし / unchanged"
        count = add_missing_municipalities(session, SAMPLE_OUTLINES, rows)
        record_loaded(session, SAMPLE_OUTLINES, content)
    return f"{count:,} 区市町村 / municipalities"


def _outlines() -> Iterator[dict[str, Any]]:
    from app.demo.outlines import sample_outlines  # shapely, not needed when real boundaries are loaded

    return sample_outlines()
