"""MLflow: one run per training with parameters, metrics and artifacts, and the registered bundle.

Bundles are registered as plain files by their folder; nothing is ever loaded through MLflow, and the
scoring process does not import it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from models.bundle import Bundle
from pipeline.home import Home

EXPERIMENT = "repair-risk"


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Leaves of a nested mapping, keyed by their dotted path."""
    found: dict[str, Any] = {}
    for key, value in content.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def model_name(profile: str) -> str:
    """Name under which bundles of a profile are registered."""
    return f"repair-risk-{profile.replace('_', '-')}"


def record_training(home: Home, bundle: Bundle, params: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Log one training and register its bundle with the alias `challenger`; returns the run id."""
    bundle_id, profile = bundle.id, bundle.profile
    client = _opened(home)
    with mlflow.start_run(run_name=f"{profile} {bundle_id}") as run:
        mlflow.set_tags({"profile": profile, "bundle": bundle_id})
        mlflow.log_params({key: str(value)[:500] for key, value in sorted(_flat(params).items())})
        mlflow.log_metrics({key: float(value) for key, value in _flat(metrics).items() if _number(value)})
        mlflow.log_artifacts(str(bundle.path), artifact_path="bundle")
        run_id = str(run.info.run_id)
        source = f"{run.info.artifact_uri}/bundle"
    name = model_name(profile)
    try:
        client.get_registered_model(name)
    except MlflowException:
        client.create_registered_model(name, description="Signed bundle of plain files; load with repair-risk only.")
    version = client.create_model_version(name, source=source, run_id=run_id, tags={"bundle": bundle_id})
    client.set_registered_model_alias(name, "challenger", version.version)
    return run_id


def record_tuning(
    home: Home, profile: str, dataset: str, summary: Mapping[str, Any], trials: Sequence[Mapping[str, Any]]
) -> str:
    """Log one study: best settings as parameters, its figures, every trial as a table; returns the run id."""
    _opened(home)
    with mlflow.start_run(run_name=f"{profile} tuning") as run:
        mlflow.set_tags({"profile": profile, "kind": "tuning", "dataset": dataset, "objective": summary["objective"]})
        mlflow.log_params({key: str(value) for key, value in sorted(summary["booster"].items())})
        mlflow.log_metrics({key: float(value) for key, value in summary.items() if _number(value)})
        mlflow.log_dict(list(trials), "trials.json")
        return str(run.info.run_id)


def _opened(home: Home) -> MlflowClient:
    """A client on the home's store, with our experiment set."""
    home.root.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(home.mlflow_uri)
    client = MlflowClient()
    if client.get_experiment_by_name(EXPERIMENT) is None:
        client.create_experiment(EXPERIMENT, artifact_location=home.mlflow_artifacts.resolve().as_uri())
    mlflow.set_experiment(EXPERIMENT)
    return client


def record_promotion(home: Home, bundle_id: str, profile: str, approvers: tuple[str, ...]) -> bool:
    """Set the alias `champion` on the registered version of `bundle_id`; False when it was never registered."""
    mlflow.set_tracking_uri(home.mlflow_uri)
    client = MlflowClient()
    name = model_name(profile)
    versions: list[ModelVersion] = list(client.search_model_versions(f"name = '{name}'"))
    mine = [version for version in versions if version.tags.get("bundle") == bundle_id]
    if not mine:
        return False
    newest = max(mine, key=lambda version: int(version.version))
    client.set_model_version_tag(name, newest.version, "approved_by", ", ".join(approvers))
    client.set_registered_model_alias(name, "champion", newest.version)
    return True
