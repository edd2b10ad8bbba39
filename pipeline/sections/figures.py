"""Head figures and curves on the test period: each outcome on its own labelled cases, and the points card."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from sklearn.metrics import roc_curve

from models.auc import auc_interval, paired_difference
from models.bootstrap import ece_if_true, figure_intervals
from models.metrics import reliability, summary
from models.owners import Owners
from models.spec import CARD_OUTCOME
from pipeline.sections.evaluated import HEADS, Evaluated, Floats, HeldOut, Section


def figures(given: Evaluated) -> Section:
    """Figures of every outcome and of the card; the ROC and reliability curves; the calendar they stand on."""
    outcomes: dict[str, Any] = {}
    curves: list[dict[str, Any]] = []
    bins: list[dict[str, Any]] = []
    for outcome in HEADS:
        held = given.held_out(outcome)
        if held.p is None or not held.usable:
            continue
        found = summary(held.y, held.p, held.debtors) | spread(given, held, held.p)
        if held.true is not None:
            found["truth"] = beside_truth(held.y, held.p, held.true, held.debtors)
        outcomes[outcome] = found
        curves += [{"outcome": outcome, **point} for point in roc(held.y, held.p)]
        bins += [{"outcome": outcome, **row} for row in reliability(held.y, held.p)]
    metrics: dict[str, Any] = {"calendar": given.frames.plan.to_json(), "outcomes": outcomes}
    metrics |= card_figures(given)
    tables = {"roc": curves, "reliability": bins} if curves else {}
    return Section(metrics, tables, _lines(metrics))


def card_figures(given: Evaluated) -> dict[str, Any]:
    """Figures of the points card on its own outcome, and its AUC against the trees on the same cases."""
    held, card = given.held_out(CARD_OUTCOME), given.bundle.scorecard
    if card is None or not held.usable:
        return {}
    totals = card.total(card.points(given.frames.X.loc[held.keys]))
    risk = card.probability(totals)
    found = summary(held.y, risk, held.debtors) | spread(given, held, risk)
    if held.p is not None:
        found["against_lightgbm"] = asdict(paired_difference(held.y, -totals, held.p, held.debtors))
    return {"card": found}


def spread(given: Evaluated, held: HeldOut, p: Floats) -> dict[str, Any]:
    """Intervals of all figures over debtors, and the ECE that honest probabilities would show on as many cases."""
    settings = given.settings
    found = figure_intervals(held.y, p, held.debtors, draws=settings.draws, seed=settings.seed)
    return {
        "intervals": {name: asdict(interval) for name, interval in found.items()},
        "ece_if_true": ece_if_true(p, seed=settings.seed),
    }


def beside_truth(y: Floats, p: Floats, true: Floats, owners: Owners) -> dict[str, Any]:
    """Known only in a synthetic world: the best reachable AUC on these cases, and how far p is from the truth."""
    known = ~np.isnan(true)
    return {
        "best_reachable_auc": asdict(auc_interval(y[known], true[known], owners[known])),
        "mean_absolute_difference": float(np.mean(np.abs(p[known] - true[known]))),
        "mean_difference": float(np.mean(p[known] - true[known])),
    }


def roc(y: Floats, p: Floats, points: int = 200) -> list[dict[str, float]]:
    """The ROC curve, thinned to at most `points` points."""
    false, true, _ = roc_curve(y, p)
    keep = np.unique(np.linspace(0, len(false) - 1, min(points, len(false))).astype(int))
    return [{"false_positive_rate": float(false[i]), "true_positive_rate": float(true[i])} for i in keep]


def _lines(metrics: dict[str, Any]) -> tuple[str, ...]:
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
    return ("out of time:", *lines) if lines else ()
