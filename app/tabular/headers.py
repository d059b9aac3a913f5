"""Where the headings of a list are: under titles, in one row or several, merged, numbered, or not there at all."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache

from app.tabular.heading_words import normalise_heading
from app.tabular.limits import COLUMNS, HEADING_SEARCH_ROWS
from app.tabular.table import Cell, Heading, ReadOptions, Unreadable, column_letter

RawRow = tuple[int, list[Cell]]  # the row's own number, and its cells from column A

MAX_HEADING_ROWS = 3
_HEADING_CHARACTERS = 60

_NUMBER = re.compile(r"[-+△▲¥]?[\d,]*\.?\d+(e[-+]?\d+)?[%円]?", re.IGNORECASE)
_DATE = re.compile(
    r"(\d{4}|[明大昭平令][和成正治]?\d{1,2}|[MTSHR]\d{1,2})[-/.年]\d{1,2}([-/.月]\d{1,2}日?)?([ T]\d.*)?"
)
_CODE = re.compile(r"https?://\S+|[\w.+-]+@[\w.-]+|[-\d()（） ]{6,}|\d{1,2}:\d{2}(:\d{2})?|[〒]?\d{3}-\d{4}")
_NOTE = re.compile(r"[※*＊]|[（(]?注[）)\d:：]|備考[:：]|出典|資料[:：]")
_UNIT = re.compile(r"[（(\[［].{1,8}[)）\]］]|[㎡㎥m%円人台件戸箇所年月日]{1,3}")
_ORDINAL = re.compile(r"^\s*(\d{1,3}\s*[.．、:：)）](?!\d)|[①-⑳㉑-㉟]|[(（]\d{1,3}[)）]|[⑴-⒇])\s*")
_WIDE = r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
_GAP_AT_WIDE = re.compile(rf"(?<={_WIDE}) | (?={_WIDE})")
_IDENTIFIER = re.compile(r"[A-Za-z_#][\w .-]*")


@dataclass(frozen=True, slots=True)
class Merge:
    """Merged cells: rows from 1 as the sheet counts them, columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Layout:
    """Where the table lies in its sheet. `first_row` is the number of the first row of the body."""

    header_row: int | None
    header_rows: int
    headings: tuple[Heading, ...]
    first_row: int
    notes: list[tuple[str, str]] = field(default_factory=list)


def lay_out(
    sample: Sequence[RawRow],
    options: ReadOptions,
    known: frozenset[str] = frozenset(),
    merges: Sequence[Merge] = (),
) -> Layout:
    """Find the headings in the first rows of a sheet.

    `known` are headings people use, as `normalise_heading` gives them; they raise a row's score.
    Raises: Unreadable("empty") where no row holds anything.
    """
    rows = [(number, cells) for number, cells in sample if _filled(cells)]
    if not rows:
        raise Unreadable("empty", "表が見つかりません。中身が空です。", "There is no list: the file is empty.")
    width = _usual_width(rows)
    place, height = (
        _chosen(rows, options) if options.header_row else _found(rows[:HEADING_SEARCH_ROWS], known, width, merges)
    )
    if place is None:
        return _without_headings(rows, width)
    if options.header_rows is None:
        first, height = _extend(rows, place, known, merges, upwards=not options.header_row)
    else:
        first = place
    return _named(rows, first, height, merges)


def tidy_heading(text: str) -> str:
    """A heading as shown: line breaks and spaces between Japanese characters left out, others as one space."""
    return _GAP_AT_WIDE.sub("", " ".join(text.lstrip("\ufeff").split()))


def kind(cell: Cell) -> str:
    """What a cell looks like: "empty", "number", "date", "code" (telephone, URL, time) or "text"."""
    if cell is None:
        return "empty"
    if isinstance(cell, (int, float)):
        return "number"
    if isinstance(cell, (datetime, date, time)):
        return "date"
    return _kind_of_text(cell)


@lru_cache(maxsize=10_000)
def _kind_of_text(cell: str) -> str:
    text = unicodedata.normalize("NFKC", cell[:200]).strip()
    if not text:
        return "empty"
    if _NUMBER.fullmatch(text):
        return "number"
    if _DATE.fullmatch(text):
        return "date"
    return "code" if _CODE.fullmatch(text) else "text"


def is_label(cell: Cell) -> bool:
    """Whether a cell could be a heading: a short word, no number, date, address of a page, sentence or note."""
    return (
        isinstance(cell, str)
        and kind(cell) == "text"
        and len(cell.strip()) <= _HEADING_CHARACTERS
        and not cell.rstrip().endswith("。")
        and not _NOTE.match(cell.strip())
    )


def _filled(cells: Sequence[Cell]) -> list[int]:
    return [
        place for place, cell in enumerate(cells) if cell is not None and (not isinstance(cell, str) or cell.strip())
    ]


