"""Coherent horizons: twelve months are six months and, for those still clean, six more.

p12 = p6 + (1 - p6) * q, where q is fitted on cases still clean at six months. p12 is never below p6 by construction;
two separate fits crossed in 1-3 % of trial cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
HORIZON: Final = {
    "redefault_12": "p6 + (1 - p6) * q",
    "p6": "redefault_6",
    "q": "redefault_7_12",
    "lifted": "as if granted and lifted at as_of",
}
# The probabilities that are shown, and the fitted outcomes each is made of.
HEADS: Final[Mapping[str, tuple[str, ...]]] = {
    "success": ("success",),
    "redefault_6": ("redefault_6",),
    "redefault_12": ("redefault_6", "redefault_7_12"),
}


def p12(p6: FloatArray, q: FloatArray) -> FloatArray:
    """Probability of re-default within twelve months from p6 and q, arrays of one shape with values in [0, 1]."""
    # min: rounding of the sum may pass 1 by one unit in the last place; max: nor may it fall below p6.
    return np.minimum(1.0, np.maximum(p6, p6 + (1.0 - p6) * q))


def joined_cases(first: FloatArray, second: FloatArray) -> float:
    """How many cases watched for twelve months would tell their mean rate as surely as both halves do.

    `first` (n,), `second` (m,): labels, of both outcomes, that the two halves are calibrated on; more cases are known
    for six months than for twelve. Delta method on `p12`: its variance is ((1 - q)^2 p6 (1 - p6) / n + (1 - p6)^2
    q (1 - q) / m), that of a rate p12 (1 - p12) / cases.
    """
    p6, q = float(first.mean()), float(second.mean())
    variance = (1 - q) ** 2 * p6 * (1 - p6) / len(first) + (1 - p6) ** 2 * q * (1 - q) / len(second)
    joined = p6 + (1 - p6) * q
    return joined * (1 - joined) / variance
