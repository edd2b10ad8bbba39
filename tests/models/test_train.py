# ruff: noqa: N806  (X, y as the field writes them)
"""The trainer for any table: one outcome or several, with a calendar or without."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.public_tables import AS_OF, PROTECTED, TAIWAN, TARGET, settings, taiwan
from models.auc import auc
from models.bundle import load_bundle
from models.faults import FitFault
from models.params import BoosterParams, CardParams, FitParams, SplitParams
from models.predict import margins, probabilities
from models.spec import IndicatorSpec
from models.train import fingerprint, train, try_out
from records.clock import SHANGHAI

SPECS = (
    IndicatorSpec("debt", "债务", "debt", "ability", -1, 1),
    IndicatorSpec("paid", "已还", "paid", "willingness", 1, -1),
    IndicatorSpec("noise", "无关", "noise", "impact", 0, 0),
)
PARAMS = replace(
    FitParams.of_profile("table"),
    booster=BoosterParams(rounds=40, learning_rate=0.1, num_leaves=6, max_depth=3),
    card=CardParams(shares=None),
)


def table(n: int = 1500, seed: int = 3) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Indicators, label and true probability of a made table."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=["debt", "paid", "noise"], index=[f"r{i:05d}" for i in range(n)])
    p = pd.Series(1 / (1 + np.exp(1.2 - X["debt"] + 0.8 * X["paid"])), index=X.index)
    y = pd.Series((rng.random(n) < p).astype(float), index=X.index)
    X.loc[rng.random(n) < 0.1, "paid"] = np.nan
    return X, y, p


def test_a_table_with_one_outcome_gives_a_bundle_that_recovers_the_truth(tmp_path: Path) -> None:
    X, y, _ = table()
    key = Ed25519PrivateKey.generate()
    bundle = train(X, y, SPECS, PARAMS, out=tmp_path / "bundle", key=key, as_of=AS_OF)
    assert load_bundle(tmp_path / "bundle", [key.public_key()]) == bundle
    assert set(bundle.boosters) == {"redefault_6"}
    assert set(bundle.absent) == {"success", "redefault_7_12"}
    assert bundle.scorecard is not None
    assert bundle.metrics["redefault_6"]["on"] == "out of fold, all learnt cases"
    fresh, _, truth = table(4000, seed=4)
    p = probabilities(bundle, margins(bundle, fresh))["redefault_6"]
    assert p is not None
    known = fresh["paid"].notna().to_numpy()  # where it is missing, nobody can know the truth
    assert float(np.abs(p - truth)[known].mean()) < 0.06
    high = (truth > truth.median()).to_numpy(dtype=float)
    risk = -bundle.scorecard.log_odds(bundle.scorecard.total(bundle.scorecard.points(fresh)))
    assert auc(high[known], p[known]) > 0.95
    assert auc(high[known], risk[known]) > 0.9


def test_the_same_table_gives_the_same_bundle_in_any_order_and_another_one_does_not(tmp_path: Path) -> None:
    X, y, _ = table(600)
    key = Ed25519PrivateKey.generate()

    def bundle_id(name: str, frame: pd.DataFrame, labels: pd.Series) -> str:
        return train(frame, labels, SPECS, PARAMS, out=tmp_path / name, key=key, as_of=AS_OF).id

    first = bundle_id("first", X, y)
    assert bundle_id("shuffled", X.iloc[::-1], y.iloc[::-1]) == first
    assert bundle_id("other", X.assign(noise=X["noise"] + 1e-9), y) != first
    assert fingerprint(X, y.to_frame()) != fingerprint(X.assign(noise=np.nan), y.to_frame())


def test_two_horizons_are_fitted_coherently_and_out_of_time(tmp_path: Path) -> None:
    X, y, p = table(3000)
    later = ((y == 1) | (np.random.default_rng(8).random(len(X)) < p)).astype(float)
    days = pd.Series(
        pd.date_range("2015-01-01", "2024-12-31", periods=len(X), tz=SHANGHAI).as_unit("us"), index=X.index
    )
    params = replace(PARAMS, split=SplitParams(mode="periods"))
    bundle = train(
        X, pd.DataFrame({"redefault_6": y, "redefault_12": later}), SPECS, params,
        out=tmp_path / "bundle", key=Ed25519PrivateKey.generate(), as_of=days, known_by=days + pd.Timedelta(days=420),
    )  # fmt: skip
    assert set(bundle.boosters) == {"redefault_6", "redefault_7_12"}
    assert bundle.training["calendar"]["mode"] == "periods"
    assert {one["on"] for one in bundle.metrics.values()} == {"test period"}
    found = probabilities(bundle, margins(bundle, X))
    assert found["redefault_6"] is not None
    assert found["redefault_12"] is not None
    assert (found["redefault_12"] >= found["redefault_6"]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frame": lambda f: f.drop(columns="paid")}, "the frame lacks indicator 'paid'"),
        ({"frame": lambda f: f.assign(sex=1.0)}, "column 'sex' is not in the catalogue"),
        ({"frame": lambda f: f.assign(paid="x")}, "column 'paid' is not numeric"),
        ({"labels": lambda y: y + 1}, "labels of 'redefault_6' hold values other than 0, 1 and missing"),
        ({"labels": lambda y: y.iloc[::-1]}, "the same index in the same order"),
        ({"labels": lambda y: y.to_frame("default")}, "found default"),
        ({"labels": lambda y: y.to_frame()[[]]}, "found no column"),
        ({"as_of": lambda _: datetime(2005, 10, 1)}, "as_of must be zone-aware"),  # noqa: DTZ001
        ({"params": lambda p: replace(p, split=SplitParams())}, "split mode periods needs the as_of of each case"),
        ({"params": lambda p: replace(p, split=SplitParams())}, "split mode periods needs known_by"),
        ({"labels": lambda y: y.to_frame("redefault_7_12")}, "named among success, redefault_6, redefault_12; found"),
        (
            {"labels": lambda y: pd.DataFrame({"redefault_6": y, "redefault_12": y.where(y.cumsum() > 3, 0.0)})},
            r"3 case\(s\) have the event within 6 months, but not within 12",
        ),
        ({"labels": lambda y: y * 0}, "redefault_6 cannot be fitted: 0 events among 300 fit cases"),
    ],
)
def test_what_cannot_be_trained_on_is_said(change: dict[str, Any], message: str) -> None:
    X, y, _ = table(300)
    given = {"frame": X, "labels": y, "catalogue": SPECS, "params": PARAMS, "as_of": AS_OF}
    given |= {name: alter(given[name]) for name, alter in change.items()}
    with pytest.raises(FitFault, match=message):
        try_out(**given)


def test_all_faults_of_a_table_are_listed_at_once() -> None:
    X, y, _ = table(300)
    with pytest.raises(FitFault) as caught:
        try_out(X.assign(sex=1.0).drop(columns="debt"), y + 1, SPECS, PARAMS, as_of=datetime(2005, 10, 1))  # noqa: DTZ001
    assert len(caught.value.faults) == 5


def test_the_public_table_goes_through_the_trainer_without_its_protected_columns() -> None:
    """A made table of the same columns, so that this runs where the real one is not at hand."""
    rng = np.random.default_rng(1)
    n = 800
    burden = rng.normal(size=n)
    raw: dict[str, Any] = {"ID": np.arange(1, n + 1), "LIMIT_BAL": np.exp(11 - 0.5 * burden + rng.normal(size=n))}
    for month in (0, 2, 3, 4, 5, 6):
        raw[f"PAY_{month}"] = np.clip(np.round(burden + rng.normal(size=n)), -2, 8).astype(int)
    for month in range(1, 7):
        raw[f"BILL_AMT{month}"] = raw["LIMIT_BAL"] * rng.uniform(-0.1, 1, n)
        raw[f"PAY_AMT{month}"] = np.maximum(raw["LIMIT_BAL"] * rng.uniform(-0.05, 0.2, n), 0)
    raw[TARGET] = (rng.random(n) < 1 / (1 + np.exp(1.3 - 1.5 * burden))).astype(int)
    plain = pd.DataFrame(raw)
    X, y = taiwan(plain)
    assert list(X.columns) == [spec.id for spec in TAIWAN]
    withheld = plain.assign(**{name: rng.integers(0, 5, n) for name in PROTECTED})
    pd.testing.assert_frame_equal(taiwan(withheld)[0], X)
    params = replace(settings(), booster=BoosterParams(rounds=30, num_leaves=4, max_depth=2))
    figures = try_out(X, y, TAIWAN, params, as_of=AS_OF)
    assert figures["redefault_6"]["auc"]["value"] > 0.7
    assert figures["scorecard"]["auc"]["value"] > 0.7
