"""Evaluation: out of time where there is history enough, by repeated cross-validation where there is not."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import shap
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from explain.contributions import contributions
from explain.global_view import global_view
from models.auc import auc, auc_interval, paired_difference
from models.bundle import Bundle
from models.crossval import CrossValidation, booster_fit, repeated_cv, single_indicator
from models.metrics import by_grade, reliability, summary
from models.params import FitParams
from models.predict import margins, probabilities
from models.spec import CARD_OUTCOME
from pipeline.bundles import install
from pipeline.files import write_json
from pipeline.global_pictures import grouped
from pipeline.home import Home
from pipeline.in_force import rules_in_force
from pipeline.prepare import Prepared
from pipeline.refusals import InputRefused, IntegrityRefused
from pipeline.say import DONE, Outcome, tell
from pipeline.train import Frames, frames, open_prepared
from policy.parameters import Policy
from policy.rules import Rules
from records.dataset import Dataset
from records.files import write_atomically

Floats = NDArray[np.float64]
HEADS = ("success", "redefault_6", CARD_OUTCOME)
REPEATS, FOLDS = 10, 5
CHECKED = 2_000  # cases on which the explanations are held against shap
AGREEMENT = 1e-9  # log-odds
LAWSUITS = "suit_count"


def evaluate(reference: str, directory: Path, out: Path, features: Path | None, truth: Path | None) -> Outcome:
    """Write `metrics.json`, `tables.json`, `global.json`, `roc.csv` and `reliability.csv` of a bundle on a dataset."""
    home, dataset = Home.from_environment(), Dataset.open(directory)
    policy = rules_in_force(home)
    bundle = install(home, reference)
    if bundle.profile != dataset.info.profile:
        raise InputRefused(f"bundle {bundle.id} is for {bundle.profile}, {directory} holds {dataset.info.profile}")
    prepared = open_prepared(dataset, features, policy)
    params = FitParams.from_mapping(bundle.profile, bundle.params)
    data = frames(prepared, params, dataset.info.observed_until)
    true = None if truth is None else true_probabilities(truth, prepared)
    found = out_of_time(bundle, data, prepared, policy, true)
    if params.split.mode == "cross_fit":
        found["metrics"]["cross_validation"] = cross_validation(bundle, data, params)
    found["metrics"] |= {"bundle": bundle.id, "profile": bundle.profile}
    found["metrics"]["explanations"], found["tables"]["importance"] = explanations(bundle, data.X)
    write_json(out / "global.json", global_view(bundle, data.X, grouped(prepared.cohort)))
    write_json(out / "metrics.json", found["metrics"])
    write_json(out / "tables.json", found["tables"])
    _write_csv(out / "roc.csv", found["roc"], ("outcome", "false_positive_rate", "true_positive_rate"))
    _write_csv(out / "reliability.csv", found["reliability"], ("outcome", "cases", "predicted", "observed"))
    tell(told(found["metrics"]))
    return DONE


def true_probabilities(truth: Path, prepared: Prepared) -> pd.DataFrame:
    """True probabilities of a synthetic world by case key: columns `success`, `redefault_6`, `redefault_12`.

    Raises InputRefused when `truth` is not the truth of these very cases.
    """
    path = truth / "applications.parquet"
    if not path.exists():
        raise InputRefused(f"{truth} holds no applications.parquet: it is not the truth of a synthetic world")
    frame = pl.read_parquet(path).select("case_key", *(f"p_{name}" for name in HEADS))
    missing = prepared.cohort.join(frame, on="case_key", how="anti").height
    if missing:
        raise InputRefused(f"{truth} is the truth of another world: {missing} cases are not in it")
    return frame.to_pandas().set_index("case_key").rename(columns={f"p_{name}": name for name in HEADS})


def out_of_time(
    bundle: Bundle, data: Frames, prepared: Prepared, policy: Policy, true: pd.DataFrame | None
) -> dict[str, Any]:
    """Figures on the test period of the bundle's own calendar, each outcome on its own labelled cases."""
    given = probabilities(bundle, margins(bundle, data.X))
    metrics: dict[str, Any] = {"calendar": data.plan.to_json(), "outcomes": {}}
    tables: dict[str, Any] = {"groups": {}}
    curves: list[dict[str, Any]] = []
    bins: list[dict[str, Any]] = []
    for outcome in HEADS:
        probability = given[outcome]
        keys, y = held_out(data, outcome)
        if probability is None or not 0 < y.sum() < len(y):
            continue
        p = probability[data.X.index.get_indexer(keys)]
        found = summary(y, p)
        if true is not None:
            found["truth"] = beside_truth(y, p, true.loc[keys, outcome].to_numpy(dtype=np.float64))
        metrics["outcomes"][outcome] = found
        curves += [{"outcome": outcome, **point} for point in roc(y, p)]
        bins += [{"outcome": outcome, **row} for row in reliability(y, p)]
        tables["groups"][outcome] = by_group(prepared.cohort, keys, y, p)
    keys, y = held_out(data, CARD_OUTCOME)
    card = bundle.scorecard
    if card is not None and 0 < y.sum() < len(y):
        totals = card.total(card.points(data.X.loc[keys]))
        metrics["card"] = summary(y, card.probability(totals))
        if card.shares is not None:
            limits = policy.rules(data.splits["as_of"].max().date())
            tables["grades"] = by_grade(y, [grade_of(total, limits) for total in totals.tolist()])
        other = given[CARD_OUTCOME]
        if other is not None:
            p = other[data.X.index.get_indexer(keys)]
            metrics["card"]["against_lightgbm"] = asdict(paired_difference(y, -totals, p))
    return {"metrics": metrics, "tables": tables, "roc": curves, "reliability": bins}


