"""Whose list it is: a municipality's, a bureau's, another body's; and the source of the register it stands for."""

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Actor
from app.accounts.permissions import OrganisationKind
from app.lists.kinds import Owner
from app.problems import NOT_FOUND, Problem
from app.territory.facts import PREFECTURE, TOKYO_CODE6
from app.territory.sources import record_source

_OWNER_TYPES = {
    OrganisationKind.MUNICIPALITY: "municipality",
    OrganisationKind.BUREAU: "metropolitan",
    OrganisationKind.AFFILIATED: "affiliated",
    OrganisationKind.PRIVATE: "private",
}


def owner_of_organisation(session: Session, organisation_id: UUID) -> Owner:
    """Whose list an organisation's people keep. Raises Problem (404) for one that may not be seen."""
    row = session.execute(
        text("SELECT o.kind, o.name, o.municipality_code, o.is_sample FROM organisation o WHERE organisation_id = :id"),
        {"id": organisation_id},
    ).one_or_none()
    if row is None:
        raise Problem(NOT_FOUND, "その組織は見つかりません。", "There is no such organisation.")
    if row.municipality_code:
        return owner_of_municipality(row.municipality_code, is_sample=row.is_sample)
    owner_type = _OWNER_TYPES.get(OrganisationKind(row.kind), "unknown")
    code6 = TOKYO_CODE6 if owner_type == "metropolitan" else None
    name = PREFECTURE if code6 else row.name
    return Owner(owner_type, name, None, code6, str(organisation_id), row.is_sample)


def owner_of_municipality(code5: str, *, is_sample: bool = False) -> Owner:
    """Any of Japan's municipalities by its five digits. Raises Problem (404) for a code that is none."""
    from app.territory.localgov import find_localgov

    found = find_localgov(code5)
    if found is None:
        raise Problem(
            NOT_FOUND,
            f"「{code5}」という市区町村コードはありません（5桁、例 13103）。",
            f"There is no municipality code {code5!r} (five digits, such as 13103).",
        )
    return Owner("municipality", found.name, code5, found.code6, None, is_sample)


def owner_of_actor(session: Session, actor: Actor) -> Owner:
    """Whose list the actor keeps."""
    return owner_of_organisation(session, actor.organisation_id)


def record_list_source(session: Session, owner: Owner, kind: str, ja: str, en: str, as_of: date | None) -> str:
    """Describe the owner's list as a source of the register; answer its id."""
    source_id = owner.source_id(kind)
    record_source(
        session,
        {
            "source_id": source_id,
            "title_ja": f"{owner.name} {ja}" + ("（サンプル）" if owner.is_sample else ""),
            "title_en": f"{en}: {owner.name}" + (" (sample)" if owner.is_sample else ""),
            "publisher": owner.name,
            "licence": "CC BY 4.0",
            "licence_url": "https://creativecommons.org/licenses/by/4.0/deed.ja",
            "credit": f"{owner.name}「{ja}」" + ("（サンプル）" if owner.is_sample else ""),
            "as_of": as_of,
            "is_sample": owner.is_sample,
            "municipality_code": owner.code5,
            "organisation_id": None if owner.code5 else owner.organisation_id,
        },
    )
    return source_id
