"""Fitting a calibrator: the method follows from how many events there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from models.calibration import Calibrator
from models.faults import FitFault
from models.local import LocalShifts
from models.local_fit import LocalFit, Places, fit_local
from models.metrics import logistic_line
from models.params import FitParams

FloatArray = NDArray[np.float64]
# Fewest and most bins of a curve, and events of the rarer outcome in each: more bins follow noise. On made worlds with
# a bent curve 5 to 10 bins of 300 came nearest to the truth (.0118 away with 8,000 cases; 10 to 60 bins of 50: .0159).
_BINS = (5, 12)
_EVENTS_PER_BIN = 250


@dataclass(frozen=True)
class Locality:
    """Places of the calibration cases, and what was found of their shifts on the fit period."""

    places: Places
    before: LocalFit


def fit_calibrator(
    margin: FloatArray, y: FloatArray, source: str, params: FitParams, locality: Locality | None = None
) -> Calibrator:
    """Fit on margins (n,) and labels (n,) of cases outside the margin's own training; method by number of events.

    With `locality`, shifts by place and year are fitted beside the curve, or, with few events, taken as they were
    found before. Raises FitFault when one of the classes is absent.
    """
    cases, events = len(y), int(y.sum())
    rarer = min(events, cases - events)
    if rarer == 0:
        raise FitFault([f"calibration needs both outcomes, found {events} events among {cases} cases ({source})"])
    local = LocalShifts() if locality is None else locality.before.shifts
    slope, intercept, note = 1.0, 0.0, ""
    if rarer < params.platt_min_events or float(margin.std()) == 0:
        note = f"only {rarer} cases of the rarer outcome; only the mean was corrected"
    else:
        if locality is None:
            slope, intercept = logistic_line(margin, y)
        else:
            line = fit_local(y, margin, locality.places, params.local, locality.before)
            slope, intercept, local = line.slope, line.intercept, line.shifts
        if slope <= 0:
            note = f"fitted slope {slope:.4f} was not above zero; only the mean was corrected"
    shift = np.zeros(cases) if locality is None else locality.places.shifts(local)
    if note:
        slope, intercept = 1.0, _level(y, margin + shift, 0.0)
    elif rarer >= params.isotonic_min_events:
        x, knots = _curve(margin, y, shift, (intercept, slope))
        return Calibrator(
            method="isotonic", x=x, y=knots, local=local, cases=cases, events=events, source=source
        )  # fmt: skip
    return Calibrator(
        method="platt", slope=slope, intercept=intercept, local=local, cases=cases, events=events, source=source,
        note=note,
    )  # fmt: skip


def _curve(
    margin: FloatArray, y: FloatArray, shift: FloatArray, line: tuple[float, float]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Knots (margin, probability at shift 0) of a rising curve.

    The log-odds of bins of equal counts, beside the shifts of their cases, made to rise by isotonic regression; one
    case more that follows the logistic `line` (intercept, slope) keeps a bin without events from certainty. Beyond
    the outer bins the curve goes on along the line's slope to the outermost margins.
    """
    rarer = int(min(y.sum(), len(y) - y.sum()))
    order = np.argsort(margin, kind="stable")
    parts = np.array_split(order, int(np.clip(rarer // _EVENTS_PER_BIN, *_BINS)))
    x = np.array([margin[part].mean() for part in parts])
    guess = line[0] + line[1] * x
    level = np.array(
        [_level(y[part], shift[part], float(g), imagined=1.0) for part, g in zip(parts, guess, strict=True)]
    )
    rate = expit(level)
    weight = np.array([len(part) for part in parts]) * rate * (1 - rate)
    level = IsotonicRegression().fit_transform(x, level, sample_weight=weight)
    # Equal means of neighbouring bins (a coarse margin) are one knot.
    x, first = np.unique(x, return_index=True)
    level = level[first]
    low, high = float(margin.min()), float(margin.max())
    if low < x[0]:
        x, level = np.r_[low, x], np.r_[level[0] - line[1] * (x[0] - low), level]
    if high > x[-1]:
        x, level = np.r_[x, high], np.r_[level, level[-1] + line[1] * (high - x[-1])]
    return tuple(x.tolist()), tuple(expit(level).tolist())


def _level(y: FloatArray, shift: FloatArray, guess: float, imagined: float = 0.0) -> float:
    """The log-odds c with mean expit(c + shift) = mean y, `imagined` cases more that lie at `guess` included."""
    c, rate = guess, float(expit(guess))
    for _ in range(200):
        p, own = expit(c + shift), float(expit(c))
        slope = float(np.sum(p * (1 - p))) + imagined * own * (1 - own)
        step = (float(np.sum(y - p)) + imagined * (rate - own)) / slope
        c += float(np.clip(step, -1.0, 1.0))
        if abs(step) < 1e-12:
            break
    return c
