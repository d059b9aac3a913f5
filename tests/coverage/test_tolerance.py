"""Bounds against published tables."""

import numpy as np
import pytest

from app.coverage.tolerance import tolerance_factor, tolerance_factors, wilson

# Source: tables of one-sided normal tolerance factors, 90 % of the population with 95 % confidence.
FACTORS = {3: 6.1553, 5: 3.4066, 10: 2.3546, 15: 2.0684, 20: 1.926, 30: 1.7773, 60: 1.6089}


@pytest.mark.parametrize(("n", "factor"), FACTORS.items())
def test_factors_are_those_of_the_tables(n: int, factor: float) -> None:
    assert tolerance_factor(n, 0.90, 0.95) == pytest.approx(factor, abs=1e-3)
    assert tolerance_factors(np.array([float(n)]), 0.90, 0.95)[0] == pytest.approx(factor, abs=1e-3)


def test_fewer_are_never_bolder() -> None:
    numbers = np.arange(1.05, 50, 0.35)
    upper, lower = tolerance_factors(numbers, 0.9, 0.95), tolerance_factors(numbers, 0.9, 0.05)
    assert (np.diff(upper) <= 0).all() and (np.diff(lower) >= 0).all() and (lower < upper).all()
    assert all(upper[i] >= tolerance_factor(n) - 1e-9 for i, n in enumerate(numbers))
    assert tolerance_factor(1) == float("inf")


def test_twenty_five_good_samples_prove_ninety_percent() -> None:
    lower, _ = wilson(np.array([1.0, 1.0]), np.array([24.0, 25.0]))
    assert lower == pytest.approx([0.8987, 0.9023], abs=1e-4)


def test_wilson_is_symmetric_and_holds_the_share() -> None:
    share, n = np.linspace(0, 1, 21), np.full(21, 7.5)
    lower, upper = wilson(share, n)
    assert lower == pytest.approx(1 - upper[::-1])
    assert (lower <= share).all() and (share <= upper).all()
