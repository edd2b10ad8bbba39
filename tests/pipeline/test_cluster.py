"""A cluster of processes gives the bytes that this process gives, also when a worker is killed on the way."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from functools import partial

import cloudpickle
import polars as pl
import pytest
from distributed import Client, LocalCluster

from data_synth.world import generate
from features.as_of import known
from features.engine import evaluate_all
from features.facts import with_parameters
from features.profiles import PROFILES
from pipeline.cluster import Guarded, fingerprint, over_buckets
from pipeline.refusals import InputRefused, IntegrityRefused
from records.dataset import Dataset
from records.files import parquet_bytes

BUCKETS = 8
# Workers cannot import a test module: what is defined here travels with the call.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


def bucket_bytes(path: str, bucket: int) -> bytes:
    """Indicators, facts and evidence of one bucket as Parquet."""
    profile = PROFILES["applications"]
    tables = Dataset.open(path).read_bucket(bucket)
    cohort = with_parameters(profile.cohort_fn(tables))
    found = evaluate_all(known(tables, cohort), cohort, (profile.catalogue, profile.facts))
    return b"".join(parquet_bytes(frame) for one in found for frame in (one.values, one.evidence))


def failing(bucket: int) -> int:
    if bucket == 3:
        raise KeyError(f"bucket {bucket} is at fault")
    return bucket


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("cluster_world")
    generate(folder / "data", 400, 11, buckets=BUCKETS)
    return str(folder / "data")


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as found:
        yield found


def test_a_cluster_gives_the_bytes_of_the_local_run_and_survives_a_killed_worker(
    world: str, cluster: LocalCluster
) -> None:
    local = list(over_buckets(partial(bucket_bytes, world), range(BUCKETS)))
    assert len(set(local)) == BUCKETS
    address = cluster.scheduler_address
    assert list(over_buckets(partial(bucket_bytes, world), range(BUCKETS), address)) == local
    with Client(address, set_as_default=False) as client:
        workers = client.run(os.getpid)
    survivors = []
    for done, part in enumerate(over_buckets(partial(bucket_bytes, world), range(BUCKETS), address)):
        if done == 0:
            os.kill(next(iter(workers.values())), signal.SIGKILL)
        survivors.append(part)
    assert survivors == local


def test_what_a_bucket_raises_is_raised_here_and_the_others_can_be_done_again(cluster: LocalCluster) -> None:
    address = cluster.scheduler_address
    with pytest.raises(KeyError, match="bucket 3 is at fault"):
        list(over_buckets(failing, range(5), address))
    assert list(over_buckets(failing, [4, 0, 2], address)) == [4, 0, 2]
    assert list(over_buckets(failing, [4, 0, 2])) == [4, 0, 2]


def test_other_code_and_no_scheduler_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(IntegrityRefused, match="a worker of the cluster runs other code"):
        Guarded(failing, "polars 0.0")(1)
    assert Guarded(failing, fingerprint())(1) == 1
    monkeypatch.setattr("pipeline.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(InputRefused, match="no Dask scheduler answers at tcp:"):
        list(over_buckets(failing, range(2), "tcp://127.0.0.1:9"))


def test_dask_is_not_needed_where_no_cluster_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert list(over_buckets(failing, range(2))) == [0, 1]
    with pytest.raises(InputRefused, match="install the extra `cluster`"):
        list(over_buckets(failing, range(2), "tcp://127.0.0.1:9"))
    assert pl.__version__ in fingerprint()
