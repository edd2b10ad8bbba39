"""How wrong the re-default models are where they warn that they extrapolate, and where they do not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.auc import auc
from models.metrics import reliability

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def observed_errors(p: FloatArray, y: FloatArray, parts: dict[str, BoolArray]) -> list[dict[str, Any]]:
    """Per part of labelled (granted) cases: cases, events, mean probability, observed rate with its Wilson interval."""
    rows = []
    for name, part in parts.items():
        found: dict[str, Any] = {"part": name, "cases": int(part.sum())}
        if part.any():
            found |= reliability(y[part], p[part], bins=1)[0]
        rows.append(found)
    return rows


def true_errors(
    p: FloatArray, true: FloatArray, outcome: FloatArray, parts: dict[str, BoolArray]
) -> list[dict[str, Any]]:
    """Per part of all cases, granted or not, where the truth is known (a synthetic world).

    `true` (n,) true probabilities; `outcome` (n,) potential outcomes. Mean absolute and mean difference p - true, and
    the AUC of p and of the truth for the potential outcomes, None where one outcome is absent.
    """
    rows = []
    for name, part in parts.items():
        found: dict[str, Any] = {"part": name, "cases": int(part.sum())}
        if part.any():
            gap, y = p[part] - true[part], outcome[part]
            both = 0 < y.sum() < len(y)
            found |= {
                "mean_probability": float(p[part].mean()),
                "mean_true": float(true[part].mean()),
                "mean_difference": float(gap.mean()),
                "mean_absolute_difference": float(np.abs(gap).mean()),
                "auc": auc(y, p[part]) if both else None,
                "auc_of_true": auc(y, true[part]) if both else None,
            }
        rows.append(found)
    return rows
