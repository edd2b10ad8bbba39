"""The tuning command: a parameter file that training reads, and a study in MLflow."""

from __future__ import annotations

from pathlib import Path

import mlflow
import pytest
import yaml

from pipeline.home import Home
from pipeline.refusals import InputRefused
from pipeline.train import settings
from pipeline.tune import tune_boosters
from tests.pipeline.conftest import Trained


def test_the_best_settings_are_written_for_train_and_the_study_is_kept(
    trained: Trained, fresh_home: Home, tmp_path: Path
) -> None:
    out, given = tmp_path / "tuned.yaml", trained.root / "params.yaml"
    assert tune_boosters(trained.world, out, trained.root / "features", 1, "log_loss", given, 5) == 0
    before, after = settings("applications", given, 5), settings("applications", out, None)
    assert after == before  # one trial: the settings given, everything else untouched
    text = out.read_text(encoding="utf-8")
    assert text.startswith("# 1 trials (0 stopped early), ")
    assert yaml.safe_load(text)["train"]["applications"]["split"]["mode"] == "fit_test"
    mlflow.set_tracking_uri(fresh_home.mlflow_uri)
    runs = mlflow.search_runs(experiment_names=["repair-risk"], filter_string="tags.kind = 'tuning'")
    assert len(runs) == 1
    assert runs.loc[0, "metrics.best"] == runs.loc[0, "metrics.given"]


def test_an_unknown_objective_is_refused(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="objective 'gini' is unknown: log_loss or auc"):
        tune_boosters(trained.world, tmp_path / "x.yaml", None, 1, "gini", None, None)
