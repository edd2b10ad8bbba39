"""Shifts by place and year: read at a day, fitted on a world whose courts, trades and trend are known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.special import expit

from models.calibration import Calibrator
from models.calibration_fit import Locality, fit_calibrator
from models.faults import FitFault
from models.intervals import Drift
from models.local import YEAR, LocalShifts, Place, place_of
from models.local_fit import (
    LocalFit,
    Places,
    drift_of,
    first_shifts,
    fit_local,
    lay_out_places,
    shifts_beside,
    trend_beside,
)
from models.metrics import calibration_line
from models.params import FitParams, LocalParams

AREAS = tuple(f"2201{number:02d}" for number in range(1, 13))
FIRST = date(2019, 1, 1)
SHIFTS = LocalShifts(
    regions={"220102": -0.3, "330881": 0.4},
    industries={"E": 0.2},
    cells={"220102/E": 0.1},
    trend=0.2,
    trend_from=date(2020, 1, 1),
    trend_until=date(2022, 1, 1),
)
PARAMS = FitParams.of_profile("applications")


def test_the_shift_of_a_place_is_the_sum_of_its_parts_and_a_trend_ends() -> None:
    found = SHIFTS.at(Place("220102", "E", date(2021, 1, 1)), ruled=0.05)
    assert found[:3] == (-0.3, 0.2, 0.1)
    assert found.trend == pytest.approx(0.2 * 366 / 365.25)
    assert found.total == pytest.approx(-0.3 + 0.2 + 0.1 + found.trend + 0.05)
    last = SHIFTS.at(Place("220102", None, date(2022, 1, 1)))
    assert SHIFTS.at(Place("220102", None, date(2035, 1, 1))) == last
    assert last[1:3] == (0.0, 0.0)
    assert SHIFTS.at(Place("999999", "Q", date(2020, 1, 1))).total == 0.0


def test_an_area_keeps_its_history_when_its_code_changes() -> None:
    assert place_of("220181", float("nan"), date(2013, 1, 1)) == Place("220113", None, date(2013, 1, 1))
    assert place_of("220113", "C", date(2024, 1, 1)) == Place("220113", "C", date(2024, 1, 1))


def test_json_round_trip_and_a_trend_without_days_is_refused() -> None:
    calibrator = Calibrator(method="platt", slope=1.1, intercept=-0.2, local=SHIFTS, cases=10, events=3, source="made")
    assert Calibrator.from_json(calibrator.to_json()) == calibrator
    with pytest.raises(ValidationError, match="a trend needs the days between which it runs"):
        LocalShifts(trend=0.1)
    with pytest.raises(ValidationError, match="a trend's error must not be below zero"):
        LocalShifts(trend_error=-0.01)
    assert LocalShifts(trend=0.0).years(date(2020, 1, 1)) == 0.0


def test_a_shift_moves_the_log_odds_by_itself_and_keeps_the_order() -> None:
    line = Calibrator(method="platt", slope=0.9, intercept=-1.0, cases=10, events=3, source="made")
    curve = Calibrator(method="isotonic", x=(-2.0, 0.0, 1.0), y=(0.1, 0.3, 0.7), cases=10, events=3, source="made")
    for calibrator in (line, curve):
        plain, moved = calibrator.probability(0.4), calibrator.probability(0.4, 0.5)
        assert np.log(moved / (1 - moved)) - np.log(plain / (1 - plain)) == pytest.approx(0.5)
        steps = np.diff([calibrator.probability(margin, -0.7) for margin in np.linspace(-3, 2, 200)])
        assert (steps >= 0).all()
    whole = curve.apply(np.array([-1.0, 0.5]), [0.2, -0.2])
    assert whole.tolist() == [curve.probability(-1.0, 0.2), curve.probability(0.5, -0.2)]


def made(n: int, seed: int, *, start: date = FIRST, years: float = 3.0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Places, margins and the true log-odds beside the margin: severe and mild courts, a trade, a yearly trend."""
    rng = np.random.default_rng(seed)
    area = rng.integers(0, len(AREAS), n)
    builder = rng.random(n) < 0.3
    day = rng.integers(0, int(365 * years), n)
    as_of = pd.to_datetime([start + timedelta(days=int(d)) for d in day]).tz_localize("Asia/Shanghai")
    places = pd.DataFrame(
        {"region": np.array(AREAS)[area], "industry": np.where(builder, "E", None), "as_of": as_of},
    )
    margin = rng.normal(size=n)
    since = np.array([(moment.date() - FIRST).days for moment in as_of]) / 365.25
    beside = 0.1 * (area - 5.5) + 0.4 * builder + 0.25 * since
    return places, margin, beside


