"""The models as a whole: every case is counted once, means agree with the obvious loops, and a step back is seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from explain.contributions import contributions
from explain.global_view import LARGEST, OTHERS, SMALLEST, global_view
from models.spec import IndicatorSpec

IDS = ("paid", "late", "debt", "flag", "noise")
DIRECTIONS = {"paid": -1, "late": 1, "debt": 0, "flag": 1, "noise": 1}
ROWS = 900


@dataclass(frozen=True)
class Bundle:
    boosters: Mapping[str, lgb.Booster]
    specs: tuple[IndicatorSpec, ...]
    indicator_ids: tuple[str, ...] = IDS


def specs(directions: Mapping[str, int]) -> tuple[IndicatorSpec, ...]:
    return tuple(IndicatorSpec(id_, id_, id_, "ability", -directions[id_], directions[id_]) for id_ in IDS)


def rows(seed: int, count: int = ROWS) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(count, len(IDS)))
    values[:, 1] = rng.integers(0, 5, count)
    values[:, 3] = rng.integers(0, 2, count)
    values[rng.random(count) < 0.2, 2] = np.nan
    return pd.DataFrame(values, columns=list(IDS), index=[f"A{i:05d}" for i in range(count)])


def groups(frame: pd.DataFrame) -> pd.DataFrame:
    place = np.arange(len(frame))
    return pd.DataFrame(
        {
            "subject_type": np.where(place % 3 == 0, "enterprise", "natural"),
            "region_code": [None if at % 50 == 0 else f"{110000 + at % 12}" for at in place],
            "industry_section": ["Z" if at < SMALLEST - 1 else "C" for at in place],
        },
        index=frame.index,
    )


@pytest.fixture(scope="module")
def booster() -> lgb.Booster:
    frame = rows(1, 3000)
    risk = frame["late"] * 0.6 - frame["paid"] + frame["flag"] * frame["debt"].fillna(1)
    label = (risk + np.random.default_rng(2).normal(size=len(frame)) > 1).astype(int)
    params = {"objective": "binary", "num_leaves": 12, "max_depth": 4, "verbose": -1, "seed": 1, "num_threads": 1}
    params |= {"monotone_constraints": [DIRECTIONS[id_] for id_ in IDS]}
    fitted = lgb.train(params, lgb.Dataset(frame, label), 40)
    return lgb.Booster(model_str=fitted.model_to_string())


@pytest.fixture(scope="module")
def bundle(booster: lgb.Booster) -> Bundle:
    return Bundle({"redefault_6": booster}, specs(DIRECTIONS))


def test_importance_is_the_mean_of_the_contributions_in_every_group(bundle: Bundle) -> None:
    frame = rows(3)
    labels = groups(frame)
    found = global_view(bundle, frame, labels)
    added = np.abs(contributions(bundle, frame)["redefault_6"].values)
    ranked = found["importance"]["redefault_6"]
    assert [item["mean_abs"] for item in ranked] == sorted((item["mean_abs"] for item in ranked), reverse=True)
    assert {item["indicator"] for item in ranked} == {id_ for id_, size in zip(IDS, added.T, strict=True) if size.any()}
    for item in ranked:
        column = IDS.index(item["indicator"])
        assert item["mean_abs"] == pytest.approx(added[:, column].mean())
        for name, mean in item["by"]["subject_type"].items():
            mine = (labels["subject_type"] == name).to_numpy()
            assert mean == pytest.approx(added[mine, column].mean())


def test_small_groups_and_cases_of_none_stand_together_and_nobody_is_lost(bundle: Bundle) -> None:
    frame = rows(4)
    (first, *_) = global_view(bundle, frame, groups(frame))["dependence"]["redefault_6"]
    regions = first["by"]["region_code"]
    assert len(regions) == LARGEST + 1
    assert OTHERS in regions
    assert set(first["by"]["industry_section"]) == {"C", OTHERS}
    for named in first["by"].values():
        assert sum(_counted(one) for one in named.values()) == ROWS


def _counted(found: dict[str, object]) -> int:
    missing = found["missing"]
    return sum(one["cases"] for one in found["bins"]) + (missing["cases"] if missing else 0)  # type: ignore[attr-defined,index]


def test_dependence_follows_the_values_and_keeps_the_missing_apart(bundle: Bundle) -> None:
    frame = rows(5)
    found = global_view(bundle, frame, groups(frame))["dependence"]["redefault_6"]
    added = contributions(bundle, frame)["redefault_6"].values
    for item in found:
        column = IDS.index(item["indicator"])
        values = frame[item["indicator"]].to_numpy()
        assert _counted(item) == ROWS
        assert (item["missing"] is None) == (not np.isnan(values).any())
        assert [one["value"] for one in item["bins"]] == sorted(one["value"] for one in item["bins"])
        total = sum(one["cases"] * one["mean"] for one in (*item["bins"], item["missing"] or {"cases": 0, "mean": 0}))
        assert total == pytest.approx(added[:, column].sum())
        assert all(one["low"] <= one["high"] for one in item["bins"])
    (late,) = (item for item in found if item["indicator"] == "late")
    assert [one["value"] for one in late["bins"]] == [0.0, 1.0, 2.0, 3.0, 4.0]
    at_four = added[frame["late"].to_numpy() == 4.0, IDS.index("late")]
    assert late["bins"][-1]["cases"] == len(at_four)
    assert late["bins"][-1]["mean"] == pytest.approx(at_four.mean())


def test_a_monotone_model_never_steps_back_and_another_is_caught(booster: lgb.Booster, bundle: Bundle) -> None:
    frame = rows(6)
    kept = global_view(bundle, frame, groups(frame), walked=60)["monotonicity"]["redefault_6"]
    assert {walk["indicator"] for walk in kept} <= {"paid", "late", "flag", "noise"}  # debt has no direction
    assert len(kept) >= 3
    assert sum(walk["against"] for walk in kept) == 0
    turned = Bundle({"redefault_6": booster}, specs({**DIRECTIONS, "late": -1}))
    walks = global_view(turned, frame, groups(frame), walked=60)["monotonicity"]["redefault_6"]
    (late,) = (walk for walk in walks if walk["indicator"] == "late")
    against = steps = 0
    for _, row in frame.iloc[::15].iterrows():  # the obvious loop over the same cases
        margins = []
        for value in late["grid"]:
            other = row.to_numpy(dtype=np.float64).copy()
            other[IDS.index("late")] = value
            margins.append(float(booster.predict(other[np.newaxis], raw_score=True, num_threads=1)[0]))
        steps += len(margins) - 1
        against += sum(after > before for before, after in pairwise(margins))
    assert (late["steps"], late["against"]) == (steps, against)
    assert against > 0
    for named in late["by"].values():
        assert sum(one["against"] for one in named.values()) == against


def test_a_case_without_groups_is_named(bundle: Bundle) -> None:
    frame = rows(7)
    assert global_view(bundle, frame, groups(frame), cases=50)["cases"] == 50
    with pytest.raises(KeyError, match="A00000"):
        global_view(bundle, frame, groups(frame).iloc[1:])
