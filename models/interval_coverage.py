"""Whether intervals hold the average truth of like cases, where the truth is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.intervals import IntervalTable

FloatArray = NDArray[np.float64]
# Like cases whose true chances are averaged: their spread over the root of this is well below an interval's width.
LIKE: Final = 400


@dataclass(frozen=True)
class Held:
    """Per case (n,): whether its interval holds the average truth of like cases, and how wide it is."""

    inside: NDArray[np.bool_]
    width: FloatArray


def held(table: IntervalTable, p: FloatArray, true: FloatArray, days: Sequence[date] | None = None) -> Held:
    """Probabilities p (n,) and true probabilities (n,) of cases after the calibration, assessed on `days` (n,) where
    these are known, laid against the intervals."""
    found = table.of(p.tolist(), days)
    low, high = np.array([one.low for one in found]), np.array([one.high for one in found])
    mean = mean_of_like(p, true)
    return Held((low <= mean) & (mean <= high), high - low)


def mean_of_like(p: FloatArray, true: FloatArray, like: int = LIKE) -> FloatArray:
    """Average truth (n,) of the `like` cases nearest in p, at p itself: a line through their truth against their p."""
    order = np.argsort(p, kind="stable")
    x, t = p[order], true[order]
    n = len(x)
    size = min(like, n)
    start = np.clip(np.arange(n) - size // 2, 0, n - size)
    sums = [np.concatenate([[0.0], np.cumsum(part)]) for part in (x, t, x * x, x * t)]
    mx, mt, mxx, mxt = ((part[start + size] - part[start]) / size for part in sums)
    spread = np.maximum(mxx - mx * mx, 0.0)
    slope = np.where(spread > 1e-9, (mxt - mx * mt) / np.maximum(spread, 1e-9), 0.0)
    mean = np.empty(n)
    mean[order] = mt + slope * (x - mx)
    return mean
