"""The probability that a re-default stands in the records: against drawn lives, and against the world's own records."""

from __future__ import annotations

import functools

import numpy as np
import polars as pl
import pytest

from data_synth.history import draw_history
from data_synth.params import WorldParams
from data_synth.recorded import Watch, recorded_within
from data_synth.truth import truth_of_applications

DEBTORS = 30_000


@functools.cache
def granted():
    history = draw_history(np.arange(1, DEBTORS + 1), DEBTORS, 21, WorldParams())
    frame = truth_of_applications(history)
    # Lifted early enough that every record of the year has come, and not left by a competing exit.
    return frame.filter(
        pl.col("granted") & pl.col("competing_on").is_null() & (pl.col("lifted_on") < pl.date(2024, 6, 1))
    ).with_columns(days=(pl.col("event_on") - pl.col("lifted_on")).dt.total_days())


def one(months, **changes):
    """`recorded_within` of one case with a constant hazard of .02 a month."""
    watch = {"relisting": 0.3, "outside": 0.14, "seen_watched": 0.8, "seen_later": 0.6, "months": 3} | changes
    hazard = 0.02 * np.arange(1, 25)[None, :]
    return recorded_within(hazard, months, Watch(**{name: np.array([value]) for name, value in watch.items()}))[0]


@pytest.mark.parametrize("months", [6, 12])
def test_lives_drawn_one_by_one_agree(months):
    rng = np.random.default_rng(months)
    n = 400_000
    month = rng.exponential(1 / 0.02, n)
    kind = rng.choice(3, n, p=[0.3, 0.14, 0.56])  # barred relisting, outside the registers, any other
    noticed = rng.random(n) < np.where(month <= 3, 0.8, 0.6)
    recorded = np.where((kind == 0) & (month <= 6), 6.5, month)
    recorded = np.where((kind == 1) & ~noticed, np.inf, recorded)
    share = (recorded <= months).mean()
    assert one(months) == pytest.approx(share, abs=4 * np.sqrt(share / n))


def test_without_bar_and_blind_spot_all_that_happens_is_recorded():
    for months in (6, 12):
        happened = -np.expm1(-0.02 * months)
        assert one(months, relisting=0.0, outside=0.0) == pytest.approx(happened, abs=1e-15)
        assert one(months, relisting=0.0, seen_watched=1.0, seen_later=1.0) == pytest.approx(happened, abs=1e-15)
        assert one(months) < happened
    assert one(12, outside=0.0) == pytest.approx(-np.expm1(-0.24), abs=1e-15)  # the bar only postpones


@pytest.mark.parametrize("on_request", [False, True])
@pytest.mark.parametrize(("months", "days"), [(6, 183), (12, 365)])
def test_the_records_of_a_world_show_what_is_promised(on_request, months, days):
    frame = granted().filter(on_request=on_request)
    seen = (frame["days"] < days).fill_null(False).to_numpy()
    promised = frame[f"p_recorded_{months}"].to_numpy()
    error = np.sqrt((promised * (1 - promised)).sum()) / len(promised)
    assert error < 0.01
    assert abs(seen.mean() - promised.mean()) < 3 * error
    actual = frame[f"p_redefault_{months}"].to_numpy()
    assert (promised <= actual + 1e-9).all()
    # A deletion at the creditor's request keeps a quarter of the half year's re-defaults off the records of it.
    assert promised.mean() / actual.mean() < (0.75 if on_request and months == 6 else 0.97)


def test_where_nothing_was_granted_nothing_is_promised():
    history = draw_history(np.arange(1, 301), 300, 21, WorldParams())
    frame = truth_of_applications(history)
    for column in ("p_recorded_6", "p_recorded_12"):
        assert frame.filter(~pl.col("granted"))[column].is_null().all()
        assert frame.filter("granted")[column].is_not_null().all()
        assert frame.filter("granted").height > 20
