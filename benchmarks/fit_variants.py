"""Who is fitted, and with what weight: known labels, as we do, beside censoring and propensity weights and a hazard.

    python -m benchmarks.fit_variants [--debtors 25000] [--seed 77] [--rounds 200]

All variants are plain fits, so that they differ in nothing else: one small LightGBM per half year, without places and
without the halves' shared trees. They see what was known on the day the fit period ends, are calibrated on the period
after it, and are judged on the applicants of the period after that: the granted by their labels (AUC, paired difference
to "known"), everyone by the synthetic truth (AUC of the potential outcomes, mean absolute and mean difference of the
probabilities), the refused and the least likely to be granted (propensity below 98 % of the granted, as the flag
"extrapolated") apart.

* known: cases whose whole window had passed, as ours; p12 = p6 + (1 - p6) q.
* censoring: besides, early re-defaults of cases whose window had not passed, and cases that left, by weights.
* propensity: known, each granted case standing for the refused of like record (one over its cross-fitted propensity).
* hazard: all months of all granted cases, one model for both horizons.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from data_synth.world import generate
from features.follow_up import followed
from models import censoring
from models.auc import auc, paired_difference
from models.boosting import fit_booster, raw_margin
from models.calibration_fit import fit_calibrator
from models.hazard import fit_hazard, person_months
from models.horizons import p12
from models.params import FitParams
from models.selection import LEAST_PROPENSITY, trimmed
from models.spec import as_specs
from pipeline.prepare import Prepared, prepare
from pipeline.sections.applicants import applicants, study
from policy.parameters import load
from records.clock import day_start
from records.dataset import Dataset

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FIT_UNTIL, CALIBRATE_UNTIL = date(2021, 7, 1), date(2023, 4, 1)
HORIZON = 12


@dataclass(frozen=True)
class Period:
    """Granted cases of one period as they stood when it ended: indicators (n, k), follow-up (n,), and how many months
    had passed by then, whatever happened in them."""

    X: pd.DataFrame
    months: Ints
    cause: Ints
    passed: Ints

    def split(self) -> tuple[Period, Period]:
        """The first half year, and months 7 to 12 of those still there and clean, counted from 1."""
        rest = (self.months > 6) | ((self.months == 6) & (self.cause == censoring.CENSORED))
        late = Period(self.X[rest], self.months[rest] - 6, self.cause[rest], self.passed[rest] - 6)
        return self, late

    def known(self) -> NDArray[np.bool_]:
        """Cases whose six months had passed without an exit in them: what our labels call observed."""
        return (self.passed >= 6) & ~((self.cause == censoring.EXIT) & (self.months <= 6))


# Rows (n,) of one half year to fit on, and their weights or None for all alike.
Choose = Callable[[Period], tuple[NDArray[np.bool_], Floats | None]]


@dataclass(frozen=True)
class Trial:
    """What every variant is given: the two periods, the directions of the indicators, the settings."""

    fit: Period
    calibrate: Period
    constraints: tuple[int, ...]
    params: FitParams


def period(prepared: Prepared, start: date, cut: date, used: set[str]) -> Period:
    """Granted cases scored from `start` and lifted before `cut`, without the debtors `used`, as known at `cut`."""
    whom = prepared.cohort.filter((pl.col("as_of") >= day_start(start)) & (pl.col("as_of") < day_start(cut)))
    whom = whom.filter(~pl.col("debtor_id").is_in(list(used)))
    mine = prepared.follow_up.join(whom, on="case_key", how="semi")
    nothing = pl.lit(None, dtype=pl.Date)
    passed = followed(mine.with_columns(event_on=nothing, exit_on=nothing), cut).select("case_key", passed="months")
    seen = followed(mine, cut).join(passed, on="case_key").sort("case_key")
    used |= set(whom.join(seen, on="case_key", how="semi")["debtor_id"])
    return Period(
        indicators(prepared, seen["case_key"].to_list()),
        seen["months"].to_numpy(),
        seen["cause"].to_numpy(),
        seen["passed"].to_numpy(),
    )


def indicators(prepared: Prepared, keys: list[str]) -> pd.DataFrame:
    """Scored indicators of cases, in the order of `keys`."""
    ids = [one.id for one in prepared.profile.catalogue if one.scored]
    frame = pl.DataFrame({"case_key": keys}).join(prepared.indicators, on="case_key", maintain_order="left")
    return frame.select("case_key", *ids).to_pandas().set_index("case_key").astype("float64")


def known_only(part: Period) -> tuple[NDArray[np.bool_], None]:
    """Cases with a known label, unweighted: how ours are fitted."""
    return part.known(), None


def by_censoring(part: Period) -> tuple[NDArray[np.bool_], Floats]:
    """Everyone whose label is known, however early, weighted."""
    weights = censoring.weights(part.months, part.cause, 6)
    return weights > 0, weights[weights > 0]


def by_propensity(weights: pd.Series) -> Choose:
    """Our rows, weighted by `weights` (by case key)."""

    def choose(part: Period) -> tuple[NDArray[np.bool_], Floats | None]:
        rows = part.known() & part.X.index.isin(weights.index)
        mine = weights.loc[part.X.index[rows]].to_numpy(dtype=np.float64)
        return rows, mine / mine.mean()

    return choose


def two_margins(trial: Trial, tested: pd.DataFrame, choose: Choose) -> Floats:
    """p12 (n,) of the cases `tested` (n, k) from two calibrated margins."""
    params, halves = trial.params, []
    for part, later in zip(trial.fit.split(), trial.calibrate.split(), strict=True):
        rows, weights = choose(part)
        y = censoring.label(part.months, part.cause, 6)[rows].astype(np.int64)
        booster = fit_booster(part.X[rows], y, weights, trial.constraints, params.booster, seed=params.seed)
        known = later.known()
        margin = raw_margin(booster, later.X[known].to_numpy())
        label = censoring.label(later.months, later.cause, 6)[known]
        calibrator = fit_calibrator(margin, label, "calibration period", params)
        halves.append(calibrator.apply(raw_margin(booster, tested.to_numpy())))
    return p12(*halves)


def hazard(trial: Trial, tested: pd.DataFrame) -> Floats:
    """p12 (n,) of the cases `tested` from the monthly hazard, calibrated on the person-months of the later period."""
    fit, later, params = trial.fit, trial.calibrate, trial.params
    model = fit_hazard(
        fit.X, fit.months, fit.cause, trial.constraints, params.booster, horizon=HORIZON, seed=params.seed
    )
    case, month, label = person_months(later.months, later.cause, HORIZON)
    margin = model.margins(later.X)[case, month - 1]
    calibrated = replace(model, calibrator=fit_calibrator(margin, label, "person-months", params))
    return calibrated.probabilities(tested)[:, HORIZON - 1]


def compare(prepared: Prepared, truth: pl.DataFrame, params: FitParams) -> str:
    """All variants as lines of text."""
    used: set[str] = set()
    fit = period(prepared, date(2000, 1, 1), FIT_UNTIL, used)
    trial = Trial(
        fit=fit,
        calibrate=period(prepared, FIT_UNTIL, CALIBRATE_UNTIL, used),
        constraints=tuple(spec.redefault for spec in as_specs(prepared.profile.catalogue) if spec.scored),
        params=params,
    )
    early = applicants(prepared, HORIZON, until=FIT_UNTIL - timedelta(days=1))
    weights = pd.Series(1.0 / study(early).propensity, index=early.keys)
    tested = applicants(prepared, HORIZON, since=day_start(CALIBRATE_UNTIL))
    propensity = trimmed(study(tested).propensity, LEAST_PROPENSITY)
    debtors = pl.DataFrame({"case_key": tested.keys}).join(prepared.cohort, on="case_key", maintain_order="left")
    fresh = ~debtors["debtor_id"].is_in(list(used)).to_numpy()
    rows = indicators(prepared, list(tested.keys))
    given = {
        "known": two_margins(trial, rows, known_only),
        "censoring": two_margins(trial, rows, by_censoring),
        "propensity": two_margins(trial, rows, by_propensity(weights)),
        "hazard": hazard(trial, rows),
    }
    mine = pl.DataFrame({"case_key": tested.keys}).join(truth, on="case_key", maintain_order="left")
    true, happens = mine["p_redefault_12"].to_numpy(), mine["y_redefault_12"].cast(pl.Float64).to_numpy()
    low = float(np.quantile(propensity[tested.granted], params.extrapolation_quantile))
    masks = {
        "granted": fresh & tested.granted,
        "refused": fresh & ~tested.granted,
        "flagged": fresh & (propensity < low),
        "unflagged": fresh & (propensity >= low),
    }
    rows_fitted = {"known": int(fit.known().sum()), "hazard": len(fit.months)}
    rows_fitted["censoring"] = int((censoring.weights(fit.months, fit.cause, 6) > 0).sum())
    lines = [f"fitted on {rows_fitted}; {int(fresh.sum())} applicants judged, propensity limit {low:.3f}"]
    labelled = fresh & (tested.weight > 0)
    for name, p in given.items():
        gap = paired_difference(tested.label[labelled], p[labelled], given["known"][labelled])
        lines.append(
            f"{name}: AUC on labels {gap.first:.4f}, minus known {gap.difference:+.4f} "
            f"[{gap.low:+.4f}, {gap.high:+.4f}]"
        )
        for group, mask in masks.items():
            lines.append(
                f"  {group:10} {int(mask.sum()):6} cases  AUC {auc(happens[mask], p[mask]):.4f} "
                f"(truth {auc(happens[mask], true[mask]):.4f})  |p - truth| {np.abs(p - true)[mask].mean():.4f}  "
                f"p - truth {(p - true)[mask].mean():+.4f}"
            )
    return "\n".join(lines)


def main() -> None:
    """Print the comparison on one world."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--debtors", type=int, default=25_000)
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--rounds", type=int, default=FitParams().booster.rounds)
    asked = parser.parse_args()
    params = FitParams()
    params = replace(params, booster=replace(params.booster, rounds=asked.rounds))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "world"
        generate(path, asked.debtors, asked.seed, buckets=max(1, asked.debtors // 10_000))
        truth = pl.read_parquet(Path(folder) / "world_truth" / "applications.parquet")
        print(compare(prepare(Dataset.open(path), load()), truth, params))


if __name__ == "__main__":
    main()
