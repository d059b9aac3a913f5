"""Temporary files of one process in a folder of its own, so that what a killed process left can be told and removed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "tsunagaru-scratch-"
_LOCK = "lock"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for every temporary file of this process and its children, gone afterwards; those of dead ones go first.

    A living process holds the lock in its folder; the kernel lets go of it however the process ends.
    """
    before = tempfile.gettempdir()
    _remove_left(Path(before))
    new = Path(tempfile.mkdtemp(prefix="tsunagaru-new-"))
    folder = new.with_name(new.name.replace("tsunagaru-new-", _PREFIX))
    with (new / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        new.rename(folder)  # only now can others see it, and see that it is in use
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir = os.environ["TMPDIR"] = before
            shutil.rmtree(folder, ignore_errors=True)


def _remove_left(where: Path) -> None:
    for folder in where.glob(f"{_PREFIX}*"):
        with suppress(OSError), (folder / _LOCK).open("r+") as lock:  # also where it is another user's
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
