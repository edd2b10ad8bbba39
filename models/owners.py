"""Cases of one debtor are not independent: standard errors over debtors, not over cases.

What each case adds to an estimate is summed by debtor, and the sums are independent (the sandwich or cluster-robust
variance: Liang & Zeger 1986, Biometrika 73; for an AUC: Obuchowski 1997, Biometrics 53).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Owners = NDArray[np.str_] | NDArray[np.int64]


def error_over(owners: Owners, parts: FloatArray) -> float:
    """Standard error of the sum of `parts` (n,), whose mean is 0, where cases belong to `owners` (n,); infinite with
    one owner, of whom nothing can be told."""
    _, place = np.unique(owners, return_inverse=True)
    sums = np.bincount(place, weights=parts)
    if len(sums) < 2:
        return math.inf
    return math.sqrt(float(np.square(sums).sum()) * len(sums) / (len(sums) - 1))
