"""What every section of an evaluation is given, and what it gives back.

A section is one file of this folder with one function `(Evaluated) -> Section`; `pipeline.evaluate.SECTIONS` lists
them in the order of the report. Statistics live in `models/`, as functions of arrays; a section picks the cases, calls
them and names the results. A section with tables is shown by `pipeline/templates/sections/<name>.html`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.bundle import Bundle
from models.params import FitParams
from models.spec import CARD_OUTCOME
from pipeline.prepare import Prepared
from pipeline.sections.settings import EvaluationParams
from pipeline.train import Frames
from policy.parameters import Policy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HEADS = ("success", "redefault_6", CARD_OUTCOME)
GROUPINGS = ("region_code", "industry_section", "subject_type")
UNKNOWN = "—"


@dataclass(frozen=True)
class HeldOut:
    """Test cases of one outcome in the order of their keys: places in X, labels, debtors (all (n,)), and, where there
    are such, the calibrated probability and the true one."""

    keys: pd.Index
    rows: Ints
    y: Floats
    debtors: NDArray[np.str_]
    p: Floats | None
    true: Floats | None

    @property
    def usable(self) -> bool:
        """Whether both outcomes occur, so that ranking and calibration are defined."""
        return bool(0 < self.y.sum() < len(self.y))


@dataclass(frozen=True)
class Evaluated:
    """A bundle beside the data it is measured on.

    `params`: as the bundle was trained; `settings`: of this evaluation; `margins` and `probabilities` (calibrated)
    of all cases, in the order of `frames.X`; `truth`: the truth table of a synthetic world by case key, else None,
    with `success`, `redefault_6` and `redefault_12` as the true probabilities; `audit`: protected attributes by debtor,
    which the section on fairness alone reads, None where the dataset holds none.
    """

    bundle: Bundle
    prepared: Prepared
    frames: Frames
    params: FitParams
    settings: EvaluationParams
    policy: Policy
    margins: Mapping[str, Floats]
    probabilities: Mapping[str, Floats | None]
    truth: pd.DataFrame | None
    audit: pd.DataFrame | None = None

    def held_out(self, outcome: str) -> HeldOut:
        """Labelled cases of the test period for `outcome`."""
        splits = self.frames.splits
        mine = splits[(splits["outcome"] == outcome) & (splits["split"] == "test")].sort_values("case_key")
        keys = pd.Index(mine["case_key"])
        rows = self.frames.X.index.get_indexer(keys).astype(np.int64)
        given = self.probabilities.get(outcome)
        true = None
        if self.truth is not None and outcome in self.truth.columns:  # months 7-12 alone have none
            true = self.truth.loc[keys, outcome].to_numpy(dtype=np.float64)
        return HeldOut(
            keys=keys,
            rows=rows,
            y=mine["label"].to_numpy(dtype=np.float64),
            debtors=mine["debtor_id"].to_numpy(dtype=np.str_),
            p=None if given is None else given[rows],
            true=true,
        )

    def reference_keys(self) -> list[str]:
        """Cases of the reference population, sorted: those of the fit period that taught a model
        (`models.scorecard_fit.REFERENCE_RULE`)."""
        splits = self.frames.splits
        return sorted(set(splits.loc[splits["split"] == "fit", "case_key"]))

    def days(self, keys: pd.Index) -> list[date]:
        """The day on which each of the cases `keys` is assessed."""
        cohort = self.prepared.cohort.select("case_key", "as_of").to_pandas().set_index("case_key")
        return [moment.date() for moment in cohort.loc[keys, "as_of"]]

    def groups(self, keys: pd.Index) -> pd.DataFrame:
        """Region, industry and kind of subject (`GROUPINGS`) of the cases `keys`, as text, `UNKNOWN` where null."""
        frame = self.prepared.cohort.select("case_key", *GROUPINGS).to_pandas().set_index("case_key")
        return frame.loc[keys].astype("object").fillna(UNKNOWN).astype(str)


@dataclass(frozen=True)
class Section:
    """`metrics`: plain nested numbers, joined at the top level of `metrics.json`; `tables`: rows for the report;
    `lines`: what the command says of it to a person."""

    metrics: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
