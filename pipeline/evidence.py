"""What an evaluation leaves for the promotion gates: evidence on cases the bundle never saw, and a sample to replay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
import polars as pl

from explain.contributions import contributions
from models.bundle import Bundle
from models.evidence import calibration_evidence, ranking_evidence
from models.local import place_of
from models.monotone import check_monotone
from models.predict import local_shifts, margins, probabilities
from models.spec import CARD_OUTCOME, OUTCOMES
from models.splits import SplitPlan
from models.tree_check import parse_model
from pipeline.bundles import install
from pipeline.context import shifts_of
from pipeline.home import Home
from pipeline.kept import keep
from pipeline.promote import champion
from pipeline.sections.evaluated import HEADS, Evaluated, Floats

SAMPLE: Final = 100  # cases kept for the replay
_PLACE: Final = ("region_code", "industry_section", "as_of")


def keep_evidence(home: Home, given: Evaluated, metrics: Mapping[str, Any], observed_until: str, now: datetime) -> int:
    """Sign and keep at home what the gates will read; returns the evaluation's number."""
    content = gather(home, given, metrics, observed_until)
    return int(keep(home, given.bundle.id, {**content, "evaluated_at": now.isoformat()})["number"])


def gather(home: Home, given: Evaluated, metrics: Mapping[str, Any], observed_until: str) -> dict[str, Any]:
    """The evidence of one bundle on the latest window, beside the champion of this home or what else there is."""
    bundle = given.bundle
    approved = champion(home)
    rival = approved is not None and approved["bundle"] != bundle.id and approved["profile"] == bundle.profile
    reigning = install(home, str(approved["bundle"])) if approved is not None and rival else None
    small = "cross_validation" in metrics
    outcomes = _out_of_fold(metrics) if small else _out_of_time(given, reigning)
    splits = given.frames.splits
    used = splits[(splits["split"] == ("fit" if small else "test"))]
    days = used["as_of"].dt.date.astype(str)
    return {
        "bundle": bundle.id,
        "profile": bundle.profile,
        "dataset": given.prepared.dataset,
        "policy": given.policy.hash,
        "observed_until": observed_until,
        "trained_until": str(bundle.training["observed_until"]),
        "window": {"first": min(days, default=""), "last": max(days, default="")},
        "basis": "the method out of fold, for there are too few cases to give any away" if small else "out of time",
        "champion": None if reigning is None else reigning.id,
        "champion_made": None if reigning is None else _made(reigning),
        "outcomes": outcomes,
        "monotone": _monotone(bundle),
        "sample": _sample(given),
        "metrics": dict(metrics),
    }


def _out_of_time(given: Evaluated, reigning: Bundle | None) -> dict[str, Any]:
    """Ranking and calibration per outcome on the test period; rivals score the very same cases."""
    theirs: Mapping[str, Floats | None] = {}
    if reigning is not None:
        rows = given.prepared.cohort.select(_PLACE).to_dicts()  # in the order of X
        raw = margins(reigning, given.frames.X)
        theirs = probabilities(reigning, raw, shifts_of(reigning, rows, given.policy))
    card = given.bundle.scorecard
    found: dict[str, Any] = {}
    for outcome in HEADS:
        held = given.held_out(outcome)
        if held.p is None:
            continue  # the bundle answers nothing there
        counted = {"cases": len(held.y), "events": int(held.y.sum())}
        if not held.usable:
            found[outcome] = counted  # too few to rank: the gates say so
            continue
        rivals: dict[str, Floats] = {}
        rival = theirs.get(outcome)
        if rival is not None:
            rivals["champion"] = rival[held.rows]
        if card is not None and outcome == CARD_OUTCOME:
            rivals["card"] = -card.total(card.points(given.frames.X.loc[held.keys]))
        found[outcome] = {
            **counted,
            **ranking_evidence(held.y, held.p, rivals, held.debtors),
            "calibration": calibration_evidence(held.y, held.p, given.settings.seed, held.debtors),
        }
    return found


