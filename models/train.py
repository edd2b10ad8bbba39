"""The trainer for any table: a frame of indicators, labels, a declared catalogue, and out comes a signed bundle.

    bundle = train(frame, labels, catalogue, params, out=folder, key=key, as_of=date)

The pipeline's own tables, with their calendar and their several outcomes, go through `models.fit` in the same way;
this module only spares a table from elsewhere the frames that `fit_models` wants. `docs/any-table.md` walks through
a public one.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from dataclasses import replace as with_values
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.bundle import Bundle, write_bundle
from models.faults import FitFault
from models.fit import Progress, fit_models
from models.params import FitParams
from models.spec import CARD_OUTCOME, OUTCOMES, Described, IndicatorSpec, as_specs
from models.splits import SplitPlan, counts, labels_of, plan_by_shares, split_labels

PROFILE: Final = "table"
# A table with one outcome and no name of ours for it: its label takes this place.
ONLY_OUTCOME: Final = "redefault_6"
_NAMES: Final = ("success", "redefault_6", CARD_OUTCOME)


def train(
    frame: pd.DataFrame,
    labels: pd.Series | pd.DataFrame,
    catalogue: Sequence[Described],
    params: FitParams | None = None,
    *,
    out: Path,
    key: Ed25519PrivateKey,
    as_of: datetime | pd.Series,
    debtors: pd.Series | None = None,
    known_by: pd.Series | None = None,
    progress: Progress | None = None,
) -> Bundle:
    """Fit all that the labels allow on one table and write it as a signed bundle to the folder `out`.

    `frame`: indicators, float columns named as in `catalogue`, one row per case, a unique index of text; NaN is
    missing; columns that the catalogue does not declare are refused, so that nothing enters unnoticed.
    `labels`: same index, 1 where the event happened, 0 where it did not, NaN where it is not known. A Series is the
    table's only outcome. A DataFrame names its columns "success", "redefault_6" and "redefault_12" (any of them):
    each is fitted; with both horizons the second half year is fitted on those still clean at six months. The points
    card is fitted on "redefault_12", or, where that is not there, on "redefault_6".
    `catalogue`: anything with id, zh, en, dimension, directions `success` and `redefault` (-1, 0, 1, which become
    monotone constraints), scored, minimum, maximum: `models.spec.IndicatorSpec` will do.
    `params`: `FitParams.of_profile("table")` when left out: everything is fit and every figure is out of fold. For
    figures out of time set `split.mode` and give each case's `as_of`, and `known_by`, when its labels were known (which
    is asked for there: a label known after the test has begun would teach what it is tested on).
    `as_of`: zone-aware, the day the facts stood, of all cases or of each. `debtors`: whose case it is (every case its
    own when left out); a debtor's cases are never separated by a fold or a period.

    Returns the bundle as loaded back from disk, checked; its `metrics` say on what each figure was measured. Raises
    FitFault with every fault of the input, or naming what the labels call for and the cases do not suffice to fit.
    """
    settings = params or FitParams.of_profile(PROFILE)
    specs = as_specs(catalogue)
    wide = _wide(labels)
    cases = _cases(frame, as_of, debtors, known_by)
    _check(frame, wide, specs, cases, settings, dated=known_by is not None)
    long = _long(wide, cases)
    cohort = cases[["case_key", "debtor_id", "as_of"]]
    plan = SplitPlan()
    if settings.split.mode != "cross_fit":
        plan = plan_by_shares(labels_of(long, cohort), cases["known_by"].max().to_pydatetime(), settings.split)
    splits = split_labels(long, cohort, plan)
    called_for = (*(name for name in OUTCOMES if name in set(long["outcome"])), "scorecard")
    if not set(_NAMES[1:]) & set(long["outcome"]):
        called_for = called_for[:-1]  # the card answers for re-default, and there is no such label
    settings = with_values(settings, profile=PROFILE, required=called_for)
    fitted = fit_models(
        frame.set_axis(frame.index.astype(str), axis=0),
        long,
        splits,
        specs,
        PROFILE,
        catalogue_hash=hashlib.sha256(rfc8785.dumps([asdict(spec) for spec in specs])).hexdigest(),
        params=settings,
        training={
            "dataset": fingerprint(frame, wide),
            "observed_until": cases["known_by"].max().date().isoformat(),
            "calendar": plan.to_json(),
            "counts": counts(splits, splits["split"]),
        },
        progress=progress,
    )
    return write_bundle(fitted, out, key)


def try_out(
    frame: pd.DataFrame,
    labels: pd.Series | pd.DataFrame,
    catalogue: Sequence[Described],
    params: FitParams | None = None,
    **cases: Any,
) -> Mapping[str, Any]:
    """The figures of `train` on a table (the bundle's `metrics`), of a bundle that is signed by nobody and not kept."""
    with tempfile.TemporaryDirectory() as folder:
        key = Ed25519PrivateKey.generate()
        return train(frame, labels, catalogue, params, out=Path(folder) / "bundle", key=key, **cases).metrics


def fingerprint(frame: pd.DataFrame, labels: pd.DataFrame) -> str:
    """SHA-256 over names and values of both tables in index order: other data, another value."""
    digest = hashlib.sha256()
    for table in (frame, labels):
        table = table.sort_index()  # noqa: PLW2901
        digest.update(rfc8785.dumps([[str(name) for name in table.columns], [str(name) for name in table.index]]))
        # + 0.0 makes the two zeros one; NaN has one form after the cast below.
        values = np.ascontiguousarray(table.to_numpy(dtype=np.float64) + 0.0)
        values[np.isnan(values)] = np.nan
        digest.update(values.astype("<f8").tobytes())
    return digest.hexdigest()


def _wide(labels: pd.Series | pd.DataFrame) -> pd.DataFrame:
    return labels.to_frame(ONLY_OUTCOME) if isinstance(labels, pd.Series) else labels


def _cases(
    frame: pd.DataFrame, as_of: datetime | pd.Series, debtors: pd.Series | None, known_by: pd.Series | None
) -> pd.DataFrame:
    """case_key, debtor_id, as_of, known_by of every row of the frame, matched by index."""
    index = frame.index
    day = as_of.reindex(index) if isinstance(as_of, pd.Series) else pd.Series(as_of, index=index)
    known = day if known_by is None else known_by.reindex(index)
    owner = index.to_series() if debtors is None else debtors.reindex(index)
    return pd.DataFrame(
        {
            "case_key": index.astype(str),
            "debtor_id": owner.to_numpy(),
            "as_of": day.to_numpy() if day.dtype == object else day.array,
            "known_by": known.to_numpy() if known.dtype == object else known.array,
        }
    )


def _check(
    frame: pd.DataFrame,
    labels: pd.DataFrame,
    specs: Sequence[IndicatorSpec],
    cases: pd.DataFrame,
    params: FitParams,
    *,
    dated: bool,
) -> None:
    faults = list(params.problems())
    declared = [spec.id for spec in specs]
    if len(set(declared)) != len(declared):
        faults.append("the catalogue declares an indicator twice")
    faults += [f"the frame lacks indicator '{name}'" for name in declared if name not in frame.columns]
    faults += [f"column '{name}' is not in the catalogue" for name in frame.columns if name not in set(declared)]
    faults += [f"column '{name}' is not numeric" for name in frame.columns if not _numeric(frame[name])]
    if not frame.index.is_unique:
        faults.append("the frame holds a case twice: its index must be unique")
    strange = [str(name) for name in labels.columns if name not in _NAMES]
    if strange or not len(labels.columns):
        found = ", ".join(strange) or "no column"
        faults.append(f"labels must be one Series, or columns named among {', '.join(_NAMES)}; found {found}")
    if not labels.index.equals(frame.index):
        faults.append("labels and frame must have the same index in the same order")
    faults += [
        f"labels of '{name}' hold values other than 0, 1 and missing"
        for name in labels.columns
        if not _numeric(labels[name]) or not labels[name].dropna().isin([0, 1]).all()
    ]
    for name in ("as_of", "known_by"):
        if not isinstance(cases[name].dtype, pd.DatetimeTZDtype):
            faults.append(f"{name} must be zone-aware timestamps")
        elif cases[name].isna().any():
            faults.append(f"{name} is missing for {int(cases[name].isna().sum())} case(s)")
    if cases["debtor_id"].isna().any():
        faults.append("a case has no debtor")
    faults += _time_faults(labels, cases, params, dated=dated)
    if faults:
        raise FitFault(faults)


def _time_faults(labels: pd.DataFrame, cases: pd.DataFrame, params: FitParams, *, dated: bool) -> list[str]:
    """What is wrong with the days of the cases, and with what happened within which time."""
    faults = []
    if params.split.mode != "cross_fit" and cases["as_of"].nunique() < 2:
        faults.append(f"split mode {params.split.mode} needs the as_of of each case")
    if params.split.mode != "cross_fit" and not dated:
        faults.append(f"split mode {params.split.mode} needs known_by: when the label of each case was known")
    if {"redefault_6", CARD_OUTCOME} <= set(labels.columns):
        missed = int(((labels["redefault_6"] == 1) & (labels[CARD_OUTCOME] == 0)).sum())
        if missed:
            faults.append(f"{missed} case(s) have the event within 6 months, but not within 12")
    return faults


def _numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)


def _long(labels: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Labels as `models.fit` reads them: case_key, outcome, label, status, known_by."""
    wide = labels.astype(np.float64)
    if {"redefault_6", CARD_OUTCOME} <= set(wide.columns):
        wide = wide.assign(redefault_7_12=wide[CARD_OUTCOME].where(wide["redefault_6"] == 0))
    if "redefault_6" in wide and CARD_OUTCOME not in wide:
        wide = wide.assign(**{CARD_OUTCOME: wide["redefault_6"]})
    parts = []
    for outcome in wide.columns:
        label = wide[outcome].to_numpy()
        seen = ~np.isnan(label)
        parts.append(
            pd.DataFrame(
                {
                    "case_key": cases["case_key"],
                    "outcome": outcome,
                    "label": label,
                    "status": np.where(seen, "observed", "unknown"),
                    "known_by": cases["known_by"].where(seen),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
