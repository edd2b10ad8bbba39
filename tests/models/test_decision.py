"""Net benefit and workload by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.decision import caught, decision_curve, net_benefit, workload

Y = np.array([1, 0, 1, 0, 0], dtype=float)
P = np.array([0.9, 0.8, 0.3, 0.2, 0.1])


def test_net_benefit_by_hand() -> None:
    # At 1/4 three are called, two rightly; one needless look costs a third of a catch.
    assert net_benefit(Y, P, 0.25) == pytest.approx((2 - 1 / 3) / 5)
    assert net_benefit(Y, np.ones(5), 0.25) == pytest.approx((2 - 3 / 3) / 5)
    assert net_benefit(Y, np.zeros(5), 0.25) == 0.0
    # The first case twice, the second not at all.
    assert net_benefit(Y, P, 0.25, np.array([2, 0, 1, 1, 1.0])) == pytest.approx(3 / 5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        net_benefit(Y, P, 1.0)


def test_caught_by_hand_and_ties_in_part() -> None:
    assert caught(Y, P, 0.2) == pytest.approx(0.5)
    assert caught(Y, P, 0.6) == pytest.approx(1.0)
    assert caught(Y, P, 0.5) == pytest.approx(0.75)  # half of the third case
    assert caught(Y, np.zeros(5), 0.4) == pytest.approx(0.4)  # who knows nothing catches what he looks at
    assert caught(Y, P, 0.4, np.array([1, 1, 0, 1, 1.0])) == pytest.approx(1.0)


def test_the_truth_is_never_worse_than_all_or_none() -> None:
    random = np.random.default_rng(1)
    p = random.beta(1, 5, 5_000)
    y = (random.random(5_000) < p).astype(float)
    rows = decision_curve(y, p, [str(i) for i in range(5_000)], draws=50, seed=2)
    assert all(row["high"] >= max(0.0, row["all"]) for row in rows)
    assert all(row["low"] <= row["model"] <= row["high"] for row in rows)
    middle = next(row for row in rows if row["threshold"] == 0.2)
    assert middle["low"] > max(0.0, middle["all"])
    assert middle["called"] == pytest.approx(np.mean(p >= 0.2))


def test_workload_rises_to_all() -> None:
    random = np.random.default_rng(2)
    p = random.random(500)
    y = (random.random(500) < p).astype(float)
    rows = workload(y, p, list(range(500)), draws=60, seed=1)
    values = [row["caught"] for row in rows]
    assert values == sorted(values)
    assert all(row["caught"] > row["share"] for row in rows)
    assert all(row["low"] <= row["caught"] <= row["high"] for row in rows)
