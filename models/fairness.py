"""Whether predictions serve groups of people alike: gaps with intervals, and a plain word where cases do not suffice.

Three gaps of a group against everybody else, each a difference of means with a debtor's cases counted as one source of
chance (Liang & Zeger 1986, Biometrika 73):

* ``calibration``: observed minus predicted; a label biased against the group shows here;
* ``burdened``: among those who did well, the share the model would put at a disadvantage (equal opportunity, Hardt,
  Price & Srebro 2016);
* ``spared``: among those who did badly, the share it would not.

Every protected attribute is looked at; none is ever trained on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate, selection_rate
from numpy.typing import NDArray
from scipy.special import ndtri

from models.owners import error_over

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Verdict = Literal["within", "gap", "undecided", "insufficient"]
MEASURES: Final = ("calibration", "burdened", "spared")


@dataclass(frozen=True)
class FairnessLimits:
    """Gaps up to these are accepted: assumptions, stated with every result. Below `min_cases`, or `min_events` of
    either outcome, a group is "insufficient". `level`: of all intervals together (Bonferroni)."""

    calibration: float = 0.05
    burdened: float = 0.10
    spared: float = 0.10
    min_cases: int = 100
    min_events: int = 10
    level: float = 0.95

    def of(self, measure: str) -> float:
        """The accepted gap of one measure."""
        return {"calibration": self.calibration, "burdened": self.burdened, "spared": self.spared}[measure]


@dataclass(frozen=True)
class Gap:
    """One measure of one group against everybody else: mean of the group minus mean of the rest, with its interval.

    "within": the whole interval lies within the limit; "gap": it differs from none and is at least the limit;
    "undecided": neither, for the interval reaches beyond the limit;
    "insufficient": too few cases or events to say anything, which is never a pass.
    """

    attribute: str
    group: str
    measure: str
    cases: int
    events: int
    value: float | None
    low: float | None
    high: float | None
    limit: float
    verdict: Verdict


@dataclass(frozen=True)
class Predicted:
    """Labels y (n,), probabilities p (n,), `adverse` (n,): whether p would put the case at a disadvantage, `debtors`
    (n,). `bad`: the label, 1 or 0, that counts as doing badly."""

    y: FloatArray
    p: FloatArray
    adverse: BoolArray
    debtors: NDArray[np.str_]
    bad: int = 1


def gaps(cases: Predicted, groups: pd.Series, limits: FairnessLimits, *, tests: int = 1) -> list[Gap]:
    """The gaps of every group of one attribute; `groups` (n,) is text, missing where the attribute is not known.

    `tests`: how many attributes and outcomes are looked at beside each other, so that looking often finds nothing new.
    Cases without the attribute are in no group and in no rest. A lone group has nobody to differ from.
    """
    attribute = str(groups.name)
    known = groups.notna().to_numpy()
    names = sorted(groups[known].unique())
    z = float(ndtri(0.5 + (1 - (1 - limits.level) / max(1, len(names) * len(MEASURES) * tests)) / 2))
    found = []
    for name in names if len(names) > 1 else []:
        mine = known & (groups == name).to_numpy(dtype=bool)
        rest = known & ~mine
        for measure in MEASURES:
            found.append(_gap(cases, (attribute, str(name), measure), (mine, rest), z, limits))
    return found


def rates(cases: Predicted, groups: pd.Series) -> list[dict[str, float | int | str]]:
    """Per group, by fairlearn: cases, share at a disadvantage, and its error rates, for the table beside the gaps."""
    known = groups.notna().to_numpy()
    did_badly = (cases.y[known] == cases.bad).astype(int)
    frame = MetricFrame(
        metrics={"adverse": selection_rate, "burdened": false_positive_rate, "spared": false_negative_rate},
        y_true=did_badly,
        y_pred=cases.adverse[known].astype(int),
        sensitive_features=groups[known].rename("group"),
    ).by_group
    observed = pd.Series(cases.y[known]).groupby(groups[known].to_numpy()).agg(["size", "mean"])
    predicted = pd.Series(cases.p[known]).groupby(groups[known].to_numpy()).mean()
    return [
        {
            "group": str(name),
            "cases": int(observed.loc[name, "size"]),
            "observed": float(observed.loc[name, "mean"]),
            "predicted": float(predicted.loc[name]),
            **{metric: float(frame.loc[name, metric]) for metric in ("adverse", "burdened", "spared")},
        }
        for name in sorted(frame.index)
    ]


def verdict_of(found: Sequence[Gap]) -> Mapping[str, Verdict]:
    """Per attribute the gravest verdict: a gap before undecided before insufficient before within."""
    order: tuple[Verdict, ...] = ("gap", "undecided", "insufficient", "within")
    return {
        attribute: next(one for one in order if any(g.verdict == one for g in found if g.attribute == attribute))
        for attribute in dict.fromkeys(gap.attribute for gap in found)
    }


def _gap(
    cases: Predicted,
    named: tuple[str, str, str],
    sides: tuple[BoolArray, BoolArray],
    z: float,
    limits: FairnessLimits,
) -> Gap:
    attribute, group, measure = named
    mine, rest = sides
    limit = limits.of(measure)
    values, counted = _values(cases, measure)
    a, b = mine & counted, rest & counted
    events = int((cases.y[mine] == 1).sum())
    few = min(_rarer(cases.y[mine]), _rarer(cases.y[rest]))
    n = int(mine.sum())
    if min(mine.sum(), rest.sum()) < limits.min_cases or few < limits.min_events:
        return Gap(attribute, group, measure, n, events, None, None, None, limit, "insufficient")
    value = float(values[a].mean() - values[b].mean())
    error = math.sqrt(_variance(values[a], cases.debtors[a]) + _variance(values[b], cases.debtors[b]))
    low, high = value - z * error, value + z * error
    verdict: Verdict = "undecided"
    if max(abs(low), abs(high)) <= limit:
        verdict = "within"
    elif (low > 0 or high < 0) and abs(value) >= limit:
        verdict = "gap"
    return Gap(attribute, group, measure, n, events, value, low, high, limit, verdict)


def _values(cases: Predicted, measure: str) -> tuple[FloatArray, BoolArray]:
    """What a measure averages (n,), and over which cases (n,)."""
    if measure == "calibration":
        return cases.y - cases.p, np.ones(len(cases.y), dtype=np.bool_)
    did_badly = cases.y == cases.bad
    if measure == "burdened":
        return cases.adverse.astype(np.float64), ~did_badly
    return (~cases.adverse).astype(np.float64), did_badly


def _rarer(y: FloatArray) -> int:
    return int(min(y.sum(), len(y) - y.sum()))


def _variance(values: FloatArray, debtors: NDArray[np.str_]) -> float:
    """Variance of the mean of values (n,), those of one debtor not being independent."""
    return (error_over(debtors, values - values.mean()) / len(values)) ** 2
