"""Gaps between groups: by hand, on made data with and without a planted bias, and how often they cry wolf."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.fairness import FairnessLimits, Gap, Predicted, gaps, rates, verdict_of
from models.proxy import ProxyLimits, proxies

LIMITS = FairnessLimits()


def made(n: int, seed: int, *, biased: float = 0.0, repeat: int = 1) -> tuple[Predicted, pd.Series]:
    """Honest probabilities; `biased`: share of the good labels of the second group that are turned bad."""
    rng = np.random.default_rng(seed)
    p = np.repeat(rng.beta(2, 6, n // repeat), repeat)
    group = np.repeat(rng.choice(["a", "b"], n // repeat, p=[0.6, 0.4]), repeat)
    y = (rng.random(len(p)) < p).astype(np.float64)
    y = np.where((group == "b") & (rng.random(len(p)) < biased), 1.0, y)
    debtors = np.repeat(np.arange(n // repeat), repeat).astype(str)
    return Predicted(y, p, p > 0.35, debtors), pd.Series(group, name="sex")


def of(found: list[Gap], group: str, measure: str) -> Gap:
    return next(gap for gap in found if (gap.group, gap.measure) == (group, measure))


def test_a_gap_by_hand() -> None:
    y = np.array([1, 0, 0, 1, 0, 0, 1, 0], dtype=float)
    p = np.array([0.6, 0.2, 0.5, 0.1, 0.1, 0.4, 0.5, 0.2])
    adverse = p > 0.35
    group = pd.Series(["a", "a", "a", "a", "b", "b", "b", "b"], name="sex")
    cases = Predicted(y, p, adverse, np.arange(8).astype(str))
    found = gaps(cases, group, FairnessLimits(min_cases=2, min_events=1))
    calibration = of(found, "a", "calibration")
    a, b = (y - p)[:4], (y - p)[4:]
    assert calibration.value == pytest.approx(a.mean() - b.mean())
    error = math.sqrt(a.var(ddof=1) / 4 + b.var(ddof=1) / 4)
    z = 2.6382572734767306  # two-sided 95 % of six intervals together: 1 - 0.05 / 12
    assert calibration.high - calibration.value == pytest.approx(z * error, rel=1e-6)  # type: ignore[operator]
    assert of(found, "a", "burdened").value == pytest.approx(1 / 2 - 1 / 3)
    assert of(found, "a", "spared").value == pytest.approx(1 / 2 - 0)
    assert of(found, "b", "spared").value == pytest.approx(-1 / 2)
    by_group = rates(cases, group)
    assert by_group[0] == pytest.approx(
        {"group": "a", "cases": 4, "observed": 0.5, "predicted": 0.35, "adverse": 0.5, "burdened": 0.5, "spared": 0.5}
    )


def test_a_label_biased_against_a_group_fires_and_clean_data_stay_silent() -> None:
    fired = sum(verdict_of(gaps(*made(6000, seed, biased=0.15), LIMITS))["sex"] == "gap" for seed in range(40))
    cried = sum(verdict_of(gaps(*made(6000, seed), LIMITS))["sex"] == "gap" for seed in range(100))
    assert fired >= 38
    assert cried <= 5


def test_repeated_cases_of_a_debtor_do_not_make_the_interval_narrow() -> None:
    cases, group = made(2000, 3)
    alone = of(gaps(cases, group, LIMITS), "a", "calibration")
    doubled = Predicted(*(np.repeat(part, 4) for part in (cases.y, cases.p, cases.adverse, cases.debtors)))
    again = of(gaps(doubled, group.repeat(4).reset_index(drop=True), LIMITS), "a", "calibration")
    assert again.value == pytest.approx(alone.value)
    assert again.high == pytest.approx(alone.high, rel=1e-6)
    naive = Predicted(doubled.y, doubled.p, doubled.adverse, np.arange(len(doubled.y)).astype(str))
    narrow = of(gaps(naive, group.repeat(4).reset_index(drop=True), LIMITS), "a", "calibration")
    assert narrow.high - narrow.value < 0.6 * (alone.high - alone.value)  # type: ignore[operator]


def test_a_small_group_is_insufficient_and_never_a_pass() -> None:
    cases, group = made(3000, 4)
    few = group.where(np.arange(3000) >= 60, "c")
    found = gaps(cases, few, LIMITS)
    assert {gap.verdict for gap in found if gap.group == "c"} == {"insufficient"}
    assert all(gap.value is None for gap in found if gap.group == "c")
    assert verdict_of([gap for gap in found if gap.group == "c"]) == {"sex": "insufficient"}
    wide = gaps(*made(400, 5), LIMITS)
    assert "undecided" in {gap.verdict for gap in wide}


def test_a_gap_that_is_there_but_may_be_too_large_is_no_pass() -> None:
    """A narrower interval may not turn what is undecided into a pass, as long as it reaches beyond the limit."""
    cases, group = made(6000, 5)
    shifted = replace(cases, p=np.clip(cases.p - 0.04 * (group == "a").to_numpy(), 0.001, 0.999))
    found = of(gaps(shifted, group, LIMITS), "a", "calibration")
    assert found.value is not None and found.low is not None and found.high is not None  # noqa: PT018
    assert 0 < found.low < found.value < found.limit < found.high
    assert found.verdict == "undecided"
    wider = of(gaps(shifted, group, replace(LIMITS, calibration=2 * found.high)), "a", "calibration")
    assert wider.verdict == "within"


def test_unknown_attributes_are_in_no_group_and_one_group_has_no_rest() -> None:
    cases, group = made(3000, 6)
    unknown = group.where(np.arange(3000) % 3 > 0)
    assert sum(row["cases"] for row in rates(cases, unknown)) == 2000  # type: ignore[misc]
    assert of(gaps(cases, unknown, LIMITS), "a", "calibration").cases == int((unknown == "a").sum())
    assert gaps(cases, pd.Series("a", index=group.index, name="sex"), LIMITS) == []


def indicators(n: int, seed: int, *, planted: float) -> tuple[pd.DataFrame, pd.Series, list[str]]:
    rng = np.random.default_rng(seed)
    group = rng.choice(["female", "male"], n)
    X = pd.DataFrame(rng.normal(size=(n, 8)), columns=[f"x{number}" for number in range(8)])  # noqa: N806
    X["x3"] += planted * (group == "male")
    X.loc[rng.random(n) < 0.1, "x1"] = np.nan
    X["x7"] = np.nan
    return X, pd.Series(group, name="sex"), [f"D{number}" for number in range(n)]


def test_a_planted_proxy_is_found_by_name_and_clean_indicators_stay_silent() -> None:
    fired = [proxies(*indicators(3000, seed, planted=0.6), ProxyLimits(), seed=1)[0] for seed in range(6)]
    assert all(one.verdict == "proxy" and one.indicators[0][0] == "x3" for one in fired)
    assert all(one.indicators[0][1] > 0.62 for one in fired)
    clean = [proxies(*indicators(3000, seed, planted=0.0), ProxyLimits(), seed=1)[0] for seed in range(6)]
    assert [one.verdict for one in clean] == ["within"] * 6
    assert all(one.indicators == () for one in clean)


def test_of_three_groups_each_is_asked_and_a_small_one_is_insufficient() -> None:
    X, group, debtors = indicators(2000, 9, planted=0.0)  # noqa: N806
    three = group.where(np.arange(2000) >= 50, "other")
    found = {one.group: one for one in proxies(X, three, debtors, ProxyLimits(), seed=1)}
    assert set(found) == {"female", "male", "other"}
    assert found["other"].verdict == "insufficient"
    assert found["other"].auc is None
    twice = pd.concat([X, X], ignore_index=True)
    both = pd.concat([group, group], ignore_index=True).rename("sex")
    assert proxies(twice, both, debtors * 2, ProxyLimits(), seed=1)[0].debtors == 2000
    assert proxies(X, pd.Series("a", index=X.index, name="sex"), debtors, ProxyLimits(), seed=1) == []
