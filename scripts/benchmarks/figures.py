"""What a figure is: a name, a measurement in rounds, and the ratio it has to reach."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import TypedDict

from scripts.benchmarks.stage import Stage


@dataclass(frozen=True)
class Measured:
    """One value a round; `peer` has as many, measured in turn with ours, or none."""

    ours: tuple[float, ...]
    peer: tuple[float, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """A thing that is measured.

    goal: the ratio to reach; None for a figure that only informs. most: the value not to exceed, for one without a peer.
    on_request: measured only where it is named, because it takes long.
    less_is_better: for bytes and durations; the ratio is always above 1 where we are better.
    """

    name: str
    unit: str
    describes: str
    measure: Callable[[Stage], Measured]
    peer_name: str | None = None
    goal: float | None = None
    less_is_better: bool = False
    most: float | None = None
    on_request: bool = False


class Row(TypedDict):
    """A figure as `--json` writes it."""

    name: str
    ours: float
    peer: float | None
    peer_name: str | None
    ratio: float | None
    goal: float | None
    most: float | None
    met: bool | None


def ratios(figure: Figure, measured: Measured) -> list[float]:
    """How many times better we were in each round."""
    pairs = zip(measured.ours, measured.peer, strict=False)
    return [peer / ours if figure.less_is_better else ours / peer for ours, peer in pairs]


def summarise(figure: Figure, measured: Measured) -> Row:
    """Medians over the rounds; the ratio is the median of the rounds' own ratios."""
    ratio = median(ratios(figure, measured)) if measured.peer else None
    return Row(
        name=figure.name,
        ours=round(median(measured.ours), 2),
        peer=round(median(measured.peer), 2) if measured.peer else None,
        peer_name=figure.peer_name if measured.peer else None,
        ratio=None if ratio is None else round(ratio, 2),
        goal=figure.goal,
        most=figure.most,
        met=_is_met(figure, median(measured.ours), ratio),
    )


def _is_met(figure: Figure, value: float, ratio: float | None) -> bool | None:
    if figure.most is not None:
        return value <= figure.most
    return None if figure.goal is None or ratio is None else ratio >= figure.goal
