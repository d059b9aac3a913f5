"""Examining a log: read and judged in a child process of little memory and time, its rows left as Parquet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from app.tabular.limits import MIB, Limits
from app.tabular.sandbox import run_in_child
from app.tabular.table import Unreadable

LOG_BYTES = 1024 * MIB  # some ten million rows: a phone writes so many in months
# Measured: 1,000,000 rows of 120 bytes take about 12 s of processor.
_CPU_S, _CPU_S_PER_MIB = 90, 1.5
_MEMORY, _ADDRESS_BYTES, _SPILL_BYTES = "1200MB", 4 * 1024 * MIB, 8 * 1024 * MIB


class LogSettings(TypedDict, total=False):
    """How a log is to be read, as its sender chose; what is missing is found from the log.

    `columns`: heading → field (None: not read); `zone`: IANA name for times that carry no offset; `carrier`, `device`
    and `in_vehicle`: of rows that do not say; `carrier_of`: spelling → carrier's id.
    """

    recipe: str | None
    columns: dict[str, str | None]
    zone: str | None
    carrier: str | None
    carrier_of: dict[str, str]
    device: str | None
    in_vehicle: bool | None
    encoding: str | None
    sheet: str | None
    header_row: int | None
    header_rows: int | None


@dataclass(frozen=True, slots=True)
class ExaminedLog:
    """What reading a log came to: the report, the rows taken as Parquet, and how many they are."""

    report: dict[str, Any]
    rows: Path
    taken: int


def examine_log(
    path: Path,
    file_name: str,
    settings: LogSettings | Mapping[str, Any],
    tick: Callable[[], None] | None = None,
) -> ExaminedLog:
    """Read and judge a log; rows taken are written beside it, as `<path>.rows.parquet`, without survey and file.

    `tick` is called about every second; what it raises ends the reading. Raises: Unreadable.
    """
    size = path.stat().st_size
    refuse_too_large(size)
    rows = path.with_name(path.name + ".rows.parquet")
    arguments = {
        "path": str(path.resolve()),
        "name": file_name,
        "settings": dict(settings),
        "out": str(rows.resolve()),
        "memory": _MEMORY,
    }
    cpu = int(_CPU_S + _CPU_S_PER_MIB * size / MIB)
    limits = Limits(memory_bytes=_ADDRESS_BYTES, cpu_seconds=cpu, wait_seconds=2.0 * cpu, file_bytes=_SPILL_BYTES)
    report: dict[str, Any] = {}
    for header, _ in run_in_child("app.surveys.examining:examine", arguments, limits, tick):
        report |= header.get("report", {})
    return ExaminedLog(report, rows, report["taken"])


def refuse_too_large(size: int) -> None:
    """Raises: Unreadable("too-large"), for asking before a byte is taken in."""
    if size > LOG_BYTES:
        gib, largest = size / (1024 * MIB), LOG_BYTES / (1024 * MIB)
        raise Unreadable(
            "too-large",
            f"ファイルが{gib:.1f}GBあります。1つの記録は{largest:g}GBまでです。日ごとに分けて送ってください。",
            f"The file has {gib:.1f} GB; a log may have {largest:g} GB. Split it by day and send the parts.",
        )
