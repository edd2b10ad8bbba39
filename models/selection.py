"""The mean re-default probability of all discretionary applicants, when only the granted show whether they re-default.

Estimates differ in what they assume of the refused:

* `naive`: the refused would do as the granted did. Almost never true.
* `inverse_propensity`: each granted case stands for the like ones that were refused (Hajek's ratio; Horvitz &
  Thompson 1952). Right if the record holds whatever both the decision and re-default depend on, and the propensity is.
* `doubly_robust`: a model of re-default, corrected by the weighted errors of that model (Robins, Rotnitzky & Zhao 1994;
  right if either model is). With `odds_ratio` r the refused are taken to have r times the odds of re-default of
  granted cases of like record: an exponential tilt (Robins, Rotnitzky & Scharfstein 2000; Franks, D'Amour & Feller
  2020). r = 1 is the estimate itself.
* `stated_bounds`: every r within a stated range. `no_assumption_bounds`: none or all of the refused would re-default
  (Manski 1990).

Standard errors come from influence values summed by debtor, for a debtor may apply twice. Propensity and outcome model
must not have seen the case they speak of (`models.nuisance`), else the errors are too small.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from models.auc import Interval
from models.owners import error_over

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Study:
    """Discretionary applicants; arrays (n,).

    `granted`; `label` 0 or 1 where re-default was observed, anything elsewhere; `weight`: 0 where the label of a
    granted case was not observed, otherwise one over the probability that it would be (`models.censoring.weights`; 1
    when all are), and 0 for the refused; `propensity` of a grant; `risk`: modelled probability of re-default given the
    record; `group`: number of the debtor. Raises ValueError with every fault.
    """

    granted: BoolArray
    label: FloatArray
    weight: FloatArray
    propensity: FloatArray
    risk: FloatArray
    group: IntArray

    def __post_init__(self) -> None:
        sizes = {field.name: len(getattr(self, field.name)) for field in fields(self)}
        if len(set(sizes.values())) > 1 or not sizes["granted"]:
            raise ValueError(f"a study needs arrays of one length above zero: {sizes}")
        seen = self.weight > 0
        faults = {
            "weights must be finite and not below 0": bool(np.all(np.isfinite(self.weight) & (self.weight >= 0))),
            "only granted cases may carry weight": not bool(np.any(seen & ~self.granted)),
            "no granted case shows its label": bool(seen.any()),
            "observed labels must be 0 or 1": bool(np.isin(self.label[seen], (0.0, 1.0)).all()),
            "propensities must lie above 0 and at most at 1": _within(self.propensity, above_zero=True),
            "risks must lie within 0 and 1": _within(self.risk, above_zero=False),
        }
        if wrong := [text for text, holds in faults.items() if not holds]:
            raise ValueError("; ".join(wrong))

    @property
    def outcome(self) -> FloatArray:
        """Labels where observed, 0 elsewhere: always to be multiplied by `weight`."""
        return np.where(self.weight > 0, self.label, 0.0)

    def refused_share(self) -> float:
        """Share of applicants who were refused."""
        return float(1.0 - self.granted.mean())


@dataclass(frozen=True)
class OddsRange:
    """The stated assumption: the odds of re-default of the refused are `low` to `high` times those of granted cases of
    like record. [1, 1] is "the record tells all"; `low` = 1 says that courts, on what the record does not hold, refuse
    none but the riskier."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.high < np.inf:
            raise ValueError(f"odds ratios must be positive and rise: [{self.low}, {self.high}]")


# Argued and measured in docs/decisions/0010-selection-bounds.md.
STATED = OddsRange(0.5, 2.0)
ONE_SIDED = OddsRange(1.0, 2.0)
LEAST_PROPENSITY = 0.02  # [A]: no granted case stands for more than fifty


@dataclass(frozen=True)
class Bounds:
    """`low` and `high` are the estimated ends; `outer_low` and `outer_high` add the sampling error of each end."""

    low: float
    high: float
    outer_low: float
    outer_high: float

    @property
    def width(self) -> float:
        """Width with sampling error."""
        return self.outer_high - self.outer_low

    def contain(self, value: float) -> bool:
        """Whether `value` lies within the outer ends."""
        return self.outer_low <= value <= self.outer_high


@dataclass(frozen=True)
class Overlap:
    """How far granted and refused cases can be compared.

    `effective_cases`: Kish's (sum w)^2 / sum w^2 of the weights 1 / propensity of the granted, and as a share of them;
    `below`: share of all applicants whose propensity lies below each limit; `edges` and the counts per bin.
    """

    granted: int
    refused: int
    effective_cases: float
    effective_share: float
    below: dict[float, float]
    edges: FloatArray
    granted_counts: IntArray
    refused_counts: IntArray


def naive(study: Study, level: float = 0.95) -> Interval:
    """Observed rate of the granted, censoring weights apart."""
    return _ratio(study, study.weight, level)


