"""Logistic weights of the points card's evidence: free, or under the shares that policy gives to the dimensions.

Policy says how many points a dimension can give (DT5: 40, 40, 20). On the reference population every dimension's
weighted evidence is therefore brought to a deviation in proportion to its share, whatever the data say of its worth.
Weights learnt freely and then squeezed so are not the best ones under that rule: an indicator whose neighbours
are squeezed should take over part of what they told. So the likelihood is maximised under the rule itself::

    log-odds = a + k x sum over dimensions of  share x (evidence . u - its mean) / its deviation,    u >= 0

with mean and deviation those of the reference population, k one common scale, and u as large within a dimension as one
likes: only its direction counts. Weights are never negative, so points never move against a declared direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

FloatArray = NDArray[np.float64]
_NOTHING = 1e-9  # a weight this small a part of its dimension's largest lies on the bound
_FLAT = 1e-12  # variance of a dimension that does not vary at all
# Of a and of ln k, log-odds: no search goes further, where exp would end; a card's are some 2 and some 0.
_WITHIN = ((-30.0, 30.0), (-10.0, 4.0))


@dataclass(frozen=True)
class Weights:
    """Weights (k,) of the evidence, and how much would be lost with each one (k,): the least is the weakest."""

    values: FloatArray
    loss: FloatArray


def free_weights(evidence: FloatArray, good: FloatArray, strength: float) -> Weights:
    """Weights on evidence (n, k) of labels good (n,); `strength`: inverse of the L2 penalty.

    What one adds is its weight times the deviation of its evidence.
    """
    fit = LogisticRegression(C=strength, solver="newton-cholesky", tol=1e-10).fit(evidence, good)
    values = np.asarray(fit.coef_[0], dtype=np.float64)
    return Weights(values, values * evidence.std(axis=0))


def weights_within(
    shares: Mapping[str, float],
    evidence: FloatArray,
    good: FloatArray,
    *,
    dimension: Sequence[str],
    population: FloatArray,
    start: FloatArray | None = None,
) -> Weights:
    """Weights on evidence (n, k) of labels good (n,), of which the dimensions (k names) keep their `shares`.

    `population` (m, k): evidence of the reference population. `start` (k,): weights to begin from. What one adds is the
    log-likelihood lost without it, the others free to move, to the second order at the maximum.
    """
    centred, names = evidence - population.mean(axis=0), np.array(dimension)
    covariance = np.atleast_2d(np.cov(population, rowvar=False, bias=True))
    members = []
    for name, share in shares.items():
        columns = np.flatnonzero(names == name)
        if len(columns):
            mine = np.ascontiguousarray(centred[:, columns])
            members.append(_Dimension(share / 100.0, columns, mine, covariance[np.ix_(columns, columns)]))
    rule = _Rule(members, good)
    first = np.ones(evidence.shape[1]) if start is None else np.maximum(start, start.max() * 1e-3)
    rate = float(good.mean())
    found = minimize(
        rule.loss_and_gradient,
        np.concatenate([[np.log(rate / (1.0 - rate)), 0.0], first]),
        jac=True,
        method="L-BFGS-B",
        bounds=[*_WITHIN, *[(0.0, None)] * len(first)],
        options={"maxiter": 500, "ftol": 1e-11, "gtol": 1e-7},
    ).x
    values = rule.weights(found)
    return Weights(values, rule.lost(found, values))


@dataclass(frozen=True)
class _Dimension:
    """One dimension: its share (of 1), its columns among all (d,), their evidence (n, d) centred on the reference
    population, and that population's covariance (d, d)."""

    share: float
    columns: NDArray[np.int64]
    evidence: FloatArray
    covariance: FloatArray

    def standing(self, u: FloatArray) -> tuple[FloatArray, float, FloatArray]:
        """Of u (k,): standing z (n,), its deviation on the population, and covariance x u (d,)."""
        mine = u[self.columns]
        pull = self.covariance @ mine
        deviation = float(np.sqrt(max(float(mine @ pull), _FLAT)))
        return self.evidence @ mine / deviation, deviation, pull


@dataclass(frozen=True)
class _Rule:
    """The likelihood of labels good (n,) under the shares. Parameters t: a, ln k, u (k,)."""

    dimensions: list[_Dimension]
    good: FloatArray

    def loss_and_gradient(self, t: FloatArray) -> tuple[float, FloatArray]:
        """Mean negative log-likelihood and its gradient."""
        scale, u = float(np.exp(t[1])), t[2:]
        found = [(one, *one.standing(u)) for one in self.dimensions]
        spread = scale * np.sum([one.share * z for one, z, _, _ in found], axis=0)
        eta = t[0] + spread
        off = (expit(eta) - self.good) / len(self.good)
        gradient = np.zeros_like(t)
        gradient[0], gradient[1] = off.sum(), off @ spread
        for one, z, deviation, pull in found:
            along = off @ one.evidence - float(off @ z) * pull / deviation
            gradient[2 + one.columns] = scale * one.share * along / deviation
        return float(np.mean(np.logaddexp(0.0, eta) - self.good * eta)), gradient

    def weights(self, t: FloatArray) -> FloatArray:
        """Weights (k,) of the evidence itself; what lies on the bound is 0."""
        scale, u = float(np.exp(t[1])), t[2:]
        found = np.zeros_like(u)
        for one in self.dimensions:
            mine, (_, deviation, _) = u[one.columns], one.standing(u)
            found[one.columns] = np.where(mine > _NOTHING * mine.max(), scale * one.share * mine / deviation, 0.0)
        return found

    def lost(self, t: FloatArray, values: FloatArray) -> FloatArray:
        """What leaving out each of the weights `values` (k,) costs: w² / 2 [H⁻¹], with H the Fisher information of all
        (Hassibi & Stork 1993). Near the truth for weak ones; more than it for one that is most of its dimension."""
        slopes = np.zeros((len(self.good), len(values)))
        spread = np.zeros(len(self.good))
        for one in self.dimensions:
            z, deviation, pull = one.standing(values)
            spread += deviation * z
            slopes[:, one.columns] = one.evidence - np.outer(z, pull / deviation)
        slopes = np.column_stack([np.ones(len(spread)), spread, slopes])
        p = expit(t[0] + spread)
        # A dimension's common scale has no information of its own: the inverse is that of what has.
        inverse = np.linalg.pinv((slopes * (p * (1.0 - p))[:, None]).T @ slopes, rcond=1e-10, hermitian=True)
        return np.asarray(np.square(values) / (2.0 * np.maximum(np.diag(inverse)[2:], 1e-300)), dtype=np.float64)
