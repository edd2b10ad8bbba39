"""What each indicator adds to each model's margin: exact path-dependent SHAP, in log-odds.

The engine is our own (`explain.engine`), for one case and for a million alike: every row is computed by itself, in
one order, so a case alone and in a batch gives the same bits. Margins come from LightGBM, so the sum compares two
independent readings of the model; what does not add up is not answered.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import pandas as pd
from lightgbm import Booster
from numpy.typing import NDArray

from explain.additivity import TOLERANCE, AdditivityError, Offence
from explain.engine import TreeShap
from models.boosting import raw_margin

Floats = NDArray[np.float64]
_MANY = 2048  # rows


class Explainable(Protocol):
    """The part of a model bundle that is explained."""

    @property
    def boosters(self) -> Mapping[str, Booster]: ...

    @property
    def indicator_ids(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Contributions:
    """One outcome's explanations. All in log-odds of that outcome.

    `base` is the model's mean over its training cases; `values` has a row per case and a column per
    indicator in catalogue order; `margin` is the raw prediction per case, before calibration.
    """

    base: float
    values: Floats
    margin: Floats


def prepare(bundle: Explainable) -> None:
    """Make the explainers of a bundle now (some 0.1 s a model), so that no case has to wait for it.

    Where the machine code of the engine was never kept, it is compiled here too (some seconds, once a machine).
    Raises UnsupportedModelError where a model has no exact explanation.
    """
    for booster in bundle.boosters.values():
        _engine(booster)


def contributions(
    bundle: Explainable,
    frame: pd.DataFrame,
    cases: Sequence[str] | None = None,
) -> dict[str, Contributions]:
    """Exact contributions to every model of `bundle`, keyed by outcome in the bundle's order.

    `frame` has one row per case and the bundle's indicators as columns, in catalogue order; NaN = missing.
    `cases` names the rows in errors; without it the index does. The first call for a bundle prepares it
    (`prepare`), later calls reuse that.

    Raises ValueError when the columns are not the bundle's or a value is infinite, and AdditivityError,
    naming every case, when base + contributions differ from the margin by more than the tolerance.
    """
    names = [str(name) for name in frame.index] if cases is None else list(cases)
    values = _matrix(bundle, frame, names)
    explained = {outcome: _explain(booster, values) for outcome, booster in bundle.boosters.items()}
    assert_additive(explained, names)
    return explained


def assert_additive(explained: Mapping[str, Contributions], cases: Sequence[str]) -> None:
    """Raise AdditivityError naming every case and outcome whose explanation does not add up."""
    offences: list[Offence] = []
    for outcome, part in explained.items():
        total = np.full(part.margin.shape, part.base)
        for column in part.values.T:
            total += column
        difference = part.margin - total
        holds = np.abs(difference) <= TOLERANCE * np.maximum(1.0, np.abs(part.margin))  # as `adds_up`; false of NaN
        if len(cases) != len(holds):
            raise ValueError(f"{len(cases)} case names for {len(holds)} explanations of {outcome}")
        offences += [Offence(cases[row], outcome, float(difference[row])) for row in np.flatnonzero(~holds).tolist()]
    if offences:
        raise AdditivityError(offences)


def _explain(booster: Booster, values: Floats) -> Contributions:
    engine = _engine(booster)
    found = engine.values(values)
    # One thread for few rows: with a second one, a case alone waits for it longer than it takes.
    threads = 1 if len(values) < _MANY else len(os.sched_getaffinity(0))
    margin = raw_margin(booster, values, num_threads=threads)
    # + 0.0 turns the negative zero, which canonical JSON cannot say, into zero
    return Contributions(engine.base + 0.0, found + 0.0, margin + 0.0)


@lru_cache(maxsize=32)
def _engine(booster: Booster) -> TreeShap:
    """The explainer of one booster, kept because making it takes longer than explaining a case."""
    return TreeShap(booster)


def _matrix(bundle: Explainable, frame: pd.DataFrame, names: Sequence[str]) -> Floats:
    problems: list[str] = []
    wanted, given = list(bundle.indicator_ids), [str(column) for column in frame.columns]
    if given != wanted:
        absent, extra = [i for i in wanted if i not in given], [i for i in given if i not in wanted]
        detail = f"missing {absent}, not of the bundle {extra}" if absent or extra else "same columns, other order"
        problems.append(f"columns are not the bundle's indicators in catalogue order: {detail}")
    if len(names) != len(frame):
        problems.append(f"{len(names)} case names for {len(frame)} rows")
    if not problems:
        values = np.ascontiguousarray(frame.to_numpy(dtype=np.float64, na_value=np.nan))
        for row, column in np.argwhere(np.isinf(values)):
            problems.append(f"{names[row]}: {wanted[column]} is infinite")
    if problems:
        raise ValueError("cannot explain: " + "; ".join(problems))
    return values
