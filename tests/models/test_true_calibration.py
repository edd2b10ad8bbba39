"""Against true probabilities the right model shows no error at all, however few cases there are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.auc import auc
from models.ceiling import noise_free
from models.true_calibration import binned_true, true_calibration


def test_the_true_probabilities_are_perfect() -> None:
    p = np.random.default_rng(1).beta(2, 6, 120)
    found = true_calibration(p, p)
    assert (found.binned, found.largest, found.shift) == (0.0, 0.0, 0.0)
    assert found.slope == pytest.approx(1.0)
    assert found.intercept == pytest.approx(0.0, abs=1e-9)


def test_noise_about_like_cases_averages_out_and_a_shift_does_not() -> None:
    random = np.random.default_rng(2)
    p = random.uniform(0.2, 0.8, 20_000)
    true = np.clip(p + random.normal(0, 0.1, 20_000), 0, 1)
    assert true_calibration(p, true).binned < 0.005
    off = true_calibration(p + 0.03, true)
    assert off.binned == pytest.approx(0.03, abs=0.003)
    assert off.shift == pytest.approx(0.03, abs=0.003)
    bold = true_calibration(1 / (1 + (1 / p - 1) ** 2), p)
    assert bold.slope == pytest.approx(0.5, abs=1e-6)


def test_bins_by_hand() -> None:
    rows = binned_true(np.array([0.4, 0.1, 0.2, 0.3]), np.array([0.5, 0.1, 0.3, 0.1]), 2)
    assert [row["predicted"] for row in rows] == pytest.approx([0.15, 0.35])
    assert [row["true"] for row in rows] == pytest.approx([0.2, 0.3])
    with pytest.raises(ValueError, match="true probability of each"):
        true_calibration(np.array([0.1]), np.array([np.nan]))


def test_without_noise_in_the_labels_a_free_model_comes_near_the_truth() -> None:
    """Nothing hidden: what is fitted to true probabilities ranks nearly as they do; text columns count too."""
    random = np.random.default_rng(3)
    frame = pd.DataFrame({"a": random.normal(size=4_000), "b": random.normal(size=4_000)})
    frame["place"] = random.choice(["north", "south"], 4_000)
    level = -1 + frame["a"] - 0.5 * frame["b"] + 1.5 * (frame["place"] == "north")
    true = (1 / (1 + np.exp(-level))).to_numpy()
    fit, test = slice(0, 3_000), slice(3_000, 4_000)
    y = (random.random(1_000) < true[test]).astype(float)
    score = noise_free(frame.iloc[fit], true[fit], seed=1, rounds=150)(frame.iloc[test])
    assert auc(y, score) > auc(y, true[test]) - 0.01
    blind = noise_free(frame.iloc[fit].drop(columns="place"), true[fit], seed=1, rounds=150)(frame.iloc[test])
    assert auc(y, blind) < auc(y, score) - 0.02
