"""Repeated cross-validation for data too small to give a test period away (the real listings: 759 cases)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.auc import auc, auc_interval
from models.boosting import fit_booster, raw_margin
from models.folds import fold_numbers
from models.params import BoosterParams, CardParams
from models.scorecard_fit import fit_scorecard
from models.spec import IndicatorSpec

FloatArray = NDArray[np.float64]
Score = Callable[[pd.DataFrame], FloatArray]
FitFunction = Callable[[pd.DataFrame, FloatArray], Score]


@dataclass(frozen=True)
class CrossValidation:
    """AUCs of repeated cross-validation.

    `fold_aucs` (repeats x folds); `mean` and `fold_sd` over them; `standard_error` of the mean after Nadeau & Bengio
    (2003), which allows for the overlap of training sets; `pooled`: mean over repeats of the AUC of all out-of-fold
    scores together; `pooled_standard_error`: DeLong's, of the scores averaged over repeats; `scores` (n,): those
    averages of within-repeat ranks in (0, 1), for paired comparisons.
    """

    fold_aucs: tuple[tuple[float, ...], ...]
    mean: float
    fold_sd: float
    standard_error: float
    pooled: float
    pooled_standard_error: float
    scores: FloatArray


def repeated_cv(
    X: pd.DataFrame,
    y: FloatArray,
    groups: Sequence[str],
    fit_fn: FitFunction,
    *,
    repeats: int = 5,
    folds: int = 5,
    seed: int = 0,
) -> CrossValidation:
    """Cross-validate `fit_fn` on X (n, k), labels y (n,), debtors `groups` (n,).

    `fit_fn(X_train, y_train)` returns a function that scores rows, higher meaning label 1. The same seed gives the
    same folds, whatever is fitted, so two methods can be compared fold by fold. Raises ValueError when a fold lacks
    one of the labels.
    """
    labels = np.asarray(y, dtype=np.float64)
    aucs: list[tuple[float, ...]] = []
    pooled: list[float] = []
    total = np.zeros(len(labels))
    for repeat in range(repeats):
        numbers = fold_numbers(groups, [bool(v) for v in labels], folds, f"cv/{seed}/{repeat}")
        scores = np.empty(len(labels))
        for fold in range(folds):
            held = numbers == fold
            scores[held] = fit_fn(X[~held], labels[~held])(X[held])
        aucs.append(tuple(auc(labels[numbers == fold], scores[numbers == fold]) for fold in range(folds)))
        pooled.append(auc(labels, scores))
        total += pd.Series(scores).rank().to_numpy() / (len(labels) + 1)
    flat = np.array(aucs).ravel()
    sd = float(flat.std(ddof=1))
    return CrossValidation(
        fold_aucs=tuple(aucs),
        mean=float(flat.mean()),
        fold_sd=sd,
        standard_error=sd * math.sqrt(1 / len(flat) + 1 / (folds - 1)),
        pooled=float(np.mean(pooled)),
        pooled_standard_error=auc_interval(labels, total / repeats).standard_error,
        scores=total / repeats,
    )


def booster_fit(constraints: Sequence[int], params: BoosterParams, seed: int) -> FitFunction:
    """A `fit_fn` that fits the monotone LightGBM margin."""

    def fit(X: pd.DataFrame, y: FloatArray) -> Score:
        booster = fit_booster(X, y.astype(np.int64), None, constraints, params, seed=seed)
        return lambda rows: raw_margin(booster, rows.to_numpy(dtype=np.float64), params.num_threads)

    return fit


def card_fit(specs: Sequence[IndicatorSpec], params: CardParams) -> FitFunction:
    """A `fit_fn` that makes the points card and ranks by its log-odds of the event."""

    def fit(X: pd.DataFrame, y: FloatArray) -> Score:
        card = fit_scorecard(X, 1.0 - y, specs, params.shares, params)
        return lambda rows: -card.log_odds(card.total(card.points(rows)))

    return fit


def single_indicator(column: str, direction: int = 1) -> FitFunction:
    """A `fit_fn` that learns nothing and ranks by one indicator (missing lowest): the bar a model has to clear."""

    def fit(X: pd.DataFrame, y: FloatArray) -> Score:
        return lambda rows: direction * rows[column].fillna(-np.inf).to_numpy(dtype=np.float64)

    return fit
