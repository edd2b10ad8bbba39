from __future__ import annotations

import itertools

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.boosting import finite_text
from models.faults import MonotoneFault
from models.monotone import check_monotone
from models.tree_check import Tree, TreeModel, parse_model

CUTS = (-1.0, 0.0, 1.0)
GRID = (-1.5, -0.5, 0.5, 1.5, float("nan"))


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A random tree of up to six leaves over three columns."""
    nodes = draw(st.integers(1, 5))
    left, right = [0] * nodes, [0] * nodes
    slots: list[tuple[int, int]] = [(0, 0), (0, 1)]
    for node in range(1, nodes):
        parent, side = slots.pop(draw(st.integers(0, len(slots) - 1)))
        (left if side == 0 else right)[parent] = node
        slots += [(node, 0), (node, 1)]
    for leaf, (parent, side) in enumerate(slots):
        (left if side == 0 else right)[parent] = ~leaf
    kinds = draw(st.lists(st.booleans(), min_size=3, max_size=3))
    feature = draw(st.lists(st.integers(0, 2), min_size=nodes, max_size=nodes))
    return Tree(
        feature=tuple(feature),
        threshold=tuple(draw(st.sampled_from(CUTS)) for _ in range(nodes)),
        missing_left=tuple(draw(st.booleans()) for _ in range(nodes)),
        nan_is_missing=tuple(kinds[f] for f in feature),
        left=tuple(left),
        right=tuple(right),
        leaf_value=tuple(float(draw(st.integers(0, 3))) for _ in slots),
        leaf_count=(1,) * len(slots),
        internal_count=(1,) * nodes,
    )


def walk(tree: Tree, row: tuple[float, ...]) -> float:
    node = 0
    while node >= 0:
        value = row[tree.feature[node]]
        if np.isnan(value) and tree.nan_is_missing[node]:
            goes_left = tree.missing_left[node]
        else:
            goes_left = (0.0 if np.isnan(value) else value) <= tree.threshold[node]
        node = tree.left[node] if goes_left else tree.right[node]
    return tree.leaf_value[~node]


def slow(tree: Tree, column: int, sign: int) -> bool:
    """True when moving `column` alone over the whole grid ever goes against `sign`."""
    for rest in itertools.product(GRID, repeat=2):
        values = []
        for value in GRID[:-1]:
            row = list(rest)
            row.insert(column, value)
            values.append(sign * walk(tree, tuple(row)))
        if any(a > b for a, b in itertools.pairwise(values)):
            return True
    return False


@settings(max_examples=300, deadline=None)
@given(trees(), st.integers(0, 2), st.sampled_from((-1, 1)))
def test_equals_moving_each_value_over_a_grid(tree: Tree, column: int, sign: int) -> None:
    constraints = [0, 0, 0]
    constraints[column] = sign
    model = TreeModel(("a", "b", "c"), (0, 0, 0), (tree,))
    if slow(tree, column, sign):
        with pytest.raises(MonotoneFault, match=f"indicator '{'abc'[column]}' moves against its direction"):
            check_monotone(model, constraints)
    else:
        check_monotone(model, constraints)


def test_lightgbm_breaks_its_own_promise_with_missing_values_and_is_caught() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8000, 12))
    x[rng.random(x.shape) < 0.1] = np.nan
    z = np.nan_to_num(x)
    y = (rng.random(8000) < 1 / (1 + np.exp(-(z[:, 0] - 0.5 * z[:, 1] + 0.5 * z[:, 2] - 1)))).astype(float)
    constraints = [1, -1, 1, 1, -1, 1, -1, 0, 0, 0, 1, 1]
    for method, sound in (("basic", True), ("advanced", False)):
        settings_ = {
            "objective": "binary", "verbosity": -1, "seed": 7, "num_threads": 1, "deterministic": True,
            "force_row_wise": True, "learning_rate": 0.05, "num_leaves": 12, "max_depth": 4, "min_data_in_leaf": 60,
            "monotone_constraints": constraints, "monotone_constraints_method": method,
        }  # fmt: skip
        names = [f"f{i}" for i in range(12)]
        booster = lgb.train(settings_, lgb.Dataset(x, y, feature_name=names, params=settings_), 60)
        # The validator knows this project writes "basic" only; here it is the trees that are looked at.
        text = booster.model_to_string().replace(f"_method: {method}]", "_method: basic]")
        model = parse_model(finite_text(text).encode())
        if sound:
            check_monotone(model, constraints)
        else:
            with pytest.raises(MonotoneFault, match="moves against its direction"):
                check_monotone(model, constraints)
