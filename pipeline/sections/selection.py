"""Selection: re-default of all applicants as if granted, how far granted and refused compare, what the flag is worth.

On applicants of the test period whose horizon has passed.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from models.extrapolation import observed_errors, true_errors
from models.predict import warnings
from models.selection import (
    Bounds,
    OddsRange,
    Study,
    doubly_robust,
    inverse_propensity,
    naive,
    no_assumption_bounds,
    odds_ratio_of_refused,
    overlap,
    stated_bounds,
)
from models.spec import CARD_OUTCOME, DIMENSIONS
from pipeline.sections.applicants import Applicants, applicants, study
from pipeline.sections.evaluated import Evaluated, Section

HORIZONS = {"redefault_6": 6, CARD_OUTCOME: 12}
BINS = 10


def selection(given: Evaluated) -> Section:
    """Naive, weighted and doubly robust means, bounds with and without the stated assumption, overlap, the flag.

    Empty where nothing is granted or refused, or too few re-defaults were seen (`settings.min_events`).
    """
    since = first_tested(given)
    if since is None or given.prepared.follow_up.is_empty():
        return Section()
    metrics: dict[str, Any] = {}
    tables: dict[str, Any] = {"estimates": []}
    for outcome, months in HORIZONS.items():
        found = applicants(given.prepared, months, since=since)
        if not enough(found, given):
            continue
        made = study(found, given.settings.least_propensity)
        metrics[outcome] = estimates(made, OddsRange(*given.settings.refused_odds))
        if given.truth is not None:
            metrics[outcome]["truth"] = float(given.truth.loc[list(found.keys), outcome].mean())
        tables["estimates"] += [{"outcome": outcome, **row} for row in listed(metrics[outcome])]
        if outcome == CARD_OUTCOME:
            tables["overlap"] = bins(made)
            tables["left_out"] = left_out(given, made, since)
            tables |= flagged(given, found)
    if not metrics:
        return Section()
    metrics["left_out"] = {row["dimension"]: row["odds_ratio"] for row in tables.get("left_out", [])}
    metrics["assumption"] = dict(zip(("low", "high"), given.settings.refused_odds, strict=True))
    return Section(
        {"selection": metrics}, tables, tuple(line(name, metrics[name]) for name in HORIZONS if name in metrics)
    )


def first_tested(given: Evaluated) -> pd.Timestamp | None:
    """When the first test case of the twelve-month label was scored; None where there is no test period."""
    splits = given.frames.splits
    mine = splits[(splits["outcome"] == CARD_OUTCOME) & (splits["split"] == "test")]
    return None if mine.empty else mine["as_of"].min()


def enough(found: Applicants, given: Evaluated) -> bool:
    """Whether there are granted and refused, and re-defaults and clean cases enough in each fold's complement."""
    seen = found.weight > 0
    events, refused = int(found.label[seen].sum()), int((~found.granted).sum())
    return min(events, int(seen.sum()) - events, refused) >= given.settings.min_events


def estimates(made: Study, assumption: OddsRange) -> dict[str, Any]:
    """Everything of one horizon as plain numbers."""
    return {
        "applicants": len(made.granted),
        "granted": float(made.granted.mean()),
        "naive": asdict(naive(made)),
        "inverse_propensity": asdict(inverse_propensity(made)),
        "doubly_robust": asdict(doubly_robust(made)),
        "stated_bounds": asdict(stated_bounds(made, assumption)),
        "one_sided_bounds": asdict(stated_bounds(made, OddsRange(1.0, max(1.0, assumption.high)))),
        "no_assumption_bounds": asdict(no_assumption_bounds(made)),
        "overlap": {
            "effective_cases": overlap(made).effective_cases,
            "effective_share": overlap(made).effective_share,
            **{f"below_{limit:g}": share for limit, share in overlap(made).below.items()},
        },
    }


def listed(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the report: the truth if it is known, point estimates with intervals, bounds with sampling error."""
    rows: list[dict[str, Any]] = []
    if "truth" in found:
        rows.append({"what": "truth", "value": found["truth"], "low": None, "high": None})
    for name in ("naive", "inverse_propensity", "doubly_robust"):
        rows.append({"what": name, **{key: found[name][key] for key in ("value", "low", "high")}})
    for name in ("one_sided_bounds", "stated_bounds", "no_assumption_bounds"):
        pair = Bounds(**found[name])
        rows.append({"what": name, "value": None, "low": pair.outer_low, "high": pair.outer_high})
    return rows


def bins(made: Study) -> list[dict[str, Any]]:
    """Granted and refused by propensity, in bins of one tenth."""
    found = overlap(made, BINS)
    return [
        {"from": float(found.edges[i]), "to": float(found.edges[i + 1]), "granted": int(found.granted_counts[i]),
         "refused": int(found.refused_counts[i])}
        for i in range(BINS)
    ]  # fmt: skip


def left_out(given: Evaluated, whole: Study, since: pd.Timestamp) -> list[dict[str, Any]]:
    """How far the odds of the refused would be missed, were a whole dimension of the record unknown.

    The measure for the stated assumption: what is not in the record would have to weigh more than this.
    """
    rows = []
    for dimension in DIMENSIONS:
        rest = applicants(given.prepared, HORIZONS[CARD_OUTCOME], since=since, leave_out=dimension)
        blind = study(rest, given.settings.least_propensity)
        rows.append({"dimension": dimension, "odds_ratio": odds_ratio_of_refused(whole, blind)})
    return rows


def flagged(given: Evaluated, found: Applicants) -> dict[str, Any]:
    """What the warning "extrapolated" is worth: errors with and without it, by labels and, if known, by the truth."""
    p = given.probabilities.get(CARD_OUTCOME)
    if p is None:
        return {}
    warned = warnings(given.bundle, given.frames.X, given.probabilities, None).extrapolated
    rows = given.frames.X.index.get_indexer(pd.Index(found.keys))
    flag, mine = warned[rows], p[rows]
    seen = found.weight > 0
    tables: dict[str, Any] = {
        "flag_observed": observed_errors(
            mine[seen], found.label[seen], {"flagged": flag[seen], "unflagged": ~flag[seen]}
        )
    }
    if given.truth is not None:
        truth = given.truth.loc[list(found.keys)]
        parts = {
            "granted": found.granted, "refused": ~found.granted, "flagged": flag, "unflagged": ~flag,
            "refused_flagged": ~found.granted & flag, "refused_unflagged": ~found.granted & ~flag,
        }  # fmt: skip
        happens = truth["y_redefault_12"].to_numpy(dtype=np.float64)
        tables["flag_true"] = true_errors(mine, truth[CARD_OUTCOME].to_numpy(dtype=np.float64), happens, parts)
    return tables


def line(outcome: str, found: dict[str, Any]) -> str:
    """One horizon for people."""
    pair, plain = Bounds(**found["stated_bounds"]), Bounds(**found["no_assumption_bounds"])
    true = f", truth {found['truth']:.3f}" if "truth" in found else ""
    return (
        f"  {outcome} of all {found['applicants']:,} applicants, as if granted: naive {found['naive']['value']:.3f}, "
        f"weighted {found['inverse_propensity']['value']:.3f}, doubly robust {found['doubly_robust']['value']:.3f}; "
        f"stated bounds {pair.outer_low:.3f} to {pair.outer_high:.3f}, without assumptions {plain.outer_low:.3f} to "
        f"{plain.outer_high:.3f}{true}"
    )
