"""What is given with the actions of a sample case, and what each effect of the procedure does to its rows."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.applications.asset_feedback import SAID_BY_REASON
from app.applications.deadlines import days_left
from app.applications.procedure import Party
from app.applications.slots import RESERVED_DAYS
from app.applications.standard_procedure import STANDARD
from app.clock import add_business_days, add_months
from app.demo import case_words as words
from app.demo.case_plans import correction_items, permit_of
from app.demo.case_records import Row, event_row, sample_id, station_row
from app.demo.work_days import first_term, next_term

if TYPE_CHECKING:
    from app.demo.case_walk import Walk

# Why an office ends or refuses what has been granted: by the case's state.
REASON_OF_OFFICE = {"revoked": "purpose_impeded", "on_air": "load_insufficient"}


def _reason(walk: "Walk", _: date) -> str:
    codes = words.CARRIER_REASONS if walk.case.target == "withdrawn" else words.OWNER_REASONS
    if walk.case.target in ("declined", "withdrawn", "permit_denied"):
        return codes[int(walk.case.key.rpartition(" ")[2]) % len(codes)]
    return REASON_OF_OFFICE.get(walk.case.target, "rebuild_planned")


def _items(walk: "Walk", _: date) -> list[dict[str, str]]:
    state = walk.site["state"]
    before = [row for row in walk.told.events if row["action"] == "request_correction" and row["from_state"] == state]
    return correction_items(walk.rng, state, before[0]["content"]["items"] if before else None)


def _survey_dates(walk: "Walk", day: date) -> list[str]:
    first = walk.days.on_or_after(day) + 4
    return [walk.days.at(first + n).isoformat() for n in (0, 1, 3)]


def _survey_on(walk: "Walk", _: date) -> str:
    proposed = [row for row in walk.told.events if row["action"] == "propose_survey"]
    day: str = walk.rng.choice(proposed[-1]["content"]["survey_dates"])
    return day


def _permit(walk: "Walk", day: date) -> Row:
    if walk.site["permit"] is None:
        term = first_term(day, walk.case.years)
        if walk.case.to_on is not None:
            term = (add_months(walk.case.to_on + timedelta(days=1), -36), walk.case.to_on)
    else:
        term = next_term(walk.site["permit_to"], walk.case.years)
    return permit_of(walk.rng, walk.asset, day, term, walk.rng.randint(1, 480))


def _on_air(walk: "Walk", day: date) -> Row:
    plan, station = walk.site["plan"], walk.case.station
    on_air_on = station["on_air_on"] if station else day
    azimuths = (
        [int(azimuth) for azimuth in (station["azimuths_deg"] or "").split(",") if azimuth]
        if station
        else [0, 120, 240]
    )
    return {
        "on_air_on": on_air_on.isoformat(), "bands": plan["bands"], "technology": plan["technology"],
        "antenna_height_m": plan["antenna_height_m"], "azimuths_deg": azimuths,
    }  # fmt: skip


GIVEN: Mapping[str, Callable[["Walk", date], Any]] = {
    "reason_code": _reason,
    "items": _items,
    "survey_dates": _survey_dates,
    "entrants": lambda walk, _: walk.rng.choice(words.ENTRANTS),
    "survey_on": _survey_on,
    "permit": _permit,
    "on_air": _on_air,
    "modification": lambda walk, _: {
        "kind": "upgrade",
        "text": "5G 化に伴う無線機の取替え",
        "bands": ["n78"],
        "technology": "5g",
    },
}


def _start_clock(walk: "Walk", day: date, at: datetime) -> None:
    walk.site |= {"started_on": day, "submitted_at": at, "window_organisation_id": walk.cast.ids["window"]}
    if day >= walk.cast.window_since and walk.rng.random() < 0.85:
        walk.site["assigned_to"] = walk.window.person_id


def _keep_days(walk: "Walk", day: date, _: datetime) -> None:
    state = STANDARD.by_state[walk.site["state"]]
    left = days_left(walk.site["due_on"], day, walk.closures(state))
    walk.site |= {"resume_state": state.code, "resume_days": left}


def _note_items(walk: "Walk", _day: date, _at: datetime) -> None:
    walk.site["correction"] = walk.content["items"]


def _check_items(walk: "Walk", _day: date, _at: datetime) -> None:
    walk.content["mended"] = sorted(item["target"] for item in walk.site["correction"])
    walk.site["correction"] = None


def _route(walk: "Walk", _: date, at: datetime) -> None:
    walk.site |= {"owner_organisation_id": walk.cast.ids[walk.case.office], "referred_at": at}
    if walk.rng.random() < 0.8:
        walk.site["reviewer_id"] = walk.owner.person_id


def _reserve(walk: "Walk", day: date, at: datetime) -> None:
    if walk.site["shares_with"] is not None:
        walk.content["slot"] = "shared"
        return
    until = add_business_days(day, RESERVED_DAYS)
    if walk.told.reservation is None:
        walk.told.reservation = {
            "reservation_id": sample_id(f"reservation {walk.case.key}"), "asset_id": walk.site["asset_id"],
            "site_id": walk.site["site_id"], "organisation_id": walk.site["organisation_id"],
            "municipality_code": walk.site["municipality_code"], "reserved_at": at, "until_on": until,
            "is_on_air": False, "released_at": None,
        }  # fmt: skip
    walk.told.reservation["until_on"] = until


def _hold(walk: "Walk", _day: date, _at: datetime) -> None:
    if walk.told.reservation is not None:
        walk.told.reservation["until_on"] = None


def _release(walk: "Walk", _: date, at: datetime) -> None:
    if walk.told.reservation is not None:
        walk.told.reservation["released_at"] = at


def _write_permit(walk: "Walk", _day: date, _at: datetime) -> None:
    permit = walk.content["permit"]
    walk.site |= {"permit": permit, "permit_to": date.fromisoformat(permit["to_on"])}


def _put_station(walk: "Walk", _day: date, _at: datetime) -> None:
    station, on_air = walk.case.station, walk.content["on_air"]
    station_id = station["station_id"] if station else f"BS-{walk.site['code']}"
    walk.site |= {"station_id": station_id, "on_air_on": date.fromisoformat(on_air["on_air_on"])}
    walk.content["station_id"] = station_id
    if walk.told.reservation is not None:
        walk.told.reservation["is_on_air"] = True
    if station is None:
        walk.told.station = station_row(walk.site, walk.asset, on_air)


def _take_station_off(walk: "Walk", _day: date, _at: datetime) -> None:
    if walk.told.station is not None:
        walk.told.station["status"] = "removed"


def _feed_back(walk: "Walk", _: date, at: datetime) -> None:
    reason = walk.content["reason_code"]
    learned = {**SAID_BY_REASON, "data_wrong": ("height_m", 4.5)}.get(reason)
    if learned is None:
        return
    name, value = learned
    walk.content["asset_corrections"] = 1
    walk.told.feedback.append(
        {
            "feedback_id": sample_id(f"feedback {walk.case.key}"), "site_id": walk.site["site_id"],
            "asset_id": walk.site["asset_id"], "field": name, "value": value, "before": walk.asset.get(name),
            "reason": reason, "proposed_at": at,
        }
    )  # fmt: skip


def _offer_sharing(walk: "Walk", _: date, at: datetime) -> None:
    partner = walk.case.partner
    if partner is None:
        raise ValueError("sharing is offered with a case that holds the slot")
    with_site = sample_id(f"site {partner.key}")
    walk.told.offers.append(
        {
            "offer_id": sample_id(f"offer {walk.case.key}"), "site_id": walk.site["site_id"], "with_site_id": with_site,
            "offered_by": walk.window.person_id, "offered_at": at, "names_shown": False, "asker_answer": None,
            "holder_answer": None, "closed_at": None,
        }
    )  # fmt: skip
    asked = event_row(
        {"site_id": with_site}, "ask_to_share", at, Party.WINDOW, walk.window, "all", None, {}, (None, None)
    )
    walk.told.partner_events.append(asked)


def _answer_sharing(walk: "Walk", day: date, at: datetime) -> None:
    _close_offer(walk, day, at, accepts=True)
    walk.site["shares_with"] = walk.told.offers[-1]["with_site_id"]


def _close_offer(walk: "Walk", _: date, at: datetime, *, accepts: bool) -> None:
    """The holder has answered, if both agree, some minutes before."""
    offer = walk.told.offers[-1]
    walk.content["accepts"] = accepts
    offer |= {"asker_answer": accepts, "holder_answer": True if accepts else None, "closed_at": at}
    if accepts and walk.case.partner is not None:
        holder = walk.cast.members[walk.case.partner.carrier][0]
        moment = at - timedelta(minutes=2)
        answered = event_row(
            {"site_id": offer["with_site_id"]}, "answer_sharing", moment, Party.CARRIER, holder, "all", None,
            {"accepts": True}, (None, None),
        )  # fmt: skip
        walk.told.partner_events.append(answered)


def _tenancy(walk: "Walk", day: date, _: datetime) -> None:
    """Filled in with the holder's permit once all cases have been walked."""
    walk.site |= {"permit": {}, "decided_on": day}


def _reviews_done(walk: "Walk", _day: date, _at: datetime) -> None:
    walk.site["review_rule"] = None


EFFECTS: Mapping[str, Callable[["Walk", date, datetime], None]] = {
    "start_clock": _start_clock,
    "keep_days": _keep_days,
    "note_items": _note_items,
    "check_items": _check_items,
    "offer_sharing": _offer_sharing,
    "answer_sharing": _answer_sharing,
    "decline_offer": lambda walk, day, at: _close_offer(walk, day, at, accepts=False),
    "route": _route,
    "reserve_slot": _reserve,
    "keep_reservation": _reserve,
    "hold_slot": _hold,
    "release_slot": _release,
    "reviews_done": _reviews_done,
    "feed_back": _feed_back,
    "write_permit": _write_permit,
    "tenancy": _tenancy,
    "put_station": _put_station,
    "station_removed": _take_station_off,
}
