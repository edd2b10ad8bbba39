"""Margins, probabilities and warnings of cases, from a loaded bundle. The same bits for one case and for a million."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.boosting import raw_margin
from models.bundle import Bundle
from models.faults import PredictFault
from models.horizons import p12
from models.intervals import Interval
from models.local import Place, Shift
from models.spec import CARD_OUTCOME

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Shifts = Mapping[str, Sequence[Shift]]  # outcome -> what the calibration adds, per case


@dataclass(frozen=True)
class Warnings:
    """Per case (n,): `extrapolated` and `disagreement` of `models.reference`, and the indicators behind the first.

    `unseen_missing`: per case, indicators that are missing and never were in training (LightGBM then reads them as
    0, so nothing was learnt of their absence).
    """

    extrapolated: BoolArray
    disagreement: BoolArray
    unseen_missing: tuple[tuple[str, ...], ...]


def matrix(bundle: Bundle, X: pd.DataFrame) -> FloatArray:
    """The bundle's columns of X (n, k) in its order. PredictFault lists missing columns and infinite values."""
    if absent := [name for name in bundle.indicator_ids if name not in X.columns]:
        raise PredictFault([f"indicator '{name}' is missing from the input" for name in absent])
    values = np.ascontiguousarray(X[list(bundle.indicator_ids)].to_numpy(dtype=np.float64))
    infinite = np.isinf(values)
    if infinite.any():
        raise PredictFault(
            f"indicator '{bundle.indicator_ids[column]}' of case {X.index[row]} is infinite"
            for row, column in np.argwhere(infinite).tolist()
        )
    return values


def margins(bundle: Bundle, X: pd.DataFrame) -> dict[str, FloatArray]:
    """Raw margin (log-odds, (n,)) of every fitted outcome."""
    values = matrix(bundle, X)
    return {outcome: raw_margin(booster, values) for outcome, booster in bundle.boosters.items()}


def local_shifts(bundle: Bundle, places: Sequence[Place], ruled: Sequence[Mapping[str, float]]) -> Shifts:
    """What the calibration of every outcome adds at the places of cases (n,), `ruled` being what the rules of their
    day and place add per outcome."""
    return {
        outcome: [calibrator.local.at(place, more[outcome]) for place, more in zip(places, ruled, strict=True)]
        for outcome, calibrator in bundle.calibrators.items()
    }


def probabilities(
    bundle: Bundle, found: Mapping[str, FloatArray], shifts: Shifts | None = None
) -> dict[str, FloatArray | None]:
    """Calibrated "success", "redefault_6" and "redefault_12" (n,); None where the bundle has no such model.

    `found`: margins, as from `margins`; `shifts`: as from `local_shifts`, none for cases without a place. Re-default is
    "if granted and lifted at as_of".
    """
    calibrated = {
        outcome: bundle.calibrators[outcome].apply(
            margin, None if shifts is None else [shift.total for shift in shifts[outcome]]
        )
        for outcome, margin in found.items()
    }
    p6, q = calibrated.get("redefault_6"), calibrated.get("redefault_7_12")
    return {
        "success": calibrated.get("success"),
        "redefault_6": p6,
        CARD_OUTCOME: None if p6 is None or q is None else p12(p6, q),
    }


def intervals(
    bundle: Bundle, probability: Mapping[str, FloatArray], days: Sequence[date] | None = None
) -> dict[str, tuple[Interval, ...]]:
    """The interval of every head probability (n,) for which the bundle has one (`models.intervals`), on the day of each
    case (n,), or, without days, as of the calibration."""
    return {
        head: tuple(bundle.intervals[head].of(values.tolist(), days))
        for head, values in probability.items()
        if head in bundle.intervals
    }


def warnings(
    bundle: Bundle,
    X: pd.DataFrame,
    probability: Mapping[str, FloatArray | None],
    card_total: FloatArray | None,
) -> Warnings:
    """The two warnings of every case of X (n, k), given its probabilities and its card total (n,), if it has one."""
    reference = bundle.reference
    never = [name for name in reference.never_missing if name in bundle.indicator_ids]
    gaps = X[never].isna().to_numpy(dtype=np.bool_)
    extrapolated: BoolArray = np.logical_or.reduce(gaps, axis=1)
    success, risk = probability.get("success"), probability.get(CARD_OUTCOME)
    if success is not None and reference.propensity_low is not None:
        extrapolated = extrapolated | (success < reference.propensity_low)
    disagreement = np.zeros(len(X), dtype=np.bool_)
    card, limit = bundle.scorecard, reference.disagreement_limit
    if card is not None and card_total is not None and risk is not None and limit is not None:
        apart: FloatArray = np.abs(card.probability(card_total) - risk)
        disagreement |= apart > limit
    unseen = tuple(tuple(name for name, gap in zip(never, row, strict=True) if gap) for row in gaps.tolist())
    return Warnings(extrapolated=extrapolated, disagreement=disagreement, unseen_missing=unseen)
