"""The tables of one model: what its leaves give to every indicator, for each way a row can meet their conditions.

A leaf's path asks something of at most eight indicators, and its Shapley contributions depend on nothing but which
of these conditions the row meets: a pattern of bits. So they are tabulated once. Neighbouring leaves are tabulated
together, as the sum over a subtree: its pattern holds a bit per indicator on the way down to it and a bit per split
inside it. A tree is cut into the subtrees that cost a row the fewest additions (`explain.tree_groups`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from lightgbm import Booster

from explain.kernel import Bits, Counts, Floats, Ints, fill_tables
from explain.tree_groups import Group, Nodes
from explain.trees import UnsupportedModelError, plain_trees

PATH_LIMIT: Final = 8  # distinct indicators on one path; a leaf alone then has a table of 2^8 rows
SPLIT_LIMIT: Final = 63  # of a tree: which way a row goes at each is a bit of one number; depth six has no more


@dataclass(frozen=True)
class LeafTables:
    """Flat arrays as `explain.kernel` reads them; `base` is the model's mean over its training cases (log-odds)."""

    base: float
    tree_split: Counts
    split_feature: Counts
    split_threshold: Floats
    split_missing_left: Bits
    tree_group: Counts
    group_path: Counts
    path_mask: Counts
    path_want: Counts
    group_inside: Counts
    group_mask: Counts
    group_column: Counts
    column_feature: Counts
    group_table: Counts
    table: Floats


def leaf_tables(booster: Booster) -> LeafTables:
    """The tables of a booster (some 0.2 s for 300 trees of 31 leaves).

    Raises UnsupportedModelError, listing all of it, where the model has no exact explanation here.
    """
    trees = [Nodes(tree) for tree in plain_trees(booster)]
    problems = []
    layout, splits = _Layout(), [0]
    for number, tree in enumerate(trees):
        splits.append(splits[-1] + tree.splits)
        widest = max(len(path) for _, path in tree.leaves(0, {}))
        if widest > PATH_LIMIT:
            problems.append(f"tree {number} asks of {widest} indicators on one path, and {PATH_LIMIT} is the limit")
        elif tree.splits > SPLIT_LIMIT:
            problems.append(f"tree {number} has {tree.splits} splits, and {SPLIT_LIMIT} is the limit")
        elif tree.splits:
            for group in tree.groups(0, {})[1]:
                layout.add(tree, group)
        layout.tree_group.append(len(layout.group_bits))
    if problems:
        raise UnsupportedModelError("no exact explanation for this model: " + "; ".join(problems))
    group_table = _ints(layout.group_table)
    table = np.zeros(int(group_table[-1]))
    fill_tables(
        table,
        group_table,
        _ints(layout.group_bits),
        np.diff(_ints(layout.group_column)),
        _ints(layout.group_leaf),
        np.array(layout.leaf_value, dtype=np.float64),
        _ints(layout.leaf_asked),
        np.array(layout.asked_share, dtype=np.float64),
        _ints(layout.asked_mask),
        _ints(layout.asked_want),
        _ints(layout.asked_column),
    )
    return LeafTables(
        base=float(sum(tree.mean() for tree in trees)),
        tree_split=_counts(splits),
        split_feature=_counts([f for tree in trees for f in tree.feature]),
        split_threshold=np.array([t for tree in trees for t in tree.threshold], dtype=np.float64),
        split_missing_left=np.array([left for tree in trees for left in tree.missing_left], dtype=np.bool_),
        tree_group=_counts(layout.tree_group),
        group_path=_counts(layout.group_path),
        path_mask=_counts(layout.path_mask),
        path_want=_counts(layout.path_want),
        group_inside=_counts(layout.group_inside),
        group_mask=_counts([(1 << bits) - 1 for bits in layout.group_bits]),
        group_column=_counts(layout.group_column),
        column_feature=_counts(layout.column_feature),
        group_table=_counts(layout.group_table),
        table=table,
    )


@dataclass
class _Layout:
    """Groups laid out one after another. Lists that begin with 0 hold where each owner's part ends."""

    tree_group: list[int] = field(default_factory=lambda: [0])
    group_path: list[int] = field(default_factory=lambda: [0])
    path_mask: list[int] = field(default_factory=list)
    path_want: list[int] = field(default_factory=list)
    group_inside: list[int] = field(default_factory=list)
    group_bits: list[int] = field(default_factory=list)
    group_column: list[int] = field(default_factory=lambda: [0])
    column_feature: list[int] = field(default_factory=list)
    group_table: list[int] = field(default_factory=lambda: [0])
    group_leaf: list[int] = field(default_factory=lambda: [0])
    leaf_value: list[float] = field(default_factory=list)
    leaf_asked: list[int] = field(default_factory=lambda: [0])
    asked_share: list[float] = field(default_factory=list)
    asked_mask: list[int] = field(default_factory=list)
    asked_want: list[int] = field(default_factory=list)
    asked_column: list[int] = field(default_factory=list)

    def add(self, tree: Nodes, group: Group) -> None:
        """One more group of `tree`: its bits (path first, then the splits inside), its features, its leaves."""
        inside = tree.inside(group.root)
        bit_of_path = {feature: bit for bit, feature in enumerate(group.path)}
        bit_of_split = {split: bit for bit, split in enumerate(inside, len(group.path))}
        for condition in group.path.values():
            self.path_mask.append(sum(1 << split for split, _ in condition.terms))
            self.path_want.append(sum(1 << split for split, left in condition.terms if left))
        self.group_path.append(len(self.path_mask))
        self.group_inside.append(inside[0] if inside else 0)
        self.group_bits.append(len(group.path) + len(inside))
        columns = sorted({*group.path, *(tree.feature[split] for split in inside)})
        self.column_feature += columns
        self.group_column.append(len(self.column_feature))
        self.group_table.append(self.group_table[-1] + (len(columns) << self.group_bits[-1]))
        for leaf, path in tree.leaves(group.root, group.path):
            self.leaf_value.append(tree.value[leaf])
            for feature, condition in path.items():
                asked = [(bit_of_split[split], left) for split, left in condition.terms if split in bit_of_split]
                asked += [(bit_of_path[feature], True)] if feature in bit_of_path else []
                self.asked_share.append(condition.share)
                self.asked_mask.append(sum(1 << bit for bit, _ in asked))
                self.asked_want.append(sum(1 << bit for bit, met in asked if met))
                self.asked_column.append(columns.index(feature))
            self.leaf_asked.append(len(self.asked_share))
        self.group_leaf.append(len(self.leaf_value))


def _ints(numbers: list[int]) -> Ints:
    return np.array(numbers, dtype=np.int64)


def _counts(numbers: list[int]) -> Counts:
    return np.array(numbers, dtype=np.uint64)
