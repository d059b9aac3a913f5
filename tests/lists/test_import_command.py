"""`python -m app import`: the page's judgement at the command line, for people and programs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.lists.conftest import as_csv, row


@pytest.fixture
def run(world_url: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs the command on a file; its exit status, standard output and standard error."""

    def run(content: bytes, *options: str, name: str = "一覧.csv") -> tuple[int, str, str]:
        (tmp_path / name).write_bytes(content)
        command = [sys.executable, "-m", "app", "import", "assets", str(tmp_path / name), *options]
        env = {**os.environ, "DATABASE_URL": world_url}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout, done.stderr

    return run


MINATO = ("--municipality", "13103")


def test_a_dry_run_tells_counts_and_each_error(run, world_url: str) -> None:  # type: ignore[no-untyped-def]
    wrong = [row(1), row(2, **{"高さ（m）": "高い"}), row(2), row(4, 名称="")]
    status, out, _ = run(as_csv(wrong), *MINATO, "--dry-run", "--json")
    report = json.loads(out)
    assert status == 0
    assert report["counts"] == {"new": 1, "changed": 0, "same": 0, "missing": 0, "errors": 3}
    told = {(e["row"], e["column"], e["value"], e["rule"]) for e in report["errors"]}
    assert told == {(3, "F", "高い", "not-a-number"), (4, "A", "2", "duplicate-id"), (5, "B", None, "missing-value")}
    with psycopg.connect(world_url) as owner:
        assert owner.execute("SELECT count(*) FROM list_import").fetchone() == (0,), "a dry run leaves nothing behind"


def test_publishing_takes_a_clean_list_and_asks_before_much_changes(run, world_url: str) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = run(as_csv([row(n) for n in range(1, 11)]), *MINATO, "--json")
    assert (status, json.loads(out)["published"]) == (0, True)
    fewer = as_csv([row(n) for n in range(1, 6)])
    status, out, _ = run(fewer, "--municipality", "131032", "--json", "--retire-missing")
    assert status == 1
    assert "--approve" in json.loads(out)["refusal"]["ja"]
    status, out, _ = run(fewer, *MINATO, "--retire-missing", "--approve")
    assert status == 0
    assert "公開しました" in out
    with psycopg.connect(world_url) as owner:
        assert owner.execute(
            "SELECT count(*) FROM asset WHERE source_id = 'list-131032-assets' AND valid_to IS NULL"
        ).fetchone() == (5,)


@pytest.mark.parametrize(
    ("content", "options", "rule"),
    [
        (b"%PDF-1.7", MINATO, "not-a-list"),
        (b"", MINATO, "invalid"),
        (b"a,b\n1,2\n", ("--municipality", "99999"), "not-found"),
    ],
)
def test_what_cannot_be_read_is_said_as_json_too(run, content: bytes, options: tuple[str, ...], rule: str) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = run(content, *options, "--dry-run", "--json")
    assert (status, json.loads(out)["refusal"]["rule"]) == (1, rule)
