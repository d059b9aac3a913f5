"""Where figures are measured: one loaded database, our server, and peers that start when a figure first asks."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scripts.benchmarks import tipg
from scripts.machine.cluster import free_port
from scripts.machine.processes import start, stop, with_parent
from scripts.machine.terminal import Refusal

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local" / "bench"
POOL_SIZE = 8  # connections of each server to the database
START_PATIENCE_S = 60


@dataclass
class Stage:
    """Everything a figure needs.

    seconds: length of one run; rounds: runs of each server, in turn.
    """

    database_url: str
    seconds: float
    rounds: int
    stack: ExitStack

    @cached_property
    def ours(self) -> str:
        """Our server's address, one worker."""
        env = {**os.environ, "DATABASE_URL": self.database_url, "READ_POOL_SIZE": str(POOL_SIZE)}
        command = [sys.executable, "-m", "app", "serve", "--port"]
        return self.stack.enter_context(serving("tsunagaru", command, env, ROOT, "/readyz"))

    @cached_property
    def tipg(self) -> str:
        """tipg's address, one worker, on its own copy of the same rows."""
        tipg.copy_assets(self.database_url)
        program = tipg.ensure_installed(LOCAL)
        command = [str(program), *tipg.ARGUMENTS, "--port"]
        env = {**os.environ, **tipg.environment(self.database_url, POOL_SIZE)}
        return self.stack.enter_context(serving("tipg", command, env, LOCAL, "/healthz"))


@contextmanager
def serving(name: str, command: list[str], env: Mapping[str, str], folder: Path, probe: str) -> Iterator[str]:
    """A server on a free port until the block ends; its address. `command` ends where the port is due."""
    port = free_port()
    log_path = LOCAL / f"{name}.log"
    with log_path.open("wb") as log:
        child = start(with_parent([*command, str(port)], signal.SIGTERM), env, log, folder)
    try:
        wait_until_answering(name, child, port, probe, log_path)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(child)


def wait_until_answering(name: str, child: "subprocess.Popen[bytes]", port: int, probe: str, log: Path) -> None:
    deadline = time.monotonic() + START_PATIENCE_S
    while not answers(port, probe):
        if child.poll() is not None or time.monotonic() > deadline:
            raise Refusal(f"{name} が起動しません / {name} did not start, see {log}")
        time.sleep(0.1)


def answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
