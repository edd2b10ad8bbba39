"""Margins of cases that the calibration rests on come from trees that did not know their debtor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.auc import auc
from models.boosting import raw_margin
from models.calibration_fit import Locality, fit_calibrator
from models.halves import Lesson, fit_boosters
from models.local_fit import Places, lay_out_places, shifts_beside, trend_beside
from models.log_odds import log_odds
from models.margin_fit import Margin, fit_margins
from models.params import FitParams
from models.training_rows import Part, TrainingRows, lay_out

OUTCOMES = ("success", "redefault_6", "redefault_7_12")


def laid_out(world: Any, params: FitParams) -> TrainingRows:
    return lay_out(world.X, world.labels, world.splits(), world.specs, folds=params.split.folds, salt="test")


def scored(frame: pd.DataFrame, world: Any) -> pd.DataFrame:
    return frame[[spec.id for spec in world.specs if spec.scored]].astype(np.float64)


def margins_of(world: Any, frame: pd.DataFrame, rows: TrainingRows, params: FitParams) -> dict[str, Margin]:
    told: list[float] = []
    fitted, absent = fit_margins(scored(frame, world), rows, world.specs, params, where=None, done=told.append)
    assert not absent
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
    return fitted


def test_learnt_is_what_the_fit_and_the_calibration_period_hold(world: Any, quick: FitParams) -> None:
    rows = laid_out(world, quick)
    for outcome in OUTCOMES:
        fit, later, learnt = rows.part(outcome, "fit"), rows.part(outcome, "calibrate"), rows.learnt(outcome)
        label = dict(zip(fit.rows.tolist(), fit.y.tolist(), strict=True))
        label |= dict(zip(later.rows.tolist(), later.y.tolist(), strict=True))
        assert len(label) == len(fit.y) + len(later.y)
        assert list(zip(learnt.rows.tolist(), learnt.y.tolist(), strict=True)) == sorted(label.items())


def test_a_fold_is_margined_by_trees_without_its_debtors_and_the_final_trees_know_everyone(
    world: Any, quick: FitParams
) -> None:
    """The oracle fits every fold by hand, one after another."""
    params = replace(quick, platt_min_events=5)  # what this small world's calibration period holds of every outcome
    rows = laid_out(world, params)
    fitted = margins_of(world, world.X, rows, params)
    frame = scored(world.X, world)
    directions = {name: [spec.direction(name) for spec in world.specs if spec.scored] for name in OUTCOMES}
    expected = {name: np.full(len(frame), np.nan) for name in OUTCOMES}
    for fold in (*range(quick.split.folds), None):
        out = np.zeros(len(frame), dtype=bool) if fold is None else rows.folds == fold
        lessons = {}
        for name in OUTCOMES:
            part = rows.learnt(name)
            kept = [place for place, row in enumerate(part.rows.tolist()) if not out[row]]
            lessons[name] = Lesson(part.rows[kept], part.y[kept])
        for name, booster in fit_boosters(frame, lessons, directions, quick, seed=quick.seed).items():
            margin = raw_margin(booster, frame.to_numpy())
            expected[name][out] = margin[out]
            if fold is None:
                assert (fitted[name].full == margin).all()
    for name in OUTCOMES:
        assert fitted[name].own_period
        assert (fitted[name].calibrated_on.rows == rows.part(name, "calibrate").rows).all()
        assert (fitted[name].held_out == expected[name]).all()


def test_noise_is_not_ranked_on_held_out_margins_though_the_trees_know_it_by_heart(
    world: Any, quick: FitParams
) -> None:
    rng = np.random.default_rng(0)
    noise = world.X.assign(**{spec.id: rng.normal(size=len(world.X)) for spec in world.specs})
    margin = margins_of(world, noise, laid_out(world, quick), quick)["success"]
    on = margin.calibrated_on
    assert auc(on.y, margin.full[on.rows]) > 0.57
    assert auc(on.y, margin.held_out[on.rows]) == pytest.approx(0.5, abs=0.05)


def test_with_too_few_events_in_the_calibration_period_all_that_is_learnt_calibrates(
    world: Any, quick: FitParams
) -> None:
    params = replace(quick, platt_min_events=10_000)
    rows = laid_out(world, params)
    for outcome, margin in margins_of(world, world.X, rows, params).items():
        assert not margin.own_period
        assert (margin.calibrated_on.rows == rows.learnt(outcome).rows).all()
        assert margin.calibrator.source == "out-of-fold margins of all learnt cases"
        assert (margin.held_out[rows.learnt(outcome).rows] != margin.full[rows.learnt(outcome).rows]).mean() > 0.99


def test_both_periods_tell_a_trend_and_the_calibration_period_draws_on_from_the_fit_period(
    world: Any, quick: FitParams, places: pd.DataFrame
) -> None:
    """The oracle goes from step to step by hand."""
    rows, where = laid_out(world, quick), lay_out_places(places)
    fitted, _ = fit_margins(scored(world.X, world), rows, world.specs, quick, where=where, done=lambda _share: None)
    margin, expected = fitted["success"], quick.local.trends["success"]

    def beside(part: Part) -> tuple[np.ndarray, np.ndarray, Places]:
        level = log_odds(float(part.y.mean()))
        return part.y, margin.held_out[part.rows] + level, where.take(part.rows)

    fit, later = rows.part("success", "fit"), rows.part("success", "calibrate")
    told = trend_beside(*beside(rows.learnt("success")), quick.local, expected)
    before = shifts_beside(*beside(fit), quick.local, trend=told)
    known = Locality(where.take(later.rows), before)
    source = "out-of-fold margins of the calibration period"
    assert margin.calibrator == fit_calibrator(margin.held_out[later.rows], later.y, source, quick, known)
    assert margin.calibrator.local.trend == told.value
    assert told.value != trend_beside(*beside(fit), quick.local, expected).value
    assert fitted["redefault_6"].calibrator.local.trend_from is None
