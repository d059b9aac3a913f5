"""Finding PostgreSQL's server programs with PostGIS beside them, or installing Debian's packages."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.machine.terminal import Refusal

OLDEST_VERSION = 15
OR_DATABASE_URL = "or set DATABASE_URL to a PostgreSQL >= 15 with PostGIS"
MISSING = (
    f"PostGIS 付きの PostgreSQL {OLDEST_VERSION} 以上がありません / no PostgreSQL >= {OLDEST_VERSION} with PostGIS: "
    f"as root, apt-get install postgresql-{OLDEST_VERSION}-postgis-3 (or a newer one), {OR_DATABASE_URL}"
)
OTHER_VERSION = (
    ".local のデータベースは PostgreSQL {version} 用です / the database in .local was made by PostgreSQL {version}, which is "
    "not here: install postgresql-{version}-postgis-3, or start afresh after: rm -rf .local/cluster.json"
)


@dataclass(frozen=True)
class Server:
    """Server programs of one major version, with PostGIS installed for it."""

    version: int
    programs: Path


def find_server(version: int | None) -> Server | None:
    """The newest usable server, or the one of exactly `version`."""
    found = [server for server in installed_servers() if version in (None, server.version)]
    return max(found, key=lambda server: server.version, default=None)


def installed_servers() -> Iterator[Server]:
    """Servers >= 15 that have PostGIS, from Debian's folders and from pg_config on the PATH."""
    for programs in program_folders():
        version = server_version(programs)
        if version >= OLDEST_VERSION and has_postgis(programs, version):
            yield Server(version, programs)


def program_folders() -> Iterator[Path]:
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    if pg_config := shutil.which("pg_config"):
        yield Path(ask([pg_config, "--bindir"]))


def server_version(programs: Path) -> int:
    """Major version of the server in the folder, 0 without one."""
    if not ((programs / "postgres").exists() and (programs / "initdb").exists()):
        return 0
    match = re.search(r"(\d+)", ask([str(programs / "postgres"), "--version"]))
    return int(match[1]) if match else 0


def has_postgis(programs: Path, version: int) -> bool:
    share = Path(f"/usr/share/postgresql/{version}")
    if (programs / "pg_config").exists():
        share = Path(ask([str(programs / "pg_config"), "--sharedir"]))
    return (share / "extension" / "postgis.control").exists()


def obtain_server(version: int | None) -> Server:
    """The server to use, installed from Debian's packages when there is none.

    version: the major version an existing cluster needs; None takes any >= 15.
    Raises Refusal with what to install.
    """
    if server := find_server(version):
        return server
    package = find_postgis_package(version) if may_install() else None
    if package is None:
        raise Refusal(MISSING if version is None else OTHER_VERSION.format(version=version))
    if apt_install(package) != 0:
        raise Refusal(f"{package} を導入できません / could not install {package}, see above; {OR_DATABASE_URL}")
    if server := find_server(version):
        return server
    raise Refusal(
        f"{package} を導入しましたが使えません / {package} is installed but PostGIS is not found, {OR_DATABASE_URL}"
    )


def may_install() -> bool:
    """Whether there is an apt to ask, and a way to become root."""
    return shutil.which("apt-get") is not None and (os.geteuid() == 0 or shutil.which("sudo") is not None)


def find_postgis_package(version: int | None) -> str | None:
    """Debian's newest package postgresql-N-postgis-3 with N >= 15, or the one for exactly `version`."""
    packaged = packaged_versions()
    if not packaged and apt_install() == 0:  # a fresh system has no package lists yet
        packaged = packaged_versions()
    usable = [n for n in packaged if n >= OLDEST_VERSION and version in (None, n)]
    return f"postgresql-{max(usable)}-postgis-3" if usable else None


def packaged_versions() -> list[int]:
    names = ask(["apt-cache", "search", "--names-only", "^postgresql-[0-9]+-postgis-3$"])
    return [int(n) for n in re.findall(r"^postgresql-(\d+)-postgis-3 ", names, re.MULTILINE)]


def apt_install(*packages: str) -> int:
    """Install Debian packages after saying so; without packages only bring the package lists. The exit status."""
    return subprocess.run(["scripts/machine/apt-install", *packages], check=False).returncode


def ask(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
