"""Rows of the sample cases as their tables have them, with ids and instants that are the same on every run."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from app.applications.procedure import Party
from app.applications.standard_procedure import DOCUMENT_TYPES
from app.clock import TOKYO
from app.demo.case_people import Author
from app.demo.register import sample_rng
from app.demo.sample_documents import sample_file

Row = dict[str, Any]
OPENS, CLOSES = time(9), time(18)


def sample_id(name: str) -> UUID:
    """An id that is the same on every run."""
    return UUID(int=sample_rng(f"id {name}").getrandbits(128), version=4)


class OfficeHours:
    """Instants of one case in order, on business days between nine and six o'clock in Japan."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.last: datetime | None = None

    def next_on(self, day: date) -> datetime:
        """An instant on a day, later than all before."""
        opens, closes = datetime.combine(day, OPENS, TOKYO), datetime.combine(day, CLOSES, TOKYO)
        if self.last is None or self.last < opens:
            self.last = opens + timedelta(minutes=self._rng.randint(4, 420))
        else:
            room_s = (closes - self.last).total_seconds()
            self.last += timedelta(seconds=max(1, round(min(self._rng.uniform(300, 2400), room_s / 3))))
        return self.last


def event_row(
    site: Row, action: str, at: datetime, party: Party, author: Author, audience: str, comment: str | None,
    content: Row | None, states: tuple[str | None, str | None],
) -> Row:  # fmt: skip
    """An event of a site; its number is given when all of them are in order."""
    return {
        "site_id": site["site_id"], "at": at, "action": action, "from_state": states[0], "to_state": states[1],
        "party": party.value, "audience": audience, "person_id": author.person_id, "person_name": author.person_name,
        "organisation_id": author.organisation_id, "organisation_name": author.organisation_name, "comment": comment,
        "content": content or {},
    }  # fmt: skip


def document_row(site: Row, document_type: str, version: int, at: datetime, author: Author) -> Row:
    """A document of a site (or, with `site_id` None, of its application) that stands on the sample file of its type."""
    file = sample_file(document_type)
    owner = site["site_id"] or site["application_id"]
    name = f"サンプル_{DOCUMENT_TYPES[document_type][0]}{f'_第{version}版' if version > 1 else ''}.{file.ending}"
    return {
        "document_id": sample_id(f"document {owner} {document_type} {version}"), "application_id": site["application_id"],
        "site_id": site["site_id"], "document_type": document_type, "version": version, "file_name": name,
        "media_type": file.media_type, "byte_count": len(file.content), "sha256": file.sha256, "pages": file.pages,
        "thumbnail": "\\x" + file.thumbnail.hex(), "person_id": author.person_id,
        "organisation_id": author.organisation_id, "organisation_name": author.organisation_name, "added_at": at,
    }  # fmt: skip


def station_row(site: Row, asset: Mapping[str, Any], on_air: Row) -> Row:
    """A station that went on air through the window, for the register."""
    return {
        "station_id": site["station_id"], "name": f"{asset['name']} {site['carrier_name']}基地局",
        "carrier": site["carrier_name"].removesuffix("（サンプル）"), "asset_id": site["asset_id"],
        "technology": on_air["technology"], "bands": on_air["bands"], "antenna_height_m": on_air["antenna_height_m"],
        "azimuths_deg": ",".join(map(str, on_air["azimuths_deg"])), "is_shared": False, "status": "on_air",
        "on_air_on": on_air["on_air_on"], "municipality_code": site["municipality_code"],
        "municipality": asset["municipality"], "geom": {"type": "Point", "coordinates": [asset["lon"], asset["lat"]]},
    }  # fmt: skip
