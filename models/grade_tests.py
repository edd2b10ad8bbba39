"""Whether grades mean what they say: predicted against observed, one grade against the next, and who moves.

Source of the first test: the Jeffreys test of the European Central Bank's "Instructions for reporting the validation
results of internal models" (2019), section 2.5.3: with prior Beta(1/2, 1/2) the chance that the true rate is at most
the predicted one; small means that the risk is understated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, binomtest, fisher_exact

FloatArray = NDArray[np.float64]
GRADES = ("A", "B", "C", "D")


@dataclass(frozen=True)
class RateTest:
    """Observed against predicted in one grade. `jeffreys`: chance that the true rate is at most `predicted` (small:
    risk understated); `binomial`: two-sided exact p-value; `low`, `high`: Jeffreys interval of the rate."""

    cases: int
    events: int
    predicted: float
    observed: float
    low: float
    high: float
    jeffreys: float
    binomial: float


@dataclass(frozen=True)
class StepTest:
    """Is `worse` riskier than `better`? `p_value`: Fisher's exact test, one-sided (small: clearly riskier)."""

    better: str
    worse: str
    difference: float
    p_value: float


def rate_test(events: int, cases: int, predicted: float, level: float = 0.95) -> RateTest:
    """Test `events` of `cases` against the mean predicted probability. ValueError without cases."""
    if cases < 1 or not 0 <= events <= cases:
        raise ValueError(f"{events} events of {cases} cases cannot be tested")
    after = beta(events + 0.5, cases - events + 0.5)
    low, high = after.ppf([(1 - level) / 2, (1 + level) / 2]).tolist()
    return RateTest(
        cases=cases,
        events=events,
        predicted=predicted,
        observed=events / cases,
        # By Jeffreys' own convention an interval reaches the end when nothing (everything) happened.
        low=0.0 if events == 0 else float(low),
        high=1.0 if events == cases else float(high),
        jeffreys=float(after.cdf(predicted)),
        binomial=float(binomtest(events, cases, min(max(predicted, 0.0), 1.0)).pvalue),
    )


def rates_by_grade(y: FloatArray, p: FloatArray, grades: Sequence[str]) -> dict[str, RateTest]:
    """`rate_test` of every grade that has cases; y, p (n,), grades (n,)."""
    names = np.asarray(grades)
    found = {}
    for grade in GRADES:
        mine = names == grade
        if mine.any():
            found[grade] = rate_test(int(y[mine].sum()), int(mine.sum()), float(p[mine].mean()))
    return found


def steps(y: FloatArray, grades: Sequence[str]) -> tuple[StepTest, ...]:
    """Every grade against the next worse one that has cases."""
    names = np.asarray(grades)
    present = [grade for grade in GRADES if (names == grade).any()]
    found = []
    for better, worse in pairwise(present):
        table = [[int(y[names == g].sum()), int((1 - y[names == g]).sum())] for g in (worse, better)]
        rates = [row[0] / sum(row) for row in table]
        result = fisher_exact(np.array(table), alternative="greater")
        found.append(StepTest(better, worse, rates[0] - rates[1], float(result.pvalue)))
    return tuple(found)


def migration(before: Sequence[str], after: Sequence[str]) -> dict[str, Any]:
    """Matrix of cases from grade `before` (n,) to grade `after` (n,), and the shares that stay, rise and fall.

    `counts[from][to]`; "better" means towards A; `far` is the share that moves two grades or more.
    """
    place = {grade: number for number, grade in enumerate(GRADES)}
    moved = np.array([place[b] - place[a] for a, b in zip(before, after, strict=True)], dtype=np.int64)
    counts: Mapping[str, dict[str, int]] = {grade: dict.fromkeys(GRADES, 0) for grade in GRADES}
    for a, b in zip(before, after, strict=True):
        counts[a][b] += 1

    def share(mask: NDArray[np.bool_]) -> float | None:
        return float(mask.mean()) if len(mask) else None

    return {
        "cases": len(moved),
        "counts": counts,
        "same": share(moved == 0),
        "better": share(moved < 0),
        "worse": share(moved > 0),
        "far": share(np.abs(moved) >= 2),
    }
