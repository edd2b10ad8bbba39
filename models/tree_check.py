"""Structural validation of a LightGBM text model, before LightGBM is allowed to see the file.

Released LightGBM reads out of bounds, hangs, or silently changes its explanations on a malformed text model. So the
text is parsed here against the exact grammar this project writes (binary objective, numeric splits, no linear
leaves) and every tree is walked: child indices in range, no cycle, every node and every leaf reached once, counts
that add up, all numbers finite. Anything else is refused, with every fault named.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from models.faults import TreeFault

MAX_BYTES: Final = 64 * 1024 * 1024
DEPTH_LIMIT: Final = 6
_LEAF_LIMIT: Final = 2**DEPTH_LIMIT
# One fit for the trees that both half-years share, one for those of its own (`models.halves`).
_FITS: Final = 2
# Log-odds. No binary fit comes near it, and beyond it margin and contributions no longer add up to 1e-9.
_VALUE_LIMIT: Final = 100.0
_HEADER: Final = (
    "version",
    "num_class",
    "num_tree_per_iteration",
    "label_index",
    "max_feature_idx",
    "objective",
    "feature_names",
    "monotone_constraints",
    "feature_infos",
    "tree_sizes",
)
_FIXED: Final = {
    "version": "v4",
    "num_class": "1",
    "num_tree_per_iteration": "1",
    "label_index": "0",
    "objective": "binary sigmoid:1",
}
_TREE: Final = (
    "num_leaves",
    "num_cat",
    "split_feature",
    "split_gain",
    "threshold",
    "decision_type",
    "left_child",
    "right_child",
    "leaf_value",
    "leaf_weight",
    "leaf_count",
    "internal_value",
    "internal_weight",
    "internal_count",
    "is_linear",
    "shrinkage",
)
# Parameters are kept by LightGBM and read again on loading: the words it writes here are fixed, lists and file names
# stay empty, and all others are numbers. Anything else could make it fail, do another thing or open another file.
_EMPTY: Final = (
    "data", "valid", "feature_contri", "forcedsplits_filename", "cegb_penalty_feature_lazy",
    "cegb_penalty_feature_coupled", "interaction_constraints", "max_bin_by_feature", "label_column",
    "weight_column", "group_column", "ignore_column", "categorical_feature", "forcedbins_filename",
    "parser_config_file", "label_gain", "eval_at", "auc_mu_weights", "machine_list_filename", "machines",
    "gpu_device_id_list",
)  # fmt: skip
_WORDS: Final = {
    "boosting": "gbdt",
    "objective": "binary",
    "metric": "binary_logloss",
    "tree_learner": "serial",
    "device_type": "cpu",
    "data_sample_strategy": "bagging",
    "monotone_constraints_method": "basic",
    "num_class": "1",
    "sigmoid": "1",
    "linear_tree": "0",
    "use_missing": "1",
    "zero_as_missing": "0",
    **dict.fromkeys(_EMPTY, ""),
}
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,9})")
_FLOAT: Final = re.compile(r"-?[0-9]{1,310}(\.[0-9]{1,40})?(e[+-]?[0-9]{1,3})?")
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,40})?(e[+-]?[0-9]{1,3})?")
_NAME: Final = re.compile(r"[A-Za-z0-9_]{1,80}")
_PARAMETER: Final = re.compile(r"\[([a-z0-9_]+): ([\x20-\x7e]*)\]")
# LightGBM's decision_type: bit 1 = missing goes left, bits 2-3 = kind of missing (0 none, 2 NaN). Bit 0 (categorical)
# and "zero is missing" are not used here and so not allowed.
_DECISIONS: Final = {0: (False, False), 2: (True, False), 8: (False, True), 10: (True, True)}


@dataclass(frozen=True)
class Tree:
    """One tree. Node i splits `feature[i] <= threshold[i]`; a child c >= 0 is a node, c < 0 is leaf ~c."""

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    missing_left: tuple[bool, ...]
    nan_is_missing: tuple[bool, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    leaf_value: tuple[float, ...]
    leaf_count: tuple[int, ...]
    internal_count: tuple[int, ...]


@dataclass(frozen=True)
class TreeModel:
    """A sound model: feature names in column order, their declared directions, and the trees."""

    feature_names: tuple[str, ...]
    monotone: tuple[int, ...]
    trees: tuple[Tree, ...]


def parse_model(raw: bytes, features: Sequence[str] | None = None, max_bytes: int = MAX_BYTES) -> TreeModel:
    """Parse and check a LightGBM text model.

    `features`: the names the model must carry, in order (None: any). Raises TreeFault with every fault found.
    """
    return _Reader(raw, features, max_bytes).read()


class _Reader:
    """One pass over one text; faults are collected, and reading stops only where there is nothing left to follow."""

    def __init__(self, raw: bytes, features: Sequence[str] | None, max_bytes: int) -> None:
        self.faults: list[str] = []
        if len(raw) > max_bytes:
            raise TreeFault([f"model text has {len(raw)} bytes, at most {max_bytes} are read"])
        if bad := sorted({byte for byte in raw if byte != 0x0A and not 0x20 <= byte <= 0x7E}):
            raise TreeFault([f"model text holds bytes that LightGBM never writes: {bad[:8]}"])
        self.text = raw.decode("ascii")
        self.expected = tuple(features) if features is not None else None

    def read(self) -> TreeModel:
        head, found, rest = self.text.partition("\n\n")
        body, ended, tail = rest.partition("end of trees\n")
        if not found or not ended:
            raise TreeFault(["model text is cut short: header, 'end of trees' or what follows is missing"])
        header = self._header(head.split("\n"))
        names = tuple(header.get("feature_names", "").split(" "))
        monotone = self._directions(header, names)
        sizes = self._integers(header.get("tree_sizes", ""), None, "header/tree_sizes")
        trees = self._trees(body, sizes, len(names))
        self._tail(tail, names, header, trees)
        if self.faults:
            raise TreeFault(self.faults)
        return TreeModel(names, monotone, tuple(trees))

    def _header(self, lines: list[str]) -> dict[str, str]:
        if lines[0] != "tree":
            self.faults.append("header: the first line is not 'tree'")
        header = self._pairs(lines[1:], list(_HEADER), "header", optional={"monotone_constraints"})
        for key, value in _FIXED.items():
            if header.get(key, value) != value:
                self.faults.append(f"header/{key}: must be '{value}'")
        names = header.get("feature_names", "").split(" ")
        if not all(_NAME.fullmatch(name) for name in names) or len(set(names)) != len(names):
            self.faults.append("header/feature_names: names must be distinct and of letters, digits and '_'")
        if self.expected is not None and tuple(names) != self.expected:
            self.faults.append("header/feature_names: not the indicators of this bundle in their order")
        if header.get("max_feature_idx") != str(len(names) - 1):
            self.faults.append("header/max_feature_idx: does not match the number of feature names")
        infos = header.get("feature_infos", "").split(" ")
        if len(infos) != len(names):
            self.faults.append("header/feature_infos: one entry per feature expected")
        for place, info in enumerate(infos):
            low, colon, high = info.removeprefix("[").removesuffix("]").partition(":")
            if info != "none" and (info != f"[{low}:{high}]" or not colon or not self._finite(low, high)):
                self.faults.append(f"header/feature_infos/{place}: neither 'none' nor a finite range")
        return header

    def _directions(self, header: dict[str, str], names: tuple[str, ...]) -> tuple[int, ...]:
        if "monotone_constraints" not in header:
            return (0,) * len(names)
        found = self._integers(header["monotone_constraints"], len(names), "header/monotone_constraints")
        if any(value not in (-1, 0, 1) for value in found):
            self.faults.append("header/monotone_constraints: only -1, 0 and 1 are directions")
        return tuple(found)

    def _trees(self, body: str, sizes: list[int], features: int) -> list[Tree]:
        if not sizes or any(size <= 0 for size in sizes) or sum(sizes) != len(body):
            # LightGBM jumps by these sizes; were they wrong it would read elsewhere in memory.
            self.faults.append("header/tree_sizes: sizes do not add up to the text of the trees")
            return []
        trees: list[Tree] = []
        totals: set[int] = set()
        start = 0
        for number, size in enumerate(sizes):
            where = f"Tree={number}"
            block, start = body[start : start + size], start + size
            if not block.startswith(where + "\n") or not block.endswith("\n\n\n"):
                self.faults.append(f"{where}: does not fill the place its size gives it")
                continue
            before = len(self.faults)
            tree = self._tree(block[len(where) + 1 : -3].split("\n"), where, features)
            if tree is not None and len(self.faults) == before:
                trees.append(tree)
                totals.add(tree.internal_count[0] if tree.internal_count else tree.leaf_count[0])
        if len(totals) > _FITS:
            self.faults.append(
                f"trees: they were grown on {len(totals)} different numbers of cases, not {_FITS} at most"
            )
        return trees

    def _tree(self, lines: list[str], where: str, features: int) -> Tree | None:
        before = len(self.faults)
        pairs = self._pairs(lines, list(_TREE), where)
        if len(self.faults) > before:
            return None
        leaves = self._integers(pairs["num_leaves"], 1, f"{where}/num_leaves")
        if not leaves or not 1 <= leaves[0] <= _LEAF_LIMIT:
            self.faults.append(f"{where}/num_leaves: must be 1 to {_LEAF_LIMIT}")
            return None
        n = leaves[0]
        for key in ("num_cat", "is_linear"):
            if pairs[key] != "0":
                self.faults.append(f"{where}/{key}: must be 0")
        ints = {
            key: self._integers(pairs[key], n - 1, f"{where}/{key}")
            for key in ("split_feature", "decision_type", "left_child", "right_child", "internal_count")
        }
        floats = {
            key: self._floats(pairs[key], n - 1, f"{where}/{key}")
            for key in ("split_gain", "threshold", "internal_value", "internal_weight")
        }
        value = self._floats(pairs["leaf_value"], n, f"{where}/leaf_value")
        count = self._integers(pairs["leaf_count"], n, f"{where}/leaf_count")
        # A tree of one leaf carries no weight.
        weight = self._floats(pairs["leaf_weight"], n if n > 1 else 0, f"{where}/leaf_weight")
        shrinkage = self._floats(pairs["shrinkage"], 1, f"{where}/shrinkage")
        if len(self.faults) > before:
            return None
        for key, bad in {
            "split_feature": any(not 0 <= item < features for item in ints["split_feature"]),
            "decision_type": any(item not in _DECISIONS for item in ints["decision_type"]),
            "split_gain": any(item < 0 for item in floats["split_gain"]),
            "leaf_value": any(abs(item) > _VALUE_LIMIT for item in value),
            "leaf_count": any(item <= 0 for item in count),
            "leaf_weight": any(item <= 0 for item in weight),
            "shrinkage": not 0 < shrinkage[0] <= 1,
        }.items():
            if bad:
                self.faults.append(f"{where}/{key}: value out of range")
        if len(self.faults) > before or not self._walk(where, ints, count, floats["internal_weight"], weight):
            return None
        kinds = [_DECISIONS[item] for item in ints["decision_type"]]
        return Tree(
            feature=tuple(ints["split_feature"]),
            threshold=tuple(floats["threshold"]),
            missing_left=tuple(left for left, _ in kinds),
            nan_is_missing=tuple(nan for _, nan in kinds),
            left=tuple(ints["left_child"]),
            right=tuple(ints["right_child"]),
            leaf_value=tuple(value),
            leaf_count=tuple(count),
            internal_count=tuple(ints["internal_count"]),
        )

    def _walk(
        self, where: str, ints: dict[str, list[int]], count: list[int], weights: list[float], leaf_weights: list[float]
    ) -> bool:
        """Visit from the root: every node and leaf once, at most DEPTH_LIMIT deep, counts and weights that add up."""
        nodes = len(ints["left_child"])
        if nodes == 0:
            return True
        faults: list[str] = []
        seen: Counter[int] = Counter()
        waiting = [(0, 0)]
        while waiting:
            node, depth = waiting.pop()
            if not -nodes - 1 <= node < nodes:
                faults.append(f"{where}: child index {node} is out of range")
                continue
            seen[node] += 1
            if node < 0 or seen[node] > 1:
                continue
            if depth >= DEPTH_LIMIT:
                faults.append(f"{where}: deeper than {DEPTH_LIMIT}")
                continue
            waiting += [(ints["left_child"][node], depth + 1), (ints["right_child"][node], depth + 1)]
        for node in range(-nodes - 1, nodes):
            if seen[node] != 1:
                name = f"node {node}" if node >= 0 else f"leaf {~node}"
                faults.append(f"{where}: {name} is reached {seen[node]} times, not once")
        if not faults:
            for node in range(nodes):
                children = (ints["left_child"][node], ints["right_child"][node])
                below = sum(ints["internal_count"][c] if c >= 0 else count[~c] for c in children)
                if ints["internal_count"][node] != below:
                    faults.append(f"{where}: count of node {node} is not the sum of its children's")
                heavy = sum(weights[c] if c >= 0 else leaf_weights[~c] for c in children)
                # Weights of nodes are printed with six digits.
                if abs(weights[node] - heavy) > 1e-4 * max(1.0, heavy):
                    faults.append(f"{where}: weight of node {node} is not the sum of its children's")
        self.faults += faults
        return not faults

    def _tail(self, tail: str, names: tuple[str, ...], header: dict[str, str], trees: list[Tree]) -> None:
        importances, found, rest = tail.partition("\nparameters:\n")
        parameters, ended, last = rest.partition("end of parameters\n")
        if not found or not ended or last != "\npandas_categorical:null\n":
            self.faults.append("end: importances, parameters or the closing line are damaged")
            return
        used = Counter(names[index] for tree in trees for index in tree.feature)
        lines = importances.split("\n")
        if lines[:2] != ["", "feature_importances:"] or lines[-1] != "":
            self.faults.append("end/feature_importances: section is damaged")
        elif not self.faults and sorted(lines[2:-1]) != sorted(f"{name}={n}" for name, n in used.items()):
            self.faults.append("end/feature_importances: do not count the splits of the trees")
        values: dict[str, str] = {}
        for line in parameters.split("\n"):
            match = _PARAMETER.fullmatch(line)
            if match is not None and match[1] not in values:
                values[match[1]] = match[2]
            elif line:
                self.faults.append(f"end/parameters: a line is not one '[name: value]' or comes twice: '{line[:40]}'")
        for key, value in _WORDS.items():
            if values.get(key) != value:
                self.faults.append(f"end/parameters/{key}: must be '{value}'")
        for key in sorted(set(values) - set(_WORDS) - {"monotone_constraints"}):
            if not _NUMBER.fullmatch(values[key]):
                self.faults.append(f"end/parameters/{key[:40]}: must be a number")
        declared = header.get("monotone_constraints", "").replace(" ", ",")
        if values.get("monotone_constraints") != declared:
            self.faults.append("end/parameters/monotone_constraints: differ from the header's")

    def _pairs(self, lines: list[str], keys: list[str], where: str, optional: set[str] | None = None) -> dict[str, str]:
        """`key=value` lines in the fixed order LightGBM writes them."""
        pairs: dict[str, str] = {}
        for line in lines:
            key, equals, value = line.partition("=")
            if not equals or key in pairs or key not in keys:
                self.faults.append(f"{where}: line '{line[:40]}' is unknown, doubled or damaged")
            else:
                pairs[key] = value
        if missing := [key for key in keys if key not in pairs and key not in (optional or set())]:
            self.faults.append(f"{where}: missing {', '.join(missing)}")
        elif list(pairs) != [key for key in keys if key in pairs]:
            self.faults.append(f"{where}: lines are out of order")
        return pairs

    def _integers(self, text: str, expected: int | None, where: str) -> list[int]:
        parts = text.split(" ") if text else []
        if not all(_INTEGER.fullmatch(part) for part in parts) or (expected is not None and len(parts) != expected):
            self.faults.append(f"{where}: {'' if expected is None else f'{expected} '}whole numbers expected")
            return []
        return [int(part) for part in parts]

    def _floats(self, text: str, expected: int, where: str) -> list[float]:
        parts = text.split(" ") if text else []
        if len(parts) != expected or not self._finite(*parts):
            self.faults.append(f"{where}: {expected} finite numbers expected")
            return []
        return [float(part) for part in parts]

    @staticmethod
    def _finite(*parts: str) -> bool:
        return all(_FLOAT.fullmatch(part) and math.isfinite(float(part)) for part in parts)
