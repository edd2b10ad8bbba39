"""The margins of all outcomes, each with its calibration on margins that never saw the case.

Trees learn from the fit and from the calibration period: both are known on the day the model is made, and re-default is
rare. So that the calibration still rests on cases that taught nothing, debtors are left out in turn, a fold at a time,
and their margins taken from trees that did not know them. The calibration period's cases calibrate; the fit period's
tell what differs by place, and both together how practice moves over the years. Where the calibration period has too
few events (small data), all calibrate.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.boosting import raw_margin
from models.calibration import Calibrator
from models.calibration_fit import Locality, fit_calibrator
from models.faults import FitFault
from models.halves import HALVES, Lesson, fit_boosters
from models.local_fit import LocalFit, Places, first_shifts, shifts_beside, trend_beside
from models.log_odds import log_odds
from models.params import FitParams
from models.spec import OUTCOMES, IndicatorSpec
from models.training_rows import Part, TrainingRows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Margin:
    """One fitted outcome. `full` (n,): margins of all rows; `held_out` (n,): margins by trees that did not know the
    row's debtor; `own_period`: whether the cases `calibrated_on` are the calibration period's; `shifts` (n,): what the
    calibrator adds at each row's place."""

    booster: lgb.Booster
    full: FloatArray
    held_out: FloatArray
    shifts: FloatArray
    calibrator: Calibrator
    calibrated_on: Part
    own_period: bool

    def probability(self, rows: IntArray | slice, *, held_out: bool) -> FloatArray:
        """Calibrated probabilities of some rows."""
        margin = self.held_out if held_out else self.full
        return self.calibrator.apply(margin[rows], self.shifts[rows].tolist())


def fit_margins(
    X: pd.DataFrame,
    rows: TrainingRows,
    specs: Sequence[IndicatorSpec],
    params: FitParams,
    *,
    where: Places | None,
    done: Callable[[float], None],
) -> tuple[dict[str, Margin], dict[str, str]]:
    """Every outcome's margin on X (n, k), the scored indicators in the specs' order; and, of outcomes that cannot be
    fitted, why. `where`: the places of the rows of X, None where nothing is told apart by place. `done` is told the
    share of the work that is behind."""
    parts, absent = _enough(rows, params)
    values = X.to_numpy(dtype=np.float64)
    threads = params.booster.num_threads
    directions = {outcome: [spec.direction(outcome) for spec in specs if spec.scored] for outcome in parts}

    def trees(kept: BoolArray | None) -> dict[str, lgb.Booster]:
        """All outcomes, on the learnt cases among the rows `kept` (None: all)."""
        lessons = {outcome: _lesson(outcome, part, kept, where, params) for outcome, part in parts.items()}
        return fit_boosters(X, lessons, directions, params, seed=params.seed)

    own = {outcome for outcome in parts if rows.part(outcome, "calibrate").rarer >= params.platt_min_events}

    def without(fold: int) -> tuple[BoolArray, dict[str, FloatArray]]:
        """The rows of a fold, and their margins by trees without them."""
        held = rows.folds == fold
        return held, {name: raw_margin(booster, values[held], threads) for name, booster in trees(~held).items()}

    whole = trees(None)
    full = {outcome: raw_margin(booster, values, threads) for outcome, booster in whole.items()}
    held_out = {outcome: np.full_like(margin, np.nan) for outcome, margin in full.items()}
    folds = params.split.folds if parts else 0
    done(1 / (1 + folds))
    # LightGBM works outside the interpreter's lock, and a fit is the same on however many threads others run.
    with ThreadPoolExecutor(max(1, min(folds, os.cpu_count() or 1))) as pool:
        for number, (held, margins) in enumerate(pool.map(without, range(folds)), start=2):
            for outcome, margin in margins.items():
                held_out[outcome][held] = margin
            done(number / (1 + folds))
    before = {} if where is None else _beside(parts, own, rows, held_out, where=where, params=params)
    fitted: dict[str, Margin] = {}
    for outcome, part in parts.items():
        on, source = part, "out-of-fold margins of all learnt cases"
        if outcome in own:
            on, source = rows.part(outcome, "calibrate"), "out-of-fold margins of the calibration period"
        known = None if where is None else Locality(where.take(on.rows), before[outcome])
        try:
            calibrator = fit_calibrator(held_out[outcome][on.rows], on.y, source, params, known)
        except FitFault as fault:
            absent[outcome] = str(fault)
            continue
        shifts = np.zeros(len(X)) if where is None else where.shifts(calibrator.local)
        fitted[outcome] = Margin(
            whole[outcome], full[outcome], held_out[outcome], shifts, calibrator, on, outcome in own
        )  # fmt: skip
    return fitted, absent


