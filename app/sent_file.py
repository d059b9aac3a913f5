"""One file of a multipart form, read only after its sender is known to be permitted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO

from fastapi import Request
from starlette.datastructures import UploadFile

from app.problems import INVALID, Problem

FIELD_BYTES = 80_000  # of a field beside the file


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file somebody sent, at its beginning, closed after the request; and the form's other fields."""

    name: str
    file: BinaryIO
    fields: dict[str, str]


@asynccontextmanager
async def sent_file(request: Request) -> AsyncIterator[SentFile]:
    """The multipart field `file`, piece by piece onto the disk. Raises Problem (422).

    Used in dependencies, not body parameters: those are read before anybody asks who sends them.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Problem(INVALID, "multipart/form-data で file を送ってください。", "Send `file` as multipart/form-data.")
    async with request.form(max_files=1, max_fields=10, max_part_size=FIELD_BYTES) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem(INVALID, "file がありません。ファイルを選んでください。", "There is no `file`.")
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        yield SentFile(file.filename or "", file.file, fields)
