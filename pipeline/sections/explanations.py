"""Our contributions held against another engine's, and which indicators weigh."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import shap

from explain.contributions import contributions
from pipeline.refusals import IntegrityRefused
from pipeline.sections.evaluated import Evaluated, Section

CHECKED = 2_000  # cases on which the explanations are held against shap
AGREEMENT = 1e-9  # log-odds


def explanations(given: Evaluated) -> Section:
    """Our contributions against `shap.TreeExplainer` on a sample of cases, and mean |contribution| by indicator.

    Raises IntegrityRefused when the two engines disagree: then no explanation of this bundle can be trusted.
    """
    bundle, X = given.bundle, given.frames.X  # noqa: N806
    sample = X.loc[sorted(X.index)[:: max(1, len(X) // CHECKED)], list(bundle.indicator_ids)]
    ours = contributions(bundle, sample)
    worst: dict[str, float] = {}
    importance: dict[str, list[dict[str, Any]]] = {}
    for outcome, booster in bundle.boosters.items():
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="LightGBM binary classifier", category=UserWarning)
            peer = np.asarray(shap.TreeExplainer(booster).shap_values(sample.to_numpy(dtype=np.float64)))
        worst[outcome] = float(np.max(np.abs(peer - ours[outcome].values)))
        mean = np.abs(peer).mean(axis=0)
        ranked = sorted(zip(bundle.indicator_ids, mean.tolist(), strict=True), key=lambda item: -item[1])
        importance[outcome] = [{"indicator": id_, "mean_abs": value} for id_, value in ranked if value > 0]
    if max(worst.values()) > AGREEMENT:
        raise IntegrityRefused(f"contributions differ from shap by {max(worst.values()):.3g}: {worst}")
    return Section({"explanations": {"cases": len(sample), "largest_difference_from_shap": worst}}, importance)
