"""Probabilities against the true ones, where a synthetic world tells them.

Labels are noisy: over a hundred cases even the true probabilities miss the observed rate by some three points. Against
the truth nothing of that is left, and what remains is the model's own error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.metrics import calibration_line

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TrueCalibration:
    """`binned`: mean over bins of equal count of |mean p - mean truth|; `largest`: the worst bin; `shift`: mean p -
    mean truth; `slope`, `intercept`: of the truth on logit(p), 1 and 0 when p is the mean truth of like cases."""

    cases: int
    binned: float
    largest: float
    shift: float
    slope: float | None
    intercept: float | None


def binned_true(p: FloatArray, true: FloatArray, bins: int = 10) -> list[dict[str, Any]]:
    """Mean probability and mean truth in bins of equal count, by rising p (n,)."""
    order = np.argsort(p, kind="stable")
    return [
        {"cases": len(part), "predicted": float(p[part].mean()), "true": float(true[part].mean())}
        for part in np.array_split(order, min(bins, len(p)))
    ]


def true_calibration(p: FloatArray, true: FloatArray, bins: int = 10) -> TrueCalibration:
    """Hold p (n,) against the true probabilities (n,). ValueError on no cases or an unknown truth (NaN)."""
    if len(p) == 0 or np.isnan(true).any():
        raise ValueError("calibration against true probabilities needs cases, and the true probability of each")
    rows = binned_true(p, true, bins)
    gaps = np.array([abs(row["predicted"] - row["true"]) for row in rows])
    weight = np.array([row["cases"] for row in rows], dtype=np.float64)
    slope, intercept = calibration_line(true, p) if float(p.std()) > 0 else (None, None)
    return TrueCalibration(
        cases=len(p),
        binned=float(gaps @ weight / weight.sum()),
        largest=float(gaps.max()),
        shift=float(p.mean() - true.mean()),
        slope=slope,
        intercept=intercept,
    )
