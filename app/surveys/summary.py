"""What the rows taken of a log amount to: how many, when, where, whose, and the first of them."""

from typing import Any

from duckdb import DuckDBPyConnection

from app.surveys.judged_rows import ROW_COLUMNS
from app.surveys.typed_rows import quoted

PREVIEW_ROWS = 20


def summary(connection: DuckDBPyConnection, path: str) -> dict[str, Any]:
    """The part of the report that tells of the rows written to a Parquet file."""
    rows = f"read_parquet({quoted(path)})"
    read = connection.execute("SELECT count(*) FROM typed").fetchone() or (0,)
    found = connection.execute(
        f"""SELECT count(*), strftime(min("at"), '%Y-%m-%dT%H:%M:%SZ'), strftime(max("at"), '%Y-%m-%dT%H:%M:%SZ'),
        min(lon), min(lat), max(lon), max(lat) FROM {rows}"""
    ).fetchone()
    taken, first, last, *box = found or (0, None, None, None)
    return {
        "rows": int(read[0]),
        "taken": int(taken),
        "period": [first, last] if taken else None,
        "bbox": box if taken else None,
        "carriers": _counts(connection, rows, "carrier"),
        "technologies": _counts(connection, rows, "technology"),
        "preview": _preview(connection, rows),
    }


def _counts(connection: DuckDBPyConnection, rows: str, column: str) -> dict[str, int]:
    sql = f"SELECT {column}, count(*) FROM {rows} GROUP BY 1 ORDER BY 2 DESC, 1"
    return dict(connection.execute(sql).fetchall())


def _preview(connection: DuckDBPyConnection, rows: str) -> list[dict[str, Any]]:
    """The first rows of the file that were taken."""
    shown = ", ".join(
        'strftime("at", \'%Y-%m-%dT%H:%M:%S.%gZ\') AS "at"' if name == "at" else name for name in ROW_COLUMNS
    )
    first = connection.execute(f"SELECT {shown} FROM {rows} ORDER BY row_number LIMIT {PREVIEW_ROWS}").fetchall()
    return [
        {
            name: round(value, 7) if isinstance(value, float) else value
            for name, value in zip(ROW_COLUMNS, row, strict=True)
        }
        for row in first
    ]
