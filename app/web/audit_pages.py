"""The auditor's page: search the trail, take it along as CSV, verify its chain."""

import time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.accounts import audit, people
from app.accounts.actor import Service
from app.accounts.auth import Db, client_address, request_id
from app.accounts.organisations import list_organisations
from app.accounts.sessions import SignedIn
from app.accounts.trail import find_events, name_people, to_csv
from app.problems import INVALID, Problem
from app.web.account_forms import AuditViewer, account_page
from app.web.account_words import local_instant

router = APIRouter(include_in_schema=False)

PAGE_ROWS, CSV_ROWS = 50, 10_000
_ASKED = ("action", "subject", "who", "organisation_id")


@router.get("/audit")
def show_audit(request: Request, viewer: AuditViewer, db: Db, f: str = "html") -> Response:
    """Events that match, newest first; `f=csv` as a table. Reading is itself recorded."""
    asked = {name: request.query_params.get(name, "").strip()[:254] for name in _ASKED}
    try:
        before = _number(request.query_params.get("before"))
        rows = _find(db, viewer, asked, before, CSV_ROWS if f == "csv" else PAGE_ROWS)
    except Problem as problem:
        return _page(request, db, asked, [], problem=problem)
    if f == "csv":
        headers = {"Content-Disposition": "attachment; filename=audit.csv", "Cache-Control": "no-store"}
        return Response(to_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)
    return _page(request, db, asked, rows)


def _find(db: Db, viewer: SignedIn, asked: dict[str, str], before: int | None, limit: int) -> list[dict[str, Any]]:
    with db.begin(Service("sign-in")) as session:
        person_id = people.find_person_id(session, asked["who"]) if "@" in asked["who"] else _id(asked["who"])
    with db.begin(viewer.actor) as session:
        rows = find_events(
            session, action=asked["action"] or None, subject=asked["subject"] or None, person_id=person_id,
            organisation_id=_id(asked["organisation_id"]), before=before, limit=limit,
        )  # fmt: skip
        said = {name: value for name, value in asked.items() if value}
        audit.record(session, "audit.read", None, after={"rows": len(rows), **said})
    return rows


def _id(given: str) -> UUID | None:
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError:
        raise Problem(
            INVALID,
            "「誰が」にはメールアドレスか利用者のID、「組織」には組織のIDを入れてください。",
            "Give an address or a person's id, and an organisation's id.",
        ) from None


def _number(given: str | None) -> int | None:
    return int(given) if given and given.isascii() and given.isdigit() and len(given) < 18 else None


def _page(
    request: Request,
    db: Db,
    asked: dict[str, str],
    rows: list[dict[str, Any]],
    *,
    problem: Problem | None = None,
    verdict: audit.Verdict | None = None,
    seconds: str = "",
) -> Response:
    anchors = audit.read_anchors(request.app.state.settings.audit_anchor_file)
    with db.begin(Service("sign-in")) as session:
        names, organisations = name_people(session, rows), list_organisations(session)
    kept = {name: value for name, value in asked.items() if value}
    more = rows[-1]["audit_id"] if len(rows) == PAGE_ROWS and rows[-1]["audit_id"] > 1 else None
    return account_page(
        request, "audit.html", problem=problem, asked=asked, events=rows, names=names,
        organisations=organisations, verdict=verdict, seconds=seconds,
        anchors=len(anchors), last_anchor=local_instant(anchors[-1]["at"]) if anchors else None,
        next_page=f"/audit?{urlencode({**kept, 'before': more})}" if more else None,
    )  # fmt: skip


@router.post("/audit/verify")
def verify_audit(request: Request, viewer: AuditViewer, db: Db) -> Response:
    """Recompute the whole chain now, and say whether it holds."""
    anchors = audit.read_anchors(request.app.state.settings.audit_anchor_file)
    started = time.perf_counter()
    who = Service("audit", address=client_address(request), request_id=request_id(request))
    with db.begin(who) as session:
        verdict = audit.verify(session, anchors)
    seconds = f"{time.perf_counter() - started:.1f}"
    with db.begin(viewer.actor) as session:
        audit.record(session, "audit.verify", None, after={"rows": verdict.rows, "bad_row": verdict.bad_row})
    asked = dict.fromkeys(_ASKED, "")
    rows = _find(db, viewer, asked, None, PAGE_ROWS)
    return _page(request, db, asked, rows, verdict=verdict, seconds=seconds)
