"""Two servers in turn: warm both, then A B A B A B, so that a slow minute of the machine hits both."""

from collections.abc import Sequence

from scripts.benchmarks.load import Load, put_load
from scripts.benchmarks.stage import Stage

WARM_SECONDS = 2

Requests = tuple[str, Sequence[str]]  # a server's address and the lines it is asked for in turn


def in_turn(stage: Stage, ours: Requests, peer: Requests) -> tuple[list[Load], list[Load]]:
    """Runs of both servers, one value a round each."""
    for server, lines in (ours, peer):
        put_load(server, lines, WARM_SECONDS)
    pairs = [
        tuple(put_load(server, lines, stage.seconds) for server, lines in (ours, peer)) for _ in range(stage.rounds)
    ]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def alone(stage: Stage, ours: Requests) -> list[Load]:
    """Runs of our server for a figure without a peer."""
    put_load(*ours, WARM_SECONDS)
    return [put_load(*ours, stage.seconds) for _ in range(stage.rounds)]
