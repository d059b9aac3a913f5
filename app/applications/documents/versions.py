"""Documents of an application or of one site: each upload a version, kept with its hash, shown to whom it is meant for."""

from collections.abc import Mapping
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor, Service
from app.applications.documents.files import ExaminedFile, examine, safe_name
from app.applications.events import add_event, payload
from app.applications.handling import acting_party
from app.applications.outbox.notices import tell
from app.applications.procedure import Party
from app.applications.sites import SiteRow, get_site
from app.applications.standard_procedure import DOCUMENT_TYPES
from app.problems import CONFLICT, FORBIDDEN, INVALID, NOT_FOUND, Problem

_COLUMNS = (
    "document_id, application_id, site_id, document_type, version, file_name, media_type, byte_count, sha256, pages,"
    " thumbnail IS NOT NULL AS has_thumbnail, audience, is_generated, organisation_id, organisation_name, added_at, withdrawn_at"
)
GENERATED = frozenset({"enquiry_letter", "reply_letter", "correction_letter", "permit_letter", "denial_letter"})
VERSIONS_MOST = 100


def examine_upload(file: BinaryIO, name: str) -> tuple[ExaminedFile, bytes]:
    """What a file somebody sent truly is, and its bytes. Raises Problem (413, 422)."""
    content = file.read()
    return examine(content, name), content


def add_document(
    session: Session,
    actor: Actor | Service,
    site: SiteRow,
    document_type: str,
    examined: ExaminedFile,
    content: bytes,
    file_name: str,
    *,
    of_application: bool = False,
    audience: str = "all",
) -> dict[str, Any]:
    """Keep a file as the next version of its type on a site (or on the whole application).

    Raises Problem: 422 (unknown type), 403 (papers are made by the service; insiders' files by insiders), 409 (ended).
    """
    _refuse(actor, site, document_type, audience)
    if of_application and isinstance(actor, Actor) and acting_party(actor, site) is not Party.CARRIER:
        raise Problem(
            FORBIDDEN, "申請全体の書類を付けられるのは、申請した事業者だけです。", "Only the carrier adds documents of the whole application."
        )  # fmt: skip
    # Whoever adds to this application waits here for the others who do: versions are numbered one by one.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:of))"), {"of": f"documents {site['application_id']}"})
    bound = {
        "application": site["application_id"], "site": None if of_application else site["site_id"], "type": document_type,
        "name": safe_name(file_name), "media": examined.media_type, "bytes": examined.bytes, "sha256": examined.sha256,
        "pages": examined.pages, "thumbnail": examined.thumbnail_png, "audience": audience,
        "generated": isinstance(actor, Service), "person": getattr(actor, "person_id", None),
        "organisation": getattr(actor, "organisation_id", None),
    }  # fmt: skip
    row = session.execute(text(_ADD), bound).one()
    made = dict(row._mapping)
    session.execute(
        text("INSERT INTO document_content (document_id, content) VALUES (:id, :content)"),
        {"id": made["document_id"], "content": content},
    )
    _say(session, actor, site, made)
    return made


_ADD = f"""
INSERT INTO document (application_id, site_id, document_type, version, file_name, media_type, byte_count, sha256, pages,
  thumbnail, audience, is_generated, person_id, organisation_id, organisation_name)
SELECT :application, :site, :type, 1 + coalesce((SELECT max(version) FROM document d WHERE d.application_id = :application
    AND d.site_id IS NOT DISTINCT FROM CAST(:site AS uuid) AND d.document_type = :type), 0),
  :name, :media, :bytes, :sha256, :pages, :thumbnail, :audience, :generated, :person, :organisation,
  (SELECT name FROM organisation WHERE organisation_id = :organisation)
RETURNING {_COLUMNS}
"""


def _refuse(actor: Actor | Service, site: SiteRow, document_type: str, audience: str) -> None:
    if document_type not in DOCUMENT_TYPES:
        raise Problem(
            INVALID, "書類の種類を選んでください。", "Choose a type of document.",
            errors=[{"pointer": "/document_type", "ja": "知らない種類です。", "en": "Unknown type."}],
        )  # fmt: skip
    if isinstance(actor, Service):
        return
    if document_type in GENERATED:
        raise Problem(FORBIDDEN, "この書類は、手続きの中で自動で作られます。", "This paper is made by the service.")
    if audience == "inside" and acting_party(actor, site) is Party.CARRIER:
        raise Problem(
            FORBIDDEN,
            "庁内だけの書類は、窓口と所管だけが付けられます。",
            "Only window and offices add inside documents.",
        )
    if site["stage"] == "end":
        raise Problem(CONFLICT, "終わった案件には書類を足せません。", "The case has ended.")


