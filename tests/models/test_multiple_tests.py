"""Holm's step-down procedure, by hand and against the closed testing it stands for."""

from __future__ import annotations

from itertools import chain, combinations

from hypothesis import given
from hypothesis import strategies as st

from models.multiple_tests import holm


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == [True, False, False, True]
    assert holm([0.04]) == [True]
    assert holm([]) == []


@given(st.lists(st.sampled_from([0.001, 0.009, 0.012, 0.016, 0.024, 0.04, 0.06, 0.5]), max_size=6))
def test_holm_is_closed_testing_with_bonferroni(p_values: list[float]) -> None:
    """A hypothesis is rejected where Bonferroni rejects every set of hypotheses that holds it (Marcus et al. 1976)."""
    places = range(len(p_values))
    sets = list(chain.from_iterable(combinations(places, size) for size in range(1, len(p_values) + 1)))
    rejected = {chosen for chosen in sets if min(p_values[i] for i in chosen) <= 0.05 / len(chosen)}
    assert holm(p_values) == [all(chosen in rejected for chosen in sets if i in chosen) for i in places]
