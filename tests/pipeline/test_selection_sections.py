"""The sections on selection and censoring of the small home's bundle: they hold together, and the truth judges them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from models.selection import doubly_robust, naive, no_assumption_bounds, stated_bounds
from models.spec import CARD_OUTCOME, DIMENSIONS
from pipeline.evaluate import open_evaluated
from pipeline.sections.applicants import applicants, study
from pipeline.sections.censoring import censoring, counted
from pipeline.sections.evaluated import Evaluated, Section
from pipeline.sections.selection import first_tested, selection
from pipeline.sections.settings import EvaluationParams
from tests.pipeline.conftest import Trained


@pytest.fixture(scope="module")
def given(trained: Trained) -> Evaluated:
    return open_evaluated(
        str(trained.root / "first"), trained.world, trained.root / "features", trained.root / "world_truth", None
    )


@pytest.fixture(scope="module")
def found(given: Evaluated) -> Section:
    return selection(given)


def test_applicants_are_the_decided_ones_whose_year_has_passed(given: Evaluated) -> None:
    mine = applicants(given.prepared, 12)
    labels = given.prepared.labels.filter(pl.col("case_key").is_in(list(mine.keys)))
    success = labels.filter(pl.col("outcome") == "repair_success").sort("case_key")
    assert list(success["case_key"]) == list(mine.keys)
    assert (success["status"] == "observed").all()
    assert (success["label"].to_numpy() == mine.granted).all()
    later = labels.filter(pl.col("outcome") == CARD_OUTCOME).sort("case_key")
    seen = (later["status"] == "observed").to_numpy()
    assert ((mine.weight > 0) == seen).all()
    assert (later["label"].to_numpy()[seen] == mine.label[seen]).all()
    last = given.prepared.cohort.filter(pl.col("case_key").is_in(list(mine.keys)))["as_of"].max()
    assert last.date() + timedelta(days=365) < given.prepared.observed_until


def test_the_naive_rate_is_too_low_and_the_weighted_ones_come_nearer_to_the_truth(given: Evaluated) -> None:
    mine, truth = applicants(given.prepared, 12), given.truth
    assert truth is not None
    made, mean = study(mine), truth.loc[list(mine.keys), CARD_OUTCOME].mean()
    assert naive(made).high < mean
    assert abs(doubly_robust(made).value - mean) < 0.7 * abs(naive(made).value - mean)
    bounds, plain = stated_bounds(made), no_assumption_bounds(made)
    assert bounds.contain(mean)
    assert bounds.width < 0.5 * (plain.high - plain.low)


def test_the_selection_section_says_everything_of_both_horizons(given: Evaluated, found: Section) -> None:
    metrics = found.metrics["selection"]
    for outcome in ("redefault_6", CARD_OUTCOME):
        one = metrics[outcome]
        assert one["one_sided_bounds"]["low"] == pytest.approx(one["doubly_robust"]["value"])
        assert one["stated_bounds"]["low"] <= one["doubly_robust"]["value"] <= one["stated_bounds"]["high"]
        assert one["no_assumption_bounds"]["low"] <= one["stated_bounds"]["low"]
        assert 0 < one["overlap"]["effective_share"] <= 1
    assert metrics["redefault_6"]["truth"] < metrics[CARD_OUTCOME]["truth"]
    assert set(metrics["left_out"]) == set(DIMENSIONS)
    counts = [(row["granted"], row["refused"]) for row in found.tables["overlap"]]
    assert np.sum(counts) == metrics[CARD_OUTCOME]["applicants"]
    assert len(found.lines) == 2


def test_another_assumption_gives_other_bounds(given: Evaluated, found: Section) -> None:
    narrow = selection(replace(given, settings=EvaluationParams(refused_odds=(1.0, 1.2)))).metrics["selection"]
    ours, theirs = found.metrics["selection"][CARD_OUTCOME], narrow[CARD_OUTCOME]
    assert theirs["stated_bounds"]["high"] < ours["stated_bounds"]["high"]
    assert theirs["stated_bounds"]["low"] > ours["stated_bounds"]["low"]
    assert theirs["doubly_robust"] == ours["doubly_robust"]
    assert narrow["assumption"] == {"low": 1.0, "high": 1.2}


def test_the_flag_names_the_cases_on_which_the_models_are_most_wrong(found: Section) -> None:
    rows = {row["part"]: row for row in found.tables["flag_true"]}
    whole = rows["granted"]["cases"] + rows["refused"]["cases"]
    assert whole == rows["flagged"]["cases"] + rows["unflagged"]["cases"]
    assert rows["flagged"]["cases"] > 0
    assert rows["flagged"]["mean_absolute_difference"] > 1.5 * rows["unflagged"]["mean_absolute_difference"]
    # Seldom granted means risky: what was learnt from the granted is too mild for them.
    assert rows["flagged"]["mean_difference"] < rows["unflagged"]["mean_difference"] - 0.05


def test_without_a_test_period_or_a_truth_less_is_said(given: Evaluated, found: Section) -> None:
    splits = given.frames.splits
    nothing = replace(given, frames=replace(given.frames, splits=splits[splits["split"] != "test"]))
    assert first_tested(nothing) is None
    assert selection(nothing) == Section()
    real = selection(replace(given, truth=None))
    assert "truth" not in real.metrics["selection"][CARD_OUTCOME]
    assert "flag_true" not in real.tables
    assert real.tables["flag_observed"] == found.tables["flag_observed"]


def test_counting_by_hand() -> None:
    # Re-defaulted in month 2; clean for a year; left in month 4; followed for five months.
    rates = counted(np.array([2, 12, 4, 5]), np.array([1, 0, 2, 0]), 6)
    assert rates["left_out"] == 0.5
    assert rates["known"] == 0.5
    assert rates["exits_clean"] == pytest.approx(1 / 3)
    assert rates["weighted"] == pytest.approx(1 / 4)
    assert rates["incidence"] == pytest.approx(1 / 4)


def test_the_censoring_section_shows_both_bends(given: Evaluated) -> None:
    found = censoring(given)
    metrics = found.metrics["censoring"]
    rate = metrics["rates"][CARD_OUTCOME]
    assert rate["known"] > rate["weighted"] >= rate["incidence"]
    grounds = metrics["by_ground"]
    # The bar of six months: the figures of half a year are lower after a deletion at the creditor's request.
    assert grounds["requested/redefault_6"] < grounds["other/redefault_6"]
    assert metrics["withdrawn"]["rate_with_withdrawn"] < metrics["withdrawn"]["rate"]
    assert {row["cause"] for row in found.tables["incidence"]} == {"redefault", "exit"}
    nobody = replace(given, prepared=replace(given.prepared, follow_up=given.prepared.follow_up.clear()))
    assert censoring(nobody) == Section()
    assert selection(nobody) == Section()
