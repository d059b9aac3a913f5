"""Sending an application: everything missing is named at once; then each site goes its own way."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Actor
from app.applications.choosing.asset_facts import find_assets, snapshot
from app.applications.drafts import ApplicationRow, get_application, get_draft, sites_of
from app.applications.schemas import TransitionRequest
from app.applications.sites import match_version, procedure_in_force
from app.applications.workflow import transition
from app.problems import INVALID, Problem

REQUIRED: Mapping[str, tuple[str, str]] = {
    "purpose": ("目的", "Purpose"),
    "technology": ("方式", "Technology"),
    "bands": ("周波数帯", "Bands"),
    "equipment_class": ("設備の区分", "Equipment class"),
    "weight_kg": ("重さ", "Weight"),
    "power_kva": ("必要な電力", "Power needed"),
    "antenna_height_m": ("アンテナの高さ", "Antenna height"),
    "sharing_intent": ("共用の意向", "Sharing intent"),
    "desired_quarter": ("希望する時期", "Desired quarter"),
}


def submit_application(session: Session, actor: Actor, application_id: UUID, if_match: str | None) -> ApplicationRow:
    """Send every site of a draft, or none of them.

    Raises Problem: as `get_draft`, 412, 428, 422 naming each site and field that lacks something.
    """
    application = get_draft(session, actor, application_id)
    match_version(application, if_match)
    sites = sites_of(session, application_id)
    if not sites:
        raise Problem(
            INVALID, "場所が1つも入っていません。地図か一覧から選んでください。", "There are no sites; choose some."
        )
    assets = find_assets(session, [site["asset_id"] for site in sites])
    _refuse_incomplete(application, sites, assets)
    session.execute(
        text(
            "UPDATE application SET state = 'submitted', submitted_at = now(), version = version + 1, updated_at = now()"
            " WHERE application_id = :id"
        ),
        {"id": application_id},
    )
    for site in sites:
        _fix(session, site["site_id"], {**application["plan"], **site["plan"]}, assets[site["asset_id"]])
        transition(session, actor, site["site_id"], TransitionRequest(action="submit"), "*")
    return get_application(session, application_id)


def lacking_fields(plan: Mapping[str, Any]) -> list[str]:
    """What sending asks for and a plan does not say."""
    return [name for name in REQUIRED if plan.get(name) in (None, "", [])]


def _refuse_incomplete(
    application: ApplicationRow, sites: list[Mapping[str, Any]], assets: Mapping[str, Mapping[str, Any]]
) -> None:
    errors = []
    for site in sites:
        where, who = f"/sites/{site['code']}", f"{site['code']} {site['asset'].get('name', '')}"
        for name in lacking_fields({**application["plan"], **site["plan"]}):
            ja, en = REQUIRED[name]
            errors.append(
                {"pointer": f"{where}/plan/{name}", "ja": f"{who}: {ja}を入れてください。", "en": f"{who}: give {en}."}
            )
        if site["asset_id"] not in assets:
            errors.append(
                {"pointer": where, "ja": f"{who}: 一覧から外れました。申請から外してください。", "en": f"{who}: has left the register."}
            )  # fmt: skip
        elif assets[site["asset_id"]]["availability"] in ("suspended", "unlisted"):
            errors.append(
                {
                    "pointer": where,
                    "ja": f"{who}: いまは新しい利用を受け付けていません。",
                    "en": f"{who}: takes no new use now.",
                }
            )
    if errors:
        raise Problem(
            INVALID, f"送る前に直すところが{len(errors)}か所あります。", f"{len(errors)} things to mend before sending.",
            errors=errors[:500],
        )  # fmt: skip


def _fix(session: Session, site_id: UUID, plan: Mapping[str, Any], asset: Mapping[str, Any]) -> None:
    """From here the site stands by itself: its whole plan, its asset as it is now, its owner's procedure of today."""
    owner = session.execute(text("SELECT office_of_asset(:asset)"), {"asset": asset["asset_id"]}).scalar_one_or_none()
    session.execute(
        text(
            "UPDATE site SET plan = CAST(:plan AS jsonb), asset = CAST(:asset AS jsonb), procedure_id = :procedure,"
            " owner_organisation_id = :owner WHERE site_id = :id"
        ),
        {
            "id": site_id, "plan": orjson.dumps(dict(plan)).decode(), "asset": orjson.dumps(snapshot(asset)).decode(),
            "procedure": procedure_in_force(session, owner).procedure_id, "owner": owner,
        },
    )  # fmt: skip
