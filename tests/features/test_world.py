"""On a synthetic world at application time: every indicator speaks, and points the way it is declared."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from data_synth.world import generate
from features.as_of import known
from features.cohort import observations
from features.engine import evaluate, evidence
from features.facts import with_parameters
from features.indicator import Indicator
from features.profiles import PROFILES
from records.dataset import Dataset

PROFILE = PROFILES["applications"]
# Of the facts, what comes later by its nature: creditors are heard after acceptance, grants follow. Second
# applications come only after a lock-out has ended, so nobody is inside one.
FACTS_TO_COME = {"creditors_heard", "granted_mode", "in_lockout", "fake_repair_listed", "hearing_held",
                 "third_party_opinion", "lifting_temporary", "observation_ended", "lookback_mismatch",
                 "new_dishonesty", "new_dishonesty_serious", "false_material_verified"}  # fmt: skip
# What this world does not tell: who is in a personal debt clearing, credit reports, plans
# completed, a grace that runs at acceptance; and a notice says yes or nothing.
FACTS_NOT_TOLD = {"debt_clearing", "first_distribution", "administrator_applied", "waiver_vote_share", "credit_report",
                  "listing_criteria_met", "grace_elapsed_months", "reorganisation_completed"}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, pl.DataFrame], pl.DataFrame, pl.DataFrame, Path]:
    folder = tmp_path_factory.mktemp("world")
    generate(folder / "data", 3000, 7, buckets=1, truth=folder / "truth")
    dataset = Dataset.open(folder / "data")
    tables = dataset.read()
    whom = with_parameters(PROFILE.cohort_fn(tables))
    return tables, whom, PROFILE.label_fn(tables, whom, dataset.info.observed_until), folder / "truth"


def silent(known_rows: dict[str, pl.DataFrame], whom: pl.DataFrame, catalogue: tuple[Indicator, ...]) -> set[str]:
    values = evaluate(known_rows, whom, catalogue)
    return {item.id for item in catalogue if values[item.id].drop_nulls().n_unique() < 2}


def test_each_of_the_68_takes_two_values_at_application_time(
    world: tuple[dict[str, pl.DataFrame], pl.DataFrame, pl.DataFrame, Path],
) -> None:
    tables, whom, _, _ = world
    assert len(PROFILE.catalogue) == 68
    seen = known(tables, whom)
    assert silent(seen, whom, PROFILE.catalogue) == set()
    assert silent(seen, whom, PROFILE.facts) <= FACTS_TO_COME | FACTS_NOT_TOLD


def test_no_indicator_follows_the_place_or_the_trade(
    world: tuple[dict[str, pl.DataFrame], pl.DataFrame, pl.DataFrame, Path],
) -> None:
    """Whatever is made from the records on the way: rows with each other's places and trades give the same values."""
    tables, whom, _, _ = world
    codes = ("region_code", "court_code", "industry_section")
    swapped = {
        name: rows.with_columns(pl.col(code).shuffle(seed=3) for code in codes if code in rows.columns)
        for name, rows in tables.items()
    }
    for name, code in (
        ("debtors", "industry_section"),
        ("enforcement_cases", "court_code"),
        ("payments", "region_code"),
    ):
        assert (swapped[name][code] != tables[name][code]).mean() > 0.3
    before, after = (evaluate(known(rows, whom), whom, PROFILE.catalogue) for rows in (tables, swapped))
    assert [item.id for item in PROFILE.catalogue if not after[item.id].equals(before[item.id])] == []


def test_written_objections_lie_before_acceptance_and_most_come_after(
    world: tuple[dict[str, pl.DataFrame], pl.DataFrame, pl.DataFrame, Path],
) -> None:
    tables, whom, _, _ = world
    facts = tables["creditor_social_facts"].filter(pl.col("kind") == "objection")
    both = facts.select("application_id", spoken="known_at").join(whom, on="application_id")
    early = both["spoken"] < both["as_of"]
    assert 0.1 < float(early.sum()) / both.height < 0.5


def test_under_observation_every_line_of_the_matrix_speaks_and_before_repair_none(
    world: tuple[dict[str, pl.DataFrame], pl.DataFrame, pl.DataFrame, Path],
) -> None:
    tables, whom, _, _ = world
    first = evaluate(known(tables, whom), whom, PROFILE.monitoring)
    before = whom.select("case_key").hstack(first.drop("case_key"))
    assert all(before[item.id].null_count() == before.height for item in PROFILE.monitoring)
    watched = with_parameters(pl.concat([observations(tables, date(2023, month, 1)) for month in (3, 6, 9, 12)]))
    seen = known(tables, watched)
    values = evaluate(seen, watched, PROFILE.monitoring)
    assert watched.height > 300
    assert [item.id for item in PROFILE.monitoring if values[item.id].drop_nulls().n_unique() < 2] == []
    months = values["months_since_repair"].drop_nulls()
    assert 0 < months.min() < 4  # type: ignore[operator]
    assert months.max() > 10  # type: ignore[operator]
    lines = evidence(seen, watched, PROFILE.catalogue).filter(pl.col("table") == "monitoring_monthly")
    assert {"revenue_trend_6m", "cashflow_positive_share_6m", "tax_arrears_ratio", "insured_staff_change_12m",
            "power_use_yoy", "plan_burden_ratio", "max_overdue_days_12m"} == set(lines["indicator"])  # fmt: skip


def test_labels_are_the_outcomes_of_the_world(
    world: tuple[dict[str, pl.DataFrame], pl.DataFrame, pl.DataFrame, Path],
) -> None:
    _, whom, labels, truth_folder = world
    truth = pl.read_parquet(truth_folder / "applications.parquet").drop("case_key", strict=False)
    named = labels.filter(pl.col("status") == "observed").join(whom.select("case_key", "application_id"), on="case_key")
    both = named.join(truth, on="application_id")
    success = both.filter(pl.col("outcome") == "repair_success")
    assert success.height > 1000
    assert (success["label"].cast(pl.Boolean) == success["granted"]).all()
    for outcome, potential in (("redefault_6", "y_redefault_6"), ("redefault_12", "y_redefault_12")):
        spell = both.filter(pl.col("outcome") == outcome)
        assert spell.height > 500
        # The world counts months of 30.4 days, labels calendar months: a few events fall between.
        differing = (spell["label"].cast(pl.Boolean) != spell[potential]).sum()
        assert differing <= spell.height * 0.01
        assert (spell["anchor"] == spell["lifted_on"]).mean() > 0.95
