"""Reading the truth of a synthetic world."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import polars as pl

from models.challengers import logit
from pipeline.files import read_json
from pipeline.prepare import Prepared
from pipeline.refusals import InputRefused
from pipeline.sections.evaluated import HEADS

# Causes that no record shows, per outcome; they enter the log-odds as strength times value (`data_synth.outcome`).
HIDDEN: Final = {
    "success": ("success", ("panel_reading",)),
    "redefault_6": ("redefault", ("hidden_resilience", "hidden_debts", "later_shock")),
    "redefault_12": ("redefault", ("hidden_resilience", "hidden_debts", "later_shock")),
}
_COLUMN: Final = {"success": "success_", "redefault": "cause_"}


def read_truth(truth: Path, prepared: Prepared) -> pd.DataFrame:
    """The truth of the cohort's cases by case key; `success`, `redefault_6`, `redefault_12` are probabilities.

    `recorded_<outcome>`: of the outcome's standing in the records, which is all that labels show: of re-defaults, some
    stay unnoticed and some are recorded only after the half year (null where nothing was granted).

    `known_<outcome>`: log-odds from the causes that records can show, the hidden ones averaged out; hidden causes are
    drawn apart from all others, so leaving their part away ranks cases as averaging over it would. Raises
    InputRefused when `truth` is not the truth of these very cases.
    """
    path = truth / "applications.parquet"
    if not path.exists():
        raise InputRefused(f"{truth} holds no applications.parquet: it is not the truth of a synthetic world")
    frame = pl.read_parquet(path)
    missing = prepared.cohort.join(frame, on="case_key", how="anti").height
    if missing:
        raise InputRefused(f"{truth} is the truth of another world: {missing} cases are not in it")
    frame = frame.join(prepared.cohort.select("case_key"), on="case_key", how="semi")
    named = {f"p_{name}": name for name in HEADS} | {f"p_recorded_{n}": f"recorded_redefault_{n}" for n in (6, 12)}
    table = frame.to_pandas().set_index("case_key").rename(columns=named)
    table["recorded_success"] = table["success"]
    strengths = read_json(truth / "world.json")["params"]
    for outcome, (model, hidden) in HIDDEN.items():
        apart = sum(strengths[model][name] * table[f"{_COLUMN[model]}{name}"].to_numpy() for name in hidden)
        table[f"known_{outcome}"] = logit(table[outcome].to_numpy(dtype=np.float64)) - apart
    return table