def _say(session: Session, actor: Actor | Service, site: SiteRow, made: Mapping[str, Any]) -> None:
    """A draft has no history yet; from then on each document is an event."""
    audience = made["audience"]
    said = {name: made[name] for name in ("document_type", "version", "file_name", "sha256")}
    said["document_id"] = str(made["document_id"])
    audit.record(
        session, "document.add", f"document:{made['document_id']}", after={**said, "site_id": str(site["site_id"])}
    )
    if site["state"] == "draft":
        return
    party = Party.SERVICE if isinstance(actor, Service) else acting_party(actor, site)
    n = add_event(session, actor, site, "add_document", party=party, audience=audience, content=said)
    if not isinstance(actor, Service):
        whom = {"window", "owner"} if audience == "inside" else {"carrier", "window", "owner"}
        tell(
            session,
            site["site_id"],
            n,
            "add_document",
            sorted(whom & {site["party"]}),
            payload(site, "add_document", n, None),
        )


def list_documents(session: Session, application_id: UUID, site_id: UUID | None) -> list[dict[str, Any]]:
    """Documents of a site and of its whole application, newest version first within each type."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM document WHERE application_id = :application AND withdrawn_at IS NULL"
            " AND (site_id IS NULL OR site_id = :site) ORDER BY document_type, site_id NULLS LAST, version DESC LIMIT 1000"
        ),
        {"application": application_id, "site": site_id},
    )
    return [dict(row._mapping) for row in rows]


def get_document(session: Session, document_id: UUID) -> dict[str, Any]:
    """A document without its bytes. Raises Problem (404)."""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM document WHERE document_id = :id AND withdrawn_at IS NULL"), {"id": document_id}
    ).one_or_none()
    if row is None:
        raise Problem(NOT_FOUND, "その書類は見つかりません。", "There is no such document.")
    return dict(row._mapping)


def read_content(session: Session, document_id: UUID) -> bytes:
    """The bytes of a document the caller may see."""
    content: bytes = session.execute(
        text("SELECT content FROM document_content WHERE document_id = :id"), {"id": document_id}
    ).scalar_one()
    return content


def read_thumbnail(session: Session, document_id: UUID) -> bytes:
    """The PNG of a document's first page. Raises Problem (404) where there is none."""
    content: bytes | None = session.execute(
        text("SELECT thumbnail FROM document WHERE document_id = :id"), {"id": document_id}
    ).scalar_one_or_none()
    if content is None:
        raise Problem(NOT_FOUND, "この書類には縮小画像がありません。", "This document has no thumbnail.")
    return content


def withdraw_document(session: Session, actor: Actor, document_id: UUID) -> None:
    """Take back a document of one's own while its application is a draft, or its site is one's own turn.

    Raises Problem: 404, 403 (another organisation's, or made by the service), 409 (another party is looking at it).
    """
    found = get_document(session, document_id)
    if found["organisation_id"] != actor.organisation_id or found["is_generated"]:
        raise Problem(
            FORBIDDEN, "取り消せるのは、自分の組織が付けた書類だけです。", "Only your organisation's own documents."
        )
    if found["site_id"] is None:
        _refuse_sent(session, found["application_id"])
    else:
        site = get_site(session, found["site_id"])
        if site["party"] != acting_party(actor, site).value:
            raise Problem(
                CONFLICT,
                "いまは相手が書類を見ています。新しい版を付けてください。",
                "Others are reading it now; add a new version.",
            )
        if site["state"] != "draft":
            add_event(
                session, actor, site, "withdraw_document", party=acting_party(actor, site), audience=found["audience"],
                content={"document_id": str(document_id), "document_type": found["document_type"], "version": found["version"]},
            )  # fmt: skip
    session.execute(text("UPDATE document SET withdrawn_at = now() WHERE document_id = :id"), {"id": document_id})
    audit.record(session, "document.withdraw", f"document:{document_id}", before={"file_name": found["file_name"]})


def _refuse_sent(session: Session, application_id: UUID) -> None:
    """A document of a whole application stays once it has been sent: others may be reading it."""
    state = session.execute(text("SELECT state FROM application WHERE application_id = :id"), {"id": application_id})
    if state.scalar_one() != "draft":
        raise Problem(
            CONFLICT,
            "送った申請の書類は取り消せません。新しい版を付けてください。",
            "The application has been sent; add a new version.",
        )
