"""`/api/v1`: one's own account, people of organisations, organisations, the audit trail."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.accounts import audit, me, people, schemas, tokens
from app.accounts.auth import (
    AccountHolder,
    Auditor,
    Db,
    GuardedRoute,
    OrganisationsManager,
    PeopleManager,
    PeopleReader,
    find_signed_in,
)
from app.accounts.inviting import invite_and_mail
from app.accounts.organisations import change_organisation, create_organisation, get_organisation, list_organisations
from app.accounts.permissions import OrganisationKind
from app.accounts.trail import find_events, to_csv

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["accounts"])


@router.get("/me")
def read_me(request: Request, actor: AccountHolder) -> schemas.Me:
    """Who I am and for whom I act."""
    signed_in = find_signed_in(request)
    return schemas.Me(
        person_id=actor.person_id,
        name=signed_in.name if signed_in else "",
        language=signed_in.language if signed_in else "ja",
        organisation_id=actor.organisation_id,
        organisation_kind=actor.organisation_kind,
        roles=sorted(actor.roles),
        permissions=sorted(actor.permissions),
    )


@router.patch("/me", status_code=204)
def change_me(actor: AccountHolder, db: Db, change: schemas.MeChange) -> None:
    """Change my name or language."""
    with db.begin(actor) as session:
        me.change_me(session, actor, change.model_dump(exclude_none=True))


@router.get("/me/tokens")
def read_tokens(actor: AccountHolder, db: Db) -> list[schemas.Token]:
    """My API tokens, without their secrets."""
    with db.begin(actor) as session:
        return [schemas.Token(**row) for row in tokens.list_tokens(session, actor)]


@router.post("/me/tokens", status_code=201)
def make_token(actor: AccountHolder, db: Db, wanted: schemas.TokenRequest) -> schemas.NewToken:
    """Make an API token; its secret is in this answer and never again."""
    with db.begin(actor) as session:
        made = tokens.create_token(session, actor, name=wanted.name, scopes=wanted.scopes, days=wanted.days)
    return schemas.NewToken(**made)


@router.delete("/me/tokens/{prefix}", status_code=204)
def end_token(actor: AccountHolder, db: Db, prefix: str) -> None:
    """Revoke a token at once."""
    with db.begin(actor) as session:
        tokens.revoke_token(session, prefix)


@router.get("/people")
def read_people(actor: PeopleReader, db: Db) -> list[schemas.Membership]:
    """People of my organisation."""
    with db.begin(actor) as session:
        return [schemas.Membership(**row) for row in people.list_people(session, actor.organisation_id)]


@router.post("/memberships", status_code=201)
def begin_membership(actor: PeopleManager, db: Db, wanted: schemas.MembershipRequest) -> dict[str, UUID]:
    """Give a colleague a further role."""
    people.check_role(actor, actor.organisation_kind, wanted.role)
    with db.begin(actor) as session:
        people.get_colleague(session, actor.organisation_id, wanted.person_id)
        membership_id = people.add_membership(session, wanted.person_id, actor.organisation_id, wanted.role)
    return {"membership_id": membership_id}


@router.delete("/memberships/{membership_id}", status_code=204)
def end_membership(actor: PeopleManager, db: Db, membership_id: UUID) -> None:
    """End a membership; its sessions and tokens end with it."""
    with db.begin(actor) as session:
        people.end_membership(session, membership_id)


@router.get("/invitations")
def read_invitations(actor: PeopleManager, db: Db) -> list[schemas.Invitation]:
    """Open invitations of my organisation."""
    with db.begin(actor) as session:
        return [schemas.Invitation(**row) for row in people.list_invitations(session, actor.organisation_id)]


@router.post("/invitations", status_code=201)
def invite(request: Request, actor: PeopleManager, db: Db, wanted: schemas.InvitationRequest) -> schemas.Invitation:
    """Invite somebody by e-mail to a role in my organisation."""
    row = invite_and_mail(
        db, request.app.state.settings, actor, actor.organisation_id, actor.organisation_kind, wanted.email, wanted.role
    )
    return schemas.Invitation(**row)


@router.delete("/invitations/{invitation_id}", status_code=204)
def revoke_invitation(actor: PeopleManager, db: Db, invitation_id: UUID) -> None:
    """Take an open invitation back."""
    with db.begin(actor) as session:
        people.revoke_invitation(session, invitation_id)


@router.get("/organisations")
def read_organisations(actor: OrganisationsManager, db: Db) -> list[schemas.Organisation]:
    """Every organisation."""
    with db.begin(actor) as session:
        return [schemas.Organisation(**row) for row in list_organisations(session)]


@router.post("/organisations", status_code=201)
def add_organisation(actor: OrganisationsManager, db: Db, wanted: schemas.OrganisationRequest) -> schemas.Organisation:
    """Add an organisation."""
    with db.begin(actor) as session:
        return schemas.Organisation(**create_organisation(session, wanted.model_dump()))


@router.put("/organisations/{organisation_id}")
def put_organisation(
    actor: OrganisationsManager, db: Db, organisation_id: UUID, wanted: schemas.OrganisationRequest
) -> schemas.Organisation:
    """Change an organisation, e.g. the period of a window contractor."""
    with db.begin(actor) as session:
        return schemas.Organisation(**change_organisation(session, organisation_id, wanted.model_dump()))


@router.post("/organisations/{organisation_id}/invitations", status_code=201)
def invite_to(
    request: Request, actor: OrganisationsManager, db: Db, organisation_id: UUID, wanted: schemas.InvitationRequest
) -> schemas.Invitation:
    """Invite the first person of any organisation."""
    with db.begin(actor) as session:
        kind = OrganisationKind(get_organisation(session, organisation_id)["kind"])
    row = invite_and_mail(db, request.app.state.settings, actor, organisation_id, kind, wanted.email, wanted.role)
    return schemas.Invitation(**row)


@router.get("/audit-events", response_model=list[schemas.AuditEvent])
def read_audit(
    actor: Auditor,
    db: Db,
    action: Annotated[
        str | None, Query(max_length=100, description="Beginning of the action, e.g. `membership`")
    ] = None,
    subject: Annotated[str | None, Query(max_length=200)] = None,
    person_id: UUID | None = None,
    organisation_id: UUID | None = None,
    before: Annotated[int | None, Query(ge=1, description="Only rows with a smaller audit_id: the next page")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    f: Annotated[str, Query(pattern="^(json|csv)$")] = "json",
) -> Any:
    """Search the audit trail, newest first; `f=csv` for a table. Reading it is recorded in it."""
    with db.begin(actor) as session:
        rows = find_events(
            session, action=action, subject=subject, person_id=person_id, organisation_id=organisation_id, before=before,
            limit=limit,
        )  # fmt: skip
        audit.record(session, "audit.read", None, after={"rows": len(rows), "action": action, "subject": subject})
    if f == "csv":
        headers = {"Content-Disposition": "attachment; filename=audit.csv"}
        return Response(to_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)
    return [schemas.AuditEvent(**row) for row in rows]
