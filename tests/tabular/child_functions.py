"""Functions the tests have the sandbox call in its child process."""

import os
import socket
import time
from pathlib import Path
from typing import Any

from app.tabular.opening import open_table
from app.tabular.table import ReadOptions, Unreadable


def read(arguments: dict[str, Any], send: Any) -> None:
    """Open the file and tell what was understood, how many rows there are, and the first and last of them."""
    table = open_table(
        Path(arguments["path"]), arguments.get("name", "list"), ReadOptions(**arguments.get("options", {}))
    )
    count, first, last = 0, None, None
    for row in table.rows:
        first, last, count = first or row, row, count + 1
    send(
        {
            "format": table.format,
            "encoding": table.encoding,
            "headings": [heading.name for heading in table.headings],
            "count": count,
            "first": repr(first),
            "last": repr(last),
            "notes": table.notes,
        }
    )


def send_many(arguments: dict[str, Any], send: Any) -> None:
    for number in range(arguments["count"]):
        send({"number": number}, b"x" * arguments["size"])


def refuse(arguments: dict[str, Any], send: Any) -> None:
    raise Unreadable("no-list", "だめです", "No.")


def look_around(arguments: dict[str, Any], send: Any) -> None:
    """Try what must not work, and tell the errors and the environment."""
    errors: list[int | None] = []
    for attempt in (socket.socket, lambda: socket.socket(socket.AF_UNIX), lambda: os.execv("/bin/true", ["true"])):
        try:
            attempt()
            errors.append(None)
        except OSError as error:
            errors.append(error.errno)
    send({"errors": errors, "environment": dict(os.environ), "nice": os.nice(0), "pid": os.getpid()})


def take_memory(arguments: dict[str, Any], send: Any) -> None:
    bytearray(4 << 30)


def spin(arguments: dict[str, Any], send: Any) -> None:
    send({"pid": os.getpid()})
    while True:
        pass


def sleep(arguments: dict[str, Any], send: Any) -> None:
    send({"pid": os.getpid()})
    time.sleep(600)


def crash(arguments: dict[str, Any], send: Any) -> None:
    os.abort()


def fail(arguments: dict[str, Any], send: Any) -> None:
    raise ValueError("inner words")


def fill_disk(arguments: dict[str, Any], send: Any) -> None:
    with open("big", "wb") as file:  # noqa: PTH123 - in the child's own folder
        while True:
            file.write(b"x" * 1_000_000)


def speak_much(arguments: dict[str, Any], send: Any) -> None:
    for _ in range(200_000):
        print("noise on stdout", flush=False)
    send({"spoken": True})


def drivers(arguments: dict[str, Any], send: Any) -> None:
    from app.tabular.layers import _gdal

    send({"drivers": sorted(_gdal().list_drivers())})
