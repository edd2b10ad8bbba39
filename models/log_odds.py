"""Log-odds of one probability and back, with `math`: NumPy gives other last bits at other vector widths, so a case
alone and in a batch could differ."""

from __future__ import annotations

import math


def log_odds(probability: float) -> float:
    """ln(p / (1 - p)) of a probability strictly between 0 and 1."""
    return math.log(probability / (1.0 - probability))


def logistic(value: float) -> float:
    """The probability of a log-odds, however large: below -700 it stays at that of -700, where exp ends."""
    return 1.0 / (1.0 + math.exp(min(-value, 700.0)))
