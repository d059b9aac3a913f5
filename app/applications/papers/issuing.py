"""Papers that steps give rise to: 照会書, 補正通知, 回答書, 許可書, 不許可通知. Made by the worker after the step, each once."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Service, Transactions
from app.applications.deadlines import closures_of
from app.applications.documents.files import examine
from app.applications.documents.versions import add_document
from app.applications.papers.facts import (
    Appeal,
    CorrectionFacts,
    CorrectionItem,
    DenialFacts,
    EnquiryFacts,
    Item,
    Letterhead,
    PaperFacts,
    PaperKind,
    PermitFacts,
    PermitForm,
    Place,
    ReplyFacts,
)
from app.applications.papers.pdf import render_paper
from app.applications.plan_words import FIELDS, plan_value
from app.applications.sites import SiteRow, lock_site
from app.applications.standard_procedure import DOCUMENT_TYPES, REASON_CODES
from app.clock import add_business_days, today

WORKER = Service("worker")
# action → (kind of paper, type of document)
PAPERS: Mapping[str, tuple[PaperKind, str]] = {
    "refer": (PaperKind.ENQUIRY, "enquiry_letter"),
    "deem_complete": (PaperKind.ENQUIRY, "enquiry_letter"),
    "request_correction": (PaperKind.CORRECTION, "correction_letter"),
    "pass_first_review": (PaperKind.REPLY, "reply_letter"),
    "waive_survey": (PaperKind.REPLY, "reply_letter"),
    "decline": (PaperKind.REPLY, "reply_letter"),
    "permit": (PaperKind.PERMIT, "permit_letter"),
    "renew": (PaperKind.PERMIT, "permit_letter"),
    "deny": (PaperKind.DENIAL, "denial_letter"),
}
_LEASES = frozenset({"lease_administrative", "lease_ordinary", "agreement"})
_FIRST_ANSWER_DAYS = 15
_CLAUSES = {
    "use_permission": "地方自治法第238条の4第7項",
    "lease_administrative": "地方自治法第238条の4第2項第4号",
    "lease_ordinary": "地方自治法第238条の5第1項",
    "road_occupancy": "道路法第32条第1項",
    "agreement": "当事者の合意",
}


def ask_for_paper(session: Session, site_id: UUID, action: str, n: int) -> None:
    """Have the worker make the paper of a step once this transaction is over; nothing for steps without one."""
    if action in PAPERS:
        session.execute(
            text("SELECT public.defer_job('window.paper', CAST(:arguments AS jsonb), NULL)"),
            {"arguments": orjson.dumps({"site_id": str(site_id), "n": n}).decode()},
        )


def issue_paper(transactions: Transactions, site_id: UUID, n: int) -> bool:
    """Make the paper of an event and put it among the site's documents; False where that has been done."""
    with transactions.begin(WORKER) as session:
        site = lock_site(session, site_id)
        event = _event(session, site_id, n)
        kind, document_type = PAPERS[event["action"]]
        name = f"{DOCUMENT_TYPES[document_type][0]}_{site['code']}_{n}.pdf"
        if _is_issued(session, site_id, name):
            return False
        content = render_paper(kind, _FACTS[kind](session, site, event))
        add_document(session, WORKER, site, document_type, examine(content, name), content, name)
    return True


def _event(session: Session, site_id: UUID, n: int) -> Mapping[str, Any]:
    row = session.execute(
        text(
            "SELECT n, at, action, comment, content, organisation_name FROM site_event WHERE site_id = :site AND n = :n"
        ),
        {"site": site_id, "n": n},
    ).one()
    return dict(row._mapping)


def _is_issued(session: Session, site_id: UUID, name: str) -> bool:
    found: bool = session.execute(
        text("SELECT EXISTS (SELECT FROM document WHERE site_id = :site AND is_generated AND file_name = :name)"),
        {"site": site_id, "name": name},
    ).scalar_one()
    return found


def _letter(site: SiteRow, event: Mapping[str, Any], office: str, addressee: str, honorific: str) -> Letterhead:
    day = today(event["at"])
    return Letterhead(
        number=f"{site['code']}-{event['n']}", issued_on=day, office=office, signatory="", addressee=addressee,
        honorific=honorific, case_ref=site["code"], is_sample=site["is_sample"],
    )  # fmt: skip


def _office(session: Session, site: SiteRow) -> str:
    name: str | None = session.execute(
        text("SELECT name FROM organisation WHERE organisation_id = :id"), {"id": site["owner_organisation_id"]}
    ).scalar_one_or_none()
    return name or site["asset"].get("bureau") or site["asset"].get("owner_name") or "所管"


def _window(session: Session, site: SiteRow) -> str:
    name: str | None = session.execute(
        text("SELECT name FROM organisation WHERE organisation_id = :id"), {"id": site["window_organisation_id"]}
    ).scalar_one_or_none()
    return name or "5Gアンテナ基地局等設置ワンストップ窓口"


def _place(site: SiteRow) -> Place:
    asset = site["asset"]
    return Place(
        asset_id=site["asset_id"], name=asset.get("name") or site["asset_id"], address=asset.get("address") or ""
    )


def _plan_items(site: SiteRow) -> tuple[Item, ...]:
    return tuple(
        Item(label=FIELDS[name][0], text=plan_value(name, value, "ja"))
        for name, value in site["plan"].items()
        if name in FIELDS and value not in (None, "", [])
    )


