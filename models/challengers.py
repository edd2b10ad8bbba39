"""Other models of the same outcome, to be held against ours on the very same cases.

Each is a `FitFunction` of `models.crossval`: fitted on X (n, k) and y (n,), it returns a function that scores rows,
higher meaning label 1. `straightened` turns any score into a probability by one logistic line, the same way for all.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from models.auc import auc
from models.crossval import FitFunction, Score
from models.metrics import logistic_line
from models.params import CardParams
from models.scorecard import Scorecard
from models.scorecard_fit import Reference, fit_scorecard
from models.spec import DIMENSIONS, IndicatorSpec

FloatArray = NDArray[np.float64]


def prevalence() -> FitFunction:
    """Everybody alike: what any model has to beat in Brier score and log loss."""

    def fit(X: pd.DataFrame, y: FloatArray) -> Score:
        return lambda rows: np.zeros(len(rows))

    return fit


@dataclass(frozen=True)
class BestIndicator:
    """The one indicator that ranks the training cases best: its place among them, missing ones at one end."""

    name: str
    known: FloatArray  # sorted known values of the training cases
    sign: int
    missing: float

    def __call__(self, rows: pd.DataFrame) -> FloatArray:
        values = rows[self.name].to_numpy(dtype=np.float64)
        below = np.searchsorted(self.known, values, side="left")
        above = np.searchsorted(self.known, values, side="right")
        place = (below + above) / (2 * len(self.known))
        return np.asarray(self.sign * np.where(np.isnan(values), self.missing, place), dtype=np.float64)


def best_indicator() -> FitFunction:
    """Choose indicator, direction and the end at which missing values stand, by AUC on the training cases."""

    def fit(X: pd.DataFrame, y: FloatArray) -> Score:
        tried = [
            BestIndicator(str(name), np.sort(column[~np.isnan(column)]), sign, missing)
            for name in X.columns
            if (~np.isnan(column := X[name].to_numpy(dtype=np.float64))).any()
            for sign in (1, -1)
            for missing in (-0.1, 1.1)
        ]
        return max(tried, key=lambda one: auc(y, one(X)))

    return fit


def logistic(strength: float = 0.01) -> FitFunction:
    """Logistic regression on signed logarithms in standard units, medians for missing values and a column that tells.

    Standard units are kept within four, so that what was rare in training cannot carry a case away later. `strength`:
    inverse of the L2 penalty.
    """

    def fit(X: pd.DataFrame, y: FloatArray) -> Score:
        model = make_pipeline(
            FunctionTransformer(_signed_log),
            SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
            StandardScaler(),
            FunctionTransformer(_within),
            LogisticRegression(C=strength, max_iter=2000),
        )
        model.fit(X.to_numpy(dtype=np.float64), y)
        return lambda rows: np.asarray(model.decision_function(rows.to_numpy(dtype=np.float64)), dtype=np.float64)

    return fit


def additive(seed: int, *, interactions: int, rounds: int, bags: int) -> FitFunction:
    """Explainable boosting machine (interpret-core): sums of learnt curves, and of some pairs."""

    def fit(X: pd.DataFrame, y: FloatArray) -> Score:
        # Imported here: interpret is slow to import, and only this challenger needs it.
        from interpret.glassbox import ExplainableBoostingClassifier  # noqa: PLC0415

        model = ExplainableBoostingClassifier(
            interactions=interactions, max_rounds=rounds, outer_bags=bags, max_bins=256, n_jobs=1, random_state=seed
        )
        known = [str(name) for name in X.columns if X[name].notna().any()]
        with warnings.catch_warnings():
            # interpret warns that its own pictures leave missing values out; here nothing is pictured.
            warnings.filterwarnings("ignore", message="Missing values detected", category=UserWarning)
            model.fit(X[known].to_numpy(dtype=np.float64), y.astype(np.int64))
        return lambda rows: np.asarray(
            model.decision_function(rows[known].to_numpy(dtype=np.float64)), dtype=np.float64
        )

    return fit


def points_card(specs: Sequence[IndicatorSpec], params: CardParams, reference: pd.DataFrame) -> FitFunction:
    """The points card, scaled on the `reference` population; `params.shares` None learns the shares freely.

    Labels are 1 for re-default; the score is the log-odds of it.
    """

    def fit(X: pd.DataFrame, y: FloatArray) -> Score:
        card = fit_scorecard(X, 1.0 - y, specs, params.shares, params, reference=Reference(reference))
        return CardScore(card)

    return fit


@dataclass(frozen=True)
class CardScore:
    """Log-odds of re-default of a card."""

    card: Scorecard

    def __call__(self, rows: pd.DataFrame) -> FloatArray:
        return -self.card.log_odds(self.card.total(self.card.points(rows)))


def learnt_shares(card: Scorecard, specs: Sequence[IndicatorSpec], population: pd.DataFrame) -> dict[str, float]:
    """How a card's weight falls to the dimensions: each one's standard deviation of points over their sum, times 100.

    On a card with given shares these are near the shares, since each dimension is standardised before it is scaled.
    """
    dimension = {spec.id: spec.dimension for spec in specs}
    points = card.points(population)
    spread = {}
    for name in DIMENSIONS:
        mine = [place for place, id_ in enumerate(card.indicator_ids) if dimension[id_] == name]
        spread[name] = float(points[:, mine].sum(axis=1).std()) if mine else 0.0
    whole = sum(spread.values())
    return {name: 100.0 * value / whole if whole > 0 else 0.0 for name, value in spread.items()}


def straightened(score: FloatArray, on: FloatArray, y: FloatArray) -> FloatArray:
    """Probabilities of `score` (n,) by the logistic line from scores `on` (m,) to labels y (m,) of other cases."""
    if float(on.std()) == 0:
        return np.full(len(score), float(y.mean()))
    slope, intercept = logistic_line(on, y)
    return np.asarray(1 / (1 + np.exp(-np.clip(intercept + slope * score, -700, 700))), dtype=np.float64)


def _signed_log(values: FloatArray) -> FloatArray:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), dtype=np.float64)


def _within(values: FloatArray) -> FloatArray:
    return np.clip(values, -4.0, 4.0)


def logit(p: FloatArray) -> FloatArray:
    """Log-odds of probabilities (n,), kept finite."""
    safe = np.clip(p, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(safe / (1 - safe)), dtype=np.float64)
