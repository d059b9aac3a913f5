"""What the worker does for lists: each job may be begun again after a kill, and does nothing a second time."""

from collections.abc import Mapping
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Actor, Service, Transactions
from app.accounts.permissions import Permission
from app.accounts.sessions import find_member
from app.lists import imports, publishing
from app.lists.examination import WORKER, examine_import
from app.lists.kinds import ListKind
from app.problems import FORBIDDEN, Problem
from app.versioned import ForeignId, Published

_log = structlog.get_logger()
Kinds = Mapping[str, ListKind]


def examine(transactions: Transactions, kinds: Kinds, import_id: UUID) -> None:
    """Examine a file; where nothing stands in the way and the sender asked for it, publish it."""
    try:
        examine_import(transactions, kinds, import_id)
        _publish_if_asked(transactions, import_id)
    except Problem as gone:
        _log.info("import is gone", import_id=str(import_id), reason=gone.en)


def _publish_if_asked(transactions: Transactions, import_id: UUID) -> None:
    with transactions.begin(WORKER) as session:
        found = imports.get_import(session, import_id, for_change=True)
        if found["state"] != "examined" or not found["settings"].get("publish_when_clean"):
            return
        asker = found["settings"]["publish_when_clean"]
        try:
            who = _asker(transactions, asker)
            publishing.ask_to_publish(session, found, who)
        except Problem as problem:
            _log.info("not published by itself", import_id=str(import_id), reason=problem.en)


def publish(transactions: Transactions, kinds: Kinds, import_id: UUID, who: Actor | Service) -> Published | None:
    """Put an import (or the undoing of one) in force; None where that has been done already.

    What stands in the way is written to the import, which is then as it was before publishing was asked for.
    """
    try:
        with transactions.begin(WORKER if isinstance(who, Actor) else who) as session:
            imports.note_progress(session, import_id, {"step": "publishing"}, {})
        with transactions.begin(who) as session:
            session.execute(text("SET LOCAL statement_timeout = 0"))
            found = imports.get_import(session, import_id, for_change=True)
            if found["state"] != "publishing":
                return None
            kind = kinds[found["kind"]]
            return (publishing.undo if found["undoes"] else publishing.publish)(session, kind, found)
    except imports.Superseded:
        return None
    except (Problem, ForeignId) as reason:
        give_back(transactions, import_id, _said(reason))
        return None


def _said(reason: Problem | ForeignId) -> dict[str, str]:
    return (
        {"rule": reason.kind.slug, "ja": reason.ja, "en": reason.en}
        if isinstance(reason, Problem)
        else {
            "rule": "id-taken",
            "ja": "ほかの一覧で使われている番号があります。もう一度判定してください。",
            "en": str(reason),
        }
    )


def give_back(transactions: Transactions, import_id: UUID, said: Mapping[str, str]) -> None:
    """Put an import that was not published back to where it was before, with the reason; a finished one is left alone."""
    _log.warning("not published", import_id=str(import_id), reason=said["en"])
    with transactions.begin(WORKER) as session:
        found = imports.get_import(session, import_id, for_change=True)
        if found["state"] != "publishing":
            return
        state = "refused" if found["undoes"] else "examined"
        imports.set_state(session, import_id, state, progress=None, refusal=dict(said), asked_by=None)


def publish_as(
    transactions: Transactions,
    kinds: Kinds,
    import_id: UUID,
    person_id: str | None,
    organisation_id: str | None,
    address: str,
    request_id: str,
) -> None:
    """`publish` as the person who asked for it, with the rights they have now."""
    try:
        who = actor_of(transactions, person_id, organisation_id, address, request_id)
    except Problem as problem:
        give_back(transactions, import_id, _said(problem))
    else:
        publish(transactions, kinds, import_id, who)


def kind_of(session: Session, kinds: Kinds, import_id: UUID) -> ListKind:
    """The kind of list an import is of."""
    return kinds[imports.get_import(session, import_id)["kind"]]


def actor_of(
    transactions: Transactions, person_id: str | None, organisation_id: str | None, address: str, request_id: str
) -> Actor | Service:
    """Who asked for a job, with the rights they have now. Raises Problem (403) for somebody who has left since."""
    if person_id is None or organisation_id is None:
        return Service("command-line")
    with transactions.begin(WORKER) as session:
        actor = find_member(session, UUID(person_id), UUID(organisation_id), address=address, request_id=request_id)
    if actor is None:
        raise Problem(
            FORBIDDEN, "頼んだ人が組織を離れたため、行いませんでした。", "Whoever asked has left the organisation."
        )
    actor.require(Permission.ASSETS_IMPORT)
    return actor


def _asker(transactions: Transactions, asker: Mapping[str, str]) -> Actor | Service:
    return actor_of(
        transactions, asker.get("person_id"), asker.get("organisation_id"), asker.get("address", ""),
        asker.get("request_id", ""),
    )  # fmt: skip
