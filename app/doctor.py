"""What this installation lacks: one line for each thing, with the way out."""

from collections.abc import Iterator
from dataclasses import dataclass

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.applications.papers.pdf import FONT_PACKAGE, find_fonts, has_japanese_font
from app.config import PROJECT_ROOT, Settings
from app.db import make_engine
from app.geodata.fetch import Missing, whereabouts
from app.geodata.manifest import read_manifest
from app.territory.sources import loaded_hashes

OLDEST_POSTGRESQL, OLDEST_POSTGIS = 15, (3, 3)
VENDOR = PROJECT_ROOT / "app/web/static/vendor"
VENDOR_FILES = ("maplibre-gl.mjs", "maplibre-gl-worker.mjs", "maplibre-gl.css", "tokens.css")
MIGRATE = "python -m app migrate"
LOAD, LOAD_DEMO = "python -m app geodata load", "python -m app demo load"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `is_needed` tells what the service cannot do without."""

    is_well: bool
    is_needed: bool
    text: str

    def line(self) -> str:
        """The finding as a line of a report."""
        mark = "○" if self.is_well else "✕" if self.is_needed else "△"
        return f"{mark} {self.text}"


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything, from the database upwards."""
    yield from _database(settings)
    yield _geodata_dir(settings)
    yield _vendor_files()
    yield _japanese_font()


def is_migrated(connection: Connection) -> bool:
    """Whether the database has the newest form."""
    head = ScriptDirectory.from_config(Config(PROJECT_ROOT / "alembic.ini")).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == head


def _well(text: str) -> Finding:
    return Finding(True, True, text)


def _lacking(text: str, way_out: str, *, is_needed: bool = True) -> Finding:
    return Finding(False, is_needed, f"{text} → {way_out}")


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        with make_engine(settings).connect() as connection:
            yield from _server(connection)
            if not is_migrated(connection):
                yield _lacking("データベースが最新の形ではありません / not migrated", MIGRATE)
                return
            yield _well("データベースは最新の形です / migrated")
            yield from _data(connection, settings)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        yield _lacking(f"データベースに接続できません / cannot reach the database ({reason})", "DATABASE_URL")


def _server(connection: Connection) -> Iterator[Finding]:
    number = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
    name = f"PostgreSQL {number}"
    is_new = number >= OLDEST_POSTGRESQL
    yield _well(name) if is_new else _lacking(f"{name} は古すぎます / too old", f"PostgreSQL {OLDEST_POSTGRESQL} 以上")
    version = connection.scalar(
        text("SELECT coalesce(installed_version, default_version) FROM pg_available_extensions WHERE name = 'postgis'")
    )
    if version is None:
        yield _lacking("PostGIS がありません / no PostGIS", f"apt-get install postgresql-{number}-postgis-3")
    elif tuple(int(part) for part in version.split(".")[:2]) < OLDEST_POSTGIS:
        yield _lacking(f"PostGIS {version} は古すぎます / too old", "PostGIS 3.3 以上")
    else:
        yield _well(f"PostGIS {version}")


def _data(connection: Connection, settings: Settings) -> Iterator[Finding]:
    real, sample = connection.execute(
        text("SELECT count(*) FILTER (WHERE NOT is_sample), count(*) FILTER (WHERE is_sample) FROM ogc.assets")
    ).one()
    yield (
        _well(f"アセット / assets: {real + sample:,}")
        if real + sample
        else _lacking("アセットがありません / no assets", f"{LOAD}; {LOAD_DEMO}")
    )
    if not sample:
        yield _lacking("サンプルはありません / no sample register", LOAD_DEMO, is_needed=False)
    with Session(connection) as session:
        known = loaded_hashes(session)
    for source in read_manifest().values():
        if source.id in known:
            yield _well(f"{source.id}: {source.title_ja}")
            continue
        place = whereabouts(source, settings)
        way_out = place.ja if isinstance(place, Missing) else f"{LOAD} {source.id}"
        yield _lacking(f"{source.id}: 取り込んでいません / not loaded", way_out, is_needed=False)


def _geodata_dir(settings: Settings) -> Finding:
    folder = settings.geodata_dir
    if folder is not None and folder.is_dir():
        return _well(f"GEODATA_DIR: {folder}")
    said = "公開データのフォルダーがありません / no folder with published data"
    return _lacking(f"{said} ({folder or 'GEODATA_DIR'})", "GEODATA_DIR=フォルダー", is_needed=False)


def _vendor_files() -> Finding:
    missing = [name for name in VENDOR_FILES if not (VENDOR / name).is_file()]
    if missing:
        return _lacking(f"地図の部品がありません / web files missing: {', '.join(missing)}", "npm ci && npm run vendor")
    return _well("地図の部品 / web files")


def _japanese_font() -> Finding:
    """Pages are drawn with the fonts of whoever looks at them; papers are set with this machine's."""
    if has_japanese_font(find_fonts()):
        return _well("日本語フォント / Japanese font")
    return _lacking(
        "日本語フォントがないため、許可書などのPDFを作れません / no Japanese font here, so no papers as PDF",
        f"apt-get install {FONT_PACKAGE}",
        is_needed=False,
    )
