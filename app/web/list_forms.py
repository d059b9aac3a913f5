"""What the forms of list pages hold: the file somebody sends, and what they chose instead of what was found."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from app.accounts.auth import find_signed_in
from app.accounts.permissions import Permission
from app.accounts.sessions import SignedIn
from app.lists.kinds import ListKind
from app.lists.schemas import Choices
from app.problems import INVALID, Problem
from app.tabular.targets import Target
from app.web.account_forms import Onward, PageRequires, SignInNeeded

_FIELDS_MAX, _FIELD_BYTES_MAX = 20, 64 * 1024

ListImporter = Annotated[SignedIn, Depends(PageRequires(Permission.ASSETS_IMPORT))]


async def read_upload(request: Request) -> FormData:
    """A form with one file. Whoever may not send one is told before the file is read. Raises SignInNeeded, Problem (403)."""
    signed_in = await run_in_threadpool(find_signed_in, request)
    if signed_in is None or signed_in.csrf_secret is None:
        raise SignInNeeded(Onward(next=request.url.path), posted=True)
    signed_in.actor.require(Permission.ASSETS_IMPORT)
    return await request.form(max_files=1, max_fields=_FIELDS_MAX, max_part_size=_FIELD_BYTES_MAX)


Uploaded = Annotated[FormData, Depends(read_upload)]


class SendsFile(PageRequires):
    """As `PageRequires`, for a form that carries a file."""

    def __call__(self, request: Request, form: Uploaded) -> SignedIn:
        """Raises SignInNeeded, StaleForm, Problem (403)."""
        return super().__call__(request, form)


ListSender = Annotated[SignedIn, Depends(SendsFile(Permission.ASSETS_IMPORT))]


def sent_file(form: FormData) -> UploadFile:
    """The file of an upload form. Raises Problem (422) where none was chosen."""
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Problem(
            INVALID,
            "ファイルが選ばれていません。ファイルを選んでから送ってください。",
            "No file was chosen. Choose one, then send.",
        )
    return file


def read_choices(form: Mapping[str, Any], kind: ListKind, found: Mapping[str, Any]) -> dict[str, Any]:
    """What a part of the page chose, as settings of the import. Raises Problem (422)."""
    part = str(form.get("part", ""))
    reading = (found["report"] or {}).get("reading", {})
    if part == "file":
        return _checked(_file_choices(form, reading, found["settings"]))
    if part == "columns":
        return _checked({"columns": _chosen_columns(form, kind, found)})
    if part == "datum":
        return _checked({"datum": str(form.get("datum", "")) or None})
    if part == "publish":
        return _checked({name: name in form for name in ("retire_missing", "leave_out_errors")})
    raise Problem(INVALID, "知らない指定です。", "There is no such choice.")


def _checked(choices: dict[str, Any]) -> dict[str, Any]:
    try:
        return Choices.model_validate(choices).model_dump(exclude_unset=True)
    except ValidationError as error:
        names = ", ".join(str(fault["loc"][0]) for fault in error.errors())
        raise Problem(INVALID, f"{names} の値を直してください。", f"Mend {names}.") from None


def _file_choices(form: Mapping[str, Any], reading: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Only what differs from how the file was read is a choice; other headings are other columns."""
    names = ("sheet", "encoding", "header_row", "header_rows")
    given = {name: str(form[name]).strip() or None for name in names if name in form}
    chosen = {name: value for name, value in given.items() if value != _text(reading.get(name)) or settings.get(name)}
    if chosen and {"sheet", "header_row", "header_rows"} & {n for n in chosen if chosen[n] != _text(reading.get(n))}:
        chosen["columns"] = None
    if "sheet" in chosen and chosen["sheet"] != _text(reading.get("sheet")):
        # Another sheet has its headings elsewhere.
        chosen |= {"header_row": None, "header_rows": None}
    return chosen


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _chosen_columns(form: Mapping[str, Any], kind: ListKind, found: Mapping[str, Any]) -> dict[str, str | None]:
    """Columns a person chose, now or before; a target moves to the column it is newly chosen for.

    Raises Problem (422) where it is newly chosen for two.
    """
    columns = {c["letter"]: c["target"] for c in (found["report"] or {}).get("columns", ())}
    labels = {target.name: target for target in kind.targets}
    wanted = {letter: str(form.get(f"column.{letter}", target or "")) or None for letter, target in columns.items()}
    changed = {letter: target for letter, target in wanted.items() if target != columns[letter]}
    for target, count in Counter(target for target in changed.values() if target).items():
        if target not in labels:
            raise Problem(INVALID, "知らない項目が選ばれています。", "An unknown field was chosen.")
        if count > 1:
            raise _twice(labels[target], [letter for letter, chosen in changed.items() if chosen == target])
    newly = {target for target in changed.values() if target}
    left = {letter: None for letter, target in columns.items() if letter not in changed and target in newly}
    return {**(found["settings"].get("columns") or {}), **left, **changed}


def _twice(target: Target, letters: list[str]) -> Problem:
    return Problem(
        INVALID,
        f"「{target.ja}」が{'・'.join(letters)}の列に重なって選ばれています。どちらかを「そのまま保存」にしてください。",
        f"{target.en} was chosen for columns {', '.join(letters)}; keep one of them aside.",
    )
