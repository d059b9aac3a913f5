"""Lists of sites: the carrier's board and the inboxes of window, owner and offices asked; filtered, sorted, paged by key.

Each list begins at an index of its own (organisation, party, due day), so that row-level security only has to agree with
rows that are the viewer's already.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actor import Actor
from app.accounts.permissions import Permission
from app.applications.sites import COLUMNS, SiteRow
from app.clock import today
from app.problems import BAD_PARAMETER, Problem

COUNTED_MOST = 1000  # an exact number beyond is not worth its time
EXPORTED_MOST = 100_000
FOUND_MOST = 2000

# How a list is sorted: the expression, and what its values are compared as.
SORTS: Mapping[str, tuple[str, str]] = {
    "due_on": ("s.due_key", "date"),
    "-due_on": ("coalesce(s.due_on, '-infinity')", "date"),
    "updated_at": ("s.updated_at", "timestamptz"),
    "-updated_at": ("s.updated_at", "timestamptz"),
    "code": ("s.code", "text"),
    "-code": ("s.code", "text"),
    "state": ("s.state", "text"),
    "-state": ("s.state", "text"),
    "municipality": ("coalesce(s.municipality_code, '')", "text"),
    "-municipality": ("coalesce(s.municipality_code, '')", "text"),
}


# Parts of a list; `:side` is the viewer's. What rests is on air: nobody owes a step.
_OPEN = "s.stage NOT IN ('end', 'draft')"
_MINE = f"s.party = :side AND {_OPEN}"
SECTIONS: Mapping[str, str] = {
    "mine": _MINE,
    "overdue": f"{_MINE} AND s.due_key < :on",
    "today": f"{_MINE} AND s.due_key = :on",
    "week": f"{_MINE} AND s.due_key > :on AND s.due_key <= :on + 7",
    "later": f"{_MINE} AND s.due_key > :on + 7",
    "waiting": f"s.party = ANY (:others) AND {_OPEN}",
    "resting": "s.party = 'nobody' AND s.stage = 'operation'",
    "ended": "s.party = 'nobody' AND s.stage = 'end'",
}
_OWING = ("carrier", "window", "owner")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list shows. `turn`: only where that party owes the next step; `mine`: where the viewer's side does."""

    turn: str | None = None
    mine: bool = False
    states: tuple[str, ...] = ()
    stage: str | None = None
    municipality_code: str | None = None
    owner_organisation_id: UUID | None = None
    application_id: UUID | None = None
    assigned_to_me: bool = False
    overdue: bool = False
    due_within_days: int | None = None
    asked: bool = False
    q: str | None = None
    open_only: bool = False
    section: str | None = None  # of SECTIONS
    sort: str = "due_on"
    found: tuple[UUID, ...] | None = None  # what `q` means, where that are few
    on: date = field(default_factory=today)


def side_of(actor: Actor) -> str:
    """On which side somebody stands: carrier, window or owner."""
    if Permission.CASES_WINDOW in actor.permissions:
        return "window"
    return "owner" if Permission.CASES_REVIEW in actor.permissions else "carrier"


def list_waiting(
    session: Session, actor: Actor, wanted: Wanted, after: str | None = None, limit: int = 50
) -> tuple[list[SiteRow], str | None]:
    """As `list_sites` by due day, for what waits on others: each other party along its index, put together."""
    pages = [
        list_sites(session, actor, replace(wanted, section=None, turn=party, sort="due_on"), after, limit)
        for party in _OWING
        if party != side_of(actor)
    ]
    rows = sorted(
        (row for found, _ in pages for row in found), key=lambda row: (row["due_on"] or date.max, row["site_id"])
    )
    more = len(rows) > limit or any(cursor for _, cursor in pages)
    return rows[:limit], _cursor("due_on", rows[limit - 1]) if more else None


