"""Lays labels, splits and indicators side by side: for each outcome, which rows of X are used, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.faults import FitFault
from models.folds import fold_numbers
from models.spec import IndicatorSpec

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_LABELS = ("case_key", "outcome", "label", "status")
_SPLITS = ("case_key", "outcome", "debtor_id", "as_of", "split")


@dataclass(frozen=True)
class Part:
    """Rows of X (positions) with their labels (0.0 or 1.0) in one split of one outcome."""

    rows: IntArray
    y: FloatArray

    @property
    def events(self) -> int:
        return int(self.y.sum())

    @property
    def rarer(self) -> int:
        """Cases of the rarer of the two outcomes."""
        return min(self.events, len(self.y) - self.events)


@dataclass(frozen=True)
class TrainingRows:
    """`parts[outcome, split]`, the fold of every row of X by debtor, and the reference rows (cases of fit with a
    known outcome)."""

    parts: dict[tuple[str, str], Part]
    folds: IntArray
    reference: IntArray
    first: str
    last: str

    def part(self, outcome: str, split: str) -> Part:
        """Rows of `outcome` in `split`; an empty part when there are none."""
        return self.parts.get((outcome, split), Part(np.empty(0, dtype=np.int64), np.empty(0)))

    def learnt(self, outcome: str) -> Part:
        """What is learnt from: the rows of `outcome` in the fit and in the calibration period, in the order of X."""
        both = [self.part(outcome, split) for split in ("fit", "calibrate")]
        rows, y = (np.concatenate([getattr(part, name) for part in both]) for name in ("rows", "y"))
        order = np.argsort(rows)
        return Part(rows[order], y[order])


def lay_out(
    X: pd.DataFrame,
    labels: pd.DataFrame,
    splits: pd.DataFrame,
    specs: Sequence[IndicatorSpec],
    *,
    folds: int,
    salt: str,
) -> TrainingRows:
    """Match labels (case_key, outcome, label, status) and splits (case_key, outcome, debtor_id, as_of, split) to X.

    X is indexed by case_key. Only labels with status "observed" count. Raises FitFault with every fault: columns
    missing, keys doubled or unknown, labels that are not 0 or 1.
    """
    faults = [f"X lacks indicator '{spec.id}'" for spec in specs if spec.scored and spec.id not in X.columns]
    faults += [f"labels lack column '{name}'" for name in _LABELS if name not in labels.columns]
    faults += [f"splits lack column '{name}'" for name in _SPLITS if name not in splits.columns]
    if not X.index.is_unique:
        faults.append("X holds a case key twice")
    if faults:
        raise FitFault(faults)
    observed = labels.loc[labels["status"] == "observed", ["case_key", "outcome", "label"]]
    for name, frame in (("labels", observed), ("splits", splits)):
        if doubled := int(frame.duplicated(["case_key", "outcome"]).sum()):
            faults.append(f"{name} hold {doubled} case(s) twice for one outcome")
    if strange := int((~observed["case_key"].isin(X.index)).sum()):
        faults.append(f"{strange} label(s) belong to no case of X")
    if wrong := int((~observed["label"].isin([0, 1])).sum()):
        faults.append(f"{wrong} observed label(s) are neither 0 nor 1")
    if faults:
        raise FitFault(faults)
    frame = observed.merge(splits[list(_SPLITS)], on=["case_key", "outcome"], how="inner")
    frame = frame.assign(row=X.index.get_indexer(pd.Index(frame["case_key"]))).sort_values("row", kind="stable")
    parts = {
        (str(outcome), str(split)): Part(
            group["row"].to_numpy(dtype=np.int64), group["label"].to_numpy(dtype=np.float64)
        )
        for (outcome, split), group in frame.groupby(["outcome", "split"], sort=True)
    }
    inside = frame.loc[frame["split"] == "fit"]
    if inside.empty:
        raise FitFault(["no observed label falls into the fit period"])
    return TrainingRows(
        parts=parts,
        folds=_folds(X, splits, frame, folds, salt),
        reference=np.unique(inside["row"].to_numpy(dtype=np.int64)),
        first=inside["as_of"].min().date().isoformat(),
        last=inside["as_of"].max().date().isoformat(),
    )


def _folds(X: pd.DataFrame, splits: pd.DataFrame, used: pd.DataFrame, folds: int, salt: str) -> IntArray:
    """Fold of every row of X; cases without a debtor in `splits` stand alone under their own key."""
    debtor = splits.drop_duplicates("case_key").set_index("case_key")["debtor_id"]
    groups = [str(debtor.get(key, key)) for key in X.index]
    # Re-default is the rarer event wherever both are fitted, so folds are balanced by it.
    events = set(used.loc[(used["label"] == 1) & (used["outcome"] != "success"), "row"])
    try:
        return fold_numbers(groups, [row in events for row in range(len(X))], folds, salt)
    except ValueError as error:
        raise FitFault([str(error)]) from None
