# ruff: noqa: N806  (X, y as the field writes them)
from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.crossval import booster_fit, repeated_cv, single_indicator
from models.params import FitParams


def made(n: int = 500) -> tuple[pd.DataFrame, np.ndarray, list[str]]:
    rng = np.random.default_rng(3)
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    y = (rng.random(n) < 1 / (1 + np.exp(-(1.2 * X["a"] - 1.5)))).astype(float).to_numpy()
    return X, y, [f"d{i}" for i in range(n)]


def test_the_same_seed_gives_the_same_folds_whatever_is_fitted() -> None:
    X, y, groups = made()
    alone = repeated_cv(X, y, groups, single_indicator("a"), repeats=2, folds=4, seed=1)
    noise = repeated_cv(X, y, groups, single_indicator("b"), repeats=2, folds=4, seed=1)
    again = repeated_cv(X, y, groups, single_indicator("a"), repeats=2, folds=4, seed=1)
    assert alone.fold_aucs == again.fold_aucs
    assert np.shape(alone.fold_aucs) == (2, 4)
    assert alone.mean > noise.mean + 0.15
    # Ranking by one indicator learns nothing, so out-of-fold and whole-sample AUC are one number.
    assert alone.pooled == pytest.approx(repeated_cv(X, y, groups, single_indicator("a"), repeats=1).pooled)
    assert alone.standard_error > alone.fold_sd / np.sqrt(8)


def test_the_small_monotone_margin_comes_near_the_one_indicator_that_matters() -> None:
    X, y, groups = made()
    params = FitParams.of_profile("first_listings").booster
    fitted = repeated_cv(X, y, groups, booster_fit([1, 0, 0], params, 1), repeats=1, folds=4)
    bar = repeated_cv(X, y, groups, single_indicator("a"), repeats=1, folds=4)
    assert fitted.mean > bar.mean - 0.08
    assert fitted.scores.shape == (500,)


def test_a_model_that_peeked_at_a_debtor_is_not_rewarded() -> None:
    rng = np.random.default_rng(0)
    debtor = np.repeat(np.arange(100), 4)
    X = pd.DataFrame({"debtor": debtor.astype(float)})
    y = np.repeat(rng.integers(0, 2, 100), 4).astype(float)

    def remember(rows: pd.DataFrame, labels: np.ndarray):  # type: ignore[no-untyped-def]
        known = dict(zip(rows["debtor"], labels, strict=True))
        return lambda new: np.array([known.get(d, 0.5) for d in new["debtor"]])

    assert repeated_cv(X, y, [str(d) for d in debtor], remember, repeats=1).mean == pytest.approx(0.5)
    leaky = repeated_cv(X, y, [str(i) for i in range(400)], remember, repeats=1)
    assert leaky.mean > 0.9
