"""Weighted figures equal figures of repeated rows, and their intervals know that a debtor's cases stand together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from models import metrics
from models.bootstrap import (
    WeightedFigures,
    debtor_weights,
    ece_if_true,
    figure_intervals,
    interval_of,
    paired_intervals,
)


def made(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    p = np.round(random.beta(1.5, 4, n), 2).clip(0.01, 0.99)
    return (random.random(n) < p).astype(float), p


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_a_weight_counts_as_so_many_rows(seed: int) -> None:
    """The oracle repeats every row as often as it counts and asks the plain functions."""
    random = np.random.default_rng(seed)
    y, p = made(60, seed)
    weights = random.integers(0, 4, 60).astype(float)
    rows = np.repeat(np.arange(60), weights.astype(int))
    if not 0 < y.sum() < 60 or not 0 < y[rows].sum() < len(rows) or p[rows].std() == 0:
        return
    found = WeightedFigures.of(y, p).at(weights)
    assert found["auc"] == pytest.approx(roc_auc_score(y[rows], p[rows]))
    assert found["gini"] == pytest.approx(2 * found["auc"] - 1)
    assert found["ks"] == pytest.approx(metrics.ks(y[rows], p[rows]))
    assert found["pr_auc"] == pytest.approx(average_precision_score(y[rows], p[rows]))
    assert found["brier"] == pytest.approx(metrics.brier(y[rows], p[rows]))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y[rows], p[rows]))
    assert found["mean_difference"] == pytest.approx(p[rows].mean() - y[rows].mean())


def test_the_weighted_line_is_the_one_of_scikit_learn() -> None:
    y, p = made(2_000, 3)
    weights = next(debtor_weights([str(i // 2) for i in range(2_000)], 1, 5))
    found = WeightedFigures.of(y, p).at(weights)
    x = np.log(p / (1 - p))[:, None]
    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=500).fit(x, y, sample_weight=weights)
    assert found["calibration_slope"] == pytest.approx(peer.coef_[0, 0], abs=1e-4)
    assert found["calibration_intercept"] == pytest.approx(peer.intercept_[0], abs=1e-4)


def test_with_every_case_once_the_figures_are_the_plain_ones() -> None:
    y, p = made(800, 1)
    found = WeightedFigures.of(y, p).at(np.ones(800))
    assert found["ece"] == pytest.approx(metrics.ece(y, p))
    slope, intercept = metrics.calibration_line(y, p)
    assert (found["calibration_slope"], found["calibration_intercept"]) == pytest.approx((slope, intercept))


def test_cases_of_one_debtor_are_drawn_together() -> None:
    debtors = ["a", "b", "a", "c", "b"]
    for weights in debtor_weights(debtors, 20, 1):
        assert weights[0] == weights[2]
        assert weights[1] == weights[4]
        assert weights[0] + weights[1] + weights[3] == 3
    first, again = (list(debtor_weights(debtors, 3, 9)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))


def test_repeated_cases_do_not_narrow_the_interval() -> None:
    """Ten copies of every case are no more evidence when the debtor is drawn, and seem to be when the case is."""
    y, p = made(300, 7)
    debtors = [str(i) for i in range(300)]
    once = figure_intervals(y, p, debtors, draws=150, seed=2)["brier"]
    copied = figure_intervals(np.tile(y, 10), np.tile(p, 10), debtors * 10, draws=150, seed=2)["brier"]
    alone = figure_intervals(np.tile(y, 10), np.tile(p, 10), list(range(3000)), draws=150, seed=2)["brier"]
    assert copied.standard_error == pytest.approx(once.standard_error, rel=1e-6)
    assert alone.standard_error < 0.5 * once.standard_error


def test_intervals_hold_the_truth_about_as_often_as_they_claim() -> None:
    """95 % intervals of the mean difference, whose truth is 0 here, over 100 made worlds."""
    inside = 0
    for seed in range(100):
        y, p = made(300, seed)
        found = figure_intervals(y, p, list(range(300)), draws=80, seed=seed)["mean_difference"]
        inside += found.low <= 0 <= found.high
    assert 88 <= inside <= 99


def test_a_difference_of_two_is_judged_on_the_same_debtors() -> None:
    y, p = made(1_000, 11)
    other = np.clip(p + np.random.default_rng(0).normal(0, 0.05, 1_000), 0.01, 0.99)
    found = paired_intervals(y, other, p, list(range(1_000)), draws=200, seed=1)["brier"]
    assert found.value == pytest.approx(metrics.brier(y, other) - metrics.brier(y, p))
    single = figure_intervals(y, p, list(range(1_000)), draws=200, seed=1)["brier"]
    assert found.standard_error < 0.5 * single.standard_error
    same = paired_intervals(y, p, p, list(range(1_000)), draws=50, seed=1)["log_loss"]
    assert (same.low, same.high) == (0.0, 0.0)


def test_what_is_not_defined_is_no_number() -> None:
    with pytest.raises(ValueError, match="both outcomes"):
        figure_intervals(np.zeros(5), np.full(5, 0.1), list("abcde"), draws=50, seed=1)
    assert np.isnan(interval_of(0.3, [0.2, float("nan")]).low)
    found = interval_of(0.3, [0.2, float("nan"), 0.4])
    assert found.low < 0.3 < found.high


def test_honest_probabilities_show_an_ece_all_the_same() -> None:
    _, p = made(500, 2)
    expected = ece_if_true(p, seed=1)
    assert 0.01 < expected < 0.06
    assert ece_if_true(np.tile(p, 40), seed=1, draws=20) < 0.4 * expected