def inverse_propensity(study: Study, level: float = 0.95) -> Interval:
    """Hajek's weighted rate; the propensity is taken as known, which errs to the wide side."""
    return _ratio(study, study.weight / study.propensity, level)


def doubly_robust(study: Study, odds_ratio: float = 1.0, level: float = 0.95) -> Interval:
    """Mean of label (granted) and of the tilted risk (refused), each corrected by the model's weighted errors.

    With m the modelled risk, e the propensity and r the odds ratio, g(m) = r m / (1 - m + r m):
    A m + (1 - A) g(m) + A w (Y - m) (1 + (1 - e) / e g'(m)), averaged. At r = 1 this is the well-known
    m + A w (Y - m) / e.
    """
    m, e, r = study.risk, study.propensity, odds_ratio
    share = 1.0 - m + r * m
    tilted, slope = r * m / share, r / share**2
    errors = study.weight * (study.outcome - m)
    values = np.where(study.granted, m, tilted) + errors * (1.0 + (1.0 - e) / e * slope)
    # A weighted sum of errors may carry the mean of few cases below 0; no rate lies there.
    value = float(np.clip(values.mean(), 0.0, 1.0))
    return _interval(value, values - values.mean(), study.group, level)


def stated_bounds(study: Study, assumption: OddsRange = STATED, level: float = 0.95) -> Bounds:
    """Bounds under `assumption`: the ends are `doubly_robust` at its two odds ratios, in which it rises."""
    low = doubly_robust(study, assumption.low, level)
    high = doubly_robust(study, assumption.high, level)
    return Bounds(
        min(low.value, high.value), max(low.value, high.value), min(low.low, high.low), max(low.high, high.high)
    )


def no_assumption_bounds(study: Study, level: float = 0.95) -> Bounds:
    """None of the refused would re-default, or all would: the width is the share of the refused."""
    seen = np.where(study.granted, study.risk, 0.0) + study.weight * (study.outcome - study.risk)
    low = _interval(float(np.clip(seen.mean(), 0.0, 1.0)), seen - seen.mean(), study.group, level)
    rest = seen + ~study.granted
    high = _interval(float(np.clip(rest.mean(), 0.0, 1.0)), rest - rest.mean(), study.group, level)
    return Bounds(low.value, high.value, low.low, high.high)


def refused_mean(study: Study) -> float:
    """Doubly robust mean of the refused alone."""
    everyone, granted = doubly_robust(study).value, float(study.granted.mean())
    of_granted = float(np.mean(study.granted * study.risk + study.weight * (study.outcome - study.risk)))
    return float(np.clip((everyone - of_granted) / (1.0 - granted), 1e-6, 1.0 - 1e-6))


def odds_ratio_of_refused(whole: Study, blind: Study) -> float:
    """Odds of re-default of the refused as estimated from `whole`, over those from `blind`, a study of the same cases
    on less of the record: how far the odds are missed when that part of the record is hidden."""
    a, b = refused_mean(whole), refused_mean(blind)
    return (a / (1.0 - a)) / (b / (1.0 - b))


def overlap(study: Study, bins: int = 20, limits: tuple[float, ...] = (0.05, 0.10, 0.20)) -> Overlap:
    """Propensities of granted and refused beside each other, and what the weights leave of the granted."""
    weights = 1.0 / study.propensity[study.granted]
    cases = float(weights.sum() ** 2 / np.sum(weights**2)) if len(weights) else 0.0
    edges = np.linspace(0.0, 1.0, bins + 1)
    return Overlap(
        granted=int(study.granted.sum()),
        refused=int((~study.granted).sum()),
        effective_cases=cases,
        effective_share=cases / max(len(weights), 1),
        below={limit: float(np.mean(study.propensity < limit)) for limit in limits},
        edges=edges,
        granted_counts=np.histogram(study.propensity[study.granted], edges)[0].astype(np.int64),
        refused_counts=np.histogram(study.propensity[~study.granted], edges)[0].astype(np.int64),
    )


def trimmed(propensity: FloatArray, least: float) -> FloatArray:
    """Propensities no lower than `least`: bounds the weight of any one case, at the price of some bias."""
    if not 0 < least < 1:
        raise ValueError(f"the least propensity must lie between 0 and 1, not be {least}")
    return np.maximum(propensity, least)


def _ratio(study: Study, weights: FloatArray, level: float) -> Interval:
    total = weights.mean()
    value = float((weights * study.outcome).mean() / total)
    return _interval(value, weights * (study.outcome - value) / total, study.group, level)


def _interval(value: float, influence: FloatArray, group: IntArray, level: float) -> Interval:
    """Interval of a mean of influence values (n,), those of one debtor being summed."""
    error = error_over(group, influence) / len(influence)
    half = float(ndtri(0.5 + level / 2)) * error
    return Interval(value, error, max(0.0, value - half), min(1.0, value + half))


def _within(values: FloatArray, *, above_zero: bool) -> bool:
    low = values > 0 if above_zero else values >= 0
    return bool(np.all(low & (values <= 1)))
