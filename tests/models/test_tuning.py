"""Tuning by rolling origins: no look ahead, nothing outside the fit period, the same study again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import optuna
import pandas as pd
import pytest

from models.faults import FitFault
from models.params import BoosterParams, FitParams
from models.splits import SplitPlan
from models.tuning import rolling_origins, summary, tune
from tests.models.conftest import World, make_world

POOR = replace(FitParams(), booster=BoosterParams(rounds=50, learning_rate=0.001, num_leaves=2, max_depth=1))


def test_origins_train_on_what_was_known_and_validate_on_other_debtors_later(world: World) -> None:
    splits = world.splits()
    rows = splits.set_index(["outcome", "case_key"])
    found = rolling_origins(splits, 3, 5)
    assert {one.outcome for one in found} == {"success", "redefault_6", "redefault_7_12"}
    assert [len(one.train) for one in found] == sorted(len(one.train) for one in found)
    assert world.plan.calibrate_until is not None
    end = pd.Timestamp(world.plan.calibrate_until)
    for one in found:
        train, later = (rows.loc[one.outcome].loc[keys] for keys in (one.train, one.validate))
        assert (train["known_by"] < one.at).all()
        assert (later["as_of"] >= one.at).all()
        assert (later["known_by"] < end).all()
        assert set(train["split"]) == set(later["split"]) == {"fit"}
        assert not set(train["debtor_id"]) & set(later["debtor_id"])
        assert (later["label"].to_numpy() == one.validate_y).all()
    for outcome in ("success", "redefault_6"):
        validated = [key for one in found if one.outcome == outcome for key in one.validate]
        assert len(validated) == len(set(validated))


def test_labels_of_calibration_and_test_change_nothing(world: World) -> None:
    splits = world.splits()
    outside = splits["split"] != "fit"
    assert outside.sum() > 1000
    turned = splits.assign(label=splits["label"].where(~outside, 1 - splits["label"]))
    for one, other in zip(rolling_origins(splits, 3, 5), rolling_origins(turned, 3, 5), strict=True):
        assert one.train.equals(other.train)
        assert (one.validate_y == other.validate_y).all()


@pytest.mark.slow
def test_the_search_beats_poor_settings_and_can_be_repeated(world: World) -> None:
    heard: list[tuple[int, int]] = []

    def study(X: pd.DataFrame, progress: object = None) -> object:  # noqa: N803
        return tune(X, world.splits(), world.specs, POOR, trials=3, origins=1, progress=progress)  # type: ignore[arg-type]

    first = study(world.X, lambda done, total: heard.append((done, total)))
    again = study(world.X.iloc[::-1])
    assert first.trials == again.trials  # type: ignore[attr-defined]
    tuned = tune(world.X, world.splits(), world.specs, POOR, trials=1, origins=1)
    assert tuned.booster == POOR.booster
    assert tuned.value == tuned.given
    found = summary(first)  # type: ignore[arg-type]
    assert found["best"] < found["given"] < 1.01
    assert found["best"] < 0.97
    assert found["booster"]["max_depth"] <= 6
    assert found["booster"]["num_threads"] == POOR.booster.num_threads
    assert heard == [(number, 3) for number in range(1, 4)]
    assert replace(POOR, booster=BoosterParams(**found["booster"])).problems() == []


@pytest.mark.slow
def test_poor_settings_are_stopped_early_and_are_never_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    world, reported = make_world(2000), dict[int, list[float]]()
    report = optuna.Trial.report

    def heard(trial: optuna.Trial, value: float, step: int) -> None:
        reported.setdefault(trial.number, []).append(value)
        report(trial, value, step)

    monkeypatch.setattr(optuna.Trial, "report", heard)
    splits = world.splits()
    splits = splits[splits["outcome"] == "success"]
    # Labels of the later origin follow nothing, so that who never comes to it has the lower mean, and would win by it.
    later = splits["case_key"].isin(rolling_origins(splits, 2, 20)[1].validate)
    splits = splits.assign(label=splits["label"].where(~later, np.arange(len(splits)) % 2))
    found = tune(world.X, splits, world.specs, FitParams(), trials=12, origins=2)
    pruned = [trial.number for trial in found.trials if trial.pruned]
    assert summary(found)["pruned"] == len(pruned) > 0
    for number, means in reported.items():
        before = [earlier[0] for other, earlier in reported.items() if other < number and other not in pruned]
        assert (number in pruned) == (len(before) >= 8 and means[0] > np.median(before))
        assert len(means) == (1 if number in pruned else 2)
    assert min(found.trials, key=lambda trial: trial.value).pruned
    whole = [trial for trial in found.trials if not trial.pruned]
    assert found.value == min(trial.value for trial in whole)
    assert found.booster in [trial.booster for trial in whole if trial.value == found.value]


def test_the_other_objective_is_the_ranking(world: World) -> None:
    found = tune(world.X, world.splits(), world.specs, FitParams(), trials=1, origins=1, objective="auc")
    assert 0.4 < found.value < 0.9


def test_a_fit_period_too_short_is_said(world: World) -> None:
    plan = SplitPlan(pd.Timestamp("2014-06-01", tz="Asia/Shanghai").to_pydatetime())
    with pytest.raises(FitFault, match="no origin within the fit period has 20 events"):
        tune(world.X, world.splits(plan), world.specs, FitParams(), trials=1)
