"""What sample cases ask for and are granted: plans, permits, items to correct."""

from collections.abc import Mapping
from datetime import date
from random import Random
from typing import Any

from app.demo.case_words import CONDITIONS, CORRECTIONS, PURPOSES

Found = Mapping[str, Any]

BANDS = {"5g": (["n77"], ["n78"], ["n78", "n79"], ["n257"]), "4g": (["B1", "B3"], ["B8"], ["B19"])}
EQUIPMENT = {
    "building": {"macro": 45, "small_cell": 45, "indoor": 10},
    "land": {"macro": 55, "pole": 45},
    "structure": {"small_cell": 70, "pole": 30},
}
# Width, height, depth in mm; weight in kg; power in kVA: smallest and largest.
SIZES: Mapping[str, tuple[tuple[int, int], ...]] = {
    "macro": ((500, 900), (1400, 2600), (400, 800), (180, 620), (3, 8)),
    "small_cell": ((250, 450), (400, 900), (150, 350), (12, 60), (1, 2)),
    "pole": ((300, 600), (6000, 12000), (300, 600), (150, 500), (1, 3)),
    "indoor": ((200, 400), (200, 500), (80, 200), (5, 20), (1, 1)),
}
LEGAL_BASIS = {
    "administrative": "use_permission", "ordinary": "lease_ordinary", "enterprise": "agreement", "private": "agreement",
}  # fmt: skip
FEE_NOTES = {
    "building": "行政財産使用料条例による（使用面積割）",
    "land": "行政財産使用料条例による（土地価格割）",
    "structure": "道路占用料等徴収条例・個別協議による",
}
# Where in the procedure an item can be asked for.
ASKED_IN: Mapping[str, tuple[str, ...]] = {
    "intake_check": ("field:", "document:enquiry_plan"),
    "consultation": ("document:layout_plan", "document:structural_calculation", "document:power_plan"),
    "permit_applied": ("document:drawings", "document:location_map"),
}


def common_plan(rng: Random, sent_on: date) -> dict[str, Any]:
    """What an application says of all its sites."""
    technology = "5g" if rng.random() < 0.85 else "4g"
    return {
        "purpose": rng.choice(PURPOSES), "technology": technology, "bands": rng.choice(BANDS[technology]),
        "sharing_intent": rng.choice(("alone", "alone", "open", "open", "shared")),
        "desired_quarter": _quarter(sent_on, rng.randint(3, 5)),
    }  # fmt: skip


def _quarter(day: date, later: int) -> str:
    year, quarter = divmod(day.year * 4 + (day.month - 1) // 3 + later, 4)
    return f"{year}Q{quarter + 1}"


def site_plan(rng: Random, common: Mapping[str, Any], asset: Found, station: Found | None) -> dict[str, Any]:
    """What is to stand at one site; for a station that stands, as it does."""
    kind = asset["asset_kind"]
    weights = EQUIPMENT[kind]
    equipment = rng.choices(list(weights), list(weights.values()))[0]
    low_high = SIZES[equipment]
    width, height, depth, weight = (rng.randint(*pair) for pair in low_high[:4])
    plan = {
        **common, "equipment_class": equipment, "width_mm": width, "height_mm": height, "depth_mm": depth,
        "weight_kg": weight, "power_kva": rng.randint(*low_high[4]), "is_new_structure": kind == "land",
        "antenna_height_m": _antenna_height_m(rng, asset, height),
    }  # fmt: skip
    if station is not None:
        plan |= {name: station[name] for name in ("technology", "bands", "antenna_height_m")}
    return plan


def _antenna_height_m(rng: Random, asset: Found, height_mm: int) -> float:
    if asset["asset_kind"] == "building":
        return round(float(asset.get("roof_height_m") or 10) + rng.uniform(1.5, 5), 1)
    if asset["asset_kind"] == "land":
        return round(min(float(asset.get("max_structure_height_m") or 15), rng.uniform(10, 30)), 1)
    return round(float(asset.get("mount_height_max_m") or height_mm / 1000), 1)


def permit_of(rng: Random, asset: Found, decided_on: date, term: tuple[date, date], number: int) -> dict[str, Any]:
    """A permit as it stands on the case."""
    fiscal_year = decided_on.year - (decided_on.month < 4) - 2018  # of Reiwa
    from_on, to_on = term
    return {
        "number": f"{fiscal_year}使許第{number}号", "legal_basis": LEGAL_BASIS[asset["property_class"]],
        "from_on": from_on.isoformat(), "to_on": to_on.isoformat(), "area_m2": round(rng.uniform(0.5, 12), 1),
        "conditions": [CONDITIONS[0], CONDITIONS[1], *rng.sample(CONDITIONS[2:], 2)],
        "fee_note": FEE_NOTES[asset["asset_kind"]],
    }  # fmt: skip


def correction_items(rng: Random, state: str, asked_before: list[dict[str, str]] | None) -> list[dict[str, str]]:
    """What is to be mended; a second time only what was asked for before. A renewal asks for the report again."""
    if asked_before:
        return asked_before[:1]
    wanted = ASKED_IN[state]
    fitting = [item for item in CORRECTIONS if item[0].startswith(wanted)]
    chosen = rng.sample(fitting, min(rng.randint(1, 3), len(fitting)))
    return [{"target": target, "text": ja} for target, ja in chosen]
