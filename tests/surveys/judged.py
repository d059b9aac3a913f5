"""Logs judged in the test's own process, and logs to be judged."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from app.surveys.examining import examine
from app.surveys.reading import ExaminedLog

HEAD = "日時,緯度,経度,通信事業者,端末,通信方式,RSRP,速度（km/h）"


def judge(tmp_path: Path, text: str | bytes, name: str = "log.csv", **chosen: Any) -> ExaminedLog:
    """The log as the child judges it, in this process."""
    path, out = tmp_path / name, tmp_path / f"{name}.parquet"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    sent: dict[str, Any] = {}
    arguments = {"path": str(path), "name": name, "settings": chosen, "out": str(out), "memory": "500MB"}
    examine(arguments, lambda header, body=b"": sent.update(header.get("report", {})))
    return ExaminedLog(sent, out, sent["taken"])


def found(log: ExaminedLog, rule: str, field: str | None = None) -> dict[str, Any]:
    told = [f for f in log.report["findings"] if f["rule"] == rule and field in (None, f["field"])]
    assert len(told) == 1, [(f["rule"], f["field"], f["count"]) for f in log.report["findings"]]
    assert told[0]["ja"] and told[0]["en"] and "{" not in told[0]["ja"] + told[0]["en"]
    one: dict[str, Any] = told[0]
    return one


def rules(log: ExaminedLog, *levels: str) -> dict[str, int]:
    return {f["rule"]: f["count"] for f in log.report["findings"] if not levels or f["level"] in levels}


def rows(log: ExaminedLog) -> list[dict[str, Any]]:
    taken: list[dict[str, Any]] = pq.read_table(log.rows).sort_by("row_number").to_pylist()
    return taken


def drive(n: int, *, speed: float = 36, at: str = "2026-07-01T10:{:02d}:{:02d}+09:00") -> list[list[str]]:
    """A drive north, 10 m a second, as rows of HEAD."""
    return [
        [
            at.format(i // 60, i % 60),
            f"{35.8 + i * 10 / 111_000:.7f}",
            "139.1",
            "docomo",
            "p1",
            "4G",
            "-100",
            f"{speed:g}",
        ]
        for i in range(n)
    ]


def text_of(lines: list[list[str]], head: str = HEAD) -> str:
    return "\n".join([head, *(",".join(line) for line in lines)]) + "\n"
