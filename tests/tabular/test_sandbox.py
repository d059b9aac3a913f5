"""The child process that reads files: what it may not do, how its deaths are told, and that it never outlives anybody."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from app.tabular.layers import DRIVERS
from app.tabular.limits import Limits
from app.tabular.sandbox import run_in_child
from app.tabular.table import Unreadable

HERE = "tests.tabular.child_functions:"


def run(function: str, limits: Limits | None = None, **arguments: Any) -> list[tuple[dict[str, Any], bytes]]:
    return list(run_in_child(HERE + function, arguments, limits or Limits()))


def refusal(function: str, **limits: Any) -> Unreadable:
    with pytest.raises(Unreadable) as raised:
        run(function, Limits(**limits))
    return raised.value


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 3
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def test_messages_come_in_order_and_the_last_tells_what_was_used() -> None:
    messages = run("send_many", count=3, size=5)
    assert [header.get("number") for header, _ in messages] == [0, 1, 2, None]
    assert messages[0][1] == b"xxxxx"
    assert messages[-1][0]["done"] and 5_000_000 < messages[-1][0]["max_rss_bytes"] < 100_000_000


def test_a_large_stream_piles_up_nowhere() -> None:
    largest = 0
    for header, _body in run_in_child(HERE + "send_many", {"count": 120, "size": 1 << 20}):
        largest = max(largest, header.get("max_rss_bytes", 0))
    assert largest < 60 << 20


def test_a_child_waits_for_a_slow_reader() -> None:
    messages = run_in_child(HERE + "send_many", {"count": 50, "size": 1 << 20}, Limits(wait_seconds=5))
    next(messages)
    time.sleep(0.3)
    assert len(list(messages)) == 50


def test_starts_quickly() -> None:
    """Processor time, which other work on the machine does not lengthen."""
    assert min(run("send_many", count=1, size=1)[-1][0]["cpu_seconds"] for _ in range(3)) < 0.3


def test_no_network_no_programs_no_environment() -> None:
    (seen, _), _ = run("look_around")
    assert seen["errors"] == [1, 1, 1]
    assert not {name for name in seen["environment"] if "URL" in name or "SECRET" in name or "PATH" in name}
    assert seen["environment"]["PROJ_NETWORK"] == "OFF" and seen["nice"] >= 5


def test_gdal_has_three_drivers_in_the_child() -> None:
    (seen, _), _ = run("drivers")
    assert seen["drivers"] == sorted(DRIVERS)


def test_its_folder_is_removed() -> None:
    (seen, _), _ = run("look_around")
    assert not Path(seen["environment"]["TMPDIR"]).exists()


@pytest.mark.parametrize(
    ("function", "limits", "rule"),
    [
        ("take_memory", {}, "too-much-memory"),
        ("spin", {"cpu_seconds": 1}, "too-slow"),
        ("sleep", {"wait_seconds": 0.5}, "too-slow"),
        ("crash", {}, "damaged"),
        ("fail", {}, "damaged"),
        ("fill_disk", {"file_bytes": 5_000_000}, "damaged"),
        ("refuse", {}, "no-list"),
        ("no_such_function", {}, "damaged"),
    ],
)
def test_every_death_is_told_in_words(function: str, limits: dict[str, Any], rule: str) -> None:
    said = refusal(function, **limits)
    assert said.rule == rule and said.ja and said.en
    assert "inner words" not in str(said) and "Traceback" not in str(said)


def test_a_message_too_large_is_refused() -> None:
    with pytest.raises(Unreadable, match="メモリー"):
        run("send_many", Limits(body_bytes=1000), count=1, size=2000)


def test_noise_on_stdout_harms_nothing() -> None:
    assert run("speak_much")[0][0] == {"spoken": True}


def test_closing_the_iterator_ends_the_child() -> None:
    messages = run_in_child(HERE + "spin", {})
    pid = next(messages)[0]["pid"]
    assert is_alive(pid)
    messages.close()  # type: ignore[attr-defined]
    assert not is_alive(pid)


def test_tick_is_called_while_waiting_and_may_stop_the_child() -> None:
    calls = []

    def tick() -> None:
        calls.append(time.monotonic())
        if len(calls) == 2:
            raise KeyboardInterrupt

    messages = run_in_child(HERE + "sleep", {}, tick=tick)
    pid = next(messages)[0]["pid"]
    with pytest.raises(KeyboardInterrupt):
        next(messages)
    assert not is_alive(pid) and 0.5 < calls[1] - calls[0] < 2


def test_the_thread_that_started_a_child_may_end_first() -> None:
    messages = run_in_child(HERE + "send_many", {"count": 20, "size": 1 << 20})
    thread = threading.Thread(target=lambda: next(messages))
    thread.start()
    thread.join()
    time.sleep(0.2)
    assert len(list(messages)) == 20


@pytest.mark.parametrize("function", ["spin", "sleep"])
def test_a_child_dies_with_its_parent(function: str) -> None:
    code = (
        "from app.tabular.sandbox import run_in_child\n"
        f"messages = run_in_child('{HERE}{function}', {{}})\n"
        "print(next(messages)[0]['pid'], flush=True)\n"
        "next(messages)\n"
    )
    root = Path(__file__).parents[2]
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    assert is_alive(pid)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert wait_until_gone(pid)
