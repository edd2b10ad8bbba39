"""Fitting intervals: how sure the calibration cases make the rate around each predicted probability.

Around each knot the `window_share` of calibration cases nearest in log-odds is taken, and the log-odds of the outcome
are fitted as predicted log-odds + shift + tilt x (distance from the knot). The shift is free; the tilt is held near 0
(normal prior, `tilt_sd`), since the predictions are calibrated already and a small window cannot tell much of it. The
tilt is what keeps the edges unbiased, where all neighbours lie on one side. The fitted rate and its variance are then
read as a proportion among an effective number of cases (Korn & Graubard 1998, Survey Methodology 24), whose interval
is Jeffreys' (Brown, Cai & DasGupta 2001, Statistical Science 16): sound also where events are few.

It takes the probabilities as they are, whatever calibrated them. Two things it must be told. How many free steps the
calibration is worth that was fitted on these same labels: within a step the predictions follow the labels, so a window
of many steps would see no fault in them and take the steps' noise for certainty; a window is at most `window_steps`
wide. And for how many cases each counts: the first half of re-default within twelve months is calibrated on more cases
than were watched for twelve (`models.horizons.joined_cases`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import beta
from sklearn.isotonic import IsotonicRegression

from models.faults import FitFault
from models.intervals import Drift, IntervalTable
from models.params import IntervalParams

FloatArray = NDArray[np.float64]
# Six decimals are published; what is tabulated is rounded outwards to them, so an interval never loses by it.
_SCALE: Final = 1_000_000
# Log-odds of probabilities beyond six decimals: predictions of 0 and 1 have none.
_FURTHEST: Final = 14.0
_STEPS: Final = 50


@dataclass(frozen=True)
class Seen:
    """Calibrated probabilities p (n,) and labels y (n,) of cases outside the model's training; where they are from;
    how many free steps the calibration is worth that was fitted on them (0: a line); how the level may move after them,
    where days are known; `told`: for how many cases each of them counts, where the probability is joined from parts
    that other cases tell too."""

    p: FloatArray
    y: FloatArray
    source: str
    steps: int = 0
    drift: Drift | None = None
    told: float = 1.0


def fit_heads(seen: Mapping[str, Seen], params: IntervalParams) -> tuple[dict[str, IntervalTable], dict[str, str]]:
    """Intervals of every head probability that allows them, and "intervals.<head>" -> why not of the others."""
    tables: dict[str, IntervalTable] = {}
    absent: dict[str, str] = {}
    for head, cases in seen.items():
        try:
            tables[head] = fit_intervals(cases, params)
        except FitFault as fault:
            absent[f"intervals.{head}"] = str(fault)
    return tables, absent


def fit_intervals(seen: Seen, params: IntervalParams) -> IntervalTable:
    """Table of intervals from what was seen; FitFault with fewer than `params.min_events` cases of either outcome."""
    p, y, source = seen.p, seen.y, seen.source
    share = min(params.window_share, params.window_steps / seen.steps) if seen.steps else params.window_share
    cases, events = len(y), int(y.sum())
    rarer = min(events, cases - events)
    if rarer < params.min_events:
        raise FitFault(
            [f"{events} events among {cases} cases ({source}); intervals need {params.min_events} of either outcome"]
        )
    place = np.clip(logit(p), -_FURTHEST, _FURTHEST)
    inside = np.round(np.quantile(p, np.linspace(0.0, 1.0, params.knots)), 6)
    knots = np.unique(np.clip(inside, 1 / _SCALE, 1 - 1 / _SCALE))
    rates = [_rate_at(float(logit(knot)), place, y, params, share=share, told=seen.told) for knot in knots.tolist()]
    # Ends that fall with a rising probability are drawn together (isotonic regression; each knot stands for as many
    # cases), then widened to hold the probability itself.
    low = np.minimum(IsotonicRegression().fit_transform(knots, [low for low, _ in rates]), knots)
    high = np.maximum(IsotonicRegression().fit_transform(knots, [high for _, high in rates]), knots)
    # Beyond the predictions seen: from no chance below the lowest, to certainty above the highest.
    ends = np.concatenate([[0.0], np.floor(low * _SCALE) / _SCALE, [math.floor(low[-1] * _SCALE) / _SCALE]])
    tops = np.concatenate([[math.ceil(high[0] * _SCALE) / _SCALE], np.ceil(high * _SCALE) / _SCALE, [1.0]])
    few = min(params.like_share, share)
    like = [_nearest(np.abs(place - logit(knot)), cases, few, params) for knot in knots]
    like = [like[0], *like, like[-1]]
    return IntervalTable(
        level=params.level,
        knots=(0.0, *knots.tolist(), 1.0),
        low=tuple(ends.tolist()),
        high=tuple(np.minimum(tops, 1.0).tolist()),
        cases=tuple(int(near.sum()) for near in like),
        events=tuple(int(y[near].sum()) for near in like),
        like_from=tuple(math.floor(float(p[near].min()) * _SCALE) / _SCALE for near in like),
        like_to=tuple(math.ceil(float(p[near].max()) * _SCALE) / _SCALE for near in like),
        calibrated=cases,
        source=source,
        drift=seen.drift,
    )


def _rate_at(
    knot: float, place: FloatArray, y: FloatArray, params: IntervalParams, *, share: float, told: float
) -> tuple[float, float]:
    """Low and high of the true rate at one knot (log-odds), from the `share` of cases nearest it, each of which counts
    for `told`; `place` (n,) log-odds of the predictions."""
    near = _nearest(np.abs(place - knot), len(y), share, params)
    shift, variance = _local_rate(place[near], place[near] - knot, y[near], params.tilt_sd)
    rate = float(expit(knot + shift))
    effective = told / (variance * rate * (1.0 - rate))
    tail = (1.0 - params.level) / 2.0
    shape = rate * effective, (1.0 - rate) * effective
    return float(beta.ppf(tail, *shape)), float(beta.ppf(1.0 - tail, *shape))


def _nearest(apart: FloatArray, cases: int, share: float, params: IntervalParams) -> NDArray[np.bool_]:
    """Which cases (n,) are the nearest `share`: all as near as the last that counts, for one prediction is one."""
    size = max(min(params.min_window, cases), math.ceil(share * cases))
    near: NDArray[np.bool_] = apart <= np.partition(apart, size - 1)[size - 1]
    return near


def _local_rate(offset: FloatArray, apart: FloatArray, y: FloatArray, tilt_sd: float) -> tuple[float, float]:
    """Shift at `apart` = 0 and its variance, by Newton's method on the penalised logistic likelihood.

    Half a case of each outcome is added at the knot: Jeffreys' prior, by which a window without one of the outcomes
    still has a finite shift, and which makes the effective cases those of Jeffreys' interval.
    """
    x, z, t = np.append(offset, offset[0] - apart[0]), np.append(apart, 0.0), np.append(y, 0.5)
    shift = tilt = 0.0
    precision = 1.0 / tilt_sd**2
    for _ in range(_STEPS):
        p = expit(x + shift + tilt * z)
        residual = t - p
        w = p * (1.0 - p)
        g0, g1 = float(residual.sum()), float((residual * z).sum()) - precision * tilt
        h00, h01, h11 = float(w.sum()), float((w * z).sum()), float((w * z * z).sum()) + precision
        determinant = h00 * h11 - h01 * h01
        d0, d1 = (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant
        shift += min(1.0, max(-1.0, d0))
        tilt += min(1.0, max(-1.0, d1))
        if abs(d0) + abs(d1) < 1e-9:
            break
    return shift, h11 / determinant
