from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.auc import auc
from models.bundle import Bundle, write_bundle
from models.faults import FitFault
from models.fit import fit_models
from models.fitted import FittedModels
from models.horizons import joined_cases
from models.intervals import IntervalTable
from models.intervals_fit import Seen, fit_heads
from models.metrics import calibration_line
from models.params import FitParams, IntervalParams
from models.predict import margins, probabilities
from models.splits import SplitPlan


def fit(world: Any, params: FitParams, **changes: Any) -> FittedModels:
    given = {"X": world.X, "labels": world.labels, "splits": world.splits(), "catalogue": world.specs} | changes
    return fit_models(**given, profile=params.profile, catalogue_hash="c" * 64, params=params)


def test_intervals_drift_from_the_day_of_the_calibration_by_what_trend_and_level_have_in_common(
    world: Any, quick: FitParams, places: pd.DataFrame
) -> None:
    fitted = fit(world, quick, places=places)
    splits = world.splits()
    mine = splits[(splits["outcome"] == "success") & splits["split"].isin(["fit", "calibrate"])]
    days = np.array([moment.date().toordinal() for moment in mine["as_of"]])
    later = days[(mine["split"] == "calibrate").to_numpy()]
    earlier = (later.mean() - days.mean()) / 365.25
    assert earlier > 1
    drift, error = fitted.intervals["success"].drift, fitted.calibrators["success"].local.trend_error
    assert drift is not None
    assert drift.since.toordinal() == round(later.mean())
    assert drift.trend == error > 0
    assert drift.level == pytest.approx(error * np.sqrt(2 * earlier))
    for outcome in ("redefault_6", "redefault_12"):
        drift = fitted.intervals[outcome].drift
        assert drift is not None
        assert (drift.trend, drift.level) == (0.0, quick.local.level_drift)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Seen]]:
    """What the intervals of every fit rest on."""
    found: list[Mapping[str, Seen]] = []

    def spy(seen: Mapping[str, Seen], params: IntervalParams) -> tuple[dict[str, IntervalTable], dict[str, str]]:
        found.append(seen)
        return fit_heads(seen, params)

    monkeypatch.setattr("models.fit.fit_heads", spy)
    return found


def test_intervals_of_twelve_months_rest_on_the_cases_of_both_halves(
    world: Any, quick: FitParams, kept: list[Mapping[str, Seen]]
) -> None:
    fitted = fit(world, quick)
    ((success, six, twelve),) = [[seen[name] for name in ("success", "redefault_6", "redefault_12")] for seen in kept]
    assert success.told == six.told == 1.0
    later = fitted.calibrators["redefault_7_12"]
    halves = [np.arange(one.cases) < one.events for one in (fitted.calibrators["redefault_6"], later)]
    assert twelve.told == pytest.approx(joined_cases(*(half.astype(np.float64) for half in halves)) / len(twelve.y))
    assert twelve.told > 1.01


def test_where_one_half_has_too_few_cases_of_its_own_twelve_months_rest_on_all(
    world: Any, quick: FitParams, kept: list[Mapping[str, Seen]]
) -> None:
    splits = world.splits()

    def labels(outcome: str, *periods: str) -> pd.Series:
        return splits[(splits["outcome"] == outcome) & splits["split"].isin(periods)]["label"]

    few, enough = (int(labels(outcome, "calibrate").sum()) for outcome in ("redefault_7_12", "redefault_6"))
    assert few < enough
    fitted = fit(world, replace(quick, platt_min_events=few + 1))
    first, second = (fitted.calibrators[outcome].source for outcome in ("redefault_6", "redefault_7_12"))
    twelve = kept[0]["redefault_12"]
    assert (kept[0]["redefault_6"].source, twelve.source) == (first, second)
    assert first != second
    learnt = [labels(name, "fit", "calibrate").to_numpy(dtype=float) for name in ("redefault_6", "redefault_7_12")]
    assert len(twelve.y) == len(labels("redefault_12", "fit", "calibrate"))
    assert twelve.told == pytest.approx(joined_cases(*learnt) / len(twelve.y))


def test_trees_see_the_scored_indicators_and_nothing_of_the_place(
    world: Any, bundle: Bundle, quick: FitParams, places: pd.DataFrame
) -> None:
    ids = [spec.id for spec in world.specs if spec.scored]
    assert [booster.feature_name() for booster in bundle.boosters.values()] == [ids] * 3
    beside = world.X.assign(region=places["region"].astype(float), industry=3.0, tier=1.0)
    decided = world.labels[world.labels["outcome"] == "success"]
    placed = fit(world, replace(quick, required=("success",)), X=beside, labels=decided, places=places)
    assert placed.calibrators["success"].local is not None
    assert lgb.Booster(model_str=placed.texts["success"]).feature_name() == ids


