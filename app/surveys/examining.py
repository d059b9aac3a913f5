"""What the reading process does with a log: open it, type it, judge it, write the rows taken, and tell what it found.

Runs inside `app/tabular/sandbox.py`, without database, network or settings: what it needs comes with the arguments.
"""

import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from app.surveys.carriers import BY_ID, parse_carrier
from app.surveys.found import Found, column_findings, tell
from app.surveys.judged_rows import Circumstances, inside, judged_sql, row_sql
from app.surveys.log_source import LogSource, fast_source, load, no_rows, slow_source
from app.surveys.recipes import Column, Recipe, columns_of, recognise
from app.surveys.summary import summary
from app.surveys.technologies import parse_technology
from app.surveys.tracks import Tracks, judge_tracks
from app.surveys.typed_rows import quoted, typed_sql
from app.surveys.zones import changes_of, offset_sql, open_zone, unclear_sql
from app.tabular.table import Unreadable

_SPELLINGS = 5_000  # of carriers and technologies; a column with more is no such column
_THREADS = 4


def examine(arguments: dict[str, Any], send: Callable[..., None]) -> None:
    """Read and judge a log; writes the rows taken to `out` and sends {"report": …}. Raises: Unreadable."""
    settings = arguments["settings"]
    with tempfile.TemporaryDirectory() as folder:
        connection = _connect(Path(folder), arguments["memory"])
        source, recipe, columns = _load(connection, arguments, Path(folder))
        send({"step": "judging"})
        of = _circumstances(connection, source, recipe, columns, settings)
        connection.execute(f"CREATE VIEW judged AS {judged_sql(of)}")
        tracks = judge_tracks(connection)
        of = _with_speed(of, tracks, columns)
        connection.execute(f"CREATE OR REPLACE VIEW judged AS {judged_sql(of)}")
        connection.execute(
            f"COPY (SELECT {row_sql()} FROM judged ANTI JOIN doubtful USING (row_number) WHERE verdict = 0)"
            f" TO {quoted(arguments['out'])} (FORMAT parquet, COMPRESSION zstd)"
        )
        found = Found(
            connection, recipe, tuple(columns), of, tracks, settings.get("zone") or recipe.zone or "Asia/Tokyo"
        )
        report = {
            "recipe": recipe.name,
            "headings": [heading.name for heading in source.headings],
            "columns": {column.heading: column.field for column in columns},
            **summary(connection, arguments["out"]),
            "findings": column_findings(columns, source.notes) + tell(found),
        }
        send({"report": report})


