"""`scripts/bench`: sets up a loaded database, measures the figures, says them; 1 when a goal is missed."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from scripts.benchmarks import engines, honesty, lists, map_reading, surveys, window
from scripts.benchmarks.figures import Figure, Row, summarise
from scripts.benchmarks.load import ensure_wrk
from scripts.benchmarks.report import describe_machine, say_head, say_row, write_json
from scripts.benchmarks.stage import LOCAL, Stage
from scripts.machine.cluster import SETTINGS
from scripts.machine.processes import StopRequested, raise_on_stop_signals
from scripts.machine.terminal import Refusal, refuse, say
from scripts.machine.trial_site import loaded_database

FIGURES: tuple[Figure, ...] = (
    *lists.FIGURES,
    *window.FIGURES,
    *map_reading.FIGURES,
    *honesty.FIGURES,
    *engines.FIGURES,
    *surveys.FIGURES,
)
SECONDS, QUICK_SECONDS = 10, 3
ROUNDS = 3


def main() -> int:
    options = parse_arguments()
    raise_on_stop_signals()
    try:
        LOCAL.mkdir(parents=True, exist_ok=True)
        ensure_wrk()
        with ExitStack() as stack:
            rows = measure(options, stack)
    except StopRequested:
        return 130
    except Refusal as refusal:
        return refuse(refusal)
    if options.json:
        write_json(options.json, rows)
    missed = [row["name"] for row in rows if row["met"] is False]
    say(f"目標に届きません / missed: {', '.join(missed)}" if missed else "目標をすべて満たしました / every goal met")
    return 1 if missed else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="他の実装と並べて性能を測ります。/ Measures the service beside its peers on the same rows and requests.",
    )
    names = [figure.name for figure in FIGURES]
    parser.add_argument("--quick", action="store_true", help="shorter runs: all within five minutes")
    parser.add_argument("--only", metavar="NAME", action="append", choices=names, help=f"one of: {', '.join(names)}")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the figures there")
    parser.add_argument("--database-url", metavar="URL", help="a loaded database to use in place of a throw-away one")
    return parser.parse_args()


def measure(options: argparse.Namespace, stack: ExitStack) -> list[Row]:
    """Measure the chosen figures one after the other."""
    url = options.database_url or stack.enter_context(loaded_database(SETTINGS))
    seconds = QUICK_SECONDS if options.quick else SECONDS
    stage = Stage(url, seconds, ROUNDS, stack)
    say_head(describe_machine(url), seconds, ROUNDS)
    rows = []
    for figure in FIGURES:
        if figure.name not in options.only if options.only else figure.on_request:
            continue
        measured = figure.measure(stage)
        say_row(figure, measured)
        rows.append(summarise(figure, measured))
    return rows


if __name__ == "__main__":
    sys.exit(main())
