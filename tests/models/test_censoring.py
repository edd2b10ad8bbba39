"""Censoring: hand-computed tables, the weights' identities, and truth recovered where dropping cases is biased."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.censoring import (
    CENSORED,
    EXIT,
    REDEFAULT,
    aalen_johansen,
    kaplan_meier,
    label,
    life_table,
    observed_share,
    weights,
)

# Five cases: the worked example of the module.
MONTHS = np.array([2, 1, 3, 3, 2])
CAUSE = np.array([REDEFAULT, CENSORED, REDEFAULT, CENSORED, EXIT])


def test_the_worked_example_by_hand() -> None:
    table = life_table(MONTHS, CAUSE, 3)
    assert table.entered.tolist() == [5, 4, 2]
    assert table.redefaults.tolist() == [0, 1, 1]
    assert table.exits.tolist() == [0, 1, 0]
    assert table.censored_before.tolist() == [0, 1, 0]
    # Month 2: three are followed through it or re-default in it (the exit is not), one of them re-defaults.
    assert kaplan_meier(MONTHS, CAUSE, 3) == pytest.approx([1, 2 / 3, 1 / 3])
    incidence = aalen_johansen(MONTHS, CAUSE, 3)
    assert [one.value for one in incidence] == pytest.approx([0, 1 / 4, 1 / 4 + 1 / 2 * 1 / 2])
    assert [one.value for one in aalen_johansen(MONTHS, CAUSE, 3, of=EXIT)] == pytest.approx([0, 1 / 4, 1 / 4])


def test_censoring_survival_and_weights_by_hand() -> None:
    # After month 1: of five clean cases one is censored there and one leaves in the month after.
    share = observed_share(MONTHS, CAUSE, 3, exits_censor=True)
    assert share == pytest.approx([1, 1, 3 / 5, 3 / 5])
    assert weights(MONTHS, CAUSE, 3) == pytest.approx([5 / 3, 0, 5 / 3, 5 / 3, 0])
    # An exit that stays in the count, without event: only the censored case is stood for by others.
    assert weights(MONTHS, CAUSE, 3, exits_censor=False) == pytest.approx([5 / 4, 0, 5 / 4, 5 / 4, 5 / 4])


CASES = st.lists(st.tuples(st.integers(1, 6), st.sampled_from((CENSORED, REDEFAULT, EXIT))), min_size=1, max_size=40)


@settings(max_examples=200, deadline=None)
@given(CASES, st.integers(1, 5))
def test_weighted_rates_are_kaplan_meier_and_aalen_johansen(cases: list[tuple[int, int]], horizon: int) -> None:
    months = np.array([m for m, _ in cases])
    cause = np.array([c for _, c in cases])
    # One case followed to the end: then no time is reached by nobody.
    months, cause = np.append(months, horizon), np.append(cause, CENSORED)
    events = label(months, cause, horizon)
    net = weights(months, cause, horizon)
    assert net.sum() == pytest.approx(len(months))
    assert (net * events).mean() == pytest.approx(1 - kaplan_meier(months, cause, horizon)[-1])
    crude = weights(months, cause, horizon, exits_censor=False)
    assert (crude * events).mean() == pytest.approx(aalen_johansen(months, cause, horizon)[-1].value)


@settings(max_examples=100, deadline=None)
@given(CASES)
def test_incidences_and_what_is_left_add_up(cases: list[tuple[int, int]]) -> None:
    months, cause = (np.array(column) for column in zip(*cases, strict=True))
    table = life_table(months, cause, 6)
    left = np.cumprod([1 - (d + e) / n if n else 1 for d, e, n in zip(
        table.redefaults, table.exits, table.entered, strict=True)])  # fmt: skip
    both = [aalen_johansen(months, cause, 6, of=one)[-1].value for one in (REDEFAULT, EXIT)]
    assert sum(both) + left[-1] == pytest.approx(1)


def _followed(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Constant hazards; early adopters are followed longer. Returns months, cause and the true net risk at 12."""
    event = rng.geometric(0.02, n)
    leave = rng.geometric(0.01, n)
    followed = rng.integers(0, 24, n)
    months = np.minimum(event, np.minimum(leave, followed))
    cause = np.where(event <= np.minimum(leave - 1, followed), REDEFAULT, np.where(leave <= followed, EXIT, CENSORED))
    return months, cause, 1 - 0.98**12


def test_weights_recover_the_risk_that_counting_known_labels_alone_misses() -> None:
    naive, weighted = [], []
    for seed in range(40):
        months, cause, risk = _followed(np.random.default_rng(seed), 3000)
        known = (cause == REDEFAULT) | (months >= 12)
        naive.append(label(months, cause, 12)[known].mean() - risk)
        weighted.append((weights(months, cause, 12) * label(months, cause, 12)).mean() - risk)
    # Early events are known early, clean cases late: the plain rate is far too high.
    assert np.mean(naive) > 0.05
    assert abs(np.mean(weighted)) < 3 * np.std(weighted) / np.sqrt(40) + 0.002


def test_the_incidence_interval_covers_at_its_level() -> None:
    truth = sum(0.02 * (0.98 * 0.99) ** (m - 1) * 0.99 for m in range(1, 13))
    hits = []
    for seed in range(200):
        months, cause, _ = _followed(np.random.default_rng(seed), 400)
        found = aalen_johansen(months, cause, 12)[-1]
        hits.append(found.low <= truth <= found.high)
    assert 0.90 <= np.mean(hits) <= 0.99


@pytest.mark.parametrize(
    ("months", "cause", "horizon", "message"),
    [
        ([1, 2], [0], 3, "2 months but 1 causes"),
        ([1], [3], 3, "causes must be 0"),
        ([0], [1], 3, "months must be at least 1"),
        ([1], [1], 0, "horizon must be at least one month"),
    ],
)
def test_faulty_input_is_named(months: list[int], cause: list[int], horizon: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        life_table(np.array(months), np.array(cause), horizon)
    assert life_table(np.array([0]), np.array([0]), 1).entered.tolist() == [0]