def _connect(folder: Path, memory: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={
            "threads": min(_THREADS, os.cpu_count() or 1),
            "memory_limit": memory,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    # Else every IN with some words becomes a join over all rows, where CASE would ask of few: twice the time to read a log.
    connection.execute("SET disabled_optimizers = 'in_clause'")
    connection.execute("SET lock_configuration = true")
    return connection


def _load(
    connection: duckdb.DuckDBPyConnection, arguments: Mapping[str, Any], folder: Path
) -> tuple[LogSource, Recipe, list[Column]]:
    """The table `typed` of the file: by DuckDB itself where it can, else row by row."""
    path, settings = Path(arguments["path"]), arguments["settings"]
    source = fast_source(path, settings, folder)
    while True:
        source, is_last = source or slow_source(path, arguments["name"], settings, folder), source is None
        recipe = recognise(source.headings, settings.get("recipe"))
        columns = _columns(source, recipe, settings.get("columns") or {})
        count = load(connection, source, typed_sql(source.relation, columns, "n" if source.first_row is None else ""))
        if count:
            return source, recipe, columns
        if is_last or count == 0:
            raise no_rows()
        source = None


def _columns(source: LogSource, recipe: Recipe, chosen: Mapping[str, str | None]) -> list[Column]:
    columns = columns_of(source.headings, recipe, chosen)
    if source.has_geometry:  # a feature's own point is surer than what its attributes say
        *_, x, y = source.headings
        columns = [column for column in columns if column.field not in ("lon", "lat")]
        columns += [Column(x.place, "geometry (x)", "lon"), Column(y.place, "geometry (y)", "lat")]
    if not columns:
        raise Unreadable(
            "no-known-headings",
            "知っている見出しが一つもありません。日時、緯度、経度、通信事業者などの列のある測定の記録か、標準様式で送ってください。",
            "No heading is known. Send a log with columns for time, latitude, longitude and carrier, or the plain template.",
        )
    return columns


def _circumstances(
    connection: duckdb.DuckDBPyConnection,
    source: LogSource,
    recipe: Recipe,
    columns: list[Column],
    settings: Mapping[str, Any],
) -> Circumstances:
    """What the settings and all rows together say."""
    zone = open_zone(settings.get("zone") or recipe.zone or "Asia/Tokyo")
    first, last, swapped = _extent(connection)
    changes = changes_of(zone, first, last)
    _name_carriers(connection, settings)
    _name_technologies(connection)
    return Circumstances(
        row="t.n" if source.first_row is None else f"t.rowid + {source.first_row}",
        offset=offset_sql(zone, changes, first),
        unclear=unclear_sql(changes),
        latest=(datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S"),
        swapped=swapped,
        carrier=_chosen_carrier(settings),
        device=settings.get("device") or None,
        in_vehicle=settings.get("in_vehicle"),
        says_technology=any(column.field == "technology" for column in columns),
        blank_is_no_service=recipe.blank_is_no_service,
    )


def _with_speed(of: Circumstances, tracks: Tracks, columns: list[Column]) -> Circumstances:
    from dataclasses import replace

    factor = next((column.factor for column in columns if column.field == "speed_kmh"), 1.0)
    if factor == 1.0 and tracks.is_in_ms:
        return replace(of, speed_factor=3.6)
    if factor == 3.6 and tracks.is_in_kmh:
        return replace(of, speed_factor=1 / 3.6)
    return of


def _extent(connection: duckdb.DuckDBPyConnection) -> tuple[datetime, datetime, bool]:
    """The first and last local time, and whether every position has its latitude and longitude swapped."""
    found = connection.execute(
        f"""SELECT min(moment) FILTER (sane), max(moment) FILTER (sane),
          count(*) FILTER (abs(lat) > 90 AND {inside("lon", "lat")}),
          count(*) FILTER (NOT (lat = 0 AND lon = 0) AND NOT (abs(lat) > 90 AND {inside("lon", "lat")}))
        FROM (SELECT moment, lat, lon, NOT is_utc AND moment BETWEEN '2000-01-01' AND '2100-01-01' AS sane FROM typed)"""
    ).fetchone()
    first, last, swapped, others = found or (None, None, 0, 0)
    some = datetime(2026, 1, 1)  # noqa: DTZ001 - a local time, where the log has none
    return first or some, last or some, bool(swapped and not others)


def _chosen_carrier(settings: Mapping[str, Any]) -> str | None:
    said = settings.get("carrier") or None
    if said is not None and said not in BY_ID:
        raise _unknown_carrier(said)
    return said


def _unknown_carrier(said: str) -> Unreadable:
    ids = "、".join(BY_ID)
    return Unreadable(
        "unknown-carrier",
        f"設定の通信事業者「{said[:40]}」はありません。{ids} から選んでください。",
        f"There is no carrier “{said[:40]}” to set. Choose one of {ids.replace('、', ', ')}.",
    )


def _name_carriers(connection: duckdb.DuckDBPyConnection, settings: Mapping[str, Any]) -> None:
    """The tables `carrier_names` (spelling, carrier_id) and `device_carriers` (a device that has only one carrier)."""
    chosen = settings.get("carrier_of") or {}
    for carrier in chosen.values():
        if carrier not in BY_ID:
            raise _unknown_carrier(str(carrier))
    spellings = connection.execute(
        f"""SELECT carrier FROM typed WHERE carrier IS NOT NULL GROUP BY carrier
        ORDER BY count(*) DESC, carrier LIMIT {_SPELLINGS}"""
    ).fetchall()
    named = [(words, chosen.get(words) or parse_carrier(words)) for (words,) in spellings]
    connection.execute("CREATE TABLE carrier_names (spelling VARCHAR, carrier_id VARCHAR)")
    _insert(connection, "carrier_names", named)
    device = settings.get("device") or ""
    connection.execute(
        f"""CREATE TABLE device_carriers AS
        SELECT coalesce(device, {quoted(device)}) AS device, min(carrier_id) AS carrier_id
        FROM (SELECT device, carrier, count(*) AS n FROM typed GROUP BY ALL) t
        JOIN carrier_names c ON c.spelling = t.carrier GROUP BY 1
        HAVING count(DISTINCT carrier_id) = 1 AND count(*) = count(carrier_id)"""
    )


def _name_technologies(connection: duckdb.DuckDBPyConnection) -> None:
    spellings = connection.execute(
        f"""SELECT technology FROM typed WHERE technology IS NOT NULL GROUP BY technology
        ORDER BY count(*) DESC, technology LIMIT {_SPELLINGS}"""
    ).fetchall()
    connection.execute("CREATE TABLE technology_names (spelling VARCHAR, technology VARCHAR)")
    _insert(connection, "technology_names", [(words, parse_technology(words)) for (words,) in spellings])


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[str, str | None]]) -> None:
    if rows:
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)
