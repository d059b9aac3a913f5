"""What is said of a cell: mended, doubtful or wrong, each by a named rule with the way to mend it."""

from enum import StrEnum
from typing import Any, NamedTuple


class Level(StrEnum):
    """How a finding weighs: an error keeps its row out, a warning is to be looked at, a mended cell is shown."""

    ERROR = "error"
    WARNING = "warning"
    MENDED = "mended"


class Rule(NamedTuple):
    """One rule of judgement: what it says and how to mend, in words a clerk uses.

    `ja` and `en` complete the sentence begun by the cell's value; `repair_*` is what to do (for a mended cell: what
    was done).
    """

    id: str
    level: Level
    ja: str
    en: str
    repair_ja: str
    repair_en: str


class Outcome(NamedTuple):
    """A converted value, and the rule that had something to say about it (None: taken as it is).

    `value` is None for an empty cell and where `rule` is an error.
    """

    value: Any
    rule: Rule | None = None


class Finding(NamedTuple):
    """A rule that spoke about a place of the user's file: row from 1 as the file's own program counts, column letter."""

    row: int
    letter: str | None
    field: str | None
    rule: str
    value: str | None
    mended: str | None = None
