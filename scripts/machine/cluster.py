"""A private PostgreSQL cluster: made, started and stopped by us, on 127.0.0.1 only, never as root."""

import hashlib
import json
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from app.db import APP_ROLE, READER_ROLE, STATISTICS_ROLE
from scripts.machine.postgres_server import Server, obtain_server
from scripts.machine.processes import processes_inside, start, stop, wait_until_gone, with_parent
from scripts.machine.terminal import Refusal, say, timed

SUPERUSER = "postgres"
APPLICATION = "tsunagaru"  # name of both the owner's role and the database
WEB = "tsunagaru_web"  # login of the web process
PORTS = (20_000, 32_767)  # Linux hands out ephemeral ports from 32768 on
SOCKET_PATH_BYTES = 107  # sun_path of struct sockaddr_un, less the closing NUL
SPACE_MB = 800
SETTINGS = {
    # Two cores and 2 GB are enough; the planner's JIT costs more than it saves on queries of milliseconds.
    "jit": "off",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "80",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "listen_addresses": "127.0.0.1",
}
FOREIGN_PASSWORD = (
    ".local/cluster.json とデータベースが合いません / .local/cluster.json does not fit the database beside it; "
    "start afresh: rm -rf .local/cluster.json"
)
DISK_FULL = "ディスクがいっぱいです / the disk of {folder} is full: free some space and start again"
# Tests keep several services at a time, each with its pools.
THROWAWAY_SETTINGS = {
    **SETTINGS, "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300",
}  # fmt: skip


@dataclass(frozen=True)
class Cluster:
    """Where a cluster lives and how to sign in to it.

    owner: the user the server runs as when we are root, else None.
    """

    data: Path
    sockets: Path
    log: Path
    owner: str | None
    superuser_password: str
    password: str
    web_password: str

    def addresses(self, port: int) -> dict[str, str]:
        """The environment's names for the database: as its owner, and as the web process, which owns nothing."""
        place = f"127.0.0.1:{port}/{APPLICATION}"
        return {
            "DATABASE_URL": f"postgresql://{APPLICATION}:{self.password}@{place}",
            "APP_DATABASE_URL": f"postgresql://{WEB}:{self.web_password}@{place}",
        }

    def superuser_url(self, port: int, database: str = "postgres") -> str:
        return f"postgresql://{SUPERUSER}:{self.superuser_password}@127.0.0.1:{port}/{database}"


@contextmanager
def private_cluster(local: Path) -> Iterator[tuple[dict[str, str], "subprocess.Popen[bytes]"]]:
    """The checkout's own cluster, made the first time; the database's addresses and the server process."""
    note = local / "cluster.json"
    cluster = read_note(note, local)
    server = obtain_server(None if cluster is None else data_version(cluster.data))
    if cluster is None:
        with timed(f"専用のデータベースを作成します / creating a private PostgreSQL {server.version} in .local"):
            cluster = create(server, place(local), local / "postgres.log")
            with started(server, cluster, SETTINGS) as (port, _):
                create_database(cluster, port)
            write_note(note, cluster)
    end_leftovers(cluster.data)
    with started(server, cluster, SETTINGS) as (port, process):
        addresses = cluster.addresses(port)
        write_secret(local / "database_url", addresses["DATABASE_URL"])
        try:
            yield addresses, process
        finally:
            (local / "database_url").unlink(missing_ok=True)


@contextmanager
def throwaway_cluster(settings: Mapping[str, str] = THROWAWAY_SETTINGS) -> Iterator[str]:
    """A cluster in a folder of its own that is gone afterwards; the superuser's URL."""
    folder = Path(tempfile.mkdtemp(prefix="tsunagaru-test-"))
    try:
        folder.chmod(0o711)
        server = obtain_server(None)
        cluster = create(server, folder, folder / "postgres.log", "--no-sync")
        with started(server, cluster, settings) as (port, _):
            yield cluster.superuser_url(port)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read_note(note: Path, local: Path) -> Cluster | None:
    """The cluster made earlier; None when there is none or its making broke off.

    Raises Refusal for one that this user cannot run.
    """
    if not note.exists():
        return None
    try:
        values = json.loads(note.read_text())
        data = Path(values["data"])
        owner_uid = data.stat().st_uid
    except PermissionError as error:
        raise Refusal(
            f"{error.filename} を読めません / made by another user: run scripts/serve as that user"
        ) from error
    except (OSError, ValueError, KeyError):
        return None
    if os.geteuid() not in (0, owner_uid):
        raise Refusal(
            f"{data} は別の利用者のものです / belongs to another user: run scripts/serve as that user, or root"
        )
    owner = pwd.getpwuid(owner_uid).pw_name if os.geteuid() == 0 else None
    try:
        passwords = [values[name] for name in ("superuser_password", "password", "web_password")]
    except KeyError:
        raise Refusal(
            f"{note} は古い版が作りました / was made by an earlier version: remove {note.parent} to start afresh"
        ) from None
    return Cluster(data, data.parent / "run", local / "postgres.log", owner, *passwords)


