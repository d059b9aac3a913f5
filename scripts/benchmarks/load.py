"""Requests per second, by wrk: 8 connections that ask for a list of addresses in turn."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.machine.postgres_server import apt_install
from scripts.machine.terminal import Refusal

CONNECTIONS = 8
ROTATE = Path(__file__).with_name("rotate.lua")


@dataclass(frozen=True)
class Load:
    """What one run of wrk saw: requests per second, mean bytes of an answer with its head, 95th percentile in ms."""

    per_second: float
    bytes_per_answer: float
    p95_ms: float


def ensure_wrk() -> None:
    """Raises Refusal when wrk is neither here nor to be had from Debian's packages."""
    if shutil.which("wrk") is None and (apt_install("wrk") != 0 or shutil.which("wrk") is None):
        raise Refusal("wrk が必要です / wrk is missing: install it (Debian, Ubuntu: apt-get install wrk)")


def put_load(server: str, lines: Sequence[str], seconds: int) -> Load:
    """Ask `server` for each line (path, or path, tab, etag) in turn, again and again.

    Raises Refusal when an answer fails, because failures are fast.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(lines))
        file.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "-s", str(ROTATE), server]
        answer = subprocess.run([*command, "--", file.name], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise Refusal(f"wrk が失敗しました / wrk failed: {answer.stderr.strip() or answer.stdout.strip()}")
    seen = json.loads(answer.stdout.strip().splitlines()[-1])
    if seen["failed"] or not seen["requests"]:
        raise Refusal(f"{server} が失敗を返しました / {server} failed {seen['failed']} of {seen['requests']} requests")
    return Load(seen["requests"] / (seen["duration_us"] / 1e6), seen["bytes"] / seen["requests"], seen["p95_us"] / 1e3)
