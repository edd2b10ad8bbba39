"""Challengers learn what is there to learn, and what cannot be learnt they do not claim."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.auc import auc
from models.challengers import (
    BestIndicator,
    CardScore,
    additive,
    best_indicator,
    learnt_shares,
    logistic,
    points_card,
    prevalence,
    straightened,
)
from models.params import FitParams
from tests.models.conftest import World


@pytest.fixture(scope="module")
def cases(world: World) -> tuple[pd.DataFrame, np.ndarray]:
    labels = world.labels[(world.labels["outcome"] == "redefault_12") & (world.labels["status"] == "observed")]
    labels = labels.set_index("case_key")["label"].sort_index()
    return world.X.loc[labels.index], labels.to_numpy(dtype=np.float64)


def test_prevalence_knows_only_the_rate(cases: tuple[pd.DataFrame, np.ndarray]) -> None:
    X, y = cases  # noqa: N806
    score = prevalence()(X, y)(X)
    assert set(score.tolist()) == {0.0}
    assert straightened(score, score, y).tolist() == pytest.approx([float(y.mean())] * len(y))


def test_the_best_indicator_is_chosen_with_its_direction_and_its_missing_values() -> None:
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"noise": random.normal(size=2_000), "good": random.normal(size=2_000)})
    y = (random.random(2_000) < 1 / (1 + np.exp(1 + 1.5 * frame["good"]))).astype(float).to_numpy()
    # Where re-default comes the value is often missing: then missing must stand at the risky end.
    frame.loc[(y == 1) & (random.random(2_000) < 0.5), "good"] = np.nan
    score = best_indicator()(frame, y)
    assert isinstance(score, BestIndicator)
    assert (score.name, score.sign) == ("good", -1)
    assert score.missing < 0
    assert auc(y, score(frame)) > 0.8
    assert score(pd.DataFrame({"good": [-50.0, 50.0]})).tolist() == [-0.0, -1.0]


@pytest.mark.parametrize("method", [logistic(), additive(1, interactions=0, rounds=60, bags=1)])
def test_learners_use_missing_values_and_beat_one_indicator(
    method: object, cases: tuple[pd.DataFrame, np.ndarray], fresh_world: World
) -> None:
    X, y = cases  # noqa: N806
    X = X.assign(never=np.nan)  # noqa: N806
    later = fresh_world.X.assign(never=np.nan)
    outcome = (np.random.default_rng(5).random(len(later)) < fresh_world.truth["redefault_12"]).astype(float)
    alone = best_indicator()(X, y)
    assert auc(outcome, method(X, y)(later)) > auc(outcome, alone(later)) + 0.03  # type: ignore[operator]


def test_a_value_never_seen_cannot_carry_a_case_away(cases: tuple[pd.DataFrame, np.ndarray]) -> None:
    X, y = cases  # noqa: N806
    score = logistic()(X, y)
    one = X.iloc[[0]]
    far, further = one.assign(income=1e30), one.assign(income=1e60)
    assert score(far)[0] == score(further)[0]


def test_free_shares_are_learnt_and_given_ones_kept(cases: tuple[pd.DataFrame, np.ndarray], world: World) -> None:
    X, y = cases  # noqa: N806
    params = FitParams().card
    given = points_card(world.specs, params, X)(X, y)
    free = points_card(world.specs, replace(params, shares=None), X)(X, y)
    assert isinstance(given, CardScore)
    assert isinstance(free, CardScore)
    assert free.card.shares is None
    kept = learnt_shares(given.card, world.specs, X)
    assert kept["ability"] == pytest.approx(40, abs=4)
    assert kept["impact"] == pytest.approx(20, abs=4)
    learnt = learnt_shares(free.card, world.specs, X)
    assert sum(learnt.values()) == pytest.approx(100)
    assert auc(y, free(X)) > auc(y, given(X)) - 0.01


def test_straightened_scores_are_honest_on_other_cases() -> None:
    random = np.random.default_rng(2)
    level = random.normal(-1, 1, 20_000)
    y = (random.random(20_000) < 1 / (1 + np.exp(-level))).astype(float)
    score = 3 * level + 7
    p = straightened(score[:10_000], score[10_000:], y[10_000:])
    assert np.abs(p - 1 / (1 + np.exp(-level[:10_000]))).max() < 0.05
