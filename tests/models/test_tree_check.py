from __future__ import annotations

import re

import lightgbm as lgb
import numpy as np
import pytest

from models.faults import TreeFault
from models.fitted import FittedModels
from models.tree_check import parse_model


@pytest.fixture(scope="module")
def text(fitted: FittedModels) -> str:
    return fitted.texts["success"]


def resized(text: str) -> str:
    """The same text with tree sizes that match it, so that only the intended damage is found."""
    body = text.split("\n\n", 1)[1].split("end of trees", maxsplit=1)[0]
    sizes = [str(len(block)) for block in re.split(r"(?m)^(?=Tree=)", body)[1:]]
    return re.sub(r"(?m)^tree_sizes=.*$", "tree_sizes=" + " ".join(sizes), text)


def change(text: str, key: str, value: str, tree: int = 0) -> str:
    """Replace the line `key=` of one tree."""
    parts = re.split(r"(?m)^(?=Tree=\d+$)", text)
    parts[tree + 1] = re.sub(rf"(?m)^{key}=.*$", f"{key}={value}", parts[tree + 1], count=1)
    return resized("".join(parts))


def line(text: str, key: str, tree: int = 0) -> list[str]:
    parts = re.split(r"(?m)^(?=Tree=\d+$)", text)
    match = re.search(rf"(?m)^{key}=(.*)$", parts[tree + 1])
    assert match is not None
    return match[1].split(" ")


def refused(text: str, message: str) -> None:
    with pytest.raises(TreeFault, match=message):
        parse_model(text.encode())


def test_a_sound_model_is_read_and_walks_as_lightgbm_does(text: str, fitted: FittedModels) -> None:
    model = parse_model(text.encode(), fitted.indicator_ids)
    assert len(model.trees) == fitted.params.booster.rounds
    booster = lgb.Booster(model_str=text)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, len(model.feature_names))) * 5
    rows[rng.random(rows.shape) < 0.2] = np.nan
    for row, expected in zip(rows, booster.predict(rows, raw_score=True), strict=True):
        total = 0.0
        for tree in model.trees:
            node = 0
            while node >= 0:
                value = row[tree.feature[node]]
                if np.isnan(value) and tree.nan_is_missing[node]:
                    left = tree.missing_left[node]
                else:
                    left = (0.0 if np.isnan(value) else value) <= tree.threshold[node]
                node = tree.left[node] if left else tree.right[node]
            total += tree.leaf_value[~node]
        assert total == expected


def test_a_model_of_one_leaf_is_sound() -> None:
    x, y = np.arange(40.0).reshape(20, 2), np.array([0, 1] * 10, dtype=float)
    params = {"objective": "binary", "verbosity": -1, "min_data_in_leaf": 100, "monotone_constraints": [1, -1]}
    booster = lgb.train(params, lgb.Dataset(x, y, feature_name=["a", "b"], params=params), 2)
    assert parse_model(booster.model_to_string().encode()).trees[0].leaf_count == (20,)


def test_children_that_are_out_of_range_shared_or_circular_are_found(text: str) -> None:
    left = line(text, "left_child")
    right = line(text, "right_child")
    refused(change(text, "left_child", " ".join(["999", *left[1:]])), "child index 999 is out of range")
    refused(change(text, "left_child", " ".join(["-999", *left[1:]])), "child index -999 is out of range")
    refused(change(text, "left_child", " ".join(["0", *left[1:]])), "node 0 is reached 2 times")
    refused(change(text, "left_child", " ".join([right[0], *left[1:]])), "is reached 2 times, not once")
    refused(change(text, "left_child", " ".join(left[:-1])), "whole numbers expected")


