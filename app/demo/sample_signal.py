"""Invented sites and what a phone would hear of them: the truth the sample surveys measure.

The truth is one mean a 25 m square (a tenth of a quarter mesh each way), carrier and technology: log-distance loss from
the nearest site, correlated shadowing, and hollows in the land that no signal reaches from outside.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy
import scipy.fft

from app.coverage.segments import (
    PER_QUARTER,
    QUARTERS_PER_LAT,
    QUARTERS_PER_LON,
    SEGMENT_BASE,
    Integers,
    segment_bounds,
    segment_ids,
)
from app.demo.sample_roads import Floats, Ground, Line, road_network, seeded, spread

CARRIERS = ("sample-a", "sample-b", "sample-c", "sample-d")
SAMPLE_OF = {f"通信事業者{letter.upper()}": f"sample-{letter}" for letter in "abcd"}
MUNICIPALITIES = ("13307", "13308", "13361", "13362", "13364", "13382", "13402")

AT_1_KM_DBM = {"4g": -86.0, "5g": -110.0}
LOSS_EXPONENT = 3.5
RIDGE_M, RIDGE_DB_PER_KM = 2000.0, 14.0  # beyond, ridges stand between
NEAREST_M = 40.0  # as near as a phone comes to an antenna
SHADOWING_DB, CORRELATED_OVER_M = 8.0, 75.0
SHARED_OF_VARIANCE = 0.5  # shadowing that all carriers have in common
HOLLOW_DB = 62.0
# How far a road lies from the nearest site at most, in m; the last carrier serves only around the office.
REACH_M = {"sample-a": 1000.0, "sample-b": 1600.0, "sample-c": 2100.0, "sample-d": 3000.0}
AROUND_OFFICE_M = {"sample-d": 5000.0}
WITH_5G = {"13308": 1, "13361": 2, "13364": 1}  # sites of each of these carriers, nearest to the office
CARRIERS_WITH_5G = ("sample-a", "sample-b")
BESIDE_ROAD_M = 70.0
# Places no carrier reaches: on the islands about as many as villages wished for sites in 2022 (大島 1, 利島 3, 神津島 2, 御蔵島 5, 青ヶ島 1).
HOLLOWS = {"13307": 3, "13308": 4, "13361": 1, "13362": 3, "13364": 2, "13382": 5, "13402": 1}
HOLLOW_RADIUS_M = {
    "13307": 420.0,
    "13308": 480.0,
    "13361": 480.0,
    "13362": 240.0,
    "13364": 300.0,
    "13382": 320.0,
    "13402": 280.0,
}
# A station was built in one more hollow between the two surveys.
FILLED = ("13308", "13361")
FILLED_BY = ("sample-a",)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a carrier sends from: metres of the plane; `since` None: long ago; `in_hollow`: the hollow does not hide it."""

    x: float
    y: float
    carrier: str
    technology: str
    since: date | None = None
    in_hollow: bool = False


def centres_of(segments: Integers) -> Floats:
    """Longitude and latitude of the middle of each square, in degrees; shape (n, 2)."""
    bounds = segment_bounds(segments)
    middles: Floats = (bounds[:, :2] + bounds[:, 2:]) / 2
    return middles


def segments_at(degrees: Floats) -> Integers:
    """The squares that hold points of shape (n, 2)."""
    return segment_ids(degrees[:, 0], degrees[:, 1])


