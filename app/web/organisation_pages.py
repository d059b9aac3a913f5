"""My organisation: its people, their roles, invitations."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from app.accounts import people, schemas
from app.accounts.auth import Db
from app.accounts.inviting import invite_and_mail
from app.accounts.organisations import get_organisation
from app.accounts.permissions import Permission, Role, roles_to_give
from app.accounts.sessions import SignedIn
from app.problems import INVALID, Problem
from app.web.account_forms import PeopleLeader, PeopleViewer, Posted, account_page, go
from app.web.account_pages import id_of, input_problem

router = APIRouter(include_in_schema=False)


@router.get("/organisation")
def show_organisation(request: Request, viewer: PeopleViewer, db: Db) -> Response:
    """People of my organisation; for its admin also invitations and roles."""
    return _organisation(request, viewer, db)


def _organisation(
    request: Request,
    viewer: SignedIn,
    db: Db,
    *,
    problem: Problem | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    actor = viewer.actor
    leads = Permission.PEOPLE_MANAGE in actor.permissions
    with db.begin(actor) as session:
        organisation = get_organisation(session, actor.organisation_id)
        found = people.list_people(session, actor.organisation_id)
        invitations = people.list_invitations(session, actor.organisation_id) if leads else []
    return account_page(
        request, "organisation.html", problem=problem, organisation=organisation, people=found, leads=leads,
        invitations=invitations, names={str(person["person_id"]): person["name"] for person in found},
        roles=roles_to_give(actor.permissions, actor.organisation_kind), typed=typed or {"email": "", "role": ""},
    )  # fmt: skip


@router.post("/organisation/invitations")
def invite(request: Request, viewer: PeopleLeader, form: Posted, db: Db) -> Response:
    """Invite somebody to my organisation."""
    actor, typed = viewer.actor, typed_invitation(form)
    try:
        wanted = read_invitation(typed)
        invite_and_mail(
            db,
            request.app.state.settings,
            actor,
            actor.organisation_id,
            actor.organisation_kind,
            wanted.email,
            wanted.role,
        )
    except Problem as problem:
        return _organisation(request, viewer, db, problem=problem, typed=typed)
    return go("/organisation", done="invited")


def typed_invitation(form: Posted) -> dict[str, str]:
    """What was typed to invite somebody."""
    return {"email": str(form.get("email", "")), "role": str(form.get("role", ""))}


def read_invitation(typed: dict[str, str]) -> schemas.InvitationRequest:
    """An invitation as typed. Raises Problem (422)."""
    try:
        return schemas.InvitationRequest.model_validate(typed)
    except ValidationError as error:
        raise input_problem(error) from None


@router.post("/organisation/invitations/{invitation_id}/revoke")
def revoke_invitation(request: Request, viewer: PeopleLeader, db: Db, invitation_id: UUID) -> Response:
    """Take an invitation back."""
    try:
        with db.begin(viewer.actor) as session:
            people.revoke_invitation(session, invitation_id)
    except Problem as problem:
        return _organisation(request, viewer, db, problem=problem)
    return go("/organisation", done="invitation-revoked")


@router.post("/organisation/memberships")
def begin_membership(request: Request, viewer: PeopleLeader, form: Posted, db: Db) -> Response:
    """Give a colleague a further role."""
    actor = viewer.actor
    try:
        role = _role(form.get("role"))
        people.check_role(actor, actor.organisation_kind, role)
        with db.begin(actor) as session:
            person: dict[str, Any] = people.get_colleague(session, actor.organisation_id, id_of(form.get("person_id")))
            people.add_membership(session, person["person_id"], actor.organisation_id, role)
    except Problem as problem:
        return _organisation(request, viewer, db, problem=problem)
    return go("/organisation", done="role")


def _role(given: object) -> Role:
    if given not in {role.value for role in Role}:
        raise Problem(INVALID, "知らない役割です。", "There is no such role.")
    return Role(str(given))


@router.post("/organisation/memberships/{membership_id}/end")
def end_membership(request: Request, viewer: PeopleLeader, db: Db, membership_id: UUID) -> Response:
    """End a role; the last one ends the person's sessions and tokens here."""
    try:
        with db.begin(viewer.actor) as session:
            people.end_membership(session, membership_id)
    except Problem as problem:
        return _organisation(request, viewer, db, problem=problem)
    return go("/organisation", done="ended")