def test_no_class_is_weighted(bundle: Bundle, world: Any) -> None:
    splits = world.splits()
    for outcome, booster in bundle.boosters.items():
        settings = dict(re.findall(r"(?m)^\[(\w+): (.*)\]$", booster.model_to_string()))
        assert (settings["is_unbalance"], settings["scale_pos_weight"], settings["weight_column"]) == ("0", "1", "")
        assert "class_weight" not in settings
        learnt = splits[(splits["outcome"] == outcome) & splits["split"].isin(["fit", "calibrate"])]
        margin = margins(bundle, world.X.loc[learnt["case_key"]])[outcome]
        rate, calibrator = learnt["label"].mean(), bundle.calibrators[outcome]
        # The margin of a half does not contain its level. Of weighted classes the mean would lie near a half.
        level = 0.0 if outcome == "success" else np.log(rate / (1 - rate))
        assert (1 / (1 + np.exp(-margin - level))).mean() == pytest.approx(rate, rel=0.1)
        on = np.ones(len(learnt), dtype=bool)
        if calibrator.source.endswith("of the calibration period"):
            on = (learnt["split"] == "calibrate").to_numpy()
        assert (calibrator.cases, calibrator.events) == (on.sum(), learnt["label"][on].sum())
        p = calibrator.apply(margin[on], [0.0] * int(on.sum()))
        assert p.mean() == pytest.approx(calibrator.events / calibrator.cases, rel=0.05)


def test_all_parts_are_there_and_their_rows_are_counted(fitted: FittedModels) -> None:
    assert set(fitted.texts) == {"success", "redefault_6", "redefault_7_12"} == set(fitted.calibrators)
    assert fitted.absent == {}
    assert fitted.scorecard is not None
    assert "petitions" not in fitted.indicator_ids
    assert fitted.metrics["success"]["on"] == "test period"
    assert fitted.metrics["redefault_12"]["cases"] == fitted.training["rows"]["redefault_12/test"]
    assert set(fitted.training["rows"]) >= {"success/fit", "success/calibrate", "success/test", "success/gap"}
    # Granted cases only: fewer re-default labels than decisions.
    assert fitted.training["rows"]["redefault_6/fit"] < fitted.training["rows"]["success/fit"]


def test_ranks_nearly_as_well_as_the_truth_on_new_cases_and_probabilities_are_honest(
    bundle: Bundle, fresh_world: Any
) -> None:
    found = probabilities(bundle, margins(bundle, fresh_world.X))
    rng = np.random.default_rng(7)
    for outcome, slack in (("success", 0.03), ("redefault_6", 0.06), ("redefault_12", 0.05)):
        truth = fresh_world.truth[outcome]
        y = (rng.random(len(truth)) < truth).astype(float)
        p = found[outcome]
        assert p is not None
        assert auc(y, p) > auc(y, truth) - slack
        slope, _ = calibration_line(y, p)
        assert slope == pytest.approx(1.0, abs=0.25)
        assert p.mean() == pytest.approx(truth.mean(), abs=0.04)


def test_probabilities_move_as_declared(bundle: Bundle, world: Any) -> None:
    rows = world.X.iloc[:60]
    for spec in world.specs:
        if not spec.scored:
            continue
        grid = np.nanquantile(world.X[spec.id], np.linspace(0, 1, 15))
        steps = [probabilities(bundle, margins(bundle, rows.assign(**{spec.id: value}))) for value in grid]
        for outcome, sign in (
            ("success", spec.success),
            ("redefault_6", spec.redefault),
            ("redefault_12", spec.redefault),
        ):
            moved = np.diff(np.stack([step[outcome] for step in steps]), axis=0)  # type: ignore[misc]
            assert sign == 0 or (sign * moved >= 0).all()


def test_training_again_in_another_order_gives_the_same_bundle(
    world: Any, fitted: FittedModels, quick: FitParams, bundle: Bundle, tmp_path: Path
) -> None:
    shuffled = {
        "X": world.X.sample(frac=1, random_state=1),
        "labels": world.labels.sample(frac=1, random_state=2),
        "splits": world.splits().sample(frac=1, random_state=3),
    }
    again = fit_models(
        shuffled["X"], shuffled["labels"], shuffled["splits"], world.specs, "applications", catalogue_hash="c" * 64,
        params=quick, training={"plan": world.plan.to_json()},
    )  # fmt: skip
    other_key = Ed25519PrivateKey.generate()
    written = write_bundle(again, tmp_path / "again", other_key)
    assert written.id == bundle.id
    for path in bundle.path.iterdir():
        if path.name != "signature.json":
            assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    assert again.texts == fitted.texts


