"""The leaf-table engine: equal to shap's and LightGBM's own, the same bits in any company, nothing left to compile."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numba
import numpy as np
import pytest
import shap
from hypothesis import given, settings
from hypothesis import strategies as st

from explain import kernel
from explain.engine import TreeShap
from explain.leaf_tables import leaf_tables
from explain.tree_groups import GROUP_BITS, Nodes
from explain.trees import UnsupportedModelError, plain_trees

COLUMNS = 14


def rows(count: int, seed: int) -> np.ndarray:
    """Ties, zeros, and missing values in all but the first column."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(count, COLUMNS))
    values[:, 5:] = np.round(values[:, 5:] * 2)
    values[:, 1:][rng.random((count, COLUMNS - 1)) < 0.15] = np.nan
    return values


def train(seed: int, rounds: int = 25, **params: Any) -> lgb.Booster:
    values = rows(3000, seed)
    known = np.nan_to_num(values)
    risk = known[:, 0] + known[:, 1] * known[:, 6] + known[:, 7] - known[:, 9] + np.isnan(values[:, 2])
    label = (risk + np.random.default_rng(seed).normal(size=len(values)) > 0.5).astype(int)
    chosen = {"objective": "binary", "num_leaves": 31, "max_depth": 6, "min_data_in_leaf": 5, "verbose": -1, "seed": 1}
    fitted = lgb.train({**chosen, "num_threads": 1, **params}, lgb.Dataset(values, label), rounds)
    return lgb.Booster(model_str=fitted.model_to_string())


@pytest.fixture(scope="module")
def booster() -> lgb.Booster:
    return train(1)


@pytest.fixture(scope="module")
def engine(booster: lgb.Booster) -> TreeShap:
    return TreeShap(booster)


def test_equal_to_shap_and_to_lightgbm_on_ten_thousand_rows(booster: lgb.Booster, engine: TreeShap) -> None:
    given_rows = rows(10_000, 2)
    found = engine.values(given_rows)
    native = np.asarray(booster.predict(given_rows, pred_contrib=True, num_threads=1))
    assert np.abs(found - native[:, :-1]).max() < 1e-12
    assert abs(engine.base - native[0, -1]) < 1e-12
    checker = shap.TreeExplainer({"trees": plain_trees(booster)}, feature_perturbation="tree_path_dependent")
    assert np.abs(found - checker.shap_values(given_rows, check_additivity=False)).max() < 1e-12
    assert abs(engine.base - float(np.asarray(checker.expected_value).reshape(-1)[0])) < 1e-12
    assert np.abs(found).max() > 0.5


@pytest.mark.parametrize(
    "params",
    [
        {"num_leaves": 63, "max_depth": 6, "feature_fraction": 0.4},  # full trees, paths over many indicators
        {"num_leaves": 2},  # one split
        {"num_leaves": 12, "max_depth": 6, "interaction_constraints": [[0], [1], [2]]},  # one indicator asked again
        {"use_missing": False},
    ],
)
def test_equal_to_lightgbm_on_trees_of_other_shapes(params: dict[str, Any]) -> None:
    booster = train(3, rounds=12, **params)
    given_rows = rows(500, 4)
    native = np.asarray(booster.predict(given_rows, pred_contrib=True, num_threads=1))
    assert np.abs(TreeShap(booster).values(given_rows) - native[:, :-1]).max() < 1e-12


@pytest.fixture(scope="module")
def whole(engine: TreeShap) -> np.ndarray:
    return engine.values(rows(5000, 5), 1)


@settings(max_examples=30, deadline=None)
@given(first=st.integers(0, 4000), count=st.integers(1, 5000), threads=st.integers(1, 3))
def test_the_bits_do_not_depend_on_company_or_threads(
    engine: TreeShap, whole: np.ndarray, first: int, count: int, threads: int
) -> None:
    some = engine.values(rows(5000, 5)[first : first + count], threads)
    assert some.tobytes() == whole[first : first + count].tobytes()


def test_a_row_alone_has_the_bits_it_has_in_a_batch(engine: TreeShap) -> None:
    given_rows = rows(300, 6)
    batch = engine.values(given_rows)
    assert np.vstack([engine.values(row[np.newaxis]) for row in given_rows]).tobytes() == batch.tobytes()


