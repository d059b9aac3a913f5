"""Pages on which staff upload lists: choose a list, drop a file, find what was sent before; the handbook for everybody."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from markupsafe import Markup
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.auth import Db
from app.accounts.sessions import SignedIn
from app.assets.lists import ASSETS
from app.lists import imports, recipes
from app.lists.kinds import ListKind, Owner
from app.lists.owners import owner_of_actor
from app.lists.publishing import table_of
from app.lists.sending import send_file
from app.problems import NOT_FOUND, Problem
from app.web.account_forms import account_page, go, look_up_viewer
from app.web.list_forms import ListImporter, ListSender, Uploaded, sent_file
from app.web.list_words import field_name, file_size, sentence, shown_value
from app.web.messages import LIST_MESSAGES, Language
from app.web.pages import json_for_html, page_language, render
from app.wifi.lists import WIFI

router = APIRouter(include_in_schema=False)
# A kind's name in the pages' addresses → the kind, and the beginning of its path in the API.
KINDS: dict[str, tuple[ListKind, str]] = {"assets": (ASSETS, "asset"), "wifi": (WIFI, "wifi")}
_SHOWN = 50  # imports in the history


def kind_of(name: str) -> ListKind:
    """The kind of list an address names. Raises Problem (404)."""
    if name not in KINDS:
        raise Problem(NOT_FOUND, "その種類の一覧はありません。", "There is no such kind of list.")
    return KINDS[name][0]


def list_page(
    request: Request, template: str, kind: ListKind, *, problem: Problem | None = None, **further: Any
) -> Response:
    """A page about a kind of list: it knows the kind, its pages and API, and the words its scripts say."""
    context: dict[str, Any] = {
        "kind": kind,
        "path": f"/lists/{kind.name}",
        "api": f"/api/v1/{KINDS[kind.name][1]}-imports",
        "collection": kind.view.replace("_", "-"),
        "file_size": file_size,
        "field_name": field_name,
        "shown_value": shown_value,
        "sentence": sentence,
        "script_words": Markup(json_for_html(_script_words(page_language(request)))),  # noqa: S704  `<`, `>`, `&` are escaped
    }
    return account_page(request, f"lists/{template}", problem=problem, **context, **further)


def _script_words(language: Language) -> dict[str, str]:
    words = LIST_MESSAGES[language].items()
    return {key: said for key, said in words if key.startswith(("lists.js.", "lists.progress."))}


@router.get("/lists")
def show_kinds(request: Request, viewer: ListImporter, db: Db) -> Response:
    """The kinds of lists, each with what is in force now."""
    with db.begin(viewer.actor) as session:
        owner = owner_of_actor(session, viewer.actor)
        standing = [(kind, *in_force(session, owner, kind)) for kind, _ in KINDS.values()]
    return account_page(request, "lists/index.html", owner=owner, standing=standing)


def in_force(session: Session, owner: Owner, kind: ListKind) -> tuple[int, Any]:
    """How many rows of the owner's list are in force, and since when the last of them."""
    row = session.execute(
        text(
            f"SELECT count(*), max(valid_from) FROM {table_of(kind).name} WHERE source_id = :source AND valid_to IS NULL"
        ),
        {"source": owner.source_id(kind.name)},
    ).one()
    return row[0], row[1]


@router.get("/lists/handbook", dependencies=[Depends(look_up_viewer)])
def show_handbook(request: Request) -> Response:
    """How to write a list, for municipalities."""
    return render(request, "lists/handbook.html")


@router.get("/lists/{kind_name}")
def show_kind(request: Request, viewer: ListImporter, db: Db, kind_name: str) -> Response:
    """Where a list is dropped, and what was sent before."""
    return _kind_page(request, viewer, db, kind_of(kind_name))


def _kind_page(
    request: Request, viewer: SignedIn, db: Db, kind: ListKind, *, problem: Problem | None = None
) -> Response:
    with db.begin(viewer.actor) as session:
        owner = owner_of_actor(session, viewer.actor)
        count, since = in_force(session, owner, kind)
        sent = imports.list_imports(session, kind, _SHOWN)
        names = names_of(session, sent)
        saved = recipes.list_recipes(session, kind)
    return list_page(
        request, "kind.html", kind, problem=problem, owner=owner, in_force=count, since=since, sent=sent, names=names,
        recipes=saved,
    )  # fmt: skip


def names_of(session: Session, found: Sequence[Mapping[str, Any]]) -> dict[UUID, str]:
    """Names of the people who sent, asked or agreed, as far as the viewer may know them."""
    ids = {row[name] for row in found for name in ("person_id", "asked_by", "approved_by") if row[name]}
    rows = session.execute(text("SELECT person_id, name FROM person WHERE person_id = ANY (:ids)"), {"ids": list(ids)})
    return {row.person_id: row.name for row in rows}


@router.post("/lists/{kind_name}")
def send_list(request: Request, viewer: ListSender, form: Uploaded, db: Db, kind_name: str) -> Response:
    """Take a file in; its page tells how far its examination is."""
    kind, actor = kind_of(kind_name), viewer.actor
    try:
        file = sent_file(form)
        choices = {"recipe": str(form["recipe"])} if form.get("recipe") else {}
        with db.begin(actor) as session:
            owner = owner_of_actor(session, actor)
            made = send_file(session, kind, owner, actor, file.filename or "", file.file, choices)
    except Problem as problem:
        return _kind_page(request, viewer, db, kind, problem=problem)
    return go(f"/lists/{kind.name}/{made['import_id']}")


@router.post("/lists/{kind_name}/recipes/{recipe_id}/delete")
def forget_recipe(request: Request, viewer: ListImporter, db: Db, kind_name: str, recipe_id: UUID) -> Response:
    """Forget a saved way of reading."""
    kind = kind_of(kind_name)
    try:
        with db.begin(viewer.actor) as session:
            recipes.delete_recipe(session, kind, recipe_id)
    except Problem as problem:
        return _kind_page(request, viewer, db, kind, problem=problem)
    return go(f"/lists/{kind.name}", done="list-recipe-forgotten")
