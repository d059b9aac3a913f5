"""Stations that opened or closed near a cell after it was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from app.coverage.evidence import day_number
from app.coverage.profiles import Profile
from app.coverage.segments import Integers, quarter_bounds

EARTH_M = 6_371_008.8
REACH_OF_CELL_M = 185.0  # from the centre of a quarter mesh to its corner, at most, in Japan
NEVER = -(10**9)


@dataclass(frozen=True)
class StationEvent:
    """A station of a carrier that opened or closed; technology None: of any. Degrees."""

    carrier: str
    kind: Literal["opened", "closed"]
    on: date
    lon: float
    lat: float
    technology: str | None = None


def last_events(
    quarters: Integers, carriers: NDArray[np.object_], events: Sequence[StationEvent], profile: Profile, as_of: date
) -> dict[str, Integers]:
    """Of each cell, the day of the last opening and the last closing within the profile's radius; NEVER where none."""
    days = {kind: np.full(len(quarters), NEVER, np.int64) for kind in ("opened", "closed")}
    felt = [e for e in events if e.on <= as_of and e.technology in (None, profile.technology)]
    for carrier in {event.carrier for event in felt}:
        own = np.flatnonzero(carriers == carrier)
        if not len(own):
            continue
        tree = cKDTree(_centres(quarters[own]))
        for event in (e for e in felt if e.carrier == carrier):
            place = _on_globe(np.array([event.lon]), np.array([event.lat]))[0]
            near = own[tree.query_ball_point(place, profile.resurvey_radius_m + REACH_OF_CELL_M)]
            days[event.kind][near] = np.maximum(days[event.kind][near], day_number(event.on))
    return days


def _centres(quarters: Integers) -> NDArray[np.float64]:
    bounds = quarter_bounds(quarters)
    return _on_globe((bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2)


def _on_globe(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres from the centre of the earth; over a few kilometres the chord is the distance."""
    x, y = np.radians(lon), np.radians(lat)
    return EARTH_M * np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])
