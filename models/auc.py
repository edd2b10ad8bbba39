"""Area under the ROC curve with DeLong's standard error, alone and for two scores on the same cases.

Source: DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44; the fast form by midranks: Sun & Xu (2014), IEEE Signal
Processing Letters 21(11). Where a debtor has several cases: Obuchowski (1997), Biometrics 53.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import norm, rankdata

from models.log_odds import log_odds, logistic
from models.owners import Owners, error_over

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An estimate with its standard error and a two-sided interval."""

    value: float
    standard_error: float
    low: float
    high: float


@dataclass(frozen=True)
class PairedDifference:
    """AUC of the first score minus AUC of the second on the same cases; `p_value` is two-sided."""

    first: float
    second: float
    difference: float
    standard_error: float
    low: float
    high: float
    p_value: float


def auc(y: FloatArray, score: FloatArray) -> float:
    """AUC of score (n,) for labels y (n,) of 0 and 1, ties counting half. ValueError when a class is absent."""
    value, _, _ = _placements(y, score)
    return value


def auc_interval(y: FloatArray, score: FloatArray, owners: Owners | None = None, level: float = 0.95) -> Interval:
    """AUC with DeLong's standard error; the interval is formed on the logit scale, so it stays within 0 and 1.

    `owners` (n,): whose case each is; cases of one owner are not independent, and the error allows for it (None: every
    case its own).
    """
    value, above, below = _placements(y, score)
    error = _error(y, above, below, owners)
    if error == 0.0 or value in (0.0, 1.0):
        return Interval(value, error, value, value)
    half = float(ndtri(0.5 + level / 2)) * error / (value * (1 - value))
    centre = log_odds(value)
    return Interval(value, error, logistic(centre - half), logistic(centre + half))


def paired_difference(
    y: FloatArray, first: FloatArray, second: FloatArray, owners: Owners | None = None, level: float = 0.95
) -> PairedDifference:
    """DeLong's comparison of two scores (n,) on the same labels y (n,); `owners` as for `auc_interval`."""
    a, above_a, below_a = _placements(y, first)
    b, above_b, below_b = _placements(y, second)
    error = _error(y, above_a - above_b, below_a - below_b, owners)
    half = float(ndtri(0.5 + level / 2)) * error
    p_value = 1.0 if error == 0.0 else 2.0 * float(norm.sf(abs(a - b) / error))
    return PairedDifference(a, b, a - b, error, a - b - half, a - b + half, p_value)


def _placements(y: FloatArray, score: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """AUC, and for every positive (negative) the share of negatives (positives) it is ranked above (below)."""
    labels, values = np.asarray(y, dtype=np.float64), np.asarray(score, dtype=np.float64)
    positive = labels == 1.0
    m, n = int(positive.sum()), int((~positive).sum())
    if m == 0 or n == 0 or np.isnan(values).any():
        raise ValueError(f"an AUC needs both classes and no missing score ({m} positives, {n} negatives)")
    ranks = rankdata(values)
    above = (ranks[positive] - rankdata(values[positive])) / n
    below = 1.0 - (ranks[~positive] - rankdata(values[~positive])) / m
    return float(above.mean()), above, below


def _error(y: FloatArray, above: FloatArray, below: FloatArray, owners: Owners | None) -> float:
    """Standard error of the mean of placements: of the positives `above` (m,), of the negatives `below` (n - m,)."""
    if owners is None:
        return math.sqrt(_variance(above) / len(above) + _variance(below) / len(below))
    # What each case adds to the estimate.
    added = np.empty(len(y))
    positive = np.asarray(y) == 1.0
    added[positive] = (above - above.mean()) / len(above)
    added[~positive] = (below - below.mean()) / len(below)
    return error_over(owners, added)


def _variance(placement: FloatArray) -> float:
    return float(placement.var(ddof=1)) if len(placement) > 1 else 0.0
