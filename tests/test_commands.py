"""The command line: what doctor finds, and troubles said in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.config import PROJECT_ROOT, Settings
from app.doctor import VENDOR_FILES, examine
from tests.conftest import database


def run(database_url: str | None, *verb: str, geodata_dir: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    env |= {"GEODATA_DIR": str(geodata_dir or "/nonexistent"), "GEODATA_DOWNLOAD": "false"}
    if database_url is not None:
        env["DATABASE_URL"] = database_url
    command = [sys.executable, "-m", "app", *verb]
    return subprocess.run(command, cwd=PROJECT_ROOT, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("database_url", "said"),
    [
        (None, "DATABASE_URL"),
        ("nonsense", "DATABASE_URL"),
        ("postgresql://nobody@127.0.0.1:9/none", "データベースを使えません"),
    ],
)
def test_troubles_an_operator_can_mend_take_one_line(database_url: str | None, said: str) -> None:
    ended = run(database_url, "geodata", "list")
    assert ended.returncode == 1
    assert said in ended.stderr and ended.stderr.count("\n") == 1 and not ended.stdout


def test_a_database_without_migrations_is_named(server_url: str) -> None:
    with database(server_url, f"test_bare_{os.getpid()}") as url:
        ended = run(url, "geodata", "load")
        assert (ended.returncode, ended.stderr.count("\n")) == (1, 1) and "python -m app migrate" in ended.stderr
        assert json.loads(run(url, "status", "--json").stdout) == {"migrated": False, "assets": 0, "sample": 0}
        found = run(url, "doctor")
        assert found.returncode == 1 and "✕ データベースが最新の形ではありません" in found.stdout


def test_doctor_of_an_empty_register_names_the_way_out(settings: Settings) -> None:
    lines = [finding.line() for finding in examine(settings)]
    assert any(line.startswith("○ PostGIS 3.") for line in lines)
    assert "✕ アセットがありません / no assets → python -m app geodata load; python -m app demo load" in lines
    assert any(
        line.startswith("△ gsi-shelters: 取り込んでいません") and "https://www.gsi.go.jp" in line for line in lines
    )
    assert any(line.startswith("△ 公開データのフォルダーがありません") for line in lines)
    assert all("\n" not in line for line in lines)


def test_doctor_of_an_unreachable_database_still_looks_at_the_rest(tmp_path: Path) -> None:
    settings = Settings(database_url="postgresql://nobody@127.0.0.1:9/none", geodata_dir=tmp_path)
    first, *others = list(examine(settings))
    assert first.is_needed and not first.is_well and "接続できません" in first.text
    assert f"○ GEODATA_DIR: {tmp_path}" in [finding.line() for finding in others]


def test_doctor_knows_the_files_the_page_loads() -> None:
    pages = "".join(
        path.read_text() for path in (PROJECT_ROOT / "app/web").rglob("*") if path.suffix in (".html", ".js")
    )
    assert all(name in pages for name in VENDOR_FILES)


def test_an_unknown_source_is_named_with_the_known_ones(settings: Settings) -> None:
    ended = run(settings.database_url, "geodata", "load", "nowhere")
    assert ended.returncode == 2 and "nowhere" in ended.stderr and "gsi-shelters" in ended.stderr


def test_a_damaged_file_ends_with_1(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "popmesh_estat500m/pop_grid500m_5339_2015.csv"
    path.parent.mkdir()
    path.write_text("grid500m,pop\n533945253,1\n5339452", encoding="utf-8")
    ended = run(settings.database_url, "geodata", "load", "estat-population-mesh", geodata_dir=tmp_path)
    assert ended.returncode == 1
    assert "refused: pop_grid500m_5339_2015.csv 3 行目: 最後の行が途中で切れています" in ended.stdout
