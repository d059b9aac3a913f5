"""What four phones in one car write down along the sample roads, once a second."""

import math
from dataclasses import dataclass
from datetime import date, datetime, time

import numpy
import pyarrow as pa
from numpy.typing import NDArray

from app.clock import TOKYO
from app.demo.sample_roads import Floats, Line, along, length_m, main_count, seeded
from app.demo.sample_signal import CARRIERS, HOLLOWS, Signal, segments_at

FAST_DB, DAY_DB = 4.0, 2.0  # from sample to sample, and from day to day
LOWEST_DBM, HIGHEST_DBM = -124.0, -50.0  # below, the phone reports no service
LOWEST_5G_DBM = -112.0
OLD_NETWORK_SHARE = 0.25  # of samples a little below the lowest, that 3G still serves
OLD_NETWORK_DB = 2.0
POSITION_SD_M = 2.5
SPEED_KMH = {"tama": 40.0, "island": 34.0}
LEAST_SECONDS = 2500  # a short network is driven round again
STANDING_S, BETWEEN_ROADS_S = 25, 90
TEST_EVERY = 30  # rows between two tests of throughput
BANDS = {"sample-a": "B1", "sample-b": "B18", "sample-c": "B8", "sample-d": "B3"}

SCHEMA = pa.schema(
    [
        ("at", pa.timestamp("us", "UTC")), ("lon", pa.float64()), ("lat", pa.float64()), ("accuracy_m", pa.float32()),
        ("carrier", pa.string()), ("device", pa.string()), ("technology", pa.string()), ("band", pa.string()),
        ("rsrp_dbm", pa.float32()), ("rsrq_db", pa.float32()), ("sinr_db", pa.float32()), ("nr_rsrp_dbm", pa.float32()),
        ("nr_rsrq_db", pa.float32()), ("downlink_mbps", pa.float32()), ("uplink_mbps", pa.float32()),
        ("latency_ms", pa.float32()), ("speed_kmh", pa.float32()), ("in_vehicle", pa.bool_()),
        ("external_antenna", pa.bool_()),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Drive:
    """One day of a survey."""

    survey: str
    day: date
    main_roads_only: bool
    is_reversed: bool

    @property
    def name(self) -> str:
        """What its random numbers are drawn by; without the day, so that any day gives the same rows."""
        return f"{self.survey} {'back' if self.is_reversed else 'out'}"


@dataclass(frozen=True)
class Track:
    """Where the car was, second by second: metres of the plane, seconds since it set out, km/h."""

    places: Floats
    seconds: NDArray[numpy.int64]
    speed_kmh: Floats


def track_of(signal: Signal, drive: Drive) -> Track:
    """The way of the car on that day, over every road it was to drive, and round again if that was soon done."""
    roads = signal.roads[: main_count(signal.roads)] if drive.main_roads_only else signal.roads
    if drive.is_reversed:
        roads = [road[::-1] for road in reversed(roads)]
    rng = seeded(f"track {signal.ground.facts.code5} {drive.name}")
    limit_kmh = SPEED_KMH[signal.ground.facts.region]
    pieces: list[Track] = []
    driven_s, now_s = 0, 0
    while driven_s < LEAST_SECONDS:
        for road in roads:
            piece = _along_road(road, limit_kmh, now_s, rng)
            pieces.append(piece)
            driven_s += len(piece.seconds)
            now_s = int(piece.seconds[-1]) + BETWEEN_ROADS_S
    return Track(
        numpy.vstack([piece.places for piece in pieces]),
        numpy.concatenate([piece.seconds for piece in pieces]),
        numpy.concatenate([piece.speed_kmh for piece in pieces]),
    )


def _along_road(road: Line, limit_kmh: float, from_s: int, rng: numpy.random.Generator) -> Track:
    """A road from end to end, standing a while before; faster and slower as it bends."""
    most_s = int(length_m(road) / (limit_kmh / 3.6) * 2) + 2
    wave = numpy.sin(numpy.arange(most_s) * 2 * math.pi / rng.uniform(50, 110) + rng.uniform(0, 6))
    kmh = limit_kmh * (1 + 0.22 * wave) + rng.normal(0, 1.2, most_s)
    kmh = numpy.concatenate([numpy.zeros(STANDING_S), numpy.clip(kmh, 4.0, None)])
    passed_m = numpy.cumsum(kmh / 3.6)
    used = passed_m <= length_m(road)
    return Track(along(road, passed_m[used]), from_s + numpy.arange(int(used.sum())), kmh[used])


def phones_on(signal: Signal, drive: Drive) -> dict[str, pa.Table]:
    """The rows of each carrier's phone on that day, in the order of time."""
    track = track_of(signal, drive)
    return {carrier: _phone(signal, drive, track, carrier) for carrier in CARRIERS}


def _phone(signal: Signal, drive: Drive, track: Track, carrier: str) -> pa.Table:
    code5 = signal.ground.facts.code5
    rng = seeded(f"phone {code5} {drive.name} {carrier}")
    count = len(track.seconds)
    segments = segments_at(signal.ground.degrees(track.places))
    of_day = rng.normal(0, DAY_DB)
    rsrp = signal.mean_dbm(carrier, "4g", drive.day, segments) + of_day + rng.normal(0, FAST_DB, count)
    nr = signal.mean_dbm(carrier, "5g", drive.day, segments) + of_day + rng.normal(0, FAST_DB, count)
    technology = _serving(rsrp, nr, rng)
    has_4g, has_5g = numpy.isin(technology, ("4g", "5g_nsa")), technology == "5g_nsa"
    degrees = signal.ground.degrees(track.places + rng.normal(0, POSITION_SD_M, (count, 2)))
    sinr = numpy.clip((rsrp + 112) * 0.7 + rng.normal(0, 3, count), -12, 30)
    speeds = _throughput(sinr, has_4g, has_5g, rng)
    set_out = datetime.combine(drive.day, time(9, 10 + HOLLOWS[code5]), TOKYO)
    at = int(set_out.timestamp()) * 1_000_000 + track.seconds * 1_000_000 + 137_000 * CARRIERS.index(carrier)
    band = numpy.where(has_5g, f"{BANDS[carrier]}+n78", BANDS[carrier])
    values = {
        "at": pa.array(at, pa.timestamp("us", "UTC")), "lon": degrees[:, 0].round(6), "lat": degrees[:, 1].round(6),
        "accuracy_m": _accuracy_m(rng, count), "carrier": pa.array([carrier] * count),
        "device": pa.array([f"sample-phone-{carrier[-1]}"] * count), "technology": technology,
        "band": _only(band, has_4g), "rsrp_dbm": _only(numpy.clip(rsrp, None, HIGHEST_DBM), has_4g),
        "rsrq_db": _only(numpy.clip(-15 + 0.12 * (rsrp + 115) + rng.normal(0, 1.5, count), -19.5, -5), has_4g),
        "sinr_db": _only(sinr, has_4g), "nr_rsrp_dbm": _only(numpy.clip(nr, None, HIGHEST_DBM), has_5g),
        "nr_rsrq_db": _only(numpy.clip(-11 + rng.normal(0, 1, count), -20, -5), has_5g), **speeds,
        "speed_kmh": track.speed_kmh.round(1), "in_vehicle": numpy.ones(count, bool),
        "external_antenna": numpy.zeros(count, bool),
    }  # fmt: skip
    return pa.table([_cast(values[name.name], name.type) for name in SCHEMA], SCHEMA)


def _serving(rsrp: Floats, nr: Floats, rng: numpy.random.Generator) -> NDArray[numpy.str_]:
    old = (rsrp > LOWEST_DBM - OLD_NETWORK_DB) & (rng.random(len(rsrp)) < OLD_NETWORK_SHARE)
    reached = numpy.where(nr >= LOWEST_5G_DBM, "5g_nsa", "4g")
    return numpy.where(rsrp >= LOWEST_DBM, reached, numpy.where(old, "3g", "none"))


def _throughput(
    sinr: Floats, has_4g: NDArray[numpy.bool_], has_5g: NDArray[numpy.bool_], rng: numpy.random.Generator
) -> dict[str, pa.Array]:
    """Now and then a test of speed, after Shannon's bound on what the carrier's width would give."""
    count = len(sinr)
    tested = has_4g & (numpy.arange(count) % TEST_EVERY == TEST_EVERY // 2)
    mbps = (6 + 30 * has_5g) * numpy.log2(1 + 10 ** (sinr / 10)) * rng.uniform(0.5, 1.0, count) + 0.2
    return {
        "downlink_mbps": _only(mbps, tested),
        "uplink_mbps": _only(mbps * rng.uniform(0.1, 0.3, count), tested),
        "latency_ms": _only(28 + rng.gamma(2, 9, count), tested),
    }


def _accuracy_m(rng: numpy.random.Generator, count: int) -> Floats:
    """Mostly a few metres; under trees and cliffs now and then too many to be used."""
    usual, bad = rng.gamma(4, 1.4, count) + 2.5, rng.uniform(55, 140, count)
    return numpy.where(rng.random(count) < 0.004, bad, usual).round(1)


def _only(values: NDArray[numpy.generic], where: NDArray[numpy.bool_]) -> pa.Array:
    """The values where they were measured, rounded to a tenth; null elsewhere."""
    return pa.array(values.round(1) if values.dtype.kind == "f" else values, mask=~where)


def _cast(values: pa.Array | NDArray[numpy.generic], to: pa.DataType) -> pa.Array:
    return (values if isinstance(values, pa.Array) else pa.array(values)).cast(to)
