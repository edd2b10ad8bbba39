"""From a dataset to what a model is fitted on: cohort, indicators, labels; bucket by bucket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from features.as_of import known
from features.dictionary import to_markdown
from features.engine import evaluate
from features.indicator import catalogue_hash
from features.profiles import PROFILES, Profile
from pipeline.context import locate, with_parameters
from pipeline.files import read_json, write_json
from pipeline.refusals import InputRefused
from policy.parameters import Policy
from records.dataset import Dataset
from records.files import parquet_bytes, write_atomically
from records.tables import CASE_TABLES

Advance = Callable[[int, int], None]


@dataclass(frozen=True)
class Prepared:
    """Frames in `case_key` order: `cohort`, `indicators` (catalogue order), and `labels` (long: one row per
    case and outcome), with what they were made from."""

    profile: Profile
    cohort: pl.DataFrame
    indicators: pl.DataFrame
    labels: pl.DataFrame
    dataset: str
    catalogue: str
    policy: str


def prepare(dataset: Dataset, policy: Policy, advance: Advance | None = None) -> Prepared:
    """Cohort, indicators and labels of `dataset`, one bucket in memory at a time."""
    profile = PROFILES[dataset.info.profile]
    cohorts, indicators, labels = [], [], []
    buckets = dataset.bucket_numbers()
    for done, bucket in enumerate(buckets, start=1):
        tables = dataset.read_bucket(bucket, CASE_TABLES)
        cohort = with_parameters(locate(tables, profile.cohort_fn(tables)), policy)
        rows = known(tables, cohort)
        cohorts.append(cohort)
        indicators.append(evaluate(rows, cohort, profile.catalogue))
        labels.append(profile.label_fn(tables, cohort, dataset.info.observed_until))
        if advance:
            advance(done, len(buckets))
    return Prepared(
        profile=profile,
        cohort=pl.concat(cohorts).sort("case_key"),
        indicators=pl.concat(indicators).sort("case_key"),
        labels=pl.concat(labels).sort("case_key", "outcome"),
        dataset=dataset.fingerprint(),
        catalogue=catalogue_hash(profile.catalogue),
        policy=policy.hash,
    )


def save(prepared: Prepared, out: Path) -> None:
    """Write the frames as Parquet, the data dictionary and what they were made from."""
    for name in ("cohort", "indicators", "labels"):
        write_atomically(out / f"{name}.parquet", parquet_bytes(getattr(prepared, name)))
    write_atomically(out / "dictionary.md", to_markdown(prepared.profile.catalogue).encode())
    origin = {
        "profile": prepared.profile.name,
        "dataset": prepared.dataset,
        "catalogue": prepared.catalogue,
        "policy": prepared.policy,
    }
    write_json(out / "origin.json", origin)


def load(folder: Path, dataset: Dataset, policy: Policy) -> Prepared:
    """Frames saved before; refused when data, catalogue or policy are no longer those they were made from."""
    if not (folder / "origin.json").exists():
        raise InputRefused(f"{folder} holds no indicators: run `repair-risk features DIR --out {folder}` first")
    origin = read_json(folder / "origin.json")
    profile = PROFILES[dataset.info.profile]
    now = {
        "profile": profile.name,
        "dataset": dataset.fingerprint(),
        "catalogue": catalogue_hash(profile.catalogue),
        "policy": policy.hash,
    }
    stale = [name for name, value in now.items() if origin.get(name) != value]
    if stale:
        raise InputRefused(
            f"{folder} was made from another {', another '.join(stale)}: run `repair-risk features` again"
        )
    frames = {name: pl.read_parquet(folder / f"{name}.parquet") for name in ("cohort", "indicators", "labels")}
    return Prepared(profile=profile, **frames, dataset=now["dataset"], catalogue=now["catalogue"], policy=now["policy"])
