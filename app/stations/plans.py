"""Planned stations: each carrier's own secret, kept from everybody else by row-level security."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.if_match import require_match
from app.problems import NOT_FOUND, STALE, Problem

_COLUMNS = "planned_station_id, name, asset_id, technology, note, ST_X(geom) AS lon, ST_Y(geom) AS lat, version, created_at, updated_at"


def list_plans(session: Session, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """The carrier's planned stations in the order of their ids, from after `after`."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM planned_station WHERE CAST(:after AS uuid) IS NULL OR planned_station_id > :after"
            " ORDER BY planned_station_id LIMIT :limit"
        ),
        {"after": after, "limit": limit},
    )
    return [dict(row._mapping) for row in rows]


def get_plan(session: Session, plan_id: UUID) -> dict[str, Any]:
    """One planned station. Raises Problem (404), the same for one that is another carrier's."""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM planned_station WHERE planned_station_id = :id"), {"id": plan_id}
    ).one_or_none()
    if row is None:
        raise _not_found()
    return dict(row._mapping)


def create_plan(session: Session, actor: Actor, fields: dict[str, Any]) -> dict[str, Any]:
    """Note a planned station of the actor's organisation."""
    row = session.execute(
        text(
            "INSERT INTO planned_station (organisation_id, name, asset_id, technology, note, geom) VALUES (:organisation,"
            f" :name, :asset_id, :technology, :note, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)) RETURNING {_COLUMNS}"
        ),
        {**fields, "organisation": actor.organisation_id},
    ).one()
    made = dict(row._mapping)
    audit.record(session, "plan.create", f"plan:{made['planned_station_id']}", after=fields)
    return made


def change_plan(session: Session, plan_id: UUID, if_match: str | None, fields: dict[str, Any]) -> dict[str, Any]:
    """Replace a planned station if nobody changed it since the caller read it.

    Raises Problem: 404, 428 without `If-Match`, 412 where the version moved.
    """
    before = get_plan(session, plan_id)
    require_match(before, if_match, _stale())
    row = session.execute(
        text(
            "UPDATE planned_station SET name = :name, asset_id = :asset_id, technology = :technology, note = :note,"
            " geom = ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), version = version + 1, updated_at = now()"
            f" WHERE planned_station_id = :id AND version = :version RETURNING {_COLUMNS}"
        ),
        {**fields, "id": plan_id, "version": before["version"]},
    ).one_or_none()
    if row is None:
        raise _stale()
    audit.record(session, "plan.change", f"plan:{plan_id}", before=before, after=fields)
    return dict(row._mapping)


def delete_plan(session: Session, plan_id: UUID, if_match: str | None) -> None:
    """Drop a planned station. Raises Problem as `change_plan` does."""
    before = get_plan(session, plan_id)
    require_match(before, if_match, _stale())
    session.execute(text("DELETE FROM planned_station WHERE planned_station_id = :id"), {"id": plan_id})
    audit.record(session, "plan.delete", f"plan:{plan_id}", before=before)


def _stale() -> Problem:
    return Problem(
        STALE,
        "読み込んだあとに、同じ組織の人が変更しました。読み直してから変更してください。",
        "A colleague changed it after you read it; read it again first.",
    )


def _not_found() -> Problem:
    return Problem(NOT_FOUND, "その計画局は見つかりません。", "There is no such planned station.")
