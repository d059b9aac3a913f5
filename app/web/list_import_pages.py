"""The page of one upload: file, columns, judgement, publication, with the table always in sight."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.auth import Db
from app.accounts.sessions import SignedIn
from app.lists import imports, publishing, recipes
from app.lists.differences import guard
from app.lists.imports import Import
from app.lists.kinds import ListKind
from app.lists.owners import owner_of_actor
from app.lists.publishing import table_of
from app.problems import INVALID, NOT_FOUND, Problem
from app.web.account_forms import Posted, go
from app.web.list_forms import ListImporter, read_choices
from app.web.list_pages import kind_of, list_page, names_of
from app.web.list_words import (
    by_level,
    kept_from_public,
    preview_columns,
    refused_values,
    share,
    steps_of,
    sureness,
    target_groups,
)

router = APIRouter(include_in_schema=False)
_LOST_SHOWN = 20
_FINDINGS_A_PAGE = 200
_LAYERS = {"assets": "assets,municipalities", "wifi": "municipalities,wifi-access-points"}
_WORKING = ("waiting", "examining", "publishing")
_PLACE = "/lists/{kind_name}/{import_id}"


@router.get(_PLACE)
def show_import(request: Request, viewer: ListImporter, db: Db, kind_name: str, import_id: UUID) -> Response:
    """One upload."""
    return _import_page(request, viewer, db, kind_of(kind_name), import_id)


def _import_page(
    request: Request,
    viewer: SignedIn,
    db: Db,
    kind: ListKind,
    import_id: UUID,
    *,
    problem: Problem | None = None,
    typed: Mapping[str, Any] | None = None,
) -> Response:
    with db.begin(viewer.actor) as session:
        found = imports.get_import(session, import_id, kind)
        context = _about(session, viewer, kind, found)
    return list_page(
        request, "import.html", kind, problem=problem, found=found, report=found["report"] or {}, typed=typed or {},
        working=found["state"] in _WORKING, steps=steps_of(found), target_groups=target_groups(kind), sureness=sureness,
        by_level=by_level, preview_columns=preview_columns, refused_values=refused_values(found["report"] or {}), share=share, headings=_headings(found), whole_address=_whole_address(request, kind, found),
        **publishing.outlook(found, viewer.actor), **context,
    )  # fmt: skip


def _headings(found: Mapping[str, Any]) -> dict[str, str]:
    return {column["letter"]: column["heading"] for column in (found["report"] or {}).get("columns", ())}


def _whole_address(request: Request, kind: ListKind, found: Mapping[str, Any]) -> str:
    """The page's address as a colleague can be told it."""
    origin = request.app.state.settings.public_url or str(request.base_url)
    return origin.rstrip("/") + address_of(kind, found)


def _about(session: Session, viewer: SignedIn, kind: ListKind, found: Import) -> dict[str, Any]:
    """What the page tells beyond the import itself."""
    report = found["report"] or {}
    owner = owner_of_actor(session, viewer.actor)
    is_published = found["state"] == "published"
    lost = (
        publishing.lost_by_undo(session, kind, found, _LOST_SHOWN) if is_published and not found["undoes"] else (0, [])
    )
    return {
        "owner": owner,
        "names": names_of(session, [found]),
        "recipes": recipes.list_recipes(session, kind),
        "map": _map_address(session, kind, owner.source_id(kind.name)) if is_published else None,
        "lost": {"total": lost[0], "rows": lost[1]},
        "reasons": guard(report["diff"], bool(found["settings"].get("retire_missing"))) if "diff" in report else [],
        "private_fields": kept_from_public(kind, report.get("columns", ())),
        "address": address_of(kind, found),
    }


def address_of(kind: ListKind, found: Mapping[str, Any]) -> str:
    """The page's path."""
    return f"/lists/{kind.name}/{found['import_id']}"


def _map_address(session: Session, kind: ListKind, source_id: str) -> str | None:
    """The map where the list lies; None for an empty list."""
    box = session.execute(
        text(
            "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM (SELECT ST_Expand(CAST(ST_Extent(geom) AS box2d),"
            f" 0.002) AS b FROM {table_of(kind).name} WHERE source_id = :source AND valid_to IS NULL) e WHERE b IS NOT NULL"
        ),
        {"source": source_id},
    ).one_or_none()
    if box is None:
        return None
    return "/?" + urlencode({"layers": _LAYERS[kind.name], "bbox": ",".join(f"{side:.5f}" for side in box)}, safe=",")


def _change(
    request: Request,
    viewer: SignedIn,
    db: Db,
    kind_name: str,
    import_id: UUID,
    form: Mapping[str, Any],
    change: Callable[[Session, ListKind, Import], str | None],
) -> Response:
    """Do something with an import as its page showed it, then show it again; `change` may say what was done."""
    kind = kind_of(kind_name)
    try:
        with db.begin(viewer.actor) as session:
            found = imports.get_import(session, import_id, kind, for_change=True)
            imports.match_version(found, f'"{form.get("version", "")}"')
            done = change(session, kind, found)
    except Problem as problem:
        if problem.kind is NOT_FOUND:
            raise
        return _import_page(request, viewer, db, kind, import_id, problem=problem, typed=dict(form))
    address = address_of(kind, found)
    return go(address, done=done) if done else go(address)


