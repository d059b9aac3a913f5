"""`/api/v1/asset-imports` and `/api/v1/wifi-imports`: the same operations for each kind of list."""

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse

from app.accounts.actor import Actor
from app.accounts.auth import AssetImporter, Db, GuardedRoute
from app.if_match import etag
from app.lists import imports, publishing, recipes, schemas
from app.lists.kinds import ListKind
from app.lists.owners import owner_of_actor
from app.lists.sending import send_file
from app.lists.template import template_csv, template_xlsx
from app.lists.uploads import UPLOAD_BODY, Upload
from app.lists.workbook import mended_workbook

IfMatch = Annotated[str | None, Header(max_length=100)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}, "description": "The file"}}
_SHEET: dict[int | str, dict[str, Any]] = {200: {"content": {XLSX: {}}, "description": "A workbook"}}


def imports_router(kind: ListKind, prefix: str) -> APIRouter:
    """Every operation on imports of one kind of list, under `/api/v1/{prefix}-imports`."""
    router = APIRouter(prefix=f"/api/v1/{prefix}-imports", route_class=GuardedRoute, tags=[f"{prefix} imports"])
    _add_templates(router, kind, prefix)
    _add_recipes(router, kind, prefix)
    _add_sending(router, kind, prefix)
    _add_reading(router, kind, prefix)
    _add_changing(router, kind, prefix)
    _add_files(router, kind, prefix)
    _add_publishing(router, kind, prefix)
    return router