def labels(margin: np.ndarray, beside: np.ndarray, seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed).random(len(margin))
    return (draw < expit(-0.9 + 0.8 * margin + beside)).astype(np.float64)


def known_before(y: np.ndarray, margin: np.ndarray, places: Places, early: np.ndarray) -> LocalFit:
    """What a calibration starts from: the trend told by all cases, the rest by the `early` ones."""
    trend = trend_beside(y, margin, places, LocalParams(), 0.18)
    return shifts_beside(y[early], margin[early], places.take(early), LocalParams(), trend=trend)


def test_courts_trade_and_trend_are_recovered_within_their_error() -> None:
    told, margin, beside = made(20000, 1)
    y = labels(margin, beside, 2)
    places = lay_out_places(told)
    before = known_before(y, margin, places, np.arange(10000))
    rest = np.arange(10000, 20000)
    found = fit_local(y[rest], margin[rest], places.take(rest), LocalParams(), before)
    assert found.slope.value == pytest.approx(0.8, abs=0.06)
    assert found.shifts.trend == pytest.approx(0.25, abs=0.06)
    effects = np.array([found.shifts.regions[name] for name in AREAS])
    np.testing.assert_allclose(effects - effects.mean(), 0.1 * (np.arange(12) - 5.5), atol=0.12)
    assert found.shifts.industries["E"] == pytest.approx(0.4, abs=0.1)
    assert places.shifts(found.shifts)[:50].tolist() == pytest.approx(
        [
            found.shifts.at(place_of(region, industry, moment.date())).total
            for region, industry, moment in told.head(50).itertuples(index=False)
        ]
    )


def test_probabilities_stay_honest_in_years_after_the_calibration() -> None:
    told, margin, beside = made(16000, 3)
    y = labels(margin, beside, 4)
    places = lay_out_places(told)
    first, second = np.arange(8000), np.arange(8000, 16000)
    before = known_before(y, margin, places, first)
    known = Locality(places.take(second), before)
    with_places = fit_calibrator(margin[second], y[second], "made", PARAMS, known)
    without = fit_calibrator(margin[second], y[second], "made", PARAMS)
    assert with_places.method == without.method == "isotonic"
    later, margins, truth = made(16000, 5, start=date(2022, 1, 1), years=2.0)
    true = expit(-0.9 + 0.8 * margins + truth)
    where = lay_out_places(later)
    p = with_places.apply(margins, where.shifts(with_places.local).tolist())
    assert np.abs(p - true).mean() < 0.03
    assert np.abs(without.apply(margins) - true).mean() > 0.08
    assert calibration_line(labels(margins, truth, 6), p)[0] == pytest.approx(1.0, abs=0.08)


def test_courts_figures_speak_for_an_area_without_enough_cases() -> None:
    told, margin, beside = made(12000, 7)
    y = labels(margin, beside, 8)
    few = told["region"] == AREAS[-1]
    keep = ~few | (np.cumsum(few) <= 20)
    told, y = told[keep].reset_index(drop=True), y[keep]
    figures = {name: [0.1 * number, None] for number, name in enumerate(AREAS)}
    by_figures = first_shifts(y, lay_out_places(told, figures), LocalParams(), expected=None)
    plain = first_shifts(y, lay_out_places(told), LocalParams(), expected=None)
    assert plain.shifts.regions.get(AREAS[-1], 0.0) == 0.0
    middle = np.mean([by_figures.shifts.regions[name] for name in AREAS])
    assert by_figures.shifts.regions[AREAS[-1]] - middle == pytest.approx(0.55, abs=0.2)


def test_what_lies_in_the_debtors_of_an_area_is_no_difference_of_its_court() -> None:
    told, _, _ = made(12000, 21)
    rich = (told["region"] == AREAS[0]).to_numpy()
    severe = 0.5 * (told["region"] == AREAS[1]).to_numpy()
    margin = np.random.default_rng(22).normal(size=12000) - 1.5 * rich
    y = labels(margin, severe, 23)
    places = lay_out_places(told)
    alone = first_shifts(y, places, LocalParams(), expected=None)
    beside = shifts_beside(y, margin, places, LocalParams(), trend=None)
    assert alone.shifts.regions[AREAS[0]] < -0.7
    assert beside.shifts.regions[AREAS[0]] == pytest.approx(0.0, abs=0.12)
    assert beside.shifts.regions[AREAS[1]] == pytest.approx(0.5, abs=0.15)
    assert beside.slope.value == pytest.approx(0.8, abs=0.06)


