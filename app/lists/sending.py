"""Taking a list in: the bytes are kept, and their examination is put in the queue."""

from collections.abc import Mapping
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from app.accounts.actor import Actor, Service
from app.lists import imports, recipes
from app.lists.imports import Import
from app.lists.kinds import ListKind, Owner
from app.problems import INVALID, Problem


def send_file(
    session: Session,
    kind: ListKind,
    owner: Owner,
    who: Actor,
    name: str,
    file: BinaryIO,
    choices: Mapping[str, Any],
    *,
    publish_when_clean: bool = False,
) -> Import:
    """Keep a file and put its examination in the queue. Raises Problem (422) for an empty file, (404) for no such recipe."""
    settings = dict(choices)
    if publish_when_clean:
        settings["publish_when_clean"] = _asker(who)
    made = take_file(session, kind, owner, who, name, file, settings)
    imports.defer(session, "lists.examine", made, who)
    return made


def take_file(
    session: Session,
    kind: ListKind,
    owner: Owner,
    who: Actor | Service,
    name: str,
    file: BinaryIO,
    choices: Mapping[str, Any],
) -> Import:
    """Keep a file, to be examined. Raises Problem as `send_file` does."""
    if file.seek(0, 2) == 0:
        raise Problem(
            INVALID,
            "ファイルが空（0バイト）です。保存し直してから送ってください。",
            "The file is empty (0 bytes); save it again and send it.",
        )
    file.seek(0)
    settings = recipes.with_recipe(session, kind, choices)
    return imports.create_import(session, kind, owner, who, name, file, settings)


def _asker(who: Actor) -> dict[str, str]:
    return {
        "person_id": str(who.person_id), "organisation_id": str(who.organisation_id), "address": who.address,
        "request_id": who.request_id,
    }  # fmt: skip