def list_sites(
    session: Session, actor: Actor, wanted: Wanted, after: str | None = None, limit: int = 50
) -> tuple[list[SiteRow], str | None]:
    """A page of sites and the cursor of the next one. Raises Problem (400) for a cursor that is not of this list."""
    where, bound = conditions(actor, searched(session, wanted))
    expression, kind = SORTS[wanted.sort]
    down = wanted.sort.startswith("-")
    if after is not None:
        value, last_id = _read_cursor(after, wanted.sort)
        where.append(f"({expression}, s.site_id) {'<' if down else '>'} (CAST(:after AS {kind}), CAST(:last AS uuid))")
        bound |= {"after": value, "last": last_id}
    direction = "DESC" if down else "ASC"
    rows = session.execute(
        text(
            f"SELECT {COLUMNS}, CAST({expression} AS text) AS sort_key, {OWNER_NAME} AS owner_name FROM site s"
            f" WHERE {' AND '.join(where)} ORDER BY {expression} {direction}, s.site_id {direction} LIMIT :limit"
        ),
        {**bound, "limit": limit + 1},
    )
    found: list[SiteRow] = [dict(row._mapping) for row in rows]
    page = found[:limit]
    more = _cursor(wanted.sort, page[-1]) if len(found) > limit else None
    return page, more


OWNER_NAME = (
    "coalesce((SELECT o.name FROM organisation o WHERE o.organisation_id = s.owner_organisation_id),"
    " s.asset->>'bureau', s.asset->>'owner_name')"
)


def count_sites(session: Session, actor: Actor, wanted: Wanted) -> int | None:
    """How many sites a list has; None beyond a thousand."""
    narrowed = searched(session, wanted)
    where, bound = conditions(actor, narrowed)
    if len(where) == 2 and narrowed.q and narrowed.found is None:
        return None  # words alone, and they mean more than is counted
    counted: int = session.execute(
        text(f"SELECT count(*) FROM (SELECT FROM site s WHERE {' AND '.join(where)} LIMIT {COUNTED_MOST + 1}) c"), bound
    ).scalar_one()
    return counted if counted <= COUNTED_MOST else None


def count_sections(session: Session, actor: Actor, wanted: Wanted) -> dict[str, int | None]:
    """How many sites each section has under the same filter; None beyond a thousand.

    A whole list is counted section by section along its index, a narrowed one in a single pass.
    """
    where, bound = conditions(actor, replace(searched(session, wanted), section=None))
    if len(where) == 1:
        counts = ", ".join(
            f"(SELECT count(*) FROM (SELECT FROM site s WHERE {' AND '.join([*where, section])} LIMIT {COUNTED_MOST + 1}) c)"
            f" AS {name}"
            for name, section in SECTIONS.items()
        )
        statement = f"SELECT {counts}"
    else:
        counts = ", ".join(f"count(*) FILTER (WHERE {section}) AS {name}" for name, section in SECTIONS.items())
        statement = f"SELECT {counts} FROM site s WHERE {' AND '.join(where)}"
    row = session.execute(text(statement), bound).one()._mapping
    return {name: row[name] if row[name] <= COUNTED_MOST else None for name in SECTIONS}


def count_states(session: Session, actor: Actor) -> list[tuple[str, str, int]]:
    """Party, state and number of the open sites that are the viewer's, the viewer's own turn first."""
    where, bound = conditions(actor, Wanted(open_only=True))
    rows = session.execute(
        text(f"SELECT s.party, s.state, count(*) AS sites FROM site s WHERE {' AND '.join(where)} GROUP BY 1, 2"), bound
    )
    side = side_of(actor)
    return sorted(((row.party, row.state, row.sites) for row in rows), key=lambda row: (row[0] != side, row[0]))


def all_sites(session: Session, actor: Actor, wanted: Wanted) -> Iterator[SiteRow]:
    """Every site of a list, for a download of just what is shown."""
    where, bound = conditions(actor, searched(session, wanted))
    expression, _ = SORTS[wanted.sort]
    direction = "DESC" if wanted.sort.startswith("-") else "ASC"
    rows = session.execute(
        text(
            f"SELECT {COLUMNS}, {OWNER_NAME} AS owner_name FROM site s WHERE {' AND '.join(where)}"
            f" ORDER BY {expression} {direction}, s.site_id {direction} LIMIT {EXPORTED_MOST}"
        ),
        bound,
        execution_options={"yield_per": 1000},
    )
    for row in rows:
        yield dict(row._mapping)