def test_small_data_are_fitted_whole_and_calibrated_out_of_fold(world: Any) -> None:
    params = FitParams.of_profile("first_listings")
    labels = world.labels[world.labels["outcome"] != "success"]
    splits = world.splits(SplitPlan())
    small = fit(world, params, labels=labels, splits=splits[splits["outcome"] != "success"])
    assert set(small.texts) == {"redefault_6", "redefault_7_12"}
    assert "success" in small.absent
    assert small.reference.propensity_low is None
    assert {calibrator.source for calibrator in small.calibrators.values()} == {
        "out-of-fold margins of all learnt cases"
    }
    assert small.metrics["redefault_12"]["on"] == "out of fold, all learnt cases"
    assert small.metrics["scorecard"]["on"] == "out of fold, all learnt cases"
    assert small.scorecard is not None
    assert small.scorecard.shares is None
    assert small.scorecard.odds.source == "out-of-fold totals of all learnt cases"
    assert small.metrics["scorecard"]["calibration_slope"] == pytest.approx(1.0, abs=1e-6)
    # Out of fold means not seen: the figures are no better than the truth allows.
    known = labels[(labels["outcome"] == "redefault_6") & (labels["status"] == "observed")]
    place = world.X.index.get_indexer(known["case_key"])
    best = auc(known["label"].to_numpy(), world.truth["redefault_6"][place])
    assert small.metrics["redefault_6"]["auc"]["value"] < best + 0.01


def test_out_of_fold_margins_never_saw_the_debtor(world: Any) -> None:
    """An indicator that is the debtor's number: a model that had seen the debtor would rank by it."""
    params = replace(FitParams.of_profile("first_listings"), seed=1)
    labels = world.labels[world.labels["outcome"] == "redefault_6"]
    splits = world.splits(SplitPlan())
    rng = np.random.default_rng(0)
    noise = world.X.assign(**{spec.id: rng.normal(size=len(world.X)) for spec in world.specs})
    blind = fit(world, params, X=noise, labels=labels, splits=splits[splits["outcome"] == "redefault_6"])
    assert blind.metrics["redefault_6"]["auc"]["value"] == pytest.approx(0.5, abs=0.06)


def test_a_required_part_that_cannot_be_fitted_is_an_error_with_every_reason(world: Any, quick: FitParams) -> None:
    few = world.labels[world.labels["outcome"].isin(["success", "redefault_6"])]
    with pytest.raises(FitFault) as caught:
        fit(world, quick, labels=few)
    assert len(caught.value.faults) == 2
    assert caught.value.faults[0].startswith("redefault_7_12 cannot be fitted: 0 events among 0 fit cases; 20")
    assert caught.value.faults[1].startswith("scorecard cannot be fitted: the points card needs 40 cases")
    allowed = fit(world, replace(quick, required=("success",)), labels=few)
    assert set(allowed.absent) == {"redefault_7_12", "scorecard"}
    assert allowed.reference.disagreement_limit is None


def test_frames_that_do_not_fit_together_are_refused_with_every_fault(world: Any, quick: FitParams) -> None:
    with pytest.raises(FitFault) as caught:
        fit(world, quick, X=world.X.drop(columns=["income", "jobs"]), labels=world.labels.drop(columns="status"))
    assert caught.value.faults == (
        "X lacks indicator 'income'",
        "X lacks indicator 'jobs'",
        "labels lack column 'status'",
    )
    odd = world.labels.copy()
    odd.loc[odd.index[:3], ["label", "status"]] = [2.0, "observed"]
    odd.loc[odd.index[3], "case_key"] = "nobody"
    with pytest.raises(FitFault) as caught:
        fit(world, quick, labels=odd)
    assert "1 label(s) belong to no case of X" in caught.value.faults
    assert "3 observed label(s) are neither 0 nor 1" in caught.value.faults


def test_progress_is_told_before_each_step(world: Any) -> None:
    told: list[tuple[str, float]] = []
    params = replace(FitParams.of_profile("first_listings"), required=())
    labels = world.labels[world.labels["outcome"] == "redefault_6"]
    fit_models(
        world.X, labels, world.splits(), world.specs, "first_listings", catalogue_hash="c", params=params,
        progress=lambda what, share: told.append((what, share)),
    )  # fmt: skip
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_scoring_never_imports_a_trainer() -> None:
    """Reading a bundle and scoring must not pull the optimiser or the training code into the service."""
    code = (
        "import sys, models.predict, models.bundle, models.install\n"
        "bad = {'optbinning', 'ortools', 'models.fit', 'models.scorecard_fit', 'mlflow', 'sklearn.linear_model'}\n"
        "sys.exit(', '.join(sorted(bad & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
