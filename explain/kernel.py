"""The two compiled loops of the leaf-table engine: filling the tables once, and reading them for every row.

Compiled by Numba at the first call (`explain.engine` makes that call when a model is prepared, so no served
request waits for it). The machine code is kept in Python's own `__pycache__`, or in the user's cache folder where
the installation is read-only; where neither can be written, it is compiled again by every process.

No fast-math anywhere: every sum has one order, whatever the number of rows or threads.
"""
# ruff: noqa: PLR0912, PLR0917  compiled loops over flat arrays: a call inside them would cost more than it explains

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Counts = NDArray[np.uint64]  # unsigned, so that no index is tested for being counted from the end
Bits = NDArray[np.bool_]
_F = TypeVar("_F", bound=Callable[..., Any])

BLOCK = 256  # rows worked on at a time: their indicators and sums stay in the processor's second cache


def _compiled(function: _F) -> _F:
    try:
        return cast(_F, numba.njit(function, cache=True, nogil=True, error_model="numpy"))
    except RuntimeError:  # no folder for the machine code can be written
        return cast(_F, numba.njit(function, nogil=True, error_model="numpy"))


def _fill_tables(
    table: Floats,
    group_table: Ints,  # (groups + 1,) where each group's part of `table` begins
    group_bits: Ints,  # (groups,) number of conditions the group's pattern holds
    group_width: Ints,  # (groups,) number of features the group's leaves give contributions to
    group_leaf: Ints,  # (groups + 1,) the group's leaves
    leaf_value: Floats,
    leaf_term: Ints,  # (leaves + 1,) the leaf's features, one term each
    term_share: Floats,  # share of the training cases that meets the feature's conditions, given the others
    term_mask: Ints,  # bits of the pattern that are the feature's conditions
    term_want: Ints,  # what those bits are when the conditions are met
    term_column: Ints,  # the feature's place among the group's features
) -> None:
    """Shapley contributions of every group for every pattern of conditions met, by the definition.

    A leaf of value v with k features on its path is worth v * prod(o_j known, share_j unknown) to a coalition of
    known features, o_j being 1 where the row meets the conditions on j. Averaged over all orders:
    phi_i = v (o_i - share_i) * sum_s s! (k-1-s)! / k! * [x^s] prod over j != i of (share_j + o_j x).
    """
    weight = np.empty((65, 65))  # s! (k-1-s)! / k! = 1 / (k * C(k-1, s))
    for k in range(1, 65):
        binomial = 1.0
        for s in range(k):
            weight[k, s] = 1.0 / (k * binomial)
            binomial = binomial * (k - 1 - s) / (s + 1)
    polynomial = np.empty(65)
    for g in range(group_bits.size):
        start, width = group_table[g], group_width[g]
        for leaf in range(group_leaf[g], group_leaf[g + 1]):
            first, last = leaf_term[leaf], leaf_term[leaf + 1]
            k = last - first
            phi = np.empty((1 << k, k))
            for met in range(1 << k):
                for i in range(k):
                    polynomial[0] = 1.0
                    degree = 0
                    for j in range(k):
                        if j == i:
                            continue
                        share = term_share[first + j]
                        if (met >> j) & 1:
                            polynomial[degree + 1] = polynomial[degree]
                            for s in range(degree, 0, -1):
                                polynomial[s] = polynomial[s] * share + polynomial[s - 1]
                            polynomial[0] *= share
                            degree += 1
                        else:
                            for s in range(degree + 1):
                                polynomial[s] *= share
                    total = 0.0
                    for s in range(degree + 1):
                        total += weight[k, s] * polynomial[s]
                    own = float((met >> i) & 1) - term_share[first + i]
                    phi[met, i] = leaf_value[leaf] * own * total
            for pattern in range(1 << group_bits[g]):
                met = 0
                for i in range(k):
                    if (pattern & term_mask[first + i]) == term_want[first + i]:
                        met |= 1 << i
                row = start + pattern * width
                for i in range(k):
                    table[row + term_column[first + i]] += phi[met, i]