def test_values_that_are_not_finite_or_not_allowed_are_found(text: str) -> None:
    values = line(text, "leaf_value")
    for bad in ("nan", "inf", "-inf", "1e999", "0x1p3", "", "1,5"):
        refused(
            change(text, "leaf_value", " ".join([bad, *values[1:]])), "Tree=0/leaf_value: .* finite numbers expected"
        )
    thresholds = line(text, "threshold")
    refused(change(text, "threshold", " ".join(["inf", *thresholds[1:]])), "finite numbers expected")
    features = line(text, "split_feature")
    refused(change(text, "split_feature", " ".join(["64", *features[1:]])), "split_feature: value out of range")
    refused(change(text, "split_feature", " ".join(["-1", *features[1:]])), "split_feature: value out of range")
    kinds = line(text, "decision_type")
    refused(change(text, "decision_type", " ".join(["1", *kinds[1:]])), "decision_type: value out of range")
    refused(change(text, "num_cat", "1"), "num_cat: must be 0")
    refused(change(text, "is_linear", "1"), "is_linear: must be 0")
    refused(change(text, "num_leaves", "2000000000"), "num_leaves: must be 1 to 64")


def test_counts_that_do_not_add_up_are_found(text: str) -> None:
    counts = line(text, "leaf_count")
    more = " ".join([str(int(counts[0]) + 1), *counts[1:]])
    refused(change(text, "leaf_count", more), "is not the sum of its children's")
    refused(change(text, "leaf_count", " ".join(["0", *counts[1:]])), "leaf_count: value out of range")
    weights = line(text, "leaf_weight")
    refused(change(text, "leaf_weight", " ".join(["1e9", *weights[1:]])), "weight of node")


def test_header_and_end_are_checked_too(text: str, fitted: FittedModels) -> None:
    refused(text.replace("num_class=1", "num_class=2"), "header/num_class: must be '1'")
    refused(text.replace("objective=binary sigmoid:1", "objective=custom"), "header/objective")
    refused(text.replace("max_feature_idx=9", "max_feature_idx=900"), "max_feature_idx: does not match")
    refused(text.replace("[linear_tree: 0]", "[linear_tree: 1]"), "parameters/linear_tree: must be '0'")
    refused(text.replace("[forcedsplits_filename: ]", "[forcedsplits_filename: /etc/passwd]"), "must be ''")
    refused(text.replace("[metric: binary_logloss]", '[metric: a"b]'), "parameters/metric: must be")
    refused(text.replace("[alpha: 0.9]", "[alpha: x]"), "parameters/alpha: must be a number")
    refused(text.replace("[eval_at: ]", "[eval_at: 1,]"), "parameters/eval_at: must be ''")
    refused(text.replace("feature_importances:\n", "feature_importances:\nghost=3\n"), "do not count the splits")
    refused(re.sub(r"tree_sizes=\d+", "tree_sizes=7", text), "sizes do not add up")
    refused(text[: len(text) // 2], "cut short")
    refused(text + "\x00", "bytes that LightGBM never writes")
    with pytest.raises(TreeFault, match="not the indicators of this bundle"):
        parse_model(text.encode(), fitted.indicator_ids[::-1])
    with pytest.raises(TreeFault, match="at most 100 are read"):
        parse_model(text.encode(), max_bytes=100)


def test_all_faults_are_named_at_once(text: str) -> None:
    broken = change(change(text, "is_linear", "1", tree=2), "num_cat", "1", tree=5)
    with pytest.raises(TreeFault) as caught:
        parse_model(broken.replace("num_class=1", "num_class=2", 1).encode())
    assert caught.value.faults[:3] == (
        "header/num_class: must be '1'",
        "Tree=2/is_linear: must be 0",
        "Tree=5/num_cat: must be 0",
    )


def test_a_leaf_beyond_all_log_odds_is_found(text: str) -> None:
    values = line(text, "leaf_value")
    refused(change(text, "leaf_value", " ".join(["332226507.6", *values[1:]])), "Tree=0/leaf_value: value out of range")
    refused(change(text, "leaf_value", " ".join(["-100.5", *values[1:]])), "Tree=0/leaf_value: value out of range")
    assert parse_model(change(text, "leaf_value", " ".join(values)).encode()).trees