@router.post(_PLACE + "/settings")
def change_settings(
    request: Request, viewer: ListImporter, form: Posted, db: Db, kind_name: str, import_id: UUID
) -> Response:
    """Choose otherwise; what needs it is examined again."""

    def change(session: Session, kind: ListKind, found: Import) -> str | None:
        choices = read_choices(form, kind, found)
        if not choices:
            return None
        changed = imports.change_settings(session, found, choices)
        if changed["state"] == "waiting":
            imports.defer(session, "lists.examine", changed, viewer.actor)
        return None

    return _change(request, viewer, db, kind_name, import_id, form, change)


@router.post(_PLACE + "/recipe")
def use_recipe(
    request: Request, viewer: ListImporter, form: Posted, db: Db, kind_name: str, import_id: UUID
) -> Response:
    """Read the file as another one was read."""

    def change(session: Session, kind: ListKind, found: Import) -> str | None:
        wanted = recipes.with_recipe(session, kind, {"recipe": str(form.get("recipe", ""))})
        changed = imports.change_settings(session, found, wanted)
        imports.defer(session, "lists.examine", changed, viewer.actor)
        return None

    return _change(request, viewer, db, kind_name, import_id, form, change)


@router.post(_PLACE + "/recipes")
def save_recipe(
    request: Request, viewer: ListImporter, form: Posted, db: Db, kind_name: str, import_id: UUID
) -> Response:
    """Remember how this file is read, under a name."""

    def change(session: Session, kind: ListKind, found: Import) -> str | None:
        name = str(form.get("name", "")).strip()[:200]
        if not name:
            raise Problem(INVALID, "名前を入力してください。", "Give it a name.")
        recipes.save_recipe(session, kind, found, name)
        return "list-recipe"

    return _change(request, viewer, db, kind_name, import_id, form, change)


@router.post(_PLACE + "/publish")
def publish_import(
    request: Request, viewer: ListImporter, form: Posted, db: Db, kind_name: str, import_id: UUID
) -> Response:
    """Put the list in force, or ask the second person."""

    def change(session: Session, kind: ListKind, found: Import) -> str | None:
        publishing.ask_to_publish(session, found, viewer.actor)
        return None

    return _change(request, viewer, db, kind_name, import_id, form, change)


@router.post(_PLACE + "/undo")
def undo_import(
    request: Request, viewer: ListImporter, form: Posted, db: Db, kind_name: str, import_id: UUID
) -> Response:
    """Undo a published import; the page of the undoing follows."""
    kind = kind_of(kind_name)
    try:
        with db.begin(viewer.actor) as session:
            found = imports.get_import(session, import_id, kind, for_change=True)
            made = publishing.ask_to_undo(session, found, viewer.actor)
    except Problem as problem:
        if problem.kind is NOT_FOUND:
            raise
        return _import_page(request, viewer, db, kind, import_id, problem=problem)
    return go(address_of(kind, made))


@router.post(_PLACE + "/delete")
def delete_import(
    request: Request, viewer: ListImporter, form: Posted, db: Db, kind_name: str, import_id: UUID
) -> Response:
    """Forget an import that was never published."""
    kind = kind_of(kind_name)
    try:
        with db.begin(viewer.actor) as session:
            imports.delete_import(session, imports.get_import(session, import_id, kind, for_change=True))
    except Problem as problem:
        if problem.kind is NOT_FOUND:
            raise
        return _import_page(request, viewer, db, kind, import_id, problem=problem)
    return go(f"/lists/{kind.name}", done="list-deleted")


@router.get(_PLACE + "/findings")
def show_findings(
    request: Request, viewer: ListImporter, db: Db, kind_name: str, import_id: UUID, rule: str = "", after: int = 0
) -> Response:
    """Every cell one rule spoke about, page by page."""
    kind = kind_of(kind_name)
    with db.begin(viewer.actor) as session:
        found = imports.get_import(session, import_id, kind)
        rows = imports.read_findings(session, import_id, rule or None, max(after, 0), _FINDINGS_A_PAGE + 1)
    groups = [group for group in (found["report"] or {}).get("groups", ()) if group["rule"] == rule]
    if not groups:
        raise Problem(NOT_FOUND, "その指摘はありません。", "There is no such finding.")
    more = rows[_FINDINGS_A_PAGE - 1]["n"] if len(rows) > _FINDINGS_A_PAGE else None
    return list_page(
        request, "findings.html", kind, found=found, report=found["report"], group=groups[0],
        rows=rows[:_FINDINGS_A_PAGE], more=more, after=after, headings=_headings(found),
    )  # fmt: skip
