"""Exact path-dependent SHAP of one model, for one row and for a million, by tables made once per model.

Checked in the tests and in `benchmarks/explain.py` against `shap.TreeExplainer` and LightGBM's `pred_contrib`.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from lightgbm import Booster

from explain.kernel import BLOCK, Floats, add_to_row, add_to_rows
from explain.leaf_tables import leaf_tables

_ROWS_PER_TASK = 8 * BLOCK
_FEW = 12  # rows: below, setting up loops over rows takes longer than the rows


class TreeShap:
    """The explainer of one booster. Made once per model; safe to share between threads, it never changes.

    Making it also compiles the loops where no machine code was kept, so that no later call waits for that.
    Raises UnsupportedModelError where the model has no exact explanation here.
    """

    def __init__(self, booster: Booster) -> None:
        self._tables = leaf_tables(booster)
        self._features = booster.num_feature()
        for rows in (1, _FEW):
            self.values(np.full((rows, self._features), np.nan))

    @property
    def base(self) -> float:
        """Mean of the model over its training cases, in log-odds."""
        return self._tables.base

    def values(self, rows: Floats, threads: int | None = None) -> Floats:
        """Contributions (n, k) in log-odds of `rows` (n, k), NaN = missing, no infinities.

        `threads`: at most so many (None: as many as this process may run on). The bits do not depend on it, nor on
        what other rows there are.
        """
        if rows.ndim != 2 or rows.shape[1] != self._features:
            raise ValueError(f"the model has {self._features} indicators, the rows have shape {rows.shape}")
        # Writable and contiguous always: the loops are compiled for one kind of array, when the engine is made.
        given = np.require(rows, dtype=np.float64, requirements=["C", "W"])
        out = np.zeros(given.shape)
        cuts = [*range(0, len(given), _ROWS_PER_TASK), len(given)]
        parts = list(pairwise(cuts))
        workers = min(len(parts), threads or len(os.sched_getaffinity(0)))
        if workers <= 1:
            self._explain(given, out, 0, len(given))
            return out
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda part: self._explain(given, out, *part), parts))
        return out

    def _explain(self, rows: Floats, out: Floats, first: int, last: int) -> None:
        if first == last:
            return
        t = self._tables
        add = add_to_row if last - first < _FEW else add_to_rows
        add(
            rows,
            out,
            first,
            last,
            t.tree_split,
            t.split_feature,
            t.split_threshold,
            t.split_missing_left,
            t.tree_group,
            t.group_path,
            t.path_mask,
            t.path_want,
            t.group_inside,
            t.group_mask,
            t.group_column,
            t.column_feature,
            t.group_table,
            t.table,
        )
