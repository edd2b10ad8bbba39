"""Who of a dataset is assessed, and one case of it."""

from __future__ import annotations

import polars as pl

from features.profiles import PROFILES
from pipeline.context import bare_cohort
from pipeline.refusals import InputRefused
from records.case import Case
from records.dataset import Dataset


def bucket_cohort(dataset: Dataset, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The default cohort of the dataset's profile among the debtors of one bucket's tables."""
    return bare_cohort(PROFILES[dataset.info.profile].cohort_fn(tables))


def find_case(dataset: Dataset, identifier: str) -> Case:
    """The case of an application id, or of a debtor id where debtors are assessed at their first listing.

    Raises InputRefused when no assessed case has that id.
    """
    for bucket in dataset.bucket_numbers():
        cohort = bucket_cohort(dataset, dataset.read_bucket(bucket))
        mine = cohort.filter((pl.col("application_id") == identifier) | (pl.col("debtor_id") == identifier))
        if mine.height:
            row = mine.row(0, named=True)
            return dataset.case(row["debtor_id"], row["application_id"], row["as_of"])
    raise InputRefused(f"{dataset.path} has no assessed case {identifier!r}: give an accepted application or a debtor")
