"""Grades against what they predict, against each other, and over time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, binom, hypergeom

from models.grade_tests import migration, rate_test, rates_by_grade, steps


def test_jeffreys_and_binomial_by_hand() -> None:
    found = rate_test(7, 120, 0.03)
    assert found.jeffreys == pytest.approx(beta.cdf(0.03, 7.5, 113.5))
    assert (found.low, found.high) == pytest.approx(tuple(beta.ppf([0.025, 0.975], 7.5, 113.5)))
    masses = binom.pmf(np.arange(121), 120, 0.03)
    assert found.binomial == pytest.approx(masses[masses <= masses[7] * (1 + 1e-7)].sum())
    assert found.observed == pytest.approx(7 / 120)


def test_a_grade_without_events_or_with_nothing_else_reaches_the_end() -> None:
    assert rate_test(0, 30, 0.01).low == 0.0
    assert rate_test(30, 30, 0.99).high == 1.0
    assert rate_test(0, 30, 0.01).high > 0.05
    with pytest.raises(ValueError, match="cannot be tested"):
        rate_test(0, 0, 0.1)
    with pytest.raises(ValueError, match="cannot be tested"):
        rate_test(5, 4, 0.1)


def test_the_jeffreys_test_rejects_at_its_stated_rate() -> None:
    """The chance of p below 5 %, over all counts that may come: some 5 % where the prediction is right."""
    counts = np.arange(201)
    small = np.array([rate_test(int(events), 200, 0.1).jeffreys < 0.05 for events in counts])
    assert 0.03 < binom.pmf(counts, 200, 0.1) @ small < 0.07
    assert binom.pmf(counts, 200, 0.2) @ small > 0.95


def test_a_step_is_fishers_one_sided_test() -> None:
    y = np.array([0] * 95 + [1] * 5 + [0] * 80 + [1] * 20, dtype=float)
    (only,) = steps(y, ["A"] * 100 + ["C"] * 100)
    assert (only.better, only.worse) == ("A", "C")
    assert only.difference == pytest.approx(0.15)
    assert only.p_value == pytest.approx(hypergeom.sf(19, 200, 25, 100))
    (reverse,) = steps(1 - y, ["A"] * 100 + ["C"] * 100)
    assert reverse.p_value > 0.99


def test_equal_grades_are_seldom_called_different() -> None:
    random = np.random.default_rng(4)
    called = [steps((random.random(600) < 0.2).astype(float), ["A"] * 300 + ["B"] * 300)[0].p_value for _ in range(150)]
    assert np.mean(np.array(called) < 0.05) < 0.11


def test_rates_are_told_for_grades_that_have_cases() -> None:
    found = rates_by_grade(np.array([1.0, 0.0, 0.0]), np.array([0.2, 0.4, 0.1]), ["D", "D", "A"])
    assert list(found) == ["A", "D"]
    assert found["D"].predicted == pytest.approx(0.3)


def test_who_moves() -> None:
    found = migration(["A", "A", "B", "D"], ["A", "C", "A", "D"])
    assert found["counts"]["A"] == {"A": 1, "B": 0, "C": 1, "D": 0}
    assert (found["same"], found["better"], found["worse"], found["far"]) == (0.5, 0.25, 0.25, 0.25)
    assert migration([], [])["same"] is None
