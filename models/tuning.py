"""Booster settings chosen by Optuna under temporal validation, inside the fit period alone.

Rolling origins. The fit period's as-of dates of one outcome are cut at quantiles into `origins` + 2 equal parts; at
each inner cut from the second on, the model is fitted on what was known then and measured on the next part::

    origins = 2     |--- 1 ---|--- 2 ---|--- 3 ---|--- 4 ---|
    origin a        |== train (known by a) =|a== validate ==|
    origin b        |== train (known by b) ===========|b== validate ==|

A label counts for training only if it was known before the origin (the gap is as long as the label), and a debtor who
trains is not validated on. Calibration and test cases are never looked at. One set of settings serves all outcomes:
the objective is the mean, over outcomes and origins, of what the margin's log loss (or 1 - AUC) is of the loss of
knowing nothing, so that each outcome counts alike. A trial is stopped early when its mean so far is worse than the
median, at the same step, of the earlier trials that were not. The same rows, settings and seed give the same study.

What is tried is simpler than what is trained: each outcome's trees alone, from the mean label. In training the two
halves of re-default grow trees together before each its own (`models.halves`, docs/decisions/0013), and trees start
from what differs by place and year (docs/decisions/0009). The settings found are those of the shared trees and of
success; how many trees a half grows of its own, and how fast, is not searched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from dataclasses import replace as with_values
from typing import Any, Final, Literal

import numpy as np
import optuna
import pandas as pd
from numpy.typing import NDArray

from models.auc import auc
from models.boosting import fit_booster, raw_margin
from models.faults import FitFault
from models.metrics import log_loss
from models.params import BoosterParams, FitParams
from models.spec import OUTCOMES, Described, as_specs

FloatArray = NDArray[np.float64]
Objective = Literal["log_loss", "auc"]
_BINS: Final = (63, 127, 255)
_STARTUP: Final = 8  # trials drawn at random before the sampler and the pruner have something to go by


@dataclass(frozen=True)
class Origin:
    """One outcome at one point of time: case keys and labels (0.0 or 1.0) to train and to validate on."""

    outcome: str
    at: pd.Timestamp
    train: pd.Index
    train_y: FloatArray
    validate: pd.Index
    validate_y: FloatArray


@dataclass(frozen=True)
class Trial:
    """One set of settings and its objective (lower is better; the mean so far where it was pruned)."""

    number: int
    booster: BoosterParams
    value: float
    pruned: bool


@dataclass(frozen=True)
class Tuned:
    """The study: the best settings, what the given settings reached (trial 0), and every trial."""

    booster: BoosterParams
    value: float
    given: float
    objective: Objective
    origins: tuple[Origin, ...]
    trials: tuple[Trial, ...]


def rolling_origins(splits: pd.DataFrame, origins: int, min_events: int) -> tuple[Origin, ...]:
    """Origins of every outcome from rows case_key, outcome, debtor_id, as_of, known_by, label, split.

    Only rows whose split is "fit" are read. Origins where training or validation has fewer than `min_events` of either
    label are left out. Raises FitFault when none is left.
    """
    found: list[Origin] = []
    for outcome in OUTCOMES:
        mine = splits[(splits["outcome"] == outcome) & (splits["split"] == "fit")].sort_values("case_key")
        if mine.empty:
            continue
        cuts = mine["as_of"].quantile(np.linspace(0, 1, origins + 3)[2:], interpolation="lower")
        for at, until in zip(cuts.iloc[:-1], cuts.iloc[1:], strict=True):
            train = mine[mine["known_by"] < at]
            later = mine[(mine["as_of"] >= at) & ((mine["as_of"] < until) | (until == cuts.iloc[-1]))]
            later = later[~later["debtor_id"].isin(set(train["debtor_id"]))]
            labels = [part["label"].to_numpy(dtype=np.float64) for part in (train, later)]
            if min(min(y.sum(), len(y) - y.sum()) for y in labels) >= min_events:
                found.append(
                    Origin(
                        outcome,
                        pd.Timestamp(at),
                        pd.Index(train["case_key"]),
                        labels[0],
                        pd.Index(later["case_key"]),
                        labels[1],
                    )
                )
    if not found:
        raise FitFault([f"no origin within the fit period has {min_events} events to train and to validate on"])
    # By time: the median of early trials is then taken over like origins, and pruning comes before the dear ones.
    return tuple(sorted(found, key=lambda one: (len(one.train), one.outcome)))


def tune(
    X: pd.DataFrame,
    splits: pd.DataFrame,
    catalogue: Sequence[Described],
    params: FitParams,
    *,
    trials: int,
    objective: Objective = "log_loss",
    origins: int = 3,
    progress: Callable[[int, int], None] | None = None,
) -> Tuned:
    """Search booster settings for X (indexed by case_key) and `splits` (as `splits.split_labels` gives them).

    `params.booster` is the first trial, so the best is never worse than what was given. `progress(done, trials)` is
    called after each trial. Raises FitFault when the fit period is too short.
    """
    specs = [spec for spec in as_specs(catalogue) if spec.scored]
    scored = X.sort_index()[[spec.id for spec in specs]].astype(np.float64)
    steps = rolling_origins(splits, origins, params.min_events)
    done: list[Trial] = []

    def value_of(trial: optuna.Trial) -> float:
        suggested = _suggested(trial, params.booster)
        booster = params.booster if trial.number == 0 else suggested
        losses: list[float] = []
        for number, origin in enumerate(steps):
            directions = [spec.direction(origin.outcome) for spec in specs]
            losses.append(_loss(scored, origin, directions, with_values(params, booster=booster), objective))
            trial.report(float(np.mean(losses)), number)
            if number + 1 < len(steps) and trial.should_prune():
                done.append(Trial(trial.number, booster, float(np.mean(losses)), True))
                raise optuna.TrialPruned
        done.append(Trial(trial.number, booster, float(np.mean(losses)), False))
        return float(np.mean(losses))

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(
            direction="minimize",
            sampler=optuna.samplers.TPESampler(seed=params.seed, n_startup_trials=_STARTUP),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=_STARTUP),
        )
        study.enqueue_trial(_searched(params.booster))

        def told(_study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
            if progress is not None:
                progress(trial.number + 1, trials)

        study.optimize(value_of, n_trials=trials, callbacks=[told])
    finally:
        optuna.logging.set_verbosity(before)
    whole = [trial for trial in done if not trial.pruned]
    best = min(whole, key=lambda trial: (trial.value, trial.number))
    return Tuned(best.booster, best.value, done[0].value, objective, steps, tuple(done))


def summary(tuned: Tuned) -> dict[str, Any]:
    """The study in plain numbers, for MLflow and for the head of the parameter file."""
    return {
        "objective": tuned.objective,
        "best": tuned.value,
        "given": tuned.given,
        "trials": len(tuned.trials),
        "pruned": sum(trial.pruned for trial in tuned.trials),
        "origins": len(tuned.origins),
        "validated_cases": sum(len(origin.validate) for origin in tuned.origins),
        "booster": asdict(tuned.booster),
    }


def _loss(X: pd.DataFrame, origin: Origin, directions: Sequence[int], params: FitParams, objective: Objective) -> float:
    """Loss of one origin over the loss of knowing the training prevalence alone."""
    rows, y = X.loc[origin.train], origin.validate_y
    fitted = fit_booster(rows, origin.train_y.astype(np.int64), None, directions, params.booster, seed=params.seed)
    margin = raw_margin(fitted, X.loc[origin.validate].to_numpy(dtype=np.float64), params.booster.num_threads)
    if objective == "auc":
        return (1.0 - auc(y, margin)) / 0.5
    p = 1.0 / (1.0 + np.exp(-np.clip(margin, -700, 700)))
    return log_loss(y, p) / log_loss(y, np.full(len(y), float(origin.train_y.mean())))


def _suggested(trial: optuna.Trial, given: BoosterParams) -> BoosterParams:
    """Settings of a trial; depth stays within what exact explanations allow, threads as given."""
    depth = trial.suggest_int("max_depth", 2, 6)
    return with_values(
        given,
        max_depth=depth,
        num_leaves=min(trial.suggest_int("num_leaves", 4, 32), 2**depth),
        rounds=trial.suggest_int("rounds", 50, 800, step=50),
        learning_rate=trial.suggest_float("learning_rate", 0.02, 0.15, log=True),
        min_data_in_leaf=trial.suggest_int("min_data_in_leaf", 20, 300, log=True),
        lambda_l2=trial.suggest_float("lambda_l2", 0.5, 50.0, log=True),
        feature_fraction=trial.suggest_float("feature_fraction", 0.3, 1.0),
        max_bin=trial.suggest_categorical("max_bin", _BINS),
    )


def _searched(given: BoosterParams) -> Mapping[str, Any]:
    """The given settings as the sampler's space knows them: moved to its nearest edge or step."""
    return {
        "max_depth": min(max(given.max_depth, 2), 6),
        "num_leaves": min(max(given.num_leaves, 4), 32),
        "rounds": min(max(round(given.rounds / 50), 1), 16) * 50,
        "learning_rate": min(max(given.learning_rate, 0.02), 0.15),
        "min_data_in_leaf": min(max(given.min_data_in_leaf, 20), 300),
        "lambda_l2": min(max(given.lambda_l2, 0.5), 50.0),
        "feature_fraction": min(max(given.feature_fraction, 0.3), 1.0),
        "max_bin": min(_BINS, key=lambda bins: abs(bins - given.max_bin)),
    }
