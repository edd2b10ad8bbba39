"""Follow-up that ended early: Kaplan-Meier, Aalen-Johansen and inverse-probability-of-censoring weights, by months.

Arrays (n,), as `features.follow_up.followed` gives them: `cause` 1 (re-default) or 2 (competing exit) happened in month
`months` (1, 2, ...); cause 0: known without either for `months` whole months (0, 1, ...), not known beyond.

A worked example, five cases: (2, re-default), (1, censored), (3, re-default), (3, censored), (2, exit). Month 1: five
enter, none re-defaults; one is censored after it. Month 2: four enter, one re-defaults, one leaves: incidence 1/4.
Month 3: two enter, one re-defaults: incidence 1/4 + (1 - 1/4 - 1/4) * 1/2 = 1/2. Had the exit been a mere end of
follow-up, three would have been followed through month 2: survival 2/3 * 1/2, risk 2/3.

Sources: Kaplan & Meier 1958; Aalen & Johansen 1978; variance of the incidence after Marubini & Valsecchi 1995;
weights after Robins & Rotnitzky 1992.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from models.auc import Interval

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
CENSORED, REDEFAULT, EXIT = 0, 1, 2


@dataclass(frozen=True)
class LifeTable:
    """Per month 1..h: cases that entered it, re-defaults and exits in it, and cases censored after the month before."""

    entered: IntArray
    redefaults: IntArray
    exits: IntArray
    censored_before: IntArray


def life_table(months: IntArray, cause: IntArray, horizon: int) -> LifeTable:
    """Counts by month. Raises ValueError with every fault of the input."""
    faults = []
    if len(months) != len(cause):
        faults.append(f"{len(months)} months but {len(cause)} causes")
    if horizon < 1:
        faults.append(f"the horizon must be at least one month, not {horizon}")
    if not np.isin(cause, (CENSORED, REDEFAULT, EXIT)).all():
        faults.append("causes must be 0 (censored), 1 (re-default) or 2 (exit)")
    if len(months) == len(cause) and np.any(months < np.where(cause == CENSORED, 0, 1)):
        faults.append("months must be at least 1, or 0 for a case censored at once")
    if faults:
        raise ValueError("; ".join(faults))
    span = range(1, horizon + 1)
    return LifeTable(
        entered=_counts([months >= m for m in span]),
        redefaults=_counts([(cause == REDEFAULT) & (months == m) for m in span]),
        exits=_counts([(cause == EXIT) & (months == m) for m in span]),
        censored_before=_counts([(cause == CENSORED) & (months == m - 1) for m in span]),
    )


def kaplan_meier(months: IntArray, cause: IntArray, horizon: int) -> FloatArray:
    """Share still without re-default after each month 1..h, had nothing competed: exits end the follow-up."""
    table = life_table(months, cause, horizon)
    # Who leaves in a month counts as followed to its beginning only.
    at_risk = table.entered - table.exits
    return np.asarray(np.cumprod(1.0 - _per(table.redefaults, at_risk)), dtype=np.float64)


def aalen_johansen(
    months: IntArray, cause: IntArray, horizon: int, of: int = REDEFAULT, level: float = 0.95
) -> list[Interval]:
    """Cumulative incidence of cause `of` after each month 1..h; the other cause is real: who left cannot re-default."""
    table = life_table(months, cause, horizon)
    counted = {REDEFAULT: table.redefaults, EXIT: table.exits}[of]
    entered = table.entered.astype(np.float64)
    hazard, ending = _per(counted, entered), _per(table.redefaults + table.exits, entered)
    before = np.concatenate([[1.0], np.cumprod(1.0 - ending)[:-1]])
    incidence = np.cumsum(before * hazard)
    ends = table.redefaults + table.exits
    z = float(ndtri(0.5 + level / 2))
    found = []
    for month in range(horizon):
        upto = slice(0, month + 1)
        n, d, k, s = entered[upto], ends[upto], counted[upto], before[upto]
        gap = incidence[month] - incidence[upto]
        variance = np.sum(
            gap**2 * _per(d, n * (n - d)) + s**2 * _per(k * (n - k), n**3) - 2.0 * gap * s * _per(k, n**2)
        )
        error = float(np.sqrt(max(variance, 0.0)))
        value = float(incidence[month])
        found.append(Interval(value, error, max(0.0, value - z * error), min(1.0, value + z * error)))
    return found


def observed_share(months: IntArray, cause: IntArray, horizon: int, *, exits_censor: bool) -> FloatArray:
    """Probability (h + 1,) that month m = 0..h is followed: Kaplan-Meier of the censoring time, 1 for months 0 and 1
    unless somebody was censored at once.

    Of those in the follow-up at the end of month m, who is censored there leaves it. With `exits_censor`, an exit in
    month m + 1 counts as censored after month m.
    """
    seen = _seen(months, cause, horizon, exits_censor=exits_censor)
    share = np.ones(horizon + 1)
    for m in range(horizon):
        clean = seen.clean >= m
        gone = clean & seen.censored & (seen.clean == m)
        share[m + 1] = share[m] * (1.0 - gone.sum() / max(int(clean.sum()), 1))
    return share


def weights(months: IntArray, cause: IntArray, horizon: int, *, exits_censor: bool = True) -> FloatArray:
    """Weights (n,) that make the labels known at `horizon` stand for all: 0 where the label is not known.

    One over the probability that the label would be known: of what happened in month m, that follow-up reached month
    m; of a case clean at the horizon, that it reached the horizon. Exits either end the follow-up (`exits_censor`: the
    risk if nothing competed) or are labels without event. The weighted rate is one minus Kaplan-Meier, or the incidence
    of Aalen and Johansen.
    """
    share = observed_share(months, cause, horizon, exits_censor=exits_censor)
    seen = _seen(months, cause, horizon, exits_censor=exits_censor)
    known = ~seen.censored
    found = np.zeros(len(months))
    found[known] = 1.0 / share[np.minimum(months, horizon)[known]]
    return found


def label(months: IntArray, cause: IntArray, horizon: int) -> FloatArray:
    """1.0 for a re-default within the horizon, 0.0 otherwise (also where it is not known: look at the weight)."""
    return np.asarray((cause == REDEFAULT) & (months <= horizon), dtype=np.float64)


@dataclass(frozen=True)
class _Seen:
    """Whole months seen clean, at most the horizon, and whether the follow-up then stopped short of a label."""

    clean: IntArray
    censored: NDArray[np.bool_]


def _seen(months: IntArray, cause: IntArray, horizon: int, *, exits_censor: bool) -> _Seen:
    life_table(months, cause, horizon)  # the checks of the input
    clean = np.minimum(np.where(cause == CENSORED, months, months - 1), horizon)
    stops = cause != REDEFAULT if exits_censor else cause == CENSORED
    return _Seen(clean, stops & (clean < horizon))


def _counts(masks: list[NDArray[np.bool_]]) -> IntArray:
    return np.array([int(mask.sum()) for mask in masks], dtype=np.int64)


def _per(part: NDArray[np.generic], whole: NDArray[np.generic]) -> FloatArray:
    """Quotients, 0 where nothing is left to divide by."""
    top, bottom = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    return np.divide(top, bottom, out=np.zeros_like(bottom), where=bottom > 0)
