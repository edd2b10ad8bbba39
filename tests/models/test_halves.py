from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from models.auc import auc
from models.boosting import fit_booster, joined, raw_margin
from models.faults import FitFault, TreeFault
from models.halves import Lesson, fit_boosters
from models.params import BoosterParams, FitParams, HalvesParams
from models.tree_check import parse_model

BOOSTER = BoosterParams(rounds=40, learning_rate=0.1, num_leaves=4, max_depth=2, min_data_in_leaf=20, lambda_l2=1.0)
PARAMS = FitParams(booster=BOOSTER, halves=HalvesParams(rounds=10, learning_rate=0.02))
DIRECTIONS = {"success": [-1, 1, 0], "redefault_6": [1, -1, 0], "redefault_7_12": [1, -1, 0]}


def history(n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Indicators (n, 3), and labels of both halves from one hazard; the second is NaN where the first is 1."""
    chance = np.random.default_rng(seed)
    frame = pd.DataFrame(chance.normal(size=(n, 3)), columns=["debt", "paid", "noise"])
    risk = 0.8 * frame["debt"].to_numpy() - 0.7 * frame["paid"].to_numpy()
    first = (chance.random(n) < expit(-3.0 + risk)).astype(float)
    second = np.where(first == 1, np.nan, (chance.random(n) < expit(-2.5 + risk)).astype(float))
    frame[chance.random(frame.shape) < 0.1] = np.nan
    return frame, first, second


def lessons_of(first: np.ndarray, second: np.ndarray) -> dict[str, Lesson]:
    clean = np.flatnonzero(~np.isnan(second))
    return {
        "redefault_6": Lesson(np.arange(len(first)), first),
        "redefault_7_12": Lesson(clean, second[clean]),
    }


def test_trees_of_two_boosters_add_up_as_one() -> None:
    frame, first, _ = history(600, 1)
    values = frame.to_numpy()
    one = fit_booster(frame, first.astype(np.int64), None, DIRECTIONS["redefault_6"], BOOSTER, seed=1)
    other = fit_booster(
        frame.iloc[:500],
        first[:500].astype(np.int64),
        None,
        DIRECTIONS["redefault_6"],
        replace(BOOSTER, rounds=7),
        seed=2,
    )
    both = joined(one, other)
    assert both.num_trees() == 47
    assert np.abs(raw_margin(both, values) - raw_margin(one, values) - raw_margin(other, values)).max() < 1e-12
    shares = both.predict(values, pred_contrib=True)
    assert np.abs(shares.sum(axis=1) - raw_margin(both, values)).max() < 1e-12
    text = both.model_to_string()
    assert len(parse_model(text.encode("ascii"), list(frame.columns)).trees) == 47
    third = fit_booster(frame.iloc[:400], first[:400].astype(np.int64), None, [1, -1, 0], BOOSTER, seed=1)
    with pytest.raises(TreeFault, match="3 different numbers of cases, not 2 at most"):
        parse_model(joined(both, third).model_to_string().encode("ascii"))


def test_the_halves_share_their_first_trees_and_end_with_their_own() -> None:
    frame, first, second = history(2000, 2)
    found = fit_boosters(frame, lessons_of(first, second), DIRECTIONS, PARAMS, seed=3)
    trees = {name: parse_model(booster.model_to_string().encode("ascii")).trees for name, booster in found.items()}
    assert [len(one) for one in trees.values()] == [50, 50]
    assert trees["redefault_6"][:40] == trees["redefault_7_12"][:40]
    assert trees["redefault_6"][40:] != trees["redefault_7_12"][40:]
    again = fit_boosters(frame, lessons_of(first, second), DIRECTIONS, PARAMS, seed=3)
    assert [b.model_to_string() for b in again.values()] == [b.model_to_string() for b in found.values()]


def test_a_half_learns_from_the_other() -> None:
    gained = []
    for seed in range(6):
        frame, first, second = history(1500, 10 + seed)
        lessons = lessons_of(first, second)
        test, label, _ = history(20_000, 50 + seed)
        together = fit_boosters(frame, lessons, DIRECTIONS, PARAMS, seed=1)["redefault_6"]
        alone = fit_boosters(frame, {"redefault_6": lessons["redefault_6"]}, DIRECTIONS, PARAMS, seed=1)["redefault_6"]
        assert alone.num_trees() == PARAMS.booster.rounds
        gained.append(
            auc(label, raw_margin(together, test.to_numpy())) - auc(label, raw_margin(alone, test.to_numpy()))
        )
    assert np.mean(gained) > 0.002
    assert sum(gain > 0 for gain in gained) >= 4


def test_halves_of_other_directions_and_other_outcomes_are_fitted_alone() -> None:
    frame, first, second = history(1500, 3)
    lessons = lessons_of(first, second)
    apart = DIRECTIONS | {"redefault_7_12": [1, 0, 0]}
    assert [b.num_trees() for b in fit_boosters(frame, lessons, apart, PARAMS, seed=1).values()] == [40, 40]
    success = {"success": Lesson(np.arange(1500), 1.0 - first)}
    found = fit_boosters(frame, success | lessons, DIRECTIONS, PARAMS, seed=1)
    assert {name: booster.num_trees() for name, booster in found.items()} == {
        "success": 40, "redefault_6": 50, "redefault_7_12": 50,
    }  # fmt: skip


def test_labels_that_are_all_alike_teach_nothing() -> None:
    frame, first, second = history(300, 4)
    lessons = lessons_of(first, second)
    lessons["redefault_7_12"] = replace(lessons["redefault_7_12"], y=np.zeros(len(lessons["redefault_7_12"].rows)))
    with pytest.raises(FitFault, match="labels are all alike"):
        fit_boosters(frame, lessons, DIRECTIONS, PARAMS, seed=1)
