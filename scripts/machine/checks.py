"""`scripts/test`: every check and test, on a throw-away database, whatever else is running."""

import os
import shutil
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scripts.checks import ogctests
from scripts.machine.browser_packages import ensure_browser_packages, ensure_node
from scripts.machine.cluster import throwaway_cluster
from scripts.machine.paper_fonts import ensure_paper_fonts
from scripts.machine.postgres_server import apt_install, may_install
from scripts.machine.processes import StopRequested, raise_on_stop_signals, run
from scripts.machine.terminal import Refusal, refuse, say

PYTHON_CHECKS = {
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy"],
    "import contracts": ["-c", "from importlinter.cli import lint_imports_command as c; c()"],
}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
JAVA = "default-jre-headless"
CJK_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


# A page on a crowded machine may be slower than a test has patience for. So few failures are tried once more, on a
# cluster of their own, and named in any case; what fails twice has failed.
TRIED_AGAIN = 8
# Two files at a time, each with databases of its own: half of a run is waiting for pages, servers and clocks.
SIDE_BY_SIDE = ("--numprocesses=2", "--dist=loadfile")


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def main() -> int:
    """Run everything, with this command's arguments for pytest; 0 when nothing failed."""
    raise_on_stop_signals()
    try:
        env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        ensure_browser_packages(with_tests=True)
        env.update(ensure_browser())
        ensure_paper_fonts()
        ensure_java()
        ensure_ogctests()
        tally = Tally()
        run_checks(env, tally)
        status, tests = run_tests(env, sys.argv[1:])
        if status and 0 < len(tests.failures) <= TRIED_AGAIN:
            status, tests = try_again(env, tests)
        tally.add(tests)
    except StopRequested:
        return 130
    except Refusal as refusal:
        return refuse(refusal)
    say(str(tally))
    return 1 if status or tally.failed else 0


def ensure_browser() -> Mapping[str, str]:
    """Chromium and what its tests need, installed after saying so; the variable CHROMIUM. Without it they skip themselves.

    Raises Refusal when something is missing in CI, where a skipped test must not pass for a green one.
    """
    missing = missing_packages()
    if missing and is_debian():
        apt_install(*missing)
        missing = missing_packages()
    if missing and os.environ.get("CI"):
        raise Refusal(f"ブラウザーの試験に必要です / the browser tests need: {' '.join(missing)}")
    if missing:
        say(f"ブラウザーの試験を省きます / browser tests are skipped without: {' '.join(missing)}")
        return {}
    return {"CHROMIUM": str(find_chromium())}


def ensure_java() -> None:
    """What Spark runs on, installed after saying so; its tests skip themselves without."""
    if shutil.which("java") is None and is_debian() and may_install():
        apt_install(JAVA)


def missing_packages() -> list[str]:
    """Debian's names of what the browser tests lack; libatomic is for the Node inside playwright."""
    present = {
        "chromium": find_chromium(),
        "fonts-noto-cjk": CJK_FONT.exists(),
        "libatomic1": any(Path("/usr/lib").glob("*/libatomic.so.1")),
    }
    return [package for package, found in present.items() if not found]


def ensure_ogctests() -> None:
    """The outside suite ogctests; without it its test skips itself. Raises Refusal when it is missing in CI."""
    try:
        ogctests.ensure_installed()
    except Refusal as refusal:
        if os.environ.get("CI"):
            raise
        say(f"{refusal}; its test is skipped")


def find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def is_debian() -> bool:
    """Debian itself: Ubuntu's package of that name only points to a snap."""
    release = Path("/etc/os-release")
    return release.exists() and "\nID=debian\n" in "\n" + release.read_text()


def run_checks(env: Mapping[str, str], tally: Tally) -> None:
    commands = {name: [sys.executable, *arguments] for name, arguments in PYTHON_CHECKS.items()}
    if scripts := sorted(map(str, Path("tests/javascript").glob("*.test.mjs"))):
        commands["node --test"] = [str(ensure_node().folder / "node"), "--test", "--test-reporter=dot", *scripts]
    for name, command in commands.items():
        started = time.monotonic()
        passed = run(command, env) == 0
        tally.passed += passed
        tally.failed += not passed
        say(f"{'ok    ' if passed else 'FAILED'} {name} ({time.monotonic() - started:.1f} s)")


def run_tests(env: Mapping[str, str], arguments: list[str]) -> tuple[int, Tally]:
    """Run pytest on a cluster of its own; its exit status and counts."""
    tally = Tally()
    with throwaway_cluster() as url, tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *SIDE_BY_SIDE, *arguments]
        status = run(command, {**env, "TEST_DATABASE_URL": url})
        if report.exists():
            count(report, tally)
    if status and not tally.failed:
        tally.failed += 1
    return status, tally


def try_again(env: Mapping[str, str], first: Tally) -> tuple[int, Tally]:
    """Run the tests that failed once more; the exit status of that run, and the counts of both together."""
    names = ", ".join(first.failures)
    say(f"もう一度試します / trying again: {names}")
    status, again = run_tests(env, ["--last-failed", "--last-failed-no-failures=none"])
    if status == 0:
        say(f"2回目に通りました / passed the second time only: {names}")
        first.passed, first.failed = first.passed + again.passed, 0
    return status, first


def count(report: Path, tally: Tally) -> None:
    for suite in ET.parse(report).getroot().iter("testsuite"):
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        for case in suite.iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                tally.failures.append(f"{case.get('classname')}::{case.get('name')}")
        tally.passed += int(suite.get("tests", 0)) - failed - skipped
        tally.failed += failed
        tally.skipped += skipped


if __name__ == "__main__":
    sys.exit(main())
