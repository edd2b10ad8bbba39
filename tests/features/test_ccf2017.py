"""The real listing records: cohort, labels and the lawsuit count, against the figures of their data note."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from features.as_of import known
from features.engine import evaluate
from features.facts import with_parameters
from features.profiles import PROFILES
from records.dataset import Dataset
from records.importers.ccf2017 import import_ccf2017

SOURCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "ccf2017"


def auc(label: pl.Series, score: pl.Series) -> float:
    """Area under the ROC curve by ranks, ties counted half."""
    ranks, positive = score.rank("average"), label == 1
    count = positive.sum()
    return float((ranks.filter(positive).sum() - count * (count + 1) / 2) / (count * (label.len() - count)))


@pytest.mark.skipif(not SOURCE.is_dir(), reason=f"the real listing records are not at {SOURCE}")
def test_the_real_records_give_759_88_and_383_95_and_the_lawsuit_count_its_722(tmp_path: Path) -> None:
    import_ccf2017(SOURCE, tmp_path / "data")
    dataset = Dataset.open(tmp_path / "data")
    profile, tables = PROFILES[dataset.info.profile], dataset.read()
    whom = with_parameters(profile.cohort_fn(tables))
    labels = profile.label_fn(tables, whom, dataset.info.observed_until)
    observed = labels.filter(pl.col("status") == "observed")
    counts = observed.group_by("outcome").agg(pl.len(), positive=pl.col("label").sum())
    found = {outcome: (total, positive) for outcome, total, positive in counts.iter_rows()}
    assert whom.height == 1451
    assert found["redefault_6"] == (759, 88)
    assert found["redefault_12"] == (383, 95)
    values = evaluate(known(tables, whom), whom, profile.catalogue)
    six = observed.filter(pl.col("outcome") == "redefault_6").join(values, on="case_key")
    assert round(auc(six["label"], six["suit_count"]), 3) == 0.722
    assert [item.id for item in profile.catalogue if values[item.id].n_unique() < 2] == []


def test_ranks_count_ties_half() -> None:
    label = pl.Series([1, 0, 1, 0])
    assert auc(label, pl.Series([2.0, 1.0, 3.0, 1.0])) == 1.0
    assert auc(label, pl.Series([1.0, 1.0, 1.0, 1.0])) == 0.5
    assert auc(label, pl.Series([1.0, 1.0, 2.0, 2.0])) == 0.5
