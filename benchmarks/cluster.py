"""Indicators of a dataset on a Dask cluster of this machine's processes: the same bytes, and the time by workers.

    python -m benchmarks.cluster [--debtors 20000] [--buckets 16] [--workers 1 2]

Each worker is a process with one thread, Polars included. The local run, one bucket after another in this process with
the same single thread, is timed beside them; starting the workers is not counted. Read the ratios.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
import time
from functools import partial
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "1"

from distributed import LocalCluster

from data_synth.world import generate
from features.as_of import known
from features.engine import evaluate_all
from features.facts import with_parameters
from features.profiles import PROFILES
from pipeline.cluster import over_buckets
from records.dataset import Dataset
from records.files import parquet_bytes


def measured(path: str, bucket: int) -> bytes:
    """Indicators, facts and evidence of one bucket as Parquet."""
    profile = PROFILES["applications"]
    tables = Dataset.open(path).read_bucket(bucket)
    cohort = with_parameters(profile.cohort_fn(tables))
    found = evaluate_all(known(tables, cohort), cohort, (profile.catalogue, profile.facts))
    return b"".join(parquet_bytes(frame) for one in found for frame in (one.values, one.evidence))


def timed(path: str, buckets: int, address: str | None) -> tuple[str, float]:
    """SHA-256 of all buckets' bytes in order, and the seconds taken."""
    start = time.perf_counter()
    digest = hashlib.sha256()
    for part in over_buckets(partial(measured, path), range(buckets), address):
        digest.update(part)
    return digest.hexdigest(), time.perf_counter() - start


def main() -> None:
    """Print the local run and one line per number of workers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--debtors", type=int, default=20_000)
    parser.add_argument("--buckets", type=int, default=16)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "data")
        generate(Path(path), asked.debtors, 3, buckets=asked.buckets)
        bytes_here, here = timed(path, asked.buckets, None)
        print(f"here: {here:.1f} s, bytes {bytes_here[:16]}")
        for workers in asked.workers:
            with LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
            ) as cluster:
                timed(path, min(workers, asked.buckets), cluster.scheduler_address)  # workers import on first use
                found, taken = timed(path, asked.buckets, cluster.scheduler_address)
            same = "the same bytes" if found == bytes_here else f"OTHER BYTES {found[:16]}"
            print(f"{workers} worker(s): {taken:.1f} s, {here / taken:.2f} × here, {same}")


if __name__ == "__main__":
    main()
