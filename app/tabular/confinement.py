"""The child's side of the sandbox: takes its limits upon itself, then calls the function and sends what it has to say.

Run by `sandbox` alone. The limits are set before any byte of the user's file is read.
"""

import ctypes
import fcntl
import importlib
import os
import platform
import resource
import signal
import struct
import sys
import traceback
from typing import Any

import orjson

from app.tabular.sandbox import DONE, FAILURE, FRAME, MESSAGE, REFUSAL
from app.tabular.table import Unreadable


def main() -> None:
    """Read the request from stdin, obey it, and end with 0 whether the file was read or refused."""
    pipe = int(sys.argv[2])
    _die_with_parent()
    (length,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    request = orjson.loads(sys.stdin.buffer.read(length))
    os.nice(5)
    _limit(request["limits"])
    _forbid_network()

    def send(header: dict[str, Any], body: bytes = b"", kind: bytes = MESSAGE) -> None:
        written = orjson.dumps(header)
        _write(pipe, FRAME.pack(kind, len(written), len(body)) + written)
        _write(pipe, body)

    try:
        module, name = request["function"].split(":")
        getattr(importlib.import_module(module), name)(request["arguments"], send)
        send(_usage(), kind=DONE)
    except Unreadable as refusal:
        send({"rule": refusal.rule, "ja": refusal.ja, "en": refusal.en}, kind=REFUSAL)
    except BaseException as error:  # also a panic of a compiled reader, which is no Exception
        traceback.print_exc(limit=20)
        sys.stderr.flush()
        send({"rule": _meaning(error)}, kind=FAILURE)
    # Not the usual way out: what is left in memory needs no tidying, and a damaged library might fail in it.
    os._exit(0)


def _write(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view) :]


def _usage() -> dict[str, Any]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"done": True, "max_rss_bytes": _peak_bytes(), "cpu_seconds": used.ru_utime + used.ru_stime}


def _peak_bytes() -> int:
    """The most memory this process had; ru_maxrss would count what its parent had when it started us."""
    with open("/proc/self/status") as status:  # noqa: PTH123 - pathlib is not loaded here
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def _meaning(error: BaseException) -> str:
    no_memory = isinstance(error, MemoryError) or "memory" in str(error).lower()
    return "too-much-memory" if no_memory else "damaged"


def _die_with_parent() -> None:
    """Have the kernel kill this process when stdin, whose other end the parent holds, is closed.

    PR_SET_PDEATHSIG would do so already when the thread that started us ends, and threads of a server come and go.
    """
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    f_setsig = 10
    fcntl.fcntl(0, f_setsig, signal.SIGKILL)
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)


def _limit(limits: dict[str, Any]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"], limits["memory_bytes"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"] + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file_bytes"], limits["file_bytes"]))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # too large a temporary file is an OSError, not a death


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


_SET_NO_NEW_PRIVS, _SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _DENY = 0x7FFF0000, 0x00050001  # SECCOMP_RET_ERRNO with EPERM
# AUDIT_ARCH, and the numbers of socket, execve, execveat, ptrace, io_uring_setup (which opens sockets by itself).
_ARCHITECTURES = {
    "x86_64": (0xC000003E, (41, 59, 322, 101, 425)),
    "aarch64": (0xC00000B7, (198, 221, 281, 117, 425)),
}


def _forbid_network() -> None:
    """Make the kernel refuse sockets and new programs to this process; where it cannot, say so and go on."""
    known = _ARCHITECTURES.get(platform.machine())
    libc = ctypes.CDLL(None, use_errno=True)
    if known is None or libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        print(f"network not forbidden: {platform.machine()}", file=sys.stderr)  # noqa: T201
        return
    instructions = _filter(*known)
    program = _Program(len(instructions), (_Instruction * len(instructions))(*instructions))
    if libc.prctl(_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        print(f"network not forbidden: errno {ctypes.get_errno()}", file=sys.stderr)  # noqa: T201


def _filter(architecture: int, denied: tuple[int, ...]) -> list[_Instruction]:
    """A classic BPF program: calls of another architecture, of the x32 table, and the denied ones get EPERM."""
    deny_at = 5 + len(denied)  # place of the DENY instruction
    program = [
        _Instruction(_LOAD, 0, 0, 4),
        _Instruction(_EQUAL, 0, deny_at - 2, architecture),
        _Instruction(_LOAD, 0, 0, 0),
        _Instruction(_AT_LEAST, deny_at - 4, 0, 0x40000000),
    ]
    for place, number in enumerate(denied, start=4):
        program.append(_Instruction(_EQUAL, deny_at - place - 1, 0, number))
    program.append(_Instruction(_RETURN, 0, 0, _ALLOW))
    program.append(_Instruction(_RETURN, 0, 0, _DENY))
    return program
