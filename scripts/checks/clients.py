"""`scripts/conformance clients`: every outside client reads the service; none may be missing."""

import os
import subprocess
import sys

from scripts.checks import ogctests
from scripts.machine.browser_packages import ensure_browser_packages
from scripts.machine.cluster import throwaway_cluster
from scripts.machine.postgres_server import apt_install
from scripts.machine.processes import run
from scripts.machine.terminal import Refusal

# Debian's QGIS speaks to Debian's own Python; its package is about 1 GB, so scripts/test goes without it.
QGIS_PYTHON = "/usr/bin/python3"
QGIS_PACKAGES = ("python3-qgis", "qgis-providers")


def main(arguments: list[str]) -> int:
    """Bring every client, then run the tests marked `client`; further arguments go to pytest."""
    ensure_browser_packages(with_tests=True)
    ogctests.ensure_installed()
    ensure_qgis()
    with throwaway_cluster() as url:
        env = {**os.environ, "TEST_DATABASE_URL": url, "REQUIRE_CLIENTS": "1"}
        return run([sys.executable, "-m", "pytest", "-m", "client", "-v", *arguments], env)


def ensure_qgis() -> None:
    """Raises Refusal when QGIS's Python module is neither here nor to be had from Debian's packages."""
    if not has_qgis() and (apt_install(*QGIS_PACKAGES) != 0 or not has_qgis()):
        raise Refusal(f"QGIS が必要です / QGIS is missing: apt-get install {' '.join(QGIS_PACKAGES)}")


def has_qgis() -> bool:
    return subprocess.run([QGIS_PYTHON, "-c", "import qgis.core"], capture_output=True, check=False).returncode == 0
