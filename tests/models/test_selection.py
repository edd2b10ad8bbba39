"""Selection: hand-computed estimates, truth recovered where the naive rate is biased, bounds that contain it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.nuisance import cross_fitted, design
from models.selection import (
    ONE_SIDED,
    STATED,
    OddsRange,
    Study,
    doubly_robust,
    inverse_propensity,
    naive,
    no_assumption_bounds,
    overlap,
    stated_bounds,
    trimmed,
)

# Four applicants: two granted (one re-defaulted, one did not), two refused.
BY_HAND = Study(
    granted=np.array([True, True, False, False]),
    label=np.array([1.0, 0.0, np.nan, np.nan]),
    weight=np.array([1.0, 1.0, 0.0, 0.0]),
    propensity=np.array([0.25, 0.75, 0.5, 0.5]),
    risk=np.array([0.5, 0.25, 0.5, 0.2]),
    group=np.array([1, 2, 3, 4]),
)


def test_estimates_by_hand() -> None:
    assert naive(BY_HAND).value == pytest.approx(1 / 2)
    # Weights 4 and 4/3.
    assert inverse_propensity(BY_HAND).value == pytest.approx(4 / (4 + 4 / 3))
    # (.5 + 4 * .5) + (.25 - 4/3 * .25) + .5 + .2, over four.
    assert doubly_robust(BY_HAND).value == pytest.approx((2.5 + 0.25 - 1 / 3 + 0.7) / 4)


def test_a_tilted_estimate_by_hand() -> None:
    # Refused at twice the odds: .5 -> 2/3, .2 -> 1/3; slopes at the granted: 2 / (1 + m)^2.
    first = 0.5 + 0.5 * (1 + 3 * 2 / 1.5**2)
    second = 0.25 - 0.25 * (1 + 1 / 3 * 2 / 1.25**2)
    assert doubly_robust(BY_HAND, 2.0).value == pytest.approx((first + second + 2 / 3 + 1 / 3) / 4)


def test_no_assumption_bounds_by_hand() -> None:
    found = no_assumption_bounds(BY_HAND)
    assert (found.low, found.high) == (pytest.approx(1 / 4), pytest.approx(3 / 4))
    assert found.high - found.low == pytest.approx(BY_HAND.refused_share())
    assert found.outer_low < found.low
    assert found.outer_high > found.high


def test_the_standard_error_is_that_of_a_mean_and_grows_when_debtors_repeat() -> None:
    rng = np.random.default_rng(1)
    y = (rng.random(500) < 0.3).astype(float)
    everyone = np.ones(500)
    whole = Study(everyone > 0, y, everyone, everyone, np.full(500, 0.3), np.arange(500))
    assert naive(whole).standard_error == pytest.approx(math.sqrt(y.mean() * (1 - y.mean()) / 499))
    twice = Study(*(np.concatenate([getattr(whole, name)] * 2) for name in whole.__dataclass_fields__))
    assert naive(twice).standard_error == pytest.approx(naive(whole).standard_error)
    apart = replace(twice, group=np.arange(1000))
    assert naive(apart).standard_error == pytest.approx(naive(whole).standard_error * math.sqrt(499 / 999))


def test_overlap_by_hand() -> None:
    found = overlap(BY_HAND, bins=2, limits=(0.3,))
    assert found.effective_cases == pytest.approx((4 + 4 / 3) ** 2 / (16 + 16 / 9))
    assert found.below == {0.3: 0.25}
    assert (found.granted_counts.tolist(), found.refused_counts.tolist()) == ([1, 1], [0, 2])
    assert trimmed(np.array([0.001, 0.4]), 0.02).tolist() == [0.02, 0.4]
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        trimmed(np.array([0.4]), 0.0)


def _world(seed: int, *, strength: float, hidden: float = 0.0, n: int = 1500) -> tuple[Study, float]:
    """Cases with a known propensity; `hidden` moves both decision and outcome and is in no model. Returns the study,
    with true propensity and true risk given the record, and the true mean."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=n), rng.choice([-1.0, 1.0], size=n)
    e_given, p_given = (
        _sigmoid(-0.4 - strength * x[:, None] - hidden * np.array([-1.0, 1.0])),
        _sigmoid(-1.6 + 0.8 * x[:, None] + hidden * np.array([-1.0, 1.0])),
    )
    which = (z > 0).astype(int)
    row = np.arange(n)
    granted = rng.random(n) < e_given[row, which]
    y = (rng.random(n) < p_given[row, which]).astype(float)
    risk = (p_given * e_given).sum(axis=1) / e_given.sum(axis=1)
    study = Study(granted, np.where(granted, y, np.nan), granted.astype(float), e_given.mean(axis=1), risk, row)
    return study, float(p_given.mean())


