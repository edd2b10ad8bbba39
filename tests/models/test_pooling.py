"""Partial pooling against a slow, obvious oracle, and on made worlds whose group effects are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from models.metrics import logistic_line
from models.pooling import Factor, Pooled, Prior, pool

FREE = np.inf


def made(n: int, groups: int, spread: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Labels, margin, group codes and the true effects; groups grow in size from the first to the last."""
    rng = np.random.default_rng(seed)
    codes = rng.choice(groups, n, p=np.arange(1, groups + 1) / np.arange(1, groups + 1).sum())
    effects = rng.normal(0, spread, groups)
    margin = rng.normal(size=n)
    y = (rng.random(n) < expit(-0.6 + 0.8 * margin + effects[codes])).astype(np.float64)
    return y, margin, codes, effects


def fitted(y: np.ndarray, margin: np.ndarray, codes: np.ndarray, groups: int, **more: int) -> Pooled:
    design = np.column_stack([np.ones(len(y)), margin])
    return pool(y, design, Prior(np.zeros(2), np.full(2, FREE)), [Factor(codes, groups, np.zeros(groups), **more)])


def test_it_is_the_mode_of_the_penalised_likelihood() -> None:
    y, margin, codes, _ = made(900, 6, 0.6, 1)
    found = fitted(y, margin, codes, 6)
    tau = found.spreads[0]

    def loss(theta: np.ndarray) -> float:
        eta = theta[0] + theta[1] * margin + theta[2:][codes]
        return float(np.sum(np.logaddexp(0, eta) - y * eta) + np.sum(theta[2:] ** 2) / (2 * tau**2))

    best = minimize(loss, np.zeros(8), method="BFGS", options={"gtol": 1e-8}).x
    np.testing.assert_allclose([*found.fixed, *found.effects[0]], best, atol=2e-3)


def test_without_groups_it_is_the_logistic_line() -> None:
    y, margin, _, _ = made(3000, 3, 0.0, 2)
    found = pool(y, np.column_stack([np.ones(len(y)), margin]), Prior(np.zeros(2), np.full(2, FREE)), [])
    slope, intercept = logistic_line(margin, y)
    np.testing.assert_allclose(found.fixed, [intercept, slope], atol=1e-5)


def test_the_spread_of_the_groups_is_recovered_and_their_effects_are_drawn_together() -> None:
    found_spread, error_pooled, error_alone = [], [], []
    for seed in range(8):
        y, margin, codes, effects = made(6000, 30, 0.4, 10 + seed)
        found = fitted(y, margin, codes, 30)
        alone = fitted(y, margin, codes, 30).effects[0] * 0
        for group in range(30):
            mine = codes == group
            if 0 < y[mine].sum() < mine.sum():
                eta = found.fixed[0] + found.fixed[1] * margin[mine]
                alone[group] = _own(y[mine], eta)
        found_spread.append(found.spreads[0])
        error_pooled.append(np.mean((found.effects[0] - effects) ** 2))
        error_alone.append(np.mean((alone - effects) ** 2))
    assert np.mean(found_spread) == pytest.approx(0.4, abs=0.08)
    assert np.mean(error_pooled) < 0.85 * np.mean(error_alone)


def _own(y: np.ndarray, eta: np.ndarray) -> float:
    """A group's effect by itself, no group beside it."""
    c = 0.0
    for _ in range(60):
        p = expit(eta + c)
        c += float(np.clip((y - p).sum() / (p * (1 - p)).sum(), -1, 1))
    return c


def test_groups_that_do_not_differ_get_no_effect() -> None:
    y, margin, codes, _ = made(8000, 12, 0.0, 3)
    assert np.abs(fitted(y, margin, codes, 12).effects[0]).max() < 0.08


def test_a_small_group_and_a_case_without_a_group_stay_at_the_mean() -> None:
    y, margin, codes, _ = made(4000, 10, 0.8, 4)
    small = int(np.bincount(codes).argmin())
    count = int((codes == small).sum())
    expected = np.zeros(10)
    expected[small] = 0.3
    factor = Factor(np.where(codes == 9, -1, codes), 10, expected, count + 1)
    found = pool(y, np.column_stack([np.ones(len(y)), margin]), Prior(np.zeros(2), np.full(2, FREE)), [factor])
    assert found.effects[0][small] == 0.3
    assert found.effects[0][9] == 0.0
    assert (np.delete(found.effects[0], [small, 9]) != 0).all()


def test_a_prior_holds_a_coefficient_where_it_is_sure() -> None:
    y, margin, _, _ = made(500, 3, 0.0, 5)
    design = np.column_stack([np.ones(len(y)), margin])
    held = pool(y, design, Prior(np.array([0.0, 2.0]), np.array([FREE, 1e-4])), [])
    free = pool(y, design, Prior(np.array([0.0, 2.0]), np.array([FREE, FREE])), [])
    assert held.fixed[1] == pytest.approx(2.0, abs=1e-3)
    assert free.fixed[1] == pytest.approx(0.8, abs=0.35)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_outcome_alone_is_refused(label: float) -> None:
    call: Callable[[np.ndarray], Pooled] = lambda y: fitted(y, np.arange(4.0), np.array([0, 1, 0, 1]), 2)  # noqa: E731
    with pytest.raises(ValueError, match="needs both outcomes"):
        call(np.full(4, label))
    assert len(call(np.array([0.0, 1.0, 1.0, 0.0])).effects[0]) == 2
