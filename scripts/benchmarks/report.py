"""What a run says: the machine, a table for people, a list for machines."""

import importlib.metadata
import json
import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psycopg

from scripts.benchmarks import tipg
from scripts.benchmarks.figures import Figure, Measured, Row, ratios, summarise
from scripts.machine.terminal import say

HEAD = ("figure", "ours", "peer", "ratio", "goal", "met")
TABLE = "{:<16} {:>26} {:>26} {:>20} {:>7} {:>4}"


def describe_machine(database_url: str) -> str:
    """CPU, cores, day and versions, in one line."""
    cpu = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT current_setting('server_version'), postgis_lib_version()").fetchone()
        assets = connection.execute("SELECT count(*) FROM ogc.assets").fetchone()
    assert row and assets, "both queries answer one row"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}: {cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores; "
        f"PostgreSQL {row[0].split()[0]}, PostGIS {row[1]}, Python {platform.python_version()}, "
        f"uvicorn {importlib.metadata.version('uvicorn')}, tipg {tipg.locked_version()}; {assets[0]:,} assets"
    )


def say_head(machine: str, seconds: float, rounds: int) -> None:
    say(machine)
    say(f"8 connections, {rounds} rounds of {seconds:g} s in turn; median (lowest-highest)")
    say(TABLE.format(*HEAD))


def say_row(figure: Figure, measured: Measured) -> None:
    """One line of the table, said as soon as it is measured."""
    row = summarise(figure, measured)
    say(
        TABLE.format(
            figure.name,
            spread(measured.ours, figure.unit),
            spread(measured.peer, figure.unit) if measured.peer else "-",
            spread(ratios(figure, measured), "x") if measured.peer else "-",
            _goal(figure),
            {True: "yes", False: "NO", None: "-"}[row["met"]],
        )
        + f"  {figure.describes}"
        + (f" ({measured.note})" if measured.note else "")
    )


def _goal(figure: Figure) -> str:
    if figure.most is not None:
        return f"<= {figure.most:g}"
    return "-" if figure.goal is None else f"{figure.goal:g} x"


def spread(values: Sequence[float], unit: str) -> str:
    """Median and range with digits that fit their size."""
    middle = median(values)
    digits = 0 if middle >= 100 else 1 if middle >= 10 else 2
    return f"{middle:,.{digits}f} {unit} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def write_json(path: Path, rows: Sequence[Row]) -> None:
    path.write_text(json.dumps(rows, indent=1) + "\n")