def write_note(note: Path, cluster: Cluster) -> None:
    """Remember a finished cluster; until this is written its folder counts as half made."""
    values = {
        "data": str(cluster.data),
        "superuser_password": cluster.superuser_password,
        "password": cluster.password,
        "web_password": cluster.web_password,
    }
    write_secret(note, json.dumps(values, indent=1))


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)


def data_version(data: Path) -> int:
    return int((data / "PG_VERSION").read_text())


def server_owner() -> str | None:
    """The user PostgreSQL runs as: ourselves (None), or Debian's `postgres` when we are root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise Refusal(
            "root では PostgreSQL を動かせません / PostgreSQL must not run as root and there is no user postgres: "
            "run as another user, or: useradd --system postgres"
        ) from None


def place(local: Path) -> Path:
    """The folder for the checkout's cluster: `.local/postgres`, or one in /var/lib that the server's user can reach."""
    folder = local / "postgres"
    make_empty(folder)
    if (owner := server_owner()) is None or can_enter(owner, folder):
        return folder
    folder.rmdir()
    checkout = hashlib.sha256(bytes(local)).hexdigest()[:12]
    elsewhere = Path("/var/lib/tsunagaru", checkout)
    make_empty(elsewhere)
    say(f"  {owner} は {local} に入れません / {owner} cannot enter {local}: the data goes to {elsewhere}")
    return elsewhere


def make_empty(folder: Path) -> None:
    """An empty folder in place of what a broken-off start left there."""
    end_leftovers(folder / "data")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o711, parents=True)
    except OSError as error:
        raise Refusal(
            f"{folder} を作れません / cannot make {folder} afresh: remove it as root ({error.strerror})"
        ) from error


def can_enter(user: str, folder: Path) -> bool:
    """Whether the user can pass through every parent of the folder."""
    look = as_user(user, ["test", "-x", str(folder)])
    return subprocess.run(look, cwd="/", check=False).returncode == 0


def as_user(user: str | None, command: list[str]) -> list[str]:
    return with_parent(command, signal.SIGINT, user)


def create(server: Server, folder: Path, log: Path, *options: str) -> Cluster:
    """Make the data folder (C.UTF-8, passwords for every connection). Raises Refusal on a full disk."""
    require_space(folder)
    passwords = (secrets.token_urlsafe(24) for _ in range(3))
    cluster = Cluster(folder / "data", folder / "run", log, server_owner(), *passwords)
    for path in (cluster.data, cluster.sockets):
        path.mkdir(mode=0o700)
    password_file = cluster.sockets / "password"
    write_secret(password_file, cluster.superuser_password)
    if cluster.owner:
        for path in (cluster.data, cluster.sockets, password_file):
            shutil.chown(path, cluster.owner, cluster.owner)
    command = [
        str(server.programs / "initdb"),
        "-D",
        str(cluster.data),
        "-U",
        SUPERUSER,
        "--pwfile",
        str(password_file),
    ]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions", *options]
    made = subprocess.run(as_user(cluster.owner, command), cwd="/", capture_output=True, text=True, check=False)
    password_file.unlink()
    if made.returncode != 0:
        raise Refusal(explain(made.stderr, log))
    return cluster


def require_space(folder: Path) -> None:
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < SPACE_MB:
        raise Refusal(
            f"ディスクの空きが {free_mb} MB です / only {free_mb} MB free at {folder}: free {SPACE_MB} MB and start again"
        )


def create_database(cluster: Cluster, port: int) -> None:
    """The owner's role and database, the group roles of the application, and the login that may take them on.

    Roles and PostGIS are put in here because only a superuser may. The web process's login inherits nothing: out of the
    group role it connects under, it may do nothing at all.
    """
    name, web = sql.Identifier(APPLICATION), sql.Identifier(WEB)
    groups = sql.SQL(", ").join(sql.Identifier(role) for role in (APP_ROLE, READER_ROLE, STATISTICS_ROLE))
    login = sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}")
    with psycopg.connect(cluster.superuser_url(port), autocommit=True) as connection:
        connection.execute(login.format(name, sql.SQL("INHERIT"), sql.Literal(cluster.password)))
        connection.execute(login.format(web, sql.SQL("NOINHERIT"), sql.Literal(cluster.web_password)))
        for role in (APP_ROLE, READER_ROLE, STATISTICS_ROLE):
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        connection.execute(sql.SQL("GRANT {} TO {}").format(groups, name))
        connection.execute(
            sql.SQL("GRANT {}, {} TO {}").format(sql.Identifier(APP_ROLE), sql.Identifier(READER_ROLE), web)
        )
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))
    with psycopg.connect(cluster.superuser_url(port, APPLICATION), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")


@contextmanager
def started(
    server: Server, cluster: Cluster, settings: Mapping[str, str]
) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """The running server; its port and process. It is shut down on leaving the block."""
    port = free_port()
    shown = {**settings, "port": str(port), "unix_socket_directories": socket_folder(cluster.sockets)}
    command = [str(server.programs / "postgres"), "-D", str(cluster.data)]
    command += [f"--{name}={value}" for name, value in shown.items()]
    with cluster.log.open("wb") as log:
        process = start(as_user(cluster.owner, command), dict(os.environ, LC_ALL="C.UTF-8"), log, Path("/"))
    try:
        wait_until_ready(cluster, port, process)
        yield port, process
    finally:
        stop(process, signal.SIGINT, patience_s=60)


def wait_until_ready(cluster: Cluster, port: int, process: "subprocess.Popen[bytes]") -> None:
    """Wait for the first answered connection; after a crash the log is replayed first, which may take its time."""
    while True:
        if process.poll() is not None:
            raise Refusal(explain(cluster.log.read_text(errors="replace"), cluster.log))
        try:
            psycopg.connect(cluster.superuser_url(port), connect_timeout=5).close()
            return
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise Refusal(FOREIGN_PASSWORD) from error
            time.sleep(0.05)


def free_port() -> int:
    """A free TCP port on 127.0.0.1 below the ephemeral range."""
    while True:
        port = random.randint(*PORTS)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def socket_folder(folder: Path) -> str:
    """The folder for the server's unix socket, or none where its path would be too long for one."""
    longest = folder / f".s.PGSQL.{PORTS[1]}.lock"
    return str(folder) if len(bytes(longest)) <= SOCKET_PATH_BYTES else ""


def end_leftovers(data: Path) -> None:
    """End servers of this data folder whose supervisor was killed, and remove their lock file.

    Only processes that stand in our own data folder are touched; the caller holds the checkout's lock.
    """
    if leftovers := processes_inside(data):
        say(f"前回の残りを終了します / ending the server left by an earlier run: {', '.join(map(str, leftovers))}")
    for how, patience_s in ((signal.SIGINT, 20), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
        for process_id in processes_inside(data):
            os.kill(process_id, how)
        if wait_until_gone(data, patience_s):
            (data / "postmaster.pid").unlink(missing_ok=True)
            return
    raise Refusal(
        f"{data} のサーバーを終了できません / a server of an earlier run does not end: {processes_inside(data)}"
    )


def explain(messages: str, cluster_log: Path) -> str:
    """One line for why PostgreSQL did not start, with the way out."""
    if "No space left on device" in messages or shutil.disk_usage(cluster_log.parent).free < 2**24:
        return DISK_FULL.format(folder=cluster_log.parent)
    last = next((line for line in messages.splitlines() if "FATAL" in line or "error" in line), messages.strip()[-300:])
    return f"PostgreSQL が起動しません / PostgreSQL did not start: {last} (see {cluster_log})"
