"""A made world whose truth is known: logistic probabilities over correlated indicators, some of them missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.bundle import Bundle, write_bundle
from models.fit import fit_models
from models.fitted import FittedModels
from models.params import BoosterParams, FitParams
from models.spec import IndicatorSpec
from models.splits import SplitPlan, split_labels

COURT = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class World:
    """X and labels as features would hand them over, and the true probabilities nobody may train on."""

    X: pd.DataFrame
    cohort: pd.DataFrame
    labels: pd.DataFrame
    specs: tuple[IndicatorSpec, ...]
    plan: SplitPlan
    truth: dict[str, np.ndarray]

    def splits(self, plan: SplitPlan | None = None) -> pd.DataFrame:
        return split_labels(self.labels, self.cohort, plan or self.plan)


def _sigmoid(t: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-t))


SPECS = (
    IndicatorSpec("performed_ratio", "已履行比例", "share performed", "ability", 1, -1, True, 0.0, 1.0),
    IndicatorSpec("debt_log", "剩余债务", "remaining debt", "ability", -1, 1),
    IndicatorSpec("debt_ratio", "剩余债务比", "debt ratio", "ability", -1, 1),
    IndicatorSpec("income", "收入", "income", "ability", 1, -1),
    IndicatorSpec("obstruction", "妨碍抗拒次数", "obstruction", "willingness", -1, 1, True, 0.0, None),
    IndicatorSpec("on_time", "按期履行率", "on time", "willingness", 1, -1, True, 0.0, 1.0),
    IndicatorSpec("lost_days", "失联天数", "days lost", "willingness", -1, 1, True, 0.0, None),
    IndicatorSpec("creditor_count", "债权人数", "creditors", "impact", -1, 1, True, 0.0, None),
    IndicatorSpec("consent", "债权同意占比", "consent", "impact", 1, -1, True, 0.0, 1.0),
    IndicatorSpec("jobs", "稳岗人数", "jobs", "impact", 1, 0, True, 0.0, None),
    IndicatorSpec("petitions", "涉执信访", "petitions", "impact", 0, 0, False, 0.0, None),
)


def make_world(n: int = 4000, seed: int = 5) -> World:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n)
    debt = 0.4 * common + rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "performed_ratio": _sigmoid(-0.5 * common + rng.normal(size=n)),
            "debt_log": 12 + debt,
            "debt_ratio": debt + 0.1 * rng.normal(size=n),
            "income": np.exp(8 - 0.2 * common + 0.5 * rng.normal(size=n)),
            "obstruction": rng.poisson(np.exp(-1.2 + 0.4 * common)).astype(float),
            "on_time": _sigmoid(0.8 - 0.4 * common + rng.normal(size=n)),
            "lost_days": np.round(np.exp(2 + 0.4 * common + rng.normal(size=n))),
            "creditor_count": 1 + rng.poisson(np.exp(0.6 + 0.3 * common)).astype(float),
            "consent": _sigmoid(0.5 - 0.3 * common + rng.normal(size=n)),
            "jobs": rng.poisson(5, size=n).astype(float),
            "petitions": rng.poisson(1, size=n).astype(float),
        }
    )
    z = (frame - frame.mean()) / frame.std()
    good = 0.6 * z.performed_ratio + 0.5 * z.on_time - 0.6 * z.obstruction - 0.4 * z.debt_log + 0.3 * z.consent
    truth = {
        "success": _sigmoid((0.6 + good).to_numpy()),
        "redefault_6": _sigmoid((-2.2 - 0.8 * good + 0.3 * z.creditor_count - 0.3 * z.income).to_numpy()),
        "q": _sigmoid((-2.4 - 0.6 * good + 0.3 * z.creditor_count).to_numpy()),
    }
    truth["redefault_12"] = truth["redefault_6"] + (1 - truth["redefault_6"]) * truth["q"]
    for name, share in (("income", 0.2), ("on_time", 0.15), ("consent", 0.3), ("debt_ratio", 0.05)):
        frame.loc[rng.random(n) < share, name] = np.nan
    as_of = pd.Series(
        pd.Timestamp("2014-01-01", tz=COURT) + pd.to_timedelta(np.sort(rng.integers(0, 3650, n)), unit="D")
    ).dt.as_unit("us")
    keys = [f"case-{i:05d}" for i in range(n)]
    cohort = pd.DataFrame(
        {"case_key": keys, "debtor_id": [f"d{v}" for v in rng.integers(0, int(n * 0.9), n)], "as_of": as_of}
    )
    return World(
        X=frame.set_index(pd.Index(keys, name="case_key")),
        cohort=cohort,
        labels=_labels(rng, cohort, truth),
        specs=SPECS,
        plan=SplitPlan(datetime(2020, 1, 1, tzinfo=COURT), datetime(2022, 6, 1, tzinfo=COURT)),
        truth=truth,
    )


def _labels(rng: np.random.Generator, cohort: pd.DataFrame, truth: dict[str, np.ndarray]) -> pd.DataFrame:
    n = len(cohort)
    granted = rng.random(n) < truth["success"]
    early = rng.random(n) < truth["redefault_6"]
    late = ~early & (rng.random(n) < truth["q"])
    end = pd.Timestamp("2024-12-31", tz=COURT)
    frames = []
    for outcome, label, lag, inside in (
        ("success", granted, 90, np.ones(n, dtype=bool)),
        ("redefault_6", early, 300, granted),
        ("redefault_7_12", late, 480, granted & ~early),
        ("redefault_12", early | late, 480, granted),
    ):
        known = cohort["as_of"] + pd.to_timedelta(np.full(n, lag), unit="D")
        mature = (known < end).to_numpy()
        status = np.where(~inside, "not_granted", np.where(mature, "observed", "immature"))
        frames.append(
            pd.DataFrame(
                {
                    "case_key": cohort["case_key"],
                    "outcome": outcome,
                    "label": pd.Series(label.astype(float)).where(status == "observed"),
                    "status": status,
                    "known_by": known.where(status == "observed"),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


QUICK = replace(
    FitParams(),
    booster=replace(BoosterParams(), rounds=80, learning_rate=0.08),
)


@pytest.fixture(scope="session")
def world() -> World:
    return make_world()


@pytest.fixture(scope="session")
def places(world: World) -> pd.DataFrame:
    """Where and when every case of the world is assessed, as `fit_models` takes it: three areas in turn, one tier."""
    areas = np.array(["110102", "220102", "220103"])[np.arange(len(world.X)) % 3]
    told = world.cohort.set_index("case_key")[["as_of"]].assign(region=areas, industry=None, tier="general")
    return told.loc[world.X.index]


@pytest.fixture(scope="session")
def fresh_world() -> World:
    """Other cases of the same truth."""
    return make_world(6000, seed=99)


@pytest.fixture(scope="session")
def quick() -> FitParams:
    return QUICK


@pytest.fixture(scope="session")
def fitted(world: World) -> FittedModels:
    return fit_models(
        world.X, world.labels, world.splits(), world.specs, "applications", catalogue_hash="c" * 64, params=QUICK,
        training={"plan": world.plan.to_json()},
    )  # fmt: skip


@pytest.fixture(scope="session")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="session")
def bundle(fitted: FittedModels, key: Ed25519PrivateKey, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder: Path = tmp_path_factory.mktemp("bundles") / "first"
    return write_bundle(fitted, folder, key)
