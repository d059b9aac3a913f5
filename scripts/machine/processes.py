"""Starting and stopping child processes so that none outlives the command that started it."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import IO

from scripts.machine.terminal import leave_a_dead_terminal

RESTART_PAUSE_S = 2.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM or the terminal's end; not an Exception, so that nothing swallows it."""


def raise_on_stop_signals() -> None:
    """Turn the first stop signal into StopRequested; later ones must not break the stopping itself."""

    def stop(signum: int, frame: FrameType | None) -> None:
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        if signum == signal.SIGHUP:
            leave_a_dead_terminal()
        raise StopRequested

    for each in STOP_SIGNALS:
        if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:  # nohup asks to outlive the terminal
            signal.signal(each, stop)


def with_parent(command: Sequence[str], parent_gone: signal.Signals, owner: str | None = None) -> list[str]:
    """The command so that it gets `parent_gone` when we are killed, as user `owner` if one is given (we are root)."""
    if shutil.which("setpriv") is None:
        return list(command)
    prefix = ["setpriv", "--pdeathsig", parent_gone.name.removeprefix("SIG")]
    if owner is not None:
        prefix += ["--reuid", owner, "--regid", owner, "--clear-groups"]
    return [*prefix, "--", *command]


def start(
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own: Ctrl-C reaches us alone, and we stop it in our order."""
    return subprocess.Popen(
        command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
    )


def stop(child: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, patience_s: float = 15) -> None:
    """Ask the child to stop; end its whole process group when it does not."""
    if child.poll() is None:
        with suppress(ProcessLookupError):
            child.send_signal(how)
        with suppress(subprocess.TimeoutExpired):
            child.wait(patience_s)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


@contextmanager
def running(
    command: Sequence[str], env: Mapping[str, str] | None = None, log: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A child that is stopped on leaving the block, however it is left; its output is shown, or goes to `log`."""
    with log.open("wb") if log else nullcontext() as output:
        child = start(with_parent(command, signal.SIGTERM), env, output)
    try:
        yield child
    finally:
        stop(child)


@contextmanager
def kept_running(command: Sequence[str], env: Mapping[str, str] | None, log: Path) -> Iterator[Callable[[], bool]]:
    """The same for a child that is started again when it ends: `revive()`, to be called now and then, says if it was."""
    with log.open("wb") as output:
        child, began = start(with_parent(command, signal.SIGTERM), env, output), time.monotonic()

        def revive() -> bool:
            nonlocal child, began
            # One that ends as soon as it starts must not keep the machine busy.
            if child.poll() is None or time.monotonic() - began < RESTART_PAUSE_S:
                return False
            stop(child)  # what it left behind in its group
            child, began = start(with_parent(command, signal.SIGTERM), env, output), time.monotonic()
            return True

        try:
            yield revive
        finally:
            stop(child)


def run(command: Sequence[str], env: Mapping[str, str] | None = None) -> int:
    """Run one step to its end with its output shown; its exit status."""
    with running(command, env) as child:
        return child.wait()


def processes_inside(folder: Path) -> list[int]:
    """Live processes whose working directory is `folder` (every PostgreSQL process stands in its data folder)."""
    inside = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink() == folder:
                inside.append(int(entry.name))
    return inside


def wait_until_gone(folder: Path, patience_s: float) -> bool:
    """Whether every process standing in `folder` has ended within the given time."""
    deadline = time.monotonic() + patience_s
    while processes_inside(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
