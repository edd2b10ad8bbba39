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
from features.profiles import PROFILES
from records.dataset import Dataset

PROFILE = PROFILES["applications"]
# Creditors answer after acceptance, and grants come later: unknown at this as-of by their nature.
LATER = {"creditors_heard", "objections", "granted_mode", "objection_share"}
# Second applications come only after a lock-out has ended, so nobody is inside one.
NEVER_AT_APPLICATION = {"in_lockout", "fake_repair_listed"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, pl.DataFrame], pl.DataFrame, pl.DataFrame, Path]:
    folder = tmp_path_factory.mktemp("world")
    generate(folder / "data", 3000, 7, buckets=1, truth=folder / "truth")
    dataset = Dataset.open(folder / "data")
    tables = dataset.read()
    whom = with_parameters(PROFILE.cohort_fn(tables))
    return tables, whom, PROFILE.label_fn(tables, whom, dataset.info.observed_until), folder / "truth"


def test_every_indicator_and_fact_takes_two_values_and_none_is_always_missing(
    world: tuple[dict[str, pl.DataFrame], pl.DataFrame, pl.DataFrame, Path],
) -> None:
    tables, whom, _, _ = world
    seen = known(tables, whom)
    silent = set()
    for catalogue in (PROFILE.catalogue, PROFILE.facts):
        values = evaluate(seen, whom, catalogue)
        silent |= {item.id for item in catalogue if values[item.id].drop_nulls().n_unique() < 2}
    assert silent <= LATER | NEVER_AT_APPLICATION


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
