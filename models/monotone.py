"""Proof, after the fit, that a tree model moves only as declared.

Every pair of leaves of a tree that some case could reach both of by changing one indicator alone must be in the
declared order. Sums of such trees keep it. LightGBM promises it; the promise is checked because no other tool does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.faults import MonotoneFault
from models.tree_check import Tree, TreeModel

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def check_monotone(model: TreeModel, constraints: Sequence[int]) -> None:
    """Raise MonotoneFault naming each indicator that moves the margin against `constraints` (-1, 0, 1 per column).

    Order is required between known values; a missing value has no order and may lie anywhere.
    """
    against: dict[int, list[int]] = {}
    for number, tree in enumerate(model.trees):
        for column in _violated(tree, constraints):
            against.setdefault(column, []).append(number)
    if against:
        raise MonotoneFault(
            f"indicator '{model.feature_names[column]}' moves against its direction {constraints[column]:+d} "
            f"in {len(trees)} tree(s), first in tree {trees[0]}"
            for column, trees in sorted(against.items())
        )


def _violated(tree: Tree, constraints: Sequence[int]) -> list[int]:
    columns = sorted(set(tree.feature))
    if not any(constraints[column] for column in columns):
        return []
    low, high, missing = _boxes(tree, columns)
    # apart[a, b, c]: in column c no single value, known or missing, leads to both leaves.
    overlap = np.maximum(low[:, None, :], low[None, :, :]) < np.minimum(high[:, None, :], high[None, :, :])
    apart = ~(overlap | (missing[:, None, :] & missing[None, :, :]))
    elsewhere = apart.sum(axis=2)
    values = np.asarray(tree.leaf_value)
    falls = values[:, None] > values[None, :]
    found = []
    for place, column in enumerate(columns):
        if sign := constraints[column]:
            # Repeated cuts can leave a leaf that no known value of the column reaches: it has no order.
            reached = low[:, place] < high[:, place]
            below = (high[:, None, place] <= low[None, :, place]) & reached[:, None] & reached[None, :]
            comparable = (elsewhere - apart[:, :, place] == 0) & below
            wrong = falls if sign > 0 else falls.T
            if bool((comparable & wrong).any()):
                found.append(column)
    return found


def _boxes(tree: Tree, columns: list[int]) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Per leaf and used column: the half-open interval (low, high] and whether a missing value can arrive there."""
    place = {column: number for number, column in enumerate(columns)}
    leaves = len(tree.leaf_value)
    low = np.full((leaves, len(columns)), -np.inf)
    high = np.full((leaves, len(columns)), np.inf)
    missing = np.ones((leaves, len(columns)), dtype=np.bool_)
    stack = [(0, np.full(len(columns), -np.inf), np.full(len(columns), np.inf), np.ones(len(columns), dtype=np.bool_))]
    while stack:
        node, lo, hi, nan = stack.pop()
        if node < 0:
            low[~node], high[~node], missing[~node] = lo, hi, nan
            continue
        at, cut = place[tree.feature[node]], tree.threshold[node]
        left_hi, right_lo, left_nan, right_nan = hi.copy(), lo.copy(), nan.copy(), nan.copy()
        left_hi[at], right_lo[at] = min(hi[at], cut), max(lo[at], cut)
        if tree.nan_is_missing[node]:
            left_nan[at] = nan[at] and tree.missing_left[node]
            right_nan[at] = nan[at] and not tree.missing_left[node]
        else:
            # LightGBM reads a missing value as 0 here, so the interval that holds 0 already covers it.
            left_nan[at] = right_nan[at] = False
        stack += [(tree.left[node], lo, left_hi, left_nan), (tree.right[node], right_lo, hi, right_nan)]
    return low, high, missing
