"""Other models beside ours on the very same test cases, with paired intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache, partial
from typing import Any, Final

import numpy as np
import pandas as pd
import polars as pl

from models.auc import auc_interval, paired_difference
from models.bootstrap import paired_intervals
from models.challengers import (
    CardScore,
    additive,
    best_indicator,
    learnt_shares,
    logistic,
    points_card,
    prevalence,
    straightened,
)
from models.crossval import FitFunction, Score, booster_fit
from models.faults import FitFault
from models.horizons import p12
from models.metrics import brier, log_loss
from models.spec import CARD_OUTCOME
from pipeline.context import shifts_of
from pipeline.sections.censoring import HORIZONS
from pipeline.sections.evaluated import HEADS, Evaluated, Floats, HeldOut, Section
from pipeline.sections.hazard import Monthly, fit_monthly
from pipeline.sections.refits import LEARNT

OURS: Final = "lightgbm"
# What a challenger learns from some periods: its score, and the labels of the cases it was fitted on.
Fit = Callable[[Sequence[str]], tuple[Score, pd.Series]]


def challengers(given: Evaluated) -> Section:
    """For repair success and for re-default within six and twelve months: every challenger fitted on the cases ours
    learns from, its score turned into a probability, measured on the test cases of our model."""
    metrics: dict[str, Any] = {}
    notes: dict[str, Any] = {}
    monthly = cache(partial(fit_monthly, given))  # one fit serves both horizons
    for outcome in HEADS:
        held = given.held_out(outcome)
        if held.p is not None and held.usable:
            metrics[outcome], notes[outcome] = beside_each_other(given, outcome, held, held.p, monthly)
    if not metrics:
        return Section()
    tables = {
        "outcomes": {name: [{"name": key} | row for key, row in found.items()] for name, found in metrics.items()},
        "notes": notes,
    }
    return Section({"challengers": metrics | {"notes": notes}}, tables, _lines(metrics, notes))


def beside_each_other(
    given: Evaluated, outcome: str, held: HeldOut, ours: Floats, monthly: Callable[[Sequence[str]], Monthly]
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Figures of every challenger by name, weakest idea first, and what is to be said of them.

    The line from scores to probabilities is that of the same method fitted on the fit period alone, drawn on the
    calibration period's cases, which it did not know. Beside `card_free_shares` stands its AUC minus that of the card
    as it is, whose shares are given: what the fixed shares cost. `monthly`: the hazard learnt from some periods.
    """
    X = given.frames.X[list(given.bundle.indicator_ids)]  # noqa: N806
    fit, later = _part(given, outcome, "fit"), _part(given, outcome, "calibrate")
    probabilities: dict[str, Floats] = {}
    scores: dict[str, Score] = {}
    absent: dict[str, str] = {}
    notes: dict[str, Any] = {"fit_cases": len(fit), "calibration_cases": len(later), "absent": absent}
    drawn = 0 < later.sum() < len(later)  # whether a line can be drawn on the calibration period
    for name, learn in fits(given, outcome, monthly).items():
        try:
            score, mine = learn(LEARNT)
            honest, on = (learn(("fit",))[0], later) if drawn else (score, mine)
        except FitFault as fault:
            absent[name] = str(fault)
            continue
        scores[name] = score
        probabilities[name] = straightened(score(X.iloc[held.rows]), honest(X.loc[on.index]), on.to_numpy())
        if len(mine) < len(fit) + len(later):
            notes[f"{name}_cases"] = len(mine)
    if "hazard" in scores:
        notes["hazard"] = monthly(LEARNT).counts()
    card = given.bundle.scorecard
    if outcome == CARD_OUTCOME and card is not None:
        probabilities["points_card"] = card.probability(card.total(card.points(X.iloc[held.rows])))
        free = scores.get("card_free_shares")
        if isinstance(free, CardScore):
            population = X.loc[given.reference_keys()]
            notes["given_shares"] = learnt_shares(card, given.bundle.specs, population)
            notes["learnt_shares"] = learnt_shares(free.card, given.bundle.specs, population)
    best = scores["best_indicator"]
    notes["best_indicator_is"] = getattr(best, "name", "")
    without = without_place(given, outcome, held)
    if without is not None:
        probabilities["lightgbm_without_place"] = without
    probabilities[OURS] = ours
    if held.true is not None and not np.isnan(held.true).any():
        probabilities["true_probability"] = held.true
    shown = [name for name in ORDER if name in probabilities]
    found: dict[str, dict[str, Any]] = {name: _figures(given, held, probabilities[name], ours) for name in shown}
    if {"points_card", "card_free_shares"} <= set(found):
        cost = paired_difference(held.y, probabilities["card_free_shares"], probabilities["points_card"], held.debtors)
        found["card_free_shares"]["against_card"] = asdict(cost)
    return found, notes


ORDER: Final = (
    "prevalence", "best_indicator", "logistic", "points_card", "card_free_shares", "additive", "lightgbm_free",
    "hazard", "lightgbm_without_place", OURS, "true_probability",
)  # fmt: skip


