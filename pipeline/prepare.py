"""From a dataset to what a model is fitted on: cohort, indicators, labels; bucket by bucket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl

from features.as_of import known
from features.cohort import december_observations
from features.courts import court_sums, total
from features.dictionary import to_html, to_markdown
from features.distribution import distribution
from features.engine import evaluate, evaluate_all
from features.follow_up import SCHEMA as FOLLOW_UP
from features.indicator import Indicator, catalogue_hash
from features.profiles import PROFILES, Profile, Tables
from pipeline.cluster import over_buckets
from pipeline.context import locate, with_parameters
from pipeline.files import read_json, write_json
from pipeline.refusals import InputRefused
from pipeline.work import context_of
from policy.gate import gate
from policy.parameters import Policy
from policy.tier import tier_of
from records.dataset import Dataset
from records.files import parquet_bytes, write_atomically
from records.tables import CASE_TABLES

Advance = Callable[[int, int], None]
FRAMES = ("cohort", "indicators", "labels", "follow_up", "monitored", "courts")


@dataclass(frozen=True)
class Prepared:
    """Frames in `case_key` order: `cohort` (with the `tier` of each case), `indicators` (catalogue order), `labels`
    (long: one row per case and outcome) and `follow_up` (one row per granted case), with what they were made from.
    `monitored` holds the monitoring matrix (`case_key`, `as_of`, its lines) of the repairs under observation in the
    December of each year, `courts` what `features.courts` counts by area and year. `left_out`: debtors of whom
    validation set rows aside; as they are not scored from half of their records, nothing is learnt from them."""

    profile: Profile
    cohort: pl.DataFrame
    indicators: pl.DataFrame
    labels: pl.DataFrame
    follow_up: pl.DataFrame
    monitored: pl.DataFrame
    courts: pl.DataFrame
    observed_until: date
    dataset: str
    catalogue: str
    policy: str
    left_out: tuple[str, ...] = ()


def prepare(dataset: Dataset, policy: Policy, advance: Advance | None = None, cluster: str | None = None) -> Prepared:
    """Cohort, indicators and labels of `dataset`, one bucket in memory at a time.

    With `cluster`, the address of a Dask scheduler, the same function runs there, bucket by bucket, to the same bytes.
    """
    profile = PROFILES[dataset.info.profile]
    buckets = dataset.bucket_numbers()
    aside = tuple(sorted(dataset.quarantined()["debtor_id"].drop_nulls().unique()))
    work = partial(prepare_bucket, dataset.path, policy, aside)
    parts = []
    for done, part in enumerate(over_buckets(work, buckets, cluster), start=1):
        parts.append(part)
        if advance:
            advance(done, len(buckets))
    cohorts, indicators, labels, followed, watched, courts = zip(*parts, strict=True)
    return Prepared(
        profile=profile,
        cohort=pl.concat(cohorts).sort("case_key"),
        indicators=pl.concat(indicators).sort("case_key"),
        labels=pl.concat(labels).sort("case_key", "outcome"),
        follow_up=pl.concat(followed).sort("case_key"),
        monitored=pl.concat(watched).sort("case_key"),
        courts=total(courts),
        observed_until=dataset.info.observed_until,
        dataset=dataset.fingerprint(),
        catalogue=catalogue_hash(profile.catalogue),
        policy=policy.hash,
        left_out=aside,
    )


def prepare_bucket(path: Path, policy: Policy, aside: Sequence[str], bucket: int) -> tuple[pl.DataFrame, ...]:
    """The frames named in `FRAMES` of one bucket of the dataset at `path`, without the debtors `aside`."""
    dataset = Dataset.open(path)
    profile = PROFILES[dataset.info.profile]
    tables = dataset.read_bucket(bucket, CASE_TABLES)
    whole = {name: frame.filter(~pl.col("debtor_id").is_in(aside)) for name, frame in tables.items()}
    return (*_frames(profile, whole, policy, dataset.info.observed_until), court_sums(tables))


def _frames(profile: Profile, tables: Tables, policy: Policy, until: date) -> tuple[pl.DataFrame, ...]:
    """All of `FRAMES` that are told case by case."""
    cohort = with_parameters(locate(tables, profile.cohort_fn(tables)), policy)
    catalogue, facts = evaluate_all(known(tables, cohort), cohort, (profile.catalogue, profile.facts))
    found = profile.label_fn(tables, cohort, until)
    followed = profile.follow_up_fn(tables, cohort, until) if profile.follow_up_fn else FOLLOW_UP.to_frame()
    placed, gated = ruled(cohort, catalogue.values, facts.values, policy)
    watched = monitored(tables, profile, policy, until)
    return placed, catalogue.values, without_gated(found, gated), followed, watched


def monitored(tables: Tables, profile: Profile, policy: Policy, observed_until: date) -> pl.DataFrame:
    """`case_key`, `as_of` and the monitoring matrix of the repairs under observation in the December of each year."""
    whom = with_parameters(locate(tables, december_observations(tables, observed_until)), policy)
    values = evaluate(known(tables, whom), whom, profile.monitoring)
    return whom.select("case_key", "as_of").hstack(values.drop("case_key"))


def ruled(
    cohort: pl.DataFrame, indicators: pl.DataFrame, facts: pl.DataFrame, policy: Policy
) -> tuple[pl.DataFrame, list[str]]:
    """`cohort` with the `tier` of each case, and the keys of those for which the rules of their day and place let no
    model be asked."""
    both = zip(indicators.drop("case_key").to_dicts(), facts.drop("case_key").to_dicts(), strict=True)
    stated = dict(zip(facts["case_key"], ({**measured, **found} for measured, found in both), strict=True))
    tiers, gated = [], []
    for row in cohort.to_dicts():
        mine, context = stated[row["case_key"]], context_of(row)
        tiers.append(tier_of(mine, context, policy))
        if gate(mine, context, policy).outcome != "assess":
            gated.append(row["case_key"])
    return cohort.with_columns(pl.Series("tier", tiers, dtype=pl.String)), gated


def without_gated(labels: pl.DataFrame, gated: list[str]) -> pl.DataFrame:
    """Labels in which a decision the rules made (statutory exits, negative list) is no label of success.

    Such decisions are rule outcomes; a model that learnt them would learn the rules.
    """
    ruled = (pl.col("outcome") == "repair_success") & pl.col("case_key").is_in(gated)
    return labels.with_columns(
        pl.when(ruled).then(None).otherwise(pl.col("label")).alias("label"),
        pl.when(ruled).then(pl.lit("excluded")).otherwise(pl.col("status")).alias("status"),
    )


def save(prepared: Prepared, out: Path) -> None:
    """Write the frames as Parquet, the data dictionary and what they were made from.

    The dictionary comes in Markdown and as a page, `dictionary` of the catalogue and `dictionary_monitoring` of the
    matrix, with the share missing and the distribution by year as found in these data.
    """
    for name in FRAMES:
        write_atomically(out / f"{name}.parquet", parquet_bytes(getattr(prepared, name)))
    _write_dictionary(out / "dictionary", prepared.profile.catalogue, prepared.indicators, prepared.cohort)
    if prepared.profile.monitoring:
        values = prepared.monitored.drop("as_of")
        _write_dictionary(out / "dictionary_monitoring", prepared.profile.monitoring, values, prepared.monitored)
    origin = {
        "profile": prepared.profile.name,
        "dataset": prepared.dataset,
        "observed_until": prepared.observed_until.isoformat(),
        "catalogue": prepared.catalogue,
        "facts": _facts(prepared.profile),
        "policy": prepared.policy,
    }
    write_json(out / "origin.json", {**origin, "left_out": list(prepared.left_out)})


def _facts(profile: Profile) -> str:
    """What tiers, gates and the monitoring matrix are made of."""
    return catalogue_hash((*profile.facts, *profile.monitoring))


def _write_dictionary(path: Path, catalogue: tuple[Indicator, ...], values: pl.DataFrame, cohort: pl.DataFrame) -> None:
    spread = distribution(values, cohort)
    write_atomically(path.with_suffix(".md"), to_markdown(catalogue, spread).encode())
    write_atomically(path.with_suffix(".html"), to_html(catalogue, spread).encode())


def load(folder: Path, dataset: Dataset, policy: Policy) -> Prepared:
    """Frames saved before; refused when data, catalogue or policy are no longer those they were made from."""
    if not all((folder / name).exists() for name in ("origin.json", *(f"{name}.parquet" for name in FRAMES))):
        raise InputRefused(f"{folder} holds no indicators: run `repair-risk features DIR --out {folder}` first")
    origin = read_json(folder / "origin.json")
    profile = PROFILES[dataset.info.profile]
    now = {
        "profile": profile.name,
        "dataset": dataset.fingerprint(),
        "observed_until": dataset.info.observed_until.isoformat(),
        "catalogue": catalogue_hash(profile.catalogue),
        "facts": _facts(profile),
        "policy": policy.hash,
    }
    stale = [name.replace("_", " ") for name, value in now.items() if origin.get(name) != value]
    if stale:
        raise InputRefused(
            f"{folder} was made from another {', another '.join(stale)}: run `repair-risk features` again"
        )
    frames = {name: pl.read_parquet(folder / f"{name}.parquet") for name in FRAMES}
    if "tier" not in frames["cohort"].columns:
        raise InputRefused(f"{folder} was made by an earlier version: run `repair-risk features` again")
    return Prepared(
        profile=profile,
        **frames,
        observed_until=dataset.info.observed_until,
        dataset=now["dataset"],
        catalogue=now["catalogue"],
        policy=now["policy"],
        left_out=tuple(origin["left_out"]),
    )
