"""Rates of the world against the targets of data_synth/targets.yaml (and S0a's path of repair success)."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from data_synth.history import draw_history
from data_synth.latent import NATURAL
from data_synth.params import WorldParams
from data_synth.truth import truth_of_applications

DEBTORS = 30_000


@pytest.fixture(scope="module")
def history():
    return draw_history(np.arange(1, DEBTORS + 1), DEBTORS, 33, WorldParams())


@pytest.fixture(scope="module")
def truth(history):
    return truth_of_applications(history)


def decided(truth):
    return truth.filter(pl.col("decided_on") <= pl.date(2025, 12, 31))


def test_natural_persons_are_four_in_five(history):
    assert (history.past.debtors.subject == NATURAL).mean() == pytest.approx(0.82, abs=0.02)


def test_amounts_are_lognormal_around_the_stated_medians(history):
    principal = history.past.debts.principal[:, 0]
    person = history.past.debtors.subject == NATURAL
    assert 40_000 < np.median(principal[person]) < 60_000
    assert 300_000 < np.median(principal[~person]) < 400_000
    assert 200_000 < principal.mean() < 330_000
    assert abs(np.mean(np.sign(np.log(principal[person]) - np.log(principal[person]).mean()))) < 0.05


def test_a_third_ends_without_assets(history):
    assert 0.28 < (history.past.debts.mode[:, 0] == 1).mean() < 0.40


def test_repair_success_rises_as_in_nanguan(truth):
    """S0a: 10 % of accepted applications in 2015, 41 % in 2025; repair is known from 2019 on."""
    by_year = decided(truth).group_by(pl.col("decided_on").dt.year().alias("year")).agg(pl.col("granted").mean())
    share = dict(by_year.iter_rows())
    assert 0.06 < share[2015] < 0.14
    assert 0.37 < share[2025] < 0.46
    assert share[2019] - share[2018] > 0.03
    assert share[2015] < share[2018] < share[2021] < share[2024]


def test_courts_differ_by_about_twelve_points_either_way(truth):
    recent = decided(truth).filter(pl.col("p_success").is_not_null())
    recent = recent.filter(pl.col("decided_on") >= pl.date(2018, 1, 1)).with_columns(court=pl.col("success_court"))
    rates = recent.group_by("court").agg(pl.col("granted").mean()).sort("court")["granted"]
    assert 0.15 < rates.max() - rates.min() < 0.32


def test_accepted_applications_grow_fivefold(truth):
    accepted = truth.filter(pl.col("lane") == 1).group_by(pl.col("accepted_on").dt.year().alias("year")).len()
    counts = dict(accepted.iter_rows())
    assert 3.5 < counts[2024] / counts[2015] < 6


def test_decisions_take_five_to_sixty_days(truth):
    days = (truth["decided_on"] - truth["accepted_on"]).dt.total_days().drop_nulls()
    assert days.min() >= 5
    assert days.max() <= 62
    assert days.median() == pytest.approx(20, abs=2)


def test_redefault_among_granted(truth):
    granted = truth.filter("granted")
    assert 0.06 < granted["y_redefault_6"].mean() < 0.10
    assert 0.11 < granted["y_redefault_12"].mean() < 0.18
    ranked = granted.sort("p_redefault_12")["y_redefault_12"]
    fifth = granted.height // 5
    assert ranked[-fifth:].mean() / ranked[:fifth].mean() > 4


def test_competing_exits_hide_what_comes_after_them(truth):
    gone = truth.filter(pl.col("competing_on").is_not_null())
    assert 0.01 < gone.height / truth.filter("granted").height < 0.06
    assert gone["event_on"].null_count() == gone.height
    assert gone.filter(pl.col("would_on") < pl.col("competing_on")).height == 0


def test_a_small_world_is_enough_to_learn_from():
    truth = truth_of_applications(draw_history(np.arange(1, 6001), 6000, 7, WorldParams()))
    accepted = truth.filter(pl.col("accepted_on").is_not_null())
    assert accepted.height >= 4000
    mature = truth.filter("granted", pl.col("lifted_on") < pl.date(2024, 10, 31))
    assert mature.height >= 1000
    assert accepted.filter(pl.col("accepted_on") >= pl.date(2018, 1, 1)).height / accepted.height > 0.8
    assert truth["lane"].max() == 2
    assert truth["debtor_id"].n_unique() < 6000
