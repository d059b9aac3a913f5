"""`scripts/serve`: the private database, the first load, the web server; all of it stopped on leaving."""

import argparse
import errno
import fcntl
import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from scripts.machine.browser_packages import ensure_browser_packages
from scripts.machine.cluster import DISK_FULL, private_cluster
from scripts.machine.paper_fonts import ensure_paper_fonts
from scripts.machine.processes import StopRequested, kept_running, raise_on_stop_signals, run, running
from scripts.machine.terminal import Refusal, refuse, say, timed

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
APP = [sys.executable, "-m", "app"]
READY_PATIENCE_S = 60
LOAD_LATER = "DATABASE_URL=$(cat .local/database_url) .venv/bin/python -m app geodata load"

Processes = dict[str, "subprocess.Popen[bytes]"]


def main() -> int:
    """Serve until a stop signal; the exit status."""
    options = parse_arguments()
    raise_on_stop_signals()
    try:
        with ExitStack() as stack:
            serve(options.port, stack)
    except StopRequested:
        say("停止しました / stopped")
        return 0
    except Refusal as refusal:
        return refuse(refusal)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return refuse(Refusal(DISK_FULL.format(folder=LOCAL)))
    return 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/serve",
        description="地図を 127.0.0.1 で公開します。DATABASE_URL があればそのデータベースを使います。"
        " / Serves the map on 127.0.0.1, on the database of DATABASE_URL or a private one in .local.",
    )
    parser.add_argument("--port", type=port_number, default=8000, help="1-65535 (default: %(default)s)")
    return parser.parse_args()


def port_number(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(
            f"{text!r} は 1〜65535 の番号ではありません / not a port number from 1 to 65535"
        )
    return int(text)


def serve(port: int, stack: ExitStack) -> None:
    """Start everything in order, say `ready`, and watch it; `stack` stops it in reverse order."""
    url = f"http://127.0.0.1:{port}"
    stack.enter_context(only_one_per_checkout(url))
    refuse_taken_port(port)
    processes: Processes = {}
    env, own_cluster = stack.enter_context(database(processes))
    prepare_data(env, own_cluster)
    ensure_browser_packages(with_tests=False)
    ensure_paper_fonts()
    web = stack.enter_context(running([*APP, "serve", "--port", str(port)], env, LOCAL / "web.log"))
    processes["python -m app serve (.local/web.log)"] = web
    revive_worker = stack.enter_context(kept_running([*APP, "worker"], env, LOCAL / "worker.log"))
    wait_until_ready(port, processes)
    say(f"ready {url}")
    say("停止は Ctrl-C、記録は .local/web.log と worker.log / Ctrl-C stops it; logs: .local/web.log and worker.log")
    while True:
        refuse_ended(processes)
        if revive_worker():
            say(
                "ワーカーが終わったので、もう一度始めました / the worker ended and was started again; see .local/worker.log"
            )
        time.sleep(0.5)


@contextmanager
def only_one_per_checkout(url: str) -> Iterator[None]:
    """Hold `.local/serve.lock`, which ends with this process however it ends. Raises Refusal when another holds it."""
    with (LOCAL / "serve.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Refusal(
                f"このフォルダーでは既に動いています / already running for this checkout: {file.read()}"
            ) from None
        file.truncate(0)
        file.write(f"{url} (process {os.getpid()}; stop it with: kill {os.getpid()})")
        file.flush()
        yield


def refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Refusal(
                f"ポート {port} は使えません / port {port} needs root; take one from 1024: --port 8000"
            ) from None
        except OSError:
            other = port + 1 if port < 65535 else 8000
            raise Refusal(
                f"ポート {port} は使用中です / port {port} is taken; choose another: scripts/serve --port {other}"
            ) from None


@contextmanager
def database(processes: Processes) -> Iterator[tuple[Mapping[str, str], bool]]:
    """The environment that names the database, and whether it is the checkout's own cluster."""
    if given := os.environ.get("DATABASE_URL"):
        refuse_unusable(given)
        yield os.environ, False
        return
    with private_cluster(LOCAL) as (addresses, server):
        processes["PostgreSQL (.local/postgres.log)"] = server
        yield {**os.environ, **addresses}, True


def refuse_unusable(url: str) -> None:
    """Raises Refusal unless the given database answers, is new enough and has PostGIS."""
    try:
        with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), connect_timeout=10) as connection:
            version = connection.info.server_version // 10_000
            available = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'").fetchone()
    except psycopg.ProgrammingError:
        raise Refusal("DATABASE_URL を解釈できません / DATABASE_URL is not of the form postgresql://…") from None
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise Refusal(f"DATABASE_URL に接続できません / cannot connect to DATABASE_URL: {reason}") from None
    if version < 15 or available is None:
        raise Refusal(
            f"DATABASE_URL の PostgreSQL {version} は使えません / DATABASE_URL is PostgreSQL {version}"
            f"{'' if available else ' without PostGIS'}; needed: PostgreSQL >= 15 with PostGIS"
        )