def _enough(rows: TrainingRows, params: FitParams) -> tuple[dict[str, Part], dict[str, str]]:
    """What is learnt of every outcome whose fit period has events enough, and why not of the others."""
    parts: dict[str, Part] = {}
    absent: dict[str, str] = {}
    for outcome in OUTCOMES:
        fit = rows.part(outcome, "fit")
        if fit.rarer >= params.min_events:
            parts[outcome] = rows.learnt(outcome)
        else:
            absent[outcome] = (
                f"{fit.events} events among {len(fit.y)} fit cases; {params.min_events} of either outcome are needed "
                "(more history, or a shorter gap)"
            )
    return parts, absent


def _lesson(outcome: str, part: Part, kept: BoolArray | None, where: Places | None, params: FitParams) -> Lesson:
    """The part's cases among the rows `kept`, starting from what differs there by place and year."""
    chosen = slice(None) if kept is None else kept[part.rows]
    at, y = part.rows[chosen], part.y[chosen]
    if where is None:
        return Lesson(at, y)
    places = where.take(at)
    found = first_shifts(y, places, params.local, expected=params.local.trends.get(outcome))
    return Lesson(at, y, found.intercept + places.shifts(found.shifts))


def _beside(
    parts: Mapping[str, Part],
    own: set[str],
    rows: TrainingRows,
    margins: Mapping[str, FloatArray],
    *,
    where: Places,
    params: FitParams,
) -> dict[str, LocalFit]:
    """What differs by place beside the margins (n,), on the fit period's cases where the calibration period is to draw
    it on, else on all; both halves of re-default tell it together, for the same courts and trades stand behind both,
    and events are rare. A trend is told by both periods. Where all calibrate, the calibration is drawn towards what the
    same labels told."""
    trends = params.local.trends
    together = set(HALVES) <= set(parts) and len({trends.get(name) for name in HALVES}) == 1
    groups = [HALVES, *([name] for name in parts if name not in HALVES)] if together else [[name] for name in parts]
    found: dict[str, LocalFit] = {}
    for names in groups:
        seen = {name: rows.part(name, "fit") if name in own else parts[name] for name in names}
        expected, trend = trends.get(names[0]), None
        if expected is not None:
            y, margin, places = _together({name: parts[name] for name in names}, margins, where)
            trend = trend_beside(y, margin, places, params.local, expected)
        y, margin, places = _together(seen, margins, where)
        found |= dict.fromkeys(names, shifts_beside(y, margin, places, params.local, trend=trend))
    return found


def _together(
    parts: Mapping[str, Part], margins: Mapping[str, FloatArray], where: Places
) -> tuple[FloatArray, FloatArray, Places]:
    """Labels, margins and places of several outcomes' cases, each from its own level, which a margin does not
    contain."""
    margin = [margins[name][part.rows] + log_odds(float(part.y.mean())) for name, part in parts.items()]
    y, at = ([getattr(part, field) for part in parts.values()] for field in ("y", "rows"))
    return np.concatenate(y), np.concatenate(margin), where.take(np.concatenate(at))