def attachment(name: str) -> dict[str, str]:
    """Headers of a download, named in any script (RFC 6266)."""
    from urllib.parse import quote

    return {
        "Content-Disposition": f"attachment; filename=\"list\"; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def _add_templates(router: APIRouter, kind: ListKind, prefix: str) -> None:
    @router.get("/template.xlsx", name=f"{prefix}_template_xlsx", response_class=Response, responses=_SHEET)
    def read_template_xlsx() -> Response:
        """The common format as a workbook with choices, notes and an example."""
        return Response(template_xlsx(kind), media_type=XLSX, headers=attachment(f"{kind.ja}_様式.xlsx"))

    @router.get("/template.csv", name=f"{prefix}_template_csv", response_class=Response, responses=_FILE)
    def read_template_csv() -> Response:
        """The common format as CSV (UTF-8 with BOM)."""
        return Response(
            template_csv(kind), media_type="text/csv; charset=utf-8", headers=attachment(f"{kind.ja}_様式.csv")
        )


def _add_recipes(router: APIRouter, kind: ListKind, prefix: str) -> None:
    @router.get("/recipes", name=f"{prefix}_recipes")
    def read_recipes(actor: AssetImporter, db: Db) -> list[schemas.Recipe]:
        """Saved ways of reading of my organisation."""
        with db.begin(actor) as session:
            return [schemas.Recipe.model_validate(row) for row in recipes.list_recipes(session, kind)]

    @router.post("/recipes", status_code=201, name=f"{prefix}_recipe_save")
    def save_recipe(actor: AssetImporter, db: Db, wanted: schemas.RecipeRequest) -> schemas.Recipe:
        """Remember how an import is read, under a name."""
        with db.begin(actor) as session:
            found = imports.get_import(session, wanted.import_id, kind)
            return schemas.Recipe.model_validate(recipes.save_recipe(session, kind, found, wanted.name))

    @router.delete("/recipes/{recipe_id}", status_code=204, name=f"{prefix}_recipe_delete")
    def delete_recipe(actor: AssetImporter, db: Db, recipe_id: UUID) -> None:
        """Forget a saved way of reading."""
        with db.begin(actor) as session:
            recipes.delete_recipe(session, kind, recipe_id)


def _add_sending(router: APIRouter, kind: ListKind, prefix: str) -> None:
    @router.post("", status_code=202, name=f"{prefix}_import_send", openapi_extra=UPLOAD_BODY)
    def send_list(
        actor: AssetImporter,
        db: Db,
        upload: Upload,
        response: Response,
    ) -> schemas.Import:
        """Send a list. It is examined in the background; read the import at `Location` for progress and report."""
        with db.begin(actor) as session:
            owner = owner_of_actor(session, actor)
            made = send_file(
                session, kind, owner, actor, upload.name, upload.file, upload.choices,
                publish_when_clean=not upload.dry_run,
            )  # fmt: skip
        return answer(response, made, actor, prefix)


def _add_reading(router: APIRouter, kind: ListKind, prefix: str) -> None:
    @router.get("", name=f"{prefix}_imports")
    def read_imports(
        actor: AssetImporter, db: Db, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> list[schemas.ImportSummary]:
        """My organisation's imports, newest first."""
        with db.begin(actor) as session:
            found = imports.list_imports(session, kind, limit)
        return [schemas.ImportSummary.model_validate(row, extra="ignore") for row in found]

    @router.get("/{import_id}", name=f"{prefix}_import")
    def read_import(actor: AssetImporter, db: Db, import_id: UUID, response: Response) -> schemas.Import:
        """One import: how far it is, what was found, what can be done."""
        with db.begin(actor) as session:
            found = imports.get_import(session, import_id, kind)
        return answer(response, found, actor, prefix)


def _add_changing(router: APIRouter, kind: ListKind, prefix: str) -> None:
    @router.patch("/{import_id}", status_code=202, name=f"{prefix}_import_change")
    def change_import(
        actor: AssetImporter,
        db: Db,
        import_id: UUID,
        choices: schemas.Choices,
        response: Response,
        if_match: IfMatch = None,
    ) -> schemas.Import:
        """Choose otherwise (sheet, columns, datum, …); what needs it is examined again."""
        with db.begin(actor) as session:
            found = imports.get_import(session, import_id, kind, for_change=True)
            imports.match_version(found, if_match)
            wanted = recipes.with_recipe(session, kind, choices.model_dump(exclude_unset=True))
            changed = imports.change_settings(session, found, wanted)
            if changed["state"] == "waiting":
                imports.defer(session, "lists.examine", changed, actor)
        return answer(response, changed, actor, prefix)

    @router.delete("/{import_id}", status_code=204, name=f"{prefix}_import_delete")
    def delete_import(actor: AssetImporter, db: Db, import_id: UUID) -> None:
        """Forget an import that was never published, with its file."""
        with db.begin(actor) as session:
            imports.delete_import(session, imports.get_import(session, import_id, kind, for_change=True))


def _add_files(router: APIRouter, kind: ListKind, prefix: str) -> None:
    @router.get("/{import_id}/findings", name=f"{prefix}_import_findings")
    def read_findings(
        actor: AssetImporter,
        db: Db,
        import_id: UUID,
        rule: Annotated[str | None, Query(max_length=100, pattern="^[a-z0-9-]+$")] = None,
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> list[schemas.Finding]:
        """What was mended, is doubtful or wrong, cell by cell, in the order of the file."""
        with db.begin(actor) as session:
            imports.get_import(session, import_id, kind)
            found = imports.read_findings(session, import_id, rule, after, limit)
        return [schemas.Finding.model_validate(row, extra="ignore") for row in found]

    @router.get("/{import_id}/workbook", name=f"{prefix}_import_workbook", response_class=Response, responses=_SHEET)
    def read_workbook(actor: AssetImporter, db: Db, import_id: UUID) -> Response:
        """「直して返す」: the sender's own workbook, mended where safe and marked where not."""
        name, content = mended_workbook(db, actor, kind, import_id)
        return Response(content, media_type=XLSX, headers=attachment(name))

    @router.get("/{import_id}/file", name=f"{prefix}_import_file", response_class=Response, responses=_FILE)
    def read_file(actor: AssetImporter, db: Db, import_id: UUID) -> Response:
        """The file as it was sent, byte for byte."""
        with db.begin(actor) as session:
            found = imports.get_import(session, import_id, kind)

        def pieces() -> Iterator[bytes]:
            with db.begin(actor) as session:
                yield from imports.read_part(session, import_id, "file")

        headers = attachment(found["file_name"]) | {"Content-Length": str(found["file_bytes"])}
        return StreamingResponse(pieces(), media_type="application/octet-stream", headers=headers)


def _add_publishing(router: APIRouter, kind: ListKind, prefix: str) -> None:
    @router.post("/{import_id}/publish", status_code=202, name=f"{prefix}_import_publish")
    def publish_import(
        actor: AssetImporter, db: Db, import_id: UUID, response: Response, if_match: IfMatch = None
    ) -> schemas.Import:
        """Put the list in force. Where very much changes, the first call asks and a second editor's call publishes."""
        with db.begin(actor) as session:
            found = imports.get_import(session, import_id, kind, for_change=True)
            imports.match_version(found, if_match)
            asked = publishing.ask_to_publish(session, found, actor)
        return answer(response, asked, actor, prefix)

    @router.get("/{import_id}/undo", name=f"{prefix}_import_loss")
    def read_loss(actor: AssetImporter, db: Db, import_id: UUID) -> schemas.Loss:
        """What undoing the import would lose: rows changed again since."""
        with db.begin(actor) as session:
            total, rows = publishing.lost_by_undo(session, kind, imports.get_import(session, import_id, kind), 200)
        return schemas.Loss(total=total, rows=[schemas.LostRow.model_validate(row) for row in rows])

    @router.post("/{import_id}/undo", status_code=202, name=f"{prefix}_import_undo")
    def undo_import(actor: AssetImporter, db: Db, import_id: UUID, response: Response) -> schemas.Import:
        """Undo a published import; the answer is the import that undoes it."""
        with db.begin(actor) as session:
            found = imports.get_import(session, import_id, kind, for_change=True)
            made = publishing.ask_to_undo(session, found, actor)
        return answer(response, made, actor, prefix)


def answer(response: Response, found: imports.Import, actor: Actor, prefix: str) -> schemas.Import:
    """An import for the wire, with its ETag, address, and what the caller may do now."""
    response.headers["ETag"] = etag(found)
    response.headers["Location"] = f"/api/v1/{prefix}-imports/{found['import_id']}"
    response.headers["Cache-Control"] = "no-store"
    return schemas.Import.model_validate({**found, **publishing.outlook(found, actor)}, extra="ignore")
