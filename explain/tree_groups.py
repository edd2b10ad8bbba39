"""A tree cut into subtrees that are tabulated together, and what the path down to each asks of a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from explain.trees import Tree

GROUP_BITS: Final = 8  # a group's table has 2 to this power rows at most
_BIT_COST: Final = 0.15  # what a bit of the pattern takes of a row's time, in additions


@dataclass(frozen=True)
class Condition:
    """What a path asks of one indicator: at which splits to go left (True) or right; and the share of training
    cases, among those that reach these splits, that does."""

    share: float = 1.0
    terms: tuple[tuple[int, bool], ...] = ()


Path = dict[int, Condition]  # by indicator, in the order of the first split on it


@dataclass(frozen=True)
class Group:
    """A subtree by its root, and the path down to that."""

    root: int
    path: Path


class Nodes:
    """One tree of `explain.trees`. Splits are numbered first, depth first, so that those of a subtree follow one
    another; then leaves. `value` and `weight` (training cases) are of all nodes, the rest of splits alone."""

    def __init__(self, tree: Tree) -> None:
        left, right = tree["children_left"].tolist(), tree["children_right"].tolist()
        order: list[int] = []
        waiting = [0]
        while waiting:
            node = waiting.pop()
            order.append(node)
            if left[node] >= 0:
                waiting += [right[node], left[node]]
        splits = [node for node in order if left[node] >= 0]
        leaves = [node for node in order if left[node] < 0]
        place = {node: number for number, node in enumerate([*splits, *leaves])}
        old = np.array([*splits, *leaves])
        self.splits = len(splits)
        self.left: list[int] = [place[left[node]] for node in splits]
        self.right: list[int] = [place[right[node]] for node in splits]
        self.feature: list[int] = tree["features"][splits].tolist()
        self.threshold: list[float] = tree["thresholds"][splits].tolist()
        self.missing_left: list[bool] = [int(tree["children_default"][node]) == left[node] for node in splits]
        self.value: list[float] = tree["values"][old, 0].tolist()
        self.weight: list[float] = tree["node_sample_weight"][old].tolist()

    def mean(self) -> float:
        """Mean of the tree over its training cases."""
        leaves = slice(self.splits, None)
        return float(np.average(self.value[leaves], weights=self.weight[leaves]))

    def inside(self, node: int) -> list[int]:
        """Splits of the subtree at `node`, from its root downwards; none for a leaf."""
        if node >= self.splits:
            return []
        return [node, *self.inside(self.left[node]), *self.inside(self.right[node])]

    def leaves(self, node: int, path: Path) -> Iterator[tuple[int, Path]]:
        """Every leaf of the subtree at `node`, reached by `path`, with its own whole path."""
        if node >= self.splits:
            yield node, path
            return
        for child, left in ((self.left[node], True), (self.right[node], False)):
            yield from self.leaves(child, self._down(path, node, child, left))

    def groups(self, node: int, path: Path) -> tuple[float, list[Group]]:
        """The cheapest cut of the subtree at `node` into groups, and its cost in additions a row."""
        inside = self.inside(node)
        bits = len(path) + len(inside)
        width = len({*path, *(self.feature[split] for split in inside)})
        whole = (width + _BIT_COST * bits, [Group(node, path)])
        if not inside:
            return whole
        halves = [
            self.groups(child, self._down(path, node, child, left))
            for child, left in ((self.left[node], True), (self.right[node], False))
        ]
        cut = (halves[0][0] + halves[1][0], halves[0][1] + halves[1][1])
        return whole if bits <= GROUP_BITS and whole[0] <= cut[0] else cut

    def _down(self, path: Path, node: int, child: int, left: bool) -> Path:
        before = path.get(self.feature[node], Condition())
        share = before.share * (self.weight[child] / self.weight[node])
        return {**path, self.feature[node]: Condition(share, (*before.terms, (node, left)))}