def test_trend_and_level_err_as_far_as_they_say_where_practice_holds() -> None:
    """Worlds whose trend is drawn as it is expected: told by five years together, calibrated on the last two."""
    rng = np.random.default_rng(15)
    params = LocalParams()
    expected, later = params.trends["success"], 2.5
    trends, levels = [], []
    for _ in range(80):
        trend = rng.normal(expected, params.trend_error)
        margin, days = rng.normal(size=3000), rng.integers(0, 365 * 5, 3000)
        told = pd.DataFrame(
            {
                "region": "220102",
                "industry": None,
                "as_of": pd.to_datetime(FIRST) + pd.to_timedelta(days, unit="D"),
            }
        )
        y = (rng.random(3000) < 1 / (1 + np.exp(-(margin + trend * days / YEAR - 1.0)))).astype(float)
        places, early = lay_out_places(told), np.flatnonzero(days < 1100)
        late = np.flatnonzero(days >= 1100)
        found = trend_beside(y, margin, places, params, expected)
        alone = trend_beside(y[early], margin[early], places.take(early), params, expected)
        assert found.error < alone.error < params.trend_error
        before = shifts_beside(y[early], margin[early], places.take(early), params, trend=found)
        line = fit_local(y[late], margin[late], places.take(late), params, before)
        assert (line.shifts.trend, line.shifts.trend_error) == (found.value, found.error)
        trends.append((found.value - trend) / found.error)
        drift = drift_of(line.shifts, places.days[late], places.days, params)
        assert drift.trend == found.error
        on = drift.since + timedelta(days=round(later * YEAR))
        level = line.intercept + line.shifts.trend * line.shifts.years(on)
        true = trend * (on - FIRST).days / YEAR - 1.0
        chances = y[late].mean() * (1 - y[late].mean())
        # The level of its own time errs as a share among so many cases does.
        levels.append((level - true) / np.sqrt(drift.error(later) ** 2 + 1 / (len(late) * chances)))
    for apart in (np.array(trends), np.array(levels)):
        assert float(apart.std()) == pytest.approx(1.0, abs=0.2)
        assert abs(apart.mean()) < 0.35


def test_the_level_of_an_outcome_without_a_trend_moves_as_it_will() -> None:
    days = np.array([date(2023, 1, 1).toordinal(), date(2023, 1, 3).toordinal()])
    drift = drift_of(LocalShifts(), days, days - 700, LocalParams(level_drift=0.04))
    assert drift == Drift(since=date(2023, 1, 2), level=0.04, trend=0.0)


def test_a_slope_is_drawn_towards_the_earlier_one_as_far_as_both_are_known() -> None:
    """The oracle weighs two estimates of one number by their precision."""
    told, margin, beside = made(9000, 31)
    y = labels(margin, beside, 32)
    places = lay_out_places(told.assign(region="220102", industry=None))
    first, second = np.arange(8000), np.arange(8000, 9000)
    before = shifts_beside(y[first], margin[first], places.take(first), LocalParams(), trend=None)
    alone = shifts_beside(y[second], margin[second], places.take(second), LocalParams(), trend=None).slope
    for moved in (0.0, 0.05, 0.2):
        found = fit_local(y[second], margin[second], places.take(second), LocalParams(slope_drift=moved), before).slope
        doubted = np.hypot(before.slope.error, moved)
        weight = (1 / alone.error**2) / (1 / alone.error**2 + 1 / doubted**2)
        assert found.value == pytest.approx(weight * alone.value + (1 - weight) * before.slope.value, abs=0.01)
        assert found.error < min(alone.error, doubted)
    assert abs(alone.value - before.slope.value) > 0.02, "the two must differ for this to tell anything"


def test_few_events_take_the_shifts_as_they_were_found_before() -> None:
    told, margin, beside = made(9000, 9)
    y = labels(margin, beside, 10)
    places = lay_out_places(told)
    before = known_before(y, margin, places, np.arange(9000))
    few = np.flatnonzero(y == 1)[:8].tolist() + np.flatnonzero(y == 0)[:60].tolist()
    rows = np.array(few)
    found = fit_calibrator(margin[rows], y[rows], "made", PARAMS, Locality(places.take(rows), before))
    assert found.local == before.shifts
    assert "only 8 cases" in found.note
    p = found.apply(margin[rows], places.take(rows).shifts(found.local).tolist())
    assert p.mean() == pytest.approx(y[rows].mean(), abs=1e-9)


def test_one_area_and_no_trend_shift_nothing() -> None:
    told, margin, beside = made(2000, 11)
    places = lay_out_places(told.assign(region="220102", industry=None))
    found = first_shifts(labels(margin, beside, 12), places, LocalParams(), expected=None)
    assert found.shifts == LocalShifts()


def test_places_without_their_columns_are_refused() -> None:
    told, _, _ = made(10, 13)
    with pytest.raises(FitFault, match=r"places lack column 'region'.*places lack column 'as_of'"):
        lay_out_places(told[["industry"]])
    assert isinstance(lay_out_places(told), Places)
