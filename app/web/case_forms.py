"""What the forms of case pages hold: who sends them, the action they ask for, and what is wrong with it at which place.

Names in a form are paths (`permit.from_on`, `items.field:weight_kg`), each once, so that a form survives a lapsed session.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from app.accounts.auth import find_signed_in
from app.accounts.permissions import Permission
from app.accounts.sessions import SignedIn
from app.applications.schemas import Plan, TransitionRequest
from app.problems import INVALID, Problem
from app.web.account_forms import Onward, PageRequires, SignInNeeded

_FILES_MAX, _FIELDS_MAX, _FIELD_BYTES_MAX = 30, 400, 64 * 1024
_READ_OF_STRANGERS = 1 << 20  # bytes of a form that is kept for somebody whose session has lapsed
_SCALARS = (
    "comment", "entrants", "survey_on", "owner_organisation_id", "with_site_id", "reopen_on",
)  # fmt: skip
_LISTS = {"bands": r"[,、，\n]", "azimuths_deg": r"[,、，\s°]+", "conditions": r"\n"}
_NUMBERS = frozenset({"height_m", "roof_height_m", "roof_load_n_m2", "slots_total", "area_m2"})  # of an asset
_Model = TypeVar("_Model", TransitionRequest, Plan)

CaseViewer = Annotated[SignedIn, Depends(PageRequires(Permission.CASES_READ))]


async def read_case_form(request: Request) -> FormData:
    """A form that may carry files. Whoever may not send one is told before a large one is read.

    Raises SignInNeeded, Problem (403).
    """
    if request.method != "POST":
        return FormData()
    signed_in = await run_in_threadpool(find_signed_in, request)
    length = request.headers.get("content-length", "")
    is_small = length.isdigit() and int(length) <= _READ_OF_STRANGERS
    if signed_in is not None:
        signed_in.actor.require(Permission.CASES_READ)
    elif not is_small:
        raise SignInNeeded(Onward(next=request.url.path), posted=True)
    return await request.form(max_files=_FILES_MAX, max_fields=_FIELDS_MAX, max_part_size=_FIELD_BYTES_MAX)


CaseForm = Annotated[FormData, Depends(read_case_form)]


class SendsCaseForm(PageRequires):
    """As `PageRequires`, for forms that may carry files."""

    def __call__(self, request: Request, form: CaseForm) -> SignedIn:
        """Raises SignInNeeded, StaleForm, Problem (403)."""
        return super().__call__(request, form)


CaseSender = Annotated[SignedIn, Depends(SendsCaseForm(Permission.CASES_READ))]


def typed_text(form: Mapping[str, Any]) -> dict[str, str]:
    """What was typed: every field that is text."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


def sent_documents(form: Mapping[str, Any]) -> Iterator[tuple[str, UploadFile]]:
    """Files chosen beside an action, each under the type of its document."""
    for name, value in form.items():
        if name.startswith("document.") and isinstance(value, UploadFile) and value.filename:
            yield name.removeprefix("document."), value


def read_action(action: str, form: Mapping[str, Any]) -> TransitionRequest:
    """The action a form asks for, with what it gives. Raises Problem (422) that points at names of the form."""
    typed = {name: value.strip() for name, value in typed_text(form).items()}
    wanted: dict[str, Any] = {"action": action, **{n: typed[n] for n in _SCALARS if typed.get(n)}}
    if typed.get("reason"):  # so called because no field whose name holds "code" is kept through a sign-in
        wanted["reason_code"] = typed["reason"]
    if "names_shown" in typed:
        wanted["names_shown"] = True
    for part in ("permit", "on_air", "sharing"):
        wanted |= _part(part, typed)
    wanted |= _modification(typed)
    items = [{"target": n, "text": said} for n, said in _under("items", typed).items() if said]
    dates = [said for said in _under("survey_dates", typed).values() if said]
    corrections = [
        {"field": n, "value": _asset_value(n, said)} for n, said in _under("corrections", typed).items() if said
    ]
    wanted |= {n: v for n, v in (("items", items), ("survey_dates", dates), ("corrections", corrections)) if v}
    return validated(TransitionRequest, wanted, items=items, corrections=corrections)


def read_plan(form: Mapping[str, Any], before: Mapping[str, Any]) -> Plan | None:
    """The plan with the values a correction mends; None where none of it is in the form. Raises Problem (422)."""
    given = _under("plan", {name: value.strip() for name, value in typed_text(form).items()})
    if not given:
        return None
    changed = {name: _plan_value(name, said) for name, said in given.items()}
    return validated(Plan, {**before, **changed}, prefix="plan.")


def _plan_value(name: str, said: str) -> Any:
    if name in _LISTS:
        return _split(name, said)
    if name == "is_new_structure":
        return {"True": True, "False": False}.get(said)
    return said or None


