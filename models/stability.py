"""Whether scores stay the same: over time (PSI), and when only chance is another (other seeds, other debtors).

PSI has no fixed limit that suits every sample. When nothing has changed, PSI times N M / (N + M) follows a chi-square
distribution with bins - 1 degrees of freedom, so its limit falls with the number of cases (Yurdakul 2018, "Statistical
properties of the population stability index", Western Michigan University).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, spearmanr

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Psi:
    """`value` over `bins` bins; `limit`: what chance alone exceeds in `1 - level` of all comparisons."""

    value: float
    limit: float
    bins: int

    @property
    def shifted(self) -> bool:
        """Whether the distribution moved by more than chance."""
        return self.value > self.limit


def psi_of_shares(expected: Sequence[int], actual: Sequence[int], level: float = 0.95) -> Psi:
    """PSI of two tables of counts over the same bins. Bins empty on either side count half a case.

    ValueError when a side is empty or the bins differ.
    """
    a, b = np.asarray(expected, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    if a.shape != b.shape or a.sum() == 0 or b.sum() == 0:
        raise ValueError("PSI needs two counts over the same bins, neither of them empty")
    used = (a + b) > 0
    a, b = a[used], b[used]
    bins = len(a)
    limit = float(chi2.ppf(level, bins - 1) * (1 / a.sum() + 1 / b.sum())) if bins > 1 else 0.0
    share_a, share_b = np.maximum(a, 0.5) / a.sum(), np.maximum(b, 0.5) / b.sum()
    return Psi(float(np.sum((share_b - share_a) * np.log(share_b / share_a))), limit, bins)


def psi(expected: FloatArray, actual: FloatArray, bins: int = 10, level: float = 0.95) -> Psi:
    """PSI of two samples of scores over bins of equal count of `expected` (fewer where scores are tied)."""
    cuts = np.unique(np.quantile(expected, np.linspace(0, 1, bins + 1)[1:-1]))
    counts = [
        np.bincount(np.searchsorted(cuts, side, side="right"), minlength=len(cuts) + 1) for side in (expected, actual)
    ]
    return psi_of_shares(counts[0].tolist(), counts[1].tolist(), level)


@dataclass(frozen=True)
class Agreement:
    """Two sets of probabilities of the same cases: rank correlation, mean and 95 % quantile of |difference|."""

    rank_correlation: float
    mean_difference: float
    large_difference: float


def agreement(first: FloatArray, second: FloatArray) -> Agreement:
    """How far two fits agree on the same cases, first and second (n,)."""
    apart = np.abs(first - second)
    rank = float(spearmanr(first, second).statistic)
    return Agreement(rank, float(apart.mean()), float(np.quantile(apart, 0.95)))
