"""What the register says of an asset now, as far as it is public: for choosing sites and for refusing retired ones."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.problems import CONFLICT, Problem

# What a site remembers of its asset.
SNAPSHOT = (
    "name", "address", "asset_kind", "structure_kind", "facility_type", "municipality_code", "municipality", "owner_code",
    "owner_name", "owner_type", "bureau", "property_class", "height_m", "roof_height_m", "roof_load_n_m2", "roof_type",
    "max_load_kg", "mount_height_max_m", "max_structure_height_m", "area_m2", "seismic", "power", "fibre", "availability",
    "restrictions", "sensitive_flags", "access_hours", "entry_lead_days", "planned_works", "slots_total", "slots_used",
    "fee_note", "is_sample",
)  # fmt: skip


def find_assets(session: Session, asset_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Assets in force by id: what a site remembers, and `lon`, `lat` of a point on each."""
    rows = session.execute(
        text(
            f"SELECT asset_id, {', '.join(SNAPSHOT)}, ST_X(p) AS lon, ST_Y(p) AS lat FROM ogc.assets,"
            " LATERAL (SELECT ST_PointOnSurface(geom) AS p) at WHERE asset_id = ANY (:ids)"
        ),
        {"ids": list(asset_ids)},
    )
    return {row.asset_id: dict(row._mapping) for row in rows}


def snapshot(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a site remembers of its asset; nothing of what is unknown."""
    return {name: found[name] for name in SNAPSHOT if found[name] is not None}


def refuse_retired_asset(session: Session, asset_id: str) -> None:
    """Raises Problem (409) for an asset that has left the register, or is not lent for now."""
    if _availability_now(session, asset_id) in ("suspended", "unlisted"):
        raise Problem(
            CONFLICT,
            "このアセットは、いま新しい利用を受け付けていません。再開を待つか、別のアセットを選んでください。",
            "The asset takes no new use for now; wait, or choose another asset.",
            members={"reason": "asset_suspended"},
        )


def refuse_vanished_asset(session: Session, asset_id: str) -> None:
    """Raises Problem (409) for an asset that has left the register; one that is there stays until the transaction ends."""
    _availability_now(session, asset_id)


def _availability_now(session: Session, asset_id: str) -> str:
    found: str | None = session.execute(text("SELECT asset_in_force(:id)"), {"id": asset_id}).scalar_one()
    if found is None:
        raise Problem(
            CONFLICT,
            "このアセットは、その後一覧から外れました。この場所では進められません。一覧を直すか、取り下げて別のアセットを選んでください。",
            "The asset has left the register since; have the list put right, or withdraw and choose another asset.",
            members={"reason": "asset_retired"},
        )
    return found
