"""Contributions are exact, add up, and do not depend on company: tiny boosters against LightGBM's own engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from math import factorial

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explain.additivity import AdditivityError, adds_up, residual
from explain.contributions import Contributions, assert_additive, contributions
from explain.trees import UnsupportedModelError, plain_trees

IDS = ("performed_ratio", "open_case_count", "report_days_late", "asset_cover_ratio", "creditor_count")


@dataclass(frozen=True)
class Bundle:
    boosters: Mapping[str, lgb.Booster]
    indicator_ids: tuple[str, ...] = IDS


def world(rows: int, seed: int) -> pd.DataFrame:
    """Indicators with ties, zeros and (in all but the first two columns) missing values."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, len(IDS)))
    values[:, 1] = rng.integers(0, 4, rows)
    values[:, 2] = rng.integers(0, 3, rows) * 30.0
    values[:, 2:][rng.random((rows, len(IDS) - 2)) < 0.2] = np.nan
    return pd.DataFrame(values, columns=list(IDS), index=[f"A{i}" for i in range(rows)])


def train(seed: int, rounds: int = 30, **params: object) -> lgb.Booster:
    frame = world(1500, seed)
    risk = frame["open_case_count"] - frame["performed_ratio"] + frame["asset_cover_ratio"].isna()
    label = (risk + np.random.default_rng(seed).normal(size=len(frame)) > 1).astype(int)
    settings_ = {"objective": "binary", "num_leaves": 12, "max_depth": 5, "verbose": -1, "seed": seed, "num_threads": 1}
    data = lgb.Dataset(frame, label, **params.pop("dataset", {}))  # type: ignore[arg-type]
    fitted = lgb.train({**settings_, **params}, data, rounds)
    return lgb.Booster(model_str=fitted.model_to_string())


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle({"success": train(1), "redefault_6": train(2), "redefault_7_12": train(3, rounds=5)})


def pred_contrib(booster: lgb.Booster, frame: pd.DataFrame) -> np.ndarray:
    return np.asarray(booster.predict(frame, pred_contrib=True, num_threads=1))


def test_equal_to_lightgbms_own_engine(bundle: Bundle) -> None:
    frame = world(300, 7)
    found = contributions(bundle, frame)
    assert list(found) == ["success", "redefault_6", "redefault_7_12"]
    for outcome, part in found.items():
        other = pred_contrib(bundle.boosters[outcome], frame)
        assert np.abs(part.values - other[:, :-1]).max() < 1e-12
        assert abs(part.base - other[0, -1]) < 1e-12
        assert part.values.shape == (300, len(IDS))
        assert np.abs(part.values).max() > 0.05


def test_missing_where_training_had_none_is_read_as_lightgbm_reads_it(bundle: Bundle) -> None:
    frame = world(200, 8)
    frame.iloc[:, :2] = np.nan  # these two were never missing in training: LightGBM reads zero there
    part = contributions(bundle, frame)["success"]
    assert np.abs(part.values - pred_contrib(bundle.boosters["success"], frame)[:, :-1]).max() < 1e-12


def test_shapley_by_definition_on_one_tree() -> None:
    """The oracle: average over coalitions of the tree's expectation when only some columns are known."""
    booster = train(4, rounds=1)
    (tree,) = plain_trees(booster)
    frame = world(20, 9)
    part = contributions(Bundle({"success": booster}), frame)["success"]

    def expected(row: np.ndarray, known: frozenset[int], node: int = 0) -> float:
        left, right = int(tree["children_left"][node]), int(tree["children_right"][node])
        if left < 0:
            return float(tree["values"][node, 0])
        column = int(tree["features"][node])
        if column in known:
            value = row[column]
            taken = int(tree["children_default"][node]) if np.isnan(value) else left
            if not np.isnan(value) and value > tree["thresholds"][node]:
                taken = right
            return expected(row, known, taken)
        weight = tree["node_sample_weight"]
        share = weight[left] / weight[node]
        return float(share * expected(row, known, left) + (1 - share) * expected(row, known, right))

    size = len(IDS)
    for row, values in zip(frame.to_numpy(), part.values, strict=True):
        for column in range(size):
            others = [other for other in range(size) if other != column]
            total = 0.0
            for count in range(size):
                weight = factorial(count) * factorial(size - count - 1) / factorial(size)
                for coalition in combinations(others, count):
                    with_it, without = frozenset((*coalition, column)), frozenset(coalition)
                    total += weight * (expected(row, with_it) - expected(row, without))
            assert values[column] == pytest.approx(total, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(12)), size=st.integers(1, 12))
