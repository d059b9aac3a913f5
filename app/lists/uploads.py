"""Reading an uploaded list: only after its sender is known to be permitted, piece by piece onto the disk."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO

import orjson
from fastapi import Depends, Request
from pydantic import ValidationError

from app.lists.schemas import Choices
from app.problems import INVALID, Problem
from app.sent_file import sent_file

_FAULTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A sent file and what was chosen with it; `file` is at its beginning and closed after the request."""

    name: str
    file: BinaryIO
    dry_run: bool
    choices: dict[str, Any]


async def read_upload(request: Request) -> AsyncIterator[Uploaded]:
    """The multipart fields `file`, `dry_run` and `settings`, as a dependency. Raises Problem (422)."""
    async with sent_file(request) as sent:
        dry_run = sent.fields.get("dry_run", "true").lower()
        if dry_run not in ("true", "false"):
            raise _invalid("dry_run は true か false です。", "dry_run is true or false.")
        choices = read_choices(sent.fields.get("settings", "{}"))
        yield Uploaded(sent.name, sent.file, dry_run == "true", choices)


Upload = Annotated[Uploaded, Depends(read_upload)]


def read_choices(written: str) -> dict[str, Any]:
    """Choices sent as JSON text. Raises Problem (422)."""
    try:
        return Choices.model_validate(orjson.loads(written)).model_dump(exclude_unset=True)
    except orjson.JSONDecodeError as error:
        raise _invalid(f"settings を読めません（{error}）。", f"settings cannot be read ({error}).") from None
    except ValidationError as error:
        said = _first_faults(error)
        raise _invalid(f"settings を読めません（{said}）。", f"settings cannot be read ({said}).") from None


def _first_faults(error: ValidationError) -> str:
    """A few of the faults, shortly: what was sent may be long, and is not sent back."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)[:_FAULTS_SHOWN]
    return "; ".join(f"{'.'.join(str(part)[:40] for part in fault['loc'])}: {fault['msg'][:100]}" for fault in faults)


def _invalid(ja: str, en: str) -> Problem:
    return Problem(INVALID, ja, en)


UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "The list: Excel, CSV, GeoJSON, …",
                        },
                        "dry_run": {
                            "type": "boolean",
                            "default": True,
                            "description": "false: publish by itself where nothing stands in the way",
                        },
                        "settings": {"type": "string", "description": "Choices as JSON text", "default": "{}"},
                    },
                }
            }
        },
    }
}
