"""Calibration against the true probabilities, and where the rest of the gap to the truth comes from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from models.auc import auc_interval, paired_difference
from models.ceiling import noise_free
from models.spec import CARD_OUTCOME
from models.true_calibration import binned_true, true_calibration
from pipeline.sections.evaluated import GROUPINGS, HEADS, Evaluated, Floats, HeldOut, Section

REGION_CASES = 500  # a region with fewer test cases has no figure of its own


def truth(given: Evaluated) -> Section:
    """Empty without a truth. Re-default is judged on the labelled (granted) test cases and on every applicant."""
    table = given.truth
    if table is None:
        return Section()
    metrics: dict[str, Any] = {}
    curves: list[dict[str, Any]] = []
    regions: list[dict[str, Any]] = []
    ladders: dict[str, list[dict[str, Any]]] = {}
    for outcome in HEADS:
        held = given.held_out(outcome)
        if held.p is None or held.true is None or not held.usable:
            continue
        everybody = applicants(given, table, outcome)
        own = {"labelled": asdict(true_calibration(held.p, held.true))}
        if everybody.p is not None and everybody.true is not None and len(everybody.y):
            own["applicants"] = asdict(true_calibration(everybody.p, everybody.true))
            curves += [{"outcome": outcome, **row} for row in binned_true(everybody.p, everybody.true, 20)]
            mine = by_region(given, outcome, everybody)
            regions += mine
            own["regions"] = {
                "of_at_least": REGION_CASES,
                "regions": len(mine),
                "largest": max((row["binned"] for row in mine), default=None),
            }
        ladders[outcome] = ladder(given, table, outcome, held, held.true)
        metrics[outcome] = own | {"gap": {row["step"]: row["auc"] for row in ladders[outcome]}}
    if not metrics:
        return Section()
    tables = {"curves": curves, "regions": regions, "ladders": ladders}
    return Section({"against_truth": metrics}, tables, _lines(metrics, ladders))


def applicants(given: Evaluated, table: pd.DataFrame, outcome: str) -> HeldOut:
    """Every case of the outcome's test period of which a model is asked, whose truth is known and whose debtor was not
    learnt from; labels NaN.

    Truth of re-default is that of the world in which the repair is granted, so it is known for refused cases too. Where
    the rules decide (statutory exits, negative list) no model is asked, and none was taught.
    """
    splits, cohort = given.frames.splits, given.prepared.cohort.select("case_key", "debtor_id", "as_of").to_pandas()
    start = splits.loc[(splits["outcome"] == outcome) & (splits["split"] == "test"), "as_of"].min()
    seen = set(splits.loc[splits["split"].isin(("fit", "calibrate")), "debtor_id"])
    labels = given.frames.labels
    ruled = set(labels.loc[(labels["outcome"] == "success") & (labels["status"] == "excluded"), "case_key"])
    free = ~cohort["debtor_id"].isin(seen) & ~cohort["case_key"].isin(ruled)
    mine = cohort[(cohort["as_of"] >= start) & free].sort_values("case_key")
    true = table.loc[mine["case_key"], outcome].to_numpy(dtype=np.float64)
    mine, true = mine[~np.isnan(true)], true[~np.isnan(true)]
    rows = given.frames.X.index.get_indexer(pd.Index(mine["case_key"])).astype(np.int64)
    p = given.probabilities.get(outcome)
    return HeldOut(
        keys=pd.Index(mine["case_key"]),
        rows=rows,
        y=np.full(len(mine), np.nan),
        debtors=mine["debtor_id"].to_numpy(dtype=np.str_),
        p=None if p is None else p[rows],
        true=true,
    )


def by_region(given: Evaluated, outcome: str, cases: HeldOut) -> list[dict[str, Any]]:
    """Calibration against the truth in every region with enough cases."""
    if cases.p is None or cases.true is None:
        return []
    names = given.groups(cases.keys)["region_code"].to_numpy()
    rows = []
    for name in sorted(set(names)):
        mine = names == name
        if mine.sum() >= REGION_CASES:
            found = asdict(true_calibration(cases.p[mine], cases.true[mine]))
            rows.append({"outcome": outcome, "region": str(name), **found})
    return rows


def ladder(given: Evaluated, table: pd.DataFrame, outcome: str, held: HeldOut, true: Floats) -> list[dict[str, Any]]:
    """AUC on the same labelled test cases, from the truth down, each step with what it loses to the one above."""
    known = ~np.isnan(true)
    y, owners = held.y[known], held.debtors[known]
    scores: list[tuple[str, Floats]] = [("true_probability", true[known])]
    if f"known_{outcome}" in table.columns:
        scores.append(("without_hidden_causes", table.loc[held.keys[known], f"known_{outcome}"].to_numpy()))
    scores.append(("what_records_show", from_records(given, table, outcome, held)[known]))
    if held.p is not None:
        scores.append(("lightgbm", held.p[known]))
    card = given.bundle.scorecard
    if outcome == CARD_OUTCOME and card is not None:
        scores.append(("points_card", -card.total(card.points(given.frames.X.iloc[held.rows[known]]))))
    rows: list[dict[str, Any]] = []
    for place, (step, score) in enumerate(scores):
        lost = asdict(paired_difference(y, score, scores[place - 1][1], owners)) if place else None
        rows.append({"step": step, "auc": asdict(auc_interval(y, score, owners)), "lost": lost})
    return rows


def from_records(given: Evaluated, table: pd.DataFrame, outcome: str, held: HeldOut) -> Floats:
    """Score of the test cases by `models.ceiling.noise_free`, fitted on the truth of the cases before the test."""
    data, splits = given.frames, given.frames.splits
    start = splits.loc[(splits["outcome"] == outcome) & (splits["split"] == "test"), "as_of"].min()
    cohort = given.prepared.cohort.select("case_key", "debtor_id", "as_of").to_pandas()
    before = cohort[(cohort["as_of"] < start) & ~cohort["debtor_id"].isin(set(held.debtors.tolist()))]
    before = before.sort_values("case_key")
    true = table.loc[before["case_key"], outcome].to_numpy(dtype=np.float64)
    keys = pd.Index(before["case_key"])[~np.isnan(true)]
    ids = list(given.bundle.indicator_ids)

    def rows(of: pd.Index) -> pd.DataFrame:
        return data.X.loc[of, ids].join(given.groups(of)[list(GROUPINGS)])

    score = noise_free(
        rows(keys), true[~np.isnan(true)], seed=given.settings.seed, threads=given.params.booster.num_threads
    )
    return score(rows(held.keys))


def _lines(metrics: dict[str, Any], ladders: dict[str, list[dict[str, Any]]]) -> tuple[str, ...]:
    lines = ["against the true probabilities (mean |difference| in bins of equal count; slope):"]
    for outcome, found in metrics.items():
        whole = found.get("applicants", found["labelled"])
        slope = "—" if whole["slope"] is None else f"{whole['slope']:.3f}"
        worst = found.get("regions", {}).get("largest")
        more = "" if worst is None else f"; largest in a region {worst:.4f}"
        lines.append(f"  {outcome}: {whole['binned']:.4f}; {slope} on {whole['cases']:,} applicants{more}")
    for outcome, rows in ladders.items():
        steps = " > ".join(f"{row['step']} {row['auc']['value']:.3f}" for row in rows)
        lines.append(f"  {outcome}, AUC: {steps}")
    return tuple(lines)
