"""What the demo people find among their notices: the step they owe now, read where it is some days old."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from uuid import UUID

from app.demo.case_people import Author, Cast
from app.demo.case_records import Row, sample_id
from app.demo.case_walk import Told
from app.demo.work_days import WorkDays

READ_AFTER_DAYS = 9  # notices older than this have been read


def notices_of(cast: Cast, days: WorkDays, cases: Iterable[Told]) -> Iterator[Row]:
    """A notice of its last move for everybody who owes the next step; nothing that would be mailed."""
    people = {person.person_id: person for members in cast.members.values() for person in members}
    for told in cases:
        moves = [event for event in told.events if event["to_state"] is not None]
        if not moves or told.site["party"] == "nobody":
            continue
        last = moves[-1]
        for person in _owing(cast, told.site, people):
            is_old = (days.today - last["at"].date()).days > READ_AFTER_DAYS
            yield {
                "notice_id": sample_id(f"notice {told.site['code']} {person.person_name}"), "person_id": person.person_id,
                "organisation_id": person.organisation_id, "site_id": told.site["site_id"], "n": last["n"],
                "kind": last["action"], "mail": "none", "created_at": last["at"],
                "read_at": last["at"] + timedelta(hours=20) if is_old else None, "attempts": 0,
            }  # fmt: skip


def _owing(cast: Cast, site: Row, people: dict[UUID | None, Author]) -> list[Author]:
    """The person in charge, else everybody of the organisation."""
    organisation, in_charge = {
        "carrier": (site["organisation_id"], None),
        "window": (site["window_organisation_id"], site["assigned_to"]),
        "owner": (site["owner_organisation_id"], site["reviewer_id"]),
    }[site["party"]]
    if in_charge is not None:
        return [people[in_charge]]
    return [person for person in people.values() if person.organisation_id == organisation]
