"""Censoring: what dropping short follow-up does to the rates, exits as an outcome of their own, and two known bends.

Every granted case counts for as long as it was followed by the last observed day. The six months' bar of art. 10(3)
keeps relistings off the record after a deletion at the creditor's request, so rates and predictions are shown by the
ground of the deletion. Withdrawn applications have no decision; counted as not granted they bend success this much.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from features.follow_up import followed
from models import censoring as by_month
from models.auc import auc_interval
from models.metrics import reliability
from models.spec import CARD_OUTCOME
from pipeline.sections.evaluated import Evaluated, Section

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HORIZONS = {"redefault_6": 6, CARD_OUTCOME: 12}
BARRED = "art10_3"


def censoring(given: Evaluated) -> Section:
    """Rates by four ways of counting, by ground of deletion, and success with the withdrawn as refusals.

    Empty where nothing is granted.
    """
    whole = given.prepared.follow_up
    if whole.is_empty():
        return Section()
    cut = given.prepared.observed_until + timedelta(days=1)
    seen = followed(whole, cut).join(whole.select("case_key", "lift_ground"), on="case_key").sort("case_key")
    months, cause = seen["months"].to_numpy(), seen["cause"].to_numpy()
    rates = {name: counted(months, cause, horizon) for name, horizon in HORIZONS.items()}
    incidence = [
        {"month": month, "cause": name, **asdict(one)}
        for name, of in (("redefault", by_month.REDEFAULT), ("exit", by_month.EXIT))
        for month, one in enumerate(by_month.aalen_johansen(months, cause, 12, of), start=1)
    ]
    grounds = by_ground(given, seen)
    withdrawn = withdrawn_as_refused(given)
    metrics: dict[str, Any] = {
        "followed": len(months),
        "censored_before_12": float(np.mean((cause == by_month.CENSORED) & (months < 12))),
        "exits": float(np.mean(cause == by_month.EXIT)),
        "rates": rates,
        "by_ground": {f"{row['ground']}/{row['outcome']}": row["incidence"] for row in grounds},
    }
    if withdrawn:
        metrics["withdrawn"] = withdrawn
    rows = [{"outcome": name, **found} for name, found in rates.items()]
    tables = {"rates": rows, "incidence": incidence, "grounds": grounds, "withdrawn": withdrawn}
    return Section({"censoring": metrics}, tables)


def counted(months: Ints, cause: Ints, horizon: int) -> dict[str, float]:
    """One rate of re-default by `horizon`, counted in four ways, and the share of cases that the first leaves out.

    `known`: labels already known, early bad ones before the good ones: bent upwards. `weighted`: those labels weighted
    for censoring, exits ending the follow-up. `incidence` (Aalen-Johansen): exits are real. `exits_clean`: exits count
    as not re-defaulted, among the known.
    """
    label = by_month.label(months, cause, horizon)
    weights = by_month.weights(months, cause, horizon)
    known = weights > 0
    settled = known | ((cause == by_month.EXIT) & (months <= horizon))
    return {
        "left_out": float(1.0 - known.mean()),
        "known": float(label[known].mean()),
        "exits_clean": float(label[settled].mean()),
        "weighted": float(np.sum(weights * label) / np.sum(weights)),
        "incidence": by_month.aalen_johansen(months, cause, horizon)[-1].value,
    }


def by_ground(given: Evaluated, seen: pl.DataFrame) -> list[dict[str, Any]]:
    """Incidence by ground of the deletion, and, on labelled test cases, observed beside predicted rates.

    "requested": at the creditor's request (art. 10(3)); "other": any other ground; "unlisted": nobody was listed.
    """
    ground = (
        pl.when(pl.col("lift_ground") == BARRED)
        .then(pl.lit("requested"))
        .when(pl.col("lift_ground").is_null())
        .then(pl.lit("unlisted"))
        .otherwise(pl.lit("other"))
    )
    frame = seen.with_columns(ground=ground)
    placed = frame.select("case_key", "ground").to_pandas().set_index("case_key")["ground"]
    rows = []
    for name in ("requested", "other", "unlisted"):
        mine = frame.filter(pl.col("ground") == name)
        months, cause = mine["months"].to_numpy(), mine["cause"].to_numpy()
        for outcome, horizon in HORIZONS.items():
            if not len(months):
                continue
            found = by_month.aalen_johansen(months, cause, horizon)[-1]
            row: dict[str, Any] = {"ground": name, "outcome": outcome, "cases": len(months)}
            row |= {"incidence": found.value, "low": found.low, "high": found.high}
            rows.append(row | tested(given, outcome, placed, name))
    return rows


def tested(given: Evaluated, outcome: str, placed: pd.Series, ground: str) -> dict[str, Any]:
    """Observed and predicted rate of the test cases of one ground; None where there are none."""
    held = given.held_out(outcome)
    mine = placed.reindex(held.keys).to_numpy() == ground
    if held.p is None or not mine.any():
        return {"test_cases": 0, "observed": None, "observed_low": None, "observed_high": None, "predicted": None}
    found = reliability(held.y[mine], held.p[mine], bins=1)[0]
    return {"test_cases": found["cases"], "observed": found["observed"], "observed_low": found["low"],
            "observed_high": found["high"], "predicted": found["predicted"]}  # fmt: skip


def withdrawn_as_refused(given: Evaluated) -> dict[str, Any]:
    """Success on the test period as it is, and with applications withdrawn in that period counted as not granted."""
    held, p = given.held_out("success"), given.probabilities.get("success")
    if p is None or not held.usable:
        return {}
    labels = given.frames.labels
    left = labels[(labels["outcome"] == "success") & (labels["status"] == "competing")]["case_key"]
    as_of = given.prepared.cohort.select("case_key", "as_of").to_pandas().set_index("case_key")["as_of"]
    first, last = as_of.loc[held.keys].min(), as_of.loc[held.keys].max()
    inside = [key for key in left if first <= as_of.loc[key] <= last]
    rows = np.concatenate([held.rows, given.frames.X.index.get_indexer(pd.Index(inside, dtype="str"))]).astype(np.int64)
    y = np.concatenate([held.y, np.zeros(len(inside))])
    return {
        "decided": len(held.y),
        "withdrawn": len(inside),
        "rate": float(held.y.mean()),
        "rate_with_withdrawn": float(y.mean()),
        "auc": auc_interval(held.y, p[held.rows]).value,
        "auc_with_withdrawn": auc_interval(y, p[rows]).value,
        "predicted": float(p[held.rows].mean()),
        "predicted_with_withdrawn": float(p[rows].mean()),
    }
