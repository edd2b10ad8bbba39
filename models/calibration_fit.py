"""Fitting a calibrator: the method follows from how many events there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from models.calibration import Calibrator
from models.faults import FitFault
from models.metrics import logistic_line
from models.params import FitParams

FloatArray = NDArray[np.float64]


def fit_calibrator(margin: FloatArray, y: FloatArray, source: str, params: FitParams) -> Calibrator:
    """Fit on margins (n,) and labels (n,) of cases outside the margin's own training; method by number of events.

    Raises FitFault when one of the classes is absent.
    """
    cases, events = len(y), int(y.sum())
    rarer = min(events, cases - events)
    if rarer == 0:
        raise FitFault([f"calibration needs both outcomes, found {events} events among {cases} cases ({source})"])
    if rarer >= params.isotonic_min_events:
        curve = IsotonicRegression(out_of_bounds="clip").fit(margin, y)
        # No probability of exactly 0 or 1 from a finite number of cases (rule of succession).
        edge = 1.0 / (cases + 2)
        knots = np.clip(curve.y_thresholds_, edge, 1 - edge).tolist()
        x = curve.X_thresholds_.tolist()
        return Calibrator(
            method="isotonic", x=tuple(x), y=tuple(knots), cases=cases, events=events, source=source
        )  # fmt: skip
    note = ""
    if rarer >= params.platt_min_events and float(margin.std()) > 0:
        slope, intercept = logistic_line(margin, y)
        if slope > 0:
            return Calibrator(
                method="platt", slope=slope, intercept=intercept, cases=cases, events=events, source=source
            )
        note = f"fitted slope {slope:.4f} was not above zero; only the mean was corrected"
    else:
        note = f"only {rarer} cases of the rarer outcome; only the mean was corrected"
    return Calibrator(method="platt", intercept=_shift(margin, y), cases=cases, events=events, source=source, note=note)


def _shift(margin: FloatArray, y: FloatArray) -> float:
    """The constant that, added to every margin, makes the mean probability the observed rate (bisection)."""
    low, high = -40.0, 40.0
    for _ in range(200):
        middle = (low + high) / 2
        if float(np.mean(1 / (1 + np.exp(-np.clip(margin + middle, -700, 700))))) < float(y.mean()):
            low = middle
        else:
            high = middle
    return (low + high) / 2
