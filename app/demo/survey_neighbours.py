"""What lies beside the sample surveys: areas carriers claim, a little too large, and what residents report."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

import numpy
import shapely

from app.demo.case_records import Row, sample_id
from app.demo.sample_roads import Floats, seeded
from app.demo.sample_signal import AT_1_KM_DBM, CARRIERS, LOSS_EXPONENT, RIDGE_M, Signal, segments_at

CLAIMED_TO_DBM = {"4g": -104.0, "5g": -106.0}  # by distance alone: no ridge, no hollow, no shadow
CLAIMED_AT_MOST_M = 1.3 * RIDGE_M
PUBLIC_CLAIMS = ("sample-a", "sample-b")
REPORTS = {"13307": 32, "13308": 56, "13361": 46, "13362": 12, "13364": 22, "13382": 18, "13402": 14}  # 200
BAD_DBM, SILENT_DBM = -108.0, -122.0
BAD_WEIGHT = 9.0  # how much likelier somebody reports where it is bad
BESIDE_ROAD_M = 120.0
PLACE_DECIMALS = 3  # of degrees, about 100 m: no report tells where somebody lives


def claimed_rows(signals: Mapping[str, Signal], on: date, organisations: Mapping[str, UUID]) -> Iterator[Row]:
    """What each carrier says it serves, over all municipalities, by technology."""
    for carrier in CARRIERS:
        for technology, words in (("4g", "4G"), ("5g", "5G")):
            parts = [part for signal in signals.values() for part in _claimed(signal, carrier, technology, on)]
            if parts and carrier in organisations:
                as_of = on.replace(day=1)
                joined = shapely.get_parts(shapely.union_all(parts))  # outlines of neighbours may overlap a little
                whole = shapely.set_srid(shapely.multipolygons(joined), 4326)
                yield {
                    "claim_id": sample_id(f"claim {carrier} {technology}"), "organisation_id": organisations[carrier],
                    "carrier": carrier, "technology": technology, "as_of": as_of,
                    "title": f"サンプル {words}サービスエリア {as_of.year}年{as_of.month}月",
                    "is_public": carrier in PUBLIC_CLAIMS, "is_sample": True,
                    "geom": shapely.to_wkb(whole, hex=True, include_srid=True),
                }  # fmt: skip


def _claimed(signal: Signal, carrier: str, technology: str, on: date) -> list[shapely.Polygon]:
    """Discs about the sites, cut at the coast or border, in degrees."""
    reach_m = 1000 * 10 ** ((AT_1_KM_DBM[technology] - CLAIMED_TO_DBM[technology]) / (10 * LOSS_EXPONENT))
    reach_m = min(reach_m, CLAIMED_AT_MOST_M)
    discs = [
        shapely.Point(site.x, site.y).buffer(reach_m, quad_segs=8)
        for site in signal.sites
        if (site.carrier, site.technology) == (carrier, technology) and (site.since is None or site.since <= on)
    ]
    land = shapely.intersection(shapely.union_all(discs), signal.ground.land)
    degrees = shapely.transform(shapely.simplify(land, 15), signal.ground.degrees)
    return [part for part in shapely.get_parts(degrees) if isinstance(part, shapely.Polygon) and not part.is_empty]


def report_rows(signals: Mapping[str, Signal], on: date) -> Iterator[Row]:
    """About 200 reports, more where the truth is bad."""
    for code5, signal in signals.items():
        yield from _reports(signal, REPORTS[code5], on)


def _reports(signal: Signal, count: int, on: date) -> Iterator[Row]:
    code5 = signal.ground.facts.code5
    rng = seeded(f"reports {code5}")
    beside = numpy.vstack(signal.roads)
    beside = beside + rng.normal(0, BESIDE_ROAD_M, beside.shape)
    beside = beside[signal.ground.holds(beside)]
    degrees = signal.ground.degrees(beside)
    heard = {carrier: signal.mean_dbm(carrier, "4g", on, segments_at(degrees)) for carrier in CARRIERS}
    for nth in range(count):
        carrier = CARRIERS[int(rng.choice(4, p=(0.4, 0.3, 0.2, 0.1)))]
        place = _drawn(heard[carrier], rng)
        lon, lat = degrees[place].round(PLACE_DECIMALS)
        yield {
            "report_id": sample_id(f"report {code5} {nth}"), "experienced_on": on - timedelta(days=int(rng.integers(2, 240))),
            "part_of_day": str(rng.choice(("morning", "day", "evening", "night"))),
            "carrier": carrier if rng.random() < 0.9 else None, "trouble": _trouble(float(heard[carrier][place]), rng),
            "place": str(rng.choice(("outdoors", "indoors", "vehicle"), p=(0.4, 0.35, 0.25))),
            "municipality_code": code5, "is_sample": True, "created_on": on - timedelta(days=1),
            "geom": f"SRID=4326;POINT({lon:.3f} {lat:.3f})",
        }  # fmt: skip


def _drawn(heard: Floats, rng: numpy.random.Generator) -> int:
    weights = numpy.where(heard < BAD_DBM, BAD_WEIGHT, 1.0)
    return int(rng.choice(len(heard), p=weights / weights.sum()))


def _trouble(heard_dbm: float, rng: numpy.random.Generator) -> str:
    if heard_dbm < SILENT_DBM or math.isinf(heard_dbm):
        return "no_service"
    shares: Sequence[float] = (0.2, 0.5, 0.3) if heard_dbm < BAD_DBM else (0.02, 0.18, 0.8)
    return str(rng.choice(("no_service", "calls_drop", "slow"), p=shares))
