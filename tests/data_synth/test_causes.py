"""Known answers: the strengths put into the world come out again, and go when a cause goes."""

from __future__ import annotations

import functools

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sklearn.metrics import roc_auc_score

from data_synth.history import draw_history, emit_history
from data_synth.params import WorldParams
from data_synth.truth import truth_of_applications

DEBTORS = 30_000


@functools.cache
def truth(shuffle=None):
    who = np.arange(1, DEBTORS + 1)
    history = draw_history(who, DEBTORS, 21, WorldParams(shuffle=shuffle))
    return truth_of_applications(history).filter(pl.col("lane") == 1)


def logistic(x, y):
    """Coefficients and standard errors of a plain logistic regression (Newton's method)."""
    x = np.column_stack([np.ones(len(y)), x])
    beta = np.zeros(x.shape[1])
    for _ in range(8):
        p = 1 / (1 + np.exp(-x @ beta))
        information = (x * (p * (1 - p))[:, None]).T @ x
        beta = beta + np.linalg.solve(information, x.T @ (y - p))
    return beta[1:], np.sqrt(np.diag(np.linalg.inv(information)))[1:]


def recovered(frame, prefix, names, outcome):
    x = np.column_stack([frame[f"{prefix}{name}"].to_numpy().astype(float) for name in names])
    return logistic(x, frame[outcome].to_numpy().astype(float))


def test_the_strengths_of_redefault_are_recovered():
    params = WorldParams()
    names = list(params.redefault)
    beta, error = recovered(truth(), "cause_", names, "y_redefault_12")
    wanted = np.array([params.redefault[name] for name in names])
    assert (np.abs(beta - wanted) < 4 * error).all()
    hidden = names.index("hidden_resilience")
    assert error[hidden] < 0.04
    assert beta[hidden] < -0.25


def test_the_strengths_of_a_grant_are_recovered():
    params = WorldParams()
    names = list(params.success)
    frame = truth().filter(pl.col("p_success").is_not_null() & (pl.col("decided_on") <= pl.date(2025, 12, 31)))
    beta, error = recovered(frame, "success_", names, "granted")
    wanted = np.array([params.success[name] for name in names])
    assert (np.abs(beta - wanted) < 4 * error).all()


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        ("hidden_resilience", "y_redefault_12"),
        ("hidden_debts", "y_redefault_12"),
        ("later_shock", "y_redefault_12"),
        ("panel_reading", "granted"),
    ],
)
def test_a_shuffled_hidden_cause_loses_its_effect(cause, outcome):
    def effect(frame):
        if outcome == "granted":
            frame = frame.filter(pl.col("p_success").is_not_null() & (pl.col("decided_on") <= pl.date(2025, 12, 31)))
        (beta,), (error,) = recovered(frame, "own_", [cause], outcome)
        return beta / error

    assert abs(effect(truth())) > 8
    assert abs(effect(truth(cause))) < 4


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [("redefault", "willingness"), ("redefault", "past_shock"), ("success", "performed"), ("success", "court")],
)
def test_a_removed_cause_no_longer_matters(outcome, cause):
    """Its effect is there among all other causes, is gone once it is taken out, and the others stay."""
    params = WorldParams()
    names = list(params.redefault if outcome == "redefault" else params.success)
    place = names.index(cause)

    def effects(frame):
        if outcome == "redefault":
            return recovered(frame, "cause_", names, "y_redefault_12")
        frame = frame.filter(pl.col("p_success").is_not_null() & (pl.col("decided_on") <= pl.date(2025, 12, 31)))
        return recovered(frame, "success_", names, "granted")

    there, error = effects(truth())
    assert abs(there[place]) > 4 * error[place]
    history = draw_history(np.arange(1, DEBTORS + 1), DEBTORS, 21, params.without(outcome, cause))
    gone, error = effects(truth_of_applications(history).filter(pl.col("lane") == 1))
    wanted = np.array([getattr(params, outcome)[name] for name in names])
    wanted[place] = 0.0
    assert (np.abs(gone - wanted) < 4 * error).all()


def test_the_past_does_not_know_the_hidden_causes():
    """Rows known before the first decision are equal in worlds that differ in hidden causes only."""
    who = np.arange(1, 601)
    plain, other = WorldParams(), WorldParams(shuffle="hidden_resilience")
    histories = [draw_history(who, who.size, 21, params) for params in (plain, other)]
    truths = [truth_of_applications(history) for history in histories]
    assert truths[0]["p_redefault_12"].to_list() != truths[1]["p_redefault_12"].to_list()
    cut = truths[0].filter(pl.col("lane") == 1, pl.col("as_of").is_not_null()).select("debtor_id", "as_of")
    first, second = (emit_history(history, params) for history, params in zip(histories, (plain, other), strict=True))
    assert not first["redefault_events"].equals(second["redefault_events"])
    for name, frame in first.items():
        before = [
            part.join(cut, on="debtor_id").filter(pl.col("known_at") < pl.col("as_of"))
            for part in (frame, second[name])
        ]
        assert_frame_equal(before[0], before[1])


def test_the_best_reachable_auc_is_that_of_people_not_of_a_toy():
    frame = truth().filter(pl.col("p_success").is_not_null() & pl.col("decided_on").is_not_null())
    granted = frame.filter("granted")
    for part in (frame, granted):
        for months in (6, 12):
            auc = roc_auc_score(part[f"y_redefault_{months}"], part[f"p_redefault_{months}"])
            assert 0.70 < auc < 0.85
    decided = frame.filter(pl.col("decided_on") <= pl.date(2025, 12, 31))
    assert 0.75 < roc_auc_score(decided["granted"], decided["p_success"]) < 0.85


def test_true_probabilities_are_calibrated():
    frame = truth()
    for months in (6, 12):
        gap = frame[f"y_redefault_{months}"].mean() - frame[f"p_redefault_{months}"].mean()
        assert abs(gap) < 4 * np.sqrt(0.25 / frame.height)
    ranked = frame.sort("p_redefault_12")
    for part in np.array_split(np.arange(ranked.height), 5):
        rows = ranked[part.tolist()]
        assert rows["y_redefault_12"].mean() == pytest.approx(rows["p_redefault_12"].mean(), abs=0.02)
