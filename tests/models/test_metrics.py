from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from models import metrics
from models.auc import auc, auc_interval, paired_difference


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=2, max_size=30))
def test_auc_is_the_share_of_pairs_ranked_rightly(rows: list[tuple[int, int]]) -> None:
    y, s = np.array([r[0] for r in rows], dtype=float), np.array([r[1] for r in rows], dtype=float)
    if len(set(y)) < 2:
        with pytest.raises(ValueError, match="needs both classes"):
            auc(y, s)
        return
    pairs = [(a > b) + 0.5 * (a == b) for a in s[y == 1] for b in s[y == 0]]
    assert auc(y, s) == pytest.approx(float(np.mean(pairs)))


def test_delong_agrees_with_the_bootstrap() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(400) < 0.3).astype(float)
    first, second = y + rng.normal(size=400), 0.5 * y + rng.normal(size=400)
    draws = [rng.integers(0, 400, 400) for _ in range(300)]
    boot = np.array([[roc_auc_score(y[d], first[d]), roc_auc_score(y[d], second[d])] for d in draws])
    found = auc_interval(y, first)
    assert found.value == pytest.approx(roc_auc_score(y, first))
    assert found.standard_error == pytest.approx(boot[:, 0].std(), rel=0.2)
    assert found.low < found.value < found.high
    pair = paired_difference(y, first, second)
    assert pair.standard_error == pytest.approx((boot[:, 0] - boot[:, 1]).std(), rel=0.2)
    assert pair.p_value < 0.05
    assert paired_difference(y, first, first).p_value == 1.0


def test_honest_probabilities_have_slope_one_and_skewed_ones_do_not() -> None:
    rng = np.random.default_rng(1)
    t = rng.normal(size=20_000)
    p = 1 / (1 + np.exp(-t))
    y = (rng.random(20_000) < p).astype(float)
    slope, intercept = metrics.calibration_line(y, p)
    assert slope == pytest.approx(1.0, abs=0.06)
    assert intercept == pytest.approx(0.0, abs=0.06)
    assert metrics.ece(y, p) < 0.015
    bold = 1 / (1 + np.exp(-2 * t))
    assert metrics.calibration_line(y, bold)[0] == pytest.approx(0.5, abs=0.03)
    assert metrics.ece(y, bold) > 0.05
    assert metrics.brier(y, p) < metrics.brier(y, bold)
    assert metrics.log_loss(y, p) < metrics.log_loss(y, bold)


def test_grades_keep_empty_groups_and_give_lift() -> None:
    y = np.array([1, 0, 0, 0, 1, 1], dtype=float)
    table = {row["grade"]: row for row in metrics.by_grade(y, ["A", "A", "A", "B", "D", "D"])}
    assert table["C"]["cases"] == 0
    assert table["C"]["observed"] is None
    assert table["D"]["lift"] == pytest.approx(2.0)
    assert table["B"]["low"] == 0.0
    assert 0.7 < table["B"]["high"] < 0.9


def test_summary_holds_every_figure_and_leaves_out_what_is_undefined() -> None:
    rng = np.random.default_rng(2)
    p = rng.random(500)
    y = (rng.random(500) < p).astype(float)
    full = metrics.summary(y, p)
    assert full["gini"] == pytest.approx(2 * full["auc"]["value"] - 1)
    assert full["ks"] > 0.3
    assert full["pr_auc"] > 0.6
    assert {"calibration_slope", "ece", "brier", "log_loss"} <= set(full)
    assert "auc" not in metrics.summary(np.zeros(5), np.full(5, 0.2))
    assert metrics.summary(np.empty(0), np.empty(0))["cases"] == 0


def test_a_line_through_separated_classes_stops_at_a_steep_slope() -> None:
    slope, _ = metrics.logistic_line(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 0.0, 1.0, 1.0]))
    assert slope > 5
    assert np.isfinite(slope)
    with pytest.raises(ValueError, match="both outcomes"):
        metrics.logistic_line(np.arange(3.0), np.ones(3))
