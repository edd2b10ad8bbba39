"""Partial pooling: effects of groups on log-odds, each drawn towards what is known of all groups alike.

    logit P(y = 1) = fixed @ beta + sum over factors of u_factor[group],   u_g ~ N(mean_g, tau^2)

A group with many cases keeps nearly its own estimate, one with few nearly the common mean: tau^2 is estimated from
the data (empirical Bayes; EM on the Laplace approximation, Breslow & Clayton 1993, JASA 88; Gelman & Hill 2007,
ch. 12-14). Group effects are updated one factor after another, so three thousand courts cost no matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
FREE = float("inf")  # a coefficient's prior error that is no prior
AS_GIVEN = 1e-6  # one that leaves the coefficient at its prior mean
_ROUNDS = 300
_STEADY = 1e-5  # log-odds
_SMALLEST = 1e-6  # variance at which a factor counts as having no effect


@dataclass(frozen=True)
class Factor:
    """Groups of cases: `codes` (n,) from 0 to `size` - 1, -1 for a case in no group; `mean` (size,) is what is
    expected of each group beforehand. Groups below `min_cases` stay at their mean."""

    codes: IntArray
    size: int
    mean: FloatArray
    min_cases: int = 1


@dataclass(frozen=True)
class Prior:
    """Normal priors of the fixed coefficients, `mean` and `error` (k,): `FREE` is no prior, `AS_GIVEN` holds."""

    mean: FloatArray
    error: FloatArray


@dataclass(frozen=True)
class Pooled:
    """`fixed` (k,) coefficients, and their standard errors as if the groups' effects were known; per factor `effects`
    (size,), their standard errors, and the spread tau."""

    fixed: FloatArray
    fixed_error: FloatArray
    effects: tuple[FloatArray, ...]
    errors: tuple[FloatArray, ...]
    spreads: tuple[float, ...]


def pool(y: FloatArray, fixed: FloatArray, prior: Prior, factors: Sequence[Factor]) -> Pooled:
    """Fit labels y (n,) of 0 and 1 on fixed columns (n, k) and `factors`.

    Raises ValueError when a label class is absent.
    """
    if not 0 < float(y.mean()) < 1:
        raise ValueError("pooling needs both outcomes")
    precision = 1.0 / np.square(prior.error)
    beta = np.where(precision > 0, prior.mean, 0.0)
    effects = [factor.mean.astype(np.float64).copy() for factor in factors]
    counts = [_sums(factor, np.ones(len(y))) for factor in factors]
    used = [count >= max(factor.min_cases, 1) for factor, count in zip(factors, counts, strict=True)]
    variance = [0.05] * len(factors)
    eta = fixed @ beta
    for factor, effect in zip(factors, effects, strict=True):
        eta = eta + _spread_out(factor, effect)
    for _ in range(_ROUNDS):
        moved = 0.0
        p = expit(eta)
        w = np.maximum(p * (1 - p), 1e-12)
        gradient = fixed.T @ (y - p) - precision * np.where(precision > 0, beta - prior.mean, 0.0)
        step = np.linalg.solve(fixed.T @ (fixed * w[:, None]) + np.diag(precision), gradient)
        step *= min(1.0, 2.0 / max(float(np.abs(fixed @ step).max()), 1e-12))
        beta, eta = beta + step, eta + fixed @ step
        moved = max(moved, float(np.abs(fixed @ step).max()))
        for place, factor in enumerate(factors):
            p = expit(eta)
            information = _sums(factor, p * (1 - p))
            score = _sums(factor, y - p)
            tau = variance[place]
            delta = (score - (effects[place] - factor.mean) / tau) / (information + 1.0 / tau)
            delta = np.clip(np.where(used[place], delta, 0.0), -1.0, 1.0)
            effects[place] = effects[place] + delta
            eta = eta + _spread_out(factor, delta)
            moved = max(moved, float(np.abs(delta).max(initial=0.0)))
            if used[place].any():
                apart = np.square(effects[place] - factor.mean) + 1.0 / (information + 1.0 / tau)
                variance[place] = max(float(apart[used[place]].mean()), _SMALLEST)
                moved = max(moved, abs(variance[place] - tau))
        if moved < _STEADY:
            break
    p = expit(eta)
    w = np.maximum(p * (1 - p), 1e-12)
    covariance = np.linalg.inv(fixed.T @ (fixed * w[:, None]) + np.diag(precision))
    errors = tuple(
        np.sqrt(1.0 / (np.where(mine, _sums(factor, w), 0.0) + 1.0 / tau))
        for factor, tau, mine in zip(factors, variance, used, strict=True)
    )
    return Pooled(
        fixed=beta,
        fixed_error=np.sqrt(np.diag(covariance)),
        effects=tuple(effects),
        errors=errors,
        spreads=tuple(float(np.sqrt(tau)) for tau in variance),
    )


def _sums(factor: Factor, values: FloatArray) -> FloatArray:
    """Sum of values (n,) per group (size,)."""
    inside = factor.codes >= 0
    counted = np.bincount(factor.codes[inside], weights=values[inside], minlength=factor.size)
    return np.asarray(counted, dtype=np.float64)


def _spread_out(factor: Factor, effect: FloatArray) -> FloatArray:
    """Each case's own effect (n,), 0 where it is in no group."""
    return np.asarray(np.append(effect, 0.0)[factor.codes], dtype=np.float64)  # code -1 is the 0 at the end
