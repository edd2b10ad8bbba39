"""A LightGBM model laid out as plain trees: the one reading of the model text that explanations start from.

A value that is missing at a split goes where LightGBM sends it: where the split's column had no missing value in
training, LightGBM reads it as zero. That is decided here per split. (The layout is also the one that
`shap.TreeExplainer` takes; its own reading of a Booster ignores LightGBM's missing type.)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from lightgbm import Booster
from numpy.typing import NDArray

_CATEGORICAL = 1  # bits of LightGBM's decision_type
_DEFAULT_LEFT = 2
_MISSING_NONE, _MISSING_ZERO, _MISSING_NAN = range(3)  # its two bits above

Tree = dict[str, NDArray[Any]]


class UnsupportedModelError(ValueError):
    """The model holds something whose exact explanation is not implemented; the text lists all of it."""


def plain_trees(booster: Booster) -> list[Tree]:
    """Every tree of `booster` as arrays over its nodes: splits first, then leaves.

    Raises UnsupportedModelError for several classes, averaged output, linear leaves, categorical
    splits, zero read as missing, and leaves without training cases.
    """
    head, *blocks = booster.model_to_string().split("\nTree=")
    problems = list(_head_problems(head))
    trees: list[Tree] = []
    for number, block in enumerate(blocks):
        fields = dict(line.split("=", 1) for line in block.split("\n\n", 1)[0].splitlines() if "=" in line)
        found = list(_tree_problems(fields))
        problems += [f"tree {number} has {problem}" for problem in found]
        if not found:
            trees.append(_tree(fields))
    if not trees and not problems:
        problems.append("it has no trees")
    if problems:
        raise UnsupportedModelError("no exact explanation for this model: " + "; ".join(problems))
    return trees


def _head_problems(head: str) -> Iterator[str]:
    lines = head.splitlines()
    if "num_tree_per_iteration=1" not in lines:
        yield "it predicts several classes"
    if "average_output" in lines:
        yield "it averages its trees"


def _tree_problems(fields: dict[str, str]) -> Iterator[str]:
    if fields.get("is_linear", "0") != "0":
        yield "linear leaves"
    kinds = _numbers(fields, "decision_type", np.int64)
    if np.any(kinds & _CATEGORICAL):
        yield "categorical splits"
    if np.any((kinds >> 2) & 3 == _MISSING_ZERO):
        yield "zero read as missing"
    if kinds.size and not np.all(_numbers(fields, "leaf_count", np.float64) > 0):
        yield "leaves that no training case reached"


def _tree(fields: dict[str, str]) -> Tree:
    """One tree. A child number c >= 0 is split c; c < 0 is leaf -c - 1, stored after the splits."""
    leaf_value = _numbers(fields, "leaf_value", np.float64)
    leaves = leaf_value.size
    splits = leaves - 1
    if splits == 0:
        # A tree that never split says the same of everyone; its weight cannot matter but must not be zero.
        leaf_count: NDArray[Any] = np.ones(1)
    else:
        leaf_count = _numbers(fields, "leaf_count", np.float64)
    left = _children(_numbers(fields, "left_child", np.int64), splits)
    right = _children(_numbers(fields, "right_child", np.int64), splits)
    kinds = _numbers(fields, "decision_type", np.int64)
    threshold = _numbers(fields, "threshold", np.float64)
    missing_goes_left = np.where((kinds >> 2) & 3 == _MISSING_NAN, kinds & _DEFAULT_LEFT != 0, threshold >= 0.0)
    ends = np.full(leaves, -1)
    return {
        "children_left": np.concatenate([left, ends]).astype(np.int32),
        "children_right": np.concatenate([right, ends]).astype(np.int32),
        "children_default": np.concatenate([np.where(missing_goes_left, left, right), ends]).astype(np.int32),
        "features": np.concatenate([_numbers(fields, "split_feature", np.int64), ends]).astype(np.int32),
        "thresholds": np.concatenate([threshold, np.zeros(leaves)]),
        "values": np.concatenate([np.zeros(splits), leaf_value])[:, np.newaxis],
        "node_sample_weight": np.concatenate([_numbers(fields, "internal_count", np.float64), leaf_count]),
    }


def _children(numbers: NDArray[Any], splits: int) -> NDArray[Any]:
    return np.where(numbers >= 0, numbers, splits - numbers - 1)


def _numbers(fields: dict[str, str], name: str, dtype: type[np.generic]) -> NDArray[Any]:
    return np.array(fields.get(name, "").split(), dtype=dtype)