def conditions(actor: Actor, wanted: Wanted) -> tuple[list[str], dict[str, Any]]:
    """The WHERE of a list: first whose list it is, then what was asked for."""
    side = side_of(actor)
    where, bound = [_BELONGS[side]], {"me": actor.organisation_id, "person": actor.person_id, "on": wanted.on}
    bound |= {"side": side, "others": [party for party in _OWING if party != side]}
    if wanted.asked:
        where = [_ASKED]
    turn = side if wanted.mine else wanted.turn
    given: list[tuple[Any, str, str, Any]] = [
        (turn, "s.party = :turn", "turn", turn),
        (wanted.states, "s.state = ANY (:states)", "states", list(wanted.states)),
        (wanted.stage, "s.stage = :stage", "stage", wanted.stage),
        (wanted.municipality_code, "s.municipality_code = :municipality", "municipality", wanted.municipality_code),
        (wanted.owner_organisation_id, "s.owner_organisation_id = :owner", "owner", wanted.owner_organisation_id),
        (wanted.application_id, "s.application_id = :application", "application", wanted.application_id),
        (wanted.q and wanted.found is None, "s.search_text ILIKE :q", "q", _pattern(wanted.q or "")),
        (wanted.found is not None, "s.site_id = ANY (:found)", "found", list(wanted.found or ())),
        (wanted.due_within_days is not None, "s.due_key BETWEEN :on AND :on + :days", "days", wanted.due_within_days),
    ]
    for is_given, condition, name, value in given:
        if is_given:
            where.append(condition)
            bound[name] = value
    if wanted.overdue:
        where.append("s.due_key < :on")
    if wanted.open_only or turn:
        where.append(_OPEN)
    if wanted.section is not None:
        where.append(SECTIONS[wanted.section])
    if wanted.assigned_to_me:
        where.append("s.assigned_to = :person" if side == "window" else "s.reviewer_id = :person")
    return where, bound


_BELONGS = {
    "carrier": "s.organisation_id = :me",
    "window": "s.window_organisation_id = :me",
    "owner": "s.owner_organisation_id = :me AND s.referred_at IS NOT NULL",
}
_ASKED = (
    "s.reviewer_organisations @> ARRAY[CAST(:me AS uuid)] AND EXISTS (SELECT FROM review r WHERE r.site_id = s.site_id"
    " AND r.organisation_id = :me AND r.answer IS NULL AND r.cancelled_at IS NULL)"
)


def searched(session: Session, wanted: Wanted) -> Wanted:
    """The same list with the sites its words mean, where they are few; many are found soonest along the list's own order."""
    if not wanted.q or wanted.found is not None:
        return wanted
    rows = session.execute(
        text("SELECT find_sites(:q, :most)"), {"q": _pattern(wanted.q), "most": FOUND_MOST + 1}
    ).scalars()
    found = tuple(rows)
    return wanted if len(found) > FOUND_MOST else replace(wanted, found=found)


def _pattern(q: str) -> str:
    escaped = q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def turns(session: Session, actor: Actor) -> dict[str, dict[str, int]]:
    """How many open sites wait for each party, and how many of them are overdue, due today and due within a week."""
    rows = session.execute(text("SELECT * FROM count_turns(:side, :on)"), {"side": side_of(actor), "on": today()})
    return {
        row.party: {
            "waiting": row.waiting, "overdue": row.overdue, "today": row.due_today, "week": row.within_week
        }
        for row in rows
    }  # fmt: skip


def _cursor(sort: str, row: SiteRow) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([sort, row["sort_key"], str(row["site_id"])])).decode().rstrip("=")


def _read_cursor(after: str, sort: str) -> tuple[str, str]:
    try:
        of, value, last_id = orjson.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        UUID(last_id)
        fits = of == sort and isinstance(value, str) and "\0" not in value
    except (ValueError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise Problem(
            BAD_PARAMETER,
            "after は、この並びの next の値を使ってください。",
            "Take `after` from `next` of the same list.",
        )
    return value, last_id