def prepare_data(env: Mapping[str, str], own_cluster: bool) -> None:
    """Migrate when needed and load both data sets the first time."""
    if not own_cluster:
        migrate_and_load(env, "assets")
        return
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as connection:
        if is_prepared(connection):
            return
        migrate_and_load(env, "sample")
        mark_prepared(connection)


def is_prepared(connection: psycopg.Connection[TupleRow]) -> bool:
    """Whether the database's comment says that it was prepared for the present migrations: saves asking the application."""
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
    return connection.execute(query).fetchone() == (preparation(),)


def mark_prepared(connection: psycopg.Connection[TupleRow]) -> None:
    name = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(preparation())))


def preparation() -> str:
    """The mark of a database with these migrations and the first load."""
    migrations = sorted(path.name for path in (ROOT / "migrations/versions").glob("*.py"))
    return f"prepared {hashlib.sha256(json.dumps(migrations).encode()).hexdigest()}"


def migrate_and_load(env: Mapping[str, str], filled: str) -> None:
    """Bring the database to the present migrations, and load both data sets unless `filled` counts rows already.

    filled: `sample`, which is loaded last and so says that the first load is complete; or `assets` for a database that
    the caller brought along, whose register gets a sample only while it is empty.
    """
    status = read_status(env)
    if not status["migrated"]:
        with timed("データベースを移行します / migrating the database"):
            step(env, "migrate")
        status = read_status(env)
    if status[filled]:
        if filled == "sample":  # what a newer version adds to the sample comes in beside what is there
            step(env, "demo", "load", "--if-empty")
        return
    with timed("実データを読み込みます / loading open data (first time)"):
        if run([*APP, "geodata", "load", "--if-empty"], env) != 0:
            say(f"実データは読み込めませんでした / open data not loaded; while this serves: {LOAD_LATER}")
    with timed("見本データを読み込みます / loading the sample register (first time)"):
        step(env, "demo", "load", "--if-empty")


def read_status(env: Mapping[str, str]) -> dict[str, int]:
    """`python -m app status --json`: `migrated`, and the numbers of `assets` and of `sample` rows among them."""
    answer = subprocess.run([*APP, "status", "--json"], env=env, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        last = (answer.stderr.strip().splitlines() or ["no message"])[-1]
        raise Refusal(f"データベースを確かめられません / python -m app status failed: {last}")
    status: dict[str, int] = json.loads(answer.stdout)
    return status


def step(env: Mapping[str, str], *verb: str) -> None:
    if run([*APP, *verb], env) != 0:
        raise Refusal(
            f"{' '.join(verb)} が失敗しました / python -m app {' '.join(verb)} failed, see above; then start again"
        )


def wait_until_ready(port: int, processes: Processes) -> None:
    deadline = time.monotonic() + READY_PATIENCE_S
    while not answers(port):
        refuse_ended(processes)
        if time.monotonic() > deadline:
            raise Refusal(
                f"{READY_PATIENCE_S} 秒待っても応答しません / /readyz is not 200 after {READY_PATIENCE_S} s; see .local/web.log"
            )
        time.sleep(0.1)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def refuse_ended(processes: Processes) -> None:
    """Raises Refusal when one of the processes has ended by itself."""
    for name, process in processes.items():
        if process.poll() is not None:
            raise Refusal(f"{name} が終了しました (状態 {process.returncode}) / {name} ended by itself; start again")


if __name__ == "__main__":
    sys.exit(main())