def test_an_engine_once_made_never_compiles_again(engine: TreeShap) -> None:
    loops = (kernel.add_to_row, kernel.add_to_rows)
    before = [list(loop.signatures) for loop in loops]  # type: ignore[attr-defined]
    given_rows = rows(40, 7)
    plain = engine.values(given_rows)
    frozen = given_rows.copy()
    frozen.flags.writeable = False
    for other in (frozen, np.asfortranarray(given_rows), given_rows[::-1][::-1]):
        assert engine.values(other).tobytes() == plain.tobytes()
        assert engine.values(other[:1]).tobytes() == plain[:1].tobytes()
    assert [list(loop.signatures) for loop in loops] == before  # type: ignore[attr-defined]
    assert all(len(signatures) == 1 for signatures in before)


def test_rows_of_another_width_are_refused(engine: TreeShap) -> None:
    assert engine.values(np.empty((0, COLUMNS))).shape == (0, COLUMNS)
    with pytest.raises(ValueError, match=r"14 indicators, the rows have shape \(2, 13\)"):
        engine.values(rows(2, 8)[:, 1:])
    with pytest.raises(ValueError, match=r"shape \(14,\)"):
        engine.values(rows(1, 8)[0])


def test_a_path_over_too_many_indicators_is_refused() -> None:
    assert leaf_tables(train(9, rounds=2, max_depth=8)).base
    deep = train(9, rounds=2, num_leaves=60, max_depth=-1, min_data_in_leaf=1, feature_fraction_bynode=0.3)
    with pytest.raises(UnsupportedModelError, match=r"tree 0 asks of \d+ indicators on one path, and 8 is the limit"):
        leaf_tables(deep)


def test_more_splits_than_a_pattern_can_hold_are_refused() -> None:
    wide = train(10, rounds=1, num_leaves=80, max_depth=8)
    with pytest.raises(UnsupportedModelError, match=r"tree 0 has \d+ splits, and 63 is the limit"):
        leaf_tables(wide)


def test_groups_cover_every_leaf_once_and_stay_small(booster: lgb.Booster) -> None:
    for tree in map(Nodes, plain_trees(booster)):
        cost, groups = tree.groups(0, {})
        covered = [leaf for group in groups for leaf, _ in tree.leaves(group.root, group.path)]
        assert sorted(covered) == [leaf for leaf, _ in sorted(tree.leaves(0, {}))]
        assert all(len(group.path) + len(tree.inside(group.root)) <= GROUP_BITS for group in groups)
        assert cost < sum(len(path) for _, path in tree.leaves(0, {}))  # cheaper than leaf by leaf
        for group in groups:
            inside = tree.inside(group.root)
            assert inside == list(range(inside[0], inside[0] + len(inside))) if inside else True


def test_without_a_folder_for_machine_code_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    real = numba.njit

    def refusing(*args: Any, **options: Any) -> Any:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return real(*args, **options)

    def double(number: float) -> float:
        return number * 2

    monkeypatch.setattr(numba, "njit", refusing)
    assert kernel._compiled(double)(2.0) == 4.0


@settings(max_examples=40, deadline=None)
@given(row=st.integers(0, 299), column=st.integers(0, COLUMNS - 1), other=st.integers(0, 299))
def test_a_fact_that_differs_moves_only_indicators_that_share_a_tree_with_it(
    booster: lgb.Booster, engine: TreeShap, row: int, column: int, other: int
) -> None:
    many = rows(300, 12)
    one, two = many[[row]], many[[row]]
    two[0, column] = many[other, column]
    used = [set(tree["features"][tree["children_left"] >= 0].tolist()) for tree in plain_trees(booster)]
    sharing = set().union(*(tree for tree in used if column in tree))
    before, after = engine.values(one), engine.values(two)
    moved = set(np.flatnonzero(before[0] != after[0]).tolist())
    assert moved <= sharing
    margins = [booster.predict(values, raw_score=True, num_threads=1)[0] for values in (one, two)]
    assert after.sum() - before.sum() == pytest.approx(margins[1] - margins[0], abs=1e-9)
    if margins[0] != margins[1]:
        assert column in moved
