"""How two indicators act together in one case: exact SHAP interaction values, on demand.

The value of a pair is what it adds beyond what each adds alone (Lundberg et al. 2018, "Consistent individualized
feature attribution for tree ensembles", section 4). The matrix is symmetric, and each row sums to the indicator's
contribution: the diagonal is its own effect, and half of every pair it takes part in stands beside it. That is checked
here to the tolerance of every explanation, against contributions made by another engine, before anything is answered.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import numpy as np
from lightgbm import Booster
from numpy.typing import NDArray

from explain.additivity import TOLERANCE, AdditivityError, Offence
from explain.record import ModelTerms
from explain.trees import plain_trees

Floats = NDArray[np.float64]
SHOWN: Final = 5


@dataclass(frozen=True)
class Pair:
    """Two indicators and what they add together beyond each alone (log-odds, both halves of the matrix)."""

    first: str
    second: str
    effect: float


def interactions(
    booster: Booster, ids: Sequence[str], values: Mapping[str, float | None], terms: ModelTerms, case: str
) -> Floats:
    """Interaction values (k, k) in log-odds of one case, in the order of `ids`, which are the booster's columns.

    `terms` holds the recorded contributions of the same margin. Raises AdditivityError when the matrix is not
    symmetric or a row does not sum to its contribution within 1e-9 of max(1, |margin|).
    """
    shap: Any = import_module("shap")  # slow to import, and seldom asked
    row = np.array([[np.nan if values.get(id_) is None else values[id_] for id_ in ids]], dtype=np.float64)
    explainer = shap.TreeExplainer({"trees": plain_trees(booster)}, feature_perturbation="tree_path_dependent")
    found: Floats = np.asarray(explainer.shap_interaction_values(row), dtype=np.float64).reshape(len(ids), len(ids))
    limit = TOLERANCE * max(1.0, abs(terms.margin))
    sums = [math.fsum(line) - terms.contributions.get(id_, 0.0) for id_, line in zip(ids, found.tolist(), strict=True)]
    apart = max(float(np.abs(found - found.T).max(initial=0.0)), max(map(abs, sums), default=0.0))
    if not apart <= limit:
        raise AdditivityError([Offence(case, "interactions", apart)])
    return found


def blended(parts: Mapping[str, Floats], terms: Mapping[str, ModelTerms]) -> Floats:
    """Interaction values for re-default within twelve months, weighed as `explain.reasons` weighs contributions."""
    first, second = terms["redefault_6"].probability, terms["redefault_7_12"].probability
    p12 = first + (1.0 - first) * second
    weight_1, weight_2 = (first / p12, second / p12) if p12 > 0.0 else (1.0, 1.0)
    return weight_1 * parts["redefault_6"] + weight_2 * parts["redefault_7_12"]


def strongest(ids: Sequence[str], matrix: Floats, most: int = SHOWN) -> list[Pair]:
    """The pairs with the largest effect, strongest first; pairs without any are left out."""
    pairs = [
        Pair(ids[i], ids[j], float(matrix[i, j] + matrix[j, i]))
        for i in range(len(ids))
        for j in range(i + 1, len(ids))
    ]
    return sorted((pair for pair in pairs if pair.effect), key=lambda pair: -abs(pair.effect))[:most]
