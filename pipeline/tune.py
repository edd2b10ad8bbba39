"""Tuning: better booster settings from the fit period alone, written as a parameter file that `train` reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from models.tuning import Objective, Tuned, summary, tune
from pipeline.home import Home
from pipeline.in_force import rules_in_force
from pipeline.refusals import InputRefused
from pipeline.say import DONE, Outcome, progress, tell
from pipeline.train import frames, open_prepared, settings
from records.dataset import Dataset
from records.files import write_atomically

OBJECTIVES: Mapping[str, Objective] = {"log_loss": "log_loss", "auc": "auc"}


def tune_boosters(
    directory: Path,
    out: Path,
    features: Path | None,
    trials: int,
    objective: str,
    params_file: Path | None,
    seed: int | None,
) -> Outcome:
    """Search, note the study with MLflow, and write `out`: the parameters given, with the best settings in them."""
    if objective not in OBJECTIVES:
        raise InputRefused(f"objective {objective!r} is unknown: log_loss or auc")
    home, dataset = Home.from_environment(), Dataset.open(directory)
    prepared = open_prepared(dataset, features, rules_in_force(home))
    params = settings(prepared.profile.name, params_file, seed)
    data = frames(prepared, params, dataset.info.observed_until)
    with progress("trials") as advance:
        tuned = tune(
            data.X,
            data.splits,
            prepared.profile.catalogue,
            params,
            trials=trials,
            objective=OBJECTIVES[objective],
            progress=advance,
        )
    given = {} if params_file is None else yaml.safe_load(params_file.read_text(encoding="utf-8")) or {}
    write_atomically(out, written(given, prepared.profile.name, params.seed, tuned).encode())
    from pipeline.tracking import record_tuning

    run_id = record_tuning(home, prepared.profile.name, prepared.dataset, summary(tuned), rows(tuned))
    tell(told(tuned))
    tell(f"settings in {out}, for `repair-risk train --params {out}` (MLflow run {run_id})")
    return DONE


def written(given: Mapping[str, Any], profile: str, seed: int, tuned: Tuned) -> str:
    """The parameter file: everything of the one given, the best settings under their profile, and their origin."""
    train = dict(given.get("train", {}))
    own = dict(train.get(profile, {}))
    own["booster"] = asdict(tuned.booster)
    train["seed"] = seed
    content = {**given, "train": {**train, profile: own}}
    head = "".join(f"# {line}\n" for line in told(tuned).splitlines())
    return head + yaml.safe_dump(content, allow_unicode=True, sort_keys=False)


def told(tuned: Tuned) -> str:
    """The study in a few lines."""
    found = summary(tuned)
    return "\n".join(
        (
            f"{found['trials']} trials ({found['pruned']} stopped early), {found['origins']} origins in the fit period",
            f"{found['objective']} relative to knowing nothing: {found['best']:.5f}, as given {found['given']:.5f}",
        )
    )


def rows(tuned: Tuned) -> list[dict[str, Any]]:
    """Every trial as one flat row."""
    return [
        {"number": trial.number, "value": trial.value, "pruned": trial.pruned, **asdict(trial.booster)}
        for trial in tuned.trials
    ]
