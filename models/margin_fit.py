"""The margins of all outcomes, each with its calibration on cases it never saw.

The calibration period where there is one; else, for small data, out-of-fold margins by debtor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from models.local_fit import LocalFit, Places, first_shifts, shifts_beside
from models.params import FitParams
from models.spec import OUTCOMES, IndicatorSpec
from models.training_rows import Part, TrainingRows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Margin:
    """One fitted outcome. `full` (n,): margins of all rows; `held_out` (n,): by models that saw none; `shifts` (n,):
    what the calibrator adds at each row's place."""

    booster: lgb.Booster
    full: FloatArray
    held_out: FloatArray
    shifts: FloatArray
    calibrator: Calibrator
    calibrated_on: Part

    def probability(self, rows: IntArray | slice, *, held_out: bool) -> FloatArray:
        """Calibrated probabilities of some rows."""
        margin = self.held_out if held_out else self.full
        return self.calibrator.apply(margin[rows], self.shifts[rows].tolist())


def fit_margins(
    X: pd.DataFrame, rows: TrainingRows, specs: Sequence[IndicatorSpec], params: FitParams, where: Places | None
) -> tuple[dict[str, Margin], dict[str, str]]:
    """Every outcome's margin on X (n, k), the scored indicators in the specs' order; and, of outcomes that cannot be
    fitted, why. `where`: the places of the rows of X, None where nothing is told apart by place."""
    absent: dict[str, str] = {}
    parts: dict[str, Part] = {}
    for outcome in OUTCOMES:
        part = rows.part(outcome, "fit")
        if part.rarer >= params.min_events:
            parts[outcome] = part
        else:
            absent[outcome] = (
                f"{part.events} events among {len(part.y)} fit cases; {params.min_events} of either outcome are needed "
                "(more history, or a shorter gap)"
            )
    before: dict[str, LocalFit] = {}
    offsets: dict[str, FloatArray] = {}
    if where is not None:
        for outcome, part in parts.items():
            found = first_shifts(part.y, where.take(part.rows), params.local, trend=params.local.trends.get(outcome))
            before[outcome], offsets[outcome] = found, found.intercept + where.shifts(found.shifts)
    values = X.to_numpy(dtype=np.float64)
    threads = params.booster.num_threads

    def boosters(kept: NDArray[np.bool_] | None) -> dict[str, lgb.Booster]:
        """All outcomes, on the fit cases among the rows `kept` (None: all)."""
        lessons = {}
        for outcome, part in parts.items():
            chosen = slice(None) if kept is None else kept[part.rows]
            at = part.rows[chosen]
            lessons[outcome] = Lesson(at, part.y[chosen], offsets[outcome][at] if offsets else None)
        directions = {outcome: [spec.direction(outcome) for spec in specs if spec.scored] for outcome in parts}
        return fit_boosters(X, lessons, directions, params, seed=params.seed)

    whole = boosters(None)
    full = {outcome: raw_margin(booster, values, threads) for outcome, booster in whole.items()}
    held_out = dict(full)
    later = {outcome: rows.part(outcome, "calibrate") for outcome in parts}
    apart = [outcome for outcome, part in later.items() if part.rarer < params.platt_min_events]
    if apart:
        held_out |= {outcome: np.empty_like(full[outcome]) for outcome in apart}
        for fold in range(params.split.folds):
            held = rows.folds == fold
            inner = boosters(~held)
            for outcome in apart:
                held_out[outcome][held] = raw_margin(inner[outcome], values[held], threads)
    if where is not None:
        before = _beside(parts, held_out, before, where, params)
    fitted: dict[str, Margin] = {}
    for outcome, part in parts.items():
        on, source = later[outcome], "calibration period"
        if outcome in apart:
            on, source = part, "out-of-fold margins of the fit period"
        known = None if where is None else Locality(where.take(on.rows), before[outcome])
        try:
            calibrator = fit_calibrator(held_out[outcome][on.rows], on.y, source, params, known)
        except FitFault as fault:
            absent[outcome] = str(fault)
            continue
        shifts = np.zeros(len(X)) if where is None else where.shifts(calibrator.local)
        fitted[outcome] = Margin(whole[outcome], full[outcome], held_out[outcome], shifts, calibrator, on)
    return fitted, absent


def _beside(
    parts: Mapping[str, Part],
    margins: Mapping[str, FloatArray],
    first: Mapping[str, LocalFit],
    where: Places,
    params: FitParams,
) -> dict[str, LocalFit]:
    """What differs by place beside the margins (n,) on their fit cases; both halves of re-default tell it together,
    for the same courts and trades stand behind both, and events are rare."""
    trends = params.local.trends
    together = set(HALVES) <= set(parts) and len({trends.get(name) for name in HALVES}) == 1
    groups = [HALVES, *([name] for name in parts if name not in HALVES)] if together else [[name] for name in parts]
    found: dict[str, LocalFit] = {}
    for names in groups:
        rows = np.concatenate([parts[name].rows for name in names])
        margin = np.concatenate([margins[name][parts[name].rows] + first[name].intercept for name in names])
        y = np.concatenate([parts[name].y for name in names])
        one = shifts_beside(y, margin, where.take(rows), params.local, trend=trends.get(names[0]))
        found |= dict.fromkeys(names, one)
    return found
