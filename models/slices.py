"""Where a model is wrong by more than chance: every bin of every indicator and every pair of bins is looked at.

A slice is a set of cases given by one or two conditions. Its score is z = sum(y - q) / sqrt(sum q (1 - q)), with q the
probability after one straight correction (slope and level) on these very cases: what is wrong everywhere is told by the
calibration figures, and here only what is wrong in places counts. Among tens of thousands of slices some z are large
by chance; how large the largest is, is found by drawing outcomes from q itself and looking through all slices again.
So probabilities that are right show a "weak" slice in 5 % of searches, however many slices are looked at; an
evaluation searches once per outcome.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.metrics import calibration_line

FloatArray = NDArray[np.float64]
Members = NDArray[np.float32]
Condition = tuple[str, str]
MISSING = "missing"
_EDGE = 1e-12
_MIN_VARIANCE = 5.0  # of the number of events in a slice; with less, z is far from normal and says nothing


@dataclass(frozen=True)
class Slice:
    """Cases that meet all `conditions` (column, value or bin). `p_value`: family-wise, over all slices looked at."""

    conditions: tuple[Condition, ...]
    cases: int
    observed: float
    predicted: float
    corrected: float
    z: float
    p_value: float


@dataclass(frozen=True)
class Search:
    """What was found among `looked_at` slices of `cases` cases, strongest first."""

    cases: int
    looked_at: int
    limit: float
    found: tuple[Slice, ...]


def members_of(frame: pd.DataFrame, bins: int = 3, min_cases: int = 1) -> tuple[Members, tuple[Condition, ...]]:
    """0/1 columns (n, m), one for every bin of equal count of a numeric column, its missing values, or a text value.

    Conditions that fewer than `min_cases` cases meet are left out, and so are those that all cases meet.
    """
    columns: list[NDArray[np.bool_]] = []
    names: list[Condition] = []
    for name in frame.columns:
        for text, mine in _conditions(frame[name], bins).items():
            if min_cases <= mine.sum() < len(frame):
                columns.append(mine)
                names.append((str(name), text))
    if not columns:
        return np.zeros((len(frame), 0), dtype=np.float32), ()
    return np.stack(columns, axis=1).astype(np.float32), tuple(names)


def weak_slices(
    members: Members,
    names: Sequence[Condition],
    y: FloatArray,
    p: FloatArray,
    *,
    draws: int,
    seed: int,
    min_cases: int = 100,
    level: float = 0.05,
    most: int = 10,
) -> Search:
    """Slices (bins and pairs of bins) whose observed rate differs from the predicted one, family-wise at `level`.

    `members` (n, m) and `names` (m,) as from `members_of`; y, p (n,). After each find what is wrong there is taken out
    before the next is looked for, so that slices which only overlap it are not told again.
    """
    slope, intercept = calibration_line(y, p)
    safe = np.clip(p, _EDGE, 1 - _EDGE)
    q = 1 / (1 + np.exp(-(intercept + slope * np.log(safe / (1 - safe)))))
    counts = members.T @ members
    variance = _sums(members, q * (1 - q))
    upper = np.triu(np.ones(counts.shape, dtype=bool))
    usable = upper & (counts >= min_cases) & (variance >= _MIN_VARIANCE)
    root = np.sqrt(np.where(usable, variance, 1.0))
    if not usable.any():
        return Search(len(y), 0, float("nan"), ())
    random = np.random.default_rng(seed)
    largest = np.array(
        [
            float(np.abs(np.where(usable, _sums(members, (random.random(len(q)) < q) - q) / root, 0.0)).max())
            for _ in range(draws)
        ]
    )
    limit = _limit(largest, level)
    found: list[Slice] = []
    left = y - q
    while len(found) < most:
        z = np.where(usable, _sums(members, left) / root, 0.0)
        i, j = divmod(int(np.abs(z).argmax()), z.shape[1])
        if abs(z[i, j]) <= limit:
            break
        mine = (members[:, i] * members[:, j]) > 0
        found.append(
            Slice(
                conditions=(names[i],) if i == j else (names[i], names[j]),
                cases=int(mine.sum()),
                observed=float(y[mine].mean()),
                predicted=float(p[mine].mean()),
                corrected=float(q[mine].mean()),
                z=float(z[i, j]),
                p_value=float((1 + (largest >= abs(z[i, j])).sum()) / (1 + draws)),
            )
        )
        left = np.where(mine, left - left[mine].mean(), left)
    return Search(len(y), int(usable.sum()), limit, tuple(found))


def _limit(largest: FloatArray, level: float) -> float:
    """What a |z| must exceed so that its p-value, counted among the largest of all draws, is at most `level`."""
    allowed = math.floor(level * (1 + len(largest)) + _EDGE) - 1  # draws that may reach as far
    return math.inf if allowed < 0 else float(np.sort(largest)[::-1][allowed])


def _sums(members: Members, values: FloatArray) -> FloatArray:
    """Sum of values (n,) over every slice: (m, m), single conditions on the diagonal."""
    return np.asarray((members * values.astype(np.float32)[:, None]).T @ members, dtype=np.float64)


def _conditions(column: pd.Series, bins: int) -> Mapping[str, NDArray[np.bool_]]:
    if not pd.api.types.is_numeric_dtype(column):
        values = column.astype(str).to_numpy()
        return {str(value): values == value for value in sorted(set(values))}
    numbers = column.to_numpy(dtype=np.float64)
    known = ~np.isnan(numbers)
    if not known.any():
        return {}
    cuts = np.unique(np.quantile(numbers[known], np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(cuts, numbers, side="right")
    edges = [f"{cut:.4g}" for cut in cuts]
    texts = [f"< {edges[0]}", *(f"{a} – {b}" for a, b in pairwise(edges)), f"≥ {edges[-1]}"]
    found = {text: known & (place == number) for number, text in enumerate(texts)}
    return {text: mine for text, mine in (found | {MISSING: ~known}).items() if mine.any()}
