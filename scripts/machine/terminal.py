"""What the two commands say: short lines, Japanese first."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Refusal(Exception):
    """A reason to stop that the person at the terminal can act on: one line with the way out."""


def say(line: str) -> None:
    """Print one line at once; a terminal that has gone away is no reason to stop half-way."""
    with suppress(OSError, ValueError):
        print(line, flush=True)


@contextmanager
def timed(line: str) -> Iterator[None]:
    """Say what begins, and how long it took when it took longer than a second."""
    say(line)
    started = time.monotonic()
    yield
    if (seconds := time.monotonic() - started) > 1:
        say(f"  {seconds:.1f} s")


def refuse(refusal: Refusal) -> int:
    """Say why nothing more happens; the exit status to leave with."""
    with suppress(OSError):
        print(f"中止 / stopped: {refusal}", file=sys.stderr, flush=True)
    return 1


def leave_a_dead_terminal() -> None:
    """Send later output nowhere, so that stopping is not disturbed by a terminal that has closed."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
