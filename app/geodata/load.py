"""Loading published data: each source in one transaction, refused as a whole or in force as a whole."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from app.assets.models import asset
from app.config import Settings
from app.geodata.access_points import read_access_points
from app.geodata.damage import DamagedSource
from app.geodata.facilities import read_facilities
from app.geodata.fetch import CACHE, Missing, locate, sha256_of
from app.geodata.manifest import Source
from app.geodata.population_mesh import read_population_mesh
from app.geodata.postal_codes import read_postal_codes
from app.geodata.towns import read_towns
from app.territory.ground import replace_municipalities, replace_population_mesh, replace_postal_codes, replace_towns
from app.territory.sources import (
    SAMPLE_OUTLINES,
    forget_unused,
    loaded_hashes,
    lock_loading,
    record_loaded,
    record_source,
)
from app.versioned import ForeignId, publish
from app.wifi.models import access_point

Rows = Iterator[dict[str, Any]]


def _read_boundaries(path: Path, source: Source) -> Rows:
    from app.geodata.boundaries import read_boundaries  # GDAL: half a second that most starts need not spend

    return read_boundaries(path, source)


READINGS: dict[str, Callable[[Path, Source], Rows]] = {
    "boundaries": _read_boundaries,
    "facilities": read_facilities,
    "access_points": read_access_points,
    "population_mesh": read_population_mesh,
    "towns": read_towns,
    "postal_codes": read_postal_codes,
}


def load_sources(
    sessions: sessionmaker[Session],
    settings: Settings,
    sources: Mapping[str, Source],
    say: Callable[[str], None],
    *,
    only_new: bool = False,
    cache: Path = CACHE,
) -> bool:
    """Load each source that has a file; False where a file was refused (the register keeps what it had).

    With `only_new`, sources that were loaded before are left alone.
    """
    with sessions() as session:
        known = loaded_hashes(session)
    refused = []
    for source in sources.values():
        if only_new and source.id in known:
            continue
        found = locate(source, settings, cache, patient=only_new)
        if isinstance(found, Missing):
            say(f"  {source.id}: 飛ばします / skipped: {found.ja} / {found.en}")
            continue
        began = time.monotonic()
        try:
            outcome = load_source(sessions, source, found.path)
        except (DamagedSource, ForeignId) as error:
            refused.append(source.id)
            say(f"  {source.id}: 取り込みません / refused: {error}")
        else:
            say(f"  {source.id}: {outcome}（{found.origin}, {time.monotonic() - began:.1f} s）")
    return not refused


def load_source(sessions: sessionmaker[Session], source: Source, path: Path) -> str:
    """Load one file in one transaction and say what changed; a file loaded before changes nothing.

    Raises DamagedSource and ForeignId, with nothing written.
    """
    content = sha256_of(path)
    with sessions.begin() as session:
        lock_loading(session)
        record_source(session, source.described())
        if loaded_hashes(session).get(source.id) == content:
            return "変更なし / unchanged"
        outcome = _write(session, source, list(READINGS[source.reading](path, source)))
        record_loaded(session, source.id, content)
    return outcome


def _write(session: Session, source: Source, rows: list[dict[str, Any]]) -> str:
    if source.reading == "boundaries":
        count = replace_municipalities(session, source.id, rows)
        forget_unused(session, SAMPLE_OUTLINES)
        return f"{count:,} 区市町村 / municipalities"
    if source.reading == "population_mesh":
        return f"{replace_population_mesh(session, source.id, rows):,} メッシュ / cells"
    if source.reading == "towns":
        return f"{replace_towns(session, source.id, rows):,} 町丁目 / towns"
    if source.reading == "postal_codes":
        return f"{replace_postal_codes(session, source.id, rows):,} 郵便番号 / postal codes"
    table = asset if source.reading == "facilities" else access_point
    return publish(session, table, source.id, rows).in_words()
