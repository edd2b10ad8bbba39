"""Rolling-origin backtest: at the start of each year everything is fitted anew on what was known, and tested on it."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from features.courts import figures_of
from models.auc import auc_interval
from models.backtest import LATER, Origin, origins, splits_at
from models.bootstrap import figure_intervals
from models.bundle import Bundle, write_bundle
from models.faults import FitFault
from models.fit import fit_models
from models.predict import margins, probabilities
from models.spec import CARD_OUTCOME
from models.splits import label_gap, labels_of
from pipeline.context import shifts_of
from pipeline.sections.evaluated import HEADS, Evaluated, Section
from pipeline.train import places_of

FIGURES = ("auc", "brier", "log_loss", "calibration_slope", "calibration_intercept", "ece", "mean_difference")


def backtest(given: Evaluated) -> Section:
    """Figures of every origin's own fit on the year that followed, and of the first origin's fit kept unchanged."""
    planned = plan(given)
    rows: list[dict[str, Any]] = []
    missing: list[dict[str, Any]] = []
    frozen: Bundle | None = None
    with tempfile.TemporaryDirectory() as place:
        for origin in planned:
            splits = splits_at(origin, given.frames.labels, _cohort(given), given.params.split.regimes)
            try:
                bundle = refit(given, origin, splits, Path(place) / origin.at.date().isoformat())
            except FitFault as fault:
                missing.append({"origin": origin.at.date().isoformat(), "why": str(fault)})
                continue
            missing += [
                {"origin": origin.at.date().isoformat(), "why": f"{k}: {why}"} for k, why in bundle.absent.items()
            ]
            rows += measured(given, origin, splits, bundle, "refitted")
            if frozen is None:
                frozen = bundle
            else:
                rows += measured(given, origin, splits, frozen, "frozen")
    if not planned:
        return Section()
    metrics = {"origins": [origin.at.date().isoformat() for origin in planned], "missing": missing}
    return Section(
        {"backtest": metrics | {"rows": rows}}, {"rows": rows, "missing": missing}, _lines(rows) if rows else ()
    )


def plan(given: Evaluated) -> tuple[Origin, ...]:
    """The origins that the data can hold; none for data that is cross-validated."""
    params = given.params.split
    if params.mode == "cross_fit" or not given.settings.backtest_origins:
        return ()
    frame = labels_of(given.frames.labels, _cohort(given))
    known = frame.loc[frame["known_by"].notna()]
    return origins(
        known["as_of"].min().to_pydatetime(),
        known["known_by"].max().to_pydatetime(),
        label_gap(frame, params.label_quantile),
        given.settings.backtest_origins,
        params,
    )


def refit(given: Evaluated, origin: Origin, splits: pd.DataFrame, place: Path) -> Bundle:
    """The same training with the bundle's own parameters on these splits, read back as it would be served."""
    fitted = fit_models(
        given.frames.X,
        given.frames.labels,
        splits[splits["split"] != LATER],
        given.prepared.profile.catalogue,
        given.bundle.profile,
        catalogue_hash=given.bundle.catalogue_hash,
        params=replace(given.params, required=()),  # what cannot be fitted yet is told, and the rest is tested
        training={"splits": "backtest"},
        places=places_of(given.prepared),
        figures=figures_of(given.prepared.courts, origin.plan.fit_until or origin.at),
    )
    return write_bundle(fitted, place, Ed25519PrivateKey.generate())


def measured(given: Evaluated, origin: Origin, splits: pd.DataFrame, bundle: Bundle, how: str) -> list[dict[str, Any]]:
    """Figures of `bundle` on the origin's test year, one row per outcome and one for the card."""
    settings = given.settings
    rows = []
    places = {row["case_key"]: row for row in given.prepared.cohort.to_dicts()}
    for outcome in HEADS:
        mine = splits[(splits["outcome"] == outcome) & (splits["split"] == "test")].sort_values("case_key")
        y, debtors = mine["label"].to_numpy(dtype=np.float64), mine["debtor_id"].to_numpy(dtype=np.str_)
        if min(y.sum(), len(y) - y.sum()) < settings.min_events:
            continue
        X = given.frames.X.loc[mine["case_key"]]  # noqa: N806
        # Places and rules of the day, as a case would have been scored then.
        shifts = shifts_of(bundle, [places[key] for key in mine["case_key"]], given.policy)
        found = {outcome: probabilities(bundle, margins(bundle, X), shifts).get(outcome)}
        card = bundle.scorecard
        if outcome == CARD_OUTCOME and card is not None:
            found["card"] = card.probability(card.total(card.points(X)))
        for name, p in found.items():
            if p is None:
                continue
            drawn = figure_intervals(y, p, debtors, draws=settings.draws // 2, seed=settings.seed)
            figures = {key: asdict(drawn[key]) for key in FIGURES} | {"auc": asdict(auc_interval(y, p, debtors))}
            head = {"origin": origin.at.date().isoformat(), "model": name, "how": how}
            rates = {"cases": len(y), "events": int(y.sum()), "observed": float(y.mean()), "predicted": float(p.mean())}
            rows.append(head | rates | figures)
    return rows


def _cohort(given: Evaluated) -> pd.DataFrame:
    return given.prepared.cohort.select("case_key", "debtor_id", "as_of").to_pandas()


def _lines(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    told = []
    for model in dict.fromkeys(row["model"] for row in rows):
        mine = [row for row in rows if row["model"] == model and row["how"] == "refitted"]
        told.append(f"  {model}: " + ", ".join(f"{row['origin'][:4]} {row['auc']['value']:.3f}" for row in mine))
    return ("backtest, AUC of the year after each origin:", *told)
