"""One-sided bounds: of a normal sample (noncentral t) and of a share (Wilson).

Source: Hahn & Meeker, Statistical Intervals, table of one-sided tolerance factors; Wilson (1927).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nct, norm

Floats = NDArray[np.float64]
STEP = 0.1  # effective numbers are rounded down to it before a factor is looked up: never bolder than they are


def tolerance_factor(n: float, p: float = 0.90, confidence: float = 0.95) -> float:
    """k for which mean − k·sd of n values is below at least the share p of a normal population, with that confidence.

    Infinite for n ≤ 1: nothing is known (below a confidence of a half, from below). n may be any real number: an effective number.
    """
    if n <= 1:
        return float("inf") if confidence >= 0.5 else float("-inf")
    root = float(np.sqrt(n))
    return float(nct.ppf(confidence, df=n - 1, nc=norm.ppf(p) * root)) / root


def tolerance_factors(n: Floats, p: float, confidence: float) -> Floats:
    """`tolerance_factor` of many numbers, each first rounded down to `STEP` (and a hair, for binary fractions)."""
    steps = np.floor(n / STEP + 1e-6).astype(np.int64)
    distinct, place = np.unique(steps, return_inverse=True)
    factors = np.array([_factor_of_steps(int(step), p, confidence) for step in distinct], dtype=np.float64)
    return factors[place]


@lru_cache(maxsize=4096)
def _factor_of_steps(steps: int, p: float, confidence: float) -> float:
    return tolerance_factor(steps * STEP, p, confidence)


def wilson(share: Floats, n: Floats, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """One-sided lower and upper bounds of a share seen in n trials, each with that confidence; n may be any real number > 0."""
    z = norm.ppf(confidence)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
