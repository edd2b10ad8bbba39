"""The shift of a level: against a slow oracle, on a known truth, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from models.recalibration import drawn_together, level_shift


@given(st.integers(0, 10_000), st.integers(2, 60), st.floats(-6, 6))
def test_shifted_probabilities_sum_to_the_events_as_bisection_finds_it(seed: int, n: int, away: float) -> None:
    rng = np.random.default_rng(seed)
    p = expit(rng.normal(away, 2.0, n))
    y = np.zeros(n)
    y[rng.permutation(n)[: rng.integers(1, n)]] = 1.0
    low, high = -60.0, 60.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if expit(logit(p) + middle).sum() < y.sum() else (low, middle)
    assert level_shift(y, p).shift == pytest.approx(low, abs=1e-7)


def test_a_known_shift_comes_back_within_its_interval_as_often_as_claimed() -> None:
    held = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        p = expit(rng.normal(-1.5, 1.0, 400))
        found = level_shift((rng.random(400) < expit(logit(p) + 0.4)).astype(float), p)
        assert found.low < found.shift < found.high
        held.append(found.low <= 0.4 <= found.high)
    assert 0.92 <= np.mean(held) <= 0.98


def test_chance_by_hand() -> None:
    """Half of 100 where a half is promised: nothing to add, standard error 1 / sqrt(100 / 4)."""
    y = np.array([0.0, 1.0] * 50)
    found = level_shift(y, np.full(100, 0.5))
    assert (found.shift, found.error, found.p_value) == pytest.approx((0.0, 0.2, 1.0))
    assert found.high == pytest.approx(0.2 * 1.959964, abs=1e-5)
    assert level_shift(y, np.full(100, expit(-0.4))).p_value == pytest.approx(0.0455, abs=1e-4)


@pytest.mark.parametrize("y", [np.zeros(5), np.ones(5)])
def test_one_outcome_alone_has_no_shift(y: np.ndarray) -> None:
    with pytest.raises(ValueError, match="needs cases of both outcomes"):
        level_shift(y, np.full(5, 0.5))
    y[0] = 1.0 - y[0]
    assert np.isfinite(level_shift(y, np.full(5, 0.5)).shift)


def test_shifts_drawn_together_are_nearer_the_true_ones_and_equal_where_nothing_differs() -> None:
    rng = np.random.default_rng(1)
    errors = rng.uniform(0.1, 0.4, 4000)
    true = rng.normal(0.2, 0.3, 4000)
    seen = true + errors * rng.normal(size=4000)
    drawn = drawn_together(seen, errors)
    # Known answer: with groups .3 apart the best guess is the mean, and of the rest the share that is not chance.
    best = 0.2 + (seen - 0.2) * 0.09 / (0.09 + errors**2)
    assert np.abs(drawn - best).max() < 0.05
    assert np.mean((drawn - true) ** 2) < 0.8 * np.mean((seen - true) ** 2)
    alike = drawn_together(np.array([0.1, -0.1, 0.05]), np.array([0.2, 0.2, 0.2]))
    assert alike == pytest.approx([0.05 / 3] * 3)
    assert drawn_together(np.array([0.4]), np.array([0.1])) == pytest.approx([0.4])
