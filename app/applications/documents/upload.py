"""Reading one file of a form: only after its sender is known to be permitted."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request

from app.sent_file import SentFile, sent_file


async def read_file(request: Request) -> AsyncIterator[SentFile]:
    """The multipart field `file`, as a dependency. Raises Problem (422)."""
    async with sent_file(request) as sent:
        yield sent


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