def explanations(bundle: Bundle, X: pd.DataFrame) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:  # noqa: N803
    """Our contributions against `shap.TreeExplainer` on a sample of cases, and mean |contribution| by indicator.

    Raises IntegrityRefused when the two engines disagree: then no explanation of this bundle can be trusted.
    """
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
    return {"cases": len(sample), "largest_difference_from_shap": worst}, importance


def held_out(data: Frames, outcome: str) -> tuple[pd.Index, Floats]:
    """Case keys and labels (n,) of the test period for an outcome."""
    splits = data.splits
    mine = splits[(splits["outcome"] == outcome) & (splits["split"] == "test")].sort_values("case_key")
    return pd.Index(mine["case_key"]), mine["label"].to_numpy(dtype=np.float64)


def beside_truth(y: Floats, p: Floats, true: Floats) -> dict[str, Any]:
    """Known only in a synthetic world: the best reachable AUC on these cases, and how far p is from the truth."""
    known = ~np.isnan(true)
    return {
        "best_reachable_auc": asdict(auc_interval(y[known], true[known])),
        "mean_absolute_difference": float(np.mean(np.abs(p[known] - true[known]))),
        "mean_difference": float(np.mean(p[known] - true[known])),
    }


def roc(y: Floats, p: Floats, points: int = 200) -> list[dict[str, float]]:
    """The ROC curve, thinned to at most `points` points."""
    false, true, _ = roc_curve(y, p)
    keep = np.unique(np.linspace(0, len(false) - 1, min(points, len(false))).astype(int))
    return [{"false_positive_rate": float(false[i]), "true_positive_rate": float(true[i])} for i in keep]


def grade_of(total: float, rules: Rules) -> str:
    """Grade by points alone (DT5 before its caps), so that the limits themselves are tested."""
    return next((g for g in ("A", "B", "C") if total >= rules.number[f"grade.limits.{g}"]), "D")


