"""What a refusal teaches of an asset: proposed with it, put into the register once staff confirm, so that nobody asks twice."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.applications.moves import Move, Outcome
from app.applications.sites import get_site
from app.assets.fields import FIELDS
from app.problems import CONFLICT, FORBIDDEN, INVALID, NOT_FOUND, Problem

# What a reason says of the asset where the office names no value.
SAID_BY_REASON: Mapping[str, tuple[str, Any]] = {
    "no_power": ("power", "none"),
    "no_fibre": ("fibre", "none"),
    "rebuild_planned": ("availability", "suspended"),
}
_FIELDS = {field.name: field for field in FIELDS}


def propose_corrections(move: Move) -> Outcome:
    """Note what the refusal says of the asset, for staff to confirm. Raises Problem (422) for values no field takes."""
    proposed: list[tuple[str, Any]] = [(c.field, c.value) for c in move.wanted.corrections or ()]
    said = SAID_BY_REASON.get(move.wanted.reason_code or "")
    if said and said[0] not in {field for field, _ in proposed}:
        proposed.append(said)
    for n, (field, value) in enumerate(proposed):
        _check_value(n, field, value)
        move.session.execute(
            text(
                "INSERT INTO asset_feedback (site_id, asset_id, field, value, before, reason) VALUES (:site, :asset, :field,"
                " CAST(:value AS jsonb), (SELECT to_jsonb(a) -> :field FROM ogc.assets a WHERE a.asset_id = :asset), :reason)"
            ),
            {
                "site": move.site["site_id"], "asset": move.site["asset_id"], "field": field,
                "value": orjson.dumps(value).decode(), "reason": move.wanted.reason_code,
            },
        )  # fmt: skip
    return Outcome({}, {"asset_corrections": len(proposed)} if proposed else {})


def _check_value(n: int, name: str, value: Any) -> None:
    field = _FIELDS[name]
    kinds: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float)}
    fits = isinstance(value, kinds[field.type]) and not isinstance(value, bool)
    if not fits or (field.values is not None and value not in field.values):
        raise Problem(
            INVALID,
            f"「{field.ja}」の値として使えません。",
            f"Not a value of {field.en}.",
            errors=[{"pointer": f"/corrections/{n}/value", "ja": "値を直してください。", "en": "Mend the value."}],
        )


def list_feedback(session: Session, site_id: UUID) -> list[dict[str, Any]]:
    """Corrections of the asset that came with a site's refusal."""
    rows = session.execute(
        text(
            "SELECT feedback_id, asset_id, field, value, before, reason, proposed_at, decided_at, is_confirmed"
            " FROM asset_feedback WHERE site_id = :site ORDER BY proposed_at, field"
        ),
        {"site": site_id},
    )
    return [dict(row._mapping) for row in rows]


def decide_feedback(session: Session, actor: Actor, feedback_id: UUID, is_confirmed: bool) -> dict[str, Any]:
    """Confirm a correction, which amends the asset in force, or drop it.

    Raises Problem: 404, 403 (an office asked for its opinion alone), 409 once decided.
    """
    row = session.execute(
        text(
            "SELECT site_id, asset_id, field, value, decided_at FROM asset_feedback WHERE feedback_id = :id FOR UPDATE"
        ),
        {"id": feedback_id},
    ).one_or_none()
    if row is None:
        raise Problem(NOT_FOUND, "その訂正は見つかりません。", "There is no such correction.")
    site = get_site(session, row.site_id)
    if actor.organisation_id not in (site["owner_organisation_id"], site["window_organisation_id"]):
        raise Problem(
            FORBIDDEN,
            "訂正を確かめられるのは、所管と窓口だけです。",
            "The asset's office and the window confirm corrections.",
        )
    if row.decided_at is not None:
        raise Problem(CONFLICT, "この訂正は、もう確かめてあります。", "This correction has been decided already.")
    session.execute(
        text(
            "UPDATE asset_feedback SET decided_at = now(), decided_by = :person, is_confirmed = :confirmed WHERE feedback_id = :id"
        ),
        {"id": feedback_id, "person": actor.person_id, "confirmed": is_confirmed},
    )
    if is_confirmed:
        session.execute(
            text("SELECT amend_asset(:asset, CAST(:changes AS jsonb))"),
            {"asset": row.asset_id, "changes": orjson.dumps({row.field: row.value}).decode()},
        )
    audit.record(
        session, "asset.correct", f"asset:{row.asset_id}",
        after={"field": row.field, "value": row.value, "is_confirmed": is_confirmed},
    )  # fmt: skip
    return {"asset_id": row.asset_id, "field": row.field, "value": row.value, "is_confirmed": is_confirmed}
