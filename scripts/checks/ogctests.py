"""`scripts/conformance ogctests [-i URL]`: the outside suite ogctests, in an environment of its own."""

import argparse
import os
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.machine.side_venv import ensure_side_venv
from scripts.machine.terminal import Refusal, say
from scripts.machine.trial_site import ROOT, loaded_database, our_server

LOCK = Path(__file__).with_name("requirements-ogctests.txt")
VENV = ROOT / ".local" / "ogctests-venv"
SCOPES = ("features/core", "features/filtering")  # one run each: the second sorts every test by the number in its name
# Tests of 0.1.15 that break inside the suite whatever a server answers, with the error they break with.
# tests/test_features_part3.py asks what the standard's own text of these tests asks.
BREAK_BY_THEMSELVES = {
    "test_ct3": "TypeError",  # keeps a Link header's address as `iri`, looks it up as `href`, then asks for `[None]`
    "test_ct5": "KeyError",  # needs what ct3 would have stored; so do the next three
    "test_ct7": "KeyError",
    "test_ct8": "KeyError",
    "test_ct9": "KeyError",
    "test_ct10": "KeyError",  # and writes JSON with str.format, whose braces it does not escape
}


@dataclass(frozen=True)
class Verdict:
    """How the tests of one scope ended; `failed` holds a line for each that the service is answerable for."""

    passed: int
    failed: list[str]
    broken: list[str]

    def __str__(self) -> str:
        counted = f"{self.passed}/{self.passed + len(self.failed)}"
        return counted + (f" ({', '.join(self.broken)} break inside the suite)" if self.broken else "")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/conformance ogctests")
    parser.add_argument("-i", "--url", help="landing page of a running service; without it one is started")
    url = parser.parse_args(arguments).url
    if url:
        return judge(url)
    with own_service() as url:
        return judge(url)


@contextmanager
def own_service() -> Iterator[str]:
    with (
        tempfile.TemporaryDirectory() as folder,
        loaded_database() as database_url,
        our_server(database_url, Path(folder, "server.log")) as address,
    ):
        yield f"{address}/ogc"


def judge(url: str) -> int:
    """Run every scope and say how it ended; 1 when the service failed a test."""
    failed = 0
    for scope in SCOPES:
        verdict = run_scope(scope, url)
        for line in verdict.failed:
            say(f"FAILED {line}")
        say(f"ogctests {scope} {verdict}")
        failed += len(verdict.failed)
    return 1 if failed else 0


def run_scope(scope: str, url: str) -> Verdict:
    """One run of the suite. Raises Refusal when it does not come to a verdict."""
    programs = ensure_installed()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        # Its pytest must not read our configuration, which it finds above its own files.
        addopts = f"-c /dev/null -p no:cacheprovider --junitxml={report}"
        ran = subprocess.run(
            [str(programs / "python"), "-m", "ogctests", scope, "-i", url],
            env={**os.environ, "PYTEST_ADDOPTS": addopts},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.exists():
            raise Refusal(f"ogctests が動きません / ogctests did not run: {(ran.stdout + ran.stderr).strip()[-500:]}")
        return read_verdict(report)


def read_verdict(report: Path) -> Verdict:
    passed, failed, broken = 0, [], []
    for case in ET.parse(report).getroot().iter("testcase"):
        name = case.get("name", "")
        trouble = next((part for part in case if part.tag in ("failure", "error")), None)
        reason = "" if trouble is None else trouble.get("message", "")
        if trouble is None:
            passed += 1
        elif name in BREAK_BY_THEMSELVES and reason.startswith(BREAK_BY_THEMSELVES[name]):
            broken.append(name)
        else:
            failed.append(f"{name}: {reason}")
    return Verdict(passed, failed, broken)


def ensure_installed() -> Path:
    """The folder of the suite's programs. Raises Refusal when it cannot be brought."""
    return ensure_side_venv("ogctests", VENV, LOCK)
