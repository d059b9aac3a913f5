"""How many sample assets stand where: the published counts, shared out.

Source: the programme's asset database as of 2022-11-01 (buildings, land, structures; wards, Tama, islands; the western
Tama table), and the municipal assets opened by March 2023.
"""

from collections.abc import Mapping
from typing import TypeVar

from app.territory.facts import MunicipalityFacts, facts_by_code

BUILDINGS, LANDS, STRUCTURES = 10_246, 4_940, 191
BY_REGION = {"ward": 8_159, "tama": 6_414, "island": 804}
WEST_TAMA = {
    "13205": 186, "13218": 124, "13227": 70, "13228": 87, "13303": 71, "13305": 17, "13307": 3, "13308": 123,
}  # fmt: skip
SHINJUKU = "13104"  # every structure of the database stands in Nishi-Shinjuku
MUNICIPAL = {"13103": 306, "13116": 538, "13123": 566, "13219": 32, "13225": 132}
MUNICIPAL_LAND_SHARE = 0.3  # not published
LAND_WEIGHT = {"ward": 1.0, "tama": 1.25, "island": 1.5}  # land for a building; not published

Key = TypeVar("Key")


def share_out(total: int, weights: Mapping[Key, float]) -> dict[Key, int]:
    """Whole numbers that sum to `total`, in proportion to `weights` (largest remainder; ties to the first)."""
    whole = sum(weights.values())
    exact = {key: total * weight / whole for key, weight in weights.items()}
    shares = {key: int(share) for key, share in exact.items()}
    by_remainder = sorted(exact, key=lambda key: shares[key] - exact[key])
    for key in by_remainder[: total - sum(shares.values())]:
        shares[key] += 1
    return shares


def metropolitan_counts() -> dict[str, dict[str, int]]:
    """Metropolitan sample assets: code of the municipality → asset kind → number."""
    grounded = _grounded_by_municipality()
    facts = facts_by_code()
    lands = share_out(LANDS, {code: count * LAND_WEIGHT[facts[code].region] for code, count in grounded.items()})
    return {
        code: {
            "building": count - lands[code],
            "land": lands[code],
            "structure": STRUCTURES if code == SHINJUKU else 0,
        }
        for code, count in grounded.items()
    }


def municipal_counts() -> dict[str, dict[str, int]]:
    """Municipal sample assets: code of the municipality → asset kind → number."""
    lands = {code: round(count * MUNICIPAL_LAND_SHARE) for code, count in MUNICIPAL.items()}
    return {code: {"building": count - lands[code], "land": lands[code]} for code, count in MUNICIPAL.items()}


def _grounded_by_municipality() -> dict[str, int]:
    """Buildings and land together, by municipality."""
    counts: dict[str, int] = {}
    for region, total in BY_REGION.items():
        free = {code: facts.population for code, facts in _of_region(region).items() if code not in WEST_TAMA}
        fixed = sum(WEST_TAMA.values()) if region == "tama" else 0
        counts |= share_out(total - fixed - (STRUCTURES if region == "ward" else 0), free)
    return {code: (counts | WEST_TAMA)[code] for code in facts_by_code()}


def _of_region(region: str) -> dict[str, MunicipalityFacts]:
    return {code: facts for code, facts in facts_by_code().items() if facts.region == region}