def _sigmoid(t: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-t))


def test_the_naive_rate_is_biased_and_the_corrected_ones_are_not() -> None:
    found = [(naive(s).value - t, inverse_propensity(s).value - t, doubly_robust(s).value - t)
             for s, t in (_world(seed, strength=1.0) for seed in range(200))]  # fmt: skip
    bias, error = np.mean(found, axis=0), np.std(found, axis=0) / math.sqrt(200)
    assert bias[0] < -0.04
    # Hajek's ratio has a bias of its own, of the order of its variance.
    assert abs(bias[1]) < 3 * error[1] + 0.003
    assert abs(bias[2]) < 3 * error[2]


def test_doubly_robust_forgives_one_wrong_model_but_not_two() -> None:
    flat = {"risk": np.full(1500, 0.3)}
    blind = {"propensity": np.full(1500, 0.4)}
    bias = {}
    for name, changes in (("risk", flat), ("propensity", blind), ("both", flat | blind)):
        bias[name] = np.mean([
            doubly_robust(replace(s, **changes)).value - t
            for s, t in (_world(seed, strength=1.0) for seed in range(200))
        ])  # fmt: skip
    assert abs(bias["risk"]) < 0.005
    assert abs(bias["propensity"]) < 0.005
    assert bias["both"] < -0.03


def test_intervals_cover_at_their_level() -> None:
    made = [_world(seed, strength=0.7) for seed in range(300)]
    for estimate in (inverse_propensity, doubly_robust):
        covered = np.mean([found.low <= truth <= found.high for s, truth in made if (found := estimate(s))])
        assert 0.92 <= covered <= 0.995


def test_stated_bounds_contain_the_truth_where_the_estimate_misses_it_and_are_half_as_wide() -> None:
    made = [_world(seed, strength=0.7, hidden=0.6) for seed in range(200)]
    missed = np.mean([not found.low <= truth <= found.high for s, truth in made if (found := doubly_robust(s))])
    assert missed > 0.3
    for assumption in (STATED, ONE_SIDED):
        found = [(stated_bounds(s, assumption), no_assumption_bounds(s), t) for s, t in made]
        assert np.mean([ours.contain(t) for ours, _, t in found]) >= 0.95
        assert np.mean([ours.width for ours, _, _ in found]) <= 0.5 * np.mean([b.high - b.low for _, b, _ in found])
    # An assumption that says too much is punished: the truth lies outside.
    assert np.mean([stated_bounds(s, OddsRange(0.5, 1.0)).contain(t) for s, t in made]) < 0.7


def test_bounds_rise_with_the_odds_ratio_and_reach_the_estimate_and_the_extremes() -> None:
    study, _ = _world(3, strength=0.7)
    values = [doubly_robust(study, r).value for r in (0.25, 0.5, 1.0, 2.0, 4.0)]
    assert values == sorted(values)
    point = stated_bounds(study, OddsRange(1.0, 1.0))
    assert point.low == point.high == doubly_robust(study).value
    wide, extreme = stated_bounds(study, OddsRange(1e-9, 1e9)), no_assumption_bounds(study)
    assert (wide.low, wide.high) == (pytest.approx(extreme.low, abs=0.02), pytest.approx(extreme.high, abs=0.02))


