"""Fitting an outcome again as the bundle was fitted: with another seed, or with its debtors drawn anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import lightgbm as lgb
import numpy as np
import pandas as pd

from models.halves import HALVES, Lesson, fit_boosters
from pipeline.sections.evaluated import Evaluated

LEARNT: Final = ("fit", "calibrate")  # the periods that the bundle's trees and card learn from


def fitted_outcomes(given: Evaluated, outcomes: Sequence[str]) -> tuple[str, ...]:
    """Those of `outcomes` that the bundle holds, and, if one is a half-year of re-default, the other half."""
    wanted = {*outcomes, *(HALVES if set(outcomes) & set(HALVES) else ())}
    return tuple(sorted(wanted & set(given.bundle.boosters)))


def debtors_of(given: Evaluated, outcomes: Sequence[str], periods: Sequence[str] = LEARNT) -> pd.Index:
    """Debtors of any of `outcomes` in the `periods`, sorted."""
    splits = given.frames.splits
    mine = splits["outcome"].isin(outcomes) & splits["split"].isin(periods)
    found: pd.Index = pd.Index(sorted(set(splits.loc[mine, "debtor_id"])), dtype="str")
    return found


def refitted(
    given: Evaluated,
    outcomes: Sequence[str],
    *,
    seed: int,
    times: pd.Series | None = None,
    periods: Sequence[str] = LEARNT,
) -> Mapping[str, lgb.Booster]:
    """Boosters of `outcomes` on the cases of the `periods`, each as often as `times` says of its debtor (None: once).

    Trees start from nothing, not from what differs by place and year.
    """
    bundle, splits = given.bundle, given.frames.splits
    lessons: dict[str, Lesson] = {}
    for outcome in outcomes:
        mine = splits[(splits["outcome"] == outcome) & splits["split"].isin(periods)].sort_values("case_key")
        if times is not None:
            mine = mine.loc[np.repeat(mine.index.to_numpy(), times.loc[mine["debtor_id"]].to_numpy())]
        rows = given.frames.X.index.get_indexer(pd.Index(mine["case_key"])).astype(np.int64)
        lessons[outcome] = Lesson(rows, mine["label"].to_numpy(dtype=np.float64))
    directions = {outcome: [spec.direction(outcome) for spec in bundle.specs if spec.scored] for outcome in outcomes}
    return fit_boosters(given.frames.X[list(bundle.indicator_ids)], lessons, directions, given.params, seed=seed)
