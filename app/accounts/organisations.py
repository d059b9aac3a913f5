"""Organisations: adding and changing them."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.problems import INVALID, NOT_FOUND, Problem

_COLUMNS = "organisation_id, kind, name, name_en, municipality_code, contract_from, contract_to"


def list_organisations(session: Session) -> list[dict[str, Any]]:
    """Every organisation the transaction's actor may see, by kind and name."""
    rows = session.execute(text(f"SELECT {_COLUMNS} FROM organisation ORDER BY kind, name"))
    return [dict(row._mapping) for row in rows]


def get_organisation(session: Session, organisation_id: UUID) -> dict[str, Any]:
    """One organisation. Raises Problem (404)."""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM organisation WHERE organisation_id = :id"), {"id": organisation_id}
    ).one_or_none()
    if row is None:
        raise Problem(NOT_FOUND, "その組織は見つかりません。", "There is no such organisation.")
    return dict(row._mapping)


def check_contract(fields: dict[str, Any]) -> None:
    """Raises Problem (422) for a contract that ends before it begins."""
    first, last = fields["contract_from"], fields["contract_to"]
    if first and last and last < first:
        raise Problem(
            INVALID,
            "契約の最終日が初日より前になっています。",
            "The contract's last day lies before its first.",
            errors=[{"pointer": "/contract_to", "detail": "before contract_from"}],
        )


def create_organisation(session: Session, fields: dict[str, Any], *, is_sample: bool = False) -> dict[str, Any]:
    """Add an organisation. Raises Problem (422)."""
    check_contract(fields)
    row = session.execute(
        text(
            "INSERT INTO organisation (kind, name, name_en, municipality_code, contract_from, contract_to, is_sample)"
            f" VALUES (:kind, :name, :name_en, :municipality_code, :contract_from, :contract_to, :sample) RETURNING {_COLUMNS}"
        ),
        {**fields, "sample": is_sample},
    ).one()
    made = dict(row._mapping)
    audit.record(session, "organisation.create", f"organisation:{made['organisation_id']}", after=made)
    return made


def change_organisation(session: Session, organisation_id: UUID, fields: dict[str, Any]) -> dict[str, Any]:
    """Change an organisation. Raises Problem (404, 422)."""
    check_contract(fields)
    before = get_organisation(session, organisation_id)
    row = session.execute(
        text(
            "UPDATE organisation SET kind = :kind, name = :name, name_en = :name_en, municipality_code = :municipality_code,"
            f" contract_from = :contract_from, contract_to = :contract_to WHERE organisation_id = :id RETURNING {_COLUMNS}"
        ),
        {**fields, "id": organisation_id},
    ).one()
    after = dict(row._mapping)
    audit.record(session, "organisation.change", f"organisation:{organisation_id}", before=before, after=after)
    return after
