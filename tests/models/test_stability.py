"""PSI against its definition and its limit; agreement of two fits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.stability import agreement, psi, psi_of_shares


def test_psi_is_its_definition() -> None:
    found = psi_of_shares([50, 30, 20], [30, 30, 40])
    assert found.value == pytest.approx((0.3 - 0.5) * math.log(0.3 / 0.5) + (0.4 - 0.2) * math.log(0.4 / 0.2))
    assert psi_of_shares([5, 5], [5, 5]).value == 0.0
    assert psi_of_shares([5, 5, 0], [5, 5, 0]).bins == 2
    assert math.isfinite(psi_of_shares([10, 0], [5, 5]).value)
    with pytest.raises(ValueError, match="same bins"):
        psi_of_shares([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="neither of them empty"):
        psi_of_shares([0, 0], [1, 2])


@pytest.mark.parametrize(("n", "m"), [(200, 300), (5_000, 400)])
def test_the_limit_fits_the_number_of_cases(n: int, m: int) -> None:
    """Nothing changed: about 5 % of comparisons exceed it, with few cases and with many."""
    random = np.random.default_rng(n)
    passed = [psi(random.normal(size=n), random.normal(size=m)).shifted for _ in range(400)]
    assert 0.02 < np.mean(passed) < 0.085


def test_a_shift_is_seen_with_many_cases_and_may_be_missed_with_few() -> None:
    random = np.random.default_rng(1)
    assert psi(random.normal(size=5_000), random.normal(0.2, 1, 5_000)).shifted
    assert psi(random.normal(size=5_000), random.normal(size=5_000)).value < 0.01
    small = [psi(random.normal(size=60), random.normal(size=60)) for _ in range(50)]
    assert np.mean([one.value for one in small]) > 0.1  # the customary limit would call most of these a shift
    assert np.mean([one.shifted for one in small]) < 0.25


def test_tied_scores_make_fewer_bins() -> None:
    assert psi(np.repeat([0.0, 1.0], 50), np.repeat([0.0, 1.0], 50)).bins == 2


def test_agreement() -> None:
    first = np.array([0.1, 0.2, 0.3, 0.4])
    found = agreement(first, first + 0.05)
    assert found.rank_correlation == pytest.approx(1.0)
    assert found.mean_difference == pytest.approx(0.05)
    assert agreement(first, first[::-1]).rank_correlation == pytest.approx(-1.0)
