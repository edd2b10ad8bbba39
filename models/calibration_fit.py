"""Fitting a calibrator: the method follows from how many events there are."""

from __future__ import annotations

import math
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
from models.pooling import AS_GIVEN, FREE, Factor, Prior, pool

FloatArray = NDArray[np.float64]
# Fewest and most bins of a curve, and events of the rarer outcome in each: more bins follow noise.
_BINS = (5, 12)
_EVENTS_PER_BIN = 250
_KNOTS = 101  # places at which the curve is written down, evenly: between them it is linear in probability


@dataclass(frozen=True)
class Locality:
    """Places of the calibration cases, and what was found before: shifts and slope on the fit period (of small data, on
    all), the trend on both periods."""

    places: Places
    before: LocalFit


def fit_calibrator(
    margin: FloatArray, y: FloatArray, source: str, params: FitParams, locality: Locality | None = None
) -> Calibrator:
    """Fit on margins (n,) and labels (n,) of cases outside the margin's own training; method by number of events.

    With `locality`, shifts by place are fitted beside the curve and the trend is taken as it was found; with few events
    all are taken so. Raises FitFault when one of the classes is absent.
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
            slope, intercept, local = line.slope.value, line.intercept, line.shifts
        if slope <= 0:
            note = f"fitted slope {slope:.4f} was not above zero; only the mean was corrected"
    shift = np.zeros(cases) if locality is None else locality.places.shifts(local)
    if note:
        slope, intercept = 1.0, _level(y, margin + shift)
    elif rarer >= params.isotonic_min_events:
        bins = int(np.clip(rarer // _EVENTS_PER_BIN, *_BINS))
        x, knots, worth = _curve(margin, y, shift, bins)
        return Calibrator(
            method="isotonic", x=x, y=knots, worth=worth, local=local, cases=cases, events=events, source=source
        )  # fmt: skip
    return Calibrator(
        method="platt", slope=slope, intercept=intercept, local=local, cases=cases, events=events, source=source,
        note=note,
    )  # fmt: skip


def _curve(
    margin: FloatArray, y: FloatArray, shift: FloatArray, bins: int
) -> tuple[tuple[float, ...], tuple[float, ...], int]:
    """Knots (margin, probability at shift 0) of a rising curve, and how many free bins it is worth at most.

    A logistic line, and how far `bins` of equal counts depart from it, drawn together (`models.pooling`): where the
    line fits the curve is the line, and one bin's luck does not bend it. Between the bins' means the departure goes
    over linearly, beyond the outer ones it stays; isotonic regression mends what still falls. `shift` (n,) is what
    stands beside it. The curve is worth no more than the line's two parameters, one for the bins' spread, and of each
    bin the share that its own cases have in its departure: a little more than its effective parameters (Hastie &
    Tibshirani 1990, sec. 3.5), for what the line explains of a departure is counted in both.
    """
    parts = np.array_split(np.argsort(margin, kind="stable"), bins)
    codes = np.empty(len(y), dtype=np.int64)
    for place, part in enumerate(parts):
        codes[part] = place
    fixed = np.column_stack([np.ones(len(y)), margin, shift])
    prior = Prior(np.array([0.0, 0.0, 1.0]), np.array([FREE, FREE, AS_GIVEN]))
    found = pool(y, fixed, prior, [Factor(codes, len(parts), np.zeros(len(parts)))])
    means = np.array([margin[part].mean() for part in parts])
    # Equal means of neighbouring bins (a coarse margin) are one place.
    means, first = np.unique(means, return_index=True)
    level = found.fixed[0] + found.fixed[1] * margin + np.interp(margin, means, found.effects[0][first])
    x = np.unique(np.linspace(margin.min(), margin.max(), _KNOTS))
    knots = expit(IsotonicRegression(out_of_bounds="clip").fit(margin, level).predict(x))
    own = 1.0 - np.square(found.errors[0]) / found.spreads[0] ** 2
    worth = min(bins, math.ceil(3.0 + float(own.sum())))
    return tuple(x.tolist()), tuple(knots.tolist()), worth


def _level(y: FloatArray, shift: FloatArray) -> float:
    """The log-odds c with mean expit(c + shift) = mean y."""
    c = 0.0
    for _ in range(200):
        p = expit(c + shift)
        step = float(np.sum(y - p)) / float(np.sum(p * (1 - p)))
        c += float(np.clip(step, -1.0, 1.0))
        if abs(step) < 1e-12:
            break
    return c
