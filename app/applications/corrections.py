"""補正: everything to mend is said at once, and a second request may not bring up what could have been said before."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.applications.moves import Move, Outcome
from app.applications.sites import SiteRow
from app.applications.standard_procedure import DOCUMENT_TYPES
from app.problems import INVALID, Problem


def note_items(move: Move) -> Outcome:
    """What is to be mended. Raises Problem (422) for unknown documents, and for items that are late.

    Asked a second time in the same step, only what was asked for before, or was changed since, may be asked for.
    """
    items = [item.model_dump() for item in move.wanted.items or ()]
    for n, item in enumerate(items):
        kind, _, name = item["target"].partition(":")
        if kind == "document" and name not in DOCUMENT_TYPES:
            raise _item_problem(n, "その書類の種類はありません。", "There is no such type of document.")
    before = _requests_before(move.session, move.site)
    if before:
        known = {item["target"] for request in before for item in request["items"]}
        known |= changed_since(move.session, move.site, before[0]["at"])
        for n, item in enumerate(items):
            if item["target"] not in known:
                raise _item_problem(
                    n,
                    "前回の補正依頼で挙げていない項目です。一度に知らせる決まりなので、協議の中で伝えてください。",
                    "Not among what was asked for before; everything has to be asked for at once.",
                )
    return Outcome({"correction": items})


def check_items(move: Move) -> Outcome:
    """Every item must have been changed or explained. Raises Problem (422) naming those that were not."""
    requests = _requests_before(move.session, move.site)
    asked_at = requests[-1]["at"] if requests else move.site["state_since"]
    changed = changed_since(move.session, move.site, asked_at)
    open_items = [(n, item) for n, item in enumerate(move.site["correction"] or ()) if item["target"] not in changed]
    if open_items and move.wanted.comment is None:
        raise Problem(
            INVALID,
            f"まだ直していない項目が{len(open_items)}件あります。直すか、直さない理由を書いてください。",
            f"{len(open_items)} items are not mended yet; mend them, or say why not.",
            errors=[
                {"pointer": f"/correction/{n}", "ja": item["text"], "en": f"{item['target']} is unchanged."}
                for n, item in open_items
            ],
        )
    return Outcome({"correction": None}, {"mended": sorted(changed)})


def _requests_before(session: Session, site: SiteRow) -> list[Mapping[str, Any]]:
    """Earlier requests in the step at hand (or the one the case was taken from), oldest first."""
    rows = session.execute(
        text(
            "SELECT at, content->'items' AS items FROM site_event WHERE site_id = :site AND action = 'request_correction'"
            " AND from_state = :state ORDER BY n"
        ),
        {"site": site["site_id"], "state": site["resume_state"] or site["state"]},
    )
    return [dict(row._mapping) for row in rows]


def changed_since(session: Session, site: SiteRow, since: Any) -> set[str]:
    """Targets (`field:…`, `document:…`) that the carrier changed after an instant."""
    fields = session.execute(
        text(
            "SELECT DISTINCT f FROM site_event e, jsonb_array_elements_text(e.content->'fields') f"
            " WHERE e.site_id = :site AND e.action = 'change_plan' AND e.at >= :since"
        ),
        {"site": site["site_id"], "since": since},
    )
    documents = session.execute(
        text(
            "SELECT DISTINCT document_type FROM document WHERE application_id = :application AND withdrawn_at IS NULL"
            " AND (site_id = :site OR site_id IS NULL) AND added_at >= :since"
        ),
        {"application": site["application_id"], "site": site["site_id"], "since": since},
    )
    return {f"field:{row.f}" for row in fields} | {f"document:{row.document_type}" for row in documents}


def _item_problem(n: int, ja: str, en: str) -> Problem:
    return Problem(INVALID, ja, en, errors=[{"pointer": f"/items/{n}", "ja": ja, "en": en}])
