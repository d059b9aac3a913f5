"""Every organisation, for the system admin: add, change, invite the first person."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from app.accounts import schemas
from app.accounts.auth import Db
from app.accounts.inviting import invite_and_mail
from app.accounts.organisations import change_organisation, create_organisation, get_organisation, list_organisations
from app.accounts.permissions import OrganisationKind, roles_to_give
from app.accounts.sessions import SignedIn
from app.problems import Problem
from app.web.account_forms import OrganisationsLeader, Posted, account_page, go
from app.web.account_pages import input_problem
from app.web.organisation_pages import read_invitation, typed_invitation

router = APIRouter(include_in_schema=False)

_FIELDS = ("kind", "name", "name_en", "municipality_code", "contract_from", "contract_to")


@router.get("/organisations")
def show_organisations(request: Request, viewer: OrganisationsLeader, db: Db) -> Response:
    """Every organisation."""
    with db.begin(viewer.actor) as session:
        found = list_organisations(session)
    return account_page(request, "organisations.html", organisations=found)


@router.get("/organisations/new")
def show_new(request: Request, viewer: OrganisationsLeader) -> Response:
    """An empty form."""
    return _form(request, viewer, None, {"kind": OrganisationKind.CARRIER.value})


@router.get("/organisations/{organisation_id}")
def show_one(request: Request, viewer: OrganisationsLeader, db: Db, organisation_id: UUID) -> Response:
    """One organisation to change."""
    with db.begin(viewer.actor) as session:
        return _form(request, viewer, organisation_id, get_organisation(session, organisation_id))


def _form(
    request: Request,
    viewer: SignedIn,
    organisation_id: UUID | None,
    typed: dict[str, Any],
    problem: Problem | None = None,
) -> Response:
    known = typed.get("kind") in {kind.value for kind in OrganisationKind}
    kind = OrganisationKind(typed["kind"]) if known else OrganisationKind.CARRIER
    return account_page(
        request, "organisation_edit.html", problem=problem, organisation_id=organisation_id,
        typed={"email": "", "role": "", **dict.fromkeys(_FIELDS), **typed},
        kinds=[kind.value for kind in OrganisationKind], roles=roles_to_give(viewer.actor.permissions, kind),
    )  # fmt: skip


def _read(form: Posted) -> dict[str, Any]:
    return {name: str(form.get(name, "")).strip() or None for name in _FIELDS}


def _wanted(typed: dict[str, Any]) -> dict[str, Any]:
    try:
        return schemas.OrganisationRequest.model_validate(typed).model_dump()
    except ValidationError as error:
        raise input_problem(error) from None


@router.post("/organisations/new")
def add_organisation(request: Request, viewer: OrganisationsLeader, form: Posted, db: Db) -> Response:
    """Add an organisation, and go on to invite its first person."""
    typed = _read(form)
    try:
        with db.begin(viewer.actor) as session:
            made = create_organisation(session, _wanted(typed))
    except Problem as problem:
        return _form(request, viewer, None, typed, problem)
    return go(f"/organisations/{made['organisation_id']}", done="saved")


@router.post("/organisations/{organisation_id}")
def put_organisation(
    request: Request, viewer: OrganisationsLeader, form: Posted, db: Db, organisation_id: UUID
) -> Response:
    """Change an organisation."""
    typed = _read(form)
    try:
        with db.begin(viewer.actor) as session:
            change_organisation(session, organisation_id, _wanted(typed))
    except Problem as problem:
        return _form(request, viewer, organisation_id, typed, problem)
    return go(f"/organisations/{organisation_id}", done="saved")


@router.post("/organisations/{organisation_id}/invitations")
def invite_first(
    request: Request, viewer: OrganisationsLeader, form: Posted, db: Db, organisation_id: UUID
) -> Response:
    """Invite the first person of an organisation."""
    with db.begin(viewer.actor) as session:
        organisation = get_organisation(session, organisation_id)
    typed = typed_invitation(form)
    try:
        wanted = read_invitation(typed)
        kind = OrganisationKind(organisation["kind"])
        invite_and_mail(db, request.app.state.settings, viewer.actor, organisation_id, kind, wanted.email, wanted.role)
    except Problem as problem:
        return _form(request, viewer, organisation_id, {**organisation, **typed}, problem)
    return go(f"/organisations/{organisation_id}", done="invited")
