"""Repeated cross-validation, where records are too few to give a test period away."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from models.auc import auc_interval, paired_difference
from models.crossval import CrossValidation, booster_fit, repeated_cv, single_indicator
from pipeline.sections.evaluated import Evaluated, Section

REPEATS, FOLDS = 10, 5
LAWSUITS = "suit_count"


def cross_validation(given: Evaluated) -> Section:
    """Six-month re-listing on all mature cases, over the same folds: the monotone model and one count alone."""
    params, bundle, data = given.params, given.bundle, given.frames
    if params.split.mode != "cross_fit":
        return Section()
    mine = data.splits[(data.splits["outcome"] == "redefault_6") & (data.splits["split"] == "fit")]
    mine = mine.sort_values("case_key")
    y = mine["label"].to_numpy(dtype=np.float64)
    rows = data.X.loc[mine["case_key"], list(bundle.indicator_ids)]
    debtors = mine["debtor_id"].tolist()
    constraints = [spec.redefault for spec in bundle.specs if spec.scored]
    methods = {
        "lightgbm_monotone": booster_fit(constraints, params.booster, params.seed),
        "lawsuit_count_alone": single_indicator(LAWSUITS),
    }
    found = {
        name: repeated_cv(rows, y, debtors, method, repeats=REPEATS, folds=FOLDS, seed=params.seed)
        for name, method in methods.items()
    }
    ours, count = found["lightgbm_monotone"], found["lawsuit_count_alone"]
    result = {
        "cases": len(y),
        "events": int(y.sum()),
        "repeats": REPEATS,
        "folds": FOLDS,
        "methods": {name: _figures(one) for name, one in found.items()},
        "lawsuit_count_all_cases": asdict(auc_interval(y, rows[LAWSUITS].to_numpy(dtype=np.float64))),
        "difference": asdict(paired_difference(y, ours.scores, count.scores)),
    }
    return Section({"cross_validation": result}, {"figures": result}, _lines(result))


def _figures(one: CrossValidation) -> dict[str, float]:
    return {
        "mean_auc": one.mean,
        "fold_sd": one.fold_sd,
        "standard_error": one.standard_error,
        "pooled_auc": one.pooled,
        "pooled_standard_error": one.pooled_standard_error,
    }


def _lines(found: dict[str, Any]) -> tuple[str, ...]:
    gap, whole = found["difference"], found["lawsuit_count_all_cases"]
    return (
        f"re-listed within six months, {found['events']} of {found['cases']}, "
        f"{found['repeats']} x {found['folds']} cross-validation:",
        *(
            f"  {name}: AUC {one['mean_auc']:.3f}, standard error {one['standard_error']:.3f}"
            for name, one in found["methods"].items()
        ),
        f"  lawsuit count on all cases at once: AUC {whole['value']:.3f}",
        f"  on pooled out-of-fold ranks, model minus count: {gap['first']:.3f} - {gap['second']:.3f} = "
        f"{gap['difference']:+.3f} [{gap['low']:+.3f}, {gap['high']:+.3f}]",
    )
