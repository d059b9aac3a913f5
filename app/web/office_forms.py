"""What the forms of an office's pages hold, read with every fault at once: its procedure, its closed days.

Names in a form are paths (`limit.referred`, `documents.agree.photo`), each once, so that a form survives a lapsed session.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import ValidationError

from app.accounts.permissions import Permission
from app.accounts.sessions import SignedIn
from app.applications.offices.schemas import Closure, VariationRequest
from app.applications.standard_procedure import STANDARD
from app.problems import INVALID, Problem
from app.web.account_forms import PageRequires, account_page
from app.web.office_words import ASKING, DOCUMENTS, LIMITED, office_words
from app.web.pages import page_language

Fault = dict[str, str]  # pointer (the field's name), ja, en

OfficeViewer = Annotated[SignedIn, Depends(PageRequires(Permission.CASES_REVIEW))]
WindowViewer = Annotated[SignedIn, Depends(PageRequires(Permission.CASES_WINDOW))]
FeeViewer = Annotated[SignedIn, Depends(PageRequires(Permission.CASES_HANDLE))]
_DAY = re.compile(r"\s*(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?\s*(?:\([^)]*\))?[\s,、:]*(.*)")
LINES_MOST = 400
_YEARS = (1900, 2200)  # of days that rules and closures can be about


def office_page(request: Request, template: str, *, problem: Problem | None = None, **context: Any) -> Response:
    """A page of the folder `office`, with what is wrong as a list that leads to the fields."""
    faults: list[Fault] = []
    if problem is not None:
        faults = [{**error, "pointer": error.get("pointer", error.get("field", ""))} for error in problem.errors]
        problem = Problem(problem.kind, problem.ja, problem.en, errors=faults)
    words = office_words(page_language(request))
    return account_page(request, f"office/{template}", problem=problem, faults=faults, **words, **context)


def fault(name: str, ja: str, en: str) -> Fault:
    """What is wrong with a field."""
    return {"pointer": f"/{name}", "ja": ja, "en": en}


def refuse(faults: list[Fault]) -> None:
    """Raises Problem (422) where something is wrong."""
    if faults:
        many = len(faults)
        raise Problem(INVALID, f"直すところが{many}か所あります。", f"Things to mend: {many}.", errors=faults)


def plain(written: object) -> str:
    """What was typed, in half width and without blanks around it."""
    return unicodedata.normalize("NFKC", str(written or "").replace("\0", "")).strip()


def typed_of(form: Mapping[str, Any]) -> dict[str, str]:
    """A form's fields as they were typed."""
    return {name: value.replace("\0", "") for name, value in form.items() if isinstance(value, str) and name != "csrf"}


def variation_typed(variation: VariationRequest) -> dict[str, str]:
    """An office's procedure as its form shows it."""
    limits = {state.code: variation.limit_days.get(state.code, state.limit_days) for state in LIMITED}
    typed = {f"limit.{code}": str(days) for code, days in limits.items()}
    for step in ASKING:
        for name in variation.documents.get(step.action, step.documents):
            typed[f"documents.{step.action}.{name}"] = "1"
    if variation.without_survey:
        typed["without_survey"] = "1"
    return {**typed, "standard_days": str(variation.standard_days or STANDARD.standard_days)}


def read_variation(typed: Mapping[str, str], before: VariationRequest) -> VariationRequest:
    """How an office's procedure shall differ; what the form does not show stays as it was.

    Raises: Problem (422) naming every field that is no number of days.
    """
    faults: list[Fault] = []
    shown = {state.code for state in LIMITED}
    limits = {code: days for code, days in before.limit_days.items() if code not in shown}
    for state in LIMITED:
        days = _days(typed, f"limit.{state.code}", (state.ja, state.en), 365, faults)
        if days not in (None, state.limit_days):
            limits[state.code] = days
    standard = _days(typed, "standard_days", ("標準処理期間", "Standard processing time"), 1000, faults)
    refuse(faults)
    asking = {step.action for step in ASKING}
    documents = {action: names for action, names in before.documents.items() if action not in asking}
    documents |= _documents(typed, before)
    return VariationRequest(
        limit_days=limits, documents=documents, without_survey=bool(typed.get("without_survey")),
        standard_days=None if standard == STANDARD.standard_days else standard,
    )  # fmt: skip