def _under(part: str, typed: Mapping[str, str]) -> dict[str, str]:
    start = f"{part}."
    return {name.removeprefix(start): said for name, said in typed.items() if name.startswith(start)}


def _part(part: str, typed: Mapping[str, str]) -> dict[str, Any]:
    given = {n: said for n, said in _under(part, typed).items() if "." not in n}
    if not given:
        return {}
    return {part: {n: _split(n, said) if n in _LISTS else said for n, said in given.items() if said}}


def _modification(typed: Mapping[str, str]) -> dict[str, Any]:
    wanted = _part("modification", typed)
    if wanted:
        wanted["modification"] |= _part("sharing", _under("modification", typed))
    if wanted and wanted["modification"].get("kind") != "new_tenant":
        wanted["modification"].pop("sharing", None)
    return wanted


def _split(name: str, said: str) -> list[str]:
    return [part.strip() for part in re.split(_LISTS[name], said) if part.strip()]


def _asset_value(name: str, said: str) -> Any:
    if name not in _NUMBERS:
        return said
    try:
        number = float(said.replace(",", ""))
    except ValueError:
        return said  # the field itself refuses it, with its name
    return int(number) if number.is_integer() else number


def validated(
    kind: type[_Model], content: Mapping[str, Any], *, prefix: str = "", **lists: list[dict[str, Any]]
) -> _Model:
    """A model of what was given. Raises Problem (422) whose errors point at names of the form."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        places = [{"name": prefix + _name_of(fault["loc"], lists), **_words(fault["type"])} for fault in error.errors()]
        raise Problem(
            INVALID, f"直すところが{len(places)}か所あります。", f"{len(places)} things to mend.", errors=places
        ) from None


def _name_of(loc: tuple[int | str, ...], lists: Mapping[str, list[dict[str, Any]]]) -> str:
    """`("items", 2, "text")` is the field of the third item; an order of two dates is a fault of the later."""
    first = str(loc[0]) if loc else ""
    if first in lists and len(loc) > 1:
        item = lists[first][int(loc[1])]
        return f"{first}.{item.get('target') or item.get('field')}"
    if first in ("bands", *_LISTS):
        return first
    if len(loc) > 1 and loc[1] in _LISTS:
        return f"{first}.{loc[1]}"
    whole: dict[tuple[int | str, ...], str] = {("permit",): "permit.to_on", ("reason_code",): "reason"}
    return whole.get(loc) or ".".join(map(str, loc))


def _words(kind: str) -> dict[str, str]:
    if kind in ("missing", "string_too_short", "too_short"):
        return {"ja": "入れてください。", "en": "Fill this in."}
    if kind.startswith("date"):
        return {"ja": "日付を入れてください。", "en": "Give a date."}
    if kind in ("greater_than", "less_than", "greater_than_equal", "less_than_equal"):
        return {"ja": "入れられる範囲を超えています。", "en": "Out of range."}
    if kind in ("float_parsing", "int_parsing", "int_from_float"):
        return {"ja": "数字で入れてください。", "en": "Give a number."}
    if kind == "value_error":
        return {"ja": "開始日より後の日にしてください。", "en": "Choose a later day than the first."}
    if kind in ("string_too_long", "too_long"):
        return {"ja": "長すぎます。短くしてください。", "en": "Too long."}
    return {"ja": "値を直してください。", "en": "Mend this value."}


def faults_of(problem: Problem, form: Mapping[str, Any], site: Mapping[str, Any], side: int) -> dict[str, str]:
    """Where in the form something is wrong → what to do about it, in the page's language."""
    items = [name for name, said in typed_text(form).items() if name.startswith("items.") and said.strip()]
    corrected = [name for name, said in typed_text(form).items() if name.startswith("corrections.") and said.strip()]
    asked = [_place_of(item["target"]) for item in site.get("correction") or ()]
    numbered = {"items": items, "corrections": corrected, "correction": asked}
    found = {}
    for error in problem.errors:
        name = error.get("name") or _name_at(str(error.get("pointer", "")), numbered)
        words = (error.get("ja"), error.get("en"))[side] or error.get("detail")
        found[name] = str(words or (problem.ja, problem.en)[side])
    return found


def _place_of(target: str) -> str:
    kind, _, name = target.partition(":")
    return f"document.{name}" if kind == "document" else f"plan.{name}"


def _name_at(pointer: str, numbered: Mapping[str, list[str]]) -> str:
    """`/permit/legal_basis` → `permit.legal_basis`; `/items/2` → the third item that was filled in."""
    first, *rest = pointer.strip("/").split("/")
    if first in numbered and rest and rest[0].isdigit() and int(rest[0]) < len(numbered[first]):
        return numbered[first][int(rest[0])]
    first = {"documents": "document", "reason_code": "reason"}.get(first, first)
    return ".".join([first, *rest])


def id_in(text: str) -> UUID | None:
    """A posted id; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None
