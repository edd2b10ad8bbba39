"""Standard errors over debtors: against a slow sum, and where every case stands there several times."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.auc import auc_interval, paired_difference
from models.evidence import calibration_evidence
from models.owners import error_over


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(-5, 5)), min_size=1, max_size=20))
def test_the_error_is_that_of_the_owners_sums(rows: list[tuple[str, float]]) -> None:
    owners, parts = np.array([name for name, _ in rows]), np.array([part for _, part in rows])
    sums = [sum(part for name, part in rows if name == one) for one in sorted(set(owners.tolist()))]
    if len(sums) < 2:
        assert error_over(owners, parts) == math.inf
        return
    slow = math.sqrt(sum(one * one for one in sums) * len(sums) / (len(sums) - 1))
    assert error_over(owners, parts) == pytest.approx(slow)


def test_cases_written_down_four_times_tell_no_more() -> None:
    rng = np.random.default_rng(4)
    z = rng.normal(size=800)
    p = 1 / (1 + np.exp(-z))
    y = (rng.random(800) < p).astype(float)
    other = p + 0.3 * rng.normal(size=800)
    owners = np.arange(800).astype(str)
    y4, p4, other4, owners4 = (np.repeat(part, 4) for part in (y, p, other, owners))
    for once, four, naive in (
        (auc_interval(y, p), auc_interval(y4, p4, owners4), auc_interval(y4, p4)),
        (
            paired_difference(y, p, other),
            paired_difference(y4, p4, other4, owners4),
            paired_difference(y4, p4, other4),
        ),
    ):
        assert four.standard_error == pytest.approx(once.standard_error, rel=0.01)
        assert naive.standard_error == pytest.approx(once.standard_error / 2, rel=0.01)
    alone, told = calibration_evidence(y, p, 0, draws=2), calibration_evidence(y4, p4, 0, owners4, draws=2)
    for figure in ("slope", "in_the_large"):
        assert told[figure]["value"] == pytest.approx(alone[figure]["value"], rel=1e-6)
        assert told[figure]["standard_error"] == pytest.approx(alone[figure]["standard_error"], rel=0.1)
