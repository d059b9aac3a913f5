"""What a cell holds before anything is made of it: its text, its number, or the spreadsheet's error."""

import re
from collections.abc import Callable
from datetime import datetime, time
from math import isfinite
from typing import TypeGuard

from app.tabular.findings import Outcome
from app.tabular.table import Cell

Convert = Callable[[Cell], Outcome]
_EXCEL_ERRORS = frozenset({
    "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA",
    "#FIELD!", "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!",
})  # fmt: skip
_FILLED = re.compile("#{3,}")  # a column too narrow for its number, copied as it looks
_USUAL_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII).fullmatch


def is_excel_error(text: str) -> bool:
    """Whether a text is what a spreadsheet shows instead of a value: #N/A, #REF!, ####."""
    return text[:1] == "#" and (text.upper() in _EXCEL_ERRORS or _FILLED.fullmatch(text) is not None)


def written(cell: Cell) -> str:
    """A cell that is not text as its program shows it: 130001.0 → 130001, a date as 2024-09-01, a time as 09:00."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, time):
        return cell.isoformat("minutes")
    try:
        return "" if cell is None else str(cell)
    except ValueError:  # an integer of more than 4,300 digits
        return ""


def is_plain_number(cell: Cell) -> TypeGuard[str | float]:
    """Whether a cell is what nearly all cells of numbers are: a number, or its digits; said fast."""
    if cell.__class__ is str:
        return _USUAL_NUMBER(cell) is not None
    return cell.__class__ is float and -1e15 < cell < 1e15


def finite(cell: Cell) -> float | None:
    """The value of a cell that is a number; None for anything else, infinity and what overflows."""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    try:
        value = float(cell)
    except OverflowError:
        return None
    return value if isfinite(value) else None
