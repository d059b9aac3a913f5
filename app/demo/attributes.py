"""Plausible attributes of sample assets, each consistent with the others: height with floors, seismic with year."""

import math
from datetime import date, timedelta
from random import Random
from typing import Any

from app.demo import vocabulary as words
from app.territory.facts import MunicipalityFacts

CURRENT_SEISMIC_CODE_FROM = 1982  # built to the code of June 1981
LAST_BUILT = 2021
# Share of assets with power or fibre in place and near by; the rest has none.
IN_PLACE = {"ward": (0.86, 0.11), "tama": (0.74, 0.18), "island": (0.38, 0.27)}
MOST_FLOORS = {"ward": 14, "tama": 9, "island": 4}
AVAILABILITY = {"open": 58, "conditional": 33, "reserved": 4, "suspended": 5}
PRIORITY_SHARE = {"ward": 0.46, "tama": 0.22, "island": 0.10}
PRIORITY_AREAS = {"public_facility": 50, "commercial": 20, "main_road": 30}

Attributes = dict[str, Any]


def pick(rng: Random, weights: dict[str, float] | dict[str, int]) -> str:
    """A key, as often as its weight says."""
    return rng.choices(list(weights), list(weights.values()))[0]


def building(rng: Random, facility: words.Facility, region: str) -> Attributes:
    """Attributes of a building that agree with its floors and year."""
    low, high = facility.floors
    tallest = max(min(high, MOST_FLOORS[region]), low)
    floors = low + int((tallest - low + 1) * rng.random() ** 1.4)
    year = LAST_BUILT - int(66 * rng.random() ** 1.1)
    storey_m = rng.uniform(3.0, 3.9) if facility.bureau == "住宅政策本部" else rng.uniform(3.5, 4.4)
    roof_height_m = round(floors * storey_m + 0.5, 1)
    footprint_m2 = round(rng.uniform(120, 420) * (1 + floors / 4))
    structure = _structure_type(rng, floors)
    roof = pick(rng, {"pitched": 8, "flat": 2} if structure == "W" else {"flat": 88, "pitched": 9, "none": 3})
    return {
        "structure_type": structure,
        "floors_above": floors,
        "floors_below": int(floors > 4 and rng.random() < 0.5) + int(floors > 8 and rng.random() < 0.4),
        "built_year": year,
        "area_m2": footprint_m2,
        "gross_floor_m2": round(footprint_m2 * floors * rng.uniform(0.82, 0.98)),
        "roof_height_m": roof_height_m,
        "height_m": round(roof_height_m + (rng.uniform(2.5, 5.5) if floors > 3 and rng.random() < 0.7 else 0.0), 1),
        "roof_type": roof,
        "roof_load_n_m2": None if roof != "flat" else rng.choice((600, 900, 1300, 1800, 2900)),
        "seismic": _seismic(rng, year),
        "access_hours": rng.choice(words.ACCESS_HOURS),
        "entry_lead_days": rng.choice((3, 5, 7, 10, 14)),
        "carry_in": rng.choice(words.CARRY_IN),
        "has_drawings": rng.random() < (0.9 if year > 1980 else 0.6),
        "planned_works": _planned_works(rng, year),
        "slots_total": 1 + int(rng.random() < 0.6) + int(footprint_m2 > 500) + int(footprint_m2 > 900),
    }


def land(rng: Random, facility: words.Facility, region: str) -> Attributes:
    """Attributes of a parcel; its area leaves room in every municipality's circles."""
    area_m2 = round(80 * math.exp(rng.random() * 4.6), 1)  # 80 m² to 8,000 m², most of them small
    category = next((value for key, value in words.LAND_CATEGORY.items() if key in facility.ja), "宅地")
    return {
        "area_m2": area_m2,
        "usable_area_m2": round(area_m2 * rng.uniform(0.1, 0.7), 1),
        "land_category": "山林" if region != "ward" and category == "宅地" and rng.random() < 0.25 else category,
        "lot_no": f"サンプル {rng.randint(1, 2400)}番{rng.randint(1, 30)}",
        "frontage_road": rng.choice(words.FRONTAGE),
        "max_structure_height_m": rng.choice((10.0, 15.0, 15.0, 20.0, 30.0, 40.0)),
        "slots_total": 1 + int(area_m2 > 1500),
    }


