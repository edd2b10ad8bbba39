"""Training: from prepared frames to a signed bundle, installed at home and registered with MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from features.courts import figures_of
from models.bundle import write_bundle
from models.fit import fit_models
from models.fitted import FittedModels
from models.keys import load_or_create_signing_key
from models.params import FitParams
from models.splits import SplitPlan, counts, labels_of, plan_by_shares, split_labels
from pipeline.bundles import install
from pipeline.home import Home
from pipeline.in_force import rules_in_force
from pipeline.prepare import Prepared, load, prepare
from pipeline.refusals import InputRefused
from pipeline.say import DONE, Advance, Outcome, progress, tell
from policy.parameters import Policy
from records.clock import day_start
from records.dataset import Dataset


@dataclass(frozen=True)
class Frames:
    """What the models take: indicators `X` by case key, labels, splits, and the calendar they follow."""

    X: pd.DataFrame
    labels: pd.DataFrame
    splits: pd.DataFrame
    plan: SplitPlan


def frames(prepared: Prepared, params: FitParams, observed_until: date, plan: SplitPlan | None = None) -> Frames:
    """pandas frames of the prepared data, and the split of every labelled case by `plan` (None: one made for these
    data, by the shares of `params`)."""
    ids = [indicator.id for indicator in prepared.profile.catalogue]
    X = prepared.indicators.to_pandas().set_index("case_key")[ids].astype("float64")  # noqa: N806
    labels = prepared.labels.drop("row_ids").to_pandas()
    labels["outcome"] = labels["outcome"].replace({"repair_success": "success"})
    cohort = prepared.cohort.select("case_key", "debtor_id", "as_of").to_pandas()
    if plan is None:
        plan = plan_by_shares(labels_of(labels, cohort), day_start(observed_until), params.split)
    return Frames(X, labels, split_labels(labels, cohort, plan, params.split.regimes), plan)


def settings(profile: str, path: Path | None, seed: int | None) -> FitParams:
    """Training parameters of `profile`: its defaults, overlaid by the section `train` of a YAML file and a seed."""
    given: dict[str, Any] = {}
    if path is not None:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        section = content.get("train") if isinstance(content, Mapping) else None
        own = section.get(profile, {}) if isinstance(section, Mapping) else None
        if not isinstance(section, Mapping) or not isinstance(own, Mapping):
            raise InputRefused(f"{path} must hold a mapping `train`, and in it a mapping for {profile} if any")
        given = {key: value for key, value in section.items() if key not in ("applications", "first_listings")}
        given |= dict(own)
    if seed is not None:
        given["seed"] = seed
    return FitParams.from_mapping(profile, given)


def with_shares(params: FitParams, policy: Policy, on: date) -> FitParams:
    """The card's shares per dimension are law-like parameters: they come from the policy of the day."""
    if params.card.shares is None:
        return params
    number = policy.rules(on).number
    shares = {name: number[f"scorecard.shares.{name}"] for name in params.card.shares}
    return replace(params, card=replace(params.card, shares=shares))


def fit(prepared: Prepared, params: FitParams, observed_until: date, advance: Advance | None = None) -> FittedModels:
    """Fit all models of a profile on prepared frames."""
    data = frames(prepared, params, observed_until)

    def say(_what: str, share: float) -> None:
        if advance:
            advance(round(share * 100), 100)

    return fit_models(
        data.X,
        data.labels,
        data.splits,
        prepared.profile.catalogue,
        prepared.profile.name,
        catalogue_hash=prepared.catalogue,
        params=params,
        training={
            "dataset": prepared.dataset,
            "policy": prepared.policy,
            "observed_until": observed_until.isoformat(),
            "calendar": data.plan.to_json(),
            "counts": counts(data.splits, data.splits["split"]),
        },
        progress=say,
        places=places_of(prepared),
        figures=figures_of(prepared.courts, data.plan.fit_until or day_start(observed_until)),
    )


def places_of(prepared: Prepared) -> pd.DataFrame:
    """Region, industry, as-of and tier by case key, as `fit_models` takes them."""
    columns = {"region": "region_code", "industry": "industry_section", "as_of": "as_of", "tier": "tier"}
    return prepared.cohort.select("case_key", **columns).to_pandas().set_index("case_key")


def open_prepared(dataset: Dataset, features: Path | None, policy: Policy) -> Prepared:
    """Frames computed before, or computed now."""
    if features is not None:
        return load(features, dataset, policy)
    with progress("indicators") as advance:
        return prepare(dataset, policy, advance)


def train(directory: Path, out: Path, features: Path | None, params_file: Path | None, seed: int | None) -> Outcome:
    """Fit, write and sign the bundle, install it, register it as challenger."""
    home, dataset = Home.from_environment(), Dataset.open(directory)
    policy = rules_in_force(home)
    if out.exists() and any(out.iterdir()) and not (out / "manifest.json").exists():
        raise InputRefused(f"{out} holds other files: name a new folder for the bundle")
    signing_key = load_or_create_signing_key(home.keys)  # before the long work, so that a bad key costs nothing
    prepared = open_prepared(dataset, features, policy)
    observed_until = dataset.info.observed_until
    params = with_shares(settings(prepared.profile.name, params_file, seed), policy, observed_until)
    with progress("fitting") as advance:
        fitted = fit(prepared, params, observed_until, advance)
    write_bundle(fitted, out, signing_key)
    bundle = install(home, str(out))
    from pipeline.tracking import record_training

    run_id = record_training(home, bundle, params.to_json(), fitted.metrics)
    tell(f"bundle {bundle.id} in {out}, registered as challenger (MLflow run {run_id})\n{summary(fitted)}")
    return DONE


def summary(fitted: FittedModels) -> str:
    """The figures of a training in a few lines."""
    lines = []
    for outcome, figures in fitted.metrics.items():
        auc = figures.get("auc")
        shown = f"AUC {auc['value']:.3f} [{auc['low']:.3f}, {auc['high']:.3f}]" if auc else "AUC not defined"
        lines.append(f"  {outcome}: {shown}, {figures['events']:,} of {figures['cases']:,} ({figures['on']})")
    lines += [f"  {part}: not fitted: {why}" for part, why in fitted.absent.items()]
    return "\n".join(lines)
