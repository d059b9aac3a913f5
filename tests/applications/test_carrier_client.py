"""The example client in `scripts/` does what its first lines say, on a running service."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from app.config import PROJECT_ROOT
from scripts.machine.trial_site import our_server
from tests.accounts_world import World
from tests.applications.playing import PLAN, png


def test_the_example_client(played: World, world_url: str, owner: psycopg.Connection[Any], tmp_path: Path) -> None:
    """It applies for two assets, lists and shows them, attaches a file, withdraws one, and says the service's refusals."""
    token = played["carrier_member"].token["Authorization"].removeprefix("Bearer ")
    (tmp_path / "plan.json").write_text(json.dumps({"title": "例", **PLAN}), encoding="utf-8")
    (tmp_path / "photo.png").write_bytes(png())
    with our_server(world_url, tmp_path / "server.log") as address:

        def run(*words: str) -> subprocess.CompletedProcess[str]:
            env = {**os.environ, "TSUNAGARU_URL": address, "TSUNAGARU_TOKEN": token}
            command = [sys.executable, str(PROJECT_ROOT / "scripts" / "carrier-client"), *words]
            return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)

        applied = run("apply", str(tmp_path / "plan.json"), "B1", "M1")
        assert applied.returncode == 0, applied.stderr
        first, second = (line.split()[0] for line in applied.stdout.splitlines() if line.startswith("A-"))
        assert "照会受付" in run("board").stdout
        assert "withdraw" in run("show", first).stdout
        assert run("attach", first, "photo", str(tmp_path / "photo.png")).returncode == 0
        withdrawn = run("act", second, "withdraw", '{"reason_code": "budget"}')
        assert "取下げ" in withdrawn.stdout, withdrawn.stderr
        again = run("act", second, "withdraw", '{"reason_code": "budget"}')
        assert again.returncode == 1 and "409" in again.stderr
        wrong = run("apply", str(tmp_path / "plan.json"), "NOWHERE")
        assert "NOWHERE は一覧にありません" in wrong.stderr