def structure(rng: Random, kind: words.StructureType) -> Attributes:
    """Attributes of a structure in the street."""
    height_m = round(rng.uniform(*kind.height_m), 1)
    lowest_m = round(min(2.5, height_m - 0.5), 1)
    return {
        "height_m": height_m,
        "material": kind.material,
        "mount_height_min_m": lowest_m,
        "mount_height_max_m": round(rng.uniform((lowest_m + height_m) / 2, height_m), 1),
        "structural_check_on": date(2019, 4, 1) + timedelta(days=rng.randrange(1400)),
        "is_unmetered": kind.kind != "street_light" or rng.random() < 0.5,
        "carriageway_clearance_m": round(rng.uniform(0.45, 2.5), 2),
        "road_manager": rng.choice(("東京都", "東京都", "新宿区")),
        "max_load_kg": rng.randint(*kind.max_load_kg),
        "slots_total": 2 if kind.kind == "smart_pole" else 1,
    }


def common(rng: Random, kind: str, facts: MunicipalityFacts, sensitive: str | None, bureau: str) -> Attributes:
    """Attributes every asset has: supply, terms, surroundings."""
    region = facts.region
    availability = pick(rng, AVAILABILITY)
    return {
        **_supply(rng, "power", region, kind),
        **_supply(rng, "fibre", region, kind),
        "ground_elev_m": _elevation_m(rng, facts),
        "zoning": rng.choice(words.ZONING[region]),
        "priority_area": pick(rng, PRIORITY_AREAS) if rng.random() < PRIORITY_SHARE[region] else None,
        "availability": availability,
        "restrictions": _restrictions(rng, kind, region, sensitive, availability),
        "sensitive_flags": [sensitive] if sensitive else None,
        "property_class": _property_class(rng, kind, bureau),
        "fee_note": _fee(kind),
    }


def _structure_type(rng: Random, floors: int) -> str:
    if floors <= 2:
        return pick(rng, {"RC": 50, "S": 35, "W": 15})
    return pick(rng, {"RC": 80, "S": 12, "SRC": 8}) if floors < 9 else pick(rng, {"SRC": 70, "RC": 30})


def _seismic(rng: Random, year: int) -> str:
    if year >= CURRENT_SEISMIC_CODE_FROM:
        return "current"
    return pick(rng, {"retrofitted": 86, "old": 7, "unknown": 7})


def _planned_works(rng: Random, year: int) -> str | None:
    if rng.random() > 0.07:
        return None
    when = 2026 + rng.randrange(6)
    return f"{when}年度 建替予定" if year < 1972 else f"{when}年度 屋上防水改修予定"


def _supply(rng: Random, name: str, region: str, kind: str) -> Attributes:
    in_place, near_by = IN_PLACE[region]
    if kind == "land":
        in_place, near_by = in_place * 0.4, near_by + in_place * 0.45
    draw = rng.random()
    state = "available" if draw < in_place else "nearby" if draw < in_place + near_by else "none"
    distance_m = {"available": 0, "nearby": rng.randint(10, 200), "none": rng.randint(210, 1500)}[state]
    supply: Attributes = {name: state, f"{name}_distance_m": distance_m}
    if name == "power":
        supply["power_spare_kva"] = rng.choice((3, 5, 10, 15, 20, 30)) if state == "available" else None
    return supply


def _elevation_m(rng: Random, facts: MunicipalityFacts) -> float:
    """Low in the east, higher to the west, anything on the islands."""
    if facts.region == "island":
        return round(rng.uniform(5, 180), 1)
    west_deg = max(139.77 - facts.office_lon, 0.0)
    return round(2 + 260 * west_deg + rng.uniform(0, 8), 1)


def _restrictions(rng: Random, kind: str, region: str, sensitive: str | None, availability: str) -> list[str] | None:
    known = {
        "building": words.BUILDING_RESTRICTIONS,
        "land": words.LAND_RESTRICTIONS,
        "structure": words.STRUCTURE_RESTRICTIONS,
    }[kind]
    pool = known + (words.ISLAND_RESTRICTIONS if region == "island" else ())
    number = 1 + int(rng.random() < 0.35) if availability == "conditional" else int(rng.random() < 0.15)
    chosen = [pool[place] for place in sorted({rng.randrange(len(pool)) for _ in range(number)})]
    if sensitive == "学校" and availability != "open":
        chosen.append(words.SCHOOL_RESTRICTION)
    return chosen or None


def _property_class(rng: Random, kind: str, bureau: str) -> str:
    if bureau in words.ENTERPRISES:
        return "enterprise"
    return "ordinary" if kind == "land" and rng.random() < 0.3 else "administrative"


def _fee(kind: str) -> str:
    return {
        "building": "行政財産使用料条例による（使用面積割）",
        "land": "行政財産使用料条例による（土地価格割）",
        "structure": "道路占用料等徴収条例・個別協議による",
    }[kind]
