"""Which documents a step asks for, and which of them are not there yet."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.applications.procedure import Transition
from app.applications.sites import SiteRow


def needed_documents(site: SiteRow, step: Transition) -> tuple[str, ...]:
    """Types of documents a step asks for at this site."""
    is_structure = site["asset"].get("asset_kind") == "structure"
    return step.documents + (step.structure_documents if is_structure else ())


def missing_documents(session: Session, site: SiteRow, step: Transition) -> list[str]:
    """The needed ones that neither the site nor its application has."""
    needed = needed_documents(site, step)
    if not needed:
        return []
    present = present_documents(session, site["application_id"], site["site_id"])
    return [name for name in needed if name not in present]


def present_documents(session: Session, application_id: UUID, site_id: UUID) -> frozenset[str]:
    """Types of documents on a site or on its whole application."""
    rows = session.execute(
        text(
            "SELECT DISTINCT document_type FROM document WHERE withdrawn_at IS NULL AND application_id = :application"
            " AND (site_id = :site OR site_id IS NULL)"
        ),
        {"application": application_id, "site": site_id},
    )
    return frozenset(row.document_type for row in rows)


def missing_by_action(session: Session, site: SiteRow, steps: Iterable[Transition]) -> dict[str, list[str]]:
    """For each action what is still missing; actions that lack nothing are left out."""
    steps = list(steps)
    if not any(needed_documents(site, step) for step in steps):
        return {}
    present = present_documents(session, site["application_id"], site["site_id"])
    lacking = {step.action: [name for name in needed_documents(site, step) if name not in present] for step in steps}
    return {action: names for action, names in lacking.items() if names}
