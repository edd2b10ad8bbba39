"""What a probability is worth to those who act on it: net benefit, and a reviewer's workload.

Net benefit (Vickers & Elkin 2006, Medical Decision Making 26): who calls every case at or above threshold t for a close
look accepts t/(1-t) needless looks for one re-default that is caught; net benefit is caught minus needless in that
currency, per case. It is held against looking at everything and at nothing (0).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.bootstrap import debtor_weights, interval_of

FloatArray = NDArray[np.float64]
THRESHOLDS = tuple(round(step / 100, 2) for step in range(2, 51, 2))
SHARES = (0.05, 0.10, 0.20, 0.30, 0.40, 0.50, 0.60, 0.70, 0.80, 0.90)


def net_benefit(y: FloatArray, p: FloatArray, threshold: float, weights: FloatArray | None = None) -> float:
    """Net benefit per case of calling p >= threshold; y, p (n,), weights (n,) default 1. 0 < threshold < 1."""
    if not 0 < threshold < 1:
        raise ValueError("a threshold lies between 0 and 1")
    w = np.ones(len(y)) if weights is None else weights
    called = w * (p >= threshold)
    return float((called @ y - called @ (1 - y) * threshold / (1 - threshold)) / w.sum())


def decision_curve(
    y: FloatArray, p: FloatArray, debtors: Sequence[str] | NDArray[np.str_], *, draws: int, seed: int
) -> list[dict[str, float]]:
    """Net benefit at `THRESHOLDS` of the model, with its interval over debtors, and of looking at every case."""
    everybody = np.ones(len(y))
    drawn = [[net_benefit(y, p, t, w) for t in THRESHOLDS] for w in debtor_weights(debtors, draws, seed)]
    rows = []
    for place, threshold in enumerate(THRESHOLDS):
        found = interval_of(net_benefit(y, p, threshold), [one[place] for one in drawn])
        rows.append(
            {
                "threshold": threshold,
                "model": found.value,
                "low": found.low,
                "high": found.high,
                "all": net_benefit(y, everybody, threshold),
                "called": float(np.mean(p >= threshold)),
            }
        )
    return rows


def caught(y: FloatArray, p: FloatArray, share: float, weights: FloatArray | None = None) -> float:
    """Share of the events that are among the riskiest `share` of cases; ties at the limit count in part."""
    w = np.ones(len(y)) if weights is None else weights
    order = np.argsort(-p, kind="stable")
    scores, mass, events = p[order], w[order], (w * y)[order]
    starts = np.flatnonzero(np.r_[True, np.diff(scores) != 0])
    mass, events = np.add.reduceat(mass, starts), np.add.reduceat(events, starts)
    reached = np.r_[0.0, np.cumsum(mass)] / mass.sum()
    return float(np.interp(share, reached, np.r_[0.0, np.cumsum(events)] / events.sum()))


def workload(
    y: FloatArray, p: FloatArray, debtors: Sequence[str] | NDArray[np.str_], *, draws: int, seed: int
) -> list[dict[str, float]]:
    """At `SHARES` of the cases looked at closely, riskiest first: the share of all re-defaults among them."""
    drawn = [
        [caught(y, p, share, w) if float(w @ y) > 0 else float("nan") for share in SHARES]
        for w in debtor_weights(debtors, draws, seed)
    ]
    rows = []
    for place, share in enumerate(SHARES):
        found = interval_of(caught(y, p, share), [one[place] for one in drawn])
        rows.append({"share": share, "caught": found.value, "low": found.low, "high": found.high})
    return rows
