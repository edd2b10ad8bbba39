# ruff: noqa: N806  (X, y as the field writes them)
from __future__ import annotations

import re
from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from models.auc import auc
from models.boosting import finite_text, fit_booster, raw_margin
from models.faults import FitFault, TreeFault
from models.params import BoosterParams
from models.tree_check import parse_model

PARAMS = BoosterParams(rounds=80, learning_rate=0.08)
CONSTRAINTS = [1, -1, 1, 0]


def made(n: int = 3000, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    z = 0.5 * common + rng.normal(size=(n, 4))
    margin = 0.8 * z[:, 0] - 0.6 * z[:, 1] + 0.3 * z[:, 2] - 1
    y = (rng.random(n) < 1 / (1 + np.exp(-margin))).astype(np.int64)
    X = pd.DataFrame(z, columns=["a", "b", "c", "d"])
    return X.mask(rng.random(X.shape) < 0.1), y, margin


def test_moves_as_declared_and_ranks_nearly_as_well_as_the_truth() -> None:
    X, y, _ = made()
    booster = fit_booster(X, y, None, CONSTRAINTS, PARAMS, seed=3)
    fresh, y_fresh, truth = made(seed=2)
    assert auc(y_fresh, raw_margin(booster, fresh.to_numpy())) > auc(y_fresh, truth) - 0.03
    for column, sign in enumerate(CONSTRAINTS):
        moved = []
        for value in np.linspace(-3, 3, 40):
            rows = fresh.to_numpy()[:300].copy()
            rows[:, column] = value
            moved.append(raw_margin(booster, rows))
        steps = np.diff(np.stack(moved), axis=0)
        assert sign == 0 or (sign * steps >= 0).all()


def test_fitting_again_gives_the_same_text_and_the_text_gives_the_same_bits() -> None:
    X, y, _ = made(800)
    first = fit_booster(X, y, None, CONSTRAINTS, PARAMS, seed=3)
    again = fit_booster(X, y, None, CONSTRAINTS, PARAMS, seed=3)
    assert first.model_to_string() == again.model_to_string()
    assert fit_booster(X, y, None, CONSTRAINTS, PARAMS, seed=4).model_to_string() != first.model_to_string()


@pytest.mark.parametrize("rows", [800, 3000])
def test_one_two_or_eight_threads_grow_the_same_trees(rows: int) -> None:
    X, y, _ = made(rows)
    grown = [
        fit_booster(X, y, None, CONSTRAINTS, replace(PARAMS, rounds=30, num_threads=threads), seed=3).model_to_string()
        for threads in (1, 2, 8)
    ]
    trees = {text.partition("\nparameters:\n")[0] for text in grown}  # below stands the number of threads itself
    assert len(trees) == 1
    assert len(set(grown)) == 3


def test_one_row_or_many_one_thread_or_two_give_the_same_bits() -> None:
    X, y, _ = made(800)
    booster = fit_booster(X, y, None, CONSTRAINTS, PARAMS, seed=3)
    values = X.to_numpy()
    whole = raw_margin(booster, values, num_threads=2)
    alone = np.array([raw_margin(booster, values[i : i + 1])[0] for i in range(200)])
    assert np.array_equal(whole[:200], alone)
    assert raw_margin(booster, values[:0]).shape == (0,)


def test_a_split_on_missing_alone_is_written_with_a_finite_threshold() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 2))
    x[:600, 0] = np.nan
    y = (rng.random(2000) < np.where(np.isnan(x[:, 0]), 0.8, 0.2)).astype(np.int64)
    X = pd.DataFrame(x, columns=["a", "b"])
    booster = fit_booster(X, y, None, [0, 0], BoosterParams(rounds=3, num_leaves=2, max_depth=1), seed=1)
    text = booster.model_to_string()
    assert "threshold=1.7976931348623157e+308" in text
    margin = raw_margin(booster, X.to_numpy())
    assert margin[:600].min() > margin[600:].max()
    # As LightGBM wrote it, with sizes to match: made finite it is the text above, and splits alike.
    head, body = text.split("\n\n", 1)
    infinite = body.replace("1.7976931348623157e+308", "inf")
    as_written = head + "\n\n" + infinite
    assert finite_text(as_written) == text
    assert finite_text(text) == text
    as_lightgbm_reads = lgb.Booster(model_str=as_written.replace(*_sizes(as_written)))
    assert np.array_equal(raw_margin(as_lightgbm_reads, X.to_numpy()), margin)
    with pytest.raises(TreeFault, match="tree_sizes"):
        parse_model(as_written.encode())


def _sizes(text: str) -> tuple[str, str]:
    """The header's line of tree sizes, and what it should be for the trees in `text`."""
    body = text.split("\n\n", 1)[1].split("end of trees", maxsplit=1)[0]
    sizes = [str(len(block)) for block in re.split(r"(?m)^(?=Tree=)", body)[1:]]
    old = next(line for line in text.split("\n") if line.startswith("tree_sizes="))
    return old, "tree_sizes=" + " ".join(sizes)


def test_unusable_data_is_refused_with_every_reason() -> None:
    X, y, _ = made(300)
    with pytest.raises(FitFault) as caught:
        fit_booster(X.assign(a=np.inf), y * 2, None, [1, 2], PARAMS, seed=1)
    assert len(caught.value.faults) == 3
    assert "column 'a' holds infinite values" in caught.value.faults
    with pytest.raises(FitFault, match="labels are all alike"):
        fit_booster(X, np.zeros(300, dtype=np.int64), None, CONSTRAINTS, PARAMS, seed=1)
    assert fit_booster(X, y, np.ones(300), CONSTRAINTS, PARAMS, seed=1).num_trees() == PARAMS.rounds
