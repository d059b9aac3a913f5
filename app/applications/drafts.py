"""Applications as drafts: they save themselves, survive a lapsed sign-in, and old ones can be copied."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.actor import Actor
from app.applications.choosing.asset_facts import find_assets, snapshot
from app.applications.events import add_event
from app.applications.procedure import Party
from app.applications.schemas import SITES_MOST, ApplicationRequest, Plan, TransitionRequest
from app.applications.sites import COLUMNS, SiteRow, get_site, lock_site, match_version, parties_of, procedure_in_force
from app.applications.workflow import transition
from app.problems import CONFLICT, FORBIDDEN, INVALID, NOT_FOUND, Problem

ApplicationRow = Mapping[str, Any]
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: nothing that is misread on the telephone
_COLUMNS = (
    "application_id, organisation_id, code, title, state, plan, version, created_by, created_at, updated_at, submitted_at,"
    " cloned_from, is_sample"
)


def create_application(session: Session, actor: Actor, wanted: ApplicationRequest) -> ApplicationRow:
    """A draft with its sites. Raises Problem (422) for assets that are not in the register."""
    row = session.execute(
        text(
            "INSERT INTO application (organisation_id, code, title, plan, created_by)"
            f" VALUES (:organisation, :code, :title, CAST(:plan AS jsonb), :person) RETURNING {_COLUMNS}"
        ),
        {
            "organisation": actor.organisation_id, "code": new_code(), "title": wanted.title or "",
            "plan": _json(plan_of(wanted.plan)), "person": actor.person_id,
        },
    ).one()  # fmt: skip
    made = dict(row._mapping)
    if wanted.asset_ids:
        add_sites(session, actor, made, wanted.asset_ids)
    audit.record(
        session, "application.create", f"application:{made['application_id']}", after={"sites": len(wanted.asset_ids)}
    )
    return made


def new_code() -> str:
    """A number to call an application by; it tells nothing of how many there are."""
    return "A-" + "".join(secrets.choice(_ALPHABET) for _ in range(8))


def plan_of(plan: Plan) -> dict[str, Any]:
    """What is known of a plan; nothing of what is not."""
    return plan.model_dump(mode="json", exclude_none=True)


def list_applications(
    session: Session, after: UUID | None, limit: int, state: str | None = None
) -> list[ApplicationRow]:
    """My organisation's applications, last changed first, each with its sites by state; of one state only where given."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS}, {_STATES} FROM application a WHERE state <> 'discarded' AND state = coalesce(:state, state)"
            " AND (CAST(:after AS uuid) IS NULL OR"
            " (updated_at, application_id) < (SELECT updated_at, application_id FROM application WHERE application_id = :after))"
            " ORDER BY updated_at DESC, application_id DESC LIMIT :limit"
        ),
        {"after": after, "limit": limit, "state": state},
    )
    return [_with_count(dict(row._mapping)) for row in rows]


_STATES = (
    "(SELECT coalesce(jsonb_object_agg(state, n), '{}') FROM (SELECT s.state, count(*) AS n FROM site s"
    " WHERE s.application_id = a.application_id GROUP BY s.state) by_state) AS states"
)


def get_application(session: Session, application_id: UUID, *, for_change: bool = False) -> ApplicationRow:
    """An application. Raises Problem (404), the same for one that is none of the caller's."""
    lock = "FOR UPDATE OF a" if for_change else ""
    row = session.execute(
        text(f"SELECT {_COLUMNS}, {_STATES} FROM application a WHERE application_id = :id {lock}"),
        {"id": application_id},
    ).one_or_none()
    if row is None or row.state == "discarded":
        raise Problem(NOT_FOUND, "その申請は見つかりません。", "There is no such application.")
    return _with_count(dict(row._mapping))


def _with_count(row: Mapping[str, Any]) -> ApplicationRow:
    return {**row, "sites": sum(row["states"].values())}


def get_draft(session: Session, actor: Actor, application_id: UUID) -> ApplicationRow:
    """One's own draft, locked. Raises Problem: 404, 403 (somebody else's), 409 (sent already)."""
    found = get_application(session, application_id, for_change=True)
    if found["organisation_id"] != actor.organisation_id:
        raise Problem(FORBIDDEN, "ほかの組織の申請は変えられません。", "Not your organisation's application.")
    if found["state"] != "draft":
        raise Problem(
            CONFLICT,
            "この申請はもう送ってあります。変えたいときは、写しを作るか、場所ごとに取り下げてください。",
            "This application has been sent; make a copy, or withdraw single sites.",
        )
    return found


def sites_of(session: Session, application_id: UUID, after: str = "", limit: int = SITES_MOST) -> list[SiteRow]:
    """Sites of an application in the order of their codes, from after a code."""
    rows = session.execute(
        text(
            f"SELECT {COLUMNS} FROM site s WHERE application_id = :id AND s.code > :after AND s.state <> 'cancelled'"
            " ORDER BY s.code LIMIT :limit"
        ),
        {"id": application_id, "after": after, "limit": limit},
    )
    return [dict(row._mapping) for row in rows]