def _add_to_row(
    x: Floats,  # (rows, features), NaN = missing
    out: Floats,  # (rows, features), zeros, added to
    first_row: int,
    last_row: int,
    tree_split: Counts,  # (trees + 1,) the tree's splits, of which split s fills bit s of `went_left`
    split_feature: Counts,
    split_threshold: Floats,
    split_missing_left: Bits,
    tree_group: Counts,  # (trees + 1,) the tree's groups
    group_path: Counts,  # (groups + 1,) what the path to the group asks, a bit of the pattern each
    path_mask: Counts,  # bits of `went_left` it looks at
    path_want: Counts,  # what they are when it is met
    group_inside: Counts,  # (groups,) the first split inside the group; its bits follow on those of the path
    group_mask: Counts,  # (groups,) the bits of the whole pattern
    group_column: Counts,  # (groups + 1,) the group's features
    column_feature: Counts,
    group_table: Counts,  # (groups + 1,) where each group's part of `table` begins
    table: Floats,  # by group, pattern and feature
) -> None:
    """Contributions of few rows, each by itself: no scratch memory, no loop over rows to set up."""
    zero, one = np.uint64(0), np.uint64(1)
    trees = np.uint64(tree_split.size - 1)
    for r in range(np.uint64(first_row), np.uint64(last_row)):
        for t in range(zero, trees):
            splits, went_left = tree_split[t], zero
            for s in range(splits, tree_split[t + one]):
                value = x[r, split_feature[s]]
                left = (value <= split_threshold[s]) | (np.isnan(value) & split_missing_left[s])
                went_left |= np.uint64(left) << (s - splits)
            for g in range(tree_group[t], tree_group[t + one]):
                first, last = group_path[g], group_path[g + one]
                pattern = ((went_left >> group_inside[g]) << (last - first)) & group_mask[g]
                for p in range(first, last):
                    pattern |= np.uint64((went_left & path_mask[p]) == path_want[p]) << (p - first)
                column = group_column[g]
                width = group_column[g + one] - column
                row = group_table[g] + pattern * width
                for c in range(zero, width):
                    out[r, column_feature[column + c]] += table[row + c]


def _add_to_rows(
    x: Floats,  # (rows, features), NaN = missing
    out: Floats,  # (rows, features), zeros, added to
    first_row: int,
    last_row: int,
    tree_split: Counts,  # (trees + 1,) the tree's splits, of which split s fills bit s of `went_left`
    split_feature: Counts,
    split_threshold: Floats,
    split_missing_left: Bits,
    tree_group: Counts,  # (trees + 1,) the tree's groups
    group_path: Counts,  # (groups + 1,) what the path to the group asks, a bit of the pattern each
    path_mask: Counts,  # bits of `went_left` it looks at
    path_want: Counts,  # what they are when it is met
    group_inside: Counts,  # (groups,) the first split inside the group; its bits follow on those of the path
    group_mask: Counts,  # (groups,) the bits of the whole pattern
    group_column: Counts,  # (groups + 1,) the group's features
    column_feature: Counts,
    group_table: Counts,  # (groups + 1,) where each group's part of `table` begins
    table: Floats,  # by group, pattern and feature
) -> None:
    """Contributions of many rows: trees outer, the rows of a block inner, so that they are worked on side by side.

    Every row gets the additions that `_add_to_row` makes, in the same order.
    """
    zero, one = np.uint64(0), np.uint64(1)
    trees, features, size = np.uint64(tree_split.size - 1), np.uint64(x.shape[1]), np.uint64(BLOCK)
    values = np.empty((x.shape[1], BLOCK))
    sums = np.empty((x.shape[1], BLOCK))
    went_left = np.empty(BLOCK, dtype=np.uint64)
    pattern = np.empty(BLOCK, dtype=np.uint64)
    for start in range(np.uint64(first_row), np.uint64(last_row), size):
        n = min(size, np.uint64(last_row) - start)
        for f in range(zero, features):
            for r in range(zero, n):
                values[f, r] = x[start + r, f]
                sums[f, r] = out[start + r, f]
        for t in range(zero, trees):
            splits = tree_split[t]
            for r in range(zero, n):
                went_left[r] = zero
            for s in range(splits, tree_split[t + one]):
                seen, threshold, bit = values[split_feature[s]], split_threshold[s], s - splits
                if split_missing_left[s]:
                    for r in range(zero, n):
                        went_left[r] |= np.uint64(not (seen[r] > threshold)) << bit  # true of NaN
                else:
                    for r in range(zero, n):
                        went_left[r] |= np.uint64(seen[r] <= threshold) << bit  # false of NaN
            for g in range(tree_group[t], tree_group[t + one]):
                first, last = group_path[g], group_path[g + one]
                inside, mask, column = group_inside[g], group_mask[g], group_column[g]
                width = group_column[g + one] - column
                for r in range(zero, n):
                    pattern[r] = ((went_left[r] >> inside) << (last - first)) & mask
                for p in range(first, last):
                    asked, want, bit = path_mask[p], path_want[p], p - first
                    for r in range(zero, n):
                        pattern[r] |= np.uint64((went_left[r] & asked) == want) << bit
                for r in range(zero, n):
                    pattern[r] *= width
                for c in range(zero, width):
                    row, total = group_table[g] + c, sums[column_feature[column + c]]
                    for r in range(zero, n):
                        total[r] += table[row + pattern[r]]
        for f in range(zero, features):
            for r in range(zero, n):
                out[start + r, f] = sums[f, r]


fill_tables = _compiled(_fill_tables)
add_to_row = _compiled(_add_to_row)
add_to_rows = _compiled(_add_to_rows)
