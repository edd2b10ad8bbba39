"""By how much the level of calibrated probabilities is off in a group: what to add to the log-odds to put it right.

Calibration-in-the-large (Cox 1958, Biometrika 45; Steyerberg 2019, Clinical Prediction Models): the intercept of a
logistic regression of the outcome with the log-odds of the probability as an offset. It is what a rule of the rule book
(`calibration.shift.*`) may add for an area or an industry without fitting a tree again. Of many groups some look off by
chance, so each is drawn towards what all have in common by as much as chance explains (`drawn_together`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
_EDGE: Final = 1e-12
_STEPS: Final = 100
_LARGEST_STEP: Final = 2.0  # log-odds: a first step from far away would overshoot


@dataclass(frozen=True)
class LevelShift:
    """Log-odds to add, its standard error and interval, and the two-sided chance of as much if nothing were off."""

    shift: float
    error: float
    low: float
    high: float
    p_value: float


def level_shift(y: FloatArray, p: FloatArray, level: float = 0.95) -> LevelShift:
    """What to add to the log-odds of p (n,) so that they sum to the events of y (n,).

    ValueError unless both outcomes occur: with one of them alone there is no finite shift.
    """
    if not 0 < float(y.sum()) < len(y):
        raise ValueError("a shift of the level needs cases of both outcomes")
    safe = np.clip(p, _EDGE, 1 - _EDGE)
    place = np.log(safe / (1 - safe))
    shift = 0.0
    for _ in range(_STEPS):
        moved = 1 / (1 + np.exp(-(place + shift)))
        step = float((y - moved).sum() / (moved * (1 - moved)).sum())
        shift += max(-_LARGEST_STEP, min(_LARGEST_STEP, step))
        if abs(step) < 1e-12:
            break
    moved = 1 / (1 + np.exp(-(place + shift)))
    error = 1 / math.sqrt(float((moved * (1 - moved)).sum()))
    beyond = NormalDist().inv_cdf((1 + level) / 2) * error
    chance = math.erfc(abs(shift) / error / math.sqrt(2))
    return LevelShift(shift, error, shift - beyond, shift + beyond, chance)


def drawn_together(shifts: FloatArray, errors: FloatArray) -> FloatArray:
    """Shifts of groups (k,), each drawn towards their mean by as much as its standard error (k,) is large beside how
    far the groups really lie apart (DerSimonian & Laird 1986, Controlled Clinical Trials 7); all at the mean where
    chance alone explains the differences."""
    weights = 1 / np.square(errors)
    mean = float(weights @ shifts / weights.sum())
    beyond_chance = float(weights @ np.square(shifts - mean)) - (len(shifts) - 1)
    room = float(weights.sum() - np.square(weights).sum() / weights.sum())
    apart = max(0.0, beyond_chance / room) if room > 0 else 0.0  # one group alone tells of no differences
    weights = 1 / (np.square(errors) + apart)
    mean = float(weights @ shifts / weights.sum())
    return np.asarray(mean + (shifts - mean) * apart / (apart + np.square(errors)))