def add_sites(session: Session, actor: Actor, application: ApplicationRow, asset_ids: Sequence[str]) -> int:
    """Put assets into a draft; those already in it are left as they are. Answers how many came in.

    Raises Problem (422) naming every id the register does not know, and where they become too many.
    """
    found = find_assets(session, asset_ids)
    errors = [
        {
            "pointer": f"/asset_ids/{n}",
            "ja": f"{asset_id} は一覧にありません。",
            "en": f"{asset_id} is not in the register.",
        }
        for n, asset_id in enumerate(asset_ids)
        if asset_id not in found
    ]
    if errors:
        raise Problem(
            INVALID,
            f"一覧にないアセットが{len(errors)}件あります。",
            f"{len(errors)} assets are not in the register.",
            errors=errors,
        )
    present = {row["asset_id"]: row["code"] for row in sites_of(session, application["application_id"])}
    new = [asset_id for asset_id in dict.fromkeys(asset_ids) if asset_id not in present]
    if len(present) + len(new) > SITES_MOST:
        raise Problem(
            INVALID, f"1つの申請に入れられるのは{SITES_MOST}か所までです。申請を分けてください。",
            f"An application takes {SITES_MOST} sites at most; make another one.",
        )  # fmt: skip
    last = session.execute(
        text(
            "SELECT coalesce(max(CAST(substring(code FROM '[0-9]+$') AS integer)), 0) FROM site WHERE application_id = :id"
        ),
        {"id": application["application_id"]},
    ).scalar_one()
    carrier = session.execute(
        text("SELECT name FROM organisation WHERE organisation_id = :id"), {"id": actor.organisation_id}
    ).scalar_one()
    standard = procedure_in_force(session, None).procedure_id
    if new:
        session.execute(
            text(_ADD_SITE),
            [
                _new_site(application, carrier, standard, f"{application['code']}-{number:03d}", found[asset_id])
                for number, asset_id in enumerate(new, last + 1)
            ],
        )
        touch(session, application["application_id"])
    return len(new)


_ADD_SITE = (
    "INSERT INTO site (application_id, organisation_id, carrier_name, code, asset_id, asset, geom, municipality_code,"
    " procedure_id, is_sample) VALUES (:application, :organisation, :carrier, :code, :asset_id, CAST(:asset AS jsonb),"
    " ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :municipality, :procedure, :is_sample)"
)


def _new_site(
    application: ApplicationRow, carrier: str, procedure_id: str, code: str, found: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "application": application["application_id"], "organisation": application["organisation_id"], "carrier": carrier,
        "code": code, "asset_id": found["asset_id"], "asset": _json(snapshot(found)), "lon": found["lon"],
        "lat": found["lat"], "municipality": found["municipality_code"], "procedure": procedure_id,
        "is_sample": bool(found["is_sample"]),
    }  # fmt: skip


def remove_site(session: Session, actor: Actor, application_id: UUID, site_id: UUID) -> None:
    """Take an asset out of a draft. Raises Problem as `get_draft`, and 404."""
    get_draft(session, actor, application_id)
    if not _drop_sites(session, actor, application_id, site_id):
        raise Problem(NOT_FOUND, "その場所は申請に入っていません。", "There is no such site in this application.")
    touch(session, application_id)
    audit.record(session, "application.remove-site", f"application:{application_id}", before={"site_id": str(site_id)})


def _drop_sites(session: Session, actor: Actor, application_id: UUID, site_id: UUID | None = None) -> int:
    """Delete the draft's sites (or the one); those with documents or words on them already stay on record, as taken off."""
    bound = {"application": application_id, "site": site_id}
    wanted = "application_id = :application AND site_id = coalesce(CAST(:site AS uuid), site_id) AND state = 'draft'"
    gone = session.execute(
        text(
            f"DELETE FROM site WHERE {wanted} AND last_n = 0"
            " AND NOT EXISTS (SELECT FROM document d WHERE d.site_id = site.site_id) RETURNING site_id"
        ),
        bound,
    ).all()
    kept = session.execute(text(f"SELECT site_id FROM site WHERE {wanted}"), bound).all()
    for row in kept:
        transition(session, actor, row.site_id, TransitionRequest(action="discard"), "*")
    return len(gone) + len(kept)


