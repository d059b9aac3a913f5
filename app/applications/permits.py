"""Permits and what follows from them: the permit as written, a tenancy without one, the station on the map."""

from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.applications.moves import Move, Outcome
from app.applications.schemas import SharingRequest
from app.applications.sharing_offers import said_of, verdict_on
from app.applications.sites import get_site
from app.problems import CONFLICT, INVALID, Problem

STATIONS = "window-stations"  # the source of stations that went on air through the window

LEGAL_BASES: dict[str, tuple[str, str]] = {
    "use_permission": ("行政財産の使用許可（地方自治法238条の4第7項）", "Use permission of administrative property"),
    "lease_administrative": ("行政財産の貸付（地方自治法238条の4第2項4号）", "Lease of administrative property"),
    "lease_ordinary": ("普通財産の貸付（地方自治法238条の5）", "Lease of ordinary property"),
    "road_occupancy": ("道路占用許可（道路法32条）", "Road occupancy permit"),
    "agreement": ("契約・協定", "Agreement"),
}
# Which bases fit which class of property; where the class is unknown, all do.
FITTING = {
    "administrative": ("use_permission", "lease_administrative", "road_occupancy"),
    "ordinary": ("lease_ordinary",),
    "enterprise": ("use_permission", "lease_administrative", "agreement", "road_occupancy"),
    "private": ("agreement",),
}


def write_permit(move: Move) -> Outcome:
    """The permit with its number. Raises Problem (422) for a legal basis that does not fit the class of property."""
    permit = move.wanted.permit
    if permit is None:
        raise AssertionError("the table asks for a permit")
    fitting = FITTING.get(move.site["asset"].get("property_class", ""), tuple(LEGAL_BASES))
    if permit.legal_basis not in fitting:
        ja = f"この財産の区分では「{LEGAL_BASES[permit.legal_basis][0]}」は使えません。"
        raise Problem(
            INVALID, ja, "This legal basis does not fit the class of property.",
            errors=[{"pointer": "/permit/legal_basis", "ja": ja, "en": f"Choose among {', '.join(fitting)}."}],
        )  # fmt: skip
    said = permit.model_dump(mode="json")
    said["number"] = said["number"] or f"{move.on.year}-{move.site['code']}"
    return Outcome({"permit": said, "permit_to": permit.to_on}, {"permit": said})


def write_tenancy(move: Move) -> Outcome:
    """A tenant on the permit holder's own structure. Raises Problem (409) where it needs a permit of its own, with why."""
    if move.site["shares_with"] is None:
        raise Problem(
            CONFLICT, "共用の合意がないため、許可なしでは進められません。", "Without an agreement to share, a permit is needed.",
            members={"reason": "not_shared"},
        )  # fmt: skip
    verdict = verdict_on(move.site, move.wanted.sharing or SharingRequest())
    if verdict.needs_own_permit:
        raise Problem(
            CONFLICT, f"この共用には、自らの許可が要ります。{verdict.reason_ja}", f"This tenant needs a permit of its own. {verdict.reason_en}",
            members={"reason": "needs_own_permit", "sharing_check": said_of(verdict)},
        )  # fmt: skip
    holder = get_site(move.session, move.site["shares_with"])
    tenancy = {"tenancy_of": holder["code"], "to_on": (holder["permit"] or {}).get("to_on")}
    return Outcome(
        {"permit": tenancy, "permit_to": holder["permit_to"], "decided_on": move.site["decided_on"] or move.on},
        {"sharing_check": said_of(verdict), "tenancy_of": holder["code"]},
    )


def put_station(move: Move) -> Outcome:
    """The station appears on the map, and the slot is taken."""
    on_air = move.wanted.on_air
    if on_air is None:
        raise AssertionError("the table asks how it went on air")
    if on_air.on_air_on > move.on:
        raise Problem(
            INVALID, "運用開始日には、今日までの日を入れてください。", "It cannot go on air in the future.",
            errors=[{"pointer": "/on_air/on_air_on", "ja": "日付を直してください。", "en": "Mend the date."}],
        )  # fmt: skip
    site = move.site
    since = site["on_air_on"] or on_air.on_air_on  # a station that was changed has been on air since it first was
    station_id = site["station_id"] or f"BS-{site['code']}"
    _put(
        move.session,
        {
            "station_id": station_id, "name": f"{site['asset']['name']} {site['carrier_name']}基地局",
            "carrier": site["carrier_name"], "asset_id": site["asset_id"], "technology": on_air.technology,
            "bands": on_air.bands, "antenna_height_m": on_air.antenna_height_m,
            "azimuths_deg": ",".join(str(azimuth) for azimuth in on_air.azimuths_deg) or None,
            "is_shared": site["shares_with"] is not None, "status": "on_air", "on_air_on": since.isoformat(),
            "municipality_code": site["municipality_code"], "municipality": site["asset"].get("municipality"),
            "source_id": STATIONS, "geom": {"type": "Point", "coordinates": [site["lon"], site["lat"]]},
        },
    )  # fmt: skip
    move.session.execute(text("SELECT occupy_slot(:site)"), {"site": site["site_id"]})
    if site["station_id"] is None:
        _count_slot(move, +1)
    return Outcome({"station_id": station_id, "on_air_on": since}, {"station_id": station_id})


def amend_station(move: Move) -> Outcome:
    """What was asked for and is now approved changes the station."""
    asked = move.session.execute(
        text(
            "SELECT content->'modification' FROM site_event WHERE site_id = :site AND action = 'request_modification'"
            " ORDER BY n DESC LIMIT 1"
        ),
        {"site": move.site["site_id"]},
    ).scalar_one()
    changes: dict[str, Any] = {name: asked[name] for name in ("bands", "technology") if asked.get(name)}
    if asked["kind"] == "new_tenant":
        changes["is_shared"] = True
    if changes and move.site["station_id"]:
        _put(move.session, {"station_id": move.site["station_id"], **changes})
    return Outcome({}, {"station": changes} if changes else {})


def take_station_off(move: Move) -> Outcome:
    """A station that is being removed is off air; its slot stays taken until the place is restored."""
    if move.site["station_id"] is None:
        return Outcome()
    _put(move.session, {"station_id": move.site["station_id"], "status": "removed"})
    _count_slot(move, -1)
    return Outcome({}, {"station_id": move.site["station_id"], "status": "removed"})


def _put(session: Session, said: dict[str, Any]) -> None:
    session.execute(text("SELECT put_station(CAST(:said AS jsonb))"), {"said": orjson.dumps(said).decode()})


def _count_slot(move: Move, change: int) -> None:
    """The register's own count of used slots follows; a tenant on another's slot takes none."""
    if move.site["shares_with"] is not None:
        return
    row = move.session.execute(
        text("SELECT slots_total, slots_used FROM ogc.assets WHERE asset_id = :id"), {"id": move.site["asset_id"]}
    ).one_or_none()
    if row is None or row.slots_total is None:
        return
    used = max((row.slots_used or 0) + change, 0)
    said: dict[str, Any] = {"slots_used": used}
    if used >= row.slots_total:
        said["availability"] = "in_use"
    elif change < 0:
        said["availability"] = "open"
    move.session.execute(
        text("SELECT amend_asset(:asset, CAST(:changes AS jsonb))"),
        {"asset": move.site["asset_id"], "changes": orjson.dumps(said).decode()},
    )
