"""A service whose processes are killed: web server and worker on one database, each started again as `scripts/serve` does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from scripts.machine.cluster import free_port
from scripts.machine.processes import start, stop, with_parent
from scripts.machine.trial_site import ROOT, wait_until_answering

APP = (sys.executable, "-m", "app")
WORKER_WORDS = b"worker started"
PATIENCE_S = 60


class Process:
    """One process of the service, as it was started last."""

    def __init__(self, command: tuple[str, ...], env: Mapping[str, str], log: Path) -> None:
        self.command, self.env, self.log = command, env, log
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def child(self) -> "subprocess.Popen[bytes]":
        """The process itself."""
        assert self._running is not None, "started"
        return self._running

    def start(self) -> None:
        """Start it; its output is added to the log."""
        with self.log.open("ab") as output:
            self._running = start(with_parent(self.command, signal.SIGTERM), self.env, output, ROOT)

    def kill(self) -> list[int]:
        """`kill -9`; the children it had."""
        orphans = children_of(self.child.pid)
        self.child.kill()
        self.child.wait()
        return orphans

    def stop(self) -> None:
        """Stop it in the usual way."""
        if self._running is not None:
            stop(self._running)


class Site:
    """The service on `database_url`; `token` are the headers of an editor's requests."""

    def __init__(self, database_url: str, token: Mapping[str, str], folder: Path, **settings: str) -> None:
        self.database_url, self.token, self.port = database_url, dict(token), free_port()
        self.temporary = folder / "tmp"
        self.temporary.mkdir(exist_ok=True)
        env = {
            **os.environ, "DATABASE_URL": database_url, "AUDIT_ANCHOR_FILE": os.devnull, "BASEMAP_URL": "",
            "COMMANDS_PER_MINUTE": "1000000", "TMPDIR": str(self.temporary), **settings,
        }  # fmt: skip
        self.web = Process((*APP, "serve", "--port", str(self.port)), env, folder / "web.log")
        self.worker = Process((*APP, "worker"), env, folder / "worker.log")

    @property
    def address(self) -> str:
        """Where the web server answers."""
        return f"http://127.0.0.1:{self.port}"

    def start_web(self) -> None:
        """Start the web server and wait until it is ready."""
        self.web.start()
        wait_until_answering(self.web.child, self.port, "/readyz", self.web.log)

    def start_worker(self) -> None:
        """Start the worker; it is waited for only where its first words matter."""
        self.worker.start()

    def client(self, timeout_s: float = 30) -> httpx.Client:
        """A client of the editor's."""
        return httpx.Client(base_url=self.address, headers=self.token, timeout=timeout_s)

    def left_behind(self) -> list[str]:
        """Folders of temporary files beside those of the two processes that run."""
        return sorted(path.name for path in self.temporary.iterdir())


@contextmanager
def site(database_url: str, token: Mapping[str, str], folder: Path, **settings: str) -> Iterator[Site]:
    """A service that runs while the block does."""
    made = Site(database_url, token, folder, **settings)
    try:
        made.start_worker()
        made.start_web()
        yield made
    finally:
        made.web.stop()
        made.worker.stop()


def children_of(pid: int) -> list[int]:
    """Processes whose parent is `pid`."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and _parent(entry) == pid:
                found.append(int(entry.name))
    return found


def _parent(entry: Path) -> int:
    return int((entry / "stat").read_text().rpartition(")")[2].split()[1])


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_dead(pids: list[int], patience_s: float = 2.0) -> list[int]:
    """Those of the processes that still run after a while."""
    deadline = time.monotonic() + patience_s
    while (alive := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return alive


def resident_bytes(pid: int) -> int:
    """Memory a process has now (VmRSS)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))
