"""Repeated cross-validation, where records are too few to give a test period away."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from models.auc import auc_interval, paired_difference
from models.challengers import best_indicator
from models.crossval import CrossValidation, booster_fit, repeated_cv, single_indicator
from pipeline.sections.evaluated import Evaluated, Section

REPEATS, FOLDS = 10, 5
LAWSUITS = "suit_count"


def cross_validation(given: Evaluated) -> Section:
    """Six-month re-listing on all mature cases, over the same folds: the monotone model and a rival of one indicator:
    the count of lawsuits where the catalogue has it, else the best one of each training part."""
    params, bundle, data = given.params, given.bundle, given.frames
    if params.split.mode != "cross_fit":
        return Section()
    mine = data.splits[(data.splits["outcome"] == "redefault_6") & (data.splits["split"] == "fit")]
    mine = mine.sort_values("case_key")
    y = mine["label"].to_numpy(dtype=np.float64)
    rows = data.X.loc[mine["case_key"], list(bundle.indicator_ids)]
    debtors = mine["debtor_id"].tolist()
    owners = mine["debtor_id"].to_numpy(dtype=np.str_)
    constraints = [spec.redefault for spec in bundle.specs if spec.scored]
    rival = "lawsuit_count" if LAWSUITS in rows.columns else "best_indicator"
    methods = {
        "lightgbm_monotone": booster_fit(constraints, params.booster, params.seed),
        f"{rival}_alone": single_indicator(LAWSUITS) if LAWSUITS in rows.columns else best_indicator(),
    }
    found = {
        name: repeated_cv(rows, y, debtors, method, repeats=REPEATS, folds=FOLDS, seed=params.seed)
        for name, method in methods.items()
    }
    ours, alone = found["lightgbm_monotone"], found[f"{rival}_alone"]
    result = {
        "cases": len(y),
        "events": int(y.sum()),
        "repeats": REPEATS,
        "folds": FOLDS,
        "methods": {name: _figures(one) for name, one in found.items()},
        "rival": rival,
        "pooled": asdict(auc_interval(y, ours.scores, owners)),
        "difference": asdict(paired_difference(y, ours.scores, alone.scores, owners)),
    }
    if LAWSUITS in rows.columns:
        count = rows[LAWSUITS].to_numpy(dtype=np.float64)
        result["lawsuit_count_all_cases"] = asdict(auc_interval(y, count, owners))
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
    gap, whole, rival = found["difference"], found.get("lawsuit_count_all_cases"), found["rival"].replace("_", " ")
    return (
        f"re-listed within six months, {found['events']} of {found['cases']}, "
        f"{found['repeats']} x {found['folds']} cross-validation:",
        *(
            f"  {name}: AUC {one['mean_auc']:.3f}, standard error {one['standard_error']:.3f}"
            for name, one in found["methods"].items()
        ),
        *((f"  lawsuit count on all cases at once: AUC {whole['value']:.3f}",) if whole else ()),
        f"  on pooled out-of-fold ranks, model minus {rival}: {gap['first']:.3f} - {gap['second']:.3f} = "
        f"{gap['difference']:+.3f} [{gap['low']:+.3f}, {gap['high']:+.3f}]",
    )
