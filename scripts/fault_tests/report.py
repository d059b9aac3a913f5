"""What a series of kills says: a table by phase, what did not hold, receipts, files left behind."""

import os
import platform
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from scripts.fault_tests.kills import Kill, Series
from scripts.machine.terminal import say

TABLE = "{:<18} {:>5} {:>13} {:>20} {:>16}"


def describe_machine() -> str:
    """Day, CPU and cores, in one line."""
    cpu = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return f"{datetime.now(UTC):%Y-%m-%d}: {cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores"


def say_series(series: Series) -> bool:
    """Everything about a finished series; whether all of it held."""
    receipts = series.count_receipts()
    say(TABLE.format("killed in", "kills", "half imports", "longest taken up", "longest restart"))
    for phase in dict.fromkeys(kill.phase for kill in series.kills):
        say_phase(phase, [kill for kill in series.kills if kill.phase == phase])
    for where, count in Counter(f"{kill.phase}: {kill.fell_in}" for kill in series.kills).most_common():
        say(f"  {count:>3}  {where}")
    faults = [
        f"{kill.phase} at {kill.instant_s:.2f} s ({kill.fell_in}): {kill.faults}"
        for kill in series.kills
        if kill.faults
    ]
    say(f"did not hold: {len(faults)}")
    for fault in faults:
        say(f"  {fault}")
    same = all(len(series.mailbox.message_ids(import_id)) == 1 for import_id in receipts["twice"])
    say(
        f"receipts: {len(series.published)} publications and undoings, missing {len(receipts['missing'])},"
        f" sent twice {len(receipts['twice'])}{'' if same else ' WITH DIFFERENT Message-ID'}"
    )
    say(f"temporary folders left: {len(series.site.left_behind())} (the two that run have one each)")
    return not faults and not receipts["missing"] and same


def say_phase(phase: str, kills: list[Kill]) -> None:
    taken_up = [kill.taken_up_s for kill in kills if kill.taken_up_s is not None]
    half = sum("HALF" in fault for kill in kills for fault in kill.faults)
    say(
        TABLE.format(
            phase,
            len(kills),
            half,
            f"{max(taken_up):.1f} s" if taken_up else "-",
            f"{max(k.restart_s for k in kills):.1f} s",
        )
    )
