"""Whether the indicators give a protected attribute away, and which of them do.

A model is fitted to predict the attribute from the scored indicators and judged on debtors it never saw. If it can,
some indicator stands in for the attribute, and leaving the attribute out of training protects nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from models.auc import Interval, auc, auc_interval
from models.folds import fold_numbers

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ProxyLimits:
    """`auc`: above it, with its whole interval, the attribute is given away (an assumption: 0.5 is chance); `level`: of
    the intervals of all groups together; `most`: debtors looked at, the first by name; `folds`: of cross-validation."""

    auc: float = 0.55
    level: float = 0.95
    most: int = 20_000
    min_cases: int = 100
    folds: int = 3


@dataclass(frozen=True)
class Proxy:
    """How well the indicators tell a group from everybody else; `indicators`: the strongest by themselves, with their
    own AUC (0.5 or more, whichever way they lean), where the group is given away."""

    attribute: str
    group: str
    debtors: int
    auc: Interval | None
    indicators: tuple[tuple[str, float], ...]
    verdict: Literal["within", "proxy", "insufficient"]


def proxies(
    X: pd.DataFrame,
    groups: pd.Series,
    debtors: Sequence[str],
    limits: ProxyLimits,
    *,
    seed: int,
    tests: int = 1,
) -> list[Proxy]:
    """Test every group of one attribute (`groups`, same index as X; missing: not known) against the rest.

    One case of each debtor counts. `tests`: how many attributes are tested beside each other (Bonferroni). Of two
    groups one is tested, for it is the same question.
    """
    frame = pd.DataFrame({"group": groups.to_numpy(), "debtor": list(debtors), "row": np.arange(len(X))})
    frame = frame.dropna(subset=["group"]).sort_values(["debtor", "row"]).drop_duplicates("debtor").head(limits.most)
    names = sorted(frame["group"].unique())
    if len(names) < 2:
        return []
    asked = names[:1] if len(names) == 2 else names
    level = 1 - (1 - limits.level) / (len(asked) * max(1, tests))
    values = X.to_numpy(dtype=np.float64)[frame["row"].to_numpy()]
    found = []
    for name in asked:
        y = (frame["group"] == name).to_numpy(dtype=np.float64)
        attribute, n = str(groups.name), len(y)
        if min(y.sum(), len(y) - y.sum()) < limits.min_cases:
            found.append(Proxy(attribute, str(name), n, None, (), "insufficient"))
            continue
        # One thread: trees this small wait longer for each other's threads than they work.
        with threadpool_limits(limits=1):
            score = _held_out(values, y, frame["debtor"].tolist(), limits.folds, seed)
        interval = auc_interval(y, score, level=level)
        given_away = interval.low > limits.auc
        strongest = _strongest(values, y, [str(column) for column in X.columns]) if given_away else ()
        verdict: Literal["within", "proxy"] = "proxy" if given_away else "within"
        found.append(Proxy(attribute, str(name), n, interval, strongest, verdict))
    return found


def _held_out(values: FloatArray, y: FloatArray, debtors: list[str], folds: int, seed: int) -> FloatArray:
    numbers = fold_numbers(debtors, [bool(v) for v in y], folds, f"proxy/{seed}")
    ranks = np.empty(len(y))
    for fold in range(folds):
        held = numbers == fold
        model = HistGradientBoostingClassifier(
            max_iter=60, learning_rate=0.1, max_leaf_nodes=8, min_samples_leaf=40, l2_regularization=5.0,
            early_stopping=False, random_state=seed,
        )  # fmt: skip
        told = ~np.isnan(values[~held]).all(axis=0)  # a column without any value cannot be binned, and tells nothing
        model.fit(values[~held][:, told], y[~held])
        ranks[held] = model.decision_function(values[held][:, told])
    return ranks


def _strongest(values: FloatArray, y: FloatArray, names: Sequence[str], most: int = 5) -> tuple[tuple[str, float], ...]:
    """Indicators by their own AUC; a missing value is a value too, below all others."""
    alone = []
    for name, column in zip(names, values.T, strict=True):
        filled = np.where(np.isnan(column), -np.inf, column)
        value = auc(y, filled)
        alone.append((name, max(value, 1 - value)))
    return tuple(sorted(alone, key=lambda item: (-item[1], item[0]))[:most])
