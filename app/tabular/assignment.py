"""Columns and targets paired off so that the sum of the scores is greatest."""

from collections.abc import Mapping


def best_assignment(scores: Mapping[int, Mapping[str, float]]) -> dict[int, str]:
    """The target of each column that gets one; each target is given once at most, and the total score is greatest.

    Augments along best paths (Bellman-Ford), so that a column gives way where that gains more elsewhere.
    """
    owner: dict[str, int] = {}
    chosen: dict[int, str] = {}
    # Surest columns first: later ones then seldom push others aside.
    for column in sorted(scores, key=lambda c: (-max(scores[c].values(), default=0), c)):
        _augment(column, scores, owner, chosen)
    return chosen


def _augment(
    start: int, scores: Mapping[int, Mapping[str, float]], owner: dict[str, int], chosen: dict[int, str]
) -> None:
    """Finds the chain of moves, beginning by giving `start` a target, that gains most, and makes it if it gains."""
    gain: dict[str, float] = {}
    came_from: dict[str, int] = {}
    gain_at = {start: 0.0}
    waiting = [start]
    while waiting:
        column = waiting.pop(0)
        for target, score in scores[column].items():
            new = gain_at[column] + score
            if chosen.get(column) == target or new <= gain.get(target, 0.0) + 1e-9:
                continue
            gain[target], came_from[target] = new, column
            if (present := owner.get(target)) is not None and present != start:
                gain_at[present] = new - scores[present][target]
                waiting.append(present)
    ends = {target: value for target, value in gain.items() if target not in owner}
    # A chain may also end with a column left without a target.
    ends |= {target: gain[target] - scores[owner[target]][target] for target in gain if target in owner}
    if not ends or ends[best := max(ends, key=lambda t: ends[t])] <= 1e-9:
        return
    if best in owner:
        del chosen[owner[best]]
    _shift(best, start, came_from, owner, chosen)


def _shift(
    target: str, start: int, came_from: Mapping[str, int], owner: dict[str, int], chosen: dict[int, str]
) -> None:
    while True:
        column = came_from[target]
        before = chosen.get(column)
        chosen[column], owner[target] = target, column
        if column == start or before is None:
            return
        target = before