def _days(
    typed: Mapping[str, str], name: str, label: tuple[str, str], most: int, faults: list[Fault]
) -> Any:  # int or None; a limit left empty is the standard one
    written = plain(typed.get(name))
    if not written:
        return None
    if written.isascii() and written.isdigit() and len(written) <= 4 and 1 <= int(written) <= most:
        return int(written)
    faults.append(
        fault(
            name,
            f"{label[0]}: 1から{most}までの日数で書いてください（空にすると標準のまま）。",
            f"{label[1]}: a number of days from 1 to {most} (left empty: the standard one).",
        )
    )
    return None


def _documents(typed: Mapping[str, str], before: VariationRequest) -> dict[str, list[str]]:
    asked: dict[str, list[str]] = {}
    for step in ASKING:
        kept = before.documents.get(step.action, [])
        names = [name for name in choices_of(kept) if typed.get(f"documents.{step.action}.{name}")]
        if set(names) != set(step.documents):
            asked[step.action] = names
    return asked


def choices_of(kept: Iterable[str]) -> list[str]:
    """The documents that may be asked for, and those that already are."""
    return list(dict.fromkeys((*DOCUMENTS, *kept)))


def read_day(written: object) -> date | None:
    """A day as people write it: 2026-12-28, 2026/12/28, 2026年12月28日; None for what is none, or not of our times."""
    found = _DAY.fullmatch(plain(written))
    return _date(found) if found and not found[4] else None


def _date(found: re.Match[str]) -> date | None:
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return day if _YEARS[0] <= day.year <= _YEARS[1] else None


def read_closure(day: object, name: object) -> Closure:
    """A closed day as typed. Raises Problem (422)."""
    on, faults = read_day(day), []
    if on is None:
        faults.append(fault("day", "日付を 2026-12-28 のように書いてください。", "Write the day like 2026-12-28."))
    closure = _closure(on or date.min, str(name or ""))
    if closure is None:
        faults.append(
            fault("name", "名称は200字まで、改行なしで書いてください。", "The name: up to 200 characters on one line.")
        )
    refuse(faults)
    assert closure
    return closure


def _closure(day: date, name: str) -> Closure | None:
    try:
        return Closure(day=day, name=name.strip() or "休業日")
    except ValidationError:
        return None


def read_closures(written: str) -> list[Closure]:
    """Closed days, one a line: `2026-12-28 御用納め`; empty lines are passed over.

    Raises: Problem (422) naming every line that is no day.
    """
    faults: list[Fault] = []
    found: dict[date, Closure] = {}
    lines = [(n, line) for n, line in enumerate(written.splitlines(), start=1) if line.strip()]
    for n, line in lines:
        closure = _read_line(line)
        if closure is None:
            faults.append(_line_fault(n, line))
        else:
            found[closure.day] = closure
    if not lines or len(lines) > LINES_MOST:
        faults.append(
            fault("lines", f"1行から{LINES_MOST}行までで書いてください。", f"Write between 1 and {LINES_MOST} lines.")
        )
    refuse(faults)
    return sorted(found.values(), key=lambda one: one.day)


def _read_line(line: str) -> Closure | None:
    matched = _DAY.fullmatch(unicodedata.normalize("NFKC", line))
    day = _date(matched) if matched else None
    return _closure(day, matched[4]) if matched and day else None


def _line_fault(n: int, line: str) -> Fault:
    shown = line.strip()[:40]
    return fault(
        "lines",
        f"{n}行目「{shown}」: 日付を読めません。「2026-12-28 御用納め」のように書いてください。",
        f"Line {n} “{shown}”: no day can be read. Write it like “2026-12-28 Last working day”.",
    )
