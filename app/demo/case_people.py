"""Who acts in the sample cases: the demo people, and the contractor who kept the window before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.permissions import Role
from app.demo.people import ORGANISATIONS


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who acts, as an event names them; ids are None where there is no account."""

    person_id: UUID | None = None
    person_name: str | None = None
    organisation_id: UUID | None = None
    organisation_name: str | None = None


SERVICE = Author()
FORMER_WINDOW = Author(None, "見本 さき", None, "ワンストップ窓口 前受託者（サンプル）")
ACTING = {Role.CARRIER_MEMBER, Role.CARRIER_ADMIN, Role.WINDOW_OPERATOR, Role.OWNER_REVIEWER}


@dataclass(frozen=True, slots=True)
class Cast:
    """Demo organisations by their key with the people who act for them, and the days offices are closed."""

    members: Mapping[str, Sequence[Author]]
    ids: Mapping[str, UUID]
    window_since: date
    closures: Mapping[str, frozenset[date]]

    def name(self, key: str) -> str:
        """The organisation's name."""
        return ORGANISATIONS[key][1]

    def somebody(self, key: str, rng: Random) -> Author:
        """One of those who act for an organisation."""
        return rng.choice(self.members[key])

    def window(self, rng: Random, on: date) -> Author:
        """Who kept the window on a day."""
        return self.somebody("window", rng) if on >= self.window_since else FORMER_WINDOW


def find_cast(session: Session, closures: Mapping[str, frozenset[date]]) -> Cast | None:
    """The demo people as they are in the database; None where one of their organisations is missing."""
    rows = session.execute(
        text(
            "SELECT o.name, o.organisation_id, m.person_id, p.name AS person FROM organisation o"
            " LEFT JOIN membership m ON m.organisation_id = o.organisation_id AND m.ended_at IS NULL AND m.role = ANY (:roles)"
            " LEFT JOIN person p ON p.person_id = m.person_id WHERE o.is_sample ORDER BY p.email"
        ),
        {"roles": [role.value for role in ACTING]},
    ).all()
    ids = {row.name: row.organisation_id for row in rows}
    if not all(said[1] in ids for said in ORGANISATIONS.values()):
        return None
    members: dict[str, list[Author]] = {}
    for row in rows:
        if row.person_id is not None:
            members.setdefault(row.name, []).append(Author(row.person_id, row.person, row.organisation_id, row.name))
    return Cast(
        {key: members.get(said[1], []) for key, said in ORGANISATIONS.items()},
        {key: ids[said[1]] for key, said in ORGANISATIONS.items()},
        ORGANISATIONS["window"][3]["contract_from"],
        closures,
    )
