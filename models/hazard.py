"""A challenger for both horizons at once: the monthly hazard of re-default, learnt from person-months.

Every granted case gives one row per month that was followed whole, with the month's number beside its indicators, and
the label "re-defaulted in this month". That is what it is for: a case whose window is not over has no label yet and
teaches a fit on labels nothing, but teaches here for the months it was followed; so do cases that left (deregistered,
bankrupt). p(h) = 1 - product over months 1..h of (1 - hazard), so p(6) <= p(12) by construction. Monotone as declared
in every indicator; the month is free. Sources: Singer & Willett 1993, Journal of Educational Statistics 18; Tutz &
Schmid 2016, Modeling Discrete Time-to-Event Data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.boosting import fit_booster, raw_margin
from models.calibration import Calibrator
from models.censoring import EXIT, REDEFAULT
from models.params import BoosterParams

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
MONTH = "month_since_lifting"


@dataclass(frozen=True)
class HazardModel:
    """A margin of the monthly hazard over indicators and month, and its calibration if there is one."""

    booster: lgb.Booster
    columns: tuple[str, ...]
    horizon: int
    calibrator: Calibrator | None = None

    def margins(self, X: pd.DataFrame) -> FloatArray:
        """Margins (n, horizon) of every case of X (n, k) in every month."""
        values = X[list(self.columns)].to_numpy(dtype=np.float64)
        months = range(1, self.horizon + 1)
        return np.column_stack(
            [raw_margin(self.booster, np.column_stack([values, np.full(len(values), float(m))])) for m in months]
        )

    def probabilities(self, X: pd.DataFrame) -> FloatArray:
        """Cumulative probability (n, horizon) of re-default by the end of each month: never falling along a row."""
        margins = self.margins(X)
        flat = margins.ravel()
        hazard = 1.0 / (1.0 + np.exp(-flat)) if self.calibrator is None else self.calibrator.apply(flat)
        return np.asarray(1.0 - np.cumprod(1.0 - hazard.reshape(margins.shape), axis=1), dtype=np.float64)


def person_months(months: IntArray, cause: IntArray, horizon: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Row of the case, month and label (N,) of every month 1..horizon followed whole or ended by a re-default.

    The month of an exit counts as not followed.
    """
    followed = np.minimum(np.where(cause == EXIT, months - 1, months), horizon)
    case = np.repeat(np.arange(len(months), dtype=np.int64), followed)
    start = np.cumsum(followed) - followed
    month = np.arange(len(case), dtype=np.int64) - np.repeat(start, followed) + 1
    label = (cause[case] == REDEFAULT) & (month == months[case])
    return case, month, label.astype(np.float64)


def fit_hazard(
    X: pd.DataFrame,
    months: IntArray,
    cause: IntArray,
    constraints: Sequence[int],
    params: BoosterParams,
    *,
    horizon: int = 12,
    seed: int,
) -> HazardModel:
    """Fit on X (n, k) with follow-up (n,) as in `models.censoring`; `constraints` (-1, 0, 1) per column of X.

    Raises FitFault on unusable data, MonotoneFault when the fit moves against a direction.
    """
    case, month, label = person_months(months, cause, horizon)
    rows = X.iloc[case].assign(**{MONTH: month.astype(np.float64)})
    booster = fit_booster(rows, label.astype(np.int64), None, [*constraints, 0], params, seed=seed)
    return HazardModel(booster, tuple(str(name) for name in X.columns), horizon)