def by_group(cohort: pl.DataFrame, keys: pd.Index, y: Floats, p: Floats) -> list[dict[str, Any]]:
    """Observed beside predicted, and AUC where both outcomes occur, by region, industry and kind of subject."""
    frame = cohort.select("case_key", "region_code", "industry_section", "subject_type").to_pandas()
    frame = frame.set_index("case_key").loc[keys]
    rows = []
    for column in ("region_code", "industry_section", "subject_type"):
        names = frame[column].fillna("—").to_numpy()
        for name in sorted(set(names)):
            mine = names == name
            both = 0 < y[mine].sum() < mine.sum()
            rows.append(
                {
                    "by": column,
                    "group": str(name),
                    "cases": int(mine.sum()),
                    "observed": float(y[mine].mean()),
                    "predicted": float(p[mine].mean()),
                    "auc": float(auc(y[mine], p[mine])) if both else None,
                }
            )
    return rows


def cross_validation(bundle: Bundle, data: Frames, params: FitParams) -> dict[str, Any]:
    """Six-month re-listing on all mature cases, over the same folds: the monotone model and one count alone."""
    mine = data.splits[(data.splits["outcome"] == "redefault_6") & (data.splits["split"] == "fit")]
    mine = mine.sort_values("case_key")
    y = mine["label"].to_numpy(dtype=np.float64)
    rows = data.X.loc[mine["case_key"], list(bundle.indicator_ids)]
    groups = mine["debtor_id"].tolist()
    constraints = [spec.redefault for spec in bundle.specs if spec.scored]
    methods = {
        "lightgbm_monotone": booster_fit(constraints, params.booster, params.seed),
        "lawsuit_count_alone": single_indicator(LAWSUITS),
    }
    found = {
        name: repeated_cv(rows, y, groups, method, repeats=REPEATS, folds=FOLDS, seed=params.seed)
        for name, method in methods.items()
    }
    ours, count = found["lightgbm_monotone"], found["lawsuit_count_alone"]
    return {
        "cases": len(y),
        "events": int(y.sum()),
        "repeats": REPEATS,
        "folds": FOLDS,
        "methods": {name: _cv_figures(one) for name, one in found.items()},
        "lawsuit_count_all_cases": asdict(auc_interval(y, rows[LAWSUITS].to_numpy(dtype=np.float64))),
        "difference": asdict(paired_difference(y, ours.scores, count.scores)),
    }


def _cv_figures(one: CrossValidation) -> dict[str, float]:
    return {
        "mean_auc": one.mean,
        "fold_sd": one.fold_sd,
        "standard_error": one.standard_error,
        "pooled_auc": one.pooled,
        "pooled_standard_error": one.pooled_standard_error,
    }


def told(metrics: Mapping[str, Any]) -> str:
    """The figures for people."""
    lines = []
    for name, found in metrics["outcomes"].items():
        interval = found["auc"]
        line = f"  {name}: AUC {interval['value']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]"
        if "truth" in found:
            line += f", best reachable {found['truth']['best_reachable_auc']['value']:.3f}"
        lines.append(line + f", {found['events']:,} of {found['cases']:,}")
    if "card" in metrics:
        interval = metrics["card"]["auc"]
        lines.append(f"  points card: AUC {interval['value']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]")
    if lines:
        lines.insert(0, "out of time:")
    if "cross_validation" in metrics:
        found = metrics["cross_validation"]
        lines.append(
            f"re-listed within six months, {found['events']} of {found['cases']}, "
            f"{found['repeats']} x {found['folds']} cross-validation:"
        )
        for name, one in found["methods"].items():
            lines.append(f"  {name}: AUC {one['mean_auc']:.3f}, standard error {one['standard_error']:.3f}")
        whole = found["lawsuit_count_all_cases"]
        lines.append(f"  lawsuit count on all cases at once: AUC {whole['value']:.3f}")
        gap = found["difference"]
        lines.append(
            f"  on pooled out-of-fold ranks, model minus count: {gap['first']:.3f} - {gap['second']:.3f} = "
            f"{gap['difference']:+.3f} [{gap['low']:+.3f}, {gap['high']:+.3f}]"
        )
    return "\n".join(lines)


def _write_csv(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())