def _enquiry(session: Session, site: SiteRow, event: Mapping[str, Any]) -> PaperFacts:
    due = add_business_days(today(event["at"]), _FIRST_ANSWER_DAYS, closures_of(session, site["owner_organisation_id"]))
    questions = ("設置の可否（一次回答）", "使用上の制限・条件", "現地調査の連絡先と入館の手続き")
    return EnquiryFacts(
        letter=_letter(site, event, _window(session, site), _office(session, site), "御中"), place=_place(site),
        applicant=site["carrier_name"], received_on=site["started_on"] or today(event["at"]),
        purpose=site["plan"].get("purpose") or "", questions=(*questions, *([event["comment"]] if event["comment"] else [])),
        answer_due_on=site["due_on"] if site["state"] == "referred" and site["due_on"] else due, plan=_plan_items(site),
    )  # fmt: skip


def _reply(session: Session, site: SiteRow, event: Mapping[str, Any]) -> PaperFacts:
    said, code = event["content"], event["content"].get("reason_code")
    reason = "。".join(part for part in (REASON_CODES[code][0] if code else "", event["comment"] or "") if part)
    return ReplyFacts(
        letter=_letter(site, event, _office(session, site), site["carrier_name"], "様"), place=_place(site),
        applicant=site["carrier_name"], enquiry_number=site["code"], enquiry_on=site["started_on"] or today(event["at"]),
        is_possible=event["action"] != "decline", reason=reason if event["action"] == "decline" else "",
        reopens_on=date.fromisoformat(said["reopen_on"]) if said.get("reopen_on") else None,
        remarks=event["comment"] or "" if event["action"] != "decline" else "",
    )  # fmt: skip


def _correction(session: Session, site: SiteRow, event: Mapping[str, Any]) -> PaperFacts:
    items = []
    for item in event["content"]["items"]:
        kind, _, name = item["target"].partition(":")
        place = DOCUMENT_TYPES.get(name, (name,))[0] if kind == "document" else FIELDS.get(name, (name,))[0]
        remedy = "書類を付け直してください。" if kind == "document" else "値を直してください。"
        items.append(CorrectionItem(place=place, wrong=item["text"], remedy=remedy))
    day = today(event["at"])
    office = event["organisation_name"] or _window(session, site)
    return CorrectionFacts(
        letter=_letter(site, event, office, site["carrier_name"], "様"), place=_place(site), applicant=site["carrier_name"],
        application_number=site["code"], applied_on=site["started_on"] or day, items=tuple(items),
        due_on=site["due_on"] if site["state"] == "correction" and site["due_on"] else add_business_days(day, 20),
        stopped_on=day,
    )  # fmt: skip


def _permit(session: Session, site: SiteRow, event: Mapping[str, Any]) -> PaperFacts:
    permit = event["content"]["permit"]
    form: PermitForm = "lease" if permit["legal_basis"] in _LEASES else "use_permit"
    return PermitFacts(
        letter=_letter(site, event, _office(session, site), site["carrier_name"], "様"), form=form,
        permit_number=permit["number"], legal_basis=_CLAUSES[permit["legal_basis"]],
        applied_on=site["started_on"] or today(event["at"]), holder=site["carrier_name"], place=_place(site),
        area_m2=Decimal(str(permit["area_m2"])), purpose=site["plan"].get("purpose") or "基地局の設置",
        from_on=date.fromisoformat(permit["from_on"]), to_on=date.fromisoformat(permit["to_on"]), fee_jpy=None,
        fee_period="年額", fee_rule=permit.get("fee_note") or "", conditions=tuple(permit["conditions"]),
        appeal=None if form == "lease" else _appeal(site),
    )  # fmt: skip


def _denial(session: Session, site: SiteRow, event: Mapping[str, Any]) -> PaperFacts:
    code = event["content"]["reason_code"]
    form: PermitForm = "lease" if site["asset"].get("property_class") in ("ordinary", "private") else "use_permit"
    return DenialFacts(
        letter=_letter(site, event, _office(session, site), site["carrier_name"], "様"), form=form, place=_place(site),
        applicant=site["carrier_name"], application_number=site["code"], applied_on=site["started_on"] or today(event["at"]),
        purpose=site["plan"].get("purpose") or "基地局の設置", reason=f"{REASON_CODES[code][0]}。{event['comment'] or ''}",
        legal_ground="地方自治法第238条の4第7項" if form == "use_permit" else "地方自治法第238条の5",
        appeal=None if form == "lease" else _appeal(site),
    )  # fmt: skip


def _appeal(site: SiteRow) -> Appeal:
    """Whom an appeal goes to: the head of the body that owns the property."""
    owner = site["asset"].get("owner_name") or "所管"
    body, head = (
        ("東京都", "東京都知事") if site["asset"].get("owner_type") == "metropolitan" else (owner, f"{owner}長")
    )
    return Appeal(review_body=head, defendant=body, representative=head)


_FACTS: Mapping[PaperKind, Callable[[Session, SiteRow, Mapping[str, Any]], PaperFacts]] = {
    PaperKind.ENQUIRY: _enquiry,
    PaperKind.REPLY: _reply,
    PaperKind.CORRECTION: _correction,
    PaperKind.PERMIT: _permit,
    PaperKind.DENIAL: _denial,
}
