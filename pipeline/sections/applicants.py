"""From prepared frames to what `models.selection` and `models.censoring` take: who, since when, followed how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from features.follow_up import followed
from features.labels import DECISION_MATURITY_DAYS, REPORTING_LAG_DAYS
from models import censoring
from models.folds import fold_numbers
from models.nuisance import cross_fitted, design
from models.selection import LEAST_PROPENSITY, Study, trimmed
from pipeline.prepare import Prepared
from records.clock import day_start

Floats = NDArray[np.float64]
FOLDS = 5


@dataclass(frozen=True)
class Applicants:
    """Discretionary applicants whose horizon has passed, in `case_key` order: `columns` (n, p) of the record for the
    nuisance models and which indicator each came from; the rest (n,) as in `models.selection.Study`."""

    keys: tuple[str, ...]
    columns: Floats
    granted: NDArray[np.bool_]
    label: Floats
    weight: Floats
    group: NDArray[np.int64]
    folds: NDArray[np.int64]


def applicants(
    prepared: Prepared,
    horizon: int,
    *,
    until: date | None = None,
    since: datetime | None = None,
    leave_out: str | None = None,
) -> Applicants:
    """Everyone on whom a court decided at its discretion and who, had it granted, would have been followed for
    `horizon` months by the end of `until` (else of what was observed), scored at or after `since`. `columns` are
    without the indicators of the dimension `leave_out`.

    Who was granted but not followed to the end (late lifting, competing exit) has weight 0 and is stood for by others.
    """
    observed_until = until or prepared.observed_until
    # A decision and its lifting may take as long as decisions take to mature.
    last = day_start(observed_until - timedelta(days=REPORTING_LAG_DAYS + DECISION_MATURITY_DAYS - 1))
    end = pl.lit(last).dt.offset_by(f"-{horizon}mo")
    decided = prepared.labels.filter((pl.col("outcome") == "repair_success") & (pl.col("status") == "observed"))
    frame = prepared.cohort.join(decided.select("case_key", granted=pl.col("label") == 1), on="case_key")
    frame = frame.filter(pl.col("as_of") < end)
    if since is not None:
        frame = frame.filter(pl.col("as_of") >= since)
    seen = followed(prepared.follow_up, observed_until + timedelta(days=1))
    frame = frame.join(seen, on="case_key", how="left").sort("case_key")
    granted = frame["granted"].to_numpy()
    # Granted and not yet lifted: followed for no month.
    months = frame["months"].fill_null(0).to_numpy()[granted]
    cause = frame["cause"].fill_null(0).to_numpy()[granted]
    label, weight = np.zeros(len(granted)), np.zeros(len(granted))
    label[granted] = censoring.label(months, cause, horizon)
    weight[granted] = censoring.weights(months, cause, horizon)
    chosen = [one.id for one in prepared.profile.catalogue if one.scored and str(one.dimension) != leave_out]
    X = frame.select("case_key").join(prepared.indicators, on="case_key", maintain_order="left")  # noqa: N806
    debtors = frame["debtor_id"].to_list()
    return Applicants(
        keys=tuple(frame["case_key"]),
        columns=design(
            X.select(chosen).to_pandas().astype("float64"),
            frame.select("region_code", "industry_section", "subject_type").to_pandas(),
            _years(frame["as_of"].to_pandas()),
        ),
        granted=granted,
        label=label,
        weight=weight,
        group=np.unique(debtors, return_inverse=True)[1].astype(np.int64),
        folds=fold_numbers(debtors, ((label == 1) & granted).tolist(), FOLDS, "selection"),
    )


def study(found: Applicants, least: float = LEAST_PROPENSITY) -> Study:
    """Cross-fitted propensity and outcome model, and the study they make. ValueError where one outcome is absent."""
    everyone = np.ones(len(found.granted))
    propensity = cross_fitted(found.columns, found.granted.astype(np.float64), everyone, found.folds)
    return Study(
        granted=found.granted,
        label=found.label,
        weight=found.weight,
        propensity=trimmed(propensity, least),
        risk=cross_fitted(found.columns, found.label, found.weight, found.folds),
        group=found.group,
    )


def _years(as_of: pd.Series) -> Floats:
    days = (as_of - as_of.min()).dt.total_seconds().to_numpy(dtype=np.float64) / 86_400
    return np.asarray(days / 365.25, dtype=np.float64)
