"""Many debtors out of few: a generated world laid out again and again under new names, bucket by bucket.

Indicators read one debtor at a time, so a copied debtor costs what a new one would. Rows are
thinned to the wanted number per debtor by a hash of what they tell of, so that all versions of a
thing stay or go together.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data_synth.world import generate
from features.cohort import SCHEMA, case_key
from features.facts import with_parameters
from features.profiles import PROFILES
from records.dataset import Dataset
from records.tables import CASE_TABLES, TABLES

WHOLE = ("debtors", "repair_applications", "enforcement_cases")  # what others refer to is never thinned


@dataclass(frozen=True)
class World:
    """Tables and one case per debtor."""

    tables: dict[str, pl.DataFrame]
    cohort: pl.DataFrame

    @property
    def events(self) -> int:
        return sum(frame.height for frame in self.tables.values())


def base_world(debtors: int, seed: int, events_per_debtor: float | None) -> World:
    """A generated world with the newest application of each debtor as its case."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder) / "data", debtors, seed, buckets=4)
        tables = Dataset.open(Path(folder) / "data").read(CASE_TABLES)
    cohort = PROFILES["applications"].cohort_fn(tables)
    newest = cohort.sort("as_of").unique("debtor_id", keep="last", maintain_order=True)
    tables = {name: frame.join(newest, on="debtor_id", how="semi") for name, frame in tables.items()}
    if events_per_debtor is not None:
        tables = _thinned(tables, newest.height * events_per_debtor)
    return World(tables, with_parameters(newest))


def _thinned(tables: dict[str, pl.DataFrame], wanted: float) -> dict[str, pl.DataFrame]:
    whole = sum(tables[name].height for name in WHOLE)
    rest = sum(frame.height for frame in tables.values()) - whole
    share = min(1.0, max(0.0, (wanted - whole) / rest))
    return {
        name: frame
        if name in WHOLE
        else frame.filter(pl.concat_str("debtor_id", TABLES[name].business_id).hash(7) % 10_000 < round(share * 10_000))
        for name, frame in tables.items()
    }


def buckets(base: World, debtors: int, bucket_debtors: int) -> Iterator[World]:
    """Buckets of about `bucket_debtors` debtors until there are `debtors`."""
    copies = max(1, bucket_debtors // base.cohort.height)
    made = 0
    while made < debtors:
        tags = [f"~{made + copy * base.cohort.height}" for copy in range(copies)]
        yield World({name: _copied(frame, tags) for name, frame in base.tables.items()}, _cohort(base.cohort, tags))
        made += copies * base.cohort.height


def _copied(frame: pl.DataFrame, tags: list[str]) -> pl.DataFrame:
    return pl.concat([frame.with_columns(pl.col("debtor_id") + tag) for tag in tags]).rechunk()


def _cohort(cohort: pl.DataFrame, tags: list[str]) -> pl.DataFrame:
    copies = _copied(cohort, tags)
    # An application keeps its id, so the case is named by its debtor here.
    named = copies.with_columns(case_key=case_key(pl.col("debtor_id"), pl.col("as_of")))
    return named.select(*SCHEMA, *(name for name in cohort.columns if name.startswith("p_"))).sort("case_key")
