"""The rows of a list below its headings: blank rows and footers left out, every row as wide as the headings."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from app.tabular.headers import Layout, RawRow
from app.tabular.table import Cell, Row

_TAIL_ROWS = 30  # a footer is looked for in the last rows
_NOTE = re.compile(
    r"\s*(※|＊|\*|[（(]?注[）)\d０-９:：\s]|注$|(注\s*記|出\s*典|資\s*料|備\s*考|凡\s*例)\s*([:：】\s]|$)|以\s*上\s*$)"
)
_TOTAL = re.compile(
    r"\s*(合\s*計|総\s*計|小\s*計|計|総\s*数|平\s*均|(sub|grand )?total)\s*[件面]?[数額積]?\s*($|[（(:：\d０-９])",
    re.IGNORECASE,
)


def read_body(rows: Iterable[RawRow], layout: Layout, notes: list[tuple[str, str]]) -> Iterator[Row]:
    """The rows from `layout.first_row` on. What was left out is added to `notes` when the last row was given."""
    width = len(layout.headings)
    blank, bare, longer = 0, 0, 0
    tail: deque[tuple[Row, bool]] = deque()
    after_blank = False
    first_longer = 0
    for number, cells in rows:
        if number < layout.first_row:
            continue
        if len(cells) != width:
            if any(cell is not None for cell in cells[width:]):
                longer, first_longer = longer + 1, first_longer or number
            cells = cells[:width] + [None] * (width - len(cells))
        second = cells[1] if width > 1 else None
        if not cells[0] or not second or (type(second) is str and second.isspace()):  # spares most rows two questions
            if _is_blank(cells):
                blank, after_blank = blank + 1, True
                continue
            if width > 2 and _is_number_alone(cells):
                bare += 1
                continue
        tail.append((Row(number, tuple(cells)), after_blank))
        after_blank = False
        if len(tail) > _TAIL_ROWS:
            yield tail.popleft()[0]
    footers = _take_footers(tail, width)
    yield from (row for row, _ in tail)
    _say(notes, blank, bare, longer, first_longer, footers)


def _is_blank(cells: Sequence[Cell]) -> bool:
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)


def _is_number_alone(cells: Sequence[Cell]) -> bool:
    """A row of a form nobody filled in: its running number in the first column and nothing else."""
    if any(cell is not None for cell in cells[1:]):
        return False
    first = cells[0]
    return isinstance(first, (int, float)) or (isinstance(first, str) and first.strip().isdecimal())


def _take_footers(tail: deque[tuple[Row, bool]], width: int) -> list[int]:
    """Take totals and notes off the end and return their row numbers."""
    taken: list[int] = []
    rows = list(tail)
    cut = len(rows)
    for place in range(len(rows) - 1, -1, -1):
        row, after_blank = rows[place]
        if _is_footer(row.cells, width):
            cut = place
        elif width > 2 and _count(row.cells) <= max(1, width // 4) and _ends_here(rows, place, width):
            if after_blank:
                cut = place
        else:
            break
    while len(tail) > cut:
        taken.append(tail.pop()[0].number)
    return sorted(taken)


def _ends_here(rows: Sequence[tuple[Row, bool]], place: int, width: int) -> bool:
    return all(_count(row.cells) <= max(1, width // 4) or _is_footer(row.cells, width) for row, _ in rows[place:])


def _count(cells: Sequence[Cell]) -> int:
    return sum(cell is not None for cell in cells)


def _is_footer(cells: Sequence[Cell], width: int) -> bool:
    """A total (its word first), or a note that stands nearly alone in its row."""
    first = next((cell for cell in cells if cell is not None), None)
    if not isinstance(first, str):
        return False
    return bool(_TOTAL.match(first)) or bool(_NOTE.match(first) and (width < 3 or _count(cells) <= 2))


def _say(
    notes: list[tuple[str, str]], blank: int, bare: int, longer: int, first_longer: int, footers: Sequence[int]
) -> None:
    if blank:
        notes.append((f"空の行{blank:,}行を除きました。", f"{blank:,} blank rows were left out."))
    if bare:
        notes.append(
            (f"番号だけの行{bare:,}行を除きました。", f"{bare:,} rows with nothing but a number were left out.")
        )
    if longer:
        notes.append(
            (
                f"見出しより列の多い行が{longer:,}行ありました（最初は{first_longer}行目）。はみ出したセルは読んでいません。",
                f"{longer:,} rows have more cells than there are headings (first: row {first_longer}); those cells were not read.",
            )
        )
    if footers:
        notes.append(
            (
                f"末尾の合計・注記{len(footers)}行を除きました（{footers[0]}行目から）。",
                f"{len(footers)} rows of totals and notes at the end were left out (from row {footers[0]}).",
            )
        )
