"""Giving all cases of one window contractor to the next: how many first, then in one audited act."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.auth import Db
from app.accounts.permissions import Permission
from app.accounts.sessions import SignedIn
from app.applications.handling import hand_over
from app.problems import INVALID, Problem
from app.web.account_forms import PageRequires, Posted, account_page
from app.web.case_forms import id_in

router = APIRouter(include_in_schema=False)
HandOverLeader = Annotated[SignedIn, Depends(PageRequires(Permission.CASES_HAND_OVER))]


@router.get("/admin/hand-over")
def show_hand_over(request: Request, viewer: HandOverLeader, db: Db) -> Response:
    """From whom to whom; with both chosen, how many cases that would be."""
    query = request.query_params
    return _page(request, viewer, db, id_in(query.get("from", "")), id_in(query.get("to", "")))


@router.post("/admin/hand-over")
def take_over(request: Request, viewer: HandOverLeader, form: Posted, db: Db) -> Response:
    """Hand them over."""
    giver, taker = id_in(str(form.get("from", ""))), id_in(str(form.get("to", "")))
    try:
        if giver is None or taker is None:
            raise Problem(INVALID, "引き継ぐ側と引き継がれる側を選んでください。", "Choose both contractors.")
        with db.begin(viewer.actor) as session:
            moved = hand_over(session, giver, taker)
    except Problem as problem:
        return _page(request, viewer, db, giver, taker, problem=problem)
    return _page(request, viewer, db, None, None, moved=moved)


def _page(
    request: Request, viewer: SignedIn, db: Db, giver: UUID | None, taker: UUID | None, **further: Any
) -> Response:
    with db.begin(viewer.actor) as session:
        contractors = _contractors(session)
    names = {one["organisation_id"]: one for one in contractors}
    is_chosen = giver in names and taker in names and giver != taker
    return account_page(
        request, "cases/hand_over.html", contractors=contractors, giver=names.get(giver), taker=names.get(taker),
        is_chosen=is_chosen, **{"moved": None, **further},
    )  # fmt: skip


def _contractors(session: Session) -> list[dict[str, Any]]:
    """Window contractors with the number of cases that lie with each."""
    rows = session.execute(
        text(
            "SELECT o.organisation_id, o.name, o.contract_from, o.contract_to, cases_of_contractor(o.organisation_id) AS cases"
            " FROM organisation o WHERE o.kind = 'window' ORDER BY o.contract_from NULLS LAST, o.name"
        )
    )
    return [dict(row._mapping) for row in rows]