def change_application(
    session: Session, actor: Actor, application_id: UUID, if_match: str | None, title: str | None, plan: Plan | None
) -> ApplicationRow:
    """Save a draft. Raises Problem as `get_draft`, and 412, 428."""
    found = get_draft(session, actor, application_id)
    match_version(found, if_match)
    session.execute(
        text(
            "UPDATE application SET title = coalesce(:title, title), plan = coalesce(CAST(:plan AS jsonb), plan),"
            " version = version + 1, updated_at = now() WHERE application_id = :id"
        ),
        {"id": application_id, "title": title, "plan": None if plan is None else _json(plan_of(plan))},
    )
    audit.record(
        session, "application.change", f"application:{application_id}",
        before={"title": found["title"], "plan": found["plan"]}, after={"title": title, "plan": plan and plan_of(plan)},
    )  # fmt: skip
    return get_application(session, application_id)


def touch(session: Session, application_id: UUID) -> None:
    """A draft changed through its sites."""
    session.execute(
        text("UPDATE application SET version = version + 1, updated_at = now() WHERE application_id = :id"),
        {"id": application_id},
    )


def change_site_plan(session: Session, actor: Actor, site_id: UUID, if_match: str | None, plan: Plan) -> SiteRow:
    """Change what shall stand at one site: in a draft, or where the carrier was asked to mend it.

    Raises Problem: 404, 412, 428, 403 (not the carrier), 409 (neither draft nor correction), 422 (not asked for).
    """
    site = lock_site(session, site_id)
    match_version(site, if_match)
    if Party.CARRIER not in parties_of(actor, site):
        raise Problem(FORBIDDEN, "計画を変えられるのは申請した事業者だけです。", "Only the carrier changes the plan.")
    said, before = plan_of(plan), dict(site["plan"])
    if site["state"] == "correction":
        _refuse_unasked(site, before, said)
    elif site["state"] != "draft":
        raise Problem(
            CONFLICT,
            "計画を変えられるのは、下書きと補正の間だけです。",
            "A plan changes only as a draft or while being corrected.",
        )
    session.execute(
        text(
            "UPDATE site SET plan = CAST(:plan AS jsonb), version = version + 1, updated_at = now() WHERE site_id = :id"
        ),
        {"plan": _json(said), "id": site_id},
    )
    if site["state"] == "correction":
        fields = sorted(name for name in before | said if before.get(name) != said.get(name))
        content = {
            "fields": fields,
            "before": {n: before.get(n) for n in fields},
            "after": {n: said.get(n) for n in fields},
        }
        add_event(session, actor, site, "change_plan", party=Party.CARRIER, content=content)
    audit.record(session, "site.change_plan", f"site:{site_id}", before=before, after=said)
    return get_site(session, site_id)


def _refuse_unasked(site: SiteRow, before: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    asked = {
        item["target"].partition(":")[2] for item in site["correction"] or () if item["target"].startswith("field:")
    }
    other = sorted(n for n in {*before, *said} if before.get(n) != said.get(n) and n not in asked)
    if other:
        raise Problem(
            INVALID,
            "補正で求められた項目だけを直せます。ほかも変えたいときは、コメントで窓口に相談してください。",
            "Only what was asked for can be changed now; ask the window in a comment for more.",
            errors=[{"pointer": f"/plan/{name}", "ja": "求められていません。", "en": "Was not asked for."} for name in other],
        )  # fmt: skip


def clone_application(session: Session, actor: Actor, application_id: UUID) -> ApplicationRow:
    """A new draft like an old application, with those of its assets that are still in the register."""
    old = get_application(session, application_id)
    if old["organisation_id"] != actor.organisation_id:
        raise Problem(FORBIDDEN, "ほかの組織の申請は写せません。", "Not your organisation's application.")
    sites = sites_of(session, application_id)
    still = find_assets(session, [site["asset_id"] for site in sites])
    row = session.execute(
        text(
            "INSERT INTO application (organisation_id, code, title, plan, created_by, cloned_from)"
            f" VALUES (:organisation, :code, :title, CAST(:plan AS jsonb), :person, :old) RETURNING {_COLUMNS}"
        ),
        {
            "organisation": actor.organisation_id, "code": new_code(), "title": f"{old['title']}（写し）".strip(),
            "plan": _json(old["plan"]), "person": actor.person_id, "old": application_id,
        },
    ).one()  # fmt: skip
    made = dict(row._mapping)
    if still:
        add_sites(session, actor, made, list(still))
    audit.record(
        session, "application.clone", f"application:{made['application_id']}", after={"of": str(application_id)}
    )
    return get_application(session, made["application_id"])


def discard_application(session: Session, actor: Actor, application_id: UUID) -> None:
    """Throw a draft away. Raises Problem as `get_draft`."""
    get_draft(session, actor, application_id)
    _drop_sites(session, actor, application_id)
    session.execute(
        text("UPDATE application SET state = 'discarded', updated_at = now() WHERE application_id = :id"),
        {"id": application_id},
    )
    audit.record(session, "application.discard", f"application:{application_id}")


def _json(content: Any) -> str:
    return orjson.dumps(content).decode()
