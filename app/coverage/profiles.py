"""Profiles: the thresholds and rules by which measurements become states, each a file in `profiles/`, with its version.

What a profile says is never changed once states were built by it: another file with the next number is made.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

FOLDER = Path(__file__).parent / "profiles"
DEFAULT_PROFILE = "tmg-4g-outdoor-1"
BUILT_UNASKED = (DEFAULT_PROFILE, "tmg-5g-outdoor-1")  # when surveys change; others where somebody asks

Serving = Literal["5g_sa", "5g_nsa", "4g", "3g", "none"]
Counts = Literal["signal", "none", "skip"]


class Bounds(BaseModel):
    """Where grades begin (dBm): below `weak` none, then weak, usable, good."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weak: float
    usable: float
    good: float

    @model_validator(mode="after")
    def _rise(self) -> "Bounds":
        if not self.weak < self.usable < self.good:
            raise ValueError("bounds must rise from weak to good")
        return self


class Speed(BaseModel):
    """Least speeds of a test that succeeded (Mbps)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    downlink_mbps: float
    uplink_mbps: float


class Profile(BaseModel):
    """Everything by which a state is judged.

    signal: the column the level is read from. counts: what a row of a serving technology says about `technology`; skip:
    nothing. method: tolerance (bounds on the level), half_mesh or share (of the squares observed). speed: judge whether
    tests succeeded instead of the level. hours_jst: rows of other hours are left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9-]+-[0-9]+$")
    technology: Literal["4g", "5g"]
    title_ja: str
    title_en: str
    source: str
    method: Literal["tolerance", "half_mesh", "share"]
    signal: Literal["rsrp_dbm", "nr_rsrp_dbm"]
    counts: dict[Serving, Counts]
    threshold_dbm: float
    bounds: Bounds
    confidence: float = Field(0.95, gt=0.5, lt=1)
    coverage_target: float = Field(0.90, gt=0.5, lt=1)
    n_eff_divisor: float = Field(2, ge=1)
    fast_sd_db: float = Field(4, ge=0)
    min_samples: int = Field(5, ge=1)
    min_segments: int = Field(3, ge=3)
    floor_dbm: float = -140
    saturation_db: float = Field(20, gt=0, description="Levels count as threshold plus this at most")
    no_service_share: float = Field(0.10, gt=0, lt=1)
    half_life_days: float = Field(365, gt=0)
    stale_after_days: int = Field(548, gt=0)
    resurvey_radius_m: float = Field(3000, gt=0)
    max_accuracy_m: float = 50
    max_speed_kmh: float = 120
    served_share: float = Field(
        0.5, description="half_mesh and share: strictly more of what was observed must be served"
    )
    speed: Speed | None = None
    hours_jst: tuple[int, int] | None = None
    carrier_sets: tuple[tuple[str, ...], ...] = (
        ("docomo", "kddi", "softbank", "rakuten"),
        ("sample-a", "sample-b", "sample-c", "sample-d"),
    )

    @property
    def saturation_dbm(self) -> float:
        """Means of segments are cut here, so that one splendid sample never widens the spread into a gap."""
        return self.threshold_dbm + self.saturation_db

    def serving(self, counts: Counts) -> tuple[Serving, ...]:
        """The serving technologies whose rows count so."""
        return tuple(technology for technology, says in self.counts.items() if says == counts)

    def as_json(self) -> dict[str, object]:
        """What a build keeps of the profile."""
        return self.model_dump(mode="json")


@cache
def all_profiles() -> dict[str, Profile]:
    """Every profile by id, in the order of their ids."""
    found = (Profile.model_validate(tomllib.loads(path.read_text("utf-8"))) for path in sorted(FOLDER.glob("*.toml")))
    return {profile.id: profile for profile in found}


def get_profile(profile_id: str) -> Profile:
    """One profile. Raises KeyError with the ids there are."""
    profiles = all_profiles()
    if profile_id not in profiles:
        raise KeyError(f"{profile_id}: {', '.join(profiles)}")
    return profiles[profile_id]
