"""A site for trials: a loaded database that is gone afterwards, and servers on free ports."""

import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from scripts.machine.cluster import THROWAWAY_SETTINGS, free_port, throwaway_cluster
from scripts.machine.processes import run, start, stop, with_parent
from scripts.machine.terminal import Refusal, timed

ROOT = Path(__file__).resolve().parents[2]
APP = (sys.executable, "-m", "app")
LOADING = (("migrate",), ("geodata", "load"), ("demo", "load"))
START_PATIENCE_S = 60


@contextmanager
def loaded_database(settings: Mapping[str, str] = THROWAWAY_SETTINGS) -> Iterator[str]:
    """A database on a cluster of its own with the real data at hand and the sample register; its URL."""
    with throwaway_cluster(settings) as superuser_url, tempfile.TemporaryDirectory() as folder:
        with psycopg.connect(superuser_url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE trial")
        url = superuser_url.rpartition("/")[0] + "/trial"
        # The sample people of a trial must not take the place of those of the checkout's own site.
        env = {**os.environ, "DATABASE_URL": url, "DEMO_ACCOUNTS_FILE": f"{folder}/demo-accounts.txt"}
        with timed("データを用意します / loading the data"):
            for step in LOADING:
                if run([*APP, *step], env) != 0:
                    raise Refusal(f"{' '.join(step)} が失敗しました / python -m app {' '.join(step)} failed, see above")
        yield url


@contextmanager
def our_server(database_url: str, log: Path, **settings: str) -> Iterator[str]:
    """The application with one worker on a free port; its address."""
    env = {**os.environ, "DATABASE_URL": database_url, "AUDIT_ANCHOR_FILE": os.devnull, **settings}
    with serving([*APP, "serve", "--port"], env, ROOT, "/readyz", log) as address:
        yield address


@contextmanager
def serving(command: Sequence[str], env: Mapping[str, str], folder: Path, probe: str, log: Path) -> Iterator[str]:
    """A server on a free port until the block ends; its address.

    command: ends where the port is due; probe: the path that answers 200 when it is ready.
    Raises Refusal when it does not start.
    """
    port = free_port()
    with log.open("wb") as output:
        child = start(with_parent([*command, str(port)], signal.SIGTERM), env, output, folder)
    try:
        wait_until_answering(child, port, probe, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(child)


def wait_until_answering(child: "subprocess.Popen[bytes]", port: int, probe: str, log: Path) -> None:
    deadline = time.monotonic() + START_PATIENCE_S
    while not answers(port, probe):
        if child.poll() is not None or time.monotonic() > deadline:
            raise Refusal(f"サーバーが起動しません / the server did not start, see {log}")
        time.sleep(0.1)


def answers(port: int, path: str) -> bool:
    """Whether the server on that port of this machine answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
