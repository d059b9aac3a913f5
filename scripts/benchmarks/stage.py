"""Where figures are measured: one loaded database, our server, and peers that start when a figure first asks."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property

from scripts.benchmarks import tipg
from scripts.benchmarks.list_site import ListSite, make_token
from scripts.machine.side_venv import ensure_side_venv
from scripts.machine.trial_site import ROOT, our_server, serving

LOCAL = ROOT / ".local" / "bench"
POOL_SIZE = 8  # connections of each server to the database


@dataclass(eq=False)
class Stage:
    """Everything a figure needs.

    seconds: length of one run; rounds: runs of each server, in turn.
    """

    database_url: str
    seconds: int
    rounds: int
    stack: ExitStack

    @cached_property
    def ours(self) -> str:
        """Our server's address, one worker."""
        server = our_server(self.database_url, LOCAL / "tsunagaru.log", READ_POOL_SIZE=str(POOL_SIZE))
        return self.stack.enter_context(server)

    @cached_property
    def list_site(self) -> ListSite:
        """Where lists are sent. A database can be cloned only while nobody is connected: before the servers start."""
        return ListSite(self.database_url, make_token(self.database_url), LOCAL)

    @cached_property
    def tipg(self) -> str:
        """tipg's address, one worker, on its own copy of the same rows."""
        tipg.copy_assets(self.database_url)
        programs = ensure_side_venv("tipg", LOCAL / "tipg-venv", tipg.LOCK)
        command = [str(programs / "uvicorn"), *tipg.ARGUMENTS, "--port"]
        env = {**os.environ, **tipg.environment(self.database_url, POOL_SIZE)}
        return self.stack.enter_context(serving(command, env, LOCAL, "/healthz", LOCAL / "tipg.log"))
