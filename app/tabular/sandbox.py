"""Runs one function in a child process that has little memory, little time, no network and dies with its parent.

Messages come over a pipe as they are sent, each a JSON header and a body of bytes. The pipe holds 64 KiB, so a child
that is faster than its reader waits, and nothing piles up on either side.
"""

import logging
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Never

import orjson

from app.tabular.limits import Limits
from app.tabular.table import Unreadable

FRAME = struct.Struct(">cIQ")  # kind, length of the header, length of the body
MESSAGE, REFUSAL, FAILURE, DONE = b"M", b"R", b"F", b"D"

_PROJECT = Path(__file__).resolve().parents[2]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from app.tabular.confinement import main; main()"
_TICK_SECONDS = 1.0
_SAID_BYTES = 8_000  # of what the child said on stderr
_DEFAULT = Limits()
_LOG = logging.getLogger(__name__)

_TOO_MUCH_MEMORY = Unreadable(
    "too-much-memory",
    "ファイルを開くのに必要なメモリーが大きすぎます。使っていないシート・行・列を消すか、CSVで保存し直すか、分けて送ってください。",
    "Opening the file takes too much memory. Delete unused sheets, rows and columns, save it as CSV, or send it in parts.",
)
_TOO_SLOW = Unreadable(
    "too-slow",
    "ファイルを読むのに時間がかかりすぎました。使っていないシート・行・列を消すか、分けて送ってください。",
    "Reading the file took too long. Delete unused sheets, rows and columns, or send it in parts.",
)
_DAMAGED = Unreadable(
    "damaged",
    "ファイルが壊れているようで、読めませんでした。元のソフトで開いて保存し直し、もう一度送ってください。",
    "The file seems to be damaged and could not be read. Open it in its own program, save it again, and send it once more.",
)


def run_in_child(
    function: str,
    arguments: dict[str, Any],
    limits: Limits = _DEFAULT,
    tick: Callable[[], None] | None = None,
) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Call `function` ("package.module:name") as name(arguments, send) in a child and yield what it sends.

    The last message has the header {"done": true, "max_rss_bytes": int, "cpu_seconds": float}. `tick` is called about
    every second while waiting; what it raises ends the child. Closing the iterator ends the child.

    Raises: Unreadable as the child raised it, or with the rule "too-much-memory", "too-slow" or "damaged".
    """
    with tempfile.TemporaryDirectory(prefix="tabular-") as folder, tempfile.TemporaryFile() as said:
        child, messages = _start(function, arguments, limits, folder, said)
        try:
            yield from _messages(child, messages, said, limits, tick)
        finally:
            child.kill()
            child.wait()
            os.close(messages)
            if child.stdin:
                child.stdin.close()


def _start(
    function: str, arguments: dict[str, Any], limits: Limits, folder: str, said: IO[bytes]
) -> tuple[subprocess.Popen[bytes], int]:
    """The child, and the end of the pipe its messages come out of."""
    receiving, sending = os.pipe()
    try:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-I", "-X", "utf8", "-c", _START, str(_PROJECT), str(sending)],
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            pass_fds=(sending,),
            cwd=folder,
            env=_environment(folder),
        )
    except BaseException:
        os.close(receiving)
        raise
    finally:
        os.close(sending)
    request = orjson.dumps({"function": function, "arguments": arguments, "limits": asdict(limits)})
    assert child.stdin
    try:
        # The pipe stays open: its closing tells the child that the parent is gone.
        child.stdin.write(struct.pack(">I", len(request)) + request)
        child.stdin.flush()
    except BrokenPipeError:
        pass  # how the child ended is told where its messages are awaited
    return child, receiving


def _environment(folder: str) -> dict[str, str]:
    """All the child gets to know. One thread per library, as each thread reserves address space."""
    return {
        "LANG": "C.UTF-8",
        "TMPDIR": folder,
        "HOME": folder,
        "TZ": "Asia/Tokyo",
        "MALLOC_ARENA_MAX": "2",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PROJ_NETWORK": "OFF",
    }


def _messages(
    child: subprocess.Popen[bytes], pipe: int, said: IO[bytes], limits: Limits, tick: Callable[[], None] | None
) -> Iterator[tuple[dict[str, Any], bytes]]:
    reader = _Reader(pipe, limits, tick)
    while True:
        frame = reader.read(FRAME.size)
        if frame is None:
            _explain(child, said)
        kind, header_length, body_length = FRAME.unpack(frame)
        if header_length > limits.header_bytes or body_length > limits.body_bytes:
            raise _again(_TOO_MUCH_MEMORY)
        written, body = reader.read(header_length), reader.read(body_length)
        if written is None or body is None:
            _explain(child, said)
        header = orjson.loads(written)
        if kind == REFUSAL:
            raise Unreadable(**header)
        if kind == FAILURE:
            _log(said, header["rule"])
            raise _again(_DEATHS[header["rule"]])
        yield header, body
        if kind == DONE:
            return


class _Reader:
    """Reads whole pieces from the child's pipe and counts the time it had to wait for them."""

    def __init__(self, pipe: int, limits: Limits, tick: Callable[[], None] | None) -> None:
        self._pipe, self._tick = pipe, tick
        self._left_seconds = limits.wait_seconds
        self._poll = select.poll()
        self._poll.register(pipe, select.POLLIN)
        self._next_tick = time.monotonic() + _TICK_SECONDS

    def read(self, length: int) -> bytes | None:
        """`length` bytes, or None if the child ended before it sent them. Raises: Unreadable("too-slow")."""
        pieces, wanted = [], length
        while wanted:
            self._wait()
            piece = os.read(self._pipe, min(wanted, 1 << 20))
            if not piece:
                return None
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def _wait(self) -> None:
        while True:
            since = time.monotonic()
            ready = self._poll.poll(_TICK_SECONDS * 1000)
            now = time.monotonic()
            self._left_seconds -= now - since
            if self._tick and now >= self._next_tick:
                self._next_tick = now + _TICK_SECONDS
                self._tick()
            if ready:
                return
            if self._left_seconds <= 0:
                raise _again(_TOO_SLOW)


_DEATHS = {death.rule: death for death in (_TOO_MUCH_MEMORY, _TOO_SLOW, _DAMAGED)}
_MEMORY_WORDS = (b"memory allocation of", b"bad_alloc", b"MemoryError", b"Cannot allocate memory", b"out of memory")


def _explain(child: subprocess.Popen[bytes], said: IO[bytes]) -> Never:
    """Raise what the death of the child means: the signal and what it said tell memory, time and damage apart."""
    try:
        ended = child.wait(timeout=5)
    except subprocess.TimeoutExpired:  # it closed its pipe and lives on: nothing honest does that
        raise _again(_DAMAGED) from None
    words = _log(said, f"ended {ended}")
    if ended == -signal.SIGXCPU:
        raise _again(_TOO_SLOW)
    if ended == -signal.SIGKILL or any(word in words for word in _MEMORY_WORDS):  # the kernel's out-of-memory killer
        raise _again(_TOO_MUCH_MEMORY)
    raise _again(_DAMAGED)


def _log(said: IO[bytes], why: str) -> bytes:
    """What the child said last, also written to our log."""
    length = said.seek(0, os.SEEK_END)
    said.seek(max(0, length - _SAID_BYTES))
    words = said.read(_SAID_BYTES)
    _LOG.warning("reading in the child: %s: %s", why, words.decode("utf-8", "replace"))
    return words


def _again(refusal: Unreadable) -> Unreadable:
    """A new exception of the same words: one raised twice would carry the first one's traceback."""
    return Unreadable(refusal.rule, refusal.ja, refusal.en)
