"""Errors with and without the warning, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.extrapolation import observed_errors, true_errors

P = np.array([0.1, 0.3, 0.2, 0.6])
FLAG = np.array([True, True, False, False])
PARTS = {"flagged": FLAG, "unflagged": ~FLAG, "nobody": np.zeros(4, dtype=bool)}


def test_observed_beside_predicted() -> None:
    flagged, unflagged, nobody = observed_errors(P, np.array([0.0, 1.0, 0.0, 0.0]), PARTS)
    assert (flagged["cases"], flagged["events"]) == (2, 1)
    assert (flagged["predicted"], flagged["observed"]) == (pytest.approx(0.2), 0.5)
    assert flagged["low"] < 0.5 < flagged["high"]
    assert unflagged["observed"] == 0.0
    assert nobody == {"part": "nobody", "cases": 0}


def test_against_the_truth() -> None:
    true, outcome = np.array([0.4, 0.2, 0.2, 0.6]), np.array([1.0, 0.0, 0.0, 0.0])
    flagged, unflagged, nobody = true_errors(P, true, outcome, PARTS)
    assert flagged["mean_difference"] == pytest.approx(-0.1)
    assert flagged["mean_absolute_difference"] == pytest.approx(0.2)
    assert (flagged["auc"], flagged["auc_of_true"]) == (0.0, 1.0)
    assert unflagged["mean_absolute_difference"] == pytest.approx(0.0)
    assert unflagged["auc"] is None
    assert nobody == {"part": "nobody", "cases": 0}
