"""The same promises as the tests here, over many more cases: run it when there is time.

    python tests/features/soak.py [--histories 5000] [--cases 10000] [--alone 10000] [--seed 1]

`--histories`: random histories on which every indicator and fact must equal the plain-Python oracle. `--cases`:
cases of a generated world, computed alone, in a batch, and in batches of other buckets and orders, to the same
bits. Exit status 1 when anything differs; every difference is printed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
from histories import history
from test_oracle import CATALOGUES, differences

from data_synth.world import generate
from features.as_of import known
from features.engine import Evaluation, evaluate_all
from features.facts import with_parameters
from features.profiles import PROFILES
from records.dataset import Dataset

PROFILE = PROFILES["applications"]
ALL = (PROFILE.catalogue, PROFILE.facts, PROFILE.monitoring)
Tables = dict[str, pl.DataFrame]


def oracle(histories: int, seed: int) -> list[str]:
    """Differences between engine and oracle; a history is one debtor's whole record."""
    found: list[str] = []
    done = 0
    while done < histories:
        tables, cohort = history(seed + done, debtors=50, most=1 + (done // 50) % 8)
        cohort = with_parameters(cohort)
        for name, catalogue in CATALOGUES.items():
            found += differences(tables, cohort, name, catalogue)
        done += cohort.height
    sys.stdout.write(
        f"oracle: {done:,} histories, {sum(map(len, CATALOGUES.values()))} definitions, {len(found)} differ\n"
    )
    return found


def bits(cases: int, singles: int, seed: int) -> list[str]:
    """Cases whose values or evidence are not the same alone, in a batch, and in other buckets and orders."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder) / "data", round(cases * 1.1), seed, buckets=8)
        dataset = Dataset.open(Path(folder) / "data")
        buckets = [dataset.read_bucket(bucket) for bucket in dataset.bucket_numbers()]
    tables = {name: pl.concat([bucket[name] for bucket in buckets]) for name in buckets[0]}
    whom = with_parameters(PROFILE.cohort_fn(tables)).head(cases)
    whole = _all(tables, whom)
    found = []
    for number, bucket in enumerate(reversed(buckets)):
        mixed = {name: frame.sample(fraction=1.0, shuffle=True, seed=number) for name, frame in bucket.items()}
        own = whom.join(bucket["debtors"].select("debtor_id").unique(), on="debtor_id", how="semi")
        own = own.sample(fraction=1.0, shuffle=True, seed=number)
        found += _differ(whole, _all(mixed, own), own, f"bucket {number} shuffled")
    for start in range(0, whom.height, 700):
        own = whom.slice(start, 700)
        found += _differ(whole, _all(tables, own), own, f"slice at {start}")
    began = time.perf_counter()
    rows = {name: frame.partition_by("debtor_id", as_dict=True) for name, frame in tables.items()}
    some = whom.sample(min(singles, whom.height), seed=seed)
    for own in some.iter_slices(1):
        key = (own["debtor_id"][0],)
        alone = {name: parts[key] if key in parts else tables[name].clear() for name, parts in rows.items()}
        found += _differ(whole, _all(alone, own), own, "alone")
    each = (time.perf_counter() - began) / max(1, some.height) * 1000
    sys.stdout.write(
        f"bits: {whom.height:,} cases in 8 buckets and in slices, {some.height:,} alone ({each:.1f} ms each), "
        f"{len(found)} differ\n"
    )
    return found


def _all(tables: Tables, whom: pl.DataFrame) -> tuple[Evaluation, ...]:
    return evaluate_all(known(tables, whom), whom, ALL)


def _differ(whole: tuple[Evaluation, ...], part: tuple[Evaluation, ...], whom: pl.DataFrame, where: str) -> list[str]:
    found = []
    keys = whom.select("case_key")
    for one, other in zip(whole, part, strict=True):
        same = keys.join(one.values, on="case_key", how="left", maintain_order="left")
        lines = keys.join(one.evidence, on="case_key", how="inner", maintain_order="left_right")
        if not same.equals(other.values, null_equal=True):
            found.append(f"{where}: values of {keys['case_key'][0]} …")
        if not lines.equals(other.evidence, null_equal=True):
            found.append(f"{where}: evidence of {keys['case_key'][0]} …")
    return found


def main() -> int:
    """Exit status: 0 when nothing differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=5000)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--alone", type=int, default=10_000, help="how many of the cases are computed alone too")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    found = oracle(asked.histories, asked.seed) + bits(asked.cases, asked.alone, asked.seed)
    sys.stdout.writelines(f"{line}\n" for line in found[:200])
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