def test_alone_in_a_batch_and_in_any_order_the_same_bits(bundle: Bundle, order: list[int], size: int) -> None:
    frame = world(12, 10)
    whole = contributions(bundle, frame)
    picked = order[:size]
    some = contributions(bundle, frame.iloc[picked])
    for outcome, part in whole.items():
        assert some[outcome].values.tobytes() == part.values[picked].tobytes()
        assert some[outcome].margin.tobytes() == part.margin[picked].tobytes()
        assert some[outcome].base == part.base


def test_it_adds_up_and_the_margin_is_the_boosters(bundle: Bundle) -> None:
    frame = world(100, 11)
    for outcome, part in contributions(bundle, frame).items():
        assert part.margin.tolist() == bundle.boosters[outcome].predict(frame, raw_score=True).tolist()
        for row, margin in zip(part.values, part.margin, strict=True):
            assert adds_up(residual(part.base, row, margin), margin)


def test_what_does_not_add_up_names_every_case(bundle: Bundle) -> None:
    cases = ["A1@x", "A2@x", "A3@x", "A4@x"]
    part = contributions(bundle, world(4, 12))["success"]
    assert_additive({"success": part}, cases)
    bent = part.values.copy()
    bent[1, 0] += 1e-6
    margin = part.margin.copy()
    margin[3] = np.nan
    broken = {"success": replace(part, values=bent, margin=margin), "redefault_6": part}
    with pytest.raises(
        AdditivityError, match=r"2 explanation\(s\).*A2@x \(success: residual -.*A4@x \(success"
    ) as error:
        assert_additive(broken, cases)
    assert [offence.case_key for offence in error.value.offences] == ["A2@x", "A4@x"]
    assert error.value.offences[0].residual == pytest.approx(-1e-6, rel=1e-6)


def test_a_model_explained_by_other_trees_is_refused(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = world(3, 13)
    booster = train(1)
    monkeypatch.setattr(booster, "predict", bundle.boosters["redefault_6"].predict)
    with pytest.raises(AdditivityError, match=r"A0 .*A1 .*A2 ") as error:
        contributions(Bundle({"success": booster}), frame)
    assert len(error.value.offences) == 3


def test_tolerance_is_relative_to_a_large_margin() -> None:
    assert adds_up(9e-10, 0.5)
    assert not adds_up(2e-9, 0.5)
    assert adds_up(2e-9, -3.0)
    assert not adds_up(float("nan"), 1.0)


def test_columns_and_values_that_cannot_be_explained_are_all_named(bundle: Bundle) -> None:
    frame = world(2, 14)
    assert contributions(bundle, frame)["success"].margin.shape == (2,)
    with pytest.raises(ValueError, match="same columns, other order"):
        contributions(bundle, frame[list(reversed(IDS))])
    with pytest.raises(ValueError, match=r"missing \['performed_ratio'\], not of the bundle \['sex'\]"):
        contributions(bundle, frame.rename(columns={"performed_ratio": "sex"}))
    frame.iloc[0, 0] = frame.iloc[1, 2] = np.inf
    with pytest.raises(ValueError, match="A0: performed_ratio is infinite; A1: report_days_late is infinite"):
        contributions(bundle, frame)
    with pytest.raises(ValueError, match="1 case names for 2 rows"):
        contributions(bundle, world(2, 14), ["A0"])


def test_no_rows_and_a_model_without_splits(bundle: Bundle) -> None:
    assert contributions(bundle, world(0, 15))["success"].values.shape == (0, len(IDS))
    flat = train(5, rounds=2, min_data_in_leaf=5000)
    part = contributions(Bundle({"success": flat}), world(3, 15))["success"]
    assert not part.values.any()
    assert part.margin.tolist() == pytest.approx([part.base] * 3)


def test_models_without_an_exact_explanation_are_refused() -> None:
    assert plain_trees(train(6, rounds=1))
    with pytest.raises(UnsupportedModelError, match="tree 0 has categorical splits; tree 1 has categorical splits"):
        plain_trees(train(6, rounds=2, dataset={"categorical_feature": ["open_case_count"]}, min_data_per_group=1))
    with pytest.raises(UnsupportedModelError, match="tree 0 has linear leaves"):
        plain_trees(train(6, rounds=1, linear_tree=True))
    with pytest.raises(UnsupportedModelError, match="zero read as missing"):
        plain_trees(train(6, rounds=1, zero_as_missing=True))
    with pytest.raises(UnsupportedModelError, match="averages its trees"):
        plain_trees(train(6, rounds=1, boosting="rf", bagging_fraction=0.5, bagging_freq=1))


def test_contributions_are_frozen(bundle: Bundle) -> None:
    part = Contributions(0.0, np.zeros((1, 1)), np.zeros(1))
    with pytest.raises(AttributeError):
        part.base = 1.0  # type: ignore[misc]
