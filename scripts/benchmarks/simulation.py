"""A valley with a known truth, driven through: signals, roads and phones, made to be judged by the service's own code.

240 × 240 squares of 25 m (a segment each), three sites, path loss exponent 3.7, correlated shadowing of 8 dB, a fast term
of 4 dB, 2 dB that differ from drive to drive, roads every 500 m. Each seed is a carrier of its own in the same place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.stats import norm

from app.coverage.segments import SEGMENT_BASE

Floats = NDArray[np.float64]
SIDE, SQUARE_M = 240, 25.0
QUARTER = 10  # squares along a quarter mesh
MESHES = SIDE // QUARTER
ROAD_EVERY = 20  # squares
FIRST_ROAD = 5
SITES = 3
EXPONENT = 3.7
AT_1_KM_DBM = -102.0  # of one site; so that three quarters of the meshes are gaps
SHADOW_SD_DB, SHADOW_M = 8.0, 75.0
FAST_SD_DB, DAY_SD_DB = 4.0, 2.0
THRESHOLD_DBM = -110.0
NO_SERVICE_DBM = -124.0  # what a phone reports nothing below
SAMPLES_PER_SEGMENT = 2
ORIGIN_ROW, ORIGIN_COL = 35_700 * 4800 // 1000 // 100 * 100, 39_100 * 3200 // 1000 // 100 * 100
FIRST_DAY_S = 1_780_272_000  # 2026-06-01 09:00 in Japan
DAY_S = 86_400

Noise = Callable[[np.random.Generator, tuple[int, ...]], Floats]


def gaussian(sd: float, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Normal in dB."""
    return rng.normal(0, sd, shape)


