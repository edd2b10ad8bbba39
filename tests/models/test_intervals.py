"""Intervals of like cases: that they hold the point, rise with it, and cover a truth that is known."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.stats import beta

from models.bundle import Bundle
from models.faults import FitFault
from models.interval_coverage import held, mean_of_like
from models.intervals import Drift, IntervalTable
from models.intervals_fit import Seen, fit_heads, fit_intervals
from models.metrics import logistic_line
from models.params import IntervalParams
from models.predict import intervals, margins, probabilities

PARAMS = IntervalParams()
Floats = NDArray[np.float64]


def sigmoid(t: Floats) -> Floats:
    return 1 / (1 + np.exp(-t))


def curve(score: Floats) -> Floats:
    """The true mean of cases with one score: bent, so that a straight line in log-odds cannot be right."""
    return sigmoid(-1.2 + 0.85 * score - 0.08 * score**2)


def sample(rng: np.random.Generator, n: int) -> tuple[Floats, Floats, tuple[float, float]]:
    """Predictions p and labels of n cases, calibrated by a line on these very labels; slope and level of the line."""
    score = rng.normal(size=n)
    y = (rng.random(n) < curve(score)).astype(float)
    slope, level = logistic_line(score, y)
    return sigmoid(level + slope * score), y, (slope, level)


@pytest.fixture(scope="module")
def table() -> IntervalTable:
    return fit_intervals(Seen(*sample(np.random.default_rng(0), 3000)[:2], "calibration period"), PARAMS)


def test_intervals_cover_the_known_rate_as_often_as_they_say_in_every_fifth_of_risk() -> None:
    rng = np.random.default_rng(20260401)
    score = np.sort(rng.normal(size=60))
    true, inside, widths = curve(score), np.zeros((200, 60), dtype=bool), []
    for world in range(200):
        p, y, (slope, level) = sample(rng, 2000)
        found = fit_intervals(Seen(p, y, "made"), PARAMS)
        ends = np.array([found.at(value)[:2] for value in sigmoid(level + slope * score).tolist()])
        inside[world] = (ends[:, 0] <= true) & (true <= ends[:, 1])
        widths.append(float(np.mean(ends[:, 1] - ends[:, 0])))
    # Standard error over 200 worlds is some 0.008 for all cases and 0.015 for a fifth.
    assert abs(inside.mean() - PARAMS.level) < 0.025
    fifths = inside.mean(axis=0).reshape(5, 12).mean(axis=1)
    assert np.all(np.abs(fifths - PARAMS.level) < 0.05), fifths
    assert 0.04 < np.mean(widths) < 0.07


def test_a_stepwise_calibration_on_the_same_labels_asks_for_narrower_windows() -> None:
    """Bins of 100 cases, each predicted at its own rate: no window sees a fault, yet the noise of a bin is there."""
    rng = np.random.default_rng(8)
    inside: dict[int, list[float]] = {0: [], 20: []}
    for _ in range(40):
        true = np.repeat(np.linspace(0.1, 0.5, 20), 100)
        y = (rng.random(2000) < true).astype(float)
        p = np.repeat(np.sort(y.reshape(20, 100).mean(axis=1)), 100)
        for steps, hits in inside.items():
            found = fit_intervals(Seen(p, y, "made", steps), PARAMS)
            ends = np.array([found.at(value)[:2] for value in p[::100].tolist()])
            hits.append(float(np.mean((ends[:, 0] <= true[::100]) & (true[::100] <= ends[:, 1]))))
    assert np.mean(inside[20]) > 0.85
    assert np.mean(inside[0]) < np.mean(inside[20]) - 0.1


def test_the_interval_follows_labels_that_contradict_the_prediction() -> None:
    rng = np.random.default_rng(3)
    p = rng.uniform(0.05, 0.5, 4000)
    doubled = fit_intervals(Seen(p, (rng.random(4000) < 1.6 * p).astype(float), "made"), PARAMS).at(0.3)
    assert doubled.low == 0.3
    assert 0.45 < doubled.high < 0.55
    honest = fit_intervals(Seen(p, (rng.random(4000) < p).astype(float), "made"), PARAMS).at(0.3)
    assert 0.27 < honest.low < 0.3 < honest.high < 0.33


def test_predictions_that_are_all_alike_give_jeffreys_interval() -> None:
    p, y = np.full(400, 0.25), np.repeat([1.0, 0.0], [100, 300])
    found = fit_intervals(Seen(p, y, "made"), PARAMS).at(0.25)
    low, high = beta.ppf([0.05, 0.95], 100.5, 300.5)
    assert (found.cases, found.events, found.like_from, found.like_to) == (400, 100, 0.25, 0.25)
    assert found.low == pytest.approx(low, abs=2e-3)
    assert found.high == pytest.approx(high, abs=2e-3)


def test_cases_that_others_help_to_tell_count_for_more_of_them() -> None:
    p, y = np.full(400, 0.25), np.repeat([1.0, 0.0], [100, 300])
    found = fit_intervals(Seen(p, y, "made", told=1.5), PARAMS).at(0.25)
    low, high = beta.ppf([0.05, 0.95], 1.5 * 100.5, 1.5 * 300.5)
    assert (found.cases, found.events) == (400, 100), "what is told of like cases are those that were seen"
    assert found.low == pytest.approx(low, abs=2e-3)
    assert found.high == pytest.approx(high, abs=2e-3)
    alone = fit_intervals(Seen(p, y, "made"), PARAMS).at(0.25)
    assert found.high - found.low < 0.9 * (alone.high - alone.low)


def test_fewer_cases_or_more_confidence_widen_it() -> None:
    p, y, _ = sample(np.random.default_rng(1), 4000)

    def width(params: IntervalParams, n: int) -> float:
        found = fit_intervals(Seen(p[:n], y[:n], "made"), params).at(0.25)
        return found.high - found.low

    assert width(PARAMS, 1000) > 1.6 * width(PARAMS, 4000)
    assert width(replace(PARAMS, level=0.99), 4000) > 1.3 * width(PARAMS, 4000)


def test_the_order_of_cases_changes_nothing_and_json_gives_the_same_table(table: IntervalTable) -> None:
    p, y, _ = sample(np.random.default_rng(0), 3000)
    order = np.random.default_rng(9).permutation(3000)
    again = fit_intervals(Seen(p[order], y[order], "calibration period"), PARAMS)
    assert again == table
    assert IntervalTable.from_json(json.loads(json.dumps(table.to_json()))) == table


@settings(max_examples=300, deadline=None)
@given(first=st.floats(0, 1), second=st.floats(0, 1))
def test_it_holds_the_probability_and_rises_with_it(table: IntervalTable, first: float, second: float) -> None:
    lower, higher = sorted((first, second))
    one, other = table.at(lower), table.at(higher)
    for p, found in ((lower, one), (higher, other)):
        assert 0 <= found.low <= p <= found.high <= 1
        assert 0 < found.events < found.cases <= 3000
        assert found.like_from < found.like_to
    assert one.low <= other.low
    assert one.high <= other.high


def test_beyond_the_predictions_seen_it_opens_to_no_chance_and_to_certainty(table: IntervalTable) -> None:
    assert table.at(0.0).low == 0.0
    assert table.at(1.0).high == 1.0
    assert table.at(0.999).low == pytest.approx(table.low[-2], abs=1e-6)
    with pytest.raises(ValueError, match="a probability lies in 0 to 1"):
        table.at(math.nextafter(1.0, 2.0))


@pytest.mark.parametrize(
    ("p", "y"),
    [
        (np.repeat([0.2, 0.8], 150), np.repeat([0.0, 1.0], 150)),  # separated: windows without one of the outcomes
        (np.repeat([0.0, 1.0], 150), np.tile([0.0, 1.0], 150)),  # predictions without log-odds
        (np.linspace(1e-9, 1 - 1e-9, 60), np.tile([0.0, 1.0, 1.0], 20)),  # fewer cases than a window
    ],
)
def test_awkward_predictions_still_give_a_sound_table(p: Floats, y: Floats) -> None:
    found = fit_intervals(Seen(p, y, "made"), PARAMS)
    assert IntervalTable.from_json(found.to_json()) == found
    assert all(0 < high - low <= 1 for low, high in zip(found.low, found.high, strict=True))


def test_too_few_of_either_outcome_have_no_interval_and_the_reason_is_kept() -> None:
    p = np.linspace(0.1, 0.3, 300)
    few, enough = (np.repeat([1.0, 0.0], [events, 300 - events]) for events in (19, 20))
    with pytest.raises(FitFault, match=r"19 events among 300 cases \(made\); intervals need 20 of either outcome"):
        fit_intervals(Seen(p, few, "made"), PARAMS)
    tables, absent = fit_heads({"success": Seen(p, 1 - few, "made"), "redefault_6": Seen(p, enough, "made")}, PARAMS)
    assert set(tables) == {"redefault_6"}
    assert set(absent) == {"intervals.success"}
    assert "281 events among 300 cases" in absent["intervals.success"]


SINCE = date(2022, 7, 1)


@settings(max_examples=300, deadline=None)
@given(p=st.floats(0, 1), other=st.floats(0, 1), days=st.integers(0, 3000), more=st.integers(0, 3000))
def test_later_cases_have_wider_intervals_that_still_hold_and_rise(
    table: IntervalTable, p: float, other: float, days: int, more: int
) -> None:
    drifting = table.model_copy(update={"drift": Drift(since=SINCE, level=0.07, trend=0.04)})
    then, soon, late = (drifting.at(p, SINCE + timedelta(days=n)) for n in (0, days, days + more))
    assert then[:7] == table.at(p)[:7]
    assert (then.years, soon.years) == (0.0, days / 365.25)
    for inner, outer in ((then, soon), (soon, late)):
        assert outer.low <= inner.low + 1e-12
        assert outer.high >= inner.high - 1e-12
        assert 0 <= outer.low <= p <= outer.high <= 1
    one, two = (drifting.at(value, SINCE + timedelta(days=days)) for value in sorted((p, other)))
    assert one.low <= two.low + 1e-12
    assert one.high <= two.high + 1e-12


def test_errors_of_level_and_trend_add_as_squares_of_log_odds(table: IntervalTable) -> None:
    drift = Drift(since=SINCE, level=0.3, trend=0.2)
    on = SINCE + timedelta(days=1461)  # four years: 0.3 * 2 and 0.2 * 4
    assert drift.error(drift.years(on)) == pytest.approx(1.0, abs=1e-12)
    plain, found = table.at(0.25), table.model_copy(update={"drift": drift}).at(0.25, on)

    def apart(end: float) -> float:
        return abs(math.log(end / (1 - end)) - math.log(1 / 3))

    for before, after in ((plain.low, found.low), (plain.high, found.high)):
        assert apart(after) ** 2 == pytest.approx(apart(before) ** 2 + 1.6448536269514722**2, abs=1e-9)
    assert found.years == 4.0


def test_without_days_nothing_is_widened_and_the_years_are_not_told(table: IntervalTable) -> None:
    drifting = table.model_copy(update={"drift": Drift(since=SINCE, level=0.3, trend=0.2)})
    assert drifting.at(0.25) == table.at(0.25)
    assert table.at(0.25, SINCE + timedelta(days=900)) == table.at(0.25)
    assert table.at(0.25).years is None
    assert drifting.at(0.25, SINCE - timedelta(days=900))[:2] == table.at(0.25)[:2]
    days = [SINCE, SINCE + timedelta(days=400)]
    assert drifting.of([0.2, 0.3], days) == [drifting.at(0.2, days[0]), drifting.at(0.3, days[1])]
    with pytest.raises(ValueError, match="zip"):
        drifting.of([0.2, 0.3], days[:1])


@pytest.mark.parametrize(
    ("level", "trend", "message"),
    [
        (-0.1, 0.0, "greater than or equal to 0"),
        (0.1, -1e-9, "greater than or equal to 0"),
        (math.inf, 0.0, "finite"),
        (1e200, 0.0, "less than or equal to 10"),
        (0.0, 10.1, "less than or equal to 10"),
    ],
)
def test_a_drift_below_zero_or_beyond_sense_is_refused(level: float, trend: float, message: str) -> None:
    assert Drift(since=SINCE, level=0.0, trend=0.0).error(9.0) == 0.0
    assert Drift(since=date.min, level=10.0, trend=10.0).error(3000.0) < 1e5
    with pytest.raises(ValidationError, match=message):
        Drift(since=SINCE, level=level, trend=trend)


def test_intervals_hold_a_level_that_wanders_as_far_as_is_allowed_for() -> None:
    """A level that moved by a normal error, at its own time and three years later: one is held, the other not."""
    rng = np.random.default_rng(5)
    drift = Drift(since=SINCE, level=0.1, trend=0.08)
    on = SINCE + timedelta(days=1096)
    inside = np.zeros((200, 3))
    for world in range(200):
        p, y, (slope, level) = sample(rng, 2000)
        found = fit_intervals(Seen(p, y, "made", drift=drift), PARAMS)
        score = np.array([0.3])
        real, said = float(curve(score)[0]), float(sigmoid(level + slope * score)[0])
        moved = float(sigmoid(np.log(real / (1 - real)) + rng.normal(0, drift.error(3.0), 1))[0])
        for place, (true, day) in enumerate(((real, SINCE), (moved, on), (moved, SINCE))):
            one = found.at(said, day)
            inside[world, place] = one.low <= true <= one.high
    then, later, blind = inside.mean(axis=0)
    assert then == pytest.approx(0.9, abs=0.05)
    assert later == pytest.approx(0.9, abs=0.05)
    assert blind < 0.7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"knots": (0.0, 0.5)}, "must be of one length"),
        ({"knots": (0.0, 0.5, 0.9)}, "knots must rise from 0 to 1"),
        ({"knots": (0.0, 0.0, 1.0)}, "knots must rise from 0 to 1"),
        ({"low": (0.0, 0.6, 0.7)}, "must hold the knot"),
        ({"low": (0.0, 0.4, 0.3)}, "must not fall"),
        ({"high": (0.1, 0.6, 1.1)}, "within 0 and 1"),
        ({"high": (0.1, math.nan, 1.0)}, "finite"),
        ({"cases": (5, 5, 0)}, "events must be among the cases"),
        ({"events": (1, 6, 1)}, "events must be among the cases"),
        ({"calibrated": 4}, "events must be among the cases"),
        ({"like_from": (0.0, 0.8, 0.5)}, "from lower to higher"),
        ({"level": 0.5}, "level must be"),
    ],
)
def test_damaged_tables_are_refused(change: dict[str, Any], message: str) -> None:
    sound: dict[str, Any] = {
        "level": 0.9, "knots": (0.0, 0.5, 1.0), "low": (0.0, 0.4, 0.5), "high": (0.1, 0.6, 1.0), "cases": (5, 5, 5),
        "events": (1, 2, 3), "like_from": (0.0, 0.4, 0.5), "like_to": (0.1, 0.6, 1.0), "calibrated": 9, "source": "s",
    }  # fmt: skip
    assert IntervalTable(**sound).at(0.25)[:2] == (0.2, 0.35)
    with pytest.raises(ValidationError, match=message):
        IntervalTable(**{**sound, **change})


def test_a_case_alone_and_among_others_has_the_same_bits(bundle: Bundle, world: Any) -> None:
    X = world.X.iloc[:200]  # noqa: N806
    whole = _intervals(bundle, X)
    assert set(whole) == {"success", "redefault_6", "redefault_12"}
    for place in range(0, 200, 7):
        alone = _intervals(bundle, X.iloc[[place]])
        assert {name: found[place] for name, found in whole.items()} == {n: f[0] for n, f in alone.items()}


def _intervals(bundle: Bundle, X: Any) -> dict[str, Any]:  # noqa: N803
    found = probabilities(bundle, margins(bundle, X))
    return intervals(bundle, {name: values for name, values in found.items() if values is not None})


def test_on_new_cases_of_a_made_world_most_intervals_hold_the_true_mean_of_like_cases(
    bundle: Bundle, fresh_world: Any
) -> None:
    """One calibration, one draw: that the tables are of the right head and scale, not that they cover at the level."""
    found = probabilities(bundle, margins(bundle, fresh_world.X))
    for head, values in found.items():
        assert values is not None
        order = np.argsort(values)
        hits = [bundle.intervals[head].at(float(values[part].mean()))[:2] for part in np.array_split(order, 12)]
        true = [float(fresh_world.truth[head][part].mean()) for part in np.array_split(order, 12)]
        inside = [low <= rate <= high for (low, high), rate in zip(hits, true, strict=True)]
        assert np.mean(inside) >= 0.5, head


def test_the_mean_of_like_cases_is_found_again_under_hidden_causes() -> None:
    rng = np.random.default_rng(4)
    p = rng.uniform(0.05, 0.6, 20_000)
    true = np.clip(0.05 + 0.9 * p + rng.normal(0, 0.04, len(p)), 0, 1)
    assert np.max(np.abs(mean_of_like(p, true) - (0.05 + 0.9 * p))) < 0.012
    assert np.array_equal(mean_of_like(np.full(50, 0.2), np.repeat([0.1, 0.5], 25)), np.full(50, 0.3))


def test_held_counts_intervals_around_the_true_mean(table: IntervalTable) -> None:
    p = np.linspace(0.1, 0.5, 500)
    middle = np.array([(one.low + one.high) / 2 for one in map(table.at, p.tolist())])
    inside = held(table, p, middle)
    assert inside.inside.all()
    assert np.all(inside.width > 0)
    assert not held(table, p, middle + 0.2).inside.any()
