"""Stations of the register that opened or closed: what makes older measurements near by doubtful."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.coverage.events import StationEvent
from app.surveys.carriers import parse_carrier

# The last version of each station tells: on the air since, or taken from its list, or listed as removed.
FIND = "SELECT carrier, technology, status, on_air_on, lon, lat, ended_on, listed_on FROM station_lives"


def station_events(session: Session) -> list[StationEvent]:
    """Openings and closings of stations whose carrier's name is known."""
    found = []
    for row in session.execute(text(FIND)):
        carrier = parse_carrier(row.carrier)
        if carrier is None:
            continue
        if row.on_air_on and row.status != "planned":
            found.append(StationEvent(carrier, "opened", row.on_air_on, row.lon, row.lat, row.technology))
        closed_on = row.ended_on or (row.listed_on if row.status == "removed" else None)
        if closed_on and row.status != "planned":
            found.append(StationEvent(carrier, "closed", closed_on, row.lon, row.lat, row.technology))
    return found
