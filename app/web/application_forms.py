"""What the forms of application pages hold: a plan as it was typed, ids of assets, a file somebody sends."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from app.accounts.auth import find_signed_in
from app.accounts.permissions import Permission
from app.accounts.sessions import SignedIn
from app.applications.schemas import SITES_MOST, Plan
from app.problems import INVALID, Problem
from app.web.account_forms import Onward, PageRequires, SignInNeeded
from app.web.application_words import FIELD_BY_NAME, PLAN_FIELDS, limits

_FIELDS_MAX, _FIELD_BYTES_MAX = 20, 64 * 1024

Applicant = Annotated[SignedIn, Depends(PageRequires(Permission.APPLICATIONS_WRITE))]


async def read_applicant_upload(request: Request) -> FormData:
    """A form with one file. Whoever may not send one is told before the file is read. Raises SignInNeeded, Problem (403)."""
    signed_in = await run_in_threadpool(find_signed_in, request)
    if signed_in is None or signed_in.csrf_secret is None:
        raise SignInNeeded(Onward(next="/".join(request.url.path.split("/")[:3])), posted=True)
    signed_in.actor.require(Permission.APPLICATIONS_WRITE)
    return await request.form(max_files=1, max_fields=_FIELDS_MAX, max_part_size=_FIELD_BYTES_MAX)


ApplicantUpload = Annotated[FormData, Depends(read_applicant_upload)]


class _SendsFile(PageRequires):
    def __call__(self, request: Request, form: ApplicantUpload) -> SignedIn:
        """Raises SignInNeeded, StaleForm, Problem (403)."""
        return super().__call__(request, form)


ApplicantSender = Annotated[SignedIn, Depends(_SendsFile(Permission.APPLICATIONS_WRITE))]


def sent_file(form: FormData) -> UploadFile:
    """The file of an upload form. Raises Problem (422) where none was chosen."""
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Problem(
            INVALID, "ファイルが選ばれていません。ファイルを選んでから送ってください。", "Choose a file, then send."
        )
    return file


def asset_ids_of(typed: object) -> list[str]:
    """Ids written one a line, or parted by commas or blanks; each once. Raises Problem (422) for none or too many."""
    written = unicodedata.normalize("NFKC", str(typed or ""))
    ids = list(dict.fromkeys(part[:60] for part in re.split(r"[\s,、;]+", written) if part))
    if not ids:
        raise Problem(
            INVALID, "アセットの番号を1つ以上入れるか、地図か一覧で選んでください。", "Give at least one asset id, or choose on the map.",
            errors=[{"pointer": "/asset_ids", "ja": "空です。", "en": "Empty."}],
        )  # fmt: skip
    if len(ids) > SITES_MOST:
        raise Problem(
            INVALID, f"1つの申請に入れられるのは{SITES_MOST}か所までです({len(ids)}か所あります)。分けてください。",
            f"An application takes {SITES_MOST} sites at most, not {len(ids)}.",
            errors=[{"pointer": "/asset_ids", "ja": "多すぎます。", "en": "Too many."}],
        )  # fmt: skip
    return ids


@dataclass(frozen=True)
class TypedPlan:
    """A plan as typed: `plan` where all of it can be kept; else `wrong` names the fields with what to do (ja, en)."""

    typed: Mapping[str, str]
    plan: Plan | None
    wrong: Mapping[str, tuple[str, str]]


def read_plan(form: Mapping[str, Any]) -> TypedPlan:
    """The plan a form holds; empty fields are unknown ones."""
    typed = {known.name: str(form.get(known.name, "")).strip() for known in PLAN_FIELDS if known.name in form}
    content = {name: _value(name, written) for name, written in typed.items() if written}
    try:
        return TypedPlan(typed, Plan.model_validate(content), {})
    except ValidationError as error:
        names = {str(fault["loc"][0]) for fault in error.errors()}
        return TypedPlan(typed, None, {name: what_to_write(name) for name in names})


def _value(name: str, written: str) -> Any:
    kind = FIELD_BY_NAME[name].kind
    if kind in ("whole", "number"):
        return unicodedata.normalize("NFKC", written).replace(",", "")
    if kind == "list":
        return [part.strip() for part in re.split(r"[,、;\n]+", unicodedata.normalize("NFKC", written)) if part.strip()]
    return written


def what_to_write(name: str) -> tuple[str, str]:
    """What a field takes, for somebody who wrote something else."""
    known = FIELD_BY_NAME[name]
    if known.kind in ("whole", "number"):
        least, most = limits(name)
        ja, en = ("整数", "a whole number") if known.kind == "whole" else ("数", "a number")
        return (
            f"{least:,g}〜{most:,g} {known.unit} の{ja}で入れてください。",
            f"Give {en} from {least:,g} to {most:,g} {known.unit}.",
        )
    if known.kind == "list":
        return (
            "帯の名前を「, 」で区切って20個まで(英数字・ピリオド・ハイフン)。例: n78, n257",
            "Up to 20 band names parted by commas (letters, digits, dots, hyphens), e.g. n78, n257.",
        )
    if known.kind == "long":
        return "4,000文字までで入れてください。", "At most 4,000 characters."
    return "選び直してください。", "Choose again."