@dataclass
class Signal:
    """What can be heard in one municipality."""

    ground: Ground
    roads: list[Line]
    sites: list[Site]
    hollows: Floats  # middles, in metres; shape (n, 2)
    filled: Floats | None  # the hollow in which a station was built later
    _shadowing: dict[str, Floats] = field(default_factory=dict)

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """The squares about the municipality: rows from and to before, columns from and to before."""
        west, south, east, north = self.ground.outline.bounds
        ends = segments_at(numpy.array([[west, south], [east, north]]))
        (south_row, north_row), (west_col, east_col) = ends // SEGMENT_BASE, ends % SEGMENT_BASE
        return int(south_row), int(north_row) + 1, int(west_col), int(east_col) + 1

    def mean_dbm(self, carrier: str, technology: str, on: date, segments: Integers) -> Floats:
        """The mean in each square on a day; -inf where the carrier has no such site at all."""
        here = self.ground.metres(centres_of(segments))
        hidden = self._hollow_db(here)
        best = numpy.full(len(here), -numpy.inf)
        for site in self.sites:
            if (site.carrier, site.technology) != (carrier, technology) or (site.since and site.since > on):
                continue
            away_m = numpy.maximum(numpy.hypot(here[:, 0] - site.x, here[:, 1] - site.y), NEAREST_M)
            heard = _heard_dbm(technology, away_m)
            numpy.maximum(best, heard if site.in_hollow else heard - hidden, out=best)
        return best + self._shadowing_db(carrier, segments)

    def _hollow_db(self, here: Floats) -> Floats:
        hidden = numpy.zeros(len(here))
        for middle in self.hollows:
            away = numpy.hypot(*(here - middle).T) / HOLLOW_RADIUS_M[self.ground.facts.code5]
            hidden = numpy.maximum(hidden, HOLLOW_DB * numpy.exp(-(away**4)))
        return hidden

    def _shadowing_db(self, carrier: str, segments: Integers) -> Floats:
        common, own = (self._field(name) for name in ("all", carrier))
        mixed = math.sqrt(SHARED_OF_VARIANCE) * common + math.sqrt(1 - SHARED_OF_VARIANCE) * own
        rows = numpy.clip(segments // SEGMENT_BASE - self.box[0], 0, mixed.shape[0] - 1)
        cols = numpy.clip(segments % SEGMENT_BASE - self.box[2], 0, mixed.shape[1] - 1)
        found: Floats = SHADOWING_DB * mixed[rows, cols]
        return found

    def _field(self, name: str) -> Floats:
        if name not in self._shadowing:
            south, north, west, east = self.box
            rng = seeded(f"shadowing {self.ground.facts.code5} {name}")
            self._shadowing[name] = correlated(rng, (north - south, east - west), self._step_m(), CORRELATED_OVER_M)
        return self._shadowing[name]

    def _step_m(self) -> tuple[float, float]:
        """The sides of a square, northwards and eastwards."""
        east_m, north_m = self.ground.m_per_degree
        return float(north_m) / QUARTERS_PER_LAT / PER_QUARTER, float(east_m) / QUARTERS_PER_LON / PER_QUARTER


def _heard_dbm(technology: str, away_m: Floats) -> Floats:
    over_ridges_km = numpy.maximum(away_m - RIDGE_M, 0.0) / 1000
    heard: Floats = AT_1_KM_DBM[technology] - 10 * LOSS_EXPONENT * numpy.log10(away_m / 1000)
    behind: Floats = heard - RIDGE_DB_PER_KM * over_ridges_km
    return behind


def correlated(
    rng: numpy.random.Generator, shape: tuple[int, int], step_m: tuple[float, float], over_m: float
) -> Floats:
    """A random field of mean 0 and sd 1 whose correlation falls to 1/e over a distance."""
    down, across = numpy.fft.fftfreq(shape[0], step_m[0]), numpy.fft.rfftfreq(shape[1], step_m[1])
    frequency = numpy.hypot(down[:, None], across[None, :])
    amplitude = (1 + (2 * math.pi * frequency * over_m) ** 2) ** -0.75  # of exp(-distance / over_m) in the plane
    made: Floats = scipy.fft.irfft2(scipy.fft.rfft2(rng.standard_normal(shape)) * amplitude, s=shape)
    even: Floats = (made - made.mean()) / made.std()
    return even


def signal_of(ground: Ground, stations: Sequence[Site] = (), opened_on: date | None = None) -> Signal:
    """The signal of a municipality: invented sites, the stations given, and one built in a hollow on a day."""
    roads = road_network(ground)
    code5 = ground.facts.code5
    count = HOLLOWS[code5] + (code5 in FILLED)
    mains = numpy.vstack(roads)
    far = mains[numpy.hypot(*(mains - ground.office).T) > 3 * HOLLOW_RADIUS_M[code5]]
    hollows = spread(far, ground.office, count)
    filled = hollows[-1] if code5 in FILLED else None
    sites = [*stations, *(site for carrier in CARRIERS for site in _sites(ground, carrier, mains, hollows))]
    if filled is not None and opened_on is not None:
        sites += [
            Site(float(filled[0]), float(filled[1]), carrier, "4g", opened_on, in_hollow=True) for carrier in FILLED_BY
        ]
    return Signal(ground, roads, sites, hollows, filled)


def _sites(ground: Ground, carrier: str, points: Floats, hollows: Floats) -> list[Site]:
    near = numpy.hypot(*(points - ground.office).T) < AROUND_OFFICE_M.get(carrier, math.inf)
    places = numpy.vstack([ground.office, spread(points[near], ground.office, 60, REACH_M[carrier])])
    rng = seeded(f"sites {ground.facts.code5} {carrier}")
    places = places + rng.uniform(-BESIDE_ROAD_M, BESIDE_ROAD_M, places.shape)
    radius_m = HOLLOW_RADIUS_M[ground.facts.code5]
    outside = [place for place in places if numpy.hypot(*(hollows - place).T).min() > 1.2 * radius_m]
    made = [Site(float(place[0]), float(place[1]), carrier, "4g") for place in outside]
    count_5g = WITH_5G.get(ground.facts.code5, 0) if carrier in CARRIERS_WITH_5G else 0
    by_distance = sorted(outside, key=lambda place: float(numpy.hypot(*(place - ground.office))))
    return made + [Site(float(place[0]), float(place[1]), carrier, "5g") for place in by_distance[:count_5g]]


@dataclass(frozen=True)
class Truth:
    """Every 25 m square on the land of a municipality (ids as in `app.coverage.segments`) with its mean by carrier, in dBm."""

    segments: Integers
    mean_dbm: dict[str, Floats]


def truth_of(signal: Signal, on: date, technology: str = "4g") -> Truth:
    """The truth of a municipality on a day, whole: what states are compared with."""
    south, north, west, east = signal.box
    every = (numpy.arange(south, north)[:, None] * SEGMENT_BASE + numpy.arange(west, east)).ravel()
    segments = every[signal.ground.holds(signal.ground.metres(centres_of(every)))]
    return Truth(segments, {carrier: signal.mean_dbm(carrier, technology, on, segments) for carrier in CARRIERS})