def test_weights_stand_for_labels_that_were_not_observed() -> None:
    study, truth = _world(5, strength=0.7, n=60_000)
    rng = np.random.default_rng(6)
    lost = rng.random(60_000) < np.where(study.label == 1.0, 0.0, 0.4)
    keep = study.granted & ~lost
    # Clean cases lost at a known rate: their weight makes up for it, plain counting does not.
    right = replace(study, weight=np.where(keep, np.where(study.outcome == 1.0, 1.0, 1 / 0.6), 0.0))
    wrong = replace(study, weight=keep.astype(float))
    assert inverse_propensity(right).value == pytest.approx(truth, abs=0.01)
    assert doubly_robust(right).value == pytest.approx(truth, abs=0.01)
    assert inverse_propensity(wrong).value > truth + 0.03


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": np.array([2.0, 0.0, 0.0, 0.0])}, "observed labels must be 0 or 1"),
        ({"weight": np.array([1.0, 1.0, 1.0, 0.0])}, "only granted cases may carry weight"),
        ({"weight": np.zeros(4)}, "no granted case shows its label"),
        ({"propensity": np.array([0.0, 0.5, 0.5, 0.5])}, "propensities must lie above 0"),
        ({"risk": np.array([0.5, 0.5, np.nan, 0.5])}, "risks must lie within 0 and 1"),
        ({"risk": np.array([0.5])}, "arrays of one length"),
    ],
)
def test_faulty_studies_are_refused(changes: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(BY_HAND, **changes)
    assert replace(BY_HAND, risk=np.zeros(4)).refused_share() == 0.5


def test_an_assumption_must_be_a_range_of_odds() -> None:
    with pytest.raises(ValueError, match="odds ratios must be positive and rise"):
        OddsRange(2.0, 1.0)
    assert OddsRange(1.0, 1.0).low == 1.0


def _record(seed: int, n: int = 1500) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns of a record with gaps, and what was decided on it with a known propensity."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    regions = rng.choice(["甲", "乙", "丙"], n)
    propensity = _sigmoid(0.3 + 0.9 * x[:, 0] - 0.6 * x[:, 1] + 0.8 * (regions == "甲"))
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    frame.loc[rng.random(n) < 0.1, "c"] = np.nan
    frame["empty"] = np.nan
    columns = design(frame, pd.DataFrame({"region": regions}), rng.random(n))
    return columns, (rng.random(n) < propensity).astype(float), propensity


def test_cross_fitted_probabilities_find_the_known_propensity_without_seeing_the_case() -> None:
    columns, granted, propensity = _record(1)
    # Three indicators, one of them with an absence flag; two regions; time and its square.
    assert columns.shape == (1500, 8)
    assert columns.mean(axis=0) == pytest.approx(np.zeros(8), abs=1e-9)
    folds = np.arange(1500) % 5
    found = cross_fitted(columns, granted, np.ones(1500), folds, penalty=1.0)
    assert np.abs(found - propensity).mean() < 0.05
    # Other decisions in a fold leave that fold's own probabilities as they are.
    changed = np.where(folds == 2, 1 - granted, granted)
    again = cross_fitted(columns, changed, np.ones(1500), folds, penalty=1.0)
    assert np.array_equal(found[folds == 2], again[folds == 2])
    assert not np.array_equal(found[folds == 1], again[folds == 1])


def test_a_fold_without_both_outcomes_elsewhere_is_named() -> None:
    columns, granted, _ = _record(2, 40)
    weights = np.where(granted == 1, 1.0, 0.0)
    with pytest.raises(ValueError, match="outside fold 0 there is only one outcome"):
        cross_fitted(columns, granted, weights, np.arange(40) % 2)
    assert len(cross_fitted(columns, granted, np.ones(40), np.arange(40) % 2)) == 40
