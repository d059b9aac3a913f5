"""Cells to days and years."""

import re
from datetime import date, datetime

from app.tabular import value_rules as rules
from app.tabular.characters import mend_text
from app.tabular.findings import Outcome
from app.tabular.japanese_dates import parse_date, parse_year, serial_date, year_of_number
from app.tabular.raw_cells import finite, is_excel_error
from app.tabular.table import Cell


def day(cell: Cell) -> Outcome:
    """A cell as a day."""
    if isinstance(cell, datetime):
        return Outcome(cell.date())
    if isinstance(cell, date):
        return Outcome(cell)
    if isinstance(cell, str):
        text, _ = mend_text(cell)
        return Outcome(None, rules.EXCEL_ERROR) if is_excel_error(text) else Outcome(*parse_date(text))
    number = finite(cell)
    return Outcome(None, rules.NOT_A_DATE) if number is None else Outcome(*serial_date(number))


def year(cell: Cell) -> Outcome:
    """A cell as a year of the Western calendar."""
    if isinstance(cell, date):
        return Outcome(cell.year, rules.YEAR_OF_DATE)
    if isinstance(cell, str):
        text, _ = mend_text(cell)
        if is_excel_error(text):
            return Outcome(None, rules.EXCEL_ERROR)
        if re.fullmatch(r"\d{4,5}\.0+|\d{5}", text, re.ASCII):
            return Outcome(*year_of_number(float(text)))
        return Outcome(*parse_year(text))
    number = finite(cell)
    return Outcome(None, rules.NOT_A_YEAR) if number is None else Outcome(*year_of_number(number))
