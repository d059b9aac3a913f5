"""Slots of an asset: reserved at referral for twenty business days, held by a permit, freed at the end.

The database's `reserve_slot` lets one site at a time ask for a slot of an asset, so that two carriers never get one.
"""

from datetime import date

from sqlalchemy import text

from app.applications.moves import Move, Outcome
from app.clock import add_business_days
from app.problems import CONFLICT, Problem

RESERVED_DAYS = 20  # business days
RESERVATIONS_MOST = 25  # of one carrier in one municipality, where the window has not set another number


def reserve(move: Move) -> Outcome:
    """Reserve a slot, unless the site shares one. Raises Problem (409) with what the window can do instead."""
    if shares_slot(move):
        return Outcome({}, {"slot": "shared"})
    got = _ask(move, add_business_days(move.on, RESERVED_DAYS))
    if got == "cap":
        raise Problem(
            CONFLICT,
            f"この事業者が同じ区市町村で押さえている枠が上限に達しています（通常{RESERVATIONS_MOST}枠）。先の案件が進むか終わってから照会してください。",
            f"The carrier has reached the number of slots it may reserve in this municipality (usually {RESERVATIONS_MOST}).",
            members={"reason": "cap"},
        )
    if got != "kept":
        raise _no_slot(move)
    return Outcome({}, {"slot": "reserved", "slot_until": add_business_days(move.on, RESERVED_DAYS).isoformat()})


def prolong(move: Move) -> Outcome:
    """A case that moves keeps its slot; one that lost it gets another if there is one, and is told if not."""
    if shares_slot(move):
        return Outcome()
    got = _ask(move, add_business_days(move.on, RESERVED_DAYS))
    return Outcome({}, {} if got == "kept" else {"slot": "lost"})


def hold(move: Move) -> Outcome:
    """A permit keeps its slot until it is given back. Raises Problem (409) where none is left."""
    if shares_slot(move):
        return Outcome()
    if _ask(move, None) != "kept":
        raise _no_slot(move)
    return Outcome({}, {"slot": "held"})


def release(move: Move) -> Outcome:
    """Give the slot back, unless a station on air stays there."""
    if move.stays_on_air:
        return Outcome()
    move.session.execute(text("SELECT release_slot(:site)"), {"site": move.site["site_id"]})
    return Outcome()


def shares_slot(move: Move) -> bool:
    """Whether the site goes onto another one's slot, both carriers having agreed."""
    return move.site["shares_with"] is not None


def _ask(move: Move, until: date | None) -> str:
    got: str = move.session.execute(
        text("SELECT reserve_slot(:site, :until, :today, :most)"),
        {"site": move.site["site_id"], "until": until, "today": move.on, "most": RESERVATIONS_MOST},
    ).scalar_one()
    return got


def _no_slot(move: Move) -> Problem:
    """Window and offices are told of the rivals; the words fit for everybody tell of none."""
    rivals = move.session.execute(
        text("SELECT site_id, code, carrier_name, state, has_slot FROM rival_sites(:site)"),
        {"site": move.site["site_id"]},
    )
    return Problem(
        CONFLICT,
        "このアセットには空いている設置枠がありません。枠を押さえている案件に共用を打診するか、空くのを待つか、別のアセットを案内してください。",
        "No slot of this asset is free: propose sharing to the case that holds one, wait, or point to another asset.",
        members={"reason": "no_slot", "rivals": [{**row._mapping, "site_id": str(row.site_id)} for row in rivals]},
    )