def skewed(sd: float, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Log-normal in dB, with its long side towards weak signals, mean 0."""
    s = 0.6
    spread = np.sqrt((np.exp(s * s) - 1) * np.exp(s * s))
    return -(rng.lognormal(0, s, shape) - np.exp(s * s / 2)) * sd / spread


def heavy(sd: float, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Student's t with 3 degrees of freedom: splendid and terrible samples."""
    return rng.standard_t(3, shape) * sd / np.sqrt(3)


def smooth(sd: float, rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Normal, alike over about ten samples along a road."""
    fast = uniform_filter1d(rng.normal(0, 1, shape), 10, axis=-1, mode="wrap")
    return np.asarray(fast / fast.std() * sd)


NORMAL: Noise = partial(gaussian, FAST_SD_DB)


@dataclass(frozen=True)
class NoiseModel:
    """How the valley's signal differs from what the rule supposes."""

    name: str
    fast: Noise = NORMAL
    fast_sd_db: float = FAST_SD_DB
    day_sd_db: float = DAY_SD_DB
    shadow_m: float = SHADOW_M
    shadow: str = "normal"


MODELS = (
    NoiseModel("as supposed"),
    NoiseModel("log-normal", fast=partial(skewed, FAST_SD_DB), shadow="log-normal"),
    NoiseModel("heavy tails", fast=partial(heavy, FAST_SD_DB), shadow="heavy"),
    NoiseModel("correlated", fast=partial(smooth, FAST_SD_DB), shadow_m=250.0),
    NoiseModel("wrong sd", fast=partial(gaussian, 2 * FAST_SD_DB), fast_sd_db=2 * FAST_SD_DB, day_sd_db=2 * DAY_SD_DB),
)


@dataclass(frozen=True, eq=False)
class Valley:
    """One seed's truth: the mean level of each square (dBm), [row, column] from the south-west."""

    level_dbm: Floats

    def served(self, model: NoiseModel) -> Floats:
        """The share of moments at which each square is at or above the threshold, the fast term being normal."""
        return np.asarray(norm.cdf((self.level_dbm - THRESHOLD_DBM) / model.fast_sd_db))

    def reached(self) -> Floats:
        """1 where the mean level of a square is at or above the threshold."""
        return (self.level_dbm >= THRESHOLD_DBM).astype(np.float64)


def make_valley(seed: int, model: NoiseModel) -> Valley:
    """Sites at random, the strongest serves."""
    rng = np.random.default_rng([seed, 1])
    places = rng.uniform(0, SIDE, (SITES, 2))
    rows, cols = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    away_km = np.hypot(rows - places[:, 0, None, None], cols - places[:, 1, None, None]) * SQUARE_M / 1000
    path = AT_1_KM_DBM - 10 * EXPONENT * np.log10(np.maximum(away_km, 0.05))
    shadows = np.stack([_shadow(rng, model) for _ in range(SITES)])
    return Valley(np.max(path + shadows, axis=0))


def _shadow(rng: np.random.Generator, model: NoiseModel) -> Floats:
    """A field of standard normals whose correlation falls exponentially, on a torus twice the valley, then shaped."""
    size = 2 * SIDE
    white = np.fft.rfft2(rng.normal(0, 1, (size, size)))
    field = np.fft.irfft2(white * _filter(size, model.shadow_m), (size, size))[:SIDE, :SIDE]
    if model.shadow == "log-normal":
        s = 0.6
        field = -(np.exp(s * field) - np.exp(s * s / 2)) / np.sqrt((np.exp(s * s) - 1) * np.exp(s * s))
    elif model.shadow == "heavy":
        field = field * np.abs(field) ** 0.5
        field = field / 1.263  # sd of |z|^1.5
    return np.asarray(field * SHADOW_SD_DB)


@cache
def _filter(size: int, shadow_m: float) -> Floats:
    """What makes white noise correlate, in the frequencies of a real transform."""
    axis = np.minimum(np.arange(size), size - np.arange(size)) * SQUARE_M
    spectrum = np.fft.rfft2(np.exp(-np.hypot(axis[:, None], axis[None, :]) / shadow_m)).real
    return np.asarray(np.sqrt(spectrum.clip(0)))


def road_mask() -> NDArray[np.bool_]:
    """Squares a road runs through."""
    on = np.zeros(SIDE, bool)
    on[FIRST_ROAD::ROAD_EVERY] = True
    return on[:, None] | on[None, :]


def drive(seed: int, valley: Valley, model: NoiseModel, passes: int) -> pa.Table:
    """Measurements of every road, each pass on a day of its own, in their canonical columns."""
    rng = np.random.default_rng([seed, 2])
    lines = np.arange(FIRST_ROAD, SIDE, ROAD_EVERY)
    along = np.arange(SIDE)
    rows = np.concatenate([np.repeat(lines, SIDE), np.tile(along, len(lines))])
    cols = np.concatenate([np.tile(along, len(lines)), np.repeat(lines, SIDE)])
    parts = []
    for day in range(passes):
        level = valley.level_dbm[rows, cols].repeat(SAMPLES_PER_SEGMENT)
        level = level + model.fast(rng, level.shape) + rng.normal(0, model.day_sd_db)
        parts.append(_rows(seed, day, rows.repeat(SAMPLES_PER_SEGMENT), cols.repeat(SAMPLES_PER_SEGMENT), level, rng))
    return pa.concat_tables(parts)


def _rows(
    seed: int, day: int, rows: NDArray[np.int64], cols: NDArray[np.int64], level: Floats, rng: np.random.Generator
) -> pa.Table:
    n = len(level)
    dead = level < NO_SERVICE_DBM
    at = (FIRST_DAY_S + day * DAY_S + np.arange(n) // 2) * 1_000_000
    nothing = pa.nulls(n, pa.float32())
    return pa.table(
        {
            "is_sample": pa.array(np.ones(n, bool)),
            "survey_id": pa.array([f"simulation-{day}"] * n),
            "at": pa.array(at, pa.timestamp("us", "UTC")),
            "lon": 100 + (ORIGIN_COL + cols + rng.uniform(0.05, 0.95, n)) / 3200,
            "lat": (ORIGIN_ROW + rows + rng.uniform(0.05, 0.95, n)) / 4800,
            "accuracy_m": nothing,
            "carrier": pa.array([f"seed-{seed:04d}"] * n),
            "device": pa.array(["phone"] * n),
            "technology": pa.array(np.where(dead, "none", "4g")),
            "rsrp_dbm": pa.array(level.astype(np.float32), pa.float32(), mask=dead),
            "nr_rsrp_dbm": nothing,
            "downlink_mbps": nothing,
            "uplink_mbps": nothing,
            "speed_kmh": nothing,
            "external_antenna": pa.nulls(n, pa.bool_()),
        }
    )


def by_mesh(values: Floats, where: NDArray[np.bool_] | None = None) -> Floats:
    """Means over quarter meshes of the squares asked for; nan where there is none."""
    shape = (MESHES, QUARTER, MESHES, QUARTER)
    kept = np.ones_like(values) if where is None else where.astype(np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray((values * kept).reshape(shape).sum((1, 3)) / kept.reshape(shape).sum((1, 3)))


def mesh_of(quarters: NDArray[np.int64], base: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of quarter meshes in the valley."""
    return quarters // base - ORIGIN_ROW // QUARTER, quarters % base - ORIGIN_COL // QUARTER


assert SEGMENT_BASE > ORIGIN_COL + SIDE
