"""The monthly hazard of re-default as a challenger: would the months of cases whose window is not over add anything?

Ours learns from cases whose label was known on the day it was made. Here every granted case teaches for the whole
months it had been followed by that day, also where it was lifted too lately to have a label. One model gives both
horizons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from features.follow_up import MONTHS, followed
from models.censoring import CENSORED
from models.challengers import logit
from models.crossval import Score
from models.faults import FitFault
from models.hazard import HazardModel, fit_hazard, person_months
from models.splits import PERIODS
from pipeline.sections.censoring import HORIZONS
from pipeline.sections.evaluated import Evaluated
from pipeline.sections.refits import LEARNT


@dataclass(frozen=True)
class Monthly:
    """A hazard, and what it was fitted on: cases, how many of them were still within their twelve months, and the
    months of all."""

    model: HazardModel
    cases: int
    open: int
    months: int

    def score(self, outcome: str) -> Score:
        """Log-odds of re-default by the end of the outcome's last month."""
        last = HORIZONS[outcome] - 1
        return lambda rows: logit(self.model.probabilities(rows)[:, last])

    def counts(self) -> Mapping[str, int]:
        """What the model was fitted on."""
        return {"cases": self.cases, "open": self.open, "months": self.months}


def fit_monthly(given: Evaluated, periods: Sequence[str] = LEARNT) -> Monthly:
    """The hazard of granted cases scored in `periods` (the fit period, or it and the calibration period), followed
    until the day ours was made, on `hazard_cases` of them at most.

    Debtors with labels of re-default in a later period are left out, for on them it is straightened or tested. Raises
    FitFault where no month is known, or the months cannot be learnt from.
    """
    plan, follow_up = given.frames.plan, given.prepared.follow_up
    made = plan.calibrate_until or plan.fit_until
    if made is None or follow_up.is_empty():
        raise FitFault(["no months of follow-up are known from before a test period"])
    splits = given.frames.splits
    later = splits["outcome"].isin(HORIZONS) & splits["split"].isin(set(PERIODS) - set(periods))
    others = sorted(set(splits.loc[later, "debtor_id"]))
    until = made if "calibrate" in periods else plan.fit_until
    whom = given.prepared.cohort.filter((pl.col("as_of") < until) & ~pl.col("debtor_id").is_in(others))
    seen = followed(follow_up, made.date()).filter(pl.col("months") > 0).join(whom, on="case_key", how="semi")
    seen = seen.sort("case_key")
    most = given.settings.hazard_cases
    if len(seen) > most:
        chosen = np.random.default_rng(given.settings.seed).choice(len(seen), most, replace=False)
        seen = seen[np.sort(chosen)]
    months, cause = seen["months"].to_numpy(), seen["cause"].to_numpy()
    X = given.frames.X.loc[seen["case_key"].to_list(), list(given.bundle.indicator_ids)]  # noqa: N806
    directions = [spec.redefault for spec in given.bundle.specs if spec.scored]
    model = fit_hazard(X, months, cause, directions, given.params.booster, horizon=MONTHS, seed=given.params.seed)
    return Monthly(
        model=model,
        cases=len(seen),
        open=int(((cause == CENSORED) & (months < MONTHS)).sum()),
        months=len(person_months(months, cause, MONTHS)[0]),
    )
