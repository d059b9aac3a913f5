"""`scripts/faults races` and `walks`: the tests of the window's procedure, for thousands of rounds and steps."""

import os
import subprocess
import sys

from scripts.fault_tests.report import describe_machine
from scripts.machine.terminal import say

# What is run, the name of the number of times, and how many times unless told otherwise.
ROUNDS: dict[str, tuple[str, str, int]] = {
    "races": ("tests/applications/test_races.py", "RACE_ROUNDS", 1000),
    "walks": ("tests/applications/test_random_walks.py", "WALK_STEPS", 10_000),
}


def run_rounds(fault: str, server_url: str, times: int | None) -> bool:
    """Run the tests that many times over, on databases of their own; whether everything held."""
    tests, variable, usual = ROUNDS[fault]
    say(f"{describe_machine()}; {times or usual:,} {'rounds' if fault == 'races' else 'steps'}")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-s",
            "--durations=0",
            "--durations-min=1",
            "-p",
            "no:cacheprovider",
            tests,
        ],
        env={**os.environ, "TEST_DATABASE_URL": server_url, variable: str(times or usual)},
    )
    return done.returncode == 0
