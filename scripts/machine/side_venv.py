"""Programmes that run beside the application, each in a virtual environment of its own with a lock of its own."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from scripts.machine.terminal import Refusal, timed


def ensure_side_venv(name: str, folder: Path, lock: Path) -> Path:
    """The `bin` folder of an environment that holds exactly the lock; made again when the lock has changed.

    Raises Refusal when a package cannot be brought.
    """
    installed, wanted = folder / "installed-lock", sha256(lock.read_bytes()).hexdigest()
    if not (installed.exists() and installed.read_text() == wanted):
        with timed(f"{name} を専用の環境に導入します / installing {name} in an environment of its own"):
            make(name, folder, lock)
        installed.write_text(wanted)
    return folder / "bin"


def make(name: str, folder: Path, lock: Path) -> None:
    # The lock is complete, so it may leave out what is never imported; bytecode is made of what is.
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
    pip += ["--require-hashes", "--no-deps", "--no-compile"]
    for command in ([sys.executable, "-m", "venv", "--clear", str(folder)], [*pip, "-r", str(lock)]):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            reason = (made.stderr.strip().splitlines() or ["no message"])[-1]
            raise Refusal(f"{name} を導入できません / could not install {name}: {reason}")
