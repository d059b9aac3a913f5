"""Reading one file of a form: only after its sender is known to be permitted."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from fastapi import Request
from starlette.datastructures import UploadFile

from app.problems import INVALID, Problem

_FIELD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file somebody sent, at its beginning, closed after the request; and the form's other fields."""

    name: str
    file: BinaryIO
    fields: dict[str, str]


async def read_file(request: Request) -> AsyncIterator[SentFile]:
    """The multipart field `file`. Raises Problem (422).

    A dependency, not a body parameter: those are read before anybody asks who sends them.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Problem(INVALID, "multipart/form-data で file を送ってください。", "Send `file` as multipart/form-data.")
    async with request.form(max_files=1, max_fields=10, max_part_size=_FIELD_BYTES) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem(INVALID, "file がありません。ファイルを選んでください。", "There is no `file`.")
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        yield SentFile(file.filename or "", file.file, fields)


FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}
DOCUMENT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "document_type"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "document_type": {"type": "string", "description": "See `GET /api/v1/procedure`"},
                        "audience": {"type": "string", "enum": ["all", "inside"], "default": "all"},
                        "of_application": {
                            "type": "boolean",
                            "default": False,
                            "description": "For every site of the application",
                        },
                    },
                }
            }
        },
    }
}