def _made(bundle: Bundle) -> str | None:
    """The day on which a bundle was made (ISO text): what it learnt from was known before. None where it gave no test
    period away."""
    made = SplitPlan.from_json(bundle.training["calendar"]).made
    return None if made is None else made.date().isoformat()


def _out_of_fold(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Small data: the cross-validated ranking of the method, fitted anew without each fold, against one indicator
    alone; calibration cannot be shown there."""
    found = metrics["cross_validation"]
    return {
        "redefault_6": {
            "cases": found["cases"],
            "events": found["events"],
            "auc": found["pooled"],
            "against": {found["rival"].replace("_", " "): found["difference"]},
            "calibration": None,
        }
    }


def _monotone(bundle: Bundle) -> dict[str, Any]:
    """Trees and declared directions per model; MonotoneFault (as at loading) when one does not hold."""
    specs = [spec for spec in bundle.specs if spec.scored]
    found = {}
    for outcome in OUTCOMES:
        path = bundle.path / f"model_{outcome}.txt"
        if outcome in bundle.boosters:
            model = parse_model(path.read_bytes(), bundle.indicator_ids)
            directions = [spec.direction(outcome) for spec in specs]
            check_monotone(model, directions)
            found[outcome] = {"trees": len(model.trees), "directions": sum(one != 0 for one in directions)}
    return found


def _sample(given: Evaluated) -> dict[str, Any]:
    """Indicators, place and day of cases spread evenly over the keys, without names, and what the bundle makes of it.

    `ruled`: what the rules of their day and place add to each outcome's calibration, for rules are not the bundle's.
    """
    keys = sorted(given.frames.X.index)
    chosen = keys[:: max(1, len(keys) // SAMPLE)][:SAMPLE]
    X = given.frames.X.loc[chosen, list(given.bundle.indicator_ids)]  # noqa: N806
    values = [[None if np.isnan(value) else value for value in row] for row in X.to_numpy(dtype=np.float64).tolist()]
    places, ruled = [], []
    for row in given.prepared.cohort.filter(pl.col("case_key").is_in(chosen)).sort("case_key").to_dicts():
        on, region, industry = row["as_of"].date(), row["region_code"], row["industry_section"]
        number = given.policy.rules(on, region, industry).number
        places.append([region, industry, on.isoformat()])
        ruled.append({outcome: number[f"calibration.shift.{outcome}"] for outcome in OUTCOMES})
    sample: dict[str, Any] = {
        "indicators": list(given.bundle.indicator_ids), "values": values, "places": places, "ruled": ruled,
    }  # fmt: skip
    return {**sample, "found": recompute(given.bundle, sample)}


def replayed(bundle: Bundle, sample: Mapping[str, Any]) -> dict[str, int]:
    """The kept sample computed anew: how many cases, and how many differ in any bit of any figure."""
    cases, before = len(sample["values"]), sample["found"]
    if list(bundle.indicator_ids) != sample["indicators"]:
        return {"cases": cases, "differ": cases}
    again = recompute(bundle, sample)
    if set(again) != set(before):
        return {"cases": cases, "differ": cases}
    differ = [row for row in range(cases) if any(again[name][row] != before[name][row] for name in again)]
    return {"cases": cases, "differ": len(differ)}


def recompute(bundle: Bundle, sample: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Margins, contributions, probabilities and points of the sample's rows (None: missing), by name."""
    values = sample["values"]
    if not values:
        return {}
    X = pd.DataFrame(values, columns=list(bundle.indicator_ids), dtype=np.float64)  # noqa: N806
    explained = contributions(bundle, X)
    raw = margins(bundle, X)
    found: dict[str, list[Any]] = {f"margin.{name}": margin.tolist() for name, margin in raw.items()}
    found |= {f"contributions.{name}": one.values.tolist() for name, one in explained.items()}
    places = [place_of(region, industry, date.fromisoformat(on)) for region, industry, on in sample["places"]]
    shown = probabilities(bundle, raw, local_shifts(bundle, places, sample["ruled"]))
    found |= {f"probability.{name}": p.tolist() for name, p in shown.items() if p is not None}
    card = bundle.scorecard
    if card is not None:
        found["points"] = card.total(card.points(X)).tolist()
    return found