def _usual_width(rows: Sequence[RawRow]) -> int:
    """How many cells a row of the body has filled: the median of the rows that are no title."""
    counts = sorted(len(_filled(cells)) for _, cells in rows)
    wide = [count for count in counts if count > 2] or counts
    return wide[len(wide) // 2]


def _chosen(rows: Sequence[RawRow], options: ReadOptions) -> tuple[int | None, int]:
    wanted = options.header_row or 1
    place = next((place for place, (number, _) in enumerate(rows) if number >= wanted), None)
    if place is None:
        raise Unreadable(
            "no-such-row",
            f"{wanted}行目には何もありません。見出しの行を選び直してください。",
            f"There is nothing in row {wanted}. Choose the row of the headings again.",
        )
    return place, max(1, min(options.header_rows or 1, MAX_HEADING_ROWS, len(rows) - place))


def _found(
    rows: Sequence[RawRow], known: frozenset[str], width: int, merges: Sequence[Merge]
) -> tuple[int | None, int]:
    """The row that looks most like headings, as place in `rows`; None where each looks like data."""
    best, best_score, wide_rows = None, 0.0, 0
    for place, (_, cells) in enumerate(rows):
        score = _score(cells, rows[place + 1 : place + 31], known, width) * 0.85**wide_rows
        if score > best_score + 1e-9:
            best, best_score = place, score
        wide_rows += len(_filled(cells)) >= width / 2
    return best, 1


def _score(cells: Sequence[Cell], below: Sequence[RawRow], known: frozenset[str], width: int) -> float:
    """How much a row looks like the headings of the rows below it; 0 where it cannot be."""
    filled = _filled(cells)
    labels = [place for place in filled if is_label(cells[place])]
    hits = _hits(cells, labels, known)
    if not filled or len(labels) < 0.6 * len(filled):
        return 0.0
    if len(filled) < min(2, width) or (len(filled) < width / 2 and hits < 2):
        return 0.0
    kinds = [_kind_below(below, place) for place in filled]
    contrast = sum(k in ("number", "date", "code") for p, k in zip(filled, kinds, strict=True) if p in labels)
    alike = sum(k == kind(cells[p]) for p, k in zip(filled, kinds, strict=True) if p not in labels)
    if alike and not hits and contrast <= alike:
        return 0.0
    distinct = len({str(cells[place]).strip() for place in labels}) / max(1, len(labels))
    repeated = sum(_occurs_below(below, place, cells[place]) for place in labels) / max(1, len(labels))
    share = len(filled)
    look = 1 + contrast / share + 2 * hits / share - alike / share
    return min(1.0, share / width) * len(labels) / share * look * (0.5 + distinct / 2) * (1 - repeated)


def _hits(cells: Sequence[Cell], labels: Sequence[int], known: frozenset[str]) -> int:
    return sum(normalise_heading(str(cells[place])) in known for place in labels) if known else 0


def _column(below: Sequence[RawRow], place: int) -> list[Cell]:
    return [cells[place] for _, cells in below if place < len(cells) and cells[place] is not None]


def _kind_below(below: Sequence[RawRow], place: int) -> str:
    """The kind most cells of a column have, "mixed" where no kind has most."""
    kinds = [kind(cell) for cell in _column(below, place)]
    if not kinds:
        return "empty"
    usual = max(set(kinds), key=kinds.count)
    return usual if kinds.count(usual) > len(kinds) * 0.6 else "mixed"


def _occurs_below(below: Sequence[RawRow], place: int, cell: Cell) -> bool:
    return cell in _column(below, place)


def _extend(
    rows: Sequence[RawRow], place: int, known: frozenset[str], merges: Sequence[Merge], upwards: bool
) -> tuple[int, int]:
    """The first heading row and how many there are, taking in group headings above and parts below."""
    first = last = place
    while last + 1 < len(rows) and last - first + 1 < MAX_HEADING_ROWS and _continues(rows, last, known, merges):
        last += 1
    while upwards and first > 0 and last - first + 1 < MAX_HEADING_ROWS and _groups(rows, first, merges):
        first -= 1
    return first, last - first + 1


def _continues(rows: Sequence[RawRow], place: int, known: frozenset[str], merges: Sequence[Merge]) -> bool:
    """Whether the row below a heading row is a heading row too."""
    (number, upper), (next_number, lower) = rows[place], rows[place + 1]
    if any(m.top <= number < m.bottom and m.bottom >= next_number for m in merges):
        return True
    filled = _filled(lower)
    if next_number != number + 1 or len(filled) < 1 or place + 2 >= len(rows):
        return False
    if all(isinstance(lower[p], str) and _UNIT.fullmatch(str(lower[p]).strip()) for p in filled):
        return True
    if not all(is_label(lower[p]) for p in filled):
        return False
    hits = _hits(lower, filled, known)
    below = rows[place + 2 : place + 32]
    contrast = sum(_kind_below(below, p) in ("number", "date") for p in filled)
    blanks = [p for p in filled if p >= len(upper) or upper[p] is None]
    if blanks:
        return contrast > 0 or hits > 0
    names = sum(bool(_IDENTIFIER.fullmatch(str(lower[p]).strip())) for p in filled)
    return len(filled) >= 3 and (hits >= len(filled) * 0.3 or (names == len(filled) and contrast > 0))


def _groups(rows: Sequence[RawRow], place: int, merges: Sequence[Merge]) -> bool:
    """Whether the row above a heading row groups its columns, and is no title."""
    (upper_number, upper), (number, lower) = rows[place - 1], rows[place]
    filled, width = _filled(upper), len(_filled(lower))
    if upper_number != number - 1 or not filled or not all(is_label(upper[p]) for p in filled):
        return False
    spans = [m.right - m.left + 1 for m in merges if m.top == upper_number and m.right > m.left]
    if any(span >= max(3, 0.7 * width) for span in spans):
        return False
    if any(m.top == upper_number and m.bottom >= number and m.left in filled for m in merges):
        return True
    names = [str(lower[p]) for p in _filled(lower)]
    completes = any(p >= len(lower) or lower[p] is None for p in filled) and len(filled) > 2
    tells_apart = len(names) > len(set(names)) and len(filled) >= 2
    return bool(spans) or completes or tells_apart


def _named(rows: Sequence[RawRow], first: int, height: int, merges: Sequence[Merge]) -> Layout:
    heading_rows = rows[first : first + height]
    body = rows[first + height :]
    number = heading_rows[0][0]
    spread = _spread(heading_rows, merges)
    width = _width(spread, body)
    names = [_join([row[place] if place < len(row) else "" for row in spread]) for place in range(width)]
    names, numbered = _without_ordinals(names)
    layout = Layout(number, height, _headings(names), heading_rows[-1][0] + 1)
    if first:
        layout.notes.append(
            (
                f"見出しは{number}行目です。その上の行は表題として読み飛ばしました。",
                f"The headings are in row {number}; what is above was taken as title.",
            )
        )
    if height > 1:
        layout.notes.append(
            (
                f"見出しは{height}行に分かれていました。つないで読みました。",
                f"The headings take {height} rows and were joined.",
            )
        )
    if numbered:
        layout.notes.append(("見出しの番号を外して読みました。", "Numbers before the headings were left out."))
    return layout


def _headings(names: Sequence[str]) -> tuple[Heading, ...]:
    return tuple(Heading(place, column_letter(place), name) for place, name in enumerate(names))


def _width(spread: Sequence[Sequence[str]], body: Sequence[RawRow]) -> int:
    """Columns up to the last that has a heading or a value; an empty one at the end is dropped."""
    named = max((place for row in spread for place, cell in enumerate(row, 1) if cell), default=0)
    valued = max((_filled(cells)[-1] + 1 for _, cells in body), default=0)
    width = max(named, valued)
    if width > COLUMNS:
        raise too_many_columns(width)
    return width


def too_many_columns(count: int) -> Unreadable:
    return Unreadable(
        "too-many-columns",
        f"{count:,}列あります。読めるのは{COLUMNS}列までです。必要な列だけにしてください。",
        f"There are {count:,} columns; {COLUMNS} can be read. Keep only the columns needed.",
    )


def _spread(rows: Sequence[RawRow], merges: Sequence[Merge]) -> list[list[str]]:
    """The words of the heading rows, a group's words repeated over each of its columns."""
    width = max(len(cells) for _, cells in rows)
    words = [
        [tidy_heading(str(c)) if c is not None else "" for c in cells] + [""] * (width - len(cells))
        for _, cells in rows
    ]
    for level, (number, _) in enumerate(rows):
        merged = [m for m in merges if m.top == number]
        for m in merged:
            for place in range(m.left, min(m.right, width - 1) + 1):
                words[level][place] = words[level][m.left]
        if level + 1 < len(rows):
            _spread_unmerged(words[level], words[level + 1], {p for m in merged for p in range(m.left, m.right + 1)})
    return words


def _spread_unmerged(upper: list[str], lower: list[str], merged: set[int]) -> None:
    """A group heading that was not merged stands over its first column; it holds while the row below goes on."""
    for place in range(1, len(upper)):
        if not upper[place] and lower[place] and lower[place - 1] and place not in merged and place - 1 not in merged:
            upper[place] = upper[place - 1]


def _join(parts: Sequence[str]) -> str:
    words: list[str] = []
    for part in parts:
        if part and part not in words:
            words.append(part)
    return " ".join(words)


def _without_ordinals(names: list[str]) -> tuple[list[str], bool]:
    """Leave out "1.", "①", "(1)" where most headings have one: alone, it may tell two headings apart."""
    numbered = sum(bool(_ORDINAL.match(name)) and len(_ORDINAL.sub("", name)) > 0 for name in names)
    if numbered < 2 or numbered * 2 < sum(bool(name) for name in names):
        return names, False
    return [_ORDINAL.sub("", name) or name for name in names], True


def _without_headings(rows: Sequence[RawRow], width: int) -> Layout:
    first = next((number for number, cells in rows if len(_filled(cells)) >= width / 2), rows[0][0])
    count = max(_filled(cells)[-1] + 1 for number, cells in rows if number >= first)
    if count > COLUMNS:
        raise too_many_columns(count)
    layout = Layout(None, 0, _headings([f"列{place + 1}" for place in range(count)]), first)
    layout.notes.append(
        (
            "見出しの行が見つかりません。「列1」からの仮の名前を付けました。",
            "No row of headings was found; columns are named 列1 onward.",
        )
    )
    return layout
