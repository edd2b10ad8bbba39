"""What a promotion is decided on: how well probabilities hold on cases nobody trained on, each with its uncertainty."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from models.auc import auc_interval, paired_difference
from models.metrics import calibration_line, ece
from models.owners import Owners, error_over

FloatArray = NDArray[np.float64]
_EDGE: Final = 1e-12
_BINS: Final = 10


def ranking_evidence(
    y: FloatArray, p: FloatArray, rivals: dict[str, FloatArray], owners: Owners | None = None
) -> dict[str, Any]:
    """AUC of p (n,) for labels y (n,), and its paired difference (DeLong) to each rival score (n,) on those cases.

    `owners` (n,): the debtor of each case, whose cases are not independent (None: every case its own).
    """
    return {
        "auc": asdict(auc_interval(y, p, owners)),
        "against": {name: asdict(paired_difference(y, p, other, owners)) for name, other in rivals.items()},
    }


def calibration_evidence(
    y: FloatArray, p: FloatArray, seed: int, owners: Owners | None = None, *, level: float = 0.95, draws: int = 400
) -> dict[str, Any]:
    """Slope, calibration in the large and ECE of p (n,) for labels y (n,), with two-sided intervals.

    `slope`: of y on logit(p), 1 when honest. `in_the_large`: mean of p - y, 0 when honest. Their standard errors are
    over `owners` (n,), the debtors (None: every case its own, the slope's from the Fisher information). `ece` stands
    beside `ece_by_chance`, the `level` quantile of what honest probabilities would show on so many cases (labels drawn
    from p, `draws` times): a perfect model has an ECE too. None for the slope where p does not vary.
    """
    z = float(ndtri(0.5 + level / 2))
    gap = p - y
    mean = float(gap.mean())
    error = float(gap.std(ddof=1)) / math.sqrt(len(y)) if owners is None else error_over(owners, gap - mean) / len(y)
    rng = np.random.default_rng(seed)
    by_chance = [ece((rng.random(len(p)) < p).astype(np.float64), p, _BINS) for _ in range(draws)]
    return {
        "slope": _slope(y, p, z, owners) if float(np.std(p)) > 0 else None,
        "in_the_large": {"value": mean, "standard_error": error, "low": mean - z * error, "high": mean + z * error},
        "ece": ece(y, p, _BINS),
        "ece_by_chance": float(np.quantile(by_chance, level)),
    }


def _slope(y: FloatArray, p: FloatArray, z: float, owners: Owners | None) -> dict[str, float]:
    slope, intercept = calibration_line(y, p)
    safe = np.clip(p, _EDGE, 1 - _EDGE)
    x = np.log(safe / (1 - safe))
    fitted = 1 / (1 + np.exp(-np.clip(intercept + slope * x, -700, 700)))
    weight = np.maximum(fitted * (1 - fitted), _EDGE)
    # Of the 2 x 2 information matrix inverted, the slope's place: 1 / (weighted sum of squares about the mean).
    centre = float(np.average(x, weights=weight))
    spread = float((weight * (x - centre) ** 2).sum())
    error = 1 / math.sqrt(spread)
    if owners is not None:
        error = error_over(owners, (x - centre) * (y - fitted)) / spread
    return {"value": slope, "standard_error": error, "low": slope - z * error, "high": slope + z * error}
