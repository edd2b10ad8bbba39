"""Weights under given shares, against likelihoods worked out the long way."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import approx_fprime, minimize_scalar
from scipy.special import expit

from models.card_weights import Weights, free_weights, weights_within

Floats = NDArray[np.float64]
SHARES = {"ability": 40.0, "willingness": 40.0, "impact": 20.0}
NAMES = ("ability", "ability", "ability", "willingness", "willingness", "impact", "impact")


def made(cases: int = 6000, seed: int = 3) -> tuple[Floats, Floats, Floats]:
    """Correlated evidence of cases and of a wider population, and labels: willingness tells most, impact next to
    nothing, the last ability indicator is a poor copy of a willingness one."""
    rng = np.random.default_rng(seed)
    both = rng.normal(size=(3 * cases, 7)) + 0.5 * rng.normal(size=(3 * cases, 1))
    both[:, 2] += 0.8 * both[:, 3]
    both = np.round(both, 1)
    truth = np.array([0.3, 0.1, 0.0, 0.8, 0.5, 0.05, 0.1])
    good = (rng.random(3 * cases) < expit(1.5 + both @ truth)).astype(np.float64)
    return both[:cases], good[:cases], both


def within(evidence: Floats, good: Floats, population: Floats, names: tuple[str, ...] = NAMES) -> Weights:
    return weights_within(SHARES, evidence, good, dimension=names, population=population)


def loss(weights: Floats, evidence: Floats, good: Floats, population: Floats, names: tuple[str, ...] = NAMES) -> float:
    """Negative log-likelihood of the best card whose weights point as `weights` do, dimension by dimension: scaled to
    the shares on the population, then one slope and one intercept, by two nested searches."""
    total = np.zeros(len(evidence))
    for name, share in SHARES.items():
        mine = [place for place, other in enumerate(names) if other == name]
        deviation = float((population[:, mine] @ weights[mine]).std())
        total += share / 100 * (evidence[:, mine] @ weights[mine]) / deviation

    def at(slope: float) -> float:
        eta = slope * (total - total.mean())
        return float(minimize_scalar(lambda a: np.logaddexp(0, a + eta).sum() - good @ (a + eta), bounds=(-5, 5)).fun)

    return float(minimize_scalar(at, bounds=(0.0, 10.0), method="bounded").fun)


def test_dimensions_spread_as_their_shares_say_and_no_weight_is_negative() -> None:
    evidence, good, population = made()
    found = within(evidence, good, population).values
    spread = [
        float((population[:, mine] @ found[mine]).std())
        for mine in ([place for place, other in enumerate(NAMES) if other == name] for name in SHARES)
    ]
    assert np.array(spread) / sum(spread) == pytest.approx([0.4, 0.4, 0.2], rel=1e-9)
    assert (found >= 0).all()


def test_no_other_direction_is_more_likely_and_the_free_weights_squeezed_are_less() -> None:
    evidence, good, population = made()
    found = within(evidence, good, population).values
    best = loss(found, evidence, good, population)
    assert loss(free_weights(evidence, good, 1.0).values.clip(0.001), evidence, good, population) > best + 1.0
    for place in range(len(NAMES)):
        for factor in (0.9, 1.1):
            other = found.copy()
            other[place] = other[place] * factor if other[place] > 0 else 0.01
            assert loss(other, evidence, good, population) > best - 1e-3


def test_a_squeezed_indicator_leaves_its_tale_to_a_neighbour_with_room() -> None:
    evidence, good, population = made()
    free, found = free_weights(evidence, good, 1.0).values, within(evidence, good, population).values
    assert abs(free[2]) < 0.1  # tells nothing beside the one it copies
    assert found[2] > 0.15  # of which the shares let only a part through


def test_evidence_against_its_direction_weighs_nothing() -> None:
    evidence, good, population = made()
    flip = np.array([1, -1, 1, 1, 1, 1, 1.0])
    found = within(evidence * flip, good, population * flip).values
    assert found[1] == 0.0
    kept = [place for place in range(7) if place != 1]
    alone = within(evidence[:, kept], good, population[:, kept], tuple(NAMES[place] for place in kept)).values
    assert found[kept] == pytest.approx(alone, rel=1e-3)


def test_the_weakest_are_known_by_what_is_lost_without_them() -> None:
    """To the second order, so only roughly, and too much where one indicator is most of its dimension: those stay."""
    evidence, good, population = made(cases=20_000)
    found = within(evidence, good, population)
    best, real = loss(found.values, evidence, good, population), np.empty(7)
    for place in range(7):
        kept = [other for other in range(7) if other != place]
        names = tuple(NAMES[other] for other in kept)
        without = within(evidence[:, kept], good, population[:, kept], names).values
        real[place] = loss(without, evidence[:, kept], good, population[:, kept], names) - best
    weakest = np.argsort(real)[:2]
    assert (np.argsort(found.loss)[:2] == weakest).all()
    assert found.loss[weakest] == pytest.approx(real[weakest], rel=1.0)
    assert (found.loss > 0.8 * real).all()


def test_beginning_elsewhere_ends_at_the_same_weights() -> None:
    evidence, good, population = made()
    found = within(evidence, good, population).values
    start = np.array([3.0, 0.1, 0.1, 0.2, 2.0, 0.1, 1.0])
    again = weights_within(SHARES, evidence, good, dimension=NAMES, population=population, start=start).values
    assert again == pytest.approx(found, rel=2e-3)


@pytest.mark.parametrize("seed", range(40))
def test_few_cases_and_labels_that_evidence_tells_apart_give_finite_weights(seed: int) -> None:
    """Nothing overflows on the way, though the more weight the likelier."""
    rng = np.random.default_rng(seed)
    evidence = rng.normal(size=(40 + 10 * (seed % 5), 7)) * 10.0 ** rng.integers(-2, 2, size=7)
    good = (evidence[:, seed % 7] > np.quantile(evidence[:, seed % 7], 0.1)).astype(np.float64)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = within(evidence, good, evidence)
    assert np.isfinite(found.values).all()
    assert np.isfinite(found.loss).all()
    assert (found.values >= 0).all()
    for name in SHARES:
        assert max(found.values[place] for place in range(7) if NAMES[place] == name) > 0  # a share goes to someone


def test_free_weights_are_those_of_maximum_likelihood() -> None:
    evidence, good, _ = made()
    found = free_weights(evidence, good, 1e6).values
    rate = minimize_scalar(
        lambda a: np.logaddexp(0, a + evidence @ found).sum() - good @ (a + evidence @ found), bounds=(-5, 5)
    ).x

    def total(w: Floats) -> float:
        eta = rate + evidence @ w
        return float(np.logaddexp(0, eta).sum() - good @ eta)

    assert np.abs(approx_fprime(found, total, 1e-6)).max() < 1.0  # of a likelihood of some 3,000
