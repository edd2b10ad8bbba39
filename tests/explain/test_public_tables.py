"""Explanations add up on real public tables too: listed enterprises (ccf2017) and credit cards (Taiwan).

Each has a neighbour on small made data of the same form, which runs where the real tables are not at hand.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import shap

from benchmarks.public_tables import TAIWAN, TARGET, taiwan
from explain.additivity import adds_up, residual
from explain.contributions import Contributions, contributions
from features.as_of import known
from features.engine import evaluate
from features.facts import with_parameters
from features.listings import LISTINGS
from features.profiles import PROFILES
from models.boosting import fit_booster
from models.params import BoosterParams
from models.spec import Described, as_specs
from records.dataset import Dataset
from records.importers.ccf2017 import import_ccf2017

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LISTED, CARDS = DATA / "ccf2017", DATA / "taiwan_default" / "data.parquet"
SMALL = replace(BoosterParams(), rounds=25, num_threads=1)


class Bundle:
    """One fitted margin with its columns."""

    def __init__(self, booster: lgb.Booster, ids: tuple[str, ...]) -> None:
        self.boosters, self.indicator_ids = {"redefault_6": booster}, ids


def explained(frame: pd.DataFrame, label: np.ndarray, catalogue: Any, fit_on: int = 4000) -> Contributions:
    """Fit on some rows, explain all of them, and hold every sum and the first rows' values against their sources."""
    specs: tuple[Described, ...] = as_specs(catalogue)
    ids = tuple(spec.id for spec in specs if spec.scored)
    rows = frame[list(ids)]
    booster = fit_booster(
        rows.iloc[:fit_on], label[:fit_on], None, [spec.redefault for spec in specs if spec.scored], SMALL, seed=1
    )
    found = contributions(Bundle(booster, ids), rows)["redefault_6"]
    for values, margin in zip(found.values.tolist(), found.margin.tolist(), strict=True):
        assert adds_up(residual(found.base, values, margin), margin)
    some = rows.iloc[:500].to_numpy(dtype=np.float64)
    with pytest.warns(UserWarning, match="LightGBM binary classifier"):
        peer = np.asarray(shap.TreeExplainer(booster).shap_values(some))
    assert np.abs(found.values[:500] - peer).max() < 1e-9
    assert np.abs(found.values).max() > 0.05
    return found


def cards(count: int) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    burden = rng.normal(size=count)
    raw: dict[str, Any] = {"ID": np.arange(1, count + 1), "LIMIT_BAL": np.exp(11 + rng.normal(size=count))}
    for month in (0, 2, 3, 4, 5, 6):
        raw[f"PAY_{month}"] = np.clip(np.round(burden + rng.normal(size=count)), -2, 8).astype(int)
    for month in range(1, 7):
        raw[f"BILL_AMT{month}"] = raw["LIMIT_BAL"] * rng.uniform(-0.1, 1, count)
        raw[f"PAY_AMT{month}"] = np.maximum(raw["LIMIT_BAL"] * rng.uniform(-0.05, 0.2, count), 0)
    raw[TARGET] = (rng.random(count) < 1 / (1 + np.exp(1.3 - 1.5 * burden))).astype(int)
    return pd.DataFrame(raw)


def test_made_cards_add_up() -> None:
    X, y = taiwan(cards(1200))  # noqa: N806
    assert len(explained(X, y.to_numpy(), TAIWAN).margin) == 1200


@pytest.mark.skipif(not CARDS.is_file(), reason=f"the credit cards of Taiwan are not at {CARDS}")
def test_every_card_of_taiwan_adds_up() -> None:
    X, y = taiwan(pd.read_parquet(CARDS))  # noqa: N806
    assert len(explained(X, y.to_numpy(), TAIWAN).margin) == 30_000


def test_made_listings_add_up() -> None:
    ids = [indicator.id for indicator in LISTINGS if indicator.scored]
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(rng.poisson(2.0, size=(900, len(ids))).astype(float), columns=ids)
    frame.iloc[::7, 1] = np.nan
    label = (frame.iloc[:, 0] + rng.normal(size=900) > 3).to_numpy(dtype=np.int64)
    explained(frame, label, LISTINGS)


@pytest.mark.skipif(not LISTED.is_dir(), reason=f"the real listing records are not at {LISTED}")
def test_every_listed_enterprise_adds_up(tmp_path: Path) -> None:
    import_ccf2017(LISTED, tmp_path / "data")
    dataset = Dataset.open(tmp_path / "data")
    profile, tables = PROFILES[dataset.info.profile], dataset.read()
    whom = with_parameters(profile.cohort_fn(tables))
    frame = evaluate(known(tables, whom), whom, profile.catalogue).to_pandas().set_index("case_key").astype("float64")
    labels = profile.label_fn(tables, whom, dataset.info.observed_until)
    again = labels.filter((labels["outcome"] == "redefault_6") & (labels["label"] == 1))["case_key"].to_list()
    found = explained(frame, frame.index.isin(again).astype(np.int64), profile.catalogue)
    assert len(found.margin) == 1451
