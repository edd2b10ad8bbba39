"""Many tests at once: which of them may be believed together."""

from __future__ import annotations

import numpy as np


def holm(p_values: list[float], level: float = 0.05) -> list[bool]:
    """Which hypotheses Holm's step-down procedure rejects at family-wise `level` (Holm 1979)."""
    order = np.argsort(p_values, kind="stable").tolist()
    rejected = [False] * len(p_values)
    for rank, place in enumerate(order):
        if p_values[place] > level / (len(p_values) - rank):
            break
        rejected[place] = True
    return rejected
