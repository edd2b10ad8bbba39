"""A small trained home: a world, two bundles of which one is champion, and everything scored once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from models.bundle import Bundle
from pipeline.champion import promote
from pipeline.data import features, synth, validate
from pipeline.evaluate import evaluate
from pipeline.home import Home
from pipeline.scoring import open_scorer
from pipeline.train import train
from records.dataset import Dataset

PARAMS = """
train:
  applications:
    split: {mode: fit_test, fit_share: 0.7, calibrate_share: 0.2}
    booster: {rounds: 60}
evaluate:
  {draws: 50, backtest_origins: 0, refits: 1, slice_draws: 20, slice_cases: 1000, challenger_cases: 1000,
   additive_rounds: 0}
"""


GATES = "applications: {min_events: 15, max_loss: 0.3, in_the_large: 0.3, in_the_large_outer: 0.3, ece: 0.3}"


@dataclass(frozen=True)
class Trained:
    """Paths and the two bundles of the small home; `first` is champion."""

    root: Path
    home: Home
    world: Path
    court: Path
    first: Bundle
    second: Bundle

    def dataset(self) -> Dataset:
        return Dataset.open(self.court)

    def run(self, *arguments: str, home: Home | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command line in a fresh process."""
        environment = {**os.environ, "REPAIR_RISK_HOME": str((home or self.home).root)}
        return subprocess.run(  # noqa: S603
            [sys.executable, "-m", "pipeline", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    root = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPAIR_RISK_HOME", str(root / "var"))
        home = Home.from_environment()
        params = root / "params.yaml"
        params.write_text(PARAMS, encoding="utf-8")
        # The world is as small as tests need it; what the gates ask of it is little accordingly
        # (trained without a calibration period, its probability of success lags behind the courts' practice).
        home.root.mkdir()
        (home.root / "gates.yaml").write_text(GATES, encoding="utf-8")
        synth(root / "world", 6000, 7, 0.0, 4)
        synth(root / "court", 60, 11, 0.0, 2)
        validate(root / "court", False)
        features(root / "world", root / "features", None)
        bundles = []
        for name, seed in (("first", 1), ("second", 2)):
            train(root / "world", root / name, root / "features", params, seed)
            bundles.append(open_scorer(home, str(root / name)).bundle)

        def evaluated(name: str) -> None:
            out = root / f"evaluation-{name}"
            evaluate(str(root / name), root / "world", out, root / "features", None, params)

        evaluated("first")
        for person in ("甲", "乙"):
            promote(str(root / "first"), person, "test")
        evaluated("second")
        yield Trained(root, home, root / "world", root / "court", bundles[0], bundles[1])


@pytest.fixture
def fresh_home(trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with both bundles, keys and the champion of `trained`, and an empty ledger."""
    import shutil

    home = Home(tmp_path / "var")
    for name in ("bundles", "evaluations", "keys", "policies"):
        shutil.copytree(trained.home.root / name, home.root / name)
    for path in (trained.home.champion, trained.home.root / "gates.yaml"):
        shutil.copy(path, home.root / path.name)
    monkeypatch.setenv("REPAIR_RISK_HOME", str(home.root))
    return home


@pytest.fixture(scope="session")
def court_cohort(trained: Trained) -> pl.DataFrame:
    """Every assessed case of the court's dataset: debtor_id, application_id, as_of, case_key."""
    from pipeline.cohorts import bucket_cohort

    dataset = trained.dataset()
    return pl.concat(bucket_cohort(dataset, dataset.read_bucket(bucket)) for bucket in dataset.bucket_numbers())