def fits(given: Evaluated, outcome: str, monthly: Callable[[Sequence[str]], Monthly]) -> Mapping[str, Fit]:
    """Challengers by name, to be fitted on cases of some periods."""
    X = given.frames.X[list(given.bundle.indicator_ids)]  # noqa: N806

    def on_labels(method: FitFunction, most: int | None) -> Fit:
        def fit(periods: Sequence[str]) -> tuple[Score, pd.Series]:
            mine = _some(_part(given, outcome, *periods), most, given.settings.seed)
            return method(X.loc[mine.index], mine.to_numpy()), mine

        return fit

    made = {name: on_labels(method, most) for name, (method, most) in methods(given, outcome).items()}
    if outcome in HORIZONS:
        made["hazard"] = lambda periods: (monthly(periods).score(outcome), _part(given, outcome, *periods))
    return made


def methods(given: Evaluated, outcome: str) -> Mapping[str, tuple[FitFunction, int | None]]:
    """Challengers by name, each with the number of cases it is fitted on at most (None: all)."""
    settings, params, specs = given.settings, given.params, given.bundle.specs
    made: dict[str, tuple[FitFunction, int | None]] = {
        "prevalence": (prevalence(), None),
        "best_indicator": (best_indicator(), None),
        "logistic": (logistic(), None),
        "lightgbm_free": (
            booster_fit([0] * len(given.bundle.indicator_ids), params.booster, params.seed), None
        ),
    }  # fmt: skip
    if settings.additive_rounds:
        made["additive"] = (
            additive(
                settings.seed,
                interactions=settings.additive_pairs,
                rounds=settings.additive_rounds,
                bags=settings.additive_bags,
            ),
            settings.challenger_cases,
        )
    if outcome == CARD_OUTCOME and given.bundle.scorecard is not None and given.bundle.scorecard.shares is not None:
        population = given.frames.X.loc[given.reference_keys()]
        made["card_free_shares"] = (points_card(specs, replace(params.card, shares=None), population), None)
    return made


def without_place(given: Evaluated, outcome: str, held: HeldOut) -> Floats | None:
    """Ours as if all cases came from one place and year: what the calibration adds there is, for everyone, what it adds
    on average to the calibration period's cases (of small data, to all)."""
    needed = ("redefault_6", "redefault_7_12") if outcome == CARD_OUTCOME else (outcome,)
    if not all(name in given.margins for name in needed):
        return None

    def alike(margin: str) -> Floats:
        later = _part(given, margin, "calibrate")
        on = later if len(later) else _part(given, margin, "fit")
        cases = given.prepared.cohort.filter(pl.col("case_key").is_in(on.index.to_list()))
        places = cases.select("region_code", "industry_section", "as_of").to_dicts()
        mean = float(np.mean([shift.total for shift in shifts_of(given.bundle, places, given.policy)[margin]]))
        found = given.margins[margin][held.rows]
        return given.bundle.calibrators[margin].apply(found, [mean] * len(found))

    found = [alike(name) for name in needed]
    return found[0] if len(found) == 1 else p12(found[0], found[1])


def _figures(given: Evaluated, held: HeldOut, p: Floats, ours: Floats) -> dict[str, Any]:
    settings = given.settings
    paired = paired_intervals(held.y, p, ours, held.debtors, draws=settings.draws, seed=settings.seed)
    found: dict[str, Any] = {
        "auc": asdict(auc_interval(held.y, p, held.debtors)),
        "against_ours": asdict(paired_difference(held.y, p, ours, held.debtors)),
        "brier": brier(held.y, p),
        "log_loss": log_loss(held.y, p),
        "brier_against_ours": asdict(paired["brier"]),
        "log_loss_against_ours": asdict(paired["log_loss"]),
    }
    if held.true is not None and not np.isnan(held.true).any():
        found["from_truth"] = float(np.mean(np.abs(p - held.true)))
    return found


def _part(given: Evaluated, outcome: str, *periods: str) -> pd.Series:
    """Labels by case key, sorted, of some periods."""
    splits = given.frames.splits
    mine = splits[(splits["outcome"] == outcome) & splits["split"].isin(periods)]
    return mine.set_index("case_key")["label"].astype(np.float64).sort_index()


def _some(labels: pd.Series, most: int | None, seed: int) -> pd.Series:
    if most is None or len(labels) <= most:
        return labels
    chosen = np.random.default_rng(seed).choice(len(labels), most, replace=False)
    return labels.iloc[np.sort(chosen)]


def _lines(metrics: Mapping[str, Mapping[str, Any]], notes: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    said = []
    for outcome, found in metrics.items():
        values = ", ".join(f"{name} {one['auc']['value']:.3f}" for name, one in found.items())
        said.append(f"challengers, {outcome}, AUC: {values}")
        said += [f"  {name}: not fitted: {why}" for name, why in notes[outcome]["absent"].items()]
        cost = found.get("card_free_shares", {}).get("against_card")
        if cost is not None:
            gap = f"{cost['difference']:+.3f} [{cost['low']:+.3f}, {cost['high']:+.3f}]"
            said.append(f"  what the fixed shares cost (card with free shares minus the card as it is), AUC: {gap}")
    return tuple(said)
