"""Where lists are sent: a database that keeps what it is given, a clone of it for each run, web server and worker."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg import sql

from scripts.machine.processes import running
from scripts.machine.terminal import Refusal
from scripts.machine.trial_site import APP, our_server

EDITOR = "minato-editor@demo.example.jp"
POLL_S = 0.05
PATIENCE_S = 3600.0
Import = dict[str, Any]


@dataclass(frozen=True)
class ListSite:
    """A loaded database nobody writes to, and an editor's token that is valid in every clone of it."""

    database_url: str
    token: str
    folder: Path

    @contextmanager
    def clone(self, template_url: str | None = None) -> Iterator[str]:
        """The URL of a copy of the loaded database (or of another), gone after the block."""
        template = (template_url or self.database_url).rpartition("/")[2]
        name = f"benchlists_{time.monotonic_ns()}"
        server = self.database_url.rpartition("/")[0]
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            make = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
            connection.execute(make.format(sql.Identifier(name), sql.Identifier(template)))
            try:
                yield f"{server}/{name}"
            finally:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def service(self, database_url: str) -> Iterator["Editor"]:
        """Web server and worker on a database, and an editor who is signed in to them."""
        # The page asks a few times a second; here the instant itself is wanted.
        settings = {"COMMANDS_PER_MINUTE": "1000000", "SIGN_INS_PER_MINUTE": "1000000"}
        worker_env = {**os.environ, "DATABASE_URL": database_url}
        with (
            our_server(database_url, self.folder / "lists-web.log", **settings) as address,
            running([*APP, "worker"], worker_env, self.folder / "lists-worker.log"),
            httpx.Client(base_url=address, headers={"Authorization": f"Bearer {self.token}"}, timeout=600) as client,
        ):
            time.sleep(3)  # until the worker listens; it is not what is measured
            yield Editor(client)


@dataclass(frozen=True)
class Editor:
    """A municipal editor at the HTTP door."""

    client: httpx.Client

    def send(self, file: Path) -> str:
        """Send a list; its import's id once the server has taken it."""
        with file.open("rb") as content:
            answer = self.client.post("/api/v1/asset-imports", files={"file": (file.name, content)})
        if answer.status_code != 202:
            raise Refusal(f"{file.name}: {answer.status_code} {answer.text[:300]}")
        return str(answer.json()["import_id"])

    def wait(self, import_id: str, ready: Callable[[Import], bool], poll_s: float = POLL_S) -> Import:
        """The import as soon as it is `ready`. Raises Refusal where it is refused, or nothing happens for an hour."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            found: Import = self.client.get(f"/api/v1/asset-imports/{import_id}").raise_for_status().json()
            if ready(found):
                return found
            if found["refusal"]:
                raise Refusal(f"{found['file_name']}: {found['refusal']}")
            time.sleep(poll_s)
        raise Refusal(f"{import_id}: {found['state']} {found['progress']}")

    def publish(self, import_id: str) -> float:
        """Seconds from asking for the publication until the list is in force."""
        started = time.perf_counter()
        asked = self.client.post(f"/api/v1/asset-imports/{import_id}/publish", headers={"If-Match": "*"})
        if asked.status_code != 202 or asked.json()["state"] != "publishing":
            raise Refusal(f"publish: {asked.status_code} {asked.text[:300]}")
        self.wait(import_id, lambda found: found["state"] == "published")
        return time.perf_counter() - started


def make_token(database_url: str, email: str = EDITOR, *scopes: str) -> str:
    """An API token of a sample person; of the editor of 港区 unless somebody else is named."""
    command = [*APP, "token", "create", "--as", email]
    command += [word for scope in scopes or ("assets:import",) for word in ("--scope", scope)]
    env = {**os.environ, "DATABASE_URL": database_url}
    made = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise Refusal(f"token create: {made.stderr.strip()}")
    return made.stdout.strip()
